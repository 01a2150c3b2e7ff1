#include "common/base/dns_name.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define NAME_LENGTH_MAX 253 /* RFC 1035 2.3.4, as text without final dot */
#define LABEL_MAX	63
#define UNNAMED_BYTES	16

static const struct {
	uint16_t type;
	const char *name;
} type_names[] = {
	{DNS_A, "A"},	    {DNS_NS, "NS"},   {DNS_CNAME, "CNAME"},
	{DNS_SOA, "SOA"},   {DNS_PTR, "PTR"}, {DNS_TXT, "TXT"},
	{DNS_AAAA, "AAAA"}, {DNS_SRV, "SRV"},
};

#define TYPE_COUNT (sizeof(type_names) / sizeof(type_names[0]))

static const char *find_type_name(uint16_t type)
{
	for (size_t i = 0; i < TYPE_COUNT; i++) {
		if (type_names[i].type == type)
			return type_names[i].name;
	}
	return NULL;
}

const char *dns_type_name(uint16_t type)
{
	static char unnamed[UNNAMED_BYTES];
	const char *name = find_type_name(type);

	if (name)
		return name;
	snprintf(unnamed, sizeof(unnamed), "TYPE%u", type);
	return unnamed;
}

bool dns_type_is_known(uint16_t type)
{
	return find_type_name(type);
}

const char *dns_rcode_name(unsigned rcode)
{
	static const char *const names[] = {
		[0] = "NOERROR",  [1] = "FORMERR",  [2] = "SERVFAIL",
		[3] = "NXDOMAIN", [4] = "NOTIMP",   [5] = "REFUSED",
		[6] = "YXDOMAIN", [7] = "YXRRSET",  [8] = "NXRRSET",
		[9] = "NOTAUTH",  [10] = "NOTZONE",
	};
	static char unnamed[UNNAMED_BYTES];

	if (rcode < sizeof(names) / sizeof(names[0]))
		return names[rcode];
	snprintf(unnamed, sizeof(unnamed), "RCODE%u", rcode);
	return unnamed;
}

static bool label_is_lawful(const char *label, size_t length)
{
	if (length == 0 || length > LABEL_MAX)
		return false;
	for (size_t i = 0; i < length; i++) {
		if (label[i] <= ' ' || label[i] >= 0x7f || label[i] == '\\')
			return false;
	}
	return true;
}

bool dns_name_is_lawful(const char *name)
{
	const char *label = name;
	size_t length = strlen(name);

	if (length && name[length - 1] == '.')
		length--;
	if (length == 0 || length > NAME_LENGTH_MAX || name[length - 1] == '.')
		return false;
	while (label < name + length) {
		size_t size = strcspn(label, ".");

		if (!label_is_lawful(label, size))
			return false;
		label += size + 1;
	}
	return true;
}

char *dns_reverse_name(char text[DNS_REVERSE_BYTES],
		       const struct address *address)
{
	const uint8_t *bytes = address->bytes;
	size_t length = 0;

	if (address->family == AF_INET) {
		snprintf(text, DNS_REVERSE_BYTES, "%u.%u.%u.%u.in-addr.arpa",
			 bytes[3], bytes[2], bytes[1], bytes[0]);
		return text;
	}
	for (size_t i = 16; i-- > 0;)
		length += (size_t)snprintf(
			text + length, DNS_REVERSE_BYTES - length, "%x.%x.",
			bytes[i] & 0x0fu, (unsigned)bytes[i] >> 4);
	snprintf(text + length, DNS_REVERSE_BYTES - length, "ip6.arpa");
	return text;
}
