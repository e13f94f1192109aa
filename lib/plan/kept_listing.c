/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kept_listing.c - the walk uses a warm tree: it need not read a directory whose listing the tree keeps, nor open a
 * file that the tree rules out.
 *
 * When a directory is opened, the tree is asked for its listing. If that holds, its entries take the place of those
 * that the system would give, and pass the same filters. Otherwise the directory is read, and all its entries are noted
 * in a draft, before any filter; at the end the tree keeps the draft. warm/warm.h says when a listing holds.
 *
 * A directory that the tree trusts is not opened at all: its files are opened by their paths. But it is opened if the
 * search looks at each entry, which takes a descriptor.
 */
#include "plan_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* Does the search ask the system about entries of each directory, by their names? */
static bool needs_descriptor(const struct ps_plan_options *o)
{
	const uint32_t looks = (uint32_t)SEARCH_WALK_FOLLOW | (uint32_t)SEARCH_WALK_NO_NESTED_REPOSITORIES;

	return (o->flags & looks) != 0 || o->max_file_size != 0 ||
	       ((o->flags & SEARCH_RESULT_LIST) != 0 && (o->flags & SEARCH_RESULT_FILE_INFO) != 0);
}

/* The listing that the claim's entry is in, if it is kept. */
static struct ps_warm_directory *kept_above(const struct ps_claim *claim, const char **name)
{
	uint32_t at;
	const struct ps_run *run = ps_entry_origin(claim, 0, &at);

	*name = run->sources == NULL ? run->names + run->entries[at].name : "";
	return run->warm;
}

/* Asks the system about the claim's directory, by its path. */
static bool look_at_directory(const struct ps_claim *claim, const char *name, struct stat *st)
{
	struct ps_text path = { 0 };
	bool ok;
	int at;

	if (claim->directory_fd >= 0)
		return fstatat(claim->directory_fd, name, st, AT_SYMLINK_NOFOLLOW) == 0;
	ok = ps_claim_real_path(claim, 0, &path, &at) == SEARCH_OK &&
	     fstatat(at, path.bytes, st, AT_SYMLINK_NOFOLLOW) == 0;
	ps_text_free(&path);
	return ok;
}

struct ps_warm_directory *ps_kept_listing_unopened(const struct ps_plan *plan, const struct ps_claim *claim)
{
	const struct ps_warm_view *view = plan->options.warm;
	struct ps_warm_directory *above, *below;
	const char *name;
	struct stat st;
	uint64_t token;

	if (view == NULL || needs_descriptor(&plan->options))
		return NULL;
	above = kept_above(claim, &name);
	if (above == NULL)
		return NULL;
	token = ps_warm_token(view->tree);
	switch (ps_warm_below(view, above, name, &below)) {
	case PS_WARM_USE:
		return below;
	case PS_WARM_STAT:
		if (look_at_directory(claim, name, &st) && ps_warm_hold(view, below, &st, token))
			return below;
		ps_warm_release(below);
		return NULL;
	default:
		return NULL;
	}
}

void ps_kept_listing_start(struct ps_kept_listing *k, struct ps_plan *plan, struct ps_claim *claim,
			   const struct ps_opened *opened)
{
	const struct ps_warm_view *view = plan->options.warm;
	struct stat st;

	PS_ASSERT(k->directory == NULL && k->draft == NULL);
	k->view = view;
	k->claim = claim;
	k->directory = opened->kept;
	k->fresh = false;
	k->next = k->asked = 0;
	k->path.length = 0;
	k->has_path = false;
	if (view == NULL || opened->fd < 0)
		return;
	if (!opened->stamps_hold) {
		ps_warm_note_refused(view->tree);
		return;
	}
	k->token = ps_warm_token(view->tree);
	if (fstat(opened->fd, &st) != 0)
		return;
	k->directory = ps_warm_find(view, &st, k->token);
	if (k->directory != NULL)
		ps_warm_watch(view, k->directory, opened->fd);
	else
		k->draft = ps_warm_draft_new(view, &st, opened->short_read_is_end, k->token);
}

void ps_kept_listing_destroy(struct ps_kept_listing *k)
{
	ps_warm_release(k->directory);
	ps_warm_draft_drop(k->draft);
	ps_text_free(&k->path);
	k->directory = NULL;
	k->draft = NULL;
}

/* --- a directory that is read --- */

