#include "common/render/json_value.h"

#include "common/base/arena.h"
#include "common/base/log.h"
#include "common/base/text.h"

#include <string.h>

json_t *value_have(json_t *value)
{
	if (!value)
		die("out of memory");
	return value;
}

void value_put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value_have(value)) < 0)
		die("out of memory");
}

void value_push(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value_have(value)) < 0)
		die("out of memory");
}

json_t *value_text(const void *data, size_t length)
{
	struct arena *arena = arena_new();
	json_t *value = json_string(text_safe(
		arena_alloc(arena, TEXT_SAFE_BYTES(length)), data, length));

	arena_free(arena);
	return value_have(value);
}

void value_put_text(json_t *object, const char *key, const char *text)
{
	value_put(object, key,
		  text ? value_text(text, strlen(text)) : json_null());
}
