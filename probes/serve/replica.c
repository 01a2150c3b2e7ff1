#include "probes/serve/replica.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define SERVICE "/ReplicationWebService"

/* The second word of the head: "GET /path HTTP/1.1". */
static bool asks_for_service(const char *head, size_t length)
{
	const char *path = memchr(head, ' ', length);
	size_t left = path ? length - (size_t)(++path - head) : 0;

	return left > strlen(SERVICE) &&
	       strncasecmp(path, SERVICE, strlen(SERVICE)) == 0 &&
	       strchr(" /?", path[strlen(SERVICE)]);
}

const char *replica_answer(struct arena *arena, const char *head, size_t length)
{
	const char *page = "<html><body>ReplicationWebService</body></html>";
	bool is_found = asks_for_service(head, length);

	if (!is_found)
		page = "<html><body>Not Found</body></html>";
	if (length > 4 && memcmp(head, "HEAD", 4) == 0)
		page = "";
	return arena_format(arena,
			    "HTTP/1.1 %s\r\n"
			    "Content-Type: text/html; charset=us-ascii\r\n"
			    "Server: Microsoft-HTTPAPI/2.0\r\n"
			    "Content-Length: %zu\r\n\r\n%s",
			    is_found ? "200 OK" : "404 Not Found", strlen(page),
			    page);
}
