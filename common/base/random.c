#include "common/base/random.h"

#include "common/base/log.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

void random_fill(void *data, size_t length)
{
	if (getentropy(data, length) < 0)
		die("no random numbers: %s", strerror(errno));
}
