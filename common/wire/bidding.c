#include "common/wire/bidding.h"

#include "common/base/bytes.h"

#include <string.h>

bool bidding_is_own_trouble(enum bidding_status status)
{
	return status >= BIDDING_IN_USE;
}

static void write_place(struct writer *writer,
			const struct bidding_place *place)
{
	int family = place->address.family;

	writer_u8(writer, family == AF_INET ? 4 : family == AF_INET6 ? 6 : 0);
	writer_u8(writer, 0);
	writer_u16(writer, place->port);
	writer_put(writer, place->address.bytes, sizeof(place->address.bytes));
}

static bool read_place(struct bytes *bytes, struct bidding_place *place)
{
	uint8_t family = bytes_u8(bytes);
	const uint8_t *address;

	*place = (struct bidding_place){0};
	if (bytes_u8(bytes) != 0 || (family != 0 && family != 4 && family != 6))
		return false;
	place->port = bytes_u16(bytes);
	address = bytes_take(bytes, sizeof(place->address.bytes));
	if (!address)
		return false;
	if (family)
		place->address.family = family == 4 ? AF_INET : AF_INET6;
	memcpy(place->address.bytes, address, family == 6 ? 16 : family);
	return true;
}

static void write_trial(struct writer *writer,
			const struct bidding_trial *trial)
{
	writer_u32(writer, trial->number);
	writer_u8(writer, trial->sends);
	writer_u8(writer, trial->is_udp);
	write_place(writer, &trial->at);
	write_place(writer, &trial->to);
	writer_u16(writer, trial->shun_first);
	writer_u16(writer, trial->shun_last);
}

static bool read_flag(struct bytes *bytes, bool *flag)
{
	uint8_t value = bytes_u8(bytes);

	*flag = value;
	return value <= 1;
}

static bool read_trial(struct bytes *bytes, struct bidding_trial *trial)
{
	trial->number = bytes_u32(bytes);
	if (!read_flag(bytes, &trial->sends) ||
	    !read_flag(bytes, &trial->is_udp) ||
	    !read_place(bytes, &trial->at) || !read_place(bytes, &trial->to))
		return false;
	trial->shun_first = bytes_u16(bytes);
	trial->shun_last = bytes_u16(bytes);
	return true;
}

static void write_result(struct writer *writer,
			 const struct bidding_result *result)
{
	writer_u32(writer, result->number);
	writer_u8(writer, (uint8_t)result->status);
	writer_u8(writer, 0);
	writer_u16(writer, result->arrived);
	write_place(writer, &result->bound);
	write_place(writer, &result->seen);
}

static bool read_result(struct bytes *bytes, struct bidding_result *result)
{
	uint8_t status;

	result->number = bytes_u32(bytes);
	status = bytes_u8(bytes);
	if (status >= BIDDING_STATUS_COUNT || bytes_u8(bytes) != 0)
		return false;
	result->status = (enum bidding_status)status;
	result->arrived = bytes_u16(bytes);
	return read_place(bytes, &result->bound) &&
	       read_place(bytes, &result->seen);
}

static bool has_trials(enum bidding_kind kind)
{
	return kind == BIDDING_PREPARE;
}

static bool has_results(enum bidding_kind kind)
{
	return kind == BIDDING_PREPARED || kind == BIDDING_RESULTS;
}

static void write_body(struct writer *writer, const struct bidding *bidding)
{
	if (bidding->kind == BIDDING_HELLO)
		writer_u16(writer, bidding->version);
	if (bidding->kind == BIDDING_WELCOME) {
		write_place(writer, &bidding->yours);
		write_place(writer, &bidding->mine);
		writer_u32(writer, bidding->seconds);
	}
	if (has_trials(bidding->kind) || has_results(bidding->kind))
		writer_u16(writer, (uint16_t)bidding->count);
	for (size_t i = 0; has_trials(bidding->kind) && i < bidding->count; i++)
		write_trial(writer, &bidding->trials[i]);
	for (size_t i = 0; has_results(bidding->kind) && i < bidding->count;
	     i++)
		write_result(writer, &bidding->results[i]);
}

size_t bidding_encode(const struct bidding *bidding,
		      uint8_t buffer[BIDDING_BYTES_MAX])
{
	struct writer writer = writer_of(buffer, BIDDING_BYTES_MAX);

	writer_u8(&writer, (uint8_t)bidding->kind);
	writer_u8(&writer, 0);
	writer_u16(&writer, 0);
	write_body(&writer, bidding);
	writer_set_u16(&writer, 2,
		       (uint16_t)(writer.length - BIDDING_HEADER_BYTES));
	return writer.length;
}

size_t bidding_length(const void *data, size_t length)
{
	struct bytes bytes = bytes_of(data, length);
	uint8_t kind, zero;

	if (length < BIDDING_HEADER_BYTES)
		return 0;
	kind = bytes_u8(&bytes);
	zero = bytes_u8(&bytes);
	if (kind < BIDDING_HELLO || kind > BIDDING_BYE || zero != 0)
		return BIDDING_BYTES_MAX + 1;
	return BIDDING_HEADER_BYTES + (size_t)bytes_u16(&bytes);
}

static bool read_body(struct bytes *bytes, struct bidding *bidding)
{
	if (bidding->kind == BIDDING_HELLO)
		bidding->version = bytes_u16(bytes);
	if (bidding->kind == BIDDING_WELCOME) {
		if (!read_place(bytes, &bidding->yours) ||
		    !read_place(bytes, &bidding->mine))
			return false;
		bidding->seconds = bytes_u32(bytes);
	}
	if (has_trials(bidding->kind) || has_results(bidding->kind))
		bidding->count = bytes_u16(bytes);
	if (bidding->count > BIDDING_TRIALS_MAX)
		return false;
	for (size_t i = 0; has_trials(bidding->kind) && i < bidding->count; i++)
		if (!read_trial(bytes, &bidding->trials[i]))
			return false;
	for (size_t i = 0; has_results(bidding->kind) && i < bidding->count;
	     i++)
		if (!read_result(bytes, &bidding->results[i]))
			return false;
	return true;
}

bool bidding_decode(struct bidding *bidding, const void *data, size_t length)
{
	struct bytes bytes = bytes_of(data, length);

	memset(bidding, 0, sizeof(*bidding));
	if (length < BIDDING_HEADER_BYTES || length > BIDDING_BYTES_MAX ||
	    bidding_length(data, length) != length)
		return false;
	bidding->kind = (enum bidding_kind)bytes_u8(&bytes);
	bytes_u24(&bytes);
	return read_body(&bytes, bidding) && !bytes.failed &&
	       bytes_left(&bytes) == 0;
}
