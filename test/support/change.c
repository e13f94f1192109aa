/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * change.c - see change.h.
 *
 * A change is tried without a look whether it can be made: the list of the tree may be old, and another thread may be
 * at work. What fails has changed nothing.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "change.h"

#include "prose.h"
#include "unsaved.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ONE_OF(d, table) ((table)[dice_below(d, sizeof(table) / sizeof((table)[0]))])

/* --- notes --- */

static void note_path(struct change *c, const char *path)
{
	if (c->count < CHANGE_PATHS)
		snprintf(c->paths[c->count++], CHANGE_PATH, "%.*s", CHANGE_PATH - 1, path);
}

__attribute__((format(printf, 2, 3))) static void say(struct change *c, const char *form, ...)
{
	va_list list;

	va_start(list, form);
	vsnprintf(c->what, sizeof(c->what), form, list);
	va_end(list);
}

/* --- names --- */

static void new_name(struct dice *d, char *to, bool of_directory)
{
	static const char *const stems[] = { "f", "f", "a", "b", "n", ".h" };

	if (of_directory)
		sprintf(to, "%s%u", dice_chance(d, 10) ? ".d" : "d", dice_below(d, 6));
	else
		sprintf(to, "%s%u%s", ONE_OF(d, stems), dice_below(d, 20), dice_chance(d, 30) ? ".c" : "");
}

static const char nowhere[] = "nowhere/x"; /* there is no such directory: what is done there fails */

/* Is the directory still where it was listed? A link that has taken its place, or one above it, may lead out of the tree. */
static bool is_in_place(const char *path, size_t length)
{
	char listed[PATH_MAX] = "", real[PATH_MAX];
	size_t above = 0;

	if (*path != '/') {
		if (getcwd(listed, PATH_MAX - CHANGE_PATH - 1) == NULL)
			return false;
		above = strlen(listed);
		listed[above++] = '/';
	}
	if (length >= CHANGE_PATH)
		return false;
	memcpy(listed + above, path, length);
	listed[above + length] = '\0';
	return realpath(listed, real) != NULL && strcmp(real, listed) == 0;
}

static const char *any_directory(struct dice *d)
{
	const char *path = unsaved_any_directory(d);

	return is_in_place(path, strlen(path)) ? path : nowhere;
}

static const char *any_file(struct dice *d)
{
	const char *path = unsaved_any_file(d), *slash = strrchr(path, '/');

	return slash != NULL && is_in_place(path, (size_t)(slash - path)) ? path : nowhere;
}

/* A path that may be in use, or not. */
static void new_path(struct dice *d, char *to, bool of_directory)
{
	char name[40];

	new_name(d, name, of_directory);
	if (snprintf(to, CHANGE_PATH, "%s/%s", any_directory(d), name) >= CHANGE_PATH)
		strcpy(to, nowhere);
}

/* --- a file --- */

static int open_to_write(const char *path, int flags)
{
	return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW | flags, 0644);
}

/* A word at random somewhere, or only the case of a letter; the size stays. */
static void write_over(struct dice *d, int fd)
{
	struct stat st;
	char letter;
	off_t at;

	if (fstat(fd, &st) != 0 || st.st_size < PROSE_WORD)
		return;
	at = (off_t)(dice_next(d) % (uint64_t)(st.st_size - PROSE_WORD + 1));
	if (dice_chance(d, 30) && pread(fd, &letter, 1, at) == 1) {
		letter ^= 0x20;
		(void)!pwrite(fd, &letter, 1, at);
	} else {
		(void)!pwrite(fd, prose_word(d), PROSE_WORD, at);
	}
}

