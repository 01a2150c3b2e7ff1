#include "common/render/saved.h"

#include "common/base/clock.h"
#include "common/base/text.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct reader {
	struct arena *arena;
	struct saved *saved;
	bool (*type_of)(const char *key, enum fact_type *type);
	const char *why; /* the first trouble; NULL: none */
};

__attribute__((format(printf, 2, 3))) static bool fail(struct reader *reader,
						       const char *format, ...)
{
	va_list args;

	if (reader->why)
		return false;
	va_start(args, format);
	reader->why = arena_vformat(reader->arena, format, args);
	va_end(args);
	return false;
}

/* The text as it was before it was made safe; NULL where it is none. */
static const char *bytes_of(struct reader *reader, const json_t *value,
			    size_t *length)
{
	char *text;

	if (!json_is_string(value))
		return NULL;
	text = arena_copy(reader->arena, json_string_value(value),
			  json_string_length(value));
	*length = text_unsafe(text);
	return text;
}

/* The same for what a program wrote itself, which has no NUL within. */
static const char *text_of(struct reader *reader, const json_t *object,
			   const char *key)
{
	size_t length;

	return bytes_of(reader, json_object_get(object, key), &length);
}

static const char *text_or_empty(struct reader *reader, const json_t *object,
				 const char *key)
{
	const char *text = text_of(reader, object, key);

	return text ? text : "";
}

static int64_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static uint16_t port_of(const json_t *object, const char *key)
{
	int64_t number = number_of(object, key);

	return number > 0 && number < 65536 ? (uint16_t)number : 0;
}

static enum vantage vantage_of(struct reader *reader, const json_t *object)
{
	const char *name = text_or_empty(reader, object, "vantage");

	for (unsigned i = 0; i < VANTAGE_COUNT; i++)
		if (strcmp(vantage_name((enum vantage)i), name) == 0)
			return (enum vantage)i;
	fail(reader, "'%s' is no vantage point", name);
	return VANTAGE_OUTSIDE;
}

/*
 * Facts
 */

static int base64_value(char digit)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = digit ? strchr(digits, digit) : NULL;

	return at ? (int)(at - digits) : -1;
}

static const char *base64_bytes(struct reader *reader, const char *text,
				size_t *length)
{
	char *out = arena_alloc(reader->arena, strlen(text) / 4 * 3 + 4);
	uint32_t bits = 0;
	unsigned count = 0;

	*length = 0;
	for (; *text && *text != '='; text++) {
		int value = base64_value(*text);

		if (value < 0)
			break;
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count >= 8) {
			count -= 8;
			out[(*length)++] = (char)(bits >> count);
		}
	}
	return out;
}

static enum fact_type guess_type(const json_t *value)
{
	if (json_is_boolean(value))
		return FACT_FLAG;
	return json_is_integer(value) ? FACT_INT : FACT_TEXT;
}

static void add_fact(struct reader *reader, struct observation *observation,
		     const char *key, const json_t *value)
{
	enum fact_type type;
	const char *text;
	size_t length = 0;
	int64_t time_us;

	if (!reader->type_of(key, &type))
		type = guess_type(value);
	text = bytes_of(reader, value, &length);
	switch (type) {
	case FACT_FLAG:
		observation_add_number(reader->arena, observation, key, type,
				       json_is_true(value));
		return;
	case FACT_UINT:
	case FACT_INT:
		observation_add_number(reader->arena, observation, key, type,
				       json_integer_value(value));
		return;
	case FACT_TIME:
		if (text && clock_parse(text, &time_us))
			observation_add_number(reader->arena, observation, key,
					       type, time_us / CLOCK_SECOND_US);
		return;
	case FACT_BYTES:
		if (text)
			text = base64_bytes(reader, text, &length);
		break;
	case FACT_TEXT:
	case FACT_ADDRESS:
		break;
	}
	if (text)
		observation_add_bytes(reader->arena, observation, key, type,
				      text, length);
}

static void add_facts(struct reader *reader, struct observation *observation,
		      json_t *facts)
{
	const char *name;
	json_t *value;

	json_object_foreach (facts, name, value) {
		const char *key = arena_text(reader->arena, name);
		size_t index;
		json_t *item;

		if (!json_is_array(value))
			add_fact(reader, observation, key, value);
		json_array_foreach (value, index, item)
			add_fact(reader, observation, key, item);
	}
}

/*
 * Observations
 */

