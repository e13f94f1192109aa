/* SPDX-License-Identifier: BSD-2-Clause */
/* owner.h - the process that made something, which a child of fork() inherits but may not use. */
#ifndef PS_OWNER_H
#define PS_OWNER_H

#include "base.h"

struct ps_owner {
	pid_t process;
	volatile uint8_t *page; /* points to a 1, and in a child of fork() to a 0; NULL: the system has no such pages */
};

void ps_owner_init(struct ps_owner *owner);
void ps_owner_destroy(struct ps_owner *owner);

/*
 * Is the owner a parent of this process, so that the handle was inherited through fork()? Then the threads do not exist
 * here, locks may stay locked for ever, and the descriptors are the parent's, too.
 */
bool ps_owner_is_parent(const struct ps_owner *owner);

#endif
