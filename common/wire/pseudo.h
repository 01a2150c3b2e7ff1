/*
 * pseudo.h - pseudo-TLS: the fixed hellos before MSTURN over TCP. No I/O.
 *
 * Specification: [MS-TURN] 2.1.1. The exchange looks like TLS to firewalls;
 * nothing is encrypted. Time, random bytes and session id vary, everything
 * else is fixed.
 */
#ifndef COMMON_WIRE_PSEUDO_H
#define COMMON_WIRE_PSEUDO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PSEUDO_CLIENT_BYTES 50
#define PSEUDO_SERVER_BYTES                                                    \
	83 /* ServerHello and ServerHelloDone, one record                      \
	    */
#define PSEUDO_RANDOM_BYTES  28
#define PSEUDO_SESSION_BYTES 32

void pseudo_client_hello(uint8_t hello[PSEUDO_CLIENT_BYTES], uint32_t time_s,
			 const uint8_t random[PSEUDO_RANDOM_BYTES]);
void pseudo_server_hello(uint8_t hello[PSEUDO_SERVER_BYTES], uint32_t time_s,
			 const uint8_t random[PSEUDO_RANDOM_BYTES],
			 const uint8_t session[PSEUDO_SESSION_BYTES]);

/* Equal to the fixed bytes; what varies is not looked at. */
bool pseudo_client_matches(const uint8_t hello[PSEUDO_CLIENT_BYTES]);
bool pseudo_server_matches(const uint8_t hello[PSEUDO_SERVER_BYTES]);

/*
 * Whether length bytes can be the beginning of the hello: false as soon as
 * one cannot be, and when they are more than the hello has.
 */
bool pseudo_client_begins(const void *data, size_t length);
bool pseudo_server_begins(const void *data, size_t length);

#endif
