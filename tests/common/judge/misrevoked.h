/*
 * misrevoked.h - a world whose certificate names a revocation list and a
 * responder, and what can be the matter with them.
 */
#ifndef TESTS_COMMON_JUDGE_MISREVOKED_H
#define TESTS_COMMON_JUDGE_MISREVOKED_H

#include "common/model/certificates.h"
#include "tests/common/judge/world.h"

#define CRL_URL	 "http://crl.public.example/a.crl"
#define OCSP_URL "http://ocsp.public.example/"
#define AIA_URL	 "http://crl.public.example/ca.cer"

/* What a certificate says of its revocation; NULL: nothing. */
struct says {
	const char *lists, *access;
	bool must_staple;
	int64_t days; /* of validity */
};

static const struct says says_both = {
	.lists = "URI:" CRL_URL,
	.access = "OCSP;URI:" OCSP_URL ",caIssuers;URI:" AIA_URL,
	.days = 300,
};
static const struct says says_list = {.lists = "URI:" CRL_URL, .days = 300};

static inline void says_extend(X509 *leaf, int nid, const char *value)
{
	X509_EXTENSION *extension =
		value ? X509V3_EXT_conf_nid(NULL, NULL, nid, value) : NULL;

	if (extension)
		X509_add_ext(leaf, extension, -1);
	X509_EXTENSION_free(extension);
}

/* Issued by another, not by itself as those of world.h. */
static inline X509 *says_leaf(const struct says *says)
{
	X509 *leaf = world_certificate("sip.contoso.com", WORLD_SAN, 7);
	X509_NAME *issuer = X509_NAME_new();

	X509_NAME_add_entry_by_txt(issuer, "CN", MBSTRING_ASC,
				   (const unsigned char *)"Public CA", -1, -1,
				   0);
	X509_set_issuer_name(leaf, issuer);
	X509_NAME_free(issuer);
	ASN1_TIME_set(X509_getm_notBefore(leaf), WORLD_NOW_S);
	ASN1_TIME_set(X509_getm_notAfter(leaf),
		      WORLD_NOW_S + says->days * WORLD_DAY_S);
	says_extend(leaf, NID_crl_distribution_points, says->lists);
	says_extend(leaf, NID_info_access, says->access);
	if (says->must_staple)
		says_extend(leaf, NID_tlsfeature, "status_request");
	X509_sign(leaf, world_key(), NULL);
	return leaf;
}

/* Every listener shows such a certificate. */
static inline void world_says(struct world *world, const struct says *says)
{
	for (size_t i = 0; i < world->list.count; i++) {
		struct observation *seen = world->list.items[i];
		bool asks = observation_flag(
			seen, "tls.client_certificate_requested");

		if (!observation_fact(seen, "cert.der"))
			continue;
		seen->facts = NULL;
		world_show_leaf(world, seen, says_leaf(says), "sip.contoso.com",
				WORLD_SAN);
		observation_add_number(world->arena, seen,
				       "tls.client_certificate_requested",
				       FACT_FLAG, asks);
		observation_add_number(world->arena, seen, "tls.staple",
				       FACT_FLAG, 0);
	}
	targets_update(&world->deployment);
}

static inline struct observation *says_asked(struct world *world,
					     const char *probe, const char *url)
{
	struct observation *seen = world_see(world, probe, "192.0.2.80:80",
					     TRANSPORT_TCP, "sip.contoso.com");

	observation_add_text(world->arena, seen, "revocation.certificate",
			     world->deployment.certificates[0]->digest);
	observation_add_text(world->arena, seen, "revocation.url", url);
	return seen;
}

static inline void says_time(struct world *world, struct observation *seen,
			     const char *key, int64_t from_now_s)
{
	observation_add_number(world->arena, seen, key, FACT_TIME,
			       WORLD_NOW_S + from_now_s);
}

