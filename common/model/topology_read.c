#include "common/model/topology.h"

#include "common/base/text.h"
#include "common/model/topology_finish.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LINE_BYTES_MAX 197 /* what inih keeps of a line; it cuts the rest */
#define WORD_BYTES     256
#define BLANKS	       " \t,"

struct reader {
	struct arena *arena;
	const char *path;
	FILE *file;
	unsigned line;	       /* of the text last handed to inih */
	const char *why;       /* the first trouble; stops everything */
	unsigned why_line;     /* where */
	bool continues;	       /* the line carries on the list above it */
	const struct key *key; /* that list; NULL: none can be carried on */
	const struct section *section;
	uint32_t keys_seen; /* of the present section, a bit each */
	uint32_t sections_seen;
	struct topology *topology;
	struct node *node; /* of [edge NAME] or [vip NAME] */
	struct topology_lines lines;
};

/* A key takes one word, or several (words, and lines that carry on). */
struct key {
	const char *name;
	bool (*take)(struct reader *reader, unsigned index, const char *word);
	unsigned index; /* service, listener: what the name stands for */
	bool is_list;
};

struct section {
	const char *name;
	const struct key *keys;
	size_t key_count;
	bool is_named; /* [edge NAME] */
};

__attribute__((format(printf, 3, 4))) static bool
fail(struct reader *reader, unsigned line, const char *format, ...)
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

/* Edits that turn one word into the other, at most 63 characters looked at. */
static size_t edit_distance(const char *one, const char *other)
{
	size_t row[64];
	size_t width = strnlen(other, 63);

	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 0; one[i] && i < 63; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			size_t best = corner + (one[i] != other[j]);

			corner = row[j + 1];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (corner + 1 < best)
				best = corner + 1;
			row[j + 1] = best;
		}
	}
	return row[width];
}

struct hint {
	const char *word, *nearest;
	size_t distance;
};

static struct hint hint_for(const char *word)
{
	size_t limit = strlen(word) / 3;

	return (struct hint){word, NULL, limit ? limit + 1 : 2};
}

static void hint_offer(struct hint *hint, const char *name)
{
	size_t distance = edit_distance(hint->word, name);

	if (*hint->word && strncmp(name, hint->word, strlen(hint->word)) == 0)
		distance = 1; /* cut short: as good as a slip of the pen */
	if (distance < hint->distance) {
		hint->distance = distance;
		hint->nearest = name;
	}
}

/* " (did you mean 'access'?)", or nothing where no name is near. */
static const char *hint_text(struct reader *reader, const struct hint *hint)
{
	return hint->nearest
		       ? arena_format(reader->arena, " (did you mean '%s'?)",
				      hint->nearest)
		       : "";
}

/* Takes the next word off *text; false at the end. */
static bool next_word(const char **text, char word[WORD_BYTES])
{
	size_t length;

	*text += strspn(*text, BLANKS);
	length = strcspn(*text, BLANKS);
	if (length == 0 || length >= WORD_BYTES)
		return false;
	memcpy(word, *text, length);
	word[length] = '\0';
	*text += length;
	return true;
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
		fail(reader, reader->line, "'%s' is an address, not a name",
		     word);
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
		fail(reader, reader->line,
		     "'%s' is not a DNS name such as sip.contoso.com", word);
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
	return fail(reader, reader->line, "unknown product '%s'%s", word,
		    hint_text(reader, &hint));
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
	return fail(reader, reader->line, "unknown topology '%s'%s", word,
		    hint_text(reader, &hint));
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
			return fail(reader, reader->line,
				    "SIP domain '%s' is given twice", name);
	}
	if (topology->domain_count == TOPOLOGY_DOMAINS_MAX)
		return fail(reader, reader->line,
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
	if (feature_parse(word, &feature)) {
		reader->topology->features |= FEATURE_BIT(feature);
		return true;
	}
	for (size_t i = 0; i < FEATURE_COUNT; i++)
		hint_offer(&hint, feature_name((enum feature)i));
	return fail(reader, reader->line, "unknown feature '%s'%s", word,
		    hint_text(reader, &hint));
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
	return fail(reader, reader->line,
		    "port '%s' is not a number from 1 to 65535", word);
}

static bool take_relay(struct reader *reader, unsigned index, const char *word)
{
	struct topology *topology = reader->topology;

	if (port_parse(word,
		       index ? &topology->relay_count : &topology->relay_first))
		return true;
	return fail(reader, reader->line,
		    "'%s' is not a number from 1 to 65535", word);
}

/* [edge NAME], [vip NAME] */

static bool read_address(struct reader *reader, const char *word,
			 struct address *address)
{
	if (address_parse(word, address))
		return true;
	return fail(reader, reader->line, "'%s' is not an IPv4 or IPv6 address",
		    word);
}

