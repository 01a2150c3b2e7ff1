#include "probes/serve/replica.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void answers_every_request_and_shows_its_page_at_its_path(void **state)
{
	static const struct {
		const char *head, *starts;
		bool has_page;
	} cases[] = {
		{"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 404 Not Found\r\n", true},
		{"GET /ReplicationWebService HTTP/1.1\r\n\r\n",
		 "HTTP/1.1 200 OK\r\n", true},
		{"GET /replicationwebservice/x HTTP/1.1\r\n\r\n",
		 "HTTP/1.1 200 OK\r\n", true},
		{"GET /ReplicationWebServices HTTP/1.1\r\n\r\n",
		 "HTTP/1.1 404 Not Found\r\n", true},
		{"HEAD /ReplicationWebService HTTP/1.1\r\n\r\n",
		 "HTTP/1.1 200 OK\r\n", false},
		{"nonsense\r\n\r\n", "HTTP/1.1 404 Not Found\r\n", true},
		{"GET /ReplicationWebService", "HTTP/1.1 404 Not Found\r\n",
		 true},
		{"", "HTTP/1.1 404 Not Found\r\n", true},
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *answer = replica_answer(arena, cases[i].head,
						    strlen(cases[i].head));

		assert_int_equal(strncmp(answer, cases[i].starts,
					 strlen(cases[i].starts)),
				 0);
		assert_int_equal(strstr(answer, "<html>") != NULL,
				 cases[i].has_page);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			answers_every_request_and_shows_its_page_at_its_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
