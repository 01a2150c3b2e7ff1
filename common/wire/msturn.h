/*
 * msturn.h - MSTURN messages: bytes to structures and back. No I/O.
 *
 * Specification: [MS-TURN] 2.2; attribute layout [IETFDRAFT-STUN-02] 10.2;
 * TCP framing and pseudo-TLS [MS-TURN] 2.1.
 * Units: lifetime in seconds, lengths in bytes.
 * Ownership: decoded fields point into the caller's datagram.
 */
#ifndef COMMON_WIRE_MSTURN_H
#define COMMON_WIRE_MSTURN_H

#include "common/base/bytes.h"
#include "common/model/endpoint.h"

#define MSTURN_HEADER_BYTES	 20
#define MSTURN_TRANSACTION_BYTES 16
#define MSTURN_NONCE_MAX	 128 /* [MS-TURN] 2.2.2.13, 2.2.2.14 */
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
	bool is_standard; /* RFC 5389 REALM 0x0014 or SOFTWARE, no cookie */

	unsigned error_code; /* 0: no Error Code attribute */
	struct msturn_text error_reason;
	struct msturn_text username;
	struct msturn_text nonce; /* 0x0014 */
	struct msturn_text realm; /* 0x0015; swapped against RFC 5389 */
	struct msturn_text data;
	struct msturn_text integrity; /* 20 or 32 bytes */
	size_t integrity_offset;      /* of the attribute in the message */
	struct msturn_text software;  /* 0x8022 */
	struct msturn_text unknown_attributes;

	struct msturn_address mapped;		/* relay address, plain */
	struct msturn_address xor_mapped;	/* reflexive, un-XORed here */
	struct msturn_address alternate;	/* Alternate Server */
	struct msturn_address destination;	/* plain */
	struct msturn_address remote;		/* plain */
	struct msturn_address alternate_mapped; /* IPv6 relay */

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
};

/*
 * Decodes one message. Unknown optional attributes are skipped. A message
 * without the cookie decodes too (has_cookie false), as a standard STUN
 * message with padded attributes, so that a foreign server can be named.
 * Returns false, *why saying so, when it is truncated or its attributes run
 * over its end.
 */
bool msturn_decode(struct msturn_message *message, const void *datagram,
		   size_t length, const char **why);

/*
 * Encodes the fields that are present, cookie first when has_cookie, in the
 * order real clients send ([MS-TURN] 2.2.2; msturn.md section 3.3). With a
 * key (16 bytes; else NULL) Message Integrity is added last, its text
 * zero-padded to a multiple of 64. Returns the length, 0 when it does not fit.
 */
size_t msturn_encode(const struct msturn_message *message, const uint8_t *key,
		     void *buffer, size_t capacity);

/* key = MD5(username:realm:password), all binary; 16 bytes. */
void msturn_key(uint8_t key[16], const struct msturn_text *username,
		const struct msturn_text *realm,
		const struct msturn_text *password);

/* Whether the 20-byte integrity fits; false for other lengths. */
bool msturn_verify(const struct msturn_message *message, const void *datagram,
		   const uint8_t key[16]);

/* TCP framing, [MS-TURN] 2.1.4. */
#define MSTURN_FRAME_BYTES   4
#define MSTURN_FRAME_CONTROL 0x02
#define MSTURN_FRAME_DATA    0x03

/*
 * Looks at the front of a stream: 1 and *type, *length (of what follows the
 * 4 bytes) for a whole header with a lawful type, 0 for too few bytes, -1
 * for anything else.
 */
int msturn_frame(const void *data, size_t available, uint8_t *type,
		 uint16_t *length);

/* Pseudo-TLS, [MS-TURN] 2.1.1: fixed hello and answer. */
#define PSEUDO_CLIENT_BYTES 50
#define PSEUDO_SERVER_BYTES 83

void pseudo_client_hello(uint8_t hello[PSEUDO_CLIENT_BYTES], uint32_t time_s,
			 const uint8_t random[28]);
void pseudo_server_hello(uint8_t hello[PSEUDO_SERVER_BYTES], uint32_t time_s,
			 const uint8_t random[28], const uint8_t session[32]);
/* Equal to the table but for time, random and session id. */
bool pseudo_client_matches(const uint8_t hello[PSEUDO_CLIENT_BYTES]);
bool pseudo_server_matches(const uint8_t hello[PSEUDO_SERVER_BYTES]);

#endif
