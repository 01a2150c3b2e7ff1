#include "common/model/certificates.h"

#include "common/base/text.h"
#include "common/model/x509.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <string.h>
#include <strings.h>
#include <time.h>

#define NAME_KEPT_MAX	 128
#define FEATURE_STATUS	 5 /* RFC 7633: TLS extension status_request */
#define POINTS_LOOKED_AT 32

/* The probes whose observations show a server's certificate. */
static const char *const shows[] = {"sip", "webconf", "xmpp"};

static bool shows_certificates(const struct observation *seen)
{
	for (size_t i = 0; i < sizeof(shows) / sizeof(shows[0]); i++)
		if (strcmp(seen->probe, shows[i]) == 0)
			return true;
	/* a partner's or a next hop's, whose lists the Edge has to reach */
	return seen->vantage == VANTAGE_EDGE_HOST &&
	       strcmp(seen->probe, "recognise-sip") == 0;
}

/*
 * Reading one
 */

/* A URL has neither blanks nor controls nor a NUL inside (RFC 3986 2). */
static bool is_url_text(const unsigned char *data, int length)
{
	for (int i = 0; i < length; i++)
		if (data[i] <= ' ' || data[i] >= 0x7f)
			return false;
	return length > 0 && length < CERTIFICATE_URL_BYTES;
}

static void add_url(struct arena *arena, struct certificate_urls *urls,
		    const GENERAL_NAME *name)
{
	const ASN1_IA5STRING *text;

	if (name->type != GEN_URI)
		return;
	text = name->d.uniformResourceIdentifier;
	urls->found++;
	if (urls->count < CERTIFICATE_URLS_MAX &&
	    is_url_text(ASN1_STRING_get0_data(text), ASN1_STRING_length(text)))
		urls->items[urls->count++] =
			arena_copy(arena, ASN1_STRING_get0_data(text),
				   (size_t)ASN1_STRING_length(text));
}

static void read_points(struct arena *arena, struct certificate *certificate,
			X509 *x509)
{
	struct certificate_urls *urls = &certificate->urls[URL_CRL];
	CRL_DIST_POINTS *points =
		X509_get_ext_d2i(x509, NID_crl_distribution_points, NULL, NULL);
	int count = sk_DIST_POINT_num(points);

	for (int i = 0; i < count && i < POINTS_LOOKED_AT; i++) {
		const DIST_POINT_NAME *point =
			sk_DIST_POINT_value(points, i)->distpoint;

		if (!point || point->type != 0)
			continue;
		for (int j = 0; j < sk_GENERAL_NAME_num(point->name.fullname) &&
				j < POINTS_LOOKED_AT;
		     j++)
			add_url(arena, urls,
				sk_GENERAL_NAME_value(point->name.fullname, j));
	}
	CRL_DIST_POINTS_free(points);
}

static void read_access(struct arena *arena, struct certificate *certificate,
			X509 *x509)
{
	AUTHORITY_INFO_ACCESS *access =
		X509_get_ext_d2i(x509, NID_info_access, NULL, NULL);
	int count = sk_ACCESS_DESCRIPTION_num(access);

	for (int i = 0; i < count && i < POINTS_LOOKED_AT; i++) {
		const ACCESS_DESCRIPTION *one =
			sk_ACCESS_DESCRIPTION_value(access, i);
		int method = OBJ_obj2nid(one->method);

		if (method == NID_ad_OCSP)
			add_url(arena, &certificate->urls[URL_OCSP],
				one->location);
		else if (method == NID_ad_ca_issuers)
			add_url(arena, &certificate->urls[URL_ISSUER],
				one->location);
	}
	AUTHORITY_INFO_ACCESS_free(access);
}

static bool asks_for_staple(X509 *x509)
{
	TLS_FEATURE *features =
		X509_get_ext_d2i(x509, NID_tlsfeature, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_ASN1_INTEGER_num(features); i++)
		if (ASN1_INTEGER_get(sk_ASN1_INTEGER_value(features, i)) ==
		    FEATURE_STATUS)
			found = true;
	TLS_FEATURE_free(features);
	return found;
}

