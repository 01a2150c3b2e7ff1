#include "common/plan/applicability.h"

#include <string.h>

#define TOKEN_BYTES 32

/* The token at *rest, cut off there; false for one no feature has. */
static bool token_holds(const char **rest, uint64_t features)
{
	size_t length = strcspn(*rest, ",+");
	char token[TOKEN_BYTES] = "";
	enum feature feature;

	if (length < sizeof(token))
		memcpy(token, *rest, length);
	*rest += length;
	return feature_parse(token, &feature) &&
	       features & FEATURE_BIT(feature);
}

bool condition_holds(const char *condition, uint64_t features)
{
	bool all = true;

	if (strcmp(condition, "always") == 0)
		return true;
	for (const char *rest = condition;; rest++) {
		all = token_holds(&rest, features) && all;
		if (*rest == '+')
			continue;
		if (all || *rest == '\0')
			return all;
		all = true;
	}
}

static bool has(uint32_t set, unsigned bit)
{
	return set >> bit & 1;
}

/*
 * Rows that a product stands in for another's: product.md decision 11.
 * sfbse has the sfb2019 rows, lync2010 those of lync2013.
 */
static enum product publishes_for(enum product product)
{
	if (product == PRODUCT_SFBSE)
		return PRODUCT_SFB2019;
	if (product == PRODUCT_LYNC2010)
		return PRODUCT_LYNC2013;
	return product;
}

/*
 * Whether the requirement's table has rows of its own for a product and
 * topology. The documents of Lync Server 2013 hold port tables and what
 * belongs to them; their few rules do not replace those of the 2015 server.
 */
static bool has_own_rows(const struct requirement *like, enum product product,
			 enum topology_kind kind)
{
	const struct requirement *table;
	size_t count;

	if (product == PRODUCT_LYNC2013 && strcmp(like->table, "rules") == 0)
		return false;
	table = requirement_table(&count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(table[i].table, like->table) == 0 &&
		    has(table[i].products, product) &&
		    has(table[i].kinds, kind))
			return true;
	}
	return false;
}

static struct applicability not_for(const char *because)
{
	return (struct applicability){false, because, false};
}

static const char *list_products(struct arena *arena, uint32_t products)
{
	const char *list = "";

	for (unsigned i = 0; i < PRODUCT_COUNT; i++)
		if (has(products, i))
			list = arena_format(arena, "%s%s%s", list,
					    *list ? ", " : "",
					    product_name((enum product)i));
	return list;
}

static const char *list_kinds(struct arena *arena, uint32_t kinds)
{
	const char *list = "";

	for (unsigned i = 0; i < KIND_COUNT; i++)
		if (has(kinds, i))
			list = arena_format(arena, "%s%s%s", list,
					    *list ? ", " : "",
					    kind_name((enum topology_kind)i));
	return list;
}

static const char *condition_of(const struct requirement *requirement)
{
	const char *when = requirement->judging->when;

	return strcmp(when, "-") == 0 ? requirement->required_when : when;
}

static uint64_t features_of(const struct topology *topology)
{
	uint64_t features = topology->features;

	/* seen from the list of domains, whether or not anybody said so */
	if (topology->domain_count > 1)
		features |= FEATURE_BIT(FEATURE_MULTI_SIP_DOMAIN);
	return features_close(features);
}

/* "xmpp", "federation or pic", "ha and pic" */
static const char *say_condition(struct arena *arena, const char *condition)
{
	const char *text = "";

	while (*condition) {
		size_t length = strcspn(condition, ",+");

		text = arena_format(arena, "%s%.*s%s", text, (int)length,
				    condition,
				    condition[length] == ','   ? " or "
				    : condition[length] == '+' ? " and "
							       : "");
		condition += length + (condition[length] != '\0');
	}
	return text;
}

