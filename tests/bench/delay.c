/*
 * delay - a long line between two network interfaces, for measurements.
 *
 * usage: delay ONE OTHER MILLISECONDS FILE
 *
 * Carries every Ethernet frame from one interface to the other, in order, half
 * of the MILLISECONDS later, and so gives all that passes through a round trip
 * of that length. Runs until SIGTERM; then writes to FILE what passed: a line
 * "PROTOCOL CLIENT SERVER TURNS FIRST LAST" for each conversation that began
 * at ONE. TURNS counts how often it was answered upon what it had said: round
 * trips by causality, whatever the clock says; FIRST and LAST are the
 * milliseconds of its first frame and of the last that was answered. A line
 * "rounds N" says how many round trips followed upon one another in all
 * conversations together, each having begun upon all that was heard by then.
 *
 * Frames that bear no question or answer are carried and not counted: bare
 * acknowledgements, the end of a connection, what IPv6 says of itself.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX (sizeof(struct virtio_net_hdr) + 128 * 1024)
#define FLOWS_MAX 4096
#define BUFFER	  (16 * 1024 * 1024) /* of a socket, for bursts */

enum side { ONE, OTHER };

/* A frame under way, virtio_net_hdr first: checksums may be left to it. */
struct frame {
	struct frame *next;
	int64_t due_us;
	struct flow *flow; /* NULL: not counted */
	unsigned round;
	size_t length;
	uint8_t data[];
};

struct flow {
	uint8_t protocol;
	char client[INET6_ADDRSTRLEN + 8], server[INET6_ADDRSTRLEN + 8];
	unsigned turns;
	unsigned asked, heard; /* rounds of what came out at either end */
	bool has_spoken;       /* since it was last answered */
	bool has_ended;	       /* nothing more is heard */
	int64_t first_us, last_us, spoke_us;
};

struct line {
	int in, out;
	struct frame *head, **tail;
};

static struct line lines[2];
static struct flow flows[FLOWS_MAX];
static size_t flow_count;
static unsigned rounds; /* the highest that was answered */
static int64_t delay_us, begun_us;
static volatile sig_atomic_t is_over;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "delay: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void end(int number)
{
	(void)number;
	is_over = 1;
}

static int open_interface(const char *name)
{
	const struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int descriptor = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
	int one = 1, size = BUFFER;

	if (descriptor < 0 || !address.sll_ifindex ||
	    setsockopt(descriptor, SOL_PACKET, PACKET_VNET_HDR, &one,
		       sizeof(one)) < 0 ||
	    setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one,
		       sizeof(one)) < 0 ||
	    bind(descriptor, (const struct sockaddr *)&address,
		 sizeof(address)) < 0)
		fail(name);
	setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	return descriptor;
}

/* What of a frame tells who speaks to whom; false: it is not counted. */
struct label {
	int family;
	uint8_t protocol;
	const uint8_t *source, *destination;
	uint16_t source_port, destination_port;
	bool is_end, is_empty; /* of TCP */
};

static bool read_ports(struct label *label, const uint8_t *data, size_t length)
{
	const struct tcphdr *tcp = (const void *)data;
	uint16_t ports[2];

	if (length < sizeof(ports))
		return false;
	memcpy(ports, data, sizeof(ports));
	label->source_port = ntohs(ports[0]);
	label->destination_port = ntohs(ports[1]);
	if (label->protocol == IPPROTO_UDP)
		return true;
	if (label->protocol != IPPROTO_TCP || length < sizeof(*tcp))
		return false;
	label->is_end = tcp->fin || tcp->rst;
	label->is_empty = !tcp->syn && length <= (size_t)tcp->doff * 4;
	return true;
}

static bool read_label(struct label *label, const uint8_t *data, size_t length)
{
	const struct iphdr *four = (const void *)(data + ETH_HLEN);
	const struct ip6_hdr *six = (const void *)(data + ETH_HLEN);
	const struct ether_header *header = (const void *)data;
	uint16_t type;
	size_t used, whole;

	if (length < ETH_HLEN + sizeof(*six))
		return false;
	type = ntohs(header->ether_type);
	if (type == ETHERTYPE_IP) {
		*label = (struct label){
			.family = AF_INET,
			.protocol = four->protocol,
			.source = (const uint8_t *)&four->saddr,
			.destination = (const uint8_t *)&four->daddr,
		};
		used = (size_t)four->ihl * 4;
		whole = ntohs(four->tot_len);
	} else if (type == ETHERTYPE_IPV6) {
		*label = (struct label){
			.family = AF_INET6,
			.protocol = six->ip6_nxt,
			.source = (const uint8_t *)&six->ip6_src,
			.destination = (const uint8_t *)&six->ip6_dst,
		};
		used = sizeof(*six);
		whole = used + ntohs(six->ip6_plen);
	} else {
		return false;
	}
	/* frames may be padded, and longer than lengths can say */
	if (whole < used || ETH_HLEN + whole > length)
		whole = length - ETH_HLEN;
	return whole >= used &&
	       read_ports(label, data + ETH_HLEN + used, whole - used);
}

static void name_end(char *text, size_t size, int family,
		     const uint8_t *address, uint16_t port)
{
	char host[INET6_ADDRSTRLEN];

	inet_ntop(family, address, host, sizeof(host));
	snprintf(text, size, family == AF_INET6 ? "[%s]:%u" : "%s:%u", host,
		 port);
}

static struct flow *find_flow(const struct label *label, enum side side)
{
	struct flow sought = {.protocol = label->protocol};

