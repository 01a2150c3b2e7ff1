/*
 * mock_tls.h - TLS servers for tests, with certificates made on the spot: a
 * root of our own, written to a file for --ca-file, and leaves below it.
 */
#ifndef TESTS_PROBES_MOCK_TLS_H
#define TESTS_PROBES_MOCK_TLS_H

#include "tests/probes/mock.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#define DAY_S INT64_C(86400)

struct mock_ca {
	EVP_PKEY *key;
	X509 *root;
	char file[64];
};

/* What a leaf is to be like. */
struct mock_leaf {
	const char *cn;
	const char *san;      /* "sip.contoso.com,webcon.contoso.com" */
	int64_t from_s, to_s; /* from now */
	bool is_self_signed;
	const char *other_names; /* in OpenSSL's words, instead of san */
};

struct mock_tls {
	SSL_CTX *context;
	/* After the handshake, until it returns. */
	void (*talk)(struct mock *mock, SSL *ssl);
	void *talk_context;
	bool is_slow; /* one byte at a time */
};

static inline void mock_extend(X509 *certificate, X509 *issuer, int nid,
			       const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;

	X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert_non_null(extension);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
}

/* "one,two"; an @ in a name stands for NUL. */
static inline void mock_add_names(X509 *certificate, const char *list)
{
	GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();

	while (list) {
		const char *next = strchr(list, ',');
		size_t length = next ? (size_t)(next - list) : strlen(list);
		GENERAL_NAME *name = GENERAL_NAME_new();
		ASN1_IA5STRING *text = ASN1_IA5STRING_new();
		char *nul;

		ASN1_STRING_set(text, list, (int)length);
		nul = memchr((char *)ASN1_STRING_get0_data(text), '@', length);
		if (nul)
			*nul = '\0';
		GENERAL_NAME_set0_value(name, GEN_DNS, text);
		sk_GENERAL_NAME_push(names, name);
		list = next ? next + 1 : NULL;
	}
	X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0);
	GENERAL_NAMES_free(names);
}

static inline X509 *mock_certificate(const struct mock_leaf *leaf,
				     EVP_PKEY *key)
{
	X509 *certificate = X509_new();
	X509_NAME *name = X509_get_subject_name(certificate);

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 0x1234);
	X509_gmtime_adj(X509_getm_notBefore(certificate), leaf->from_s);
	X509_gmtime_adj(X509_getm_notAfter(certificate), leaf->to_s);
	X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
				   (const uint8_t *)"Contoso", -1, -1, 0);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
				   (const uint8_t *)leaf->cn, -1, -1, 0);
	X509_set_pubkey(certificate, key);
	return certificate;
}

static inline void mock_ca_begin(struct mock_ca *ca)
{
	static const struct mock_leaf self = {
		.cn = "Test Root", .from_s = -DAY_S, .to_s = 100 * DAY_S};
	int descriptor;
	FILE *file;

	ca->key = EVP_EC_gen("P-256");
	ca->root = mock_certificate(&self, ca->key);
	X509_set_issuer_name(ca->root, X509_get_subject_name(ca->root));
	mock_extend(ca->root, ca->root, NID_basic_constraints,
		    "critical,CA:TRUE");
	X509_sign(ca->root, ca->key, EVP_sha256());
	snprintf(ca->file, sizeof(ca->file), "/tmp/edgeprobe-test-XXXXXX");
	descriptor = mkstemp(ca->file);
	assert_true(descriptor >= 0);
	file = fdopen(descriptor, "w");
	PEM_write_X509(file, ca->root);
	fclose(file);
}

static inline void mock_ca_end(struct mock_ca *ca)
{
	unlink(ca->file);
	X509_free(ca->root);
	EVP_PKEY_free(ca->key);
}

/* A server with a leaf of its own. */
static inline void mock_tls_begin(struct mock_tls *tls,
				  const struct mock_ca *ca,
				  const struct mock_leaf *leaf)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *certificate = mock_certificate(leaf, key);
	X509 *issuer = leaf->is_self_signed ? certificate : ca->root;

	X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
	if (leaf->other_names)
		mock_extend(certificate, issuer, NID_subject_alt_name,
			    leaf->other_names);
	else if (leaf->san)
		mock_add_names(certificate, leaf->san);
	mock_extend(certificate, issuer, NID_ext_key_usage,
		    "serverAuth,clientAuth,OCSPSigning");
	X509_sign(certificate, leaf->is_self_signed ? key : ca->key,
		  EVP_sha256());
	tls->context = SSL_CTX_new(TLS_server_method());
	SSL_CTX_set_min_proto_version(tls->context, TLS1_VERSION);
	SSL_CTX_set_cipher_list(tls->context, "DEFAULT:@SECLEVEL=0");
	SSL_CTX_set1_groups_list(tls->context, "P-256");
	SSL_CTX_set_ciphersuites(tls->context, "TLS_AES_256_GCM_SHA384");
	SSL_CTX_set1_sigalgs_list(tls->context, "ECDSA+SHA256:ECDSA+SHA1");
	assert_int_equal(SSL_CTX_use_certificate(tls->context, certificate), 1);
	SSL_CTX_use_PrivateKey(tls->context, key);
	X509_free(certificate);
	EVP_PKEY_free(key);
}

static inline void mock_tls_end(struct mock_tls *tls)
{
	SSL_CTX_free(tls->context);
}

/* Sends what OpenSSL wrote to memory byte by byte. */
static inline void mock_trickle(int descriptor, BIO *out)
{
	char byte;

	while (BIO_read(out, &byte, 1) == 1) {
		mock_say(descriptor, &byte, 1);
		usleep(50);
	}
}

/* A handshake through memory, so that each byte is a segment of its own. */
static inline bool mock_accept_slowly(struct mock *mock, SSL *ssl,
				      int descriptor)
{
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	char buffer[4096];
	ssize_t size;
	int result;

	SSL_set_bio(ssl, in, out);
	while ((result = SSL_accept(ssl)) != 1) {
		mock_trickle(descriptor, out);
		if (SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ ||
		    !mock_readable(mock, descriptor))
			return false;
		size = recv(descriptor, buffer, sizeof(buffer), 0);
		if (size <= 0)
			return false;
		BIO_write(in, buffer, (int)size);
	}
	mock_trickle(descriptor, out);
	return true;
}

static inline void mock_talk(struct mock *mock, SSL *ssl, int descriptor)
{
	struct mock_tls *tls = mock->context;

	SSL_set_fd(ssl, descriptor);
	if (SSL_accept(ssl) != 1)
		return;
	if (tls->talk)
		tls->talk(mock, ssl);
	else
		mock_drain(mock, descriptor);
}

static inline void serve_tls(struct mock *mock, int descriptor)
{
	struct mock_tls *tls = mock->context;
	struct timeval patience = {.tv_sec = MOCK_WAIT_MS / 1000};
	int one = 1;
	SSL *ssl = SSL_new(tls->context);

	setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience,
		   sizeof(patience));
	setsockopt(descriptor, IPPROTO_TCP, 1 /* TCP_NODELAY */, &one,
		   sizeof(one));
	if (tls->is_slow) {
		if (mock_accept_slowly(mock, ssl, descriptor))
			mock_drain(mock, descriptor);
	} else {
		mock_talk(mock, ssl, descriptor);
	}
	SSL_free(ssl);
	ERR_clear_error();
}

#endif
