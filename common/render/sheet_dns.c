#include "common/render/sheet.h"

#include "common/plan/records.h"
#include "common/render/json_value.h"

#include <string.h>

#define TTL_S 3600

static const char *zone_title(enum record_zone zone)
{
	return zone == ZONE_EXTERNAL ? "external" : "internal";
}

/* "192.0.2.10", or "0 0 443 sip.contoso.com." with a dot where wanted */
static const char *data_of(struct arena *arena, const struct record *record,
			   const char *dot)
{
	char text[ADDRESS_TEXT_BYTES];

	if (record->type == RECORD_SRV)
		return arena_format(arena, "0 0 %u %s%s", record->port,
				    record->target, dot);
	return arena_text(arena, address_format(text, &record->address));
}

static bool begins_zone(const struct records *records, size_t i)
{
	return i == 0 || records->items[i].zone != records->items[i - 1].zone ||
	       strcmp(records->items[i].domain, records->items[i - 1].domain) !=
		       0;
}

int sheet_dns_text(FILE *out, const struct sheet_input *input)
{
	struct records records = records_of(input->arena, input->topology);
	int widest = 0;

	for (size_t i = 0; i < records.count; i++)
		if ((int)strlen(records.items[i].name) > widest)
			widest = (int)strlen(records.items[i].name);
	for (size_t i = 0; i < records.count; i++) {
		const struct record *record = &records.items[i];

		if (begins_zone(&records, i))
			fprintf(out, "%s%s, %s DNS\n", i ? "\n" : "",
				record->domain, zone_title(record->zone));
		fprintf(out, "  %-*s  %-4s  %s\n", widest, record->name,
			record_type_name(record->type),
			data_of(input->arena, record, ""));
	}
	return 0;
}

/* RFC 1035 section 5; a server takes it once it has its name servers. */
static void begin_zone(FILE *out, const struct record *record, bool again)
{
	fprintf(out, "%s; %s DNS\n$ORIGIN %s.\n$TTL %d\n", again ? "\n" : "",
		zone_title(record->zone), record->domain, TTL_S);
	fprintf(out, "; put your own name servers here\n"
		     "@ SOA ns.invalid. hostmaster.invalid. "
		     "1 7200 900 1209600 3600\n"
		     "@ NS ns.invalid.\n");
}

int sheet_dns_zone(FILE *out, const struct sheet_input *input)
{
	struct records records = records_of(input->arena, input->topology);
	bool again = false;

	for (size_t i = 0; i < records.count; i++) {
		const struct record *record = &records.items[i];

		if (input->part && strcmp(input->part, record->domain) != 0)
			continue;
		if (begins_zone(&records, i)) {
			begin_zone(out, record, again);
			again = true;
		}
		fprintf(out, "%s %s %s\n", record_label(input->arena, record),
			record_type_name(record->type),
			data_of(input->arena, record, "."));
	}
	return 0;
}

static void write_powershell(FILE *out, const struct sheet_input *input,
			     const struct record *record)
{
	const char *label = record_label(input->arena, record);
	const char *data = data_of(input->arena, record, "");

	switch (record->type) {
	case RECORD_A:
		fprintf(out,
			"Add-DnsServerResourceRecordA -ZoneName '%s' "
			"-Name '%s' -IPv4Address '%s'\n",
			record->domain, label, data);
		return;
	case RECORD_AAAA:
		fprintf(out,
			"Add-DnsServerResourceRecordAAAA -ZoneName '%s' "
			"-Name '%s' -IPv6Address '%s'\n",
			record->domain, label, data);
		return;
	case RECORD_SRV:
		fprintf(out,
			"Add-DnsServerResourceRecord -Srv -ZoneName '%s' "
			"-Name '%s' -DomainName '%s' -Priority 0 -Weight 0 "
			"-Port %u\n",
			record->domain, label, record->target, record->port);
	}
}

int sheet_dns_powershell(FILE *out, const struct sheet_input *input)
{
	struct records records = records_of(input->arena, input->topology);

	for (size_t i = 0; i < records.count; i++) {
		const struct record *record = &records.items[i];

		if (begins_zone(&records, i))
			fprintf(out, "%s# %s, %s DNS\n", i ? "\n" : "",
				record->domain, zone_title(record->zone));
		write_powershell(out, input, record);
	}
	return 0;
}

static json_t *json_of(const struct sheet_input *input,
		       const struct record *record)
{
	json_t *object = value_have(json_object());

	value_put_text(object, "zone", record->domain);
	value_put_text(object, "view", zone_title(record->zone));
	value_put_text(object, "name", record->name);
	value_put_text(object, "type", record_type_name(record->type));
	value_put_text(object, "data", data_of(input->arena, record, "."));
	value_put_text(object, "requirement", record->requirement->id);
	return object;
}

int sheet_dns_json(FILE *out, const struct sheet_input *input)
{
	struct records records = records_of(input->arena, input->topology);
	json_t *array = value_have(json_array());

	for (size_t i = 0; i < records.count; i++)
		value_push(array, json_of(input, &records.items[i]));
	sheet_document(out, input, "records", array);
	return 0;
}