	name_end(side == ONE ? sought.client : sought.server,
		 sizeof(sought.client), label->family, label->source,
		 label->source_port);
	name_end(side == ONE ? sought.server : sought.client,
		 sizeof(sought.client), label->family, label->destination,
		 label->destination_port);
	for (size_t i = flow_count; i-- > 0;) {
		if (flows[i].protocol == sought.protocol &&
		    strcmp(flows[i].client, sought.client) == 0 &&
		    strcmp(flows[i].server, sought.server) == 0)
			return &flows[i];
	}
	if (side == OTHER || flow_count == FLOWS_MAX)
		return NULL;
	/* it may have begun upon anything that was heard by now */
	sought.heard = rounds;
	sought.first_us = now_us();
	flows[flow_count] = sought;
	return &flows[flow_count++];
}

/* On entering the line. */
static void count_frame(struct frame *frame, enum side side)
{
	const size_t skip = sizeof(struct virtio_net_hdr);
	struct label label;
	struct flow *flow;

	if (!read_label(&label, frame->data + skip, frame->length - skip))
		return;
	flow = find_flow(&label, side);
	if (!flow || flow->has_ended)
		return;
	flow->has_ended = side == ONE && label.is_end;
	if (label.is_empty || label.is_end)
		return;
	frame->flow = flow;
	frame->round = side == ONE ? flow->heard + 1 : flow->asked;
	if (side == ONE) {
		flow->has_spoken = true;
		flow->spoke_us = now_us();
	} else if (flow->has_spoken) {
		flow->turns++;
		flow->has_spoken = false;
		flow->last_us = flow->spoke_us;
	}
}

/* On leaving it. */
static void note_frame(const struct frame *frame, enum side side)
{
	struct flow *flow = frame->flow;

	if (side == ONE && frame->round > flow->asked)
		flow->asked = frame->round;
	if (side == OTHER && frame->round > flow->heard)
		flow->heard = frame->round;
	if (side == OTHER && frame->round > rounds)
		rounds = frame->round;
}

static void take_in(enum side side)
{
	static uint8_t buffer[FRAME_MAX];
	struct line *line = &lines[side];
	struct frame *frame;
	ssize_t size;

	while ((size = recv(line->in, buffer, sizeof(buffer), 0)) > 0) {
		frame = calloc(1, sizeof(*frame) + (size_t)size);
		if (!frame)
			fail("memory");
		frame->due_us = now_us() + delay_us;
		frame->length = (size_t)size;
		memcpy(frame->data, buffer, (size_t)size);
		count_frame(frame, side);
		*line->tail = frame;
		line->tail = &frame->next;
	}
}

/* What is due comes out at the far end. */
static void let_out(enum side side)
{
	struct line *line = &lines[side];
	struct frame *frame;

	while ((frame = line->head) && frame->due_us <= now_us()) {
		if (write(line->out, frame->data, frame->length) < 0 &&
		    errno != ENETDOWN)
			fail("write");
		if (frame->flow)
			note_frame(frame, side);
		line->head = frame->next;
		if (!line->head)
			line->tail = &line->head;
		free(frame);
	}
}

static void wait_for_frames(const sigset_t *outside)
{
	struct pollfd set[2] = {{.fd = lines[ONE].in, .events = POLLIN},
				{.fd = lines[OTHER].in, .events = POLLIN}};
	int64_t left_us = INT64_MAX;
	struct timespec wait;

	for (size_t i = 0; i < 2; i++) {
		if (lines[i].head && lines[i].head->due_us < left_us)
			left_us = lines[i].head->due_us;
	}
	left_us -= left_us == INT64_MAX ? 0 : now_us();
	if (left_us < 0)
		left_us = 0;
	wait = (struct timespec){left_us / 1000000, left_us % 1000000 * 1000};
	if (ppoll(set, 2, left_us > 3600000000 ? NULL : &wait, outside) < 0 &&
	    errno != EINTR)
		fail("poll");
}

static void write_account(const char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		fail(path);
	fprintf(file, "rounds %u\n", rounds);
	for (size_t i = 0; i < flow_count; i++)
		fprintf(file, "%s %s %s %u %.3f %.3f\n",
			flows[i].protocol == IPPROTO_TCP ? "tcp" : "udp",
			flows[i].client, flows[i].server, flows[i].turns,
			(double)(flows[i].first_us - begun_us) / 1e3,
			(double)(flows[i].last_us - begun_us) / 1e3);
	if (fclose(file) != 0)
		fail(path);
}

int main(int argc, char **argv)
{
	const struct sigaction action = {.sa_handler = end};
	sigset_t ending, outside;

	if (argc != 5) {
		fprintf(stderr, "usage: delay ONE OTHER MILLISECONDS FILE\n");
		return 1;
	}
	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigprocmask(SIG_BLOCK, &ending, &outside);
	sigaction(SIGTERM, &action, NULL);
	lines[ONE].in = lines[OTHER].out = open_interface(argv[1]);
	lines[OTHER].in = lines[ONE].out = open_interface(argv[2]);
	lines[ONE].tail = &lines[ONE].head;
	lines[OTHER].tail = &lines[OTHER].head;
	delay_us = (int64_t)(strtod(argv[3], NULL) * 1000 / 2);
	begun_us = now_us();
	puts("ready");
	fflush(stdout);
	while (!is_over) {
		wait_for_frames(&outside);
		take_in(ONE);
		take_in(OTHER);
		let_out(ONE);
		let_out(OTHER);
	}
	write_account(argv[4]);
	return 0;
}
