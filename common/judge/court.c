#include "common/judge/court.h"

#include "common/base/text.h"
#include "common/judge/certificate.h"
#include "common/judge/place.h"
#include "common/model/hosting.h"
#include "common/model/certificates.h"
#include "common/model/listener.h"

#include <string.h>

struct verdict *court_add(struct court *court, const char *node,
			  const char *subject)
{
	struct judgement *judgement = court->judgement;
	struct verdict *verdict = arena_alloc(court->arena, sizeof(*verdict));

	*verdict = (struct verdict){
		.requirement = court->requirement,
		.node = node,
		.subject = subject,
		.vantage = court->scope->vantage,
		.source = court->scope->source ? court->scope->source : "",
		.state = STATE_UNOBSERVED,
	};
	judgement->verdicts = arena_grow(
		court->arena, judgement->verdicts, judgement->verdict_count,
		&judgement->verdict_capacity, sizeof(*judgement->verdicts));
	judgement->verdicts[judgement->verdict_count++] = verdict;
	return verdict;
}

void court_open(struct court *court)
{
	const struct topology *topology = court->deployment->topology;
	size_t count = topology->domain_count;

	court->errands = errands_of(court->arena, court->deployment);
	court->elsewhere =
		arena_alloc(court->arena, count * sizeof(*court->elsewhere));
	court->all_elsewhere = count > 0;
	for (size_t i = 0; i < count; i++) {
		court->elsewhere[i] = hosting_is_elsewhere(
			court->deployment, topology->domains[i]);
		court->all_elsewhere =
			court->all_elsewhere && court->elsewhere[i];
	}
}

/* Of what is hosted elsewhere, only the row that says so is judged. */
bool court_is_elsewhere(const struct court *court, const char *subject)
{
	const struct topology *topology = court->deployment->topology;

	if (strcmp(court->requirement->id, "dns.hosting") == 0)
		return false;
	for (size_t i = 0; i < topology->domain_count; i++)
		if (text_names_equal(topology->domains[i], subject))
			return court->elsewhere[i];
	return court->all_elsewhere;
}

/*
 * Names: a service whose name nobody gave and nothing confirmed
 */

/* The names the documents themselves use are as good as given. */
static bool is_documented(const struct topology *topology, enum service service)
{
	static const char *const labels[SERVICE_COUNT] = {
		[SERVICE_ACCESS] = "sip",
		[SERVICE_WEBCONF] = "webcon",
		[SERVICE_AV] = "av",
		[SERVICE_XMPP] = "xmpp",
	};
	const char *name = topology->names[service];
	size_t length = strlen(labels[service]);

	return strncmp(name, labels[service], length) == 0 &&
	       name[length] == '.';
}

/* Whether the Access Edge's certificate speaks of the name. */
static bool is_in_access_san(const struct court *court, const char *name)
{
	const struct deployment *deployment = court->deployment;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];
		const struct observation *seen;
		const char *entry;

		if (target->listener != LISTENER_ACCESS)
			continue;
		seen = deployment_seen(deployment, target, "sip", NULL);
		if (seen && certificate_covers(court->arena, seen, name,
					       &entry) == COVER_EXACT)
			return true;
	}
	return false;
}

/* Whether a relay answered at any address of the guessed A/V name. */
static bool is_relay(const struct court *court)
{
	const struct deployment *deployment = court->deployment;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];
		const struct observation *seen = NULL;

		if (target->listener == LISTENER_AV_UDP)
			seen = deployment_seen(deployment, target,
					       "msturn-allocate", NULL);
		else if (target->listener == LISTENER_AV_TCP)
			seen = deployment_seen(deployment, target,
					       "msturn-allocate-tcp", NULL);
		if (seen && observation_flag(seen, "turn.cookie"))
			return true;
	}
	return false;
}

static bool is_confirmed(const struct court *court, enum service service)
{
	const struct topology *topology = court->deployment->topology;

	if (!topology->names[service] || !topology->name_guessed[service] ||
	    is_documented(topology, service))
		return true;
	return service == SERVICE_AV
		       ? is_relay(court)
		       : is_in_access_san(court, topology->names[service]);
}

static const char *unknown_name(const struct court *court, enum service service)
{
	const struct topology *topology = court->deployment->topology;
	const char *name = topology->names[service];

	if (!topology->domain_count)
		return "no SIP domain is known, so there is nowhere to look";
	if (name)
		return arena_format(court->arena,
				    "%s was guessed, and nothing confirms that "
				    "it is the %s Edge: name it with --%s NAME",
				    name, service_title(service),
				    service_name(service));
	return arena_format(court->arena,
			    "the name of the %s Edge is not known: give it "
			    "with --%s NAME",
			    service_title(service), service_name(service));
}

