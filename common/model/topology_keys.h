/*
 * topology_keys.h - sections and keys of a topology file, and what each key
 * does with its words. Part of topology_read(). No I/O.
 */
#ifndef COMMON_MODEL_TOPOLOGY_KEYS_H
#define COMMON_MODEL_TOPOLOGY_KEYS_H

#include "common/model/topology.h"

#include <stdio.h>

struct reader {
	struct arena *arena;
	const char *path;
	FILE *file;
	unsigned line;	       /* of the text last handed to inih */
	size_t bytes;	       /* of the file, read so far */
	const char *why;       /* the first trouble; stops everything */
	unsigned why_line;     /* where */
	bool continues;	       /* the line carries on the list above it */
	const struct key *key; /* that list; NULL: none can be carried on */
	const struct section *section;
	uint32_t keys_seen; /* of the present section, a bit each */
	uint32_t sections_seen;
	struct topology *topology;
	bool has_features;	  /* listed: those, and not the usual ones */
	const char *name;	  /* "edge1" of [edge edge1]; "" */
	struct node *node;	  /* of [edge NAME] or [vip NAME] */
	struct server_pool *pool; /* of [pool NAME] */
};

/* A key takes one word, or several (words, and lines that carry on). */
struct key {
	const char *name;
	bool (*take)(struct reader *reader, unsigned index, const char *word);
	unsigned index; /* service, listener: what the name stands for */
	bool is_list;
};

struct keys {
	const struct key *items;
	size_t count;
};

#define KEYS(table)                                                            \
	{                                                                      \
		table, sizeof(table) / sizeof((table)[0])                      \
	}

struct section {
	const char *name;
	const struct keys *keys;
	bool is_named; /* [edge NAME] */
	/* what comes before its keys; NULL: nothing */
	bool (*begin)(struct reader *reader, const char *name);
};

/* In any order; section_count of them. */
extern const struct section section_table[];
extern const size_t section_count;

/* What stands behind the Edge Servers, beside them and before them. */
extern const struct keys balancer_keys, networks_keys, pool_keys, partners_keys,
	clients_keys, web_keys;
bool begin_pool(struct reader *reader, const char *name);

/* Keeps the first trouble, with its place in the file; returns false. */
bool reader_fail(struct reader *reader, unsigned line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
