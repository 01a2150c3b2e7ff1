#include "probes/revocation.h"

#include "common/model/certificates.h"
#include "common/model/x509.h"
#include "probes/trust.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#define CANDIDATES_MAX 32 /* of a chain that is looked through */

X509 *revocation_certificate(const struct check *check)
{
	return x509_read(check->spec->certificate->der);
}

static bool issued(X509 *issuer, X509 *certificate)
{
	return X509_check_issued(issuer, certificate) == X509_V_OK &&
	       X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
}

static X509 *issuer_among_roots(const struct check *check, X509 *certificate)
{
	X509_STORE_CTX *context = X509_STORE_CTX_new();
	X509 *issuer = NULL;

	if (context &&
	    X509_STORE_CTX_init(context, check->trust->store, certificate,
				NULL) == 1 &&
	    X509_STORE_CTX_get1_issuer(&issuer, context, certificate) == 1 &&
	    X509_verify(certificate, X509_get0_pubkey(issuer)) != 1) {
		X509_free(issuer);
		issuer = NULL;
	}
	X509_STORE_CTX_free(context);
	return issuer;
}

X509 *issuer_of(const struct check *check, X509 *certificate,
		STACK_OF(X509) * shown)
{
	X509 *issuer = NULL;

	for (int i = 0; i < sk_X509_num(shown) && i < CANDIDATES_MAX; i++) {
		X509 *one = sk_X509_value(shown, i);

		if (!issuer && issued(one, certificate) && X509_up_ref(one))
			issuer = one;
	}
	if (!issuer)
		issuer = issuer_among_roots(check, certificate);
	ERR_clear_error();
	return issuer;
}

X509 *revocation_issuer(const struct check *check, X509 *certificate)
{
	const struct certificate *about = check->spec->certificate;
	const struct fact *der = observation_fact(about->shown[0], "cert.der");
	STACK_OF(X509) *shown = sk_X509_new_null();
	X509 *issuer;

	for (int i = 0; der && i < CANDIDATES_MAX; der = fact_next(der), i++) {
		X509 *one = x509_read(der);

		if (one && !sk_X509_push(shown, one))
			X509_free(one);
	}
	issuer = issuer_of(check, certificate, shown);
	sk_X509_pop_free(shown, X509_free);
	return issuer;
}

void revocation_begin(struct check *check)
{
	observe_text(check, "revocation.certificate",
		     check->spec->certificate->digest);
	observe_text(check, "revocation.url", check->spec->url);
	check->open->endpoint.name = NULL; /* until it is known */
}

void revocation_note(struct check *check, const struct fetch *fetch)
{
	const struct transfer_answer *answer = fetch->answer;
	char text[ADDRESS_TEXT_BYTES];

	check->open->endpoint = answer->endpoint;
	if (answer->source.family)
		check->source =
			arena_text(check->settings->arena,
				   address_format(text, &answer->source));
	for (unsigned i = 0; i < fetch->redirects; i++)
		observe_text(check, "http.location", fetch->locations[i]);
	if (!answer->status)
		return;
	observe_number(check, "http.status", answer->status);
	if (*answer->content_type)
		observe_text(check, "http.content_type", answer->content_type);
}
