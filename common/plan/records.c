#include "common/plan/records.h"

#include "common/base/text.h"
#include "common/plan/applicability.h"

#include <string.h>

/* The list in the making, and the row at hand. */
struct clerk {
	struct arena *arena;
	const struct topology *topology;
	const struct requirement *requirement;
	struct records records;
};

const char *record_type_name(enum record_type type)
{
	static const char *const names[] = {
		[RECORD_A] = "A",
		[RECORD_AAAA] = "AAAA",
		[RECORD_SRV] = "SRV",
	};

	return names[type];
}

const char *access_name_in(struct arena *arena, const struct topology *topology,
			   const char *domain)
{
	const char *name = topology->names[SERVICE_ACCESS];

	return name && text_name_directly_in(name, domain)
		       ? name
		       : arena_format(arena, "sip.%s", domain);
}

static const char *xmpp_name_in(struct arena *arena,
				const struct topology *topology,
				const char *domain)
{
	const char *name = topology->names[SERVICE_XMPP];

	return name && text_name_directly_in(name, domain)
		       ? name
		       : arena_format(arena, "xmpp.%s", domain);
}

static bool same_record(const struct record *one, const struct record *other)
{
	if (one->zone != other->zone || one->type != other->type ||
	    !text_names_equal(one->name, other->name))
		return false;
	if (one->type != RECORD_SRV)
		return address_equal(&one->address, &other->address);
	return one->port == other->port &&
	       text_names_equal(one->target, other->target);
}

static void add(struct clerk *clerk, struct record record)
{
	struct records *records = &clerk->records;

	record.requirement = clerk->requirement;
	for (size_t i = 0; i < records->count; i++)
		if (same_record(&records->items[i], &record))
			return;
	records->items =
		arena_grow(clerk->arena, records->items, records->count,
			   &records->capacity, sizeof(*records->items));
	records->items[records->count++] = record;
}

/* The SIP domain that a name lies in, or else its own parent. */
static const char *zone_of(const struct topology *topology, const char *name)
{
	const char *dot = strchr(name, '.');

	for (size_t i = 0; i < topology->domain_count; i++) {
		size_t length = strlen(name);
		size_t tail = strlen(topology->domains[i]);

		if (length > tail && name[length - tail - 1] == '.' &&
		    text_names_equal(name + length - tail,
				     topology->domains[i]))
			return topology->domains[i];
	}
	return dot ? dot + 1 : name;
}

static void add_address(struct clerk *clerk, struct record record,
			const struct address *address)
{
	record.type = address->family == AF_INET ? RECORD_A : RECORD_AAAA;
	record.address = *address;
	add(clerk, record);
}

/* DNS gives the VIP where there is one, else every node, as outsiders see. */
static void add_service(struct clerk *clerk, enum service service,
			const char *name)
{
	const struct topology *topology = clerk->topology;
	const struct record record = {.zone = ZONE_EXTERNAL,
				      .domain = zone_of(topology, name),
				      .name = name};

	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];

		if (node->is_vip != (topology->kind == KIND_SCALED_HLB))
			continue;
		for (size_t a = 0; a < node->address_count[service]; a++)
			add_address(clerk, record,
				    &node->addresses[service][a].public);
	}
}

static void add_srv(struct clerk *clerk, const char *service,
		    const char *domain, enum listener listener,
		    const char *target)
{
	add(clerk, (struct record){
			   .zone = ZONE_EXTERNAL,
			   .domain = domain,
			   .name = arena_format(clerk->arena, "%s.%s", service,
						domain),
			   .type = RECORD_SRV,
			   .port = clerk->topology->ports[listener],
			   .target = target,
		   });
}

static void add_access(struct clerk *clerk, const char *domain)
{
	add_service(clerk, SERVICE_ACCESS,
		    access_name_in(clerk->arena, clerk->topology, domain));
}

static void add_sip_tls(struct clerk *clerk, const char *domain)
{
	add_srv(clerk, "_sip._tls", domain, LISTENER_ACCESS,
		access_name_in(clerk->arena, clerk->topology, domain));
}

static void add_federation(struct clerk *clerk, const char *domain)
{
	add_srv(clerk, "_sipfederationtls._tcp", domain, LISTENER_FEDERATION,
		access_name_in(clerk->arena, clerk->topology, domain));
}

