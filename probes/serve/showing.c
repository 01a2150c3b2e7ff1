#include "probes/serve/showing.h"

#include "common/base/text.h"
#include "common/base/url.h"
#include "probes/serve/faults.h"

#include <stdio.h>
#include <string.h>

struct names {
	struct arena *arena;
	const char **items;
	size_t count, capacity;
};

static void add_name(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++) {
		if (text_names_equal(names->items[i], name))
			return;
	}
	names->items = arena_grow(names->arena, names->items, names->count,
				  &names->capacity, sizeof(*names->items));
	names->items[names->count++] = name;
}

static void add_in_domain(struct names *names, const char *label,
			  const char *domain)
{
	add_name(names, arena_format(names->arena, "%s.%s", label, domain));
}

/* cert.ext.san.*: Access, Web Conferencing, sip.DOMAIN of the others. */
static void list_names(struct names *names, const struct topology *topology,
		       struct quirks quirks)
{
	const char *access = topology->names[SERVICE_ACCESS];
	const char *webconf = topology->names[SERVICE_WEBCONF];
	bool first = quirks_have(quirks, QUIRK_UNORDERED);
	bool xmpp = topology->features & FEATURE_BIT(FEATURE_XMPP) &&
		    !quirks_have(quirks, QUIRK_LACKS_XMPP);

	if (webconf && first)
		add_name(names, webconf);
	if (access && !quirks_have(quirks, QUIRK_LACKS_ACCESS))
		add_name(names, access);
	if (webconf && !quirks_have(quirks, QUIRK_LACKS_WEBCONF))
		add_name(names, webconf);
	for (size_t i = 1; i < topology->domain_count; i++) {
		if (i > 1 || !quirks_have(quirks, QUIRK_LACKS_SECOND_DOMAIN))
			add_in_domain(names, "sip", topology->domains[i]);
	}
	for (size_t i = 0; xmpp && i < topology->domain_count; i++) {
		/* what the wizard of 2013 adds, and the documents of 2015 */
		if (topology->product == PRODUCT_LYNC2013) {
			add_name(names, topology->domains[i]);
			continue;
		}
		add_in_domain(names, "xmpp", topology->domains[i]);
		add_in_domain(names, "*", topology->domains[i]);
	}
}

/* Names that nobody asked for. */
static void list_more(struct names *names, const char *domain,
		      struct quirks quirks)
{
	if (quirks_have(quirks, QUIRK_WILDCARD_BESIDE))
		add_in_domain(names, "*", domain);
	if (quirks_have(quirks, QUIRK_UNDERSCORE))
		add_in_domain(names, "edge_1", domain);
	for (unsigned i = 0; i < 100 && quirks_have(quirks, QUIRK_MANY_NAMES);
	     i++)
		add_in_domain(names, arena_format(names->arena, "host%u", i),
			      domain);
}

static const char *purposes_of(struct quirks quirks)
{
	if (quirks_have(quirks, QUIRK_NO_SERVER_AUTH))
		return "clientAuth";
	return quirks_have(quirks, QUIRK_NO_CLIENT_AUTH)
		       ? "serverAuth"
		       : "serverAuth,clientAuth";
}

/* Those of a reverse proxy. */
static void list_web_names(struct names *names, const struct topology *topology)
{
	static const char *const labels[] = {"webext", "lyncdiscover", "meet",
					     "dialin"};

	for (size_t i = 0; i < topology->domain_count; i++)
		for (size_t j = 0; j < sizeof(labels) / sizeof(labels[0]); j++)
			add_in_domain(names, labels[j], topology->domains[i]);
}

void showing_spec(struct arena *arena, const struct topology *topology,
		  struct quirks quirks, struct leaf_spec *spec)
{
	static const struct {
		enum quirk quirk;
		int first_day, last_day;
	} dates[] = {
		{QUIRK_EXPIRED, -365, -10},
		{QUIRK_EXPIRES_SOON, -355, 10},
		{QUIRK_NOT_YET_VALID, 10, 375},
		{QUIRK_HALF_RENEWED, -1, 364},
	};
	struct names names = {.arena = arena};

