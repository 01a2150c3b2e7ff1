#include "common/wire/dns.h"

#include "common/base/bytes.h"

#include <stdio.h>
#include <string.h>

#define NAME_OCTETS_MAX 255 /* RFC 1035 2.3.4, with lengths and the root */
#define LABEL_MAX	63
#define NAME_TEXT_BYTES (NAME_OCTETS_MAX * 4 + 1) /* every octet as \DDD */
#define POINTERS_MAX	127 /* no name has more labels to point at */
#define CLASS_IN	1
#define FLAG_RESPONSE	0x8000
#define FLAG_AUTHORITY	0x0400
#define FLAG_TRUNCATED	0x0200
#define FLAG_RECURSION	0x0100

/* A name being read: its text so far and its length on the wire. */
struct name {
	char text[NAME_TEXT_BYTES];
	size_t length;
	size_t octets;
};

static void name_put(struct name *name, uint8_t octet)
{
	if (octet >= 'A' && octet <= 'Z')
		octet = (uint8_t)(octet - 'A' + 'a');
	if (octet > ' ' && octet < 0x7f && octet != '.' && octet != '\\') {
		name->text[name->length++] = (char)octet;
		return;
	}
	/* RFC 1035 5.1; also what a name could be disguised with */
	name->text[name->length++] = '\\';
	name->text[name->length++] = (char)('0' + octet / 100);
	name->text[name->length++] = (char)('0' + octet / 10 % 10);
	name->text[name->length++] = (char)('0' + octet % 10);
}

static bool name_add_label(struct name *name, const uint8_t *label,
			   size_t length)
{
	/* one octet for its length, one for the root to come */
	if (name->octets + length + 2 > NAME_OCTETS_MAX)
		return false;
	name->octets += length + 1;
	if (name->length)
		name->text[name->length++] = '.';
	for (size_t i = 0; i < length; i++)
		name_put(name, label[i]);
	return true;
}

/*
 * Reads a name. A pointer must lead to before the labels it ends (RFC 1035
 * 4.1.4: "a prior occurrence"), which makes loops impossible.
 */
static bool read_name(struct bytes *message, struct name *name)
{
	struct bytes cursor = *message;
	size_t start = cursor.position;
	unsigned pointers = 0;

	name->length = name->octets = 0;
	for (;;) {
		uint8_t length = bytes_u8(&cursor);
		const uint8_t *label;
		size_t target;

		if (cursor.failed)
			return false;
		if (length == 0)
			break;
		if (length <= LABEL_MAX) {
			label = bytes_take(&cursor, length);
			if (!label || !name_add_label(name, label, length))
				return false;
			continue;
		}
		target = (size_t)(length & 0x3f) << 8 | bytes_u8(&cursor);
		if ((length & 0xc0) != 0xc0 || cursor.failed ||
		    target >= start || pointers == POINTERS_MAX)
			return false;
		if (pointers++ == 0)
			message->position = cursor.position;
		cursor.position = start = target;
	}
	if (pointers == 0)
		message->position = cursor.position;
	if (name->length == 0)
		name->text[name->length++] = '.';
	name->text[name->length] = '\0';
	return true;
}

static const char *take_name(struct arena *arena, struct bytes *message)
{
	struct name name;

	if (read_name(message, &name))
		return arena_copy(arena, name.text, name.length);
	message->failed = true;
	return NULL;
}

static void read_address(struct bytes *message, struct address *address,
			 int family, size_t size)
{
	const uint8_t *octets = bytes_take(message, size);

	if (!octets)
		return;
	address->family = family;
	memcpy(address->bytes, octets, size);
}

/* Reads the data of a record; it must end where the record says. */
static void read_data(struct arena *arena, struct bytes *message,
		      struct dns_record *record, size_t length)
{
	size_t end = message->position + length;

	switch (record->type) {
	case DNS_A:
		read_address(message, &record->address, AF_INET, 4);
		break;
	case DNS_AAAA:
		read_address(message, &record->address, AF_INET6, 16);
		break;
	case DNS_SRV: /* RFC 2782 */
		record->priority = bytes_u16(message);
		record->weight = bytes_u16(message);
		record->port = bytes_u16(message);
		record->target = take_name(arena, message);
		break;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		record->target = take_name(arena, message);
		break;
	default:
		bytes_take(message, length);
		break;
	}
	if (message->position != end)
		message->failed = true;
}

/*
 * Reads one record; false when it is of no type or class that is kept (or
 * the message failed). Its owner's name is copied only when it is kept.
 */
