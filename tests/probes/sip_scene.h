/*
 * sip_scene.h - a SIP server inside TLS, and one run of the sip probe
 * against it.
 */
#ifndef TESTS_PROBES_SIP_SCENE_H
#define TESTS_PROBES_SIP_SCENE_H

#include "tests/probes/mock_tls.h"

#define REQUEST_BYTES 4096
#define REQUESTS_KEPT 16

static struct mock_ca ca;

static const struct mock_leaf leaf = {
	.cn = "sip.contoso.com",
	.san = "sip.contoso.com",
	.from_s = -DAY_S,
	.to_s = 30 * DAY_S,
};

static inline int set_up(void **state)
{
	(void)state;
	mock_ca_begin(&ca);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	mock_ca_end(&ca);
	return 0;
}

/* A SIP server's side of one connection. */
struct dialogue {
	/* Answers one request. False: hang up. */
	bool (*answer)(struct dialogue *dialogue, SSL *ssl,
		       const char *request);
	char requests[REQUESTS_KEPT][REQUEST_BYTES];
	unsigned count;
	const void *context; /* the answerer's own */
};

static inline void copy_header(char *reply, size_t size, const char *request,
			       const char *name, const char *more)
{
	const char *line = strstr(request, name);
	size_t length = strlen(reply);
	int part;

	if (!line)
		return;
	part = (int)strcspn(line, "\r");
	snprintf(reply + length, size - length, "%.*s%s\r\n", part, line, more);
}

/* status: "504 Server time-out"; more: further header lines. */
static inline void compose(char reply[REQUEST_BYTES], const char *request,
			   const char *status, const char *more)
{
	size_t length;

	snprintf(reply, REQUEST_BYTES, "SIP/2.0 %s\r\n", status);
	copy_header(reply, REQUEST_BYTES, request,
		    "Via:", ";received=203.0.113.77;ms-received-port=50211");
	copy_header(reply, REQUEST_BYTES, request, "From:", "");
	copy_header(reply, REQUEST_BYTES, request, "To:", ";tag=1");
	copy_header(reply, REQUEST_BYTES, request, "Call-ID:", "");
	copy_header(reply, REQUEST_BYTES, request, "CSeq:", "");
	length = strlen(reply);
	snprintf(reply + length, REQUEST_BYTES - length,
		 "%sServer: RTC/7.0\r\nContent-Length: 0\r\n\r\n", more);
}

static inline void say(SSL *ssl, const char *text)
{
	SSL_write(ssl, text, (int)strlen(text));
}

static inline void reply_with(SSL *ssl, const char *request, const char *status,
			      const char *more)
{
	char reply[REQUEST_BYTES];

	compose(reply, request, status, more);
	say(ssl, reply);
}

static inline void talk_sip(struct mock *mock, SSL *ssl)
{
	struct mock_tls *tls = mock->context;
	struct dialogue *dialogue = tls->talk_context;
	int size;

	while (dialogue->count < REQUESTS_KEPT &&
	       mock_readable(mock, SSL_get_fd(ssl))) {
		char *request = dialogue->requests[dialogue->count];

		size = SSL_read(ssl, request, REQUEST_BYTES - 1);
		if (size <= 0)
			return;
		request[size] = '\0';
		dialogue->count++;
		if (!dialogue->answer(dialogue, ssl, request))
			return;
	}
}

static const char *const two_domains[] = {"contoso.com", "fabrikam.com"};

struct scene {
	struct mock_tls tls;
	struct mock mock;
	struct dialogue dialogue;
	struct trial trial;
	int64_t timeout_us; /* 0: one that does not matter */
	const char *const *domains;
};

static inline void prepare(struct scene *scene,
			   bool (*answer)(struct dialogue *dialogue, SSL *ssl,
					  const char *request))
{
	memset(scene, 0, sizeof(*scene));
	scene->mock.serve = serve_tls;
	scene->mock.context = &scene->tls;
	scene->tls.talk = talk_sip;
	scene->tls.talk_context = &scene->dialogue;
	scene->dialogue.answer = answer;
	scene->domains = two_domains;
	mock_tls_begin(&scene->tls, &ca, &leaf);
}

static inline void run(struct scene *scene, size_t domain_count)
{
	struct check_spec spec = {.probe = "sip",
				  .subject = "-",
				  .domains = scene->domains,
				  .domain_count = domain_count};

	mock_begin(&scene->mock, SOCK_STREAM);
	spec.endpoint = scene->mock.endpoint;
	trial_begin(&scene->trial);
	scene->trial.settings.ca_file = ca.file;
	if (scene->timeout_us)
		scene->trial.settings.timeout_us = scene->timeout_us;
	trial_run(&scene->trial, &spec, 1);
	assert_true(scene->trial.completed);
}

static inline void play(struct scene *scene,
			bool (*answer)(struct dialogue *dialogue, SSL *ssl,
				       const char *request),
			size_t domain_count)
{
	prepare(scene, answer);
	run(scene, domain_count);
}

static inline void scene_end(struct scene *scene)
{
	trial_end(&scene->trial);
	mock_end(&scene->mock);
	mock_tls_end(&scene->tls);
}

static inline const struct observation *seen(const struct scene *scene,
					     size_t index, const char *probe,
					     const char *subject)
{
	assert_true(index < scene->trial.seen.count);
	assert_string_equal(scene->trial.seen.items[index]->probe, probe);
	assert_string_equal(scene->trial.seen.items[index]->subject, subject);
	return scene->trial.seen.items[index];
}

static inline bool is_control(const char *request)
{
	return strstr(request, "OPTIONS sip:edgeprobe.invalid SIP/2.0\r\n") ==
	       request;
}

#define CHALLENGE                                                              \
	"Date: Tue, 04 Mar 2025 09:14:02 GMT\r\n"                              \
	"WWW-Authenticate: NTLM realm=\"SIP Communications Service\", "        \
	"targetname=\"fe01.contoso.net\", version=4\r\n"                       \
	"WWW-Authenticate: TLS-DSK realm=\"SIP Communications Service\", "     \
	"targetname=\"fe02.contoso.net\", version=4, "                         \
	"sts-uri=\"https://fe01.contoso.net/CertProv\"\r\n"

static inline bool answer_as_edge(struct dialogue *dialogue, SSL *ssl,
				  const char *request)
{
	(void)dialogue;
	if (is_control(request))
		reply_with(ssl, request, "504 Server time-out",
			   "ms-user-logon-data: RemoteUser\r\n");
	else if (strncmp(request, "OPTIONS ", 8) == 0)
		reply_with(ssl, request, "404 Not Found",
			   "ms-diagnostics: 1003;reason=\"x\"\r\n");
	else
		reply_with(ssl, request, "401 Unauthorized", CHALLENGE);
	return true;
}

#endif
