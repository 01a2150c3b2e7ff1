/*
 * registry.h - the probes by their files; probe.h has the table of them.
 */
#ifndef PROBES_REGISTRY_H
#define PROBES_REGISTRY_H

#include "probes/probe.h"

extern const struct probe dns_probe;
extern const struct probe dns_compare_probe;
extern const struct probe sip_probe;
extern const struct probe sip_partner_probe;
extern const struct probe without_sni_probe;
extern const struct probe tls_versions_probe;
extern const struct probe webconf_probe;
extern const struct probe tls_probe;
extern const struct probe msturn_allocate_probe;
extern const struct probe msturn_allocate_tcp_probe;
extern const struct probe msturn_relay_probe;
extern const struct probe msturn_relay_tcp_probe;
extern const struct probe msturn_pair_probe;
extern const struct probe turn_relay_probe;
extern const struct probe turn_relay_tcp_probe;
extern const struct probe mras_probe;
extern const struct probe xmpp_probe;
extern const struct probe exposure_probe;
extern const struct probe recognise_sip_probe;
extern const struct probe recognise_av_probe;
extern const struct probe recognise_turn_probe;
extern const struct probe soak_probe;
extern const struct probe vip_spread_probe;
extern const struct probe vip_spread_av_probe;
extern const struct probe lyncdiscover_probe;
extern const struct probe lyncdiscover_user_probe;
extern const struct probe web_page_probe;
extern const struct probe path_probe;
extern const struct probe control_probe;
extern const struct probe crl_probe;
extern const struct probe ocsp_probe;
extern const struct probe issuer_probe;
extern const struct probe rehearsal_probe; /* declares facts; never runs */
extern const struct probe port_probe;
extern const struct probe port_sip_probe;
extern const struct probe port_rpc_probe;
extern const struct probe port_http_probe;
extern const struct probe port_https_probe;
extern const struct probe port_udp_probe;
extern const struct probe host_probe;
extern const struct probe port_dns_probe;
extern const struct probe port_dns_tcp_probe;

#endif
