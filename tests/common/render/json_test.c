#include "common/render/json.h"

#include "common/render/saved.h"
#include "tests/common/render/sample.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>

static const struct render_style style = {.width = 80};

static json_t *parse(const char *text, size_t length)
{
	json_error_t error;
	json_t *value = json_loadb(text, length, 0, &error);

	if (!value)
		fail_msg("%d:%d: %s", error.line, error.column, error.text);
	return value;
}

static json_t *document(const struct sample *sample)
{
	char *text = sample_render(sample, "json", &style);
	json_t *value = parse(text, strlen(text));

	free(text);
	return value;
}

static json_t *facts_at(json_t *root, size_t index)
{
	json_t *list = json_object_get(root, "observations");

	return json_object_get(json_array_get(list, index), "facts");
}

static const char *string_at(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "(no string)";
}

static void check_report(struct sample *sample, const char *format,
			 const char *path)
{
	char *text = sample_render(sample, format, &style);

	assert_true(sample_matches(text, path));
	free(text);
	sample_free(sample);
}

/* Without the hundreds of rows that are looked at elsewhere. */
static struct sample *short_broken(void)
{
	struct sample *sample = sample_broken();

	sample->judgement.verdict_count = 10;
	return sample;
}

static void document_is_as_agreed(void **state)
{
	(void)state;
	check_report(short_broken(), "json", "tests/common/render/broken.json");
}

static void records_are_as_agreed(void **state)
{
	(void)state;
	check_report(short_broken(), "ndjson",
		     "tests/common/render/broken.ndjson");
}

static void every_record_parses_and_has_a_type(void **state)
{
	struct sample *samples[] = {sample_healthy(), sample_broken(),
				    sample_hostile()};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char *text = sample_render(samples[i], "ndjson", &style);
		char *rest = text;
		const char *type = "";
		char *line;

		while ((line = strsep(&rest, "\n")) && rest) {
			json_t *record = parse(line, strlen(line));

			if (line == text)
				assert_string_equal(string_at(record, "schema"),
						    SCHEMA_NAME);
			type = json_string_value(
				json_object_get(record, "type"));
			assert_non_null(type);
			if (!rest[0])
				assert_string_equal(type, "summary");
			json_decref(record);
		}
		free(text);
		sample_free(samples[i]);
	}
}

static void hostile_document_parses_and_hides_nothing(void **state)
{
	struct sample *sample = sample_hostile();
	char *text = sample_render(sample, "json", &style);
	json_t *root = parse(text, strlen(text));
	json_t *facts = facts_at(root, 0);

	(void)state;
	assert_null(strchr(text, '\x1b'));
	assert_null(strstr(text, "\\u00")); /* no control, not even escaped */
	assert_string_equal(string_at(root, "target"),
			    "\\x1b[2J\\x1b]0;owned\\x07\\x0d\\x0a\\x9b31m"
			    "\\xc0\\xaf\\xff\\xed\\xa0\\x80\\xe2\\x80\\xae"
			    "gnp.exe\\\\");
	assert_string_equal(string_at(facts, "cert.not_after"),
			    "9999-12-31T23:59:59.000Z");
	assert_string_equal(string_at(facts, "cert.cn"), "good\\x00.evil.com");
	assert_int_equal(
		json_array_size(json_object_get(facts, "tls.client_ca")), 2000);
	assert_int_equal(json_string_length(json_array_get(
				 json_object_get(facts, "cert.san"), 0)),
			 64 * 1024);
	json_decref(root);
	free(text);
	sample_free(sample);
}

static void lists_are_arrays_even_with_one_value(void **state)
{
	struct sample *sample = sample_broken();
	json_t *root = document(sample);

	(void)state;
	assert_int_equal(
		json_array_size(json_object_get(facts_at(root, 2), "cert.san")),
		2);
	assert_int_equal(
		json_array_size(json_object_get(facts_at(root, 2), "cert.der")),
		1);
	assert_int_equal(json_array_size(json_object_get(facts_at(root, 3),
							 "dns.answer")),
			 1);
	json_decref(root);
	sample_free(sample);
}

