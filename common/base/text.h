/*
 * text.h - text from the network made safe for terminals. No network.
 *
 * Certificate names, SIP headers and DNS labels are data: control characters,
 * escape sequences, invisible and direction-changing characters and broken
 * UTF-8 come out as \xNN, so that nothing a peer sends can move the cursor
 * or disguise a name. A backslash of the input is doubled; printable UTF-8
 * passes.
 */
#ifndef COMMON_BASE_TEXT_H
#define COMMON_BASE_TEXT_H

#include "common/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Room for the safe form of so many bytes, at the worst. */
#define TEXT_SAFE_BYTES(length) ((length)*4 + 1)

/* Writes the safe form of length bytes into safe, with a NUL; returns safe. */
char *text_safe(char *safe, const void *data, size_t length);

/*
 * The bytes that a safe form stands for, with a NUL, in place; their number
 * is returned. What is no escape stands for itself.
 */
size_t text_unsafe(char *safe);

/* Writes the safe form. */
void text_print(FILE *out, const void *data, size_t length);

/*
 * The length (1 to 4) of the well-formed UTF-8 character at data, or 0 when
 * the bytes are not one. *point is set when it is not 0.
 */
size_t text_decode(const uint8_t *data, size_t length, uint32_t *point);

/* Whether a character may be shown as it is. */
bool text_is_shown(uint32_t point);

/* The list with one more choice in it: "text, json or junit"; from the arena.
 */
const char *text_choices(struct arena *arena, const char *list,
			 const char *choice, bool is_last);

/* DNS names: equal without regard to case and a trailing dot. */
bool text_names_equal(const char *one, const char *other);

/*
 * Whether name is directly below domain: one label, then the domain
 * (the "strict DNS naming" of Microsoft clients and Access Edges).
 */
bool text_name_directly_in(const char *name, const char *domain);

#endif
