#include "probes/serve/authority.h"

#include "probes/serve/said.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CA_BITS		    2048
#define CA_DAYS		    3650
#define EXTENSION_BYTES_MAX 16384 /* 64 SIP domains with long names fit */

#define URL_BYTES_MAX 1024
#define REVOKED_MAX   64
#define NOWHERE	      "crl.edgesim.invalid"

struct authority {
	time_t now;
	char site[URL_BYTES_MAX / 4]; /* host, and port where not 80 */
	struct signer root, intermediate;
	struct signer stranger; /* made when first asked for */
	struct {
		int bits;
		const char *curve;
		EVP_PKEY *key;
	} keys[4]; /* of leaves, by kind */
	ASN1_INTEGER *revoked[REVOKED_MAX];
	size_t revoked_count;
};

/* Where lists and responder are, by what is the matter; %s: site, signer. */
static const struct {
	const char *list, *responder;
} places[] = {
	[REVOKING_HEALTHY] = {"http://%s/%s.crl", "http://%s/%s.ocsp"},
	[REVOKING_REVOKED] = {"http://%s/%s.crl", "http://%s/%s.ocsp"},
	[REVOKING_STALE] = {"http://%s/stale/%s.crl", NULL},
	[REVOKING_GONE] = {"http://" NOWHERE "/%s/%s.crl", NULL},
	[REVOKING_FOREIGN] = {"http://%s/foreign/%s.crl", NULL},
	[REVOKING_NO_CDP] = {NULL, NULL},
	[REVOKING_LDAP] = {"ldap://%s/CN=%s", NULL},
	[REVOKING_UNKNOWN] = {"http://%s/%s.crl", "http://%s/unknown/%s.ocsp"},
	[REVOKING_MUST_STAPLE] = {"http://%s/%s.crl", "http://%s/%s.ocsp"},
	[REVOKING_STAPLE_STALE] = {"http://%s/%s.crl", "http://%s/%s.ocsp"},
};

static bool add_name(X509_NAME *name, const char *field, const char *text)
{
	return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
					  (const unsigned char *)text, -1, -1,
					  0) == 1;
}

