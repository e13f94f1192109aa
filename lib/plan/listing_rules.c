/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listing_rules.c - the ignore rules of a directory that is listed: reads its rule files, and takes out of the listing
 * what the rules leave out.
 *
 * The listing has shown which rule files there are, so a directory without any costs no system call. They are read
 * before others see the directory's entries (P5). The thread has the directory open meanwhile: for the second
 * descriptor it borrows a place in the cache of directories. If there is none, it closes the directory, and the
 * entries are opened by their paths.
 */
#include "plan_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { SIFT_COST = 256 * 1024 /* what one step may cost, in the unit of ps_subject.spent: some milliseconds */ };

struct ps_listing_rules {
	struct ps_plan *plan;
	struct ps_beside *beside;  /* while rules are read, */
	bool alone;                /* with no second descriptor for them, */
	bool later;                /* for which there was none at all, */
	bool failed;               /* or no memory */
	struct ps_problem *problems;
	size_t problem_count, problem_space;

	/* while a listing is sifted */
	struct ps_sifter sifter;
	uint32_t kept, asked;      /* entries of the listing */
};

int ps_listing_rules_new(struct ps_listing_rules **out, struct ps_plan *plan)
{
	*out = calloc(1, sizeof(**out));
	if (*out == NULL)
		return SEARCH_ENOMEM;
	(*out)->plan = plan;
	(*out)->sifter.watch = &plan->options.hooks.watch;
	(*out)->sifter.skip_hidden = (plan->options.flags & SEARCH_WALK_SKIP_HIDDEN) != 0;
	return SEARCH_OK;
}

void ps_listing_rules_free(struct ps_listing_rules *rules)
{
	if (rules == NULL)
		return;
	ps_text_free(&rules->sifter.path);
	free(rules->problems);
	free(rules);
}

const struct ps_problem *ps_listing_rules_problem(const struct ps_listing_rules *rules, size_t i)
{
	return i < rules->problem_count ? &rules->problems[i] : NULL;
}

void ps_listing_rules_forget(struct ps_listing_rules *rules)
{
	rules->problem_count = 0;
}

/* --- how rule files are opened --- */

static int open_file(void *context, enum ps_ignore_at at, const char *path, int flags)
{
	struct ps_listing_rules *rules = context;
	int fd = PS_FD_LATER;

	if (!rules->later && !ps_watch_is_over(&rules->plan->options.hooks.watch))
		fd = ps_beside_open(rules->beside, at == PS_AT_DIRECTORY, path, flags);
	if (fd != PS_FD_LATER)
		return fd;
	rules->later = true;
	return -ENOENT; /* whatever is made of it is dropped */
}

/* A file may have an overlay. A removed one is not there. */
static int find_text(void *context, enum ps_ignore_at at, const char *path, bool follow, const void **text,
		     size_t *size)
{
	struct ps_listing_rules *rules = context;
	const struct ps_overlay *overlay = NULL;
	int error = 0;

	if (rules->plan->options.overlays != NULL)
		error = ps_beside_overlay(rules->beside, at == PS_AT_DIRECTORY, path, follow, &overlay);
	if (error != 0 || overlay == NULL)
		return -error;
	if (overlay->kind != PS_OVERLAY_TEXT)
		return -ENOENT;
	*text = overlay->data;
	*size = overlay->size;
	return 1;
}

static void close_file(void *context, int fd)
{
	struct ps_listing_rules *rules = context;

	ps_fds_close(rules->plan, fd);
}

static void note_problem(void *context, enum ps_complaint kind, const char *file, int error, const char *why)
{
	struct ps_listing_rules *rules = context;
	struct ps_problem *grown = ps_grow(rules->problems, &rules->problem_space, rules->problem_count + 1, sizeof(*grown));

	if (grown == NULL) {
		rules->failed = true;
		return;
	}
	rules->problems = grown;
	grown += rules->problem_count++;
	grown->error = error;
	grown->note = kind == PS_COMPLAINT_NOTE;
	snprintf(grown->text, sizeof(grown->text), "%.100s %s", file, why);
}

static void close_directory(struct ps_listing_rules *rules)
{
	ps_fds_close(rules->plan, rules->beside->directory);
	rules->beside->directory = -1;
}

/* At the root of a walk: its own rules, and those above. */
static int make_root_rules(struct ps_ignore **out, struct ps_listing_rules *rules, const struct ps_ignore_host *host,
		     unsigned has)
{
	char *space = malloc(PATH_MAX);
	const char *path;
	int rc;

	if (space == NULL)
		return SEARCH_ENOMEM;
	path = ps_source_real_path(ps_claim_source(rules->beside->claim, 0), rules->beside->directory, space);
	if (path == NULL && !rules->plan->options.ignore.no_parents)
		note_problem(rules, PS_COMPLAINT_ERROR, "ignore files above", 0, "are not applied: its absolute path is unknown");
	if (rules->alone)
		close_directory(rules);
	rc = ps_ignore_root(out, &rules->plan->options.ignore, host, path, has);
	free(space);
	return rc;
}