static bool take_address(struct reader *reader, unsigned index,
			 const char *word)
{
	struct node *node = reader->node;
	size_t *count = &node->address_count[index];
	size_t at = (size_t)(node - reader->topology->nodes);

	reader->lines.addresses[at][index] = reader->line;
	if (*count == SERVICE_ADDRESSES_MAX)
		return fail(reader, reader->line,
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
		return fail(reader, reader->line,
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

#define KEYS(table) table, sizeof(table) / sizeof((table)[0])

static const struct section sections[] = {
	{"deployment", KEYS(deployment_keys), false},
	{"names", KEYS(names_keys), false},
	{"ports", KEYS(ports_keys), false},
	{"relay", KEYS(relay_keys), false},
	{"edge", KEYS(node_keys), true},
	{"vip", KEYS(node_keys), true},
};

#define SECTION_COUNT (sizeof(sections) / sizeof(sections[0]))

static bool begin_node(struct reader *reader, const char *name, bool is_vip)
{
	struct topology *topology = reader->topology;
	size_t edges = 0;

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		if (strcasecmp(node->name, name) == 0)
			return fail(reader, reader->line,
				    "node '%s' is given twice, first in line "
				    "%u",
				    name, reader->lines.nodes[i]);
		if (is_vip && node->is_vip)
			return fail(reader, reader->line,
				    "a second [vip]: '%s' after '%s'", name,
				    node->name);
		edges += !node->is_vip;
	}
	if (!is_vip && edges == TOPOLOGY_NODES_MAX)
		return fail(reader, reader->line,
			    "more than %d edges, from '%s' on",
			    TOPOLOGY_NODES_MAX, name);
	reader->lines.nodes[topology->node_count] = reader->line;
	reader->node = &topology->nodes[topology->node_count++];
	reader->node->name = arena_text(reader->arena, name);
	reader->node->is_vip = is_vip;
	return true;
}

static bool node_name_is_lawful(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)name[i]) && !strchr("-_.", name[i]))
			return false;
	}
	return length > 0 && length <= 63;
}

static const struct section *find_section(struct reader *reader,
					  const char *name)
{
	struct hint hint = hint_for(name);

	for (size_t i = 0; i < SECTION_COUNT; i++) {
		if (strcmp(sections[i].name, name) == 0)
			return &sections[i];
		hint_offer(&hint, sections[i].name);
	}
	fail(reader, reader->line, "unknown section [%s]%s", name,
	     hint_text(reader, &hint));
	return NULL;
}

static void trim_end(char *text)
{
	size_t length = strlen(text);

	while (length && strchr(" \t\r\n", text[length - 1]))
		length--;
	text[length] = '\0';
}

/* A line that begins with '['; inih would cut long names and tell nobody. */
static bool begin_section(struct reader *reader, char *text)
{
	char *end = strchr(text, ']');
	char *name = text + 1 + strspn(text + 1, BLANKS);
	char *label;
	uint32_t bit;

	if (!end) {
		trim_end(text);
		return fail(reader, reader->line, "'%s' lacks its ']'", text);
	}
	*end = '\0';
	label = name + strcspn(name, BLANKS);
	if (*label)
		*label++ = '\0';
	label += strspn(label, BLANKS);
	trim_end(label);
	reader->section = find_section(reader, name);
	reader->keys_seen = 0;
	if (!reader->section)
		return false;
	if (reader->section->is_named) {
		if (node_name_is_lawful(label))
			return begin_node(reader, label,
					  strcmp(name, "vip") == 0);
		if (*label)
			return fail(reader, reader->line,
				    "'%s' is not a node name such as edge1",
				    label);
		return fail(reader, reader->line,
			    "[%s] needs a name, as in [%s edge1]", name, name);
	}
	if (*label)
		return fail(reader, reader->line, "[%s] takes no name: '%s'",
			    name, label);
	bit = UINT32_C(1) << (reader->section - sections);
	if (reader->sections_seen & bit)
		return fail(reader, reader->line, "[%s] is given twice", name);
	reader->sections_seen |= bit;
	if (reader->section->keys == deployment_keys)
		reader->lines.deployment = reader->line;
	if (reader->section->keys == relay_keys)
		reader->lines.relay = reader->line;
	return true;
}

static const struct key *find_key(struct reader *reader, const char *name)
{
	struct hint hint = hint_for(name);

	for (size_t i = 0; i < reader->section->key_count; i++) {
		const struct key *key = &reader->section->keys[i];

		if (strcmp(key->name, name) == 0)
			return key;
		hint_offer(&hint, key->name);
	}
	fail(reader, reader->line, "unknown key '%s' in [%s]%s", name,
	     reader->section->name, hint_text(reader, &hint));
	return NULL;
}

