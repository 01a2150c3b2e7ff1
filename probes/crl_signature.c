#include "probes/crl_signature.h"

#include "probes/der.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

const char *crl_signature_name(enum crl_signature signature)
{
	static const char *const names[] = {
		[CRL_SIGNATURE_GOOD] = "good",
		[CRL_SIGNATURE_BAD] = "bad",
		[CRL_SIGNATURE_FORBIDDEN] = "not allowed",
		[CRL_SIGNATURE_UNREAD] = "unread",
	};

	return names[signature];
}

static bool is_signed_by(const struct crl_facts *facts, EVP_PKEY *key)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	int digest_nid = NID_undef, key_nid = NID_undef;
	bool good;

	OBJ_find_sigid_algs(facts->signature_nid, &digest_nid, &key_nid);
	good = context && EVP_PKEY_verify_init(context) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(
		       context, EVP_get_digestbynid(digest_nid)) == 1 &&
	       EVP_PKEY_verify(context, facts->signature,
			       facts->signature_length, facts->digest,
			       facts->digest_length) == 1;
	EVP_PKEY_CTX_free(context);
	return good;
}

enum crl_signature crl_verify(const struct crl_facts *facts, X509 *issuer)
{
	EVP_PKEY *key = X509_get0_pubkey(issuer);
	enum crl_signature result = CRL_SIGNATURE_BAD;

	if (!facts->digest_length)
		return CRL_SIGNATURE_UNREAD;
	if (key && is_signed_by(facts, key))
		result = CRL_SIGNATURE_GOOD;
	/* RFC 5280 6.3.3 (f); all bits are set where the extension is absent */
	if (result == CRL_SIGNATURE_GOOD &&
	    !(X509_get_key_usage(issuer) & KU_CRL_SIGN))
		result = CRL_SIGNATURE_FORBIDDEN;
	ERR_clear_error();
	return result;
}

const uint8_t *crl_serial(const ASN1_INTEGER *serial, size_t *length)
{
	*length = (size_t)ASN1_STRING_length(serial);
	return der_number(ASN1_STRING_get0_data(serial), length);
}
