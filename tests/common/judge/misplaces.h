/*
 * misplaces.h - one fault a function, for faults_test.c alone: ports that are
 * open to anybody, and the place that is looked from.
 */
#ifndef TESTS_COMMON_JUDGE_MISPLACES_H
#define TESTS_COMMON_JUDGE_MISPLACES_H

#include "tests/common/judge/misnames.h"

/* The observation of an address, with ports that are open there. */
static struct observation *open_ports(struct world *world, const char *address,
				      const char *ports)
{
	struct observation *seen =
		world_see(world, "exposure", address, TRANSPORT_TCP, "-");
	char *rest = arena_text(world->arena, ports);
	char *one;

	while ((one = strsep(&rest, ",")))
		observation_add_text(world->arena, seen, "ports.open", one);
	observation_add_text(world->arena, seen, "ports.silent", "135-135");
	return seen;
}

static void av_auth_open(struct world *world)
{
	open_ports(world, "192.0.2.11", "5062-5062");
}

static void clear_sip_open(struct world *world)
{
	open_ports(world, "192.0.2.11", "5060-5060");
}

/* TLS is expected there, and SIP answers without. */
static void clear_sip_on_443(struct world *world)
{
	struct observation *seen = open_ports(world, "192.0.2.11", "4-4");

	observation_add_number(world->arena, seen, "sip.clear_text", FACT_UINT,
			       443);
}

static void inner_ports_open(struct world *world)
{
	open_ports(world, "192.0.2.21", "4443-4443,8057-8057,50001-50003");
}

static void host_ports_open(struct world *world)
{
	open_ports(world, "192.0.2.31", "135-135,3389-3389");
}

/* Of Lync 2013, the rule of the documents speaks too. */
static void host_ports_open_on_2013(struct world *world)
{
	world->given->product = PRODUCT_LYNC2013;
	world->given->product_known = true;
	open_ports(world, "192.0.2.31", "3389-3389");
}

static void xmpp_open_on_2019(struct world *world)
{
	world->given->product_known = true;
	open_ports(world, "192.0.2.11", "5269-5269");
}

/* Inbound media ports are for partners of long ago. */
static void relay_range_open(struct world *world)
{
	open_ports(world, "192.0.2.31", "50000-50000");
}

/* What is open there is called for, or proves nothing. */
static void ports_called_for(struct world *world)
{
	struct observation *seen;

	/* logging has no listener where media are relayed */
	open_ports(world, "192.0.2.30", "50001-50003");
	/* the product is only assumed */
	open_ports(world, "192.0.2.10", "5269-5269");
	/* its own listener, in a layout with one address */
	world->given->ports[LISTENER_WEBCONF] = 8057;
	world_see_webconf(world, "192.0.2.20");
	world_find(world, "webconf", "192.0.2.20:443", NULL)->endpoint.port =
		8057;
	world_find(world, "webconf", "192.0.2.21:443", NULL)->endpoint.port =
		8057;
	open_ports(world, "192.0.2.20", "8057-8057");
	/* a device that answers for every port */
	seen = open_ports(world, "192.0.2.11", "135-50003");
	observation_add_text(world->arena, seen, "ports.unused_open", "4-4");
}

static void ocs_partner(struct world *world)
{
	world->given->features |= FEATURE_BIT(FEATURE_FED_OCS2007);
	world->given->product = PRODUCT_LYNC2013;
	world->given->product_known = world->given->kind_known = true;
	world->given->kind = KIND_SCALED_DNSLB_PUBLIC;
	open_ports(world, "192.0.2.31", "50000-50000");
}

/* Nobody answers for the ports, and nobody is blamed for that. */
static void ports_not_to_be_told(struct world *world)
{
	struct observation *seen =
		world_see(world, "exposure", "192.0.2.10", TRANSPORT_TCP, "-");

	seen->outcome = OUTCOME_NO_REPLY;
	seen = world_see(world, "exposure", "192.0.2.11", TRANSPORT_TCP, "-");
	seen->outcome = OUTCOME_LOCAL;
}

/* What a control showed; at 203.0.113.1, which is not of the deployment. */
static struct observation *see_control(struct world *world,
				       const char *endpoint,
				       enum transport transport,
				       enum outcome outcome)
{
	static const struct control_place place = {.text = "example.net:PORT"};
	struct observation *seen =
		world_see(world, "control", endpoint, transport, place.text);

	world->deployment.controls = &place;
	world->deployment.control_count = 1;
	seen->outcome = outcome;
	if (outcome == OUTCOME_ANSWERED && transport == TRANSPORT_TCP)
		observation_add_number(world->arena, seen, "tcp.rtt_us",
				       FACT_UINT, 20000);
	return seen;
}

static void federation_silent(struct world *world)
{
	world_break(world, "sip", "192.0.2.10:5061", OUTCOME_NO_REPLY, "");
	world_break(world, "sip", "192.0.2.11:5061", OUTCOME_NO_REPLY, "");
}

static void cannot_send(struct world *world)
{
	federation_silent(world);
	see_control(world, "203.0.113.1:5061", TRANSPORT_TCP, OUTCOME_NO_REPLY);
}

/* Another address of the control answers, so the port is not stopped. */
static void can_send(struct world *world)
{
	cannot_send(world);
	see_control(world, "203.0.113.2:5061", TRANSPORT_TCP, OUTCOME_ANSWERED);
}

