#include "common/render/sheet.h"

#include "common/plan/applicability.h"
#include "common/plan/row_port.h"
#include "common/render/json_value.h"
#include "common/render/layout.h"

#include <string.h>

#define WORD_COLUMNS 10

/* What a row is to a deployment, or to none in particular. */
enum standing { APPLIES, NOT_APPLICABLE, MANUAL, REFERENCE, STANDING_COUNT };

static const struct {
	const char *word;
	enum paint paint;
} standings[STANDING_COUNT] = {
	[APPLIES] = {"applies", PAINT_GOOD},
	[NOT_APPLICABLE] = {"n/a", PAINT_PLAIN},
	[MANUAL] = {"manual", PAINT_CAUTION},
	[REFERENCE] = {"reference", PAINT_PLAIN},
};

struct row {
	const struct requirement *requirement;
	enum standing standing;
	const char *because; /* "" where there is nothing to say */
	const char *port;
};

static struct row row_of(const struct sheet_input *input,
			 const struct requirement *requirement)
{
	struct row row = {requirement, APPLIES, "", requirement->port};
	struct applicability found = {true, "", false};

	if (input->topology) {
		found = applicability_of(input->arena, requirement,
					 input->topology);
		row.port = row_port(input->arena, requirement, input->topology);
	}
	row.because = found.because;
	if (requirement->judging->settle == SETTLE_REFERENCE)
		row.standing = REFERENCE;
	else if (!found.applies)
		row.standing = NOT_APPLICABLE;
	else if (requirement->judging->settle == SETTLE_MANUAL)
		row.standing = MANUAL;
	return row;
}

static const char *sentence_of(const struct sheet_input *input,
			       const struct row *row)
{
	const char *statement = row->requirement->statement;

	if (row->standing == NOT_APPLICABLE)
		return row->because;
	/* the row's own words have the published port */
	if (*row->port && strcmp(row->port, row->requirement->port) != 0)
		statement = arena_format(input->arena, "%s here: %s", row->port,
					 statement);
	if (*row->because)
		statement = arena_format(input->arena, "%s (%s)", statement,
					 row->because);
	return statement;
}

static void write_row(const struct layout *layout,
		      const struct sheet_input *input, const struct row *row)
{
	int indent = WORD_COLUMNS;

	layout_word(layout, standings[row->standing].paint,
		    standings[row->standing].word, WORD_COLUMNS);
	fprintf(layout->out, "%s\n%*s", row->requirement->id, indent, "");
	layout_wrap(layout, indent, indent, sentence_of(input, row));
}

int sheet_requirements_text(FILE *out, const struct sheet_input *input)
{
	const struct layout layout = {out, input->arena, input->width,
				      input->colour};
	size_t counts[STANDING_COUNT] = {0}, count, own = 0;
	const struct requirement *table = requirement_table(&count);

	for (size_t i = 0; i < count; i++) {
		struct row row = row_of(input, &table[i]);

		counts[row.standing]++;
		own += strcmp(table[i].table, "services") == 0;
		write_row(&layout, input, &row);
	}
	fprintf(out, "\n%zu published rows and %zu of our own:", count - own,
		own);
	for (unsigned i = 0; i < STANDING_COUNT; i++)
		fprintf(out, "%s %zu %s", i ? "," : "", counts[i],
			standings[i].word);
	fputc('\n', out);
	return 0;
}

static json_t *json_of(const struct row *row)
{
	json_t *object = value_have(json_object());

	value_put_text(object, "id", row->requirement->id);
	value_put_text(object, "flow", row->requirement->flow);
	value_put_text(object, "table", row->requirement->table);
	value_put_text(object, "area", row->requirement->area);
	value_put_text(object, "severity",
		       severity_name(row->requirement->severity));
	value_put_text(object, "state", standings[row->standing].word);
	value_put_text(object, "because", row->because);
	value_put_text(object, "port", row->port);
	value_put_text(object, "statement", row->requirement->statement);
	return object;
}

int sheet_requirements_json(FILE *out, const struct sheet_input *input)
{
	size_t count;
	const struct requirement *table = requirement_table(&count);
	json_t *rows = value_have(json_array());

	for (size_t i = 0; i < count; i++) {
		struct row row = row_of(input, &table[i]);

		value_push(rows, json_of(&row));
	}
	sheet_document(out, input, "requirements", rows);
	return 0;
}
