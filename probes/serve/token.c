#include "probes/serve/token.h"

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/wire/integrity.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BLOB_BYTES    32 /* of version 1 */
#define BLOB_BYTES_V2 36 /* four bytes of flags more */

static void hash(uint8_t value[TOKEN_HASH_BYTES],
		 const uint8_t key[TOKEN_KEY_BYTES], const uint8_t *data,
		 size_t length)
{
	const struct bytes secret = bytes_of(key, TOKEN_KEY_BYTES);
	const struct bytes part = bytes_of(data, length);

	integrity_hmac_sha1_parts(value, &secret, &part, 1, false);
}

/* msturn.md 10.2: major, minor, size, expiry low and high, client, flags. */
static size_t write_blob(uint8_t *blob, unsigned version,
			 const uint8_t client[TOKEN_CLIENT_BYTES],
			 int64_t expires_s)
{
	size_t size = version == 2 ? BLOB_BYTES_V2 : BLOB_BYTES;
	struct writer writer = writer_of(blob, size);

	writer_u8(&writer, (uint8_t)version);
	writer_u8(&writer, 0);
	writer_u16(&writer, (uint16_t)size);
	writer_u32(&writer, (uint32_t)expires_s);
	writer_u32(&writer, (uint32_t)(expires_s >> 32));
	writer_put(&writer, client, TOKEN_CLIENT_BYTES);
	if (version == 2)
		writer_u32(&writer, 0);
	return writer.length;
}

void token_issue(const struct token_keys *keys, unsigned version,
		 const uint8_t client[TOKEN_CLIENT_BYTES], int64_t expires_s,
		 struct token *token)
{
	size_t size = write_blob(token->username, version, client, expires_s);

	hash(token->username + size, keys->username, token->username, size);
	token->username_length = size + TOKEN_HASH_BYTES;
	hash(token->password, keys->password, token->username,
	     token->username_length);
}

/* The size that a username claims for its blob, or 0. */
static size_t blob_size(const uint8_t *username, size_t length,
			int64_t *expires_s)
{
	struct bytes bytes = bytes_of(username, length);
	uint8_t version = bytes_u8(&bytes);
	size_t size;
	uint64_t low, high;

	bytes_u8(&bytes);
	size = bytes_u16(&bytes);
	low = bytes_u32(&bytes);
	high = bytes_u32(&bytes);
	*expires_s = (int64_t)(high << 32 | low);
	if (bytes.failed || length != size + TOKEN_HASH_BYTES)
		return 0;
	return size == (version == 1   ? BLOB_BYTES
			: version == 2 ? BLOB_BYTES_V2
				       : 0)
		       ? size
		       : 0;
}

enum token_state token_check(const struct token_keys *keys,
			     const uint8_t *username, size_t length,
			     int64_t now_s,
			     uint8_t password[TOKEN_PASSWORD_BYTES])
{
	uint8_t expected[TOKEN_HASH_BYTES];
	int64_t expires_s;
	size_t size = blob_size(username, length, &expires_s);

	if (!size)
		return TOKEN_FOREIGN;
	hash(expected, keys->username, username, size);
	if (CRYPTO_memcmp(expected, username + size, sizeof(expected)) != 0)
		return TOKEN_FOREIGN;
	hash(password, keys->password, username, length);
	return expires_s && expires_s <= now_s ? TOKEN_EXPIRED : TOKEN_GOOD;
}

static bool print(FILE *file, const struct token *token, int64_t expires_s)
{
	/* four digits for three bytes, and a NUL */
	uint8_t username[TOKEN_USERNAME_MAX * 2], password[32];
	char expires[CLOCK_TEXT_BYTES];

	EVP_EncodeBlock(username, token->username, (int)token->username_length);
	EVP_EncodeBlock(password, token->password, sizeof(token->password));
	clock_format_seconds(expires, expires_s);
	return fprintf(file, "username = %s\npassword = %s\nexpires = %s\n",
		       (char *)username, (char *)password, expires) > 0;
}

bool token_write(const struct token *token, int64_t expires_s,
		 struct arena *arena, const char *path, const char **why)
{
	const char *aside = arena_format(arena, "%s.new", path);
	int descriptor;
	FILE *file;
	bool written;

	unlink(aside); /* whoever may read that one, may not read ours */
	descriptor = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
	if (!file) {
		*why = arena_format(arena, "%s: %s", aside, strerror(errno));
		return false;
	}
	written = print(file, token, expires_s);
	written = fclose(file) == 0 && written;
	if (written && rename(aside, path) == 0)
		return true;
	*why = arena_format(arena, "%s: %s", path, strerror(errno));
	unlink(aside);
	return false;
}
