#include "probes/serve/relay_node.h"

#include "tests/common/wire/msturn_asserts.h"

static struct topology *topology;
static struct node *vip, *one, *other;

static void give(struct node *node, const char *text)
{
	struct service_address *address =
		&node->addresses[SERVICE_AV][node->address_count[SERVICE_AV]++];

	assert_true(address_parse(text, &address->public));
	assert_true(address_parse("10.0.0.1", &address->local));
}

static int set_up(void **state)
{
	*state = arena_new();
	topology = topology_new(*state);
	topology->node_count = 3;
	vip = &topology->nodes[0];
	one = &topology->nodes[1];
	other = &topology->nodes[2];
	vip->is_vip = true;
	give(vip, "192.0.2.52");
	give(one, "192.0.2.30");
	give(one, "2001:db8::30");
	give(other, "192.0.2.31");
	return 0;
}

static int tear_down(void **state)
{
	arena_free(*state);
	return 0;
}

static void a_node_relays_and_a_vip_has_one_that_does(void **state)
{
	(void)state;
	assert_ptr_equal(relay_node_behind(topology, one), one);
	assert_ptr_equal(relay_node_behind(topology, other), other);
	assert_ptr_equal(relay_node_behind(topology, vip), one);
	one->address_count[SERVICE_AV] = 0;
	assert_ptr_equal(relay_node_behind(topology, vip), other);
	other->address_count[SERVICE_AV] = 0;
	assert_ptr_equal(relay_node_behind(topology, vip), vip);
}

static void names_the_public_address_of_a_family(void **state)
{
	struct msturn_address found = relay_node_address(one, AF_INET, 3478);

	(void)state;
	assert_address(&found, "192.0.2.30 3478");
	found = relay_node_address(one, AF_INET6, 443);
	assert_address(&found, "2001:db8::30 443");
	found = relay_node_address(other, AF_INET6, 443);
	assert_no_address(&found);
}

static void tells_other_nodes_from_vips(void **state)
{
	struct msturn_address found =
		relay_node_beside(topology, one, false, AF_INET, 3478);

	(void)state;
	assert_address(&found, "192.0.2.31 3478");
	found = relay_node_beside(topology, other, false, AF_INET, 3478);
	assert_address(&found, "192.0.2.30 3478");
	found = relay_node_beside(topology, one, true, AF_INET, 3478);
	assert_address(&found, "192.0.2.52 3478");
	found = relay_node_beside(topology, one, false, AF_INET6, 3478);
	assert_no_address(&found);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_node_relays_and_a_vip_has_one_that_does),
		TEST(names_the_public_address_of_a_family),
		TEST(tells_other_nodes_from_vips),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
