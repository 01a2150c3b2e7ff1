#include "common/render/sheet.h"

#include "common/render/json_value.h"

#include <string.h>

const struct sheet sheet_table[] = {
	{"requirements",
	 "Which published rows apply, and why the others do not",
	 false,
	 false,
	 {{"text", sheet_requirements_text},
	  {"json", sheet_requirements_json}}},
	{"lint",
	 "What in a topology file is against a rule",
	 true,
	 false,
	 {{"text", sheet_lint_text},
	  {"json", sheet_lint_json},
	  {"sarif", sheet_lint_sarif}}},
	{"dns",
	 "The records that a deployment needs, inside and outside",
	 true,
	 false,
	 {{"text", sheet_dns_text},
	  {"zone", sheet_dns_zone},
	  {"powershell", sheet_dns_powershell},
	  {"json", sheet_dns_json}}},
	{"certificates",
	 "The certificates that it needs, as requests",
	 true,
	 false,
	 {{"text", sheet_certificates_text},
	  {"openssl", sheet_certificates_openssl},
	  {"powershell", sheet_certificates_powershell},
	  {"json", sheet_certificates_json}}},
	{"firewall",
	 "What its firewalls must let through",
	 true,
	 false,
	 {{"text", sheet_firewall_text},
	  {"nftables", sheet_firewall_nftables},
	  {"csv", sheet_firewall_csv},
	  {"md", sheet_firewall_markdown},
	  {"json", sheet_firewall_json}}},
	{"addresses",
	 "How many addresses it needs, and what each is for",
	 true,
	 false,
	 {{"text", sheet_addresses_text}, {"json", sheet_addresses_json}}},
	{"import",
	 "A topology file from one of the product's own",
	 false,
	 true,
	 {{"conf", sheet_import_conf}, {"json", sheet_import_json}}},
};
const size_t sheet_count = sizeof(sheet_table) / sizeof(sheet_table[0]);

const struct sheet *sheet_find(const char *verb)
{
	for (size_t i = 0; i < sheet_count; i++)
		if (strcmp(sheet_table[i].verb, verb) == 0)
			return &sheet_table[i];
	return NULL;
}

const struct sheet_format *sheet_format_find(const struct sheet *sheet,
					     const char *name)
{
	if (!name)
		return &sheet->formats[0];
	for (size_t i = 0; i < SHEET_FORMATS_MAX && sheet->formats[i].name; i++)
		if (strcmp(sheet->formats[i].name, name) == 0)
			return &sheet->formats[i];
	return NULL;
}

void sheet_document(FILE *out, const struct sheet_input *input, const char *key,
		    json_t *array)
{
	json_t *document = value_have(json_object());

	value_put_text(document, "schema", "edgeprobe/1");
	value_put_text(document, "topology",
		       input->topology ? input->topology->file : NULL);
	value_put(document, key, array);
	json_dumpf(document, out, JSON_INDENT(1));
	fputc('\n', out);
	json_decref(document);
}
