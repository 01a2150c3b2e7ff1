/*
 * transfer_loop.h - libcurl's multi interface on libevent. Never blocks.
 *
 * ended(private) is told the CURLOPT_PRIVATE of each easy handle that came
 * to its end, from the loop and never from within transfer_loop_add().
 * The first turns of a socket have the priority favour, those of a long
 * conversation the usual one of libevent.
 */
#ifndef PROBES_TRANSFER_LOOP_H
#define PROBES_TRANSFER_LOOP_H

#include <curl/curl.h>
#include <stdbool.h>

struct event_base;
struct transfer_loop;

/* NULL when out of memory or libcurl cannot be used. */
struct transfer_loop *transfer_loop_new(struct event_base *base, int favour,
					void (*ended)(void *private,
						      CURLcode code));
void transfer_loop_free(struct transfer_loop *loop); /* accepts NULL */

bool transfer_loop_add(struct transfer_loop *loop, CURL *easy);
void transfer_loop_remove(struct transfer_loop *loop, CURL *easy);

#endif
