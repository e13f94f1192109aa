/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unsaved.c - see unsaved.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "unsaved.h"

#include "archive.h"

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST_ENTRIES = 600 };

/* What there is in the tree of some rounds: paths that begin with its own. */
static struct listing {
	char *paths[MOST_ENTRIES];
	size_t count;
} files, directories;

static void forget(struct listing *listing)
{
	while (listing->count > 0)
		free(listing->paths[--listing->count]);
}

static int note_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	struct listing *to = type == FTW_D ? &directories : &files;

	(void)st, (void)at;
	if (to->count < MOST_ENTRIES)
		to->paths[to->count++] = strdup(path);
	return 0;
}

static const char *any_of(struct dice *d, const struct listing *listing)
{
	return listing->paths[dice_below(d, (uint32_t)listing->count)];
}

const char *unsaved_any_directory(struct dice *d)
{
	return any_of(d, &directories);
}

const char *unsaved_any_file(struct dice *d)
{
	return any_of(d, files.count > 0 ? &files : &directories);
}

void unsaved_list(const char *tree)
{
	forget(&files);
	forget(&directories);
	assert_int_equal(nftw(tree, note_entry, 32, FTW_PHYS), 0);
	assert_true(directories.count > 0);
}

void unsaved_forget(void)
{
	forget(&files);
	forget(&directories);
}

void unsaved_add_to_tree(struct dice *d, const char *tree)
{
	static const char *const rules[] = { "*.c\n", "a*\n!*.c\n", "b*/\n.h*\n", "/n1\n", "new*\nd2/\n!new1\n" };
	char name[40], *target;

	unsaved_list(tree);
	for (uint32_t i = 0; i < 6; i++) {
		sprintf(name, "link%u", i);
		target = realpath(any_of(d, i % 2 == 0 || files.count == 0 ? &directories : &files), NULL);
		if (target == NULL)
			continue; /* broken */
		forest_link(any_of(d, &directories), name, target);
		free(target);
	}
	for (uint32_t i = 0; i < 3; i++)
		forest_text(any_of(d, &directories), i == 0 ? ".gitignore" : ".ignore", rules[dice_below(d, 5)]);
	forest_link(tree, "l0", "nothing");
	forest_link(tree, "l1", "./d1/new1");
	unsaved_list(tree);
}

/* --- overlays --- */

void unsaved_write_path(struct dice *d, char *to, const char *path)
{
	const char *slash = strchr(path, '/');
	uint32_t kind = dice_below(d, 4);
	char working[PATH_MAX];

	*to = '\0';
	if (kind == 1)
		to += sprintf(to, "%s/", getcwd(working, sizeof(working)));
	else if (kind == 2 && slash != NULL)
		to += sprintf(to, ".//%.*s/../", (int)(slash - path), path);
	for (; *path != '\0'; path++) {
		if (*path == '/' && dice_chance(d, 10))
			to += sprintf(to, dice_chance(d, 50) ? "//.//" : "/.");
		*to++ = *path;
	}
	*to = '\0';
}

void unsaved_choose_path(struct dice *d, char *to)
{
	static const char *const names[] = { "n1", "n2", "new1", "new2.c", ".n", "a1", "d1/n2", "d1/new1", "d2/d1/b.c",
					     ".d/f", "n3/f", ".ignore",
					     "d1/.gitignore", "d1/.git/HEAD" };
	char path[PATH_MAX];

	if (dice_chance(d, 50) && files.count > 0)
		snprintf(path, sizeof(path), "%s", any_of(d, &files));
	else
		snprintf(path, sizeof(path), "%s/%s", any_of(d, &directories),
			 names[dice_below(d, sizeof(names) / sizeof(names[0]))]);
	unsaved_write_path(d, to, path);
}

/* A compressed text with needles in it, or NULL: there is no gzip. */
static const struct archive *get_packed(void)
{
	static struct archive packed; /* for as long as the program runs */

	if (packed.bytes == NULL && archive_can(&archive_programs[0]))
		packed = archive_make(archive_programs[0].command, "packed needles\nhay\n", 19);
	return packed.bytes != NULL ? &packed : NULL;
}

