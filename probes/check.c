#include "probes/check.h"

#include "common/base/clock.h"
#include "common/wire/tls.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#define PEER_BYTES_KEPT 64

void check_phase(struct check *check, const char *phase)
{
	check_phase_since(check, phase, clock_now_us());
}

void check_phase_since(struct check *check, const char *phase, int64_t since_us)
{
	check->phase = phase;
	check->phase_us = since_us;
	check->retry_us = check->spare_us = 0;
	if (check->open)
		observation_add_trace(check->settings->arena, check->open,
				      check->phase_us - check->open_us, phase);
}

int64_t check_due_us(const struct check *check)
{
	int64_t due_us = check->phase_us + check->settings->timeout_us;

	return due_us < check->deadline_us ? due_us : check->deadline_us;
}

double check_phase_s(const struct check *check)
{
	return (double)(clock_now_us() - check->phase_us) / CLOCK_SECOND_US;
}

void observe_begin(struct check *check, const char *name, const char *subject)
{
	observe_begin_since(check, name, subject, clock_now_us());
}

void observe_begin_since(struct check *check, const char *name,
			 const char *subject, int64_t since_us)
{
	struct observation *observation =
		observation_new(check->settings->arena);

	assert(!check->open);
	observation->run = check->settings->run;
	observation->vantage = check->settings->vantage;
	observation->probe = name;
	observation->subject = subject;
	observation->endpoint = check->spec->endpoint;
	observation->wall_us = clock_wall_us() - (clock_now_us() - since_us);
	check->open = observation;
	check->open_us = since_us;
}

static void end_open(struct check *check, enum outcome outcome,
		     const char *detail, va_list args)
	__attribute__((format(printf, 3, 0)));

static void end_open(struct check *check, enum outcome outcome,
		     const char *detail, va_list args)
{
	struct observation *observation = check->open;

	if (detail)
		observation->detail =
			arena_vformat(check->settings->arena, detail, args);
	observation->source = check->source;
	observation->outcome = outcome;
	observation->phase = check->phase;
	observation->duration_us = clock_now_us() - check->open_us;
	observation->id = ++*check->last_id;
	check->open = NULL;
	check->settings->observed(check->settings->context, observation);
}

void observe_end(struct check *check, enum outcome outcome, const char *detail,
		 ...)
{
	va_list args;

	assert(check->open);
	va_start(args, detail);
	end_open(check, outcome, detail, args);
	va_end(args);
}

enum want check_finish(struct check *check, enum outcome outcome,
		       const char *detail, ...)
{
	va_list args;

	assert(!check->finished);
	check->finished = true;
	if (check->open) {
		va_start(args, detail);
		end_open(check, outcome, detail, args);
		va_end(args);
	}
	return WANT_NOTHING;
}

/* An undeclared key is a mistake in the probe's table. */
static enum fact_type declared_type(const struct check *check, const char *key)
{
	const struct fact_def *fact = check->probe->facts;

	while (fact->key && strcmp(fact->key, key) != 0)
		fact++;
	assert(fact->key);
	return fact->type;
}

void observe_text(struct check *check, const char *key, const char *text)
{
	observe_bytes(check, key, text, strlen(text));
}

static size_t count_nul(const char *text, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += text[i] == '\0';
	return count;
}

/* A certificate for "sip.contoso.com\0.evil.net" must not read as the first. */
static const char *without_nul(struct arena *arena, const char *text,
			       size_t *length)
{
	static const char shown[] = {'\\', 'x', '0', '0'};
	size_t count = count_nul(text, *length);
	char *copy, *end;

	if (!count)
		return text;
	copy = end = arena_alloc(arena, *length + 3 * count);
	for (size_t i = 0; i < *length; i++) {
		if (text[i] == '\0') {
			memcpy(end, shown, sizeof(shown));
			end += sizeof(shown);
		} else {
			*end++ = text[i];
		}
	}
	*length = (size_t)(end - copy);
	return copy;
}

void observe_bytes(struct check *check, const char *key, const void *data,
		   size_t length)
{
	struct arena *arena = check->settings->arena;
	enum fact_type type = declared_type(check, key);

	if (type == FACT_TEXT || type == FACT_ADDRESS) {
		if (length > CHECK_TEXT_MAX)
			length = CHECK_TEXT_MAX;
		data = without_nul(arena, data, &length);
	}
	observation_add_bytes(arena, check->open, key, type, data, length);
}

void observe_number(struct check *check, const char *key, int64_t number)
{
	observation_add_number(check->settings->arena, check->open, key,
			       declared_type(check, key), number);
}

void observe_flag(struct check *check, const char *key, bool flag)
{
	observe_number(check, key, flag);
}

void observe_address(struct check *check, const char *key,
		     const struct address *address, uint16_t port)
{
	assert(declared_type(check, key) == FACT_ADDRESS);
	observation_add_address(check->settings->arena, check->open, key,
				address, port);
}

void observe_spoke(struct check *check)
{
	if (!observation_fact(check->open, "peer.spoke"))
		observe_flag(check, "peer.spoke", true);
}

void observe_service(struct check *check, enum wire_service service)
{
	if (!observation_fact(check->open, "peer.service"))
		observe_text(check, "peer.service", wire_service_name(service));
}

void observe_peer(struct check *check, const void *data, size_t length)
{
	if (!length)
		return;
	observe_spoke(check);
	observe_service(check, wire_recognise(data, length));
	observe_bytes(check, "peer.bytes", data,
		      length < PEER_BYTES_KEPT ? length : PEER_BYTES_KEPT);
}
