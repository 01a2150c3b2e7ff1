#include "probes/trust.h"

#include "common/base/log.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

/* Everything that an old server may still speak. */
#define CIPHERS "DEFAULT:@SECLEVEL=0"
#define SUITES                                                                 \
	"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"                 \
	"TLS_AES_128_GCM_SHA256"
#define GROUPS "X25519:P-256:X448:P-521:P-384:ffdhe2048:ffdhe3072:ffdhe4096"
#define SIGNATURES                                                             \
	"ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:"                \
	"RSA-PSS+SHA256:RSA-PSS+SHA384:RSA-PSS+SHA512:"                        \
	"RSA+SHA256:RSA+SHA384:RSA+SHA512:ECDSA+SHA224:RSA+SHA224:"            \
	"ECDSA+SHA1:RSA+SHA1"

static bool load_roots(struct arena *arena, struct trust *trust,
		       const char *ca_file, const char **why)
{
	FILE *file;

	if (!ca_file) {
		trust->roots = "system";
		*why = "cannot load the system's certificate store";
		return X509_STORE_set_default_paths(trust->store) == 1;
	}
	trust->roots = ca_file;
	/* OpenSSL does not say why it cannot open a file */
	file = fopen(ca_file, "re");
	if (!file) {
		*why = arena_format(arena, "cannot read CA file %s: %s",
				    ca_file, strerror(errno));
		return false;
	}
	fclose(file);
	*why = arena_format(arena,
			    "cannot read CA file %s: no certificate in PEM "
			    "form in it",
			    ca_file);
	return X509_STORE_load_file(trust->store, ca_file) == 1;
}

/*
 * The system's policy would make an old Edge look dead: set all of it. No
 * AUTO_RETRY: reading would go on without end while a peer sends new keys or
 * tickets faster than they are taken.
 */
bool trust_set_up(SSL_CTX *context)
{
	SSL_CTX_set_options(context,
			    SSL_OP_LEGACY_SERVER_CONNECT |
				    SSL_OP_IGNORE_UNEXPECTED_EOF |
				    SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	SSL_CTX_set_max_cert_list(context, CHAIN_BYTES_MAX);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	return SSL_CTX_set_min_proto_version(context, TLS1_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(context, 0) == 1 &&
	       SSL_CTX_set_cipher_list(context, CIPHERS) == 1 &&
	       SSL_CTX_set_ciphersuites(context, SUITES) == 1 &&
	       SSL_CTX_set1_groups_list(context, GROUPS) == 1 &&
	       SSL_CTX_set1_sigalgs_list(context, SIGNATURES) == 1;
}

struct trust *trust_new(struct arena *arena, const char *ca_file,
			const char **why)
{
	struct trust *trust = calloc(1, sizeof(*trust));

	if (!trust)
		die("out of memory");
	*why = "cannot start OpenSSL";
	if (OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		goto out;
	trust->store = X509_STORE_new();
	if (trust->store && load_roots(arena, trust, ca_file, why))
		return trust;
out:
	ERR_clear_error();
	trust_free(trust);
	return NULL;
}

SSL_CTX *trust_context(struct trust *trust)
{
	if (trust->context)
		return trust->context;
	trust->context = SSL_CTX_new(TLS_client_method());
	if (trust->context && !trust_set_up(trust->context)) {
		SSL_CTX_free(trust->context);
		trust->context = NULL;
	}
	ERR_clear_error();
	return trust->context;
}

bool trust_take_identity(struct trust *trust, const struct identity *identity,
			 struct arena *arena, const char **why)
{
	*why = "cannot start OpenSSL";
	trust->partner = SSL_CTX_new(TLS_client_method());
	if (trust->partner && !trust_set_up(trust->partner)) {
		SSL_CTX_free(trust->partner);
		trust->partner = NULL;
	}
	return trust->partner &&
	       identity_load(trust->partner, identity, arena, why);
}

void trust_free(struct trust *trust)
{
	if (!trust)
		return;
	SSL_CTX_free(trust->context);
	if (trust->partner) {
		SSL_CTX_free(trust->partner);
		identity_forget();
	}
	X509_STORE_free(trust->store);
	free(trust);
}
