/*
 * msturn.h - MSTURN messages, and those of standard STUN and TURN: bytes to
 * structures and back. No I/O.
 *
 * Specification: [MS-TURN] 2.2; attribute layout [IETFDRAFT-STUN-02] 10.2;
 * TCP framing [MS-TURN] 2.1.4. The hellos before it are in pseudo.h.
 * Standard messages: RFC 8489 5 and 14, RFC 8656 17 and 18, and what came
 * before them (RFC 3489, RFC 5389, RFC 5766). Their channels and their
 * framing are in msturn_channel.h.
 * Units: lifetime in seconds, lengths in bytes.
 * Ownership: decoded fields point into the caller's datagram.
 */
#ifndef COMMON_WIRE_MSTURN_H
#define COMMON_WIRE_MSTURN_H

#include "common/base/address.h"
#include "common/base/bytes.h"
#include "common/wire/pseudo.h" /* what comes before MSTURN over TCP */

#define MSTURN_HEADER_BYTES	 20
#define MSTURN_TRANSACTION_BYTES 16
#define MSTURN_MESSAGE_MAX	 1500

/* Message types, [MS-TURN] 2.2.1; opaque numbers, not class and method. */
enum msturn_type {
	MSTURN_ALLOCATE_REQUEST = 0x0003,
	MSTURN_ALLOCATE_RESPONSE = 0x0103,
	MSTURN_ALLOCATE_ERROR = 0x0113,
	MSTURN_SEND_REQUEST = 0x0004,
	MSTURN_DATA_INDICATION = 0x0115,
	MSTURN_DESTINATION_REQUEST = 0x0006,
	MSTURN_DESTINATION_RESPONSE = 0x0106,
	MSTURN_DESTINATION_ERROR = 0x0116,
};

/* Those of standard STUN and TURN, RFC 8489 18.2, RFC 8656 17; some numbers
 * mean something else above. */
enum msturn_standard_type {
	MSTURN_BINDING_REQUEST = 0x0001,
	MSTURN_BINDING_INDICATION = 0x0011,
	MSTURN_BINDING_RESPONSE = 0x0101,
	MSTURN_BINDING_ERROR = 0x0111,
	MSTURN_REFRESH_REQUEST = 0x0004,
	MSTURN_REFRESH_RESPONSE = 0x0104,
	MSTURN_REFRESH_ERROR = 0x0114,
	MSTURN_PERMISSION_REQUEST = 0x0008,
	MSTURN_PERMISSION_RESPONSE = 0x0108,
	MSTURN_PERMISSION_ERROR = 0x0118,
	MSTURN_CHANNEL_REQUEST = 0x0009,
	MSTURN_CHANNEL_RESPONSE = 0x0109,
	MSTURN_CHANNEL_ERROR = 0x0119,
	MSTURN_STANDARD_SEND_INDICATION = 0x0016,
	MSTURN_STANDARD_DATA_INDICATION = 0x0017,
};

/* Bytes inside the message; data NULL when the attribute is absent. */
struct msturn_text {
	const uint8_t *data;
	size_t length;
};

struct msturn_address { /* present when address.family is not 0 */
	struct address address;
	uint16_t port;
};

struct msturn_message {
	uint16_t type;
	uint8_t transaction[MSTURN_TRANSACTION_BYTES];

	bool has_cookie; /* Magic Cookie attribute, first ([MS-TURN] 2.2.2.8) */
	bool is_standard; /* no such cookie, but the one of RFC 5389 6 */

	unsigned error_code; /* 0: no Error Code attribute */
	struct msturn_text error_reason;
	struct msturn_text username;
	struct msturn_text nonce; /* 0x0014; in a standard message 0x0015 */
	struct msturn_text realm; /* 0x0015; in a standard message 0x0014 */
	struct msturn_text data;
	struct msturn_text integrity; /* 20 or 32 bytes */
	size_t integrity_offset;      /* of the attribute in the message */
	/* standard, 0x001c: noted, not verified (16 to 32 bytes, RFC 8489) */
	struct msturn_text integrity_sha256;
	struct msturn_text software; /* 0x8022 */
	struct msturn_text unknown_attributes;
	struct msturn_text alternate_host; /* MS-Alternate Host Name */
	struct msturn_text candidate;	   /* its identifier, [MS-ICE2] */

