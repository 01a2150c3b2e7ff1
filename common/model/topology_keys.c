#include "common/model/topology_keys.h"

#include "common/base/hint.h"
#include "common/base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>
#include <strings.h>

bool reader_fail(struct reader *reader, unsigned line, const char *format, ...)
{
	va_list args;
	char *what;

	if (reader->why)
		return false;
	va_start(args, format);
	what = arena_vformat(reader->arena, format, args);
	va_end(args);
	reader->why_line = line;
	reader->why = line ? arena_format(reader->arena, "%s:%u: %s",
					  reader->path, line, what)
			   : arena_format(reader->arena, "%s: %s", reader->path,
					  what);
	return false;
}

static bool label_is_lawful(const char *label, size_t length)
{
	if (length < 1 || length > 63 || label[0] == '-' ||
	    label[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)label[i]) && label[i] != '-' &&
		    label[i] != '_')
			return false;
	}
	return true;
}

/* A DNS name of two labels at least, in lower case without the last dot. */
static const char *read_name(struct reader *reader, const char *word)
{
	struct address address;
	size_t length = strlen(word);
	const char *label = word;
	unsigned labels = 0;
	char *name;

	if (address_parse(word, &address)) {
		reader_fail(reader, reader->line,
			    "'%s' is an address, not a name", word);
		return NULL;
	}
	if (length && word[length - 1] == '.')
		length--;
	name = arena_copy(reader->arena, word, length);
	while (label) {
		const char *dot = strchr(label, '.');
		size_t size = dot ? (size_t)(dot - label) : strlen(label);

		if (!label_is_lawful(label, size))
			break;
		labels++;
		label = dot && dot[1] ? dot + 1 : NULL;
	}
	if (label || labels < 2 || length > 253) {
		reader_fail(reader, reader->line,
			    "'%s' is not a DNS name such as sip.contoso.com",
			    word);
		return NULL;
	}
	for (size_t i = 0; i < length; i++)
		name[i] = (char)tolower((unsigned char)name[i]);
	return name;
}

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

	reader->lines.relay = reader->line;
	if (port_parse(word,
		       index ? &topology->relay_count : &topology->relay_first))
		return true;
	return reader_fail(reader, reader->line,
			   "'%s' is not a number from 1 to 65535", word);
}

/* [edge NAME], [vip NAME] */

static bool read_address(struct reader *reader, const char *word,
			 struct address *address)
{
	if (address_parse(word, address))
		return true;
	return reader_fail(reader, reader->line,
			   "'%s' is not an IPv4 or IPv6 address", word);
}

static bool take_address(struct reader *reader, unsigned index,
			 const char *word)
{
	struct node *node = reader->node;
	size_t *count = &node->address_count[index];
	size_t at = (size_t)(node - reader->topology->nodes);

	reader->lines.addresses[at][index] = reader->line;
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
	size_t at = (size_t)(reader->node - reader->topology->nodes);
	size_t *count = &reader->lines.public_count[at][index];

	reader->lines.has_public = true;
	if (*count == SERVICE_ADDRESSES_MAX)
		return reader_fail(
			reader, reader->line,
			"more than %d addresses of one service, from '%s' "
			"on",
			SERVICE_ADDRESSES_MAX, word);
	return read_address(reader, word,
			    &reader->node->addresses[index][(*count)++].public);
}

static bool take_internal_address(struct reader *reader, unsigned index,
				  const char *word)
{
	(void)index;
	return read_address(reader, word, &reader->node->internal);
}

static const struct key deployment_keys[] = {
	{"product", take_product, 0, false},
	{"topology", take_kind, 0, false},
	{"sip-domains", take_domain, 0, true},
	{"internal-domain", take_internal, 0, false},
	{"internal-name", take_internal, 1, false},
	{"features", take_feature, 0, true},
};

static const struct key names_keys[] = {
	{"access", take_name, SERVICE_ACCESS, false},
	{"webconf", take_name, SERVICE_WEBCONF, false},
	{"av", take_name, SERVICE_AV, false},
	{"xmpp", take_name, SERVICE_XMPP, false},
};

static const struct key ports_keys[] = {
	{"access", take_port, LISTENER_ACCESS, false},
	{"federation", take_port, LISTENER_FEDERATION, false},
	{"webconf", take_port, LISTENER_WEBCONF, false},
	{"av-tcp", take_port, LISTENER_AV_TCP, false},
	{"av-udp", take_port, LISTENER_AV_UDP, false},
	{"xmpp", take_port, LISTENER_XMPP, false},
};

static const struct key relay_keys[] = {
	{"first", take_relay, 0, false},
	{"count", take_relay, 1, false},
};

static const struct key node_keys[] = {
	{"access", take_address, SERVICE_ACCESS, true},
	{"access-public", take_public, SERVICE_ACCESS, true},
	{"webconf", take_address, SERVICE_WEBCONF, true},
	{"webconf-public", take_public, SERVICE_WEBCONF, true},
	{"av", take_address, SERVICE_AV, true},
	{"av-public", take_public, SERVICE_AV, true},
	{"xmpp", take_address, SERVICE_XMPP, true},
	{"xmpp-public", take_public, SERVICE_XMPP, true},
	{"internal", take_internal_address, 0, false},
};

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
				name, reader->lines.nodes[i]);
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
	reader->lines.nodes[topology->node_count] = reader->line;
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

static bool begin_deployment(struct reader *reader, const char *name)
{
	(void)name;
	reader->lines.deployment = reader->line;
	return true;
}

#define KEYS(table) table, sizeof(table) / sizeof((table)[0])

const struct section section_table[] = {
	{"deployment", KEYS(deployment_keys), false, begin_deployment},
	{"names", KEYS(names_keys), false, NULL},
	{"ports", KEYS(ports_keys), false, NULL},
	{"relay", KEYS(relay_keys), false, NULL},
	{"edge", KEYS(node_keys), true, begin_edge},
	{"vip", KEYS(node_keys), true, begin_vip},
};

const size_t section_count = sizeof(section_table) / sizeof(section_table[0]);