static void change_in_place(struct dice *d, const char *path, struct change *c)
{
	uint32_t way = dice_below(d, 10);
	bool trims = way == 4;
	int fd = open(path, (way < 4 ? O_RDWR : O_WRONLY) | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW | (trims ? O_TRUNC : 0));
	struct prose prose;
	struct stat st;

	if (fd < 0)
		return;
	c->kind = CHANGE_IN_PLACE;
	note_path(c, path);
	say(c, "in place %u", way);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return;
	}
	prose = prose_text(d);
	if (way < 4)
		write_over(d, fd);
	else if (way == 4)
		(void)!write(fd, prose.bytes, prose.size);
	else if (way == 5)
		(void)!pwrite(fd, prose.bytes, prose.size < 400 ? prose.size : 400, st.st_size);
	else if (way == 6)
		(void)!ftruncate(fd, st.st_size > 0 ? (off_t)(dice_next(d) % (uint64_t)st.st_size) : 0);
	else if (way == 7)
		(void)!ftruncate(fd, st.st_size + dice_below(d, 3));
	else if (way == 8)
		(void)!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, st.st_size / 2, st.st_size / 2 + 1);
	else
		(void)!pwrite(fd, prose_word(d), PROSE_WORD, 0);
	close(fd);
	prose_free(&prose);
}

/* Writes as much as there was, and sets the time of modification to what it was, or to anything. */
static void change_time(struct dice *d, const char *path, struct change *c)
{
	struct timespec times[2];
	struct stat st;
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		bool writes = dice_chance(d, 70);

		c->kind = CHANGE_IN_PLACE;
		note_path(c, path);
		if (writes)
			write_over(d, fd);
		times[0] = st.st_atim;
		times[1] = st.st_mtim;
		if (dice_chance(d, 20))
			times[1] = (struct timespec){ (time_t)dice_below(d, 2000000000), dice_chance(d, 50) ? 0 : 999999999 };
		futimens(fd, times);
		say(c, "%s, and its time set", writes ? "written" : "untouched");
	}
	close(fd);
}

/* On a file system in memory no stamp tells of a write to a mapping: so one of the file follows. */
static void write_mapped(struct dice *d, const char *path, struct change *c)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	char *map;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= PROSE_WORD &&
	    (map = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)) != MAP_FAILED) {
		struct stat now;

		c->kind = CHANGE_BY_MAPPING;
		note_path(c, path);
		memcpy(map + dice_next(d) % (uint64_t)(st.st_size - PROSE_WORD + 1), prose_word(d), PROSE_WORD);
		msync(map, (size_t)st.st_size, MS_ASYNC);
		munmap(map, (size_t)st.st_size);
		if (fstat(fd, &now) == 0 && now.st_ctim.tv_sec == st.st_ctim.tv_sec &&
		    now.st_ctim.tv_nsec == st.st_ctim.tv_nsec)
			futimens(fd, NULL);
		say(c, "written by a mapping");
	}
	close(fd);
}

static bool write_file(struct dice *d, const char *path, int flags)
{
	int fd = open_to_write(path, O_CREAT | flags);
	struct prose prose;

	if (fd < 0)
		return false;
	prose = prose_text(d);
	(void)!write(fd, prose.bytes, prose.size);
	close(fd);
	prose_free(&prose);
	return true;
}

static void create_file(struct dice *d, struct change *c)
{
	char path[CHANGE_PATH];

	new_path(d, path, false);
	if (!write_file(d, path, O_EXCL))
		return;
	c->kind = CHANGE_OF_DIRECTORY;
	note_path(c, path);
	say(c, "created");
}

/* As editors do when they save. */
static void rename_over(struct dice *d, const char *path, struct change *c)
{
	char beside[CHANGE_PATH + 8];
	struct timespec times[2];
	struct stat st;

	snprintf(beside, sizeof(beside), "%s.new", path);
	if (lstat(path, &st) != 0 || S_ISDIR(st.st_mode) || !write_file(d, beside, O_EXCL))
		return;
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	if (dice_chance(d, 30))
		utimensat(AT_FDCWD, beside, times, 0);
	c->kind = CHANGE_OF_DIRECTORY;
	note_path(c, path);
	if (rename(beside, path) != 0)
		note_path(c, beside);
	say(c, "saved by rename");
}

static void change_mode(struct dice *d, const char *path, bool gives, struct change *c)
{
	static const mode_t modes[] = { 0, 0, 0444, 0111, 0644, 0200 };
	struct stat st;

	if (lstat(path, &st) != 0 || S_ISLNK(st.st_mode) || chmod(path, gives ? 0755 : ONE_OF(d, modes)) != 0)
		return;
	c->kind = S_ISDIR(st.st_mode) ? CHANGE_OF_DIRECTORY : CHANGE_IN_PLACE;
	note_path(c, path);
	say(c, "%s", gives ? "mode given back" : "mode taken");
}