static bool read_record(struct arena *arena, struct bytes *message,
			struct dns_record *record, bool is_wanted)
{
	struct name owner;
	uint16_t length;

	if (!read_name(message, &owner)) {
		message->failed = true;
		return false;
	}
	*record = (struct dns_record){0};
	record->type = bytes_u16(message);
	record->class = bytes_u16(message);
	record->ttl_s = bytes_u32(message);
	if (record->ttl_s > INT32_MAX) /* RFC 2181 8 */
		record->ttl_s = 0;
	length = bytes_u16(message);
	if (length > bytes_left(message))
		message->failed = true;
	if (message->failed)
		return false;
	if (!is_wanted || record->class != CLASS_IN ||
	    !dns_type_is_known(record->type)) {
		bytes_take(message, length);
		return false;
	}
	record->name = arena_copy(arena, owner.text, owner.length);
	read_data(arena, message, record, length);
	return !message->failed;
}

static void read_questions(struct arena *arena, struct bytes *bytes,
			   struct dns_message *message, unsigned count)
{
	struct name name;

	for (unsigned i = 0; i < count && !bytes->failed; i++) {
		uint16_t type;

		if (!read_name(bytes, &name)) {
			bytes->failed = true;
			return;
		}
		type = bytes_u16(bytes);
		bytes_u16(bytes); /* class */
		if (i > 0 || bytes->failed)
			continue;
		message->question = arena_copy(arena, name.text, name.length);
		message->question_type = type;
	}
}

static void read_answers(struct arena *arena, struct bytes *bytes,
			 struct dns_message *message, unsigned count)
{
	size_t capacity = 0;
	struct dns_record record;

	for (unsigned i = 0; i < count && !bytes->failed; i++) {
		bool has_room = message->answer_count < DNS_RECORDS_MAX;

		if (!read_record(arena, bytes, &record, has_room)) {
			message->answers_cut |= !has_room;
			continue;
		}
		message->answers = arena_grow(arena, message->answers,
					      message->answer_count, &capacity,
					      sizeof(*message->answers));
		message->answers[message->answer_count++] = record;
	}
}

bool dns_decode(struct arena *arena, struct dns_message *message,
		const void *data, size_t length, const char **why)
{
	struct bytes bytes = bytes_of(data, length);
	uint16_t flags, questions, answers;
	unsigned others;
	struct dns_record record;

	*message = (struct dns_message){0};
	message->id = bytes_u16(&bytes);
	flags = bytes_u16(&bytes);
	questions = bytes_u16(&bytes);
	answers = bytes_u16(&bytes);
	others = bytes_u16(&bytes); /* authority */
	others += bytes_u16(&bytes);
	if (bytes.failed) {
		*why = "shorter than a DNS header";
		return false;
	}
	message->is_response = flags & FLAG_RESPONSE;
	message->is_authoritative = flags & FLAG_AUTHORITY;
	message->is_truncated = flags & FLAG_TRUNCATED;
	message->rcode = flags & 0x0f;
	read_questions(arena, &bytes, message, questions);
	read_answers(arena, &bytes, message, answers);
	for (unsigned i = 0; i < others && !bytes.failed; i++)
		read_record(arena, &bytes, &record, false);
	if (bytes.failed)
		*why = "a DNS name or record runs over its end";
	return !bytes.failed;
}

/* The labels of name, written; false when it cannot stand in DNS. */
static bool write_name(struct writer *writer, const char *name)
{
	if (strcmp(name, ".") == 0)
		name = "";
	else if (!dns_name_is_lawful(name))
		return false;
	while (*name) {
		size_t length = strcspn(name, ".");

		writer_u8(writer, (uint8_t)length);
		writer_put(writer, name, length);
		name += length;
		name += *name == '.';
	}
	writer_u8(writer, 0);
	return !writer->failed;
}

size_t dns_encode_query(uint8_t *buffer, size_t capacity, uint16_t id,
			const char *name, uint16_t type)
{
	struct writer writer = writer_of(buffer, capacity);

	writer_u16(&writer, id);
	writer_u16(&writer, FLAG_RECURSION);
	writer_u16(&writer, 1); /* one question, nothing else */
	writer_u16(&writer, 0);
	writer_u32(&writer, 0);
	if (!*name || !write_name(&writer, name))
		return 0;
	writer_u16(&writer, type);
	writer_u16(&writer, CLASS_IN);
	return writer.failed ? 0 : writer.length;
}
