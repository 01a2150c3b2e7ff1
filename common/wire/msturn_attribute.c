#include "common/wire/msturn_attribute.h"

#include "common/wire/msturn.h"

#include <stddef.h>

const uint8_t msturn_attribute_cookie[MSTURN_COOKIE_BYTES] = {
	0x00, 0x0f, 0x00, 0x04, 0x72, 0xc6, 0x4b, 0xc6};

#define AT(field) offsetof(struct msturn_message, field)

/*
 * Rows stand in the order in which they are written ([MS-TURN] asks only for
 * the cookie first and integrity last; the rest is what real clients and
 * relays do). The sequence number has two rows: early in requests, late in
 * responses; both read it.
 */
static const struct msturn_attribute msturn_attributes[] = {
	{MSTURN_COOKIE, LAYOUT_COOKIE, AT(has_cookie), 0, IN_ALL},
	{0x0009, LAYOUT_ERROR, AT(error_code), 0, IN_ALL},
	{0x000a, LAYOUT_TEXT, AT(unknown_attributes), 0, IN_ALL},
	{0x8008, LAYOUT_U32, AT(version), AT(has_version), IN_ALL},
	{0x8050, LAYOUT_SEQUENCE, AT(sequence), AT(has_sequence), IN_REQUESTS},
	{0x8055, LAYOUT_QUALITY, AT(stream_type), AT(has_service_quality),
	 IN_ALL},
	{0x0017, LAYOUT_U8, AT(requested_family), AT(has_family), IN_ALL},
	{0x000e, LAYOUT_ADDRESS, AT(alternate), 0, IN_ALL},
	{0x8032, LAYOUT_TEXT, AT(alternate_host), 0, IN_ALL},
	{0x0001, LAYOUT_ADDRESS, AT(mapped), 0, IN_ALL},
	{0x8090, LAYOUT_ADDRESS, AT(alternate_mapped), 0, IN_ALL},
	{0x8020, LAYOUT_XOR_ADDRESS, AT(xor_mapped), 0, IN_ALL},
	{0x000d, LAYOUT_U32, AT(lifetime_s), AT(has_lifetime), IN_ALL},
	{0x0010, LAYOUT_U32, AT(bandwidth), AT(has_bandwidth), IN_ALL},
	{0x8050, LAYOUT_SEQUENCE, AT(sequence), AT(has_sequence), IN_RESPONSES},
	{0x8095, LAYOUT_U64, AT(session), AT(has_session), IN_ALL},
	{0x0006, LAYOUT_TEXT, AT(username), 0, IN_ALL},
	{0x0014, LAYOUT_TEXT, AT(nonce), 0, IN_ALL},
	{0x0015, LAYOUT_TEXT, AT(realm), 0, IN_ALL},
	{0x0011, LAYOUT_ADDRESS, AT(destination), 0, IN_ALL},
	{0x0012, LAYOUT_ADDRESS, AT(remote), 0, IN_ALL},
	{0x0013, LAYOUT_TEXT, AT(data), 0, IN_ALL},
	{0x8022, LAYOUT_TEXT, AT(software), 0, IN_ALL},
	{MSTURN_INTEGRITY, LAYOUT_INTEGRITY, AT(integrity), 0, IN_NONE},
};

/*
 * RFC 8489 14, RFC 8656 18; realm and nonce have each other's number. Besides
 * them what connectivity checks carry (RFC 8445 16, [MS-ICE2] 2.2), which
 * relays pass on, and what RFC 3489 11.2 had. What a probe has no use for is
 * ignored, but known, so that it is not taken for a new mandatory attribute.
 */
