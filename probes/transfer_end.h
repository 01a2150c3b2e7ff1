/*
 * transfer_end.h - what libcurl's end of a transfer means: an outcome of the
 * product's list, the phase it ended in, and one clause.
 */
#ifndef PROBES_TRANSFER_END_H
#define PROBES_TRANSFER_END_H

#include "probes/transfer.h"

#include <curl/curl.h>

/* What the callbacks saw besides. */
struct transfer_seen {
	int own_error;	     /* errno of our own machine; 0: none */
	bool has_taken;	     /* take() had enough */
	bool is_head_cut;    /* more headers than are read */
	bool is_endless_tls; /* a handshake without end */
	size_t head_length;  /* bytes of headers, those of 100 Continue too */
	size_t body_max;
};

/* Fills in outcome, phase and detail; the answer's other fields are read. */
void transfer_end(struct arena *arena, struct transfer_answer *answer,
		  const struct transfer_seen *seen, CURL *easy, CURLcode code);

#endif
