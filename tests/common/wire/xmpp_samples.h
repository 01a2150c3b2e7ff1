/*
 * xmpp_samples.h - streams between servers, as RFC 6120 words them.
 */
#ifndef TESTS_COMMON_WIRE_XMPP_SAMPLES_H
#define TESTS_COMMON_WIRE_XMPP_SAMPLES_H

#define S_HEADER                                                               \
	"<?xml version='1.0'?><stream:stream xmlns='jabber:server' "           \
	"xmlns:stream='http://etherx.jabber.org/streams' "                     \
	"xmlns:db='jabber:server:dialback' from='contoso.com' id='k81jd' "     \
	"version='1.0'>"
#define S_FEATURES                                                             \
	"<stream:features><starttls "                                          \
	"xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"       \
	"<dialback xmlns='urn:xmpp:features:dialback'/>"                       \
	"<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"                \
	"<mechanism>EXTERNAL</mechanism><mechanism>PLAIN</mechanism>"          \
	"</mechanisms></stream:features>"
#define S_ERROR_OF(condition)                                                  \
	"<stream:error><" condition                                            \
	" xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"                       \
	"<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Not here.</text>"   \
	"</stream:error></stream:stream>"

#endif
