/*
 * lint_rule.h - one rule of lint.h at work: what its functions share. No I/O.
 */
#ifndef COMMON_PLAN_LINT_RULE_H
#define COMMON_PLAN_LINT_RULE_H

#include "common/plan/lint.h"

struct lint {
	struct arena *arena;
	const struct topology *topology;
	const struct requirement *requirement; /* the rule at hand */
	struct remarks remarks;
};

/*
 * Whether a file says what the rule speaks of, so that no remark means that
 * the file agrees. NULL: every file with a server in it does.
 */
typedef bool lint_is_told(const struct topology *topology);

struct lint_rule {
	const char *id; /* of the requirement */
	void (*check)(struct lint *lint);
	lint_is_told *is_told;
};

/* Each applies where its requirement does. */
extern const struct lint_rule address_rules[], around_rules[];
extern const size_t address_rule_count, around_rule_count;

/* A remark of the rule at hand, at the line of topology_line(). */
void remark_at(struct lint *lint, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The line of a node's key. */
unsigned node_line(const struct lint *lint, const struct node *node,
		   const char *key);

bool lint_has(const struct lint *lint, enum feature feature);

/* The Edge Servers, without the load balancer. */
size_t edge_count(const struct topology *topology);

#endif
