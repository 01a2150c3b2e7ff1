#include "probes/serve/leaves.h"

/* A certificate, by the quirks that shape it. */
struct leaf_shown {
	struct leaf_shown *next;
	enum leaf_place place;
	struct quirks quirks;
	struct leaf leaf;
};

static void (*const specify[])(struct arena *arena,
			       const struct topology *topology,
			       struct quirks quirks, struct leaf_spec *spec) = {
	[LEAF_OUTSIDE] = showing_spec,
	[LEAF_WEB] = showing_web_spec,
	[LEAF_INSIDE] = showing_inside_spec,
};

static const struct leaf *find_leaf(struct leaves *leaves,
				    enum leaf_place place, struct quirks quirks,
				    const char **why)
{
	struct leaf_shown *shown = leaves->shown;
	struct leaf_spec spec;

	while (shown &&
	       (!quirks_equal(shown->quirks, quirks) || shown->place != place))
		shown = shown->next;
	if (shown)
		return &shown->leaf;
	shown = arena_alloc(leaves->arena, sizeof(*shown));
	shown->quirks = quirks;
	shown->place = place;
	specify[place](leaves->arena, leaves->topology, quirks, &spec);
	if (!authority_issue(leaves->authority, &spec, &shown->leaf, why))
		return NULL;
	shown->next = leaves->shown;
	leaves->shown = shown;
	return &shown->leaf;
}

SSL_CTX *leaves_context(struct leaves *leaves, enum leaf_place place,
			struct quirks quirks, enum client_certificate asks,
			const char **why)
{
	SSL_CTX *context = NULL;
	const struct leaf *leaf =
		find_leaf(leaves, place, showing_quirks(quirks), why);

	if (leaf)
		context = showing_context(leaves->authority, leaf, quirks, asks,
					  why);
	if (!context)
		*why = arena_format(leaves->arena, "%s: %s",
				    leaf ? "TLS" : "certificate", *why);
	return context;
}

void leaves_clear(struct leaves *leaves)
{
	for (struct leaf_shown *shown = leaves->shown; shown;
	     shown = shown->next)
		leaf_clear(&shown->leaf);
}