/* A list in force, in which the certificate does not stand. */
static inline struct observation *world_list_at(struct world *world,
						const char *signature,
						int64_t until_s, bool revoked)
{
	struct observation *seen = says_asked(world, "crl", CRL_URL);
	struct arena *arena = world->arena;

	observation_add_number(arena, seen, "http.status", FACT_UINT, 200);
	observation_add_text(arena, seen, "crl.issuer", "CN=Public CA");
	observation_add_number(arena, seen, "crl.issuer_matches", FACT_FLAG, 1);
	observation_add_text(arena, seen, "crl.signature", signature);
	says_time(world, seen, "crl.this_update", -WORLD_DAY_S);
	says_time(world, seen, "crl.next_update", until_s);
	observation_add_number(arena, seen, "crl.revoked", FACT_FLAG, revoked);
	if (revoked) {
		says_time(world, seen, "crl.revoked_at", -WORLD_DAY_S);
		observation_add_text(arena, seen, "crl.reason",
				     "key compromise");
	}
	return seen;
}

static inline void world_list(struct world *world)
{
	world_list_at(world, "good", WORLD_DAY_S, false);
}

static inline void world_answer(struct world *world, const char *status,
				const char *signature)
{
	struct observation *seen = says_asked(world, "ocsp", OCSP_URL);

	observation_add_number(world->arena, seen, "http.status", FACT_UINT,
			       200);
	observation_add_text(world->arena, seen, "ocsp.response", "successful");
	observation_add_text(world->arena, seen, "ocsp.status", status);
	observation_add_text(world->arena, seen, "ocsp.signature", signature);
	says_time(world, seen, "ocsp.this_update", -WORLD_DAY_S);
	says_time(world, seen, "ocsp.next_update", WORLD_DAY_S);
}

static inline void world_fails(struct world *world, const char *probe,
			       const char *url, enum outcome outcome,
			       const char *phase, const char *detail)
{
	struct observation *seen = says_asked(world, probe, url);

	seen->outcome = outcome;
	seen->phase = phase;
	seen->detail = detail;
}

/* --- in order --- */

static void revocation_healthy(struct world *world)
{
	world_says(world, &says_both);
	world_list(world);
	world_answer(world, "good", "good");
}

static void revocation_by_list(struct world *world)
{
	world_says(world, &says_list);
	world_list(world);
}

static void list_just_ended(struct world *world)
{
	world_says(world, &says_list);
	world_list_at(world, "good", -240, false);
}

/* What it leaves out are certificates of authorities. */
static void list_about_servers(struct world *world)
{
	struct observation *seen;

	world_says(world, &says_list);
	seen = world_list_at(world, "good", WORLD_DAY_S, false);
	observation_add_text(world->arena, seen, "crl.limit", "authorities");
}

static void short_lived(struct world *world)
{
	static const struct says says = {.days = 9};

	world_says(world, &says);
}

static void ldap_beside_http(struct world *world)
{
	static const struct says says = {
		.lists = "URI:ldap:///CN=a,URI:" CRL_URL, .days = 300};

	world_says(world, &says);
	world_list(world);
}

static void world_staple(struct world *world, const char *status,
			 int64_t until_s)
{
	for (size_t i = 0; i < world->list.count; i++) {
		struct observation *seen = world->list.items[i];
		struct fact *fact = seen->facts;

		while (fact && strcmp(fact->key, "tls.staple") != 0)
			fact = fact->next;
		if (!fact)
			continue;
		fact->number = 1;
		observation_add_text(world->arena, seen, "tls.staple.status",
				     status);
		observation_add_text(world->arena, seen, "tls.staple.signature",
				     "good");
		says_time(world, seen, "tls.staple.this_update", -WORLD_DAY_S);
		says_time(world, seen, "tls.staple.next_update", until_s);
	}
}

static const struct says says_must = {
	.lists = "URI:" CRL_URL, .must_staple = true, .days = 300};

static void stapled(struct world *world)
{
	world_says(world, &says_must);
	world_list(world);
	world_staple(world, "good", WORLD_DAY_S);
}

/* --- faults --- */

