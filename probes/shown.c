#include "probes/shown.h"

#include "probes/certificate.h"
#include "probes/trust.h"

#include <openssl/evp.h>
#include <string.h>

#define SHOWN_MAX 32 /* that are remembered; a hostile peer has new ones */

struct shown {
	struct shown *next;
	unsigned char digest[SHA256_DIGEST_LENGTH];
	const struct observation *seen; /* has the facts of it */
};

static bool add_certificate(EVP_MD_CTX *context, const X509 *certificate)
{
	unsigned char one[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	return X509_digest(certificate, EVP_sha256(), one, &length) == 1 &&
	       EVP_DigestUpdate(context, one, length) == 1;
}

bool shown_digest(STACK_OF(X509) * chain, const void *staple, size_t length,
		  unsigned char digest[SHA256_DIGEST_LENGTH])
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int count = sk_X509_num(chain);
	bool good = context && count > 0 && count <= CHAIN_DER_MAX &&
		    EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;

	for (int i = 0; good && i < count; i++)
		good = add_certificate(context, sk_X509_value(chain, i));
	good = good && EVP_DigestUpdate(context, staple, length) == 1 &&
	       EVP_DigestFinal_ex(context, digest, NULL) == 1;
	EVP_MD_CTX_free(context);
	return good;
}

bool shown_before(struct check *check, const char *prefix,
		  const unsigned char digest[SHA256_DIGEST_LENGTH])
{
	struct arena *arena = check->settings->arena;
	struct shown **link = &check->trust->shown;
	size_t count = 0;

	for (; *link; link = &(*link)->next, count++) {
		const struct shown *shown = *link;

		if (memcmp(shown->digest, digest, sizeof(shown->digest)) != 0)
			continue;
		observation_add_facts_of(arena, check->open, shown->seen,
					 prefix);
		return true;
	}
	if (count < SHOWN_MAX) {
		*link = arena_alloc(arena, sizeof(**link));
		memcpy((*link)->digest, digest, sizeof((*link)->digest));
		(*link)->seen = check->open;
	}
	return false;
}
