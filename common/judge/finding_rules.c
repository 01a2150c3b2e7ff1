#include "common/judge/findings.h"

#include <string.h>

#define FIREWALL   "seeds 000 to 003, external port firewall summary tables"
#define DNS_TABLE  "seed 000, DNS records for Edge Server scenarios"
#define CERT_TABLE "seed 000, Required certificates table"
#define XMPP	   "edge-services.md section 8.3"
#define SERVICES   "edge-services.md, field failures"

#define DIG_SRV "dig +short SRV _sip._tls.DOMAIN (or _sipfederationtls._tcp)"
#define DIG_A	"dig +short A NAME; dig +short AAAA NAME"
#define S_CLIENT                                                               \
	"openssl s_client -connect ADDRESS:443 -servername NAME -showcerts"
#define S_CLIENT_XMPP                                                          \
	"openssl s_client -connect ADDRESS:5269 -starttls xmpp-server "        \
	"-xmpphost DOMAIN -servername DOMAIN -showcerts"
#define S_CLIENT_NAMES                                                         \
	"openssl s_client -connect ADDRESS:443 -servername NAME </dev/null | " \
	"openssl x509 -noout -subject -ext subjectAltName"

/* Order: what others rest on comes first. */
const struct finding_rule finding_rules[] = {
	{"dns.no-resolver", "no resolver answers for names of this deployment",
	 "without DNS nothing else can be looked at, from here or by clients "
	 "that use the same resolvers",
	 "dig SRV _sip._tls.DOMAIN @RESOLVER",
	 "mend the name servers or resolvers that do not answer for {subject}, "
	 "or choose others with --resolver",
	 "edge-services.md section 11.1"},
	{"dns.sip-tls-required", "the sign-in record _sip._tls is missing",
	 "clients outside find the Access Edge by this SRV record only",
	 "dig +short SRV _sip._tls.DOMAIN",
	 "publish in external DNS for {subject}: _sip._tls SRV, port 443, "
	 "pointing to the Access Edge name",
	 "rule dns.sip-tls-required; seed 000"},
	{"dns.sipfed-discovery",
	 "the federation record _sipfederationtls._tcp is missing",
	 "partners, mobile push and Microsoft 365 discover the Edge by this "
	 "SRV record only",
	 "dig +short SRV _sipfederationtls._tcp.DOMAIN",
	 "publish in external DNS for {subject}: _sipfederationtls._tcp SRV, "
	 "port 5061, pointing to the Access Edge name",
	 "rule dns.sipfed-discovery; seed 000"},
	{"dns.srv-target-unknown", "an SRV record points to a missing host",
	 "clients read the record and then have no address to connect to",
	 DIG_SRV "; then dig +short A TARGET",
	 "create the host record that the SRV record of {subject} points to, "
	 "or point it to the Access Edge name",
	 DNS_TABLE},
	{"dns.access-unknown", "the Access Edge name has no address",
	 "every service begins with SIP at the Access Edge", DIG_A,
	 "create the A record of the Access Edge for {subject} in external DNS",
	 DNS_TABLE},
	{"dns.webconf-unknown", "the Web Conferencing name has no address",
	 "people join meetings and see no shared content", DIG_A,
	 "create the A record {subject} in external DNS, with the addresses of "
	 "the Web Conferencing Edge",
	 DNS_TABLE},
	{"dns.av-unknown", "the A/V name has no address",
	 "calls from outside have no relay", DIG_A,
	 "create the A record {subject} in external DNS, with the addresses of "
	 "the A/V Edge",
	 DNS_TABLE},
	{"dns.no-private-outside", "external DNS gives a private address",
	 "nobody on the Internet can route to it", DIG_A,
	 "publish for {subject} the public side of the address mapping, not "
	 "the address of the interface",
	 "rule dns.no-private-outside; seed 000"},
	{"dns.scaled-one-a-per-node", "a node is missing in a DNS record",
	 "clients try each address of a name; a node that is not there serves "
	 "nobody and cannot take over",
	 DIG_A,
	 "give {subject} in external DNS the address of every node of the pool",
	 "rule dns.scaled-one-a-per-node; seed 000"},
	{"dns.stray-address", "a DNS record gives an address of no node",
	 "clients that try it wait for a time-out, or reach another server",
	 DIG_A,
	 "remove the stale address from {subject} in external DNS, or add the "
	 "node to the topology file",
	 DNS_TABLE},
	{"dns.ipv6-dead", "DNS gives IPv6 addresses at which nothing answers",
	 "clients try them first and lose time; those with IPv6 alone are shut "
	 "out",
	 "dig +short AAAA NAME; nc -6 -vz NAME 443",
	 "enable IPv6 on the Edge Server and in the firewall for {where}, or "
	 "remove the AAAA records from external DNS",
	 "edge-services.md section 11.7, EF-44"},
	{"dns.hlb-one-a-per-vip",
	 "names behind a load balancer give more than the VIP",
	 "clients that connect to a node directly pass the load balancer by",
	 DIG_A, "leave the address of the VIP alone in {subject}",
	 "rule dns.hlb-one-a-per-vip; seed 000"},
	{"dns.srv-same-domain", "an SRV record points outside its SIP domain",
	 "federation partners refuse such a record; clients ask people whether "
	 "they trust the server",
	 DIG_SRV,
	 "point the SRV records of {subject} to a host directly below the "
	 "domain, and add that name to the certificate",
	 "rule dns.srv-same-domain; Advanced Edge Server DNS planning"},
	{"dns.srv-port", "an SRV record names an unusual port",
	 "partners and firewalls expect 443 for sign-in and 5061 for "
	 "federation",
	 DIG_SRV, "put the published port into the SRV record of {subject}",
	 DNS_TABLE},
	{"dns.srv-alias", "an SRV record points to an alias",
	 "RFC 2782 asks for a host; some peers do not follow the alias",
	 "dig TARGET and look for CNAME",
	 "point the SRV record of {subject} to a host record, not to a CNAME",
	 "RFC 2782"},
	{"dns.srv-several", "a federation record names several hosts",
	 "partners use only the best record: the others are no failover",
	 "dig +short SRV _sipfederationtls._tcp.DOMAIN",
	 "leave one target in the federation record of {subject} and give it "
	 "the address of every node",
	 "rule dns.srv-selection; Load balancing requirements"},
	{"dns.cloud", "records lead to Microsoft 365",
	 "the domain is not served by an Edge Server, or only half of it is",
	 DIG_SRV,
	 "while users are on your own servers, point all SIP records of "
	 "{subject} to the Access Edge",
	 "edge-services.md section 11.5"},
	{"dns.cloud-split", "records lead half to Microsoft 365",
	 "sign-in or federation of one half of the users goes to the wrong "
	 "place (diagnostic 1017)",
	 DIG_SRV,
	 "point both SRV records of {subject} to the Access Edge while users "
	 "are on your own servers, and both to Microsoft 365 afterwards",
	 "edge-services.md section 11.5, EF-20"},
	{"xmpp.srv-per-domain", "the XMPP record is missing",
	 "XMPP partners find the domain by it",
	 "dig +short SRV _xmpp-server._tcp.DOMAIN",
	 "publish _xmpp-server._tcp SRV, port 5269, for {subject}",
	 "rule xmpp.srv-per-domain; seed 000"},
	{"pool.max-12", "the pool has more than 12 Edge Servers",
	 "13 to 20 servers are neither tested nor supported", DIG_A,
	 "split {subject} into several Edge pools of at most 12 servers",
	 "rule pool.max-12; seed 000"},

	{"net.silence", "no address answers on any port",
	 "either nothing of the Edge can be reached, or this place cannot send "
	 "there: silence does not tell which",
	 "nc -vz ADDRESS 443, here and from another network",
	 "look from another network first; if it is silent there too, open the "
	 "external firewall and check the routes and NAT for {where}",
	 "product.md decision 18"},
	{"node.dead", "a node answers on no port at all",
	 "clients lose time on it; with a single node everybody is shut out",
	 "nc -vz ADDRESS 443; nc -vz ADDRESS 5061",
	 "start the Edge Server at {where}, or open the firewall in front of "
	 "it; until then take its addresses out of external DNS",
	 FIREWALL},
	{"access.blocked", "the Access Edge does not answer on TCP 443",
	 "nobody signs in through this address", "nc -vz ADDRESS 443",
	 "allow any address to reach {where}, and see that the Access Edge "
	 "service runs",
	 FIREWALL},
	{"access.wrong-service", "another server answers as Access Edge",
	 "DNS, NAT or the load balancer sends sign-in to the wrong machine",
	 S_CLIENT "; then type an OPTIONS request",
	 "correct the DNS record or the address mapping of {where}: something "
	 "other than the Access Edge answers there",
	 SERVICES},
	{"access.no-sip-answer", "TLS answers at the Access Edge, SIP does not",
	 "a load balancer without a live server, or a service that hangs",
	 S_CLIENT "; then type an OPTIONS request",
	 "restart the Access Edge service at {where} and look at its event "
	 "log; check that the load balancer has live members",
	 SERVICES},
	{"access.next-hop-dead", "the Edge does not reach its next hop",
	 "the Access Edge only passes SIP on: without the Director or Front "
	 "End behind it nobody signs in",
	 "on the Edge Server: Test-NetConnection NEXTHOP -Port 5061",
	 "open TCP 5061 between the internal interface of the Edge at {where} "
	 "and the Front End or Director pool, both ways; check its hosts file "
	 "or DNS for the pool, and the internal certificate",
	 "edge-services.md section 4.5, EF-16"},
	{"access.domain-unknown", "the Edge does not serve a SIP domain",
	 "people of that domain cannot sign in",
	 "edgeprobe -v DOMAIN: REGISTER of that domain alone",
	 "add the SIP domain to the topology, publish it, and check that its "
	 "users are enabled ({where})",
	 "edge-services.md section 4.5"},
	{"access.kerberos-only", "sign-in from outside asks for Kerberos only",
	 "people outside reach no domain controller and have no ticket",
	 S_CLIENT "; then type a REGISTER request",
	 "allow NTLM or certificate authentication (TLS-DSK) in the proxy "
	 "settings of the pool behind {where}",
	 "edge-services.md section 4.8"},
	{"access.forbidden", "access from outside is refused",
	 "remote access is disabled, or a policy forbids it",
	 "Get-CsAccessEdgeConfiguration; Get-CsExternalAccessPolicy",
	 "enable remote user access on the Access Edge at {where} and in the "
	 "external access policy",
	 "edge-services.md section 4.5"},
	{"access.loop", "SIP requests run in a loop",
	 "the Edge and its next hop point at each other",
	 "look for 482 or 483 in the trace of the Edge Server",
	 "check the next hop of the Edge at {where} and the DNS it uses for "
	 "the pool",
	 "edge-services.md section 4.5"},
	{"access.server-error", "the SIP server fails", "nobody signs in",
	 "look at the event log of the Edge Server",
	 "look at the event log of the Edge Server at {where}: it answers 500",
	 "edge-services.md section 4.5"},
	{"access.busy", "the SIP server is starting or overloaded",
	 "sign-in fails for a while", "run edgeprobe again in a few minutes",
	 "look at the load and at the services of the pool behind {where}",
	 "edge-services.md section 4.5"},
	{"access.open-registrar", "a registrar answers that takes anybody",
	 "no Edge Server accepts an anonymous REGISTER",
	 S_CLIENT "; then type a REGISTER request",
	 "check what stands at {where}: it is not an Edge Server",
	 "edge-services.md section 4.5"},
	{"access.odd-answer", "the Access Edge gives an unusual answer",
	 "a middlebox may change SIP on the way",
	 S_CLIENT "; then type a REGISTER request",
	 "look at what stands in front of {where}",
	 "edge-services.md section 4.5"},

	{"cert.expired", "the external certificate has expired",
	 "clients and partners refuse it", S_CLIENT_NAMES " -dates",
	 "renew the external certificate, import it with its key on every "
	 "Edge Server, assign it to all external services and restart them "
	 "({where})",
	 "edge-services.md section 13.1 C18, EF-07"},
	{"cert.not-yet-valid", "the external certificate is not valid yet",
	 "clients and partners refuse it; or a clock is wrong",
	 S_CLIENT_NAMES " -dates",
	 "check the clocks, or assign a certificate that is valid now "
	 "({where})",
	 "edge-services.md section 13.1 C18"},
	{"cert.untrusted-root", "the certificate comes from no public CA",
	 "phones, guests, partners and Microsoft 365 do not trust a private "
	 "root",
	 S_CLIENT,
	 "replace the external certificate by one of a public CA ({where})",
	 "certificate row cert.ext.ca.public; seed 000"},
	{"cert.chain-incomplete", "the server does not send the intermediate",
	 "Windows fetches the missing certificate; phones, gateways and many "
	 "partners do not, and fail",
	 S_CLIENT " and count the certificates",
	 "install the CA's intermediate in the computer store Intermediate "
	 "Certification Authorities of the Edge Server and restart its "
	 "services ({where})",
	 "edge-services.md section 13.1 C19, EF-08"},
	{"cert.chain-broken", "the certificate chain does not hold",
	 "clients and partners refuse it", S_CLIENT,
	 "reissue the external certificate and install its whole chain "
	 "({where})",
	 "edge-services.md section 10.2"},
	{"cert.no-server-auth", "the certificate is not meant for servers",
	 "clients refuse a certificate without serverAuth",
	 S_CLIENT_NAMES " -ext extendedKeyUsage",
	 "reissue the external certificate with server authentication "
	 "({where})",
	 "edge-services.md section 13.1 C11"},
	{"cert.weak-key", "the key of the certificate is too short",
	 "public CAs and current clients refuse RSA below 2048 bits", S_CLIENT,
	 "reissue the external certificate with an RSA key of 2048 bits or "
	 "more ({where})",
	 "edge-services.md section 13.1 C14"},
	{"cert.weak-signature", "the certificate is signed with an old digest",
	 "SHA-1 and MD5 signatures are not trusted any more", S_CLIENT,
	 "reissue the external certificate with a SHA-256 signature ({where})",
	 "edge-services.md section 13.1 C15"},
	{"cert.pss-signature", "the certificate is signed with RSASSA-PSS",
	 "the product does not support it: sign-in and forwarding fail",
	 S_CLIENT,
	 "reissue the external certificate with a PKCS #1 v1.5 or ECDSA "
	 "signature ({where})",
	 "edge-services.md section 13.1 C16"},
	{"cert.ext.assign.access",
	 "the Access Edge shows an unexpected certificate",
	 "443 and 5061 share one external certificate; another one means "
	 "another server or a half-made renewal",
	 S_CLIENT_NAMES,
	 "assign the external certificate to the Access Edge service at "
	 "{where} and restart it; check the address mapping",
	 CERT_TABLE},
	{"cert.ext.assign.webconf",
	 "the Web Conferencing Edge shows an unexpected certificate",
	 "another server answers, or the certificate was not assigned",
	 S_CLIENT_NAMES,
	 "assign the external certificate to the Web Conferencing Edge service "
	 "at {where} and restart it; check the address mapping",
	 CERT_TABLE},
	{"cert.ext.san.sip", "the Access Edge name is not in the certificate",
	 "clients and partners compare SAN with the name they connected to and "
	 "refuse",
	 S_CLIENT_NAMES,
	 "reissue the external certificate with {subject} among its SAN "
	 "entries, or correct the record that names {subject}",
	 "certificate row cert.ext.san.sip; seed 000"},
	{"cert.ext.san.webcon",
	 "the Web Conferencing name is not in the certificate",
	 "people join meetings and see no shared content", S_CLIENT_NAMES,
	 "reissue the external certificate with {subject} among its SAN "
	 "entries",
	 "certificate row cert.ext.san.webcon; seed 000"},
	{"cert.ext.san.sip-n", "a SIP domain is not in the certificate",
	 "people of that domain cannot sign in, and its partners refuse",
	 S_CLIENT_NAMES,
	 "reissue the external certificate with the sip. name of {subject} "
	 "among its SAN entries",
	 "certificate row cert.ext.san.sip-n; seed 000"},
	{"cert.dns-match", "the certificate does not name the host asked for",
	 "whoever connects by that name refuses the certificate",
	 S_CLIENT_NAMES,
	 "reissue the external certificate with {subject} among its SAN "
	 "entries, or correct the record that leads to {where}",
	 "certificate row cert.dns-match; seed 000"},
	{"cert.lost-name", "the certificate names a host that DNS lacks",
	 "a service was renamed, or its record forgotten", DIG_A,
	 "create the missing record in external DNS, or leave the name out of "
	 "the next certificate ({where})",
	 "certificate row cert.dns-match; seed 000"},
	{"cert.wildcard", "a name is covered by a wildcard only",
	 "the external Edge is not among the roles that support wildcards, and "
	 "federation partners refuse them",
	 S_CLIENT_NAMES, "add {subject} to the SAN entries by its own name",
	 "edge-services.md section 13.1 C9"},
	{"cert.ext.sn", "the subject name is not the Access Edge name",
	 "old partners and clients look at the subject name", S_CLIENT_NAMES,
	 "give the next external certificate the Access Edge name as its "
	 "subject name ({where})",
	 "certificate row cert.ext.sn; seed 000"},
	{"cert.pool.same-cert-key", "one node shows another certificate",
	 "the nodes of a pool share one certificate and key; A/V credentials "
	 "issued by one must be good at the others",
	 S_CLIENT_NAMES " for each address",
	 "import the pool's external certificate with its key on the node at "
	 "{where} and assign it",
	 "certificate row cert.pool.same-cert-key; seed 000"},
	{"cert.expires-soon", "the external certificate expires soon",
	 "clients and partners refuse it from that day on",
	 S_CLIENT_NAMES " -dates",
	 "renew the external certificate now and roll it out to every Edge "
	 "Server ({where})",
	 "edge-services.md section 13.1 C18"},
	{"tls.old-version", "the server has no TLS 1.2",
	 "current clients and Microsoft 365 refuse older versions",
	 "openssl s_client -tls1_2 -connect ADDRESS:443",
	 "update the Edge Server at {where} and enable TLS 1.2 in Schannel",
	 "edge-services.md section 3.4, EF-11"},
	{"clock.skew", "a clock is wrong by more than five minutes",
	 "NTLM, Kerberos and relay credentials fail when clocks differ",
	 "compare the Date header of a SIP answer with date -u",
	 "set the time, the zone and NTP of the servers behind {where}; check "
	 "the clock of this place as well",
	 "edge-services.md section 4.4, EF-27"},

	{"federation.blocked", "the Access Edge does not answer on TCP 5061",
	 "partners, public IM and Microsoft 365 cannot reach you",
	 "nc -vz ADDRESS 5061", "allow any address to reach {where}", FIREWALL},
	{"federation.wrong-service", "another server answers on TCP 5061",
	 "partners reach the wrong machine",
	 "openssl s_client -connect ADDRESS:5061 -servername NAME",
	 "correct the DNS record or the address mapping of {where}", SERVICES},
	{"federation.no-mutual-tls", "5061 does not ask for a certificate",
	 "federation needs mutual TLS; a device that ends TLS in front breaks "
	 "it",
	 "openssl s_client -connect ADDRESS:5061: look for Acceptable client "
	 "certificate CA names",
	 "take TLS offload or inspection away from {where}",
	 "edge-services.md section 4.10"},

	{"webconf.blocked", "the Web Conferencing Edge does not answer",
	 "people join meetings and see no shared content", "nc -vz ADDRESS 443",
	 "allow any address to reach {where}, and see that the Web "
	 "Conferencing Edge service runs",
	 FIREWALL},
	{"webconf.wrong-service",
	 "another server answers as Web Conferencing Edge",
	 "the name or the address mapping leads to the wrong service", S_CLIENT,
	 "correct the DNS record or the address mapping of {where}", SERVICES},
	{"webconf.closes", "the Web Conferencing Edge hangs up at once",
	 "perhaps no Front End stands behind it; a real one waits in silence",
	 S_CLIENT "; it should stay open",
	 "see that the Front End pool can connect to port 8057 of the Edge at "
	 "{where}",
	 "edge-services.md section 5"},
	{"webconf.name-unknown", "the Web Conferencing name is not known",
	 "it stands in no SRV record, so it must be told or guessed", DIG_A,
	 "name it: edgeprobe --webconf NAME", "product.md section 4"},

	{"av.blocked", "the A/V Edge does not answer at all",
	 "calls from outside have no media",
	 "nc -vz ADDRESS 443; nc -vzu ADDRESS 3478",
	 "allow any address to reach {where}, and see that the A/V Edge "
	 "service runs",
	 FIREWALL},
	{"av.udp-blocked", "the A/V Edge answers on TCP 443, not on UDP 3478",
	 "media falls back to TCP, and Edge to Edge media fails",
	 "edgeprobe --only msturn-allocate NAME",
	 "allow UDP 3478 in both directions between any address and {where}",
	 FIREWALL},
	{"av.tcp-blocked", "the A/V Edge answers on UDP 3478, not on TCP 443",
	 "clients behind strict firewalls have no media; desktop sharing and "
	 "file transfer need TCP",
	 "edgeprobe --only msturn-allocate-tcp NAME",
	 "allow any address to reach {where}", FIREWALL},
	{"av.real-tls", "real TLS answers at the A/V address",
	 "the A/V Edge speaks no TLS: addresses are swapped, or a TLS proxy "
	 "sits in front, and TURN over TCP cannot work",
	 "openssl s_client -connect ADDRESS:443 shows a certificate",
	 "exempt {where} from TLS proxy and load balancer offload, or correct "
	 "DNS and NAT so that it leads to the A/V Edge",
	 "product.md decision 13; EF-30"},
	{"av.standard-turn", "another TURN server answers as A/V Edge",
	 "clients of the product need its own dialect",
	 "edgeprobe -v NAME: the answer lacks the Magic Cookie",
	 "correct the DNS record or the address mapping of {where}: a TURN "
	 "server of another make answers there",
	 "product.md decision 14"},
	{"av.wrong-service", "another server answers as A/V Edge",
	 "DNS or NAT leads to the wrong machine",
	 "edgeprobe -v NAME: what its first bytes are",
	 "correct the DNS record or the address mapping of {where}", SERVICES},
	{"av.alternate-private", "the relay names a private address",
	 "calls connect and then have no sound: the server does not know its "
	 "public address",
	 "edgeprobe -v NAME: turn.alternate_server",
	 "set the NAT-enabled public address of the A/V Edge in the topology "
	 "and publish it ({where})",
	 "EF-28; rule nat.symmetric-only"},
	{"av.reply-elsewhere", "answers come from an address not asked",
	 "clients drop them; a load balancer must not rewrite A/V",
	 "tcpdump udp port 3478",
	 "let replies leave from the address that was asked: take source NAT "
	 "off A/V at {where}",
	 "rule hlb.reply-from-target; seed 002"},
	{"av.odd-answer", "the relay gives an unusual answer",
	 "a relay asks strangers for credentials with 401",
	 "edgeprobe -v NAME: turn.error_code",
	 "look at the event log of the A/V Edge at {where}", FIREWALL},
	{"av.name-unknown", "the A/V name is not known",
	 "it stands in no SRV record, so it must be told or guessed", DIG_A,
	 "name it: edgeprobe --av NAME", "product.md section 4"},

	{"xmpp.blocked", "the XMPP proxy does not answer on TCP 5269",
	 "XMPP partners cannot reach you", "nc -vz ADDRESS 5269",
	 "allow TCP 5269 from any address to {where}, and see that the XMPP "
	 "Translating Gateway Proxy service runs",
	 FIREWALL},
	{"xmpp.wrong-service", "another server answers on TCP 5269",
	 "XMPP partners reach the wrong machine", S_CLIENT_XMPP,
	 "correct the DNS record or the address mapping of {where}", XMPP},
	{"xmpp.closes", "the XMPP proxy hangs up on strangers",
	 "its list of partners may be closed to this address, or it fails",
	 S_CLIENT_XMPP,
	 "see whether allowed XMPP partners reach {where}; if not, restart the "
	 "XMPP Translating Gateway Proxy service there",
	 XMPP},
	{"xmpp.host-unknown", "the XMPP proxy does not serve a domain",
	 "partners find the server and hear that the domain is not there",
	 S_CLIENT_XMPP,
	 "enable XMPP federation for the SIP domain, or correct its record "
	 "_xmpp-server._tcp, which leads to {where}",
	 XMPP "; RFC 6120"},
	{"xmpp.gateway-dead", "the XMPP proxy does not reach its gateway",
	 "the proxy only passes on what the Front End says",
	 "on the Front End: Test-NetConnection EDGE-INTERNAL -Port 23456",
	 "open TCP 23456 from the Front End to the internal address of the "
	 "Edge at {where}, and see that the XMPP Translating Gateway runs",
	 XMPP ", 8.6"},
	{"xmpp.no-starttls", "the XMPP proxy offers no TLS",
	 "what people write travels in clear text, and partners that insist on "
	 "TLS stay away",
	 S_CLIENT_XMPP,
	 "allow TLS in the settings of the XMPP partners and assign the "
	 "certificate to the XMPP proxy ({where})",
	 XMPP ", 8.4"},
	{"xmpp.starttls-fails", "TLS of the XMPP proxy fails",
	 "no usable certificate is assigned to it", S_CLIENT_XMPP,
	 "assign the external certificate to the XMPP proxy at {where} and "
	 "restart it",
	 XMPP},
	{"xmpp.odd-answer", "the XMPP proxy gives an unusual answer",
	 "something on the way may change XMPP, or the service fails",
	 S_CLIENT_XMPP,
	 "look at the event log of {where}, and at what stands in front", XMPP},
	{"cert.xmpp.base", "the XMPP proxy shows another certificate",
	 "it shares the external certificate of the Edge Server", S_CLIENT_XMPP,
	 "assign the external certificate to the XMPP proxy at {where}",
	 CERT_TABLE},
	{"cert.xmpp.san.xmpp", "the certificate lacks a name for XMPP",
	 "partners hold it against the XMPP domain and refuse it, or fall back "
	 "to dialback",
	 S_CLIENT_XMPP " | openssl x509 -noout -ext subjectAltName",
	 "reissue the external certificate with {subject} itself among its SAN "
	 "entries; the 2015 server also takes its xmpp. and *. names",
	 "certificate rows cert.xmpp.san; edge-services.md section 8.5"},
	{"xmpp.none-in-2019", "an XMPP record is left over",
	 "the product has no XMPP any more; partners try in vain",
	 "dig +short SRV _xmpp-server._tcp.DOMAIN",
	 "remove the _xmpp-server._tcp record of {subject}",
	 "rule xmpp.none-in-2019; seed 000"},
	{"xmpp.srv-to-host", "the XMPP record leads elsewhere",
	 "XMPP partners must reach the Access Edge address",
	 "dig +short SRV _xmpp-server._tcp.DOMAIN; dig +short A TARGET",
	 "let the XMPP host of {subject} give the Access Edge addresses",
	 "rule xmpp.srv-to-host; seed 000"},
};
const size_t finding_rule_count =
	sizeof(finding_rules) / sizeof(finding_rules[0]);

const struct finding_rule *finding_rule_find(const char *id)
{
	for (size_t i = 0; i < finding_rule_count; i++)
		if (strcmp(finding_rules[i].id, id) == 0)
			return &finding_rules[i];
	return NULL;
}