	struct msturn_address mapped;		/* relay; standard: reflexive */
	struct msturn_address xor_mapped;	/* reflexive, un-XORed here */
	struct msturn_address alternate;	/* Alternate Server */
	struct msturn_address destination;	/* plain */
	struct msturn_address remote;		/* plain */
	struct msturn_address alternate_mapped; /* IPv6 relay */

	/* standard messages alone */
	struct msturn_address relayed; /* XOR-RELAYED-ADDRESS, un-XORed */
	struct msturn_address peer;    /* XOR-PEER-ADDRESS, the first one */
	struct msturn_address source;  /* SOURCE-ADDRESS, RFC 3489 11.2.5 */
	struct msturn_address changed; /* CHANGED-ADDRESS, RFC 3489 11.2.3 */

	bool has_version, has_lifetime, has_bandwidth, has_sequence;
	bool has_service_quality, has_session, has_family;
	uint32_t version;
	uint32_t lifetime_s;
	uint32_t bandwidth;
	uint8_t connection_id[20];
	uint32_t sequence;
	uint16_t stream_type, quality;
	uint64_t session;	  /* Multiplexed TURN Session ID */
	uint8_t requested_family; /* 1 IPv4, 2 IPv6 */
	uint16_t first_unknown;	  /* unknown mandatory attribute; 0: none */

	/* standard messages alone */
	bool has_requested_transport, has_channel;
	uint8_t requested_transport; /* 17 UDP, 6 TCP */
	uint16_t channel;	     /* CHANNEL-NUMBER */
	/* whether FINGERPRINT is there, and then last and as it should be;
	 * writing needs only the first */
	bool has_fingerprint, is_fingerprint_right;

	/* of connectivity checks, which relays pass on */
	bool has_priority, has_controlled, has_controlling, use_candidate;
	bool has_implementation;
	uint32_t priority;
	uint64_t controlled, controlling;
	uint32_t implementation; /* [MS-ICE2] Implementation Version */
};

/*
 * Decodes one message of exactly length bytes, in time linear in length.
 * Unknown optional attributes are skipped, also known ones of an unexpected
 * shape; of repeated ones the first counts; what follows the integrity is
 * ignored (but SHA-256 integrity and fingerprint, RFC 8489 14.5). A message
 * without the cookie attribute decodes too (has_cookie false), as a standard
 * STUN message with padded attributes; with neither cookie nor is_standard,
 * it is one of RFC 3489 or no STUN at all.
 * Returns false, *why saying so, when it is truncated, followed by more, its
 * attributes run over its end or a mandatory one cannot be what it says.
 */
bool msturn_decode(struct msturn_message *message, const void *datagram,
		   size_t length, const char **why);

/*
 * Encodes the fields that are present, in the order in which real clients
 * and relays send them. With has_cookie it is MSTURN: cookie first, packed.
 * Without, it is standard STUN or TURN: padded, all by RFC 8489 and RFC 8656
 * numbers, and only what these know. With a key (16 bytes; else NULL) Message
 * Integrity is added last, of standard messages FINGERPRINT after it when
 * has_fingerprint. Returns the length, 0 when it does not fit.
 */
size_t msturn_encode(const struct msturn_message *message, const uint8_t *key,
		     void *buffer, size_t capacity);

/* key = MD5(username:realm:password), all binary; 16 bytes. */
void msturn_key(uint8_t key[16], const struct msturn_text *username,
		const struct msturn_text *realm,
		const struct msturn_text *password);

/*
 * Whether the 20-byte integrity fits, by the rule of the message's own kind:
 * of MSTURN the text is padded to 64 bytes, of standard messages it ends with
 * its length field counting up to the integrity, whatever follows (RFC 8489
 * 14.5). False for other lengths and for no integrity.
 */
bool msturn_verify(const struct msturn_message *message, const void *datagram,
		   const uint8_t key[16]);

/* The same for a short-term credential, whose key is the password itself. */
bool msturn_verify_password(const struct msturn_message *message,
			    const void *datagram,
			    const struct msturn_text *password);

/* TCP framing, [MS-TURN] 2.1.4. */
#define MSTURN_FRAME_BYTES   4
#define MSTURN_FRAME_CONTROL 0x02
#define MSTURN_FRAME_DATA    0x03

/*
 * Looks at the front of a stream: 1 and *type, *length (of what follows the
 * 4 bytes) for a whole header, 0 for too few bytes, -1 for what cannot be
 * one: another type, a reserved byte that is not zero, a control frame too
 * short for a message.
 */
int msturn_frame(const void *data, size_t available, uint8_t *type,
		 uint16_t *length);

#endif
