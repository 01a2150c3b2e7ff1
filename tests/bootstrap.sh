#!/bin/sh
# bootstrap.sh - what is needed from Debian: looks, says, asks, installs.
#
# usage: bootstrap.sh FLAGS.mk WANTED...     (build, demo, lab, check, bench,
#                                              soak)
#        bootstrap.sh --install PACKAGE...   (as root; used by itself)
#
# What is missing is shown as one apt line. BOOTSTRAP=yes or CI=true answers
# the question that is else put on the terminal. FLAGS.mk receives the
# compiler's flags of the libraries and is touched only when they changed.

set -eu

# Who needs it, how to see that it is there, its name, Debian's package.
# A server among the packages does not start: see install_packages.
needs() {
	cat <<-END
		build command pkg-config pkg-config
		build library libevent_core libevent-dev
		build library libevent_extra libevent-dev
		build library libevent_openssl libevent-dev
		build library libcares libc-ares-dev
		build library libcurl libcurl4-openssl-dev
		build library openssl libssl-dev
		build library jansson libjansson-dev
		build library inih libinih-dev
		build library expat libexpat1-dev
		build library libzip libzip-dev
		demo command dnsmasq dnsmasq-base
		bench command dnsmasq dnsmasq-base
		bench command python3 python3
		bench command ip iproute2
		bench command dig bind9-dnsutils
		bench command openssl openssl
		bench command curl curl
		bench command turnserver coturn
		bench command sslscan sslscan
		soak command python3 python3
		soak command nft nftables
		soak command ip iproute2
		soak command nsd nsd
		soak command openssl openssl
		lab command python3 python3
		lab command tmux tmux
		lab command nft nftables
		lab command ip iproute2
		lab command nsd nsd
		lab command dig bind9-dnsutils
		lab command openssl openssl
		check command dnsmasq dnsmasq-base
		check command nsd nsd
		check command dig bind9-dnsutils
		check command prosody prosody
		check command kamailio kamailio
		check file kamailio/modules/tls.so kamailio-tls-modules
		check command haproxy haproxy
		check command nginx nginx-light
		check command turnserver coturn
		check command tshark tshark
		check command tmux tmux
		check library nice libnice-dev
		check command nft nftables
		check command ip iproute2
		check command python3 python3
		check command openssl openssl
		check command curl curl
		check command jq jq
		check command mandoc mandoc
		check command clang clang
		check command clang-format clang-format
		check library cmocka libcmocka-dev
	END
}

LIBRARIES="libevent_core libevent_extra libevent_openssl libcares libcurl"
LIBRARIES="$LIBRARIES openssl jansson inih expat libzip"
POLICY=${BOOTSTRAP_POLICY:-/usr/sbin/policy-rc.d} # elsewhere in tests
MARK="# made by edgeprobe's bootstrap, process"
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

is_there() {
	case $1 in
	command) command -v "$2" >/dev/null ;;
	library) pkg-config --exists "$2" 2>/dev/null ;;
	file) ls /usr/lib/*/"$2" >/dev/null 2>&1 ;;
	esac
}

# The missing packages of the wanted sets, each once, on one line.
missing_packages() {
	needs | while read -r set how what package; do
		case " $* " in
		*" $set "*) is_there "$how" "$what" || echo "$package" ;;
		esac
	done | sort -u | tr '\n' ' ' | sed 's/ $//'
}

# A policy left behind by a killed bootstrap is ours to replace; any other
# belongs to the machine.
stale_policy() {
	pid=$(sed -n "s/^$MARK //p" "$POLICY")
	[ -n "$pid" ] && ! kill -0 "$pid" 2>/dev/null
}

refuse_service_start() {
	if [ -e "$POLICY" ] && ! stale_policy; then
		return 0
	fi
	trap 'rm -f "$POLICY"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	printf '#!/bin/sh\n%s %d\nexit 101\n' "$MARK" $$ >"$POLICY"
	chmod 755 "$POLICY"
}

apt_install() {
	apt-get install -y --no-install-recommends \
		-o DPkg::Lock::Timeout=120 "$@" </dev/null
}

# The lists may be absent (a fresh container) or too old to fetch by.
install_packages() {
	export DEBIAN_FRONTEND=noninteractive
	refuse_service_start
	if ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
		apt-get update </dev/null
		apt_install "$@"
	else
		apt_install "$@" || { apt-get update </dev/null &&
			apt_install "$@"; }
	fi
}

say() {
	echo "bootstrap: $*" >&2
}

# Yes by variable, by an answer on a terminal, or no.
agreed() {
	[ "${BOOTSTRAP:-}" = yes ] && return 0
	[ "${BOOTSTRAP:-}" != no ] && [ "${CI:-}" = true ] && return 0
	if [ -t 0 ]; then
		exec 3<&0
	elif ! { [ -t 2 ] && : </dev/tty; } 2>/dev/null; then
		say "not a terminal: run the line above, or say BOOTSTRAP=yes"
		return 1
	else
		exec 3</dev/tty
	fi
	printf 'bootstrap: run this now? [y/N] ' >&2
	read -r answer <&3 || answer=
	case $answer in
	[yY] | [yY][eE][sS]) return 0 ;;
	esac
	say "nothing was installed"
	return 1
}

# How to become root: nothing, sudo, or not at all.
become_root() {
	[ "$(id -u)" = 0 ] && return 0
	command -v sudo >/dev/null || return 1
	sudo -n true 2>/dev/null && echo "sudo -n" && return 0
	[ -t 2 ] && [ "${CI:-}" != true ] && echo sudo
}

bootstrap() {
	packages=$(missing_packages "$@")
	[ -z "$packages" ] && return 0
	say "these Debian packages are missing ($*):"
	line="apt-get install --no-install-recommends $packages"
	[ "$(id -u)" = 0 ] || line="sudo $line"
	echo "$line" >&2
	if ! command -v apt-get >/dev/null; then
		say "no apt-get here: install the like of these by other means"
		return 1
	fi
	if ! root=$(become_root); then
		say "no right to install (not root, no sudo):" \
			"have the line above run, then make again"
		return 1
	fi
	agreed || return 1
	# Words are wanted: "sudo -n", and one package each.
	# shellcheck disable=SC2086
	$root sh "$0" --install $packages >&2 || {
		say "apt-get failed; nothing more was done"
		return 1
	}
	packages=$(missing_packages "$@")
	[ -z "$packages" ] && return 0
	say "still missing after the installation: $packages"
	return 1
}

# shellcheck disable=SC2086
flags() {
	echo "PACKAGE_CFLAGS := $(pkg-config --cflags $LIBRARIES)"
	echo "PACKAGE_LIBS := $(pkg-config --libs $LIBRARIES)"
	echo "NICE_CFLAGS := $(pkg-config --cflags nice 2>/dev/null |
		sed 's/-I/-isystem /g')"
	echo "NICE_LIBS := $(pkg-config --libs nice 2>/dev/null)"
	echo "CMOCKA_LIBS := $(pkg-config --libs cmocka 2>/dev/null)"
}

if [ "$1" = --install ]; then
	shift
	install_packages "$@"
	exit
fi

makefile=$1
shift
bootstrap "$@" || exit 1
mkdir -p "$(dirname "$makefile")"
flags >"$makefile.new"
if cmp -s "$makefile.new" "$makefile" 2>/dev/null; then
	rm -f "$makefile.new"
else
	mv "$makefile.new" "$makefile"
fi
