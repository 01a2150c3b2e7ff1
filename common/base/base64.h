/*
 * base64.h - bytes as text of RFC 4648 section 4, and back. No I/O.
 */
#ifndef COMMON_BASE_BASE64_H
#define COMMON_BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Room for the text of so many bytes, with a NUL. */
#define BASE64_TEXT_BYTES(length) (((length) + 2) / 3 * 4 + 1)

/* Writes all of it and a NUL; returns text. */
char *base64_encode(char *text, const void *data, size_t length);

/*
 * Reads a text with its padding, and no blanks in it. False, *why saying so
 * without any of the text, where it is none or stands for more bytes than
 * capacity.
 */
bool base64_decode(void *data, size_t capacity, size_t *length,
		   const char *text, size_t text_length, const char **why);

#endif
