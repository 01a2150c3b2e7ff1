/*
 * words.h - the words of edgeprobe's command line as values. Part of
 * settings_parse(): what is wrong with one ends the program with a line that
 * names the option.
 */
#ifndef TOOLS_EDGEPROBE_WORDS_H
#define TOOLS_EDGEPROBE_WORDS_H

#include "tools/edgeprobe/settings.h"

void take_service(struct settings *settings, enum service service,
		  const char *text);
void take_domain(struct settings *settings, const char *text);
void take_soak(struct settings *settings, const char *text);
void take_target(struct settings *settings, const char *text);

#endif
