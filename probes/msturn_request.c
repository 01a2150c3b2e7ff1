#include "probes/msturn_request.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/random.h"

#include <string.h>

/* Later Microsoft clients begin the identifier with the cookie of RFC 5389. */
void msturn_choose_transaction(uint8_t transaction[MSTURN_TRANSACTION_BYTES])
{
	static const uint8_t cookie[] = {0x21, 0x12, 0xa4, 0x42};

	random_fill(transaction, MSTURN_TRANSACTION_BYTES);
	memcpy(transaction, cookie, sizeof(cookie));
}

void msturn_request_write(struct msturn_request *request, uint32_t version)
{
	struct msturn_message message = {
		.type = MSTURN_ALLOCATE_REQUEST,
		.has_cookie = true,
		.has_version = true,
		.version = version,
	};
	struct writer header = writer_of(request->frame, MSTURN_FRAME_BYTES);

	msturn_choose_transaction(request->transaction);
	memcpy(message.transaction, request->transaction,
	       sizeof(message.transaction));
	request->length = msturn_encode(&message, NULL,
					request->frame + MSTURN_FRAME_BYTES,
					MSTURN_MESSAGE_MAX);
	writer_u8(&header, MSTURN_FRAME_CONTROL);
	writer_u8(&header, 0);
	writer_u16(&header, (uint16_t)request->length);
}

static void note_text(struct check *check, const char *key,
		      const struct msturn_text *text)
{
	if (text->data)
		observe_bytes(check, key, text->data, text->length);
}

static void note_address(struct check *check, const char *key,
			 const struct msturn_address *address)
{
	if (address->address.family)
		observe_address(check, key, &address->address, address->port);
}

static void note_message(struct check *check,
			 const struct msturn_message *message)
{
	if (message->error_code)
		observe_number(check, "turn.error_code", message->error_code);
	note_text(check, "turn.error_reason", &message->error_reason);
	note_text(check, "turn.realm", &message->realm);
	if (message->nonce.data)
		observe_number(check, "turn.nonce_length",
			       (int64_t)message->nonce.length);
	note_address(check, "turn.alternate_server", &message->alternate);
	if (message->has_version)
		observe_number(check, "turn.ms_version", message->version);
	observe_flag(check, "turn.cookie", message->has_cookie);
	observe_flag(check, "turn.standard", message->is_standard);
	note_text(check, "turn.software", &message->software);
	note_address(check, "turn.mapped_address", &message->mapped);
	note_address(check, "turn.xor_mapped_address", &message->xor_mapped);
}

bool msturn_request_matches(const struct msturn_request *request,
			    const struct msturn_message *message)
{
	return memcmp(message->transaction, request->transaction,
		      sizeof(request->transaction)) == 0;
}

static void end_foreign(struct check *check,
			const struct msturn_message *message, const void *data,
			size_t length)
{
	observe_peer(check, data, length);
	observe_end(check, OUTCOME_GARBLED, "%s",
		    message->is_standard ? "a standard TURN server answers"
					 : "an answer without Magic Cookie");
}

bool msturn_request_end(struct check *check,
			const struct msturn_request *request,
			const struct msturn_message *message, const void *data,
			size_t length)
{
	note_message(check, message);
	observe_number(check, "turn.requests", request->sent);
	if (!message->has_cookie) { /* [MS-TURN] 3.1.10 */
		end_foreign(check, message, data, length);
		return false;
	}
	if (message->type != MSTURN_ALLOCATE_ERROR &&
	    message->type != MSTURN_ALLOCATE_RESPONSE) {
		observe_end(check, OUTCOME_GARBLED,
			    "answered with message type 0x%04x", message->type);
		return false;
	}
	observe_service(check, WIRE_MSTURN);
	if (message->error_code)
		observe_end(check, OUTCOME_ANSWERED, "answered %u",
			    message->error_code);
	else
		observe_end(check, OUTCOME_ANSWERED, "answered");
	return true;
}

void msturn_request_again(struct check *check, struct msturn_request *request)
{
	int64_t now_us = clock_now_us();
	int64_t wait_us = 3 * (now_us - check->phase_us);

	if (wait_us < MSTURN_SECOND_LEAST_US)
		wait_us = MSTURN_SECOND_LEAST_US;
	msturn_request_write(request, MSTURN_VERSION_LATEST);
	request->sent = 1;
	observe_begin(check, MSTURN_SECOND_LOOK, "-");
	check_phase(check, "allocate");
	check->retry_us = now_us + wait_us;
}