/* Of another port, transport or family, or no silence: it tells nothing. */
static void other_controls(struct world *world)
{
	federation_silent(world);
	see_control(world, "203.0.113.1:443", TRANSPORT_TCP, OUTCOME_NO_REPLY);
	see_control(world, "203.0.113.1:5061", TRANSPORT_UDP, OUTCOME_NO_REPLY);
	see_control(world, "[2001:db8:1::1]:5061", TRANSPORT_TCP,
		    OUTCOME_NO_REPLY);
	see_control(world, "203.0.113.3:5061", TRANSPORT_TCP, OUTCOME_REFUSED);
	see_control(world, "203.0.113.4:5061", TRANSPORT_TCP, OUTCOME_LOCAL);
}

/* With a control, silence everywhere is not this place's any more. */
static void dead_for_all(struct world *world)
{
	for (size_t i = 0; i < world->list.count; i++)
		if (strcmp(world->list.items[i]->probe, "dns") != 0) {
			world->list.items[i]->outcome = OUTCOME_NO_REPLY;
			world->list.items[i]->facts = NULL;
		}
}

static void dead_and_control_answers(struct world *world)
{
	dead_for_all(world);
	see_control(world, "203.0.113.1:25", TRANSPORT_TCP, OUTCOME_ANSWERED);
}

static void set_fact(struct world *world, struct observation *seen,
		     const char *key, const char *text, int64_t number)
{
	struct fact *fact = seen->facts;

	while (fact && strcmp(fact->key, key) != 0)
		fact = fact->next;
	if (!fact)
		return;
	fact->number = number;
	if (text)
		fact->text = arena_text(world->arena, text);
}

/* Every certificate is from a CA that no public root knows. */
static void one_private_issuer(struct world *world)
{
	for (size_t i = 0; i < world->list.count; i++) {
		struct observation *seen = world->list.items[i];

		set_fact(world, seen, "cert.issuer", "CN=Inspection CA", 0);
		set_fact(world, seen, "cert.verify_code", NULL,
			 X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
		set_fact(world, seen, "cert.verify_depth", NULL, 1);
	}
}

static struct observation *see_control_certificate(struct world *world,
						   const char *issuer,
						   int64_t verify_code)
{
	struct observation *seen = see_control(world, "203.0.113.1:443",
					       TRANSPORT_TCP, OUTCOME_ANSWERED);

	world_show(world, seen, "example.net", "DNS:example.net", 9);
	set_fact(world, seen, "cert.issuer", issuer, 0);
	set_fact(world, seen, "cert.verify_code", NULL, verify_code);
	set_fact(world, seen, "cert.verify_depth", NULL, 1);
	return seen;
}

static void intercepted(struct world *world)
{
	one_private_issuer(world);
	see_control_certificate(world, "CN=Inspection CA",
				X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
}

/* The device in between takes the relay for a TLS server as well. */
static void intercepted_relay(struct world *world)
{
	struct observation *seen;

	intercepted(world);
	seen = world_break(world, "msturn-allocate-tcp", "192.0.2.31:443",
			   OUTCOME_GARBLED, "a TLS server answers");
	observation_add_text(world->arena, seen, "peer.service", "tls");
}

/* A private CA of the Edge's own: the control shows another one. */
static void private_issuer_alone(struct world *world)
{
	one_private_issuer(world);
	see_control_certificate(world, "CN=Public CA", X509_V_OK);
}

/* A public CA issued both, which is no wonder. */
static void public_issuer_of_both(struct world *world)
{
	see_control_certificate(world, "CN=Public CA", X509_V_OK);
}

/* With roots of one's own, nobody knows the public ones. */
static void own_roots(struct world *world)
{
	intercepted(world);
	for (size_t i = 0; i < world->list.count; i++)
		set_fact(world, world->list.items[i], "cert.roots", "ca.pem",
			 0);
}

static void no_name_is(struct world *world, const char *answers)
{
	world_dns(world, "edgeprobe.invalid", DNS_A, answers);
}

/* Every name leads to the portal, and no other record is known. */
static void portal(struct world *world)
{
	static const char *const names[] = {
		"sip.contoso.com", "webcon.contoso.com", "av.contoso.com"};

	no_name_is(world, "10.0.0.1");
	for (size_t i = 0; i < 3; i++)
		world_dns(world, names[i], DNS_A, "10.0.0.1");
	world_dns(world, "_sip._tls.contoso.com", DNS_SRV, "NXDOMAIN");
	world_dns(world, "_sipfederationtls._tcp.contoso.com", DNS_SRV,
		  "NXDOMAIN");
	for (int service = 0; service < 3; service++)
		world_see(world,
			  service == 2 ? "msturn-allocate-tcp"
			  : service    ? "webconf"
				       : "sip",
			  "10.0.0.1:443", TRANSPORT_TCP, "-")
			->outcome = OUTCOME_GARBLED;
	world_see(world, "sip", "10.0.0.1:5061", TRANSPORT_TCP, "-")->outcome =
		OUTCOME_NO_REPLY;
	world_see(world, "msturn-allocate", "10.0.0.1:3478", TRANSPORT_UDP, "-")
		->outcome = OUTCOME_REFUSED;
}

/* Only names that do not exist are answered for: the Edge's do. */
static void answers_for_missing_names(struct world *world)
{
	no_name_is(world, "198.51.100.80");
}

static void answers_for_conferencing(struct world *world)
{
	no_name_is(world, "198.51.100.80");
	world_dns(world, "webcon.contoso.com", DNS_A, "198.51.100.80");
	world_see(world, "webconf", "198.51.100.80:443", TRANSPORT_TCP, "-")
		->outcome = OUTCOME_REFUSED;
}

#endif
