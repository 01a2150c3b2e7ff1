/*
 * host_samples.h - reports of a host as PowerShell writes them, made by hand
 * after its documentation.
 */
#ifndef TESTS_COMMON_WIRE_HOST_SAMPLES_H
#define TESTS_COMMON_WIRE_HOST_SAMPLES_H

/* An Edge Server of man/examples/single-nat.conf, by a later PowerShell. */
#define HOST_REPORT                                                            \
	"{\"Computer\":\"EDGE1\",\"Date\":\"2026-01-01T11:00:00.5000000+01:"   \
	"00\",\n"                                                              \
	"\"NetIPAddress\":["                                                   \
	"{\"InterfaceIndex\":4,\"InterfaceAlias\":\"External LAN\","           \
	"\"IPAddress\":\"10.45.16.10\",\"PrefixLength\":24,"                   \
	"\"SkipAsSource\":false},"                                             \
	"{\"InterfaceIndex\":4,\"InterfaceAlias\":\"External LAN\","           \
	"\"IPAddress\":\"10.45.16.20\",\"PrefixLength\":24,"                   \
	"\"SkipAsSource\":true},"                                              \
	"{\"InterfaceIndex\":4,\"InterfaceAlias\":\"External LAN\","           \
	"\"IPAddress\":\"10.45.16.30\",\"PrefixLength\":24,"                   \
	"\"SkipAsSource\":true},"                                              \
	"{\"InterfaceIndex\":7,\"InterfaceAlias\":\"Internal\","               \
	"\"IPAddress\":\"172.25.33.10\",\"PrefixLength\":24,"                  \
	"\"SkipAsSource\":false},"                                             \
	"{\"InterfaceIndex\":7,\"InterfaceAlias\":\"Internal\","               \
	"\"IPAddress\":\"fe80::1%7\",\"PrefixLength\":64},"                    \
	"{\"InterfaceIndex\":1,\"InterfaceAlias\":\"Loopback\","               \
	"\"IPAddress\":\"127.0.0.1\",\"PrefixLength\":8}],\n"                  \
	"\"NetRoute\":["                                                       \
	"{\"InterfaceIndex\":4,\"DestinationPrefix\":\"0.0.0.0/0\","           \
	"\"NextHop\":\"10.45.16.1\",\"RouteMetric\":256},"                     \
	"{\"InterfaceIndex\":4,\"DestinationPrefix\":\"10.45.16.0/24\","       \
	"\"NextHop\":\"0.0.0.0\",\"RouteMetric\":256},"                        \
	"{\"InterfaceIndex\":7,\"DestinationPrefix\":\"10.0.0.0/8\","          \
	"\"NextHop\":\"172.25.33.1\",\"RouteMetric\":1}],\n"                   \
	"\"PersistentNetRoute\":["                                             \
	"{\"InterfaceIndex\":4,\"DestinationPrefix\":\"0.0.0.0/0\","           \
	"\"NextHop\":\"10.45.16.1\",\"RouteMetric\":256},"                     \
	"{\"InterfaceIndex\":7,\"DestinationPrefix\":\"10.0.0.0/8\","          \
	"\"NextHop\":\"172.25.33.1\",\"RouteMetric\":1}],\n"                   \
	"\"NetIPInterface\":["                                                 \
	"{\"InterfaceIndex\":4,\"AddressFamily\":2,\"Forwarding\":2},"         \
	"{\"InterfaceIndex\":4,\"AddressFamily\":23,\"Forwarding\":0},"        \
	"{\"InterfaceIndex\":7,\"AddressFamily\":\"IPv4\","                    \
	"\"Forwarding\":\"Disabled\"}],\n"                                     \
	"\"NetTCPConnection\":["                                               \
	"{\"LocalAddress\":\"10.45.16.10\",\"LocalPort\":443,"                 \
	"\"RemoteAddress\":\"0.0.0.0\",\"RemotePort\":0,\"State\":2},"         \
	"{\"LocalAddress\":\"172.25.33.10\",\"LocalPort\":50100,"              \
	"\"RemoteAddress\":\"10.1.0.11\",\"RemotePort\":5061,"                 \
	"\"State\":\"Established\"},"                                          \
	"{\"LocalAddress\":\"10.45.16.10\",\"LocalPort\":50101,"               \
	"\"RemoteAddress\":\"203.0.113.9\",\"RemotePort\":5061,\"State\":3},"  \
	"{\"LocalAddress\":\"10.45.16.10\",\"LocalPort\":50102,"               \
	"\"RemoteAddress\":\"203.0.113.9\",\"RemotePort\":80,\"State\":8}],\n" \
	"\"FindNetRoute\":[{\"IPAddress\":\"10.45.16.10\"},"                   \
	"{\"IPAddress\":null}]}\n"

/* As Windows PowerShell may write it: wrapped lists, one object, ticks. */
#define HOST_REPORT_OLD                                                        \
	"{\"Date\":{\"value\":\"\\/Date(1767261600500)\\/\","                  \
	"\"DisplayHint\":2,\"DateTime\":\"Thursday\"},"                        \
	"\"NetIPAddress\":{\"ifIndex\":\"4\",\"IPAddress\":\"10.45.16.10\","   \
	"\"SkipAsSource\":\"True\"},"                                          \
	"\"NetRoute\":{\"value\":[{\"ifIndex\":4,"                             \
	"\"DestinationPrefix\":\"::/0\",\"NextHop\":\"fe80::9\"}],"            \
	"\"Count\":1},\"NetTCPConnection\":null}"

#endif
