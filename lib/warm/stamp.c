/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stamp.c - what identifies a state of a file or directory, and from when on it does.
 *
 * The kernel sets the time of change (ctime) of whatever changes to the time of its clock's last tick. A tick is 10 ms
 * long at most (HZ=100). So a change at the time t sets a ctime above t - 10 ms; if the file system stores seconds only,
 * above t - 1.01 s. Let `now` be a time before the content was read, and c the ctime that was found before it was read,
 * too. A change after `now` sets a ctime above now - 10 ms. So if c < now - 10 ms, no such change leaves c as it was,
 * and the stamp tells. A change before `now` is in what was read. We double these times: clocks are slewed, and those of
 * processors are some microseconds apart. A ctime of whole seconds is one of a file system that stores seconds only, or
 * an accident, in which case we wait for nothing.
 *
 * The time of modification decides nothing here: whatever sets it sets the ctime, too.
 */
#include "warm_internal.h"

#include <time.h>

#define SECOND UINT64_C(1000000000)
#define SETTLED (20 * UINT64_C(1000000))
#define SETTLED_SECONDS (2 * SECOND)

static uint64_t nanoseconds(const struct timespec *time)
{
	return (uint64_t)time->tv_sec * SECOND + (uint64_t)time->tv_nsec;
}

struct ps_warm_stamp ps_warm_stamp_of(const struct stat *st)
{
	return (struct ps_warm_stamp){
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.modified = nanoseconds(&st->st_mtim),
		.changed = nanoseconds(&st->st_ctim),
	};
}

uint64_t ps_warm_stamp_time(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return nanoseconds(&now);
}

bool ps_warm_stamp_is_settled(const struct stat *st, uint64_t now)
{
	uint64_t age = st->st_ctim.tv_nsec == 0 ? SETTLED_SECONDS : SETTLED;

	return now > age && nanoseconds(&st->st_ctim) < now - age;
}
