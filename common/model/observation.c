#include "common/model/observation.h"

#include <string.h>

static const char *const outcome_names[OUTCOME_COUNT] = {
	[OUTCOME_ANSWERED] = "answered", [OUTCOME_REFUSED] = "refused",
	[OUTCOME_NO_REPLY] = "no-reply", [OUTCOME_UNREACHABLE] = "unreachable",
	[OUTCOME_RESET] = "reset",	 [OUTCOME_CLOSED] = "closed",
	[OUTCOME_ALERT] = "alert",	 [OUTCOME_GARBLED] = "garbled",
	[OUTCOME_LOCAL] = "local",
};

static const char *const vantage_names[VANTAGE_COUNT] = {
	[VANTAGE_OUTSIDE] = "outside",	   [VANTAGE_INSIDE] = "inside",
	[VANTAGE_EDGE_HOST] = "edge-host", [VANTAGE_PCAP] = "pcap",
	[VANTAGE_PLAN] = "plan",
};

const char *outcome_name(enum outcome outcome)
{
	return outcome_names[outcome];
}

bool outcome_parse(const char *name, enum outcome *outcome)
{
	for (unsigned i = 0; i < OUTCOME_COUNT; i++) {
		if (strcmp(name, outcome_names[i]) == 0) {
			*outcome = (enum outcome)i;
			return true;
		}
	}
	return false;
}

const char *vantage_name(enum vantage vantage)
{
	return vantage_names[vantage];
}

struct observation *observation_new(struct arena *arena)
{
	struct observation *observation =
		arena_alloc(arena, sizeof(*observation));

	observation->run = observation->source = observation->detail = "";
	observation->probe = observation->phase = "";
	observation->subject = "-";
	observation->outcome = OUTCOME_LOCAL;
	return observation;
}

void observation_list_add(struct arena *arena, struct observation_list *list,
			  struct observation *observation)
{
	list->items = arena_grow(arena, list->items, list->count,
				 &list->capacity, sizeof(*list->items));
	list->items[list->count++] = observation;
}

static struct fact *add_fact(struct arena *arena,
			     struct observation *observation, const char *key,
			     enum fact_type type)
{
	struct fact **end = &observation->facts;
	struct fact *fact = arena_alloc(arena, sizeof(*fact));

	while (*end)
		end = &(*end)->next;
	*end = fact;
	fact->key = key;
	fact->type = type;
	fact->text = "";
	return fact;
}

void observation_add_bytes(struct arena *arena, struct observation *observation,
			   const char *key, enum fact_type type,
			   const void *data, size_t length)
{
	struct fact *fact = add_fact(arena, observation, key, type);

	fact->text = arena_copy(arena, data, length);
	fact->length = length;
}

void observation_add_text(struct arena *arena, struct observation *observation,
			  const char *key, const char *text)
{
	observation_add_bytes(arena, observation, key, FACT_TEXT, text,
			      strlen(text));
}

void observation_add_number(struct arena *arena,
			    struct observation *observation, const char *key,
			    enum fact_type type, int64_t number)
{
	add_fact(arena, observation, key, type)->number = number;
}

void observation_add_address(struct arena *arena,
			     struct observation *observation, const char *key,
			     const struct address *address, uint16_t port)
{
	char text[ENDPOINT_TEXT_BYTES];

	endpoint_format(text, address, port);
	observation_add_bytes(arena, observation, key, FACT_ADDRESS, text,
			      strlen(text));
}

void observation_add_facts_of(struct arena *arena,
			      struct observation *observation,
			      const struct observation *other,
			      const char *prefix)
{
	const size_t length = strlen(prefix);

	for (const struct fact *fact = other->facts; fact; fact = fact->next) {
		struct fact *same;

		if (strncmp(fact->key, prefix, length) != 0)
			continue;
		same = add_fact(arena, observation, fact->key, fact->type);
		same->text = fact->text;
		same->length = fact->length;
		same->number = fact->number;
	}
}

void observation_add_trace(struct arena *arena, struct observation *observation,
			   int64_t at_us, const char *phase)
{
	struct trace_step **end = &observation->trace;

	while (*end)
		end = &(*end)->next;
	*end = arena_alloc(arena, sizeof(**end));
	(*end)->at_us = at_us;
	(*end)->phase = phase;
}

static const struct fact *find_fact(const struct fact *fact, const char *key)
{
	while (fact && strcmp(fact->key, key) != 0)
		fact = fact->next;
	return fact;
}

bool observation_is_dns(const struct observation *observation)
{
	return strncmp(observation->probe, "dns", 3) == 0;
}

const struct fact *observation_fact(const struct observation *observation,
				    const char *key)
{
	return find_fact(observation->facts, key);
}

const struct fact *fact_next(const struct fact *fact)
{
	return find_fact(fact->next, fact->key);
}

const char *observation_text(const struct observation *observation,
			     const char *key)
{
	const struct fact *fact = observation_fact(observation, key);

	return fact ? fact->text : NULL;
}

int64_t observation_number(const struct observation *observation,
			   const char *key, int64_t fallback)
{
	const struct fact *fact = observation_fact(observation, key);

	return fact ? fact->number : fallback;
}

bool observation_flag(const struct observation *observation, const char *key)
{
	return observation_number(observation, key, 0) != 0;
}
