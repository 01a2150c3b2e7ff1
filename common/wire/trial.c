#include "common/wire/trial.h"

#include "common/base/bytes.h"
#include "common/base/log.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#define MAC_OFFSET 44
#define MAC_BYTES  (TRIAL_BYTES - MAC_OFFSET)

static const uint8_t magic[8] = {0xff, 'e', 'd', 'g', 'e', 't', 'r', 1};

static void make_mac(uint8_t mac[MAC_BYTES], const uint8_t *key,
		     const uint8_t *data)
{
	uint8_t whole[EVP_MAX_MD_SIZE];

	if (!HMAC(EVP_sha256(), key, TRIAL_KEY_BYTES, data, MAC_OFFSET, whole,
		  NULL))
		die("OpenSSL offers no HMAC-SHA-256");
	memcpy(mac, whole, MAC_BYTES);
}

void trial_encode(const struct trial_packet *packet,
		  const uint8_t key[TRIAL_KEY_BYTES],
		  uint8_t buffer[TRIAL_BYTES])
{
	struct writer writer = writer_of(buffer, TRIAL_BYTES);
	int family = packet->seen_from.family;

	writer_put(&writer, magic, sizeof(magic));
	writer_u8(&writer, (uint8_t)packet->kind);
	writer_u24(&writer, 0);
	writer_u32(&writer, packet->number);
	writer_put(&writer, packet->nonce, sizeof(packet->nonce));
	writer_u16(&writer, family == AF_INET ? 4 : family == AF_INET6 ? 6 : 0);
	writer_u16(&writer, packet->seen_port);
	writer_put(&writer, packet->seen_from.bytes,
		   sizeof(packet->seen_from.bytes));
	make_mac(buffer + MAC_OFFSET, key, buffer);
}

static int family_of(uint16_t number)
{
	if (number == 4)
		return AF_INET;
	return number == 6 ? AF_INET6 : 0;
}

bool trial_decode(struct trial_packet *packet,
		  const uint8_t key[TRIAL_KEY_BYTES], const void *data,
		  size_t length)
{
	struct bytes bytes = bytes_of(data, length);
	uint8_t mac[MAC_BYTES];

	*packet = (struct trial_packet){0};
	if (length != TRIAL_BYTES || memcmp(bytes_take(&bytes, sizeof(magic)),
					    magic, sizeof(magic)) != 0)
		return false;
	make_mac(mac, key, data);
	if (CRYPTO_memcmp(mac, (const uint8_t *)data + MAC_OFFSET,
			  sizeof(mac)) != 0)
		return false;
	packet->kind = (enum trial_kind)bytes_u8(&bytes);
	bytes_u24(&bytes);
	packet->number = bytes_u32(&bytes);
	memcpy(packet->nonce, bytes_take(&bytes, TRIAL_NONCE_BYTES),
	       TRIAL_NONCE_BYTES);
	packet->seen_from.family = family_of(bytes_u16(&bytes));
	packet->seen_port = bytes_u16(&bytes);
	memcpy(packet->seen_from.bytes, bytes_take(&bytes, 16), 16);
	return packet->kind == TRIAL_ASK || packet->kind == TRIAL_ANSWER;
}
