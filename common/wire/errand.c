#include "common/wire/errand.h"

#include "common/base/bytes.h"

#include <string.h>

bool errand_is_own_trouble(enum errand_status status)
{
	return status >= ERRAND_IN_USE;
}

static void write_place(struct writer *writer, const struct errand_place *place)
{
	int family = place->address.family;

	writer_u8(writer, family == AF_INET ? 4 : family == AF_INET6 ? 6 : 0);
	writer_u8(writer, 0);
	writer_u16(writer, place->port);
	writer_put(writer, place->address.bytes, sizeof(place->address.bytes));
}

static bool read_place(struct bytes *bytes, struct errand_place *place)
{
	uint8_t family = bytes_u8(bytes);
	const uint8_t *address;

	*place = (struct errand_place){0};
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

static void write_trial(struct writer *writer, const struct errand_trial *trial)
{
	writer_u32(writer, trial->number);
	writer_u8(writer, trial->sends);
	writer_u8(writer, trial->is_udp);
	write_place(writer, &trial->at);
	write_place(writer, &trial->to);
}

static bool read_flag(struct bytes *bytes, bool *flag)
{
	uint8_t value = bytes_u8(bytes);

	*flag = value;
	return value <= 1;
}

static bool read_trial(struct bytes *bytes, struct errand_trial *trial)
{
	trial->number = bytes_u32(bytes);
	return read_flag(bytes, &trial->sends) &&
	       read_flag(bytes, &trial->is_udp) &&
	       read_place(bytes, &trial->at) && read_place(bytes, &trial->to);
}

static void write_result(struct writer *writer,
			 const struct errand_result *result)
{
	writer_u32(writer, result->number);
	writer_u8(writer, (uint8_t)result->status);
	writer_u8(writer, 0);
	writer_u16(writer, result->arrived);
	write_place(writer, &result->bound);
	write_place(writer, &result->seen);
}

static bool read_result(struct bytes *bytes, struct errand_result *result)
{
	uint8_t status;

	result->number = bytes_u32(bytes);
	status = bytes_u8(bytes);
	if (status >= ERRAND_STATUS_COUNT || bytes_u8(bytes) != 0)
		return false;
	result->status = (enum errand_status)status;
	result->arrived = bytes_u16(bytes);
	return read_place(bytes, &result->bound) &&
	       read_place(bytes, &result->seen);
}

static bool has_trials(enum errand_kind kind)
{
	return kind == ERRAND_PREPARE;
}

static bool has_results(enum errand_kind kind)
{
	return kind == ERRAND_PREPARED || kind == ERRAND_RESULTS;
}

static void write_body(struct writer *writer, const struct errand *errand)
{
	if (errand->kind == ERRAND_HELLO)
		writer_u16(writer, errand->version);
	if (errand->kind == ERRAND_WELCOME) {
		write_place(writer, &errand->yours);
		write_place(writer, &errand->mine);
		writer_u32(writer, errand->seconds);
	}
	if (has_trials(errand->kind) || has_results(errand->kind))
		writer_u16(writer, (uint16_t)errand->count);
	for (size_t i = 0; has_trials(errand->kind) && i < errand->count; i++)
		write_trial(writer, &errand->trials[i]);
	for (size_t i = 0; has_results(errand->kind) && i < errand->count; i++)
		write_result(writer, &errand->results[i]);
}

size_t errand_encode(const struct errand *errand,
		     uint8_t buffer[ERRAND_BYTES_MAX])
{
	struct writer writer = writer_of(buffer, ERRAND_BYTES_MAX);

	writer_u8(&writer, (uint8_t)errand->kind);
	writer_u8(&writer, 0);
	writer_u16(&writer, 0);
	write_body(&writer, errand);
	writer_set_u16(&writer, 2,
		       (uint16_t)(writer.length - ERRAND_HEADER_BYTES));
	return writer.length;
}

size_t errand_length(const void *data, size_t length)
{
	struct bytes bytes = bytes_of(data, length);
	uint8_t kind, zero;

	if (length < ERRAND_HEADER_BYTES)
		return 0;
	kind = bytes_u8(&bytes);
	zero = bytes_u8(&bytes);
	if (kind < ERRAND_HELLO || kind > ERRAND_BYE || zero != 0)
		return ERRAND_BYTES_MAX + 1;
	return ERRAND_HEADER_BYTES + (size_t)bytes_u16(&bytes);
}

static bool read_body(struct bytes *bytes, struct errand *errand)
{
	if (errand->kind == ERRAND_HELLO)
		errand->version = bytes_u16(bytes);
	if (errand->kind == ERRAND_WELCOME) {
		if (!read_place(bytes, &errand->yours) ||
		    !read_place(bytes, &errand->mine))
			return false;
		errand->seconds = bytes_u32(bytes);
	}
	if (has_trials(errand->kind) || has_results(errand->kind))
		errand->count = bytes_u16(bytes);
	if (errand->count > ERRAND_TRIALS_MAX)
		return false;
	for (size_t i = 0; has_trials(errand->kind) && i < errand->count; i++)
		if (!read_trial(bytes, &errand->trials[i]))
			return false;
	for (size_t i = 0; has_results(errand->kind) && i < errand->count; i++)
		if (!read_result(bytes, &errand->results[i]))
			return false;
	return true;
}

bool errand_decode(struct errand *errand, const void *data, size_t length)
{
	struct bytes bytes = bytes_of(data, length);

	memset(errand, 0, sizeof(*errand));
	if (length < ERRAND_HEADER_BYTES || length > ERRAND_BYTES_MAX ||
	    errand_length(data, length) != length)
		return false;
	errand->kind = (enum errand_kind)bytes_u8(&bytes);
	bytes_u24(&bytes);
	return read_body(&bytes, errand) && !bytes.failed &&
	       bytes_left(&bytes) == 0;
}
