#include "common/plan/address_demand.h"
#include "common/plan/certificates_wanted.h"
#include "common/plan/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DOCUMENTS "tests/common/plan/samples/documents-nat.conf"
#define TABLE	  "common/tables/ip-requirements.tsv"

#define SRV_FEDERATION                                                         \
	"SRV _sipfederationtls._tcp.fabrikam.com 5061 sip.fabrikam.com"

static struct topology *topology_of(struct arena *arena, const char *path)
{
	const char *why;
	struct topology *topology = topology_read(arena, path, &why);

	if (!topology)
		fail_msg("%s", why);
	return topology;
}

/* "A sip.contoso.com 131.107.155.10" */
static const char *line_of(struct arena *arena, const struct record *record)
{
	char text[ADDRESS_TEXT_BYTES];

	if (record->type == RECORD_SRV)
		return arena_format(arena, "SRV %s %u %s", record->name,
				    record->port, record->target);
	return arena_format(arena, "%s %s %s", record_type_name(record->type),
			    record->name,
			    address_format(text, &record->address));
}

static void reproduces_the_records_of_the_documents(void **state)
{
	static const char *const lines[] = {
		"A sip.contoso.com 131.107.155.10",
		"A sip.contoso.com 131.107.155.11",
		"A webcon.contoso.com 131.107.155.20",
		"A webcon.contoso.com 131.107.155.21",
		"A av.contoso.com 131.107.155.30",
		"A av.contoso.com 131.107.155.31",
		"SRV _sip._tls.contoso.com 443 sip.contoso.com",
		"SRV _sipfederationtls._tcp.contoso.com 5061 sip.contoso.com",
		"SRV _xmpp-server._tcp.contoso.com 5269 xmpp.contoso.com",
		"A xmpp.contoso.com 131.107.155.10",
		"A xmpp.contoso.com 131.107.155.11",
		"A sip.fabrikam.com 131.107.155.10",
		"A sip.fabrikam.com 131.107.155.11",
		"SRV _sip._tls.fabrikam.com 443 sip.fabrikam.com",
		SRV_FEDERATION,
		"SRV _xmpp-server._tcp.fabrikam.com 5269 xmpp.fabrikam.com",
		"A xmpp.fabrikam.com 131.107.155.10",
		"A xmpp.fabrikam.com 131.107.155.11",
		"A sfbedge.contoso.net 172.25.33.10",
		"A sfbedge.contoso.net 172.25.33.11",
	};
	struct arena *arena = arena_new();
	struct records records =
		records_of(arena, topology_of(arena, DOCUMENTS));

	(void)state;
	assert_int_equal(records.count, sizeof(lines) / sizeof(lines[0]));
	for (size_t i = 0; i < records.count; i++)
		assert_string_equal(line_of(arena, &records.items[i]),
				    lines[i]);
	arena_free(arena);
}

static void gives_the_vip_alone_behind_a_load_balancer(void **state)
{
	struct arena *arena = arena_new();
	struct records records = records_of(
		arena, topology_of(arena, "man/examples/scaled-hlb.conf"));
	size_t addresses = 0;

	(void)state;
	for (size_t i = 0; i < records.count; i++) {
		const struct record *record = &records.items[i];

		if (strcmp(record->name, "sip.contoso.com") != 0)
			continue;
		assert_string_equal(line_of(arena, record),
				    "A sip.contoso.com 192.0.2.50");
		addresses++;
	}
	assert_int_equal(addresses, 1);
	arena_free(arena);
}

static void takes_ports_from_the_topology(void **state)
{
	struct arena *arena = arena_new();
	struct records records = records_of(
		arena, topology_of(arena, "man/examples/single-address.conf"));

	(void)state;
	for (size_t i = 0; i < records.count; i++)
		if (strcmp(records.items[i].name, "_sip._tls.contoso.com") == 0)
			assert_int_equal(records.items[i].port, 5061);
	arena_free(arena);
}

