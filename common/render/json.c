#include "common/render/json.h"

#include "common/base/base64.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/render/json_value.h"

#include <string.h>

/* Facts that are arrays even with one value, so that their type is stable. */
static const char *const lists[] = {
	"dns.answer", "dns.cname",  "tls.client_ca",   "cert.der",   "cert.san",
	"cert.eku",   "sip.scheme", "sip.diagnostics", "mras.relay",
};

/* Keys of "answers". */
static const char *const question_keys[QUESTION_COUNT] = {
	[QUESTION_SIGN_IN] = "sign-in",
	[QUESTION_FEDERATE] = "federate",
	[QUESTION_CONFER] = "confer",
	[QUESTION_CALL] = "call",
};

static void put_time(json_t *object, const char *key, int64_t wall_us)
{
	char text[CLOCK_TEXT_BYTES];

	value_put(object, key, json_string(clock_format(text, wall_us)));
}

static json_t *milliseconds(int64_t us)
{
	return json_integer(us / 1000);
}

static json_t *base64_of(const char *data, size_t length)
{
	struct arena *arena = arena_new();
	char *text = arena_alloc(arena, BASE64_TEXT_BYTES(length));
	json_t *value = json_string(base64_encode(text, data, length));

	arena_free(arena);
	return value_have(value);
}

static json_t *fact_value(const struct fact *fact)
{
	char text[CLOCK_TEXT_BYTES];

	switch (fact->type) {
	case FACT_UINT:
	case FACT_INT:
		return json_integer(fact->number);
	case FACT_FLAG:
		return json_boolean(fact->number != 0);
	case FACT_TIME:
		return json_string(clock_format_seconds(text, fact->number));
	case FACT_BYTES:
		return base64_of(fact->text, fact->length);
	case FACT_TEXT:
	case FACT_ADDRESS:
		break;
	}
	return value_text(fact->text, fact->length);
}

static bool is_list(const char *key)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (strcmp(lists[i], key) == 0)
			return true;
	}
	return false;
}

static json_t *facts_of(const struct observation *observation)
{
	json_t *facts = value_have(json_object());

	for (const struct fact *fact = observation->facts; fact;
	     fact = fact->next) {
		json_t *array;

		if (json_object_get(facts, fact->key))
			continue; /* came with the first of its key */
		if (!is_list(fact->key) && !fact_next(fact)) {
			value_put(facts, fact->key, fact_value(fact));
			continue;
		}
		array = value_have(json_array());
		for (const struct fact *same = fact; same;
		     same = fact_next(same))
			value_push(array, fact_value(same));
		value_put(facts, fact->key, array);
	}
	return facts;
}

static json_t *endpoint_of(const struct endpoint *endpoint)
{
	json_t *object = value_have(json_object());
	char text[ADDRESS_TEXT_BYTES];

	value_put_text(object, "name", endpoint->name);
	value_put_text(object, "address",
		       endpoint->address.family
			       ? address_format(text, &endpoint->address)
			       : NULL);
	value_put(object, "port", json_integer(endpoint->port));
	value_put_text(object, "transport",
		       transport_name(endpoint->transport));
	return object;
}

static json_t *trace_of(const struct observation *observation)
{
	json_t *trace = value_have(json_array());

	for (const struct trace_step *step = observation->trace; step;
	     step = step->next) {
		json_t *object = value_have(json_object());

		value_put(object, "ms", milliseconds(step->at_us));
		value_put_text(object, "phase", step->phase);
		value_push(trace, object);
	}
	return trace;
}

/* A record names its type first; an object of the document has none. */
static json_t *object_of(const char *type)
{
	json_t *object = value_have(json_object());

	if (type)
		value_put_text(object, "type", type);
	return object;
}

