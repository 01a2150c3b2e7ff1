/*
 * import_file.h - the topology inside a file, whatever it is wrapped in. Part
 * of import.h.
 */
#ifndef COMMON_PLAN_IMPORT_FILE_H
#define COMMON_PLAN_IMPORT_FILE_H

#include "common/plan/markup.h"

#define IMPORT_BYTES_MAX (128 * 1024 * 1024) /* of XML, once unpacked */

/*
 * The topology element, "NewTopology" or "Topology", of the file; of several
 * the largest. NULL with *why.
 */
const struct element *import_file(struct arena *arena, const char *path,
				  const char **why);

#endif
