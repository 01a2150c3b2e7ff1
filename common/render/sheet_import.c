#include "common/render/sheet.h"

#include "common/base/text.h"
#include "common/plan/import.h"
#include "common/render/json_value.h"

#include <string.h>
#include <strings.h>

/*
 * As JSON: what the file says
 */

static void put_port(json_t *object, const char *key, uint16_t port)
{
	if (port)
		value_put(object, key, json_integer(port));
}

static json_t *named_service(const struct imported_pool *pool,
			     enum service service)
{
	json_t *object = value_have(json_object());

	value_put_text(object, "fqdn", pool->names[service]);
	return object;
}

static json_t *external_json(const struct imported_pool *pool)
{
	json_t *external = value_have(json_object());
	json_t *access = named_service(pool, SERVICE_ACCESS);
	json_t *webconf = named_service(pool, SERVICE_WEBCONF);
	json_t *av = named_service(pool, SERVICE_AV);

	put_port(access, "port", pool->ports[LISTENER_ACCESS]);
	put_port(access, "federation_port", pool->ports[LISTENER_FEDERATION]);
	put_port(webconf, "port", pool->ports[LISTENER_WEBCONF]);
	put_port(av, "tcp", pool->ports[LISTENER_AV_TCP]);
	put_port(av, "udp", pool->ports[LISTENER_AV_UDP]);
	put_port(av, "media_first", pool->relay_first);
	put_port(av, "media_count", pool->relay_count);
	value_put(external, "access", access);
	value_put(external, "webconf", webconf);
	value_put(external, "av", av);
	if (pool->has_xmpp) {
		json_t *xmpp = value_have(json_object());

		put_port(xmpp, "port", pool->ports[LISTENER_XMPP]);
		value_put(external, "xmpp", xmpp);
	}
	return external;
}

static json_t *internal_json(const struct imported_pool *pool)
{
	json_t *internal = value_have(json_object());

	put_port(internal, "sip", pool->internal.sip);
	put_port(internal, "webconf", pool->internal.webconf);
	put_port(internal, "mras", pool->internal.mras);
	put_port(internal, "turn_tcp", pool->internal.turn_tcp);
	put_port(internal, "turn_udp", pool->internal.turn_udp);
	return internal;
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static json_t *machine_json(const struct imported_machine *machine)
{
	json_t *object = value_have(json_object());

	value_put_text(object, "fqdn", machine->name);
	value_put_text(object, "internal", or_null(machine->internal));
	for (unsigned i = SERVICE_ACCESS; i <= SERVICE_AV; i++)
		value_put_text(object, service_name((enum service)i),
			       or_null(machine->addresses[i]));
	value_put_text(object, "av_nat", or_null(machine->av_public));
	return object;
}

static json_t *next_hop_json(const struct imported_pool *pool)
{
	json_t *object;

	if (!*pool->next_hop)
		return value_have(json_null());
	object = value_have(json_object());
	value_put_text(object, "fqdn", pool->next_hop);
	put_port(object, "port", pool->next_hop_port);
	return object;
}

static json_t *texts_json(const char *const *texts, size_t count)
{
	json_t *array = value_have(json_array());

	for (size_t i = 0; i < count; i++)
		value_push(array, value_text(texts[i], strlen(texts[i])));
	return array;
}

static json_t *pool_json(const struct imported_pool *pool)
{
	json_t *object = value_have(json_object());
	json_t *machines = value_have(json_array());

	for (size_t i = 0; i < pool->machine_count; i++)
		value_push(machines, machine_json(&pool->machines[i]));
	value_put_text(object, "fqdn", pool->name);
	value_put_text(object, "site", pool->site);
	value_put(object, "service_version", json_integer(pool->version));
	value_put(object, "single_machine",
		  json_boolean(pool->machine_count == 1));
	value_put(object, "single_fqdn", json_boolean(pool->has_one_name));
	value_put(object, "federation", json_boolean(pool->has_federation));
	value_put(object, "xmpp", json_boolean(pool->has_xmpp));
	value_put(object, "nat", json_boolean(pool->has_nat));
	value_put(object, "next_hop", next_hop_json(pool));
	value_put(object, "associated_pools",
		  texts_json(pool->pools, pool->pool_count));
	value_put(object, "external", external_json(pool));
	value_put(object, "internal", internal_json(pool));
	value_put(object, "machines", machines);
	return object;
}

int sheet_import_json(FILE *out, const struct sheet_input *input)
{
	const struct imported *imported = input->imported;
	json_t *document = value_have(json_object());
	json_t *sites = value_have(json_array());
	json_t *pools = value_have(json_array());

	for (size_t i = 0; i < imported->site_count; i++) {
		json_t *site = value_have(json_object());

		value_put_text(site, "id", imported->sites[i].id);
		value_put_text(site, "name", imported->sites[i].name);
		value_push(sites, site);
	}
	for (size_t i = 0; i < imported->pool_count; i++)
		value_push(pools, pool_json(&imported->pools[i]));
	value_put_text(document, "format", imported->format);
	value_put_text(document, "default_sip_domain",
		       imported->default_domain);
	value_put(document, "sip_domains",
		  texts_json(imported->domains, imported->domain_count));
	value_put(document, "sites", sites);
	value_put(document, "edge_pools", pools);
	json_dumpf(document, out, JSON_INDENT(1));
	fputc('\n', out);
	json_decref(document);
	return 0;
}

/*
 * As a topology file: what it does not say is asked for in comments
 */

/* A value of theirs as one word: whatever could end it is taken out. */
static void write_word(FILE *out, const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text > ' ' && *text < 0x7f &&
		    !strchr("#;=[],", *text))
			fputc(*text, out);
}

