/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * apply_ignore.c - what a directory's rules leave out of its listing.
 *
 * Which rule files there are the listing has said, so a directory without any costs no system call.
 * They are read before the directory's entries are seen by others. A thread has the directory open
 * meanwhile: for the second descriptor it borrows a place in the cache of directories, or where there
 * is none closes the directory, and what is below is opened by path.
 */
#include "plan_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum {
	ENTRY_COST = 64,        /* what an entry costs by itself, in the unit of ps_subject.spent; */
	SIFT_COST = 256 * 1024  /* and what one step may cost: some milliseconds */
};

struct ps_leave {
	struct ps_plan *plan;
	struct ps_beside *beside;  /* while rules are read, */
	bool alone;                /* with no second descriptor for them, */
	bool later;                /* for which there was none at all, */
	bool failed;               /* or no memory */
	struct ps_text path;       /* of the entry that is asked about */
	struct ps_problem *problems;
	size_t problem_count, problem_space;

	/* while a listing is sifted */
	const struct ps_ignore *ignore; /* what holds in the directory; NULL: nothing can be left out */
	bool within;               /* it is walked only for the tracked files in it */
	uint32_t kept, asked;      /* entries of the listing */
};

int ps_leave_new(struct ps_leave **out, struct ps_plan *plan)
{
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return SEARCH_ENOMEM;
	(*out)->plan = plan;
	return SEARCH_OK;
}

void ps_leave_free(struct ps_leave *leave)
{
	if (leave == NULL)
		return;
	ps_text_free(&leave->path);
	free(leave->problems);
	free(leave);
}

const struct ps_problem *ps_leave_problem(const struct ps_leave *leave, size_t i)
{
	return i < leave->problem_count ? &leave->problems[i] : NULL;
}

void ps_leave_forget(struct ps_leave *leave)
{
	leave->problem_count = 0;
}

/* --- what the rules are read by --- */

static int open_file(void *context, enum ps_ignore_at at, const char *path, int flags)
{
	struct ps_leave *leave = context;
	int fd = PS_FD_LATER;

	if (!leave->later && !ps_watch_is_over(&leave->plan->options.hooks.watch))
		fd = ps_beside_open(leave->beside, at == PS_AT_DIRECTORY, path, flags);
	if (fd != PS_FD_LATER)
		return fd;
	leave->later = true;
	return -ENOENT; /* whatever is made of it is dropped */
}

static void close_file(void *context, int fd)
{
	struct ps_leave *leave = context;

	ps_fds_close(leave->plan, fd);
}

static void complain(void *context, enum ps_complaint kind, const char *file, int error, const char *why)
{
	struct ps_leave *leave = context;
	struct ps_problem *grown = ps_grow(leave->problems, &leave->problem_space, leave->problem_count + 1, sizeof(*grown));

	if (grown == NULL) {
		leave->failed = true;
		return;
	}
	leave->problems = grown;
	grown += leave->problem_count++;
	grown->error = error;
	grown->note = kind == PS_COMPLAINT_NOTE;
	snprintf(grown->text, sizeof(grown->text), "%.100s %s", file, why);
}

static void let_directory_go(struct ps_leave *leave)
{
	ps_fds_close(leave->plan, leave->beside->directory);
	leave->beside->directory = -1;
}

/* At the root of a walk: its own rules, and those above. */
static int make_root(struct ps_ignore **out, struct ps_leave *leave, const struct ps_ignore_host *host, unsigned has)
{
	char *space = malloc(PATH_MAX);
	const char *path;
	int rc;

	if (space == NULL)
		return SEARCH_ENOMEM;
	path = ps_source_real_path(ps_claim_source(leave->beside->claim, 0), leave->beside->directory, space);
	if (path == NULL && !leave->plan->options.ignore.no_parents)
		complain(leave, PS_COMPLAINT_ERROR, "ignore files above", 0, "are not applied: its absolute path is unknown");
	if (leave->alone)
		let_directory_go(leave);
	rc = ps_ignore_root(out, &leave->plan->options.ignore, host, path, has);
	free(space);
	return rc;
}

/* The directory's own rules, or NULL in *out. */
static int make(struct ps_ignore **out, struct ps_leave *leave, const struct ps_ignore *above, unsigned has)
{
	const struct ps_ignore_host host = { leave, open_file, close_file, complain, &leave->plan->options.hooks.watch };

	if (above == NULL)
		return make_root(out, leave, &host, has);
	if (leave->alone)
		let_directory_go(leave);
	return ps_ignore_below(out, above, &leave->plan->options.ignore, &host, leave->path.bytes, has);
}

/* The same with a descriptor more, or the directory's own. */
static int make_with_descriptor(struct ps_ignore **out, struct ps_leave *leave, struct ps_beside *beside,
				const struct ps_ignore *above, unsigned has)
{
	struct ps_plan *plan = leave->plan;
	int unneeded, rc;

	pthread_mutex_lock(&plan->lock);
	leave->alone = !ps_cache_borrow(plan, &unneeded);
	pthread_mutex_unlock(&plan->lock);
	ps_fds_close(plan, unneeded);
	leave->beside = beside;
	leave->later = leave->failed = false;
	rc = make(out, leave, above, has);
	if (!leave->alone) {
		pthread_mutex_lock(&plan->lock);
		ps_cache_repay(plan);
		pthread_mutex_unlock(&plan->lock);
	}
	if (rc == SEARCH_OK && leave->failed)
		rc = SEARCH_ENOMEM;
	leave->later = leave->later || ps_watch_is_over(&plan->options.hooks.watch);
	return rc == SEARCH_OK && leave->later ? PS_LATER : rc;
}

