/* SPDX-License-Identifier: BSD-2-Clause */
/* test_buffer.c - buffers keep what is in them while they change their size, and arrays grow in few steps. */
#include "../../lib/base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"
#include "../support/process.h"
#include "../support/scale.h"

static void fill(unsigned char *bytes, size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++)
		bytes[i] = (unsigned char)(i * 31 >> 3);
}

static void assert_filled(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		assert_int_equal(bytes[i], (unsigned char)(i * 31 >> 3));
}

/* From each of these sizes to each: both sides of the size from which they are mapped. */
static const size_t sizes[] = { 1, 100, 4096, 96 * 1024 - 1, 96 * 1024, 96 * 1024 + 1, 200000, 1 << 20 };
#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

static void test_buffer__resized_it_keeps_its_bytes(void **state)
{
	(void)state;
	for (size_t from = 0; from < SIZES; from++)
		for (size_t to = 0; to < SIZES; to++) {
			unsigned char *buffer = ps_buffer_new(sizes[from]);

			assert_non_null(buffer);
			fill(buffer, 0, sizes[from]);
			buffer = ps_buffer_resize(buffer, sizes[from], sizes[to]);
			assert_non_null(buffer);
			assert_filled(buffer, ps_min(sizes[from], sizes[to]));
			fill(buffer, 0, sizes[to]);
			ps_buffer_free(buffer, sizes[to]);
		}
	for (size_t to = 0; to < SIZES; to++) {
		unsigned char *buffer = ps_buffer_resize(NULL, 0, sizes[to]);

		fill(buffer, 0, sizes[to]);
		ps_buffer_free(buffer, sizes[to]);
	}
	ps_buffer_free(NULL, 100);
	ps_buffer_free(NULL, 1 << 20);
}

static void test_buffer__zeroed_it_is_zero(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		unsigned char *used = malloc(sizes[i]), *buffer;

		memset(used, 0xFF, sizes[i]); /* malloc gives this out again */
		free(used);
		buffer = ps_buffer_zeroed(sizes[i]);
		assert_non_null(buffer);
		for (size_t at = 0; at < sizes[i]; at++)
			assert_int_equal(buffer[at], 0);
		ps_buffer_free(buffer, sizes[i]);
	}
}

static void test_buffer__too_much_is_refused_and_changes_nothing(void **state)
{
	size_t space = 16;
	void *buffer = ps_buffer_new(16 * 8);

	(void)state;
	assert_null(ps_buffer_more(buffer, &space, SIZE_MAX / 8, 8));
	assert_null(ps_buffer_more(buffer, &space, SIZE_MAX / 16 + 1, 8));
	assert_int_equal(space, 16);
	fill(buffer, 0, 16 * 8);
	ps_buffer_free(buffer, 16 * 8);
	if (TEST_SANITIZED)
		return; /* there such a call ends the program */
	assert_null(ps_buffer_new(SIZE_MAX - 65536));
	assert_null(ps_buffer_zeroed(SIZE_MAX - 65536));
	buffer = ps_buffer_new(1 << 20);
	assert_null(ps_buffer_resize(buffer, 1 << 20, SIZE_MAX - 65536));
	fill(buffer, 0, 1 << 20);
	ps_buffer_free(buffer, 1 << 20);
}

/* An array of 12 bytes each that grows by one: it doubles, and takes a mapping at once when it is a page. */
static void test_buffer__an_array_grows_in_few_steps(void **state)
{
	size_t space = 0, steps = 0;
	unsigned char *array = NULL;

	(void)state;
	for (size_t need = 1; need <= 100000; need++) {
		size_t before = space;

		array = ps_buffer_grow(array, &space, need, 12);
		assert_non_null(array);
		assert_true(space >= need);
		if (space == before)
			continue;
		steps++;
		assert_true(need == before + 1); /* never before it is full */
		assert_true(space >= 2 * before && space >= 16);
		assert_true(space * 12 < 4096 || space * 12 >= 96 * 1024);
		assert_filled(array, before * 12);
		fill(array, 0, space * 12);
	}
	assert_true(steps <= 10);
	ps_buffer_free(array, space * 12);
}

static void test_buffer__a_list_is_freed_as_a_whole(void **state)
{
	struct ps_buffers *list = NULL;

	(void)state;
	ps_buffers_add(&list, NULL, 0);
	assert_null(list);
	for (size_t i = 2; i < SIZES; i++) {
		void *buffer = ps_buffer_new(sizes[i]);

		ps_buffers_add(&list, buffer, sizes[i]);
		assert_ptr_equal(list, buffer);
		assert_int_equal(list->bytes, sizes[i]);
	}
	for (size_t i = SIZES; i-- > 2;) {
		struct ps_buffers *first = list;

		assert_int_equal(first->bytes, sizes[i]);
		list = first->next;
		first->next = NULL;
		ps_buffers_free(first);
	}
	assert_null(list);
	ps_buffers_free(NULL);
}

/* The pages of the program's address space. */
static size_t count_pages(void)
{
	long mapped = process_mapped();

	assert_true(mapped > 0);
	return (size_t)(mapped * 1024 / sysconf(_SC_PAGESIZE));
}

/* A hundred buffers of a megabyte, each of which is freed in another way. */
static void test_buffer__freed_it_returns_to_the_system(void **state)
{
	size_t before;

	(void)state;
	if (TEST_SANITIZED)
		skip(); /* they keep what is freed, and find leaks by themselves */
	ps_buffer_free(ps_buffer_new(1 << 20), 1 << 20);
	before = count_pages();
	for (size_t i = 0; i < 100; i++) {
		struct ps_buffers *list = NULL;
		void *buffer = i % 2 ? ps_buffer_new(1 << 20) : ps_buffer_zeroed(1 << 20);

		switch (i % 4) {
		case 0:
			ps_buffer_free(buffer, 1 << 20);
			break;
		case 1: /* it is not mapped any more */
			ps_buffer_free(ps_buffer_resize(buffer, 1 << 20, 100), 100);
			break;
		case 2: /* it stays mapped */
			ps_buffer_free(ps_buffer_resize(buffer, 1 << 20, 2 << 20), 2 << 20);
			break;
		default:
			ps_buffers_add(&list, ps_buffer_new(1 << 20), 1 << 20);
			ps_buffers_add(&list, buffer, 1 << 20);
			ps_buffers_free(list);
		}
	}
	assert_true(count_pages() < before + (8 << 20) / 4096);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buffer__resized_it_keeps_its_bytes),
		cmocka_unit_test(test_buffer__zeroed_it_is_zero),
		cmocka_unit_test(test_buffer__too_much_is_refused_and_changes_nothing),
		cmocka_unit_test(test_buffer__an_array_grows_in_few_steps),
		cmocka_unit_test(test_buffer__a_list_is_freed_as_a_whole),
		cmocka_unit_test(test_buffer__freed_it_returns_to_the_system),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
