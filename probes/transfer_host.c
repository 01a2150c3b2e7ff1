#include "probes/transfer_host.h"

#include "common/base/dns_name.h"
#include "common/base/text.h"
#include "common/wire/dns.h"
#include "probes/resolver.h"

#include <string.h>

#define ALIASES_MAX 16

static const struct question {
	uint16_t type;
	int family;
} questions[] = {{DNS_A, AF_INET}, {DNS_AAAA, AF_INET6}};

#define QUESTIONS (sizeof(questions) / sizeof(questions[0]))

static const struct connect_override *
find_override(const struct transfer_settings *settings, const char *name,
	      uint16_t port)
{
	for (size_t i = 0; i < settings->override_count; i++) {
		const struct connect_override *one = &settings->overrides[i];

		if (text_names_equal(one->name, name) &&
		    (one->port == 0 || one->port == port))
			return one;
	}
	return NULL;
}

static void add_address(struct transfer_host *host,
			const struct address *address)
{
	if (host->count < TRANSFER_ADDRESSES_MAX)
		host->addresses[host->count++] = *address;
}

/* The name at the end of the aliases. */
static const char *follow_aliases(const struct dns_message *message,
				  const char *name)
{
	for (unsigned step = 0; step < ALIASES_MAX; step++) {
		const char *next = NULL;

		for (size_t i = 0; i < message->answer_count && !next; i++) {
			const struct dns_record *one = &message->answers[i];

			if (one->type == DNS_CNAME &&
			    text_names_equal(one->name, name))
				next = one->target;
		}
		if (!next)
			break;
		name = next;
	}
	return name;
}

static void add_records(struct transfer_host *host,
			const struct dns_message *message, uint16_t type)
{
	const char *name = follow_aliases(message, host->name);

	for (size_t i = 0; i < message->answer_count; i++) {
		const struct dns_record *one = &message->answers[i];

		if (one->type == type && text_names_equal(one->name, name))
			add_address(host, &one->address);
	}
}

/* Both answered and gave nothing, or one of them did not answer. */
static void explain_nothing(struct transfer_host *host)
{
	struct arena *arena = host->settings->arena;
	const struct lookup_answer *answer = NULL;

	for (size_t i = 0; i < QUESTIONS; i++) {
		if (host->lookups[i])
			answer = lookup_answer(host->lookups[i]);
		if (answer && answer->outcome != OUTCOME_ANSWERED) {
			host->outcome = OUTCOME_LOCAL;
			host->detail = arena_format(
				arena, "DNS does not tell where %s is: %s",
				host->name, answer->detail);
			return;
		}
	}
	host->is_unknown = true;
	host->outcome = OUTCOME_UNREACHABLE;
	host->detail =
		arena_format(arena,
			     answer && answer->message->rcode == DNS_NXDOMAIN
				     ? "DNS knows no such name: %s"
				     : "DNS knows no address of %s",
			     host->name);
}

static void count_down(struct transfer_host *host)
{
	if (--host->pending)
		return;
	for (size_t i = 0; i < QUESTIONS; i++) {
		const struct lookup_answer *answer =
			host->lookups[i] ? lookup_answer(host->lookups[i])
					 : NULL;

		if (answer && answer->outcome == OUTCOME_ANSWERED)
			add_records(host, answer->message, questions[i].type);
	}
	if (!host->count)
		explain_nothing(host);
	host->done(host->context);
}

static void looked_up(void *context)
{
	count_down(context);
}

static void ask(struct transfer_host *host)
{
	const struct transfer_settings *settings = host->settings;

	host->pending = 1; /* until all are asked */
	for (size_t i = 0; i < QUESTIONS; i++) {
		if (settings->families &&
		    settings->families != questions[i].family)
			continue;
		host->pending++;
		host->lookups[i] =
			resolver_ask(settings->resolver, host->name,
				     questions[i].type, looked_up, host);
	}
	count_down(host);
}

void transfer_host_begin(struct transfer_host *host,
			 const struct transfer_settings *settings,
			 const char *name, uint16_t port,
			 const struct endpoint *pinned,
			 void (*done)(void *context), void *context)
{
	const struct connect_override *override;
	struct address address;

	*host = (struct transfer_host){.name = name,
				       .port = port,
				       .settings = settings,
				       .done = done,
				       .context = context};
	override = find_override(settings, name, port);
	if (pinned->address.family) {
		add_address(host, &pinned->address);
		if (pinned->port)
			host->port = pinned->port;
	} else if (override) {
		add_address(host, &override->to.address);
		host->port = override->to.port;
	} else if (address_parse(name, &address)) {
		add_address(host, &address);
	} else {
		ask(host);
		return;
	}
	done(context);
}

void transfer_host_drop(struct transfer_host *host)
{
	for (size_t i = 0; i < QUESTIONS; i++) {
		lookup_drop(host->lookups[i]);
		host->lookups[i] = NULL;
	}
}
