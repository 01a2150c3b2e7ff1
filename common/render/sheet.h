/*
 * sheet.h - what edgeplan prints: one sheet a verb, each in several formats.
 * Writes to a stream handed in.
 */
#ifndef COMMON_RENDER_SHEET_H
#define COMMON_RENDER_SHEET_H

#include "common/base/arena.h"
#include "common/model/topology.h"
#include "common/plan/import.h"

#include <stdbool.h>
#include <stdio.h>

struct saved;

struct sheet_input {
	struct arena *arena;
	const struct topology *topology; /* NULL: none was given */
	const struct imported *imported; /* of a sheet that needs a file */
	int width;			 /* columns, for people */
	bool colour;
	const char *part;	     /* one zone, one request; NULL: all */
	const struct saved *missing; /* firewall: what it found shut; NULL */
	bool strict;		     /* firewall: the narrowest parties known */
};

struct sheet_format {
	const char *name; /* "json" */
	/* Returns the exit code of the tool. */
	int (*write)(FILE *out, const struct sheet_input *input);
};

#define SHEET_FORMATS_MAX 6

struct sheet {
	const char *verb; /* "lint" */
	const char *summary;
	bool needs_topology; /* -t FILE */
	bool needs_file;     /* one of the product's own */
	struct sheet_format formats[SHEET_FORMATS_MAX]; /* the usual first */
};

extern const struct sheet sheet_table[];
extern const size_t sheet_count;

const struct sheet *sheet_find(const char *verb); /* NULL: none */

/* By name, or the usual one for NULL; NULL: the sheet has no such format. */
const struct sheet_format *sheet_format_find(const struct sheet *sheet,
					     const char *name);

/* One JSON document with that array, which is taken over. */
struct json_t; /* jansson's */
void sheet_document(FILE *out, const struct sheet_input *input, const char *key,
		    struct json_t *array);

int sheet_requirements_text(FILE *out, const struct sheet_input *input);
int sheet_requirements_json(FILE *out, const struct sheet_input *input);
int sheet_lint_text(FILE *out, const struct sheet_input *input);
int sheet_lint_json(FILE *out, const struct sheet_input *input);
int sheet_lint_sarif(FILE *out, const struct sheet_input *input);
int sheet_dns_text(FILE *out, const struct sheet_input *input);
int sheet_dns_zone(FILE *out, const struct sheet_input *input);
int sheet_dns_powershell(FILE *out, const struct sheet_input *input);
int sheet_dns_json(FILE *out, const struct sheet_input *input);
int sheet_certificates_text(FILE *out, const struct sheet_input *input);
int sheet_certificates_openssl(FILE *out, const struct sheet_input *input);
int sheet_certificates_powershell(FILE *out, const struct sheet_input *input);
int sheet_certificates_json(FILE *out, const struct sheet_input *input);
int sheet_firewall_text(FILE *out, const struct sheet_input *input);
int sheet_firewall_csv(FILE *out, const struct sheet_input *input);
int sheet_firewall_markdown(FILE *out, const struct sheet_input *input);
int sheet_firewall_nftables(FILE *out, const struct sheet_input *input);
int sheet_firewall_json(FILE *out, const struct sheet_input *input);
int sheet_addresses_text(FILE *out, const struct sheet_input *input);
int sheet_import_json(FILE *out, const struct sheet_input *input);
int sheet_import_conf(FILE *out, const struct sheet_input *input);
int sheet_addresses_json(FILE *out, const struct sheet_input *input);

#endif
