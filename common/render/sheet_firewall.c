#include "common/render/sheet.h"

#include "common/render/json_value.h"
#include "common/render/layout.h"
#include "common/render/sheet_passages.h"

#include <string.h>

static const char *ports_of(struct arena *arena, const struct passage *passage)
{
	return passage->first == passage->last
		       ? arena_format(arena, "%u", passage->first)
		       : arena_format(arena, "%u-%u", passage->first,
				      passage->last);
}

/* "192.0.2.10, 192.0.2.11", "any", or who it is where that is all we know. */
static const char *party_text(struct arena *arena, const struct party *party,
			      const char *between)
{
	const char *list = "";

	if (party->is_any)
		return "any";
	if (!party->count)
		return arena_format(arena, "(%s)", party->words);
	for (size_t i = 0; i < party->count; i++) {
		char text[NETWORK_TEXT_BYTES];

		list = arena_format(arena, "%s%s%s", list, i ? between : "",
				    network_format(text, &party->networks[i]));
	}
	return list;
}

static const char *ids_text(struct arena *arena, const struct passage *passage,
			    const char *between)
{
	const char *list = passage->ids[0];

	for (size_t i = 1; i < passage->id_count; i++)
		list = arena_format(arena, "%s%s%s", list, between,
				    passage->ids[i]);
	return list;
}

/* What the row's own words say it is for. */
static const char *purpose_of(struct arena *arena,
			      const struct passage *passage)
{
	const char *note = passage->row->requirement->note;

	return *note ? arena_copy(arena, note, strcspn(note, ";"))
		     : passage->row->requirement->flow;
}

static const char *transport_words(const struct passage *passage)
{
	return passage->row->transport == TRANSPORT_TCP ? "TCP" : "UDP";
}

/* "TCP 443", "from UDP 50000-59999" */
static const char *service_text(struct arena *arena,
				const struct passage *passage)
{
	return arena_format(arena, "%s%s %s",
			    passage->row->is_local_port ? "from " : "",
			    transport_words(passage), ports_of(arena, passage));
}

int sheet_firewall_text(FILE *out, const struct sheet_input *input)
{
	struct passages passages = sheet_passages(input);
	const struct layout layout = {out, input->arena, input->width,
				      input->colour};
	const char *before = "";

	for (size_t i = 0; i < passages.count; i++) {
		const struct passage *passage = &passages.items[i];
		const char *firewall = passage_firewall(passage);

		if (strcmp(before, firewall) != 0)
			fprintf(out, "%s%s firewall\n", *before ? "\n" : "",
				firewall);
		before = firewall;
		fprintf(out, "  %-3s %-20s ",
			passage->row->is_inbound ? "in" : "out",
			service_text(input->arena, passage));
		layout_wrap(
			&layout, 27, 27,
			arena_format(input->arena, "%s -> %s",
				     party_text(input->arena, &passage->source,
						", "),
				     party_text(input->arena,
						&passage->destination, ", ")));
		fprintf(out, "%27s", "");
		layout_wrap(&layout, 27, 27, purpose_of(input->arena, passage));
	}
	return 0;
}

/* RFC 4180: a quote inside is doubled. */
static void write_cell(FILE *out, const char *text, bool last)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			fputc('"', out);
		fputc(*text, out);
	}
	fputs(last ? "\"\r\n" : "\",", out);
}

int sheet_firewall_csv(FILE *out, const struct sheet_input *input)
{
	struct passages passages = sheet_passages(input);
	struct arena *arena = input->arena;

	fputs("firewall,direction,transport,ports,port side,source,destination,"
	      "severity,purpose,ids\r\n",
	      out);
	for (size_t i = 0; i < passages.count; i++) {
		const struct passage *passage = &passages.items[i];

		write_cell(out, passage_firewall(passage), false);
		write_cell(out, passage->row->is_inbound ? "in" : "out", false);
		write_cell(out, transport_words(passage), false);
		write_cell(out, ports_of(arena, passage), false);
		write_cell(out,
			   passage->row->is_local_port ? "source"
						       : "destination",
			   false);
		write_cell(out, party_text(arena, &passage->source, " "),
			   false);
		write_cell(out, party_text(arena, &passage->destination, " "),
			   false);
		write_cell(out, severity_name(passage->severity), false);
		write_cell(out, purpose_of(arena, passage), false);
		write_cell(out, ids_text(arena, passage, " "), true);
	}
	return 0;
}

int sheet_firewall_markdown(FILE *out, const struct sheet_input *input)
{
	struct passages passages = sheet_passages(input);
	struct arena *arena = input->arena;
	const char *before = "";

	fprintf(out,
		"# Firewall changes for the Edge Servers of %s\n\n"
		"Rules are stateful: no line stands for return traffic. "
		"Addresses are those on the servers' interfaces.\n",
		input->topology->domains[0]);
	for (size_t i = 0; i < passages.count; i++) {
		const struct passage *passage = &passages.items[i];
		const char *firewall = passage_firewall(passage);

		if (strcmp(before, firewall) != 0)
			fprintf(out,
				"\n## The %s firewall\n\n"
				"| | Service | Source | Destination | For | "
				"Requirement |\n"
				"|---|---|---|---|---|---|\n",
				firewall);
		before = firewall;
		fprintf(out, "| %s | %s | %s | %s | %s%s%s | %s |\n",
			passage->row->is_inbound ? "in" : "out",
			service_text(arena, passage),
			party_text(arena, &passage->source, "<br>"),
			party_text(arena, &passage->destination, "<br>"),
			purpose_of(arena, passage),
			passage->derived ? "; " : "",
			passage->derived ? passage->derived : "",
			ids_text(arena, passage, "<br>"));
	}
	return 0;
}

static json_t *party_json(const struct party *party)
{
	json_t *array = value_have(json_array());

	for (size_t i = 0; !party->is_any && i < party->count; i++) {
		char text[NETWORK_TEXT_BYTES];

		network_format(text, &party->networks[i]);
		value_push(array, value_text(text, strlen(text)));
	}
	return array;
}

static json_t *passage_json(struct arena *arena, const struct passage *passage)
{
	json_t *object = value_have(json_object());
	json_t *ids = value_have(json_array());

	for (size_t i = 0; i < passage->id_count; i++)
		value_push(ids, value_text(passage->ids[i],
					   strlen(passage->ids[i])));
	value_put_text(object, "firewall", passage_firewall(passage));
	value_put_text(object, "flow", passage->row->requirement->flow);
	value_put_text(object, "direction",
		       passage->row->is_inbound ? "in" : "out");
	value_put_text(object, "transport",
		       transport_name(passage->row->transport));
	value_put(object, "first", json_integer(passage->first));
	value_put(object, "last", json_integer(passage->last));
	value_put(object, "local_port",
		  json_boolean(passage->row->is_local_port));
	value_put(object, "source_any", json_boolean(passage->source.is_any));
	value_put(object, "source", party_json(&passage->source));
	value_put(object, "destination_any",
		  json_boolean(passage->destination.is_any));
	value_put(object, "destination", party_json(&passage->destination));
	value_put_text(object, "severity", severity_name(passage->severity));
	value_put_text(object, "purpose", purpose_of(arena, passage));
	value_put_text(object, "derived", passage->derived);
	value_put(object, "ids", ids);
	return object;
}

int sheet_firewall_json(FILE *out, const struct sheet_input *input)
{
	struct passages passages = sheet_passages(input);
	json_t *array = value_have(json_array());

	for (size_t i = 0; i < passages.count; i++)
		value_push(array,
			   passage_json(input->arena, &passages.items[i]));
	sheet_document(out, input, "passages", array);
	return 0;
}
