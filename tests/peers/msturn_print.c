/*
 * msturn_print - what the codec reads, one message a line, for comparison with
 * what others read.
 *
 * usage: msturn_print
 *
 * Reads lines of two or three words: how the bytes came, "datagram" or
 * "stream" (standard messages back to back), hexadecimal digits, and perhaps a
 * key of 32 digits. Prints for each message a line of name=value, texts as
 * digits too, or why it was refused. After a key comes what
 * the codec itself writes of the message: again=DIGITS, with an integrity
 * where there was one.
 */
#include "common/wire/msturn.h"
#include "common/wire/msturn_channel.h"

#include "tests/common/wire/octets.h"

#include <inttypes.h>
#include <stdio.h>

#define LINE_BYTES 262144

static void print_hex(const char *name, const void *data, size_t length)
{
	const uint8_t *octets = data;

	printf(" %s=", name);
	for (size_t i = 0; i < length; i++)
		printf("%02x", octets[i]);
}

static void print_text(const char *name, const struct msturn_text *text)
{
	if (text->data)
		print_hex(name, text->data, text->length);
}

static void print_address(const char *name,
			  const struct msturn_address *address)
{
	char text[ADDRESS_TEXT_BYTES];

	if (address->address.family)
		printf(" %s=%s/%u", name,
		       address_format(text, &address->address), address->port);
}

static void print_number(const char *name, bool has, uint64_t value)
{
	if (has)
		printf(" %s=%" PRIu64, name, value);
}

static void print_texts(const struct msturn_message *message)
{
	print_text("reason", &message->error_reason);
	print_text("username", &message->username);
	print_text("nonce", &message->nonce);
	print_text("realm", &message->realm);
	print_text("data", &message->data);
	print_text("software", &message->software);
	print_text("candidate", &message->candidate);
	print_text("integrity", &message->integrity);
	print_text("integrity_sha256", &message->integrity_sha256);
}

static void print_addresses(const struct msturn_message *message)
{
	print_address("mapped", &message->mapped);
	print_address("xor_mapped", &message->xor_mapped);
	print_address("alternate", &message->alternate);
	print_address("destination", &message->destination);
	print_address("remote", &message->remote);
	print_address("alternate_mapped", &message->alternate_mapped);
	print_address("relayed", &message->relayed);
	print_address("peer", &message->peer);
	print_address("source", &message->source);
	print_address("changed", &message->changed);
}

static void print_numbers(const struct msturn_message *message)
{
	print_number("error", message->error_code, message->error_code);
	print_number("version", message->has_version, message->version);
	print_number("lifetime", message->has_lifetime, message->lifetime_s);
	print_number("bandwidth", message->has_bandwidth, message->bandwidth);
	print_number("stream_type", message->has_service_quality,
		     message->stream_type);
	print_number("quality", message->has_service_quality, message->quality);
	print_number("session", message->has_session, message->session);
	print_number("family", message->has_family, message->requested_family);
	print_number("transport", message->has_requested_transport,
		     message->requested_transport);
	print_number("channel", message->has_channel, message->channel);
	print_number("priority", message->has_priority, message->priority);
	print_number("controlled", message->has_controlled,
		     message->controlled);
	print_number("controlling", message->has_controlling,
		     message->controlling);
	print_number("use_candidate", message->use_candidate, 1);
	print_number("implementation", message->has_implementation,
		     message->implementation);
	print_number("sequence", message->has_sequence, message->sequence);
	if (message->has_sequence)
		print_hex("connection", message->connection_id,
			  sizeof(message->connection_id));
	print_number("fingerprint", message->has_fingerprint,
		     message->is_fingerprint_right);
	print_number("unknown", message->first_unknown, message->first_unknown);
}

static void print_again(const struct msturn_message *message,
			const struct octets *key)
{
	static uint8_t room[131072];
	bool is_protected = message->integrity.length == 20;
	size_t length = msturn_encode(message, is_protected ? key->data : NULL,
				      room, sizeof(room));

	print_hex("again", room, length);
}

static void print_message(const uint8_t *data, size_t length,
			  const struct octets *key)
{
	struct msturn_message message;
	const char *why = "";

	if (!msturn_decode(&message, data, length, &why)) {
		printf("refused: %s\n", why);
		return;
	}
	printf("type=%u kind=%s", message.type,
	       message.has_cookie    ? "msturn"
	       : message.is_standard ? "standard"
				     : "classic");
	print_hex("id", message.transaction, sizeof(message.transaction));
	print_numbers(&message);
	print_addresses(&message);
	print_texts(&message);
	if (key->length == 16)
		print_again(&message, key);
	putchar('\n');
}

/* One message or the data of a channel. */
static void print_one(const uint8_t *data, size_t length,
		      const struct octets *key)
{
	struct msturn_text text;
	uint64_t session;
	uint16_t channel;

	if (msturn_channel(data, length, &channel, &text))
		printf("channel_data=%u length=%zu\n", channel, text.length);
	else if (msturn_channel_multiplexed(data, length, &session, &text))
		printf("multiplexed=%" PRIu64 " length=%zu\n", session,
		       text.length);
	else
		print_message(data, length, key);
}

static void print_stream(const uint8_t *data, size_t available,
			 const struct octets *key)
{
	while (available) {
		struct octets one;
		size_t length;

		if (msturn_channel_frame(data, available, &length) != 1 ||
		    length > available) {
			printf("refused: the stream ends or is another\n");
			return;
		}
		one = octets_copy(data, length);
		print_one(one.data, one.length, key);
		free(one.data);
		data += length;
		available -= length;
	}
}

int main(void)
{
	static char line[LINE_BYTES];

	while (fgets(line, sizeof(line), stdin)) {
		char *rest = line;
		char *how = strtok_r(rest, " \n", &rest);
		char *digits = strtok_r(rest, " \n", &rest);
		char *secret = strtok_r(rest, " \n", &rest);
		struct octets octets = octets_hex(digits ? digits : "");
		struct octets key = octets_hex(secret ? secret : "");

		if (how && strcmp(how, "stream") == 0)
			print_stream(octets.data, octets.length, &key);
		else
			print_one(octets.data, octets.length, &key);
		puts("."); /* of this line that was all */
		free(octets.data);
		free(key.data);
	}
	return 0;
}
