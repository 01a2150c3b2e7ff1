/*
 * world.h - a healthy deployment seen from outside, made by hand, that tests
 * break in one place at a time.
 *
 * contoso.com on two nodes: access 192.0.2.10 and .11, Web Conferencing .20
 * and .21, A/V .30 and .31, nothing on IPv6 unless asked for.
 */
#ifndef TESTS_COMMON_JUDGE_WORLD_H
#define TESTS_COMMON_JUDGE_WORLD_H

#include "common/judge/judge.h"
#include "common/model/targets.h"

#include "tests/common/model/dns_seen.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define WORLD_DAY_S INT64_C(86400)
#define WORLD_NOW_S INT64_C(1767261600) /* 2026-01-01T10:00:00Z */

/* Rows of seed 000 that apply to it. */
#define ACCESS	   "s000.ext.access.sip-tls.tcp443.in"
#define FEDERATION "s000.ext.access.sip-mtls.tcp5061.in"
#define WEBCONF	   "s000.ext.webconf.psom-tls.tcp443.in"
#define AV_UDP	   "s000.ext.av.stun-msturn.udp3478.in"
#define AV_TCP	   "s000.ext.av.stun-msturn.tcp443.in"

struct world {
	struct arena *arena;
	struct observation_list list;
	struct topology *given;
	struct deployment deployment;
	struct scope scope;
	struct judgement *judgement;
};

/* A key whose signatures do not vary, so that equal leaves are equal. */
static inline EVP_PKEY *world_key(void)
{
	static EVP_PKEY *key;

	if (!key)
		key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	return key;
}

/*
 * A self-made certificate: subject name, and SAN as "DNS:a,DNS:b" (NULL for
 * none). serial tells one from another.
 */
static inline X509 *world_certificate(const char *subject, const char *san,
				      long serial)
{
	X509 *leaf = X509_new();
	X509_NAME *name = X509_get_subject_name(leaf);
	X509_EXTENSION *extension;

	X509_set_version(leaf, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(leaf), serial);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				   (const unsigned char *)subject, -1, -1, 0);
	X509_set_issuer_name(leaf, name);
	ASN1_TIME_set(X509_getm_notBefore(leaf), WORLD_NOW_S);
	ASN1_TIME_set(X509_getm_notAfter(leaf), WORLD_NOW_S + WORLD_DAY_S);
	X509_set_pubkey(leaf, world_key());
	if (san) {
		extension = X509V3_EXT_conf_nid(NULL, NULL,
						NID_subject_alt_name, san);
		X509_add_ext(leaf, extension, -1);
		X509_EXTENSION_free(extension);
	}
	X509_sign(leaf, world_key(), NULL);
	return leaf;
}

static inline void world_add_san(struct world *world, struct observation *seen,
				 const char *san)
{
	char *rest = san ? arena_text(world->arena, san) : NULL;
	char *entry;

	while ((entry = strsep(&rest, ",")))
		observation_add_text(world->arena, seen, "cert.san", entry + 4);
}

/* What handshakes note of a leaf that is in order but for its names. */
static inline void world_show_leaf(struct world *world,
				   struct observation *seen, X509 *leaf,
				   const char *subject, const char *san)
{
	struct arena *arena = world->arena;
	unsigned char *der = NULL;
	int length = i2d_X509(leaf, &der);

	observation_add_bytes(arena, seen, "cert.der", FACT_BYTES, der,
			      (size_t)length);
	OPENSSL_free(der);
	X509_free(leaf);
	observation_add_text(arena, seen, "tls.version", "TLSv1.2");
	observation_add_text(arena, seen, "cert.cn", subject);
	observation_add_text(arena, seen, "cert.issuer", "CN=Public CA");
	world_add_san(world, seen, san);
	observation_add_number(arena, seen, "cert.not_before", FACT_TIME,
			       WORLD_NOW_S - 30 * WORLD_DAY_S);
	observation_add_number(arena, seen, "cert.not_after", FACT_TIME,
			       WORLD_NOW_S + 300 * WORLD_DAY_S);
	observation_add_text(arena, seen, "cert.key", "RSA 2048");
	observation_add_number(arena, seen, "cert.key_bits", FACT_UINT, 2048);
	observation_add_text(arena, seen, "cert.signature",
			     "sha256WithRSAEncryption");
	observation_add_text(arena, seen, "cert.eku", "serverAuth");
	observation_add_text(arena, seen, "cert.eku", "clientAuth");
	observation_add_number(arena, seen, "cert.verify_code", FACT_UINT, 0);
	observation_add_number(arena, seen, "cert.verify_depth", FACT_UINT, 0);
	observation_add_text(arena, seen, "cert.roots", "system");
}