static json_t *observation_of(const struct observation *observation,
			      const char *type)
{
	json_t *object = object_of(type);

	value_put_text(object, "run", observation->run);
	value_put(object, "id", json_integer(observation->id));
	value_put_text(object, "probe", observation->probe);
	value_put_text(object, "vantage", vantage_name(observation->vantage));
	value_put_text(object, "source", observation->source);
	put_time(object, "at", observation->wall_us);
	value_put_text(object, "subject", observation->subject);
	value_put(object, "endpoint", endpoint_of(&observation->endpoint));
	value_put_text(object, "outcome", outcome_name(observation->outcome));
	value_put_text(object, "phase", observation->phase);
	value_put_text(object, "detail", observation->detail);
	value_put(object, "duration_ms",
		  milliseconds(observation->duration_us));
	value_put(object, "facts", facts_of(observation));
	value_put(object, "trace", trace_of(observation));
	return object;
}

static json_t *evidence_of(const struct verdict *verdict)
{
	json_t *array = value_have(json_array());

	for (size_t i = 0; i < verdict->observation_count; i++) {
		json_t *object = value_have(json_object());

		value_put_text(object, "run", verdict->observations[i]->run);
		value_put(object, "id",
			  json_integer(verdict->observations[i]->id));
		value_push(array, object);
	}
	return array;
}

static json_t *verdict_of(const struct verdict *verdict, const char *type)
{
	const struct requirement *requirement = verdict->requirement;
	json_t *object = object_of(type);

	value_put_text(object, "requirement", requirement->id);
	value_put_text(object, "flow", requirement->flow);
	value_put_text(object, "node", verdict->node);
	value_put_text(object, "subject", verdict->subject);
	value_put_text(object, "vantage", vantage_name(verdict->vantage));
	value_put_text(object, "source", verdict->source);
	value_put(object, "needed", json_boolean(verdict->needed));
	value_put_text(object, "severity",
		       severity_name(requirement->severity));
	value_put_text(object, "state", state_name(verdict->state));
	value_put_text(object, "because", verdict->because);
	value_put_text(object, "ground",
		       verdict->ground ? verdict->ground->requirement->id
				       : NULL);
	value_put(object, "observations", evidence_of(verdict));
	return object;
}

static json_t *names_of(const char *const *names, size_t count)
{
	json_t *array = value_have(json_array());

	for (size_t i = 0; i < count; i++)
		value_push(array, value_text(names[i], strlen(names[i])));
	return array;
}

/* One row at several nodes is named once. */
static json_t *requirements_of(const struct finding *finding)
{
	json_t *array = value_have(json_array());

	for (size_t i = 0; i < finding->verdict_count; i++) {
		const char *id = finding->verdicts[i]->requirement->id;
		size_t before = 0;

		while (before < i &&
		       strcmp(finding->verdicts[before]->requirement->id, id))
			before++;
		if (before == i)
			value_push(array, value_text(id, strlen(id)));
	}
	return array;
}

static json_t *finding_of(const struct finding *finding, const char *type)
{
	json_t *object = object_of(type);

	value_put_text(object, "id", finding->id);
	value_put_text(object, "severity", severity_name(finding->severity));
	value_put_text(object, "title", finding->title);
	value_put_text(object, "remedy", finding->remedy);
	value_put(object, "nodes",
		  names_of((const char *const *)finding->nodes,
			   finding->node_count));
	value_put(object, "verdicts", requirements_of(finding));
	value_put_text(object, "source", finding->source);
	return object;
}

static json_t *answers_of(const struct judgement *judgement)
{
	json_t *answers = value_have(json_object());

	for (unsigned i = 0; i < QUESTION_COUNT; i++) {
		const char *because = judgement->answers[i].because;
		json_t *object = value_have(json_object());

		/* a run that came to nothing was not judged: no answer */
		value_put_text(object, "question",
			       question_text((enum question)i));
		value_put_text(
			object, "answer",
			answer_name(because ? judgement->answers[i].answer
					    : ANSWER_UNKNOWN));
		value_put_text(object, "because", because ? because : "");
		value_put(answers, question_keys[i], object);
	}
	return answers;
}

static json_t *summary_of(const struct judgement *judgement)
{
	json_t *summary = value_have(json_object());

	for (unsigned i = 0; i < STATE_COUNT; i++)
		value_put(summary, state_name((enum state)i),
			  json_integer((json_int_t)judgement->summary[i]));
	return summary;
}