/*
 * One row in one place
 */

static enum state clamp(enum severity severity, enum state state)
{
	bool is_bad = state == STATE_WRONG || state == STATE_BLOCKED;

	return is_bad && severity != SEVERITY_MUST ? STATE_WARN : state;
}

void court_judge_place(struct court *court, const struct inquiry *inquiry)
{
	const struct requirement *requirement = court->requirement;
	struct opinion opinion = {.state = STATE_UNOBSERVED};
	struct verdict *verdict;

	if (!court_is_elsewhere(court, inquiry->subject))
		court->predicate->judge(inquiry, &opinion);
	else
		opine(inquiry, &opinion, STATE_NA, NULL,
		      "%s is hosted in Microsoft 365", inquiry->subject);
	place_excuse(inquiry, &opinion);
	verdict = court_add(court, inquiry->node, inquiry->subject);
	verdict->state = clamp(requirement->severity, opinion.state);
	verdict->because = opinion.because;
	verdict->cause = opinion.cause;
	verdict->where = opinion.where;
	verdict->observations = opinion.observations;
	verdict->observation_count = opinion.observation_count;
	verdict->needed = requirement->severity != SEVERITY_INFO &&
			  !opinion.could_not && opinion.state != STATE_NA;
	if (opinion.because && court->applicability.derived)
		verdict->because = arena_format(court->arena, "%s (row %s)",
						opinion.because,
						court->applicability.because);
	if (!*verdict->source && opinion.observation_count)
		verdict->source = opinion.observations[0]->source;
}

static void add_na(struct court *court, const char *because)
{
	struct verdict *verdict = court_add(court, "-", "-");

	verdict->state = STATE_NA;
	verdict->because = because;
}

static void not_findable(struct court *court, const char *subject,
			 const char *because, const char *cause)
{
	struct verdict *verdict = court_add(court, "-", subject);

	verdict->because = because;
	verdict->cause = cause;
}

static const char *unknown_cause(enum service service)
{
	if (service == SERVICE_WEBCONF)
		return "webconf.name-unknown";
	return service == SERVICE_AV ? "av.name-unknown" : NULL;
}

/*
 * Rows about listeners: once a node, and once a name there
 */

static uint32_t listeners_of(const struct requirement *requirement)
{
	uint32_t set = 0;
	const char *list = requirement->judging->listener;

	for (unsigned i = 0; i < LISTENER_COUNT; i++) {
		const char *key = listener_table[i].key;
		const char *at = strstr(list, key);
		size_t length = strlen(key);

		if (at && (at == list || at[-1] == ',') &&
		    (at[length] == ',' || at[length] == '\0'))
			set |= 1u << i;
	}
	return set;
}

static bool is_node_of_file(const struct topology *topology, const char *name)
{
	for (size_t i = 0; i < topology->node_count; i++)
		if (!topology->nodes[i].is_vip &&
		    strcmp(topology->nodes[i].name, name) == 0)
			return true;
	return false;
}

/*
 * With a load balancer, names lead to the VIP; from outside, only A/V
 * clients talk to the Edge Servers themselves (hlb.av-direct-after-setup).
 */
static bool is_in_place(const struct court *court, const struct target *target)
{
	const struct topology *topology = court->deployment->topology;
	enum service service = listener_table[target->listener].service;
	bool is_inside = listener_is_inside(target->listener);
	bool is_node;

	if (topology->kind != KIND_SCALED_HLB)
		return true;
	is_node = is_node_of_file(topology, target->node);
	switch (court->requirement->place) {
	case PLACE_NODE:
		return is_node;
	case PLACE_VIP:
		return !is_node;
	case PLACE_ANY:
		break;
	}
	return is_inside || !is_node || service == SERVICE_AV;
}

/* The targets of one node, and with by_name of one name there. */
struct group {
	const struct target *first;
	const struct target **targets;
	size_t count, capacity;
};

struct groups {
	struct group *items;
	size_t count, capacity;
	bool by_name;
};

static bool belongs(const struct groups *groups, const struct target *one,
		    const struct target *other)
{
	if (strcmp(one->node, other->node) != 0)
		return false;
	return !groups->by_name || text_names_equal(one->name, other->name);
}

