#include "probes/queue.h"

#include "common/base/clock.h"

#define HOST_GAP_US INT64_C(10000) /* between starts at one address */
#define HOST_BURST  4		   /* so many at once before that */

struct host {
	struct host *next;
	struct address address;
	int64_t free_us; /* from when on another check may start */
};

size_t queue_trips(const struct check *check)
{
	return check->probe->round_trips + 2 * check->spec->domain_count +
	       check->spec->later_trips;
}

void queue_add(struct queue *queue, struct check *check)
{
	struct check **link = &queue->first;

	while (*link && queue_trips(*link) >= queue_trips(check))
		link = &(*link)->next;
	check->next = *link;
	*link = check;
}

static struct host *find_host(struct queue *queue,
			      const struct address *address)
{
	struct host *host = queue->hosts;

	while (host && !address_equal(&host->address, address))
		host = host->next;
	if (host)
		return host;
	host = arena_alloc(queue->arena, sizeof(*host));
	host->address = *address;
	host->next = queue->hosts;
	queue->hosts = host;
	return host;
}

/*
 * Starts at one address are spread, but for a few: most have no more, and a
 * round trip is too short to wait in it.
 */
static bool may_start(struct host *host, int64_t now_us)
{
	int64_t least_us = now_us - (HOST_BURST - 1) * HOST_GAP_US;

	if (host->free_us > now_us)
		return false;
	if (host->free_us < least_us)
		host->free_us = least_us;
	host->free_us += HOST_GAP_US;
	return true;
}

struct check *queue_take(struct queue *queue, int64_t *wait_us)
{
	struct check **link = &queue->first;
	int64_t now_us = clock_now_us();

	for (; *link; link = &(*link)->next) {
		struct check *check = *link;
		const struct address *address = &check->spec->endpoint.address;
		struct host *host =
			address->family ? find_host(queue, address) : NULL;

		if (host && !may_start(host, now_us)) {
			if (host->free_us < *wait_us)
				*wait_us = host->free_us;
			continue;
		}
		*link = check->next;
		return check;
	}
	return NULL;
}