static void facts_have_the_type_they_were_declared_with(void **state)
{
	struct sample *sample = sample_broken();
	json_t *root = document(sample);
	json_t *turn = facts_at(root, 0);
	json_t *sip = facts_at(root, 2);

	(void)state;
	assert_int_equal(
		json_integer_value(json_object_get(turn, "turn.error_code")),
		401);
	assert_true(json_is_true(json_object_get(turn, "turn.cookie")));
	assert_string_equal(string_at(turn, "turn.alternate_server"),
			    "192.0.2.30:3478");
	assert_string_equal(string_at(sip, "cert.not_after"),
			    "2026-01-01T00:00:00.000Z");
	assert_int_equal(
		json_integer_value(json_object_get(sip, "sip.date_skew_s")),
		-3);
	json_decref(root);
	sample_free(sample);
}

static void bytes_are_base64(void **state)
{
	static const struct {
		const char *bytes, *text;
	} rows[] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"}, /* RFC 4648 section 10 */
		{"\xff\xfe\xfd", "//79"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sample *sample = sample_new("contoso.com");
		struct observation *seen =
			sample_observe(sample, "sip", NULL, NULL, TRANSPORT_TCP,
				       OUTCOME_GARBLED);
		json_t *root;

		observation_add_bytes(sample->arena, seen, "peer.bytes",
				      FACT_BYTES, rows[i].bytes,
				      strlen(rows[i].bytes));
		root = document(sample);
		assert_string_equal(string_at(facts_at(root, 0), "peer.bytes"),
				    rows[i].text);
		json_decref(root);
		sample_free(sample);
	}
}

static void a_row_at_two_nodes_is_named_once_in_a_finding(void **state)
{
	struct sample *sample = sample_broken();
	struct finding *finding = sample->judgement.findings[0];
	json_t *root, *first;

	(void)state;
	/* the same id at edge1 and edge2, then another */
	finding->verdicts =
		(const struct verdict **)&sample->judgement.verdicts[3];
	finding->verdict_count = 3;
	root = document(sample);
	first = json_array_get(json_object_get(root, "findings"), 0);
	assert_int_equal(json_array_size(json_object_get(first, "verdicts")),
			 2);
	json_decref(root);
	sample_free(sample);
}

static void a_run_that_came_to_nothing_has_no_answers(void **state)
{
	static struct judgement nothing = {.exit_code = 3};
	struct sample *sample = sample_new("contoso.invalid");
	json_t *root, *answer;

	(void)state;
	sample->report.judgement = &nothing;
	root = document(sample);
	answer = json_object_get(json_object_get(root, "answers"), "sign-in");
	assert_string_equal(string_at(answer, "answer"), "unknown");
	assert_string_equal(string_at(answer, "because"), "");
	assert_int_equal(json_integer_value(json_object_get(root, "exit")), 3);
	json_decref(root);
	sample_free(sample);
}

static const struct observation_list *types_from;

static bool type_of(const char *key, enum fact_type *type)
{
	for (size_t i = 0; i < types_from->count; i++) {
		const struct fact *fact =
			observation_fact(types_from->items[i], key);

		if (!fact)
			continue;
		*type = fact->type;
		return true;
	}
	return false;
}

static struct saved *read_back(struct arena *arena, struct sample *sample)
{
	char *text = sample_render(sample, "json", &style);
	int file = memfd_create("saved", MFD_CLOEXEC);
	struct saved *saved;
	const char *why;
	char path[64];

	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	types_from = sample->report.observations;
	saved = saved_read(arena, path, type_of, &why);
	if (!saved)
		fail_msg("%s", why);
	close(file);
	free(text);
	return saved;
}

static void same_facts(const struct observation *one,
		       const struct observation *other)
{
	/* lists come together, so facts of one key are compared in order */
	for (const struct fact *fact = one->facts; fact; fact = fact->next) {
		const struct fact *same = observation_fact(other, fact->key);
		const struct fact *first = observation_fact(one, fact->key);

		for (; first != fact; first = fact_next(first))
			same = fact_next(same);
		assert_non_null(same);
		assert_int_equal(same->type, fact->type);
		assert_int_equal(same->number, fact->number);
		assert_int_equal(same->length, fact->length);
		if (fact->text)
			assert_memory_equal(same->text, fact->text,
					    fact->length);
	}
}

