#!/bin/sh
# demo.sh - edgeprobe looks at a deployment that stands nowhere but here.
#
# usage: demo.sh BUILD
#
# A real DNS server (dnsmasq) and edgesim, one Edge Server pool of two nodes,
# run in a private network with no way out; edgeprobe asks them what it would
# ask your Edge. Where this machine grants no private network, the same runs
# on loopback with high ports and one node. Nothing stays behind.
#
# Succeeds when edgeprobe finds the deployment healthy (exit code 0 or 1).

set -u

build=$1
mode=${2:-outside}
sample=man/examples/contoso.conf
lab=$build/lab
resolver=192.0.2.53
processes=

say() {
	echo "demo: $*" >&2
}

# Every address of a topology, on one line.
addresses_of() {
	awk '/^(access|webconf|av|address)[ \t]*=/ && /[0-9]/ && !/[a-z]\./ {
		sub(/^[^=]*=/, ""); print }' "$1" | tr '\n' ' '
}

stop() {
	trap '' INT TERM HUP
	for process in $processes; do
		kill "$process" 2>/dev/null
	done
	wait
	[ "$mode" = loopback ] && rm -rf "$lab"
	return 0
}

# Started in the background; what it says is shown only if it fails to start.
start() {
	log=$lab/$(basename "$1").log
	"$@" >"$log" 2>&1 </dev/null &
	processes="$processes $!"
}

# Waits, 5 s at most, until FILE is there, and holds that all still run.
await() {
	tries=0
	until [ -s "$1" ]; do
		tries=$((tries + 1))
		for process in $processes; do
			kill -0 "$process" 2>/dev/null || tries=101
		done
		if [ $tries -gt 100 ]; then
			say "a server did not start:"
			cat "$lab"/*.log >&2
			exit 3
		fi
		sleep 0.05
	done
}

start_dns() {
	awk -v hosts="$lab/hosts" -v ipv6="${ENCLOSE_IPV6:-yes}" \
		-f tests/lab/zone.awk "$1" >"$lab/dnsmasq.conf"
	# Knows the zone and nothing else: no files of this machine, no
	# other server; what it does not know does not exist.
	start dnsmasq --no-daemon --conf-file="$lab/dnsmasq.conf" \
		--no-resolv --no-hosts --no-poll --address=/#/ \
		--bind-interfaces --listen-address="$2" --port="$3" \
		--local-ttl=300 --pid-file="$lab/dnsmasq.pid"
}

start_edge() {
	start "$build/edgesim" -t "$1" --ca-out "$lab/ca.pem" \
		--credentials-out "$lab/credentials" --ready-file "$lab/ready"
	await "$lab/ready"
}

probe() {
	echo "\$ edgeprobe $*"
	echo
	"$build/edgeprobe" "$@"
}

verdict() {
	[ "$1" -le 1 ] && exit 0
	say "edgeprobe ended with exit code $1; 0 or 1 was expected"
	exit "$1"
}

# Without IPv6 in this kernel the topology must not speak of it.
strip_ipv6() {
	if [ "${ENCLOSE_IPV6:-yes}" = no ]; then
		sed 's/ 2001:[0-9a-f:]*//g' "$sample"
	else
		cat "$sample"
	fi
}

run_enclosed() {
	say "a DNS server and a pool of two Edge Servers stand in a private" \
		"network"
	strip_ipv6 >"$lab/edge.conf"
	start_dns "$lab/edge.conf" "$resolver" 53
	start_edge "$lab/edge.conf"
	probe sip.contoso.com --resolver "$resolver" --ca-file "$lab/ca.pem" \
		--credentials "$lab/credentials"
}

# The first node alone, as if behind NAT: DNS gives its public addresses,
# --connect leads to where it stands here.
loopback_topology() {
	awk '/^\[edge edge2\]/ { exit }
		/^topology/ { $0 = "topology = single-nat" }
		/^(access|webconf|av) = 192/ {
			print $1 "-public = " $3
			sub(/^192.0.2/, "127.0.0", $3)
			$0 = $1 " = " $3
		}
		{ print }' "$sample"
}

# The reverse proxy, at the same place with ports of its own.
move_web() {
	sed "s/^address = .*/address = 127.0.0.40\\
https = $(($1 + 1))\\
http = $(($1 + 4))/" "$2"
}

high_ports() {
	echo "[ports]"
	echo "access = $(($1 + 1))"
	echo "federation = $(($1 + 2))"
	echo "webconf = $(($1 + 1))"
	echo "av-tcp = $(($1 + 1))"
	echo "av-udp = $(($1 + 3))"
	echo "xmpp = $(($1 + 5))"
}

web_connects() {
	for name in lyncdiscover.contoso.com lyncdiscover.fabrikam.com \
		webext.contoso.com; do
		echo "--connect $name:443:127.0.0.40:$(($1 + 1))"
	done
	for name in lyncdiscover.contoso.com lyncdiscover.fabrikam.com; do
		echo "--connect $name:80:127.0.0.40:$(($1 + 4))"
	done
}

run_on_loopback() {
	base=$((20000 + $$ % 20000))
	loopback_topology >"$lab/public.conf"
	{ move_web $base "$lab/public.conf"; high_ports $base; } \
		>"$lab/edge.conf"
	start_dns "$lab/public.conf" 127.0.0.1 $base
	start_edge "$lab/edge.conf"
	probe sip.contoso.com --resolver 127.0.0.1:$base \
		--ca-file "$lab/ca.pem" \
		--connect sip.contoso.com:443:127.0.0.10:$((base + 1)) \
		--connect sip.contoso.com:5061:127.0.0.10:$((base + 2)) \
		--connect webcon.contoso.com:443:127.0.0.20:$((base + 1)) \
		--connect av.contoso.com:443:127.0.0.30:$((base + 1)) \
		--connect av.contoso.com:3478:127.0.0.30:$((base + 3)) \
		--connect xmpp.contoso.com:5269:127.0.0.10:$((base + 5)) \
		$(web_connects $base)
}

case $mode in
outside)
	# Ctrl-C is for those inside; we wait for their end.
	trap : INT
	# Inside, files live in memory and are seen nowhere else.
	mkdir -p "$lab"
	# Words are wanted: one address each.
	# shellcheck disable=SC2046
	"$build/enclose" --dir "$lab" --client 198.51.100.9 \
		--client 2001:db8:ffff::9 \
		"$resolver" $(addresses_of "$sample") \
		-- sh "$0" "$build" inside
	code=$?
	[ $code -ne 125 ] && exit $code
	say "no private network here; loopback and high ports instead"
	exec sh "$0" "$build" loopback
	;;
loopback)
	lab=$(mktemp -d) || exit 3
	trap stop EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	run_on_loopback
	verdict $?
	;;
inside)
	trap stop EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	run_enclosed
	verdict $?
	;;
esac
