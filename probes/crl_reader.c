#include "probes/crl_reader.h"

#include "common/base/log.h"
#include "probes/der.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <stdlib.h>
#include <string.h>

#define PREFIX_BYTES_MAX 512 /* of what is signed, up to the algorithm */
#define PEM_LINE_MAX	 128
#define BUFFER_BYTES	 (CRL_ELEMENT_MAX + 4096)

enum part {
	PART_LIST,    /* CertificateList, its header */
	PART_SIGNED,  /* tbsCertList, its header */
	PART_VERSION, /* from here on the fields, each whole */
	PART_ALGORITHM,
	PART_ISSUER,
	PART_THIS_UPDATE,
	PART_NEXT_UPDATE,
	PART_ENTRIES, /* revokedCertificates, its header */
	PART_ENTRY,
	PART_EXTENSIONS,
	PART_OUTER_ALGORITHM,
	PART_SIGNATURE,
	PART_END,
};

struct crl_reader {
	void (*entry)(void *context, const struct crl_entry *entry);
	void *context;
	struct crl_facts facts;
	const char *why; /* NULL: all is well so far */

	enum part part;
	uint64_t list_left, signed_left, entries_left;
	uint8_t *buffer; /* BUFFER_BYTES; until the end */
	size_t length;

	EVP_MD_CTX *digest; /* NULL: not begun, or of no use */
	uint8_t prefix[PREFIX_BYTES_MAX];
	size_t prefix_length, algorithm_length; /* which ends the prefix */

	bool has_begun;
	EVP_ENCODE_CTX *pem;
	size_t pem_line; /* bytes of the first line so far */
	bool pem_ended;
};

static bool broken(struct crl_reader *reader, const char *why)
{
	if (!reader->why)
		reader->why = why;
	return false;
}

/*
 * What is signed
 */

static void begin_digest(struct crl_reader *reader)
{
	const EVP_MD *kind;
	int digest_nid = NID_undef, key_nid;

	if (OBJ_find_sigid_algs(reader->facts.signature_nid, &digest_nid,
				&key_nid) != 1)
		return;
	kind = digest_nid == NID_undef ? NULL : EVP_get_digestbynid(digest_nid);
	if (!kind)
		return;
	reader->digest = EVP_MD_CTX_new();
	if (!reader->digest)
		die("out of memory");
	if (EVP_DigestInit_ex(reader->digest, kind, NULL) != 1 ||
	    EVP_DigestUpdate(reader->digest, reader->prefix,
			     reader->prefix_length) != 1) {
		EVP_MD_CTX_free(reader->digest);
		reader->digest = NULL;
	}
}

/* Bytes of tbsCertList, its header too, in order. */
static bool add_signed(struct crl_reader *reader, const uint8_t *data,
		       size_t length)
{
	if (reader->digest) {
		EVP_DigestUpdate(reader->digest, data, length);
	} else if (reader->part <= PART_ALGORITHM) {
		if (length > sizeof(reader->prefix) - reader->prefix_length)
			return broken(reader, "its algorithm is too long");
		memcpy(reader->prefix + reader->prefix_length, data, length);
		reader->prefix_length += length;
	}
	return true;
}

static void end_digest(struct crl_reader *reader)
{
	struct crl_facts *facts = &reader->facts;

	if (reader->digest && EVP_DigestFinal_ex(reader->digest, facts->digest,
						 &facts->digest_length) != 1)
		facts->digest_length = 0;
	EVP_MD_CTX_free(reader->digest);
	reader->digest = NULL;
}

/*
 * The fields
 */

static bool read_algorithm(struct crl_reader *reader, const uint8_t *data,
			   size_t length, int *nid)
{
	X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &data, (long)length);
	const ASN1_OBJECT *object = NULL;

	if (!algorithm)
		return broken(reader, "its signature algorithm is unreadable");
	X509_ALGOR_get0(&object, NULL, NULL, algorithm);
	*nid = OBJ_obj2nid(object);
	X509_ALGOR_free(algorithm);
	return true;
}

static bool read_issuer(struct crl_reader *reader, const uint8_t *data,
			size_t length)
{
	reader->facts.issuer = d2i_X509_NAME(NULL, &data, (long)length);
	return reader->facts.issuer ||
	       broken(reader, "its issuer is unreadable");
}

static void read_point(struct crl_facts *facts, X509_EXTENSION *extension)
{
	ISSUING_DIST_POINT *point = X509V3_EXT_d2i(extension);

	if (!point) {
		facts->has_unknown = true;
		return;
	}
	facts->users_only = point->onlyuser > 0;
	facts->authorities_only = point->onlyCA > 0;
	facts->attributes_only = point->onlyattr > 0;
	facts->is_indirect = point->indirectCRL > 0;
	facts->some_reasons = point->onlysomereasons != NULL;
	ISSUING_DIST_POINT_free(point);
}

