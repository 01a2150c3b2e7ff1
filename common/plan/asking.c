#include "common/plan/asking.h"

#include "common/base/dns_name.h"
#include "common/model/hosting.h"

void asking_name(struct plan *plan, const struct deployment *deployment,
		 const char *name, uint16_t type)
{
	const struct check_spec spec = {
		.probe = "dns",
		.endpoint = {.name = name, .transport = TRANSPORT_UDP},
		.subject = "-",
		.dns_type = type,
	};
	struct address address;

	/* an address may stand where a name is expected: it needs no DNS */
	if (dns_name_is_lawful(name) && !address_parse(name, &address))
		plan_add(deployment->arena, plan, &spec);
}

void asking_addresses(struct plan *plan, const struct deployment *deployment,
		      const char *name)
{
	/* nobody goes there: targets.c */
	if (hosting_is_cloud_name(name))
		return;
	asking_name(plan, deployment, name, DNS_A);
	asking_name(plan, deployment, name, DNS_AAAA);
}

static void ask_control(struct plan *plan, const struct deployment *deployment,
			const struct control_place *control)
{
	struct check_spec spec = {.probe = "control",
				  .endpoint = control->endpoint,
				  .subject = control->text};

	if (spec.endpoint.address.family) {
		plan_add(deployment->arena, plan, &spec);
		return;
	}
	asking_addresses(plan, deployment, spec.endpoint.name);
	for (size_t i = 0; i < 2; i++) {
		const struct fact *fact = deployment_records(
			deployment, spec.endpoint.name, i ? DNS_AAAA : DNS_A);

		if (fact && address_parse(fact->text, &spec.endpoint.address))
			plan_add(deployment->arena, plan, &spec);
	}
}

void asking_place(struct plan *plan, const struct deployment *deployment)
{
	asking_name(plan, deployment, ASKING_NO_NAME, DNS_A);
	for (size_t i = 0; i < deployment->control_count; i++)
		ask_control(plan, deployment, &deployment->controls[i]);
}
