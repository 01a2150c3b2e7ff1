/*
 * strangers.h - one fault a function, for faults_test.c alone: services that
 * answer where others are looked for.
 */
#ifndef TESTS_COMMON_JUDGE_STRANGERS_H
#define TESTS_COMMON_JUDGE_STRANGERS_H

#include "tests/common/judge/breaks.h"

#define WEB_SAN "DNS:webext.contoso.com,DNS:lyncdiscover.contoso.com"

static struct observation *see_at(struct world *world, const char *probe,
				  const char *address, uint16_t port,
				  const char *name)
{
	struct observation *seen =
		world_see(world, probe,
			  arena_format(world->arena, "%s:%u", address, port),
			  port == 3478 ? TRANSPORT_UDP : TRANSPORT_TCP, "-");

	seen->endpoint.name = name;
	return seen;
}

static void say_relay(struct world *world, struct observation *seen)
{
	observation_add_number(world->arena, seen, "turn.cookie", FACT_FLAG, 1);
	observation_add_number(world->arena, seen, "turn.error_code", FACT_UINT,
			       401);
}

/* TLS stands; SIP is asked, and what answers is that service. */
static void see_tls(struct world *world, const char *address, const char *name,
		    const char *service)
{
	struct observation *seen =
		see_at(world, "recognise-sip", address, 443, name);

	world_show(world, seen, "sip.contoso.com", WORLD_SAN, 1);
	observation_add_text(world->arena, seen, "peer.service", service);
	if (strcmp(service, "sip") != 0)
		return;
	world_status(world, seen, 504);
	observation_add_text(world->arena, seen, "sip.server", "RTC/6.0");
}

static void see_access_at_webconf(struct world *world, const char *address)
{
	struct observation *seen =
		see_at(world, "sip", address, 443, "sip.contoso.com");

	world_show(world, seen, "sip.contoso.com", WORLD_SAN, 1);
	seen = see_at(world, "sip-options-control", address, 443,
		      "sip.contoso.com");
	seen->outcome = OUTCOME_NO_REPLY;
	see_at(world, "sip", address, 5061, "sip.contoso.com")->outcome =
		OUTCOME_REFUSED;
}

static void see_access_at_relay(struct world *world, const char *address)
{
	see_at(world, "sip", address, 443, "sip.contoso.com")->outcome =
		OUTCOME_CLOSED;
	say_relay(world, see_at(world, "recognise-av", address, 443,
				"sip.contoso.com"));
	see_at(world, "sip", address, 5061, "sip.contoso.com")->outcome =
		OUTCOME_REFUSED;
}

static void see_webconf_at_access(struct world *world, const char *address)
{
	world_show(world,
		   see_at(world, "webconf", address, 443, "webcon.contoso.com"),
		   "sip.contoso.com", WORLD_SAN, 1);
	see_tls(world, address, "webcon.contoso.com", "sip");
}

static void see_webconf_at_relay(struct world *world, const char *address)
{
	see_at(world, "webconf", address, 443, "webcon.contoso.com")->outcome =
		OUTCOME_CLOSED;
	say_relay(world, see_at(world, "recognise-av", address, 443,
				"webcon.contoso.com"));
}

/* service: "sip", "tls" ... */
static void see_av_at(struct world *world, const char *address,
		      const char *service)
{
	see_at(world, "msturn-allocate-tcp", address, 443, "av.contoso.com")
		->outcome = OUTCOME_RESET;
	see_at(world, "msturn-allocate", address, 3478, "av.contoso.com")
		->outcome = OUTCOME_REFUSED;
	see_tls(world, address, "av.contoso.com", service);
}

/* Nothing seen yet but DNS, with these addresses. */
static void begin_anew(struct world *world, const char *access,
		       const char *webconf, const char *av)
{
	world_end(world);
	world_begin(world);
	world_see_dns(world);
	world_dns(world, "sip.contoso.com", DNS_A, access);
	world_dns(world, "webcon.contoso.com", DNS_A, webconf);
	world_dns(world, "av.contoso.com", DNS_A, av);
}

