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
	{MSTURN_COOKIE, LAYOUT_COOKIE, AT(has_cookie), 0},
	{0x0009, LAYOUT_ERROR, AT(error_code), 0},
	{0x000a, LAYOUT_TEXT, AT(unknown_attributes), 0},
	{0x8008, LAYOUT_U32, AT(version), AT(has_version)},
	{0x8050, LAYOUT_SEQUENCE, AT(sequence), AT(has_sequence)},
	{0x8055, LAYOUT_QUALITY, AT(stream_type), AT(has_service_quality)},
	{0x0017, LAYOUT_FAMILY, AT(requested_family), AT(has_family)},
	{0x000e, LAYOUT_ADDRESS, AT(alternate), 0},
	{0x0001, LAYOUT_ADDRESS, AT(mapped), 0},
	{0x8090, LAYOUT_ADDRESS, AT(alternate_mapped), 0},
	{0x8020, LAYOUT_XOR_ADDRESS, AT(xor_mapped), 0},
	{0x000d, LAYOUT_U32, AT(lifetime_s), AT(has_lifetime)},
	{0x0010, LAYOUT_U32, AT(bandwidth), AT(has_bandwidth)},
	{0x8050, LAYOUT_SEQUENCE, AT(sequence), AT(has_sequence)},
	{0x8095, LAYOUT_SESSION, AT(session), AT(has_session)},
	{0x0006, LAYOUT_TEXT, AT(username), 0},
	{0x0014, LAYOUT_TEXT, AT(nonce), 0},
	{0x0015, LAYOUT_TEXT, AT(realm), 0},
	{0x0011, LAYOUT_ADDRESS, AT(destination), 0},
	{0x0012, LAYOUT_ADDRESS, AT(remote), 0},
	{0x0013, LAYOUT_TEXT, AT(data), 0},
	{0x8022, LAYOUT_TEXT, AT(software), 0},
	{MSTURN_INTEGRITY, LAYOUT_INTEGRITY, AT(integrity), 0},
};

/* RFC 8489 14, RFC 8656 18; realm and nonce have each other's number. */
static const struct msturn_attribute standard_attributes[] = {
	{0x0009, LAYOUT_ERROR, AT(error_code), 0},
	{0x000a, LAYOUT_TEXT, AT(unknown_attributes), 0},
	{0x0006, LAYOUT_TEXT, AT(username), 0},
	{0x0015, LAYOUT_TEXT, AT(nonce), 0},
	{0x0014, LAYOUT_TEXT, AT(realm), 0},
	{0x0001, LAYOUT_ADDRESS, AT(mapped), 0},
	{0x0020, LAYOUT_XOR_ADDRESS, AT(xor_mapped), 0},
	{0x000d, LAYOUT_U32, AT(lifetime_s), AT(has_lifetime)},
	{0x8023, LAYOUT_ADDRESS, AT(alternate), 0},
	{0x8022, LAYOUT_TEXT, AT(software), 0},
	{MSTURN_INTEGRITY, LAYOUT_INTEGRITY, AT(integrity), 0},
};

#define ROWS(table) table, sizeof(table) / sizeof(table[0])

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