	*spec = (struct leaf_spec){
		.common_name = topology->names[SERVICE_ACCESS],
		.first_day = -30,
		.last_day = 335,
		.key_bits = quirks_have(quirks, QUIRK_WEAK_KEY) ? 1024 : 2048,
		.digest = quirks_have(quirks, QUIRK_SHA1) ? "SHA1" : "SHA256",
		.curve = quirks_have(quirks, QUIRK_EC_KEY) ? "P-384" : NULL,
		.is_pss = quirks_have(quirks, QUIRK_PSS),
		.purposes = purposes_of(quirks),
	};
	if (quirks_have(quirks, QUIRK_SN_DIFFERS))
		spec->common_name =
			arena_format(arena, "edge.%s", topology->domains[0]);
	if (quirks_have(quirks, QUIRK_WILDCARD_SUBJECT))
		spec->common_name =
			arena_format(arena, "*.%s", topology->domains[0]);
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		if (quirks_have(quirks, dates[i].quirk)) {
			spec->first_day = dates[i].first_day;
			spec->last_day = dates[i].last_day;
		}
	}
	spec->revoking = fault_revoking(quirks);
	if (quirks_have(quirks, QUIRK_PRIVATE_ROOT))
		spec->issuer = ISSUER_STRANGER;
	if (quirks_have(quirks, QUIRK_SELF_SIGNED))
		spec->issuer = ISSUER_SELF;
	if (quirks_have(quirks, QUIRK_WEB_NAMES)) {
		spec->common_name =
			arena_format(arena, "webext.%s", topology->domains[0]);
		list_web_names(&names, topology);
	} else if (quirks_have(quirks, QUIRK_WILDCARD_ONLY)) {
		for (size_t i = 0; i < topology->domain_count; i++)
			add_in_domain(&names, "*", topology->domains[i]);
	} else {
		list_names(&names, topology, quirks);
		list_more(&names, topology->domains[0], quirks);
	}
	spec->names = names.items;
	spec->name_count = names.count;
}

/* Hosts of the web services, each once. */
static void list_site_names(struct names *names,
			    const struct topology *topology,
			    struct quirks quirks)
{
	for (size_t i = 0; i < WEB_SITE_COUNT; i++) {
		const char *site = topology->web.sites[i];
		struct url url;

		if (site && url_parse(site, &url))
			add_name(names, arena_text(names->arena, url.host));
	}
	for (size_t i = 0; i < topology->domain_count; i++)
		if (!quirks_have(quirks, QUIRK_LACKS_ACCESS))
			add_in_domain(names, "lyncdiscover",
				      topology->domains[i]);
	if (!names->count)
		add_in_domain(names, "webext", topology->domains[0]);
}

void showing_web_spec(struct arena *arena, const struct topology *topology,
		      struct quirks quirks, struct leaf_spec *spec)
{
	struct names names = {.arena = arena};

	showing_spec(arena, topology, quirks, spec);
	list_site_names(&names, topology, quirks);
	spec->common_name = names.items[0];
	spec->names = names.items;
	spec->name_count = names.count;
}

static const char *inner_name(struct arena *arena,
			      const struct topology *topology,
			      const char *label)
{
	const char *domain = topology->internal_domain;

	return arena_format(arena, "%s.%s", label,
			    domain ? domain : topology->domains[0]);
}

const char *showing_inside_name(struct arena *arena,
				const struct topology *topology)
{
	return topology->internal_name ? topology->internal_name
				       : inner_name(arena, topology, "edge");
}

/* I1: the name that the topology has for the pool; I6: the same for all. */
void showing_inside_spec(struct arena *arena, const struct topology *topology,
			 struct quirks quirks, struct leaf_spec *spec)
{
	struct names names = {.arena = arena};

	showing_spec(arena, topology, quirks, spec);
	add_name(&names, quirks_have(quirks, QUIRK_SN_DIFFERS)
				 ? inner_name(arena, topology, "old-edge")
				 : showing_inside_name(arena, topology));
	spec->common_name = names.items[0];
	spec->names = names.items;
	spec->name_count = names.count;
}

struct quirks showing_quirks(struct quirks quirks)
{
	return quirks_between(quirks, QUIRK_EXPIRED, QUIRK_STAPLE_STALE);
}

