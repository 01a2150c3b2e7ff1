#include "common/plan/markup.h"

#include "common/base/log.h"

#include <expat.h>
#include <stdarg.h>
#include <string.h>

#define SEPARATOR '|' /* between namespace and name: in no URN of these */

struct markup {
	struct arena *arena;
	markup_wants *wants;
	XML_Parser parser;
	struct element *found, *last_found;
	struct element *at; /* being read; NULL: nothing that is kept */
	const char *root;
	unsigned depth;
	size_t elements, bytes;
	size_t pending;	 /* fed since expat last had something to say */
	const char *why; /* the first trouble of ours */
};

__attribute__((format(printf, 2, 3))) static void
give_up(struct markup *markup, const char *format, ...)
{
	va_list args;

	if (markup->why)
		return;
	va_start(args, format);
	markup->why = arena_vformat(markup->arena, format, args);
	va_end(args);
	XML_StopParser(markup->parser, XML_FALSE);
}

/* A copy, as long as there is room for one; else "" and the end. */
static const char *keep(struct markup *markup, const char *text, size_t length)
{
	markup->bytes += length + 1;
	if (markup->bytes > MARKUP_BYTES_MAX) {
		give_up(markup, "more than %d MiB of names and values",
			MARKUP_BYTES_MAX >> 20);
		return "";
	}
	return arena_copy(markup->arena, text, length);
}

/* expat gives "space|name", or a name alone. */
static void split_name(struct markup *markup, const char *whole,
		       const char **space, const char **name)
{
	const char *bar = strrchr(whole, SEPARATOR);

	*space = bar ? keep(markup, whole, (size_t)(bar - whole)) : "";
	*name = keep(markup, bar ? bar + 1 : whole,
		     strlen(bar ? bar + 1 : whole));
}

static void add_attributes(struct markup *markup, struct element *element,
			   const char **pairs)
{
	struct attribute **end = &element->attributes;

	for (; *pairs && !markup->why; pairs += 2) {
		const char *space;

		*end = arena_alloc(markup->arena, sizeof(**end));
		split_name(markup, pairs[0], &space, &(*end)->name);
		(*end)->value = keep(markup, pairs[1], strlen(pairs[1]));
		end = &(*end)->next;
	}
}

static void add_element(struct markup *markup, struct element *element)
{
	struct element **first =
		markup->at ? &markup->at->children : &markup->found;
	struct element **last =
		markup->at ? &markup->at->last_child : &markup->last_found;

	element->parent = markup->at;
	if (*last)
		(*last)->next = element;
	else
		*first = element;
	*last = element;
	markup->at = element;
	if (++markup->elements > MARKUP_ELEMENTS_MAX)
		give_up(markup, "more than %d elements", MARKUP_ELEMENTS_MAX);
}

static void XMLCALL begin(void *context, const char *whole, const char **pairs)
{
	struct markup *markup = context;
	struct element *element;
	const char *bar = strrchr(whole, SEPARATOR);
	const char *space, *name = bar ? bar + 1 : whole;

	markup->pending = 0;
	if (markup->why)
		return;
	if (++markup->depth > MARKUP_DEPTH_MAX) {
		give_up(markup, "more than %d elements inside one another",
			MARKUP_DEPTH_MAX);
		return;
	}
	if (!*markup->root)
		markup->root = keep(markup, name, strlen(name));
	space = bar ? arena_copy(markup->arena, whole, (size_t)(bar - whole))
		    : "";
	if (!markup->at && !markup->wants(space, name))
		return;
	element = arena_alloc(markup->arena, sizeof(*element));
	element->text = "";
	element->count = 1;
	split_name(markup, whole, &element->space, &element->name);
	add_attributes(markup, element, pairs);
	add_element(markup, element);
}

static void XMLCALL end(void *context, const char *whole)
{
	struct markup *markup = context;
	struct element *element = markup->at;

	(void)whole;
	markup->pending = 0;
	markup->depth--;
	if (!element)
		return;
	if (element->parent)
		element->parent->count += element->count;
	markup->at = element->parent;
}

static void XMLCALL text(void *context, const char *data, int length)
{
	struct markup *markup = context;
	struct element *element = markup->at;
	const char *more;

	markup->pending = 0;
	if (!element || element->children || markup->why || length <= 0)
		return;
	more = keep(markup, data, (size_t)length);
	element->text = *element->text ? arena_format(markup->arena, "%s%s",
						      element->text, more)
				       : more;
}

static void XMLCALL refuse_type(void *context, const char *name,
				const char *system, const char *public,
				int has_subset)
{
	(void)name;
	(void)system;
	(void)public;
	(void)has_subset;
	give_up(context, "a document type declaration, which such files do not "
			 "have");
}

struct markup *markup_new(struct arena *arena, markup_wants *wants)
{
	struct markup *markup = arena_alloc(arena, sizeof(*markup));

	markup->arena = arena;
	markup->wants = wants;
	markup->root = "";
	markup->parser = XML_ParserCreateNS(NULL, SEPARATOR);
	if (!markup->parser)
		die("out of memory");
	XML_SetUserData(markup->parser, markup);
	XML_SetElementHandler(markup->parser, begin, end);
	XML_SetCharacterDataHandler(markup->parser, text);
	XML_SetStartDoctypeDeclHandler(markup->parser, refuse_type);
	return markup;
}

void markup_free(struct markup *markup)
{
	if (markup)
		XML_ParserFree(markup->parser);
}

bool markup_feed(struct markup *markup, const void *data, size_t length,
		 bool is_last, const char **why)
{
	markup->pending += length;
	if (markup->pending > MARKUP_PIECE_MAX) {
		/* expat would read it anew with every piece that comes */
		*why = arena_format(
			markup->arena,
			"line %lu: a tag or comment longer than "
			"%d MiB",
			(unsigned long)XML_GetCurrentLineNumber(markup->parser),
			MARKUP_PIECE_MAX >> 20);
		return false;
	}
	if (XML_Parse(markup->parser, data, (int)length, is_last) ==
	    XML_STATUS_OK)
		return true;
	*why = arena_format(
		markup->arena, "line %lu: %s",
		(unsigned long)XML_GetCurrentLineNumber(markup->parser),
		markup->why
			? markup->why
			: XML_ErrorString(XML_GetErrorCode(markup->parser)));
	return false;
}

const struct element *markup_found(const struct markup *markup)
{
	return markup->found;
}

const char *markup_root(const struct markup *markup)
{
	return markup->root;
}

static const struct element *named(const struct element *element,
				   const char *name)
{
	while (element && strcmp(element->name, name) != 0)
		element = element->next;
	return element;
}

const struct element *element_child(const struct element *element,
				    const char *name)
{
	return element ? named(element->children, name) : NULL;
}

const struct element *element_next(const struct element *element)
{
	return named(element->next, element->name);
}

const char *element_value(const struct element *element, const char *name)
{
	const struct attribute *attribute =
		element ? element->attributes : NULL;

	while (attribute && strcmp(attribute->name, name) != 0)
		attribute = attribute->next;
	return attribute ? attribute->value : "";
}