static const struct msturn_attribute standard_attributes[] = {
	{0x0009, LAYOUT_ERROR, AT(error_code), 0, IN_ALL},
	{0x000a, LAYOUT_TEXT, AT(unknown_attributes), 0, IN_ALL},
	{0x8022, LAYOUT_TEXT, AT(software), 0, IN_ALL},
	{0x0024, LAYOUT_U32, AT(priority), AT(has_priority), IN_ALL},
	{0x0025, LAYOUT_FLAG, AT(use_candidate), AT(use_candidate), IN_ALL},
	{0x8029, LAYOUT_U64, AT(controlled), AT(has_controlled), IN_ALL},
	{0x802a, LAYOUT_U64, AT(controlling), AT(has_controlling), IN_ALL},
	{0x8054, LAYOUT_TEXT, AT(candidate), 0, IN_ALL},
	{0x8070, LAYOUT_U32, AT(implementation), AT(has_implementation),
	 IN_ALL},
	{0x0019, LAYOUT_U8, AT(requested_transport),
	 AT(has_requested_transport), IN_ALL},
	{0x0017, LAYOUT_U8, AT(requested_family), AT(has_family), IN_ALL},
	{0x000c, LAYOUT_U16, AT(channel), AT(has_channel), IN_ALL},
	{0x0016, LAYOUT_XOR_ADDRESS, AT(relayed), 0, IN_ALL},
	{0x0012, LAYOUT_XOR_ADDRESS, AT(peer), 0, IN_ALL},
	{0x0001, LAYOUT_ADDRESS, AT(mapped), 0, IN_ALL},
	{0x0004, LAYOUT_ADDRESS, AT(source), 0, IN_ALL},
	{0x0005, LAYOUT_ADDRESS, AT(changed), 0, IN_ALL},
	{0x0020, LAYOUT_XOR_ADDRESS, AT(xor_mapped), 0, IN_ALL},
	{0x8020, LAYOUT_XOR_ADDRESS, AT(xor_mapped), 0, IN_NONE},
	{0x000d, LAYOUT_U32, AT(lifetime_s), AT(has_lifetime), IN_ALL},
	{0x8023, LAYOUT_ADDRESS, AT(alternate), 0, IN_ALL},
	{0x0006, LAYOUT_TEXT, AT(username), 0, IN_ALL},
	{0x0015, LAYOUT_TEXT, AT(nonce), 0, IN_ALL},
	{0x0014, LAYOUT_TEXT, AT(realm), 0, IN_ALL},
	{0x0013, LAYOUT_TEXT, AT(data), 0, IN_ALL},
	{0x0002, LAYOUT_IGNORED, 0, 0, IN_NONE}, /* RESPONSE-ADDRESS */
	{0x0003, LAYOUT_IGNORED, 0, 0, IN_NONE}, /* CHANGE-REQUEST */
	{0x0007, LAYOUT_IGNORED, 0, 0, IN_NONE}, /* PASSWORD */
	{0x000b, LAYOUT_IGNORED, 0, 0, IN_NONE}, /* REFLECTED-FROM */
	{0x0018, LAYOUT_IGNORED, 0, 0, IN_NONE}, /* EVEN-PORT */
	{0x001a, LAYOUT_IGNORED, 0, 0, IN_NONE}, /* DONT-FRAGMENT */
	{0x0022, LAYOUT_IGNORED, 0, 0, IN_NONE}, /* RESERVATION-TOKEN */
	{MSTURN_INTEGRITY, LAYOUT_INTEGRITY, AT(integrity), 0, IN_NONE},
	{0x001c, LAYOUT_INTEGRITY_SHA256, AT(integrity_sha256), 0, IN_NONE},
	{MSTURN_FINGERPRINT, LAYOUT_FINGERPRINT, 0, 0, IN_NONE},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
_Static_assert(COUNT(msturn_attributes) <= MSTURN_ROWS_MAX &&
		       COUNT(standard_attributes) <= MSTURN_ROWS_MAX,
	       "a message remembers in a bit a row which it has seen");

#define ROWS(table) table, COUNT(table)

static const struct msturn_dialect packed = {ROWS(msturn_attributes), 1};
static const struct msturn_dialect padded = {ROWS(standard_attributes), 4};

const struct msturn_dialect *msturn_attribute_dialect(bool has_cookie)
{
	return has_cookie ? &packed : &padded;
}

const struct msturn_attribute *
msturn_attribute_find(const struct msturn_dialect *dialect, uint16_t type,
		      size_t *row)
{
	for (*row = 0; *row < dialect->count; ++*row) {
		if (dialect->attributes[*row].type == type)
			return &dialect->attributes[*row];
	}
	return NULL;
}

size_t msturn_attribute_padding(const struct msturn_dialect *dialect,
				size_t length)
{
	return (dialect->alignment - length % dialect->alignment) %
	       dialect->alignment;
}
