#include "common/wire/xmpp.h"

#include "tests/common/wire/octets.h"
#include "tests/common/wire/xmpp_samples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct xmpp_reader reader;

/* The next event of a text, read in pieces of some size. */
static enum xmpp_event next(const char **text, size_t piece)
{
	enum xmpp_event event = XMPP_MORE;
	size_t used;

	while (event == XMPP_MORE && **text) {
		size_t left = strlen(*text);
		struct octets octets =
			octets_copy(*text, left < piece ? left : piece);

		event = xmpp_read(&reader, (const char *)octets.data,
				  octets.length, &used);
		free(octets.data);
		assert_true(event != XMPP_MORE || used == octets.length);
		*text += used;
	}
	return event;
}

/* All events of a text. */
static size_t read_all(const char *text, size_t piece, enum xmpp_event *events,
		       size_t max)
{
	size_t count = 0;

	xmpp_begin(&reader);
	while (*text && count < max) {
		events[count] = next(&text, piece);
		if (events[count] == XMPP_MORE)
			break;
		if (events[count++] == XMPP_BROKEN)
			break;
	}
	return count;
}

static void reads_a_stream_in_pieces_of_any_size(void **state)
{
	static const char text[] =
		S_HEADER S_FEATURES XMPP_SAY_PROCEED XMPP_SAY_END;

	(void)state;
	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		enum xmpp_event events[8];

		assert_int_equal(read_all(text, piece, events, 8), 4);
		assert_int_equal(events[0], XMPP_HEADER);
		assert_int_equal(events[1], XMPP_FEATURES);
		assert_int_equal(events[2], XMPP_PROCEED);
		assert_int_equal(events[3], XMPP_END);
		assert_string_equal(reader.from, "contoso.com");
		assert_string_equal(reader.version, "1.0");
		assert_int_equal(reader.id_length, 5);
		assert_true(reader.declares_dialback);
		assert_true(reader.has_starttls);
		assert_true(reader.requires_tls);
		assert_true(reader.has_dialback);
		assert_int_equal(reader.mechanism_count, 2);
		assert_string_equal(reader.mechanisms[0], "EXTERNAL");
		assert_string_equal(reader.mechanisms[1], "PLAIN");
	}
}

/* RFC 6120 5.4.3.3: what stands behind proceed is not for the reader. */
static void stops_behind_what_became_whole(void **state)
{
	static const char text[] =
		S_HEADER S_FEATURES XMPP_SAY_PROCEED "<evil/>";
	const char *at = text;

	(void)state;
	xmpp_begin(&reader);
	assert_int_equal(next(&at, sizeof(text)), XMPP_HEADER);
	assert_ptr_equal(at, text + sizeof(S_HEADER) - 1);
	assert_int_equal(next(&at, sizeof(text)), XMPP_FEATURES);
	assert_int_equal(next(&at, sizeof(text)), XMPP_PROCEED);
	assert_string_equal(at, "<evil/>");
}

static const char *const headers[] = {
	("<stream:stream version=\"1.0\" id='1\"2' "
	 "xmlns:stream=\"http://etherx.jabber.org/streams\" "
	 "from=\"contoso.com\" xmlns='jabber:server'>"),
	("\n<?xml version=\"1.0\" encoding='UTF-8'?>\n<s:stream\n\t"
	 "from = 'contoso.com'\r\nid='a>b'  version\n=\n'1.0' "
	 "xmlns:s='http://etherx.jabber.org/streams' >"),
	("<stream xmlns='http://etherx.jabber.org/streams' id='123' "
	 "from='contoso.com' version='1.0' xml:lang='en'>"),
};

static void takes_attributes_in_any_order_and_quote(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		enum xmpp_event event;

		assert_int_equal(read_all(headers[i], 7, &event, 1), 1);
		assert_int_equal(event, XMPP_HEADER);
		assert_string_equal(reader.from, "contoso.com");
		assert_string_equal(reader.version, "1.0");
		assert_int_equal(reader.id_length, 3);
		assert_false(reader.declares_dialback);
	}
}

