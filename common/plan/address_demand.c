#include "common/plan/address_demand.h"

#define SERVICES 3

/* The rows end at 5 servers; beyond, the formula is all there is. */
#define PRINTED_MAX 5

static const char *const formulas[2][2] = {
	{"ip.per-role.dns.n", "ip.per-role.hlb.n"},
	{"ip.single.dns.n", "ip.single.hlb.n"},
};

static const char *const printed[2][2][PRINTED_MAX + 1] = {
	{{[2] = "ip.per-role.dns.2",
	  "ip.per-role.dns.3",
	  "ip.per-role.dns.4",
	  "ip.per-role.dns.5"},
	 {[2] = "ip.per-role.hlb.2",
	  "ip.per-role.hlb.3",
	  "ip.per-role.hlb.4",
	  "ip.per-role.hlb.5"}},
	{{[2] = "ip.single.dns.2",
	  "ip.single.dns.3",
	  "ip.single.dns.4",
	  "ip.single.dns.5"},
	 {[2] = "ip.single.hlb.2",
	  "ip.single.hlb.3",
	  "ip.single.hlb.4",
	  "ip.single.hlb.5"}},
};

struct address_demand address_demand(enum topology_kind kind, bool single,
				     unsigned servers)
{
	unsigned each = single ? 1 : SERVICES;
	bool hlb = kind == KIND_SCALED_HLB;
	struct address_demand demand = {
		.nodes = each * servers,
		.vips = hlb ? each : 0,
	};

	if (!kind_is_scaled(kind))
		demand.id = single ? "ip.single.none.1" : "ip.per-role.none.1";
	else if (servers <= PRINTED_MAX && printed[single][hlb][servers])
		demand.id = printed[single][hlb][servers];
	else
		demand.id = formulas[single][hlb];
	demand.is_derived = demand.id == formulas[single][hlb];
	return demand;
}
