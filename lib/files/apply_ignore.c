/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * apply_ignore.c - the rules that hold in a directory, asked about its entries.
 *
 * The directory's path is put together once; the entries' names take turns after it.
 */
#include "apply_ignore.h"

#include <string.h>

enum { ENTRY_COST = 64 /* what an entry costs by itself, in the unit of ps_subject.spent */ };

void ps_sifter_start(struct ps_sifter *sifter, const struct ps_ignore *ignore, const struct ps_ignore *above,
		     unsigned answer)
{
	bool needed = ps_ignore_has_rules(ignore) || sifter->skip_hidden;

	sifter->ignore = needed ? ignore : NULL;
	if (needed)
		sifter->within = (answer & PS_FILTER_WITHIN) != 0 && ps_ignore_same_repository(ignore, above);
}

int ps_sifter_ask(struct ps_sifter *sifter, const char *name, bool directory, uint8_t *answer, size_t *spent)
{
	struct ps_text *path = &sifter->path;
	size_t length = strlen(name), at = path->length > 0 ? path->length + 1 : 0;
	struct ps_subject subject = { .length = at + length, .name = at, .directory = directory, .watch = sifter->watch };
	bool within = sifter->within;
	enum ps_verdict verdict;

	*spent += ENTRY_COST;
	if ((*answer & PS_FILTER_ALWAYS) != 0)
		return 0;
	if (!ps_text_reserve(path, subject.length))
		return SEARCH_ENOMEM;
	if (at > 0)
		path->bytes[at - 1] = '/';
	memcpy(path->bytes + at, name, length + 1);
	subject.path = path->bytes;
	ps_subject_hash(&subject);
	verdict = ps_ignore_ask(sifter->ignore, &subject, &within);
	*spent += subject.spent;
	if (within)
		*answer |= PS_FILTER_WITHIN;
	if (verdict == PS_RULES_SILENT && name[0] == '.' && sifter->skip_hidden)
		return (*answer & PS_FILTER_HIDDEN) == 0;
	return verdict == PS_RULES_IGNORE;
}
