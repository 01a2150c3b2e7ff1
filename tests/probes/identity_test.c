#include "probes/identity.h"

#include "tests/probes/mock_tls.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define PASSPHRASE "correct horse"

static struct {
	struct arena *arena;
	char directory[32];
	const char *cert, *key, *locked, *other, *empty;
} files;

static const char *path_of(const char *name)
{
	return arena_format(files.arena, "%s/%s", files.directory, name);
}

static FILE *create(const char *path)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	return file;
}

static void write_key(const char *path, EVP_PKEY *key, const char *passphrase)
{
	FILE *file = create(path);

	assert_int_equal(
		PEM_write_PrivateKey(
			file, key, passphrase ? EVP_aes_256_cbc() : NULL,
			(const unsigned char *)passphrase,
			passphrase ? (int)strlen(passphrase) : 0, NULL, NULL),
		1);
	fclose(file);
}

static int set_up(void **state)
{
	static const struct mock_leaf leaf = {
		.cn = "sip.fabrikam.com", .from_s = -DAY_S, .to_s = DAY_S};
	EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
	X509 *certificate = mock_certificate(&leaf, key);
	FILE *file;

	(void)state;
	files.arena = arena_new();
	snprintf(files.directory, sizeof(files.directory),
		 "/tmp/edgeprobe-test-XXXXXX");
	assert_non_null(mkdtemp(files.directory));
	files.cert = path_of("cert.pem");
	files.key = path_of("key.pem");
	files.locked = path_of("locked.pem");
	files.other = path_of("other.pem");
	files.empty = path_of("empty.pem");
	X509_sign(certificate, key, EVP_sha256());
	file = create(files.cert);
	PEM_write_X509(file, certificate);
	fclose(file);
	fclose(create(files.empty));
	write_key(files.key, key, NULL);
	write_key(files.locked, key, PASSPHRASE);
	write_key(files.other, other, NULL);
	X509_free(certificate);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
	return 0;
}

static int tear_down(void **state)
{
	const char *const all[] = {files.cert, files.key, files.locked,
				   files.other, files.empty};

	(void)state;
	for (size_t i = 0; i < 5; i++)
		unlink(all[i]);
	rmdir(files.directory);
	arena_free(files.arena);
	return 0;
}

static bool load(const char *cert, const char *key, int passphrase_fd,
		 const char **why)
{
	const struct identity identity = {cert, key, passphrase_fd};
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	bool loaded = identity_load(context, &identity, files.arena, why);

	SSL_CTX_free(context);
	return loaded;
}

static void keeps_a_key_to_itself_while_it_is_there(void **state)
{
	struct rlimit limit, before;
	const char *why;

	(void)state;
	getrlimit(RLIMIT_CORE, &before);
	assert_true(load(files.cert, files.key, -1, &why));
	getrlimit(RLIMIT_CORE, &limit);
	assert_int_equal(limit.rlim_cur, 0);
	assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
	identity_forget();
	getrlimit(RLIMIT_CORE, &limit);
	assert_int_equal(limit.rlim_cur, before.rlim_cur);
	assert_int_equal(prctl(PR_GET_DUMPABLE), 1);
}

static void says_what_is_the_matter_with_a_file(void **state)
{
	static const char *why;
	const struct {
		const char *cert, *key, *says;
	} cases[] = {
		{"/no/such", files.key,
		 "cannot read certificate /no/such: No such file or directory"},
		{files.empty, files.key, "no certificate in PEM form in "},
		{files.cert, "/no/such",
		 "cannot read key /no/such: No such file or directory"},
		{files.cert, files.cert, "no private key in PEM form in "},
		{files.cert, files.other, "is not that of certificate "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(load(cases[i].cert, cases[i].key, -1, &why));
		assert_non_null(strstr(why, cases[i].says));
		identity_forget();
	}
}

/* A descriptor to read text from. */
static int pipe_of(const char *text)
{
	int ends[2];

	assert_return_code(pipe(ends), errno);
	assert_int_equal(write(ends[1], text, strlen(text)), strlen(text));
	close(ends[1]);
	return ends[0];
}

static void reads_a_passphrase_from_a_descriptor(void **state)
{
	static const struct {
		const char *text;
		bool fits;
	} cases[] = {
		{PASSPHRASE "\n", true},
		{PASSPHRASE, true},
		{PASSPHRASE "\nmore\n", true},
		{"wrong\n", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int descriptor = pipe_of(cases[i].text);
		const char *why = NULL;

		assert_int_equal(
			load(files.cert, files.locked, descriptor, &why),
			cases[i].fits);
		if (!cases[i].fits)
			assert_non_null(strstr(why, "is not right"));
		identity_forget();
		close(descriptor);
	}
}

static void takes_a_passphrase_out_of_the_environment(void **state)
{
	const char *why, *text;

	(void)state;
	setenv(IDENTITY_PASSPHRASE_VARIABLE, PASSPHRASE, 1);
	text = getenv(IDENTITY_PASSPHRASE_VARIABLE);
	assert_true(load(files.cert, files.locked, -1, &why));
	assert_null(getenv(IDENTITY_PASSPHRASE_VARIABLE));
	assert_string_equal(text, "");
	setenv(IDENTITY_PASSPHRASE_VARIABLE, "wrong", 1);
	assert_false(load(files.cert, files.locked, -1, &why));
	assert_null(strstr(why, "wrong"));
	identity_forget();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_a_key_to_itself_while_it_is_there),
		cmocka_unit_test(says_what_is_the_matter_with_a_file),
		cmocka_unit_test(reads_a_passphrase_from_a_descriptor),
		cmocka_unit_test(takes_a_passphrase_out_of_the_environment),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
