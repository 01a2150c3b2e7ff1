#include "common/wire/host_netlink.h"

#include "tests/common/wire/octets.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netconf.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* A datagram in the making. */
struct datagram {
	uint8_t data[1024];
	size_t length, message; /* where the last message begins */
};

static struct arena *arena;
static struct host host;

static void put(struct datagram *datagram, const void *data, size_t length)
{
	assert_true(datagram->length + length + 3 < sizeof(datagram->data));
	memcpy(datagram->data + datagram->length, data, length);
	datagram->length = NLMSG_ALIGN(datagram->length + length);
}

/* Its length grows with what is put in. */
static void end(struct datagram *datagram)
{
	uint32_t length = (uint32_t)(datagram->length - datagram->message);

	memcpy(datagram->data + datagram->message, &length, sizeof(length));
}

static void begin(struct datagram *datagram, uint16_t type, uint32_t sequence,
		  const void *body, size_t length)
{
	struct nlmsghdr head = {.nlmsg_type = type, .nlmsg_seq = sequence};

	datagram->message = datagram->length;
	put(datagram, &head, sizeof(head));
	put(datagram, body, length);
	end(datagram);
}

static void add(struct datagram *datagram, uint16_t type, const void *value,
		size_t length)
{
	struct rtattr head = {.rta_len = (uint16_t)(sizeof(head) + length),
			      .rta_type = type};

	put(datagram, &head, sizeof(head));
	put(datagram, value, length);
	end(datagram);
}

static void add_number(struct datagram *datagram, uint16_t type,
		       uint32_t number)
{
	add(datagram, type, &number, sizeof(number));
}

static void add_address(struct datagram *datagram, uint16_t type,
			const char *text)
{
	struct address address;

	assert_true(address_parse(text, &address));
	add(datagram, type, address.bytes, address.family == AF_INET ? 4 : 16);
}

static void done(struct datagram *datagram, uint32_t sequence)
{
	begin(datagram, NLMSG_DONE, sequence, "\0\0\0", 4);
}

static enum host_netlink take(unsigned number, const struct datagram *datagram,
			      size_t length)
{
	struct octets octets = octets_copy(datagram->data, length);
	enum host_netlink end_of_it =
		host_netlink_read(&host, number, octets.data, octets.length);

	free(octets.data);
	return end_of_it;
}

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	host = host_new(arena);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void put_address(struct datagram *datagram, const char *local,
			uint32_t flags)
{
	struct ifaddrmsg body = {
		.ifa_family = AF_INET, .ifa_prefixlen = 24, .ifa_index = 2};

	begin(datagram, RTM_NEWADDR, 2, &body, sizeof(body));
	add_address(datagram, IFA_ADDRESS, "192.0.2.99"); /* the other end */
	add_address(datagram, IFA_LOCAL, local);
	add_number(datagram, IFA_FLAGS, flags);
}

static void reads_interfaces(void **state)
{
	struct ifinfomsg body = {.ifi_index = 1, .ifi_flags = IFF_LOOPBACK};
	struct datagram datagram = {0};

	(void)state;
	begin(&datagram, RTM_NEWLINK, 1, &body, sizeof(body));
	add(&datagram, IFLA_IFNAME, "lo", 3);
	body = (struct ifinfomsg){.ifi_index = 2};
	begin(&datagram, RTM_NEWLINK, 1, &body, sizeof(body));
	add(&datagram, IFLA_IFNAME, "eth0", 5);
	assert_int_equal(take(0, &datagram, datagram.length),
			 HOST_NETLINK_MORE);
	datagram.length = 0;
	done(&datagram, 1);
	assert_int_equal(take(0, &datagram, datagram.length),
			 HOST_NETLINK_DONE);
	assert_int_equal(host.interface_count, 2);
	assert_true(host_interface(&host, 1)->is_loopback);
	assert_string_equal(host_interface(&host, 2)->name, "eth0");
	assert_false(host_interface(&host, 2)->is_loopback);
}

