/*
 * sample.h - made-up runs for the tests of render: one healthy, one broken,
 * one written by an enemy. The requirements are few and stand here, so that
 * the expected reports do not change with the tables.
 */
#ifndef TESTS_COMMON_RENDER_SAMPLE_H
#define TESTS_COMMON_RENDER_SAMPLE_H

#include "common/render/render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUTSIDE	  (1u << VANTAGE_OUTSIDE)
#define INSIDE	  (1u << VANTAGE_INSIDE)
#define EDGE_HOST (1u << VANTAGE_EDGE_HOST)

/* 2026-01-01T10:00:00.031Z */
#define SAMPLE_WALL_US INT64_C(1767261600031000)

enum sample_row {
	ROW_SRV,
	ROW_SAN,
	ROW_EXPIRY,
	ROW_ACCESS,
	ROW_WEBCONF,
	ROW_UDP,
	ROW_UDP_AGAIN,
	ROW_TCP,
	ROW_FEDERATION,
	ROW_XMPP,
	ROW_SPLIT,
	ROW_INTERNAL,
	ROW_OUTBOUND,
	ROW_PERSON,
	ROW_COUNT
};

#define ROW(row_id, row_flow, row_area, row_vantages, row_settle)              \
	{                                                                      \
		.id = row_id, .flow = row_flow, .area = row_area,              \
		.severity = SEVERITY_MUST, .vantages = row_vantages,           \
		.judging = &(const struct judging)                             \
		{                                                              \
			.key = row_id, .settle = row_settle                    \
		}                                                              \
	}

/* A row of the firewall tables: "sNNN." and its flow. */
#define FLOW(seed, flow, area, vantages)                                       \
	ROW(seed "." flow, flow, area, vantages, SETTLE_PROBE)

static const struct requirement sample_rows[ROW_COUNT] = {
	[ROW_SRV] = ROW("dns.scaled.srv.sip-tls", "srv.sip-tls", "dns", OUTSIDE,
			SETTLE_PROBE),
	[ROW_SAN] = ROW("cert.ext.san.access", "", "certificates", OUTSIDE,
			SETTLE_PROBE),
	[ROW_EXPIRY] = ROW("cert.ext.expiry", "", "certificates", OUTSIDE,
			   SETTLE_PROBE),
	[ROW_ACCESS] =
		FLOW("s000", "ext.access.sip-tls.tcp443.in", "access", OUTSIDE),
	[ROW_WEBCONF] = FLOW("s000", "ext.webconf.psom-tls.tcp443.in",
			     "webconf", OUTSIDE),
	[ROW_UDP] =
		FLOW("s000", "ext.av.stun-msturn.udp3478.in", "av", OUTSIDE),
	[ROW_UDP_AGAIN] =
		FLOW("s003", "ext.av.stun-msturn.udp3478.in", "av", OUTSIDE),
	[ROW_TCP] = FLOW("s000", "ext.av.stun-msturn.tcp443.in", "av", OUTSIDE),
	[ROW_FEDERATION] = FLOW("s000", "ext.access.sip-mtls.tcp5061.in",
				"federation", OUTSIDE),
	[ROW_XMPP] =
		ROW("xmpp.srv-per-domain", "", "xmpp", OUTSIDE, SETTLE_PROBE),
	[ROW_SPLIT] = ROW("pool.split", "", "topology", OUTSIDE, SETTLE_PROBE),
	[ROW_INTERNAL] = FLOW("s000", "int.av.stun-msturn.tcp443.in",
			      "internal", INSIDE),
	[ROW_OUTBOUND] =
		FLOW("s000", "ext.access.dns.tcp53.out", "access", EDGE_HOST),
	[ROW_PERSON] =
		ROW("nic.three-external", "", "topology", 0, SETTLE_MANUAL),
};

struct sample {
	struct arena *arena;
	struct run run;
	struct observation_list observations;
	struct judgement judgement;
	struct topology topology;
	struct deployment deployment;
	struct report report;
};

