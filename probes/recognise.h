/*
 * recognise.h - how long a stranger is given to show who it is.
 *
 * No published exchange tells a Web Conferencing Edge from another silent TLS
 * server, so some conclusions rest on silence. It is measured in round trips
 * of the very connection, not by the clock on the wall.
 */
#ifndef PROBES_RECOGNISE_H
#define PROBES_RECOGNISE_H

#include "probes/check.h"

/*
 * Sets retry_us and spare_us to when silence counts, within the step: three
 * round trips from now, or two where the run waits for nobody else. A busy
 * server has a second, while the run waits for others anyhow. round_us is the
 * longest round trip seen so far.
 */
void recognise_wait(struct check *check, int64_t round_us);

#endif
