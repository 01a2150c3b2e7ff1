#include "common/base/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static void takes_urls_apart(void **state)
{
	static const struct {
		const char *text;
		bool is_secure;
		const char *host;
		uint16_t port;
		const char *path;
		int family;
	} cases[] = {
		{"https://webext.contoso.com/a?b=c", true, "webext.contoso.com",
		 443, "/a?b=c", 0},
		{"HTTP://LyncDiscover.Contoso.com.", false,
		 "lyncdiscover.contoso.com", 80, "", 0},
		{"https://a.b:4443?x", true, "a.b", 4443, "?x", 0},
		{"https://a.b:/", true, "a.b", 443, "/", 0},
		{"https://fe01/", true, "fe01", 443, "/", 0},
		{"http://192.0.2.1:8080/", false, "192.0.2.1", 8080, "/",
		 AF_INET},
		{"https://[2001:DB8::1]:444/x", true, "2001:db8::1", 444, "/x",
		 AF_INET6},
		{"https://[2001:db8::1]", true, "2001:db8::1", 443, "",
		 AF_INET6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct url url;

		assert_true(url_parse(cases[i].text, &url));
		assert_int_equal(url.is_secure, cases[i].is_secure);
		assert_string_equal(url.host, cases[i].host);
		assert_int_equal(url.port, cases[i].port);
		assert_string_equal(url.path, cases[i].path);
		assert_int_equal(url.address.family, cases[i].family);
	}
}

static void refuses_what_is_none(void **state)
{
	static const char *const texts[] = {
		"",
		"/Autodiscover/root",
		"//webext.contoso.com/",
		"ftp://a.b/",
		"https://",
		"https:///x",
		"https://?x",
		"https://user@a.b/",
		"https://user:pass@a.b/",
		"https://a.b:0/",
		"https://a.b:65536/",
		"https://a.b:443x/",
		"https://a.b\\@c.d/",
		"https://a b/",
		"https://a.b/\r\nHost: c.d",
		"https://a.b/\xc3\xa9",
		"https://[192.0.2.1]/",
		"https://[::1",
		"https://[::1]x/",
		"https://::1/",
		"https://a..b/",
		"https://a%2eb/",
	};
	char text[URL_BYTES_MAX + 2] = "https://a.b/";
	struct url url;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (url_parse(texts[i], &url))
			fail_msg("took %s", texts[i]);
	memset(text + 12, 'x', sizeof(text) - 13);
	assert_false(url_parse(text, &url));
	text[URL_BYTES_MAX] = '\0';
	assert_true(url_parse(text, &url));
}

static void tells_servers_and_domains_apart(void **state)
{
	struct url one, other;

	(void)state;
	assert_true(url_parse("https://a.contoso.com/x", &one));
	assert_true(url_parse("HTTPS://A.contoso.com:443/y", &other));
	assert_true(url_same_server(&one, &other));
	assert_true(url_parse("http://a.contoso.com/x", &other));
	assert_false(url_same_server(&one, &other));
	assert_true(url_parse("https://b.contoso.com/x", &other));
	assert_false(url_same_server(&one, &other));

	assert_true(url_is_in(&one, "contoso.com"));
	assert_true(url_is_in(&one, "Contoso.COM."));
	assert_true(url_is_in(&one, "a.contoso.com"));
	assert_false(url_is_in(&one, "toso.com"));
	assert_false(url_is_in(&one, "x.a.contoso.com"));
	assert_false(url_is_in(&one, "fabrikam.com"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_urls_apart),
		cmocka_unit_test(refuses_what_is_none),
		cmocka_unit_test(tells_servers_and_domains_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
