#include "common/model/x509.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <limits.h>
#include <string.h>

#define READINGS_KEPT 16

static struct reading {
	unsigned char *der;
	size_t length;
	X509 *certificate; /* NULL: it cannot be read */
} readings[READINGS_KEPT];

static const struct reading *find(const struct fact *der)
{
	for (size_t i = 0; i < READINGS_KEPT; i++) {
		if (readings[i].der && readings[i].length == der->length &&
		    memcmp(readings[i].der, der->text, der->length) == 0)
			return &readings[i];
	}
	return NULL;
}

/* In the place of the oldest. */
static const struct reading *keep(const struct fact *der)
{
	static size_t oldest;
	struct reading *reading = &readings[oldest++ % READINGS_KEPT];
	const unsigned char *data = (const unsigned char *)der->text;

	X509_free(reading->certificate);
	OPENSSL_free(reading->der);
	reading->der = OPENSSL_memdup(der->text, der->length);
	reading->length = der->length;
	reading->certificate = d2i_X509(NULL, &data, (long)der->length);
	ERR_clear_error();
	return reading;
}

X509 *x509_read(const struct fact *der)
{
	const struct reading *reading;

	if (!der || !der->length || der->length > LONG_MAX)
		return NULL;
	reading = find(der);
	if (!reading)
		reading = keep(der);
	if (reading->certificate)
		X509_up_ref(reading->certificate);
	return reading->certificate;
}
