#include "common/render/area.h"

#include <string.h>

const struct area area_table[] = {
	{"dns", "DNS"},
	{"certificates", "Certificates"},
	{"revocation", "Revocation"},
	{"access", "Access"},
	{"webconf", "Web Conferencing"},
	{"av", "A/V"},
	{"federation", "Federation"},
	{"xmpp", "XMPP"},
	{"web", "Web"},
	{"exposure", "Exposure"},
	{"internal", "Inside"},
	{"servers", "Servers"},
	{"", "Other"},
};

const size_t area_count = sizeof(area_table) / sizeof(area_table[0]);

const struct area *area_of(const struct requirement *requirement)
{
	const struct area *area = area_table;

	while (*area->key && strcmp(area->key, requirement->area) != 0)
		area++;
	return area;
}
