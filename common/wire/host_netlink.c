#include "common/wire/host_netlink.h"

#include <linux/if_addr.h>
#include <linux/netconf.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>

#define FIRST_SEQUENCE 1

static const struct {
	uint16_t type;
	uint8_t family;
} questions[HOST_NETLINK_QUESTIONS] = {
	{RTM_GETLINK, AF_UNSPEC},   {RTM_GETADDR, AF_UNSPEC},
	{RTM_GETROUTE, AF_UNSPEC},  {RTM_GETNETCONF, AF_INET},
	{RTM_GETNETCONF, AF_INET6},
};

size_t host_netlink_ask(uint8_t question[HOST_NETLINK_QUESTION_BYTES],
			unsigned number)
{
	struct rtgenmsg body = {.rtgen_family = questions[number].family};
	struct nlmsghdr head = {
		.nlmsg_len = NLMSG_LENGTH(sizeof(body)),
		.nlmsg_type = questions[number].type,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		.nlmsg_seq = FIRST_SEQUENCE + number,
	};

	memset(question, 0, HOST_NETLINK_QUESTION_BYTES);
	memcpy(question, &head, sizeof(head));
	memcpy(question + NLMSG_HDRLEN, &body, sizeof(body));
	return NLMSG_SPACE(sizeof(body));
}

/*
 * Messages and their attributes: a length, a type, then bytes, all in the
 * order of this machine and from multiples of four on
 */

struct span {
	const uint8_t *data;
	size_t length;
};

/* Cuts so many bytes off the front; false when there are fewer. */
static bool take(struct span *span, void *to, size_t length)
{
	size_t step = (length + 3) & ~(size_t)3;

	if (span->length < length)
		return false;
	memcpy(to, span->data, length);
	step = step < span->length ? step : span->length;
	span->data += step;
	span->length -= step;
	return true;
}

/* The next attribute; false at the end, or where a length is a lie. */
static bool next_attribute(struct span *span, struct rtattr *head,
			   struct span *value)
{
	size_t length, step;

	if (span->length < sizeof(*head))
		return false;
	memcpy(head, span->data, sizeof(*head));
	length = head->rta_len;
	if (length < sizeof(*head) || length > span->length)
		return false;
	head->rta_type = (uint16_t)(head->rta_type & NLA_TYPE_MASK);
	*value = (struct span){span->data + sizeof(*head),
			       length - sizeof(*head)};
	step = (length + 3) & ~(size_t)3;
	step = step < span->length ? step : span->length;
	span->data += step;
	span->length -= step;
	return true;
}

static bool value_u32(const struct span *value, uint32_t *number)
{
	if (value->length < sizeof(*number))
		return false;
	memcpy(number, value->data, sizeof(*number));
	return true;
}

static bool value_address(const struct span *value, int family,
			  struct address *address)
{
	size_t length = family == AF_INET ? 4 : 16;

	if (value->length != length)
		return false;
	*address = (struct address){.family = family};
	memcpy(address->bytes, value->data, length);
	return true;
}

static bool is_ip(int family)
{
	return family == AF_INET || family == AF_INET6;
}

/*
 * Messages, each a kind
 */

static void read_link(struct host *host, struct span span)
{
	struct ifinfomsg body;
	struct rtattr head;
	struct span value;
	char name[IFNAMSIZ + 1] = "";

	if (!take(&span, &body, sizeof(body)))
		return;
	while (next_attribute(&span, &head, &value))
		if (head.rta_type == IFLA_IFNAME && value.length < sizeof(name))
			memcpy(name, value.data, value.length);
	host_add_interface(host,
			   &(struct host_interface){
				   .index = (unsigned)body.ifi_index,
				   .name = name,
				   .is_loopback = body.ifi_flags & IFF_LOOPBACK,
			   });
}

static bool has_family(const struct host *host, unsigned interface, int family)
{
	for (size_t i = 0; i < host->address_count; i++)
		if (host->addresses[i].interface == interface &&
		    host->addresses[i].address.family == family)
			return true;
	return false;
}

/*
 * IPv4 has an order, in which the first is the primary one. IPv6 chooses by
 * RFC 6724; what is deprecated is never chosen.
 */
static enum host_rank rank_of(const struct host *host,
			      const struct host_address *one, uint32_t flags)
{
	if (one->address.family == AF_INET6)
		return flags & IFA_F_DEPRECATED ? HOST_SPARED : HOST_UNRANKED;
	return flags & IFA_F_SECONDARY ||
			       has_family(host, one->interface, AF_INET)
		       ? HOST_SECONDARY
		       : HOST_PRIMARY;
}

static void read_address(struct host *host, struct span span)
{
	struct ifaddrmsg body;
	struct host_address one = {0};
	struct rtattr head;
	struct span value;
	struct address address;
	uint32_t flags;
	bool is_local = false;

	if (!take(&span, &body, sizeof(body)) || !is_ip(body.ifa_family))
		return;
	flags = body.ifa_flags;
	while (next_attribute(&span, &head, &value)) {
		if (head.rta_type == IFA_FLAGS)
			value_u32(&value, &flags);
		/* of a line between two, IFA_ADDRESS is the other's */
		if ((head.rta_type != IFA_LOCAL &&
		     (head.rta_type != IFA_ADDRESS || is_local)) ||
		    !value_address(&value, body.ifa_family, &address))
			continue;
		one.address = address;
		is_local = head.rta_type == IFA_LOCAL;
	}
	if (!one.address.family)
		return;
	one.interface = body.ifa_index;
	one.bits = body.ifa_prefixlen;
	one.rank = rank_of(host, &one, flags);
	host_add_address(host, &one);
}

