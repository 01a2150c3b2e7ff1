#include "probes/serve/mras_service.h"

#include "tests/common/wire/mras_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEADERS                                                                \
	"Via: SIP/2.0/TLS 10.0.0.5:50211;branch=z9hG4bKx\r\n"                  \
	"From: <sip:fe01@contoso.com>;tag=1\r\n"                               \
	"To: <sip:mras@contoso.com>\r\nCall-ID: c\r\nCSeq: 7 SERVICE\r\n"
#define START "SERVICE sip:mras@contoso.com SIP/2.0\r\n"
#define TYPE  "Content-Type: application/msrtc-media-relay-auth+xml\r\n"

static struct arena *arena;
static unsigned asked_minutes;
static bool is_able;

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	is_able = true;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static bool issue(void *context, struct credentials *credentials,
		  unsigned minutes)
{
	assert_string_equal(context, "keys");
	asked_minutes = minutes;
	*credentials = (struct credentials){.username = {1, 2, 3},
					    .username_length = 52,
					    .password = {4, 5, 6},
					    .password_length = 20};
	return is_able;
}

static struct mras_relay inside = {NULL, "intranet", "edge.lan", 3478, 443};
static struct mras_relay outside = {&inside, "internet", "av.contoso.com", 3478,
				    443};
static struct mras_service healthy(void)
{
	static char keys[] = "keys";

	return (struct mras_service){.issue = issue,
				     .context = keys,
				     .relays = &outside,
				     .product = PRODUCT_SFB2019};
}

static const char *answer_to(const struct mras_service *service,
			     const char *start, const char *headers,
			     const char *body)
{
	const struct caller caller = {.connection = 1};
	const char *text =
		arena_format(arena, "%s%sContent-Length: %zu\r\n\r\n%s", start,
			     headers, strlen(body), body);
	struct sip_message message;
	const char *why;
	size_t used;

	assert_int_equal(
		sip_decode(arena, &message, text, strlen(text), &used, &why),
		SIP_WHOLE);
	return mras_service_answer(arena, service, &message, &caller);
}

/* What the service said in a 200. */
static void read_answer(const char *text, struct mras_answer *answer)
{
	struct sip_message message;
	const char *why = "";
	size_t used;

	assert_int_equal(
		sip_decode(arena, &message, text, strlen(text), &used, &why),
		SIP_WHOLE);
	assert_int_equal(used, strlen(text));
	assert_int_equal(message.status, 200);
	if (!mras_decode(arena, answer, message.body.data, message.body.length,
			 &why))
		fail_msg("%s: %s", why, text);
}

static void ask(const struct mras_service *service, const char *body,
		struct mras_answer *answer)
{
	read_answer(answer_to(service, START, HEADERS TYPE, body), answer);
}

static void grants_what_is_asked_for(void **state)
{
	const struct mras_service service = healthy();
	struct mras_answer answer;
	const char *text = answer_to(&service, START, HEADERS TYPE, M_REQUEST);

	(void)state;
	read_answer(text, &answer);
	assert_non_null(strstr(text, ";branch=z9hG4bKx;received="));
	assert_non_null(strstr(text, "\r\nCSeq: 7 SERVICE\r\n"));
	assert_non_null(strstr(text, "\r\n" TYPE));
	assert_non_null(strstr(text, "\r\nServer: RTC/7.0\r\n"));
	assert_non_null(strstr(text, " requestID=\"1\" version=\"1.0\""));
	assert_int_equal(answer.reason, MRAS_OK);
	assert_int_equal(answer.grant_count, 1);
	assert_int_equal(answer.grants[0].username_length, 52);
	assert_int_equal(answer.grants[0].password[2], 6);
	assert_int_equal(answer.grants[0].minutes, 480);
	assert_string_equal(answer.grants[0].relays->host, "av.contoso.com");
	assert_null(answer.grants[0].relays->next);
}

static void grants_no_more_minutes_than_it_may(void **state)
{
	static const struct {
		unsigned asked, limit, granted;
	} cases[] = {{60, 0, 60},
		     {600, 0, 480},
		     {0, 0, 480},
		     {60, 10, 10},
		     {0, 10, 10}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct mras_request request = {.request_id = "1",
						     .to = "sip:m@a.com",
						     .from = "sip:a@a.com",
						     .minutes = cases[i].asked};
		struct mras_service service = healthy();
		struct mras_answer answer;
		char body[1024];

		service.minutes_max = cases[i].limit;
		mras_write_request(&request, body, sizeof(body));
		ask(&service, body, &answer);
		assert_int_equal(answer.grants[0].minutes, cases[i].granted);
		assert_int_equal(asked_minutes, cases[i].granted);
		/* of no location: all of them */
		assert_non_null(answer.grants[0].relays->next);
	}
}

static void says_why_it_grants_nothing(void **state)
{
	struct mras_service service = healthy();
	struct mras_answer answer;

	(void)state;
	ask(&service, "<request/>", &answer);
	assert_int_equal(answer.reason, MRAS_REQUEST_MALFORMED);
	ask(&service, "", &answer);
	assert_int_equal(answer.reason, MRAS_REQUEST_MALFORMED);
	is_able = false;
	ask(&service, M_REQUEST, &answer);
	assert_int_equal(answer.reason, MRAS_INTERNAL_SERVER_ERROR);
	assert_int_equal(answer.grant_count, 0);
	is_able = true;
	service.reason = MRAS_SERVER_BUSY;
	ask(&service, M_REQUEST, &answer);
	assert_int_equal(answer.reason, MRAS_SERVER_BUSY);
	assert_int_equal(answer.grant_count, 0);
}

static void refuses_what_is_not_for_it(void **state)
{
	static const struct {
		const char *start, *headers, *begins;
	} cases[] = {
		{"OPTIONS sip:a.com SIP/2.0\r\n", HEADERS TYPE,
		 "SIP/2.0 405 Method Not Allowed\r\n"},
		{START, HEADERS, "SIP/2.0 415 Unsupported Media Type\r\n"},
		{START, HEADERS "Content-Type: text/xml\r\n",
		 "SIP/2.0 415 Unsupported Media Type\r\n"},
		{START, TYPE, "SIP/2.0 400 Bad Request\r\n"},
	};
	const struct mras_service service = healthy();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = answer_to(&service, cases[i].start,
					     cases[i].headers, M_REQUEST);

		assert_memory_equal(text, cases[i].begins,
				    strlen(cases[i].begins));
		assert_non_null(strstr(text, "Content-Length: 0\r\n\r\n"));
	}
	assert_null(
		answer_to(&service, "ACK sip:a.com SIP/2.0\r\n", HEADERS, ""));
	assert_null(answer_to(&service, "SIP/2.0 200 OK\r\n", HEADERS, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(grants_what_is_asked_for,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			grants_no_more_minutes_than_it_may, set_up, tear_down),
		cmocka_unit_test_setup_teardown(says_why_it_grants_nothing,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(refuses_what_is_not_for_it,
						set_up, tear_down),
	};

	return cmocka_run_group_tests_name("mras_service", tests, NULL, NULL);
}
