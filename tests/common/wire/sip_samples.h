/*
 * sip_samples.h - what a healthy Access Edge answers to an anonymous client,
 * and a request as terse and as folded as RFC 3261 7.3 lets it be.
 */
#ifndef TESTS_COMMON_WIRE_SIP_SAMPLES_H
#define TESTS_COMMON_WIRE_SIP_SAMPLES_H

#define ANSWER_504                                                             \
	"SIP/2.0 504 Server time-out\r\n"                                      \
	"ms-user-logon-data: RemoteUser\r\n"                                   \
	"From: <sip:edgeprobe@contoso.com>;tag=5b1f93;epid=0a1b2c3d4e\r\n"     \
	"To: <sip:edgeprobe.invalid>;tag=9B0E4D21A7C84F55B6137B2E5D0C9A11\r\n" \
	"Call-ID: 4f0c8d1e7a6b4a59@198.51.100.20\r\n"                          \
	"CSeq: 1 OPTIONS\r\n"                                                  \
	"Via: SIP/2.0/TLS 198.51.100.20:49152;branch=z9hG4bK7c51e9a2d4;"       \
	"rport\r\n"                                                            \
	"Server: RTC/6.0\r\n"                                                  \
	"Content-Length: 0\r\n"                                                \
	"\r\n"

#define ANSWER_401                                                             \
	"SIP/2.0 401 Unauthorized\r\n"                                         \
	"Date: Tue, 04 Mar 2025 09:14:02 GMT\r\n"                              \
	"WWW-Authenticate: NTLM realm=\"SIP Communications Service\", "        \
	"targetname=\"fe01.contoso.net\", version=4\r\n"                       \
	"WWW-Authenticate: Kerberos realm=\"SIP Communications Service\", "    \
	"targetname=\"sip/fe01.contoso.net\", version=4\r\n"                   \
	"WWW-Authenticate: TLS-DSK realm=\"SIP Communications Service\", "     \
	"targetname=\"fe01.contoso.net\", version=4, "                         \
	"sts-uri=\"https://fe01.contoso.net:443/CertProv/"                     \
	"CertProvisioningService.svc\"\r\n"                                    \
	"From: <sip:edgeprobe-4c1d@contoso.com>;tag=77ac02;"                   \
	"epid=0a1b2c3d4e\r\n"                                                  \
	"To: <sip:edgeprobe-4c1d@contoso.com>;"                                \
	"tag=C2D1A0F97E5B4A3C8D6E1F20314253A4\r\n"                             \
	"Call-ID: a2e0b6b7c2d94c0b@198.51.100.20\r\n"                          \
	"CSeq: 1 REGISTER\r\n"                                                 \
	"Via: SIP/2.0/TLS 198.51.100.20:49152;branch=z9hG4bKb83e1f0097;"       \
	"received=203.0.113.77;ms-received-port=50211;"                        \
	"ms-received-cid=1F7F00\r\n"                                           \
	"Server: RTC/6.0\r\n"                                                  \
	"Content-Length: 0\r\n"                                                \
	"\r\n"

#define REQUEST_COMPACT                                                        \
	"NOTIFY sip:edgeprobe@198.51.100.20:49152 SIP/2.0\r\n"                 \
	"v: SIP/2.0/TLS 192.0.2.10;branch=z9hG4bK1\r\n"                        \
	"f:<sip:a@contoso.com>;tag=1\r\n"                                      \
	"T : <sip:b@contoso.com>\r\n"                                          \
	"i: 42@192.0.2.10  \r\n"                                               \
	"m: <sip:192.0.2.10>\r\n"                                              \
	"c: text/plain\r\n"                                                    \
	"k:\tgruu-10\r\n"                                                      \
	"e: identity\r\n"                                                      \
	"s: a long one\r\n"                                                    \
	"  in three\r\n"                                                       \
	"\tlines\r\n"                                                          \
	"CSeq: 1 NOTIFY\r\n"                                                   \
	"l: 5\r\n"                                                             \
	"\r\n"                                                                 \
	"hello"

#endif
