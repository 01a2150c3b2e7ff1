/*
 * fuzz.h - what a fuzz target is: it takes any bytes and may not fall over.
 *
 * Each *_fuzz.c is built twice: with clang's libFuzzer by `make fuzz`, which
 * runs as long as one likes, and with drive.c for `make check-unit`, where it
 * gets its samples, always changed in the same ways, and the corpus.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fuzz_sample {
	const char *text; /* NULL ends the list */
	bool is_hex;	  /* of bytes, blanks between */
};

/* How drive.c uses it: some seconds at most. */
struct fuzz_target {
	const struct fuzz_sample *samples;
	unsigned rounds;      /* changes of each sample */
	size_t cut_bytes_max; /* corpus files up to here are also cut */
};

extern const struct fuzz_target fuzz_target;

/* The name is libFuzzer's. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

#endif