static void knows_elements_by_their_namespace(void **state)
{
	static const char text[] =
		"<x:stream xmlns:x='http://etherx.jabber.org/streams' "
		"xmlns:t='urn:ietf:params:xml:ns:xmpp-tls' version='1.0'>"
		"<features/>"
		"<x:features><starttls xmlns='urn:other'/>"
		"<deep><t:starttls/></deep><t:required/></x:features>"
		"<x:features><t:starttls/></x:features>"
		"<proceed/><t:proceed></t:proceed><t:failure/>";
	enum xmpp_event events[8];

	(void)state;
	assert_int_equal(read_all(text, 1, events, 8), 7);
	assert_int_equal(events[1], XMPP_OTHER);
	assert_int_equal(events[2], XMPP_FEATURES);
	assert_int_equal(events[3], XMPP_FEATURES);
	assert_true(reader.has_starttls);
	assert_false(reader.requires_tls);
	assert_int_equal(events[4], XMPP_OTHER);
	assert_int_equal(events[5], XMPP_PROCEED);
	assert_int_equal(events[6], XMPP_FAILURE);
}

static void does_not_take_strange_elements_for_offers(void **state)
{
	enum xmpp_event events[2];

	(void)state;
	read_all(S_HEADER "<stream:features><starttls xmlns='urn:other'/>"
			  "<x><starttls "
			  "xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></x>"
			  "</stream:features>",
		 9, events, 2);
	assert_int_equal(events[1], XMPP_FEATURES);
	assert_false(reader.has_starttls);
}

static void reads_stream_errors(void **state)
{
	static const char *const texts[] = {
		S_HEADER S_ERROR_OF("host-unknown"),
		S_HEADER "<stream:error><text "
			 "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Not here."
			 "</text><host-unknown "
			 "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>x"
			 "</host-unknown></stream:error>",
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		enum xmpp_event events[2];

		assert_int_equal(read_all(texts[i], 1, events, 2), 2);
		assert_int_equal(events[1], XMPP_ERROR);
		assert_string_equal(reader.error, "host-unknown");
		assert_string_equal(reader.error_text, "Not here.");
	}
}

static void tells_a_server_of_before_1_0(void **state)
{
	enum xmpp_event event;

	(void)state;
	read_all("<stream:stream "
		 "xmlns:stream='http://etherx.jabber.org/streams' "
		 "xmlns:db='jabber:server:dialback' id='1'>",
		 3, &event, 1);
	assert_int_equal(event, XMPP_HEADER);
	assert_string_equal(reader.version, "");
	assert_true(reader.declares_dialback);
}

/* Each truncation waits for more and has reported nothing too early. */
static void waits_at_every_truncation(void **state)
{
	static const char text[] = S_HEADER S_ERROR_OF("host-gone");

	(void)state;
	for (size_t length = 0; length < sizeof(text); length++) {
		struct octets octets = octets_copy(text, length);
		size_t at = 0, used, events = 0;
		enum xmpp_event event = XMPP_HEADER;

		xmpp_begin(&reader);
		while (event != XMPP_MORE) {
			event = xmpp_read(&reader,
					  (const char *)octets.data + at,
					  octets.length - at, &used);
			at += used;
			events += event != XMPP_MORE;
			assert_int_not_equal(event, XMPP_BROKEN);
		}
		assert_int_equal(at, length);
		assert_true(events <= 3);
		free(octets.data);
	}
}

