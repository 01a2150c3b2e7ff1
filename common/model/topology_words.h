/*
 * topology_words.h - the words of a topology file as values. Part of
 * topology_read(). No I/O.
 *
 * All that return false have said why with reader_fail().
 */
#ifndef COMMON_MODEL_TOPOLOGY_WORDS_H
#define COMMON_MODEL_TOPOLOGY_WORDS_H

#include "common/model/topology_keys.h"

/*
 * A DNS name of two labels at least, in lower case without the last dot; NULL
 * where it is none.
 */
const char *read_name(struct reader *reader, const char *word);

bool read_address(struct reader *reader, const char *word,
		  struct address *address);
bool read_network(struct reader *reader, const char *word,
		  struct network *network);
bool read_networks(struct reader *reader, const char *word,
		   struct networks *networks); /* adds one */
bool read_flag(struct reader *reader, const char *word, bool *flag);
bool read_service(struct reader *reader, const char *word,
		  enum service *service);
bool read_range(struct reader *reader, const char *word,
		struct port_range *range);

#endif
