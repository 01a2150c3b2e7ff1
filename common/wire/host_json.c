#include "common/wire/host_json.h"

#include "common/wire/host_text.h"

#include <jansson.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The document being read, and where in it. */
struct reading {
	struct host *host;
	const char *section; /* "NetRoute" */
	size_t entry;	     /* of the section, from 1 */
	const char *why;     /* the first trouble; NULL: none */
	struct host kept;    /* its routes: those of PersistentNetRoute */
};

static bool fail(struct reading *reading, const char *key, const char *what)
{
	if (!reading->why)
		reading->why = arena_format(
			reading->host->arena, "%s, entry %zu, %s: %s",
			reading->section, reading->entry, key, what);
	return false;
}

/*
 * Values, each in the ways that PowerShell has for it
 */

/* The first of two names that has a value which is not null. */
static const json_t *value_of(const json_t *entry, const char *key,
			      const char *other)
{
	const json_t *value = json_object_get(entry, key);

	if ((!value || json_is_null(value)) && other)
		value = json_object_get(entry, other);
	return value && !json_is_null(value) ? value : NULL;
}

/* A number, or a text that is one; false where it is neither. */
static bool is_number(const json_t *value, unsigned most, unsigned *number)
{
	const char *text = json_string_value(value);
	json_int_t read = -1;
	char *end;

	if (json_is_integer(value))
		read = json_integer_value(value);
	else if (text && *text >= '0' && *text <= '9') {
		read = strtoll(text, &end, 10);
		if (*end)
			return false;
	}
	if (read < 0 || read > (json_int_t)most)
		return false;
	*number = (unsigned)read;
	return true;
}

static bool read_number(struct reading *reading, const json_t *entry,
			const char *key, const char *other, unsigned most,
			unsigned *number)
{
	const json_t *value = value_of(entry, key, other);

	if (!value)
		return fail(reading, key, "missing");
	if (!is_number(value, most, number))
		return fail(reading, key, "not a number that it could be");
	return true;
}

/* Whether a value is one of an enumeration, by number or by word. */
static bool is_one(const json_t *value, unsigned number, const char *word)
{
	const char *text = json_string_value(value);
	unsigned read;

	if (is_number(value, UINT32_MAX, &read))
		return read == number;
	return text && strcasecmp(text, word) == 0;
}

static bool is_true(const json_t *value)
{
	return json_is_true(value) || is_one(value, 1, "True");
}

static const char *text_of(const json_t *entry, const char *key)
{
	const char *text = json_string_value(json_object_get(entry, key));

	return text && strlen(text) <= HOST_WORDS_MAX ? text : "";
}

/* "fe80::1%12": the zone is of that host alone. */
static bool read_address(struct reading *reading, const json_t *entry,
			 const char *key, struct address *address)
{
	const char *text = json_string_value(value_of(entry, key, NULL));
	char plain[ADDRESS_TEXT_BYTES];
	size_t length = text ? strcspn(text, "%") : 0;

	if (!text)
		return fail(reading, key, "missing, or no text");
	if (length >= sizeof(plain))
		return fail(reading, key, "not an address");
	memcpy(plain, text, length);
	plain[length] = '\0';
	if (!address_parse(plain, address))
		return fail(reading, key, "not an address");
	return true;
}

static bool read_interface(struct reading *reading, const json_t *entry,
			   unsigned *index)
{
	return read_number(reading, entry, "InterfaceIndex", "ifIndex",
			   UINT32_MAX, index);
}

static void name_interface(struct reading *reading, const json_t *entry,
			   const struct host_interface *one)
{
	struct host_interface named = *one;

	named.name = text_of(entry, "InterfaceAlias");
	if (!*named.name)
		named.name = text_of(entry, "ifAlias");
	host_add_interface(reading->host, &named);
}

/*
 * Sections: once an entry
 */

static bool is_loopback(const struct address *address)
{
	struct address six = {.family = AF_INET6, .bytes = {[15] = 1}};

	return (address->family == AF_INET && address->bytes[0] == 127) ||
	       address_equal(address, &six);
}

/* Get-NetIPAddress */
static bool read_ip_address(struct reading *reading, const json_t *entry)
{
	struct host_interface interface = {0};
	struct host_address one = {.rank = HOST_UNRANKED};
	unsigned most;

	if (!read_interface(reading, entry, &one.interface) ||
	    !read_address(reading, entry, "IPAddress", &one.address))
		return false;
	most = one.address.family == AF_INET ? 32 : 128;
	one.bits = most;
	if (value_of(entry, "PrefixLength", NULL) &&
	    !read_number(reading, entry, "PrefixLength", NULL, most, &one.bits))
		return false;
	if (is_true(json_object_get(entry, "SkipAsSource")))
		one.rank = HOST_SPARED;
	interface.index = one.interface;
	interface.is_loopback = is_loopback(&one.address);
	name_interface(reading, entry, &interface);
	host_add_address(reading->host, &one);
	return true;
}