static bool begin_key(struct reader *reader, const char *name)
{
	uint32_t bit;

	if (!reader->section)
		return fail(reader, reader->line,
			    "'%s' stands before the first [section]", name);
	reader->key = find_key(reader, name);
	if (!reader->key)
		return false;
	bit = UINT32_C(1) << (reader->key - reader->section->keys);
	if (reader->keys_seen & bit)
		return fail(reader, reader->line, "'%s' is given twice in [%s]",
			    name, reader->section->name);
	reader->keys_seen |= bit;
	if (reader->key->take == take_feature)
		reader->topology->features = 0; /* those listed, no others */
	return true;
}

/* What inih found: a key with its value, or a line that carries on a list. */
static int take_pair(void *context, const char *section, const char *name,
		     const char *value)
{
	struct reader *reader = context;
	char word[WORD_BYTES];
	size_t count = 0;

	(void)section; /* ours is uncut */
	if (reader->why || (!reader->continues && !begin_key(reader, name)))
		return 0;
	while (next_word(&value, word)) {
		if (count++ && !reader->key->is_list)
			return fail(reader, reader->line,
				    "'%s' takes one value, not also '%s'",
				    reader->key->name, word);
		if (!reader->key->take(reader, reader->key->index, word))
			return 0;
	}
	if (count == 0)
		return fail(reader, reader->line, "'%s' has no value",
			    reader->key->name);
	return 1;
}

/*
 * Reads one line whole. inih would take a line that is too long as two, so
 * it is refused, as is what is no text at all.
 */
static size_t get_line(struct reader *reader, char *line, size_t capacity)
{
	size_t length = 0;
	int c;

	reader->line++;
	while ((c = getc(reader->file)) != EOF) {
		if (c == '\0') {
			fail(reader, reader->line,
			     "a NUL byte: not a text file");
			return 0;
		}
		if (length + 2 > capacity || length == LINE_BYTES_MAX) {
			fail(reader, reader->line,
			     "line longer than %d bytes: carry lists on in "
			     "indented lines",
			     LINE_BYTES_MAX);
			return 0;
		}
		line[length++] = (char)c;
		if (c == '\n')
			break;
	}
	line[length] = '\0';
	if (ferror(reader->file))
		fail(reader, 0, "%s", strerror(errno));
	return length;
}

/* inih leaves a " ; comment" where a line carries on a list. */
static void cut_comment(char *line)
{
	char *comment = strpbrk(line, " \t");

	while (comment && comment[1] != ';')
		comment = strpbrk(comment + 1, " \t");
	if (comment)
		*comment = '\0';
}

/*
 * Our ini_reader: one line a call. It tells lines that carry on a list
 * (indented, without '=') from indented keys, which inih takes for the same.
 */
static char *read_line(char *line, int capacity, void *stream)
{
	struct reader *reader = stream;
	size_t length;
	size_t indent;

	if (reader->why || capacity < 2)
		return NULL;
	length = get_line(reader, line, (size_t)capacity);
	if (length == 0 || reader->why)
		return NULL;
	indent = strspn(line, " \t");
	reader->continues = false;
	if (strchr("#;\r\n", line[indent]))
		return line;
	if (line[indent] == '[') {
		reader->key = NULL;
		if (!begin_section(reader, line + indent))
			return NULL;
		snprintf(line, (size_t)capacity, "[section]\n");
		return line;
	}
	cut_comment(line);
	if (indent && !strchr(line, '=')) {
		reader->continues = reader->key && reader->key->is_list;
		if (!reader->continues) {
			trim_end(line);
			fail(reader, reader->line,
			     "'%s' is neither 'key = value' nor part of a list",
			     line + indent);
			return NULL;
		}
		return line;
	}
	memmove(line, line + indent, strlen(line + indent) + 1);
	return line;
}

struct topology *topology_read(struct arena *arena, const char *path,
			       const char **why)
{
	struct reader *reader = arena_alloc(arena, sizeof(*reader));
	int broken;

	reader->arena = arena;
	reader->path = path;
	reader->topology = topology_new(arena);
	reader->topology->file = arena_text(arena, path);
	reader->file = fopen(path, "re");
	if (!reader->file) {
		*why = arena_format(arena, "%s: %s", path, strerror(errno));
		return NULL;
	}
	broken = ini_parse_stream(read_line, reader, take_pair, reader);
	fclose(reader->file);
	/* inih goes on after an error of its own, so the earlier one counts */
	if (broken > 0 && (!reader->why || (unsigned)broken < reader->why_line))
		reader->why = arena_format(
			arena,
			"%s:%d: neither [section], 'key = value' nor a "
			"comment",
			path, broken);
	if (!reader->why) {
		unsigned line = 0;
		const char *what;

		if (topology_finish(arena, reader->topology, &reader->lines,
				    &line, &what))
			return reader->topology;
		fail(reader, line, "%s", what);
	}
	*why = reader->why;
	return NULL;
}
