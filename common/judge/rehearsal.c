#include "common/judge/rehearsal.h"

#include "common/plan/row_port.h"

#include <string.h>

static bool is_trial(const struct observation *seen)
{
	return strcmp(seen->probe, "rehearsal") == 0;
}

bool rehearsal_is_run(const struct observation_list *observations)
{
	for (size_t i = 0; i < observations->count; i++)
		if (is_trial(observations->items[i]))
			return true;
	return false;
}

static bool fact_is(const struct observation *seen, const char *key,
		    const char *text)
{
	const char *found = observation_text(seen, key);

	return found && strcmp(found, text) == 0;
}

static bool is_about(const struct observation *seen,
		     const struct requirement *requirement)
{
	return is_trial(seen) &&
	       fact_is(seen, "rehearsal.flow", requirement->flow);
}

/*
 * One row at one node: what became of each port that was tried
 */

struct count {
	const struct inquiry *inquiry;
	size_t arrived, shut, doubtful, local;
	const struct observation *an_arrival, *a_shut, *a_doubt, *a_trouble;
	const char *shut_ports; /* "50000, 53333" */
	const char *where;
};

#define LISTED_MAX 8 /* ports in one sentence */

static void add_shut(struct count *count, const struct observation *seen)
{
	struct arena *arena = count->inquiry->arena;
	char text[ENDPOINT_TEXT_BYTES];
	const char *where;

	if (!count->a_shut)
		count->a_shut = seen;
	if (count->shut++ >= LISTED_MAX)
		return;
	count->shut_ports = arena_format(arena, "%s%s%u", count->shut_ports,
					 *count->shut_ports ? ", " : "",
					 seen->endpoint.port);
	if (observation_flag(seen, "rehearsal.is_source"))
		where = arena_format(
			arena, "%s/%s from port %u",
			address_format(text, &seen->endpoint.address),
			transport_name(seen->endpoint.transport),
			seen->endpoint.port);
	else
		where = arena_format(arena, "%s/%s",
				     endpoint_format(text,
						     &seen->endpoint.address,
						     seen->endpoint.port),
				     transport_name(seen->endpoint.transport));
	count->where = arena_format(arena, "%s%s%s", count->where,
				    *count->where ? ", " : "", where);
}

/* What is sent to a host behind NAT may be lost at its own NAT. */
static bool is_doubtful(const struct observation *seen)
{
	return observation_flag(seen, "rehearsal.mapped_here");
}

static void add_trial(struct count *count, const struct observation *seen)
{
	if (seen->outcome == OUTCOME_ANSWERED) {
		count->arrived++;
		if (!count->an_arrival)
			count->an_arrival = seen;
	} else if (seen->outcome == OUTCOME_LOCAL) {
		count->local++;
		if (!count->a_trouble)
			count->a_trouble = seen;
	} else if (is_doubtful(seen)) {
		count->doubtful++;
		if (!count->a_doubt)
			count->a_doubt = seen;
	} else {
		add_shut(count, seen);
	}
}

/* "TCP 443 to 192.0.2.10" */
static const char *path_text(const struct count *count,
			     const struct observation *seen)
{
	const struct inquiry *inquiry = count->inquiry;
	char text[ADDRESS_TEXT_BYTES];

	return arena_format(
		inquiry->arena, "%s%s to %s",
		observation_flag(seen, "rehearsal.is_source") ? "from " : "",
		row_port(inquiry->arena, inquiry->requirement,
			 inquiry->deployment->topology),
		address_format(text, &seen->endpoint.address));
}

/* ", 16 of its ports tried"; "" where it has one. */
static const char *sample_text(const struct count *count)
{
	size_t all =
		count->arrived + count->shut + count->doubtful + count->local;

	return all == 1 ? ""
			: arena_format(count->inquiry->arena,
				       ", %zu of its ports tried", all);
}

/* ", seen there as 203.0.113.7" */
static const char *source_text(const struct count *count)
{
	const struct observation *seen = count->an_arrival;
	const char *from = observation_text(seen, "rehearsal.seen_from");

	if (!from || !observation_flag(seen, "rehearsal.translated"))
		return "";
	return arena_format(count->inquiry->arena,
			    ", its sender seen as %s (NAT)", from);
}

