#include "common/judge/certificate.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/model/x509.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <string.h>
#include <strings.h>

#define DAY_S		 INT64_C(86400)
#define RSA_BITS_MIN	 2048
#define NAMES_SHOWN_MAX	 8
#define NAME_LIST_LENGTH 400

static X509 *leaf_of(const struct observation *observation)
{
	return x509_read(observation_fact(observation, "cert.der"));
}

static bool has_dns_names(X509 *leaf)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	bool found = false;

	for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++)
		found = found ||
			sk_GENERAL_NAME_value(names, i)->type == GEN_DNS;
	GENERAL_NAMES_free(names);
	return found;
}

static bool matches(struct arena *arena, X509 *leaf, const char *name,
		    unsigned flags, const char **entry)
{
	char *found = NULL;
	bool matched =
		X509_check_host(leaf, name, strlen(name), flags, &found) == 1;

	if (matched)
		*entry = arena_text(arena, found ? found : name);
	OPENSSL_free(found);
	return matched;
}

/* Frees the leaf. */
static enum cover cover_by(struct arena *arena, X509 *leaf, const char *name,
			   const char **entry)
{
	enum cover cover = COVER_NONE;

	*entry = NULL;
	if (!leaf)
		return COVER_NONE;
	/* OpenSSL looks at the subject only where there is no SAN */
	if (matches(arena, leaf, name,
		    X509_CHECK_FLAG_NO_WILDCARDS |
			    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
		    entry))
		cover = has_dns_names(leaf) ? COVER_EXACT : COVER_SUBJECT;
	else if (matches(arena, leaf, name, 0, entry))
		cover = COVER_WILDCARD;
	X509_free(leaf);
	return cover;
}

enum cover certificate_covers(struct arena *arena,
			      const struct observation *observation,
			      const char *name, const char **entry)
{
	return cover_by(arena, leaf_of(observation), name, entry);
}

enum cover certificate_own_covers(struct arena *arena,
				  const struct observation *observation,
				  const char *name, const char **entry)
{
	return cover_by(arena,
			x509_read(observation_fact(observation, "client.der")),
			name, entry);
}

const char *certificate_names(struct arena *arena,
			      const struct observation *observation)
{
	const struct fact *fact = observation_fact(observation, "cert.san");
	const char *list = "";
	unsigned shown = 0, left = 0;

	for (; fact; fact = fact_next(fact)) {
		if (shown == NAMES_SHOWN_MAX ||
		    strlen(list) + fact->length > NAME_LIST_LENGTH) {
			left++;
			continue;
		}
		list = arena_format(arena, "%s%s%s", list, shown ? ", " : "",
				    fact->text);
		shown++;
	}
	if (!shown)
		return "it has no SAN entry";
	if (left)
		return arena_format(arena, "it names %s and %u more", list,
				    left);
	return arena_format(arena, "it names %s", list);
}

const char *certificate_subject(const struct observation *observation)
{
	const struct fact *fact = observation_fact(observation, "cert.cn");

	/* a NUL inside would hide what stands behind it */
	return fact && *fact->text && strlen(fact->text) == fact->length
		       ? fact->text
		       : NULL;
}

bool certificate_same(const struct observation *one,
		      const struct observation *other)
{
	const struct fact *a = observation_fact(one, "cert.der");
	const struct fact *b = observation_fact(other, "cert.der");

	return a && b && a->length == b->length &&
	       memcmp(a->text, b->text, a->length) == 0;
}

bool certificate_same_key(const struct observation *one,
			  const struct observation *other)
{
	X509 *a = leaf_of(one), *b = leaf_of(other);
	const EVP_PKEY *key = a ? X509_get0_pubkey(a) : NULL;
	const EVP_PKEY *like = b ? X509_get0_pubkey(b) : NULL;
	bool same = key && like && EVP_PKEY_eq(key, like) == 1;

	X509_free(a);
	X509_free(b);
	ERR_clear_error();
	return same;
}

/* Whether a fact of the list is that name, without a NUL inside. */
static bool lists_name(const struct observation *observation, const char *key,
		       const char *prefix, const char *name)
{
	const struct fact *fact = observation_fact(observation, key);
	size_t skip = strlen(prefix);

	for (; fact; fact = fact_next(fact))
		if (strlen(fact->text) == fact->length &&
		    strncasecmp(fact->text, prefix, skip) == 0 &&
		    text_names_equal(fact->text + skip, name))
			return true;
	return false;
}

bool certificate_names_xmpp(const struct observation *observation,
			    const char *domain)
{
	return lists_name(observation, "cert.srv_id", "_xmpp-server.",
			  domain) ||
	       lists_name(observation, "cert.xmpp_addr", "", domain);
}

