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

static EVP_MAC_CTX *begin_hmac(EVP_MAC *mac, const struct bytes *key)
{
	char digest[] = "SHA1";
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest,
						 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;
	/* without one, an old key would be used again */
	const uint8_t *octets = key->length ? key->data : (const uint8_t *)"";

	if (!context || !EVP_MAC_init(context, octets, key->length, parameters))
		die("OpenSSL offers no HMAC-SHA1");
	return context;
}

void integrity_hmac_sha1_parts(uint8_t value[INTEGRITY_BYTES],
			       const struct bytes *key,
			       const struct bytes *parts, size_t count,
			       bool is_padded)
{
	static const uint8_t zeros[BLOCK_BYTES];
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = begin_hmac(mac, key);
	size_t length = 0, written = 0, rest;
	bool is_good = true;

	for (size_t i = 0; i < count; i++) {
		length += parts[i].length;
		is_good = is_good && EVP_MAC_update(context, parts[i].data,
						    parts[i].length);
	}
	rest = length % BLOCK_BYTES;
	if (is_padded && rest)
		is_good = is_good &&
			  EVP_MAC_update(context, zeros, BLOCK_BYTES - rest);
	if (!is_good ||
	    !EVP_MAC_final(context, value, &written, INTEGRITY_BYTES) ||
	    written != INTEGRITY_BYTES)
		die("OpenSSL offers no HMAC-SHA1");
	EVP_MAC_CTX_free(context);
	EVP_MAC_free(mac);
}

void integrity_hmac_sha1(uint8_t value[INTEGRITY_BYTES],
			 const uint8_t key[INTEGRITY_KEY_BYTES],
			 const uint8_t *text, size_t length, bool is_padded)
{
	struct bytes secret = bytes_of(key, INTEGRITY_KEY_BYTES);
	struct bytes part = bytes_of(text, length);

	integrity_hmac_sha1_parts(value, &secret, &part, 1, is_padded);
}

/* ITU-T V.42, bit by bit: messages are short. */
static uint32_t crc32_of(const uint8_t *data, size_t length)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < length; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
	}
	return ~crc;
}

uint32_t integrity_fingerprint(const void *text, size_t length)
{
	return crc32_of(text, length) ^ 0x5354554e; /* "STUN" */
}