static inline struct observation *
sample_observe(struct sample *sample, const char *probe, const char *name,
	       const char *endpoint, enum transport transport,
	       enum outcome outcome)
{
	struct observation *observation = observation_new(sample->arena);
	const char *why;

	observation->run = sample->run.id;
	observation->id = (unsigned)sample->observations.count + 1;
	observation->probe = probe;
	observation->source = "198.51.100.9";
	observation->wall_us = SAMPLE_WALL_US;
	observation->endpoint.name = name;
	observation->endpoint.transport = transport;
	if (endpoint)
		endpoint_parse(endpoint, 0, &observation->endpoint, &why);
	observation->outcome = outcome;
	observation->phase = "allocate";
	observation->duration_us = 51000;
	observation_list_add(sample->arena, &sample->observations, observation);
	return observation;
}

static inline struct verdict *sample_judge(struct sample *sample,
					   enum sample_row row,
					   const char *node, enum state state,
					   bool needed, const char *because)
{
	struct judgement *judgement = &sample->judgement;
	struct verdict *verdict = arena_alloc(sample->arena, sizeof(*verdict));

	verdict->requirement = &sample_rows[row];
	verdict->node = node;
	verdict->subject = "-";
	verdict->source = "198.51.100.9";
	verdict->needed = needed;
	verdict->state = state;
	verdict->because = because;
	judgement->verdicts = arena_grow(
		sample->arena, judgement->verdicts, judgement->verdict_count,
		&judgement->verdict_capacity, sizeof(verdict));
	judgement->verdicts[judgement->verdict_count++] = verdict;
	judgement->summary[state]++;
	return verdict;
}

static inline void sample_rest_on(struct sample *sample,
				  struct verdict *verdict,
				  const struct observation *observation)
{
	verdict->observations =
		arena_alloc(sample->arena, sizeof(*verdict->observations));
	verdict->observations[0] = observation;
	verdict->observation_count = 1;
}

static inline struct finding *sample_find(struct sample *sample,
					  enum severity severity,
					  const char *id, const char *title,
					  const char *remedy, const char *node)
{
	struct judgement *judgement = &sample->judgement;
	struct finding *finding = arena_alloc(sample->arena, sizeof(*finding));

	*finding = (struct finding){
		.id = id,
		.severity = severity,
		.title = title,
		.remedy = remedy,
		.source = "seed 000",
	};
	finding->nodes = arena_alloc(sample->arena, sizeof(*finding->nodes));
	finding->nodes[0] = node;
	finding->node_count = 1;
	judgement->findings = arena_grow(
		sample->arena, judgement->findings, judgement->finding_count,
		&judgement->finding_capacity, sizeof(finding));
	judgement->findings[judgement->finding_count++] = finding;
	return finding;
}

static inline void sample_answer(struct sample *sample, enum question question,
				 enum answer answer, const char *because)
{
	sample->judgement.answers[question].answer = answer;
	sample->judgement.answers[question].because = because;
}

static inline struct sample *sample_new(const char *target)
{
	struct arena *arena = arena_new();
	struct sample *sample = arena_alloc(arena, sizeof(*sample));

	sample->arena = arena;
	sample->run = (struct run){
		.id = "5f0c9a1e",
		.tool = "edgeprobe 0.1.0",
		.vantage = VANTAGE_OUTSIDE,
		.target = target,
		.started_us = SAMPLE_WALL_US - 31000,
		.duration_us = 3412000,
		.roots = "system",
	};
	for (unsigned i = 0; i < QUESTION_COUNT; i++)
		sample_answer(sample, (enum question)i, ANSWER_UNKNOWN, "");
	sample->report = (struct report){
		.run = &sample->run,
		.observations = &sample->observations,
		.judgement = &sample->judgement,
		.deployment = &sample->deployment,
	};
	sample->deployment.topology = &sample->topology;
	sample->deployment.given = &sample->topology;
	return sample;
}

