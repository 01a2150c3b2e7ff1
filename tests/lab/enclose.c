/*
 * enclose - runs a command in a private network with no way out.
 *
 * usage: enclose --dir DIRECTORY [--client ADDRESS]... [ADDRESS...]
 *                -- COMMAND [ARGUMENT...]
 *
 * Makes network, mount and process namespaces (and a user namespace where
 * root is not at hand), brings up loopback with the addresses given, mounts
 * an empty file system in memory on DIRECTORY and runs the command there as
 * root of the namespace. When the command ends, or this program does, however
 * it does, the kernel ends every process inside and forgets the network and
 * the files: nothing has to be cleaned up.
 *
 * What is sent to an ADDRESS comes from the --client address of its family,
 * as if the two were different hosts.
 *
 * The exit code is the command's; 125 when there can be no namespace here.
 * The command's environment says what could not be had: ENCLOSE_IPV6=no where
 * the kernel has no IPv6, and such addresses were skipped; ENCLOSE_PROC=no
 * where /proc is still that of outside.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_NO_NAMESPACE 125
#define ROUTE_TRIES	  500 /* a millisecond each */
#define NAMESPACES	  (CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID)

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "enclose: %s: %s\n", what, strerror(errno));
	exit(EXIT_NO_NAMESPACE);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fail(path);
	close(fd);
}

/* Our own user becomes root inside, and nobody else exists. */
static void map_user(uid_t uid, gid_t gid)
{
	char text[64];

	write_file("/proc/self/setgroups", "deny");
	snprintf(text, sizeof(text), "0 %u 1", (unsigned)uid);
	write_file("/proc/self/uid_map", text);
	snprintf(text, sizeof(text), "0 %u 1", (unsigned)gid);
	write_file("/proc/self/gid_map", text);
}

/* Root may still lack the capability, in a container for one. */
static void leave_world(void)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (uid == 0 && unshare(NAMESPACES) == 0)
		return;
	if (unshare(CLONE_NEWUSER | NAMESPACES) < 0)
		fail("no private network namespace");
	map_user(uid, gid);
}

static void mount_files(const char *directory)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		fail("cannot make mounts private");
	if (mount("edgeprobe", directory, "tmpfs", MS_NOSUID | MS_NODEV,
		  "mode=755,size=64m") < 0)
		fail(directory);
}

static void raise_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		fail("cannot bring up loopback");
	close(fd);
}

/* One message to the kernel about addresses or routes. */
struct request {
	struct nlmsghdr header;
	uint8_t body[256];
};

static void add_part(struct request *request, const void *data, size_t length)
{
	size_t offset = NLMSG_ALIGN(request->header.nlmsg_len);

	memcpy((uint8_t *)request + offset, data, length);
	request->header.nlmsg_len = (uint32_t)(offset + length);
}

static void add_attribute(struct request *request, unsigned short type,
			  const void *data, size_t length)
{
	const struct rtattr attribute = {
		.rta_type = type,
		.rta_len = (unsigned short)RTA_LENGTH(length),
	};

	add_part(request, &attribute, sizeof(attribute));
	add_part(request, data, length);
}

static struct request begin_request(uint16_t type, uint16_t flags)
{
	return (struct request){
		.header = {.nlmsg_len = sizeof(struct nlmsghdr),
			   .nlmsg_type = type,
			   .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_ACK |
						     flags)}};
}

/* Returns 0 or the errno with which the kernel refused. */
static int kernel_ask(const struct request *request)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		uint8_t rest[1024];
	} reply = {.error.error = -EIO};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || send(fd, request, request->header.nlmsg_len, 0) < 0 ||
	    recv(fd, &reply, sizeof(reply), 0) < 0)
		fail("netlink");
	close(fd);
	return -reply.error.error;
}

struct address {
	uint8_t family;
	uint8_t length;
	uint8_t bytes[16];
};

static struct address read_address(const char *text)
{
	bool six = strchr(text, ':');
	struct address address = {.family = six ? AF_INET6 : AF_INET,
				  .length = six ? 16 : 4};

	if (inet_pton(address.family, text, address.bytes) != 1) {
		errno = EINVAL;
		fail(text);
	}
	return address;
}

/* False when this kernel has no such family of addresses. */
static bool add_address(const char *text)
{
	struct address address = read_address(text);
	struct request request =
		begin_request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	const struct ifaddrmsg message = {
		.ifa_family = address.family,
		.ifa_prefixlen = (uint8_t)(address.length * 8),
		.ifa_flags = IFA_F_PERMANENT | IFA_F_NODAD,
		.ifa_index = if_nametoindex("lo"),
	};
	int error;

	add_part(&request, &message, sizeof(message));
	add_attribute(&request, IFA_LOCAL, address.bytes, address.length);
	error = kernel_ask(&request);
	if (address.family == AF_INET6 &&
	    (error == EOPNOTSUPP || error == EAFNOSUPPORT || error == EACCES))
		return false;
	if (error && error != EEXIST) {
		errno = error;
		fail(text);
	}
	return true;
}

