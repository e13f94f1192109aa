/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * split.c - a large file in parts, each claimed by itself.
 *
 * The thread that searches a large file keeps the first part, and puts the others into a run in the place of its claim,
 * as if the file were a directory of its parts. The files that the claim had after it follow them there. The first part
 * is at least what the thread has read by then: most searches are over before it pays to wake others (search/job.c).
 *
 * The parts share the descriptor, which is kept open as directories are (fd_cache.c), and may be closed as they are:
 * then a part opens the file again by its path, and makes sure that it is the same file.
 */
#include "plan_internal.h"

#include <stdlib.h>
#include <sys/stat.h>

#define MOST_PARTS 4096 /* of a file; if that is not enough, they become longer */

void ps_sums_add(struct ps_sums *sums, const struct ps_sums *more)
{
	sums->lines += more->lines;
	sums->matches += more->matches;
	sums->bytes += more->bytes;
	sums->nul_at = sums->nul_at < more->nul_at ? sums->nul_at : more->nul_at;
	sums->skipped |= more->skipped;
	sums->shrunk |= more->shrunk;
}

/* Finds the size of what may be cut. False: it is unknown, or this is no regular file. */
static bool look_at_file(const struct ps_plan *plan, const struct ps_claim *claim, uint32_t i,
			 const struct ps_opened *opened, struct stat *st)
{
	const void *data;
	size_t size;

	if (opened->fd >= 0)
		return fstat(opened->fd, st) == 0 && S_ISREG(st->st_mode);
	if (!ps_claim_memory(plan, claim, i, &data, &size))
		return false;
	*st = (struct stat){ .st_size = (off_t)size };
	return true;
}

uint64_t ps_claim_measure(const struct ps_plan *plan, const struct ps_claim *claim, uint32_t i,
			  const struct ps_opened *opened)
{
	struct stat st;

	return look_at_file(plan, claim, i, opened, &st) ? (uint64_t)st.st_size : 0;
}

/* The parts that begin at first * size and later, and the entries after the file. NULL: out of memory. */
static struct ps_run *make_parts(const struct ps_claim *claim, uint32_t i, uint32_t first, uint32_t end, uint64_t size)
{
	const struct ps_entry *file = ps_claim_entry(claim, i);
	uint32_t after = claim->count - i - 1;
	struct ps_run *run = ps_run_new();

	if (run == NULL)
		return NULL;
	run->entries = calloc((size_t)end - first + after, sizeof(*run->entries));
	if (run->entries == NULL) {
		ps_run_free(run);
		return NULL;
	}
	for (uint32_t k = first; k < end; k++)
		run->entries[run->count++] = (struct ps_entry){
			.key = k * size,
			.name = claim->first + i,
			.type = PS_ENTRY_PART,
			.follow = file->follow || file->type == PS_ENTRY_SOURCE,
		};
	for (uint32_t k = i + 1; k < claim->count; k++) {
		run->entries[run->count] = *ps_claim_entry(claim, k);
		run->entries[run->count++].name = claim->first + k;
	}
	run->parts = end - first;
	run->short_read_is_end = claim->run->short_read_is_end;
	run->fresh = claim->run->fresh;
	return run;
}

uint64_t ps_claim_split(struct ps_plan *plan, struct ps_claim *claim, uint32_t i, uint64_t size, uint64_t reached,
			struct ps_opened *opened)
{
	struct ps_run *run;
	uint64_t first, end;
	struct stat st;

	if (!look_at_file(plan, claim, i, opened, &st))
		return PS_NO_END;
	size = ps_max64(size, ((uint64_t)st.st_size + MOST_PARTS - 1) / MOST_PARTS);
	first = reached / size + 1;
	end = ((uint64_t)st.st_size + size - 1) / size;
	if (first >= end)
		return PS_NO_END;
	run = make_parts(claim, i, (uint32_t)first, (uint32_t)end, size);
	if (run == NULL)
		return PS_NO_END;
	run->device = st.st_dev;
	run->inode = st.st_ino;
	run->parts_end_short = opened->short_read_is_end;
	run->info = opened->info;
	opened->borrowed = ps_plan_split(plan, claim, i, run, opened->fd) || opened->borrowed;
	return first * size;
}

struct ps_part ps_claim_part(const struct ps_claim *claim)
{
	const struct ps_run *run = claim->run;
	bool last = claim->first + 1 == run->parts;

	return (struct ps_part){
		.kind = last ? PS_PART_LAST : PS_PART_MIDDLE,
		.begin = run->entries[claim->first].key,
		.end = last ? PS_NO_END : run->entries[claim->first + 1].key,
	};
}

const struct ps_file_info *ps_claim_info(const struct ps_claim *claim)
{
	return &claim->run->info;
}

void ps_claim_note(struct ps_claim *claim, const struct ps_sums *sums)
{
	claim->sums = *sums;
}

struct ps_sums ps_claim_before(struct ps_plan *plan, const struct ps_claim *claim)
{
	struct ps_sums sums = PS_SUMS_NONE;

	ps_plan_lock(plan);
	if (ps_claim_is_part(claim))
		sums = claim->run->before;
	ps_plan_unlock(plan);
	return sums;
}

/* The run of the file's parts, of which this claim has one. */
static struct ps_run *run_of_parts(const struct ps_claim *claim)
{
	return ps_claim_is_part(claim) ? claim->run : claim->child;
}

/* relaxed: a thread that sees it late does some work for nothing */
void ps_claim_cut(struct ps_claim *claim)
{
	atomic_store_explicit(&run_of_parts(claim)->cut, true, memory_order_relaxed);
}

bool ps_claim_is_cut(const struct ps_claim *claim)
{
	return atomic_load_explicit(&run_of_parts(claim)->cut, memory_order_relaxed);
}
