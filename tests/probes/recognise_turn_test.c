#include "common/wire/msturn.h"

#include "tests/probes/mock.h"

/* How a server answers the one request; context of a mock. */
struct answer {
	bool is_msturn;	   /* with the Magic Cookie, which nobody asked for */
	bool is_foreign;   /* to another transaction */
	bool is_in_pieces; /* byte after byte */
	const char *text;  /* no message at all */
};

static struct msturn_message refusal(const struct msturn_message *request,
				     const struct answer *answer)
{
	static const uint8_t software[] = "Coturn-4.6.1 'Gorst'";
	struct msturn_message message = {
		.type = MSTURN_ALLOCATE_ERROR,
		.has_cookie = answer->is_msturn,
		.is_standard = !answer->is_msturn,
		.error_code = 401,
		.software = {software, sizeof(software) - 1},
	};

	memcpy(message.transaction, request->transaction,
	       sizeof(message.transaction));
	message.transaction[15] ^= answer->is_foreign;
	return message;
}

static void say(int descriptor, const uint8_t *data, size_t length,
		bool is_in_pieces)
{
	size_t piece = is_in_pieces ? 1 : length;

	for (size_t i = 0; i < length; i += piece) {
		send(descriptor, data + i, piece, MSG_NOSIGNAL);
		if (is_in_pieces)
			usleep(500);
	}
}

/* The request must be one that such a server takes: without a frame. */
static void serve_turn(struct mock *mock, int descriptor)
{
	const struct answer *answer = mock->context;
	struct msturn_message request, reply;
	uint8_t buffer[256];
	ssize_t size = mock_readable(mock, descriptor)
			       ? recv(descriptor, buffer, sizeof(buffer), 0)
			       : -1;
	const char *why;

	if (size <= 0 || !msturn_decode(&request, buffer, (size_t)size, &why) ||
	    !request.is_standard || !request.has_requested_transport)
		return;
	reply = refusal(&request, answer);
	if (answer->text)
		say(descriptor, (const uint8_t *)answer->text,
		    strlen(answer->text), false);
	else
		say(descriptor, buffer,
		    msturn_encode(&reply, NULL, buffer, sizeof(buffer)),
		    answer->is_in_pieces);
	mock_drain(mock, descriptor);
}

static const struct observation *ask(struct trial *trial, struct mock *mock)
{
	mock_begin(mock, SOCK_STREAM);
	trial_begin(trial);
	return trial_one(trial, "recognise-turn", &mock->endpoint);
}

static void end(struct trial *trial, struct mock *mock)
{
	trial_end(trial);
	mock_end(mock);
}

static void a_standard_server_is_known_by_its_answer(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct answer answer = {.is_in_pieces = i};
		struct mock mock = {.serve = serve_turn, .context = &answer};
		struct trial trial;
		const struct observation *seen = ask(&trial, &mock);

		assert_outcome(seen, OUTCOME_GARBLED);
		assert_number(seen, "turn.standard", 1);
		assert_number(seen, "turn.cookie", 0);
		assert_number(seen, "turn.error_code", 401);
		assert_fact(seen, "turn.software", "Coturn-4.6.1 'Gorst'");
		end(&trial, &mock);
	}
}

static void what_else_answers_is_none(void **state)
{
	static const struct {
		struct answer answer;
		const char *standard; /* whether it is a fact at all */
	} cases[] = {
		{{.is_foreign = true}, NULL},
		{{.is_msturn = true}, "turn.cookie"},
		{{.text = "HTTP/1.1 400 Bad Request\r\n\r\n"}, NULL},
		{{.text = "220 mail\r\n"}, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mock mock = {.serve = serve_turn,
				    .context = (void *)&cases[i].answer};
		struct trial trial;
		const struct observation *seen = ask(&trial, &mock);

		assert_int_equal(observation_number(seen, "turn.standard", 0),
				 0);
		assert_true(seen->outcome != OUTCOME_NO_REPLY);
		if (cases[i].standard)
			assert_number(seen, cases[i].standard, 1);
		end(&trial, &mock);
	}
}

static void who_does_not_answer_is_not_waited_for_long(void **state)
{
	static const struct {
		void (*serve)(struct mock *mock, int descriptor);
		enum outcome outcome;
	} cases[] = {
		{serve_mute, OUTCOME_NO_REPLY},
		{serve_close, OUTCOME_CLOSED},
		{serve_reset, OUTCOME_RESET},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mock mock = {.serve = cases[i].serve};
		struct trial trial;
		const struct observation *seen = ask(&trial, &mock);

		assert_outcome(seen, cases[i].outcome);
		assert_null(observation_fact(seen, "turn.standard"));
		assert_true(seen->duration_us < MOCK_TIMEOUT_US);
		end(&trial, &mock);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_standard_server_is_known_by_its_answer),
		cmocka_unit_test(what_else_answers_is_none),
		cmocka_unit_test(who_does_not_answer_is_not_waited_for_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
