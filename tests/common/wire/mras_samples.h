/*
 * mras_samples.h - answers of an A/V Authentication service as msturn.md 10.1
 * words them, with the credentials of its section 15, which no server knows.
 */
#ifndef TESTS_COMMON_WIRE_MRAS_SAMPLES_H
#define TESTS_COMMON_WIRE_MRAS_SAMPLES_H

#define M_USERNAME                                                             \
	"AQAAIAAAAAAAAAAAfO1YIqGRfRVsFfzTGuUlYSJmkucJ8l35ppIfrPv1xHGAaqGY"     \
	"65oTkg=="
#define M_PASSWORD "77PcwbJQDMfW9ke4gfWysZmeYOo="
#define M_SPACE	   "xmlns=\"http://schemas.microsoft.com/2006/09/sip/mrasp\""

#define M_BEGIN(reason)                                                        \
	"<response " M_SPACE " requestID=\"1\" version=\"1.0\" "               \
	"serverVersion=\"2.0\" to=\"sip:mras@contoso.com\" "                   \
	"from=\"sip:alice@contoso.com\" reasonPhrase=\"" reason "\">"
#define M_END "</response>"
#define M_GRANT_OF(username, password)                                         \
	"<credentialsResponse credentialsRequestID=\"1\"><credentials>"        \
	"<username>" username "</username><password>" password                 \
	"</password><duration>480</duration></credentials><mediaRelayList>"    \
	"<mediaRelay><location>internet</location>"                            \
	"<hostName>av.contoso.com</hostName><udpPort>3478</udpPort>"           \
	"<tcpPort>443</tcpPort></mediaRelay><mediaRelay>"                      \
	"<location>intranet</location><directIPAddress>10.0.0.7"               \
	"</directIPAddress><udpPort>3478</udpPort></mediaRelay>"               \
	"</mediaRelayList></credentialsResponse>"
#define M_GRANT	 M_GRANT_OF(M_USERNAME, M_PASSWORD)
#define M_ANSWER M_BEGIN("OK") M_GRANT M_END

/* As another writer would put it. */
#define M_PREFIXED                                                             \
	"<?xml version=\"1.0\"?>\r\n<m:response xmlns:m=\"http://"             \
	"schemas.microsoft.com/2006/09/sip/mrasp\" reasonPhrase='ok'>\r\n"     \
	"<!-- one --><m:credentialsResponse><m:credentials>\r\n"               \
	"<m:username>\r\n " M_USERNAME "\r\n</m:username>"                     \
	"<m:password><![CDATA[" M_PASSWORD "]]></m:password>"                  \
	"</m:credentials></m:credentialsResponse></m:response>\r\n"

#define M_REQUEST                                                              \
	"<request " M_SPACE " requestID=\"1\" version=\"1.0\" "                \
	"to=\"sip:mras@contoso.com\" from=\"sip:alice@contoso.com\">"          \
	"<credentialsRequest credentialsRequestID=\"1\">"                      \
	"<identity>sip:alice@contoso.com</identity>"                           \
	"<location>internet</location><duration>480</duration>"                \
	"</credentialsRequest></request>"

#endif