static void revoked_by_list(struct world *world)
{
	world_says(world, &says_both);
	world_list_at(world, "good", WORLD_DAY_S, true);
	world_answer(world, "good", "good");
}

/* The list is older than the responder's word. */
static void revoked_by_answer(struct world *world)
{
	world_says(world, &says_both);
	world_list(world);
	world_answer(world, "revoked", "good");
}

static void list_stale(struct world *world)
{
	world_says(world, &says_list);
	world_list_at(world, "good", -360, false);
}

static void list_forged(struct world *world)
{
	world_says(world, &says_list);
	world_list_at(world, "bad", WORLD_DAY_S, false);
}

/* What nobody may believe revokes nothing. */
static void list_forged_revokes(struct world *world)
{
	world_says(world, &says_list);
	world_list_at(world, "bad", WORLD_DAY_S, true);
}

static void list_of_another(struct world *world)
{
	struct observation *seen;

	world_says(world, &says_list);
	seen = world_list_at(world, "bad", WORLD_DAY_S, false);
	for (struct fact *fact = seen->facts; fact; fact = fact->next)
		if (strcmp(fact->key, "crl.issuer_matches") == 0)
			fact->number = 0;
}

static void no_list(struct world *world)
{
	static const struct says says = {.days = 10};

	world_says(world, &says);
}

static void responder_alone(struct world *world)
{
	static const struct says says = {.access = "OCSP;URI:" OCSP_URL,
					 .days = 300};

	world_says(world, &says);
	world_answer(world, "good", "good");
}

static void list_in_ldap(struct world *world)
{
	static const struct says says = {.lists = "URI:ldap:///CN=a",
					 .days = 300};

	world_says(world, &says);
}

static void list_behind_https(struct world *world)
{
	static const struct says says = {
		.lists = "URI:https://crl.public.example/a.crl", .days = 300};

	world_says(world, &says);
}

static void staple_missing(struct world *world)
{
	world_says(world, &says_must);
	world_list(world);
}

static void staple_old(struct world *world)
{
	world_says(world, &says_list);
	world_list(world);
	world_staple(world, "good", -WORLD_DAY_S);
}

static void sources_unreachable(struct world *world)
{
	world_says(world, &says_both);
	world_fails(world, "crl", CRL_URL, OUTCOME_UNREACHABLE, "resolve",
		    "DNS knows no such name: crl.public.example");
	world_fails(world, "ocsp", OCSP_URL, OUTCOME_NO_REPLY, "connect",
		    "no reply to TCP in 5.0 s");
}

static void list_unreachable(struct world *world)
{
	world_says(world, &says_both);
	world_fails(world, "crl", CRL_URL, OUTCOME_REFUSED, "connect",
		    "refused: nothing listens there");
	world_answer(world, "good", "good");
}

static void answer_unknown(struct world *world)
{
	world_says(world, &says_both);
	world_list(world);
	world_answer(world, "unknown", "good");
}

static void answer_of_stranger(struct world *world)
{
	world_says(world, &says_both);
	world_list(world);
	world_answer(world, "good", "signed by a stranger");
}

/* OpenSSL's 20: unable to get local issuer certificate. */
static void forget_issuer(struct observation *seen)
{
	for (struct fact *fact = seen->facts; fact; fact = fact->next)
		if (strcmp(fact->key, "cert.verify_code") == 0)
			fact->number = 20;
}

static void issuer_not_sent(struct world *world)
{
	world_says(world, &says_both);
	for (size_t i = 0; i < world->list.count; i++)
		forget_issuer(world->list.items[i]);
	world_list_at(world, "no issuer", WORLD_DAY_S, false);
	world_fails(world, "ocsp", OCSP_URL, OUTCOME_LOCAL, "start",
		    "nothing to ask by: the issuer's certificate was not sent");
	observation_add_number(world->arena,
			       says_asked(world, "issuer", AIA_URL),
			       "issuer.matches", FACT_FLAG, 1);
}

#endif
