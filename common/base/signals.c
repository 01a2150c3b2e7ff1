#include "common/base/signals.h"

#include <stddef.h>

const int signals_ending[SIGNALS_ENDING] = {SIGINT, SIGTERM, SIGHUP};

void signals_fill(sigset_t *set)
{
	sigemptyset(set);
	for (unsigned i = 0; i < SIGNALS_ENDING; i++)
		sigaddset(set, signals_ending[i]);
}

bool signals_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 &&
	       action.sa_handler == SIG_IGN;
}
