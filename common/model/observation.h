/*
 * observation.h - what was seen: outcome, phase, typed facts, trace. No
 * opinion, no I/O (style.md sections 1 and 5).
 *
 * An observation and all it points to live in the run's arena.
 */
#ifndef COMMON_MODEL_OBSERVATION_H
#define COMMON_MODEL_OBSERVATION_H

#include "common/base/arena.h"
#include "common/model/endpoint.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A closed list; OUTCOME_LOCAL is our own trouble, never the Edge's fault. */
enum outcome {
	OUTCOME_ANSWERED,
	OUTCOME_REFUSED,
	OUTCOME_NO_REPLY,
	OUTCOME_UNREACHABLE,
	OUTCOME_RESET,
	OUTCOME_CLOSED,
	OUTCOME_ALERT,
	OUTCOME_GARBLED,
	OUTCOME_LOCAL,
	OUTCOME_COUNT
};

const char *outcome_name(enum outcome outcome); /* "no-reply" */
bool outcome_parse(const char *name, enum outcome *outcome);

enum vantage {
	VANTAGE_OUTSIDE,
	VANTAGE_INSIDE,
	VANTAGE_EDGE_HOST,
	VANTAGE_PCAP,
	VANTAGE_PLAN,
	VANTAGE_COUNT
};

const char *vantage_name(enum vantage vantage); /* "edge-host" */

enum fact_type {
	FACT_TEXT,    /* text, as it came: escape before showing */
	FACT_UINT,    /* number */
	FACT_INT,     /* number, may be negative */
	FACT_FLAG,    /* number: 0 or 1; JSON true or false */
	FACT_ADDRESS, /* text: an address, or address and port */
	FACT_BYTES,   /* text, length: any bytes; JSON base64 */
	FACT_TIME,    /* number: seconds since 1970 UTC; JSON RFC 3339 */
};

/* What a probe declares that it may observe; the last key is NULL. */
struct fact_def {
	const char *key; /* "turn.error_code" */
	enum fact_type type;
	const char *summary;
};

struct fact {
	struct fact *next;
	const char *key;
	enum fact_type type;
	const char *text; /* NUL-terminated beyond length */
	size_t length;
	int64_t number;
};

struct trace_step {
	struct trace_step *next;
	int64_t at_us; /* since the observation began */
	const char *phase;
};

struct observation {
	const char *run; /* id of the run */
	unsigned id;	 /* unique in the run, from 1 */
	const char *probe;
	enum vantage vantage;
	const char *source;  /* address we spoke from; "" when unknown */
	int64_t wall_us;     /* when it began */
	const char *subject; /* SIP domain, host name; "-" where none */
	struct endpoint endpoint;
	enum outcome outcome;
	const char *phase;  /* where it ended: "connect", "handshake" ... */
	const char *detail; /* one clause for people; "" when none */
	int64_t duration_us;
	struct fact *facts; /* in the order seen; keys may repeat (lists) */
	struct trace_step *trace;
};

struct observation_list {
	struct observation **items;
	size_t count, capacity;
};

/* A new empty one: strings "", subject "-", outcome OUTCOME_LOCAL. */
struct observation *observation_new(struct arena *arena);
void observation_list_add(struct arena *arena, struct observation_list *list,
			  struct observation *observation);

/* Keys are literals or otherwise outlive the observation; data is copied. */
void observation_add_text(struct arena *arena, struct observation *observation,
			  const char *key, const char *text);
void observation_add_bytes(struct arena *arena, struct observation *observation,
			   const char *key, enum fact_type type,
			   const void *data, size_t length);
void observation_add_number(struct arena *arena,
			    struct observation *observation, const char *key,
			    enum fact_type type, int64_t number);
void observation_add_address(struct arena *arena,
			     struct observation *observation, const char *key,
			     const struct address *address, uint16_t port);
/* All facts whose keys begin with prefix, from another of the same run. */
void observation_add_facts_of(struct arena *arena,
			      struct observation *observation,
			      const struct observation *other,
			      const char *prefix);
void observation_add_trace(struct arena *arena, struct observation *observation,
			   int64_t at_us, const char *phase);

/* Whether it asked a resolver, at whose address the endpoint is. */
bool observation_is_dns(const struct observation *observation);

/* The first fact of that key, or NULL; fact_next() gives the following. */
const struct fact *observation_fact(const struct observation *observation,
				    const char *key);
const struct fact *fact_next(const struct fact *fact);

/* Shortcuts; NULL, fallback or false where the fact is missing. */
const char *observation_text(const struct observation *observation,
			     const char *key);
int64_t observation_number(const struct observation *observation,
			   const char *key, int64_t fallback);
bool observation_flag(const struct observation *observation, const char *key);

#endif
