/*
 * publisher.h - the website of a throw-away authority: its revocation lists,
 * its OCSP responder and its certificates, over HTTP.
 *
 * NAME.crl, NAME.ocsp (POST) and NAME.cer of "intermediate", "root" and
 * "stranger"; below stale/, foreign/ and unknown/ what is wrong on purpose.
 */
#ifndef PROBES_SERVE_PUBLISHER_H
#define PROBES_SERVE_PUBLISHER_H

#include "common/model/endpoint.h"
#include "probes/serve/authority.h"

struct event_base;
struct publisher;

/*
 * Listens at local, in the namespace of bound_open(), and serves in base's
 * loop. NULL with *error, an errno,
 * when the address cannot be bound. The authority is borrowed.
 */
struct publisher *publisher_new(struct event_base *base,
				const struct authority *authority,
				const struct endpoint *local, int netns,
				int *error);
void publisher_free(struct publisher *publisher); /* accepts NULL */

#endif