static inline void sample_free(struct sample *sample)
{
	arena_free(sample->arena);
}

/* What a look from outside leaves to others, in about the real numbers. */
static inline void sample_leave(struct sample *sample)
{
	for (int i = 0; i < 46; i++)
		sample_judge(sample, ROW_INTERNAL, "-", STATE_UNOBSERVED, false,
			     "to be looked at from inside");
	for (int i = 0; i < 31; i++)
		sample_judge(sample, ROW_OUTBOUND, "-", STATE_UNOBSERVED, false,
			     "to be looked at on the Edge Server");
	for (int i = 0; i < 9; i++)
		sample_judge(sample, ROW_PERSON, "-", STATE_UNOBSERVED, false,
			     "only a person can confirm this");
	for (int i = 0; i < 180; i++)
		sample_judge(sample, ROW_XMPP, "-", STATE_NA, false,
			     "sfb2019 has no XMPP gateway");
}

/* Two nodes, everything as it should be. */
static inline struct sample *sample_healthy(void)
{
	static const enum sample_row good[] = {
		ROW_SRV, ROW_SAN,	ROW_EXPIRY, ROW_ACCESS,	   ROW_WEBCONF,
		ROW_UDP, ROW_UDP_AGAIN, ROW_TCP,    ROW_FEDERATION};
	static const char *const inferred[] = {
		"contoso.com is a SIP domain (_sip._tls.contoso.com exists)",
		"product sfb2019 from the Server header RTC/7.0",
		"kind scaled-dnslb-public from 2 addresses a name",
		"common names av.contoso.com and webcon.contoso.com",
	};
	struct sample *sample = sample_new("contoso.com");
	struct observation *seen = sample_observe(
		sample, "msturn-allocate", "av.contoso.com", "192.0.2.30:3478",
		TRANSPORT_UDP, OUTCOME_ANSWERED);

	sample->run.inferred = inferred;
	sample->run.inferred_count = sizeof(inferred) / sizeof(inferred[0]);
	sample->run.roots = "/tmp/edgesim/ca.pem";
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		sample_rest_on(sample,
			       sample_judge(sample, good[i], "edge1",
					    STATE_VERIFIED, true, "answered"),
			       seen);
		sample_judge(sample, good[i], "edge2", STATE_VERIFIED, true,
			     "answered");
	}
	sample_leave(sample);
	sample_answer(sample, QUESTION_SIGN_IN, ANSWER_YES,
		      "401 to REGISTER for contoso.com at 2 of 2 nodes");
	sample_answer(sample, QUESTION_FEDERATE, ANSWER_YES,
		      "5061 asks for a certificate at 2 of 2 nodes");
	sample_answer(sample, QUESTION_CONFER, ANSWER_YES,
		      "Web Conferencing answers at 2 of 2 nodes");
	sample_answer(sample, QUESTION_CALL, ANSWER_YES,
		      "the relay answers over UDP and TCP at 2 of 2 nodes");
	sample_find(sample, SEVERITY_INFO, "cert.ext.san.order",
		    "the SAN entries are in another order than the tables give",
		    "no need to act", "edge1");
	return sample;
}