static struct certificate_fault fault(enum state state, const char *cause,
				      const char *because)
{
	return (struct certificate_fault){state, cause, because};
}

static const struct certificate_fault no_fault = {STATE_VERIFIED, NULL, NULL};

static const char *day_of(char text[CLOCK_TEXT_BYTES], int64_t seconds)
{
	/* a date beyond what microseconds hold is as good as for ever */
	if (seconds > INT64_MAX / CLOCK_SECOND_US ||
	    seconds < -(INT64_MAX / CLOCK_SECOND_US))
		return "a day out of range";
	return clock_format_day(text, seconds * CLOCK_SECOND_US);
}

static struct certificate_fault soon_fault(struct arena *arena, int64_t end_s,
					   int64_t days)
{
	const char *number =
		days ? arena_format(arena, "in %lld day%s", (long long)days,
				    days == 1 ? "" : "s")
		     : "within a day";
	bool is_urgent = days < CERTIFICATE_URGENT_DAYS;
	char day[CLOCK_TEXT_BYTES];

	return fault(STATE_WARN, "cert.expires-soon",
		     arena_format(arena,
				  "the certificate expires %son %s, %s%s",
				  is_urgent ? "very soon, " : "",
				  day_of(day, end_s), number,
				  is_urgent ? ": from then on nobody signs in "
					      "or federates"
					    : ""));
}

static struct certificate_fault
dates_fault(struct arena *arena, const struct observation *observation)
{
	const struct fact *after =
		observation_fact(observation, "cert.not_after");
	int64_t now_s = observation->wall_us / CLOCK_SECOND_US;
	int64_t from_s =
		observation_number(observation, "cert.not_before", INT64_MIN);
	char day[CLOCK_TEXT_BYTES];

	if (after && after->number < now_s)
		return fault(STATE_WRONG, "cert.expired",
			     arena_format(arena,
					  "the certificate expired on %s",
					  day_of(day, after->number)));
	if (from_s > now_s)
		return fault(STATE_WRONG, "cert.not-yet-valid",
			     arena_format(arena,
					  "the certificate is valid from %s on "
					  "only",
					  day_of(day, from_s)));
	if (after && after->number - now_s < CERTIFICATE_SOON_DAYS * DAY_S)
		return soon_fault(arena, after->number,
				  (after->number - now_s) / DAY_S);
	return no_fault;
}

/* "system" roots or those of a file, in words. */
static const char *roots_of(struct arena *arena,
			    const struct observation *observation)
{
	const char *roots = observation_text(observation, "cert.roots");

	if (!roots || strcmp(roots, "system") == 0)
		return "the system's roots";
	return arena_format(arena, "the roots of %s", roots);
}

/*
 * The leaf's own issuer is nowhere: the server does not send the
 * intermediate. Further up it is the root that nobody knows.
 */
static bool is_incomplete(const struct observation *observation, int64_t code)
{
	return (code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
		code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
		code == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE) &&
	       observation_number(observation, "cert.verify_depth", 0) == 0;
}

static bool is_untrusted(int64_t code)
{
	return code == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT ||
	       code == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN ||
	       code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT ||
	       code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY ||
	       code == X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE ||
	       code == X509_V_ERR_CERT_UNTRUSTED;
}

bool certificate_is_untrusted(const struct observation *observation)
{
	return is_untrusted(
		observation_number(observation, "cert.verify_code", X509_V_OK));
}

/* Whether the chain's result speaks of more than dates, judged apart. */
static bool is_refused(int64_t code)
{
	return code != X509_V_OK && code != X509_V_ERR_CERT_HAS_EXPIRED &&
	       code != X509_V_ERR_CERT_NOT_YET_VALID;
}

/* ", below CN=Root", where the chain goes on beyond the issuer. */
static const char *above(struct arena *arena,
			 const struct observation *observation,
			 const char *issuer)
{
	const char *top = observation_text(observation, "cert.top_issuer");

	return top && issuer && strcmp(top, issuer) != 0
		       ? arena_format(arena, ", below %s", top)
		       : "";
}

static struct certificate_fault
trust_fault(struct arena *arena, const struct observation *observation)
{
	int64_t code = observation_number(observation, "cert.verify_code", 0);
	const char *issuer = observation_text(observation, "cert.issuer");
	const char *roots = roots_of(arena, observation);

	if (is_incomplete(observation, code))
		return fault(STATE_WARN, "cert.chain-incomplete",
			     arena_format(arena,
					  "the chain is incomplete: the "
					  "issuer's certificate (%s) is not "
					  "sent and not among %s",
					  issuer ? issuer : "unnamed", roots));
	if (code == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT)
		return fault(STATE_WRONG, "cert.untrusted-root",
			     arena_format(arena,
					  "the chain does not end in %s: the "
					  "certificate is self-signed",
					  roots));
	if (is_untrusted(code))
		return fault(STATE_WRONG, "cert.untrusted-root",
			     arena_format(arena,
					  "the chain does not end in %s: "
					  "issued by %s%s",
					  roots,
					  issuer ? issuer : "an unknown CA",
					  above(arena, observation, issuer)));
	return no_fault;
}