static struct request route_request(uint16_t type, uint16_t flags,
				    const struct address *to)
{
	struct request request = begin_request(type, flags);
	const struct rtmsg message = {
		.rtm_family = to->family,
		.rtm_dst_len = (uint8_t)(to->length * 8),
		.rtm_table = RT_TABLE_LOCAL,
		.rtm_protocol =
			type == RTM_DELROUTE ? RTPROT_UNSPEC : RTPROT_BOOT,
		.rtm_scope = RT_SCOPE_HOST,
		.rtm_type = RTN_LOCAL,
	};
	uint32_t loopback = if_nametoindex("lo");

	add_part(&request, &message, sizeof(message));
	add_attribute(&request, RTA_DST, to->bytes, to->length);
	add_attribute(&request, RTA_OIF, &loopback, sizeof(loopback));
	return request;
}

/*
 * The kernel's own route gives an address of this host itself as source.
 * Without the other source the lab only looks less like the world, so a
 * refusal is no failure.
 */
static void look_from(const char *client, const char *address)
{
	struct address from = read_address(client);
	struct address to = read_address(address);
	struct request request;

	if (from.family != to.family)
		return;
	/* IPv6: the kernel makes its route a moment after the address */
	for (int tries = 0; tries < ROUTE_TRIES; tries++) {
		request = route_request(RTM_DELROUTE, 0, &to);
		if (kernel_ask(&request) != ESRCH)
			break;
		usleep(1000);
	}
	request = route_request(RTM_NEWROUTE, NLM_F_CREATE, &to);
	add_attribute(&request, RTA_PREFSRC, from.bytes, from.length);
	kernel_ask(&request);
}

/* The addresses of the command line, up to "--"; where that stands. */
static int add_addresses(char **arguments, int at)
{
	const char *clients[2];
	size_t count = 0;

	for (; arguments[at] && strcmp(arguments[at], "--") != 0; at++) {
		bool is_client = strcmp(arguments[at], "--client") == 0;

		if (is_client && (count == 2 || !arguments[++at])) {
			errno = EINVAL;
			fail("--client");
		}
		if (!add_address(arguments[at])) {
			setenv("ENCLOSE_IPV6", "no", 1);
			continue;
		}
		if (is_client)
			clients[count++] = arguments[at];
		for (size_t i = 0; !is_client && i < count; i++)
			look_from(clients[i], arguments[at]);
	}
	return at;
}

static int exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Waits for one process and reaps all others on the way. */
static int wait_for(pid_t process)
{
	int status;
	pid_t ended;

	do {
		ended = wait(&status);
	} while (ended != process && (ended >= 0 || errno == EINTR));
	return ended == process ? exit_code(status) : EXIT_NO_NAMESPACE;
}

static pid_t init_process;

/* All inside ends with process 1 of the namespace. */
static void end_inside(int signal_number)
{
	(void)signal_number;
	if (init_process > 0)
		kill(init_process, SIGKILL);
}

/*
 * Process 1 inside: the kernel shields it from signals that have no handler,
 * so it must not be the command itself, which Ctrl-C has to reach.
 */
static _Noreturn void be_init(char **command)
{
	pid_t child;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  NULL) < 0)
		setenv("ENCLOSE_PROC", "no", 1);
	child = fork();
	if (child < 0)
		fail("fork");
	if (child == 0) {
		execvp(command[0], command);
		fail(command[0]);
	}
	_exit(wait_for(child));
}

int main(int argc, char **argv)
{
	int at;
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction end = {.sa_handler = end_inside};

	if (argc < 5 || strcmp(argv[1], "--dir") != 0) {
		fprintf(stderr, "usage: enclose --dir DIRECTORY "
				"[--client ADDRESS]... [ADDRESS...] "
				"-- COMMAND [ARGUMENT...]\n");
		return EXIT_NO_NAMESPACE;
	}
	leave_world();
	mount_files(argv[2]);
	raise_loopback();
	at = add_addresses(argv, 3);
	if (at + 1 >= argc) {
		errno = EINVAL;
		fail("no command");
	}

	init_process = fork();
	if (init_process < 0)
		fail("fork");
	if (init_process == 0)
		be_init(argv + at + 1);

	/* The command decides what Ctrl-C means; we only see it through. */
	sigaction(SIGINT, &ignore, NULL);
	sigaction(SIGQUIT, &ignore, NULL);
	sigaction(SIGTERM, &end, NULL);
	sigaction(SIGHUP, &end, NULL);
	return wait_for(init_process);
}
