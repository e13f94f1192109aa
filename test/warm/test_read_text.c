/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_read_text.c - files of all shapes, which are cut into blocks; reads and allocations that fail.
 *
 * The linker sends the library's calls through the __wrap_ functions here: see the Makefile.
 */
#include "../../lib/base/base.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../lib/warm/read_text.h"
#include "../support/choose.h"
#include "../support/large_files.h"
#include "../support/random.h"
#include "../support/scale.h"

#define BLOCK ((size_t)PS_SIGNATURE_BLOCK)

enum { LONGEST = 3 << 20 };

static uint8_t *text;
static struct ps_text_reader *reader;

/* --- the wrappers --- */

static struct {
	size_t most;     /* bytes that one pread gives; 0: as many as it wants */
	long interrupt;  /* each so many calls, one is interrupted; 0: none */
	long fail_at;    /* the number of the call that fails; 0: none */
	long calls;
	long allocation; /* the number of the allocation that fails; 0: none */
	long allocations;
} fault;

ssize_t REAL_LARGE(pread)(int fd, void *to, size_t size, off_t at);
ssize_t __wrap_pread64(int fd, void *to, size_t size, off_t at);
ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at);

ssize_t __wrap_pread64(int fd, void *to, size_t size, off_t at)
{
	fault.calls++;
	if (fault.calls == fault.fail_at) {
		errno = EIO;
		return -1;
	}
	if (fault.interrupt != 0 && fault.calls % fault.interrupt == 0) {
		errno = EINTR;
		return -1;
	}
	return REAL_LARGE(pread)(fd, to, fault.most != 0 ? ps_min(size, fault.most) : size, at);
}

ssize_t __wrap_pread(int fd, void *to, size_t size, off_t at)
{
	return __wrap_pread64(fd, to, size, at);
}

static bool allocation_fails(void)
{
	return ++fault.allocations == fault.allocation;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
	return allocation_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return allocation_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return allocation_fails() ? NULL : __real_realloc(old, size);
}