/* Returns a text for one buffer, in memory of its own. */
static char *choose_text(struct dice *d, size_t *size)
{
	static const char *const lines[] = { "hay\n", "a needle\n", "needle needles\r\n", "\n", "Needle", "nee\ndle\n",
					     "x\0y\n", "\xFF needle \xC3\xA9\n" };
	static const size_t lengths[] = { 4, 9, 16, 1, 6, 8, 4, 12 };
	uint32_t kind = dice_below(d, 100), count = kind < 8 ? 0 : kind < 90 ? dice_below(d, 40) : 12000;
	char *text = malloc(16 * 12000 + 100);
	bool plain = dice_chance(d, 90);

	assert_non_null(text);
	*size = 0;
	if (kind >= 97 && get_packed() != NULL) {
		*size = get_packed()->size;
		return memcpy(text, get_packed()->bytes, *size);
	}
	if (dice_chance(d, 4)) {
		*size = 18;
		return memcpy(text, "\xFF\xFEn\0e\0e\0d\0l\0e\0\n\0x\0", 18);
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t k = dice_below(d, count > 1000 ? 2 : 8);

		if (plain && k == 6)
			k = 0;
		if (count > 1000 && i % 50 != 0)
			k = 0;
		memcpy(text + *size, lines[k], lengths[k]);
		*size += lengths[k];
	}
	return text;
}

void unsaved_choose(struct dice *d, struct unsaved *u)
{
	u->count = 1 + dice_below(d, MOST_UNSAVED);
	for (size_t i = 0; i < u->count; i++) {
		char *path = malloc(2 * PATH_MAX);
		size_t size;

		assert_non_null(path);
		unsaved_choose_path(d, path);
		u->overlays[i] = (struct search_overlay){ .path = path };
		if (dice_chance(d, 25)) {
			u->overlays[i].flags = SEARCH_OVERLAY_REMOVED;
		} else {
			u->overlays[i].data = choose_text(d, &size);
			u->overlays[i].size = size;
		}
	}
}

void unsaved_drop(struct unsaved *u, size_t i)
{
	free((char *)(uintptr_t)u->overlays[i].path);
	free((char *)(uintptr_t)u->overlays[i].data);
	memmove(&u->overlays[i], &u->overlays[i + 1], (--u->count - i) * sizeof(u->overlays[0]));
}

/* Writes a text through the links at the end of its path, which may lead into directories that are not there yet. */
static void write_through(const char *path, const void *data, size_t size)
{
	char at[3 * PATH_MAX], target[PATH_MAX];
	struct stat st;
	ssize_t n;

	snprintf(at, sizeof(at), "%s", path);
	while ((n = readlink(at, target, sizeof(target) - 1)) > 0) {
		char *name = strrchr(at, '/');

		target[n] = '\0';
		name = name == NULL || target[0] == '/' ? at : name + 1;
		assert_true(strlen(at) + (size_t)n < sizeof(at));
		strcpy(name, target);
	}
	for (char *slash = strchr(at + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(at, 0755);
		*slash = '/';
	}
	if (lstat(at, &st) == 0 && !S_ISREG(st.st_mode))
		assert_int_equal(unlink(at), 0);
	forest_file(at[0] == '/' ? "" : ".", at, data, size);
}

void unsaved_save(const struct unsaved *u)
{
	for (size_t i = 0; i < u->count; i++)
		if (u->overlays[i].flags == 0)
			write_through(u->overlays[i].path, u->overlays[i].data, u->overlays[i].size);
	for (size_t i = 0; i < u->count; i++)
		if (u->overlays[i].flags != 0)
			unlink(u->overlays[i].path);
}

struct search *unsaved_open(struct unsaved *u, struct search_options *options)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s = NULL;

	options->overlays = u->overlays;
	for (options->overlay_count = u->count; u->count > 0; options->overlay_count = u->count) {
		if (search_open(&s, options, &error) == SEARCH_OK)
			return s;
		if (error.subject != SEARCH_SUBJECT_OVERLAY)
			fail_msg("search_open: %s", error.message);
		assert_in_range(error.index, 0, u->count - 1);
		unsaved_drop(u, error.index);
	}
	return NULL;
}