/* What no other rule has told. */
static struct certificate_fault
other_fault(struct arena *arena, const struct observation *observation)
{
	int64_t code = observation_number(observation, "cert.verify_code", 0);
	const char *text = observation_text(observation, "cert.verify_text");

	if (!is_refused(code) || is_untrusted(code))
		return no_fault;
	return fault(STATE_WRONG, "cert.chain-broken",
		     arena_format(arena, "the chain does not hold: %s",
				  text ? text : "no reason given"));
}

static struct certificate_fault
purpose_fault(struct arena *arena, const struct observation *observation)
{
	const struct fact *eku = observation_fact(observation, "cert.eku");

	(void)arena;
	if (!eku)
		return no_fault; /* no extension: any purpose */
	for (; eku; eku = fact_next(eku))
		if (strcmp(eku->text, "serverAuth") == 0)
			return no_fault;
	return fault(STATE_WRONG, "cert.no-server-auth",
		     "the certificate is not allowed for servers (serverAuth "
		     "is missing)");
}

static bool mentions(const char *text, const char *word)
{
	return text && strcasestr(text, word);
}

static struct certificate_fault
strength_fault(struct arena *arena, const struct observation *observation)
{
	const char *key = observation_text(observation, "cert.key");
	int64_t bits = observation_number(observation, "cert.key_bits", 0);
	const char *signature = observation_text(observation, "cert.signature");

	if (mentions(key, "RSA") && bits > 0 && bits < RSA_BITS_MIN)
		return fault(STATE_WRONG, "cert.weak-key",
			     arena_format(arena,
					  "the key is %s: at least %d "
					  "bits are needed",
					  key, RSA_BITS_MIN));
	if (mentions(signature, "sha1") || mentions(signature, "md5"))
		return fault(STATE_WRONG, "cert.weak-signature",
			     arena_format(arena,
					  "it is signed with %s, which "
					  "is not trusted any more",
					  signature));
	if (mentions(signature, "rsassaPss"))
		return fault(STATE_WRONG, "cert.pss-signature",
			     "it is signed with RSASSA-PSS, which the product "
			     "does not support");
	return no_fault;
}

/* Of the equally bad the first; how many rules are asked is for the caller. */
static struct certificate_fault worst_fault(
	struct arena *arena, const struct observation *observation,
	struct certificate_fault (*const *rules)(struct arena *,
						 const struct observation *),
	size_t count)
{
	struct certificate_fault worst = no_fault;
	const struct fact *after =
		observation_fact(observation, "cert.not_after");
	char day[CLOCK_TEXT_BYTES];

	for (size_t i = 0; i < count; i++) {
		struct certificate_fault one = rules[i](arena, observation);

		if (one.state > worst.state)
			worst = one;
	}
	if (worst.state == STATE_VERIFIED)
		worst.because = arena_format(
			arena, "trusted by %s, valid until %s",
			roots_of(arena, observation),
			after ? day_of(day, after->number) : "an unknown day");
	return worst;
}

struct certificate_fault
certificate_fault(struct arena *arena, const struct observation *observation)
{
	/* dates first: OpenSSL also calls a certificate of another purpose,
	 * or a weak one, a broken chain */
	static struct certificate_fault (*const rules[])(
		struct arena *, const struct observation *) = {
		dates_fault, trust_fault, purpose_fault, strength_fault,
		other_fault};

	return worst_fault(arena, observation, rules,
			   sizeof(rules) / sizeof(rules[0]));
}

struct certificate_fault
certificate_own_fault(struct arena *arena,
		      const struct observation *observation)
{
	static struct certificate_fault (*const rules[])(
		struct arena *, const struct observation *) = {
		dates_fault, purpose_fault, strength_fault};

	return worst_fault(arena, observation, rules,
			   sizeof(rules) / sizeof(rules[0]));
}

bool certificate_is_for_servers(const struct observation *observation)
{
	return purpose_fault(NULL, observation).state == STATE_VERIFIED;
}

bool certificate_lacks_root(const struct observation *observation)
{
	int64_t code = observation_number(observation, "cert.verify_code", 0);

	return is_untrusted(code) || is_incomplete(observation, code);
}
