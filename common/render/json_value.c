#include "common/render/json_value.h"

#include "common/base/arena.h"
#include "common/base/log.h"
#include "common/base/text.h"

#include <string.h>

#define SHORT_MAX 256 /* bytes of a text that needs no memory of its own */

json_t *value_have(json_t *value)
{
	if (!value)
		die("out of memory");
	return value;
}

void value_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new_nocheck(object, key, value_have(value)) < 0)
		die("out of memory");
}

void value_push(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value_have(value)) < 0)
		die("out of memory");
}

/* What was made safe is UTF-8: jansson need not look again. */
static json_t *safe_text(char *room, const void *data, size_t length)
{
	return value_have(json_string_nocheck(text_safe(room, data, length)));
}

json_t *value_text(const void *data, size_t length)
{
	char room[TEXT_SAFE_BYTES(SHORT_MAX)];
	struct arena *arena;
	json_t *value;

	if (length <= SHORT_MAX)
		return safe_text(room, data, length);
	arena = arena_new();
	value = safe_text(arena_alloc(arena, TEXT_SAFE_BYTES(length)), data,
			  length);
	arena_free(arena);
	return value;
}

void value_put_text(json_t *object, const char *key, const char *text)
{
	value_put(object, key,
		  text ? value_text(text, strlen(text)) : json_null());
}
