/*
 * web.h - the web services of a deployment: where clients ask for their
 * server, and what was seen there. No I/O.
 *
 * Specification: edge-services.md 12. The reverse proxy that answers is no
 * part of the Edge. Shared by plan and judge, as deployment.h is.
 */
#ifndef COMMON_MODEL_WEB_H
#define COMMON_MODEL_WEB_H

#include "common/base/url.h"
#include "common/model/deployment.h"

#define WEB_ADDRESSES_MAX 8  /* of one host that are looked at */
#define WEB_HOPS_MAX	  5  /* edge-services.md 12.3 */
#define WEB_CHECKS_MAX	  64 /* planned in one run */
#define WEB_HOSTS_MAX	  8  /* hosts of links looked up, an answer */

/* Names of the probes, which are those of their observations. */
#define WEB_ROOT_PROBE "lyncdiscover"
#define WEB_USER_PROBE "lyncdiscover-user"
#define WEB_PAGE_PROBE "web-page"

/* "lyncdiscover.DOMAIN" */
const char *web_host(struct arena *arena, const char *domain);

/* What clients ask first: ".../?sipuri=sip:edgeprobe@DOMAIN". */
const char *web_start(struct arena *arena, const char *domain, bool is_secure);

/* The name of Microsoft 365 that the host is an alias of; NULL: it is not. */
const char *web_cloud_name(const struct deployment *deployment,
			   const char *host);

/*
 * Whether a server may be asked: its host stands in a SIP domain, or in the
 * topology file.
 */
bool web_is_own(const struct deployment *deployment, const struct url *url);

/*
 * Where a server of ours is; none where only private addresses are known,
 * which nobody outside has any business with.
 */
size_t web_endpoints(const struct deployment *deployment, const struct url *url,
		     struct endpoint endpoints[WEB_ADDRESSES_MAX]);

/*
 * What a probe saw of a URL for a SIP domain: at the endpoint, or with NULL
 * where it went best. NULL: nothing.
 */
const struct observation *web_seen(const struct deployment *deployment,
				   const char *probe, const char *domain,
				   const char *url,
				   const struct endpoint *endpoint);

/* The target of a link of a document, by its name in any case; or NULL. */
const char *web_link_of(const struct observation *document, const char *name);

/* The user's resource that it names; NULL: none. */
const char *web_user_of(const struct observation *document);

#endif
