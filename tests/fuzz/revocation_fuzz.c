/*
 * revocation_fuzz.c - any bytes as a revocation list, as an OCSP answer, and
 * as a certificate that says where to find them.
 */
#include "tests/fuzz/fuzz.h"

#include "common/base/clock.h"
#include "common/model/certificates.h"
#include "probes/check.h"
#include "probes/crl_reader.h"
#include "probes/crl_signature.h"
#include "probes/ocsp_reader.h"
#include "probes/registry.h"

#include <stdlib.h>

/* Of openssl ca and openssl ocsp, by a P-256 key. */
#define LIST                                                                   \
	"3081ca3072020101300a06082a8648ce3d040302300e310c300a06035504"         \
	"030c034c6162170d3236313132313137303330325a170d32363131323831"         \
	"37303330325a3023302102021234170d3235303130313030303030305a30"         \
	"0c300a0603551d1504030a0101a00e300c300a0603551d14040302010130"         \
	"0a06082a8648ce3d0403020348003045022100b58e72e65c86ef8de5be68"         \
	"694f919d531ce1dab1c0df706fdef1ead64b5ac7d502202fe066e0957fb8"         \
	"7b1ffe7d6c07cbb468b4241b43a5e66b586bfec7374e57ffd1"

#define ANSWER                                                                 \
	"308201150a0100a082010e3082010a06092b06010505073001010481fc30"         \
	"81f93081a0a110300e310c300a06035504030c034c6162180f3230323631"         \
	"3132313137303330325a307b3079303b300906052b0e03021a05000414a3"         \
	"d4d0bf574e65225a057d3028cb97eb08beacc70414621f7c6ea8ebec3146"         \
	"b2f320b4b37141be471c7902021234a116180f3230323530313031303030"         \
	"3030305aa0030a0101180f32303236313132313137303330325aa011180f"         \
	"32303236313132383137303330325a300a06082a8648ce3d040302034800"         \
	"3045022016227c62babba8248707c5984d6c9c5e69fb55c14198c220a479"         \
	"fdd20d60ea35022100929ee711183dcf8784686b4569c940dc3e1692b597"         \
	"1c49c4e524f0dff19cb533"

static const struct fuzz_sample samples[] = {
	{LIST, true},
	{ANSWER, true},
	{NULL, false},
};

const struct fuzz_target fuzz_target = {
	.samples = samples,
	.rounds = 10000,
	.cut_bytes_max = 0,
};

static void entry_came(void *context, const struct crl_entry *entry)
{
	uint64_t *sum = context;

	if (!entry->serial_length)
		abort();
	*sum += entry->serial[0] + entry->serial[entry->serial_length - 1];
}

/* Whole and in pieces it comes to the same. */
static void read_list(X509 *issuer, const uint8_t *data, size_t length)
{
	uint64_t sums[2] = {0};
	bool whole[2];

	for (size_t i = 0; i < 2; i++) {
		struct crl_reader *reader =
			crl_reader_new(entry_came, &sums[i]);
		size_t piece = i ? 7 : length + 1;

		for (size_t at = 0; at < length; at += piece)
			if (!crl_reader_feed(reader, data + at,
					     length - at < piece ? length - at
								 : piece))
				break;
		whole[i] = crl_reader_end(reader);
		if (whole[i])
			crl_verify(crl_reader_facts(reader), issuer);
		crl_reader_free(reader);
	}
	if (whole[0] != whole[1] || (whole[0] && sums[0] != sums[1]))
		abort();
}

static void read_answer(struct check *check, X509 *issuer, const uint8_t *data,
			size_t length)
{
	const char *why;

	observe_begin(check, "ocsp", "-");
	/* always in 2026: signers are held against it */
	check->open->wall_us = INT64_C(1780000000) * CLOCK_SECOND_US;
	ocsp_observe(check, &ocsp_asked_keys, data, length, issuer, issuer,
		     &why);
	check->open = NULL;
}

/* A saved run may hold anything under cert.der. */
static void read_certificate(struct arena *arena, const uint8_t *data,
			     size_t length)
{
	struct observation_list list = {0};
	struct deployment deployment = {.arena = arena, .observations = &list};
	struct observation *seen = observation_new(arena);

	seen->probe = "sip";
	observation_add_bytes(arena, seen, "cert.der", FACT_BYTES, data,
			      length);
	observation_list_add(arena, &list, seen);
	certificates_update(&deployment);
	for (size_t i = 0; i < deployment.certificate_count; i++)
		certificate_lacks_issuer(deployment.certificates[i]);
}

static X509 *make_issuer(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *issuer = X509_new();

	X509_set_version(issuer, X509_VERSION_3);
	X509_set_pubkey(issuer, key);
	X509_sign(issuer, key, EVP_sha256());
	EVP_PKEY_free(key);
	return issuer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	static X509 *issuer;
	struct arena *arena = arena_new();
	struct engine_settings settings = {.arena = arena, .run = "fuzz"};
	struct check_spec spec = {.probe = "ocsp"};
	struct check check = {
		.spec = &spec,
		.probe = &ocsp_probe,
		.settings = &settings,
		.socket = -1,
		.source = "",
		.phase = "answer",
	};

	if (!issuer)
		issuer = make_issuer();
	read_list(issuer, data, length);
	read_answer(&check, issuer, data, length);
	read_certificate(arena, data, length);
	arena_free(arena);
	return 0;
}
