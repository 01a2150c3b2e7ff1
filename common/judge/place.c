#include "common/judge/place.h"

#include "common/base/dns_name.h"
#include "common/base/text.h"
#include "common/judge/certificate.h"
#include "common/plan/asking.h"

#include <stdio.h>
#include <string.h>

/*
 * Controls: places known to answer
 */

static bool is_control(const struct observation *seen)
{
	return strcmp(seen->probe, "control") == 0;
}

/* That it hung up later is no matter: the way there and back works. */
static bool has_answered(const struct observation *seen)
{
	return seen->outcome == OUTCOME_ANSWERED ||
	       observation_fact(seen, "tcp.rtt_us");
}

static bool is_silent(const struct observation *seen)
{
	return !has_answered(seen) && (seen->outcome == OUTCOME_NO_REPLY ||
				       seen->outcome == OUTCOME_UNREACHABLE);
}

enum sending place_sending(const struct deployment *deployment,
			   const struct endpoint *endpoint,
			   const struct observation **control)
{
	const struct observation_list *list = deployment->observations;
	enum sending sending = SENDING_UNKNOWN;

	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];
		const struct endpoint *other = &seen->endpoint;

		if (!is_control(seen) || other->port != endpoint->port ||
		    other->transport != endpoint->transport ||
		    other->address.family != endpoint->address.family ||
		    sending == SENDING_WORKS)
			continue;
		if (has_answered(seen))
			sending = SENDING_WORKS;
		else if (is_silent(seen))
			sending = SENDING_FAILS;
		else
			continue;
		if (control)
			*control = seen;
	}
	return sending;
}

/* In a rehearsal both ends speak with each other beside what is tried. */
bool place_has_answer(const struct deployment *deployment)
{
	const struct observation_list *list = deployment->observations;

	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i]->probe, "rehearsal") == 0 ||
		    (is_control(list->items[i]) &&
		     has_answered(list->items[i])))
			return true;
	return false;
}

/*
 * The way: what packets with few hops to live have shown
 */

static const struct observation *find_path(const struct deployment *deployment,
					   const struct endpoint *endpoint)
{
	const struct observation_list *list = deployment->observations;

	for (size_t i = list->count; i-- > 0;) {
		const struct observation *seen = list->items[i];

		if (strcmp(seen->probe, "path") == 0 &&
		    seen->endpoint.port == endpoint->port &&
		    seen->endpoint.transport == endpoint->transport &&
		    address_equal(&seen->endpoint.address, &endpoint->address))
			return seen;
	}
	return NULL;
}

/* Another port over TCP at the same address, to which packets got through. */
static const struct observation *
find_arrival(const struct deployment *deployment,
	     const struct endpoint *endpoint)
{
	const struct observation_list *list = deployment->observations;

	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];

		if (strcmp(seen->probe, "path") == 0 &&
		    seen->outcome == OUTCOME_ANSWERED &&
		    seen->endpoint.transport == TRANSPORT_TCP &&
		    address_equal(&seen->endpoint.address, &endpoint->address))
			return seen;
	}
	return NULL;
}

/* The router at a hop, from "HOP ADDRESS"; NULL: it kept silent. */
static const char *router_at(const struct observation *path, int64_t hop)
{
	const struct fact *fact = observation_fact(path, "path.hop");

	for (; fact; fact = fact_next(fact)) {
		unsigned number;
		int length;

		if (sscanf(fact->text, "%2u %n", &number, &length) == 1 &&
		    number == hop)
			return fact->text + length;
	}
	return NULL;
}

/* ", while TCP 443 gets through, by way of 198.51.100.1" */
static const char *beside_it(const struct inquiry *inquiry,
			     const struct observation *arrival, int64_t last)
{
	const char *next = router_at(arrival, last + 1);

	return arena_format(inquiry->arena, ", while TCP %u gets through%s%s%s",
			    arrival->endpoint.port, next ? ", by way of " : "",
			    next ? next : "", next ? " next" : "");
}

/* A router that speaks as the host itself is one that translates. */
static const char *last_place(const struct inquiry *inquiry,
			      const struct observation *path,
			      const struct endpoint *endpoint)
{
	const char *last = observation_text(path, "path.last_address");
	char own[ADDRESS_TEXT_BYTES];

	if (!last || strcmp(last, address_format(own, &endpoint->address)) != 0)
		return last;
	return arena_format(inquiry->arena, "what translates %s", last);
}

bool place_was_reached_again(const struct deployment *deployment,
			     const struct observation *lost,
			     const struct endpoint *endpoint)
{
	const struct observation *path = find_path(deployment, endpoint);

	return path && path->outcome == OUTCOME_ANSWERED &&
	       !observation_fact(lost, "tcp.rtt_us") &&
	       !observation_flag(lost, "peer.spoke");
}

