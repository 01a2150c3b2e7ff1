#include "common/render/sheet.h"

#include "common/plan/address_demand.h"
#include "common/render/json_value.h"

#include <string.h>

static bool is_single(const struct topology *topology)
{
	return topology->features & FEATURE_BIT(FEATURE_SINGLE_IP);
}

static unsigned server_count(const struct topology *topology)
{
	unsigned count = 0;

	for (size_t i = 0; i < topology->node_count; i++)
		count += !topology->nodes[i].is_vip;
	return count ? count : kind_is_scaled(topology->kind) ? 2 : 1;
}

/* An address of the plan, as each format writes it. */
struct line {
	const struct node *node;
	const char *service;		      /* "access", "internal" */
	const char *rank;		      /* on its adapter */
	const struct address *local, *public; /* public NULL: none */
};

struct writer {
	FILE *out;
	json_t *array; /* NULL: text */
	void (*write)(const struct writer *writer, const struct line *line);
};

/* The Access Edge's is the primary address of the external adapter. */
static const char *rank_of(const struct topology *topology,
			   const struct node *node, unsigned service)
{
	if (node->is_vip)
		return "vip";
	return service == SERVICE_ACCESS || is_single(topology) ? "primary"
								: "secondary";
}

static void write_node(const struct writer *writer,
		       const struct topology *topology, const struct node *node)
{
	/* XMPP shares the address of the Access Edge */
	for (unsigned s = SERVICE_ACCESS; s <= SERVICE_AV; s++)
		for (size_t a = 0; a < node->address_count[s]; a++) {
			const struct service_address *both =
				&node->addresses[s][a];
			const struct line line = {
				node, service_name((enum service)s),
				rank_of(topology, node, s), &both->local,
				address_equal(&both->local, &both->public)
					? NULL
					: &both->public};

			writer->write(writer, &line);
		}
	if (node->internal.family) {
		const struct line line = {node, "internal",
					  node->is_vip ? "vip" : "primary",
					  &node->internal, NULL};

		writer->write(writer, &line);
	}
}

static void write_nodes(const struct writer *writer,
			const struct topology *topology)
{
	for (size_t i = 0; i < topology->node_count; i++)
		write_node(writer, topology, &topology->nodes[i]);
}

static void write_text(const struct writer *writer, const struct line *line)
{
	char local[ADDRESS_TEXT_BYTES], public[ADDRESS_TEXT_BYTES];

	fprintf(writer->out, "  %-12s %-9s %-10s ", line->node->name,
		line->service, line->rank);
	if (line->public)
		fprintf(writer->out, "%-24s published as %s\n",
			address_format(local, line->local),
			address_format(public, line->public));
	else
		fprintf(writer->out, "%s\n",
			address_format(local, line->local));
}

int sheet_addresses_text(FILE *out, const struct sheet_input *input)
{
	const struct topology *topology = input->topology;
	unsigned servers = server_count(topology);
	struct address_demand demand =
		address_demand(topology->kind, is_single(topology), servers);
	const struct writer writer = {out, NULL, write_text};

	fprintf(out, "%u server%s, %s, %s: %u external addresses", servers,
		servers == 1 ? "" : "s", kind_name(topology->kind),
		is_single(topology) ? "one address a server"
				    : "one address a service",
		demand.nodes + demand.vips);
	if (demand.vips)
		fprintf(out, ", %u of servers and %u of VIPs", demand.nodes,
			demand.vips);
	fprintf(out, " [%s%s]\n", demand.id,
		demand.is_derived ? ", derived" : "");
	write_nodes(&writer, topology);
	return 0;
}

static void write_json(const struct writer *writer, const struct line *line)
{
	json_t *object = value_have(json_object());
	char text[ADDRESS_TEXT_BYTES];

	value_put_text(object, "node", line->node->name);
	value_put_text(object, "service", line->service);
	value_put_text(object, "rank", line->rank);
	value_put_text(object, "address", address_format(text, line->local));
	value_put_text(object, "public",
		       line->public ? address_format(text, line->public)
				    : NULL);
	value_push(writer->array, object);
}

int sheet_addresses_json(FILE *out, const struct sheet_input *input)
{
	const struct writer writer = {out, value_have(json_array()),
				      write_json};

	write_nodes(&writer, input->topology);
	sheet_document(out, input, "addresses", writer.array);
	return 0;
}
