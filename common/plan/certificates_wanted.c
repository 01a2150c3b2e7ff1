#include "common/plan/certificates_wanted.h"

#include "common/base/text.h"
#include "common/model/requirement.h"
#include "common/plan/applicability.h"
#include "common/plan/records.h"

static bool applies(struct arena *arena, const struct topology *topology,
		    const char *id)
{
	return applicability_of(arena, requirement_find(id), topology).applies;
}

static void add(struct certificate_wanted *wanted, const char *name)
{
	for (size_t i = 0; i < wanted->name_count; i++)
		if (text_names_equal(wanted->names[i], name))
			return;
	if (wanted->name_count < CERTIFICATE_NAMES_MAX)
		wanted->names[wanted->name_count++] = name;
}

/* Order: cert.ext.san.sip, .webcon, .sip-n */
static struct certificate_wanted external(struct arena *arena,
					  const struct topology *topology)
{
	struct certificate_wanted wanted = {
		.part = "external",
		.purpose = "Access Edge, Web Conferencing Edge and the A/V "
			   "authentication service; the same with its key on "
			   "every Edge Server",
		.types = "AccessEdgeExternal,DataEdgeExternal,"
			 "AudioVideoAuthentication",
		.subject = topology->names[SERVICE_ACCESS],
	};

	add(&wanted, topology->names[SERVICE_ACCESS]);
	if (applies(arena, topology, "cert.ext.san.webcon"))
		add(&wanted, topology->names[SERVICE_WEBCONF]);
	for (size_t i = 0; i < topology->domain_count; i++)
		add(&wanted,
		    access_name_in(arena, topology, topology->domains[i]));
	return wanted;
}

static struct certificate_wanted internal(const struct topology *topology)
{
	return (struct certificate_wanted){
		.part = "internal",
		.purpose = "the internal interface of every Edge Server, from "
			   "any CA that the servers inside trust",
		.types = "Internal",
		.subject = topology->internal_name,
	};
}

/*
 * All external names, and those of XMPP; the bare domain is what partners
 * that follow RFC 6120 look for.
 */
static struct certificate_wanted xmpp(struct arena *arena,
				      const struct topology *topology)
{
	struct certificate_wanted wanted = external(arena, topology);

	wanted.part = "xmpp";
	wanted.purpose = "the external certificate, with the names of XMPP: "
			 "request this one instead of the external one";
	for (size_t i = 0; i < topology->domain_count; i++) {
		const char *domain = topology->domains[i];

		add(&wanted, domain);
		add(&wanted, arena_format(arena, "xmpp.%s", domain));
		add(&wanted, arena_format(arena, "*.%s", domain));
	}
	return wanted;
}

size_t certificates_wanted(struct arena *arena, const struct topology *topology,
			   struct certificate_wanted *wanted)
{
	size_t count = 0;

	wanted[count++] = external(arena, topology);
	if (topology->internal_name)
		wanted[count++] = internal(topology);
	if (applies(arena, topology, "cert.xmpp.san.xmpp"))
		wanted[count++] = xmpp(arena, topology);
	return count;
}