static void read_number(struct crl_facts *facts, X509_EXTENSION *extension)
{
	ASN1_INTEGER *number = X509V3_EXT_d2i(extension);
	size_t length = number ? (size_t)ASN1_STRING_length(number) : 0;
	char *end = facts->number;

	for (size_t i = 0; i < length && i < CRL_NUMBER_BYTES / 2 - 1; i++)
		end += snprintf(end, 3, "%02x",
				ASN1_STRING_get0_data(number)[i]);
	ASN1_INTEGER_free(number);
}

static void read_extension(struct crl_facts *facts, X509_EXTENSION *extension)
{
	switch (OBJ_obj2nid(X509_EXTENSION_get_object(extension))) {
	case NID_issuing_distribution_point:
		read_point(facts, extension);
		break;
	case NID_crl_number:
		read_number(facts, extension);
		break;
	case NID_delta_crl:
		facts->is_delta = true;
		break;
	default:
		if (X509_EXTENSION_get_critical(extension))
			facts->has_unknown = true;
	}
}

static bool read_extensions(struct crl_reader *reader, const uint8_t *data,
			    size_t length)
{
	X509_EXTENSIONS *list = d2i_X509_EXTENSIONS(NULL, &data, (long)length);

	if (!list)
		return broken(reader, "its extensions are unreadable");
	for (int i = 0; i < sk_X509_EXTENSION_num(list); i++)
		read_extension(&reader->facts,
			       sk_X509_EXTENSION_value(list, i));
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	return true;
}

static bool read_signature(struct crl_reader *reader,
			   const struct der_element *element,
			   const uint8_t *data)
{
	struct crl_facts *facts = &reader->facts;

	if (element->length < 1 || data[0] != 0 /* unused bits */ ||
	    element->length - 1 > CRL_SIGNATURE_MAX)
		return broken(reader, "its signature is unreadable");
	facts->signature_length = (size_t)element->length - 1;
	memcpy(facts->signature, data + 1, facts->signature_length);
	return true;
}

/* Extensions of an entry: id-ce-cRLReasons, 2.5.29.21, alone. */
static int read_reason(const uint8_t *data, size_t left)
{
	static const uint8_t id[] = {0x55, 0x1d, 0x15};
	struct der_element element;
	const uint8_t *contents, *one;
	size_t one_left;

	while (der_take(&data, &left, &element, &one)) {
		one_left = (size_t)element.length;
		if (!der_take(&one, &one_left, &element, &contents) ||
		    element.tag != DER_OID || element.length != sizeof(id) ||
		    memcmp(contents, id, sizeof(id)) != 0)
			continue;
		while (der_take(&one, &one_left, &element, &contents))
			if (element.tag == DER_OCTETS && element.length == 3 &&
			    contents[0] == DER_ENUMERATED && contents[1] == 1)
				return contents[2];
	}
	return CRL_REASON_NONE;
}

static bool read_entry(struct crl_reader *reader, const uint8_t *data,
		       size_t left)
{
	struct crl_entry entry = {.reason = CRL_REASON_NONE};
	struct der_element element;
	const uint8_t *contents;

	if (!der_take(&data, &left, &element, &contents) ||
	    element.tag != DER_INTEGER || !element.length)
		return broken(reader, "an entry has no serial number");
	entry.serial_length = (size_t)element.length;
	entry.serial = der_number(contents, &entry.serial_length);
	if (!der_take(&data, &left, &element, &contents) ||
	    !der_time(&element, contents, &entry.revoked_at))
		return broken(reader, "an entry has no date");
	if (left && der_take(&data, &left, &element, &contents))
		entry.reason = read_reason(contents, (size_t)element.length);
	reader->facts.entries++;
	reader->entry(reader->context, &entry);
	return true;
}

/*
 * The order of the parts
 */

/* Version, algorithm, issuer, dates, list, extensions: some may be absent. */
static enum part part_of(const struct crl_reader *reader,
			 const struct der_element *element)
{
	bool is_time =
		element->tag == DER_UTC || element->tag == DER_GENERALIZED;
	enum part part = reader->part;

	if (part == PART_VERSION && element->tag != DER_INTEGER)
		part = PART_ALGORITHM;
	if (part == PART_NEXT_UPDATE && !is_time)
		part = PART_ENTRIES;
	if (part == PART_ENTRIES && element->tag != DER_SEQUENCE)
		part = PART_EXTENSIONS;
	return part;
}

