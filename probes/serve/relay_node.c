#include "probes/serve/relay_node.h"

const struct node *relay_node_behind(const struct topology *topology,
				     const struct node *node)
{
	for (size_t i = 0; node->is_vip && i < topology->node_count; i++)
		if (!topology->nodes[i].is_vip &&
		    topology->nodes[i].address_count[SERVICE_AV])
			return &topology->nodes[i];
	return node;
}

struct msturn_address relay_node_address(const struct node *node, int family,
					 uint16_t port)
{
	for (size_t i = 0; i < node->address_count[SERVICE_AV]; i++) {
		const struct address *seen =
			&node->addresses[SERVICE_AV][i].public;

		if (seen->family == family)
			return (struct msturn_address){*seen, port};
	}
	return (struct msturn_address){0};
}

struct msturn_address relay_node_beside(const struct topology *topology,
					const struct node *itself, bool is_vip,
					int family, uint16_t port)
{
	struct msturn_address found = {0};

	for (size_t i = 0; i < topology->node_count; i++)
		if (!found.address.family && &topology->nodes[i] != itself &&
		    topology->nodes[i].is_vip == is_vip)
			found = relay_node_address(&topology->nodes[i], family,
						   port);
	return found;
}
