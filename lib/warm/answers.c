/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * answers.c - which files of a directory cannot match.
 */
#include "warm_internal.h"

#include <string.h>

enum {
	AT_ONCE = 16,   /* files that are fetched together */
	DOUBTFUL = 8    /* times that a signature lets its file through until its stamp is to be compared */
};

/* --- one file; [F] --- */

/* Must the file be opened, whatever its signature says? */
static bool must_be_opened(const struct ps_warm_view *view, const struct ps_kept *kept, const struct ps_warm_file *file)
{
	const struct ps_signature *signature = file->signature;

	if (view->condition == NULL || signature == NULL)
		return true;
	if ((view->by_mark && (file->flags & PS_FILE_MARK) != 0) ||
	    (view->decompresses && (file->flags & PS_FILE_PACKED) != 0))
		return true;
	if (view->tells_ends && (file->flags & PS_FILE_NUL) != 0)
		return true;
	if (signature->longest_line > view->max_line_bytes || signature->longest_line == UINT32_MAX ||
	    file->stamp.size > view->max_text_bytes)
		return true;
	return view->has_output && view->output_device == kept->shown.device && view->output_inode == file->stamp.inode;
}

static bool is_ruled_out(const struct ps_warm_view *view, const struct ps_kept *kept, struct ps_warm_file *file)
{
	if (must_be_opened(view, kept, file))
		return false;
	if (ps_signature_may(file->signature, view->condition, view->whole)) {
		file->passed = (uint8_t)(file->passed + (file->passed < DOUBTFUL));
		return false;
	}
	file->use = (uint8_t)(file->use + (file->use < UINT8_MAX));
	return true;
}

static uint8_t answer_for(const struct ps_warm_view *view, const struct ps_kept *kept, struct ps_warm_file *file)
{
	if (file == NULL || !is_ruled_out(view, kept, file))
		return PS_WARM_MAY_MATCH;
	return ps_file_is_verified(kept, file) ? PS_WARM_CANNOT : PS_WARM_CANNOT_IF;
}

/* The record of an entry; NULL: there is none. */
static struct ps_warm_file *file_at(const struct ps_kept *kept, uint32_t at)
{
	return kept->shown.entries[at].type == DT_REG ? kept->slots[at].file : NULL;
}

/* --- for a search --- */

/*
 * Most of the time that asking takes is waiting for memory: for a record, its signature, the bits of that. So each of
 * these is fetched for many files at once.
 */
static void fetch_signatures(const struct ps_kept *kept, uint32_t first, uint32_t end)
{
	const struct ps_warm_file *file;

	for (uint32_t at = first; at < end; at++)
		if ((file = file_at(kept, at)) != NULL)
			__builtin_prefetch(file);
	for (uint32_t at = first; at < end; at++)
		if ((file = file_at(kept, at)) != NULL && file->signature != NULL)
			ps_signature_prefetch(file->signature);
}

static void fetch_bits(const struct ps_kept *kept, const struct ps_condition *condition, uint32_t first, uint32_t end)
{
	for (uint32_t at = first; at < end; at++) {
		const struct ps_warm_file *file = file_at(kept, at);

		if (file != NULL && file->signature != NULL)
			ps_signature_fetch(file->signature, condition);
	}
}

void ps_warm_ask(const struct ps_warm_view *view, struct ps_warm_directory *directory, uint32_t first, uint32_t count,
		 uint8_t *answers)
{
	struct ps_kept *kept = ps_kept_of(directory);

	PS_ASSERT(first <= directory->count && count <= directory->count - first);
	if (view->condition == NULL) {
		memset(answers, PS_WARM_MAY_MATCH, count);
		return;
	}
	ps_files_lock(kept);
	for (uint32_t i = 0, end; i < count; i = end) {
		end = (uint32_t)ps_min(count, (size_t)i + AT_ONCE);
		fetch_signatures(kept, first + i, first + end);
		fetch_bits(kept, view->condition, first + i, first + end);
		for (uint32_t k = i; k < end; k++)
			answers[k] = answer_for(view, kept, file_at(kept, first + k));
	}
	ps_files_unlock(kept);
}

