/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.h - opens and reads although a signal comes. On a network file system and FUSE a signal that the host handles ends
 * these calls, if they are made on a thread of the host; and a read may give less than was asked for.
 */
#ifndef PS_FILE_H
#define PS_FILE_H

#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* As openat(2), of a file that exists. */
static inline int ps_open_at(int at, const char *path, int flags)
{
	int fd;

	do
		fd = openat(at, path, flags);
	while (fd < 0 && errno == EINTR);
	return fd;
}

/* As pread(2), but gives less than `size` bytes only at the end of the file. */
static inline ssize_t ps_read_at(int fd, void *to, size_t size, off_t at)
{
	size_t have = 0;

	while (have < size) {
		ssize_t got = pread(fd, (char *)to + have, size - have, at + (off_t)have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

#endif