/* edge2 has no UDP, an expired certificate, and one record is missing. */
static inline struct sample *sample_broken(void)
{
	static const char silent[] = "no reply to 4 requests in 3.1 s; TCP 443 "
				     "of the same address answers";
	struct sample *sample = sample_new("contoso.com");
	struct observation *good = sample_observe(
		sample, "msturn-allocate", "av.contoso.com", "192.0.2.30:3478",
		TRANSPORT_UDP, OUTCOME_ANSWERED);
	struct observation *mute = sample_observe(
		sample, "msturn-allocate", "av.contoso.com",
		"[2001:db8::31]:3478", TRANSPORT_UDP, OUTCOME_NO_REPLY);
	struct observation *sip = sample_observe(
		sample, "sip", "sip.contoso.com", "192.0.2.11:443",
		TRANSPORT_TCP, OUTCOME_ANSWERED);
	struct observation *dns =
		sample_observe(sample, "dns", "_sip._tls.contoso.com", NULL,
			       TRANSPORT_UDP, OUTCOME_ANSWERED);
	struct finding *finding;
	struct address alternate;

	address_parse("192.0.2.30", &alternate);
	observation_add_number(sample->arena, good, "turn.error_code",
			       FACT_UINT, 401);
	observation_add_text(sample->arena, good, "turn.realm", "rtcmedia");
	observation_add_address(sample->arena, good, "turn.alternate_server",
				&alternate, 3478);
	observation_add_number(sample->arena, good, "turn.cookie", FACT_FLAG,
			       1);
	observation_add_trace(sample->arena, good, 0, "send");
	observation_add_trace(sample->arena, good, 51000, "receive");
	mute->detail = "no reply to 4 requests in 3.1 s";
	mute->duration_us = 3100000;
	sip->phase = "handshake";
	observation_add_bytes(sample->arena, sip, "cert.der", FACT_BYTES,
			      "\x30\x82\x00\xff", 4);
	observation_add_text(sample->arena, sip, "cert.san", "sip.contoso.com");
	observation_add_text(sample->arena, sip, "cert.san", "contoso.com");
	observation_add_number(sample->arena, sip, "cert.not_after", FACT_TIME,
			       INT64_C(1767225600));
	observation_add_number(sample->arena, sip, "sip.date_skew_s", FACT_INT,
			       -3);
	dns->phase = "query";
	observation_add_text(sample->arena, dns, "dns.rcode", "NOERROR");
	observation_add_text(sample->arena, dns, "dns.answer",
			     "0 0 443 sip.contoso.com");

	sample_rest_on(sample,
		       sample_judge(sample, ROW_SRV, "-", STATE_VERIFIED, true,
				    "sip.contoso.com, port 443"),
		       dns);
	sample_rest_on(sample,
		       sample_judge(sample, ROW_EXPIRY, "edge2", STATE_WRONG,
				    true, "expired on 2026-01-01"),
		       sip);
	sample_judge(sample, ROW_ACCESS, "edge2", STATE_VERIFIED, true,
		     "SIP over TLS 1.2");
	sample_rest_on(sample,
		       sample_judge(sample, ROW_UDP, "edge1", STATE_VERIFIED,
				    true, "401 with realm rtcmedia"),
		       good);
	sample_rest_on(sample,
		       sample_judge(sample, ROW_UDP, "edge2", STATE_BLOCKED,
				    true, silent),
		       mute);
	sample_rest_on(sample,
		       sample_judge(sample, ROW_UDP_AGAIN, "edge2",
				    STATE_BLOCKED, true, silent),
		       mute);
	sample_judge(sample, ROW_FEDERATION, "edge2", STATE_UNOBSERVED, true,
		     "this place cannot send to 5061")
		->subject = "fabrikam.com";
	sample_judge(sample, ROW_SPLIT, "-", STATE_WARN, false, "13 servers");
	sample_leave(sample);
	sample_answer(sample, QUESTION_SIGN_IN, ANSWER_PARTLY,
		      "edge2 shows a certificate that expired on 2026-01-01, "
		      "so clients that are sent there turn away");
	sample_answer(sample, QUESTION_FEDERATE, ANSWER_UNKNOWN,
		      "this place cannot send to 5061");
	sample_answer(sample, QUESTION_CONFER, ANSWER_NO,
		      "nothing answers on webcon.contoso.com");
	sample_answer(sample, QUESTION_CALL, ANSWER_PARTLY,
		      "edge2 relays over TCP alone");
	finding = sample_find(
		sample, SEVERITY_MUST, "av.udp-blocked",
		"A/V Edge answers on TCP 443 but not on UDP 3478",
		"Please allow UDP 3478 in both directions between any address "
		"and the A/V Edge address; media now travels over TCP.",
		"edge2");
	finding->verdicts =
		(const struct verdict **)&sample->judgement.verdicts[4];
	finding->verdict_count = 2;
	sample_find(sample, SEVERITY_SHOULD, "pool.split",
		    "more than 12 servers in a pool", "Split the pool.", "-");
	for (int i = 0; i < 5; i++)
		sample_find(sample, SEVERITY_INFO, "dns.ttl",
			    "the record lives for a day", "", "-");
	sample->judgement.exit_code = 2;
	sample->run.interrupted = true;
	sample->topology = (struct topology){
		.file = "edge.conf",
		.product = PRODUCT_SFB2019,
		.kind = KIND_SCALED_DNSLB_PUBLIC,
		.node_count = 2,
	};
	return sample;
}

