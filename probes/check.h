/*
 * check.h - one check under way: what a probe's step() works on.
 *
 * A probe notes facts on the open observation, names the phase it enters and
 * ends with check_finish(). Nothing here waits or blocks.
 * Ownership: the engine makes checks and ends them; observations and state
 * live in the run's arena, the socket is closed by the engine.
 */
#ifndef PROBES_CHECK_H
#define PROBES_CHECK_H

#include "common/wire/tls.h"
#include "probes/engine.h"
#include "probes/probe.h"

#define CHECK_TEXT_MAX 4096 /* bytes of one text fact that are kept */

struct event;
struct resolver;
struct transfers;
struct crls;
struct trust;

struct check {
	const struct check_spec *spec;
	const struct probe *probe;
	void *state; /* probe->state_size bytes */

	const struct engine_settings *settings; /* arena, step timeout ... */
	struct resolver *resolver;
	struct transfers *transfers;
	struct crls *crls;
	struct trust *trust;
	void (*wake)(struct check *check); /* a library has an answer */

	int socket;	     /* -1: none; the engine waits on it */
	int error;	     /* see dial.h */
	const char *phase;   /* what a timeout will be blamed on */
	int64_t phase_us;    /* when it began */
	int64_t retry_us;    /* absolute; 0: none; see enum want */
	int64_t spare_us;    /* from when on nobody waits for it; 0: never */
	const char *subject; /* of the first observation */
	const char *source;  /* our address, once it is known; or "" */

	struct observation *open; /* the observation being made; or NULL */
	int64_t open_us;	  /* when it began, monotonic */
	bool finished;

	/* The engine's own. */
	unsigned *last_id;
	struct engine *engine;
	struct event *event;
	struct check *next;
	int64_t deadline_us; /* of the check */
	bool has_answer;     /* wake() was called */
	unsigned turns;	     /* it had so many */
};

/* Enters a phase: the step's deadline begins anew. */
void check_phase(struct check *check, const char *phase);

/* The same for one that began a while ago. */
void check_phase_since(struct check *check, const char *phase,
		       int64_t since_us);

/* Until when the phase may last; the check's deadline included. */
int64_t check_due_us(const struct check *check);

/* Seconds since the phase began, for details such as "in 3.1 s". */
double check_phase_s(const struct check *check);

/*
 * Opens an observation; none may be open. The name is that of the probe or,
 * where a check makes several, of the question.
 */
void observe_begin(struct check *check, const char *name, const char *subject);

/* The same for one that began a while ago. */
void observe_begin_since(struct check *check, const char *name,
			 const char *subject, int64_t since_us);

/*
 * Completes the open observation and hands it over. The detail is one clause
 * for people, NULL for none.
 */
void observe_end(struct check *check, enum outcome outcome, const char *detail,
		 ...) __attribute__((format(printf, 3, 4)));

/*
 * Ends the check, and the open observation with it. Where every check ends,
 * once. Returns WANT_NOTHING.
 */
enum want check_finish(struct check *check, enum outcome outcome,
		       const char *detail, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Facts of the open observation. The key must be declared in probe->facts,
 * which also tells its type. Text longer than CHECK_TEXT_MAX is cut; a NUL
 * within becomes \x00, so that no name can end early.
 */
void observe_text(struct check *check, const char *key, const char *text);
void observe_bytes(struct check *check, const char *key, const void *data,
		   size_t length);
void observe_number(struct check *check, const char *key, int64_t number);
void observe_flag(struct check *check, const char *key, bool flag);
void observe_address(struct check *check, const char *key,
		     const struct address *address, uint16_t port);

/* Notes peer.service, once: the peer was understood as that. */
void observe_service(struct check *check, enum wire_service service);

/* Notes peer.spoke, once. */
void observe_spoke(struct check *check);

/* The first bytes of a peer: peer.spoke, peer.service and peer.bytes. */
void observe_peer(struct check *check, const void *data, size_t length);

#endif