static void add_to_groups(struct court *court, struct groups *groups,
			  const struct target *target)
{
	struct group *group = NULL;

	for (size_t i = 0; i < groups->count && !group; i++)
		if (belongs(groups, groups->items[i].first, target))
			group = &groups->items[i];
	if (!group) {
		groups->items =
			arena_grow(court->arena, groups->items, groups->count,
				   &groups->capacity, sizeof(*groups->items));
		group = &groups->items[groups->count++];
		*group = (struct group){.first = target};
	}
	group->targets = arena_grow(court->arena, group->targets, group->count,
				    &group->capacity, sizeof(*group->targets));
	group->targets[group->count++] = target;
}

static void judge_group(struct court *court, const struct group *group)
{
	const struct topology *topology = court->deployment->topology;
	const char *subject = court->requirement->judging->subject;
	struct inquiry inquiry = {
		.arena = court->arena,
		.deployment = court->deployment,
		.requirement = court->requirement,
		.node = group->first->node,
		.subject = "-",
		.targets = group->targets,
		.target_count = group->count,
	};

	bool every = strcmp(subject, "every-domain") == 0;

	if (!every && strcmp(subject, "sip-domain") != 0) {
		if (strcmp(subject, "name") == 0)
			inquiry.subject = group->first->name;
		court_judge_place(court, &inquiry);
		return;
	}
	/* "sip-n": each SIP domain after the first */
	for (size_t i = every ? 0 : 1; i < topology->domain_count; i++) {
		inquiry.subject = topology->domains[i];
		court_judge_place(court, &inquiry);
	}
}

/* The internal interface has a name of its own, and perhaps no VIP. */
static void no_target_inside(struct court *court)
{
	const struct deployment *deployment = court->deployment;
	const struct topology *topology = deployment->topology;

	if (court->requirement->place == PLACE_VIP && topology->file)
		add_na(court, "the load balancer has no internal address in "
			      "the file, and needs none");
	else if (!topology->internal_name && !deployment->inside_name_count)
		not_findable(court, "-",
			     "the internal name of the Edge is not known: name "
			     "it, or give internal-name in a topology file",
			     NULL);
	else /* the missing address is another row's matter: `needs` */
		court_add(court, "-", "-")->needed =
			court->requirement->severity != SEVERITY_INFO;
}

static void no_target_outside(struct court *court, enum service service)
{
	const struct topology *topology = court->deployment->topology;
	const char *name = topology->names[service];

	if (!name)
		not_findable(court, "-", unknown_name(court, service),
			     unknown_cause(service));
	else if (topology->kind == KIND_SCALED_HLB &&
		 court->requirement->place == PLACE_NODE)
		not_findable(court, "-",
			     "behind a load balancer, the addresses of the "
			     "Edge Servers themselves stand only in a "
			     "topology file (-t)",
			     NULL);
	else
		/* the missing address is another row's matter: `needs` */
		court_add(court, "-", "-")->needed =
			court->requirement->severity != SEVERITY_INFO &&
			strcmp(court->requirement->table, "services") != 0;
}

void court_judge_listeners(struct court *court)
{
	uint32_t listeners = listeners_of(court->requirement);
	const struct deployment *deployment = court->deployment;
	struct groups groups = {
		.by_name = strcmp(court->requirement->judging->subject,
				  "name") == 0,
	};
	enum listener first = LISTENER_ACCESS;
	enum service service;
	bool doubted = false;

	while (first < LISTENER_COUNT && !(listeners & 1u << first))
		first++;
	service = listener_table[first].service;
	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct target *target = &deployment->targets[i];

		if (!(listeners & 1u << target->listener) ||
		    !is_in_place(court, target) ||
		    (groups.by_name && !target->name))
			continue;
		if (listener_is_inside(target->listener) ||
		    is_confirmed(court,
				 listener_table[target->listener].service))
			add_to_groups(court, &groups, target);
		else
			doubted = true;
	}
	for (size_t i = 0; i < groups.count; i++)
		judge_group(court, &groups.items[i]);
	if (!groups.count && doubted)
		not_findable(court, "-", unknown_name(court, service),
			     unknown_cause(service));
	else if (!groups.count && listener_is_inside(first))
		no_target_inside(court);
	else if (!groups.count)
		no_target_outside(court, service);
}

/*
 * Rows about certificates: once each, however many nodes show it
 */

static void judge_certificate(struct court *court,
			      const struct certificate *certificate)
{
	const struct inquiry inquiry = {
		.arena = court->arena,
		.deployment = court->deployment,
		.requirement = court->requirement,
		.node = "-",
		.subject = certificate->subject,
		.certificate = certificate,
	};

	court_judge_place(court, &inquiry);
}

/* Nobody revokes what issued itself: it is trusted, or it is not. */
static void judge_own_issuer(struct court *court)
{
	add_na(court, "the certificate is its own issuer: nobody else could "
		      "revoke it");
}

