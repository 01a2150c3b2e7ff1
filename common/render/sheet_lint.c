#include "common/render/sheet.h"

#include "common/plan/lint.h"
#include "common/render/json_value.h"

#include <string.h>

/* Product.md section 3: what must not be is a failure, the rest a warning. */
static int exit_code(const struct remarks *remarks)
{
	if (!remarks->count)
		return 0;
	switch (remarks_worst(remarks)) {
	case SEVERITY_MUST:
		return 2;
	case SEVERITY_SHOULD:
		return 1;
	default:
		return 0;
	}
}

/* One line a remark, as compilers write them, so that editors can jump. */
int sheet_lint_text(FILE *out, const struct sheet_input *input)
{
	static const char *const words[] = {
		[SEVERITY_MUST] = "error",
		[SEVERITY_SHOULD] = "warning",
		[SEVERITY_INFO] = "note",
	};
	struct remarks remarks = lint(input->arena, input->topology);

	for (size_t i = 0; i < remarks.count; i++) {
		const struct remark *remark = &remarks.items[i];

		fprintf(out, "%s:%u: %s: %s [%s]\n", input->topology->file,
			remark->line, words[remark->severity], remark->text,
			remark->requirement->id);
	}
	if (!remarks.count)
		fprintf(out, "%s: nothing against the rules\n",
			input->topology->file);
	return exit_code(&remarks);
}

static json_t *json_of(const struct remark *remark)
{
	json_t *object = value_have(json_object());

	value_put_text(object, "requirement", remark->requirement->id);
	value_put_text(object, "severity", severity_name(remark->severity));
	value_put(object, "line", json_integer(remark->line));
	value_put_text(object, "text", remark->text);
	return object;
}

static void write_document(FILE *out, json_t *document)
{
	json_dumpf(document, out, JSON_INDENT(1));
	fputc('\n', out);
	json_decref(document);
}

int sheet_lint_json(FILE *out, const struct sheet_input *input)
{
	struct remarks remarks = lint(input->arena, input->topology);
	json_t *document = value_have(json_object());
	json_t *array = value_have(json_array());

	for (size_t i = 0; i < remarks.count; i++)
		value_push(array, json_of(&remarks.items[i]));
	value_put_text(document, "schema", "edgeprobe/1");
	value_put_text(document, "topology", input->topology->file);
	value_put(document, "remarks", array);
	value_put(document, "exit", json_integer(exit_code(&remarks)));
	write_document(out, document);
	return exit_code(&remarks);
}

/* {"text": TEXT}, the form of every sentence in SARIF. */
static json_t *message_of(const char *text)
{
	json_t *object = value_have(json_object());

	value_put_text(object, "text", text);
	return object;
}

static json_t *location_of(const struct topology *topology, unsigned line)
{
	json_t *artifact = value_have(json_object());
	json_t *physical = value_have(json_object());
	json_t *location = value_have(json_object());

	value_put_text(artifact, "uri", topology->file);
	value_put(physical, "artifactLocation", artifact);
	if (line) {
		json_t *region = value_have(json_object());

		value_put(region, "startLine", json_integer(line));
		value_put(physical, "region", region);
	}
	value_put(location, "physicalLocation", physical);
	return location;
}

static json_t *result_of(const struct topology *topology,
			 const struct remark *remark)
{
	static const char *const levels[] = {
		[SEVERITY_MUST] = "error",
		[SEVERITY_SHOULD] = "warning",
		[SEVERITY_INFO] = "note",
	};
	json_t *result = value_have(json_object());
	json_t *locations = value_have(json_array());

	value_put_text(result, "ruleId", remark->requirement->id);
	value_put_text(result, "level", levels[remark->severity]);
	value_put(result, "message", message_of(remark->text));
	value_push(locations, location_of(topology, remark->line));
	value_put(result, "locations", locations);
	return result;
}

/* Each rule that has a remark, once. */
static json_t *rules_of(const struct remarks *remarks)
{
	json_t *rules = value_have(json_array());

	for (size_t i = 0; i < remarks->count; i++) {
		const struct requirement *requirement =
			remarks->items[i].requirement;
		json_t *rule;
		size_t first = 0;

		while (remarks->items[first].requirement != requirement)
			first++;
		if (first < i)
			continue;
		rule = value_have(json_object());
		value_put_text(rule, "id", requirement->id);
		value_put(rule, "shortDescription",
			  message_of(requirement->statement));
		value_push(rules, rule);
	}
	return rules;
}

static json_t *tool_of(const struct remarks *remarks)
{
	json_t *driver = value_have(json_object());
	json_t *tool = value_have(json_object());

	value_put_text(driver, "name", "edgeplan");
	value_put_text(driver, "version", EDGEPROBE_VERSION);
	value_put(driver, "rules", rules_of(remarks));
	value_put(tool, "driver", driver);
	return tool;
}

/* SARIF 2.1.0, section 3. */
int sheet_lint_sarif(FILE *out, const struct sheet_input *input)
{
	struct remarks remarks = lint(input->arena, input->topology);
	json_t *document = value_have(json_object());
	json_t *run = value_have(json_object());
	json_t *results = value_have(json_array());
	json_t *runs = value_have(json_array());

	for (size_t i = 0; i < remarks.count; i++)
		value_push(results,
			   result_of(input->topology, &remarks.items[i]));
	value_put(run, "tool", tool_of(&remarks));
	value_put(run, "results", results);
	value_push(runs, run);
	value_put_text(document, "version", "2.1.0");
	value_put_text(document, "$schema",
		       "https://json.schemastore.org/sarif-2.1.0.json");
	value_put(document, "runs", runs);
	write_document(out, document);
	return exit_code(&remarks);
}
