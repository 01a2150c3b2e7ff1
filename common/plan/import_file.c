#include "common/plan/import_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zip.h>

#define DOCUMENT    "DocItemSet.xml" /* in the archive of an export */
#define CHUNK_BYTES (64 * 1024)

#define NEW_TOPOLOGY                                                           \
	"urn:schema:Microsoft.Rtc.Management.Deploy.TopologyBuilder.2008"
#define TOPOLOGY "urn:schema:Microsoft.Rtc.Management.Deploy.Topology.2008"

/* Where the bytes come from: a file, or one in an archive. */
struct source {
	struct arena *arena;
	FILE *file;
	zip_t *archive;
	zip_file_t *member;
	const char *why;
};

static bool wants(const char *space, const char *name)
{
	return (strcmp(name, "NewTopology") == 0 &&
		strcmp(space, NEW_TOPOLOGY) == 0) ||
	       (strcmp(name, "Topology") == 0 && strcmp(space, TOPOLOGY) == 0);
}

static bool is_archive(FILE *file)
{
	char magic[4] = "";
	bool is = fread(magic, 1, sizeof(magic), file) == sizeof(magic) &&
		  memcmp(magic, "PK\x03\x04", sizeof(magic)) == 0;

	rewind(file);
	return is;
}

static bool open_member(struct source *source, const char *path)
{
	int error = 0;
	zip_error_t words;

	source->archive = zip_open(path, ZIP_RDONLY, &error);
	if (!source->archive) {
		zip_error_init_with_code(&words, error);
		source->why =
			arena_text(source->arena, zip_error_strerror(&words));
		zip_error_fini(&words);
		return false;
	}
	source->member = zip_fopen(source->archive, DOCUMENT, ZIP_FL_NODIR);
	if (!source->member)
		source->why = "an archive without " DOCUMENT;
	return source->member;
}

static bool open_source(struct source *source, const char *path)
{
	source->file = fopen(path, "re");
	if (!source->file) {
		source->why = strerror(errno);
		return false;
	}
	return !is_archive(source->file) || open_member(source, path);
}

/* -1 and source->why at trouble, 0 at the end. */
static ssize_t read_chunk(struct source *source, char chunk[CHUNK_BYTES])
{
	zip_int64_t size;

	if (!source->member) {
		size = (zip_int64_t)fread(chunk, 1, CHUNK_BYTES, source->file);
		if (!ferror(source->file))
			return (ssize_t)size;
		source->why = strerror(errno);
		return -1;
	}
	size = zip_fread(source->member, chunk, CHUNK_BYTES);
	if (size < 0)
		source->why = arena_text(source->arena,
					 zip_file_strerror(source->member));
	return (ssize_t)size;
}

static void close_source(struct source *source)
{
	if (source->member)
		zip_fclose(source->member);
	if (source->archive)
		zip_discard(source->archive);
	if (source->file)
		fclose(source->file);
}

static bool feed_all(struct source *source, struct markup *markup)
{
	static char chunk[CHUNK_BYTES];
	size_t whole = 0;
	ssize_t size;

	do {
		size = read_chunk(source, chunk);
		if (size < 0)
			return false;
		whole += (size_t)size;
		if (whole > IMPORT_BYTES_MAX) {
			source->why = arena_format(source->arena,
						   "more than %d MiB of XML",
						   IMPORT_BYTES_MAX >> 20);
			return false;
		}
	} while (markup_feed(markup, chunk, (size_t)size, size == 0,
			     &source->why) &&
		 size > 0);
	return !source->why;
}

/* Of several topologies, the one with the most in it. */
static const struct element *choose(struct source *source,
				    const struct markup *markup)
{
	const struct element *chosen = markup_found(markup);
	const char *root = markup_root(markup);

	for (const struct element *at = chosen; at; at = at->next)
		if (at->count > chosen->count)
			chosen = at;
	if (chosen)
		return chosen;
	source->why =
		strcmp(root, "TopologyInput") == 0
			? "the input of a merge with an older release, not a "
			  "topology"
			: arena_format(source->arena,
				       "no topology in it; the document is a "
				       "'%.64s'",
				       root);
	return NULL;
}

const struct element *import_file(struct arena *arena, const char *path,
				  const char **why)
{
	struct source source = {.arena = arena};
	struct markup *markup = markup_new(arena, wants);
	const struct element *element = NULL;

	if (open_source(&source, path) && feed_all(&source, markup))
		element = choose(&source, markup);
	close_source(&source);
	markup_free(markup);
	if (!element)
		*why = arena_format(arena, "%s: %s", path, source.why);
	return element;
}