static void add_xmpp_srv(struct clerk *clerk, const char *domain)
{
	add_srv(clerk, "_xmpp-server._tcp", domain, LISTENER_XMPP,
		xmpp_name_in(clerk->arena, clerk->topology, domain));
}

static void add_xmpp(struct clerk *clerk, const char *domain)
{
	add_service(clerk, SERVICE_XMPP,
		    xmpp_name_in(clerk->arena, clerk->topology, domain));
}

static void add_webconf(struct clerk *clerk, const char *domain)
{
	(void)domain;
	add_service(clerk, SERVICE_WEBCONF,
		    clerk->topology->names[SERVICE_WEBCONF]);
}

static void add_av(struct clerk *clerk, const char *domain)
{
	(void)domain;
	add_service(clerk, SERVICE_AV, clerk->topology->names[SERVICE_AV]);
}

/* The internal VIP serves the name where there is one, else every node. */
static void add_internal(struct clerk *clerk, const char *domain)
{
	const struct topology *topology = clerk->topology;
	const char *name = topology->internal_name;
	bool has_vip = false;

	(void)domain;
	if (!name)
		return;
	for (size_t i = 0; i < topology->node_count; i++)
		has_vip |= topology->nodes[i].is_vip &&
			   topology->nodes[i].internal.family;
	for (size_t i = 0; i < topology->node_count; i++) {
		const struct node *node = &topology->nodes[i];
		const char *dot = strchr(name, '.');

		if (node->internal.family && node->is_vip == has_vip)
			add_address(clerk,
				    (struct record){.zone = ZONE_INTERNAL,
						    .domain = dot + 1,
						    .name = name},
				    &node->internal);
	}
}

/* What each logical record of dns.tsv comes to. */
static const struct {
	const char *record;
	bool per_domain;
	void (*add)(struct clerk *clerk, const char *domain);
} makers[] = {
	{"a.access", true, add_access},
	{"a.webcon", false, add_webconf},
	{"a.av", false, add_av},
	{"srv.sip-tls", true, add_sip_tls},
	{"srv.sipfed", true, add_federation},
	{"srv.xmpp", true, add_xmpp_srv},
	{"a.xmpp", true, add_xmpp},
	{"a.edge-internal", false, add_internal},
};

static void add_row(struct clerk *clerk)
{
	const struct topology *topology = clerk->topology;
	size_t i = 0;

	while (strcmp(makers[i].record, clerk->requirement->flow) != 0)
		i++;
	for (size_t d = 0;
	     d < (makers[i].per_domain ? topology->domain_count : 1); d++)
		makers[i].add(clerk, topology->domains[d]);
}

/* Records of one zone stand together, zones in the order they came. */
static void sort_by_zone(struct arena *arena, struct records *records)
{
	struct record *sorted =
		arena_alloc(arena, records->count * sizeof(*sorted));
	bool *is_taken = arena_alloc(arena, records->count);
	size_t count = 0;

	for (size_t i = 0; i < records->count; i++) {
		for (size_t j = i; j < records->count && !is_taken[i]; j++) {
			if (is_taken[j] ||
			    records->items[j].zone != records->items[i].zone ||
			    strcmp(records->items[j].domain,
				   records->items[i].domain) != 0)
				continue;
			sorted[count++] = records->items[j];
			is_taken[j] = j != i;
		}
		is_taken[i] = true;
	}
	records->items = sorted;
	records->capacity = records->count;
}

struct records records_of(struct arena *arena, const struct topology *topology)
{
	struct clerk clerk = {.arena = arena, .topology = topology};
	size_t count;
	const struct requirement *table = requirement_table(&count);

	for (size_t i = 0; i < count; i++) {
		clerk.requirement = &table[i];
		if (strcmp(table[i].table, "dns") == 0 &&
		    applicability_of(arena, &table[i], topology).applies)
			add_row(&clerk);
	}
	sort_by_zone(arena, &clerk.records);
	return clerk.records;
}

const char *record_label(struct arena *arena, const struct record *record)
{
	size_t length = strlen(record->name);
	size_t tail = strlen(record->domain);

	if (length == tail && text_names_equal(record->name, record->domain))
		return "@";
	if (length > tail && record->name[length - tail - 1] == '.' &&
	    text_names_equal(record->name + length - tail, record->domain))
		return arena_copy(arena, record->name, length - tail - 1);
	return arena_format(arena, "%s.", record->name);
}