/*
 * Who put a route there: configuration (static), or somebody by hand (boot),
 * which scripts at the start of the host do as well.
 */
static enum host_keeping keeping_of(uint8_t protocol)
{
	return protocol == RTPROT_STATIC || protocol == RTPROT_KERNEL
		       ? HOST_KEPT
		       : HOST_KEEPING_UNKNOWN;
}

/* One of several ways of a route, which has attributes of its own. */
static void read_ways(struct host *host, struct host_route one,
		      struct span span)
{
	struct rtnexthop hop;
	struct rtattr head;
	struct span value;

	while (span.length >= sizeof(hop)) {
		struct span inner = span;
		size_t step;

		memcpy(&hop, span.data, sizeof(hop));
		if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > span.length)
			return;
		inner.length = hop.rtnh_len;
		take(&inner, &hop, sizeof(hop));
		one.interface = (unsigned)hop.rtnh_ifindex;
		one.gateway = (struct address){0};
		while (next_attribute(&inner, &head, &value))
			if (head.rta_type == RTA_GATEWAY)
				value_address(&value,
					      one.network.address.family,
					      &one.gateway);
		host_add_route(host, &one);
		step = ((size_t)hop.rtnh_len + 3) & ~(size_t)3;
		step = step < span.length ? step : span.length;
		span.data += step;
		span.length -= step;
	}
}

static bool is_wanted(const struct rtmsg *body)
{
	return is_ip(body->rtm_family) && body->rtm_type == RTN_UNICAST &&
	       !(body->rtm_flags & RTM_F_CLONED) &&
	       body->rtm_dst_len <= (body->rtm_family == AF_INET ? 32 : 128);
}

static void read_route(struct host *host, struct span span)
{
	struct rtmsg body;
	struct host_route one = {0};
	struct rtattr head;
	struct span value, ways = {0};
	uint32_t table, number;

	if (!take(&span, &body, sizeof(body)) || !is_wanted(&body))
		return;
	table = body.rtm_table;
	one.network.address.family = body.rtm_family;
	one.network.bits = body.rtm_dst_len;
	one.keeping = keeping_of(body.rtm_protocol);
	while (next_attribute(&span, &head, &value)) {
		if (head.rta_type == RTA_TABLE)
			value_u32(&value, &table);
		else if (head.rta_type == RTA_DST)
			value_address(&value, body.rtm_family,
				      &one.network.address);
		else if (head.rta_type == RTA_GATEWAY)
			value_address(&value, body.rtm_family, &one.gateway);
		else if (head.rta_type == RTA_OIF && value_u32(&value, &number))
			one.interface = number;
		else if (head.rta_type == RTA_PRIORITY &&
			 value_u32(&value, &number))
			one.metric = number;
		else if (head.rta_type == RTA_MULTIPATH)
			ways = value;
	}
	if (table != RT_TABLE_MAIN)
		return;
	if (ways.length)
		read_ways(host, one, ways);
	else
		host_add_route(host, &one);
}

/* Of all interfaces together, and of new ones, the index is negative. */
static void read_switch(struct host *host, struct span span)
{
	struct netconfmsg body;
	struct rtattr head;
	struct span value;
	uint32_t index = 0, forwarding = 0;
	bool is_told = false;

	if (!take(&span, &body, sizeof(body)) || !is_ip(body.ncm_family))
		return;
	while (next_attribute(&span, &head, &value)) {
		if (head.rta_type == NETCONFA_IFINDEX)
			value_u32(&value, &index);
		else if (head.rta_type == NETCONFA_FORWARDING)
			is_told = value_u32(&value, &forwarding);
	}
	if (!is_told || !index || index > INT32_MAX)
		return;
	host->has_switches = true;
	host_add_switch(host, &(struct host_forwarding){
				      .interface = index,
				      .family = body.ncm_family,
				      .is_on = forwarding != 0,
			      });
}

static void read_message(struct host *host, uint16_t type, struct span body)
{
	switch (type) {
	case RTM_NEWLINK:
		read_link(host, body);
		break;
	case RTM_NEWADDR:
		read_address(host, body);
		break;
	case RTM_NEWROUTE:
		read_route(host, body);
		break;
	case RTM_NEWNETCONF:
		read_switch(host, body);
		break;
	default:
		break;
	}
}

enum host_netlink host_netlink_read(struct host *host, unsigned number,
				    const void *data, size_t length)
{
	struct span span = {data, length};
	struct nlmsghdr head;

	while (span.length >= sizeof(head)) {
		struct span body = span;
		size_t step;

		memcpy(&head, span.data, sizeof(head));
		if (head.nlmsg_len < sizeof(head) ||
		    head.nlmsg_len > span.length)
			return HOST_NETLINK_BROKEN;
		body.length = head.nlmsg_len;
		take(&body, &head, sizeof(head));
		if (head.nlmsg_seq == FIRST_SEQUENCE + number) {
			if (head.nlmsg_type == NLMSG_DONE)
				return HOST_NETLINK_DONE;
			if (head.nlmsg_type == NLMSG_ERROR)
				return HOST_NETLINK_BROKEN;
			read_message(host, head.nlmsg_type, body);
		}
		step = ((size_t)head.nlmsg_len + 3) & ~(size_t)3;
		step = step < span.length ? step : span.length;
		span.data += step;
		span.length -= step;
	}
	return span.length ? HOST_NETLINK_BROKEN : HOST_NETLINK_MORE;
}
