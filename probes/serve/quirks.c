#include "probes/serve/quirks.h"

const struct quirks quirks_none;

static void add(struct quirks *quirks, unsigned quirk)
{
	quirks->words[quirk / QUIRK_WORD_BITS] |= UINT64_C(1)
						  << quirk % QUIRK_WORD_BITS;
}

struct quirks quirks_of(enum quirk quirk)
{
	struct quirks quirks = quirks_none;

	add(&quirks, quirk);
	return quirks;
}

void quirks_add(struct quirks *quirks, struct quirks more)
{
	for (unsigned i = 0; i < QUIRK_WORDS; i++)
		quirks->words[i] |= more.words[i];
}

bool quirks_have(struct quirks quirks, enum quirk quirk)
{
	return quirks.words[quirk / QUIRK_WORD_BITS] >>
		       quirk % QUIRK_WORD_BITS &
	       1;
}

bool quirks_equal(struct quirks one, struct quirks other)
{
	for (unsigned i = 0; i < QUIRK_WORDS; i++)
		if (one.words[i] != other.words[i])
			return false;
	return true;
}

struct quirks quirks_between(struct quirks quirks, enum quirk first,
			     enum quirk last)
{
	struct quirks chosen = quirks_none;

	for (unsigned i = first; i <= last; i++)
		if (quirks_have(quirks, (enum quirk)i))
			add(&chosen, i);
	return chosen;
}
