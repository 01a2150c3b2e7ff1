/*
 * credentials_file.h - credentials of an A/V Edge in a file: who may read it,
 * reading, and writing a new one. See edgeprobe-credentials(5).
 */
#ifndef PROBES_CREDENTIALS_FILE_H
#define PROBES_CREDENTIALS_FILE_H

#include "common/base/arena.h"
#include "common/model/credentials.h"

/*
 * A regular file, a link to one included, that is ours or root's and that
 * nobody else may read or write. False with *why, from the arena, naming the
 * path and, where rights are the matter, the command that mends it.
 */
bool credentials_file_read(struct arena *arena, struct credentials *credentials,
			   const char *path, const char **why);

/*
 * Writes one that only we may read: aside, then renamed. What is there
 * already is replaced where it is such a file, else left alone: false with
 * *why, as in other trouble.
 */
bool credentials_file_write(struct arena *arena,
			    const struct credentials *credentials,
			    const char *path, const char **why);

#endif
