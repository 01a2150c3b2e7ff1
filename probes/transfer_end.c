#include "probes/transfer_end.h"

#include "common/base/clock.h"
#include "common/wire/tls.h"
#include "probes/dial.h"

#include <errno.h>
#include <string.h>

static void settle(struct transfer_answer *answer, enum outcome outcome,
		   const char *detail)
{
	answer->outcome = outcome;
	answer->detail = detail;
}

static const char *phase_of(const struct transfer_answer *answer, bool is_tls)
{
	if (answer->status || (answer->connect_us && !is_tls) ||
	    answer->handshake_us)
		return "answer";
	return answer->connect_us ? "handshake" : "connect";
}

static const char *silence_of(const struct transfer_answer *answer)
{
	if (strcmp(answer->phase, "connect") == 0)
		return "no reply to TCP";
	if (strcmp(answer->phase, "handshake") == 0)
		return "TLS handshake not finished";
	return answer->status ? "the answer did not end"
			      : "TCP is open, but no answer to the request";
}

static void say_silence(struct arena *arena, struct transfer_answer *answer)
{
	settle(answer, OUTCOME_NO_REPLY,
	       arena_format(arena, "%s in %.1f s", silence_of(answer),
			    (double)answer->total_us / CLOCK_SECOND_US));
}

/* What the system said of the socket; false: nothing. */
static bool say_error(struct arena *arena, struct transfer_answer *answer,
		      const struct transfer_seen *seen, CURL *easy)
{
	long error = 0;
	const char *detail;
	enum outcome outcome;

	if (seen->own_error) {
		settle(answer, OUTCOME_LOCAL,
		       arena_format(arena, "cannot send from this host: %s",
				    strerror(seen->own_error)));
		return true;
	}
	curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
	if (!error || !error_outcome((int)error, &outcome, &detail))
		return false;
	settle(answer, outcome, detail);
	return true;
}

static void say_tls(struct arena *arena, struct transfer_answer *answer,
		    const struct transfer_seen *seen)
{
	if (seen->is_endless_tls)
		settle(answer, OUTCOME_GARBLED,
		       "TLS went wrong: the handshake does not end");
	else if (answer->alert >= 0)
		settle(answer, OUTCOME_ALERT,
		       arena_format(arena, "TLS alert %d %s", answer->alert,
				    tls_alert_name((uint8_t)answer->alert)));
	else
		settle(answer, OUTCOME_GARBLED,
		       "TLS went wrong: no handshake that we understand");
}

/* We ended it ourselves: there was enough, or too much. */
static void say_limit(struct arena *arena, struct transfer_answer *answer,
		      const struct transfer_seen *seen)
{
	if (seen->is_head_cut) {
		settle(answer, OUTCOME_GARBLED,
		       arena_format(arena, "more than %d KiB of headers",
				    TRANSFER_HEAD_BYTES_MAX / 1024));
		return;
	}
	if (!seen->has_taken) {
		answer->is_cut = true;
		settle(answer, OUTCOME_ANSWERED,
		       arena_format(arena, "the body is longer than %zu bytes",
				    seen->body_max));
	}
}

/* No byte of HTTP came, or not all that were promised. */
static void say_closed(struct transfer_answer *answer)
{
	settle(answer, OUTCOME_CLOSED,
	       answer->status
		       ? "the peer closed the connection within its answer"
		       : "the peer closed the connection");
}

static bool is_tls_trouble(const struct transfer_answer *answer,
			   const struct transfer_seen *seen, CURLcode code)
{
	return seen->is_endless_tls || code == CURLE_SSL_CONNECT_ERROR ||
	       (answer->alert >= 0 && !answer->status);
}

static void say_failure(struct arena *arena, struct transfer_answer *answer,
			const struct transfer_seen *seen, CURL *easy,
			CURLcode code)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		say_silence(arena, answer);
		break;
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
		say_closed(answer);
		break;
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_COULDNT_CONNECT:
		settle(answer, OUTCOME_LOCAL, curl_easy_strerror(code));
		if (!say_error(arena, answer, seen, easy) &&
		    code != CURLE_COULDNT_CONNECT)
			say_closed(answer);
		break;
	case CURLE_OUT_OF_MEMORY:
	case CURLE_FAILED_INIT:
	case CURLE_COULDNT_RESOLVE_HOST:
		settle(answer, OUTCOME_LOCAL, curl_easy_strerror(code));
		break;
	default:
		settle(answer, OUTCOME_GARBLED,
		       arena_format(arena, "no HTTP that we understand: %s",
				    curl_easy_strerror(code)));
	}
}

void transfer_end(struct arena *arena, struct transfer_answer *answer,
		  const struct transfer_seen *seen, CURL *easy, CURLcode code)
{
	const char *scheme = NULL;
	bool is_tls;

	curl_easy_getinfo(easy, CURLINFO_SCHEME, &scheme);
	is_tls = scheme && strcasecmp(scheme, "https") == 0;
	answer->phase = phase_of(answer, is_tls);
	settle(answer, OUTCOME_ANSWERED, "");
	/* how libcurl ends a header line of more than 100 KiB */
	if (code == CURLE_OUT_OF_MEMORY && seen->head_length)
		settle(answer, OUTCOME_GARBLED, "a header line without end");
	else if (code == CURLE_WRITE_ERROR || code == CURLE_FILESIZE_EXCEEDED)
		say_limit(arena, answer, seen);
	else if (code != CURLE_OK && is_tls_trouble(answer, seen, code))
		say_tls(arena, answer, seen);
	else if (code != CURLE_OK)
		say_failure(arena, answer, seen, easy, code);
}