/*
 * Pairs
 */

static void access_and_webconf_swapped(struct world *world)
{
	begin_anew(world, "192.0.2.20|192.0.2.21", "192.0.2.10|192.0.2.11",
		   "192.0.2.30|192.0.2.31");
	see_access_at_webconf(world, "192.0.2.20");
	see_access_at_webconf(world, "192.0.2.21");
	see_webconf_at_access(world, "192.0.2.10");
	see_webconf_at_access(world, "192.0.2.11");
	world_see_relay(world, "192.0.2.30");
	world_see_relay(world, "192.0.2.31");
}

static void access_and_webconf_swapped_at_one(struct world *world)
{
	begin_anew(world, "192.0.2.10|192.0.2.21", "192.0.2.20|192.0.2.11",
		   "192.0.2.30|192.0.2.31");
	world_see_access(world, "192.0.2.10");
	see_access_at_webconf(world, "192.0.2.21");
	world_see_webconf(world, "192.0.2.20");
	see_tls(world, "192.0.2.20", "webcon.contoso.com", "tls");
	see_webconf_at_access(world, "192.0.2.11");
	world_see_relay(world, "192.0.2.30");
	world_see_relay(world, "192.0.2.31");
}

static void access_and_av_swapped(struct world *world)
{
	begin_anew(world, "192.0.2.30", "192.0.2.20", "192.0.2.10");
	see_access_at_relay(world, "192.0.2.30");
	world_see_webconf(world, "192.0.2.20");
	see_tls(world, "192.0.2.20", "webcon.contoso.com", "tls");
	see_av_at(world, "192.0.2.10", "sip");
}

static void webconf_and_av_swapped(struct world *world)
{
	begin_anew(world, "192.0.2.10", "192.0.2.30", "192.0.2.20");
	world_see_access(world, "192.0.2.10");
	see_webconf_at_relay(world, "192.0.2.30");
	see_av_at(world, "192.0.2.20", "tls");
}

/* A name leads to another's address, and that one's does not lead back. */
static void access_at_the_relay_alone(struct world *world)
{
	begin_anew(world, "192.0.2.30", "192.0.2.20", "192.0.2.31");
	see_access_at_relay(world, "192.0.2.30");
	world_see_webconf(world, "192.0.2.20");
	world_see_relay(world, "192.0.2.31");
}

static void webconf_at_another_access(struct world *world)
{
	begin_anew(world, "192.0.2.10", "192.0.2.11", "192.0.2.30");
	world_see_access(world, "192.0.2.10");
	see_webconf_at_access(world, "192.0.2.11");
	world_see_relay(world, "192.0.2.30");
}

/*
 * Shared and foreign addresses
 */

static void av_at_the_access_address(struct world *world)
{
	begin_anew(world, "192.0.2.10", "192.0.2.20", "192.0.2.10");
	world_see_access(world, "192.0.2.10");
	world_see_webconf(world, "192.0.2.20");
	see_av_at(world, "192.0.2.10", "sip");
}

static void web_server_on_webconf(struct world *world)
{
	see_tls(world, "192.0.2.21", "webcon.contoso.com", "http");
}

static void web_server_on_av(struct world *world)
{
	world_break(world, "msturn-allocate-tcp", "192.0.2.31:443",
		    OUTCOME_CLOSED, "the peer closed the connection");
	see_tls(world, "192.0.2.31", "av.contoso.com", "http");
}

static void reverse_proxy_with(struct world *world, const char *san)
{
	struct observation *seen;

	world_reissue(world, "sip", "192.0.2.11:443", "webext.contoso.com", san,
		      8);
	seen = world_find(world, "sip-options-control", "192.0.2.11:443", NULL);
	seen->outcome = OUTCOME_GARBLED;
	seen->detail = "not SIP";
	seen->facts = NULL;
	observation_add_text(world->arena, seen, "peer.service", "http");
	seen = world_find(world, "sip-register", "192.0.2.11:443", NULL);
	seen->outcome = OUTCOME_LOCAL;
	seen->facts = NULL;
	world_break(world, "sip", "192.0.2.11:5061", OUTCOME_REFUSED, "");
}

