/*
 * crls.h - the revocation lists of a run: each URL is fetched once, however
 * many certificates name it (edge-services.md 10.3). Never blocks.
 *
 * Of a list its facts and, up to CRLS_ENTRIES_MAX for all lists together, who
 * is revoked are kept. A longer one still answers for those who asked before
 * it began to come; others fetch it again.
 * Ownership: questions live in the arena, lists end with crls_free().
 */
#ifndef PROBES_CRLS_H
#define PROBES_CRLS_H

#include "probes/crl_reader.h"
#include "probes/fetch.h"

#define CRL_BYTES_MAX	 (32 * 1024 * 1024)
#define CRLS_ENTRIES_MAX (1024 * 1024) /* of 16 bytes */

struct crls;
struct crl_question;

struct crl_answer {
	enum outcome outcome; /* answered: the whole list was read */
	const char *phase;
	const char *detail; /* one clause; "" when all went well */
	const struct fetch *fetch;
	const struct crl_facts *facts;
	bool is_revoked;
	int64_t revoked_at;
	int reason;
};

struct crls *crls_new(struct arena *arena, struct transfers *transfers);
void crls_free(struct crls *crls); /* accepts NULL */

/*
 * Whether the serial number stands in the list at url. done(context) is
 * called once, perhaps before this returns, unless the question is dropped
 * before. timeout_us is that of a step.
 */
struct crl_question *crls_ask(struct crls *crls, const char *url,
			      const ASN1_INTEGER *serial, int64_t timeout_us,
			      void (*done)(void *context), void *context);

struct crl_answer crl_answer(const struct crl_question *question);

void crl_question_drop(struct crl_question *question); /* accepts NULL */

#endif