static void takes_the_first_address_for_the_primary_one(void **state)
{
	struct datagram datagram = {0};

	(void)state;
	put_address(&datagram, "192.0.2.10", 0);
	put_address(&datagram, "192.0.2.20", IFA_F_SECONDARY);
	/* of another network: the kernel does not call it secondary */
	put_address(&datagram, "203.0.113.30", 0);
	done(&datagram, 2);
	assert_int_equal(take(1, &datagram, datagram.length),
			 HOST_NETLINK_DONE);
	assert_int_equal(host.address_count, 3);
	assert_int_equal(host.addresses[0].rank, HOST_PRIMARY);
	assert_int_equal(host.addresses[0].bits, 24);
	assert_int_equal(host.addresses[1].rank, HOST_SECONDARY);
	assert_int_equal(host.addresses[2].rank, HOST_SECONDARY);
}

static void put_route(struct datagram *datagram, struct rtmsg body,
		      const char *gateway)
{
	body.rtm_family = AF_INET;
	body.rtm_type = body.rtm_type ? body.rtm_type : RTN_UNICAST;
	begin(datagram, RTM_NEWROUTE, 3, &body, sizeof(body));
	add_number(datagram, RTA_OIF, 2);
	add_number(datagram, RTA_PRIORITY, 100);
	if (body.rtm_dst_len)
		add_address(datagram, RTA_DST, "10.0.0.0");
	if (gateway)
		add_address(datagram, RTA_GATEWAY, gateway);
}

static void reads_routes_of_the_main_table(void **state)
{
	struct rtmsg body = {.rtm_table = RT_TABLE_MAIN};
	struct datagram datagram = {0};

	(void)state;
	put_route(&datagram, body, "192.0.2.1");
	body.rtm_dst_len = 8;
	body.rtm_protocol = RTPROT_STATIC;
	put_route(&datagram, body, "192.0.2.2");
	body.rtm_table = RT_TABLE_LOCAL;
	put_route(&datagram, body, NULL);
	body.rtm_table = RT_TABLE_MAIN;
	body.rtm_type = RTN_UNREACHABLE;
	put_route(&datagram, body, NULL);
	body.rtm_type = RTN_UNICAST;
	put_route(&datagram, body, NULL);
	add_number(&datagram, RTA_TABLE, 1000);
	done(&datagram, 3);
	assert_int_equal(take(2, &datagram, datagram.length),
			 HOST_NETLINK_DONE);
	assert_int_equal(host.route_count, 2);
	assert_true(host_route_is_default(&host.routes[0]));
	assert_int_equal(host.routes[0].keeping, HOST_KEEPING_UNKNOWN);
	assert_int_equal(host.routes[0].metric, 100);
	assert_int_equal(host.routes[1].network.bits, 8);
	assert_int_equal(host.routes[1].keeping, HOST_KEPT);
	assert_int_equal(host.routes[1].gateway.family, AF_INET);
}

static void reads_each_way_of_a_route(void **state)
{
	struct rtmsg body = {.rtm_table = RT_TABLE_MAIN};
	struct {
		struct rtnexthop hop;
		struct rtattr head;
		uint8_t gateway[4];
	} ways[2] = {0};
	struct datagram datagram = {0};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		ways[i].hop.rtnh_len = sizeof(ways[i]);
		ways[i].hop.rtnh_ifindex = (int)i + 4;
		ways[i].head =
			(struct rtattr){.rta_len = 8, .rta_type = RTA_GATEWAY};
		memcpy(ways[i].gateway, "\xc0\0\2\1", 4);
	}
	put_route(&datagram, body, NULL);
	add(&datagram, RTA_MULTIPATH, ways, sizeof(ways));
	take(2, &datagram, datagram.length);
	assert_int_equal(host.route_count, 2);
	assert_int_equal(host.routes[0].interface, 4);
	assert_int_equal(host.routes[1].interface, 5);
	assert_int_equal(host.routes[1].gateway.bytes[3], 1);
}

