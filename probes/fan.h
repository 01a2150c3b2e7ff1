/*
 * fan.h - many sockets of one check, of which the engine sees one: an epoll
 * descriptor in check->socket, readable when any of them is ready.
 *
 * The engine closes the epoll descriptor; the probe closes the others in
 * stop(). Nothing here blocks.
 */
#ifndef PROBES_FAN_H
#define PROBES_FAN_H

#include "probes/check.h"

#define FAN_READY_MAX 32

/* False with check->error (see dial.h) when there can be none. */
bool fan_open(struct check *check);

/* Whether the socket, known as index, can be waited for. */
bool fan_add_writer(struct check *check, int descriptor, unsigned index);
bool fan_add_reader(struct check *check, int descriptor, unsigned index);

/* The writer waits for what comes from now on. */
void fan_expect_answer(struct check *check, int descriptor, unsigned index);

/*
 * What became of a writer's connection over TCP: 0, and it waits for what
 * comes, or why there is none. The first that stands notes our source and
 * tcp.rtt_us, since the phase began.
 */
int fan_connected(struct check *check, int descriptor, unsigned index);

/* Which are ready; their number. */
unsigned fan_ready(struct check *check, unsigned ready[FAN_READY_MAX]);

/*
 * A socket on its way to an endpoint over TCP, or -1 with a negative errno in
 * *error where our own machine said no, a positive one where somebody refused
 * at once. hops limits how far packets go and asks for the error queue; 0: no
 * limit.
 */
int fan_connect(const struct endpoint *to, int hops, int *error);

/* Has packets of a socket die after so many hops, and tells who saw that. */
bool fan_limit_hops(int descriptor, int family, int hops);

#endif
