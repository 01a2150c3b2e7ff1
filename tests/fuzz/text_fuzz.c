/*
 * text_fuzz.c - any bytes as the short texts that come from the network or
 * from people: names, addresses, SRV records, and what is shown of them.
 */
#include "tests/fuzz/fuzz.h"

#include "common/base/dns_name.h"
#include "common/base/text.h"
#include "common/model/deployment.h"
#include "common/model/endpoint.h"

#include <stdlib.h>
#include <string.h>

static const struct fuzz_sample samples[] = {
	{"0 0 443 sip.contoso.com", false},
	{"65535 0 5061 .", false},
	{"192.0.2.10:443", false},
	{"[2001:db8::10]:443", false},
	{"::ffff:192.0.2.10", false},
	{"_sipfederationtls._tcp.contoso.com.", false},
	{"1b5b 33 31 6d c3a9 e2 80 ae f0 9f 98 80 c0 80 ed a0 80", true},
	{NULL, false},
};

const struct fuzz_target fuzz_target = {
	.samples = samples,
	.rounds = 20000,
	.cut_bytes_max = 64,
};

static void require(bool holds)
{
	if (!holds)
		abort();
}

/* What is safe is text without controls, and safe to the end. */
static void check_safe(const uint8_t *data, size_t length)
{
	char *safe = malloc(TEXT_SAFE_BYTES(length));
	const uint8_t *at = (const uint8_t *)text_safe(safe, data, length);
	size_t left = strlen(safe);

	while (left) {
		uint32_t point = 0;
		size_t size = text_decode(at, left, &point);

		require(size && text_is_shown(point));
		at += size;
		left -= size;
	}
	free(safe);
}

/* What was read is written in a form that reads as the same. */
static void check_endpoint(const char *text)
{
	struct endpoint endpoint, again;
	char form[ENDPOINT_TEXT_BYTES];
	const char *why = NULL;

	if (!endpoint_parse(text, 443, &endpoint, &why)) {
		require(why);
		return;
	}
	endpoint_format(form, &endpoint.address, endpoint.port);
	require(endpoint_parse(form, 443, &again, &why));
	require(again.port == endpoint.port);
	require(address_equal(&again.address, &endpoint.address));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	char *text = malloc(length + 1);
	struct srv srv;

	if (length)
		memcpy(text, data, length);
	text[length] = '\0';
	check_safe(data, length);
	check_endpoint(text);
	if (srv_parse(text, &srv))
		require(srv.target && *srv.target);
	dns_name_is_lawful(text);
	text_name_directly_in(text, "contoso.com");
	text_names_equal(text, "sip.contoso.com.");
	free(text);
	return 0;
}