/* Edges check a partner's certificate above TLS; here any will do. */
static int accept_any(int is_verified, X509_STORE_CTX *store)
{
	(void)is_verified;
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

static bool set_versions(SSL_CTX *context, struct quirks quirks)
{
	/* Windows Server 2016 and 2019, where Edges live, have no TLS 1.3 */
	int version = quirks_have(quirks, QUIRK_OLD_TLS) ? TLS1_VERSION
							 : TLS1_2_VERSION;
	int newest =
		quirks_have(quirks, QUIRK_NEW_TLS) ? TLS1_3_VERSION : version;

	/* level 0, or OpenSSL refuses to show weak certificates at all */
	return SSL_CTX_set_cipher_list(context, "DEFAULT:@SECLEVEL=0") == 1 &&
	       SSL_CTX_set_min_proto_version(context, version) == 1 &&
	       SSL_CTX_set_max_proto_version(context, newest) == 1;
}

/* As a reverse proxy that serves several names. */
static int need_name(SSL *ssl, int *alert, void *context)
{
	(void)context;
	if (SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name))
		return SSL_TLSEXT_ERR_OK;
	*alert = SSL_AD_UNRECOGNIZED_NAME;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

#define ISSUER_LIST_BYTES 16384 /* that Windows sends (KB 2464556) */

static X509_NAME *issuer_name(int number)
{
	X509_NAME *name = X509_NAME_new();
	char text[80];

	snprintf(text, sizeof(text),
		 "edgesim authority %d, made up to fill the list of issuers",
		 1000 + number);
	if (name &&
	    X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
				       (const unsigned char *)"edgesim", -1, -1,
				       0) == 1 &&
	    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				       (const unsigned char *)text, -1, -1,
				       0) == 1)
		return name;
	X509_NAME_free(name);
	return NULL;
}

/* As many as Windows puts into its list. */
static bool name_issuers(SSL_CTX *context)
{
	STACK_OF(X509_NAME) *names = sk_X509_NAME_new_null();
	int bytes = 0;

	for (int i = 0; names; i++) {
		X509_NAME *name = issuer_name(i);
		int length = name ? 2 + i2d_X509_NAME(name, NULL) : 0;

		bytes += length;
		if (length && bytes <= ISSUER_LIST_BYTES &&
		    sk_X509_NAME_push(names, name))
			continue;
		X509_NAME_free(name);
		break;
	}
	if (!names)
		return false;
	SSL_CTX_set_client_CA_list(context, names);
	return true;
}

static bool ask_certificate(SSL_CTX *context, const struct authority *authority,
			    enum client_certificate asks, struct quirks quirks)
{
	static const unsigned char id[] = "edgesim";
	int mode = SSL_VERIFY_PEER;

	if (asks == CLIENT_CERTIFICATE_IGNORED)
		return true;
	if (asks == CLIENT_CERTIFICATE_REQUIRED)
		mode |= SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	SSL_CTX_set_verify(context, mode, accept_any);
	if (quirks_have(quirks, QUIRK_MANY_ISSUERS) && !name_issuers(context))
		return false;
	return SSL_CTX_add_client_CA(context, authority_root(authority)) == 1 &&
	       SSL_CTX_set_session_id_context(context, id, sizeof(id)) == 1;
}

/* An administrator forgets the intermediate; the certificate is the same. */
static bool set_chain(SSL_CTX *context, const struct leaf *leaf,
		      struct quirks quirks)
{
	return quirks_have(quirks, QUIRK_MISSING_INTERMEDIATE) ||
	       SSL_CTX_set1_chain(context, leaf->chain) == 1;
}

static int add_staple(SSL *ssl, void *context)
{
	const struct leaf *leaf = context;
	unsigned char *copy;

	if (!leaf->staple)
		return SSL_TLSEXT_ERR_NOACK;
	copy = OPENSSL_memdup(leaf->staple, leaf->staple_length);
	if (!copy)
		return SSL_TLSEXT_ERR_NOACK;
	SSL_set_tlsext_status_ocsp_resp(ssl, copy, (long)leaf->staple_length);
	return SSL_TLSEXT_ERR_OK;
}

SSL_CTX *showing_context(const struct authority *authority,
			 const struct leaf *leaf, struct quirks quirks,
			 enum client_certificate asks, const char **why)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());

	if (context && set_versions(context, quirks) &&
	    SSL_CTX_use_certificate(context, leaf->certificate) == 1 &&
	    SSL_CTX_use_PrivateKey(context, leaf->key) == 1 &&
	    set_chain(context, leaf, quirks) &&
	    ask_certificate(context, authority, asks, quirks)) {
		if (quirks_have(quirks, QUIRK_SNI_REQUIRED))
			SSL_CTX_set_tlsext_servername_callback(context,
							       need_name);
		SSL_CTX_set_tlsext_status_cb(context, add_staple);
		SSL_CTX_set_tlsext_status_arg(context, (void *)leaf);
		/* the chain is what is sent, without more from a store */
		SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
		SSL_CTX_set_options(context,
				    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
		return context;
	}
	*why = "OpenSSL cannot use the certificate it has made";
	SSL_CTX_free(context);
	return NULL;
}
