/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_owner.c - a child of fork() knows that it is one, whether the kernel clears a page in it, refuses to, or only
 * says that it would; and no page stays mapped.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../../lib/base/owner.h"

#include "../support/process.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"

static enum system { SYSTEM_OWN, SYSTEM_REFUSES, SYSTEM_HEEDS_NOTHING, SYSTEMS } kernel;

int __real_madvise(void *at, size_t size, int advice);
int __wrap_madvise(void *at, size_t size, int advice);

/* An older kernel knows less advice; an emulator may accept any, and heed none. */
int __wrap_madvise(void *at, size_t size, int advice)
{
	if (kernel == SYSTEM_HEEDS_NOTHING)
		return 0;
	if (kernel == SYSTEM_REFUSES) {
		errno = EINVAL;
		return -1;
	}
	return __real_madvise(at, size, advice);
}

static int ask_in_child(void *owner)
{
	return ps_owner_is_parent(owner) ? 7 : 1;
}

static void test_owner__a_child_knows_that_it_is_one(void **state)
{
	(void)state;
	for (kernel = SYSTEM_OWN; kernel < SYSTEMS; kernel++) {
		struct ps_owner owner;

		ps_owner_init(&owner);
		assert_false(ps_owner_is_parent(&owner));
		if (process_child(ask_in_child, &owner, NULL) != 7)
			fail_msg("kernel %d: a child does not know that it is one", (int)kernel);
		assert_false(ps_owner_is_parent(&owner));
		ps_owner_destroy(&owner);
	}
}

/* Pages of address space. */
static long count_pages(void)
{
	long mapped = process_mapped();

	assert_true(mapped > 0);
	return mapped * 1024 / sysconf(_SC_PAGESIZE);
}

static void test_owner__no_page_stays_mapped(void **state)
{
	enum { ROUNDS = 1000 };

	(void)state;
	for (kernel = SYSTEM_OWN; kernel < SYSTEMS; kernel++) {
		long before = count_pages(), after;

		for (int i = 0; i < ROUNDS; i++) {
			struct ps_owner owner;

			ps_owner_init(&owner);
			ps_owner_destroy(&owner);
		}
		after = count_pages();
		if (after - before >= ROUNDS / 2)
			fail_msg("kernel %d: %ld pages more are mapped after %d owners", (int)kernel, after - before, ROUNDS);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_owner__a_child_knows_that_it_is_one),
		cmocka_unit_test(test_owner__no_page_stays_mapped),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
