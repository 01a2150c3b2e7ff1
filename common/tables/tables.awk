# tables.awk - the requirement tables (TSV) as C arrays, for requirement.c.
#
#   LC_ALL=C awk -f common/tables/tables.awk common/tables/*.tsv > tables.inc
#
# Plain POSIX awk. One row is one struct requirement; judging.tsv says how it
# is settled. What is wrong with a table ends the build with FILE:LINE.

BEGIN {
	FS = "\t"

	words("KIND", "single-nat single-public scaled-dnslb-nat" \
	      " scaled-dnslb-public scaled-hlb")
	words("PRODUCT", "lync2010 lync2013 sfb2015 sfb2019 sfbse")
	words("SEVERITY", "must should info")
	words("SETTLE", "probe plan manual reference")
	words("VANTAGE", "outside inside edge-host pcap plan")
	words("LISTENER", "access federation webconf av-tcp av-udp xmpp" \
	      " int-sip int-mras int-psom int-xmpp int-av-udp int-av-tcp" \
	      " int-https int-log-1 int-log-2 int-log-3")
	words("SUBJECT", "- sip-domain every-domain name inside-name" \
	      " certificate web-domain web-host web-site errand host")
	words("AREA", "dns certificates access federation webconf av xmpp" \
	      " web exposure place revocation topology")
	words("FEATURE", "remote-access webconf av federation pic pic-wlm" \
	      " xmpp cls edge-to-edge-media multi-edge-pool" \
	      " multi-sip-domain legacy-clients exchange-um exum-2007" \
	      " exum-2010 exum-2010-rtm fed-ocs2007 fed-ocs2007r2" \
	      " fed-lync2010 fed-lync2013 fed-sfb2015 fed-o365 mobility" \
	      " push ha single-ip per-role ipv6 ipsec hybrid rcc cac" \
	      " app-sharing file-transfer collocated-mediation fe-hlb-only" \
	      " fe-dnslb")

	# Where check_at of certificates and rules is done from.
	split("dns outside tls outside probe outside http outside" \
	      " host edge-host pcap pcap plan plan", pair, " ")
	for (i = 1; i in pair; i += 2)
		place_of[pair[i]] = pair[i + 1]

	columns["certificates"] = "id seed section component kind value" \
		" order severity topologies versions required_when check_at" \
		" how note"
	columns["client-ports"] = "id seed row component devices transport" \
		" protocol port_first port_last configurable min_ports" \
		" required_when edge_flow purpose verify_from verify_how note"
	columns["dns"] = "id record seed table row zone type name port" \
		" target target_role n_single_nat n_single_public" \
		" n_scaled_dnslb_nat n_scaled_dnslb_public n_scaled_hlb per" \
		" required required_when versions example verify_from" \
		" verify_how note"
	columns["example-addresses"] = "id seed scenario node adapter" \
		" service addressing address rank default_gateway note"
	columns["firewall"] = "id flow seed table row topologies versions" \
		" interface role protocol transport port_first port_last" \
		" source destination any_ok direction required_when" \
		" when_only note verify_from verify_mode verify_how"
	columns["hlb-ports"] = "id seed table row mode balancer transport" \
		" protocol port_first port_last required_when service" \
		" verify_from verify_how note"
	columns["ip-requirements"] = "id seed table row servers lb ip_model" \
		" node_ips vip_ips total_ips formula note"
	columns["ipsec-exceptions"] = "id seed row rule_name source" \
		" destination transport source_ports destination_ports" \
		" authentication edge_relevant verify_from verify_how note"
	columns["judging"] = "key settle probe predicate needs subject" \
		" vantage listener when finding"
	columns["rules"] = "id seed section origin severity topologies" \
		" versions applies_when check_at statement how"
	columns["server-ports"] = "id seed row role service transport" \
		" protocol port_first port_last requirement side" \
		" edge_relevant versions verify_from verify_how note"
	columns["services"] = "id section area severity topologies" \
		" versions applies_when check_at statement how"
	columns["topologies"] = "id seed name lb addressing nat nodes_min" \
		" nodes_max ha extra_dns_records session_failover" \
		" federation_failover note"

	words("PARTY", "any access-edge webcon-edge av-edge" \
	      " access-edge-public webcon-edge-public av-edge-public" \
	      " edge-internal each-edge-internal xmpp-proxy hlb-vip-access" \
	      " hlb-vip-webcon hlb-vip-av hlb-vip-internal frontend" \
	      " each-frontend frontend-pool frontend-pool-vip director" \
	      " director-pool director-pool-vip cms-frontend" \
	      " cms-frontend-pool sba sbs federation-partner pic-partner" \
	      " wlm-client client")

	say["any"] = "any address"
	say["access-edge"] = "the Access Edge"
	say["webcon-edge"] = "the Web Conferencing Edge"
	say["av-edge"] = "the A/V Edge"
	say["access-edge-public"] = "the public address of the Access Edge"
	say["webcon-edge-public"] = \
		"the public address of the Web Conferencing Edge"
	say["av-edge-public"] = "the public address of the A/V Edge"
	say["edge-internal"] = "the internal address of the Edge"
	say["each-edge-internal"] = "the internal address of every Edge"
	say["xmpp-proxy"] = "the XMPP proxy"
	say["hlb-vip-access"] = "the Access VIP"
	say["hlb-vip-webcon"] = "the Web Conferencing VIP"
	say["hlb-vip-av"] = "the A/V VIP"
	say["hlb-vip-internal"] = "the internal VIP"
	say["frontend"] = "Front End Servers"
	say["each-frontend"] = "every Front End Server"
	say["frontend-pool"] = "the Front End pool"
	say["frontend-pool-vip"] = "the VIP of the Front End pool"
	say["director"] = "Directors"
	say["director-pool"] = "the Director pool"
	say["director-pool-vip"] = "the VIP of the Director pool"
	say["cms-frontend"] = "the Front End with the Central Management store"
	say["cms-frontend-pool"] = "the pool with the Central Management store"
	say["sba"] = "branch appliances"
	say["sbs"] = "branch servers"
	say["federation-partner"] = "federation partners"
	say["pic-partner"] = "public IM partners"
	say["wlm-client"] = "Windows Live Messenger clients"
	say["client"] = "clients"
}