static bool read_route_into(struct reading *reading, struct host *host,
			    const json_t *entry)
{
	const char *prefix =
		json_string_value(value_of(entry, "DestinationPrefix", NULL));
	struct host_route one = {0};
	const char *why;

	if (!read_interface(reading, entry, &one.interface))
		return false;
	if (!prefix)
		return fail(reading, "DestinationPrefix", "missing");
	if (!network_parse(prefix, &one.network, &why))
		return fail(reading, "DestinationPrefix", why);
	if (!read_address(reading, entry, "NextHop", &one.gateway))
		return false;
	/* 0.0.0.0 and :: stand for a network on the link */
	if (!address_is_host(&one.gateway))
		one.gateway = (struct address){0};
	if (value_of(entry, "RouteMetric", NULL) &&
	    !read_number(reading, entry, "RouteMetric", NULL, UINT32_MAX,
			 &one.metric))
		return false;
	host_add_route(host, &one);
	return true;
}

/* Get-NetRoute -PolicyStore ActiveStore */
static bool read_route(struct reading *reading, const json_t *entry)
{
	struct host_interface interface = {0};

	if (!read_route_into(reading, reading->host, entry) ||
	    !read_interface(reading, entry, &interface.index))
		return false;
	name_interface(reading, entry, &interface);
	return true;
}

/* Get-NetRoute -PolicyStore PersistentStore */
static bool read_kept_route(struct reading *reading, const json_t *entry)
{
	return read_route_into(reading, &reading->kept, entry);
}

/* Get-NetIPInterface: AF_INET is 2 there, AF_INET6 is 23. */
static bool read_ip_interface(struct reading *reading, const json_t *entry)
{
	const json_t *family = value_of(entry, "AddressFamily", NULL);
	const json_t *forwarding = value_of(entry, "Forwarding", NULL);
	struct host_interface interface = {0};
	struct host_forwarding one;

	if (!read_interface(reading, entry, &interface.index))
		return false;
	name_interface(reading, entry, &interface);
	if (!forwarding)
		return true;
	one = (struct host_forwarding){
		.interface = interface.index,
		.is_on = is_one(forwarding, 1, "Enabled"),
	};
	if (is_one(family, 2, "IPv4"))
		one.family = AF_INET;
	else if (is_one(family, 23, "IPv6"))
		one.family = AF_INET6;
	else
		return fail(reading, "AddressFamily", "neither IPv4 nor IPv6");
	host_add_switch(reading->host, &one);
	return true;
}

/* Values of MSFT_NetTCPConnection; others say nothing. */
static const struct {
	unsigned number;
	const char *word;
	enum host_link link;
} states[] = {
	{2, "Listen", HOST_LISTENS},
	{3, "SynSent", HOST_SENT},
	{5, "Established", HOST_ESTABLISHED},
};

static bool read_port(struct reading *reading, const json_t *entry,
		      const char *key, uint16_t *port)
{
	unsigned number;

	if (!read_number(reading, entry, key, NULL, UINT16_MAX, &number))
		return false;
	*port = (uint16_t)number;
	return true;
}

/* Get-NetTCPConnection */
static bool read_connection(struct reading *reading, const json_t *entry)
{
	const json_t *state = value_of(entry, "State", NULL);
	struct host_connection one = {.link = HOST_LINK_COUNT};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (is_one(state, states[i].number, states[i].word))
			one.link = states[i].link;
	if (one.link == HOST_LINK_COUNT)
		return true;
	if (!read_address(reading, entry, "LocalAddress", &one.local) ||
	    !read_port(reading, entry, "LocalPort", &one.local_port))
		return false;
	if (one.link != HOST_LISTENS &&
	    (!read_address(reading, entry, "RemoteAddress", &one.remote) ||
	     !read_port(reading, entry, "RemotePort", &one.remote_port)))
		return false;
	host_add_connection(reading->host, &one);
	return true;
}

/* Find-NetRoute gives the source and, in an entry of its own, the route. */
static bool read_source(struct reading *reading, const json_t *entry)
{
	struct address source;

	if (!value_of(entry, "IPAddress", NULL))
		return true;
	if (!read_address(reading, entry, "IPAddress", &source))
		return false;
	reading->host->sources[source.family == AF_INET6] = source;
	return true;
}

