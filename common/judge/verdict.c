#include "common/judge/verdict.h"

const char *state_name(enum state state)
{
	static const char *const names[STATE_COUNT] = {
		[STATE_VERIFIED] = "verified",	   [STATE_WARN] = "warn",
		[STATE_WRONG] = "wrong",	   [STATE_BLOCKED] = "blocked",
		[STATE_UNOBSERVED] = "unobserved", [STATE_NA] = "n/a",
	};

	return names[state];
}

const char *question_text(enum question question)
{
	static const char *const texts[QUESTION_COUNT] = {
		[QUESTION_SIGN_IN] = "Can people sign in?",
		[QUESTION_FEDERATE] = "Can they federate?",
		[QUESTION_CONFER] = "Can they confer?",
		[QUESTION_CALL] = "Can they call?",
	};

	return texts[question];
}

const char *answer_name(enum answer answer)
{
	static const char *const names[] = {"yes", "partly", "no", "unknown"};

	return names[answer];
}