function words(noun, list,    i, n, part)
{
	n = split(list, part, " ")
	for (i = 1; i <= n; i++)
		known[noun, part[i]] = 1
}

function fail(why)
{
	printf "%s:%d: %s\n", FILENAME, FNR, why > "/dev/stderr"
	failed = 1
	exit 1
}

function cell(name)
{
	if (!((table, name) in position))
		fail("no column " name)
	return $(position[table, name])
}

function check(noun, token, name)
{
	if (!((noun, token) in known))
		fail("unknown " name " '" token "'")
}

# KIND_SCALED_HLB of "KIND" and "scaled-hlb"
function constant(noun, token)
{
	token = toupper(token)
	gsub(/-/, "_", token)
	return noun "_" token
}

# "1u << A | 1u << B" of a list in a cell; "all" takes every word.
function bits(noun, list, name,    i, n, part, text)
{
	if (list == "-")
		return "0"
	n = split(list, part, ",")
	for (i = 1; i <= n; i++) {
		if (part[i] == "all")
			return "(1u << " noun "_COUNT) - 1"
		check(noun, part[i], name)
		text = text (i > 1 ? " | " : "") "1u << " \
			constant(noun, part[i])
	}
	return text
}

function check_condition(text,    i, n, part)
{
	if (text == "always")
		return
	n = split(text, part, /[,+]/)
	for (i = 1; i <= n; i++)
		check("FEATURE", part[i], "condition")
}

function quote(text)
{
	if (text ~ /[^ -~]/)
		fail("character outside printable ASCII")
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	return "\"" text "\""
}

function blank(text)
{
	return text == "-" ? "" : text
}

function ports(first, last)
{
	return first == last ? first : first "-" last
}

function clause(text)
{
	sub(/;.*/, "", text)
	return text
}

function roles(list,    i, n, part, text)
{
	n = split(list, part, ",")
	for (i = 1; i <= n; i++) {
		if (!(part[i] in say))
			fail("unknown address role '" part[i] "'")
		text = text (i == 1 ? "" : i == n ? " or " : ", ") say[part[i]]
	}
	return text
}

function vantages(list,    i, n, part, text)
{
	n = split(list, part, ",")
	for (i = 1; i <= n; i++)
		if (part[i] in place_of && \
		    index("," text ",", "," place_of[part[i]] ",") == 0)
			text = text (text == "" ? "" : ",") place_of[part[i]]
	return text == "" ? "-" : text
}

