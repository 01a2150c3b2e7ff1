/*
 * credentials_fuzz.c - any bytes as a credentials file, a pasted response or
 * a client's log; what is read can be written, and reads the same again.
 */
#include "tests/fuzz/fuzz.h"

#include "common/model/credentials.h"
#include "tests/common/wire/mras_samples.h"

#include <stdlib.h>
#include <string.h>

#define HEAD "SIP/2.0 200 OK\r\nDate: Thu, 01 Jan 2026 02:00:00 GMT\r\n"

static const struct fuzz_sample samples[] = {
	{"# a file\nusername = " M_USERNAME "\npassword = " M_PASSWORD
	 "\nexpires = 2026-01-01T10:00:00Z\n",
	 false},
	{"turn-username = 1767261600:alice\nturn-password = a b\n"
	 "expires = 2026-01-01T10:00:00.5+01:00\n",
	 false},
	/* turn-username=a, turn-password=b */
	{"fffe7400750072006e002d0075007300650072006e0061006d006500"
	 "3d0061000a007400750072006e002d00700061007300730077006f00"
	 "720064003d006200",
	 true},
	{M_ANSWER, false},
	{M_PREFIXED, false},
	{"INFO\r\n" HEAD "Content-Length: 0\r\n\r\nINFO\r\n" HEAD
	 "\r\n" M_BEGIN("OK") M_GRANT_OF("Zg==", "Zg==") M_END
	 "\r\n<request " M_SPACE "/>\r\n",
	 false},
	{NULL, false},
};

const struct fuzz_target fuzz_target = {
	.samples = samples,
	.rounds = 20000,
	.cut_bytes_max = 1024,
};

static bool is_same(const struct credentials *one,
		    const struct credentials *other)
{
	return one->is_text == other->is_text &&
	       one->username_length == other->username_length &&
	       one->password_length == other->password_length &&
	       memcmp(one->username, other->username, one->username_length) ==
		       0 &&
	       memcmp(one->password, other->password, one->password_length) ==
		       0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length)
{
	struct credentials credentials, again;
	const char *why = NULL;
	char text[2048];
	size_t size;

	if (!credentials_parse(&credentials, (const char *)data, length,
			       &why)) {
		if (!why || credentials.username_length)
			abort();
		return 0;
	}
	size = credentials_format(&credentials, text, sizeof(text));
	if (!size || !credentials_is_file(text, size) ||
	    !credentials_parse(&again, text, size, &why) ||
	    !is_same(&credentials, &again))
		abort();
	return 0;
}
