/*
 * credentials_log.h - credentials in what a client wrote down. No I/O.
 *
 * A log (.uccapilog) holds SIP messages between lines of its own, and other
 * documents of XML. The response of an A/V Authentication service is told by
 * its namespace.
 */
#ifndef COMMON_MODEL_CREDENTIALS_LOG_H
#define COMMON_MODEL_CREDENTIALS_LOG_H

#include "common/model/credentials.h"

enum credentials_log {
	CREDENTIALS_LOG_GOOD,
	CREDENTIALS_LOG_BAD,  /* such a response, or its request, and no more */
	CREDENTIALS_LOG_NONE, /* nothing of the kind */
};

/*
 * Takes the last good response. How long its credentials hold is known only
 * where a Date header stands with it. CREDENTIALS_LOG_BAD with *why, about
 * the last bad one, valid until the next call.
 */
enum credentials_log credentials_log_read(struct credentials *credentials,
					  const char *text, size_t length,
					  const char **why);

/*
 * Text of UTF-16 with its byte order mark, from malloc and without it; what
 * is not ASCII becomes '?'. NULL where text is none. Somebody who is done with
 * it overwrites it.
 */
char *credentials_log_narrow(const char *text, size_t length,
			     size_t *narrow_length);

#endif
