/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_git.c - what a repository says in all its files: configuration, includes, links to other .git directories,
 * rules, and the index, whose names are read once more by a plain loop. All files are in memory.
 *
 * libFuzzer: -max_len=2048 -timeout=120 -dict=test/fuzz/git.dict
 *
 * An input is a byte that says how, and then, for each file, its number in `names`, its size in two bytes, the lower
 * first, and its bytes. Of two that have the same number the last counts.
 *
 *   bit 0  the index matters       bit 3  no rules from above the root of the walk
 *   bit 1  git's rules hold        bit 4  the path of that root is unknown
 *          outside of repositories
 *   bit 2  .ignore, .psearchignore bit 5  there is a home directory
 *          are not read
 */
#include "fuzz.h"

#include "../../lib/files/git_index.h"

#include <errno.h>

static const char *const names[] = {
	".git/HEAD",      ".git/config",  ".git/index",    ".git/info/exclude", ".gitignore", ".ignore",
	".psearchignore", ".git",         "common/config", "common/HEAD",       "included",   "global",
	"excludes",       "d/.gitignore", "d/.git/HEAD",   "d/.git/index",      "commondir",  ".git/commondir",
};

enum {
	NAMES = sizeof(names) / sizeof(names[0]),
	CONFIG = 1,
	INDEX = 2,
	MOST_TRACKED = 256,
	HEADER = 12,
	LONGEST = 4096
};

struct repository {
	struct {
		char *bytes; /* NULL: there is no such file */
		size_t size;
	} files[NAMES];
	size_t finds, complaints;
};

/* --- the host --- */

/* A path is that of the file whose name it ends with, the longest one. */
static int find_file(void *context, enum ps_ignore_at at, const char *path, bool follow, const void **text,
		     size_t *size)
{
	struct repository *r = context;
	size_t length = strlen(path), best = 0;
	int found = -ENOENT;

	(void)at;
	(void)follow;
	FUZZ_CHECK(++r->finds < 100000);
	for (size_t i = 0; i < NAMES; i++) {
		size_t n = strlen(names[i]);

		if (r->files[i].bytes == NULL || n <= best || n > length || strcmp(path + length - n, names[i]) != 0)
			continue;
		best = n;
		*text = r->files[i].bytes;
		*size = r->files[i].size;
		found = 1;
	}
	return found;
}

static int open_nothing(void *context, enum ps_ignore_at at, const char *path, int flags)
{
	(void)context;
	(void)at;
	(void)path;
	(void)flags;
	return -ENOENT;
}

static void close_nothing(void *context, int fd)
{
	(void)context;
	(void)fd;
	FUZZ_FAIL("what was not opened is closed");
}

static void complain(void *context, enum ps_complaint kind, const char *file, int error, const char *why)
{
	struct repository *r = context;

	FUZZ_CHECK(kind == PS_COMPLAINT_ERROR || kind == PS_COMPLAINT_NOTE);
	FUZZ_CHECK(file != NULL && why != NULL && strlen(why) > 0 && error >= 0);
	r->complaints++;
}

/* --- the index, read once more --- */

struct tracked {
	char names[MOST_TRACKED][LONGEST + 1];
	size_t count;
	bool damaged, too_many;
};

static uint32_t number_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* How many bytes of the name before are left out: as git writes it. Returns where it ends, or NULL. */
static const uint8_t *read_cut(const uint8_t *p, const uint8_t *end, size_t *cut)
{
	*cut = 0;
	for (int i = 0; i < 4 && p < end; i++) {
		*cut += *p & 0x7F;
		if ((*p++ & 0x80) == 0)
			return p;
		*cut = (*cut + 1) << 7;
	}
	return NULL;
}

/* Returns where the entry ends, or NULL: it is damaged. */
static const uint8_t *read_entry(struct tracked *t, const uint8_t *p, const uint8_t *end, uint32_t version)
{
	const uint8_t *begin = p, *nul;
	const char *before = t->count > 0 ? t->names[t->count - 1] : "";
	size_t kept = 0, cut, own;

	if (end - p < 64)
		return NULL;
	p += 62;
	if ((begin[60] & 0x40) != 0) {
		if (version == 2)
			return NULL;
		p += 2;
	}
	if (version == 4) {
		p = read_cut(p, end, &cut);
		if (p == NULL || cut > strlen(before))
			return NULL;
		kept = strlen(before) - cut;
	}
	nul = memchr(p, 0, (size_t)(end - p));
	own = nul != NULL ? (size_t)(nul - p) : 0;
	if (nul == NULL || kept + own == 0 || kept + own > LONGEST)
		return NULL;
	memcpy(t->names[t->count], before, kept);
	memcpy(t->names[t->count] + kept, p, own + 1);
	p = version == 4 ? nul + 1 : begin + ((size_t)(nul - begin) / 8 + 1) * 8;
	if (p > end || strcmp(before, t->names[t->count]) > 0)
		return NULL;
	t->count++;
	return p;
}

