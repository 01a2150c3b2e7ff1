#include "common/wire/echo.h"

#include "common/base/bytes.h"
#include "common/base/log.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define MAC_OFFSET 56
#define MAC_BYTES  16

static const uint8_t magic[8] = {0xff, 'e', 'd', 'g', 'e', 'p', 'r', 1};

static void write_u64(struct writer *writer, uint64_t value)
{
	writer_u32(writer, (uint32_t)(value >> 32));
	writer_u32(writer, (uint32_t)value);
}

static uint64_t read_u64(struct bytes *bytes)
{
	uint64_t high = bytes_u32(bytes);

	return high << 32 | bytes_u32(bytes);
}

/* Over all but the place where the result stands. */
static void make_mac(uint8_t mac[MAC_BYTES], const uint8_t *key,
		     const uint8_t *data, size_t length)
{
	OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string("digest", (char[]){"SHA256"},
						 0),
		OSSL_PARAM_construct_end(),
	};
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
	uint8_t whole[EVP_MAX_MD_SIZE];
	size_t written = 0;

	if (!context ||
	    !EVP_MAC_init(context, key, ECHO_KEY_BYTES, parameters) ||
	    !EVP_MAC_update(context, data, MAC_OFFSET) ||
	    !EVP_MAC_update(context, data + ECHO_BYTES, length - ECHO_BYTES) ||
	    !EVP_MAC_final(context, whole, &written, sizeof(whole)) ||
	    written < MAC_BYTES)
		die("OpenSSL offers no HMAC-SHA-256");
	memcpy(mac, whole, MAC_BYTES);
	EVP_MAC_CTX_free(context);
	EVP_MAC_free(hmac);
}

void echo_encode(const struct echo_packet *packet,
		 const uint8_t key[ECHO_KEY_BYTES], void *buffer, size_t length)
{
	struct writer writer = writer_of(buffer, length);

	memset(buffer, 0, length);
	writer_put(&writer, magic, sizeof(magic));
	writer_u8(&writer, (uint8_t)packet->kind);
	writer_u24(&writer, 0);
	writer_u32(&writer, packet->sequence);
	writer_put(&writer, packet->session, sizeof(packet->session));
	write_u64(&writer, (uint64_t)packet->sent_us);
	writer_u32(&writer, packet->seen);
	writer_u16(&writer, packet->seen_from.family == AF_INET	   ? 4
			    : packet->seen_from.family == AF_INET6 ? 6
								   : 0);
	writer_u16(&writer, packet->seen_port);
	writer_put(&writer, packet->seen_from.bytes,
		   sizeof(packet->seen_from.bytes));
	make_mac((uint8_t *)buffer + MAC_OFFSET, key, buffer, length);
}

static int family_of(uint16_t number)
{
	if (number == 4)
		return AF_INET;
	return number == 6 ? AF_INET6 : 0;
}

bool echo_decode(struct echo_packet *packet, const uint8_t key[ECHO_KEY_BYTES],
		 const void *data, size_t length)
{
	struct bytes bytes = bytes_of(data, length);
	uint8_t mac[MAC_BYTES];

	*packet = (struct echo_packet){0};
	if (length < ECHO_BYTES || length > ECHO_BYTES_MAX ||
	    memcmp(bytes_take(&bytes, sizeof(magic)), magic, sizeof(magic)) !=
		    0)
		return false;
	make_mac(mac, key, data, length);
	if (CRYPTO_memcmp(mac, (const uint8_t *)data + MAC_OFFSET,
			  sizeof(mac)) != 0)
		return false;
	packet->kind = (enum echo_kind)bytes_u8(&bytes);
	bytes_u24(&bytes);
	packet->sequence = bytes_u32(&bytes);
	memcpy(packet->session, bytes_take(&bytes, ECHO_SESSION_BYTES),
	       ECHO_SESSION_BYTES);
	packet->sent_us = (int64_t)read_u64(&bytes);
	packet->seen = bytes_u32(&bytes);
	packet->seen_from.family = family_of(bytes_u16(&bytes));
	packet->seen_port = bytes_u16(&bytes);
	memcpy(packet->seen_from.bytes, bytes_take(&bytes, 16), 16);
	return packet->kind >= ECHO_ASK && packet->kind <= ECHO_STATUS;
}
