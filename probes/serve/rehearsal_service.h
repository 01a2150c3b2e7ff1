/*
 * rehearsal_service.h - the end that listens when paths are tried before
 * installation: opens ports, and sends, as the other end has it do.
 *
 * Who has the one-time key is served, once; then the key is spent. Others are
 * heard only as far as the handshake, at most REHEARSAL_KNOCKS_MAX at a time
 * and for REHEARSAL_KNOCK_US each. Packets are sent to the address alone from
 * which the key came, or to one that the allow-list holds; strangers at the
 * ports that are open get no answer (trials.h).
 */
#ifndef PROBES_SERVE_REHEARSAL_SERVICE_H
#define PROBES_SERVE_REHEARSAL_SERVICE_H

#include "common/base/network.h"
#include "probes/channel.h"

#define REHEARSAL_KNOCKS_MAX 8
#define REHEARSAL_KNOCK_US   5000000
#define REHEARSAL_SILENCE_US                                                   \
	180000000 /* after which the served is given up                        \
		   */
#define REHEARSAL_BATCHES_MAX 4096

struct rehearsal_service {
	struct endpoint at;
	const struct channel_key *key;
	int64_t expiry_us;
	const struct network *allowed; /* whom to hear; none: anybody */
	size_t allowed_count;

	/* what goes on, for people; the first is called once it listens */
	void (*ready)(void *context, const struct endpoint *at);
	void (*note)(void *context, const struct address *whom,
		     const char *text);
	void *context;
};

enum rehearsal_service_end {
	REHEARSAL_SERVED,
	REHEARSAL_BROKEN_OFF,  /* the served hung up before the end */
	REHEARSAL_EXPIRED,     /* the time is up */
	REHEARSAL_STOPPED,     /* by a signal */
	REHEARSAL_CANNOT_BIND, /* *error, an errno */
};

enum rehearsal_service_end
rehearsal_serve(const struct rehearsal_service *service, int *error);

#endif
