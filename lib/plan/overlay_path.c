/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * overlay_path.c - where a path leads, as if a file were made there.
 *
 * The kernel follows the links on the way; a link at the end is followed here, since what it leads to need not exist.
 * What is left is a directory, known by its device and inode whatever way leads to it, and a name. If the directory is
 * not there either, it is the deepest one that is, and several names.
 */
#include "overlays.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_LINKS = 40 }; /* as in the kernel */

static bool is_dots(const char *name, size_t length)
{
	return length <= 2 && strncmp(name, "..", length) == 0;
}

bool ps_spot_trim(struct ps_spot *spot)
{
	const char *bytes = spot->path.bytes;
	size_t length = spot->path.length;
	bool any;

	while (length > 1 && (bytes[length - 1] == '/' || (bytes[length - 1] == '.' && bytes[length - 2] == '/')))
		length--;
	any = length < spot->path.length;
	spot->path.bytes[length] = '\0';
	spot->path.length = length;
	return any;
}

/* Is the path "", or does it end in a slash, "." or ".."? Then no file has it. */
static bool is_directory_path(const struct ps_text *path)
{
	const char *slash = strrchr(path->bytes, '/'), *name = slash != NULL ? slash + 1 : path->bytes;

	return is_dots(name, strlen(name));
}

/* Puts what the link at the path's end says in the place of its name. */
static int replace_name(struct ps_text *path, int at, char *target)
{
	ssize_t length = readlinkat(at, path->bytes, target, PATH_MAX);
	const char *slash = strrchr(path->bytes, '/');

	if (length < 0)
		return errno;
	if (length == PATH_MAX)
		return ENAMETOOLONG;
	path->length = slash == NULL || target[0] == '/' ? 0 : (size_t)(slash + 1 - path->bytes);
	return ps_text_add(path, target, (size_t)length) ? 0 : ENOMEM;
}

int ps_spot_follow(struct ps_spot *spot, int at)
{
	char *target = !is_directory_path(&spot->path) ? malloc(PATH_MAX) : NULL;
	int error;

	if (target == NULL)
		return is_directory_path(&spot->path) ? EISDIR : ENOMEM;
	error = replace_name(&spot->path, at, target);
	free(target);
	return error == 0 && ++spot->links > MOST_LINKS ? ELOOP : error;
}

/* Looks at the path's first `length` bytes: 0 or an errno. What ends in a slash and is no directory is ENOTDIR. */
static int look_at(const struct ps_spot *spot, int at, size_t length, struct stat *st, int flags)
{
	char *end = spot->path.bytes + length, kept = *end;
	int rc;

	*end = '\0';
	rc = fstatat(at, length > 0 ? spot->path.bytes : ".", st, flags);
	*end = kept;
	return rc != 0 ? errno : 0;
}

/* Finds the deepest directory on the way to the last name that is on disk. */
static int find_directory(struct ps_spot *spot, int at)
{
	const char *path = spot->path.bytes;
	size_t end = spot->path.length;
	struct stat st;
	int error;

	do {
		while (end > 0 && path[end - 1] != '/')
			end--;
		spot->rest = end;
		error = look_at(spot, at, end, &st, 0);
		while (end > 0 && path[end - 1] == '/')
			end--;
	} while (error == ENOENT && end > 0);
	if (error == 0) {
		spot->device = st.st_dev;
		spot->inode = st.st_ino;
	}
	return error;
}

bool ps_spot_name(const struct ps_spot *spot, size_t *at, const char **name, size_t *length)
{
	const char *path = spot->path.bytes;

	do {
		*name = path + *at;
		*length = strcspn(*name, "/");
		*at += *length + strspn(*name + *length, "/");
	} while (*length == 1 && **name == '.');
	return *length > 0;
}

/*
 * If there are several names, those of directories that would be made, the first must not be there: it could be only a
 * link that leads nowhere.
 */
static int check_names(const struct ps_spot *spot, int at)
{
	size_t next = spot->rest, length, first_length;
	const char *name, *first;
	struct stat st;

	ps_spot_name(spot, &next, &first, &first_length);
	if (*(first + first_length) == '\0')
		return 0;
	while (ps_spot_name(spot, &next, &name, &length))
		if (is_dots(name, length))
			return ENOENT;
	return look_at(spot, at, (size_t)(first - spot->path.bytes) + first_length, &st, AT_SYMLINK_NOFOLLOW) == 0
		       ? ENOENT : 0;
}

int ps_spot_find(struct ps_spot *spot, int at)
{
	int error = is_directory_path(&spot->path) ? EISDIR : find_directory(spot, at);

	return error == 0 ? check_names(spot, at) : error;
}

const char *ps_spot_real_path(struct ps_spot *spot, char *space)
{
	char *end = spot->path.bytes + spot->rest, kept = *end;
	size_t next = spot->rest, length, used;
	const char *name, *real;

	*end = '\0';
	real = realpath(spot->rest > 0 ? spot->path.bytes : ".", space);
	*end = kept;
	if (real == NULL)
		return NULL;
	used = strlen(space);
	while (ps_spot_name(spot, &next, &name, &length)) {
		if (used + 1 + length >= PATH_MAX)
			return NULL;
		if (space[used - 1] != '/')
			space[used++] = '/';
		memcpy(space + used, name, length);
		used += length;
	}
	space[used] = '\0';
	return space;
}