static void write_key(FILE *out, const char *key, const char *value)
{
	fprintf(out, "%s = ", key);
	write_word(out, value);
	fputc('\n', out);
}

static const char *product_of(unsigned version)
{
	static const struct {
		unsigned version;
		enum product product;
	} products[] = {
		{5, PRODUCT_LYNC2010},
		{6, PRODUCT_LYNC2013},
		{7, PRODUCT_SFB2015},
	};

	for (size_t i = 0; i < sizeof(products) / sizeof(products[0]); i++)
		if (products[i].version == version)
			return product_name(products[i].product);
	return product_name(PRODUCT_SFB2019);
}

static void write_kind(FILE *out, const struct imported_pool *pool)
{
	if (pool->machine_count <= 1)
		fprintf(out, "topology = %s\n",
			kind_name(pool->has_nat ? KIND_SINGLE_NAT
						: KIND_SINGLE_PUBLIC));
	else if (pool->has_nat)
		fprintf(out, "topology = %s\n",
			kind_name(KIND_SCALED_DNSLB_NAT));
	else
		fprintf(out,
			"# The file does not say how the pool is balanced: "
			"one of\n"
			"# topology = %s\n"
			"# topology = %s (and a [vip NAME] below)\n",
			kind_name(KIND_SCALED_DNSLB_PUBLIC),
			kind_name(KIND_SCALED_HLB));
}

static void write_domains(FILE *out, const struct imported *imported)
{
	fprintf(out, "sip-domains = ");
	write_word(out, imported->default_domain);
	for (size_t i = 0; i < imported->domain_count; i++) {
		if (strcasecmp(imported->domains[i],
			       imported->default_domain) == 0)
			continue;
		fputs("\n\t", out);
		write_word(out, imported->domains[i]);
	}
	fputc('\n', out);
}

static void write_deployment(FILE *out, const struct imported *imported,
			     const struct imported_pool *pool)
{
	const char *dot = strchr(pool->name, '.');

	fprintf(out, "[deployment]\nproduct = %s\n", product_of(pool->version));
	write_kind(out, pool);
	write_domains(out, imported);
	if (dot)
		write_key(out, "internal-domain", dot + 1);
	write_key(out, "internal-name", pool->name);
	fprintf(out, "features = remote-access webconf av%s%s\n",
		pool->has_federation ? " federation" : "",
		pool->has_xmpp ? " xmpp" : "");
}

