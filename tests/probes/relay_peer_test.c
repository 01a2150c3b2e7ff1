#include "probes/relay_peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 2000

/*
 * Streams
 */

static const size_t lengths[] = {ECHO_BYTES, ECHO_BYTES_MAX, 172, 100};
#define LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

/* Packets that tell themselves apart, each after its length. */
static size_t make_stream(uint8_t *data)
{
	size_t length = 0;

	for (size_t i = 0; i < LENGTHS; i++) {
		data[length++] = (uint8_t)(lengths[i] >> 8);
		data[length++] = (uint8_t)lengths[i];
		memset(data + length, (int)(i + 1), lengths[i]);
		length += lengths[i];
	}
	return length;
}

static size_t take_whole(struct echo_stream *stream, size_t taken)
{
	uint8_t buffer[ECHO_BYTES_MAX], expected[ECHO_BYTES_MAX];
	size_t size;

	while ((size = echo_stream_take(stream, buffer))) {
		assert_true(taken < LENGTHS);
		assert_int_equal(size, lengths[taken]);
		memset(expected, (int)++taken, size);
		assert_memory_equal(buffer, expected, size);
	}
	return taken;
}

static void streams_that_are_cut_anywhere_come_whole(void **state)
{
	uint8_t data[LENGTHS * (ECHO_PREFIX_BYTES + ECHO_BYTES_MAX)];
	size_t length = make_stream(data);

	(void)state;
	for (size_t step = 1; step <= ECHO_BYTES_MAX; step++) {
		struct echo_stream stream = {.length = 0};
		size_t taken = 0;

		for (size_t at = 0; at < length; at += step) {
			echo_stream_put(&stream, data + at,
					length - at < step ? length - at
							   : step);
			taken = take_whole(&stream, taken);
		}
		assert_int_equal(taken, LENGTHS);
		assert_int_equal(stream.length, 0);
	}
}

static void put_length(struct echo_stream *stream, size_t length)
{
	const uint8_t prefix[] = {(uint8_t)(length >> 8), (uint8_t)length};

	echo_stream_put(stream, prefix, sizeof(prefix));
}

static void a_length_that_is_a_lie_empties_the_stream(void **state)
{
	static const size_t lies[] = {0, 1, ECHO_BYTES - 1, ECHO_BYTES_MAX + 1,
				      65535};
	uint8_t buffer[ECHO_BYTES_MAX] = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct echo_stream stream = {.length = 0};

		put_length(&stream, lies[i]);
		echo_stream_put(&stream, buffer, ECHO_BYTES);
		assert_int_equal(echo_stream_take(&stream, buffer), 0);
		assert_int_equal(stream.length, 0);
		put_length(&stream, ECHO_BYTES);
		echo_stream_put(&stream, buffer, ECHO_BYTES);
		assert_int_equal(echo_stream_take(&stream, buffer), ECHO_BYTES);
	}
}

static void what_does_not_fit_empties_the_stream(void **state)
{
	static const uint8_t data[PEER_STREAM_MAX + 1];
	struct echo_stream stream = {.length = 0};
	uint8_t buffer[ECHO_BYTES_MAX];

	(void)state;
	echo_stream_put(&stream, data, sizeof(data));
	assert_int_equal(stream.length, 0);
	put_length(&stream, ECHO_BYTES_MAX);
	echo_stream_put(&stream, data, PEER_STREAM_MAX - ECHO_PREFIX_BYTES);
	assert_int_equal(stream.length, PEER_STREAM_MAX);
	echo_stream_put(&stream, data, 1);
	assert_int_equal(stream.length, 0);
	assert_int_equal(echo_stream_take(&stream, buffer), 0);
}

/*
 * Sockets
 */

static const struct endpoint here = {.address = {AF_INET, {127, 0, 0, 1}}};

static struct relay_path path_of(void)
{
	struct relay_path path = {.session = {1}};

	memset(path.key, 7, sizeof(path.key));
	return path;
}

static void wait_for(int descriptor)
{
	struct pollfd ready = {.fd = descriptor, .events = POLLIN};

	assert_int_equal(poll(&ready, 1, WAIT_MS), 1);
}

static int relay_socket(int type, const struct endpoint *peer)
{
	struct sockaddr_storage name;
	socklen_t size = endpoint_to_sockaddr(peer, &name);
	int descriptor = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_true(descriptor >= 0);
	assert_int_equal(connect(descriptor, (struct sockaddr *)&name, size),
			 0);
	return descriptor;
}

static void a_second_socket_answers_over_udp(void **state)
{
	struct relay_peer peer = {.is_tcp = false};
	struct relay_path path = path_of();
	uint8_t packet[ECHO_BYTES];
	struct check check = {0};
	bool has_status = false;
	int relay;

	(void)state;
	assert_true(relay_peer_open(&check, &peer, &here));
	relay = relay_socket(SOCK_DGRAM, &peer.address);
	assert_int_equal(send(relay, "noise", 5, 0), 5);
	relay_path_ask(&path, packet, sizeof(packet), 1);
	assert_int_equal(send(relay, packet, sizeof(packet), 0), ECHO_BYTES);
	wait_for(peer.descriptor);
	relay_peer_work(&peer, &path, &has_status);
	assert_int_equal(path.out, 1);
	assert_false(has_status);
	wait_for(relay);
	assert_int_equal(recv(relay, packet, sizeof(packet), 0), ECHO_BYTES);
	assert_true(relay_path_hear(&path, packet, sizeof(packet), 2));
	assert_int_equal(recv(relay, packet, sizeof(packet), MSG_DONTWAIT), -1);
	close(relay);
	relay_peer_close(&peer);
}

