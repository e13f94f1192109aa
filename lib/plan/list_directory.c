/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * list_directory.c - reads a directory into a run, a buffer at a time.
 *
 * getdents64 is called directly: readdir would allocate memory and call fstat for each directory, and has no advantage.
 * Usually the directory says what an entry is. The system is asked about each entry only if the file system does not
 * say it, or if sizes matter.
 *
 * What has an overlay is passed over while the directory is read, and not looked at. At the end all overlays of the
 * directory are added, whether they were met or not, through the same filters.
 */
#include "plan_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	BUFFER = 32 * 1024,
	TAKE_COST = 32 * 1024, /* globs that may be tried in one step */
	LOOK_COST = 32 /* of a system call about an entry, in globs */
};

/* What the kernel writes; no header for programs declares it. */
struct dirent64_kernel {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

struct ps_lister {
	struct ps_plan *plan;
	struct ps_claim *claim;
	struct ps_listing listing;
	struct ps_kept_listing kept;
	struct ps_listing_rules *rules; /* NULL: rules leave nothing out */
	unsigned has;           /* bits of the rule files in the directory */
	struct ps_bounds bounds;
	unsigned marks;         /* of the entry that is taken */
	bool tells_info;        /* [C] SEARCH_RESULT_FILE_INFO */
	bool tells_ends;        /* [C] SEARCH_RESULT_FILE_ENDS */
	int fd;
	int error;
	enum { LIST_READ, LIST_KEPT, LIST_OVERLAYS, LIST_RULES, LIST_SIFT, LIST_SORT } stage;
	long at, got;           /* the part of the buffer that is not taken yet */
	uint32_t overlaid;      /* index of the directory among those with overlays, or PS_OVERLAY_NONE; */
	uint32_t overlay;       /* and of its next overlay to be added */
	bool unidentified;      /* what these are is found out when the first buffer is there */
	bool left_out;          /* the whole directory is */
	bool complete;          /* all of it was read */
	size_t name_size;
	struct ps_list_totals totals;
	struct ps_pick *pick;   /* NULL: globs leave nothing out */
	int failed;             /* SEARCH_ENOMEM when the directory was started; else SEARCH_OK */
	char *buffer;           /* of BUFFER bytes; NULL before the first directory */
};

int ps_lister_new(struct ps_lister **out, struct ps_plan *plan)
{
	struct ps_lister *lister = calloc(1, sizeof(*lister));

	*out = lister;
	if (lister == NULL)
		return SEARCH_ENOMEM;
	lister->plan = plan;
	lister->fd = -1;
	lister->tells_info = (plan->options.flags & SEARCH_RESULT_FILE_INFO) != 0;
	lister->tells_ends = (plan->options.flags & SEARCH_RESULT_FILE_ENDS) != 0;
	if (plan->options.filter != NULL && ps_pick_new(&lister->pick, plan->options.filter) != SEARCH_OK)
		return SEARCH_ENOMEM;
	return ps_ignore_wanted(&plan->options.ignore) ? ps_listing_rules_new(&lister->rules, plan) : SEARCH_OK;
}

void ps_lister_close(struct ps_lister *lister)
{
	ps_fds_close(lister->plan, lister->fd);
	lister->fd = -1;
}

void ps_lister_free(struct ps_lister *lister)
{
	if (lister == NULL)
		return;
	ps_lister_close(lister);
	ps_listing_rules_free(lister->rules);
	ps_buffer_free(lister->buffer, BUFFER);
	ps_listing_free(&lister->listing);
	ps_kept_listing_destroy(&lister->kept);
	ps_pick_free(lister->pick);
	free(lister);
}

const struct ps_list_totals *ps_lister_totals(const struct ps_lister *lister)
{
	return &lister->totals;
}

const struct ps_problem *ps_lister_problem(const struct ps_lister *lister, size_t i)
{
	return lister->rules != NULL ? ps_listing_rules_problem(lister->rules, i) : NULL;
}

/* Counts a file, or a directory, that is left out. */
static int skip_entry(struct ps_lister *l)
{
	l->totals.files++;
	l->totals.skipped++;
	return SEARCH_OK;
}

/* Is it on another file system than the directory that it is in, and does that matter? */
static bool is_elsewhere(const struct ps_lister *l, const struct ps_run *child)
{
	return (l->plan->options.flags & SEARCH_WALK_ONE_FILE_SYSTEM) != 0 && child->depth > 1 &&
	       child->device != child->parent->run->device;
}

/* The overlay of an entry, or NULL. */
static const struct ps_overlay *find_overlay(const struct ps_lister *l, const char *name)
{
	return l->overlaid != PS_OVERLAY_NONE
		       ? ps_overlays_named(l->plan->options.overlays, l->overlaid, name, strlen(name)) : NULL;
}

/* Is it the top of a repository, worktree or submodule below the source, and are these skipped? */
static bool is_nested_repository(struct ps_lister *l, const struct ps_run *child)
{
	const struct ps_overlay *overlay = find_overlay(l, ".git");
	struct stat st;

	if ((l->plan->options.flags & SEARCH_WALK_NO_NESTED_REPOSITORIES) == 0 || child->depth == 1)
		return false;
	if (overlay != NULL && !overlay->empty)
		return overlay->kind != PS_OVERLAY_REMOVED;
	if (fstatat(l->fd, ".git", &st, 0) == 0)
		return S_ISDIR(st.st_mode) || S_ISREG(st.st_mode);
	if (l->fd >= 0 && errno != ENOENT && errno != ENOTDIR && errno != ELOOP)
		l->error = errno; /* not knowing that, the directory is not entered */
	return false;
}

/* Once for each source: its path relative to the working directory, if a glob looks at such paths. */
static int find_source_path(const struct ps_lister *l, struct ps_run *run, int directory)
{
	struct ps_text path = { 0 };
	int rc;

	if (run->depth > 1 || run->from_here != NULL || ps_pick_path(l->pick, PS_FILTER_BELOW) == NULL)
		return SEARCH_OK;
	rc = ps_source_from_here(ps_claim_source(run->parent, 0), directory, &path);
	run->from_here = path.bytes;
	return rc;
}

/* Tells the globs which directory is listed into this run. */
static int start_globs(struct ps_lister *l, struct ps_run *run, int directory)
{
	int rc = find_source_path(l, run, directory);

	for (int i = 0; rc == SEARCH_OK && i < PS_FILTER_PATHS; i++) {
		struct ps_text *path = ps_pick_path(l->pick, (enum ps_filter_path)i);

		if (path != NULL)
			rc = ps_run_directory(run, i == PS_FILTER_SHOWN, path);
	}
	return rc == SEARCH_OK ? ps_pick_start(l->pick) : rc;
}

/* Finds out which overlays the directory has. One that was not on disk when the search was opened has them noted. */
static void find_overlays(struct ps_lister *l, const struct stat *st)
{
	const struct ps_overlays *overlays = l->plan->options.overlays;
	const struct ps_overlay *noted = ps_claim_overlay(l->plan, l->claim, 0);

	l->overlaid = l->overlay = PS_OVERLAY_NONE;
	if (overlays == NULL)
		return;
	if (noted != NULL)
		l->overlaid = noted->below;
	else if (st != NULL)
		l->overlaid = ps_overlays_in(overlays, st->st_dev, st->st_ino);
	if (l->overlaid != PS_OVERLAY_NONE)
		l->overlay = overlays->directories[l->overlaid].first;
}

/* Asks the system which directory it is. Not knowing that, it could not be listed as it should be. */
static void identify_directory(struct ps_lister *l, struct ps_run *child)
{
	struct stat st;
	bool known = l->fd >= 0 && fstat(l->fd, &st) == 0;

	l->unidentified = false;
	if (l->fd >= 0 && !known)
		l->error = errno;
	if (known) {
		child->device = st.st_dev;
		child->inode = st.st_ino;
		l->left_out |= is_elsewhere(l, child);
	}
	find_overlays(l, known ? &st : NULL);
}

/* The same if that matters before anything is read. */
static void identify_at_start(struct ps_lister *l, struct ps_run *child)
{
	uint32_t flags = l->plan->options.flags;
	bool overlays = l->plan->options.overlays != NULL;

	l->overlaid = l->overlay = PS_OVERLAY_NONE;
	l->unidentified = overlays;
	if ((flags & (SEARCH_WALK_FOLLOW | SEARCH_WALK_ONE_FILE_SYSTEM)) != 0 ||
	    (overlays && ((flags & SEARCH_WALK_NO_NESTED_REPOSITORIES) != 0 || l->fd < 0 || !child->short_read_is_end ||
			  ps_claim_overlay(l->plan, l->claim, 0) != NULL)))
		identify_directory(l, child);
}

/* What a warm tree keeps of the directory says which one it is. */
static void use_kept(struct ps_lister *l, struct ps_run *child)
{
	const struct stat st = { .st_dev = l->kept.directory->device, .st_ino = l->kept.directory->inode };

	l->unidentified = false;
	child->device = st.st_dev;
	child->inode = st.st_ino;
	l->left_out |= is_elsewhere(l, child);
	find_overlays(l, &st);
	if (l->fd >= 0)
		ps_kept_listing_link(&l->kept);
}

void ps_lister_start(struct ps_lister *lister, struct ps_claim *claim, const struct ps_opened *opened)
{
	struct ps_run *child = claim->child;

	lister->claim = claim;
	ps_bounds_start(&lister->bounds, &lister->plan->options, claim);
	lister->marks = 0;
	lister->failed = lister->pick != NULL ? start_globs(lister, child, opened->fd) : SEARCH_OK;
	if (lister->buffer == NULL && (lister->buffer = ps_buffer_new(BUFFER)) == NULL)
		lister->failed = SEARCH_ENOMEM;
	child->short_read_is_end = opened->short_read_is_end;
	child->stamps_hold = opened->stamps_hold;
	lister->fd = opened->fd;
	lister->at = lister->got = 0;
	lister->error = 0;
	lister->complete = false;
	lister->has = 0;
	if (lister->rules != NULL)
		ps_listing_rules_forget(lister->rules);
	lister->left_out = child->depth == 1 && lister->plan->options.max_depth == SEARCH_NO_WALK;
	lister->name_size = 0;
	identify_at_start(lister, child);
	lister->left_out = lister->left_out || is_nested_repository(lister, child);
	ps_kept_listing_start(&lister->kept, lister->plan, claim, opened);
	if (lister->kept.directory != NULL)
		use_kept(lister, child);
	lister->stage = lister->left_out ? LIST_SORT :
			lister->error != 0 ? LIST_OVERLAYS :
			lister->kept.directory != NULL ? LIST_KEPT :
			opened->fd >= 0 ? LIST_READ : LIST_OVERLAYS;
	if (lister->left_out)
		skip_entry(lister);
	else
		lister->totals.directories++;
}

/* `answer`: bits of the globs. */
static int add_entry(struct ps_lister *l, const char *name, enum ps_entry_type type, bool follow, unsigned answer)
{
	struct ps_listing *to = &l->listing;
	size_t length = strlen(name) + 1;
	struct ps_entry *entries = ps_buffer_grow(to->entries, &to->entry_space, (size_t)to->count + 1, sizeof(*entries));
	char *names;

	if (entries == NULL)
		return SEARCH_ENOMEM;
	to->entries = entries;
	names = ps_buffer_grow(to->names, &to->name_space, l->name_size + length, 1);
	if (names == NULL)
		return SEARCH_ENOMEM;
	to->names = names;
	if (l->name_size + length > UINT32_MAX || to->count == UINT32_MAX)
		return SEARCH_ENOMEM;
	memcpy(to->names + l->name_size, name, length);
	to->entries[to->count++] = (struct ps_entry){
		.key = ps_entry_key(name),
		.name = (uint32_t)l->name_size,
		.type = (uint8_t)type,
		.follow = follow,
		.answer = (uint8_t)answer,
		.marks = l->marks & PS_MARKS,
	};
	l->name_size += length;
	return SEARCH_OK;
}

/* Is the directory one of those above, so that following the link would never end? */
static bool is_loop(const struct ps_lister *l, const struct stat *st)
{
	for (const struct ps_run *run = l->claim->child; run->parent != NULL; run = run->parent->run)
		if (run->device == st->st_dev && run->inode == st->st_ino)
			return true;
	return false;
}

/* What the globs say about an entry. Hidden entries are left out here only if there are no rules, which come first. */
static unsigned ask_globs(struct ps_lister *l, const char *name, bool directory)
{
	unsigned answer = l->pick != NULL ? ps_pick_ask(l->pick, name, directory) : 0;
	bool hidden = name[0] == '.' && (l->plan->options.flags & SEARCH_WALK_SKIP_HIDDEN) != 0;

	return hidden && l->rules == NULL && (answer & PS_FILTER_HIDDEN) == 0 ? PS_FILTER_LEAVE : answer;
}

static int add_directory(struct ps_lister *l, const char *name, bool follow)
{
	uint32_t max_depth = l->plan->options.max_depth;
	unsigned answer = ask_globs(l, name, true);

	if ((max_depth != 0 && l->claim->child->depth >= max_depth) || (answer & PS_FILTER_LEAVE) != 0)
		return skip_entry(l);
	return add_entry(l, name, PS_ENTRY_DIRECTORY, follow, answer);
}

/* Adds what the system says of a file after its name, which was added last: see ps_listing_info(). */
static int add_info(struct ps_lister *l, const char *name, const struct stat *st)
{
	struct ps_listing *to = &l->listing;
	struct ps_file_info info = { 0 };
	struct stat own;
	char *names;

	if (st == NULL && fstatat(l->fd, name, &own, AT_SYMLINK_NOFOLLOW) == 0)
		st = &own;
	if (st != NULL)
		info = ps_info_of(st);
	names = ps_buffer_grow(to->names, &to->name_space, l->name_size + sizeof(info), 1);
	if (names == NULL)
		return SEARCH_ENOMEM;
	to->names = names;
	memcpy(names + l->name_size, &info, sizeof(info));
	l->name_size += sizeof(info);
	return SEARCH_OK;
}

/* With SEARCH_RESULT_LIST: a file of which only the name is needed, and perhaps what the system says of it. */
static int add_name(struct ps_lister *l, const char *name, bool follow, unsigned answer, const struct stat *st)
{
	int rc = add_entry(l, name, PS_ENTRY_NAME, follow, answer);

	return rc == SEARCH_OK && l->tells_info ? add_info(l, name, st) : rc;
}

/* Is it larger than max_file_size? *st: of the file, or NULL if it was not asked for yet. */
static bool is_too_large(const struct ps_lister *l, const char *name, const struct stat *st)
{
	uint64_t most = l->plan->options.max_file_size;
	struct stat own;

	if (most == 0)
		return false;
	if (st == NULL && fstatat(l->fd, name, &own, AT_SYMLINK_NOFOLLOW) != 0)
		return false; /* opening it tells what is wrong */
	return (uint64_t)(st != NULL ? st : &own)->st_size > most;
}

/* A file that cannot match, of which the search tells all the same that it has ended. */
static int add_matchless(struct ps_lister *l, const char *name, unsigned answer)
{
	int rc = add_entry(l, name, PS_ENTRY_FILE, false, answer);

	if (rc != SEARCH_OK)
		return rc;
	l->listing.entries[l->listing.count - 1].matchless = true;
	return add_info(l, name, &l->kept.looked_at);
}

/*
 * Does a warm tree know that it cannot match? Where the search begins or ends it is opened, and so are hidden files,
 * which rules may leave out.
 */
static bool is_ruled_out(struct ps_lister *l, const char *name)
{
	bool hidden = name[0] == '.' && (l->plan->options.flags & SEARCH_WALK_SKIP_HIDDEN) != 0;

	return l->stage == LIST_KEPT && l->marks == 0 && !hidden && ps_kept_listing_rules_out(&l->kept, l->fd, name);
}

static int add_file(struct ps_lister *l, const char *name, bool follow, const struct stat *st)
{
	bool listing = (l->plan->options.flags & SEARCH_RESULT_LIST) != 0;
	unsigned answer = ask_globs(l, name, false);

	if ((answer & PS_FILTER_LEAVE) != 0 || is_too_large(l, name, st))
		return skip_entry(l);
	l->totals.files++;
	if (!follow && st == NULL && is_ruled_out(l, name)) {
		l->totals.ruled_out++;
		return l->tells_ends ? add_matchless(l, name, answer) : SEARCH_OK;
	}
	return listing ? add_name(l, name, follow, answer, st) : add_entry(l, name, PS_ENTRY_FILE, follow, answer);
}

/* A link that leads nowhere: opening it tells what is wrong. */
static int add_broken_link(struct ps_lister *l, const char *name)
{
	unsigned answer = ask_globs(l, name, false);

	if ((answer & PS_FILTER_LEAVE) != 0)
		return skip_entry(l);
	l->totals.files++;
	return add_entry(l, name, PS_ENTRY_FILE, true, answer);
}

/* Notes that the last entry of the listing has an overlay, or why that is not known. */
static int note_overlaid(struct ps_lister *l, uint32_t overlay, int error)
{
	struct ps_listing *to = &l->listing;
	struct ps_overlaid *grown = ps_grow(to->overlaid, &to->overlaid_space, (size_t)to->overlaid_count + 1,
					    sizeof(*grown));

	if (grown == NULL)
		return SEARCH_ENOMEM;
	to->overlaid = grown;
	to->overlaid[to->overlaid_count++] = (struct ps_overlaid){
		.name = to->entries[to->count - 1].name, .overlay = overlay, .error = error,
	};
	return SEARCH_OK;
}

/* Adds what an overlay makes of an entry, unless it is left out. `follow`: the entry is a link that leads there. */
static int add_overlay(struct ps_lister *l, const struct ps_overlay *overlay, const char *name, bool follow)
{
	const struct stat st = { .st_mode = S_IFREG, .st_size = (off_t)overlay->size };
	uint32_t before = l->listing.count, index = (uint32_t)(overlay - l->plan->options.overlays->all);
	int rc;

	if (overlay->kind == PS_OVERLAY_DIRECTORY)
		rc = add_directory(l, name, follow);
	else if (overlay->kind == PS_OVERLAY_TEXT)
		rc = add_file(l, name, follow, &st);
	else
		rc = add_broken_link(l, name);
	return rc == SEARCH_OK && l->listing.count > before ? note_overlaid(l, index, 0) : rc;
}

/*
 * Adds the file to which a link leads. `st`: what it is, or NULL. `error`: why it is not known whether it has an overlay,
 * or 0. Then the text on disk may not be the right one, so the error comes in its place.
 */
static int add_linked_file(struct ps_lister *l, const char *name, const struct stat *st, int error)
{
	uint32_t before = l->listing.count;
	int rc = st != NULL ? add_file(l, name, true, st) : add_broken_link(l, name);

	return rc == SEARCH_OK && error != 0 && l->listing.count > before ? note_overlaid(l, PS_OVERLAY_NONE, error) : rc;
}

/* With SEARCH_WALK_FOLLOW, adds a symbolic link as what it leads to. A loop is skipped, and counted. */
static int add_link(struct ps_lister *l, const char *name)
{
	const struct ps_overlays *overlays = l->plan->options.overlays;
	const struct ps_overlay *overlay = NULL;
	int error = overlays != NULL ? ps_overlays_find(overlays, l->fd, name, true, &overlay) : 0;
	struct stat st;
	bool found;

	if (error == ENOMEM)
		return SEARCH_ENOMEM;
	if (overlay != NULL)
		return add_overlay(l, overlay, name, true);
	found = fstatat(l->fd, name, &st, 0) == 0;
	if (found && S_ISDIR(st.st_mode) && !is_loop(l, &st))
		return add_directory(l, name, true);
	if (found && !S_ISREG(st.st_mode))
		return skip_entry(l);
	if (found ? st.st_nlink == 0 : ps_leads_nowhere(error))
		error = 0; /* nothing there has a name that could have an overlay; links in /proc lead to such files */
	return add_linked_file(l, name, found ? &st : NULL, error);
}

static unsigned char ask_type(const struct ps_lister *l, const char *name)
{
	struct stat st;

	if (fstatat(l->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return DT_REG; /* opening it tells what is wrong */
	return S_ISREG(st.st_mode) ? DT_REG : S_ISDIR(st.st_mode) ? DT_DIR :
	       S_ISLNK(st.st_mode) ? DT_LNK : DT_UNKNOWN;
}

/* A name that begins with a dot: notes rule files. Returns the type to take it for. */
static unsigned char take_dot(struct ps_lister *l, const char *name, unsigned char type)
{
	unsigned bit = ps_ignore_bit(name);

	if (bit == PS_HAS_REPOSITORY || type == DT_REG || type == DT_LNK)
		l->has |= bit;
	return bit == PS_HAS_REPOSITORY && l->plan->options.ignore.vcs ? DT_UNKNOWN : type;
}

/* Does it lie before or behind what is searched? Its rules may hold for the rest all the same. */
static bool is_out_of_bounds(struct ps_lister *l, const char *name)
{
	return l->bounds.any && !ps_bounds_admit(&l->bounds, name, &l->marks);
}

static int take_entry(struct ps_lister *l, const char *name, unsigned char type)
{
	bool outside = is_out_of_bounds(l, name);
	const struct ps_overlay *overlay;

	if (name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0')))
		return SEARCH_OK;
	if (outside && (name[0] != '.' || l->rules == NULL))
		return SEARCH_OK;
	overlay = find_overlay(l, name);
	if (overlay != NULL && !overlay->empty)
		return SEARCH_OK;
	if (type == DT_UNKNOWN)
		type = ask_type(l, name);
	if (name[0] == '.' && l->rules != NULL)
		type = take_dot(l, name, type);
	if (outside)
		return SEARCH_OK;
	if (type == DT_DIR) /* one that was not there when the search was opened may have removed files */
		return overlay != NULL ? add_overlay(l, overlay, name, false) : add_directory(l, name, false);
	if (type == DT_LNK && (l->plan->options.flags & SEARCH_WALK_FOLLOW) != 0)
		return add_link(l, name);
	if (type == DT_REG)
		return add_file(l, name, false, NULL);
	return skip_entry(l);
}

static int load_rules(struct ps_lister *l, bool wait)
{
	struct ps_beside beside = {
		.plan = l->plan, .claim = l->claim, .directory = l->fd, .overlaid = l->overlaid, .wait = wait,
	};
	int rc = l->rules != NULL ? ps_listing_rules_load(l->rules, &beside, &l->listing, l->has) : SEARCH_OK;

	l->fd = beside.directory;
	if (rc == SEARCH_OK)
		l->stage = l->rules != NULL ? LIST_SIFT : LIST_SORT;
	return rc == SEARCH_OK ? PS_MORE : rc;
}

static int sift_listing(struct ps_lister *l)
{
	uint64_t left = 0, directories = 0;
	int rc = ps_listing_rules_sift(l->rules, &l->listing, &left, &directories);

	l->totals.files += directories; /* as hidden ones */
	l->totals.skipped += left;
	if (rc != PS_DONE)
		return rc;
	l->stage = LIST_SORT;
	return PS_MORE;
}

/* The listing is complete: puts it into the tree. */
static void expand_claim(struct ps_lister *l)
{
	if (l->listing.count == 0) {
		ps_ignore_free(l->listing.own_ignore); /* no longer needed: everything was left out */
		l->listing.own_ignore = NULL;
	}
	if ((l->plan->options.flags & SEARCH_RESULT_LIST) != 0)
		ps_listing_link_names(&l->listing);
	ps_kept_listing_end(&l->kept, l->fd, l->complete, &l->listing);
	ps_plan_expand(l->plan, l->claim, &l->listing, l->fd);
	l->listing = (struct ps_listing){ 0 };
	l->fd = -1;
}

static int sort_listing(struct ps_lister *l)
{
	int rc = ps_listing_sort(&l->listing);

	if (rc == PS_DONE && !ps_kept_listing_sort(&l->kept))
		return PS_MORE;
	if (rc == PS_DONE)
		expand_claim(l);
	return rc;
}

/* Fills the buffer; at the end, or after an error, it is empty. */
static void read_buffer(struct ps_lister *l)
{
	long got;

	do
		got = syscall(SYS_getdents64, l->fd, l->buffer, BUFFER);
	while (got < 0 && errno == EINTR);
	l->error = got < 0 ? errno : 0;
	l->at = 0;
	l->got = got < 0 ? 0 : got;
}

/* What it costs to take an entry, in globs. */
static size_t entry_cost(const struct ps_lister *l)
{
	return 1 + (l->pick != NULL ? ps_pick_cost(l->pick) : 0);
}

/* May the directory that is in the buffer have overlays? Only its entry "." can tell that it has none. */
static bool may_have_overlays(const struct ps_lister *l)
{
	for (long at = 0; at < l->got;) {
		const struct dirent64_kernel *d = (const void *)(l->buffer + at);

		if (d->name[0] == '.' && d->name[1] == '\0')
			return ps_overlays_may_be_in(l->plan->options.overlays, (ino_t)d->inode);
		at += d->length;
	}
	return true;
}

/* The first buffer is there. */
static void identify_by_entries(struct ps_lister *l)
{
	l->unidentified = false;
	if (may_have_overlays(l))
		identify_directory(l, l->claim->child);
	if (l->error != 0)
		l->got = 0;
}

/* Takes entries from the buffer, as many as a step may try globs for. */
static int take_entries(struct ps_lister *l)
{
	size_t cost = entry_cost(l);

	for (size_t spent = 0; l->at < l->got && spent < TAKE_COST; spent += cost) {
		const struct dirent64_kernel *d = (const void *)(l->buffer + l->at);
		int rc;

		ps_kept_listing_note(&l->kept, d->name, d->type);
		rc = take_entry(l, d->name, d->type);
		if (rc != SEARCH_OK)
			return rc;
		l->at += d->length;
	}
	return PS_MORE;
}

static int read_entries(struct ps_lister *l)
{
	if (l->at == l->got)
		read_buffer(l);
	if (l->unidentified)
		identify_by_entries(l);
	if (l->got == 0) {
		l->complete = l->error == 0;
		l->stage = LIST_OVERLAYS;
	}
	return take_entries(l);
}

/* The same from the listing that is kept. */
static int take_kept(struct ps_lister *l)
{
	size_t cost = entry_cost(l);

	for (size_t spent = 0; spent < TAKE_COST; spent += cost) {
		uint32_t looks = l->kept.looks;
		unsigned char type;
		const char *name = ps_kept_listing_next(&l->kept, &type);
		int rc;

		if (name == NULL) {
			l->listing.sorted = l->overlay == PS_OVERLAY_NONE;
			l->stage = LIST_OVERLAYS;
			return PS_MORE;
		}
		rc = take_entry(l, name, type != DT_UNKNOWN ? type : DT_SOCK);
		if (rc != SEARCH_OK)
			return rc;
		spent += (size_t)LOOK_COST * (l->kept.looks - looks);
	}
	return PS_MORE;
}

/* An overlay of the directory itself. A file that is removed, and a directory with nothing else below, is not added. */
static int take_overlay(struct ps_lister *l, const struct ps_overlay *overlay)
{
	unsigned char type = overlay->kind == PS_OVERLAY_DIRECTORY ? DT_DIR : DT_REG;

	if (overlay->kind == PS_OVERLAY_REMOVED || overlay->empty)
		return SEARCH_OK;
	if (overlay->name[0] == '.' && l->rules != NULL)
		type = take_dot(l, overlay->name, type);
	if (is_out_of_bounds(l, overlay->name))
		return SEARCH_OK;
	return type != DT_UNKNOWN ? add_overlay(l, overlay, overlay->name, false) : skip_entry(l);
}

/* Takes overlays, as many as a step may try globs for. */
static int take_overlays(struct ps_lister *l)
{
	const struct ps_overlay *all = l->overlay != PS_OVERLAY_NONE ? l->plan->options.overlays->all : NULL;
	size_t cost = entry_cost(l);

	for (size_t spent = 0; l->overlay != PS_OVERLAY_NONE; spent += cost) {
		int rc;

		if (spent >= TAKE_COST)
			return PS_MORE;
		rc = take_overlay(l, &all[l->overlay]);
		if (rc != SEARCH_OK)
			return rc;
		l->overlay = all[l->overlay].next;
	}
	l->stage = LIST_RULES;
	return PS_MORE;
}

/* Of a directory of common size all that follows the reading is one step. */
int ps_lister_step(struct ps_lister *l, bool wait, int *error)
{
	int rc = l->failed;

	if (rc == SEARCH_OK && l->stage == LIST_READ)
		rc = read_entries(l);
	else if (rc == SEARCH_OK && l->stage == LIST_KEPT)
		rc = take_kept(l);
	*error = l->error;
	if (rc >= 0 && l->stage == LIST_OVERLAYS)
		rc = take_overlays(l);
	if (rc < 0 || l->stage < LIST_RULES)
		return rc;
	if (l->stage == LIST_RULES)
		rc = load_rules(l, wait);
	if (l->stage == LIST_SIFT)
		rc = sift_listing(l);
	return l->stage == LIST_SORT ? sort_listing(l) : rc;
}
