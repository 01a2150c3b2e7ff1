/*
 * mock.h - servers on loopback that behave in one way each, and a run of the
 * engine against them. Ephemeral ports; a thread a server.
 */
#ifndef TESTS_PROBES_MOCK_H
#define TESTS_PROBES_MOCK_H

#include "common/base/clock.h"
#include "probes/engine.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A step's time: where it should not matter, and where it is waited for. */
#define MOCK_TIMEOUT_US INT64_C(3000000)
#define MOCK_SILENCE_US INT64_C(400000)
#define MOCK_WAIT_MS	3000 /* a server gives up */

struct mock {
	int socket;
	struct endpoint endpoint;
	/* TCP: once a connection; UDP: once, with the socket itself. */
	void (*serve)(struct mock *mock, int descriptor);
	void *context;
	unsigned served;
	pthread_t thread;
	bool is_udp, is_running, is_ending;
};

static inline struct endpoint mock_bind(int descriptor, uint16_t port)
{
	struct sockaddr_in own = {.sin_family = AF_INET,
				  .sin_port = htons(port)};
	socklen_t size = sizeof(own);
	struct endpoint endpoint = {0};

	own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_return_code(bind(descriptor, (void *)&own, size), errno);
	assert_return_code(getsockname(descriptor, (void *)&own, &size), errno);
	endpoint_from_sockaddr(&endpoint, (void *)&own);
	return endpoint;
}

static inline void *mock_thread(void *context)
{
	struct mock *mock = context;
	int descriptor;

	if (mock->is_udp) {
		mock->serve(mock, mock->socket);
		return NULL;
	}
	while ((descriptor = accept(mock->socket, NULL, NULL)) >= 0) {
		mock->served++;
		mock->serve(mock, descriptor);
		close(descriptor);
	}
	return NULL;
}

static inline void mock_begin_at(struct mock *mock, int type, uint16_t port)
{
	mock->socket = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	mock->endpoint = mock_bind(mock->socket, port);
	mock->endpoint.name = "sip.contoso.com";
	mock->is_udp = type == SOCK_DGRAM;
	if (mock->is_udp)
		mock->endpoint.transport = TRANSPORT_UDP;
	else
		assert_return_code(listen(mock->socket, 16), errno);
	mock->is_running = true;
	assert_int_equal(pthread_create(&mock->thread, NULL, mock_thread, mock),
			 0);
}

static inline void mock_begin(struct mock *mock, int type)
{
	mock_begin_at(mock, type, 0);
}

static inline void mock_end(struct mock *mock)
{
	/* a UDP server looks at is_ending, a TCP server's accept() fails */
	__atomic_store_n(&mock->is_ending, true, __ATOMIC_RELAXED);
	shutdown(mock->socket, SHUT_RDWR);
	pthread_join(mock->thread, NULL);
	close(mock->socket);
}

/* False when the peer went away or said nothing for too long. */
static inline bool mock_readable(const struct mock *mock, int descriptor)
{
	struct pollfd waiting = {.fd = descriptor, .events = POLLIN};

	for (int i = 0; i < MOCK_WAIT_MS / 20; i++) {
		if (__atomic_load_n(&mock->is_ending, __ATOMIC_RELAXED))
			return false;
		if (poll(&waiting, 1, 20) > 0)
			return true;
	}
	return false;
}

/* Reads until the peer closes. */
static inline void mock_drain(struct mock *mock, int descriptor)
{
	char buffer[4096];

	while (mock_readable(mock, descriptor) &&
	       recv(descriptor, buffer, sizeof(buffer), 0) > 0)
		;
}

static inline void mock_say(int descriptor, const void *data, size_t length)
{
	ssize_t sent = send(descriptor, data, length, MSG_NOSIGNAL);

	(void)sent;
}

