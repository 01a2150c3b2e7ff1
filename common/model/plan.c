#include "common/model/plan.h"

#include "common/base/text.h"

#include <string.h>

static bool names_same(const char *one, const char *other)
{
	if (!one || !other)
		return one == other;
	return text_names_equal(one, other);
}

static bool urls_same(const char *one, const char *other)
{
	return one == other || (one && other && strcmp(one, other) == 0);
}

static bool spec_equal(const struct check_spec *one,
		       const struct check_spec *other)
{
	/* numbers first: it is asked of all that is planned, again and again */
	return one->endpoint.port == other->endpoint.port &&
	       one->dns_type == other->dns_type &&
	       one->endpoint.transport == other->endpoint.transport &&
	       one->certificate == other->certificate &&
	       address_equal(&one->endpoint.address,
			     &other->endpoint.address) &&
	       address_equal(&one->from, &other->from) &&
	       address_equal(&one->second.address, &other->second.address) &&
	       strcmp(one->probe, other->probe) == 0 &&
	       names_same(one->endpoint.name, other->endpoint.name) &&
	       names_same(one->subject, other->subject) &&
	       urls_same(one->url, other->url);
}

bool plan_has(const struct plan *plan, const struct check_spec *spec)
{
	for (size_t i = 0; i < plan->count; i++) {
		if (spec_equal(plan->items[i], spec))
			return true;
	}
	return false;
}

void plan_add(struct arena *arena, struct plan *plan,
	      const struct check_spec *spec)
{
	if (plan_has(plan, spec))
		return;
	plan->items = arena_grow(arena, plan->items, plan->count,
				 &plan->capacity, sizeof(*plan->items));
	plan->items[plan->count++] = arena_copy(arena, spec, sizeof(*spec));
}