static const struct section {
	const char *name;
	bool (*read)(struct reading *reading, const json_t *entry);
} sections[] = {
	{"NetIPAddress", read_ip_address},
	{"NetRoute", read_route},
	{"PersistentNetRoute", read_kept_route},
	{"NetIPInterface", read_ip_interface},
	{"NetTCPConnection", read_connection},
	{"FindNetRoute", read_source},
};

#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

static bool read_entry(struct reading *reading, const struct section *section,
		       const json_t *entry)
{
	reading->entry++;
	if (json_is_null(entry)) /* what Select-Object makes of nothing */
		return true;
	if (!json_is_object(entry))
		return fail(reading, "the entry",
			    "no object: ConvertTo-Json needs a larger -Depth");
	return section->read(reading, entry);
}

/*
 * A list; one object where the list has one; and as Windows PowerShell may
 * wrap a list, {"value": [...], "Count": n}.
 */
static bool read_section(struct reading *reading, const struct section *section,
			 const json_t *value)
{
	const json_t *inner = json_object_get(value, "value");
	size_t count;

	reading->section = section->name;
	reading->entry = 0;
	if (json_is_array(inner))
		value = inner;
	count = json_array_size(value);
	if (!json_is_array(value))
		return read_entry(reading, section, value);
	for (size_t i = 0; i < count; i++)
		if (!read_entry(reading, section, json_array_get(value, i)))
			return false;
	return true;
}

/*
 * What follows from several entries
 */

static bool is_kept(const struct reading *reading, const struct host_route *one)
{
	for (size_t i = 0; i < reading->kept.route_count; i++) {
		const struct host_route *kept = &reading->kept.routes[i];

		if (kept->network.bits == one->network.bits &&
		    address_equal(&kept->network.address,
				  &one->network.address) &&
		    address_equal(&kept->gateway, &one->gateway))
			return true;
	}
	return false;
}

static void tell_kept_routes(struct reading *reading)
{
	struct host *host = reading->host;

	for (size_t i = 0; i < host->route_count; i++)
		host->routes[i].keeping = is_kept(reading, &host->routes[i])
						  ? HOST_KEPT
						  : HOST_VOLATILE;
}

static bool read_date(struct reading *reading, const json_t *value)
{
	const json_t *inner = json_object_get(value, "value");
	const char *text = json_string_value(inner ? inner : value);

	if (text && host_text_time(text, &reading->host->clock_us))
		return true;
	reading->why = "Date is no time with its offset from UTC";
	return false;
}

static bool read_document(struct reading *reading, const json_t *document)
{
	struct host *host = reading->host;
	const json_t *date = value_of(document, "Date", NULL);
	bool any = false;

	for (size_t i = 0; i < SECTIONS; i++) {
		const json_t *value =
			json_object_get(document, sections[i].name);

		any = any || value;
		if (value && !read_section(reading, &sections[i], value))
			return false;
	}
	if (!any) {
		reading->why = "none of the sections that edgecheck(1) names";
		return false;
	}
	host->name = arena_text(host->arena, text_of(document, "Computer"));
	host->has_kept =
		json_object_get(document, "PersistentNetRoute") != NULL;
	host->has_switches = host->switch_count > 0;
	host->has_links = json_object_get(document, "NetTCPConnection") != NULL;
	/* Get-NetIPAddress keeps no order: one without rival is known */
	host_rank_addresses(host);
	if (host->has_kept)
		tell_kept_routes(reading);
	return !date || read_date(reading, date);
}

/* A tree costs many times its text: what has too many values is none. */
static bool is_modest(const char *text, size_t length)
{
	size_t values = 0;

	for (size_t i = 0; i < length; i++)
		values += text[i] && strchr("{[,:", text[i]);
	return values <= HOST_JSON_VALUES_MAX;
}

static bool read_text(struct reading *reading, const char *text, size_t length)
{
	json_error_t error;
	json_t *tree = json_loadb(text, length, 0, &error);

	if (!tree) {
		reading->why = arena_format(reading->host->arena,
					    "line %d: not JSON: %s", error.line,
					    error.text);
		return false;
	}
	if (json_is_object(tree))
		read_document(reading, tree);
	else
		reading->why = "JSON, but no object";
	json_decref(tree);
	return !reading->why;
}

bool host_json_read(struct host *host, const void *data, size_t length,
		    const char **why)
{
	struct reading reading = {.host = host, .kept = host_new(host->arena)};
	const char *text;
	size_t size;

	*why = "larger than 8 MiB";
	if (length > HOST_JSON_BYTES_MAX)
		return false;
	text = host_text_plain(host->arena, data, length, &size, why);
	if (!text)
		return false;
	*why = "JSON with too many values";
	if (!is_modest(text, size))
		return false;
	read_text(&reading, text, size);
	*why = reading.why;
	return !reading.why;
}
