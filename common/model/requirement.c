#include "common/model/requirement.h"

#include <string.h>

/* Written by tables.awk: judgings[] and requirements[]. */
#include "common/tables/tables.inc"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {"must", "should", "info"};

	return names[severity];
}

const struct requirement *requirement_table(size_t *count)
{
	*count = LENGTH(requirements);
	return requirements;
}

const struct firewall_row *firewall_table(size_t *count)
{
	*count = LENGTH(firewall_rows);
	return firewall_rows;
}

const struct port_row *port_table(size_t *count)
{
	*count = LENGTH(port_rows);
	return port_rows;
}

const struct requirement *requirement_find(const char *id)
{
	for (size_t i = 0; i < LENGTH(requirements); i++)
		if (strcmp(requirements[i].id, id) == 0)
			return &requirements[i];
	return NULL;
}