void *REAL_LARGE(mmap)(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__real_mremap(void *old, size_t size, size_t wanted, int flags);
void *__wrap_mremap(void *old, size_t size, size_t wanted, int flags);

void *__wrap_mmap64(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	return allocation_fails() ? MAP_FAILED : REAL_LARGE(mmap)(at, size, protection, flags, fd, offset);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	return __wrap_mmap64(at, size, protection, flags, fd, offset);
}

void *__wrap_mremap(void *old, size_t size, size_t wanted, int flags)
{
	return allocation_fails() ? MAP_FAILED : __real_mremap(old, size, wanted, flags);
}

/* --- files --- */

static int file_of(const void *bytes, size_t length)
{
	int fd = memfd_create("text", MFD_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t at = 0; at < length;) {
		ssize_t n = write(fd, (const uint8_t *)bytes + at, length - at);

		assert_true(n > 0);
		at += (size_t)n;
	}
	return fd;
}

/* Reads a file of these bytes, whose size is told to be `size`. The signature is freed: its address is no use. */
static struct ps_text_facts facts_of(const void *bytes, size_t length, uint64_t size)
{
	struct ps_text_facts facts;
	int fd = file_of(bytes, length);

	assert_int_equal(ps_text_read(reader, fd, size, NULL, &facts), SEARCH_OK);
	assert_int_equal(facts.signature != NULL, facts.state == PS_TEXT_COMPLETE);
	free(facts.signature);
	close(fd);
	return facts;
}

/* Where a block of text from `at` on ends. */
static size_t slow_block_end(size_t at, size_t length)
{
	size_t end = at;

	if (length - at < BLOCK)
		return length;
	for (size_t i = at; i < at + BLOCK; i++)
		if (text[i] == '\n')
			end = i + 1;
	for (size_t i = at + BLOCK; end == at; i++)
		if (i == length || text[i] == '\n')
			end = ps_min(i + 1, length);
	return end;
}

static struct ps_signature *sign_slowly(size_t length)
{
	struct ps_signer *signer;
	struct ps_signature *s;

	assert_int_equal(ps_signer_new(&signer, ps_simd_pick(0)), SEARCH_OK);
	ps_signer_start(signer);
	for (size_t at = 0, end; at < length; at = end) {
		end = slow_block_end(at, length);
		assert_int_equal(ps_signer_add(signer, text + at, end - at), SEARCH_OK);
	}
	s = ps_signer_end(signer);
	assert_non_null(s);
	ps_signer_free(signer);
	return s;
}

/* The file has the signature of its text, cut as the header says. */
static void check_file(size_t length)
{
	struct ps_signature *want = sign_slowly(length);
	struct ps_text_facts facts;
	int fd = file_of(text, length);

	assert_int_equal(ps_text_read(reader, fd, length, NULL, &facts), SEARCH_OK);
	assert_int_equal(facts.state, PS_TEXT_COMPLETE);
	assert_int_equal(facts.has_nul, length > 0 && memchr(text, '\0', length) != NULL);
	if (facts.signature->size != want->size || memcmp(facts.signature, want, want->size) != 0)
		fail_msg("a file of %zu bytes: another signature", length);
	assert_true(ps_signature_is_sound(facts.signature, facts.signature->size));
	assert_int_equal(lseek(fd, 0, SEEK_CUR), length); /* where write() left it */
	free(facts.signature);
	free(want);
	close(fd);
}

/* Lines with ends at random, on average `line` bytes long; line 0: no end. */
static void fill_text(struct random *r, size_t length, uint32_t line)
{
	for (size_t i = 0; i < length; i++)
		text[i] = line != 0 && random_below(r, line) == 0 ? '\n' : (uint8_t)('a' + random_below(r, 20));
}

/* --- the tests --- */

static void test_read_text__files_of_each_size_near_the_borders_are_cut_as_they_should(void **state)
{
	static const size_t sizes[] = { 0, BLOCK, 2 * BLOCK, 3 * BLOCK, 4 * BLOCK };
	static const uint32_t lines[] = { 0, 1, 50, 50000 };
	struct random r = random_new(1);

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t k = 0; k < sizeof(lines) / sizeof(lines[0]); k++)
			for (size_t length = sizes[i] < 3 ? 0 : sizes[i] - 3; length <= sizes[i] + 3; length++) {
				fill_text(&r, length, lines[k]);
				check_file(length);
				if (length > 0)
					text[length - 1] = '\n';
				check_file(length);
				if (length > BLOCK)
					text[BLOCK - 1] = '\n';
				check_file(length);
			}
}

static void test_read_text__random_files_are_read_whatever_a_read_gives(void **state)
{
	struct random r = random_new(2);

	(void)state;
	for (size_t round = 0, rounds = how_many_rounds(60, ROUNDS(1000)); round < rounds; round++) {
		size_t length = random_below(&r, 300000);

		fill_text(&r, length, 1 + random_below(&r, round % 2 == 0 ? 100 : 200000));
		if (round % 3 == 0 && length > 0)
			text[random_below(&r, (uint32_t)length)] = '\0';
		fault.most = round % 4 == 1 ? 1 + random_below(&r, 3000) : 0;
		fault.interrupt = round % 4 == 2 ? 2 : 0;
		check_file(length);
		fault.most = 0;
		fault.interrupt = 0;
	}
}

static void test_read_text__a_line_may_have_a_mebibyte_and_no_more(void **state)
{
	static const size_t longest[] = { PS_SIGNER_ROOM - 1, PS_SIGNER_ROOM };

	(void)state;
	memset(text, 'x', LONGEST);
	check_file(PS_SIGNER_ROOM - 1); /* as if it had an end */
	assert_int_equal(facts_of(text, PS_SIGNER_ROOM, PS_SIGNER_ROOM).state, PS_TEXT_UNFIT);
	for (size_t i = 0; i < 2; i++) {
		text[longest[i]] = '\n';
		text[longest[i] + 10] = '\n';
		if (i == 0)
			check_file(PS_SIGNER_ROOM + 20);
		else
			assert_int_equal(facts_of(text, PS_SIGNER_ROOM + 20, PS_SIGNER_ROOM + 20).state, PS_TEXT_UNFIT);
		memset(text, 'x', LONGEST);
	}
	text[9] = '\n';
	assert_int_equal(facts_of(text, LONGEST, LONGEST).state, PS_TEXT_UNFIT);
	check_file(20); /* the reader is as good as before */
}

