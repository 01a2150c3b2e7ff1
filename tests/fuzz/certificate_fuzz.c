/*
 * certificate_fuzz.c - any bytes as a certificate that a server showed: noted
 * as facts, judged, and printed.
 */
#include "tests/fuzz/fuzz.h"

#include "common/base/clock.h"
#include "common/judge/certificate.h"
#include "probes/certificate.h"
#include "probes/registry.h"
#include "probes/trust.h"

#include <stdlib.h>
#include <string.h>

/* EC P-256, two names, serverAuth. */
#define LEAF                                                                   \
	"308201ef30820195a00302010202141b4989ae9330d4c43cddf40796560b47"       \
	"be349dbd300a06082a8648ce3d040302302c3110300e060355040a0c07436f"       \
	"6e746f736f3118301606035504030c0f7369702e636f6e746f736f2e636f6d"       \
	"301e170d3236313132313035323731365a170d333631313138303532373136"       \
	"5a302c3110300e060355040a0c07436f6e746f736f3118301606035504030c"       \
	"0f7369702e636f6e746f736f2e636f6d3059301306072a8648ce3d02010608"       \
	"2a8648ce3d030107034200040e1c53c9741cb3cdd7edcacf0c6e949928161e"       \
	"deb81949485d0b984c78964cc97651fee66695939134c17e85f853fdb973f8"       \
	"35d43c551eebaaf621ce37ae01d7a38194308191301d0603551d0e04160414"       \
	"5aef10a395ef9bee0236c8cf563aef5eb147984b301f0603551d2304183016"       \
	"80145aef10a395ef9bee0236c8cf563aef5eb147984b300f0603551d130101"       \
	"ff040530030101ff30290603551d1104223020820f7369702e636f6e746f73"       \
	"6f2e636f6d820d2a2e636f6e746f736f2e636f6d30130603551d25040c300a"       \
	"06082b06010505070301300a06082a8648ce3d040302034800304502207be9"       \
	"f9997cd52ae82ecf669d683fbfc510709f83a1ecf550d32fe3e63b35fd1902"       \
	"21008c0d3a75de6b98e7affd4252889d91b1438698b9806e6276bb66091674"       \
	"a591b3"

static const struct fuzz_sample samples[] = {
	{LEAF, true},
	{NULL, false},
};

const struct fuzz_target fuzz_target = {
	.samples = samples,
	.rounds = 30000,
	.cut_bytes_max = 0,
};

/* What a server could have sent: OpenSSL could read it. */
static void note_facts(struct check *check, const uint8_t *data, size_t length)
{
	const unsigned char *at = data;
	X509 *leaf = d2i_X509(NULL, &at, (long)length);
	STACK_OF(X509) *chain = sk_X509_new_null();

	if (leaf && chain) {
		sk_X509_push(chain, leaf);
		certificate_observe(check, chain);
	}
	sk_X509_free(chain);
	X509_free(leaf);
}

static void judge(struct arena *arena, const struct observation *observation)
{
	const char *entry;

	if (!certificate_fault(arena, observation).because)
		abort();
	certificate_names(arena, observation);
	certificate_covers(arena, observation, "sip.contoso.com", &entry);
	certificate_same(observation, observation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static struct trust trust = {.roots = "none"};
	struct arena *arena = arena_new();
	struct engine_settings settings = {.arena = arena, .run = "fuzz"};
	struct check_spec spec = {.probe = "webconf"};
	struct check check = {
		.spec = &spec,
		.probe = &webconf_probe,
		.settings = &settings,
		.trust = &trust,
		.socket = -1,
		.source = "",
	};
	struct observation *raw = observation_new(arena);

	if (!trust.store)
		trust.store = X509_STORE_new();
	trust.shown = NULL; /* it went with the last run's arena */
	check_phase(&check, "handshake");
	observe_begin(&check, "webconf", "-");
	/* always in 2026: validity is judged by it */
	check.open->wall_us = INT64_C(1780000000) * CLOCK_SECOND_US;
	note_facts(&check, data, length);
	judge(arena, check.open);
	/* a saved run may hold anything under cert.der */
	observation_add_bytes(arena, raw, "cert.der", FACT_BYTES, data, length);
	judge(arena, raw);
	arena_free(arena);
	return 0;
}
