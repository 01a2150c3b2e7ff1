#include "common/model/sightings.h"

#include <ctype.h>
#include <string.h>

#define BUCKETS	  4096
#define HASH_SEED UINT32_C(2166136261) /* FNV-1a */
#define HASH_STEP UINT32_C(16777619)

struct sightings {
	struct arena *arena;
	const struct observation_list *list;
	size_t known; /* observations of it that were taken in */
	const struct sighting *buckets[BUCKETS];
};

static uint32_t hash_byte(uint32_t hash, uint8_t byte)
{
	return (hash ^ byte) * HASH_STEP;
}

/* Names differ neither by case nor by the dot of the root. */
static size_t bucket_of_name(const char *name)
{
	uint32_t hash = HASH_SEED;

	for (; *name && (*name != '.' || name[1]); name++)
		hash = hash_byte(hash, (uint8_t)tolower((unsigned char)*name));
	return hash % BUCKETS;
}

static size_t bucket_of_place(const struct address *address, uint16_t port)
{
	uint32_t hash = hash_byte(HASH_SEED, (uint8_t)address->family);

	for (size_t i = 0; i < (address->family == AF_INET ? 4 : 16); i++)
		hash = hash_byte(hash, address->bytes[i]);
	hash = hash_byte(hash, (uint8_t)(port >> 8));
	return hash_byte(hash, (uint8_t)port) % BUCKETS;
}

static size_t bucket_of(const struct observation *seen)
{
	if (strcmp(seen->probe, "dns") == 0 && seen->endpoint.name)
		return bucket_of_name(seen->endpoint.name);
	return bucket_of_place(&seen->endpoint.address, seen->endpoint.port);
}

struct sightings *sightings_new(struct arena *arena)
{
	struct sightings *sightings = arena_alloc(arena, sizeof(*sightings));

	sightings->arena = arena;
	return sightings;
}

void sightings_forget(struct sightings *sightings)
{
	memset(sightings->buckets, 0, sizeof(sightings->buckets));
	sightings->known = 0;
}

void sightings_update(struct sightings *sightings,
		      const struct observation_list *list)
{
	if (sightings->list != list || list->count < sightings->known)
		sightings_forget(sightings);
	sightings->list = list;
	for (; sightings->known < list->count; sightings->known++) {
		const struct observation *seen = list->items[sightings->known];
		const struct sighting **bucket =
			&sightings->buckets[bucket_of(seen)];
		const struct sighting sighting = {*bucket, seen};

		*bucket = arena_copy(sightings->arena, &sighting,
				     sizeof(sighting));
	}
}

const struct sighting *sightings_named(const struct sightings *sightings,
				       const char *name)
{
	return sightings->buckets[bucket_of_name(name)];
}

const struct sighting *sightings_at(const struct sightings *sightings,
				    const struct address *address,
				    uint16_t port)
{
	return sightings->buckets[bucket_of_place(address, port)];
}
