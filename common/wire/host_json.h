/*
 * host_json.h - a host's facts as PowerShell writes them. No I/O.
 *
 * One JSON object, as edgecheck(1) has the lines for (Get-NetIPAddress,
 * Get-NetRoute, Get-NetIPInterface, Get-NetTCPConnection, Find-NetRoute,
 * Get-Date, through ConvertTo-Json). Taken as Windows PowerShell and later
 * versions write it: UTF-8 or UTF-16 with or without a byte order mark, one
 * object where a list has one, enumerations as numbers or words, dates in
 * each of their forms.
 */
#ifndef COMMON_WIRE_HOST_JSON_H
#define COMMON_WIRE_HOST_JSON_H

#include "common/wire/host.h"

#define HOST_JSON_BYTES_MAX  ((size_t)8 << 20)
#define HOST_JSON_VALUES_MAX 200000

/*
 * Reads it into host, which is a new one. False with *why, from its arena:
 * what is wrong, and in which section and entry.
 */
bool host_json_read(struct host *host, const void *data, size_t length,
		    const char **why);

#endif
