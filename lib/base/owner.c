/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * owner.c - which process a search, or a pool, belongs to.
 *
 * For each batch we check whether the search was inherited through fork(). A system call would take a hundredth of
 * the time that a small file takes. So we look at a page that the kernel clears in a child. If the system has no such
 * pages, we ask it for the process.
 */
#include "owner.h"

#include <sys/mman.h>
#include <unistd.h>

#ifdef MADV_WIPEONFORK
static void *map_page(void)
{
	void *page = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	/* an emulator may accept any advice, and heed none */
	if (madvise(page, 1, -1) == 0 || madvise(page, 1, MADV_WIPEONFORK) != 0) {
		munmap(page, 1);
		return NULL;
	}
	return page;
}
#else
static void *map_page(void)
{
	return NULL;
}
#endif

void ps_owner_init(struct ps_owner *owner)
{
	owner->process = getpid();
	owner->page = map_page();
	if (owner->page != NULL)
		*owner->page = 1;
}

void ps_owner_destroy(struct ps_owner *owner)
{
	if (owner->page != NULL)
		munmap((void *)owner->page, 1);
}

bool ps_owner_is_parent(const struct ps_owner *owner)
{
	return owner->page != NULL ? *owner->page == 0 : getpid() != owner->process;
}