/* Escape sequences, broken UTF-8, and a name of 64 KiB, in every place. */
static inline struct sample *sample_hostile(void)
{
	static const char evil[] = "\x1b[2J\x1b]0;owned\x07\r\n\x9b"
				   "31m\xc0\xaf\xff\xed\xa0\x80\xe2\x80\xae"
				   "gnp.exe\\";
	const size_t huge = 64 * 1024;
	struct sample *sample = sample_new(evil);
	char *name = arena_alloc(sample->arena, huge + 1);
	struct observation *seen;
	struct finding *finding;

	memset(name, 'A', huge);
	seen = sample_observe(sample, "sip", name, "192.0.2.10:443",
			      TRANSPORT_TCP, OUTCOME_GARBLED);
	seen->subject = evil;
	seen->detail = evil;
	seen->source = evil;
	observation_add_text(sample->arena, seen, "sip.server", evil);
	observation_add_bytes(sample->arena, seen, "cert.cn", FACT_TEXT,
			      "good\0.evil.com", 14);
	observation_add_text(sample->arena, seen, "cert.san", name);
	observation_add_number(sample->arena, seen, "cert.not_after", FACT_TIME,
			       INT64_MAX);
	for (int i = 0; i < 2000; i++)
		observation_add_text(sample->arena, seen, "tls.client_ca",
				     evil);
	sample_judge(sample, ROW_ACCESS, evil, STATE_WRONG, true, name)
		->subject = evil;
	sample_judge(sample, ROW_SAN, name, STATE_WARN, true, evil)->source =
		evil;
	finding = sample_find(sample, SEVERITY_MUST, "cert.name", evil, name,
			      evil);
	finding->source = evil;
	sample_answer(sample, QUESTION_SIGN_IN, ANSWER_NO, evil);
	sample->judgement.exit_code = 2;
	return sample;
}

/* What a renderer writes, as text that the caller frees. */
static inline char *sample_render(const struct sample *sample,
				  const char *format,
				  const struct render_style *style)
{
	const struct renderer *renderer = renderer_find(format);
	const struct observation_list *seen = &sample->observations;
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (renderer->begin)
		renderer->begin(out, &sample->run);
	for (size_t i = 0; renderer->observation && i < seen->count; i++)
		renderer->observation(out, seen->items[i]);
	renderer->report(out, &sample->report, style);
	fclose(out);
	return text;
}

/*
 * Whether text is what a file beside the tests holds; where it is not, the
 * text goes to standard error, to be looked at and kept.
 */
static inline bool sample_matches(const char *text, const char *path)
{
	char *expected;
	size_t length;
	FILE *copy = open_memstream(&expected, &length);
	FILE *file = fopen(path, "r");
	bool same;
	int byte;

	while (file && (byte = getc(file)) != EOF)
		putc(byte, copy);
	fclose(copy);
	if (file)
		fclose(file);
	same = strcmp(text, expected) == 0;
	if (!same)
		fprintf(stderr, "not as in %s:\n%s", path, text);
	free(expected);
	return same;
}

#endif
