/*
 * predicate.h - one row looked at in one place: the table of functions that
 * judging.tsv names. No I/O.
 *
 * A predicate reads observations and forms an opinion; judge.c makes it a
 * verdict (severity, need, ground). Everything lives in the run's arena.
 */
#ifndef COMMON_JUDGE_PREDICATE_H
#define COMMON_JUDGE_PREDICATE_H

#include "common/judge/verdict.h"
#include "common/model/deployment.h"
#include "common/plan/errand.h"

/* What is asked: a row, at a node, about a subject. */
struct inquiry {
	struct arena *arena;
	const struct deployment *deployment;
	const struct requirement *requirement;
	const char *node;	       /* "-" where the row has no listener */
	const char *subject;	       /* SIP domain or name; "-" */
	const struct target **targets; /* of the node, for its listeners */
	size_t target_count;
	const struct certificate *certificate; /* rows about each; or NULL */
	const struct errand **errands; /* rows that a run was sent for */
	size_t errand_count;
	const struct observation *host; /* rows about each; or NULL */
};

/*
 * What is thought of it. An opinion begins as unobserved without a reason,
 * which means that the ground is missing: nothing was there to be judged.
 */
struct opinion {
	enum state state;
	const char *because; /* NULL: the ground is missing */
	const char *cause;   /* id of a finding; NULL */
	bool could_not;	     /* not from here, with what was given */
	const char *where;   /* the endpoints at fault; NULL: those seen */
	const struct observation **observations;
	size_t observation_count, observation_capacity;
};

struct predicate {
	const char *name;
	void (*judge)(const struct inquiry *inquiry, struct opinion *opinion);
};

extern const struct predicate predicate_table[];
extern const size_t predicate_count;

const struct predicate *predicate_find(const char *name); /* NULL: none */

