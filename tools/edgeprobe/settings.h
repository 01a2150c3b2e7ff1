/*
 * settings.h - what edgeprobe's command line says.
 *
 * Bad input ends the program with one line; texts live as long as argv, what
 * was made of them in the arena.
 */
#ifndef TOOLS_EDGEPROBE_SETTINGS_H
#define TOOLS_EDGEPROBE_SETTINGS_H

#include "probes/msturn_relay.h"
#include "tools/edgeprobe/again.h"
#include "tools/shared/looking.h"

struct settings {
	struct arena *arena;
	struct options common;
	struct looking looking;
	const char *target; /* as given; "" for none */
	const char *host;   /* the name in it; NULL for none */
	bool is_uri;	    /* then the name is a SIP domain for certain */
	int (*verb)(const struct again *again); /* NULL: look */
	const char *files[AGAIN_FILES_MAX];	/* of the verb */
	size_t file_count;

	const char *domains[TOPOLOGY_DOMAINS_MAX];
	size_t domain_count;
	struct {
		const char *name;
		uint16_t port; /* 0: not given */
	} services[SERVICE_COUNT];
	bool tls_versions;
	const char *from_domain;
	const char *credentials_file; /* NULL: none */
	struct relay_wish relay;      /* credentials NULL: none */
	bool soaks;
	int64_t soak_us;
};

/* Fills in settings, which are all zero before. */
void settings_parse(struct settings *settings, struct arena *arena, int argc,
		    char **argv);

/* Reads the file of --credentials, where one is given, and wishes for them. */
void settings_read_credentials(struct settings *settings,
			       struct credentials *credentials);

/* What it was asked to look at and to judge. */
struct scope settings_scope(const struct settings *settings);

#endif