static void write_names(FILE *out, const struct imported_pool *pool)
{
	fprintf(out, "\n[names]\n");
	for (unsigned i = SERVICE_ACCESS; i <= SERVICE_AV; i++)
		if (*pool->names[i])
			write_key(out, service_name((enum service)i),
				  pool->names[i]);
	fprintf(out, "\n[ports]\n");
	for (unsigned i = 0; i < LISTENER_COUNT; i++)
		if (pool->ports[i])
			fprintf(out, "%s = %u\n", listener_table[i].key,
				pool->ports[i]);
	if (pool->relay_first && pool->relay_count)
		fprintf(out, "\n[relay]\nfirst = %u\ncount = %u\n",
			pool->relay_first, pool->relay_count);
}

/* With one address, its public one is that of all services. */
static void write_public(FILE *out, const struct imported_pool *pool,
			 const struct imported_machine *machine,
			 enum service service)
{
	const char *address = machine->addresses[service];
	bool known = *machine->av_public &&
		     strcmp(address, machine->addresses[SERVICE_AV]) == 0;

	if (!pool->has_nat)
		return;
	if (!known)
		fprintf(out, "# the public address, which the file does not "
			     "say:\n# ");
	fprintf(out, "%s-public = ", service_name(service));
	write_word(out, known ? machine->av_public : "");
	fputc('\n', out);
}

static void write_machine(FILE *out, const struct imported_pool *pool,
			  const struct imported_machine *machine)
{
	fprintf(out, "\n[edge ");
	write_word(out, machine->name);
	fprintf(out, "]\n");
	for (unsigned i = SERVICE_ACCESS; i <= SERVICE_AV; i++) {
		if (!*machine->addresses[i])
			continue;
		write_key(out, service_name((enum service)i),
			  machine->addresses[i]);
		write_public(out, pool, machine, (enum service)i);
	}
	if (*machine->internal)
		write_key(out, "internal", machine->internal);
}

static void write_pool(FILE *out, const char *name, const char *role)
{
	fprintf(out, "\n[pool ");
	write_word(out, name);
	fprintf(out, "]\nrole = %s\n", role);
}

static void write_around(FILE *out, const struct imported_pool *pool)
{
	if (*pool->next_hop && pool->next_hop_is_director)
		write_pool(out, pool->next_hop, "director");
	else if (*pool->next_hop)
		write_pool(out, pool->next_hop, "frontend");
	for (size_t i = 0; i < pool->pool_count; i++)
		if (strcasecmp(pool->pools[i], pool->next_hop) != 0)
			write_pool(out, pool->pools[i], "frontend");
}

static const struct imported_pool *choose_pool(const struct sheet_input *input)
{
	const struct imported *imported = input->imported;

	for (size_t i = 0; input->part && i < imported->pool_count; i++)
		if (strcasecmp(imported->pools[i].name, input->part) == 0)
			return &imported->pools[i];
	return &imported->pools[0];
}

int sheet_import_conf(FILE *out, const struct sheet_input *input)
{
	const struct imported *imported = input->imported;
	const struct imported_pool *pool = choose_pool(input);

	fprintf(out, "# What the product's own topology says of ");
	write_word(out, pool->name);
	fprintf(out, ".\n# Every key is described in "
		     "edgeprobe-topology(5).\n");
	for (size_t i = 0; i < imported->pool_count; i++) {
		if (&imported->pools[i] == pool)
			continue;
		fprintf(out, "# It has another Edge pool (--part): ");
		write_word(out, imported->pools[i].name);
		fputc('\n', out);
	}
	fputc('\n', out);
	write_deployment(out, imported, pool);
	write_names(out, pool);
	for (size_t i = 0; i < pool->machine_count; i++)
		write_machine(out, pool, &pool->machines[i]);
	write_around(out, pool);
	return 0;
}
