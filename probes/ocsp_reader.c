#include "probes/ocsp_reader.h"

#include "common/base/clock.h"
#include "probes/certificate.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <time.h>

#define KEYS_OF(prefix)                                                        \
	{                                                                      \
		prefix ".response", prefix ".status", prefix ".this_update",   \
			prefix ".next_update", prefix ".revoked_at",           \
			prefix ".reason", prefix ".signer",                    \
			prefix ".signature"                                    \
	}

const struct ocsp_keys ocsp_asked_keys = KEYS_OF("ocsp");
const struct ocsp_keys ocsp_staple_keys = KEYS_OF("tls.staple");

const char *revocation_reason(int reason)
{
	static const char *const names[] = {
		"unspecified",
		"key compromise",
		"compromise of the authority",
		"affiliation changed",
		"superseded",
		"cessation of operation",
		"certificate hold",
		NULL,
		"removed from the list",
		"privilege withdrawn",
		"compromise of an attribute authority",
	};
	int count = (int)(sizeof(names) / sizeof(names[0]));

	return reason >= 0 && reason < count && names[reason] ? names[reason]
							      : "not said";
}

const uint8_t *ocsp_request(struct arena *arena, X509 *certificate,
			    X509 *issuer, size_t *length)
{
	OCSP_REQUEST *request = OCSP_REQUEST_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha1(), certificate, issuer);
	unsigned char *der = NULL;
	const uint8_t *copy = NULL;
	int size = -1;

	if (request && id && OCSP_request_add0_id(request, id)) {
		id = NULL; /* the request's own now */
		size = i2d_OCSP_REQUEST(request, &der);
	}
	if (size > 0)
		copy = arena_copy(arena, der, (size_t)size);
	*length = size > 0 ? (size_t)size : 0;
	OPENSSL_free(der);
	OCSP_CERTID_free(id);
	OCSP_REQUEST_free(request);
	ERR_clear_error();
	return copy;
}

static void note_time(struct check *check, const char *key,
		      const ASN1_GENERALIZEDTIME *time)
{
	struct tm parts;

	if (time && ASN1_TIME_to_tm(time, &parts) == 1)
		observe_number(check, key, timegm(&parts));
}

static bool is_dated(const struct check *check, const X509 *signer)
{
	time_t now = (time_t)(check->open->wall_us / CLOCK_SECOND_US);

	return X509_cmp_time(X509_get0_notBefore(signer), &now) < 0 &&
	       X509_cmp_time(X509_get0_notAfter(signer), &now) > 0;
}

/* RFC 6960 4.2.2.2: the issuer itself, or whom it gave OCSPSigning. */
static const char *signer_fault(const struct check *check, X509 *signer,
				X509 *issuer)
{
	if (X509_cmp(signer, issuer) == 0)
		return "good";
	if (X509_check_issued(issuer, signer) != X509_V_OK ||
	    X509_verify(signer, X509_get0_pubkey(issuer)) != 1)
		return "signed by a stranger";
	/* without the extension every bit is set: look for it */
	if (!(X509_get_extension_flags(signer) & EXFLAG_XKUSAGE) ||
	    !(X509_get_extended_key_usage(signer) & XKU_OCSP_SIGN))
		return "the signer may not sign OCSP";
	return is_dated(check, signer) ? "good"
				       : "the signer's certificate is not "
					 "valid at this time";
}

static void note_signature(struct check *check, const struct ocsp_keys *keys,
			   OCSP_BASICRESP *basic, X509 *issuer)
{
	STACK_OF(X509) *known = sk_X509_new_null();
	const char *fault = "bad";
	X509 *signer = NULL;

	if (!known || !sk_X509_push(known, issuer))
		goto out;
	if (OCSP_resp_get0_signer(basic, &signer, known) != 1)
		fault = "signed by a stranger";
	else if (OCSP_basic_verify(basic, known, NULL, OCSP_NOVERIFY) == 1)
		fault = signer_fault(check, signer, issuer);
	if (signer)
		observe_text(
			check, keys->signer,
			certificate_name(check, X509_get_subject_name(signer)));
out:
	observe_text(check, keys->signature, fault);
	sk_X509_free(known);
}

static bool note_status(struct check *check, const struct ocsp_keys *keys,
			OCSP_BASICRESP *basic, const OCSP_CERTID *id)
{
	static const char *const names[] = {
		[V_OCSP_CERTSTATUS_GOOD] = "good",
		[V_OCSP_CERTSTATUS_REVOKED] = "revoked",
		[V_OCSP_CERTSTATUS_UNKNOWN] = "unknown",
	};
	ASN1_GENERALIZEDTIME *revoked = NULL, *from = NULL, *until = NULL;
	int status = -1, reason = -1;

	if (OCSP_resp_find_status(basic, (OCSP_CERTID *)id, &status, &reason,
				  &revoked, &from, &until) != 1 ||
	    status < V_OCSP_CERTSTATUS_GOOD ||
	    status > V_OCSP_CERTSTATUS_UNKNOWN)
		return false;
	observe_text(check, keys->status, names[status]);
	note_time(check, keys->this_update, from);
	note_time(check, keys->next_update, until);
	if (status != V_OCSP_CERTSTATUS_REVOKED)
		return true;
	note_time(check, keys->revoked_at, revoked);
	observe_text(check, keys->reason, revocation_reason(reason));
	return true;
}

/* The answer may name its certificate by SHA-1 or by SHA-256. */
static bool note_certificate(struct check *check, const struct ocsp_keys *keys,
			     OCSP_BASICRESP *basic, X509 *certificate,
			     X509 *issuer)
{
	const EVP_MD *const digests[] = {EVP_sha1(), EVP_sha256()};
	bool found = false;

	for (size_t i = 0; i < 2 && !found; i++) {
		OCSP_CERTID *id =
			OCSP_cert_to_id(digests[i], certificate, issuer);

		found = id && note_status(check, keys, basic, id);
		OCSP_CERTID_free(id);
	}
	return found;
}

bool ocsp_observe(struct check *check, const struct ocsp_keys *keys,
		  const void *data, size_t length, X509 *certificate,
		  X509 *issuer, const char **why)
{
	const unsigned char *bytes = data;
	OCSP_RESPONSE *response =
		length > OCSP_BYTES_MAX
			? NULL
			: d2i_OCSP_RESPONSE(NULL, &bytes, (long)length);
	OCSP_BASICRESP *basic = NULL;
	int status;

	*why = "no OCSP answer";
	if (!response)
		goto out;
	status = OCSP_response_status(response);
	observe_text(check, keys->response, OCSP_response_status_str(status));
	*why = "the responder would not say";
	if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL)
		goto out;
	*why = "an OCSP answer that cannot be read";
	basic = OCSP_response_get1_basic(response);
	if (!basic)
		goto out;
	note_signature(check, keys, basic, issuer);
	*why = "the OCSP answer does not speak of this certificate";
	if (note_certificate(check, keys, basic, certificate, issuer))
		*why = NULL;
out:
	OCSP_BASICRESP_free(basic);
	OCSP_RESPONSE_free(response);
	ERR_clear_error();
	return !*why;
}