/* False: it is not known what there should be. */
static bool read_naively(struct tracked *t, const uint8_t *p, size_t size)
{
	const uint8_t *end = p + size;
	uint32_t version, count;

	t->count = 0;
	if (size < HEADER || memcmp(p, "DIRC", 4) != 0)
		return false;
	version = number_at(p + 4);
	count = number_at(p + 8);
	if (version < 2 || version > 4 || count > MOST_TRACKED)
		return false;
	p += HEADER;
	while (count-- > 0 && p != NULL)
		p = read_entry(t, p, end, version);
	return p != NULL;
}

/* Of an index that was read: each name is in it, and so is what is above that. */
static void check_index(const struct ps_ignore_host *host, const struct repository *r, const char *git, size_t number)
{
	static struct tracked t;
	const struct ps_git_config config = { .caseless = false };
	struct ps_tracked *index;
	size_t before = r->complaints;

	FUZZ_CHECK(ps_tracked_load(&index, host, git, &config) == SEARCH_OK);
	if (index == NULL)
		return;
	FUZZ_CHECK(r->complaints == before && r->files[number].bytes != NULL);
	if (read_naively(&t, (const uint8_t *)r->files[number].bytes, r->files[number].size))
		for (size_t i = 0; i < t.count; i++) {
			const char *slash = strrchr(t.names[i], '/');

			FUZZ_CHECK(ps_tracked_has(index, t.names[i], strlen(t.names[i])));
			if (slash != NULL && slash > t.names[i])
				FUZZ_CHECK(ps_tracked_has_below(index, t.names[i], (size_t)(slash - t.names[i])));
		}
	FUZZ_CHECK(ps_tracked_size(index) > 0 && !ps_tracked_has(index, "\x01 no such name", 14));
	ps_tracked_free(index);
}

/* --- asking --- */

static const char *const entries[] = {
	"a", "a.o", "d", "d/a", "d/B.c", "included", "x y", ".git", "d/e/f", "\xC3\xA9"
};

static enum ps_verdict ask(const struct ps_ignore *ignore, const char *below, bool directory, bool *within)
{
	char path[600];
	int length = snprintf(path, sizeof(path), "%s%s%s", ps_ignore_path(ignore),
			      *ps_ignore_path(ignore) != '\0' ? "/" : "", below);
	const char *slash = memrchr(path, '/', (size_t)length);
	struct ps_subject subject = { .path = path, .length = (size_t)length, .directory = directory };

	subject.name = slash != NULL ? (size_t)(slash + 1 - path) : 0;
	ps_subject_hash(&subject);
	return ps_ignore_ask(ignore, &subject, within);
}

/*
 * Asks about the entries whose paths begin so. The same question has the same answer; only a directory is walked for
 * what is tracked in it.
 */
static void ask_all(const struct ps_ignore *ignore, const char *below)
{
	for (size_t i = 0; i < 4 * sizeof(entries) / sizeof(entries[0]); i++) {
		bool directory = i % 4 < 2, within = i % 2 != 0, again = within;
		enum ps_verdict verdict;

		if (strncmp(entries[i / 4], below, strlen(below)) != 0)
			continue;
		verdict = ask(ignore, entries[i / 4], directory, &within);
		FUZZ_CHECK(verdict == ask(ignore, entries[i / 4], directory, &again) && within == again);
		FUZZ_CHECK(!within || directory);
	}
	FUZZ_CHECK(ps_ignore_size(ignore) > 0);
	ps_ignore_has_rules(ignore);
}

static void walk(const struct repository *r, const struct ps_ignore_host *host, uint8_t how)
{
	static const char *const configs[] = { "global", "no-such-file" };
	const struct ps_ignore_options options = {
		.vcs = true, .tracked = (how & 1) != 0, .anywhere = (how & 2) != 0, .plain = (how & 4) == 0,
		.no_parents = (how & 8) != 0, .configs = configs, .config_count = 2,
		.home = (how & 32) != 0 ? "/nowhere/home" : NULL, .excludes = (how & 2) != 0 ? "excludes" : NULL,
	};
	const unsigned has = PS_HAS_PSEARCH | PS_HAS_PLAIN | PS_HAS_GIT | PS_HAS_REPOSITORY;
	struct ps_ignore *root, *below;

	FUZZ_CHECK(ps_ignore_root(&root, &options, host, (how & 16) != 0 ? NULL : "/nowhere/at/all", has) == SEARCH_OK);
	ask_all(root, "");
	FUZZ_CHECK(ps_ignore_below(&below, root, &options, host, "d", has) == SEARCH_OK);
	if (below != NULL)
		ask_all(below, "d/");
	ps_ignore_free(below);
	ps_ignore_free(root);
	check_index(host, r, ".git", INDEX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_begin(data, size);
	struct repository r = { 0 };
	const struct ps_ignore_host host = {
		.context = &r, .open = open_nothing, .close = close_nothing, .complain = complain, .find = find_file
	};
	uint8_t how = fuzz_byte(&in);

	while (fuzz_left(&in) > 0) {
		size_t i = fuzz_below(&in, NAMES), length = fuzz_byte(&in);

		length |= (size_t)fuzz_byte(&in) << 8;
		length = ps_min(length, fuzz_left(&in));
		free(r.files[i].bytes);
		r.files[i].bytes = fuzz_copy(in.at, length);
		r.files[i].size = length;
		in.at += length;
	}
	walk(&r, &host, how);
	for (size_t i = 0; i < NAMES; i++)
		free(r.files[i].bytes);
	return 0;
}
