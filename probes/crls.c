#include "probes/crls.h"

#include "common/base/log.h"
#include "probes/crl_signature.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES_FIRST	  1024
#define HASH_BASIS	  UINT64_C(14695981039346656037) /* FNV-1a */
#define HASH_PRIME	  UINT64_C(1099511628211)
#define STEPS_OF_TRANSFER 3 /* as long as so many steps */

/* A revoked certificate, by its serial number. */
struct kept {
	uint64_t hash;
	uint32_t revoked_at;
	int8_t reason;
};

struct crl_question {
	struct crl_question *next;
	struct crl_document *document;
	uint64_t hash;
	bool is_revoked;
	struct kept entry;
	void (*done)(void *context); /* NULL: told, or dropped */
	void *context;
};

struct crl_document {
	struct crl_document *next;
	struct crls *crls;
	const char *url;
	struct fetch fetch;
	struct crl_reader *reader;
	struct crl_question *questions;
	struct kept *kept;
	size_t count, capacity;
	bool is_partial; /* more entries than are kept */
	bool is_done;
	enum outcome outcome;
	const char *detail;
};

struct crls {
	struct arena *arena;
	struct transfers *transfers;
	struct crl_document *documents;
	size_t kept; /* room for so many entries, in all documents */
};

static uint64_t hash_of(const uint8_t *data, size_t length)
{
	uint64_t hash = HASH_BASIS;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ data[i]) * HASH_PRIME;
	return hash;
}

/*
 * Entries
 */

static bool make_room(struct crl_document *document)
{
	size_t capacity =
		document->capacity ? 2 * document->capacity : ENTRIES_FIRST;
	size_t more = capacity - document->capacity;

	if (document->count < document->capacity)
		return true;
	if (more > CRLS_ENTRIES_MAX - document->crls->kept)
		return false;
	document->kept =
		realloc(document->kept, capacity * sizeof(*document->kept));
	if (!document->kept)
		die("out of memory");
	document->capacity = capacity;
	document->crls->kept += more;
	return true;
}

static void forget_entries(struct crl_document *document)
{
	document->crls->kept -= document->capacity;
	document->capacity = document->count = 0;
	free(document->kept);
	document->kept = NULL;
}

static void keep(struct crl_document *document, const struct kept *entry)
{
	if (document->is_partial)
		return;
	if (make_room(document)) {
		document->kept[document->count++] = *entry;
		return;
	}
	document->is_partial = true;
	forget_entries(document);
}

static void match(struct crl_question *question, const struct kept *entry)
{
	if (question->hash != entry->hash)
		return;
	question->entry = *entry;
	question->is_revoked = entry->reason != CRL_REASON_BACK;
}

static void entry_came(void *context, const struct crl_entry *came)
{
	struct crl_document *document = context;
	const struct kept entry = {
		.hash = hash_of(came->serial, came->serial_length),
		.revoked_at = came->revoked_at < 0 ? 0
			      : came->revoked_at > UINT32_MAX
				      ? UINT32_MAX
				      : (uint32_t)came->revoked_at,
		.reason = (int8_t)(came->reason > INT8_MAX ? CRL_REASON_NONE
							   : came->reason),
	};

	for (struct crl_question *one = document->questions; one;
	     one = one->next)
		match(one, &entry);
	keep(document, &entry);
}

/*
 * Documents
 */

static bool take(void *context, const void *data, size_t length)
{
	struct crl_document *document = context;

	return crl_reader_feed(document->reader, data, length);
}

static void settle(struct crl_document *document)
{
	const char *detail;
	enum outcome outcome = fetch_outcome(&document->fetch, &detail);

	if (outcome == OUTCOME_ANSWERED && !crl_reader_end(document->reader)) {
		outcome = OUTCOME_GARBLED;
		detail = arena_format(document->crls->arena,
				      "no revocation list: %s",
				      crl_reader_why(document->reader));
	}
	document->outcome = outcome;
	document->detail = detail;
	document->is_done = true;
}

static void tell(struct crl_question *question)
{
	void (*done)(void *context) = question->done;

	question->done = NULL;
	if (done)
		done(question->context);
}

static void fetched(void *context)
{
	struct crl_document *document = context;

	settle(document);
	fetch_drop(&document->fetch); /* its answer stays */
	for (struct crl_question *one = document->questions; one;
	     one = one->next)
		tell(one);
}

/* One that can still answer a question; NULL: none. */
static struct crl_document *find_document(const struct crls *crls,
					  const char *url)
{
	struct crl_document *document = crls->documents;

	while (document &&
	       (strcmp(document->url, url) != 0 || document->is_partial))
		document = document->next;
	return document;
}

static struct crl_document *add_document(struct crls *crls, const char *url)
{
	struct crl_document *document =
		arena_alloc(crls->arena, sizeof(*document));

	document->crls = crls;
	document->url = url;
	document->reader = crl_reader_new(entry_came, document);
	document->next = crls->documents;
	crls->documents = document;
	return document;
}

static void begin_document(struct crl_document *document, int64_t timeout_us)
{
	const struct transfer_request request = {
		.url = document->url,
		.protocols = "http",
		.timeout_us = STEPS_OF_TRANSFER * timeout_us,
		.connect_us = timeout_us,
		.body_max = CRL_BYTES_MAX,
		.take = take,
		.take_context = document,
	};

	fetch_begin(&document->fetch, document->crls->arena,
		    document->crls->transfers, &request, fetched, document);
}

struct crl_question *crls_ask(struct crls *crls, const char *url,
			      const ASN1_INTEGER *serial, int64_t timeout_us,
			      void (*done)(void *context), void *context)
{
	struct crl_question *question =
		arena_alloc(crls->arena, sizeof(*question));
	struct crl_document *document = find_document(crls, url);
	bool is_new = !document;
	const uint8_t *number;
	size_t length;

	if (is_new)
		document = add_document(crls, url);
	number = crl_serial(serial, &length);
	question->document = document;
	question->hash = hash_of(number, length);
	question->done = done;
	question->context = context;
	question->next = document->questions;
	document->questions = question;
	for (size_t i = 0; i < document->count; i++)
		match(question, &document->kept[i]);
	if (is_new)
		begin_document(document, timeout_us);
	else if (document->is_done)
		tell(question);
	return question;
}

struct crl_answer crl_answer(const struct crl_question *question)
{
	const struct crl_document *document = question->document;

	return (struct crl_answer){
		.outcome = document->outcome,
		.phase = document->fetch.answer->phase,
		.detail = document->detail,
		.fetch = &document->fetch,
		.facts = crl_reader_facts(document->reader),
		.is_revoked = question->is_revoked,
		.revoked_at = question->entry.revoked_at,
		.reason = question->entry.reason,
	};
}

void crl_question_drop(struct crl_question *question)
{
	if (question)
		question->done = NULL;
}

struct crls *crls_new(struct arena *arena, struct transfers *transfers)
{
	struct crls *crls = calloc(1, sizeof(*crls));

	if (!crls)
		die("out of memory");
	crls->arena = arena;
	crls->transfers = transfers;
	return crls;
}

void crls_free(struct crls *crls)
{
	struct crl_document *document = crls ? crls->documents : NULL;

	for (; document; document = document->next) {
		fetch_drop(&document->fetch);
		crl_reader_free(document->reader);
		free(document->kept);
	}
	free(crls);
}
