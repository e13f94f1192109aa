/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * forest.c - see forest.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "forest.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what, const char *name)
{
	fprintf(stderr, "%s %s: %s\n", what, name, strerror(errno));
	exit(99);
}

/* --- numbers --- */

uint64_t dice_next(struct dice *r)
{
	uint64_t z = (r->state += UINT64_C(0x9E3779B97F4A7C15)); /* splitmix64 */

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

uint32_t dice_below(struct dice *r, uint32_t n)
{
	return (uint32_t)(dice_next(r) % n);
}

bool dice_chance(struct dice *r, uint32_t percent)
{
	return dice_below(r, 100) < percent;
}

/* --- files --- */

static char *open_in(const char *where)
{
	char *root;

	if (asprintf(&root, "%s/psearch-test.XXXXXX", where) < 0 || mkdtemp(root) == NULL)
		die("mkdtemp in", where);
	return root;
}

char *forest_open(void)
{
	const char *where = getenv("TMPDIR");

	return open_in(where != NULL && where[0] != '\0' ? where : "/tmp");
}

char *forest_open_in_memory(void)
{
	return access("/dev/shm", W_OK) == 0 ? open_in("/dev/shm") : forest_open();
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

void forest_close(char *root)
{
	nftw(root, remove_entry, 32, FTW_DEPTH | FTW_PHYS);
	free(root);
}

char *forest_path(const char *root, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", root, name) < 0)
		die("path", name);
	return path;
}

void forest_file(const char *root, const char *name, const void *bytes, size_t size)
{
	char *path = forest_path(root, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0)
		die("open", path);
	for (size_t at = 0; at < size;) {
		ssize_t n = write(fd, (const char *)bytes + at, size - at);

		if (n < 0)
			die("write", path);
		at += (size_t)n;
	}
	close(fd);
	free(path);
}

void forest_text(const char *root, const char *name, const char *text)
{
	forest_file(root, name, text, strlen(text));
}

void forest_directory(const char *root, const char *name)
{
	char *path = forest_path(root, name);

	if (mkdir(path, 0755) != 0)
		die("mkdir", path);
	free(path);
}

void forest_link(const char *root, const char *name, const char *target)
{
	char *path = forest_path(root, name);

	if (symlink(target, path) != 0)
		die("symlink", path);
	free(path);
}

void forest_fifo(const char *root, const char *name)
{
	char *path = forest_path(root, name);

	if (mkfifo(path, 0644) != 0)
		die("mkfifo", path);
	free(path);
}

/* --- generated text --- */

struct text {
	char *bytes;
	size_t size, space;
};

static void append(struct text *t, const void *bytes, size_t size)
{
	if (t->size + size > t->space) {
		t->space = (t->size + size) * 2;
		t->bytes = realloc(t->bytes, t->space);
		if (t->bytes == NULL)
			die("realloc", "text");
	}
	if (size > 0)
		memcpy(t->bytes + t->size, bytes, size);
	t->size += size;
}

static void append_line(struct dice *r, struct text *t, uint32_t needles, bool end)
{
	static const char *const words[] = { "hay", "stack", "Needle", "needles", "need", "a_needle",
					     "x", "0", "\t", "caf\xC3\xA9", "\xFF", "\xE2\x86\x92", "NEEDLE",
					     "needle_", "\xC3\xA9needle", "needleneedle" };
	uint32_t count = dice_below(r, 12);

	for (uint32_t i = 0; i < count; i++) {
		const char *word = words[dice_below(r, dice_chance(r, needles) ? 16 : 2)];

		append(t, word, strlen(word));
		if (dice_chance(r, 80))
			append(t, " ", 1);
	}
	if (dice_chance(r, needles / 2))
		append(t, "needle", 6);
	if (dice_chance(r, 5))
		append(t, "\r", 1);
	if (end)
		append(t, "\n", 1);
}

static uint32_t choose_lines(struct dice *r)
{
	uint32_t kind = dice_below(r, 100);

	if (kind < 8)
		return 0;
	if (kind < 90)
		return 1 + dice_below(r, 30);
	return kind < 99 ? dice_below(r, 600) : dice_below(r, 12000);
}

static void generate_text(struct dice *r, struct text *t)
{
	static const uint32_t densities[] = { 0, 0, 2, 10, 60 };
	uint32_t lines = choose_lines(r), density = densities[dice_below(r, 5)];
	bool binary = dice_chance(r, 4);

	t->size = 0;
	for (uint32_t i = 0; i < lines; i++) {
		if (binary && dice_chance(r, 5))
			append(t, "\0", 1);
		append_line(r, t, density, i + 1 < lines || dice_chance(r, 85));
	}
}

static void generate_name(struct dice *r, char *name, size_t space)
{
	static const char *const stems[] = { "a", "b", "a.b", "a-b", "A", ".h", "z z", "\xC3\xA9", "a\nb", "ab" };
	const char *stem = stems[dice_below(r, 10)];

	if (dice_chance(r, 10))
		snprintf(name, space, "%s", stem);
	else
		snprintf(name, space, "%s%u%s", stem, dice_below(r, 1000), dice_chance(r, 50) ? ".c" : "");
}

static bool exists(const char *root, const char *name)
{
	char *path = forest_path(root, name);
	struct stat st;
	bool there = lstat(path, &st) == 0;

	free(path);
	return there;
}

static void generate_file(struct dice *r, struct text *t, const char *root, const char *name)
{
	uint32_t kind = dice_below(r, 100);

	if (kind == 0) {
		forest_fifo(root, name);
	} else if (kind < 3) {
		forest_link(root, name, kind == 1 ? "nowhere" : ".");
	} else {
		generate_text(r, t);
		forest_file(root, name, t->bytes, t->size);
	}
}

static uint32_t generate(struct dice *r, struct text *t, const char *root, uint32_t files, int depth)
{
	uint32_t made = 0, want = depth == 0 ? files : dice_below(r, files < 60 ? files + 1 : 60);

	while (made < want) {
		char name[64];

		generate_name(r, name, sizeof(name));
		if (exists(root, name))
			continue;
		if (depth < 7 && dice_chance(r, depth == 0 ? 30 : 12)) {
			char *path;

			forest_directory(root, name);
			path = forest_path(root, name);
			made += 1 + generate(r, t, path, want - made, depth + 1);
			free(path);
		} else {
			generate_file(r, t, root, name);
			made++;
		}
	}
	return made;
}

void forest_generate(const char *root, uint64_t seed, uint32_t files)
{
	struct dice r = { seed };
	struct text t = { 0 };

	generate(&r, &t, root, files, 0);
	free(t.bytes);
}

void forest_many(const char *root, uint32_t files)
{
	for (uint32_t i = 0; i < files; i++) {
		char name[64];

		if (i % 100 == 0) {
			snprintf(name, sizeof(name), "%05u", i / 100);
			forest_directory(root, name);
		}
		snprintf(name, sizeof(name), "%05u/%05u", i / 100, i);
		forest_text(root, name, "hay\nthe needle\nhay\n");
	}
}
