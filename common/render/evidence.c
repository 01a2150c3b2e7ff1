#include "common/render/evidence.h"

#include "common/base/clock.h"

#include <inttypes.h>
#include <string.h>

#define VALUE_MAX 160 /* characters of one value; JSON has all of it */
#define LIST_MAX  12  /* values of one key */

static const char *value_text(struct arena *arena, const struct fact *fact)
{
	char text[CLOCK_TEXT_BYTES];

	switch (fact->type) {
	case FACT_UINT:
	case FACT_INT:
		return arena_format(arena, "%" PRId64, fact->number);
	case FACT_FLAG:
		return fact->number ? "yes" : "no";
	case FACT_TIME:
		return arena_text(arena,
				  clock_format_seconds(text, fact->number));
	case FACT_BYTES:
		return arena_format(arena, "(%zu bytes)", fact->length);
	case FACT_TEXT:
	case FACT_ADDRESS:
		break;
	}
	return layout_safe(arena, fact->text, fact->length, VALUE_MAX);
}

/* "cert.san=a, b, c" */
static const char *fact_text(struct arena *arena, const struct fact *fact)
{
	const char *text = arena_format(arena, "%s=%s", fact->key,
					value_text(arena, fact));
	size_t more = 0;

	for (size_t i = 1; (fact = fact_next(fact)); i++) {
		if (i < LIST_MAX)
			text = arena_format(arena, "%s, %s", text,
					    value_text(arena, fact));
		else
			more++;
	}
	return more ? arena_format(arena, "%s and %zu more", text, more) : text;
}

static const char *where_text(struct arena *arena,
			      const struct observation *observation)
{
	const struct endpoint *endpoint = &observation->endpoint;
	const char *name = endpoint->name ? endpoint->name : "";
	char at[ENDPOINT_TEXT_BYTES] = "";

	if (endpoint->address.family)
		endpoint_format(at, &endpoint->address, endpoint->port);
	return arena_format(arena, "%s%s%s%s%s", name,
			    *name && *at ? " at " : "", at, *at ? "/" : "",
			    *at ? transport_name(endpoint->transport) : "");
}

static const char *what_text(struct arena *arena,
			     const struct observation *observation)
{
	bool has_subject = strcmp(observation->subject, "-") != 0;
	const char *text = arena_format(arena, "%s %s", observation->probe,
					where_text(arena, observation));

	if (has_subject)
		text = arena_format(arena, "%s for %s", text,
				    observation->subject);
	text = arena_format(arena, "%s: %s in %" PRId64 " ms", text,
			    outcome_name(observation->outcome),
			    observation->duration_us / 1000);
	if (observation->outcome != OUTCOME_ANSWERED && *observation->phase)
		text = arena_format(arena, "%s (%s)", text, observation->phase);
	return *observation->detail ? arena_format(arena, "%s, %s", text,
						   observation->detail)
				    : text;
}

static bool is_first_of_key(const struct observation *observation,
			    const struct fact *fact)
{
	return observation_fact(observation, fact->key) == fact;
}

void evidence_print(const struct layout *layout,
		    const struct observation *observation)
{
	struct arena *arena = layout->arena;
	const char *facts = "";

	fprintf(layout->out, "  %3u  ", observation->id);
	layout_wrap(layout, 7, 9, what_text(arena, observation));
	for (const struct fact *fact = observation->facts; fact;
	     fact = fact->next) {
		if (is_first_of_key(observation, fact))
			facts = arena_format(arena, "%s%s%s", facts,
					     *facts ? "; " : "",
					     fact_text(arena, fact));
	}
	if (!*facts)
		return;
	fprintf(layout->out, "%9s", "");
	layout_wrap_safe(layout, 9, 9, facts);
}
