#include "common/model/topology.h"

#include "common/base/hint.h"
#include "common/model/topology_finish.h"
#include "common/model/topology_keys.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES_MAX 197 /* what inih keeps of a line; it cuts the rest */
#define WORD_BYTES     256
#define FILE_BYTES_MAX (1024 * 1024)
#define BLANKS	       " \t,"

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

	for (size_t i = 0; i < section_count; i++) {
		if (strcmp(section_table[i].name, name) == 0)
			return &section_table[i];
		hint_offer(&hint, section_table[i].name);
	}
	reader_fail(reader, reader->line, "unknown section [%s]%s", name,
		    hint_text(reader->arena, &hint));
	return NULL;
}

static void trim_end(char *text)
{
	size_t length = strlen(text);

	while (length && strchr(" \t\r\n", text[length - 1]))
		length--;
	text[length] = '\0';
}

static bool check_node_name(struct reader *reader, const char *label)
{
	const char *section = reader->section->name;

	if (node_name_is_lawful(label))
		return true;
	if (*label)
		return reader_fail(reader, reader->line,
				   "'%s' is not a node name such as edge1",
				   label);
	return reader_fail(reader, reader->line,
			   "[%s] needs a name, as in [%s edge1]", section,
			   section);
}

static bool check_once(struct reader *reader, const char *label)
{
	uint32_t bit = UINT32_C(1) << (reader->section - section_table);

	if (*label)
		return reader_fail(reader, reader->line,
				   "[%s] takes no name: '%s'",
				   reader->section->name, label);
	if (reader->sections_seen & bit)
		return reader_fail(reader, reader->line, "[%s] is given twice",
				   reader->section->name);
	reader->sections_seen |= bit;
	return true;
}

/* Notes where a key stands, or the section for NULL. */
static void mark_place(struct reader *reader, const char *key)
{
	struct topology *topology = reader->topology;

	topology->marks =
		arena_grow(reader->arena, topology->marks, topology->mark_count,
			   &topology->mark_capacity, sizeof(*topology->marks));
	topology->marks[topology->mark_count++] = (struct topology_mark){
		reader->section->name, reader->name, key, reader->line};
}

/* A line that begins with '['; inih would cut long names and tell nobody. */
static bool begin_section(struct reader *reader, char *text)
{
	char *end = strchr(text, ']');
	char *name = text + 1 + strspn(text + 1, BLANKS);
	char *label;

	if (!end) {
		trim_end(text);
		return reader_fail(reader, reader->line, "'%s' lacks its ']'",
				   text);
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
	if (!(reader->section->is_named ? check_node_name(reader, label)
					: check_once(reader, label)))
		return false;
	reader->name = arena_text(reader->arena, label);
	if (reader->section->begin && !reader->section->begin(reader, label))
		return false;
	mark_place(reader, NULL);
	return true;
}

static const struct key *find_key(struct reader *reader, const char *name)
{
	struct hint hint = hint_for(name);

	for (size_t i = 0; i < reader->section->keys->count; i++) {
		const struct key *key = &reader->section->keys->items[i];

		if (strcmp(key->name, name) == 0)
			return key;
		hint_offer(&hint, key->name);
	}
	reader_fail(reader, reader->line, "unknown key '%s' in [%s]%s", name,
		    reader->section->name, hint_text(reader->arena, &hint));
	return NULL;
}

static bool begin_key(struct reader *reader, const char *name)
{
	uint32_t bit;

	if (!reader->section)
		return reader_fail(reader, reader->line,
				   "'%s' stands before the first [section]",
				   name);
	reader->key = find_key(reader, name);
	if (!reader->key)
		return false;
	bit = UINT32_C(1) << (reader->key - reader->section->keys->items);
	if (reader->keys_seen & bit)
		return reader_fail(reader, reader->line,
				   "'%s' is given twice in [%s]", name,
				   reader->section->name);
	reader->keys_seen |= bit;
	mark_place(reader, reader->key->name);
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
			return reader_fail(
				reader, reader->line,
				"'%s' takes one value, not also '%s'",
				reader->key->name, word);
		if (!reader->key->take(reader, reader->key->index, word))
			return 0;
	}
	if (count == 0)
		return reader_fail(reader, reader->line, "'%s' has no value",
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
			reader_fail(reader, reader->line,
				    "a NUL byte: not a text file");
			return 0;
		}
		if (length + 2 > capacity || length == LINE_BYTES_MAX) {
			reader_fail(
				reader, reader->line,
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
	reader->bytes += length;
	if (reader->bytes > FILE_BYTES_MAX)
		reader_fail(reader, reader->line, "longer than %d KiB",
			    FILE_BYTES_MAX >> 10);
	if (ferror(reader->file))
		reader_fail(reader, 0, "%s", strerror(errno));
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
			reader_fail(reader, reader->line,
				    "'%s' is neither 'key = value' nor part of "
				    "a list",
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

		if (topology_finish(arena, reader->topology, &line, &what))
			return reader->topology;
		reader_fail(reader, line, "%s", what);
	}
	*why = reader->why;
	return NULL;
}