static void read_endpoint(struct reader *reader, struct endpoint *endpoint,
			  const json_t *object)
{
	const char *address = text_of(reader, object, "address");
	const char *transport = text_or_empty(reader, object, "transport");

	endpoint->name = text_of(reader, object, "name");
	endpoint->port = port_of(object, "port");
	endpoint->transport =
		strcmp(transport, "udp") == 0 ? TRANSPORT_UDP : TRANSPORT_TCP;
	if (address && !address_parse(address, &endpoint->address))
		fail(reader, "'%s' is no address", address);
}

static bool read_observation(struct reader *reader, const json_t *object)
{
	struct observation *observation = observation_new(reader->arena);
	const char *outcome = text_or_empty(reader, object, "outcome");
	json_t *step;
	size_t index;

	observation->run = text_or_empty(reader, object, "run");
	observation->id = (unsigned)number_of(object, "id");
	observation->probe = text_or_empty(reader, object, "probe");
	observation->vantage = vantage_of(reader, object);
	observation->source = text_or_empty(reader, object, "source");
	observation->subject = text_or_empty(reader, object, "subject");
	observation->phase = text_or_empty(reader, object, "phase");
	observation->detail = text_or_empty(reader, object, "detail");
	observation->duration_us = number_of(object, "duration_ms") * 1000;
	if (!outcome_parse(outcome, &observation->outcome))
		return fail(reader, "'%s' is no outcome", outcome);
	if (!clock_parse(text_or_empty(reader, object, "at"),
			 &observation->wall_us))
		return fail(reader, "observation %u has no time",
			    observation->id);
	read_endpoint(reader, &observation->endpoint,
		      json_object_get(object, "endpoint"));
	add_facts(reader, observation, json_object_get(object, "facts"));
	json_array_foreach (json_object_get(object, "trace"), index, step)
		observation_add_trace(reader->arena, observation,
				      number_of(step, "ms") * 1000,
				      text_or_empty(reader, step, "phase"));
	observation_list_add(reader->arena, &reader->saved->observations,
			     observation);
	return !reader->why;
}

static bool read_observations(struct reader *reader, json_t *array)
{
	json_t *object;
	size_t index;

	if (json_array_size(array) > SAVED_OBSERVATIONS_MAX)
		return fail(reader, "more than %d observations",
			    SAVED_OBSERVATIONS_MAX);
	json_array_foreach (array, index, object)
		if (!read_observation(reader, object))
			return false;
	return true;
}

/*
 * Verdicts
 */

static bool read_verdict(struct reader *reader, const json_t *object,
			 struct saved_verdict *verdict)
{
	const char *state = text_or_empty(reader, object, "state");

	*verdict = (struct saved_verdict){
		.requirement = text_or_empty(reader, object, "requirement"),
		.node = text_or_empty(reader, object, "node"),
		.subject = text_or_empty(reader, object, "subject"),
		.vantage = text_or_empty(reader, object, "vantage"),
		.because = text_or_empty(reader, object, "because"),
		.needed = json_is_true(json_object_get(object, "needed")),
	};
	for (unsigned i = 0; i < STATE_COUNT; i++) {
		verdict->state = (enum state)i;
		if (strcmp(state_name(verdict->state), state) == 0)
			return true;
	}
	return fail(reader, "'%s' is no state", state);
}

static bool read_verdicts(struct reader *reader, json_t *array)
{
	struct saved *saved = reader->saved;
	json_t *object;
	size_t index;

	saved->verdicts =
		arena_alloc(reader->arena,
			    json_array_size(array) * sizeof(*saved->verdicts));
	json_array_foreach (array, index, object)
		if (!read_verdict(reader, object,
				  &saved->verdicts[saved->verdict_count++]))
			return false;
	return true;
}

/*
 * What the run was told
 */

static void read_topology(struct reader *reader, json_t *given)
{
	struct topology *topology = topology_new(reader->arena);
	json_t *names = json_object_get(given, "names");
	json_t *ports = json_object_get(given, "ports");
	const char *product = text_of(reader, given, "product");
	const char *kind = text_of(reader, given, "kind");
	json_t *domain;
	size_t index;

	reader->saved->given = topology;
	topology->file = text_of(reader, given, "topology");
	for (unsigned i = 0; i < SERVICE_COUNT; i++)
		topology->names[i] =
			text_of(reader, names, service_name((enum service)i));
	for (unsigned i = 0; i < LISTENER_COUNT; i++)
		if (port_of(ports, listener_table[i].key))
			topology->ports[i] =
				port_of(ports, listener_table[i].key);
	if (product && product_parse(product, &topology->product))
		topology->product_known = true;
	if (kind && kind_parse(kind, &topology->kind))
		topology->kind_known = true;
	json_array_foreach (json_object_get(given, "sip_domains"), index,
			    domain) {
		size_t length;
		const char *name = bytes_of(reader, domain, &length);

		if (name && topology->domain_count < TOPOLOGY_DOMAINS_MAX)
			topology->domains[topology->domain_count++] = name;
	}
}