/* --- asking --- */

/* The path of the directory, and where its entries' names go behind it. */
static int begin_path(struct ps_leave *leave, const struct ps_claim *claim, const struct ps_ignore *ignore)
{
	return ps_claim_path_below(claim, 0, ps_ignore_path(ignore), &leave->path);
}

/*
 * Is the entry left out? 0 or 1, or SEARCH_ENOMEM. entry->answer has the filter's bits; PS_FILTER_WITHIN is set in
 * it if it is a directory that is walked only for the tracked files in it. *spent grows by the work it was.
 */
static int is_left_out(struct ps_leave *leave, const char *name, struct ps_entry *entry, size_t *spent)
{
	struct ps_text *path = &leave->path;
	size_t length = strlen(name), at = path->length > 0 ? path->length + 1 : 0;
	struct ps_subject subject = { .length = at + length, .name = at, .directory = entry->type == PS_ENTRY_DIRECTORY,
				      .watch = &leave->plan->options.hooks.watch };
	bool within = leave->within;
	enum ps_verdict verdict;

	*spent += ENTRY_COST;
	if ((entry->answer & PS_FILTER_ALWAYS) != 0)
		return 0;
	if (!ps_text_reserve(path, subject.length))
		return SEARCH_ENOMEM;
	if (at > 0)
		path->bytes[at - 1] = '/';
	memcpy(path->bytes + at, name, length + 1);
	subject.path = path->bytes;
	ps_subject_hash(&subject);
	verdict = ps_ignore_ask(leave->ignore, &subject, &within);
	*spent += subject.spent;
	if (within)
		entry->answer |= PS_FILTER_WITHIN;
	if (verdict == PS_RULES_SILENT && name[0] == '.' && (leave->plan->options.flags & SEARCH_WALK_SKIP_HIDDEN) != 0)
		return (entry->answer & PS_FILTER_HIDDEN) == 0;
	return verdict == PS_RULES_IGNORE;
}

/* The rules are known: what the listing is to be sifted with. */
static int begin_sifting(struct ps_leave *leave, const struct ps_beside *beside, const struct ps_ignore *own,
			 const struct ps_run *run, uint32_t at)
{
	const struct ps_ignore *ignore = own != NULL ? own : run->ignore;

	leave->ignore = NULL;
	leave->kept = leave->asked = 0;
	if (!ps_ignore_has_rules(ignore) && (leave->plan->options.flags & SEARCH_WALK_SKIP_HIDDEN) == 0)
		return SEARCH_OK;
	leave->ignore = ignore;
	leave->within = (run->entries[at].answer & PS_FILTER_WITHIN) != 0 && ps_ignore_same_repository(ignore, run->ignore);
	return begin_path(leave, beside->claim, ignore);
}

int ps_leave_begin(struct ps_leave *leave, struct ps_beside *beside, struct ps_listing *listing, unsigned has)
{
	uint32_t at;
	const struct ps_run *run = ps_entry_origin(beside->claim, 0, &at);
	const struct ps_ignore *above = run->ignore;
	int rc = SEARCH_OK;

	if (above != NULL && has != 0)
		rc = begin_path(leave, beside->claim, above);
	if (rc == SEARCH_OK && (above == NULL || has != 0))
		rc = make_with_descriptor(&listing->own_ignore, leave, beside, above, has);
	if (rc == SEARCH_OK)
		rc = begin_sifting(leave, beside, listing->own_ignore, run, at);
	if (rc != SEARCH_OK) {
		ps_ignore_free(listing->own_ignore);
		listing->own_ignore = NULL;
		ps_leave_forget(leave);
	}
	return rc;
}

/* Asks about some entries, until that was so much work. 1: there are more; 0, or SEARCH_ENOMEM. */
static int sift(struct ps_leave *leave, struct ps_listing *listing, uint64_t *left, uint64_t *directories)
{
	size_t spent = 0;

	for (; leave->asked < listing->count && spent < SIFT_COST; leave->asked++) {
		struct ps_entry *entry = &listing->entries[leave->asked];
		int out = is_left_out(leave, listing->names + entry->name, entry, &spent);

		if (out < 0)
			return out;
		if (out > 0) {
			++*left;
			*directories += entry->type == PS_ENTRY_DIRECTORY;
		} else {
			listing->entries[leave->kept++] = *entry;
		}
	}
	return leave->asked < listing->count;
}

int ps_leave_step(struct ps_leave *leave, struct ps_listing *listing, uint64_t *left, uint64_t *directories)
{
	int rc;

	if (leave->ignore == NULL)
		return PS_DONE;
	rc = sift(leave, listing, left, directories);
	if (rc < 0)
		return rc;
	if (ps_watch_is_over(&leave->plan->options.hooks.watch))
		return PS_LATER; /* rules may not have been asked to the end */
	if (rc > 0)
		return PS_MORE;
	listing->count = leave->kept;
	return PS_DONE;
}
