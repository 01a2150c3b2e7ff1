#include "common/wire/tls_hello.h"

#include "common/base/bytes.h"

#include <stdio.h>
#include <string.h>

#define RECORD_ALERT	   21
#define RECORD_HANDSHAKE   22
#define CLIENT_HELLO	   1
#define SERVER_HELLO	   2
#define ID_BYTES_MAX	   32
#define HELLO_BYTES_MAX	   1024	  /* of a ServerHello that is looked at */
#define RENEGOTIATION_SCSV 0x00ff /* RFC 5746 3.3 */

enum extension {
	EXTENSION_SERVER_NAME = 0,
	EXTENSION_GROUPS = 10,
	EXTENSION_POINT_FORMATS = 11,
	EXTENSION_SIGNATURES = 13,
	EXTENSION_VERSIONS = 43,
	EXTENSION_KEY_SHARE = 51,
};

/* Cipher suites: newest first, as current clients prefer them. */
static const struct {
	uint16_t number;
	enum tls_offer offer;
	bool is_new; /* TLS 1.3 alone */
	const char *name;
} ciphers[] = {
	{0x1302, TLS_OFFER_ALL, true, "TLS_AES_256_GCM_SHA384"},
	{0x1301, TLS_OFFER_ALL, true, "TLS_AES_128_GCM_SHA256"},
	{0x1303, TLS_OFFER_ALL, true, "TLS_CHACHA20_POLY1305_SHA256"},
	{0xc02c, TLS_OFFER_ALL, false,
	 "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"},
	{0xc02b, TLS_OFFER_ALL, false,
	 "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"},
	{0xc030, TLS_OFFER_ALL, false, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"},
	{0xc02f, TLS_OFFER_ALL, false, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
	{0x009f, TLS_OFFER_ALL, false, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384"},
	{0x009e, TLS_OFFER_ALL, false, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"},
	{0xc024, TLS_OFFER_ALL, false,
	 "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"},
	{0xc023, TLS_OFFER_ALL, false,
	 "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"},
	{0xc028, TLS_OFFER_ALL, false, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"},
	{0xc027, TLS_OFFER_ALL, false, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"},
	{0xc00a, TLS_OFFER_ALL, false, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"},
	{0xc009, TLS_OFFER_ALL, false, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
	{0xc014, TLS_OFFER_ALL, false, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"},
	{0xc013, TLS_OFFER_ALL, false, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"},
	{0x0039, TLS_OFFER_ALL, false, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"},
	{0x0033, TLS_OFFER_ALL, false, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"},
	{0x009d, TLS_OFFER_ALL, false, "TLS_RSA_WITH_AES_256_GCM_SHA384"},
	{0x009c, TLS_OFFER_ALL, false, "TLS_RSA_WITH_AES_128_GCM_SHA256"},
	{0x003d, TLS_OFFER_ALL, false, "TLS_RSA_WITH_AES_256_CBC_SHA256"},
	{0x003c, TLS_OFFER_ALL, false, "TLS_RSA_WITH_AES_128_CBC_SHA256"},
	{0x0035, TLS_OFFER_ALL, false, "TLS_RSA_WITH_AES_256_CBC_SHA"},
	{0x002f, TLS_OFFER_ALL, false, "TLS_RSA_WITH_AES_128_CBC_SHA"},
	{0xc008, TLS_OFFER_3DES, false,
	 "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"},
	{0xc012, TLS_OFFER_3DES, false, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"},
	{0x0016, TLS_OFFER_3DES, false, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"},
	{0x000a, TLS_OFFER_3DES, false, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
	{0xc007, TLS_OFFER_RC4, false, "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"},
	{0xc011, TLS_OFFER_RC4, false, "TLS_ECDHE_RSA_WITH_RC4_128_SHA"},
	{0x0005, TLS_OFFER_RC4, false, "TLS_RSA_WITH_RC4_128_SHA"},
	{0x0004, TLS_OFFER_RC4, false, "TLS_RSA_WITH_RC4_128_MD5"},
	{0xc010, TLS_OFFER_NONE, false, "TLS_ECDHE_RSA_WITH_NULL_SHA"},
	{0x003b, TLS_OFFER_NONE, false, "TLS_RSA_WITH_NULL_SHA256"},
	{0x0002, TLS_OFFER_NONE, false, "TLS_RSA_WITH_NULL_SHA"},
	{0x0001, TLS_OFFER_NONE, false, "TLS_RSA_WITH_NULL_MD5"},
	{0xc019, TLS_OFFER_NONE, false, "TLS_ECDH_anon_WITH_AES_256_CBC_SHA"},
	{0xc018, TLS_OFFER_NONE, false, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"},
	{0x00a7, TLS_OFFER_NONE, false, "TLS_DH_anon_WITH_AES_256_GCM_SHA384"},
	{0x003a, TLS_OFFER_NONE, false, "TLS_DH_anon_WITH_AES_256_CBC_SHA"},
	{0x0034, TLS_OFFER_NONE, false, "TLS_DH_anon_WITH_AES_128_CBC_SHA"},
	{0x0018, TLS_OFFER_NONE, false, "TLS_DH_anon_WITH_RC4_128_MD5"},
	{0x0015, TLS_OFFER_NONE, false, "TLS_DHE_RSA_WITH_DES_CBC_SHA"},
	{0x0009, TLS_OFFER_NONE, false, "TLS_RSA_WITH_DES_CBC_SHA"},
	{0x0008, TLS_OFFER_NONE, false, "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA"},
	{0x0006, TLS_OFFER_NONE, false, "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5"},
	{0x0003, TLS_OFFER_NONE, false, "TLS_RSA_EXPORT_WITH_RC4_40_MD5"},
};

static const size_t cipher_count = sizeof(ciphers) / sizeof(ciphers[0]);

const char *tls_cipher_name(uint16_t cipher)
{
	static char unnamed[8];

	for (size_t i = 0; i < cipher_count; i++)
		if (ciphers[i].number == cipher)
			return ciphers[i].name;
	snprintf(unnamed, sizeof(unnamed), "0x%04x", cipher);
	return unnamed;
}

const char *tls_version_name(uint16_t version)
{
	static const char *const names[] = {"SSLv3", "TLSv1.0", "TLSv1.1",
					    "TLSv1.2", "TLSv1.3"};
	static char unnamed[8];

	if (version >= TLS_VERSION_SSL3 && version <= TLS_VERSION_13)
		return names[version - TLS_VERSION_SSL3];
	snprintf(unnamed, sizeof(unnamed), "0x%04x", version);
	return unnamed;
}

const char *tls_offer_name(enum tls_offer offer)
{
	static const char *const names[TLS_OFFER_COUNT] = {
		[TLS_OFFER_ALL] = "all",
		[TLS_OFFER_RC4] = "RC4",
		[TLS_OFFER_3DES] = "3DES",
		[TLS_OFFER_NONE] = "none",
	};

	return names[offer];
}

/*
 * Writing
 */

/* Two bytes of length, to be filled in by end(). */
static size_t begin(struct writer *writer)
{
	writer_u16(writer, 0);
	return writer->length;
}

static void end(struct writer *writer, size_t start)
{
	writer_set_u16(writer, start - 2, (uint16_t)(writer->length - start));
}

static bool is_offered(const struct tls_hello *hello, size_t i)
{
	bool wants_new = hello->version == TLS_VERSION_13;

	if (ciphers[i].is_new || wants_new)
		return ciphers[i].is_new == wants_new;
	if (hello->offer != TLS_OFFER_ALL)
		return ciphers[i].offer == hello->offer;
	return ciphers[i].offer != TLS_OFFER_NONE;
}

static void write_ciphers(struct writer *writer, const struct tls_hello *hello)
{
	size_t start = begin(writer);

	for (size_t i = 0; i < cipher_count; i++)
		if (is_offered(hello, i))
			writer_u16(writer, ciphers[i].number);
	if (hello->version != TLS_VERSION_13)
		writer_u16(writer, RENEGOTIATION_SCSV);
	end(writer, start);
}

static size_t begin_extension(struct writer *writer, enum extension extension)
{
	writer_u16(writer, (uint16_t)extension);
	return begin(writer);
}

static void write_server_name(struct writer *writer, const char *name)
{
	size_t start = begin_extension(writer, EXTENSION_SERVER_NAME);
	size_t list = begin(writer);

	writer_u8(writer, 0); /* host_name */
	writer_u16(writer, (uint16_t)strlen(name));
	writer_put(writer, name, strlen(name));
	end(writer, list);
	end(writer, start);
}

static void write_list(struct writer *writer, enum extension extension,
		       const uint16_t *items, size_t count)
{
	size_t start = begin_extension(writer, extension);
	size_t list = begin(writer);

	for (size_t i = 0; i < count; i++)
		writer_u16(writer, items[i]);
	end(writer, list);
	end(writer, start);
}

/* Any 32 bytes are a public key of X25519 (RFC 7748 6.1). */
static void write_new_version(struct writer *writer, const uint8_t *share)
{
	size_t start = begin_extension(writer, EXTENSION_VERSIONS);
	size_t list;

	writer_u8(writer, 2);
	writer_u16(writer, TLS_VERSION_13);
	end(writer, start);
	start = begin_extension(writer, EXTENSION_KEY_SHARE);
	list = begin(writer);
	writer_u16(writer, 29);
	writer_u16(writer, TLS_RANDOM_BYTES);
	writer_put(writer, share, TLS_RANDOM_BYTES);
	end(writer, list);
	end(writer, start);
}

static void write_extensions(struct writer *writer,
			     const struct tls_hello *hello)
{
	static const uint16_t groups[] = {29, 23, 24, 25};
	static const uint16_t signatures[] = {0x0403, 0x0503, 0x0603, 0x0804,
					      0x0805, 0x0806, 0x0401, 0x0501,
					      0x0601, 0x0203, 0x0201};
	size_t start = begin(writer), formats;

	if (hello->server_name)
		write_server_name(writer, hello->server_name);
	write_list(writer, EXTENSION_GROUPS, groups,
		   sizeof(groups) / sizeof(groups[0]));
	formats = begin_extension(writer, EXTENSION_POINT_FORMATS);
	writer_u8(writer, 1);
	writer_u8(writer, 0); /* uncompressed */
	end(writer, formats);
	if (hello->version >= TLS_VERSION_12)
		write_list(writer, EXTENSION_SIGNATURES, signatures,
			   sizeof(signatures) / sizeof(signatures[0]));
	if (hello->version == TLS_VERSION_13)
		write_new_version(writer, hello->random + 2 * TLS_RANDOM_BYTES);
	end(writer, start);
}

size_t tls_hello_write(const struct tls_hello *hello,
		       uint8_t buffer[TLS_HELLO_MAX])
{
	struct writer writer = writer_of(buffer, TLS_HELLO_MAX);
	bool is_new = hello->version == TLS_VERSION_13;
	size_t record, message;

	if (hello->server_name && strlen(hello->server_name) > TLS_NAME_MAX)
		return 0;
	writer_u8(&writer, RECORD_HANDSHAKE);
	/* RFC 8446 5.1: old servers take no newer one here */
	writer_u16(&writer, hello->version == TLS_VERSION_SSL3
				    ? TLS_VERSION_SSL3
				    : TLS_VERSION_10);
	record = begin(&writer);
	writer_u8(&writer, CLIENT_HELLO);
	writer_u8(&writer, 0);
	message = begin(&writer);
	writer_u16(&writer, is_new ? TLS_VERSION_12 : hello->version);
	writer_put(&writer, hello->random, TLS_RANDOM_BYTES);
	/* RFC 8446 D.4: devices on the way take it for an old session */
	writer_u8(&writer, is_new ? TLS_RANDOM_BYTES : 0);
	if (is_new)
		writer_put(&writer, hello->random + TLS_RANDOM_BYTES,
			   TLS_RANDOM_BYTES);
	write_ciphers(&writer, hello);
	writer_u8(&writer, 1);
	writer_u8(&writer, 0); /* no compression */
	if (hello->version != TLS_VERSION_SSL3)
		write_extensions(&writer, hello);
	end(&writer, message);
	end(&writer, record);
	return writer.failed ? 0 : writer.length;
}

/*
 * Reading
 */

/* The version that a server of TLS 1.3 really means. */
static void read_extensions(struct tls_answer *answer, struct bytes *bytes)
{
	struct bytes list = bytes_sub(bytes, bytes_u16(bytes));

	while (!list.failed && bytes_left(&list)) {
		uint16_t type = bytes_u16(&list);
		struct bytes value = bytes_sub(&list, bytes_u16(&list));

		if (type == EXTENSION_VERSIONS && bytes_left(&value) == 2)
			answer->version = bytes_u16(&value);
	}
}

static enum tls_reply read_hello(struct tls_answer *answer,
				 struct bytes message)
{
	struct tls_answer found = {0};

	found.version = bytes_u16(&message);
	bytes_take(&message, TLS_RANDOM_BYTES);
	bytes_take(&message, bytes_u8(&message));
	found.cipher = bytes_u16(&message);
	bytes_u8(&message); /* compression */
	if (message.failed)
		return TLS_REPLY_FOREIGN;
	if (bytes_left(&message))
		read_extensions(&found, &message);
	*answer = found;
	return TLS_REPLY_HELLO;
}

/* The message as far as it came, its records put together. */
static enum tls_reply read_message(struct tls_answer *answer,
				   const uint8_t *data, size_t length)
{
	struct bytes bytes = bytes_of(data, length);
	uint8_t type = bytes_u8(&bytes);
	size_t size = bytes_u24(&bytes);
	struct bytes message;

	if (length &&
	    (type != SERVER_HELLO || (length >= 4 && size > HELLO_BYTES_MAX)))
		return TLS_REPLY_FOREIGN;
	if (bytes.failed || bytes_left(&bytes) < size)
		return TLS_REPLY_MORE;
	message = bytes_sub(&bytes, size);
	return read_hello(answer, message);
}

/* Fatal ones end it; warnings (RFC 6066 3) are passed over. */
static bool is_fatal(struct bytes *record, uint8_t *alert)
{
	uint8_t level = bytes_u8(record), description = bytes_u8(record);

	*alert = description;
	return level != 1 || description == 0;
}

enum tls_reply tls_answer_read(struct tls_answer *answer, const void *data,
			       size_t length)
{
	struct bytes bytes = bytes_of(data, length);
	uint8_t whole[HELLO_BYTES_MAX + 4];
	struct writer writer = writer_of(whole, sizeof(whole));

	while (bytes_left(&bytes)) {
		uint8_t type = bytes_u8(&bytes);
		uint16_t version = bytes_u16(&bytes);
		size_t size = bytes_u16(&bytes), left = bytes_left(&bytes);
		struct bytes record;

		/* what follows the ServerHello is no matter of ours */
		if (writer.length && type != RECORD_HANDSHAKE)
			break;
		if ((type != RECORD_HANDSHAKE && type != RECORD_ALERT) ||
		    (version && version >> 8 != 3))
			return TLS_REPLY_FOREIGN;
		if (left > size)
			left = size;
		record = bytes_sub(&bytes, left);
		if (type == RECORD_ALERT && left == 2 && size == 2) {
			if (is_fatal(&record, &answer->alert))
				return TLS_REPLY_ALERT;
			continue;
		}
		if (type == RECORD_ALERT || bytes.failed)
			return TLS_REPLY_MORE;
		if (left > sizeof(whole) - writer.length)
			left = sizeof(whole) - writer.length;
		writer_put(&writer, record.data, left);
		if (left < size)
			break;
	}
	return read_message(answer, whole, writer.length);
}
