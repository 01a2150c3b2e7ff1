#include "probes/hello.h"

#include "common/base/clock.h"
#include "common/base/random.h"

/* An address is no name of a server (RFC 6066 3). */
static const char *server_name(const struct check *check)
{
	const char *name = check->spec->endpoint.name;
	struct address address;

	return name && *name && !address_parse(name, &address) ? name : NULL;
}

size_t hello_tls(const struct check *check, uint16_t version,
		 enum tls_offer offer, uint8_t buffer[TLS_HELLO_MAX])
{
	uint8_t random[3 * TLS_RANDOM_BYTES];
	const struct tls_hello hello = {
		.version = version,
		.offer = offer,
		.server_name = server_name(check),
		.random = random,
	};

	random_fill(random, sizeof(random));
	return tls_hello_write(&hello, buffer);
}

void hello_pseudo(uint8_t buffer[PSEUDO_CLIENT_BYTES])
{
	uint8_t random[PSEUDO_RANDOM_BYTES];

	random_fill(random, sizeof(random));
	pseudo_client_hello(
		buffer, (uint32_t)(clock_wall_us() / CLOCK_SECOND_US), random);
}