/* Is what is known of the file true of the one that was looked at? */
static bool is_same_file(const struct ps_kept *kept, const struct ps_warm_file *file, const struct stat *st)
{
	const struct ps_warm_stamp stamp = ps_warm_stamp_of(st);

	return S_ISREG(st->st_mode) && st->st_dev == kept->shown.device && ps_warm_stamp_equal(&file->stamp, &stamp);
}

/* Forgets what is known of the entry: it is another file, or has changed. [F] */
static void forget_file(struct ps_kept *kept, uint32_t at, bool *forgot)
{
	ps_file_forget(kept, at);
	*forgot = true;
}

bool ps_warm_confirm(const struct ps_warm_view *view, struct ps_warm_directory *directory, uint32_t at,
		     const struct stat *st, uint64_t token)
{
	struct ps_kept *kept = ps_kept_of(directory);
	bool holds = false, forgot = false;
	struct ps_warm_file *file;

	PS_ASSERT(at < directory->count);
	ps_files_lock(kept);
	file = file_at(kept, at); /* it may be another one than was asked */
	if (file != NULL && !is_same_file(kept, file, st)) {
		forget_file(kept, at, &forgot);
	} else if (file != NULL) {
		ps_file_verify(kept, file, token);
		file->passed = 0;
		holds = !must_be_opened(view, kept, file) &&
			!ps_signature_may(file->signature, view->condition, view->whole);
	}
	ps_files_unlock(kept);
	if (forgot)
		ps_kept_wants_learning(kept);
	return holds;
}

void ps_warm_note_ruled_out(struct search_tree *tree, uint64_t count)
{
	ps_count(&tree->ruled_out, count);
}

/* Finds the first and the last block that may fulfil the condition. False: there is none, or that is the whole file. */
static bool find_blocks(const struct ps_signature *signature, const struct ps_condition *condition,
			struct ps_warm_range *range)
{
	uint64_t begin = 0, lines = 0;
	uint32_t blocks = signature->block_count, last = 0;
	bool found = false;

	*range = (struct ps_warm_range){ .end = UINT64_MAX };
	for (uint32_t i = 0; i < blocks; i++) {
		if (ps_signature_block_may(signature, i, condition)) {
			if (!found)
				*range = (struct ps_warm_range){ .begin = begin, .lines = lines, .end = UINT64_MAX };
			found = true;
			last = i;
			range->end = begin + signature->blocks[i].length;
		}
		begin += signature->blocks[i].length;
		lines += signature->blocks[i].lines;
	}
	if (found && last == blocks - 1)
		range->end = UINT64_MAX;
	return found && (range->begin > 0 || range->end != UINT64_MAX);
}

bool ps_warm_find_range(const struct ps_warm_view *view, struct ps_warm_directory *directory, const char *name,
			const struct stat *st, struct ps_warm_range *range)
{
	struct ps_kept *kept = ps_kept_of(directory);
	uint32_t at = view->condition != NULL && !view->whole ? ps_kept_index(kept, name) : UINT32_MAX;
	bool found = false, forgot = false;
	struct ps_warm_file *file;

	if (at == UINT32_MAX)
		return false;
	ps_files_lock(kept);
	file = file_at(kept, at);
	if (file != NULL && !is_same_file(kept, file, st))
		forget_file(kept, at, &forgot);
	else if (file != NULL && (file->flags & PS_FILE_NUL) == 0 && !must_be_opened(view, kept, file) &&
		 file->signature->block_count > 1)
		found = find_blocks(file->signature, view->condition, range);
	ps_files_unlock(kept);
	if (forgot)
		ps_kept_wants_learning(kept);
	return found;
}

bool ps_warm_wants(const struct ps_warm_view *view, struct ps_warm_directory *directory, const char *name)
{
	struct ps_kept *kept = ps_kept_of(directory);
	uint32_t at = view->learns ? ps_kept_index(kept, name) : UINT32_MAX;
	const struct ps_warm_file *file;
	bool wants;

	if (at == UINT32_MAX || directory->entries[at].type != DT_REG || ps_memory_is_full(kept->tree))
		return false;
	ps_files_lock(kept);
	file = kept->slots[at].file;
	wants = kept->in_table && (file == NULL || file->passed >= DOUBTFUL ||
				   (file->signature == NULL && (file->flags & PS_FILE_UNFIT) == 0));
	ps_files_unlock(kept);
	return wants;
}