static bool read_override(struct reader *reader, const json_t *object)
{
	struct saved *saved = reader->saved;
	struct connect_override *override =
		&saved->overrides[saved->override_count++];
	const char *to = text_or_empty(reader, object, "to");
	const char *why;

	override->name = text_or_empty(reader, object, "name");
	override->port = port_of(object, "port");
	return endpoint_parse(to, 0, &override->to, &why) ||
	       fail(reader, "'%s': %s", to, why);
}

static bool read_resolvers(struct reader *reader, json_t *array)
{
	struct saved *saved = reader->saved;
	json_t *value;
	size_t index;

	saved->resolvers =
		arena_alloc(reader->arena,
			    json_array_size(array) * sizeof(*saved->resolvers));
	json_array_foreach (array, index, value) {
		const char *text = json_string_value(value);
		const char *why = "not a text";

		if (!text ||
		    !endpoint_parse(text, 53,
				    &saved->resolvers[saved->resolver_count++],
				    &why))
			return fail(reader, "a resolver: %s", why);
	}
	return true;
}

static bool read_controls(struct reader *reader, json_t *array)
{
	struct saved *saved = reader->saved;
	json_t *object;
	size_t index;

	json_array_foreach (array, index, object) {
		struct control_place *control =
			&saved->controls[saved->control_count];

		if (saved->control_count++ == DEPLOYMENT_CONTROLS_MAX)
			return fail(reader, "more than %d controls",
				    DEPLOYMENT_CONTROLS_MAX);
		control->text = text_or_empty(reader, object, "text");
		read_endpoint(reader, &control->endpoint, object);
	}
	return !reader->why;
}

/* Runs of before this was asked have none. */
static bool read_my_addresses(struct reader *reader, json_t *array)
{
	struct address address;
	json_t *text;
	size_t index;

	json_array_foreach (array, index, text) {
		const char *value = json_string_value(text);

		if (!value || !address_parse(value, &address))
			return fail(reader, "an address of ours is none");
		reader->saved->my_addresses[address.family == AF_INET6] =
			address;
	}
	return true;
}

static bool read_inside_names(struct reader *reader, json_t *array)
{
	struct saved *saved = reader->saved;
	json_t *text;
	size_t index, length;

	json_array_foreach (array, index, text) {
		const char *name = bytes_of(reader, text, &length);

		if (!name || saved->inside_name_count == DEPLOYMENT_INSIDE_MAX)
			return fail(reader, "names of Edge Servers inside: "
					    "too many, or none");
		saved->inside_names[saved->inside_name_count++] = name;
	}
	return true;
}

static bool read_host(struct reader *reader, const json_t *object,
		      struct mission_host *host)
{
	const char *address = text_of(reader, object, "address");

	host->node = text_or_empty(reader, object, "node");
	host->name = text_of(reader, object, "name");
	if (!*host->node ||
	    (address && !address_parse(address, &host->address)) ||
	    (!address && !host->name))
		return fail(reader, "a host that the run was sent to is none");
	return true;
}

static bool read_names(struct reader *reader, const json_t *array,
		       struct mission_names *names)
{
	json_t *text;
	size_t index, length;

	json_array_foreach (array, index, text) {
		const char *name = bytes_of(reader, text, &length);

		if (!name || names->count == MISSION_NAMES_MAX)
			return fail(reader, "whom it was to reach: too many, "
					    "or none");
		names->items[names->count++] = name;
	}
	return true;
}

/* Runs before this release have none. */
static bool read_peers(struct reader *reader, const json_t *object,
		       struct mission *mission)
{
	mission->node = text_of(reader, object, "node");
	object = json_object_get(object, "peers");
	for (unsigned i = 0; i < PEER_COUNT; i++)
		if (!read_names(
			    reader,
			    json_object_get(object, peer_name((enum peer)i)),
			    &mission->peers[i]))
			return false;
	return true;
}

