#include "common/wire/integrity.h"

#include "common/base/log.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#define BLOCK_BYTES 64

void integrity_key(uint8_t key[INTEGRITY_KEY_BYTES],
		   const struct bytes *username, const struct bytes *realm,
		   const struct bytes *password)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (!context || !EVP_DigestInit_ex(context, EVP_md5(), NULL) ||
	    !EVP_DigestUpdate(context, username->data, username->length) ||
	    !EVP_DigestUpdate(context, ":", 1) ||
	    !EVP_DigestUpdate(context, realm->data, realm->length) ||
	    !EVP_DigestUpdate(context, ":", 1) ||
	    !EVP_DigestUpdate(context, password->data, password->length) ||
	    !EVP_DigestFinal_ex(context, key, NULL))
		die("OpenSSL offers no MD5");
	EVP_MD_CTX_free(context);
}

void integrity_hmac_sha1(uint8_t value[INTEGRITY_BYTES],
			 const uint8_t key[INTEGRITY_KEY_BYTES],
			 const uint8_t *text, size_t length, bool is_padded)
{
	static const uint8_t zeros[BLOCK_BYTES];
	char digest[] = "SHA1";
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest,
						 0),
		OSSL_PARAM_construct_end(),
	};
	size_t rest = length % BLOCK_BYTES;
	size_t pad = is_padded && rest ? BLOCK_BYTES - rest : 0;
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
	size_t written = 0;

	if (!context ||
	    !EVP_MAC_init(context, key, INTEGRITY_KEY_BYTES, parameters) ||
	    !EVP_MAC_update(context, text, length) ||
	    !EVP_MAC_update(context, zeros, pad) ||
	    !EVP_MAC_final(context, value, &written, INTEGRITY_BYTES) ||
	    written != INTEGRITY_BYTES)
		die("OpenSSL offers no HMAC-SHA1");
	EVP_MAC_CTX_free(context);
	EVP_MAC_free(mac);
}