static void holds_names(const struct certificate_wanted *wanted,
			const char *part, const char *subject,
			const char *const *names)
{
	size_t count = 0;

	assert_string_equal(wanted->part, part);
	assert_string_equal(wanted->subject, subject);
	for (; names[count]; count++) {
		assert_true(count < wanted->name_count);
		assert_string_equal(wanted->names[count], names[count]);
	}
	assert_int_equal(wanted->name_count, count);
}

static void reproduces_the_certificates_of_the_documents(void **state)
{
	static const char *const external[] = {"sip.contoso.com",
					       "webcon.contoso.com",
					       "sip.fabrikam.com", NULL};
	static const char *const none[] = {NULL};
	static const char *const xmpp[] = {
		"sip.contoso.com",  "webcon.contoso.com",
		"sip.fabrikam.com", "contoso.com",
		"xmpp.contoso.com", "*.contoso.com",
		"fabrikam.com",	    "xmpp.fabrikam.com",
		"*.fabrikam.com",   NULL};
	struct certificate_wanted wanted[CERTIFICATES_WANTED_MAX];
	struct arena *arena = arena_new();
	size_t count = certificates_wanted(arena, topology_of(arena, DOCUMENTS),
					   wanted);

	(void)state;
	assert_int_equal(count, 3);
	holds_names(&wanted[0], "external", "sip.contoso.com", external);
	holds_names(&wanted[1], "internal", "sfbedge.contoso.net", none);
	holds_names(&wanted[2], "xmpp", "sip.contoso.com", xmpp);
	arena_free(arena);
}

/* One row of the published table; false for the formulas. */
static bool read_row(const char *line, char id[64], unsigned *servers,
		     char lb[16], char model[16], unsigned counts[3])
{
	return sscanf(line,
		      "%63[^\t]\t%*[^\t]\t%*[^\t]\t%*[^\t]\t%u\t%15[^\t]\t"
		      "%15[^\t]\t%u\t%u\t%u",
		      id, servers, lb, model, &counts[0], &counts[1],
		      &counts[2]) == 7;
}

static void reproduces_the_address_counts_of_the_documents(void **state)
{
	FILE *file = fopen(TABLE, "r");
	char line[1024], id[64], lb[16], model[16];
	unsigned servers, counts[3], rows = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		struct address_demand demand;

		if (!read_row(line, id, &servers, lb, model, counts))
			continue;
		demand = address_demand(strcmp(lb, "hlb") == 0 ? KIND_SCALED_HLB
					: strcmp(lb, "dns") == 0
						? KIND_SCALED_DNSLB_PUBLIC
						: KIND_SINGLE_PUBLIC,
					strcmp(model, "single") == 0, servers);
		assert_int_equal(demand.nodes, counts[0]);
		assert_int_equal(demand.vips, counts[1]);
		/* one row says the same as another, of another document */
		if (strcmp(id, "ip.nplus1.hlb.2") != 0)
			assert_string_equal(demand.id, id);
		assert_false(demand.is_derived);
		rows++;
	}
	fclose(file);
	assert_int_equal(rows, 19);
}

static void follows_the_formula_up_to_twelve_servers(void **state)
{
	(void)state;
	for (unsigned servers = 6; servers <= 12; servers++) {
		struct address_demand demand =
			address_demand(KIND_SCALED_HLB, false, servers);

		assert_int_equal(demand.nodes + demand.vips, 3 * servers + 3);
		assert_true(demand.is_derived);
		assert_string_equal(demand.id, "ip.per-role.hlb.n");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reproduces_the_records_of_the_documents),
		cmocka_unit_test(gives_the_vip_alone_behind_a_load_balancer),
		cmocka_unit_test(takes_ports_from_the_topology),
		cmocka_unit_test(reproduces_the_certificates_of_the_documents),
		cmocka_unit_test(
			reproduces_the_address_counts_of_the_documents),
		cmocka_unit_test(follows_the_formula_up_to_twelve_servers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
