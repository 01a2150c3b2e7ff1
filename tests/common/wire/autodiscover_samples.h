/*
 * autodiscover_samples.h - answers as edge-services.md 12.2 words them.
 */
#ifndef TESTS_COMMON_WIRE_AUTODISCOVER_SAMPLES_H
#define TESTS_COMMON_WIRE_AUTODISCOVER_SAMPLES_H

#define A_ROOT                                                                 \
	"https://webext.contoso.com/Autodiscover/AutodiscoverService.svc/root"
#define A_REDIRECT "{\"_links\":{\"redirect\":{\"href\":\"" A_ROOT "\"}}}"
#define A_JSON                                                                 \
	"{\"_links\":{\"self\":{\"href\":\"" A_ROOT                            \
	"\"},\"user\":{\"href\":\"" A_ROOT                                     \
	"/oauth/user?originalDomain=contoso.com\"},"                           \
	"\"xframe\":{\"href\":\"https://webext.contoso.com/x.html\"}}}"
#define A_XML                                                                  \
	"<AutodiscoverResponse AccessLocation=\"External\" "                   \
	"xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><Root>"       \
	"<Link token=\"Domain\" href=\"" A_ROOT "/domain\"/>"                  \
	"<Link token=\"User\" href=\"" A_ROOT "/user\"/>"                      \
	"<Link token=\"OAuth\" href=\"" A_ROOT                                 \
	"/oauth/user\"/></Root></AutodiscoverResponse>"
#define A_XML_PREFIXED                                                         \
	"<?xml version=\"1.0\"?><a:autodiscoverresponse xmlns:a=\"urn:x\" "    \
	"a:accesslocation=\"Internal\"><a:Root><a:LINK Token=\"USER\" "        \
	"HREF=\"https://x.contoso.com/?a=1&amp;b=2\"/></a:Root>"               \
	"</a:autodiscoverresponse>"
#define A_CHALLENGE                                                            \
	"MsRtcOAuth "                                                          \
	"href=\"https://webext.contoso.com/WebTicket/oauthtoken\","            \
	"grant_type=\"urn:microsoft.rtc:windows,"                              \
	"urn:microsoft.rtc:anonmeeting,password\""

#endif
