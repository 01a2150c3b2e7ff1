#include "probes/certificate.h"

#include "common/base/clock.h"
#include "probes/shown.h"
#include "probes/trust.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <time.h>

#define NAME_STYLE                                                             \
	((XN_FLAG_ONELINE & ~(unsigned long)XN_FLAG_SPC_EQ) &                  \
	 ~(unsigned long)ASN1_STRFLGS_ESC_MSB)
#define OID_BYTES    128
#define PURPOSES_MAX 32
#define CURVE_BYTES  80
#define SERIAL_BYTES 64 /* longer ones break RFC 5280 4.1.2.2 anyway */

const char *certificate_name(struct check *check, const X509_NAME *name)
{
	BIO *memory = BIO_new(BIO_s_mem());
	const char *text = "";
	char *data;
	long length;

	if (memory && X509_NAME_print_ex(memory, name, 0, NAME_STYLE) >= 0) {
		length = BIO_get_mem_data(memory, &data);
		if (length > CHECK_TEXT_MAX)
			length = CHECK_TEXT_MAX;
		if (length > 0)
			text = arena_copy(check->settings->arena, data,
					  (size_t)length);
	}
	BIO_free(memory);
	return text;
}

static void note_string(struct check *check, const char *key,
			const ASN1_STRING *string)
{
	unsigned char *text = NULL;
	int length = ASN1_STRING_to_UTF8(&text, string);

	if (length >= 0)
		observe_bytes(check, key, text, (size_t)length);
	OPENSSL_free(text);
}

static void note_common_name(struct check *check, const X509_NAME *subject)
{
	int index = -1, last;

	do { /* the most specific stands last */
		last = index;
		index = X509_NAME_get_index_by_NID(subject, NID_commonName,
						   index);
	} while (index >= 0);
	if (last >= 0)
		note_string(check, "cert.cn",
			    X509_NAME_ENTRY_get_data(
				    X509_NAME_get_entry(subject, last)));
}

/* An alternative name that is looked at, with its fact; NULL: another. */
static const ASN1_STRING *read_name(const GENERAL_NAME *name, const char **key)
{
	const OTHERNAME *other;

	*key = "cert.san";
	if (name->type == GEN_DNS)
		return name->d.dNSName;
	if (name->type != GEN_OTHERNAME)
		return NULL;
	other = name->d.otherName;
	if (other->value->type != V_ASN1_IA5STRING &&
	    other->value->type != V_ASN1_UTF8STRING)
		return NULL;
	switch (OBJ_obj2nid(other->type_id)) {
	case NID_SRVName:
		*key = "cert.srv_id";
		return other->value->value.ia5string;
	case NID_XmppAddr:
		*key = "cert.xmpp_addr";
		return other->value->value.utf8string;
	default:
		return NULL;
	}
}

static void note_alternative_names(struct check *check, const X509 *leaf)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	size_t left = CERTIFICATE_NAMES_BYTES_MAX;
	int kept = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const char *key;
		const ASN1_STRING *name =
			read_name(sk_GENERAL_NAME_value(names, i), &key);
		size_t length;

		if (!name)
			continue;
		length = (size_t)ASN1_STRING_length(name);
		if (kept++ >= CERTIFICATE_NAMES_MAX || length > left)
			break;
		left -= length;
		observe_bytes(check, key, ASN1_STRING_get0_data(name), length);
	}
	GENERAL_NAMES_free(names);
}

static void note_time(struct check *check, const char *key,
		      const ASN1_TIME *time)
{
	struct tm parts;

	if (time && ASN1_TIME_to_tm(time, &parts) == 1)
		observe_number(check, key, timegm(&parts));
}

static void note_hex(struct check *check, const char *key,
		     const unsigned char *bytes, size_t length)
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * EVP_MAX_MD_SIZE + 1];
	char *end = text;

	for (size_t i = 0; i < length && i < EVP_MAX_MD_SIZE; i++) {
		*end++ = digits[bytes[i] >> 4];
		*end++ = digits[bytes[i] & 15];
	}
	*end = '\0';
	observe_text(check, key, text);
}

static void note_fingerprint(struct check *check, const X509 *leaf)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	if (X509_digest(leaf, EVP_sha256(), digest, &length) == 1)
		note_hex(check, "cert.sha256", digest, length);
}

static void note_serial(struct check *check, const X509 *leaf)
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(leaf);
	int length = ASN1_STRING_length(serial);

	note_hex(check, "cert.serial", ASN1_STRING_get0_data(serial),
		 length < SERIAL_BYTES ? (size_t)length : SERIAL_BYTES);
}

/* By the name that people know it by, where it has one: P-256. */
static void note_curve(struct check *check, const EVP_PKEY *key)
{
	char group[CURVE_BYTES];
	const char *name;

	if (!key || !EVP_PKEY_is_a(key, "EC") ||
	    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) != 1)
		return;
	name = EC_curve_nid2nist(OBJ_txt2nid(group));
	observe_text(check, "cert.curve", name ? name : group);
}

static void note_key(struct check *check, const X509 *leaf)
{
	const EVP_PKEY *key = X509_get0_pubkey(leaf);
	const char *kind = key ? EVP_PKEY_get0_type_name(key) : NULL;
	int bits = key ? EVP_PKEY_get_bits(key) : 0;

	observe_text(check, "cert.key",
		     arena_format(check->settings->arena, "%s %d",
				  kind ? kind : "unknown", bits));
	observe_number(check, "cert.key_bits", bits);
	note_curve(check, key);
}