static void opine_shut(const struct count *count, struct opinion *opinion)
{
	const struct inquiry *inquiry = count->inquiry;
	size_t all = count->arrived + count->shut;
	const char *ports = "";

	if (all > 1)
		ports = arena_format(
			inquiry->arena, " (%zu of %zu ports tried: %s%s)",
			count->shut, all, count->shut_ports,
			count->shut > LISTED_MAX ? " and more" : "");
	opine(inquiry, opinion, STATE_BLOCKED, "rehearsal.shut",
	      "%s is shut%s: %s; edgecheck tried it itself, at both ends",
	      path_text(count, count->a_shut), ports, count->a_shut->detail);
	opinion->where = count->where;
}

static void opine_doubt(const struct count *count, struct opinion *opinion)
{
	char text[ADDRESS_TEXT_BYTES];

	opine(count->inquiry, opinion, STATE_UNOBSERVED, NULL,
	      "%s: %s, but the host that waited stands behind NAT as %s, "
	      "which may be where it ended",
	      path_text(count, count->a_doubt), count->a_doubt->detail,
	      address_format(text, &count->a_doubt->endpoint.address));
}

static void judge_paths(const struct inquiry *inquiry, struct opinion *opinion)
{
	const struct observation_list *list = inquiry->deployment->observations;
	struct count count = {
		.inquiry = inquiry, .shut_ports = "", .where = ""};

	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];

		if (!is_about(seen, inquiry->requirement) ||
		    !fact_is(seen, "rehearsal.node", inquiry->node))
			continue;
		add_trial(&count, seen);
		opinion_rest_on(inquiry, opinion, seen);
	}
	if (count.shut)
		opine_shut(&count, opinion);
	else if (count.local)
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL, "%s",
		      count.a_trouble->detail);
	else if (count.doubtful)
		opine_doubt(&count, opinion);
	else
		opine(inquiry, opinion, STATE_VERIFIED, NULL,
		      "%s is open%s%s: edgecheck itself got through, at both "
		      "ends; no service was asked",
		      path_text(&count, count.an_arrival), sample_text(&count),
		      source_text(&count));
}

/*
 * One row at each node
 */

static void add_unseen(struct court *court, const char *because)
{
	court_add(court, "-", "-")->because = because;
}

/* Whether an earlier observation of the row is of the same node. */
static bool is_repeated(const struct observation_list *list, size_t index,
			const struct requirement *requirement)
{
	const char *node =
		observation_text(list->items[index], "rehearsal.node");

	for (size_t i = 0; i < index; i++)
		if (is_about(list->items[i], requirement) &&
		    fact_is(list->items[i], "rehearsal.node", node))
			return true;
	return false;
}

static void judge_nodes(struct court *court)
{
	const struct observation_list *list = court->deployment->observations;
	static const struct predicate predicate = {"rehearsal", judge_paths};
	bool any = false;

	court->predicate = &predicate;
	for (size_t i = 0; i < list->count; i++) {
		struct inquiry inquiry = {
			.arena = court->arena,
			.deployment = court->deployment,
			.requirement = court->requirement,
			.node = observation_text(list->items[i],
						 "rehearsal.node"),
			.subject = "-",
		};

		if (!is_about(list->items[i], court->requirement) ||
		    !inquiry.node || is_repeated(list, i, court->requirement))
			continue;
		any = true;
		court_judge_place(court, &inquiry);
	}
	if (!any)
		add_unseen(court, "was not tried between these two hosts");
}

void rehearsal_judge(struct court *court)
{
	const struct requirement *requirement = court->requirement;

	if (strcmp(requirement->table, "firewall") != 0)
		add_unseen(court, "before installation only the ways through "
				  "the firewalls are tried");
	else if (requirement->place == PLACE_VIP &&
		 court->deployment->topology->kind == KIND_SCALED_HLB)
		add_unseen(court, "the way through the load balancer is not "
				  "tried: no host can stand in for it");
	else if (!scope_wants(court->scope, requirement))
		add_unseen(court, "left out by --only or --skip");
	else
		judge_nodes(court);
}

void rehearsal_answer(struct judgement *judgement)
{
	for (unsigned i = 0; i < QUESTION_COUNT; i++) {
		judgement->answers[i].answer = ANSWER_UNKNOWN;
		judgement->answers[i].because =
			"nothing was asked of any service: only the ways to "
			"them were tried";
	}
}
