/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_notifier.c - the descriptor of a doorbell polls readable exactly if the
 * bell was rung since it was armed, whether it is an eventfd or a socket.
 */
#include "../../lib/base/base.h"

#include "../../lib/queue/queue.h"
#include "../support/random.h"
#include "../support/tree.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/scale.h"

static bool is_readable(int fd, int timeout)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, timeout) == 1 && (p.revents & POLLIN) != 0;
}

/* A thread that rings disarms first and then writes: the write may come after the caller has armed again. */
static void test_notifier__a_late_write_is_heard_once(void **state)
{
	(void)state;
	for (int socket = 0; socket <= 1; socket++) {
		struct ps_doorbell door;
		uint64_t one = 1;
		int fd;

		ps_doorbell_init(&door);
		fd = ps_doorbell_fd(&door, socket);
		ps_doorbell_arm(&door);
		assert_int_equal(write(door.fd, &one, sizeof(one)), sizeof(one));
		assert_true(is_readable(fd, 0));
		ps_doorbell_arm(&door);
		assert_false(is_readable(fd, 0));
		ps_doorbell_ring(&door);
		assert_true(is_readable(fd, 0));
		ps_doorbell_destroy(&door);
	}
}

static void test_notifier__is_readable_exactly_when_it_was_rung_while_armed(void **state)
{
	(void)state;
	for (int socket = 0; socket <= 1; socket++) {
		struct random random = random_new((unsigned)socket);
		struct ps_doorbell door;
		bool readable = true; /* as it is at first */
		int fd;

		ps_doorbell_init(&door);
		ps_doorbell_ring(&door); /* without a descriptor a doorbell is a bell */
		ps_doorbell_arm(&door);
		fd = ps_doorbell_fd(&door, socket);
		assert_true(fd >= 0);
		for (int i = 0; i < 20000; i++) {
			switch (random_below(&random, 4)) {
			case 0:
				ps_doorbell_arm(&door);
				readable = false;
				break;
			case 1:
				ps_doorbell_disarm(&door);
				readable = true;
				break;
			case 2:
				ps_doorbell_ring(&door);
				readable = true;
				break;
			default:
				assert_int_equal(ps_doorbell_fd(&door, socket), fd);
			}
			assert_int_equal(is_readable(fd, 0), readable);
		}
		ps_doorbell_destroy(&door);
	}
}

static void test_notifier__ringing_keeps_errno(void **state)
{
	(void)state;
	for (int socket = 0; socket <= 1; socket++) {
		struct ps_doorbell door;

		ps_doorbell_init(&door);
		assert_true(ps_doorbell_fd(&door, socket) >= 0);
		ps_doorbell_arm(&door);
		errno = 4711;
		ps_doorbell_ring(&door);
		ps_doorbell_ring(&door);
		assert_int_equal(errno, 4711);
		ps_doorbell_destroy(&door);
	}
}

static void test_notifier__closes_what_it_opened(void **state)
{
	unsigned before = tree_open_descriptors();

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct ps_doorbell door;

		ps_doorbell_init(&door);
		if (i > 0)
			assert_true(ps_doorbell_fd(&door, i == 2) >= 0);
		ps_doorbell_destroy(&door);
	}
	assert_int_equal(tree_open_descriptors(), before);
}

struct visit {
	struct ps_doorbell door;
	_Atomic uint32_t left; /* things that can be taken */
	uint32_t count;
};

static void *bring(void *argument)
{
	struct visit *v = argument;

	for (uint32_t i = 0; i < v->count; i++) {
		atomic_fetch_add(&v->left, 1);
		ps_doorbell_ring(&v->door);
	}
	return NULL;
}

/* As search_try_next does it: take what is there, arm, look once more, poll. */
static void test_notifier__a_host_that_polls_misses_nothing(void **state)
{
	(void)state;
	for (int socket = 0; socket <= 1; socket++) {
		static struct visit v;
		struct ps_thread thread;
		uint32_t taken = 0;
		int fd;

		ps_doorbell_init(&v.door);
		v.count = 50000;
		fd = ps_doorbell_fd(&v.door, socket);
		assert_int_equal(ps_thread_start(&thread, 1, bring, &v), 0);
		while (taken < v.count) {
			bool armed = false;

			for (;;) {
				uint32_t got = atomic_exchange(&v.left, 0);

				taken += got;
				if (got == 0 && armed)
					break;
				if (got > 0) {
					ps_doorbell_disarm(&v.door);
					armed = false;
					continue;
				}
				ps_doorbell_arm(&v.door);
				armed = true;
			}
			if (taken < v.count)
				assert_true(is_readable(fd, 20000));
		}
		ps_thread_join(&thread);
		assert_int_equal(taken, v.count);
		ps_doorbell_destroy(&v.door);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notifier__a_late_write_is_heard_once),
		cmocka_unit_test(test_notifier__is_readable_exactly_when_it_was_rung_while_armed),
		cmocka_unit_test(test_notifier__ringing_keeps_errno),
		cmocka_unit_test(test_notifier__closes_what_it_opened),
		cmocka_unit_test(test_notifier__a_host_that_polls_misses_nothing),
	};

	alarm(patience(120));
	random_seed();
	return RUN_TESTS(tests, NULL, NULL);
}
