/*
 * area.h - the part of an Edge that a requirement speaks of, for reports.
 */
#ifndef COMMON_RENDER_AREA_H
#define COMMON_RENDER_AREA_H

#include "common/model/requirement.h"

enum area {
	AREA_DNS,
	AREA_CERTIFICATES,
	AREA_ACCESS,
	AREA_WEBCONF,
	AREA_AV,
	AREA_FEDERATION,
	AREA_XMPP,
	AREA_OTHER,
	AREA_COUNT
};

const char *area_title(enum area area); /* "Web Conferencing" */
enum area area_of(const struct requirement *requirement);

#endif
