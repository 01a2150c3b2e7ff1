# zone.awk - the DNS of a topology file, for dnsmasq.
#
# usage: awk -v hosts=FILE [-v ipv6=no] -f zone.awk TOPOLOGY > dnsmasq.conf
#
# Writes the records an administrator would publish outside: the addresses of
# the names (to FILE, in the form of /etc/hosts), SRV records of each SIP
# domain, sip.DOMAIN for further domains; for XMPP, where it is a feature,
# xmpp.DOMAIN, at the Access Edge unless told. Behind NAT the public side
# counts. With a reverse proxy, lyncdiscover.DOMAIN and the hosts of its sites.

function value(line) {
	sub(/^[^=]*=[ \t]*/, "", line)
	sub(/[ \t]+$/, "", line)
	gsub(/,/, " ", line)
	return line
}

function put_addresses(name, list, i, count, words) {
	count = split(list, words, " ")
	for (i = 1; i <= count; i++)
		if (ipv6 != "no" || words[i] !~ /:/)
			print words[i], name > hosts
}

function put_service(name, service, i, list) {
	for (i = 1; i <= nodes; i++) {
		list = address[i, service]
		if (public[i, service])
			list = public[i, service]
		if (is_vip[i] || !vips)
			put_addresses(name, list)
	}
}

/^[ \t]*(#|;|$)/ { next }

/^\[/ {
	section = $0
	gsub(/[][]/, "", section)
	if (section ~ /^(edge|vip) /)
		nodes++
	if (section ~ /^vip /)
		is_vip[nodes] = ++vips
	next
}

{
	key = $0
	sub(/[ \t]*=.*/, "", key)
	if (section == "deployment" && key == "sip-domains")
		domains = split(value($0), domain, " ")
	else if (section == "deployment" && key == "features")
		xmpp = (" " value($0) " ") ~ / xmpp /
	else if (section == "names")
		name[key] = value($0)
	else if (section == "ports")
		port[key] = value($0)
	else if (section == "web" && key == "address")
		web = value($0)
	else if (section == "web" && key !~ /^https?$/)
		site[host_of(value($0))]
	else if (section ~ /^(edge|vip) / && key == "xmpp") {
		address[nodes, key] = value($0)
		has_xmpp = 1
	} else if (section ~ /^(edge|vip) / && key ~ /-public$/)
		public[nodes, substr(key, 1, length(key) - 7)] = value($0)
	else if (section ~ /^(edge|vip) /)
		address[nodes, key] = value($0)
}

# "meet.contoso.com" of "https://meet.contoso.com/join"
function host_of(url) {
	sub(/^https:\/\//, "", url)
	sub(/[:\/].*/, "", url)
	return url
}

# Where there is a reverse proxy: lyncdiscover of every domain, and its sites.
function put_web(i, host) {
	for (host in site)
		put_addresses(host, web)
	for (i = 1; i <= domains; i++)
		put_addresses("lyncdiscover." domain[i], web)
}

function put_srv(name, target, port) {
	printf "srv-host=%s,%s,%d,0,0\n", name, target, port
}

BEGIN {
	label["access"] = "sip"
	label["webconf"] = "webcon"
	label["av"] = "av"
	port["access"] = 443
	port["federation"] = 5061
	port["xmpp"] = 5269
}

END {
	for (service in label)
		if (!name[service])
			name[service] = label[service] "." domain[1]
	printf "" > hosts
	print "addn-hosts=" hosts
	for (service in name)
		put_service(name[service], service)
	put_web()
	for (i = 1; i <= domains; i++) {
		sip = "sip." domain[i]
		if (sip != name["access"])
			put_service(sip, "access")
		put_srv("_sip._tls." domain[i], sip, port["access"])
		put_srv("_sipfederationtls._tcp." domain[i], sip,
			port["federation"])
		if (xmpp) {
			put_service("xmpp." domain[i],
				    has_xmpp ? "xmpp" : "access")
			put_srv("_xmpp-server._tcp." domain[i],
				"xmpp." domain[i], port["xmpp"])
		}
	}
}