static void read_all(int descriptor, uint8_t *buffer, size_t length)
{
	for (size_t got = 0; got < length;) {
		ssize_t size;

		wait_for(descriptor);
		size = recv(descriptor, buffer + got, length - got, 0);
		assert_true(size > 0);
		got += (size_t)size;
	}
}

static void accept_relay(struct relay_peer *peer)
{
	wait_for(peer->descriptor);
	assert_true(relay_peer_accept(peer) >= 0);
}

static void a_second_socket_answers_over_tcp(void **state)
{
	uint8_t packet[ECHO_PREFIX_BYTES + ECHO_BYTES] = {0, ECHO_BYTES};
	struct relay_peer peer = {.is_tcp = true};
	struct relay_path path = path_of();
	struct check check = {0};
	bool has_status = false;
	int relay;

	(void)state;
	assert_true(relay_peer_open(&check, &peer, &here));
	relay = relay_socket(SOCK_STREAM, &peer.address);
	accept_relay(&peer);
	relay_path_ask(&path, packet + ECHO_PREFIX_BYTES, ECHO_BYTES, 1);
	assert_int_equal(send(relay, packet, sizeof(packet), 0),
			 sizeof(packet));
	while (!path.out) {
		wait_for(peer.connection);
		relay_peer_work(&peer, &path, &has_status);
	}
	read_all(relay, packet, sizeof(packet));
	assert_int_equal(packet[1], ECHO_BYTES);
	assert_true(relay_path_hear(&path, packet + ECHO_PREFIX_BYTES,
				    ECHO_BYTES, 2));
	close(relay);
	wait_for(peer.connection);
	relay_peer_work(&peer, &path, &has_status);
	assert_int_equal(peer.connection, -1);
	relay_peer_close(&peer);
}

/* Sends a question over a connection, and sees it answered. */
static void speak_as_relay(int relay, struct relay_peer *peer,
			   struct relay_path *path)
{
	uint8_t packet[ECHO_PREFIX_BYTES + ECHO_BYTES] = {0, ECHO_BYTES};
	unsigned before = path->out;
	bool has_status = false;

	relay_path_ask(path, packet + ECHO_PREFIX_BYTES, ECHO_BYTES, 1);
	assert_int_equal(send(relay, packet, sizeof(packet), 0),
			 sizeof(packet));
	while (path->out == before) {
		wait_for(peer->connection);
		relay_peer_work(peer, path, &has_status);
	}
	read_all(relay, packet, sizeof(packet));
}

static void takes_one_relay_and_no_second(void **state)
{
	struct relay_peer peer = {.is_tcp = true};
	struct relay_path path = path_of();
	struct check check = {0};
	int first, second;
	char byte;

	(void)state;
	assert_true(relay_peer_open(&check, &peer, &here));
	first = relay_socket(SOCK_STREAM, &peer.address);
	accept_relay(&peer);
	speak_as_relay(first, &peer, &path);
	second = relay_socket(SOCK_STREAM, &peer.address);
	wait_for(peer.descriptor);
	assert_int_equal(relay_peer_accept(&peer), -1);
	wait_for(second);
	assert_int_equal(recv(second, &byte, 1, 0), 0);
	assert_int_equal(recv(first, &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close(first);
	close(second);
	relay_peer_close(&peer);
	assert_int_equal(peer.descriptor, -1);
	assert_int_equal(peer.connection, -1);
}

/* Anybody may connect: a stranger does not keep the relay out. */
static void a_stranger_gives_way_to_the_relay(void **state)
{
	struct relay_peer peer = {.is_tcp = true};
	struct relay_path path = path_of();
	struct check check = {0};
	bool has_status = false;
	int stranger, relay;
	char byte;

	(void)state;
	assert_true(relay_peer_open(&check, &peer, &here));
	stranger = relay_socket(SOCK_STREAM, &peer.address);
	accept_relay(&peer);
	assert_int_equal(send(stranger, "\0\xff half", 7, 0), 7);
	wait_for(peer.connection);
	relay_peer_work(&peer, &path, &has_status);
	relay = relay_socket(SOCK_STREAM, &peer.address);
	accept_relay(&peer);
	wait_for(stranger);
	assert_int_equal(recv(stranger, &byte, 1, 0), 0);
	speak_as_relay(relay, &peer, &path);
	close(stranger);
	close(relay);
	relay_peer_close(&peer);
}

#define MANY 500

static unsigned count_waiting(struct relay_peer *peer)
{
	struct relay_path path = path_of();
	bool has_status = false;
	unsigned turns = 0;
	char byte;

	while (recv(peer->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0) {
		relay_peer_work(peer, &path, &has_status);
		turns++;
	}
	return turns;
}

/* Else one who is faster than we are would have us for ever. */
static void works_for_a_while_and_not_until_all_is_done(void **state)
{
	struct relay_peer peer = {.is_tcp = false};
	struct check check = {0};
	int relay;

	(void)state;
	assert_true(relay_peer_open(&check, &peer, &here));
	relay = relay_socket(SOCK_DGRAM, &peer.address);
	for (unsigned i = 0; i < MANY; i++)
		(void)!send(relay, "x", 1, MSG_DONTWAIT);
	wait_for(peer.descriptor);
	assert_true(count_waiting(&peer) > 1);
	close(relay);
	relay_peer_close(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_that_are_cut_anywhere_come_whole),
		cmocka_unit_test(a_length_that_is_a_lie_empties_the_stream),
		cmocka_unit_test(what_does_not_fit_empties_the_stream),
		cmocka_unit_test(a_second_socket_answers_over_udp),
		cmocka_unit_test(a_second_socket_answers_over_tcp),
		cmocka_unit_test(takes_one_relay_and_no_second),
		cmocka_unit_test(a_stranger_gives_way_to_the_relay),
		cmocka_unit_test(works_for_a_while_and_not_until_all_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