static void refuses_what_xmpp_forbids_and_stays_so(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"SSH-2.0-OpenSSH_9.2p1\r\n", "it does not begin as XML"},
		{"\x16\x03\x01", "a control character"},
		{"<!DOCTYPE x [<!ENTITY a 'b'>]>",
		 "a comment or DTD, which XMPP forbids"},
		{S_HEADER "<!-- hello -->",
		 "a comment or DTD, which XMPP forbids"},
		{S_HEADER "<![CDATA[x]]>",
		 "a comment or DTD, which XMPP forbids"},
		{S_HEADER "<?php echo 1 ?>", "a processing instruction"},
		{S_HEADER "<?xml version='1.0'?>", "a processing instruction"},
		{"<?xml version='1.0'?><?xml version='1.0'?>",
		 "a processing instruction"},
		{"<html><body>", "it is XML, and no stream of XMPP"},
		{"<stream:stream xmlns:stream='urn:other'>",
		 "it is XML, and no stream of XMPP"},
		{"<stream:stream>", "it is XML, and no stream of XMPP"},
		{"<stream xmlns='http://etherx.jabber.org/streams'/>",
		 "the stream ends where it begins"},
		{S_HEADER "</stream:features>", "an end tag without its start"},
		{"</stream:stream>", "an end tag without its start"},
		{S_HEADER "</stream:stream><again/>",
		 "it is XML, and no stream of XMPP"},
		{S_HEADER "</stream:stream>x", "text outside the stream"},
		{S_HEADER "<a b>", "attributes that are none"},
		{S_HEADER "<a b=c>", "attributes that are none"},
		{S_HEADER "<a b='1'c='2'>", "attributes that are none"},
		{S_HEADER "<a ='1'>", "attributes that are none"},
		{S_HEADER "<a b='<'>", "a tag within a tag"},
		{S_HEADER "<a <b>", "a tag within a tag"},
		{S_HEADER "<>", "an element without a fit name"},
		{S_HEADER "< a>", "an element without a fit name"},
		{S_HEADER "\x01", "a control character"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum xmpp_event events[4];
		size_t used, count = read_all(cases[i].text, 1, events, 4);

		assert_true(count > 0);
		assert_int_equal(events[count - 1], XMPP_BROKEN);
		assert_string_equal(reader.why, cases[i].why);
		assert_int_equal(xmpp_read(&reader, S_HEADER, 5, &used),
				 XMPP_BROKEN);
		assert_int_equal(used, 0);
	}
}

/* Feeds filler until something happens; how much was taken in all. */
static size_t fill(const char *start, const char *filler, const char *why)
{
	enum xmpp_event event = XMPP_MORE;
	size_t used, total = 0;

	xmpp_begin(&reader);
	while (*start) {
		event = xmpp_read(&reader, start, strlen(start), &used);
		start += used;
	}
	event = XMPP_MORE;
	while (event != XMPP_BROKEN && total < 2 * XMPP_BYTES_MAX) {
		event = xmpp_read(&reader, filler, strlen(filler), &used);
		total += used;
	}
	assert_int_equal(event, XMPP_BROKEN);
	assert_string_equal(reader.why, why);
	return total;
}

static void bounds_everything_that_may_grow(void **state)
{
	(void)state;
	assert_true(fill(S_HEADER, "<message/>", "it does not end") <=
		    XMPP_BYTES_MAX + 1);
	fill(S_HEADER, "blah &amp; ", "it does not end");
	fill(S_HEADER "<stream:features>",
	     "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
	     "it does not end");
	fill(S_HEADER "<stream:features>"
		      "<m xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>",
	     "<mechanism>EXTERNAL</mechanism>", "it does not end");
	assert_int_equal(reader.mechanism_count, XMPP_MECHANISMS_MAX);
	fill("", " \n", "nothing but blanks");
	fill(S_HEADER "<a b='", "cccccccc", "a tag too long");
	fill(S_HEADER, "<a>", "elements nest too deep");
	fill(S_HEADER "<", "aaaaaaaa", "a tag too long");
	fill(S_HEADER "<a ", "xmlns:p='urn:x' ", "a tag too long");
	fill(S_HEADER
	     "<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	     "aaaaaaaaaaaaa",
	     "/>", "an element without a fit name");
}

static void refuses_too_many_prefixes(void **state)
{
	char text[4096] = S_HEADER "<a";
	enum xmpp_event events[2];

	(void)state;
	for (int i = 0; i < XMPP_PREFIXES_MAX; i++) {
		size_t length = strlen(text);

		snprintf(text + length, sizeof(text) - length,
			 " xmlns:p%d='urn:x'", i);
	}
	snprintf(text + strlen(text), 3, "/>");
	assert_int_equal(read_all(text, 64, events, 2), 2);
	assert_int_equal(events[1], XMPP_BROKEN);
}

static void forgets_prefixes_with_their_element(void **state)
{
	static const char filler[] = "<a xmlns='urn:x' xmlns:b='urn:y'/>";
	size_t used;

	(void)state;
	xmpp_begin(&reader);
	xmpp_read(&reader, S_HEADER, sizeof(S_HEADER) - 1, &used);
	for (int i = 0; i < 200; i++)
		assert_int_equal(
			xmpp_read(&reader, filler, sizeof(filler) - 1, &used),
			XMPP_OTHER);
	assert_int_equal(reader.prefix_count, 3);
}