/* --- names of files and directories --- */

static const char *any(struct dice *d)
{
	return dice_chance(d, 75) ? any_file(d) : any_directory(d);
}

/* Not every libc has a function for renameat2(). */
bool change_name(const char *from, const char *to, bool exchange)
{
	enum { EXCHANGE = 1 << 1 }; /* RENAME_EXCHANGE */
	unsigned long flags = exchange ? EXCHANGE : 0;

	return syscall(SYS_renameat2, (long)AT_FDCWD, from, (long)AT_FDCWD, to, flags) == 0;
}

static void move(struct dice *d, const char *from, struct change *c)
{
	char to[CHANGE_PATH];
	struct stat st;

	new_path(d, to, lstat(from, &st) == 0 && S_ISDIR(st.st_mode));
	if (dice_chance(d, 30))
		snprintf(to, sizeof(to), "%s", any(d));
	if (!change_name(from, to, dice_chance(d, 30)))
		return;
	c->kind = CHANGE_OF_DIRECTORY;
	note_path(c, from);
	note_path(c, to);
	say(c, "moved");
}

/* The new name is of a file that has others. */
static void link_file(struct dice *d, const char *from, struct change *c)
{
	char to[CHANGE_PATH];

	new_path(d, to, false);
	if (link(from, to) != 0)
		return;
	c->kind = CHANGE_OF_DIRECTORY;
	note_path(c, to);
	say(c, "linked");
}

static void link_symbolically(struct dice *d, struct change *c)
{
	char to[CHANGE_PATH], target[CHANGE_PATH + 16];
	const char *const targets[] = { "nowhere", ".", "..", "f1", "../f2", "../d1", "d2" };

	new_path(d, to, false);
	if (dice_chance(d, 50))
		snprintf(target, sizeof(target), "%s", ONE_OF(d, targets));
	else if (getcwd(target, 256) != NULL)
		snprintf(target + strlen(target), CHANGE_PATH - 256, "/%s", any(d));
	if (dice_chance(d, 20))
		unlink(to);
	if (symlink(target, to) != 0)
		return;
	c->kind = CHANGE_OF_DIRECTORY;
	note_path(c, to);
	say(c, "linked symbolically");
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	(void)!remove(path);
	return 0;
}

static void remove_path(const char *path, struct change *c)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	c->kind = CHANGE_OF_DIRECTORY;
	note_path(c, path);
	say(c, "removed");
}

static void make_directory(struct dice *d, const char *path, struct change *c)
{
	char name[CHANGE_PATH + 8];

	if (mkdir(path, 0755) != 0)
		return;
	for (uint32_t i = dice_below(d, 6); i > 0; i--) {
		snprintf(name, sizeof(name), "%s/f%u", path, i);
		write_file(d, name, O_EXCL);
	}
	c->kind = CHANGE_OF_DIRECTORY;
	note_path(c, path);
	say(c, "directory made");
}

/* Something else takes the place of a file or directory. */
static void swap_kind(struct dice *d, const char *path, struct change *c)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return;
	remove_path(path, c);
	if (dice_chance(d, 30))
		(void)!mkfifo(path, 0644);
	else if (S_ISDIR(st.st_mode))
		write_file(d, path, O_EXCL);
	else
		make_directory(d, path, c);
	say(c, "swapped for something else");
}

/* --- rules --- */

static void change_rules(struct dice *d, struct change *c)
{
	static const char *const names[] = { ".gitignore", ".gitignore", ".ignore", ".psearchignore" };
	char path[CHANGE_PATH], beside[CHANGE_PATH + 8];
	const char *rules = prose_rules(d);
	uint32_t way = dice_below(d, 3);
	bool was_there;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", any_directory(d), ONE_OF(d, names)) >= CHANGE_PATH)
		return;
	snprintf(beside, sizeof(beside), "%s.new", path);
	was_there = access(path, F_OK) == 0;
	if (way == 0) {
		if (unlink(path) != 0)
			return;
	} else {
		fd = open_to_write(way == 1 ? path : beside, O_CREAT | O_TRUNC);
		if (fd < 0)
			return;
		(void)!write(fd, rules, strlen(rules));
		close(fd);
		if (way == 2 && rename(beside, path) != 0)
			note_path(c, beside);
	}
	c->kind = was_there && way == 1 ? CHANGE_IN_PLACE : CHANGE_OF_DIRECTORY;
	note_path(c, path);
	say(c, "rules %u", way);
}

