/*
 * verdict.h - what the observations mean, a row at a time, and together.
 * Pure data (product.md section 3).
 */
#ifndef COMMON_JUDGE_VERDICT_H
#define COMMON_JUDGE_VERDICT_H

#include "common/model/observation.h"
#include "common/model/requirement.h"

/* From good to bad within what was looked at; then the two without. */
enum state {
	STATE_VERIFIED,
	STATE_WARN,
	STATE_WRONG,
	STATE_BLOCKED,
	STATE_UNOBSERVED,
	STATE_NA,
	STATE_COUNT
};

const char *state_name(enum state state); /* "n/a" */

/* Unique by requirement, node, subject, vantage. */
struct verdict {
	const struct requirement *requirement;
	const char *node;    /* node or VIP name, else the address; "-" */
	const char *subject; /* "-" where not repeated */
	enum vantage vantage;
	const char *source; /* address looked from; "" */
	bool needed;
	enum state state;
	const char *because; /* one sentence for people */
	const char *cause;   /* id of the finding it belongs to; NULL: none */
	const char *where;   /* endpoints at fault; NULL: those it rests on */
	const struct verdict *ground; /* what it waits for; NULL: nothing */
	const struct observation **observations; /* what it rests on */
	size_t observation_count;
};

struct finding {
	const char *id;
	enum severity severity;
	const char *title;  /* what is the matter */
	const char *remedy; /* the sentence to send to who can mend it */
	const char *source; /* document */
	const char **nodes;
	size_t node_count;
	const struct verdict **verdicts; /* what it rests on */
	size_t verdict_count;
};

/* The four questions an administrator has. */
enum question {
	QUESTION_SIGN_IN,
	QUESTION_FEDERATE,
	QUESTION_CONFER,
	QUESTION_CALL,
	QUESTION_COUNT
};

enum answer { ANSWER_YES, ANSWER_PARTLY, ANSWER_NO, ANSWER_UNKNOWN };

const char *question_text(enum question question); /* "Can people sign in?" */
const char *answer_name(enum answer answer);	   /* "yes" */

struct judgement {
	struct verdict **verdicts; /* in requirement order, then node */
	size_t verdict_count, verdict_capacity;
	struct finding **findings; /* most severe first */
	size_t finding_count, finding_capacity;
	struct {
		enum answer answer;
		const char *because;
	} answers[QUESTION_COUNT];
	bool place_sends; /* a control answered: silence is not this place's */
	size_t summary[STATE_COUNT]; /* verdicts by state */
	int exit_code;		     /* product.md section 3 */
};

#endif
