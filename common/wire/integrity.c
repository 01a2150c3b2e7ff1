#include "common/wire/integrity.h"

#include "common/base/log.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <string.h>

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

/* Looked up once: that takes longer than to hash a message. */
static void begin_sha1(EVP_MD_CTX *context)
{
	static EVP_MD *sha1;

	if (!sha1)
		sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	if (!context || !sha1 || !EVP_DigestInit_ex2(context, sha1, NULL))
		die("OpenSSL offers no SHA-1");
}

static void add_sha1(EVP_MD_CTX *context, const void *data, size_t length)
{
	if (!EVP_DigestUpdate(context, data, length))
		die("OpenSSL offers no SHA-1");
}

static void end_sha1(EVP_MD_CTX *context, uint8_t value[INTEGRITY_BYTES])
{
	if (!EVP_DigestFinal_ex(context, value, NULL))
		die("OpenSSL offers no SHA-1");
}

/* A block that begins a hash of RFC 2104: the key, each byte changed. */
static void add_key(EVP_MD_CTX *context, const struct bytes *key, uint8_t pad)
{
	uint8_t block[BLOCK_BYTES] = {0};

	if (key->length > sizeof(block)) {
		begin_sha1(context);
		add_sha1(context, key->data, key->length);
		end_sha1(context, block);
	} else if (key->length) {
		memcpy(block, key->data, key->length);
	}
	for (size_t i = 0; i < sizeof(block); i++)
		block[i] ^= pad;
	begin_sha1(context);
	add_sha1(context, block, sizeof(block));
	OPENSSL_cleanse(block, sizeof(block));
}

/* RFC 2104 on top of SHA-1: OpenSSL's own HMAC takes several times as long to
 * be set up as to hash a message. */
void integrity_hmac_sha1_parts(uint8_t value[INTEGRITY_BYTES],
			       const struct bytes *key,
			       const struct bytes *parts, size_t count,
			       bool is_padded)
{
	static const uint8_t zeros[BLOCK_BYTES];
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t rest = 0;

	add_key(context, key, 0x36);
	for (size_t i = 0; i < count; i++) {
		add_sha1(context, parts[i].data, parts[i].length);
		rest = (rest + parts[i].length) % BLOCK_BYTES;
	}
	if (is_padded && rest)
		add_sha1(context, zeros, BLOCK_BYTES - rest);
	end_sha1(context, value);
	add_key(context, key, 0x5c);
	add_sha1(context, value, INTEGRITY_BYTES);
	end_sha1(context, value);
	EVP_MD_CTX_free(context);
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
