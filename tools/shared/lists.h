/*
 * lists.h - what edgeprobe knows, a line each on standard output.
 */
#ifndef TOOLS_SHARED_LISTS_H
#define TOOLS_SHARED_LISTS_H

void list_probes(void);
void list_requirements(void);
void list_findings(void);

#endif