static struct applicability of_product(struct arena *arena,
				       const struct requirement *requirement,
				       const struct topology *topology)
{
	enum product product = publishes_for(topology->product);
	struct applicability found = {true, "", false};

	if (has(requirement->products, topology->product))
		return found;
	/* XMPP came with Lync 2013 */
	if (topology->product == PRODUCT_LYNC2010 &&
	    strcmp(requirement->required_when, "xmpp") == 0)
		return not_for("lync2010 has no XMPP");
	if (has(requirement->products, product)) {
		found.derived = topology->product == PRODUCT_LYNC2010;
		if (found.derived)
			found.because = "derived from the rows of lync2013";
		return found;
	}
	if (has(requirement->products, PRODUCT_SFB2015) &&
	    !has_own_rows(requirement, product, topology->kind)) {
		found.derived = true;
		found.because = "derived from the rows of sfb2015";
		return found;
	}
	return not_for(arena_format(arena, "stated for %s, not for %s",
				    list_products(arena, requirement->products),
				    product_name(topology->product)));
}

static bool has_internal_vip(const struct topology *topology)
{
	for (size_t i = 0; i < topology->node_count; i++)
		if (topology->nodes[i].is_vip &&
		    topology->nodes[i].internal.family)
			return true;
	return false;
}

static bool is_of_internal_vip(const struct requirement *requirement)
{
	return requirement->place == PLACE_VIP &&
	       strcmp(requirement->area, "internal") == 0;
}

/*
 * Behind a load balancer without an internal VIP these rows speak of every
 * node (rule hlb.no-vip-fallback; product.md decision 5).
 */
static bool is_lent_to_nodes(const struct requirement *requirement,
			     const struct topology *topology)
{
	static const char *const flows[] = {
		"int.access.sip-mtls.tcp5061.in",
		"int.access.sip-mtls.tcp5061.out",
		"int.av-auth.sip-mtls.tcp5062.in",
	};

	if (topology->kind != KIND_SCALED_HLB || !topology->node_count ||
	    has_internal_vip(topology) || requirement->place != PLACE_NODE)
		return false;
	for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++)
		if (strcmp(flows[i], requirement->flow) == 0)
			return true;
	return false;
}

/* XMPP goes out too, whatever the first table leaves out (decision 6). */
static bool is_lent_xmpp(const struct requirement *requirement,
			 const struct topology *topology)
{
	return strcmp(requirement->id, "s000.vip-ext.xmpp.xmpp.tcp5269.out") ==
		       0 &&
	       topology->kind != KIND_SCALED_HLB;
}

/* Rows that a rule lends to topologies they were not stated for. */
static const char *lender_of(const struct requirement *requirement,
			     const struct topology *topology)
{
	if (is_lent_to_nodes(requirement, topology))
		return "for every node: hlb.no-vip-fallback";
	if (is_lent_xmpp(requirement, topology))
		return "for every topology: xmpp.out-everywhere";
	return NULL;
}

struct applicability applicability_of(struct arena *arena,
				      const struct requirement *requirement,
				      const struct topology *topology)
{
	struct applicability found = of_product(arena, requirement, topology);
	const char *condition = condition_of(requirement);
	const char *lender;
	uint64_t features;

	if (!found.applies)
		return found;
	lender = lender_of(requirement, topology);
	if (lender) {
		found.derived = true;
		found.because = lender;
	} else if (!has(requirement->kinds, topology->kind)) {
		return not_for(
			arena_format(arena, "stated for %s, not for %s",
				     list_kinds(arena, requirement->kinds),
				     kind_name(topology->kind)));
	}
	features = features_of(topology);
	if (is_of_internal_vip(requirement) && topology->node_count) {
		if (!has_internal_vip(topology))
			return not_for("there is no internal VIP");
		/* one that is there is used, whoever asked for it */
		features |= FEATURE_BIT(FEATURE_LEGACY_CLIENTS);
	}
	if (!condition_holds(condition, features))
		return not_for(arena_format(arena, "asks for the feature %s",
					    say_condition(arena, condition)));
	return found;
}

const char *applicability_text(struct arena *arena,
			       const struct requirement *requirement)
{
	const char *condition = condition_of(requirement);
	const char *kinds = "every topology";

	if (requirement->kinds != (1u << KIND_COUNT) - 1)
		kinds = list_kinds(arena, requirement->kinds);
	if (strcmp(condition, "always") == 0)
		return arena_format(arena, "%s; %s",
				    list_products(arena, requirement->products),
				    kinds);
	return arena_format(arena, "%s; %s; with %s",
			    list_products(arena, requirement->products), kinds,
			    say_condition(arena, condition));
}
