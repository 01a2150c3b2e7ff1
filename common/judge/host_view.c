#include "common/judge/host_view.h"

#include "common/base/text.h"

#include <string.h>

/* The service address of the node that is this one, or NULL. */
static const struct service_address *service_of(const struct node *node,
						const struct address *address)
{
	for (unsigned i = 0; i < SERVICE_COUNT; i++)
		for (size_t j = 0; j < node->address_count[i]; j++)
			if (address_equal(&node->addresses[i][j].local,
					  address))
				return &node->addresses[i][j];
	return NULL;
}

bool host_view_is_external(const struct host_view *view, unsigned interface)
{
	for (size_t i = 0; i < view->host.address_count; i++) {
		const struct host_address *one = &view->host.addresses[i];

		if (one->interface == interface &&
		    service_of(view->node, &one->address))
			return true;
	}
	return false;
}

bool host_view_has_external(const struct host_view *view)
{
	for (size_t i = 0; i < view->host.address_count; i++)
		if (service_of(view->node, &view->host.addresses[i].address))
			return true;
	return false;
}

const char *host_view_interface(const struct inquiry *inquiry,
				const struct host_view *view, unsigned index)
{
	const struct host_interface *one = host_interface(&view->host, index);
	char *safe;

	if (!one || !*one->name)
		return arena_format(inquiry->arena, "interface %u", index);
	safe = arena_alloc(inquiry->arena, TEXT_SAFE_BYTES(strlen(one->name)));
	return text_safe(safe, one->name, strlen(one->name));
}

/* The node's own address, else any of the networks that are inside. */
static void find_internal(const struct inquiry *inquiry, struct host_view *view)
{
	const struct networks *networks =
		&inquiry->deployment->topology->internal;
	const struct host_address *own =
		view->node->internal.family
			? host_has(&view->host, &view->node->internal)
			: NULL;
	char text[ADDRESS_TEXT_BYTES];

	for (size_t i = 0; i < view->host.address_count && !own; i++)
		for (size_t j = 0; j < networks->count && !own; j++)
			if (network_holds(&networks->items[j],
					  &view->host.addresses[i].address))
				own = &view->host.addresses[i];
	if (!own)
		return;
	view->internal = own->interface;
	view->internal_why = arena_format(inquiry->arena, "which has %s",
					  address_format(text, &own->address));
}

bool host_view_open(const struct inquiry *inquiry, struct opinion *opinion,
		    struct host_view *view)
{
	const struct observation *seen = inquiry->host;
	const struct topology *topology = inquiry->deployment->topology;

	*view = (struct host_view){.seen = seen};
	opinion_rest_on(inquiry, opinion, seen);
	if (seen->outcome != OUTCOME_ANSWERED) {
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "this host's own network could not be looked at: %s",
		      seen->detail);
		return false;
	}
	view->host = host_seen_read(inquiry->arena, seen);
	view->title = host_seen_title(inquiry->arena, seen);
	view->node = host_seen_node(inquiry->arena, topology, seen);
	if (!view->node) {
		opinion->could_not = !topology->file;
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      topology->file
			      ? "%s has no address of any Edge Server of the "
				"topology file: say which it is to be with "
				"--node NAME"
			      : "which interface of %s is internal, and what "
				"it should have, stands only in a topology "
				"file (-t)",
		      view->title);
		return false;
	}
	find_internal(inquiry, view);
	return true;
}

bool host_view_open_internal(const struct inquiry *inquiry,
			     struct opinion *opinion, struct host_view *view)
{
	char text[ADDRESS_TEXT_BYTES];

	if (!host_view_open(inquiry, opinion, view))
		return false;
	if (view->internal)
		return true;
	if (view->node->internal.family)
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "%s lacks %s, the internal address of %s: give it that "
		      "address to have its internal interface judged",
		      view->title, address_format(text, &view->node->internal),
		      view->node->name);
	else
		opine(inquiry, opinion, STATE_UNOBSERVED, NULL,
		      "the topology file gives %s no internal address, by "
		      "which the internal interface of %s would be known",
		      view->node->name, view->title);
	return false;
}
