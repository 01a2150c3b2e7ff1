#include "probes/der.h"

#include <time.h>

int der_header(const uint8_t *data, size_t length, struct der_element *element)
{
	size_t count;

	if (length < 2)
		return 0;
	element->tag = data[0];
	element->length = data[1];
	element->header = 2;
	if ((data[0] & 0x1f) == 0x1f || data[1] == 0x80)
		return -1; /* long tags and open lengths stand nowhere here */
	if (data[1] < 0x80)
		return 2;
	count = data[1] & 0x7fu;
	if (count > DER_HEADER_MAX - 2)
		return -1;
	if (length < 2 + count)
		return 0;
	element->length = 0;
	for (size_t i = 0; i < count; i++)
		element->length = element->length << 8 | data[2 + i];
	element->header = 2 + count;
	return (int)element->header;
}

bool der_take(const uint8_t **data, size_t *left, struct der_element *element,
	      const uint8_t **contents)
{
	if (der_header(*data, *left, element) <= 0 ||
	    element->length > *left - element->header)
		return false;
	*contents = *data + element->header;
	*data += element->header + element->length;
	*left -= element->header + (size_t)element->length;
	return true;
}

static bool two_digits(const uint8_t *text, int *value)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return false;
	*value = (text[0] - '0') * 10 + text[1] - '0';
	return true;
}

bool der_time(const struct der_element *element, const uint8_t *text,
	      int64_t *seconds)
{
	size_t years = element->tag == DER_GENERALIZED ? 4 : 2;
	int century = 0, values[6];
	struct tm parts = {0};

	if ((element->tag != DER_UTC && element->tag != DER_GENERALIZED) ||
	    element->length != years + 11 || text[years + 10] != 'Z')
		return false;
	if (years == 4 && !two_digits(text, &century))
		return false;
	text += years - 2;
	for (size_t i = 0; i < 6; i++)
		if (!two_digits(text + 2 * i, &values[i]))
			return false;
	if (years == 2)
		century = values[0] < 50 ? 20 : 19;
	parts.tm_year = century * 100 + values[0] - 1900;
	parts.tm_mon = values[1] - 1;
	parts.tm_mday = values[2];
	parts.tm_hour = values[3];
	parts.tm_min = values[4];
	parts.tm_sec = values[5];
	*seconds = timegm(&parts);
	return values[1] >= 1 && values[1] <= 12 && values[2] >= 1;
}

const uint8_t *der_number(const uint8_t *data, size_t *length)
{
	while (*length > 1 && *data == 0) {
		data++;
		--*length;
	}
	return data;
}
