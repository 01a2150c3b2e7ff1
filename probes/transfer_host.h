/*
 * transfer_host.h - where a URL's host is: pinned, overridden, written as an
 * address, or asked of our resolver (A and AAAA at once). Never blocks.
 */
#ifndef PROBES_TRANSFER_HOST_H
#define PROBES_TRANSFER_HOST_H

#include "probes/transfer.h"

struct transfer_host {
	const char *name; /* of the URL */
	uint16_t port;	  /* to connect to */
	struct address addresses[TRANSFER_ADDRESSES_MAX];
	size_t count;

	/* with count 0 */
	enum outcome outcome;
	const char *detail;
	bool is_unknown; /* DNS knows no address of that name */

	const struct transfer_settings *settings;
	void (*done)(void *context);
	void *context;
	struct lookup *lookups[2];
	size_t pending; /* lookups without an answer, and one for begin() */
};

/*
 * Begins; name and port are those of the URL. done(context) is called once,
 * perhaps before this returns, unless the host is dropped before.
 */
void transfer_host_begin(struct transfer_host *host,
			 const struct transfer_settings *settings,
			 const char *name, uint16_t port,
			 const struct endpoint *pinned,
			 void (*done)(void *context), void *context);

void transfer_host_drop(struct transfer_host *host);

#endif