static void reads_back_what_it_wrote(void **state)
{
	struct arena *arena = arena_new();
	struct sample *sample = sample_broken();
	struct saved *saved = read_back(arena, sample);
	const struct observation_list *seen = sample->report.observations;

	(void)state;
	assert_int_equal(saved->observations.count, seen->count);
	for (size_t i = 0; i < seen->count; i++) {
		const struct observation *was = seen->items[i];
		const struct observation *now = saved->observations.items[i];

		assert_string_equal(now->probe, was->probe);
		assert_int_equal(now->outcome, was->outcome);
		assert_true(address_equal(&now->endpoint.address,
					  &was->endpoint.address));
		assert_int_equal(now->endpoint.port, was->endpoint.port);
		same_facts(was, now);
	}
	assert_int_equal(saved->verdict_count,
			 sample->report.judgement->verdict_count);
	arena_free(arena);
	sample_free(sample);
}

/* What a run was sent for, or the verdicts of it could not be had again. */
static void reads_back_what_a_run_was_sent_for(void **state)
{
	struct mission_host hosts[] = {
		{.node = "fe1.contoso.net", .name = "fe1.contoso.net"},
		{.node = "10.1.0.12"},
	};
	const struct mission mission = {.purpose = PURPOSE_ROLE,
					.role = "frontend",
					.hosts = hosts,
					.host_count = 2};
	struct mission other = mission;
	struct arena *arena = arena_new();
	struct sample *sample = sample_broken();
	struct deployment deployment = *sample->report.deployment;
	struct saved *saved;

	(void)state;
	assert_true(address_parse("10.1.0.12", &hosts[1].address));
	saved = read_back(arena, sample);
	assert_null(saved->mission);
	deployment.mission = &mission;
	sample->report.deployment = &deployment;
	saved = read_back(arena, sample);
	assert_true(mission_equal(saved->mission, &mission));
	assert_false(mission_equal(saved->mission, NULL));
	other.host_count = 1;
	assert_false(mission_equal(saved->mission, &other));
	other = mission;
	other.role = "director";
	assert_false(mission_equal(saved->mission, &other));
	other = mission;
	other.purpose = PURPOSE_HLB;
	assert_false(mission_equal(saved->mission, &other));
	arena_free(arena);
	sample_free(sample);
}

static void reads_back_whom_an_edge_was_to_reach(void **state)
{
	const struct mission mission = {
		.purpose = PURPOSE_EDGE_HOST,
		.node = "edge1",
		.peers = {[PEER_PARTNER] = {{"fabrikam.com", "x.example"}, 2},
			  [PEER_EDGE] = {{"192.0.2.31"}, 1}}};
	struct mission other = mission;
	struct arena *arena = arena_new();
	struct sample *sample = sample_broken();
	struct deployment deployment = *sample->report.deployment;
	struct saved *saved;

	(void)state;
	deployment.mission = &mission;
	sample->report.deployment = &deployment;
	saved = read_back(arena, sample);
	assert_true(mission_equal(saved->mission, &mission));
	other.node = "edge2";
	assert_false(mission_equal(saved->mission, &other));
	other = mission;
	other.peers[PEER_EDGE].items[0] = "192.0.2.30";
	assert_false(mission_equal(saved->mission, &other));
	other = mission;
	other.peers[PEER_PARTNER].count = 1;
	assert_false(mission_equal(saved->mission, &other));
	arena_free(arena);
	sample_free(sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_back_what_it_wrote),
		cmocka_unit_test(reads_back_what_a_run_was_sent_for),
		cmocka_unit_test(reads_back_whom_an_edge_was_to_reach),
		cmocka_unit_test(document_is_as_agreed),
		cmocka_unit_test(records_are_as_agreed),
		cmocka_unit_test(every_record_parses_and_has_a_type),
		cmocka_unit_test(hostile_document_parses_and_hides_nothing),
		cmocka_unit_test(lists_are_arrays_even_with_one_value),
		cmocka_unit_test(facts_have_the_type_they_were_declared_with),
		cmocka_unit_test(bytes_are_base64),
		cmocka_unit_test(a_row_at_two_nodes_is_named_once_in_a_finding),
		cmocka_unit_test(a_run_that_came_to_nothing_has_no_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