static bool is_of_part(enum part part, uint8_t tag)
{
	switch (part) {
	case PART_VERSION:
		return tag == DER_INTEGER;
	case PART_THIS_UPDATE:
	case PART_NEXT_UPDATE:
		return tag == DER_UTC || tag == DER_GENERALIZED;
	case PART_EXTENSIONS:
		return tag == DER_EXTENSIONS;
	case PART_SIGNATURE:
		return tag == DER_BITS;
	default:
		return tag == DER_SEQUENCE;
	}
}

/* RFC 5280 5.1.1.2: what stands outside is what was signed. */
static bool is_same_algorithm(const struct crl_reader *reader,
			      const uint8_t *data, size_t length)
{
	return length == reader->algorithm_length &&
	       memcmp(data, reader->prefix + reader->prefix_length - length,
		      length) == 0;
}

static bool is_header_alone(enum part part)
{
	return part == PART_LIST || part == PART_SIGNED || part == PART_ENTRIES;
}

/* One part that is there whole; data begins with its header. */
static bool read_part(struct crl_reader *reader,
		      const struct der_element *element, const uint8_t *data)
{
	const uint8_t *contents = data + element->header;
	size_t length = (size_t)element->length;
	struct crl_facts *facts = &reader->facts;

	switch (reader->part) {
	case PART_ALGORITHM:
		reader->algorithm_length = element->header + length;
		return read_algorithm(reader, data, element->header + length,
				      &facts->signature_nid);
	case PART_ISSUER:
		return read_issuer(reader, data, element->header + length);
	case PART_THIS_UPDATE:
		return der_time(element, contents, &facts->this_update) ||
		       broken(reader, "its date is unreadable");
	case PART_NEXT_UPDATE:
		return der_time(element, contents, &facts->next_update) ||
		       broken(reader, "its next date is unreadable");
	case PART_ENTRY:
		return read_entry(reader, contents, length);
	case PART_EXTENSIONS:
		return read_extensions(reader, contents, length);
	case PART_OUTER_ALGORITHM:
		return is_same_algorithm(reader, data,
					 element->header + length) ||
		       broken(reader, "it names two signature algorithms");
	case PART_SIGNATURE:
		return read_signature(reader, element, contents);
	default:
		return true;
	}
}

/* What is signed has come to its end, perhaps before the optional parts. */
static bool end_signed(struct crl_reader *reader)
{
	if (reader->part <= PART_THIS_UPDATE)
		return broken(reader, "it has no date");
	reader->part = PART_OUTER_ALGORITHM;
	end_digest(reader);
	return true;
}

/* What follows once a part was read. */
static bool next_part(struct crl_reader *reader,
		      const struct der_element *element)
{
	enum part was = reader->part;

	if (was == PART_LIST)
		reader->list_left = element->length;
	if (was == PART_SIGNED)
		reader->signed_left = element->length;
	if (was == PART_ENTRIES)
		reader->entries_left = element->length;
	if (was == PART_ALGORITHM)
		begin_digest(reader);
	if (was != PART_ENTRY)
		reader->part++;
	if (reader->part == PART_ENTRY && !reader->entries_left)
		reader->part = PART_EXTENSIONS;
	if (was == PART_SIGNATURE && reader->list_left)
		return broken(reader, "it is longer than its parts");
	if (was < PART_SIGNED || was > PART_EXTENSIONS)
		return true;
	if (!reader->signed_left)
		return end_signed(reader);
	return was != PART_EXTENSIONS ||
	       broken(reader, "its parts are not in order");
}

/* Inside what is signed, and inside the list of it, lengths must agree. */
static bool count_part(struct crl_reader *reader, uint64_t size)
{
	enum part part = reader->part;

	if (part == PART_LIST)
		return true;
	if (size > reader->list_left)
		return broken(reader, "its parts are longer than it is");
	reader->list_left -= size;
	if (part <= PART_SIGNED || part > PART_EXTENSIONS)
		return true;
	if (size > reader->signed_left)
		return broken(reader, "its parts are longer than it is");
	reader->signed_left -= size;
	if (part != PART_ENTRY)
		return true;
	if (size > reader->entries_left)
		return broken(reader, "its entries are longer than their list");
	reader->entries_left -= size;
	return true;
}

/* Reads one part; 0 when more bytes are needed or it is broken. */
static size_t read_one(struct crl_reader *reader, const uint8_t *data,
		       size_t length)
{
	struct der_element element;
	int header = der_header(data, length, &element);
	size_t size;

	if (header < 0)
		broken(reader, "it is not DER");
	if (header <= 0)
		return 0;
	reader->part = part_of(reader, &element);
	if (!is_of_part(reader->part, element.tag)) {
		broken(reader, reader->part <= PART_SIGNED
				       ? "it is not a revocation list"
				       : "its parts are not in order");
		return 0;
	}
	size = element.header;
	if (!is_header_alone(reader->part)) {
		if (element.length > CRL_ELEMENT_MAX - element.header) {
			broken(reader, "a part of it is too long");
			return 0;
		}
		size += (size_t)element.length;
	}
	if (size > length)
		return 0;
	if (!count_part(reader, size) ||
	    (reader->part >= PART_SIGNED && reader->part <= PART_EXTENSIONS &&
	     !add_signed(reader, data, size)) ||
	    !read_part(reader, &element, data) || !next_part(reader, &element))
		return 0;
	return size;
}