/* The directory's own rules, or NULL in *out. */
static int make_rules(struct ps_ignore **out, struct ps_listing_rules *rules, const struct ps_ignore *above,
		      unsigned has)
{
	const struct ps_watch *watch = &rules->plan->options.hooks.watch;
	const struct ps_ignore_host host = { rules, open_file, close_file, note_problem, watch, find_text };

	if (above == NULL)
		return make_root_rules(out, rules, &host, has);
	if (rules->alone)
		close_directory(rules);
	return ps_ignore_below(out, above, &rules->plan->options.ignore, &host, rules->sifter.path.bytes, has);
}

/* The same, with a second descriptor or, if there is none, with the directory's own. */
static int make_with_descriptor(struct ps_ignore **out, struct ps_listing_rules *rules, struct ps_beside *beside,
				const struct ps_ignore *above, unsigned has)
{
	struct ps_plan *plan = rules->plan;
	int unneeded, rc;

	ps_plan_lock(plan);
	rules->alone = !ps_cache_borrow(plan, &unneeded);
	ps_plan_unlock(plan);
	ps_fds_close(plan, unneeded);
	rules->beside = beside;
	rules->later = rules->failed = false;
	rc = make_rules(out, rules, above, has);
	if (!rules->alone) {
		ps_plan_lock(plan);
		ps_cache_repay(plan);
		ps_plan_unlock(plan);
	}
	if (rc == SEARCH_OK && rules->failed)
		rc = SEARCH_ENOMEM;
	rules->later = rules->later || ps_watch_is_over(&plan->options.hooks.watch);
	return rc == SEARCH_OK && rules->later ? PS_LATER : rc;
}

/* --- sifting --- */

/* Puts the path of the directory into the sifter. */
static int make_path(struct ps_listing_rules *rules, const struct ps_claim *claim, const struct ps_ignore *ignore)
{
	return ps_claim_path_below(claim, 0, ps_ignore_path(ignore), &rules->sifter.path);
}

/* Prepares the sifter, now that the rules are known. */
static int start_sifting(struct ps_listing_rules *rules, const struct ps_beside *beside, const struct ps_ignore *own,
			 const struct ps_run *run, uint32_t at)
{
	rules->kept = rules->asked = 0;
	ps_sifter_start(&rules->sifter, own != NULL ? own : run->ignore, run->ignore, run->entries[at].answer);
	return rules->sifter.ignore != NULL ? make_path(rules, beside->claim, rules->sifter.ignore) : SEARCH_OK;
}

int ps_listing_rules_load(struct ps_listing_rules *rules, struct ps_beside *beside, struct ps_listing *listing,
			  unsigned has)
{
	uint32_t at;
	const struct ps_run *run = ps_entry_origin(beside->claim, 0, &at);
	const struct ps_ignore *above = run->ignore;
	int rc = SEARCH_OK;

	if (above != NULL && has != 0)
		rc = make_path(rules, beside->claim, above);
	if (rc == SEARCH_OK && (above == NULL || has != 0))
		rc = make_with_descriptor(&listing->own_ignore, rules, beside, above, has);
	if (rc == SEARCH_OK)
		rc = start_sifting(rules, beside, listing->own_ignore, run, at);
	if (rc != SEARCH_OK) {
		ps_ignore_free(listing->own_ignore);
		listing->own_ignore = NULL;
		ps_listing_rules_forget(rules);
	}
	return rc;
}

/* Asks about entries, up to the work of one step. Returns 1 if there are more; 0; or SEARCH_ENOMEM. */
static int sift_entries(struct ps_listing_rules *rules, struct ps_listing *listing, uint64_t *left,
			uint64_t *directories)
{
	size_t spent = 0;

	for (; rules->asked < listing->count && spent < SIFT_COST; rules->asked++) {
		struct ps_entry *entry = &listing->entries[rules->asked];
		bool directory = entry->type == PS_ENTRY_DIRECTORY;
		int out = ps_sifter_ask(&rules->sifter, listing->names + entry->name, directory, &entry->answer, &spent);

		if (out < 0)
			return out;
		if (out > 0) {
			++*left;
			*directories += directory;
		} else {
			listing->entries[rules->kept++] = *entry;
		}
	}
	return rules->asked < listing->count;
}

int ps_listing_rules_sift(struct ps_listing_rules *rules, struct ps_listing *listing, uint64_t *left,
			  uint64_t *directories)
{
	int rc;

	if (rules->sifter.ignore == NULL)
		return PS_DONE;
	rc = sift_entries(rules, listing, left, directories);
	if (rc < 0)
		return rc;
	if (ps_watch_is_over(&rules->plan->options.hooks.watch))
		return PS_LATER; /* rules may not have been asked to the end */
	if (rc > 0)
		return PS_MORE;
	listing->count = rules->kept;
	return PS_DONE;
}