static void put_run(json_t *object, const struct run *run)
{
	value_put_text(object, "schema", SCHEMA_NAME);
	value_put_text(object, "tool", run->tool);
	value_put_text(object, "run", run->id);
	value_put_text(object, "vantage", vantage_name(run->vantage));
	value_put_text(object, "target", run->target);
	put_time(object, "started", run->started_us);
}

/* What is known only at the end; beside put_run() it says all of a run. */
static void put_end(json_t *object, const struct run *run)
{
	value_put(object, "duration_ms", milliseconds(run->duration_us));
	value_put(object, "interrupted", json_boolean(run->interrupted));
	value_put_text(object, "roots", run->roots);
	value_put(object, "inferred",
		  names_of(run->inferred, run->inferred_count));
}

static json_t *ports_of(const struct topology *topology)
{
	json_t *ports = value_have(json_object());

	for (unsigned i = 0; i < LISTENER_COUNT; i++)
		value_put(ports, listener_table[i].key,
			  json_integer(topology->ports[i]));
	return ports;
}

static json_t *service_names_of(const struct topology *topology)
{
	json_t *names = value_have(json_object());

	for (unsigned i = 0; i < SERVICE_COUNT; i++)
		value_put_text(names, service_name((enum service)i),
			       topology->names[i]);
	return names;
}

static json_t *override_of(const struct connect_override *override)
{
	json_t *object = value_have(json_object());
	char text[ENDPOINT_TEXT_BYTES];

	value_put_text(object, "name", override->name);
	value_put(object, "port", json_integer(override->port));
	value_put_text(object, "to",
		       endpoint_format(text, &override->to.address,
				       override->to.port));
	return object;
}

/* "192.0.2.53:53" of each. */
static json_t *endpoints_of(const struct endpoint *endpoints, size_t count)
{
	json_t *array = value_have(json_array());

	for (size_t i = 0; i < count; i++) {
		char text[ENDPOINT_TEXT_BYTES];

		endpoint_format(text, &endpoints[i].address, endpoints[i].port);
		value_push(array, value_text(text, strlen(text)));
	}
	return array;
}

static json_t *control_of(const struct control_place *control)
{
	json_t *object = endpoint_of(&control->endpoint);

	value_put_text(object, "text", control->text);
	return object;
}

static json_t *my_addresses_of(const struct deployment *deployment)
{
	json_t *array = value_have(json_array());
	char text[ADDRESS_TEXT_BYTES];

	for (size_t i = 0; i < 2; i++)
		if (deployment->my_addresses[i].family)
			value_push(
				array,
				json_string(address_format(
					text, &deployment->my_addresses[i])));
	return array;
}

static json_t *peers_of(const struct mission *mission)
{
	json_t *object = value_have(json_object());

	for (unsigned i = 0; i < PEER_COUNT; i++)
		value_put(object, peer_name((enum peer)i),
			  names_of(mission->peers[i].items,
				   mission->peers[i].count));
	return object;
}

static json_t *mission_of(const struct mission *mission)
{
	json_t *object = value_have(json_object());
	json_t *hosts = value_have(json_array());
	char text[ADDRESS_TEXT_BYTES];

	for (size_t i = 0; i < mission->host_count; i++) {
		const struct mission_host *host = &mission->hosts[i];
		json_t *one = value_have(json_object());

		value_put_text(one, "node", host->node);
		value_put_text(one, "name", host->name);
		value_put_text(one, "address",
			       host->address.family
				       ? address_format(text, &host->address)
				       : NULL);
		value_push(hosts, one);
	}
	value_put_text(object, "purpose", purpose_name(mission->purpose));
	value_put_text(object, "role", mission->role);
	value_put(object, "hosts", hosts);
	value_put_text(object, "node", mission->node);
	value_put(object, "peers", peers_of(mission));
	return object;
}