static bool feed_der(struct crl_reader *reader, const uint8_t *data,
		     size_t length)
{
	while (length && !reader->why) {
		size_t room = BUFFER_BYTES - reader->length;
		size_t size = length < room ? length : room;
		size_t at = 0, used = 1;

		memcpy(reader->buffer + reader->length, data, size);
		reader->length += size;
		data += size;
		length -= size;
		while (used && reader->part != PART_END && !reader->why) {
			used = read_one(reader, reader->buffer + at,
					reader->length - at);
			at += used;
		}
		if (reader->part == PART_END)
			at = reader->length; /* what follows is not looked at */
		memmove(reader->buffer, reader->buffer + at,
			reader->length - at);
		reader->length -= at;
	}
	return !reader->why;
}

/*
 * PEM
 */

/* Skips the line of "-----BEGIN"; false when it has no end. */
static bool skip_first_line(struct crl_reader *reader, const uint8_t **data,
			    size_t *length)
{
	while (*length) {
		uint8_t byte = *(*data)++;

		--*length;
		if (byte == '\n') {
			reader->pem_line = PEM_LINE_MAX;
			return true;
		}
		if (++reader->pem_line == PEM_LINE_MAX)
			return broken(reader, "its first line does not end");
	}
	return true;
}

static bool feed_pem(struct crl_reader *reader, const uint8_t *data,
		     size_t length)
{
	uint8_t decoded[1024];

	if (reader->pem_line < PEM_LINE_MAX &&
	    !skip_first_line(reader, &data, &length))
		return false;
	while (length && !reader->pem_ended && !reader->why) {
		int size = length < sizeof(decoded) ? (int)length
						    : (int)sizeof(decoded);
		int came = 0, more;

		more = EVP_DecodeUpdate(reader->pem, decoded, &came, data,
					size);
		if (more < 0)
			return broken(reader, "it is not base64");
		reader->pem_ended = more == 0;
		feed_der(reader, decoded, (size_t)came);
		data += size;
		length -= (size_t)size;
	}
	return !reader->why;
}

struct crl_reader *crl_reader_new(void (*entry)(void *context,
						const struct crl_entry *entry),
				  void *context)
{
	struct crl_reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		die("out of memory");
	reader->buffer = malloc(BUFFER_BYTES);
	if (!reader->buffer)
		die("out of memory");
	reader->entry = entry;
	reader->context = context;
	return reader;
}

void crl_reader_free(struct crl_reader *reader)
{
	if (!reader)
		return;
	X509_NAME_free(reader->facts.issuer);
	EVP_MD_CTX_free(reader->digest);
	EVP_ENCODE_CTX_free(reader->pem);
	free(reader->buffer);
	free(reader);
}

bool crl_reader_feed(struct crl_reader *reader, const void *data, size_t length)
{
	const uint8_t *bytes = data;

	if (length && !reader->has_begun) {
		reader->has_begun = true;
		reader->facts.is_pem = *bytes == '-';
		if (reader->facts.is_pem) {
			reader->pem = EVP_ENCODE_CTX_new();
			if (!reader->pem)
				die("out of memory");
			EVP_DecodeInit(reader->pem);
		}
	}
	reader->facts.bytes += length;
	if (reader->why)
		return false;
	if (reader->pem)
		feed_pem(reader, bytes, length);
	else
		feed_der(reader, bytes, length);
	ERR_clear_error();
	return !reader->why;
}

bool crl_reader_end(struct crl_reader *reader)
{
	uint8_t rest[64];
	int came = 0;

	if (reader->pem && !reader->why &&
	    EVP_DecodeFinal(reader->pem, rest, &came) == 1)
		feed_der(reader, rest, (size_t)came);
	ERR_clear_error();
	if (!reader->why && reader->part != PART_END)
		broken(reader,
		       reader->has_begun ? "it is cut short" : "it is empty");
	free(reader->buffer);
	reader->buffer = NULL;
	return !reader->why;
}

const char *crl_reader_why(const struct crl_reader *reader)
{
	return reader->why ? reader->why : "";
}

const struct crl_facts *crl_reader_facts(const struct crl_reader *reader)
{
	return &reader->facts;
}
