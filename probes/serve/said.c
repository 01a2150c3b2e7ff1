#include "probes/serve/said.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <time.h>

#define DAY_S (24 * 60 * 60)

/* Since when and until when, in days from now. */
static void set_span(enum said said, time_t *from, time_t *until)
{
	time_t now = time(NULL);

	*from = now + (said == SAID_STALE ? -10 : -1) * DAY_S;
	*until = now + (said == SAID_STALE ? -3 : 7) * DAY_S;
}

static bool add_revoked(X509_CRL *list, const ASN1_INTEGER *serial,
			time_t since)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_TIME *time = ASN1_TIME_set(NULL, since);
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
	bool added = false;

	if (entry && time && reason &&
	    ASN1_ENUMERATED_set(reason, CRL_REASON_KEY_COMPROMISE) &&
	    X509_REVOKED_set_serialNumber(entry, (ASN1_INTEGER *)serial) &&
	    X509_REVOKED_set_revocationDate(entry, time) &&
	    X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0) == 1)
		added = X509_CRL_add0_revoked(list, entry) == 1;
	if (!added)
		X509_REVOKED_free(entry);
	ASN1_TIME_free(time);
	ASN1_ENUMERATED_free(reason);
	return added;
}

static bool set_number(X509_CRL *list)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	bool set =
		number && ASN1_INTEGER_set(number, 1) &&
		X509_CRL_add1_ext_i2d(list, NID_crl_number, number, 0, 0) == 1;

	ASN1_INTEGER_free(number);
	return set;
}

static bool set_dates(X509_CRL *list, time_t from, time_t until)
{
	ASN1_TIME *first = ASN1_TIME_set(NULL, from);
	ASN1_TIME *last = ASN1_TIME_set(NULL, until);
	bool set = first && last && X509_CRL_set1_lastUpdate(list, first) &&
		   X509_CRL_set1_nextUpdate(list, last);

	ASN1_TIME_free(first);
	ASN1_TIME_free(last);
	return set;
}

static bool add_all(X509_CRL *list, const struct authority *authority,
		    time_t since)
{
	const ASN1_INTEGER *serial;

	for (size_t i = 0; (serial = authority_revoked_at(authority, i)); i++)
		if (!add_revoked(list, serial, since))
			return false;
	return true;
}

static bool sign_list(X509_CRL *list, const struct signer *signer,
		      enum said said)
{
	/* made each time, so of a kind that takes no time */
	EVP_PKEY *other = said == SAID_FOREIGN ? EVP_EC_gen("P-256") : NULL;
	bool is_signed = X509_CRL_sign(list, other ? other : signer->key,
				       EVP_sha256()) > 0;

	EVP_PKEY_free(other);
	return is_signed;
}

uint8_t *said_list(const struct authority *authority,
		   const struct signer *signer, enum said said, size_t *length)
{
	X509_CRL *list = X509_CRL_new();
	unsigned char *der = NULL;
	time_t from, until;
	int size = -1;

	set_span(said, &from, &until);
	if (list && X509_CRL_set_version(list, X509_CRL_VERSION_2) &&
	    X509_CRL_set_issuer_name(
		    list, X509_get_subject_name(signer->certificate)) &&
	    set_dates(list, from, until) && set_number(list) &&
	    add_all(list, authority, from) && X509_CRL_sort(list) &&
	    sign_list(list, signer, said))
		size = i2d_X509_CRL(list, &der);
	*length = size > 0 ? (size_t)size : 0;
	X509_CRL_free(list);
	ERR_clear_error();
	return size > 0 ? der : NULL;
}

/* Adds what is to be said of one certificate. */
static bool add_answer(OCSP_BASICRESP *basic, const struct authority *authority,
		       OCSP_CERTID *id, enum said said)
{
	ASN1_INTEGER *serial = NULL;
	ASN1_TIME *first, *last;
	time_t from, until;
	int status = V_OCSP_CERTSTATUS_GOOD;
	bool added;

	set_span(said, &from, &until);
	first = ASN1_TIME_set(NULL, from);
	last = ASN1_TIME_set(NULL, until);
	OCSP_id_get0_info(NULL, NULL, NULL, &serial, id);
	if (said == SAID_UNKNOWN)
		status = V_OCSP_CERTSTATUS_UNKNOWN;
	else if (authority_revoked(authority, serial))
		status = V_OCSP_CERTSTATUS_REVOKED;
	added = first && last &&
		OCSP_basic_add1_status(basic, id, status,
				       OCSP_REVOKED_STATUS_KEYCOMPROMISE, first,
				       first, last);
	ASN1_TIME_free(first);
	ASN1_TIME_free(last);
	return added;
}

/* Signs and wraps it; takes basic. */
static uint8_t *finish(OCSP_BASICRESP *basic, const struct signer *signer,
		       size_t *length)
{
	OCSP_RESPONSE *response = NULL;
	unsigned char *der = NULL;
	int size = -1;

	if (basic && OCSP_basic_sign(basic, signer->certificate, signer->key,
				     EVP_sha256(), NULL, OCSP_NOCERTS) == 1)
		response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL,
						basic);
	else
		response = OCSP_response_create(
			OCSP_RESPONSE_STATUS_MALFORMEDREQUEST, NULL);
	if (response)
		size = i2d_OCSP_RESPONSE(response, &der);
	*length = size > 0 ? (size_t)size : 0;
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	ERR_clear_error();
	return size > 0 ? der : NULL;
}

uint8_t *said_about(const struct authority *authority,
		    const struct signer *signer, X509 *certificate,
		    enum said said, size_t *length)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	OCSP_CERTID *id =
		OCSP_cert_to_id(EVP_sha1(), certificate, signer->certificate);
	uint8_t *answer = NULL;

	*length = 0;
	if (basic && id && add_answer(basic, authority, id, said))
		answer = finish(basic, signer, length);
	else
		OCSP_BASICRESP_free(basic);
	OCSP_CERTID_free(id);
	return answer;
}

uint8_t *said_to(const struct authority *authority, const struct signer *signer,
		 const void *request, size_t request_length, enum said said,
		 size_t *length)
{
	const unsigned char *data = request;
	OCSP_REQUEST *asked =
		d2i_OCSP_REQUEST(NULL, &data, (long)request_length);
	OCSP_BASICRESP *basic = asked ? OCSP_BASICRESP_new() : NULL;
	int count = asked ? OCSP_request_onereq_count(asked) : 0;
	uint8_t *answer;

	for (int i = 0; basic && i < count; i++)
		if (!add_answer(basic, authority,
				OCSP_onereq_get0_id(
					OCSP_request_onereq_get0(asked, i)),
				said)) {
			OCSP_BASICRESP_free(basic);
			basic = NULL;
		}
	answer = finish(basic, signer, length);
	OCSP_REQUEST_free(asked);
	return answer;
}
