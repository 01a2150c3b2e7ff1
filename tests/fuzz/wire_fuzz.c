/* wire_fuzz.c - any bytes into every codec of common/wire. */
#include "tests/fuzz/fuzz.h"

#include "tests/common/wire/autodiscover_samples.h"
#include "tests/common/wire/dns_samples.h"
#include "tests/common/wire/feed.h"
#include "tests/common/wire/mras_samples.h"
#include "tests/common/wire/msturn_vectors.h"
#include "tests/common/wire/sip_samples.h"
#include "tests/common/wire/stun_vectors.h"
#include "tests/common/wire/xmpp_samples.h"

static const struct fuzz_sample samples[] = {
	{V1, true},
	{V2, true},
	{V3, true},
	{V4, true},
	{V5, true},
	{V6, true},
	{V7, true},
	{V8, true},
	{V9, true},
	{V10, true},
	{V11, true},
	{V13C, true},
	{V13S, true},
	{V14, true},
	{V16, true},
	{S1, true},
	{S2, true},
	{S4, true},
	{S5, true},
	{S10, true},
	{RFC5769_REQUEST, true},
	{RFC5769_LONG_TERM, true},
	{"40010003 616263 00", true}, /* ChannelData */
	{ANSWER_SRV, true},
	{ANSWER_A, true},
	{ANSWER_AAAA, true},
	{ANSWER_NXDOMAIN, true},
	{ANSWER_504, false},
	{ANSWER_401, false},
	{REQUEST_COMPACT, false},
	{S_HEADER S_FEATURES, false},
	{S_HEADER S_ERROR_OF("host-unknown"), false},
	{A_JSON, false},
	{A_XML, false},
	{A_XML_PREFIXED, false},
	{A_CHALLENGE, false},
	{M_ANSWER, false},
	{M_PREFIXED, false},
	{M_REQUEST, false},
	{"000012040000000000 000300000064", true}, /* HTTP/2 */
	{"03000013 0ed00000123400 02", true},	   /* Remote Desktop */
	{"4a0000000a382e302e333600", true},	   /* MySQL */
	{"fffd18fffd20", true},			   /* Telnet */
	{"16fefd000000000000000000", true},	   /* DTLS */
	{"SSH-2.0-OpenSSH_9.2p1\r\n", false},
	{"220 mail.contoso.com ESMTP\r\n", false},
	{"<!DOCTYPE html><html>", false},
	{"GET / HTTP/1.1\r\n", false},
	{NULL, false},
};

const struct fuzz_target fuzz_target = {
	.samples = samples,
	.rounds = 8000,
	.cut_bytes_max = 512,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	feed(data, length);
	return 0;
}