const char *place_last_seen(const struct inquiry *inquiry,
			    struct opinion *opinion,
			    const struct endpoint *endpoint)
{
	const struct observation *path =
		find_path(inquiry->deployment, endpoint);
	const struct observation *arrival =
		find_arrival(inquiry->deployment, endpoint);
	int64_t last = path ? observation_number(path, "path.last_hop", 0) : 0;

	if (!path)
		return "";
	if (path->outcome == OUTCOME_ANSWERED)
		return "; tried again, it answered";
	if (path->outcome != OUTCOME_UNREACHABLE && !last)
		return arrival ? beside_it(inquiry, arrival, -1) : "";
	opinion_rest_on(inquiry, opinion, path);
	opinion_rest_on(inquiry, opinion, arrival);
	if (path->outcome == OUTCOME_UNREACHABLE)
		return arena_format(
			inquiry->arena, "; %s says so (hop %lld)%s",
			observation_text(path, "icmp.from"),
			(long long)observation_number(path, "path.rejected_hop",
						      0),
			arrival ? beside_it(inquiry, arrival, -1) : "");
	return arena_format(
		inquiry->arena, "; last seen alive at %s (hop %lld)%s",
		last_place(inquiry, path, endpoint), (long long)last,
		arrival ? beside_it(inquiry, arrival, last) : "");
}

/*
 * Names: a resolver that knows what nobody may know answers for all
 */

static const struct fact *made_up(const struct deployment *deployment)
{
	return deployment_records(deployment, ASKING_NO_NAME, DNS_A);
}

static bool is_made_up(const struct deployment *deployment, const char *address)
{
	const struct fact *fact = made_up(deployment);

	for (; fact; fact = fact_next(fact))
		if (strcmp(fact->text, address) == 0)
			return true;
	return false;
}

/* Whether all addresses of an answer are; false where it has none. */
static bool is_lie(const struct deployment *deployment,
		   const struct observation *seen)
{
	const struct fact *fact = observation_fact(seen, "dns.answer");
	bool any = false;

	for (; fact; fact = fact_next(fact)) {
		if (!is_made_up(deployment, fact->text))
			return false;
		any = true;
	}
	return any;
}

static bool is_of_controls(const struct deployment *deployment,
			   const char *name)
{
	for (size_t i = 0; i < deployment->control_count; i++) {
		const char *other = deployment->controls[i].endpoint.name;

		if (other && text_names_equal(other, name))
			return true;
	}
	return false;
}

/* Whether the same question was asked again later. */
static bool is_outdated(const struct observation_list *list, size_t index)
{
	const struct observation *seen = list->items[index];
	const char *type = observation_text(seen, "dns.type");

	for (size_t i = index + 1; i < list->count; i++) {
		const struct observation *other = list->items[i];
		const char *again = observation_text(other, "dns.type");

		if (type && again && other->endpoint.name &&
		    strcmp(type, again) == 0 &&
		    text_names_equal(other->endpoint.name, seen->endpoint.name))
			return true;
	}
	return false;
}

/* Every name has such an address, as behind a portal one must sign in to. */
static bool is_portal(const struct deployment *deployment)
{
	const struct observation_list *list = deployment->observations;
	bool any = false;

	if (!made_up(deployment))
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];

		if (strcmp(seen->probe, "dns") != 0 || !seen->endpoint.name ||
		    !observation_fact(seen, "dns.answer") ||
		    text_names_equal(seen->endpoint.name, ASKING_NO_NAME) ||
		    is_of_controls(deployment, seen->endpoint.name) ||
		    is_outdated(list, i))
			continue;
		if (!is_lie(deployment, seen))
			return false;
		any = true;
	}
	return any;
}

static bool rests_on_lie(const struct inquiry *inquiry,
			 const struct opinion *opinion)
{
	const struct deployment *deployment = inquiry->deployment;
	char text[ADDRESS_TEXT_BYTES];

	for (size_t i = 0; i < opinion->observation_count; i++) {
		const struct observation *seen = opinion->observations[i];

		if (strcmp(seen->probe, "dns") == 0
			    ? is_lie(deployment, seen)
			    : is_made_up(
				      deployment,
				      address_format(text,
						     &seen->endpoint.address)))
			return true;
	}
	return false;
}

static bool excuse_names(const struct inquiry *inquiry, struct opinion *opinion)
{
	const struct deployment *deployment = inquiry->deployment;
	const struct fact *address = made_up(deployment);

	if (!address ||
	    (!is_portal(deployment) && !rests_on_lie(inquiry, opinion)))
		return false;
	opinion_rest_on(inquiry, opinion,
			deployment_dns(deployment, ASKING_NO_NAME, DNS_A));
	opine(inquiry, opinion, STATE_UNOBSERVED, "place.portal",
	      "the resolver used here answers with %s even for names that "
	      "cannot exist, so what stands there is not the Edge",
	      address->text);
	return true;
}

/*
 * Certificates: one that nobody trusts and that a control shows as well was
 * made on the way
 */

static bool is_of_own_roots(const struct observation *seen)
{
	const char *roots = observation_text(seen, "cert.roots");

	return roots && strcmp(roots, "system") != 0;
}

static bool is_untrusted(const struct observation *seen)
{
	return certificate_is_untrusted(seen) && !is_of_own_roots(seen);
}

