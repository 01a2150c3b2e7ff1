/*
 * json_value.h - jansson's values, made safely. No I/O.
 *
 * jansson fails on nothing but memory, given the strings made here: then the
 * program ends. Text is made safe as for a terminal (common/base/text.h).
 */
#ifndef COMMON_RENDER_JSON_VALUE_H
#define COMMON_RENDER_JSON_VALUE_H

#include <jansson.h>
#include <stddef.h>

/* The value, which is not NULL. */
json_t *value_have(json_t *value);

/* Both take over the value. */
void value_put(json_t *object, const char *key, json_t *value);
void value_push(json_t *array, json_t *value);

json_t *value_text(const void *data, size_t length);
void value_put_text(json_t *object, const char *key,
		    const char *text); /* NULL: null */

#endif