static void test_read_text__a_file_of_another_size_is_changing(void **state)
{
	static const size_t sizes[] = { 1, 100, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 200000 };
	struct random r = random_new(3);

	(void)state;
	fill_text(&r, 300000, 40);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		assert_int_equal(facts_of(text, sizes[i], sizes[i]).state, PS_TEXT_COMPLETE);
		assert_int_equal(facts_of(text, sizes[i], sizes[i] - 1).state, PS_TEXT_CHANGING);
		assert_int_equal(facts_of(text, sizes[i], sizes[i] + 1).state, PS_TEXT_CHANGING);
		assert_int_equal(facts_of(text, sizes[i], 0).state, PS_TEXT_CHANGING);
		assert_int_equal(facts_of(text, sizes[i], UINT64_MAX).state, PS_TEXT_CHANGING);
	}
	assert_int_equal(facts_of(text, 0, 0).state, PS_TEXT_COMPLETE);
	assert_int_equal(facts_of(text, 0, 1).state, PS_TEXT_CHANGING);
}

static void test_read_text__what_the_first_bytes_tell_is_told(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
		bool has_mark, is_packed, has_nul;
	} rows[] = {
		{ "plain text\n", 11, false, false, false },
		{ "", 0, false, false, false },
		{ "\xEF\xBB\xBF" "marked\n", 10, true, false, false },
		{ "\xEF\xBB\xBF", 3, true, false, false },
		{ "\xEF\xBB", 2, false, false, false },
		{ "\xFF\xFEm\0a\0\n\0", 8, true, false, true },
		{ "\xFE\xFF\0m\0a\0\n", 8, true, false, true },
		{ "no \xFE\xFF mark\n", 11, false, false, false },
		{ "\x1F\x8B\x08\0\n234567890abcdef", 20, false, true, true },
		{ "BZh91AY&SY\n", 11, false, true, false },
		{ "PK\3\4\nabc\n", 9, false, true, false },
		{ "\xFD" "7zXZ\0\n", 7, false, true, true },
		{ "BZh", 3, false, false, false },
		{ "PK\3\4", 4, false, true, false },
		{ "nul\0\n", 5, false, false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ps_text_facts facts = facts_of(rows[i].bytes, rows[i].length, rows[i].length);

		if (facts.state != PS_TEXT_COMPLETE || facts.has_mark != rows[i].has_mark ||
		    facts.has_nul != rows[i].has_nul || facts.is_packed != rows[i].is_packed)
			fail_msg("row %zu: state %d, mark %d, packed %d, NUL %d", i, facts.state, facts.has_mark,
				 facts.is_packed, facts.has_nul);
	}
}

static void test_read_text__a_nul_far_into_the_file_is_seen(void **state)
{
	struct random r = random_new(4);

	(void)state;
	fill_text(&r, 4 * BLOCK, 30);
	assert_false(facts_of(text, 4 * BLOCK, 4 * BLOCK).has_nul);
	text[4 * BLOCK - 1] = '\0';
	assert_true(facts_of(text, 4 * BLOCK, 4 * BLOCK).has_nul);
}

static void test_read_text__a_signature_above_the_bound_is_not_made(void **state)
{
	struct random r = random_new(5);
	struct ps_text_reader *small;
	struct ps_text_facts facts;
	int fd;

	(void)state;
	fill_text(&r, 4 * BLOCK, 30);
	fd = file_of(text, 4 * BLOCK);
	assert_int_equal(ps_text_reader_new(&small, ps_simd_pick(0), 3000), SEARCH_OK);
	assert_int_equal(ps_text_read(small, fd, 4 * BLOCK, NULL, &facts), SEARCH_OK);
	assert_int_equal(facts.state, PS_TEXT_UNFIT);
	assert_null(facts.signature);
	ps_text_reader_free(small);
	close(fd);
}

static bool is_enough(const void *context)
{
	long *left = *(long *const *)context;

	return (*left)-- <= 0;
}

