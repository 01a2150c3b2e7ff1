/*
 * certificates_wanted.h - the certificates that a deployment needs, from the
 * rows of certificates.tsv that apply to it. Pure.
 */
#ifndef COMMON_PLAN_CERTIFICATES_WANTED_H
#define COMMON_PLAN_CERTIFICATES_WANTED_H

#include "common/base/arena.h"
#include "common/model/topology.h"

/* Of each SIP domain up to three names, and those of the services. */
#define CERTIFICATE_NAMES_MAX (4 * TOPOLOGY_DOMAINS_MAX + 4)

struct certificate_wanted {
	const char *part;    /* "external", "internal", "xmpp" */
	const char *purpose; /* one sentence */
	const char *types;   /* of Request-CsCertificate */
	const char *subject;
	const char *names[CERTIFICATE_NAMES_MAX]; /* SAN, in their order */
	size_t name_count;			  /* 0: no SAN at all */
};

#define CERTIFICATES_WANTED_MAX 3

/*
 * Fills in those that the deployment needs and returns their number. The
 * internal one is left out where its name is not known.
 */
size_t certificates_wanted(struct arena *arena, const struct topology *topology,
			   struct certificate_wanted *wanted);

#endif