void ps_kept_listing_note(struct ps_kept_listing *k, const char *name, unsigned char type)
{
	if (k->draft == NULL || (name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'))))
		return;
	if (type != DT_UNKNOWN) {
		ps_warm_draft_add(k->draft, name, type);
		return;
	}
	/* the file system does not say what the entry is, so the directory's stamp would not tell if that changed */
	ps_warm_draft_drop(k->draft);
	k->draft = NULL;
}

/* The path by which search_tree_learn() finds the claim's directory; "" if there is none. */
static const char *path_of(const struct ps_claim *claim, struct ps_text *path)
{
	int at;

	path->length = 0;
	if (ps_claim_real_path(claim, 0, path, &at) != SEARCH_OK || at != AT_FDCWD)
		return "";
	return path->bytes;
}

bool ps_kept_listing_sort(struct ps_kept_listing *k)
{
	return k->draft == NULL || ps_warm_draft_sort(k->draft);
}

void ps_kept_listing_end(struct ps_kept_listing *k, int directory, bool complete, struct ps_listing *listing)
{
	struct ps_warm_directory *above;
	struct ps_text path = { 0 };
	const char *name;

	if (!complete) {
		ps_warm_draft_drop(k->draft);
		k->draft = NULL;
	}
	if (k->draft != NULL) {
		above = kept_above(k->claim, &name);
		k->directory = ps_warm_keep(k->view, k->draft, above, name, path_of(k->claim, &path));
		k->draft = NULL;
		k->fresh = true;
		if (k->directory != NULL && directory >= 0)
			ps_warm_watch(k->view, k->directory, directory);
	}
	ps_text_free(&path);
	listing->warm = k->directory;
	listing->fresh = k->fresh;
	k->directory = NULL;
}

void ps_kept_listing_link(struct ps_kept_listing *k)
{
	struct ps_warm_directory *above;
	struct ps_text path = { 0 };
	const char *name;

	if (k->directory == NULL || k->view == NULL)
		return;
	above = kept_above(k->claim, &name);
	ps_warm_link(k->view, k->directory, above, name, path_of(k->claim, &path));
	ps_text_free(&path);
}

/* --- a directory that is not read --- */

const char *ps_kept_listing_next(struct ps_kept_listing *k, unsigned char *type)
{
	const struct ps_warm_directory *d = k->directory;
	uint32_t at = k->next;

	if (at == d->count)
		return NULL;
	if (at == k->asked) {
		uint32_t more = (uint32_t)ps_min(d->count - at, PS_KEPT_ANSWERS);

		k->first = at;
		k->asked = at + more;
		ps_warm_ask(k->view, k->directory, at, more, k->answers);
	}
	k->next++;
	*type = d->entries[at].type;
	return d->names + d->entries[at].name;
}

/* Asks the system about an entry of the directory, which may not be open. */
static bool look_at_entry(struct ps_kept_listing *k, int directory, const char *name, struct stat *st)
{
	struct ps_text *path = &k->path;

	if (directory >= 0)
		return fstatat(directory, name, st, AT_SYMLINK_NOFOLLOW) == 0;
	if (!k->has_path) {
		if (ps_claim_real_path(k->claim, 0, path, &k->path_base) != SEARCH_OK || !ps_text_add(path, "/", 1))
			return false;
		k->directory_length = path->length;
		k->has_path = true;
	}
	path->length = k->directory_length;
	return ps_text_add_string(path, name) && fstatat(k->path_base, path->bytes, st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool ps_kept_listing_rules_out(struct ps_kept_listing *k, int directory, const char *name)
{
	uint32_t at = k->next - 1;
	enum ps_warm_answer answer;

	if (k->directory == NULL || at < k->first || at >= k->asked)
		return false;
	answer = (enum ps_warm_answer)k->answers[at - k->first];
	if (answer == PS_WARM_MAY_MATCH || (answer == PS_WARM_CANNOT && !k->view->tells_ends))
		return answer == PS_WARM_CANNOT;
	k->looks++;
	k->token = ps_warm_token(k->view->tree);
	return look_at_entry(k, directory, name, &k->looked_at) &&
	       ps_warm_confirm(k->view, k->directory, at, &k->looked_at, k->token);
}

bool ps_claim_is_matchless(const struct ps_claim *claim, uint32_t i, struct ps_file_info *info)
{
	uint32_t at;
	const struct ps_run *run = ps_entry_origin(claim, i, &at);
	const char *name;

	if (!run->entries[at].matchless)
		return false;
	name = run->names + run->entries[at].name;
	memcpy(info, name + strlen(name) + 1, sizeof(*info));
	return true;
}

/* --- a file that was searched --- */

/* Bytes. A longer file would keep its worker too long: in a pool others may want the thread. */
enum {
	LEARN_MOST = 32 << 20,
	LEARN_MOST_IN_POOL = 1 << 20
};

/* The name of a file in a kept listing, and in *warm that listing's directory; or NULL. */
static const char *kept_file(const struct ps_claim *claim, uint32_t i, struct ps_warm_directory **warm)
{
	const struct ps_entry *entry = ps_claim_entry(claim, i);
	const struct ps_run *run;
	uint32_t at;

	*warm = NULL;
	if (entry->type != PS_ENTRY_FILE || entry->follow)
		return NULL;
	run = ps_entry_origin(claim, i, &at);
	*warm = run->warm;
	return run->warm != NULL ? run->names + run->entries[at].name : NULL;
}

bool ps_claim_is_to_learn(const struct ps_plan *plan, const struct ps_claim *claim, uint32_t i)
{
	struct ps_warm_directory *warm;
	const char *name = kept_file(claim, i, &warm);

	return name != NULL && !claim->run->fresh && ps_warm_wants(plan->options.warm, warm, name);
}

int ps_claim_learn(const struct ps_plan *plan, const struct ps_claim *claim, uint32_t i, int fd)
{
	struct ps_warm_directory *warm;
	const char *name = kept_file(claim, i, &warm);
	bool pool = plan->options.hooks.file_closed != NULL;

	return ps_warm_learn(plan->options.warm, warm, name, fd, pool ? LEARN_MOST_IN_POOL : LEARN_MOST,
			     &plan->options.hooks.watch);
}

bool ps_claim_find_range(const struct ps_plan *plan, const struct ps_claim *claim, uint32_t i, int fd,
			 struct ps_file_range *range)
{
	struct ps_warm_directory *warm;
	struct ps_warm_range found;
	const char *name = kept_file(claim, i, &warm);
	struct stat st;

	if (name == NULL || claim->run->fresh || fstat(fd, &st) != 0 ||
	    !ps_warm_find_range(plan->options.warm, warm, name, &st, &found))
		return false;
	*range = (struct ps_file_range){ found.begin, found.end, found.lines, (uint64_t)st.st_size };
	return true;
}