static void cuts_long_texts(void **state)
{
	char text[4096];
	enum xmpp_event events[3];

	(void)state;
	snprintf(text, sizeof(text),
		 "<stream:stream "
		 "xmlns:stream='http://etherx.jabber.org/streams' "
		 "from='%0999d' version='%0999d' id='%0999d'>",
		 1, 2, 3);
	read_all(text, 100, events, 1);
	assert_int_equal(events[0], XMPP_HEADER);
	assert_int_equal(strlen(reader.from), XMPP_TEXT_MAX - 1);
	assert_int_equal(strlen(reader.version), XMPP_WORD_MAX - 1);
	assert_int_equal(reader.id_length, 999);
	snprintf(text, sizeof(text),
		 S_HEADER "<stream:error><text "
			  "xmlns='urn:ietf:params:xml:ns:xmpp-streams'>%0999d"
			  "</text></stream:error>",
		 1);
	read_all(text, 100, events, 2);
	assert_int_equal(strlen(reader.error_text), XMPP_TEXT_MAX - 1);
	assert_string_equal(reader.error, "");
}

/* Any single byte changed: an answer of some kind, within bounds. */
static void takes_any_byte_anywhere(void **state)
{
	static const char whole[] = S_HEADER S_FEATURES;
	static const char bytes[] = "<>&'\"=/?! \x01\xffx:";

	(void)state;
	for (size_t i = 0; i < sizeof(whole) - 1; i++) {
		for (size_t j = 0; j < sizeof(bytes); j++) {
			char text[sizeof(whole)];
			enum xmpp_event events[8];

			memcpy(text, whole, sizeof(whole));
			text[i] = bytes[j];
			if (text[i])
				read_all(text, sizeof(text), events, 8);
		}
	}
}

static void writes_what_it_reads(void **state)
{
	const struct xmpp_opening opening = {
		.from = "edgeprobe.invalid", .to = "contoso.com", .id = "7"};
	char text[1024];
	enum xmpp_event event;
	size_t length = xmpp_open(text, sizeof(text), &opening);

	(void)state;
	assert_int_equal(length, strlen(text));
	read_all(text, 5, &event, 1);
	assert_int_equal(event, XMPP_HEADER);
	assert_string_equal(reader.from, "edgeprobe.invalid");
	assert_string_equal(reader.to, "contoso.com");
	assert_string_equal(reader.version, "1.0");
	assert_int_equal(reader.id_length, 1);
	assert_int_equal(xmpp_open(text, length, &opening), 0);
}

static void writes_no_word_that_breaks_out(void **state)
{
	static const char *const words[] = {"a'b", "a\"b", "a<b",
					    "a>b", "a&b",  "a b"};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		const struct xmpp_opening from = {words[i], "x", NULL};
		const struct xmpp_opening to = {"x", words[i], NULL};
		const struct xmpp_opening id = {"x", "x", words[i]};

		assert_int_equal(xmpp_open(text, sizeof(text), &from), 0);
		assert_int_equal(xmpp_open(text, sizeof(text), &to), 0);
		assert_int_equal(xmpp_open(text, sizeof(text), &id), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_stream_in_pieces_of_any_size),
		cmocka_unit_test(stops_behind_what_became_whole),
		cmocka_unit_test(takes_attributes_in_any_order_and_quote),
		cmocka_unit_test(knows_elements_by_their_namespace),
		cmocka_unit_test(does_not_take_strange_elements_for_offers),
		cmocka_unit_test(reads_stream_errors),
		cmocka_unit_test(tells_a_server_of_before_1_0),
		cmocka_unit_test(waits_at_every_truncation),
		cmocka_unit_test(refuses_what_xmpp_forbids_and_stays_so),
		cmocka_unit_test(bounds_everything_that_may_grow),
		cmocka_unit_test(refuses_too_many_prefixes),
		cmocka_unit_test(forgets_prefixes_with_their_element),
		cmocka_unit_test(cuts_long_texts),
		cmocka_unit_test(takes_any_byte_anywhere),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(writes_no_word_that_breaks_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
