/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_batch.c - a batch keeps its items while it grows, and counts the bytes
 * that they take.
 */
#include "../../lib/base/base.h"

#include "../../lib/queue/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/choose.h"

static void test_batch__items_stay_where_they_are_while_it_grows(void **state)
{
	struct ps_batch *batch = ps_batch_new();

	(void)state;
	for (size_t i = 0; i < 5000; i++) {
		struct ps_record *r = ps_batch_add(batch, SEARCH_ITEM_MATCH, i % 97, i % 5);

		assert_non_null(r);
		for (size_t c = 0; c < i % 97; c++)
			ps_batch_text(batch, r)[c] = (char)i;
		for (size_t s = 0; s < i % 5; s++)
			batch->spans[r->spans + s] = (struct search_span){ .begin = i, .end = s };
	}
	for (size_t i = 0; i < 5000; i++) {
		const struct ps_record *r = &batch->records[i];

		assert_int_equal(r->kind, SEARCH_ITEM_MATCH);
		assert_int_equal(r->length, i % 97);
		for (size_t c = 0; c < r->length; c++)
			assert_true(ps_batch_text(batch, r)[c] == (char)i);
		for (size_t s = 0; s < r->span_count; s++)
			assert_true(batch->spans[r->spans + s].begin == i && batch->spans[r->spans + s].end == s);
	}
	ps_batch_free(batch);
}

static void test_batch__bytes_are_records_and_text_and_spans(void **state)
{
	struct ps_batch *batch = ps_batch_new();
	size_t record = sizeof(struct ps_record), span = sizeof(struct search_span);

	(void)state;
	assert_int_equal(ps_batch_bytes(batch), 0);
	assert_non_null(ps_batch_add(batch, SEARCH_ITEM_MATCH, 100, 3));
	assert_int_equal(ps_batch_bytes(batch), record + 100 + 3 * span);
	assert_non_null(ps_batch_add(batch, SEARCH_ITEM_FILE_END, 0, 0));
	assert_int_equal(ps_batch_bytes(batch), 2 * record + 100 + 3 * span);
	ps_batch_reset(batch);
	assert_int_equal(ps_batch_bytes(batch), 0);
	assert_false(batch->last);
	ps_batch_free(batch);
}

/* The memory of one huge line must not stay for the rest of the search. */
static void test_batch__reset_frees_huge_blocks(void **state)
{
	struct ps_batch *batch = ps_batch_new();

	(void)state;
	assert_non_null(ps_batch_add(batch, SEARCH_ITEM_MATCH, 8 << 20, 1 << 20));
	ps_batch_reset(batch);
	assert_true(batch->text_space <= 1 << 20);
	assert_true(batch->span_space <= 1 << 16);
	assert_non_null(ps_batch_add(batch, SEARCH_ITEM_MATCH, 10, 1));
	assert_int_equal(batch->text_size, 10);
	ps_batch_free(batch);
}

/* An item for which there is no memory changes nothing. */
static void test_batch__without_memory_for_an_item_it_is_unchanged(void **state)
{
	struct ps_batch *batch = ps_batch_new();

	(void)state;
	assert_non_null(ps_batch_add(batch, SEARCH_ITEM_MATCH, 5, 2));
	assert_null(ps_batch_add(batch, SEARCH_ITEM_MATCH, SIZE_MAX - 2, 0));
	assert_null(ps_batch_add(batch, SEARCH_ITEM_MATCH, 0, SIZE_MAX / 4));
	assert_int_equal(batch->count, 1);
	assert_int_equal(batch->text_size, 5);
	assert_int_equal(batch->span_count, 2);
	ps_batch_free(batch);
}

static void test_batch__a_message_ends_in_nul_and_is_cut_if_absurdly_long(void **state)
{
	struct ps_batch *batch = ps_batch_new();
	char message[5000];
	const struct ps_record *r;

	(void)state;
	memset(message, 'm', sizeof(message) - 1);
	message[sizeof(message) - 1] = '\0';
	r = ps_batch_error(batch, SEARCH_REASON_READ, 5, "short");
	assert_string_equal(ps_batch_text(batch, r), "short");
	assert_int_equal(r->length, 5);
	assert_int_equal(r->error, 5);
	assert_int_equal(r->reason, SEARCH_REASON_READ);
	r = ps_batch_error(batch, SEARCH_REASON_GAVE_UP, 0, message);
	assert_true(r->length < sizeof(message) - 1);
	assert_int_equal(strlen(ps_batch_text(batch, r)), r->length);
	ps_batch_free(batch);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batch__items_stay_where_they_are_while_it_grows),
		cmocka_unit_test(test_batch__bytes_are_records_and_text_and_spans),
		cmocka_unit_test(test_batch__reset_frees_huge_blocks),
		cmocka_unit_test(test_batch__without_memory_for_an_item_it_is_unchanged),
		cmocka_unit_test(test_batch__a_message_ends_in_nul_and_is_cut_if_absurdly_long),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