static void change_repository(struct dice *d, struct change *c)
{
	const char *above = any_directory(d);
	char git[CHANGE_PATH + 20], path[CHANGE_PATH + 40];

	if (strlen(above) > CHANGE_PATH - 20)
		return;
	snprintf(git, sizeof(git), "%s/.git", above);
	if (access(git, F_OK) == 0) {
		remove_path(git, c);
	} else if (mkdir(git, 0755) == 0) {
		snprintf(path, sizeof(path), "%s/info", git);
		(void)!mkdir(path, 0755);
		forest_text(git, "HEAD", "ref: refs/heads/x\n");
		if (access(path, F_OK) == 0)
			forest_text(git, "info/exclude", prose_rules(d));
		c->kind = CHANGE_OF_DIRECTORY;
		note_path(c, git);
	}
	say(c, "repository");
}

/* --- all of it --- */

void change_something(struct dice *d, const char *tree, struct change *c)
{
	const char *path = any(d);
	bool is_whole = strcmp(path, tree) == 0;
	uint32_t kind = dice_below(d, 100);
	char made[CHANGE_PATH];

	*c = (struct change){ .kind = CHANGE_NONE };
	if (strlen(path) > CHANGE_PATH - 100)
		return;
	if (kind < 28)
		change_in_place(d, path, c);
	else if (kind < 35)
		change_time(d, path, c);
	else if (kind < 39)
		write_mapped(d, path, c);
	else if (kind < 49)
		create_file(d, c);
	else if (kind < 59)
		rename_over(d, path, c);
	else if (kind < 62 && !is_whole)
		change_mode(d, path, false, c);
	else if (kind < 66 && !is_whole)
		change_mode(d, path, true, c);
	else if (kind < 76)
		move(d, path, c);
	else if (kind < 80)
		link_file(d, path, c);
	else if (kind < 83)
		link_symbolically(d, c);
	else if (kind < 88 && !is_whole)
		remove_path(any_file(d), c);
	else if (kind < 89 && !is_whole)
		remove_path(path, c);
	else if (kind < 92 && !is_whole)
		swap_kind(d, path, c);
	else if (kind < 98)
		change_rules(d, c);
	else if (kind < 99)
		change_repository(d, c);
	else {
		new_path(d, made, true);
		make_directory(d, made, c);
	}
}

void change_plant(struct dice *d, const char *tree)
{
	struct change change;
	char path[CHANGE_PATH];

	if (mkdir(tree, 0755) != 0) {
		perror(tree);
		exit(99);
	}
	prose_prepare();
	unsaved_list(tree);
	for (int i = 0; i < 24; i++) {
		new_path(d, path, true);
		change = (struct change){ .kind = CHANGE_NONE };
		make_directory(d, path, &change);
		if (i % 4 == 3)
			unsaved_list(tree);
	}
	for (int i = 0; i < 100; i++)
		create_file(d, &change);
	for (int i = 0; i < 6; i++)
		link_file(d, any_file(d), &change);
	unsaved_list(tree);
}

/* --- rights --- */

static int allow(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)at, (void)type;
	if (!S_ISLNK(st->st_mode))
		(void)!chmod(path, 0755);
	return 0;
}

void change_allow_all(const char *tree)
{
	for (int i = 0; i < 8; i++) /* what was closed is listed the next time */
		nftw(tree, allow, 16, FTW_PHYS);
}

void change_be_nobody(void)
{
	enum { NOBODY = 65534 };

	if (geteuid() != 0)
		return;
	if (setegid(NOBODY) != 0 || seteuid(NOBODY) != 0)
		perror("left out: rights of nobody");
	prctl(PR_SET_DUMPABLE, 1); /* /proc/self stays ours */
}

void change_be_root_again(void)
{
	if (getuid() == 0 && (seteuid(0) != 0 || setegid(0) != 0))
		perror("seteuid");
}
