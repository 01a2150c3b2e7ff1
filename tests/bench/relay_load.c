/*
 * relay_load.c - work for a relay: many allocations, or many packets. Prints
 * what came of it as one line of JSON.
 *
 * usage: relay_load [option ...] churn | hold | leave | echo
 *
 * churn opens and releases, leave goes without releasing, hold says so and
 * waits to be killed. echo sends packets through one allocation to a peer of
 * ours, which sends them back the same way; so many are always under way.
 */
#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "probes/credentials_file.h"
#include "tests/bench/relay_client.h"

#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAMPLES_MAX 4000000
#define SILENCE_MS  200 /* then what is under way is lost */
#define STAMP_BYTES 13	/* one that no message begins with, number, time */

struct load {
	struct endpoint server, peer;
	struct credentials credentials;
	const char *mode;
	unsigned long count, batch, lifetime_s, size, window, milliseconds;
	bool is_standard, is_aimed;
};

static struct relay_client *client_of(const struct load *load)
{
	return relay_client_new(&load->server, load->is_standard,
				&load->credentials, (uint32_t)load->lifetime_s);
}

/* Allocations */

/* Opens a batch; clients has room for it. */
static void open_batch(const struct load *load, struct relay_client **clients,
		       size_t size)
{
	for (size_t i = 0; i < size; i++) {
		clients[i] = client_of(load);
		relay_client_ask(clients[i], TURN_ALLOCATE, NULL);
	}
}

static void close_batch(struct relay_client **clients, size_t size,
			bool releases)
{
	for (size_t i = 0; i < size; i++) {
		if (releases)
			relay_client_ask(clients[i], TURN_RELEASE, NULL);
		relay_client_free(clients[i]);
	}
}

static void run_churn(const struct load *load)
{
	bool releases = strcmp(load->mode, "leave") != 0;
	struct relay_client **clients =
		calloc(load->batch, sizeof(struct relay_client *));
	int64_t began_us = clock_now_us();

	if (!clients)
		die("out of memory");
	for (size_t done = 0; done < load->count; done += load->batch) {
		size_t left = load->count - done;
		size_t size = left < load->batch ? left : load->batch;

		open_batch(load, clients, size);
		if (strcmp(load->mode, "hold") == 0) {
			printf("held\n");
			fflush(stdout);
			pause();
		}
		close_batch(clients, size, releases);
	}
	free(clients);
	printf("{\"allocations\": %lu, \"seconds\": %.6f}\n", load->count,
	       (double)(clock_now_us() - began_us) / CLOCK_SECOND_US);
}

/* Packets */

struct echo {
	const struct load *load;
	struct relay_client *client;
	int peer;
	struct endpoint there;	/* where the peer is */
	uint32_t number, first; /* the next one, the first not given up */
	unsigned long under_way, lost;
	uint32_t *samples_us;
	size_t sample_count;
};

