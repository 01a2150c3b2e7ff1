#include "common/wire/tls_hello.h"

#include "tests/common/wire/octets.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define RANDOM32                                                               \
	"00000000000000000000000000000000"                                     \
	"00000000000000000000000000000000"

static enum tls_reply read_hex(struct tls_answer *answer, const char *hex)
{
	struct octets octets = octets_hex(hex);
	enum tls_reply reply =
		tls_answer_read(answer, octets.data, octets.length);

	free(octets.data);
	return reply;
}

/* RFC 5246 7.4.1.3, RFC 8446 4.1.3, RFC 6101 5.6.1.3 */
static void reads_what_a_server_chose(void **state)
{
	static const struct {
		const char *hex;
		enum tls_reply reply;
		uint16_t version, cipher;
		uint8_t alert;
	} cases[] = {
		{"", TLS_REPLY_MORE, 0, 0, 0},
		{"16", TLS_REPLY_MORE, 0, 0, 0},
		{"1603000005 02000046 03", TLS_REPLY_MORE, 0, 0, 0},
		{"160300002a 02000026 0300" RANDOM32 "00 0005 00",
		 TLS_REPLY_HELLO, TLS_VERSION_SSL3, 0x0005, 0},
		/* in two records, a certificate after it */
		{"1603030004 02000026 1603030026 0303" RANDOM32 "00 c030 00"
		 "1603030004 0b000000",
		 TLS_REPLY_HELLO, TLS_VERSION_12, 0xc030, 0},
		/* a session id; the version of 1.3 stands in an extension */
		{"1603030033 0200002f 0303" RANDOM32 "01aa 1301 00"
		 "0006 002b00020304 1403030001 01 17030300ff 00",
		 TLS_REPLY_HELLO, TLS_VERSION_13, 0x1301, 0},
		{"15030100020246", TLS_REPLY_ALERT, 0, 0, 70},
		{"15030100020228", TLS_REPLY_ALERT, 0, 0, 40},
		{"150301000202", TLS_REPLY_MORE, 0, 0, 0},
		{"15030100020100", TLS_REPLY_ALERT, 0, 0, 0},
		/* RFC 6066 3: a warning about the name, then a hello */
		{"15030300020170", TLS_REPLY_MORE, 0, 0, 0},
		{"15030300020170 160303002a 02000026 0303" RANDOM32
		 "00 c030 00",
		 TLS_REPLY_HELLO, TLS_VERSION_12, 0xc030, 0},
		{"5349502f322e3020343030", TLS_REPLY_FOREIGN, 0, 0, 0},
		{"16020000", TLS_REPLY_FOREIGN, 0, 0, 0},
		{"1603010004 01000000", TLS_REPLY_FOREIGN, 0, 0, 0},
		{"1603010004 02ffffff", TLS_REPLY_FOREIGN, 0, 0, 0},
		{"1603010007 02000003 030300", TLS_REPLY_FOREIGN, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tls_answer answer = {0};

		if (read_hex(&answer, cases[i].hex) != cases[i].reply)
			fail_msg("case %zu", i);
		if (cases[i].reply == TLS_REPLY_HELLO) {
			assert_int_equal(answer.version, cases[i].version);
			assert_int_equal(answer.cipher, cases[i].cipher);
		}
		if (cases[i].reply == TLS_REPLY_ALERT)
			assert_int_equal(answer.alert, cases[i].alert);
	}
}

static void waits_for_the_rest_of_every_truncation(void **state)
{
	struct octets whole = octets_hex("1603030033 0200002f 0303" RANDOM32
					 "01aa 1301 00 0006 002b00020304");
	struct tls_answer answer;

	(void)state;
	for (size_t length = 0; length < whole.length; length++) {
		struct octets cut = octets_copy(whole.data, length);

		assert_int_equal(tls_answer_read(&answer, cut.data, cut.length),
				 TLS_REPLY_MORE);
		free(cut.data);
	}
	assert_int_equal(tls_answer_read(&answer, whole.data, whole.length),
			 TLS_REPLY_HELLO);
	free(whole.data);
}

static size_t write_hello(uint16_t version, enum tls_offer offer,
			  const char *name, uint8_t buffer[TLS_HELLO_MAX])
{
	uint8_t random[3 * TLS_RANDOM_BYTES];
	const struct tls_hello hello = {version, offer, name, random};

	for (size_t i = 0; i < sizeof(random); i++)
		random[i] = (uint8_t)i;
	return tls_hello_write(&hello, buffer);
}

/* A real server's first answer to a hello, by way of memory. */
static enum tls_reply ask_openssl(SSL_CTX *context, uint16_t version,
				  enum tls_offer offer,
				  struct tls_answer *answer)
{
	SSL *ssl = SSL_new(context);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	uint8_t buffer[TLS_HELLO_MAX];
	enum tls_reply reply;
	char *data;
	long length;

	BIO_write(in, buffer,
		  (int)write_hello(version, offer, "sip.contoso.com", buffer));
	SSL_set_bio(ssl, in, out);
	SSL_set_accept_state(ssl);
	SSL_do_handshake(ssl);
	length = BIO_get_mem_data(out, &data);
	reply = tls_answer_read(answer, data, (size_t)length);
	SSL_free(ssl);
	ERR_clear_error();
	return reply;
}

static SSL_CTX *server(int first, int last)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	X509 *certificate = X509_new();
	EVP_PKEY *key = EVP_RSA_gen(2048);

	X509_set_pubkey(certificate, key);
	X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
	X509_sign(certificate, key, EVP_sha256());
	SSL_CTX_set_cipher_list(context, "ALL:eNULL:@SECLEVEL=0");
	assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
	SSL_CTX_set_min_proto_version(context, first);
	SSL_CTX_set_max_proto_version(context, last);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return context;
}

