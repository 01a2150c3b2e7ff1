#include "common/wire/pseudo.h"

#include "common/base/bytes.h"

#include <string.h>

static const uint8_t client_hello[PSEUDO_CLIENT_BYTES] = {
	[0] = 0x16,  [1] = 0x03,  [2] = 0x01,  [4] = 0x2d,
	[5] = 0x01,  [8] = 0x29,  [9] = 0x03,  [10] = 0x01,
	[45] = 0x02, [47] = 0x18, [48] = 0x01,
};

static const uint8_t server_hello[PSEUDO_SERVER_BYTES] = {
	[0] = 0x16,  [1] = 0x03,  [2] = 0x01,  [4] = 0x4e,
	[5] = 0x02,  [8] = 0x46,  [9] = 0x03,  [10] = 0x01,
	[43] = 0x20, [77] = 0x18, [79] = 0x0e,
};

#define HELLO_TIME    11
#define HELLO_RANDOM  15
#define HELLO_SESSION 43 /* its length, then the session id */

static void fill_hello(uint8_t *hello, uint32_t time_s,
		       const uint8_t random[28])
{
	struct writer writer = writer_of(hello + HELLO_TIME, 32);

	writer_u32(&writer, time_s);
	writer_put(&writer, random, 28);
}

void pseudo_client_hello(uint8_t hello[PSEUDO_CLIENT_BYTES], uint32_t time_s,
			 const uint8_t random[28])
{
	memcpy(hello, client_hello, PSEUDO_CLIENT_BYTES);
	fill_hello(hello, time_s, random);
}

void pseudo_server_hello(uint8_t hello[PSEUDO_SERVER_BYTES], uint32_t time_s,
			 const uint8_t random[28], const uint8_t session[32])
{
	memcpy(hello, server_hello, PSEUDO_SERVER_BYTES);
	fill_hello(hello, time_s, random);
	memcpy(hello + HELLO_SESSION + 1, session, 32);
}

static bool hello_begins(const uint8_t *data, size_t length,
			 const uint8_t *table, size_t table_length)
{
	size_t session_end = HELLO_SESSION + 1u + table[HELLO_SESSION];

	if (length > table_length)
		return false;
	for (size_t i = 0; i < length; i++) {
		bool is_free = (i >= HELLO_TIME && i < HELLO_SESSION) ||
			       (i > HELLO_SESSION && i < session_end);

		if (!is_free && data[i] != table[i])
			return false;
	}
	return true;
}

bool pseudo_client_begins(const void *data, size_t length)
{
	return hello_begins(data, length, client_hello, PSEUDO_CLIENT_BYTES);
}

bool pseudo_server_begins(const void *data, size_t length)
{
	return hello_begins(data, length, server_hello, PSEUDO_SERVER_BYTES);
}

bool pseudo_client_matches(const uint8_t hello[PSEUDO_CLIENT_BYTES])
{
	return pseudo_client_begins(hello, PSEUDO_CLIENT_BYTES);
}

bool pseudo_server_matches(const uint8_t hello[PSEUDO_SERVER_BYTES])
{
	return pseudo_server_begins(hello, PSEUDO_SERVER_BYTES);
}