static int64_t seconds_of(const ASN1_TIME *time)
{
	struct tm parts;

	return time && ASN1_TIME_to_tm(time, &parts) == 1 ? timegm(&parts) : 0;
}

static const char *hex_of(struct arena *arena, const unsigned char *bytes,
			  size_t length)
{
	const char *text = "";

	for (size_t i = 0; i < length && i < 32; i++)
		text = arena_format(arena, "%s%02x", text, bytes[i]);
	return text;
}

static const char *digest_of(struct arena *arena, X509 *x509)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;
	char *text = arena_alloc(arena, CERTIFICATE_DIGEST_BYTES);

	if (X509_digest(x509, EVP_sha256(), digest, &length) != 1)
		length = 0;
	for (unsigned i = 0; 2 * i + 2 < CERTIFICATE_DIGEST_BYTES && i < length;
	     i++) {
		text[2 * i] = digits[digest[i] >> 4];
		text[2 * i + 1] = digits[digest[i] & 15];
	}
	return text;
}

/* The common name as people write it, or what tells it from others. */
static const char *name_of(struct arena *arena, X509 *x509)
{
	const X509_NAME *name = X509_get_subject_name(x509);
	int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
	unsigned char *text = NULL;
	const char *found = NULL;
	char safe[TEXT_SAFE_BYTES(NAME_KEPT_MAX)];
	int length = -1;

	if (index >= 0)
		length = ASN1_STRING_to_UTF8(
			&text, X509_NAME_ENTRY_get_data(
				       X509_NAME_get_entry(name, index)));
	if (length > 0)
		found = arena_text(arena, text_safe(safe, text,
						    length < NAME_KEPT_MAX
							    ? (size_t)length
							    : NAME_KEPT_MAX));
	OPENSSL_free(text);
	if (found)
		return found;
	return arena_format(arena, "serial %s",
			    hex_of(arena, ASN1_STRING_get0_data(serial),
				   (size_t)ASN1_STRING_length(serial)));
}

static bool read_certificate(struct arena *arena,
			     struct certificate *certificate,
			     const struct fact *der)
{
	X509 *x509 = x509_read(der);

	if (x509) {
		*certificate = (struct certificate){
			.der = der,
			.digest = digest_of(arena, x509),
			.name = name_of(arena, x509),
			.is_self_issued =
				X509_NAME_cmp(X509_get_subject_name(x509),
					      X509_get_issuer_name(x509)) == 0,
			.must_staple = asks_for_staple(x509),
			.not_before = seconds_of(X509_get0_notBefore(x509)),
			.not_after = seconds_of(X509_get0_notAfter(x509)),
		};
		read_points(arena, certificate, x509);
		read_access(arena, certificate, x509);
	}
	X509_free(x509);
	ERR_clear_error();
	return x509;
}

/*
 * The list
 */

static struct certificate *find_certificate(struct deployment *deployment,
					    const struct fact *der)
{
	for (size_t i = 0; i < deployment->certificate_count; i++) {
		struct certificate *one = deployment->certificates[i];

		if (one->der->length == der->length &&
		    memcmp(one->der->text, der->text, der->length) == 0)
			return one;
	}
	return NULL;
}

/* Those of one name are told apart, whichever came first. */
static void tell_apart(struct deployment *deployment,
		       struct certificate *certificate)
{
	certificate->label =
		arena_format(deployment->arena, "%s (%.8s)", certificate->name,
			     certificate->digest);
	certificate->subject = certificate->name;
	for (size_t i = 0; i < deployment->certificate_count; i++) {
		struct certificate *other = deployment->certificates[i];

		if (strcmp(other->name, certificate->name) != 0)
			continue;
		other->subject = other->label;
		certificate->subject = certificate->label;
	}
}