static void real_servers_take_its_hellos(void **state)
{
	static const int ours[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION,
				   TLS1_3_VERSION};
	struct tls_answer answer;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		SSL_CTX *context = server(ours[i], ours[i]);

		for (uint16_t version = TLS_VERSION_SSL3;
		     version <= TLS_VERSION_13; version++) {
			enum tls_reply reply = ask_openssl(
				context, version, TLS_OFFER_ALL, &answer);

			/* one who offers more is answered by what there is */
			if (reply != TLS_REPLY_HELLO) {
				assert_int_equal(reply, TLS_REPLY_ALERT);
				assert_int_not_equal(version, ours[i]);
			} else {
				assert_int_equal(answer.version, ours[i]);
			}
			if (version == ours[i])
				assert_int_equal(reply, TLS_REPLY_HELLO);
		}
		SSL_CTX_free(context);
	}
}

static void offers_one_kind_of_ciphers_alone(void **state)
{
	SSL_CTX *context = server(TLS1_VERSION, TLS1_3_VERSION);
	struct tls_answer answer;

	(void)state;
	assert_int_equal(
		ask_openssl(context, TLS_VERSION_12, TLS_OFFER_RC4, &answer),
		TLS_REPLY_ALERT);
	assert_int_equal(
		ask_openssl(context, TLS_VERSION_12, TLS_OFFER_3DES, &answer),
		TLS_REPLY_ALERT);
	assert_int_equal(
		ask_openssl(context, TLS_VERSION_12, TLS_OFFER_NONE, &answer),
		TLS_REPLY_HELLO);
	assert_non_null(strstr(tls_cipher_name(answer.cipher), "NULL"));
	SSL_CTX_free(context);
}

static void names_versions_and_ciphers(void **state)
{
	(void)state;
	assert_string_equal(tls_version_name(0x0300), "SSLv3");
	assert_string_equal(tls_version_name(0x0304), "TLSv1.3");
	assert_string_equal(tls_version_name(0x7f17), "0x7f17");
	assert_string_equal(tls_cipher_name(0x0005),
			    "TLS_RSA_WITH_RC4_128_SHA");
	assert_string_equal(tls_cipher_name(0xfafa), "0xfafa");
	for (unsigned i = 0; i < TLS_OFFER_COUNT; i++)
		assert_non_null(tls_offer_name((enum tls_offer)i));
}

static void fits_its_buffer_and_refuses_a_name_too_long(void **state)
{
	uint8_t buffer[TLS_HELLO_MAX];
	char name[TLS_NAME_MAX + 2];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[TLS_NAME_MAX + 1] = '\0';
	assert_int_equal(
		write_hello(TLS_VERSION_13, TLS_OFFER_ALL, name, buffer), 0);
	name[TLS_NAME_MAX] = '\0';
	for (uint16_t version = TLS_VERSION_SSL3; version <= TLS_VERSION_13;
	     version++)
		assert_true(write_hello(version, TLS_OFFER_ALL, name, buffer) >
			    50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_a_server_chose),
		cmocka_unit_test(waits_for_the_rest_of_every_truncation),
		cmocka_unit_test(real_servers_take_its_hellos),
		cmocka_unit_test(offers_one_kind_of_ciphers_alone),
		cmocka_unit_test(names_versions_and_ciphers),
		cmocka_unit_test(fits_its_buffer_and_refuses_a_name_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