/* Ends a connection with RST. */
static inline void mock_reset(int descriptor)
{
	struct linger linger = {.l_onoff = 1};

	setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

/* --- behaviours that need no protocol --- */

static inline void serve_mute(struct mock *mock, int descriptor)
{
	mock_drain(mock, descriptor);
}

static inline void serve_reset(struct mock *mock, int descriptor)
{
	char byte;

	if (mock_readable(mock, descriptor) &&
	    recv(descriptor, &byte, 1, 0) == 1)
		mock_reset(descriptor);
}

static inline void serve_close(struct mock *mock, int descriptor)
{
	char buffer[4096];

	if (mock_readable(mock, descriptor) &&
	    recv(descriptor, buffer, sizeof(buffer), 0) > 0)
		shutdown(descriptor, SHUT_RDWR);
}

/* context: the text to say before anything was asked. */
static inline void serve_banner(struct mock *mock, int descriptor)
{
	mock_say(descriptor, mock->context, strlen(mock->context));
	mock_drain(mock, descriptor);
}

/* An address where nothing listens any more. */
static inline struct endpoint mock_nobody(enum transport transport)
{
	int type = transport == TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int descriptor = socket(AF_INET, type, 0);
	struct endpoint endpoint = mock_bind(descriptor, 0);

	close(descriptor);
	endpoint.transport = transport;
	endpoint.name = "sip.contoso.com";
	return endpoint;
}

/* --- a run of the engine --- */

struct trial {
	struct arena *arena;
	struct engine_settings settings;
	struct observation_list seen;
	struct engine *engine; /* while it runs */
	const char *why;       /* engine_new() failed */
	bool completed;
};

static inline void trial_observed(void *context, struct observation *seen)
{
	struct trial *trial = context;

	observation_list_add(trial->arena, &trial->seen, seen);
}

static inline void trial_begin(struct trial *trial)
{
	*trial = (struct trial){.arena = arena_new()};
	trial->settings = (struct engine_settings){
		.arena = trial->arena,
		.run = "5f0c9a1e",
		.vantage = VANTAGE_OUTSIDE,
		.timeout_us = MOCK_TIMEOUT_US,
		.deadline_us = 20 * CLOCK_SECOND_US,
		.observed = trial_observed,
		.context = trial,
	};
}

static inline void trial_run(struct trial *trial,
			     const struct check_spec *specs, size_t count)
{
	trial->engine = engine_new(&trial->settings, &trial->why);
	if (!trial->engine)
		return;
	trial->why = NULL;
	for (size_t i = 0; i < count; i++)
		engine_add(trial->engine, &specs[i]);
	trial->completed = engine_run(trial->engine);
	engine_free(trial->engine);
	trial->engine = NULL;
}

/* One check; the first observation. */
static inline const struct observation *
trial_one(struct trial *trial, const char *probe,
	  const struct endpoint *endpoint)
{
	struct check_spec *spec = arena_alloc(trial->arena, sizeof(*spec));

	spec->probe = probe;
	spec->endpoint = *endpoint;
	spec->subject = "-";
	trial_run(trial, spec, 1);
	assert_null(trial->why);
	assert_true(trial->seen.count > 0);
	return trial->seen.items[0];
}

static inline void trial_end(struct trial *trial)
{
	arena_free(trial->arena);
}

static inline void assert_outcome(const struct observation *seen,
				  enum outcome outcome)
{
	if (seen->outcome != outcome)
		print_error("%s: %s (%s)\n", seen->probe,
			    outcome_name(seen->outcome), seen->detail);
	assert_int_equal(seen->outcome, outcome);
}

static inline void assert_fact(const struct observation *seen, const char *key,
			       const char *text)
{
	const char *found = observation_text(seen, key);

	if (!found)
		print_error("no fact %s\n", key);
	assert_non_null(found);
	assert_string_equal(found, text);
}

static inline void assert_number(const struct observation *seen,
				 const char *key, int64_t number)
{
	if (!observation_fact(seen, key))
		print_error("no fact %s\n", key);
	assert_non_null(observation_fact(seen, key));
	assert_int_equal(observation_number(seen, key, -1), number);
}

#endif