static struct certificate *add_certificate(struct deployment *deployment,
					   const struct fact *der, size_t index)
{
	struct certificate *certificate;

	if (deployment->certificate_count == CERTIFICATES_MAX)
		return NULL;
	certificate = arena_alloc(deployment->arena, sizeof(*certificate));
	if (!read_certificate(deployment->arena, certificate, der))
		return NULL;
	certificate->index = index;
	tell_apart(deployment, certificate);
	deployment->certificates =
		arena_grow(deployment->arena, deployment->certificates,
			   deployment->certificate_count,
			   &deployment->certificate_capacity,
			   sizeof(*deployment->certificates));
	deployment->certificates[deployment->certificate_count++] = certificate;
	return certificate;
}

static void take_in(struct deployment *deployment,
		    const struct observation *seen)
{
	const struct fact *der = observation_fact(seen, "cert.der");

	for (size_t index = 0; der; der = fact_next(der), index++) {
		struct certificate *certificate =
			find_certificate(deployment, der);

		if (!certificate)
			certificate = add_certificate(deployment, der, index);
		if (!certificate)
			continue;
		certificate->is_leaf = certificate->is_leaf || index == 0;
		certificate->shown = arena_grow(
			deployment->arena, certificate->shown,
			certificate->shown_count, &certificate->shown_capacity,
			sizeof(*certificate->shown));
		certificate->shown[certificate->shown_count++] = seen;
	}
}

void certificates_update(struct deployment *deployment)
{
	const struct observation_list *list = deployment->observations;

	for (; deployment->certificates_read < list->count;
	     deployment->certificates_read++) {
		const struct observation *seen =
			list->items[deployment->certificates_read];

		if (shows_certificates(seen))
			take_in(deployment, seen);
	}
}

/*
 * Asking it
 */

bool url_has_scheme(const char *url, const char *scheme)
{
	size_t length = strlen(scheme);

	return strncasecmp(url, scheme, length) == 0 && url[length] == ':';
}

static bool is_at(const struct target *target, const struct observation *seen)
{
	return target->endpoint.port == seen->endpoint.port &&
	       target->endpoint.transport == seen->endpoint.transport &&
	       address_equal(&target->endpoint.address,
			     &seen->endpoint.address);
}

bool certificate_is_at(const struct deployment *deployment,
		       const struct certificate *certificate,
		       uint32_t listeners)
{
	for (size_t i = 0; i < certificate->shown_count; i++)
		for (size_t j = 0; j < deployment->target_count; j++) {
			const struct target *target = &deployment->targets[j];

			if (listeners & 1u << target->listener &&
			    is_at(target, certificate->shown[i]))
				return true;
		}
	return false;
}

const struct observation *
certificate_asked(const struct deployment *deployment,
		  const struct certificate *certificate, const char *probe,
		  const char *url)
{
	const struct observation_list *list = deployment->observations;

	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];
		const char *digest, *asked;

		if (strcmp(seen->probe, probe) != 0)
			continue;
		digest = observation_text(seen, "revocation.certificate");
		asked = observation_text(seen, "revocation.url");
		if (digest && asked && strcmp(asked, url) == 0 &&
		    strcmp(digest, certificate->digest) == 0)
			return seen;
	}
	return NULL;
}

const struct observation *
certificate_lacks_issuer(const struct certificate *certificate)
{
	for (size_t i = 0; i < certificate->shown_count; i++) {
		const struct observation *seen = certificate->shown[i];
		const struct fact *leaf = observation_fact(seen, "cert.der");
		int64_t code = observation_number(seen, "cert.verify_code", 0);

		if (leaf->length != certificate->der->length ||
		    memcmp(leaf->text, certificate->der->text, leaf->length))
			continue;
		if ((code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
		     code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
		     code == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE) &&
		    observation_number(seen, "cert.verify_depth", 0) == 0)
			return seen;
	}
	return NULL;
}