static bool tells_something(const struct verdict *verdict)
{
	return verdict->state != STATE_NA &&
	       (verdict->state != STATE_UNOBSERVED || verdict->needed);
}

/*
 * What does not apply to one certificate, or cannot be seen of it, is said
 * once, and only where nothing else is (as judgement_merge() has it).
 */
static void drop_empty(struct court *court, size_t from)
{
	struct judgement *judgement = court->judgement;
	size_t kept = from;

	for (size_t i = from; i < judgement->verdict_count; i++)
		if (tells_something(judgement->verdicts[i]))
			judgement->verdicts[kept++] = judgement->verdicts[i];
	if (kept == from && judgement->verdict_count > from)
		kept++;
	judgement->verdict_count = kept;
}

void court_judge_certificates(struct court *court)
{
	uint32_t listeners = listeners_of(court->requirement);
	const struct deployment *deployment = court->deployment;
	size_t before = court->judgement->verdict_count;
	bool any = false, own = false;

	for (size_t i = 0; i < deployment->certificate_count; i++) {
		const struct certificate *one = deployment->certificates[i];

		if (!certificate_is_at(deployment, one, listeners))
			continue;
		own = own || one->is_self_issued;
		any = any || !one->is_self_issued;
		if (!one->is_self_issued)
			judge_certificate(court, one);
	}
	drop_empty(court, before);
	if (!any && own)
		judge_own_issuer(court);
	else if (!any) /* another row's matter: `needs` */
		court_add(court, "-", "-")->needed =
			court->requirement->severity != SEVERITY_INFO;
}

/*
 * Rows about DNS: once a SIP domain, or once a name
 */

void court_judge_domains(struct court *court)
{
	const struct topology *topology = court->deployment->topology;

	for (size_t i = 0; i < topology->domain_count; i++) {
		const struct inquiry inquiry = {
			.arena = court->arena,
			.deployment = court->deployment,
			.requirement = court->requirement,
			.node = "-",
			.subject = topology->domains[i],
		};

		court_judge_place(court, &inquiry);
	}
	if (!topology->domain_count)
		not_findable(court, "-",
			     "no SIP domain is known, so there is nothing to "
			     "look up",
			     NULL);
}

static bool service_is_on(const struct topology *topology, enum service service)
{
	static const enum feature features[] = {
		[SERVICE_ACCESS] = FEATURE_REMOTE_ACCESS,
		[SERVICE_WEBCONF] = FEATURE_WEBCONF,
		[SERVICE_AV] = FEATURE_AV,
	};

	return service == SERVICE_ACCESS ||
	       topology->features & FEATURE_BIT(features[service]);
}

static void judge_name(struct court *court, enum service service)
{
	const struct topology *topology = court->deployment->topology;
	const struct inquiry inquiry = {
		.arena = court->arena,
		.deployment = court->deployment,
		.requirement = court->requirement,
		.node = "-",
		.subject = topology->names[service],
	};

	if (!inquiry.subject || !is_confirmed(court, service))
		not_findable(court, service_name(service),
			     unknown_name(court, service),
			     unknown_cause(service));
	else
		court_judge_place(court, &inquiry);
}

/* Whether the row is about that service's name; without listeners, all. */
static bool is_about(const struct requirement *requirement,
		     enum service service)
{
	uint32_t listeners = listeners_of(requirement);

	for (unsigned i = 0; i < LISTENER_COUNT; i++)
		if (listeners & 1u << i && listener_table[i].service == service)
			return true;
	return !listeners;
}

void court_judge_names(struct court *court)
{
	const struct topology *topology = court->deployment->topology;

	for (unsigned i = SERVICE_ACCESS; i <= SERVICE_AV; i++) {
		enum service service = (enum service)i;

		if (is_about(court->requirement, service) &&
		    service_is_on(topology, service))
			judge_name(court, service);
	}
}

/* The names that the Edge Servers have inside. */
void court_judge_inside_names(struct court *court)
{
	const struct deployment *deployment = court->deployment;
	const char *const *names = deployment->inside_names;
	size_t count = deployment->inside_name_count;

	if (!count && deployment->topology->internal_name) {
		names = &deployment->topology->internal_name;
		count = 1;
	}
	for (size_t i = 0; i < count; i++) {
		const struct inquiry inquiry = {
			.arena = court->arena,
			.deployment = deployment,
			.requirement = court->requirement,
			.node = "-",
			.subject = names[i],
		};

		court_judge_place(court, &inquiry);
	}
	if (!count)
		no_target_inside(court);
}
