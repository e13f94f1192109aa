/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_batch.c - a batch keeps its items while it grows, and counts the bytes
 * that they take.
 */
#include "../../lib/base/base.h"

#include "../../lib/queue/batch.h"

#include <errno.h>
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

static void test_batch__after_reset_it_is_as_new(void **state)
{
	struct ps_batch *batch = ps_batch_new();
	const struct ps_record *r;
	const char *text;

	(void)state;
	assert_non_null(ps_batch_add(batch, SEARCH_ITEM_MATCH, 100, 3));
	text = batch->text;
	batch->last = true;
	batch->part = 3;
	batch->mark = 9;
	ps_batch_reset(batch);
	assert_true(batch->count == 0 && batch->text_size == 0 && batch->span_count == 0);
	assert_true(!batch->last && batch->part == 0 && batch->mark == 0);
	assert_ptr_equal(batch->text, text); /* memory of the usual size is kept */
	assert_true(batch->text_space > 0 && batch->span_space > 0 && batch->record_space > 0);
	r = ps_batch_add(batch, SEARCH_ITEM_MATCH, 7, 2);
	assert_true(r->text == 0 && r->spans == 0 && r->length == 7 && r->span_count == 2);
	ps_batch_free(batch);
	ps_batch_free(NULL);
}

/* A record that has no text when it is added gets one, after those of the others. */
static void test_batch__attached_text_is_the_last_records(void **state)
{
	struct ps_batch *batch = ps_batch_new();
	static char long_text[10000];

	(void)state;
	memset(long_text, 'l', sizeof(long_text));
	assert_non_null(ps_batch_add(batch, SEARCH_ITEM_MATCH, 3, 0));
	memcpy(ps_batch_text(batch, &batch->records[0]), "abc", 3);
	assert_non_null(ps_batch_add(batch, SEARCH_ITEM_FILE_END, 0, 0));
	assert_true(ps_batch_attach(batch, long_text, sizeof(long_text)));
	assert_int_equal(batch->records[1].length, sizeof(long_text));
	assert_int_equal(batch->text_size, 3 + sizeof(long_text));
	assert_memory_equal(ps_batch_text(batch, &batch->records[0]), "abc", 3);
	assert_memory_equal(ps_batch_text(batch, &batch->records[1]), long_text, sizeof(long_text));
	assert_non_null(ps_batch_add(batch, SEARCH_ITEM_FILE_END, 0, 0));
	assert_false(ps_batch_attach(batch, long_text, SIZE_MAX / 2));
	assert_int_equal(batch->records[2].length, 0);
	assert_int_equal(batch->text_size, 3 + sizeof(long_text));
	ps_batch_free(batch);
}

static void test_batch__a_failure_says_what_failed_and_why(void **state)
{
	struct ps_batch *batch = ps_batch_new();
	const struct ps_record *r = ps_batch_failure(batch, SEARCH_REASON_READ, ENOENT, "a/file");

	(void)state;
	assert_string_equal(ps_batch_text(batch, r), "a/file: No such file or directory");
	assert_int_equal(r->error, ENOENT);
	assert_int_equal(r->reason, SEARCH_REASON_READ);
	r = ps_batch_failure(batch, SEARCH_REASON_OPEN, 9999, "a/file");
	assert_non_null(strstr(ps_batch_text(batch, r), "a/file: "));
#ifdef __GLIBC__ /* musl says no number */
	assert_non_null(strstr(ps_batch_text(batch, r), "error 9999"));
#endif
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
	assert_int_equal(r->span_count + batch->span_count, 0);
	r = ps_batch_error(batch, SEARCH_REASON_GAVE_UP, 0, message);
	assert_int_equal(r->length, 1024);
	assert_int_equal(strlen(ps_batch_text(batch, r)), r->length);
	ps_batch_free(batch);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batch__items_stay_where_they_are_while_it_grows),
		cmocka_unit_test(test_batch__bytes_are_records_and_text_and_spans),
		cmocka_unit_test(test_batch__after_reset_it_is_as_new),
		cmocka_unit_test(test_batch__attached_text_is_the_last_records),
		cmocka_unit_test(test_batch__a_failure_says_what_failed_and_why),
		cmocka_unit_test(test_batch__reset_frees_huge_blocks),
		cmocka_unit_test(test_batch__without_memory_for_an_item_it_is_unchanged),
		cmocka_unit_test(test_batch__a_message_ends_in_nul_and_is_cut_if_absurdly_long),
	};

	return RUN_TESTS(tests, NULL, NULL);
}
