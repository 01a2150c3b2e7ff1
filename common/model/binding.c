#include "common/model/binding.h"

const struct service_address *binding_address(const struct topology *topology,
					      const struct binding *binding)
{
	enum service service = listener_table[binding->listener].service;

	return &topology->nodes[binding->node]
			.addresses[service][binding->index];
}

bool binding_next(const struct topology *topology, struct binding *binding)
{
	binding->index++;
	while (binding->node < topology->node_count) {
		const struct node *node = &topology->nodes[binding->node];

		for (; binding->listener < LISTENER_OUTSIDE_COUNT;
		     binding->listener++) {
			enum service service =
				listener_table[binding->listener].service;

			if (binding->index < node->address_count[service])
				return true;
			binding->index = 0;
		}
		binding->listener = 0;
		binding->node++;
	}
	return false;
}

bool bindings_clash(const struct topology *topology, const struct binding *one,
		    const struct binding *other)
{
	const struct listener_info *first = &listener_table[one->listener];
	const struct listener_info *second = &listener_table[other->listener];
	const struct service_address *mine = binding_address(topology, one);
	const struct service_address *theirs = binding_address(topology, other);

	return first->transport == second->transport &&
	       topology->ports[one->listener] ==
		       topology->ports[other->listener] &&
	       (address_equal(&mine->local, &theirs->local) ||
		address_equal(&mine->public, &theirs->public));
}