/* Runs from outside were sent for nothing in particular. */
static bool read_mission(struct reader *reader, const json_t *object)
{
	struct mission *mission;
	struct mission_host *hosts;
	json_t *array = json_object_get(object, "hosts"), *host;
	size_t index;

	if (!object || json_is_null(object))
		return true;
	if (json_array_size(array) > MISSION_HOSTS_MAX)
		return fail(reader, "too many hosts that it was sent to");
	mission = arena_alloc(reader->arena, sizeof(*mission));
	hosts = arena_alloc(reader->arena,
			    json_array_size(array) * sizeof(*hosts));
	json_array_foreach (array, index, host)
		if (!read_host(reader, host, &hosts[index]))
			return false;
	mission->role = text_of(reader, object, "role");
	mission->hosts = hosts;
	mission->host_count = json_array_size(array);
	reader->saved->mission = mission;
	if (!purpose_parse(text_or_empty(reader, object, "purpose"),
			   &mission->purpose) ||
	    (mission->purpose <= PURPOSE_HLB && !mission->role))
		return fail(reader, "it was sent for what this release does "
				    "not know");
	return read_peers(reader, object, mission);
}

static bool read_given(struct reader *reader, json_t *given)
{
	struct saved *saved = reader->saved;
	json_t *connect = json_object_get(given, "connect");
	const char *family = text_or_empty(reader, given, "family");
	json_t *object;
	size_t index;

	if (!json_is_object(given))
		return fail(reader, "it does not say what the run was told; "
				    "an earlier release wrote it");
	saved->asked = text_of(reader, given, "asked");
	saved->families = strcmp(family, "ipv4") == 0	? AF_INET
			  : strcmp(family, "ipv6") == 0 ? AF_INET6
							: 0;
	read_topology(reader, given);
	saved->overrides =
		arena_alloc(reader->arena, json_array_size(connect) *
						   sizeof(*saved->overrides));
	json_array_foreach (connect, index, object)
		if (!read_override(reader, object))
			return false;
	saved->from_domain = text_of(reader, given, "from_domain");
	return read_resolvers(reader, json_object_get(given, "resolvers")) &&
	       read_controls(reader, json_object_get(given, "controls")) &&
	       read_inside_names(reader,
				 json_object_get(given, "inside_names")) &&
	       read_mission(reader, json_object_get(given, "mission")) &&
	       read_my_addresses(reader,
				 json_object_get(given, "my_addresses"));
}

/*
 * The document
 */

static bool read_run(struct reader *reader, const json_t *document)
{
	struct run *run = &reader->saved->run;
	const char *schema = text_or_empty(reader, document, "schema");

	if (strcmp(schema, SCHEMA_NAME) != 0)
		return fail(reader, "its schema is '%s', and not " SCHEMA_NAME,
			    schema);
	run->id = text_or_empty(reader, document, "run");
	run->tool = text_or_empty(reader, document, "tool");
	run->vantage = vantage_of(reader, document);
	run->target = text_or_empty(reader, document, "target");
	run->roots = text_or_empty(reader, document, "roots");
	run->duration_us = number_of(document, "duration_ms") * 1000;
	run->interrupted =
		json_is_true(json_object_get(document, "interrupted"));
	if (!clock_parse(text_or_empty(reader, document, "started"),
			 &run->started_us))
		return fail(reader, "it does not say when the run began");
	return !reader->why;
}

static bool read_document(struct reader *reader, json_t *document)
{
	return read_run(reader, document) &&
	       read_given(reader, json_object_get(document, "given")) &&
	       read_observations(reader,
				 json_object_get(document, "observations")) &&
	       read_verdicts(reader, json_object_get(document, "verdicts"));
}

static json_t *load(struct reader *reader, const char *path)
{
	json_error_t error;
	json_t *document;
	struct stat status;
	FILE *file = fopen(path, "re");

	if (!file || fstat(fileno(file), &status) != 0) {
		fail(reader, "%s", strerror(errno));
		return file ? (fclose(file), NULL) : NULL;
	}
	if (status.st_size > SAVED_BYTES_MAX) {
		fail(reader, "larger than %d MiB", SAVED_BYTES_MAX >> 20);
		fclose(file);
		return NULL;
	}
	document = json_loadf(file, 0, &error);
	fclose(file);
	if (!document)
		fail(reader, "line %d: %s", error.line, error.text);
	return document;
}

struct saved *saved_read(struct arena *arena, const char *path,
			 bool (*type_of)(const char *key, enum fact_type *type),
			 const char **why)
{
	struct reader reader = {arena, arena_alloc(arena, sizeof(struct saved)),
				type_of, NULL};
	json_t *document = load(&reader, path);
	bool whole = false;

	reader.saved->path = path;
	if (document)
		whole = read_document(&reader, document);
	json_decref(document);
	if (whole)
		return reader.saved;
	*why = arena_format(arena, "%s: %s", path, reader.why);
	return NULL;
}
