#include "probes/identity.h"

#include "probes/secrecy.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void identity_forget(void)
{
	secrecy_end();
}

/* The first line of a descriptor; its length, or -1. */
static int read_line(int descriptor, char *buffer, int capacity)
{
	int length = 0;

	while (length < capacity) {
		ssize_t size = read(descriptor, buffer + length, 1);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return -1;
		if (size == 0 || buffer[length] == '\n')
			return length;
		length++;
	}
	return -1; /* too long */
}

/* The variable is wiped: what runs later need not find it. */
static int take_variable(char *text, char *buffer, int capacity)
{
	size_t length = strlen(text);

	if (length <= (size_t)capacity)
		memcpy(buffer, text, length);
	OPENSSL_cleanse(text, length);
	unsetenv(IDENTITY_PASSPHRASE_VARIABLE);
	return length <= (size_t)capacity ? (int)length : -1;
}

static int ask_terminal(const struct identity *identity, char *buffer,
			int capacity)
{
	char text[IDENTITY_PASSPHRASE_MAX], prompt[256];
	int length = -1;

	snprintf(prompt, sizeof(prompt),
		 "Passphrase of %.200s: ", identity->key_file);
	if (EVP_read_pw_string(text, sizeof(text), prompt, 0) == 0 &&
	    strlen(text) <= (size_t)capacity) {
		length = (int)strlen(text);
		memcpy(buffer, text, (size_t)length);
	}
	OPENSSL_cleanse(text, sizeof(text));
	return length;
}

struct request {
	const struct identity *identity;
	bool was_asked; /* the key has a passphrase */
	bool had_none;	/* and there was nowhere to get it from */
};

/* Called by OpenSSL where the key is encrypted. */
static int find_passphrase(char *buffer, int capacity, int is_writing,
			   void *context)
{
	struct request *request = context;
	const struct identity *identity = request->identity;
	char *variable = getenv(IDENTITY_PASSPHRASE_VARIABLE);
	int terminal;

	(void)is_writing;
	request->was_asked = true;
	if (identity->passphrase_fd >= 0)
		return read_line(identity->passphrase_fd, buffer, capacity);
	if (variable)
		return take_variable(variable, buffer, capacity);
	terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (terminal < 0) {
		request->had_none = true;
		return -1;
	}
	close(terminal);
	return ask_terminal(identity, buffer, capacity);
}

static bool load_certificate(SSL_CTX *context, const struct identity *identity,
			     struct arena *arena, const char **why)
{
	if (access(identity->cert_file, R_OK) < 0) {
		*why = arena_format(arena, "cannot read certificate %s: %s",
				    identity->cert_file, strerror(errno));
		return false;
	}
	*why = arena_format(arena, "no certificate in PEM form in %s",
			    identity->cert_file);
	return SSL_CTX_use_certificate_chain_file(context,
						  identity->cert_file) == 1;
}

static const char *why_no_key(struct arena *arena,
			      const struct request *request)
{
	const char *file = request->identity->key_file;

	if (request->had_none)
		return arena_format(
			arena,
			"the key %s has a passphrase: give it in the "
			"variable " IDENTITY_PASSPHRASE_VARIABLE
			" or by --key-passphrase-fd",
			file);
	if (request->was_asked)
		return arena_format(
			arena, "the passphrase of key %s is not right", file);
	return arena_format(arena, "no private key in PEM form in %s", file);
}

static bool load_key(SSL_CTX *context, const struct identity *identity,
		     struct arena *arena, const char **why)
{
	struct request request = {.identity = identity};
	FILE *file = fopen(identity->key_file, "re");
	EVP_PKEY *key;
	bool fits;

	if (!file) {
		*why = arena_format(arena, "cannot read key %s: %s",
				    identity->key_file, strerror(errno));
		return false;
	}
	setvbuf(file, NULL, _IONBF, 0); /* nothing of it stays behind */
	key = PEM_read_PrivateKey(file, NULL, find_passphrase, &request);
	fclose(file);
	if (!key) {
		*why = why_no_key(arena, &request);
		return false;
	}
	fits = SSL_CTX_use_PrivateKey(context, key) == 1;
	EVP_PKEY_free(key);
	*why = arena_format(arena, "the key %s is not that of certificate %s",
			    identity->key_file, identity->cert_file);
	return fits && SSL_CTX_check_private_key(context) == 1;
}

bool identity_load(SSL_CTX *context, const struct identity *identity,
		   struct arena *arena, const char **why)
{
	bool loaded;

	secrecy_begin(); /* who reads a core file could read the key */
	loaded = load_certificate(context, identity, arena, why) &&
		 load_key(context, identity, arena, why);
	ERR_clear_error();
	return loaded;
}