static bool add_extension(X509 *certificate, X509 *issuer, int nid,
			  const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;
	bool added;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	added = extension && X509_add_ext(certificate, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return added;
}

/* 127 random bits: positive and, in all likelihood, unique. */
static bool set_serial(X509 *certificate)
{
	uint8_t bytes[16];
	BIGNUM *number;
	bool set;

	if (RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	bytes[0] = (bytes[0] & 0x7f) | 0x40;
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	set = number &&
	      BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
	BN_free(number);
	return set;
}

/* Everything that authority and leaf certificates have in common. */
static X509 *begin_certificate(time_t now, const char *common_name,
			       EVP_PKEY *key, int first_day, int last_day)
{
	X509 *certificate = X509_new();
	X509_NAME *name;
	const long day = 24 * 60 * 60;

	if (!certificate)
		return NULL;
	name = X509_get_subject_name(certificate);
	if (X509_set_version(certificate, X509_VERSION_3) == 1 &&
	    set_serial(certificate) &&
	    ASN1_TIME_set(X509_getm_notBefore(certificate),
			  now + first_day * day) &&
	    ASN1_TIME_set(X509_getm_notAfter(certificate),
			  now + last_day * day) &&
	    X509_set_pubkey(certificate, key) == 1 &&
	    add_name(name, "O", "edgesim, not for production") &&
	    add_name(name, "CN", common_name))
		return certificate;
	X509_free(certificate);
	return NULL;
}

static bool sign(X509 *certificate, const struct signer *signer,
		 const char *digest, bool is_pss)
{
	const EVP_MD *method = EVP_get_digestbyname(digest);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key;
	bool is_signed;

	is_signed = context &&
		    X509_set_issuer_name(
			    certificate,
			    X509_get_subject_name(signer->certificate)) == 1 &&
		    EVP_DigestSignInit(context, &key, method, NULL,
				       signer->key) == 1 &&
		    (!is_pss || EVP_PKEY_CTX_set_rsa_padding(
					key, RSA_PKCS1_PSS_PADDING) == 1) &&
		    X509_sign_ctx(certificate, context);
	EVP_MD_CTX_free(context);
	return is_signed;
}

/* formats are ours, with a %s for the site and one for the signer */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static bool place(char text[URL_BYTES_MAX], const char *prefix,
		  const char *format, const char *site, const char *signer)
{
	int begun = snprintf(text, URL_BYTES_MAX, "%s", prefix);
	int added = snprintf(text + begun, URL_BYTES_MAX - (size_t)begun,
			     format, site, signer);

	return added > 0 && added < URL_BYTES_MAX - begun;
}
#pragma GCC diagnostic pop

/* CRL distribution point (edge-services.md 13.1, C17) and AIA. */
static bool add_places(const struct authority *authority, X509 *certificate,
		       X509 *issuer, const char *signer, enum revoking revoking)
{
	const char *list = places[revoking].list;
	const char *responder = places[revoking].responder;
	const char *site = authority->site;
	char text[URL_BYTES_MAX], more[URL_BYTES_MAX];

	if (list && (!place(text, "URI:", list, site, signer) ||
		     !add_extension(certificate, issuer,
				    NID_crl_distribution_points, text)))
		return false;
	if (!place(text, "caIssuers;URI:", "http://%s/%s.cer", site, signer))
		return false;
	if (responder) {
		if (!place(more, ",OCSP;URI:", responder, site, signer) ||
		    strlen(text) + strlen(more) >= sizeof(text))
			return false;
		memcpy(text + strlen(text), more, strlen(more) + 1);
	}
	return add_extension(certificate, issuer, NID_info_access, text);
}

/* Makes a signer of its own (issuer NULL) or below another. */
static bool make_signer(const struct authority *authority,
			struct signer *signer, const char *common_name,
			const struct signer *issuer)
{
	time_t now = authority->now;
	X509 *certificate;

	signer->key = EVP_RSA_gen(CA_BITS);
	if (!signer->key)
		return false;
	certificate = begin_certificate(now, common_name, signer->key, -CA_DAYS,
					CA_DAYS);
	signer->certificate = certificate;
	/* every authority has a root of that name: the key tells them apart */
	if (certificate && issuer &&
	    (!add_places(authority, certificate, issuer->certificate, "root",
			 REVOKING_HEALTHY) ||
	     !add_extension(certificate, issuer->certificate,
			    NID_authority_key_identifier, "keyid:always")))
		return false;
	if (!issuer)
		issuer = signer;
	return certificate &&
	       add_extension(certificate, issuer->certificate,
			     NID_basic_constraints, "critical,CA:TRUE") &&
	       add_extension(certificate, issuer->certificate, NID_key_usage,
			     "critical,keyCertSign,cRLSign") &&
	       add_extension(certificate, issuer->certificate,
			     NID_subject_key_identifier, "hash") &&
	       sign(certificate, issuer, "SHA256", false);
}

static void clear_signer(struct signer *signer)
{
	X509_free(signer->certificate);
	EVP_PKEY_free(signer->key);
}

static const char *last_error(void)
{
	unsigned long code = ERR_get_error();
	const char *reason = ERR_reason_error_string(code);

	ERR_clear_error();
	return reason ? reason : "OpenSSL failed";
}

struct authority *authority_new(const char *site, const char **why)
{
	struct authority *authority = calloc(1, sizeof(*authority));

	if (!authority) {
		*why = "out of memory";
		return NULL;
	}
	authority->now = time(NULL);
	snprintf(authority->site, sizeof(authority->site), "%s",
		 site ? site : NOWHERE);
	if (make_signer(authority, &authority->root, "edgesim root", NULL) &&
	    make_signer(authority, &authority->intermediate,
			"edgesim intermediate", &authority->root))
		return authority;
	*why = last_error();
	authority_free(authority);
	return NULL;
}

void authority_free(struct authority *authority)
{
	if (!authority)
		return;
	clear_signer(&authority->root);
	clear_signer(&authority->intermediate);
	clear_signer(&authority->stranger);
	for (size_t i = 0; i < 4; i++)
		EVP_PKEY_free(authority->keys[i].key);
	for (size_t i = 0; i < authority->revoked_count; i++)
		ASN1_INTEGER_free(authority->revoked[i]);
	free(authority);
}

const struct signer *authority_signer(const struct authority *authority,
				      const char *name)
{
	const struct {
		const char *name;
		const struct signer *signer;
	} signers[] = {
		{"root", &authority->root},
		{"intermediate", &authority->intermediate},
		{"stranger", &authority->stranger},
	};

	for (size_t i = 0; i < sizeof(signers) / sizeof(signers[0]); i++)
		if (strcmp(signers[i].name, name) == 0 &&
		    signers[i].signer->key)
			return signers[i].signer;
	return NULL;
}

bool authority_revoked(const struct authority *authority,
		       const ASN1_INTEGER *serial)
{
	for (size_t i = 0; i < authority->revoked_count; i++)
		if (ASN1_INTEGER_cmp(authority->revoked[i], serial) == 0)
			return true;
	return false;
}

const ASN1_INTEGER *authority_revoked_at(const struct authority *authority,
					 size_t index)
{
	return index < authority->revoked_count ? authority->revoked[index]
						: NULL;
}

static bool take_back(struct authority *authority, const X509 *certificate)
{
	ASN1_INTEGER *serial =
		ASN1_INTEGER_dup(X509_get0_serialNumber(certificate));

	if (!serial || authority->revoked_count == REVOKED_MAX) {
		ASN1_INTEGER_free(serial);
		return false;
	}
	authority->revoked[authority->revoked_count++] = serial;
	return true;
}

X509 *authority_root(const struct authority *authority)
{
	return authority->root.certificate;
}

/* The key of that kind, made when first asked for; owned by authority. */
static EVP_PKEY *leaf_key(struct authority *authority,
			  const struct leaf_spec *spec)
{
	for (size_t i = 0; i < 4; i++) {
		if (authority->keys[i].key &&
		    authority->keys[i].bits == spec->key_bits &&
		    authority->keys[i].curve == spec->curve)
			return authority->keys[i].key;
		if (authority->keys[i].key)
			continue;
		authority->keys[i].key =
			spec->curve ? EVP_EC_gen(spec->curve)
				    : EVP_RSA_gen((unsigned)spec->key_bits);
		authority->keys[i].bits = spec->key_bits;
		authority->keys[i].curve = spec->curve;
		return authority->keys[i].key;
	}
	return NULL;
}

static bool add_names(X509 *certificate, X509 *issuer,
		      const struct leaf_spec *spec)
{
	char value[EXTENSION_BYTES_MAX] = "";
	size_t length = 0;

	for (size_t i = 0; i < spec->name_count; i++) {
		int added = snprintf(value + length, sizeof(value) - length,
				     "%sDNS:%s", i ? "," : "", spec->names[i]);

		if (added < 0 || (size_t)added >= sizeof(value) - length)
			return false;
		length += (size_t)added;
	}
	return length == 0 ||
	       add_extension(certificate, issuer, NID_subject_alt_name, value);
}

/* What stands in the URLs of what a signer publishes. */
static const char *signer_name(enum issuer issuer)
{
	return issuer == ISSUER_STRANGER ? "stranger" : "intermediate";
}

static bool add_leaf_extensions(const struct authority *authority,
				X509 *certificate, X509 *issuer,
				const struct leaf_spec *spec)
{
	static const struct {
		int nid;
		const char *value;
	} rows[] = {
		{NID_basic_constraints, "critical,CA:FALSE"},
		{NID_key_usage, "critical,digitalSignature,keyEncipherment"},
		{NID_subject_key_identifier, "hash"},
		{NID_authority_key_identifier, "keyid"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (spec->issuer == ISSUER_SELF &&
		    rows[i].nid == NID_authority_key_identifier)
			continue;
		if (!add_extension(certificate, issuer, rows[i].nid,
				   rows[i].value))
			return false;
	}
	return add_extension(certificate, issuer, NID_ext_key_usage,
			     spec->purposes) &&
	       (spec->revoking != REVOKING_MUST_STAPLE ||
		add_extension(certificate, issuer, NID_tlsfeature,
			      "status_request")) &&
	       add_places(authority, certificate, issuer,
			  signer_name(spec->issuer), spec->revoking) &&
	       add_names(certificate, issuer, spec);
}

static const struct signer *find_signer(struct authority *authority,
					const struct leaf_spec *spec,
					const struct signer *itself)
{
	if (spec->issuer == ISSUER_SELF)
		return itself;
	if (spec->issuer == ISSUER_INTERMEDIATE)
		return &authority->intermediate;
	if (!authority->stranger.key &&
	    !make_signer(authority, &authority->stranger,
			 "Private Root of Nobody You Know", NULL))
		return NULL;
	return &authority->stranger;
}

/* What is sent after the leaf: the signer, unless it is the leaf itself. */
static STACK_OF(X509) *
	make_chain(const struct leaf_spec *spec, const struct signer *signer)
{
	STACK_OF(X509) *chain = sk_X509_new_null();

	if (!chain || spec->issuer == ISSUER_SELF)
		return chain;
	if (X509_up_ref(signer->certificate) != 1 ||
	    sk_X509_push(chain, signer->certificate) == 0) {
		sk_X509_pop_free(chain, X509_free);
		return NULL;
	}
	return chain;
}

/* Windows staples of its own accord; so does a healthy Edge here. */
static bool staple(const struct authority *authority, struct leaf *leaf,
		   const struct signer *signer, const struct leaf_spec *spec)
{
	enum said said = SAID_HEALTHY;

	if (spec->issuer == ISSUER_SELF || !places[spec->revoking].responder ||
	    spec->revoking == REVOKING_MUST_STAPLE ||
	    spec->revoking == REVOKING_UNKNOWN)
		return true;
	if (spec->revoking == REVOKING_STAPLE_STALE)
		said = SAID_STALE;
	leaf->staple = said_about(authority, signer, leaf->certificate, said,
				  &leaf->staple_length);
	return leaf->staple;
}

static bool issue(struct authority *authority, const struct leaf_spec *spec,
		  struct leaf *leaf)
{
	struct signer itself = {NULL, leaf_key(authority, spec)};
	const struct signer *signer;

	if (!itself.key || EVP_PKEY_up_ref(itself.key) != 1)
		return false;
	leaf->key = itself.key;
	leaf->certificate =
		begin_certificate(authority->now, spec->common_name, itself.key,
				  spec->first_day, spec->last_day);
	itself.certificate = leaf->certificate;
	signer = find_signer(authority, spec, &itself);
	if (!leaf->certificate || !signer)
		return false;
	leaf->chain = make_chain(spec, signer);
	return leaf->chain &&
	       add_leaf_extensions(authority, leaf->certificate,
				   signer->certificate, spec) &&
	       sign(leaf->certificate, signer, spec->digest, spec->is_pss) &&
	       (spec->revoking != REVOKING_REVOKED ||
		take_back(authority, leaf->certificate)) &&
	       staple(authority, leaf, signer, spec);
}

bool authority_issue(struct authority *authority, const struct leaf_spec *spec,
		     struct leaf *leaf, const char **why)
{
	*leaf = (struct leaf){0};
	if (issue(authority, spec, leaf))
		return true;
	*why = last_error();
	leaf_clear(leaf);
	return false;
}

void leaf_clear(struct leaf *leaf)
{
	X509_free(leaf->certificate);
	EVP_PKEY_free(leaf->key);
	sk_X509_pop_free(leaf->chain, X509_free);
	OPENSSL_free(leaf->staple);
	*leaf = (struct leaf){0};
}

bool authority_write_root(const struct authority *authority,
			  struct arena *arena, const char *path,
			  const char **why)
{
	const char *aside = arena_format(arena, "%s.new", path);
	FILE *file = fopen(aside, "we");
	bool written;

	if (!file) {
		*why = arena_format(arena, "%s: %s", aside, strerror(errno));
		return false;
	}
	written = PEM_write_X509(file, authority->root.certificate) == 1;
	written = fclose(file) == 0 && written;
	if (written && rename(aside, path) == 0)
		return true;
	*why = arena_format(arena, "%s: %s", path, strerror(errno));
	unlink(aside);
	return false;
}