/* Forms an opinion; format gives its sentence. cause may be NULL. */
void opine(const struct inquiry *inquiry, struct opinion *opinion,
	   enum state state, const char *cause, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Adds evidence; NULL is ignored. */
void opinion_rest_on(const struct inquiry *inquiry, struct opinion *opinion,
		     const struct observation *observation);

/*
 * Takes other into opinion where it is worse, and its evidence in any case.
 * What was seen comes before what was not.
 */
void opinion_worst(const struct inquiry *inquiry, struct opinion *opinion,
		   const struct opinion *other);

/* "192.0.2.10:443" of a target, from the arena. */
const char *target_text(const struct inquiry *inquiry,
			const struct target *target);

/*
 * A connection that did not come to a conversation, as an opinion: blocked,
 * wrong or unobserved (product.md section 3). False when it did, or when
 * observation is NULL, which is unobserved.
 */
bool opine_unanswered(const struct inquiry *inquiry, struct opinion *opinion,
		      const struct target *target,
		      const struct observation *observation, const char *cause);

/*
 * What to say of silence (OUTCOME_NO_REPLY, OUTCOME_UNREACHABLE): whether it
 * may be this place's own, and where packets were last seen alive.
 */
const char *silence_text(const struct inquiry *inquiry, struct opinion *opinion,
			 const struct target *target,
			 const struct observation *observation);

/* What an errand's probe, or another at its endpoint, saw last; or NULL. */
const struct observation *errand_seen(const struct inquiry *inquiry,
				      const struct errand *errand,
				      const char *probe);

/* Makes the opinion worse where the connection has no TLS 1.2. */
void opine_tls_version(const struct inquiry *inquiry, struct opinion *opinion,
		       const struct observation *observation);

/* Whether the certificate that was seen holds what the name is an alias of. */
bool certificate_covers_alias(const struct inquiry *inquiry,
			      const struct observation *seen, const char *name);

/* Judges all errands of the inquiry and keeps the worst. */
void judge_reached(const struct inquiry *inquiry, struct opinion *opinion);

/* Of targets of several listeners, each by its own. */
void judge_client_ports(const struct inquiry *inquiry, struct opinion *opinion);

/* Each judges all targets of the inquiry and keeps the worst. */
void judge_access_sip(const struct inquiry *inquiry, struct opinion *opinion);
void judge_federation_sip(const struct inquiry *inquiry,
			  struct opinion *opinion);
void judge_sip_both_ways(const struct inquiry *inquiry,
			 struct opinion *opinion);
void judge_webconf_tls(const struct inquiry *inquiry, struct opinion *opinion);
void judge_av_relay(const struct inquiry *inquiry, struct opinion *opinion);
void judge_av_reply_source(const struct inquiry *inquiry,
			   struct opinion *opinion);
void judge_relay_allocates(const struct inquiry *inquiry,
			   struct opinion *opinion);
void judge_mras_grants(const struct inquiry *inquiry, struct opinion *opinion);
void judge_relay_address(const struct inquiry *inquiry,
			 struct opinion *opinion);
void judge_relay_path(const struct inquiry *inquiry, struct opinion *opinion);
void judge_relay_source(const struct inquiry *inquiry, struct opinion *opinion);
void judge_relay_unchanged(const struct inquiry *inquiry,
			   struct opinion *opinion);
void judge_relay_pair(const struct inquiry *inquiry, struct opinion *opinion);
void judge_relay_abuse(const struct inquiry *inquiry, struct opinion *opinion);

void judge_cert_sn(const struct inquiry *inquiry, struct opinion *opinion);
void judge_cert_san(const struct inquiry *inquiry, struct opinion *opinion);
void judge_cert_san_domain(const struct inquiry *inquiry,
			   struct opinion *opinion);
void judge_cert_covers_connected(const struct inquiry *inquiry,
				 struct opinion *opinion);
void judge_cert_chain(const struct inquiry *inquiry, struct opinion *opinion);
void judge_cert_assigned_access(const struct inquiry *inquiry,
				struct opinion *opinion);
void judge_cert_assigned_webconf(const struct inquiry *inquiry,
				 struct opinion *opinion);
void judge_cert_same_leaf(const struct inquiry *inquiry,
			  struct opinion *opinion);

void judge_cert_plain_names(const struct inquiry *inquiry,
			    struct opinion *opinion);
void judge_cert_san_count(const struct inquiry *inquiry,
			  struct opinion *opinion);
void judge_cert_san_order(const struct inquiry *inquiry,
			  struct opinion *opinion);
void judge_cert_wildcard_beside(const struct inquiry *inquiry,
				struct opinion *opinion);
void judge_cert_client_auth(const struct inquiry *inquiry,
			    struct opinion *opinion);
void judge_cert_key_kind(const struct inquiry *inquiry,
			 struct opinion *opinion);
void judge_tls_without_sni(const struct inquiry *inquiry,
			   struct opinion *opinion);
void judge_tls_versions(const struct inquiry *inquiry, struct opinion *opinion);
void judge_sip_schemes(const struct inquiry *inquiry, struct opinion *opinion);
void judge_sip_auth_version(const struct inquiry *inquiry,
			    struct opinion *opinion);
void judge_sip_sts(const struct inquiry *inquiry, struct opinion *opinion);
void judge_sip_same_version(const struct inquiry *inquiry,
			    struct opinion *opinion);
void judge_federation_partner(const struct inquiry *inquiry,
			      struct opinion *opinion);
void judge_access_soak(const struct inquiry *inquiry, struct opinion *opinion);
void judge_federation_issuers(const struct inquiry *inquiry,
			      struct opinion *opinion);
void judge_web_dns(const struct inquiry *inquiry, struct opinion *opinion);
void judge_web_https(const struct inquiry *inquiry, struct opinion *opinion);
void judge_web_http(const struct inquiry *inquiry, struct opinion *opinion);
void judge_web_name(const struct inquiry *inquiry, struct opinion *opinion);
void judge_web_answer(const struct inquiry *inquiry, struct opinion *opinion);
void judge_web_access_location(const struct inquiry *inquiry,
			       struct opinion *opinion);
void judge_web_links(const struct inquiry *inquiry, struct opinion *opinion);
void judge_web_host_domain(const struct inquiry *inquiry,
			   struct opinion *opinion);
void judge_web_user(const struct inquiry *inquiry, struct opinion *opinion);
void judge_web_certificate(const struct inquiry *inquiry,
			   struct opinion *opinion);
void judge_simple_url(const struct inquiry *inquiry, struct opinion *opinion);
/* Each judges the inquiry's certificate. */
void judge_revocation_cdp(const struct inquiry *inquiry,
			  struct opinion *opinion);
void judge_revocation_status(const struct inquiry *inquiry,
			     struct opinion *opinion);
void judge_revocation_reachable(const struct inquiry *inquiry,
				struct opinion *opinion);
void judge_revocation_staple(const struct inquiry *inquiry,
			     struct opinion *opinion);
void judge_revocation_issuer(const struct inquiry *inquiry,
			     struct opinion *opinion);

void judge_xmpp_stream(const struct inquiry *inquiry, struct opinion *opinion);
void judge_cert_xmpp_base(const struct inquiry *inquiry,
			  struct opinion *opinion);
void judge_cert_xmpp_name(const struct inquiry *inquiry,
			  struct opinion *opinion);
void judge_cert_xmpp_wildcard(const struct inquiry *inquiry,
			      struct opinion *opinion);

void judge_srv_sip_tls(const struct inquiry *inquiry, struct opinion *opinion);
void judge_srv_federation(const struct inquiry *inquiry,
			  struct opinion *opinion);
void judge_srv_xmpp(const struct inquiry *inquiry, struct opinion *opinion);
void judge_srv_same_domain(const struct inquiry *inquiry,
			   struct opinion *opinion);
void judge_same_version(const struct inquiry *inquiry, struct opinion *opinion);
void judge_inside_names(const struct inquiry *inquiry, struct opinion *opinion);
void judge_no_wildcard(const struct inquiry *inquiry, struct opinion *opinion);
void judge_resolvers(const struct inquiry *inquiry, struct opinion *opinion);
void judge_hosting(const struct inquiry *inquiry, struct opinion *opinion);
void judge_federation_identity(const struct inquiry *inquiry,
			       struct opinion *opinion);
void judge_equal_counts(const struct inquiry *inquiry, struct opinion *opinion);
void judge_webconf_apart(const struct inquiry *inquiry,
			 struct opinion *opinion);
void judge_xmpp_leftover(const struct inquiry *inquiry,
			 struct opinion *opinion);
void judge_a_access(const struct inquiry *inquiry, struct opinion *opinion);
void judge_a_webconf(const struct inquiry *inquiry, struct opinion *opinion);
void judge_a_av(const struct inquiry *inquiry, struct opinion *opinion);
void judge_a_xmpp(const struct inquiry *inquiry, struct opinion *opinion);
void judge_access_per_domain(const struct inquiry *inquiry,
			     struct opinion *opinion);
void judge_public_addresses(const struct inquiry *inquiry,
			    struct opinion *opinion);
void judge_one_a_per_node(const struct inquiry *inquiry,
			  struct opinion *opinion);
void judge_one_a_per_vip(const struct inquiry *inquiry,
			 struct opinion *opinion);
void judge_pool_size(const struct inquiry *inquiry, struct opinion *opinion);

/* The inquiry's errands, from the Edge's own place. */
void judge_sent(const struct inquiry *inquiry, struct opinion *opinion);

/* Each judges the inquiry's host, by its own facts. */
void judge_host_inner_gateway(const struct inquiry *inquiry,
			      struct opinion *opinion);
void judge_host_outer_gateway(const struct inquiry *inquiry,
			      struct opinion *opinion);
void judge_host_balancer_gateway(const struct inquiry *inquiry,
				 struct opinion *opinion);
void judge_host_inner_routes(const struct inquiry *inquiry,
			     struct opinion *opinion);
void judge_host_kept_routes(const struct inquiry *inquiry,
			    struct opinion *opinion);
void judge_host_primary(const struct inquiry *inquiry, struct opinion *opinion);
void judge_host_secondary(const struct inquiry *inquiry,
			  struct opinion *opinion);
void judge_host_networks(const struct inquiry *inquiry,
			 struct opinion *opinion);
void judge_host_private(const struct inquiry *inquiry, struct opinion *opinion);
void judge_access_source(const struct inquiry *inquiry,
			 struct opinion *opinion);
void judge_inside_without_vip(const struct inquiry *inquiry,
			      struct opinion *opinion);
void judge_inside_vip_apart(const struct inquiry *inquiry,
			    struct opinion *opinion);
void judge_vip_members(const struct inquiry *inquiry, struct opinion *opinion);

void judge_exposure(const struct inquiry *inquiry, struct opinion *opinion);

void judge_inside_sip(const struct inquiry *inquiry, struct opinion *opinion);
void judge_inside_tls(const struct inquiry *inquiry, struct opinion *opinion);
void judge_inside_https(const struct inquiry *inquiry, struct opinion *opinion);
void judge_inside_open(const struct inquiry *inquiry, struct opinion *opinion);
void judge_a_edge_internal(const struct inquiry *inquiry,
			   struct opinion *opinion);
void judge_inside_reverse(const struct inquiry *inquiry,
			  struct opinion *opinion);
void judge_cert_int_sn(const struct inquiry *inquiry, struct opinion *opinion);
void judge_cert_int_eku(const struct inquiry *inquiry, struct opinion *opinion);
void judge_cert_int_sound(const struct inquiry *inquiry,
			  struct opinion *opinion);
void judge_cert_int_assign(const struct inquiry *inquiry,
			   struct opinion *opinion);
void judge_cert_int_same(const struct inquiry *inquiry,
			 struct opinion *opinion);

#endif