static int open_peer(struct endpoint *place)
{
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(place, &name);
	int peer = socket(place->address.family,
			  SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (peer < 0 || bind(peer, (struct sockaddr *)&name, size) < 0 ||
	    getsockname(peer, (struct sockaddr *)&name, &size) < 0 ||
	    !endpoint_from_sockaddr(place, (struct sockaddr *)&name))
		die("no peer: %s", strerror(errno));
	return peer;
}

static void send_one(struct echo *echo)
{
	uint8_t packet[MSTURN_MESSAGE_MAX] = {0};
	struct writer writer = writer_of(packet, sizeof(packet));
	int64_t now_us = clock_now_us();

	writer_u8(&writer, 0xff);
	writer_u32(&writer, echo->number++);
	writer_u32(&writer, (uint32_t)(now_us >> 32));
	writer_u32(&writer, (uint32_t)now_us);
	relay_client_send(echo->client, &echo->there, echo->load->is_aimed,
			  packet, echo->load->size);
	echo->under_way++;
}

static void answer_all(const struct echo *echo)
{
	uint8_t packet[MSTURN_MESSAGE_MAX];
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	ssize_t size;

	while ((size = recvfrom(echo->peer, packet, sizeof(packet), 0,
				(struct sockaddr *)&from, &length)) >= 0)
		sendto(echo->peer, packet, (size_t)size, 0,
		       (struct sockaddr *)&from, length);
}

static void take_back(struct echo *echo, const struct msturn_text *data)
{
	struct bytes bytes = bytes_of(data->data, data->length);
	uint32_t number;
	uint64_t sent_us;

	bytes_u8(&bytes);
	number = bytes_u32(&bytes);
	sent_us = (uint64_t)bytes_u32(&bytes) << 32;
	sent_us |= bytes_u32(&bytes);
	if (data->length != echo->load->size || number < echo->first)
		return; /* what asked for permission; or given up */
	echo->under_way--;
	if (echo->sample_count < SAMPLES_MAX)
		echo->samples_us[echo->sample_count++] =
			(uint32_t)((uint64_t)clock_now_us() - sent_us);
}

static void hear_all(struct echo *echo)
{
	struct msturn_text data;

	while (relay_client_hear(echo->client, &data))
		take_back(echo, &data);
}

static void give_up(struct echo *echo)
{
	echo->lost += echo->under_way;
	echo->under_way = 0;
	echo->first = echo->number;
}

static int64_t echo_until(struct echo *echo, int64_t end_us)
{
	struct pollfd waited[] = {
		{.fd = echo->client->line.descriptor, .events = POLLIN},
		{.fd = echo->peer, .events = POLLIN},
	};
	int64_t began_us = clock_now_us();

	while (clock_now_us() < end_us) {
		while (echo->under_way < echo->load->window)
			send_one(echo);
		if (poll(waited, 2, SILENCE_MS) == 0)
			give_up(echo);
		if (waited[1].revents)
			answer_all(echo);
		if (waited[0].revents)
			hear_all(echo);
	}
	return clock_now_us() - began_us;
}

static int compare(const void *one, const void *other)
{
	uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

	return a < b ? -1 : a > b;
}

static void print_echo(const struct echo *echo, int64_t taken_us)
{
	size_t count = echo->sample_count;
	const uint32_t *samples = echo->samples_us;

	if (!count)
		die("nothing came back");
	qsort(echo->samples_us, count, sizeof(*samples), compare);
	printf("{\"echoes\": %zu, \"lost\": %lu, \"seconds\": %.6f, "
	       "\"median_us\": %u, \"p99_us\": %u}\n",
	       count, echo->lost, (double)taken_us / CLOCK_SECOND_US,
	       samples[count / 2], samples[count * 99 / 100]);
}

static void run_echo(const struct load *load)
{
	struct echo echo = {
		.load = load,
		.client = client_of(load),
		.there = load->peer,
		.samples_us = calloc(SAMPLES_MAX, sizeof(uint32_t)),
	};
	int64_t taken_us;

	if (!echo.samples_us)
		die("out of memory");
	echo.peer = open_peer(&echo.there);
	relay_client_ask(echo.client, TURN_ALLOCATE, NULL);
	relay_client_permit(echo.client, &echo.there);
	if (load->is_aimed)
		relay_client_ask(echo.client, TURN_DESTINATION, &echo.there);
	taken_us = echo_until(
		&echo, clock_now_us() + (int64_t)load->milliseconds * 1000);
	relay_client_ask(echo.client, TURN_RELEASE, NULL);
	relay_client_free(echo.client);
	close(echo.peer);
	print_echo(&echo, taken_us);
	free(echo.samples_us);
}

/* What is asked for */

static const struct {
	const char *name;
	void (*run)(const struct load *load);
} modes[] = {
	{"churn", run_churn},
	{"hold", run_churn},
	{"leave", run_churn},
	{"echo", run_echo},
};

#define MODES (sizeof(modes) / sizeof(modes[0]))

static const struct argp_option options[] = {
	{"server", 's', "ADDRESS:PORT", 0, "the relay", 0},
	{"peer", 'P', "ADDRESS", 0, "where our peer stands", 0},
	{"tcp", 't', NULL, 0, "over TCP", 0},
	{"standard", 'S', NULL, 0, "speak standard TURN", 0},
	{"credentials", 'c', "FILE", 0, "who we are", 0},
	{"count", 'n', "NUMBER", 0, "allocations", 0},
	{"batch", 'b', "NUMBER", 0, "so many of them at a time", 0},
	{"lifetime", 'l', "SECONDS", 0, "that they are asked for", 0},
	{"size", 'z', "BYTES", 0, "of each packet", 0},
	{"window", 'w', "NUMBER", 0, "packets under way", 0},
	{"milliseconds", 'm', "NUMBER", 0, "of packets", 0},
	{"aimed", 'a', NULL, 0, "data beside the messages", 0},
	{0},
};

static unsigned long *number_of(struct load *load, int key)
{
	switch (key) {
	case 'n':
		return &load->count;
	case 'b':
		return &load->batch;
	case 'l':
		return &load->lifetime_s;
	case 'z':
		return &load->size;
	case 'w':
		return &load->window;
	case 'm':
		return &load->milliseconds;
	default:
		return NULL;
	}
}

static void take_endpoint(struct endpoint *endpoint, const char *text)
{
	const char *why;

	if (!endpoint_parse(text, 0, endpoint, &why))
		die("%s: %s", text, why);
}

static void take_credentials(struct load *load, const char *path)
{
	struct arena *arena = arena_new();
	const char *why;

	if (!credentials_file_read(arena, &load->credentials, path, &why))
		die("%s", why);
	arena_free(arena);
}

static error_t take_option(int key, char *text, struct argp_state *state)
{
	struct load *load = state->input;
	unsigned long *number = number_of(load, key);

	if (number)
		*number = strtoul(text, NULL, 10);
	else if (key == 's')
		take_endpoint(&load->server, text);
	else if (key == 'P')
		take_endpoint(&load->peer, text);
	else if (key == 't')
		load->server.transport = TRANSPORT_TCP;
	else if (key == 'S')
		load->is_standard = true;
	else if (key == 'c')
		take_credentials(load, text);
	else if (key == 'a')
		load->is_aimed = true;
	else if (key == ARGP_KEY_ARG)
		load->mode = text;
	else
		return ARGP_ERR_UNKNOWN;
	return 0;
}

static const struct argp argp = {options, take_option, "MODE", NULL,
				 NULL,	  NULL,	       NULL};

int main(int argc, char **argv)
{
	struct load load = {
		.server = {.transport = TRANSPORT_UDP},
		.peer = {.transport = TRANSPORT_UDP},
		.mode = "",
		.count = 1,
		.batch = 1,
		.lifetime_s = 60,
		.size = 172, /* of voice: 20 ms of G.711 in RTP */
		.window = 1,
		.milliseconds = 1000,
	};

	log_init("relay_load");
	argp_parse(&argp, argc, argv, 0, NULL, &load);
	if (!load.batch || load.size < STAMP_BYTES ||
	    load.size > MSTURN_MESSAGE_MAX)
		die("no such number");
	for (size_t i = 0; i < MODES; i++) {
		if (strcmp(load.mode, modes[i].name) == 0) {
			modes[i].run(&load);
			credentials_forget(&load.credentials);
			return 0;
		}
	}
	die("no mode \"%s\"", load.mode);
}