static inline void world_show(struct world *world, struct observation *seen,
			      const char *subject, const char *san, long serial)
{
	world_show_leaf(world, seen, world_certificate(subject, san, serial),
			subject, san);
}

#define WORLD_SAN "DNS:sip.contoso.com,DNS:webcon.contoso.com"

static inline struct observation *
world_see(struct world *world, const char *probe, const char *endpoint,
	  enum transport transport, const char *subject)
{
	struct observation *seen = observation_new(world->arena);
	const char *why;

	assert_true(endpoint_parse(endpoint, 0, &seen->endpoint, &why));
	seen->probe = probe;
	seen->endpoint.transport = transport;
	seen->subject = subject;
	seen->outcome = OUTCOME_ANSWERED;
	seen->wall_us = WORLD_NOW_S * 1000000;
	seen->source = "198.51.100.9";
	seen->id = (unsigned)world->list.count + 1;
	observation_list_add(world->arena, &world->list, seen);
	return seen;
}

static inline void world_status(struct world *world, struct observation *seen,
				unsigned status)
{
	observation_add_number(world->arena, seen, "sip.status", FACT_UINT,
			       status);
}

/* Nothing open that should not be. */
static inline void world_see_exposure(struct world *world, const char *address)
{
	struct observation *seen =
		world_see(world, "exposure", address, TRANSPORT_TCP, "-");

	observation_add_text(world->arena, seen, "ports.refused", "135-135");
	observation_add_text(world->arena, seen, "ports.silent", "445-50003");
	observation_add_number(world->arena, seen, "ports.waited_ms", FACT_UINT,
			       1200);
}

static inline void world_see_access(struct world *world, const char *address)
{
	const char *at = arena_format(world->arena, "%s:443", address);
	struct observation *seen;

	seen = world_see(world, "sip", at, TRANSPORT_TCP, "-");
	world_show(world, seen, "sip.contoso.com", WORLD_SAN, 1);
	seen = world_see(world, "sip-options-control", at, TRANSPORT_TCP, "-");
	world_status(world, seen, 504);
	for (size_t i = 0; i < world->given->domain_count; i++) {
		seen = world_see(world, "sip-register", at, TRANSPORT_TCP,
				 world->given->domains[i]);
		world_status(world, seen, 401);
	}
	at = arena_format(world->arena, "%s:5061", address);
	seen = world_see(world, "sip", at, TRANSPORT_TCP, "-");
	world_show(world, seen, "sip.contoso.com", WORLD_SAN, 1);
	observation_add_number(world->arena, seen,
			       "tls.client_certificate_requested", FACT_FLAG,
			       1);
	world_see_exposure(world, address);
}

static inline void world_see_webconf(struct world *world, const char *address)
{
	struct observation *seen = world_see(
		world, "webconf", arena_format(world->arena, "%s:443", address),
		TRANSPORT_TCP, "-");

	world_show(world, seen, "sip.contoso.com", WORLD_SAN, 1);
	world_see_exposure(world, address);
}

