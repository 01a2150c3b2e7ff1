/*
 * hello.h - the first words of a connection, made by hand with random numbers
 * of their own: of TLS, and of the A/V Edge's pseudo TLS.
 *
 * Where no random numbers can be had, the program ends.
 * Specification: RFC 5246 7.4.1.2; [MS-TURN] 2.1.1.
 */
#ifndef PROBES_HELLO_H
#define PROBES_HELLO_H

#include "common/wire/pseudo.h"
#include "common/wire/tls_hello.h"
#include "probes/check.h"

/* For the check's endpoint, by its name. The length; 0: it does not fit. */
size_t hello_tls(const struct check *check, uint16_t version,
		 enum tls_offer offer, uint8_t buffer[TLS_HELLO_MAX]);

void hello_pseudo(uint8_t buffer[PSEUDO_CLIENT_BYTES]);

#endif