static void reads_forwarding_of_single_interfaces(void **state)
{
	struct netconfmsg body = {.ncm_family = AF_INET};
	struct datagram datagram = {0};

	(void)state;
	begin(&datagram, RTM_NEWNETCONF, 4, &body, sizeof(body));
	add_number(&datagram, NETCONFA_IFINDEX, (uint32_t)NETCONFA_IFINDEX_ALL);
	add_number(&datagram, NETCONFA_FORWARDING, 1);
	begin(&datagram, RTM_NEWNETCONF, 4, &body, sizeof(body));
	add_number(&datagram, NETCONFA_IFINDEX, 2);
	add_number(&datagram, NETCONFA_FORWARDING, 1);
	done(&datagram, 4);
	assert_int_equal(take(3, &datagram, datagram.length),
			 HOST_NETLINK_DONE);
	assert_int_equal(host.switch_count, 1);
	assert_int_equal(host.switches[0].interface, 2);
	assert_true(host.switches[0].is_on);
}

static void passes_answers_to_other_questions_over(void **state)
{
	struct datagram datagram = {0};

	(void)state;
	put_address(&datagram, "192.0.2.10", 0);
	done(&datagram, 2);
	assert_int_equal(take(0, &datagram, datagram.length),
			 HOST_NETLINK_MORE);
	assert_int_equal(host.address_count, 0);
}

static void says_when_the_kernel_refuses(void **state)
{
	struct nlmsgerr body = {.error = -EPERM};
	struct datagram datagram = {0};

	(void)state;
	begin(&datagram, NLMSG_ERROR, 1, &body, sizeof(body));
	assert_int_equal(take(0, &datagram, datagram.length),
			 HOST_NETLINK_BROKEN);
}

static void is_broken_by_every_truncation(void **state)
{
	struct rtmsg body = {.rtm_table = RT_TABLE_MAIN, .rtm_dst_len = 8};
	struct datagram datagram = {0};

	(void)state;
	put_route(&datagram, body, "192.0.2.1");
	for (size_t length = 1; length < datagram.length; length++)
		assert_int_equal(take(2, &datagram, length),
				 HOST_NETLINK_BROKEN);
	assert_int_equal(host.route_count, 0);
}

static void survives_lengths_that_lie(void **state)
{
	struct rtmsg body = {.rtm_table = RT_TABLE_MAIN, .rtm_dst_len = 8};

	(void)state;
	for (size_t at = 0; at < 80; at++)
		for (int value = 0; value < 256; value += 15) {
			struct datagram datagram = {0};

			put_route(&datagram, body, "192.0.2.1");
			done(&datagram, 3);
			datagram.data[at] = (uint8_t)value;
			take(2, &datagram, datagram.length);
		}
}

static void asks_each_question_in_turn(void **state)
{
	(void)state;
	for (unsigned i = 0; i < HOST_NETLINK_QUESTIONS; i++) {
		uint8_t question[HOST_NETLINK_QUESTION_BYTES];
		struct nlmsghdr head;
		size_t length = host_netlink_ask(question, i);

		memcpy(&head, question, sizeof(head));
		assert_true(head.nlmsg_len <= length);
		assert_int_equal(head.nlmsg_seq, i + 1);
		assert_int_equal(head.nlmsg_flags, NLM_F_REQUEST | NLM_F_DUMP);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_interfaces, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			takes_the_first_address_for_the_primary_one, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(reads_routes_of_the_main_table,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(reads_each_way_of_a_route,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			reads_forwarding_of_single_interfaces, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			passes_answers_to_other_questions_over, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(says_when_the_kernel_refuses,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(is_broken_by_every_truncation,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(survives_lengths_that_lie,
						set_up, tear_down),
		cmocka_unit_test(asks_each_question_in_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
