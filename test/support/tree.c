/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree.c - trees of files for tests.
 */
#include "../../lib/base/base.h"

#include "tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

void names_add(struct names *names, const char *name)
{
	if (names->count == names->space) {
		names->space = names->space * 2 + 16;
		names->at = realloc(names->at, names->space * sizeof(*names->at));
	}
	names->at[names->count++] = strdup(name);
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void names_sort(struct names *names)
{
	if (names->count > 0)
		qsort(names->at, names->count, sizeof(*names->at), compare);
}

void names_free(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->at[i]);
	free(names->at);
	*names = (struct names){ 0 };
}

void names_equal(const struct names *got, const struct names *want)
{
	for (size_t i = 0; i < got->count && i < want->count; i++)
		if (strcmp(got->at[i], want->at[i]) != 0)
			fail_msg("name %zu is \"%s\", not \"%s\"", i, got->at[i], want->at[i]);
	if (got->count < want->count)
		fail_msg("%zu names, not %zu: \"%s\" is missing", got->count, want->count,
			 want->at[got->count]);
	if (got->count > want->count)
		fail_msg("%zu names, not %zu: \"%s\" is too much", got->count, want->count,
			 got->at[want->count]);
}

char *tree_new(void)
{
	const char *directory = getenv("TMPDIR");
	char path[512];

	if (directory == NULL)
		directory = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(path, sizeof(path), "%s/psXXXXXX", directory);
	if (mkdtemp(path) == NULL)
		fail_msg("mkdtemp %s: %s", path, strerror(errno));
	return strdup(path);
}

/* Runs rm, which descends by descriptors: a tree may be deeper than a path can be long. */
void tree_remove(char *root)
{
	pid_t child = fork();

	if (child == 0) {
		execlp("rm", "rm", "-rf", "--", root, (char *)NULL);
		_exit(127);
	}
	waitpid(child, NULL, 0);
	free(root);
}

const char *tree_path(const char *root, const char *path)
{
	static char paths[4][8192];
	static unsigned next;
	char *to = paths[next++ % 4];

	snprintf(to, sizeof(paths[0]), "%s/%s", root, path);
	return to;
}

void tree_directory(const char *root, const char *path)
{
	char *whole = strdup(tree_path(root, path));

	for (char *slash = whole + strlen(root) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		mkdir(whole, 0755);
		*slash = '/';
	}
	if (mkdir(whole, 0755) != 0 && errno != EEXIST)
		fail_msg("mkdir %s: %s", whole, strerror(errno));
	free(whole);
}

void tree_file(const char *root, const char *path, const void *text, size_t length)
{
	const char *whole = tree_path(root, path);
	const char *slash = strrchr(path, '/');
	int fd;

	if (slash != NULL) {
		char *above = strndup(path, (size_t)(slash - path));

		tree_directory(root, above);
		free(above);
	}
	fd = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		fail_msg("open %s: %s", whole, strerror(errno));
	if (length > 0 && write(fd, text, length) != (ssize_t)length)
		fail_msg("write %s: %s", whole, strerror(errno));
	close(fd);
}

/* Bytes that sort before and after '/', '.' and each other; common prefixes of eight bytes and more. */
static void random_name(struct random *random, char *name)
{
	static const char *const parts[] = {
		"a", "b", "-", "+", " ", "0", "A", "_", "\xff", "\x01", "\xc3\xa9", ".x", "same-eight", "longer-name-than-eight",
	};
	uint32_t n = 1 + random_below(random, 4);

	name[0] = '\0';
	while (n-- > 0)
		strcat(name, parts[random_below(random, sizeof(parts) / sizeof(parts[0]))]);
}

void tree_random(const char *root, struct random *random, unsigned count)
{
	struct names directories = { 0 };
	char name[128];

	names_add(&directories, "");
	while (count-- > 0) {
		const char *above = directories.at[random_below(random, (uint32_t)directories.count)];
		char path[4096];
		struct stat st;

		random_name(random, name);
		snprintf(path, sizeof(path), "%s%s%s", above, above[0] != '\0' ? "/" : "", name);
		if (lstat(tree_path(root, path), &st) == 0 || strlen(path) > 1000)
			continue;
		if (random_percent(random, 25)) {
			tree_directory(root, path);
			names_add(&directories, path);
		} else {
			tree_file(root, path, "x\n", 2);
		}
	}
	names_free(&directories);
}

void tree_walk(struct names *names, const char *root, const char *shown, int hidden)
{
	struct names listing = { 0 };
	DIR *directory = opendir(root);
	struct dirent *d;

	while (directory != NULL && (d = readdir(directory)) != NULL)
		if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 &&
		    (hidden || d->d_name[0] != '.'))
			names_add(&listing, d->d_name);
	if (directory != NULL)
		closedir(directory);
	names_sort(&listing);
	for (size_t i = 0; i < listing.count; i++) {
		size_t space = strlen(root) + strlen(shown) + strlen(listing.at[i]) + 3;
		char *real = malloc(space), *name = malloc(space);
		struct stat st;

		snprintf(real, space, "%s/%s", root, listing.at[i]);
		snprintf(name, space, "%s%s%s", shown, shown[0] != '\0' ? "/" : "", listing.at[i]);
		if (lstat(real, &st) == 0 && S_ISDIR(st.st_mode))
			tree_walk(names, real, name, hidden);
		else if (S_ISREG(st.st_mode))
			names_add(names, name);
		free(real);
		free(name);
	}
	names_free(&listing);
}

/* Asks about each number: to list them would take a descriptor, and there may be none left. */
unsigned tree_open_descriptors(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}