/* What the run was told, so that it can be judged again without asking. */
static json_t *given_of(const struct deployment *deployment)
{
	const struct topology *topology = deployment->given;
	json_t *given = value_have(json_object());
	json_t *overrides = value_have(json_array());
	json_t *controls = value_have(json_array());

	for (size_t i = 0; i < deployment->control_count; i++)
		value_push(controls, control_of(&deployment->controls[i]));
	for (size_t i = 0; i < deployment->override_count; i++)
		value_push(overrides, override_of(&deployment->overrides[i]));
	value_put_text(given, "asked", deployment->asked);
	value_put_text(given, "topology", topology->file);
	value_put(given, "sip_domains",
		  names_of(topology->domains, topology->domain_count));
	value_put(given, "names", service_names_of(topology));
	value_put(given, "ports", ports_of(topology));
	value_put_text(given, "product",
		       topology->product_known ? product_name(topology->product)
					       : NULL);
	value_put_text(given, "kind",
		       topology->kind_known ? kind_name(topology->kind) : NULL);
	value_put(given, "connect", overrides);
	value_put(given, "resolvers",
		  endpoints_of(deployment->resolvers,
			       deployment->resolver_count));
	value_put(given, "controls", controls);
	value_put(given, "my_addresses", my_addresses_of(deployment));
	value_put_text(given, "from_domain", deployment->from_domain);
	value_put(given, "inside_names",
		  names_of(deployment->inside_names,
			   deployment->inside_name_count));
	if (deployment->mission)
		value_put(given, "mission", mission_of(deployment->mission));
	value_put_text(given, "family",
		       deployment->families == AF_INET	  ? "ipv4"
		       : deployment->families == AF_INET6 ? "ipv6"
							  : NULL);
	return given;
}

static void put_judgement(json_t *object, const struct judgement *judgement)
{
	value_put(object, "answers", answers_of(judgement));
	value_put(object, "summary", summary_of(judgement));
	value_put(object, "exit", json_integer(judgement->exit_code));
}

/* One token of many: locking the stream for each would take a tenth longer. */
static int put_piece(const char *piece, size_t length, void *context)
{
	return fwrite_unlocked(piece, 1, length, context) == length ? 0 : -1;
}

/* A stream that fails remembers it; who closes it reports it. */
static void dump(FILE *out, json_t *value, size_t flags)
{
	json_dump_callback(value, put_piece, out, flags);
	fputc('\n', out);
	json_decref(value);
}

void json_report(FILE *out, const struct report *report,
		 const struct render_style *style)
{
	const struct observation_list *seen = report->observations;
	const struct judgement *judgement = report->judgement;
	json_t *document = value_have(json_object());
	json_t *observations = value_have(json_array());
	json_t *verdicts = value_have(json_array());
	json_t *findings = value_have(json_array());

	(void)style;
	for (size_t i = 0; i < seen->count; i++)
		value_push(observations, observation_of(seen->items[i], NULL));
	for (size_t i = 0; i < judgement->verdict_count; i++)
		value_push(verdicts, verdict_of(judgement->verdicts[i], NULL));
	for (size_t i = 0; i < judgement->finding_count; i++)
		value_push(findings, finding_of(judgement->findings[i], NULL));
	put_run(document, report->run);
	put_end(document, report->run);
	value_put(document, "given", given_of(report->deployment));
	value_put(document, "observations", observations);
	value_put(document, "verdicts", verdicts);
	value_put(document, "findings", findings);
	put_judgement(document, judgement);
	dump(out, document, JSON_INDENT(1));
}

/* Flushed a record at a time: somebody may be reading along. */
static void dump_record(FILE *out, json_t *record)
{
	dump(out, record, JSON_COMPACT);
	fflush(out);
}

void json_begin_record(FILE *out, const struct run *run)
{
	json_t *record = object_of("begin");

	put_run(record, run);
	dump_record(out, record);
}

void json_observation_record(FILE *out, const struct observation *observation)
{
	dump_record(out, observation_of(observation, "observation"));
}

void json_final_records(FILE *out, const struct report *report,
			const struct render_style *style)
{
	const struct judgement *judgement = report->judgement;
	json_t *summary = object_of("summary");

	(void)style;
	for (size_t i = 0; i < judgement->verdict_count; i++)
		dump(out, verdict_of(judgement->verdicts[i], "verdict"),
		     JSON_COMPACT);
	for (size_t i = 0; i < judgement->finding_count; i++)
		dump(out, finding_of(judgement->findings[i], "finding"),
		     JSON_COMPACT);
	value_put_text(summary, "run", report->run->id);
	put_end(summary, report->run);
	put_judgement(summary, judgement);
	dump_record(out, summary);
}
