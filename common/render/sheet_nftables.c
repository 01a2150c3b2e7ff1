#include "common/render/sheet.h"

#include "common/render/sheet_passages.h"

#include <string.h>

/*
 * nft(8). One table a firewall, which passes nothing but what the rows ask
 * for. A rule has one family; a party without addresses of it has no rule.
 */

static const struct {
	int family;
	const char *word;
} families[] = {
	{AF_INET, "ip"},
	{AF_INET6, "ip6"},
};

static size_t count_of(const struct party *party, int family)
{
	size_t count = 0;

	for (size_t i = 0; i < party->count; i++)
		count += party->networks[i].address.family == family;
	return count;
}

/* "ip saddr { 192.0.2.10, 192.0.2.11 } " */
static void write_party(FILE *out, const struct party *party, size_t family,
			const char *side)
{
	bool again = false;

	if (party->is_any)
		return;
	fprintf(out, "%s %s {", families[family].word, side);
	for (size_t i = 0; i < party->count; i++) {
		char text[NETWORK_TEXT_BYTES];

		if (party->networks[i].address.family !=
		    families[family].family)
			continue;
		fprintf(out, "%s %s", again ? "," : "",
			network_format(text, &party->networks[i]));
		again = true;
	}
	fprintf(out, " } ");
}

static bool has_family(const struct party *party, size_t family)
{
	return party->is_any || count_of(party, families[family].family);
}

static void write_ports(FILE *out, const struct passage *passage)
{
	fprintf(out, "%s %s %u", transport_name(passage->row->transport),
		passage->row->is_local_port ? "sport" : "dport",
		passage->first);
	if (passage->last != passage->first)
		fprintf(out, "-%u", passage->last);
}

static void write_rule(FILE *out, const struct passage *passage, size_t family)
{
	if (passage->source.is_any && passage->destination.is_any)
		fprintf(out, "meta nfproto %s ", family ? "ipv6" : "ipv4");
	write_party(out, &passage->source, family, "saddr");
	write_party(out, &passage->destination, family, "daddr");
	write_ports(out, passage);
	fprintf(out, " accept comment \"%s\"\n",
		passage->row->requirement->flow);
}

static const struct party *unknown_party(const struct passage *passage)
{
	if (!passage->source.is_any && !passage->source.count)
		return &passage->source;
	if (!passage->destination.is_any && !passage->destination.count)
		return &passage->destination;
	return NULL;
}

static void write_passage(FILE *out, const char *head,
			  const struct passage *passage)
{
	const struct party *unknown = unknown_party(passage);

	if (unknown) {
		fprintf(out, "# %s: the topology does not name %s\n",
			passage->row->requirement->flow, unknown->words);
		return;
	}
	for (size_t family = 0; family < 2; family++)
		if (has_family(&passage->source, family) &&
		    has_family(&passage->destination, family)) {
			fputs(head, out);
			write_rule(out, passage, family);
		}
}

static void write_firewall(FILE *out, const struct passages *passages,
			   bool internal, bool missing)
{
	const char *name = internal ? "internal" : "external";
	/* what is missing is added to a ruleset that stands already */
	char head[64] = "\t\t";

	if (missing)
		snprintf(head, sizeof(head), "add rule inet edge_%s forward ",
			 name);
	else
		fprintf(out,
			"table inet edge_%s {\n"
			"\tchain forward {\n"
			"\t\ttype filter hook forward priority filter; "
			"policy drop;\n"
			"\t\tct state established,related accept\n",
			name);
	for (size_t i = 0; i < passages->count; i++)
		if (passage_is_internal(&passages->items[i]) == internal)
			write_passage(out, head, &passages->items[i]);
	if (!missing)
		fprintf(out, "\t}\n}\n");
}

int sheet_firewall_nftables(FILE *out, const struct sheet_input *input)
{
	struct passages passages = sheet_passages(input);

	for (int internal = 0; internal < 2; internal++) {
		const char *name = internal ? "internal" : "external";

		if (!input->part || strcmp(input->part, name) == 0)
			write_firewall(out, &passages, internal,
				       input->missing);
	}
	return 0;
}