static void reverse_proxy_on_sip(struct world *world)
{
	reverse_proxy_with(world, WEB_SAN);
}

static void web_server_with_all_names(struct world *world)
{
	reverse_proxy_with(world, WORLD_SAN "," WEB_SAN);
}

/* The record leads to a port where nothing good listens: one fault. */
static void federation_record_to_443_of_av(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 443 av.contoso.com");
	for (int node = 0; node < 2; node++) {
		const char *address =
			arena_format(world->arena, "192.0.2.3%d", node);

		see_at(world, "sip", address, 443, "av.contoso.com")->outcome =
			OUTCOME_CLOSED;
		say_relay(world, see_at(world, "recognise-av", address, 443,
					"av.contoso.com"));
	}
}

static void federation_record_to_a_closed_port(struct world *world)
{
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 5062 sip.contoso.com");
	see_at(world, "sip", "192.0.2.10", 5062, "sip.contoso.com")->outcome =
		OUTCOME_REFUSED;
	see_at(world, "sip", "192.0.2.11", 5062, "sip.contoso.com")->outcome =
		OUTCOME_NO_REPLY;
}

/*
 * No faults
 */

static void webconf_silent_to_sip(struct world *world)
{
	see_tls(world, "192.0.2.20", "webcon.contoso.com", "tls");
	see_tls(world, "192.0.2.21", "webcon.contoso.com", "unknown");
}

static void webconf_of_its_own_silent(struct world *world)
{
	static const char *const at[] = {"192.0.2.20:443", "192.0.2.21:443"};

	webconf_silent_to_sip(world);
	for (size_t i = 0; i < 2; i++)
		world_reissue(world, "webconf", at[i], "webcon.contoso.com",
			      "DNS:webcon.contoso.com", 7);
}

/* Some words in answer to SIP: nobody knows that PSOM has none. */
static void webconf_has_words_for_sip(struct world *world)
{
	see_tls(world, "192.0.2.21", "webcon.contoso.com", "banner");
}

/* One address, four ports (edge-services.md 2.2), one certificate. */
static void single_address(struct world *world)
{
	struct topology *given;

	begin_anew(world, "192.0.2.10", "192.0.2.10", "192.0.2.10");
	given = world->given;
	given->file = "edge.conf";
	given->names[SERVICE_ACCESS] = "sip.contoso.com";
	given->ports[LISTENER_ACCESS] = 5061;
	given->ports[LISTENER_FEDERATION] = 5062;
	given->ports[LISTENER_WEBCONF] = 444;
	given->node_count = 1;
	given->nodes[0] = (struct node){.name = "edge1"};
	for (unsigned i = SERVICE_ACCESS; i <= SERVICE_AV; i++) {
		given->nodes[0].addresses[i][0] = world_address("192.0.2.10");
		given->nodes[0].address_count[i] = 1;
	}
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV,
		  "0 0 5061 sip.contoso.com");
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "0 0 5062 sip.contoso.com");
	world_see_access(world, "192.0.2.10");
	world_find(world, "sip", "192.0.2.10:5061", NULL)->endpoint.port = 5062;
	world_find(world, "sip", "192.0.2.10:443", NULL)->endpoint.port = 5061;
	world_find(world, "sip-options-control", "192.0.2.10:443", NULL)
		->endpoint.port = 5061;
	world_find(world, "sip-register", "192.0.2.10:443", NULL)
		->endpoint.port = 5061;
	world_show(world,
		   see_at(world, "webconf", "192.0.2.10", 444,
			  "webcon.contoso.com"),
		   "sip.contoso.com", WORLD_SAN, 1);
	world_see_relay(world, "192.0.2.10");
}

#endif