static inline void world_see_relay(struct world *world, const char *address)
{
	for (int udp = 0; udp < 2; udp++) {
		const char *at = arena_format(world->arena, "%s:%d", address,
					      udp ? 3478 : 443);
		struct observation *seen = world_see(
			world, udp ? "msturn-allocate" : "msturn-allocate-tcp",
			at, udp ? TRANSPORT_UDP : TRANSPORT_TCP, "-");

		observation_add_number(world->arena, seen, "turn.cookie",
				       FACT_FLAG, 1);
		observation_add_number(world->arena, seen, "turn.error_code",
				       FACT_UINT, 401);
		observation_add_text(world->arena, seen, "turn.realm",
				     "rtcmedia");
		observation_add_bytes(world->arena, seen, "reply.address",
				      FACT_ADDRESS, at, strlen(at));
	}
	world_see_exposure(world, address);
}

static inline void world_dns(struct world *world, const char *name,
			     uint16_t type, const char *answers)
{
	dns_seen(world->arena, &world->list, name, type, answers);
}

/* A name that is an alias, with the addresses that are behind it. */
static inline void world_alias(struct world *world, const char *name,
			       const char *canonical, const char *answers)
{
	world_dns(world, name, DNS_A, answers);
	observation_add_text(world->arena,
			     world->list.items[world->list.count - 1],
			     "dns.cname", canonical);
	world_dns(world, name, DNS_AAAA, "");
}

static inline void world_see_dns(struct world *world)
{
	static const struct {
		const char *name;
		uint16_t type;
		const char *answers;
	} records[] = {
		{"_sip._tls.contoso.com", DNS_SRV, "0 0 443 sip.contoso.com"},
		{"_sipfederationtls._tcp.contoso.com", DNS_SRV,
		 "0 0 5061 sip.contoso.com"},
		{"_xmpp-server._tcp.contoso.com", DNS_SRV, "NXDOMAIN"},
		{"sip.contoso.com", DNS_A, "192.0.2.10|192.0.2.11"},
		{"sip.contoso.com", DNS_AAAA, ""},
		{"webcon.contoso.com", DNS_A, "192.0.2.20|192.0.2.21"},
		{"webcon.contoso.com", DNS_AAAA, ""},
		{"av.contoso.com", DNS_A, "192.0.2.30|192.0.2.31"},
		{"av.contoso.com", DNS_AAAA, ""},
	};

	for (size_t i = 0; i < sizeof(records) / sizeof(records[0]); i++)
		world_dns(world, records[i].name, records[i].type,
			  records[i].answers);
}

static inline void world_begin(struct world *world)
{
	*world = (struct world){.arena = arena_new()};
	world->given = topology_new(world->arena);
	world->given->domains[0] = "contoso.com";
	world->given->domain_count = 1;
	world->given->names[SERVICE_WEBCONF] = "webcon.contoso.com";
	world->given->names[SERVICE_AV] = "av.contoso.com";
	world->deployment = (struct deployment){
		.arena = world->arena,
		.given = world->given,
		.observations = &world->list,
	};
	world->scope = (struct scope){.vantage = VANTAGE_OUTSIDE};
}

/* Begins, with everything seen and nothing the matter. */
static inline void world_healthy(struct world *world)
{
	world_begin(world);
	world_see_dns(world);
	for (int node = 0; node < 2; node++) {
		world_see_access(
			world, arena_format(world->arena, "192.0.2.1%d", node));
		world_see_webconf(
			world, arena_format(world->arena, "192.0.2.2%d", node));
		world_see_relay(
			world, arena_format(world->arena, "192.0.2.3%d", node));
	}
}

static inline struct service_address world_address(const char *text)
{
	struct service_address address;

	assert_true(address_parse(text, &address.local));
	address.public = address.local;
	return address;
}

