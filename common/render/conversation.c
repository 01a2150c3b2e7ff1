#include "common/render/conversation.h"

#include <stdlib.h>
#include <string.h>

#define TITLE_COLUMNS 19
#define TEXT_COLUMN   (4 + TITLE_COLUMNS)

static const char *join(struct arena *arena, const char *text, const char *more)
{
	return *text ? arena_format(arena, "%s, %s", text, more) : more;
}

static const char *milliseconds(struct arena *arena, int64_t us)
{
	return arena_format(arena, "%.1f ms", (double)us / 1000);
}

/* "answered 401 Unauthorized, realm rtcmedia, MS-Version 6" */
static const char *challenge_text(struct arena *arena,
				  const struct observation *seen)
{
	int64_t code = observation_number(seen, "turn.error_code", 0);
	int64_t version = observation_number(seen, "turn.ms_version", 0);
	const char *reason = observation_text(seen, "turn.error_reason");
	const char *realm = observation_text(seen, "turn.realm");
	const char *mapped = observation_text(seen, "turn.xor_mapped_address");
	const char *text = "";

	if (code)
		text = arena_format(arena, "%lld%s%s", (long long)code,
				    reason && *reason ? " " : "",
				    reason ? reason : "");
	if (realm)
		text = join(arena, text,
			    arena_format(arena, "realm %s", realm));
	if (version)
		text = join(arena, text,
			    arena_format(arena, "MS-Version %lld",
					 (long long)version));
	if (mapped)
		text = join(arena, text,
			    arena_format(arena, "which sees us as %s", mapped));
	return join(arena, text,
		    arena_format(arena, "in %s",
				 milliseconds(arena, seen->duration_us)));
}

static const char *allocation_text(struct arena *arena,
				   const struct observation *seen)
{
	const char *relayed = observation_text(seen, "turn.mapped_address");
	const char *mapped = observation_text(seen, "turn.xor_mapped_address");
	const char *integrity = observation_text(seen, "turn.integrity");
	const struct fact *redirect = observation_fact(seen, "turn.redirect");
	const char *software = observation_text(seen, "turn.software");
	const char *text = "";

	if (software)
		text = arena_format(arena, "by %s", software);
	for (; redirect; redirect = fact_next(redirect))
		text = join(
			arena, text,
			arena_format(arena, "sent on to %s", redirect->text));
	if (observation_fact(seen, "turn.error_code"))
		return join(arena, text, challenge_text(arena, seen));
	text = join(arena, text,
		    arena_format(arena, "%s for %lld s",
				 relayed ? relayed : "no address",
				 (long long)observation_number(
					 seen, "turn.lifetime_s", 0)));
	if (mapped)
		text = join(arena, text,
			    arena_format(arena, "which sees us as %s", mapped));
	return join(arena, text,
		    arena_format(arena, "integrity %s",
				 integrity ? integrity : "absent"));
}

static const char *times_text(struct arena *arena,
			      const struct observation *seen)
{
	int64_t least = observation_number(seen, "relay.rtt_us", 0);
	int64_t most = observation_number(seen, "relay.rtt_max_us", 0);
	int64_t jitter = observation_number(seen, "relay.jitter_us", 0);

	return arena_format(
		arena, "in %s to %s, jitter %s", milliseconds(arena, least),
		milliseconds(arena, most), milliseconds(arena, jitter));
}

static const char *path_text(struct arena *arena,
			     const struct observation *seen)
{
	int64_t sent = observation_number(seen, "relay.sent", 0);
	int64_t back = observation_number(seen, "relay.back", 0);
	int64_t reordered = observation_number(seen, "relay.reordered", 0);
	const char *peer = observation_text(seen, "relay.peer");
	const char *source = observation_text(seen, "relay.source");
	const char *text;

	text = arena_format(arena, "%lld packets to %s", (long long)sent,
			    peer ? peer : "nobody");
	if (observation_fact(seen, "relay.out"))
		text = arena_format(
			arena, "%s, %lld arrived%s%s", text,
			(long long)observation_number(seen, "relay.out", 0),
			source ? " from " : "", source ? source : "");
	text = arena_format(arena, "%s, %lld came back", text, (long long)back);
	if (back)
		text = join(arena, text, times_text(arena, seen));
	if (reordered)
		text = join(arena, text,
			    arena_format(arena, "%lld out of order",
					 (long long)reordered));
	return text;
}

static const char *direct_text(struct arena *arena,
			       const struct observation *seen)
{
	int64_t code = observation_number(seen, "relay.direct_error", 0);

	if (code)
		return arena_format(arena, "refused with %lld",
				    (long long)code);
	if (!observation_fact(seen, "relay.direct"))
		return NULL; /* it did not come to that */
	return arena_format(
		arena, "%lld packets came back, the largest of %lld bytes",
		(long long)observation_number(seen, "relay.direct", 0),
		(long long)observation_number(seen, "relay.largest", 0));
}

static const char *abuse_text(struct arena *arena,
			      const struct observation *seen)
{
	const char *peer = observation_text(seen, "relay.peer");

	return arena_format(arena, "%s to relay to %s",
			    observation_flag(seen, "relay.private") ? "willing"
								    : "refuses",
			    peer ? peer : "private addresses");
}

