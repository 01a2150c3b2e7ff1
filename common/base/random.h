/*
 * random.h - random numbers of the kernel, fit for keys and identifiers.
 */
#ifndef COMMON_BASE_RANDOM_H
#define COMMON_BASE_RANDOM_H

#include <stddef.h>

/* At most 256 bytes at a time; where there are none, the program ends. */
void random_fill(void *data, size_t length);

#endif
