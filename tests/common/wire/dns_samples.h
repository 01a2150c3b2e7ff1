/*
 * dns_samples.h - what a resolver answers about contoso.com, as hexadecimal
 * text (RFC 1035 4.1).
 */
#ifndef TESTS_COMMON_WIRE_DNS_SAMPLES_H
#define TESTS_COMMON_WIRE_DNS_SAMPLES_H

/* The name of the question stands at 12: pointers lead there. */
#define CONTOSO_COM "07636f6e746f736f 03636f6d 00"
#define SIP_TLS	    "045f736970 045f746c73"

/* _sip._tls.contoso.com SRV: 0 0 443 sip.contoso.com, authoritative */
#define ANSWER_SRV                                                             \
	"1234 8580 0001 0001 0000 0001" SIP_TLS CONTOSO_COM "0021 0001"        \
	"c00c 0021 0001 00000e10 000c"                                         \
	"0000 0000 01bb 03736970 c016"                                         \
	"c039 0001 0001 0000012c 0004 c000020a"

/* av.contoso.com: an alias, then two addresses of it */
#define ANSWER_A                                                               \
	"0001 8180 0001 0003 0000 0000 024156" CONTOSO_COM "0001 0001"         \
	"c00c 0005 0001 00000e10 0006 03617632 c00f"                           \
	"c02c 0001 0001 0000003c 0004 c000021e"                                \
	"c02c 0001 0001 0000003c 0004 c000021f"

#define ANSWER_AAAA                                                            \
	"0001 8180 0001 0001 0000 0000 03736970" CONTOSO_COM "001c 0001"       \
	"c00c 001c 0001 0000003c 0010 20010db8000000000000000000000010"

/* a name that does not exist, with the zone's SOA */
#define ANSWER_NXDOMAIN                                                        \
	"0002 8583 0001 0000 0001 0000 026e6f" CONTOSO_COM "0001 0001"         \
	"c00f 0006 0001 0000012c 001c 026e73 c00f 04686f7374 c00f"             \
	"00000001 00000002 00000003 00000004"

#endif