function begin_table(    i, n, part)
{
	table = FILENAME
	sub(/.*\//, "", table)
	sub(/\.tsv$/, "", table)
	if (!(table in columns))
		fail("a table this build does not know")
	n = split(columns[table], part, " ")
	width[table] = NF
	if (NF != n)
		fail("header has " NF " columns, not " n)
	for (i = 1; i <= n; i++) {
		if ($i != part[i])
			fail("column " i " is '" $i "', not '" part[i] "'")
		position[table, part[i]] = i
	}
}

# Adds the row that the globals r_* describe.
function add(    n)
{
	if (r_id in row_of)
		fail("id " r_id " stands in " where[r_id] " too")
	check("SEVERITY", r_severity, "severity")
	check_condition(r_when)
	n = row_count++
	row_of[r_id] = n
	where[r_id] = FILENAME ":" FNR
	id[n] = r_id
	flow[n] = blank(r_flow)
	from[n] = r_from
	line[n] = sprintf("%s, %s, %s, %s, %s, %s, %s,\n\t%s,\n\t%s,\n\t" \
			  "%s, %s, %s, %s,\n\t%s,\n\t%s,\n\t%s, %s",
			  quote(r_id), quote(flow[n]), quote(table),
			  quote(r_area), quote(r_seed), quote(r_section),
			  r_place,
			  bits("KIND", r_kinds, "topology"),
			  bits("PRODUCT", r_products, "version"),
			  quote(r_when), constant("SEVERITY", r_severity),
			  quote(r_name), quote(r_port),
			  quote(r_statement), quote(blank(r_how)),
			  quote(blank(r_note)), r_only)
}

function reset_row()
{
	r_id = cell("id")
	r_seed = table == "services" ? "-" : cell("seed")
	r_flow = "-"
	r_section = "-"
	r_place = "PLACE_ANY"
	r_only = "false"
	r_kinds = "all"
	r_products = "sfb2015,sfb2019"
	r_when = "always"
	r_severity = "must"
	r_name = ""
	r_port = ""
	r_note = "-"
	r_how = "-"
	r_from = "-"
}

function firewall_area(    role)
{
	if (cell("interface") ~ /internal/)
		return "internal"
	role = cell("role")
	if (role == "access" && cell("protocol") == "sip-mtls")
		return "federation"
	return role
}

# The columns of firewall.tsv that rules of a firewall are made of.
function passage(    n, i, part, text)
{
	text = cell("source") "," cell("destination")
	n = split(text, part, ",")
	for (i = 1; i <= n; i++)
		check("PARTY", part[i], "address role")
	n = passage_count++
	passage_row[n] = row_count
	passage_text[n] = constant("INTERFACE", cell("interface")) ", " \
		constant("TRANSPORT", cell("transport")) ", " \
		cell("port_first") ", " cell("port_last") ",\n\t" \
		quote(cell("source")) ", " quote(cell("destination")) \
		",\n\t" quote(roles(cell("source"))) ", " \
		quote(roles(cell("destination"))) ",\n\t" \
		quote(cell("protocol")) ", " \
		(cell("any_ok") == "yes" ? "true" : "false") ", " \
		(cell("direction") == "in" ? "true" : "false") ", " \
		(cell("protocol") == "rtp" ? "true" : "false")
}

function firewall(    port)
{
	passage()
	r_flow = cell("flow")
	r_section = cell("table")
	r_kinds = cell("topologies")
	r_products = cell("versions")
	r_when = cell("required_when")
	r_only = cell("when_only") == "yes" ? "true" : "false"
	r_area = firewall_area()
	r_place = cell("interface") ~ /^vip/ ? "PLACE_VIP" : "PLACE_NODE"
	port = toupper(cell("transport")) " " \
		ports(cell("port_first"), cell("port_last"))
	r_port = port
	if (cell("direction") == "in")
		r_statement = port " reaches " roles(cell("destination")) \
			" from " roles(cell("source"))
	else if (cell("protocol") == "rtp")
		r_statement = roles(cell("source")) " reaches " \
			roles(cell("destination")) " from its own ports " port
	else
		r_statement = roles(cell("source")) " reaches " \
			roles(cell("destination")) " on " port
	r_statement = r_statement ": " clause(cell("note"))
	r_how = cell("verify_how")
	r_note = cell("note")
	r_from = cell("verify_from")
}

# The columns of the tables of ports that checks of servers are made of.
function port_row(of, mode, listens,    i, n, part, text)
{
	n = split(cell("transport"), part, "+")
	for (i = 1; i <= n; i++)
		text = text (i > 1 ? " | " : "") "1u << " \
			constant("TRANSPORT", part[i])
	n = port_count++
	port_requirement[n] = row_count
	port_text[n] = quote(of) ", " quote(mode) ", " \
		quote(cell("protocol")) ", " text ", " \
		cell("port_first") ", " cell("port_last") ", " \
		(listens ? "true" : "false")
}

function server_ports()
{
	port_row(cell("role"), "", cell("side") == "listen")
	r_area = "servers"
	r_section = "Required Server Ports (by Server Role)"
	r_products = cell("versions")
	r_severity = cell("requirement") == "required" ? "must" : "info"
	r_port = toupper(cell("transport")) " " \
		ports(cell("port_first"), cell("port_last"))
	r_statement = "role " cell("role") \
		(cell("side") == "listen" ? " listens on " : " connects to ") \
		r_port " (" cell("protocol") ") for " \
		(cell("service") == "-" ? "this service" : cell("service"))
	r_how = cell("verify_how")
	r_note = cell("note")
	r_from = cell("verify_from")
}

function hlb_ports()
{
	port_row(cell("balancer"), cell("mode"), 1)
	r_area = "servers"
	r_section = cell("table")
	r_when = cell("mode") == "hlb-only" ? "fe-hlb-only" : "fe-dnslb"
	if (cell("required_when") != "always")
		r_when = r_when "+" cell("required_when")
	r_port = toupper(cell("transport")) " " \
		ports(cell("port_first"), cell("port_last"))
	r_statement = "the load balancer in front of the " \
		cell("balancer") " pool passes " r_port " (" \
		cell("protocol") ") for " cell("service")
	r_how = cell("verify_how")
	r_note = cell("note")
	r_from = cell("verify_from")
}

function client_area(edge_flow)
{
	if (edge_flow ~ /^ext\.access\.sip-mtls/)
		return "federation"
	if (edge_flow ~ /^ext\./) {
		sub(/^ext\./, "", edge_flow)
		sub(/\..*/, "", edge_flow)
		return edge_flow
	}
	return "clients"
}

function client_ports()
{
	port_row(cell("component"), "", 0)
	r_flow = cell("edge_flow")
	r_area = client_area(r_flow)
	r_section = "Required Client Ports"
	r_when = cell("required_when")
	r_port = toupper(cell("transport")) " " \
		ports(cell("port_first"), cell("port_last"))
	r_statement = cell("component") "s may use " r_port " (" \
		cell("protocol") "): " clause(cell("purpose"))
	r_how = cell("verify_how")
	r_note = cell("note")
	r_from = cell("verify_from")
}

function ipsec_exceptions()
{
	r_area = "ipsec"
	r_section = "IPsec exceptions"
	r_when = "ipsec"
	r_port = toupper(cell("transport"))
	r_statement = "IPsec rule " cell("rule_name") \
		": no authentication for " r_port " from " \
		cell("source") " to " cell("destination")
	r_how = cell("verify_how")
	r_note = cell("note")
	r_from = cell("verify_from")
}

function dns_kinds(    list)
{
	if (cell("n_single_nat") != "-")
		list = list ",single-nat"
	if (cell("n_single_public") != "-")
		list = list ",single-public"
	if (cell("n_scaled_dnslb_nat") != "-")
		list = list ",scaled-dnslb-nat"
	if (cell("n_scaled_dnslb_public") != "-")
		list = list ",scaled-dnslb-public"
	if (cell("n_scaled_hlb") != "-")
		list = list ",scaled-hlb"
	return substr(list, 2)
}

function dns_addresses(role)
{
	return role == "edge-internal" ? say[role] : \
		"the addresses of " say[role]
}

function dns()
{
	r_flow = cell("record")
	r_area = "dns"
	r_section = cell("table")
	r_kinds = dns_kinds()
	r_products = cell("versions")
	r_when = cell("required_when")
	r_name = cell("name")
	r_port = blank(cell("port"))
	r_statement = cell("zone") " DNS: " cell("type") " " cell("name") \
		" gives " (cell("type") == "SRV" ? "port " r_port " and " \
		cell("target") : dns_addresses(cell("target_role")))
	r_how = cell("verify_how")
	r_note = cell("note")
	r_from = cell("verify_from")
}

function certificate_statement(    of, value)
{
	of = cell("component") == "internal-edge" ? \
		"the internal certificate" : cell("component") == "xmpp" ? \
		"the certificate of the XMPP proxy" : "the external certificate"
	value = cell("value")
	if (cell("kind") == "sn")
		return "the subject name of " of " is " value
	if (cell("kind") == "san" && value ~ /[{*]/ && value !~ /^not-/)
		return of " lists " value " among its SAN entries"
	if (cell("kind") == "eku")
		return of " is allowed for " value
	if (cell("kind") == "assign" && value !~ /^none/)
		return of " is assigned to " value
	if (cell("kind") == "ca" && value == "public-ca")
		return of " comes from a public CA"
	if (cell("how") != "-" && \
	    (cell("kind") == "rule" || cell("note") == "-"))
		return cell("how")
	return cell("note")
}

function certificates()
{
	r_area = "certificates"
	r_section = cell("section")
	r_kinds = cell("topologies")
	r_products = cell("versions")
	r_when = cell("required_when")
	r_severity = cell("severity")
	r_name = blank(cell("value"))
	r_statement = certificate_statement()
	r_how = cell("how")
	r_note = cell("note")
	r_from = cell("component") == "internal-edge" ? "inside" : \
		vantages(cell("check_at"))
}

function rule_area(    group)
{
	group = r_id
	sub(/\..*/, "", group)
	if (group == "dns" || group == "xmpp" || group == "av" || \
	    group == "ipsec")
		return group
	if (group == "media" || r_id == "nat.edge-to-edge-av" || \
	    r_id ~ /^hlb\.(av-|no-snat-av|reply-from)/)
		return "av"
	if (group == "sip")
		return "access"
	if (r_id == "fw.only-required")
		return "exposure"
	if (group == "client")
		return "clients"
	return group == "fe" || group == "rcc" ? "servers" : "topology"
}

function rules()
{
	r_area = rule_area()
	r_section = cell("section")
	r_kinds = cell("topologies")
	r_products = cell("versions")
	r_when = cell("applies_when")
	r_severity = cell("severity")
	r_statement = cell("statement")
	r_how = cell("how")
	r_from = vantages(cell("check_at"))
	# what passes the internal load balancer is seen at its address
	if (r_id == "hlb.internal-access-av-only")
		r_place = "PLACE_VIP"
}

# What no published table demands, and edge-services.md does.
function services()
{
	check("AREA", cell("area"), "area")
	r_area = cell("area")
	# what only a load balancer can do is seen at its own addresses
	if (cell("topologies") == "scaled-hlb")
		r_place = "PLACE_VIP"
	r_section = "edge-services.md section " cell("section")
	r_kinds = cell("topologies")
	r_products = cell("versions")
	r_when = cell("applies_when")
	r_severity = cell("severity")
	r_statement = cell("statement")
	r_how = cell("how")
	r_from = vantages(cell("check_at"))
}

function topologies()
{
	r_area = "topology"
	r_section = "topology table"
	r_kinds = r_id
	r_severity = "info"
	r_statement = cell("name") ": " cell("nodes_min") " to " \
		cell("nodes_max") " nodes, load balancing " cell("lb") \
		", " cell("addressing") " addresses, NAT " cell("nat")
	r_note = cell("note")
}

function lb_kinds(lb)
{
	if (lb == "none")
		return "single-nat,single-public"
	return lb == "dns" ? "scaled-dnslb-nat,scaled-dnslb-public" : \
		"scaled-hlb"
}

function ip_requirements()
{
	r_area = "topology"
	r_section = cell("table")
	r_kinds = lb_kinds(cell("lb"))
	if (r_seed == "002")
		r_products = "lync2013"
	r_severity = "info"
	r_statement = cell("servers") " servers, load balancing " \
		cell("lb") ", addresses " cell("ip_model") ": " \
		cell("total_ips") " external addresses (" cell("node_ips") \
		" of nodes, " cell("vip_ips") " of VIPs)"
	r_note = cell("note")
}

function example_addresses()
{
	r_area = "topology"
	r_section = "sample addresses"
	r_kinds = cell("scenario") == "single" ? "single-nat,single-public" : \
		"scaled-dnslb-nat,scaled-dnslb-public,scaled-hlb"
	r_severity = "info"
	r_statement = "sample, " cell("scenario") " node " cell("node") \
		": " cell("address") " for " cell("service") " (" \
		cell("addressing") ")"
	r_note = cell("note")
}

function judging(    key, i, n, part)
{
	key = cell("key")
	if (key in judge_of)
		fail("key " key " stands in line " judge_line[judge_of[key]] \
		     " too")
	check("SETTLE", cell("settle"), "settle")
	check("SUBJECT", cell("subject"), "subject")
	if (cell("when") != "-")
		check_condition(cell("when"))
	if (cell("listener") != "-") {
		n = split(cell("listener"), part, ",")
		for (i = 1; i <= n; i++)
			check("LISTENER", part[i], "listener")
	}
	if (cell("settle") != "probe" && cell("predicate") != "-")
		fail(cell("settle") " takes no predicate")
	if ((cell("probe") == "-") != (cell("predicate") == "-"))
		fail("probe and predicate go together")
	n = judge_count++
	judge_of[key] = n
	judge_key[n] = key
	judge_line[n] = FNR
	judge_file = FILENAME
	judge_needs[n] = cell("needs")
	judge_from[n] = bits("VANTAGE", cell("vantage"), "vantage")
	judge_text[n] = quote(key) ", " constant("SETTLE", cell("settle")) \
		", " quote(cell("probe")) ", " quote(cell("predicate")) \
		",\n\t" quote(cell("needs")) ", " quote(cell("subject")) \
		", " judge_from[n] ",\n\t" quote(cell("listener")) ", " \
		quote(cell("when")) ", " quote(cell("finding"))
}

FNR == 1 {
	begin_table()
	next
}

NF != width[table] {
	fail("row has " NF " columns, the header " width[table])
}

table == "judging" {
	judging()
	next
}

{
	reset_row()
	if (table == "firewall")
		firewall()
	else if (table == "server-ports")
		server_ports()
	else if (table == "hlb-ports")
		hlb_ports()
	else if (table == "client-ports")
		client_ports()
	else if (table == "ipsec-exceptions")
		ipsec_exceptions()
	else if (table == "dns")
		dns()
	else if (table == "certificates")
		certificates()
	else if (table == "rules")
		rules()
	else if (table == "services")
		services()
	else if (table == "topologies")
		topologies()
	else if (table == "ip-requirements")
		ip_requirements()
	else
		example_addresses()
	add()
}

# The judging row with the longest key that fits the id or flow; -1: none.
function judged_by(n,    i, key, stem, best, longest)
{
	if (id[n] in judge_of)
		return judge_of[id[n]]
	if (flow[n] != "" && flow[n] in judge_of)
		return judge_of[flow[n]]
	best = -1
	longest = 0
	for (i = 0; i < judge_count; i++) {
		key = judge_key[i]
		if (key !~ /\*$/ || length(key) <= longest)
			continue
		stem = substr(key, 1, length(key) - 1)
		if (index(id[n], stem) == 1 || index(flow[n], stem) == 1) {
			best = i
			longest = length(key)
		}
	}
	return best
}

function complain(file, number, why)
{
	printf "%s:%s: %s\n", file, number, why > "/dev/stderr"
	failed = 1
}

function is_known_ground(key,    n)
{
	if (key == "-" || key in row_of)
		return 1
	for (n = 0; n < row_count; n++)
		if (flow[n] == key)
			return 1
	return 0
}

END {
	if (failed)
		exit 1
	for (n = 0; n < row_count; n++) {
		judge[n] = judged_by(n)
		if (judge[n] < 0) {
			split(where[id[n]], at, ":")
			complain(at[1], at[2], id[n] " is not in judging.tsv")
		} else
			used[judge[n]] = 1
	}
	for (i = 0; i < judge_count; i++) {
		if (!(i in used))
			complain(judge_file, judge_line[i],
				 "key " judge_key[i] " judges no requirement")
		if (!is_known_ground(judge_needs[i]))
			complain(judge_file, judge_line[i],
				 "needs " judge_needs[i] ", no id or flow")
	}
	if (failed)
		exit 1

	print "/* Made by tables.awk from common/tables; do not edit. */\n"
	print "static const struct judging judgings[] = {"
	for (i = 0; i < judge_count; i++)
		print "{" judge_text[i] "},"
	print "};\n\nstatic const struct requirement requirements[] = {"
	for (n = 0; n < row_count; n++) {
		view = judge_from[judge[n]]
		if (view == "0")
			view = bits("VANTAGE", from[n], "verify_from")
		print "{" line[n] ",\n\t" view ", &judgings[" judge[n] "]},"
	}
	print "};\n\nstatic const struct firewall_row firewall_rows[] = {"
	for (n = 0; n < passage_count; n++)
		print "{&requirements[" passage_row[n] "], " \
			passage_text[n] "},"
	print "};\n\nstatic const struct port_row port_rows[] = {"
	for (n = 0; n < port_count; n++)
		print "{&requirements[" port_requirement[n] "], " \
			port_text[n] "},"
	print "};"
}
