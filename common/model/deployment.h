/*
 * deployment.h - what is looked at: the topology, and what DNS said of it.
 * No I/O.
 *
 * plan, judge and report share it, so that the same observations always give
 * the same deployment, in whichever order they came.
 */
#ifndef COMMON_MODEL_DEPLOYMENT_H
#define COMMON_MODEL_DEPLOYMENT_H

#include "common/model/mission.h"
#include "common/model/observation.h"
#include "common/model/topology.h"

#define DEPLOYMENT_TARGETS_MAX	 256 /* addresses looked at in one run */
#define DEPLOYMENT_SRV_HOSTS_MAX 32  /* of one SRV name */
#define DEPLOYMENT_INSIDE_MAX	 32  /* names of Edges inside */

/* HOST:PORT:ADDR:PORT of --connect: where to really go. */
struct connect_override {
	const char *name;
	uint16_t port; /* 0: any */
	struct endpoint to;
};

#define DEPLOYMENT_CONTROLS_MAX 8

/* A place known to answer, of --control; not of the deployment. */
struct control_place {
	const char *text;	  /* as given */
	struct endpoint endpoint; /* family 0: name is to be looked up */
};

/* One listener at one address. */
struct target {
	enum listener listener;
	const char *node;	  /* node or VIP name, else address text */
	const char *name;	  /* service name, for SNI and SAN */
	struct endpoint endpoint; /* where to connect; after overrides */
	bool from_dns;		  /* an address that DNS gave */
	bool from_file;		  /* an address of the topology file */
	bool is_settled;	  /* no open question can rename or move it */
};

struct certificate;

/* How far the target's kind and SIP domains are known. */
enum discovery {
	DISCOVERY_PENDING, /* DNS questions are open */
	DISCOVERY_DONE,	   /* topology->domains is filled in */
	DISCOVERY_UNKNOWN, /* DNS answers, and knows no such domain */
	DISCOVERY_NO_DNS,  /* no resolver answered */
};

struct deployment {
	struct arena *arena;

	/* what was asked for; set these, then targets_update() */
	enum vantage vantage; /* inside: the listeners there are looked at */
	const char *asked;    /* name to find the SIP domain of; NULL: given */
	const char *const *inside_names; /* of Edges, by internal DNS */
	size_t inside_name_count;	 /* 0: the topology's internal name */
	const struct topology *given; /* with asked, domains are further ones */
	const struct connect_override *overrides;
	size_t override_count;
	const struct endpoint *resolvers; /* told, not the system's */
	size_t resolver_count;
	const struct control_place *controls;
	size_t control_count;
	int families;		 /* 0 both, else AF_INET or AF_INET6 alone */
	const char *from_domain; /* a partner that we can speak for; or NULL */
	bool has_credentials;	 /* of the A/V Edge */
	const char *mras_uri;	 /* where they can be asked for; or NULL */
	struct address my_addresses[2]; /* ours, seen from outside */
	const struct mission *mission;	/* of a run inside; NULL: none */
	const struct observation_list *observations;

	/* what finds them; NULL: they are gone through one by one */
	struct sightings *sightings;

	/* what follows from it */
	enum discovery discovery;
	struct topology *topology; /* given, with what was learnt */
	struct target *targets;
	size_t target_count, target_capacity;
	size_t doubtful_count; /* after them: targets, if the product has it */
	bool xmpp_in_doubt; /* no product is known yet, a record tells of it */
	bool targets_cut;   /* more than the maxima above */
	struct certificate **certificates; /* see certificates.h */
	size_t certificate_count, certificate_capacity;
	size_t certificates_read; /* observations looked through for them */
	const char **inferred;	  /* one sentence each, for the report */
	size_t inferred_count, inferred_capacity;
};

/* The DNS observation that answers (name, type), or NULL. */
const struct observation *deployment_dns(const struct deployment *deployment,
					 const char *name, uint16_t type);

/*
 * The first "dns.answer" fact of that question, or NULL when there is no
 * answer or no record; fact_next() gives the others.
 */
const struct fact *deployment_records(const struct deployment *deployment,
				      const char *name, uint16_t type);

/* Whether DNS answered with at least one record of the type. */
bool deployment_has_record(const struct deployment *deployment,
			   const char *name, uint16_t type);

/*
 * Whether a question is no longer open: it has ended somehow, or it is for a
 * name that nobody asks for.
 */
bool deployment_is_asked(const struct deployment *deployment, const char *name,
			 uint16_t type);

/* The same of both questions for the addresses of a name. */
bool deployment_addresses_asked(const struct deployment *deployment,
				const char *name);

/* Whether it answered with an IPv4 or IPv6 address. */
bool deployment_has_address(const struct deployment *deployment,
			    const char *name);

/* Whether DNS gives that address for the name. */
bool deployment_gives(const struct deployment *deployment, const char *name,
		      const struct address *address);

/* Observations of probe at the target's endpoint; subject NULL for any. */
const struct observation *deployment_seen(const struct deployment *deployment,
					  const struct target *target,
					  const char *probe,
					  const char *subject);

/* The last observation of probe at an address, whatever the port. */
const struct observation *
deployment_address_seen(const struct deployment *deployment,
			const struct address *address, const char *probe);

/* One SRV answer, "0 0 443 sip.contoso.com". */
struct srv {
	uint16_t priority, weight, port;
	const char *target; /* points into the fact; "." for none */
};

bool srv_parse(const char *answer, struct srv *srv);

/*
 * The hosts to go to of the SRV records of a name, in their order, at most
 * DEPLOYMENT_SRV_HOSTS_MAX; "." is none (RFC 2782). *cut is set when there
 * are more, else left alone; it may be NULL.
 */
size_t deployment_srv_hosts(const struct deployment *deployment,
			    const char *name,
			    struct srv hosts[DEPLOYMENT_SRV_HOSTS_MAX],
			    bool *cut);

/* Whether it names a host to go to. */
bool srv_offers(const struct srv *srv);

/* The domain after the first label, or NULL when it would be a top domain. */
const char *name_parent(const char *name);

#endif
