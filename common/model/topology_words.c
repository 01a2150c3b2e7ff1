#include "common/model/topology_words.h"

#include "common/base/hint.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

bool reader_fail(struct reader *reader, unsigned line, const char *format, ...)
{
	va_list args;
	char *what;

	if (reader->why)
		return false;
	va_start(args, format);
	what = arena_vformat(reader->arena, format, args);
	va_end(args);
	reader->why_line = line;
	reader->why = line ? arena_format(reader->arena, "%s:%u: %s",
					  reader->path, line, what)
			   : arena_format(reader->arena, "%s: %s", reader->path,
					  what);
	return false;
}

static bool label_is_lawful(const char *label, size_t length)
{
	if (length < 1 || length > 63 || label[0] == '-' ||
	    label[length - 1] == '-')
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)label[i]) && label[i] != '-' &&
		    label[i] != '_')
			return false;
	}
	return true;
}

const char *read_name(struct reader *reader, const char *word)
{
	struct address address;
	size_t length = strlen(word);
	const char *label = word;
	unsigned labels = 0;
	char *name;

	if (address_parse(word, &address)) {
		reader_fail(reader, reader->line,
			    "'%s' is an address, not a name", word);
		return NULL;
	}
	if (length && word[length - 1] == '.')
		length--;
	name = arena_copy(reader->arena, word, length);
	while (label) {
		const char *dot = strchr(label, '.');
		size_t size = dot ? (size_t)(dot - label) : strlen(label);

		if (!label_is_lawful(label, size))
			break;
		labels++;
		label = dot && dot[1] ? dot + 1 : NULL;
	}
	if (label || labels < 2 || length > 253) {
		reader_fail(reader, reader->line,
			    "'%s' is not a DNS name such as sip.contoso.com",
			    word);
		return NULL;
	}
	for (size_t i = 0; i < length; i++)
		name[i] = (char)tolower((unsigned char)name[i]);
	return name;
}

bool read_address(struct reader *reader, const char *word,
		  struct address *address)
{
	if (address_parse(word, address))
		return true;
	return reader_fail(reader, reader->line,
			   "'%s' is not an IPv4 or IPv6 address", word);
}

bool read_network(struct reader *reader, const char *word,
		  struct network *network)
{
	const char *why;

	if (network_parse(word, network, &why))
		return true;
	return reader_fail(reader, reader->line, "network '%s': %s", word, why);
}

bool read_networks(struct reader *reader, const char *word,
		   struct networks *networks)
{
	if (networks->count == NETWORKS_MAX)
		return reader_fail(reader, reader->line,
				   "more than %d networks, from '%s' on",
				   NETWORKS_MAX, word);
	return read_network(reader, word, &networks->items[networks->count++]);
}

bool read_flag(struct reader *reader, const char *word, bool *flag)
{
	*flag = strcmp(word, "yes") == 0;
	if (*flag || strcmp(word, "no") == 0)
		return true;
	return reader_fail(reader, reader->line, "'%s' is neither yes nor no",
			   word);
}

bool read_service(struct reader *reader, const char *word,
		  enum service *service)
{
	struct hint hint = hint_for(word);

	for (unsigned i = 0; i < SERVICE_COUNT; i++) {
		*service = (enum service)i;
		if (strcmp(service_name(*service), word) == 0)
			return true;
		hint_offer(&hint, service_name(*service));
	}
	return reader_fail(reader, reader->line, "unknown service '%s'%s", word,
			   hint_text(reader->arena, &hint));
}

bool read_range(struct reader *reader, const char *word,
		struct port_range *range)
{
	char first[6];
	size_t length = strcspn(word, "-");

	if (length && length < sizeof(first) && word[length]) {
		memcpy(first, word, length);
		first[length] = '\0';
		if (port_parse(first, &range->first) &&
		    port_parse(word + length + 1, &range->last) &&
		    range->first <= range->last)
			return true;
	}
	return reader_fail(reader, reader->line,
			   "'%s' is no range of ports such as 50020-50039",
			   word);
}
