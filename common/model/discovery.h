/*
 * discovery.h - what nobody told us: the SIP domain, names, product and kind
 * of a deployment, from what DNS and the servers say. No I/O.
 *
 * Each step works on deployment->topology and adds a sentence to
 * deployment->inferred for whatever it had to guess. Used by
 * targets_update() alone, but for the lists of names worth asking for.
 */
#ifndef COMMON_MODEL_DISCOVERY_H
#define COMMON_MODEL_DISCOVERY_H

#include "common/model/deployment.h"

/* Sets deployment->discovery and, when DISCOVERY_DONE, the SIP domains. */
void discovery_find_domains(struct deployment *deployment);

/* Fills in the names of the services that were not given. */
void discovery_find_names(struct deployment *deployment);

/*
 * Whether the name of a service can no longer change with answers that are
 * still to come from DNS; for Web Conferencing, its port as well.
 */
bool discovery_name_is_settled(const struct deployment *deployment,
			       enum service service);

/* Whether its port can no longer change, were that its name. */
bool discovery_webconf_port_is_settled(const struct deployment *deployment,
				       const char *name);

/* The port of Web Conferencing, were that its name: 444 on Access' address. */
uint16_t discovery_webconf_port(const struct deployment *deployment,
				const char *name);

void discovery_find_product(struct deployment *deployment);

/*
 * XMPP is on where the product has it and a name or record tells of it; in
 * doubt while no product is known.
 */
void discovery_find_xmpp(struct deployment *deployment);

/* Says that no Edge Server of one's own is there to be looked at. */
void discovery_tell_hosting(struct deployment *deployment);

/*
 * Where no file lists the features, people are taken to have phones; not in
 * an older run, in which lyncdiscover was never looked up.
 */
void discovery_find_mobility(struct deployment *deployment);

/* Says that there was more than is looked at. */
void discovery_tell_cut(struct deployment *deployment);

/* From the number of Access Edge addresses; needs the targets. */
void discovery_find_kind(struct deployment *deployment);

/* Says which host is judged, and as whom: of the Edge's own place. */
void discovery_tell_host(struct deployment *deployment);

/* Says what is taken for granted of an Edge that is seen from inside. */
void discovery_tell_inside(struct deployment *deployment);

/* The common names looked up beside the SRV records, best first. */
struct guess {
	enum service service;
	const char *label;
};

extern const struct guess guess_table[];
extern const size_t guess_count;

/*
 * Names in the certificates of the Access Edge that might be the Web
 * Conferencing Edge, sorted. One is believed only when its host shows the
 * very certificate of the Access Edge. Returns their number.
 */
#define DISCOVERY_CANDIDATES_MAX 16

size_t discovery_candidates(const struct deployment *deployment,
			    const char *names[DISCOVERY_CANDIDATES_MAX]);

#endif