/* The control with that issuer's certificate; NULL: none. */
static const struct observation *
find_interception(const struct deployment *deployment, const char *issuer)
{
	const struct observation_list *list = deployment->observations;

	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];
		const char *other = observation_text(seen, "cert.issuer");

		if (is_control(seen) && other && is_untrusted(seen) &&
		    strcmp(other, issuer) == 0)
			return seen;
	}
	return NULL;
}

/* The certificate that an endpoint showed, whoever asked; NULL: none. */
static const struct observation *
certificate_at(const struct deployment *deployment,
	       const struct endpoint *endpoint)
{
	const struct observation_list *list = deployment->observations;

	for (size_t i = 0; i < list->count; i++) {
		const struct observation *seen = list->items[i];

		if (!is_control(seen) &&
		    observation_fact(seen, "cert.issuer") &&
		    seen->endpoint.port == endpoint->port &&
		    seen->endpoint.transport == endpoint->transport &&
		    address_equal(&seen->endpoint.address, &endpoint->address))
			return seen;
	}
	return NULL;
}

/* The certificate there, and the control that shows its maker as well. */
static const struct observation *
intercepted_at(const struct deployment *deployment,
	       const struct endpoint *endpoint,
	       const struct observation **control)
{
	const struct observation *shown = certificate_at(deployment, endpoint);

	*control = shown && is_untrusted(shown)
			   ? find_interception(
				     deployment,
				     observation_text(shown, "cert.issuer"))
			   : NULL;
	return *control ? shown : NULL;
}

/* TLS where none belongs, and nobody looked at its certificate. */
static bool is_tls_unread(const struct observation *seen)
{
	const char *service = observation_text(seen, "peer.service");

	return service && strcmp(service, "tls") == 0;
}

static const struct observation *
intercepted_anywhere(const struct deployment *deployment,
		     const struct observation **control)
{
	const struct observation *shown = NULL;

	for (size_t i = 0; i < deployment->target_count && !shown; i++)
		shown = intercepted_at(
			deployment, &deployment->targets[i].endpoint, control);
	return shown;
}

static const char *where_of(const struct inquiry *inquiry,
			    const struct endpoint *endpoint)
{
	char text[ENDPOINT_TEXT_BYTES];

	return arena_format(
		inquiry->arena, "%s/%s",
		endpoint_format(text, &endpoint->address, endpoint->port),
		transport_name(endpoint->transport));
}

static bool excuse_certificate(const struct inquiry *inquiry,
			       struct opinion *opinion)
{
	const struct deployment *deployment = inquiry->deployment;

	if (!deployment->control_count) /* asked of every opinion */
		return false;
	for (size_t i = 0; i < opinion->observation_count; i++) {
		const struct observation *seen = opinion->observations[i];
		const struct observation *control;
		const struct observation *shown =
			intercepted_at(deployment, &seen->endpoint, &control);

		if (!shown && is_tls_unread(seen))
			shown = intercepted_anywhere(deployment, &control);
		if (!shown)
			continue;
		opinion_rest_on(inquiry, opinion, control);
		opine(inquiry, opinion, STATE_UNOBSERVED, "place.intercepted",
		      "TLS is intercepted on the way from here: %s, which no "
		      "public root knows, issued this certificate and that of "
		      "%s",
		      observation_text(shown, "cert.issuer"), control->subject);
		opinion->where = where_of(inquiry, &seen->endpoint);
		return true;
	}
	return false;
}

/* Whether controls showed certificates that the public roots know. */
static bool is_cleared(const struct deployment *deployment)
{
	const struct observation_list *list = deployment->observations;

	for (size_t i = 0; i < list->count; i++)
		if (is_control(list->items[i]) &&
		    observation_fact(list->items[i], "cert.issuer") &&
		    !certificate_is_untrusted(list->items[i]))
			return true;
	return false;
}

/* Every listener shows the same issuer, and there are several. */
static bool is_one_issuer(const struct deployment *deployment)
{
	const char *issuer = NULL;
	size_t count = 0;

	for (size_t i = 0; i < deployment->target_count; i++) {
		const struct observation *shown = certificate_at(
			deployment, &deployment->targets[i].endpoint);
		const char *other;

		if (!shown)
			continue;
		other = observation_text(shown, "cert.issuer");
		if (is_of_own_roots(shown) ||
		    (issuer && strcmp(issuer, other) != 0))
			return false;
		issuer = other;
		count++;
	}
	return count > 1;
}

static void doubt_root(const struct inquiry *inquiry, struct opinion *opinion)
{
	if (!opinion->cause ||
	    strcmp(opinion->cause, "cert.untrusted-root") != 0 ||
	    is_cleared(inquiry->deployment) ||
	    !is_one_issuer(inquiry->deployment))
		return;
	opinion->because = arena_format(
		inquiry->arena,
		"%s (or your own network replaces certificates: --control "
		"HOST:443 tells)",
		opinion->because);
}

void place_excuse(const struct inquiry *inquiry, struct opinion *opinion)
{
	if (!opinion->because || opinion->state == STATE_NA)
		return;
	if (!excuse_names(inquiry, opinion) &&
	    !excuse_certificate(inquiry, opinion))
		doubt_root(inquiry, opinion);
}