static void test_read_text__it_stops_when_told(void **state)
{
	struct random r = random_new(6);
	struct ps_text_facts facts;
	long left, *at = &left;
	const struct ps_watch watch = { is_enough, &at };
	int fd;

	(void)state;
	fill_text(&r, 4 * BLOCK, 30);
	fd = file_of(text, 4 * BLOCK);
	for (long blocks = 0; blocks < 10; blocks++) {
		left = blocks;
		assert_int_equal(ps_text_read(reader, fd, 4 * BLOCK, &watch, &facts), SEARCH_OK);
		assert_int_equal(facts.state, blocks < 6 ? PS_TEXT_STOPPED : PS_TEXT_COMPLETE);
		free(facts.signature);
	}
	close(fd);
}

static void test_read_text__a_read_that_fails_is_no_end(void **state)
{
	struct random r = random_new(7);

	(void)state;
	fill_text(&r, 3 * BLOCK, 30);
	for (long call = 1; call < 4; call++) {
		fault.calls = 0;
		fault.fail_at = call;
		assert_int_equal(facts_of(text, 3 * BLOCK, 3 * BLOCK).state, PS_TEXT_CHANGING);
	}
	fault.fail_at = 0;
	assert_int_equal(facts_of(text, 3 * BLOCK, 3 * BLOCK).state, PS_TEXT_COMPLETE);
}

/* A text with a long line, so that everything grows. True: nothing failed, and the signature is the wanted one. */
static bool read_with_new_reader(int fd, size_t length, const struct ps_signature *want)
{
	struct ps_text_reader *new;
	struct ps_text_facts facts = { .signature = NULL };
	int status = ps_text_reader_new(&new, ps_simd_pick(0), SIZE_MAX);

	if (status == SEARCH_OK) {
		status = ps_text_read(new, fd, length, NULL, &facts);
		ps_text_reader_free(new);
	} else {
		assert_null(new);
	}
	assert_true(status == SEARCH_OK || status == SEARCH_ENOMEM);
	assert_int_equal(facts.signature != NULL, status == SEARCH_OK);
	if (status == SEARCH_OK) {
		assert_int_equal(facts.signature->size, want->size);
		assert_memory_equal(facts.signature, want, want->size);
	}
	free(facts.signature);
	return status == SEARCH_OK;
}

static void test_read_text__each_allocation_may_fail(void **state)
{
	struct random r = random_new(8);
	size_t length = 20 * BLOCK;
	struct ps_signature *want;
	long n = 0;
	bool ok;
	int fd;

	(void)state;
	fill_text(&r, length, 1000);
	memset(text + 3 * BLOCK, 'x', 3 * BLOCK);
	want = sign_slowly(length);
	fd = file_of(text, length);
	do {
		fault.allocations = 0;
		fault.allocation = ++n;
		ok = read_with_new_reader(fd, length, want);
	} while (fault.allocations >= fault.allocation);
	fault.allocation = 0;
	assert_true(ok);
	assert_true(n > 6);
	free(want);
	close(fd);
}

static int open_reader(void **state)
{
	(void)state;
	text = malloc(LONGEST);
	return text == NULL ? -1 : ps_text_reader_new(&reader, ps_simd_pick(ps_cpu_features()), SIZE_MAX);
}

static int close_reader(void **state)
{
	(void)state;
	ps_text_reader_free(reader);
	free(text);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_text__files_of_each_size_near_the_borders_are_cut_as_they_should),
		cmocka_unit_test(test_read_text__random_files_are_read_whatever_a_read_gives),
		cmocka_unit_test(test_read_text__a_line_may_have_a_mebibyte_and_no_more),
		cmocka_unit_test(test_read_text__a_file_of_another_size_is_changing),
		cmocka_unit_test(test_read_text__what_the_first_bytes_tell_is_told),
		cmocka_unit_test(test_read_text__a_nul_far_into_the_file_is_seen),
		cmocka_unit_test(test_read_text__a_signature_above_the_bound_is_not_made),
		cmocka_unit_test(test_read_text__it_stops_when_told),
		cmocka_unit_test(test_read_text__a_read_that_fails_is_no_end),
		cmocka_unit_test(test_read_text__each_allocation_may_fail),
	};

	return RUN_TESTS(tests, open_reader, close_reader);
}