static const char *pair_text(struct arena *arena,
			     const struct observation *seen)
{
	return arena_format(arena, "packets reach %s, and its own come here",
			    observation_text(seen, "pair.other"));
}

static const char *detail_text(struct arena *arena,
			       const struct observation *seen)
{
	(void)arena;
	return seen->detail;
}

/* What each observation is called, and how it is told; needs: a fact. */
static const struct line {
	const char *probe, *title, *needs;
	const char *(*tell)(struct arena *arena,
			    const struct observation *seen);
	bool is_sequel; /* of a line before it, which tells what failed */
} lines[] = {
	{"msturn-allocate", "no credentials", NULL, challenge_text, false},
	{"msturn-allocate-tcp", "no credentials", NULL, challenge_text, false},
	{"msturn-allocate-latest", "the latest version", NULL, challenge_text,
	 false},
	{"msturn-relay", "allocation", NULL, allocation_text, false},
	{"msturn-relay-tcp", "allocation", NULL, allocation_text, false},
	{"turn-relay", "allocation", NULL, allocation_text, false},
	{"turn-relay-tcp", "allocation", NULL, allocation_text, false},
	{"relay-path", "through the relay", "relay.sent", path_text, false},
	{"relay-path-tcp", "through the relay", "relay.sent", path_text, false},
	{"relay-path", "active destination", NULL, direct_text, true},
	{"relay-path-tcp", "active destination", NULL, direct_text, true},
	{"relay-abuse", "to the inside", NULL, abuse_text, false},
	{"relay-pair", "to the other", NULL, pair_text, false},
	{"msturn-release", "release", NULL, detail_text, false},
};

static const char *failure_text(struct arena *arena,
				const struct observation *seen)
{
	return *seen->detail
		       ? seen->detail
		       : arena_format(arena, "%s (%s)",
				      outcome_name(seen->outcome), seen->phase);
}

static void print_line(const struct layout *layout, const struct line *line,
		       const struct observation *seen)
{
	bool is_heard = seen->outcome == OUTCOME_ANSWERED ||
			(line->needs && observation_fact(seen, line->needs));
	const char *text = is_heard ? line->tell(layout->arena, seen)
			   : line->is_sequel
				   ? NULL
				   : failure_text(layout->arena, seen);

	if (!text)
		return;
	fprintf(layout->out, "    ");
	layout_word(layout, PAINT_PLAIN, line->title, TITLE_COLUMNS);
	layout_wrap(layout, TEXT_COLUMN, TEXT_COLUMN, text);
}

static bool is_told(const struct observation *seen)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (strcmp(lines[i].probe, seen->probe) == 0)
			return true;
	return false;
}

static bool is_same_place(const struct observation *one,
			  const struct observation *other)
{
	return one->endpoint.port == other->endpoint.port &&
	       one->endpoint.transport == other->endpoint.transport &&
	       address_equal(&one->endpoint.address, &other->endpoint.address);
}

/* An allocation tells all that the latest version does, and more. */
static bool is_outdone(const struct observation_list *list,
		       const struct observation *seen)
{
	if (strcmp(seen->probe, "msturn-allocate-latest") != 0)
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (strncmp(list->items[i]->probe, "msturn-relay", 12) == 0 &&
		    is_same_place(list->items[i], seen))
			return true;
	return false;
}

static void print_place(const struct layout *layout,
			const struct observation_list *list, size_t first)
{
	const struct observation *head = list->items[first];
	char text[ENDPOINT_TEXT_BYTES];

	fprintf(layout->out, "  ");
	layout_word(layout, PAINT_STRONG,
		    head->endpoint.transport == TRANSPORT_TCP ? "TCP" : "UDP",
		    4);
	layout_wrap(layout, 6, 6,
		    endpoint_format(text, &head->endpoint.address,
				    head->endpoint.port));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		for (size_t j = first; j < list->count; j++)
			if (is_same_place(head, list->items[j]) &&
			    !is_outdone(list, list->items[j]) &&
			    strcmp(list->items[j]->probe, lines[i].probe) == 0)
				print_line(layout, &lines[i], list->items[j]);
}

static bool is_first(const struct observation_list *list, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (is_told(list->items[i]) &&
		    is_same_place(list->items[i], list->items[index]))
			return false;
	return true;
}

static const struct observation_list *sorted;

/* By address, UDP before TCP. */
static int compare_places(const void *one, const void *other)
{
	const struct endpoint *left =
		&sorted->items[*(const size_t *)one]->endpoint;
	const struct endpoint *right =
		&sorted->items[*(const size_t *)other]->endpoint;
	int order = address_compare(&left->address, &right->address);

	return order ? order : (int)right->transport - (int)left->transport;
}

void conversation_print(const struct layout *layout,
			const struct observation_list *observations)
{
	size_t *firsts = arena_alloc(layout->arena, (observations->count + 1) *
							    sizeof(*firsts));
	size_t count = 0;

	for (size_t i = 0; i < observations->count; i++)
		if (is_told(observations->items[i]) &&
		    is_first(observations, i))
			firsts[count++] = i;
	sorted = observations;
	qsort(firsts, count, sizeof(*firsts), compare_places);
	for (size_t i = 0; i < count; i++)
		print_place(layout, observations, firsts[i]);
}
