#include "probes/registry.h"

#include <string.h>

const struct probe *const probe_table[] = {
	&dns_probe,
	&dns_compare_probe,
	&sip_probe,
	&sip_partner_probe,
	&without_sni_probe,
	&tls_versions_probe,
	&webconf_probe,
	&tls_probe,
	&msturn_allocate_probe,
	&msturn_allocate_tcp_probe,
	&msturn_relay_probe,
	&msturn_relay_tcp_probe,
	&msturn_pair_probe,
	&turn_relay_probe,
	&turn_relay_tcp_probe,
	&mras_probe,
	&xmpp_probe,
	&exposure_probe,
	&recognise_sip_probe,
	&recognise_av_probe,
	&recognise_turn_probe,
	&soak_probe,
	&vip_spread_probe,
	&vip_spread_av_probe,
	&lyncdiscover_probe,
	&lyncdiscover_user_probe,
	&web_page_probe,
	&path_probe,
	&control_probe,
	&crl_probe,
	&ocsp_probe,
	&issuer_probe,
	&rehearsal_probe,
	&port_probe,
	&port_sip_probe,
	&port_rpc_probe,
	&port_http_probe,
	&port_https_probe,
	&port_udp_probe,
	&host_probe,
	&port_dns_probe,
	&port_dns_tcp_probe,
};

const size_t probe_count = sizeof(probe_table) / sizeof(probe_table[0]);

const struct probe *probe_find(const char *name)
{
	for (size_t i = 0; i < probe_count; i++) {
		if (strcmp(probe_table[i]->name, name) == 0)
			return probe_table[i];
	}
	return NULL;
}
