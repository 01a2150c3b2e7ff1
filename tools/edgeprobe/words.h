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
void take_override(struct settings *settings, const char *text);
void take_control(struct settings *settings, const char *text);
size_t take_list(struct settings *settings, const char *option,
		 const char *text, const char **items, size_t count);
void take_soak(struct settings *settings, const char *text);
void take_product(struct settings *settings, const char *text);
void take_kind(struct settings *settings, const char *text);
void take_target(struct settings *settings, const char *text);
const char *take_name(struct settings *settings, const char *option,
		      const char *text);
int take_descriptor(const char *text);

#endif