static void note_signature(struct check *check, const X509 *leaf)
{
	const char *name = OBJ_nid2ln(X509_get_signature_nid(leaf));

	observe_text(check, "cert.signature", name ? name : "undefined");
}

static void note_purposes(struct check *check, const X509 *leaf)
{
	EXTENDED_KEY_USAGE *usage =
		X509_get_ext_d2i(leaf, NID_ext_key_usage, NULL, NULL);
	int count = sk_ASN1_OBJECT_num(usage);
	char oid[OID_BYTES];

	for (int i = 0; i < count && i < PURPOSES_MAX; i++) {
		const ASN1_OBJECT *purpose = sk_ASN1_OBJECT_value(usage, i);
		int nid = OBJ_obj2nid(purpose);

		if (nid == NID_server_auth || nid == NID_client_auth) {
			observe_text(check, "cert.eku", OBJ_nid2sn(nid));
		} else {
			OBJ_obj2txt(oid, sizeof(oid), purpose, 1);
			observe_text(check, "cert.eku", oid);
		}
	}
	EXTENDED_KEY_USAGE_free(usage);
}

static void note_leaf(struct check *check, const X509 *leaf)
{
	observe_text(check, "cert.subject",
		     certificate_name(check, X509_get_subject_name(leaf)));
	note_common_name(check, X509_get_subject_name(leaf));
	observe_text(check, "cert.issuer",
		     certificate_name(check, X509_get_issuer_name(leaf)));
	note_alternative_names(check, leaf);
	note_time(check, "cert.not_before", X509_get0_notBefore(leaf));
	note_time(check, "cert.not_after", X509_get0_notAfter(leaf));
	note_fingerprint(check, leaf);
	note_serial(check, leaf);
	note_key(check, leaf);
	note_signature(check, leaf);
	note_purposes(check, leaf);
}

/* False when there is no room for it. */
static bool note_der(struct check *check, X509 *certificate, size_t *left)
{
	unsigned char *der = NULL;
	int length = i2d_X509(certificate, &der);
	bool fits = length > 0 && (size_t)length <= *left;

	if (fits) {
		observe_bytes(check, "cert.der", der, (size_t)length);
		*left -= (size_t)length;
	}
	OPENSSL_free(der);
	return fits;
}

/* In order, and none left out in between: what is kept is a chain. */
static void note_chain(struct check *check, STACK_OF(X509) * chain)
{
	size_t left = CHAIN_DER_BYTES_MAX;

	for (int i = 0; i < sk_X509_num(chain) && i < CHAIN_DER_MAX; i++) {
		if (!note_der(check, sk_X509_value(chain, i), &left))
			return;
	}
}

/*
 * A chain that failed for lack of a root holds untrusted certificates only;
 * one that failed for another reason may still have reached its root.
 */
static bool reached_root(X509_STORE_CTX *context, int code)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(context);

	switch (code) {
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_CERT_CHAIN_TOO_LONG:
		return false;
	default:
		return code == X509_V_OK ||
		       sk_X509_num(chain) >
			       X509_STORE_CTX_get_num_untrusted(context);
	}
}

/* Where the chain ends, as far as it could be followed. */
static void note_top(struct check *check, STACK_OF(X509) * chain)
{
	int count = sk_X509_num(chain);

	if (count > 0)
		observe_text(check, "cert.top_issuer",
			     certificate_name(
				     check, X509_get_issuer_name(sk_X509_value(
						    chain, count - 1))));
}

static void note_verification(struct check *check, STACK_OF(X509) * chain)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	int code;

	if (!context ||
	    X509_STORE_CTX_init(context, check->trust->store,
				sk_X509_value(chain, 0), chain) != 1)
		goto out;
	X509_STORE_CTX_set_default(context, "ssl_server");
	/* judged with the time of the observation that saw it first */
	X509_STORE_CTX_set_time(
		context, 0, (time_t)(check->open->wall_us / CLOCK_SECOND_US));
	X509_verify_cert(context);
	code = X509_STORE_CTX_get_error(context);
	observe_number(check, "cert.verify_code", code);
	observe_text(check, "cert.verify_text",
		     X509_verify_cert_error_string(code));
	observe_number(check, "cert.verify_depth",
		       X509_STORE_CTX_get_error_depth(context));
	observe_text(check, "cert.roots", check->trust->roots);
	note_top(check, X509_STORE_CTX_get0_chain(context));
	observe_flag(check, "cert.chain_completed",
		     reached_root(context, code));
out:
	X509_STORE_CTX_free(context);
}

/* The first of the chain; a hostile peer sends thousands. */
static STACK_OF(X509) * bounded(STACK_OF(X509) * chain)
{
	STACK_OF(X509) *copy = sk_X509_new_null();
	int count = sk_X509_num(chain);

	for (int i = 0; copy && i < count && i < CHAIN_CERTIFICATES_MAX; i++)
		sk_X509_push(copy, sk_X509_value(chain, i));
	return copy;
}

void certificate_observe(struct check *check, STACK_OF(X509) * chain)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	STACK_OF(X509) * looked_at;
	int count = sk_X509_num(chain);

	if (count <= 0 || (shown_digest(chain, NULL, 0, digest) &&
			   shown_before(check, "cert.", digest)))
		return;
	looked_at = bounded(chain);
	note_leaf(check, sk_X509_value(chain, 0));
	observe_number(check, "cert.chain_length", count);
	note_chain(check, chain);
	if (looked_at)
		note_verification(check, looked_at);
	sk_X509_free(looked_at);
	ERR_clear_error();
}