/* A topology file that knows both nodes by name. */
static inline void world_file(struct world *world)
{
	static const char *const names[] = {"edge1", "edge2"};

	world->given->file = "edge.conf";
	world->given->kind = KIND_SCALED_DNSLB_PUBLIC;
	world->given->kind_known = world->given->product_known = true;
	world->given->names[SERVICE_ACCESS] = "sip.contoso.com";
	world->given->node_count = 2;
	for (size_t i = 0; i < 2; i++) {
		struct node *node = &world->given->nodes[i];

		*node = (struct node){.name = names[i]};
		for (unsigned j = SERVICE_ACCESS; j <= SERVICE_AV; j++) {
			char text[ADDRESS_TEXT_BYTES];

			snprintf(text, sizeof(text), "192.0.2.%u",
				 (j + 1) * 10 + (unsigned)i);
			node->addresses[j][0] = world_address(text);
			node->address_count[j] = 1;
		}
	}
}

static inline void world_judge(struct world *world)
{
	targets_update(&world->deployment);
	world->judgement =
		judge(world->arena, &world->deployment, &world->scope);
}

static inline void world_end(struct world *world)
{
	arena_free(world->arena);
}

/* The observation of a probe at "192.0.2.10:443"; subject NULL for any. */
static inline struct observation *world_find(struct world *world,
					     const char *probe,
					     const char *endpoint,
					     const char *subject)
{
	for (size_t i = 0; i < world->list.count; i++) {
		struct observation *seen = world->list.items[i];
		char text[ENDPOINT_TEXT_BYTES];

		endpoint_format(text, &seen->endpoint.address,
				seen->endpoint.port);
		if (strcmp(seen->probe, probe) == 0 &&
		    strcmp(text, endpoint) == 0 &&
		    (!subject || strcmp(subject, seen->subject) == 0))
			return seen;
	}
	fail_msg("no observation of %s at %s", probe, endpoint);
	return NULL;
}

static inline struct observation *
world_break(struct world *world, const char *probe, const char *endpoint,
	    enum outcome outcome, const char *detail)
{
	struct observation *seen = world_find(world, probe, endpoint, NULL);

	seen->outcome = outcome;
	seen->detail = detail;
	seen->facts = NULL;
	return seen;
}

/* Changes a fact that is there. */
static inline void world_set(struct world *world, const char *probe,
			     const char *endpoint, const char *key,
			     int64_t number)
{
	struct observation *seen = world_find(world, probe, endpoint, NULL);
	struct fact *fact = seen->facts;

	while (fact && strcmp(fact->key, key) != 0)
		fact = fact->next;
	if (fact)
		fact->number = number;
	else
		observation_add_number(world->arena, seen, key, FACT_UINT,
				       number);
}

/* Shows another certificate than before. */
static inline void world_reissue(struct world *world, const char *probe,
				 const char *endpoint, const char *subject,
				 const char *san, long serial)
{
	struct observation *seen = world_find(world, probe, endpoint, NULL);

	seen->facts = NULL;
	world_show(world, seen, subject, san, serial);
	observation_add_number(world->arena, seen,
			       "tls.client_certificate_requested", FACT_FLAG,
			       strstr(endpoint, ":5061") != NULL);
}

/* The verdict, or NULL; node and subject NULL for any. */
static inline const struct verdict *world_verdict(const struct world *world,
						  const char *id,
						  const char *node,
						  const char *subject)
{
	for (size_t i = 0; i < world->judgement->verdict_count; i++) {
		const struct verdict *verdict = world->judgement->verdicts[i];

		if (strcmp(verdict->requirement->id, id) == 0 &&
		    (!node || strcmp(verdict->node, node) == 0) &&
		    (!subject || strcmp(verdict->subject, subject) == 0))
			return verdict;
	}
	return NULL;
}

static inline const struct finding *world_finding(const struct world *world,
						  const char *id)
{
	for (size_t i = 0; i < world->judgement->finding_count; i++)
		if (strcmp(world->judgement->findings[i]->id, id) == 0)
			return world->judgement->findings[i];
	return NULL;
}

#endif
