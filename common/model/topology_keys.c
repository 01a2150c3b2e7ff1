#include "common/model/topology_keys.h"

#include "common/base/hint.h"
#include "common/base/text.h"
#include "common/model/topology_words.h"

#include <string.h>
#include <strings.h>

/* [deployment] */

static bool take_product(struct reader *reader, unsigned index,
			 const char *word)
{
	struct hint hint = hint_for(word);

	(void)index;
	reader->topology->product_known = true;
	if (product_parse(word, &reader->topology->product))
		return true;
	for (size_t i = 0; i < PRODUCT_COUNT; i++)
		hint_offer(&hint, product_name((enum product)i));
	return reader_fail(reader, reader->line, "unknown product '%s'%s", word,
			   hint_text(reader->arena, &hint));
}

static bool take_kind(struct reader *reader, unsigned index, const char *word)
{
	struct hint hint = hint_for(word);

	(void)index;
	reader->topology->kind_known = true;
	if (kind_parse(word, &reader->topology->kind))
		return true;
	for (size_t i = 0; i < KIND_COUNT; i++)
		hint_offer(&hint, kind_name((enum topology_kind)i));
	return reader_fail(reader, reader->line, "unknown topology '%s'%s",
			   word, hint_text(reader->arena, &hint));
}

static bool take_domain(struct reader *reader, unsigned index, const char *word)
{
	struct topology *topology = reader->topology;
	const char *name = read_name(reader, word);

	(void)index;
	if (!name)
		return false;
	for (size_t i = 0; i < topology->domain_count; i++) {
		if (text_names_equal(topology->domains[i], name))
			return reader_fail(reader, reader->line,
					   "SIP domain '%s' is given twice",
					   name);
	}
	if (topology->domain_count == TOPOLOGY_DOMAINS_MAX)
		return reader_fail(reader, reader->line,
				   "more than %d SIP domains, from '%s' on",
				   TOPOLOGY_DOMAINS_MAX, name);
	topology->domains[topology->domain_count++] = name;
	return true;
}

static bool take_internal(struct reader *reader, unsigned index,
			  const char *word)
{
	struct topology *topology = reader->topology;
	const char **into =
		index ? &topology->internal_name : &topology->internal_domain;

	*into = read_name(reader, word);
	return *into != NULL;
}

static bool take_feature(struct reader *reader, unsigned index,
			 const char *word)
{
	struct hint hint = hint_for(word);
	enum feature feature;

	(void)index;
	if (!reader->has_features)
		reader->topology->features = 0;
	reader->has_features = true;
	if (feature_parse(word, &feature)) {
		reader->topology->features |= FEATURE_BIT(feature);
		return true;
	}
	for (size_t i = 0; i < FEATURE_COUNT; i++)
		hint_offer(&hint, feature_name((enum feature)i));
	return reader_fail(reader, reader->line, "unknown feature '%s'%s", word,
			   hint_text(reader->arena, &hint));
}

/* [names], [ports], [relay] */

static bool take_name(struct reader *reader, unsigned index, const char *word)
{
	reader->topology->names[index] = read_name(reader, word);
	return reader->topology->names[index] != NULL;
}

static bool take_port(struct reader *reader, unsigned index, const char *word)
{
	if (port_parse(word, &reader->topology->ports[index]))
		return true;
	return reader_fail(reader, reader->line,
			   "port '%s' is not a number from 1 to 65535", word);
}

static bool take_relay(struct reader *reader, unsigned index, const char *word)
{
	struct topology *topology = reader->topology;

	if (port_parse(word,
		       index ? &topology->relay_count : &topology->relay_first))
		return true;
	return reader_fail(reader, reader->line,
			   "'%s' is not a number from 1 to 65535", word);
}

/* [edge NAME], [vip NAME] */

static bool take_address(struct reader *reader, unsigned index,
			 const char *word)
{
	struct node *node = reader->node;
	size_t *count = &node->address_count[index];

	if (*count == SERVICE_ADDRESSES_MAX)
		return reader_fail(
			reader, reader->line,
			"more than %d addresses of one service, from '%s' "
			"on",
			SERVICE_ADDRESSES_MAX, word);
	return read_address(reader, word,
			    &node->addresses[index][(*count)++].local);
}

static bool take_public(struct reader *reader, unsigned index, const char *word)
{
	size_t *count = &reader->node->public_count[index];

	if (*count == SERVICE_ADDRESSES_MAX)
		return reader_fail(
			reader, reader->line,
			"more than %d addresses of one service, from '%s' "
			"on",
			SERVICE_ADDRESSES_MAX, word);
	return read_address(reader, word,
			    &reader->node->addresses[index][(*count)++].public);
}

/* Addresses of a node that are one of a kind, in the order of node_keys. */
enum { OWN_INTERNAL, OWN_GATEWAY, OWN_INTERNAL_GATEWAY };

static bool take_own_address(struct reader *reader, unsigned index,
			     const char *word)
{
	struct address *const own[] = {
		[OWN_INTERNAL] = &reader->node->internal,
		[OWN_GATEWAY] = &reader->node->gateway,
		[OWN_INTERNAL_GATEWAY] = &reader->node->internal_gateway,
	};

	return read_address(reader, word, own[index]);
}

