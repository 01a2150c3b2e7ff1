#include "common/plan/server_role.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct address address(const char *text)
{
	struct address one;

	assert_true(address_parse(text, &one));
	return one;
}

/* Whoever listens by the table is of a role that people can name. */
static void every_row_belongs_to_a_role(void **state)
{
	size_t count;
	const struct port_row *rows = port_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		bool found = false;

		if (strcmp(rows[i].requirement->table, "server-ports") != 0 ||
		    !rows[i].listens)
			continue;
		for (size_t r = 0; r < server_role_count; r++)
			found |= server_role_has(&server_role_table[r],
						 &rows[i]);
		if (!found)
			fail_msg("%s", rows[i].requirement->id);
	}
}

static void every_role_is_found_by_its_name(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < server_role_count; i++) {
		assert_ptr_equal(server_role_find(server_role_table[i].name),
				 &server_role_table[i]);
		assert_non_null(strstr(server_role_names(arena),
				       server_role_table[i].name));
	}
	assert_null(server_role_find("edge"));
	arena_free(arena);
}

static void servers_are_those_of_the_pools_of_the_role(void **state)
{
	struct arena *arena = arena_new();
	struct topology *topology = topology_new(arena);
	const struct server_role *role = server_role_find("frontend");
	const struct mission_host *hosts;
	size_t count;

	(void)state;
	topology->pools[0] = (struct server_pool){
		.name = "pool01.contoso.net",
		.role = POOL_FRONTEND,
		.servers = {"fe1.contoso.net", "fe2.contoso.net"},
		.server_count = 2,
		.addresses = {address("10.1.0.11"), address("10.1.0.12")},
		.address_count = 2,
		.vip = address("10.1.0.10"),
	};
	topology->pools[1] = (struct server_pool){.name = "dir.contoso.net",
						  .role = POOL_DIRECTOR};
	topology->pool_count = 2;
	hosts = server_role_hosts(arena, role, topology, &count);
	assert_int_equal(count, 2);
	assert_string_equal(hosts[1].name, "fe2.contoso.net");
	assert_true(address_equal(&hosts[1].address,
				  &topology->pools[0].addresses[1]));
	hosts = server_role_balancers(arena, role, topology, &count);
	assert_int_equal(count, 1);
	assert_string_equal(hosts[0].node, "pool01.contoso.net");
	/* names alone: DNS will tell */
	topology->pools[0].address_count = 1;
	hosts = server_role_hosts(arena, role, topology, &count);
	assert_int_equal(count, 2);
	assert_int_equal(hosts[0].address.family, 0);
	/* a pool of which nothing else is known, and one without a VIP */
	role = server_role_find("director");
	hosts = server_role_hosts(arena, role, topology, &count);
	assert_int_equal(count, 1);
	assert_string_equal(hosts[0].name, "dir.contoso.net");
	server_role_balancers(arena, role, topology, &count);
	assert_int_equal(count, 0);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_belongs_to_a_role),
		cmocka_unit_test(every_role_is_found_by_its_name),
		cmocka_unit_test(servers_are_those_of_the_pools_of_the_role),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
