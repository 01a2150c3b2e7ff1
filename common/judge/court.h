/*
 * court.h - a judgement in the making: where each row is judged. No I/O.
 */
#ifndef COMMON_JUDGE_COURT_H
#define COMMON_JUDGE_COURT_H

#include "common/judge/predicate.h"
#include "common/judge/scope.h"
#include "common/plan/applicability.h"
#include "common/plan/errand.h"

struct court {
	struct arena *arena;
	const struct deployment *deployment;
	const struct scope *scope;
	struct judgement *judgement;
	bool *elsewhere; /* each SIP domain: served by Microsoft 365 */
	bool all_elsewhere;
	struct errands errands;
	bool is_rehearsal; /* the ways alone were tried, before installation */

	/* the row at hand */
	const struct requirement *requirement;
	struct applicability applicability;
	const struct predicate *predicate;
};

/* Finds out once what each row would ask. Not for the row at hand. */
void court_open(struct court *court);

/* An unobserved verdict on the row at hand, to be filled in. */
struct verdict *court_add(struct court *court, const char *node,
			  const char *subject);

/* Whether no Edge Server serves the subject, or "-": Microsoft 365 does. */
bool court_is_elsewhere(const struct court *court, const char *subject);

/* Judges the row at hand once a node, and once a name or domain there. */
void court_judge_listeners(struct court *court);

/* Judges the row at hand once a certificate that its listeners show. */
void court_judge_certificates(struct court *court);

/* Judges the row at hand, which is about DNS, once a SIP domain or name. */
void court_judge_domains(struct court *court);
void court_judge_names(struct court *court);
void court_judge_inside_names(struct court *court);

/* Likewise of web services: once an address, and a domain or host there. */
void court_judge_web(struct court *court);

/* Which run inside looks at a row: "edgecheck --role ROLE HOST". */
const char *court_looks_inside(const struct requirement *requirement);

/* Whether the run was sent inside for other rows; and a verdict of it. */
bool court_is_beside_mission(const struct court *court);
void court_tell_beside_mission(struct court *court);

/* Likewise of what the run was sent for: once a node, and a subject there. */
void court_judge_errands(struct court *court);

/*
 * The same of a row that an Edge's report speaks of: by the connections that
 * it has. False where it has none of the row.
 */
bool court_judge_reported(struct court *court);

/* Whether the row at hand is judged so. */
bool court_has_errands(const struct court *court);
/* Judges the row at hand once a host whose own network was looked at. */
void court_judge_hosts(struct court *court);
/*
 * What a topology file says of the row at hand, whose verdicts begin at
 * first: it stands beside what was seen where it contradicts the rule, and
 * else in place of not having been seen.
 */
void court_judge_plan(struct court *court, size_t first);

/* The row at hand, where the inquiry asks. */
void court_judge_place(struct court *court, const struct inquiry *inquiry);

#endif