static bool take_route(struct reader *reader, unsigned index, const char *word)
{
	(void)index;
	return read_networks(reader, word, &reader->node->routes);
}

static const struct key deployment_list[] = {
	{"product", take_product, 0, false},
	{"topology", take_kind, 0, false},
	{"sip-domains", take_domain, 0, true},
	{"internal-domain", take_internal, 0, false},
	{"internal-name", take_internal, 1, false},
	{"features", take_feature, 0, true},
};
static const struct keys deployment_keys = KEYS(deployment_list);

static const struct key names_list[] = {
	{"access", take_name, SERVICE_ACCESS, false},
	{"webconf", take_name, SERVICE_WEBCONF, false},
	{"av", take_name, SERVICE_AV, false},
	{"xmpp", take_name, SERVICE_XMPP, false},
};
static const struct keys names_keys = KEYS(names_list);

static const struct key ports_list[] = {
	{"access", take_port, LISTENER_ACCESS, false},
	{"federation", take_port, LISTENER_FEDERATION, false},
	{"webconf", take_port, LISTENER_WEBCONF, false},
	{"av-tcp", take_port, LISTENER_AV_TCP, false},
	{"av-udp", take_port, LISTENER_AV_UDP, false},
	{"xmpp", take_port, LISTENER_XMPP, false},
	{"int-sip", take_port, LISTENER_INSIDE_SIP, false},
	{"int-mras", take_port, LISTENER_INSIDE_MRAS, false},
	{"int-psom", take_port, LISTENER_INSIDE_PSOM, false},
	{"int-xmpp", take_port, LISTENER_INSIDE_XMPP, false},
	{"int-av-tcp", take_port, LISTENER_INSIDE_AV_TCP, false},
	{"int-av-udp", take_port, LISTENER_INSIDE_AV_UDP, false},
	{"int-https", take_port, LISTENER_INSIDE_HTTPS, false},
	{"int-log-1", take_port, LISTENER_INSIDE_LOG_1, false},
	{"int-log-2", take_port, LISTENER_INSIDE_LOG_2, false},
	{"int-log-3", take_port, LISTENER_INSIDE_LOG_3, false},
};
static const struct keys ports_keys = KEYS(ports_list);

static const struct key relay_list[] = {
	{"first", take_relay, 0, false},
	{"count", take_relay, 1, false},
};
static const struct keys relay_keys = KEYS(relay_list);

static const struct key node_list[] = {
	{"access", take_address, SERVICE_ACCESS, true},
	{"access-public", take_public, SERVICE_ACCESS, true},
	{"webconf", take_address, SERVICE_WEBCONF, true},
	{"webconf-public", take_public, SERVICE_WEBCONF, true},
	{"av", take_address, SERVICE_AV, true},
	{"av-public", take_public, SERVICE_AV, true},
	{"xmpp", take_address, SERVICE_XMPP, true},
	{"xmpp-public", take_public, SERVICE_XMPP, true},
	{"internal", take_own_address, OWN_INTERNAL, false},
	{"gateway", take_own_address, OWN_GATEWAY, false},
	{"internal-gateway", take_own_address, OWN_INTERNAL_GATEWAY, false},
	{"routes", take_route, 0, true},
};
static const struct keys node_keys = KEYS(node_list);

static bool begin_node(struct reader *reader, const char *name, bool is_vip)
{
	struct topology *topology = reader->topology;
	size_t edges = 0;

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		if (strcasecmp(node->name, name) == 0)
			return reader_fail(
				reader, reader->line,
				"node '%s' is given twice, first in line "
				"%u",
				name,
				topology_line(topology, node_section(node),
					      node->name, NULL));
		if (is_vip && node->is_vip)
			return reader_fail(reader, reader->line,
					   "a second [vip]: '%s' after '%s'",
					   name, node->name);
		edges += !node->is_vip;
	}
	if (!is_vip && edges == TOPOLOGY_NODES_MAX)
		return reader_fail(reader, reader->line,
				   "more than %d edges, from '%s' on",
				   TOPOLOGY_NODES_MAX, name);
	reader->node = &topology->nodes[topology->node_count++];
	reader->node->name = arena_text(reader->arena, name);
	reader->node->is_vip = is_vip;
	return true;
}

static bool begin_edge(struct reader *reader, const char *name)
{
	return begin_node(reader, name, false);
}

static bool begin_vip(struct reader *reader, const char *name)
{
	return begin_node(reader, name, true);
}

const struct section section_table[] = {
	{"deployment", &deployment_keys, false, NULL},
	{"names", &names_keys, false, NULL},
	{"ports", &ports_keys, false, NULL},
	{"relay", &relay_keys, false, NULL},
	{"web", &web_keys, false, NULL},
	{"edge", &node_keys, true, begin_edge},
	{"vip", &node_keys, true, begin_vip},
	{"balancer", &balancer_keys, false, NULL},
	{"networks", &networks_keys, false, NULL},
	{"pool", &pool_keys, true, begin_pool},
	{"partners", &partners_keys, false, NULL},
	{"clients", &clients_keys, false, NULL},
};

const size_t section_count = sizeof(section_table) / sizeof(section_table[0]);
