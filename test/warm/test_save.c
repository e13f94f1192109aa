/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_save.c - a tree that is saved and loaded is the same tree; a file that is not whole, not the user's or not a tree
 * is refused, and leaves the tree as it was; and whatever fails, there is the old file or the new one.
 *
 * The linker sends calls through the __wrap_ functions here (see the Makefile): they fail while a test has armed them.
 */
#include "../../lib/warm/saved.h"

#include "../support/process.h"
#include "../support/scale.h"
#include "../support/tree.h"
#include "../support/warm_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"

/* --- calls that fail --- */

static _Atomic long calls, failing; /* the call of this number fails; 0: none does */
static int fault_error;

/* With EINTR only calls that a signal can interrupt are counted. */
static bool fails(bool can_be_interrupted)
{
	long at = atomic_load(&failing);

	if (at == 0 || (fault_error == EINTR && !can_be_interrupted) || atomic_fetch_add(&calls, 1) + 1 != at)
		return false;
	errno = fault_error;
	return true;
}

static void arm(long at, int error)
{
	fault_error = error;
	atomic_store(&calls, 0);
	atomic_store(&failing, at);
}

/* True: the call that was to fail was made. */
static bool disarm(void)
{
	bool came = atomic_load(&calls) >= atomic_load(&failing);

	atomic_store(&failing, 0);
	return came;
}

#define WRAP_CALL(type, name, parameters, arguments, failure, waits)  \
	type __real_##name parameters;                                \
	type __wrap_##name parameters;                                \
	type __wrap_##name parameters                                 \
	{                                                             \
		return fails(waits) ? (failure) : __real_##name arguments; \
	}
#define WRAP(type, name, parameters, arguments, failure) WRAP_CALL(type, name, parameters, arguments, failure, false)

/* glibc has names of their own for large files. */
#ifdef __GLIBC__
#define WRAP_LARGE(type, name, parameters, arguments, failure, waits) \
	WRAP_CALL(type, name##64, parameters, arguments, failure, waits)
#else
#define WRAP_LARGE(type, name, parameters, arguments, failure, waits) \
	WRAP_CALL(type, name, parameters, arguments, failure, waits)
#endif

WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAP(void *, realloc, (void *old, size_t size), (old, size), NULL)
WRAP(char *, strdup, (const char *text), (text), NULL)
WRAP_LARGE(ssize_t, pread, (int fd, void *to, size_t size, off_t at), (fd, to, size, at), -1, true)
WRAP_LARGE(ssize_t, pwrite, (int fd, const void *from, size_t size, off_t at), (fd, from, size, at), -1, true)
WRAP_LARGE(int, mkostemp, (char *name, int flags), (name, flags), -1, true)
WRAP(int, rename, (const char *from, const char *to), (from, to), -1)
WRAP_LARGE(int, fstat, (int fd, struct stat *st), (fd, st), -1, false)
WRAP_LARGE(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode), -1, true)
#ifdef __GLIBC__
/* for libgcov: make coverage */
WRAP_CALL(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode), -1, true)
#endif
WRAP(char *, realpath, (const char *path, char *to), (path, to), NULL)

int __real_close(int fd);
int __wrap_close(int fd);

/* The descriptor is closed all the same: so Linux does it. */
int __wrap_close(int fd)
{
	int rc = __real_close(fd);

	return fails(false) ? -1 : rc;
}

/* --- files --- */

static char *root;

static int set_up(void **state)
{
	(void)state;
	root = tree_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tree_remove(root);
	return 0;
}

static uint8_t *read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(1 << 22);

	assert_non_null(file);
	*size = fread(bytes, 1, 1 << 22, file);
	fclose(file);
	return bytes;
}

static void write_file(const char *path, const uint8_t *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	close(fd);
}

static unsigned count_files(void)
{
	struct names names = { 0 };
	unsigned count;

	tree_walk(&names, root, "", 1);
	count = (unsigned)names.count;
	names_free(&names);
	return count;
}

static void expect_save(struct search_tree *tree, const char *path, int want)
{
	struct search_error error = SEARCH_ERROR_INIT;

	if (search_tree_save(tree, path, &error) != want)
		fail_msg("saving gives %d, not %d: %s", error.code, want, error.message);
	if (want != SEARCH_OK)
		assert_true(error.message[0] != '\0');
}

static void expect_load(struct search_tree *tree, const char *path, int want, const char *says)
{
	struct search_error error = SEARCH_ERROR_INIT;

	if (search_tree_load(tree, path, &error) != want)
		fail_msg("loading gives %d, not %d: %s", error.code, want, error.message);
	if (says != NULL && strstr(error.message, says) == NULL)
		fail_msg("'%s' does not say '%s'", error.message, says);
}

static void expect_same(struct search_tree *a, struct search_tree *b)
{
	char *x = warm_tree_describe(a), *y = warm_tree_describe(b);
	struct search_tree_stats s = SEARCH_TREE_STATS_INIT, t = SEARCH_TREE_STATS_INIT;

	assert_string_equal(x, y);
	search_tree_stats(a, &s);
	search_tree_stats(b, &t);
	assert_true(s.directories == t.directories && s.files == t.files && s.signatures == t.signatures);
	assert_true(s.signature_bytes == t.signature_bytes && s.text_bytes == t.text_bytes);
	free(x);
	free(y);
}

/* A small tree, saved in the file. */
static struct search_tree *new_saved(const char *path)
{
	struct search_tree *tree = warm_tree_new(0);
	struct ps_kept *above = warm_tree_add(tree, 10, 500, 4), *below = warm_tree_add(tree, 11, 501, 2);

	warm_tree_learn(above, 0, 400, "some text of a file\nand more\n");
	warm_tree_learn(below, 1, 401, "xyz\n");
	ps_kept_set_path(above, "here");
	ps_lock_take(&tree->lock);
	ps_kept_link(below, above, "a00000002", false);
	ps_lock_release(&tree->lock);
	ps_kept_release(above);
	ps_kept_release(below);
	expect_save(tree, path, SEARCH_OK);
	return tree;
}

/* Loading the file does not change the tree. */
static void expect_refused(const char *path, const char *says)
{
	struct search_tree *tree = warm_tree_new(0), *as_it_was = warm_tree_new(0);

	ps_kept_release(warm_tree_add(tree, 90, 1, 3));
	ps_kept_release(warm_tree_add(as_it_was, 90, 1, 3));
	expect_load(tree, path, SEARCH_EINVAL, says);
	expect_same(tree, as_it_was);
	search_tree_close(tree);
	search_tree_close(as_it_was);
}

/* --- the same tree --- */

static void test_save__a_loaded_tree_is_the_one_that_was_saved(void **state)
{
	const char *path = tree_path(root, "random");
	size_t rounds = how_many_rounds(40, SCALED(400));

	(void)state;
	for (size_t i = 0; i < rounds; i++) {
		struct random random = random_new(i);
		struct search_tree *tree = warm_tree_new(0), *other = warm_tree_new(0);

		warm_tree_fill(tree, &random, random_below(&random, 60));
		expect_save(tree, path, SEARCH_OK);
		expect_load(other, path, SEARCH_OK, NULL);
		expect_same(tree, other);
		expect_load(other, path, SEARCH_OK, NULL); /* which adds nothing */
		expect_same(tree, other);
		search_tree_close(tree);
		search_tree_close(other);
	}
	assert_int_equal(count_files(), 1);
}

/* More than a piece that is read or written at once: names, and the signature of one file. */
static void test_save__large_directories_and_signatures_are_saved(void **state)
{
	const char *path = tree_path(root, "large");
	struct search_tree *tree = warm_tree_new(0), *other = warm_tree_new(0);
	struct ps_kept *kept = warm_tree_add(tree, 5, 6, 60000);
	size_t size = 8 << 20;
	char *text = malloc(size + 1);
	struct random random = random_new(0);

	(void)state;
	for (size_t i = 0; i < size; i++)
		text[i] = (char)(i % 100 == 99 ? '\n' : 'a' + random_below(&random, 26));
	text[size] = '\0';
	for (size_t i = 0; i < 7; i++)
		warm_tree_learn(kept, 3 * (uint32_t)i, 7, text + i * (size / 8));
	warm_tree_learn(kept, 59998, 7, "short");
	ps_kept_release(kept);
	free(text);
	expect_save(tree, path, SEARCH_OK);
	expect_load(other, path, SEARCH_OK, NULL);
	expect_same(tree, other);
	search_tree_close(tree);
	search_tree_close(other);
}

/* That a file took too long to sign is true of this process only. */
static void test_save__a_file_of_which_nothing_is_known_is_left_out(void **state)
{
	const char *path = tree_path(root, "slow");
	struct search_tree *tree = warm_tree_new(0), *other = warm_tree_new(0);
	struct ps_warm_file slow = { .stamp = { .inode = 7, .size = 8 }, .flags = PS_FILE_SLOW, .tried = 50 };
	struct ps_kept *kept = warm_tree_add(tree, 10, 500, 2);

	(void)state;
	assert_true(ps_file_install(kept, 0, &slow));
	warm_tree_learn(kept, 1, 400, "some text\n");
	ps_kept_release(kept);
	expect_save(tree, path, SEARCH_OK);
	expect_load(other, path, SEARCH_OK, NULL);
	ps_lock_take(&other->lock);
	kept = ps_kept_take(ps_kept_find(other, 77, 10));
	ps_lock_release(&other->lock);
	assert_null(kept->slots[0].file);
	assert_non_null(kept->slots[1].file);
	ps_kept_release(kept);
	search_tree_close(tree);
	search_tree_close(other);
}

/* The answers are those of the tree that was saved; but none without looking at the stamp. */
static void test_save__a_loaded_tree_answers_the_same(void **state)
{
	const char *path = tree_path(root, "answers");
	struct search_tree *tree = new_saved(path), *other = warm_tree_new(0);
	struct ps_clause grams[] = { { .kind = PS_CLAUSE_GRAM, .end = 1, .folded = ps_trigram_hash(ps_trigram_word('q', 'q', 'q')) } };
	struct ps_condition condition = { .clauses = grams, .count = 1 };
	struct search_tree *both[] = { tree, other };
	uint8_t answers[2][4];

	(void)state;
	expect_load(other, path, SEARCH_OK, NULL);
	for (int i = 0; i < 2; i++) {
		struct ps_warm_view view = { .tree = both[i], .condition = &condition, .max_line_bytes = 1 << 20,
					     .max_text_bytes = UINT64_MAX };
		struct ps_kept *kept;

		ps_warm_begin(&view);
		ps_lock_take(&both[i]->lock);
		kept = ps_kept_take(ps_kept_find(both[i], 77, 10));
		ps_lock_release(&both[i]->lock);
		ps_warm_ask(&view, &kept->shown, 0, 4, answers[i]);
		ps_kept_release(kept);
	}
	assert_memory_equal(answers[0], answers[1], sizeof(answers[0]));
	assert_int_equal(answers[1][0], PS_WARM_CANNOT_IF);
	assert_int_equal(answers[1][1], PS_WARM_MAY_MATCH);
	search_tree_close(tree);
	search_tree_close(other);
}

/* A directory that the tree has of another time, and a file that it knows, stay. What it lacks is added. */
static void test_save__what_the_tree_has_is_newer(void **state)
{
	const char *path = tree_path(root, "newer");
	struct search_tree *tree = new_saved(path), *other = warm_tree_new(0);
	struct ps_kept *above = warm_tree_add(other, 10, 999, 6);

	(void)state;
	warm_tree_learn(above, 1, 999, "newer text");
	expect_load(other, path, SEARCH_OK, NULL);
	ps_files_lock(above);
	assert_true(above->in_table && above->stamp.changed == 999 && above->shown.count == 6);
	assert_true(above->slots[1].file->stamp.changed == 999);
	assert_true(above->slots[0].file->stamp.changed == 400); /* by its name */
	ps_files_unlock(above);
	ps_kept_release(above);
	search_tree_close(other);

	other = warm_tree_new(0);
	above = warm_tree_add(other, 10, 500, 4);
	warm_tree_learn(above, 0, 999, "newer text");
	expect_load(other, path, SEARCH_OK, NULL);
	ps_files_lock(above);
	assert_true(above->slots[0].file->stamp.changed == 999);
	ps_files_unlock(above);
	ps_kept_release(above);
	search_tree_close(other);
	search_tree_close(tree);
}

/* --- what is refused --- */

static void test_save__a_file_that_is_cut_is_refused(void **state)
{
	const char *path = tree_path(root, "cut");
	size_t size;
	uint8_t *bytes;

	(void)state;
	search_tree_close(new_saved(path));
	bytes = read_file(path, &size);
	for (size_t length = 0; length < size; length++) {
		write_file(path, bytes, length);
		expect_refused(path, length < sizeof(struct ps_saved_header) ? "not a saved tree" : "damaged");
	}
	bytes = realloc(bytes, size + 8);
	memset(bytes + size, 0, 8);
	write_file(path, bytes, size + 8);
	expect_refused(path, "damaged");
	free(bytes);
}

static void test_save__a_file_with_a_changed_byte_is_refused(void **state)
{
	const char *path = tree_path(root, "changed");
	struct random random = random_new(1);
	size_t size;
	uint8_t *bytes;

	(void)state;
	search_tree_close(new_saved(path));
	bytes = read_file(path, &size);
	for (size_t at = 0; at < size; at++) {
		uint8_t before = bytes[at];

		bytes[at] ^= (uint8_t)(1 + random_below(&random, 255));
		write_file(path, bytes, size);
		expect_refused(path, NULL);
		bytes[at] = before;
	}
	free(bytes);
}

/* Words that change places, or whose highest bits are wrong, are what simple sums miss. */
static void test_save__a_sum_finds_what_cancels_out_in_others(void **state)
{
	uint64_t words[64];
	struct random random = random_new(2);
	struct ps_saved_header header = { .version = 1 };
	struct ps_saved_sum sum;
	uint64_t want;

	(void)state;
	for (int i = 0; i < 64; i++)
		words[i] = random_below(&random, UINT32_MAX);
	ps_saved_sum_start(&sum);
	ps_saved_sum_add(&sum, words, sizeof(words));
	want = ps_saved_sum_end(&sum, &header);
	for (size_t cut = 0; cut <= 64; cut++) { /* in two pieces it is the same */
		ps_saved_sum_start(&sum);
		ps_saved_sum_add(&sum, words, cut * 8);
		ps_saved_sum_add(&sum, words + cut, (64 - cut) * 8);
		assert_true(ps_saved_sum_end(&sum, &header) == want);
	}
	for (int i = 0; i < 64; i++) {
		for (int k = 0; k < i; k++) {
			for (int way = 0; way < 2; way++) {
				uint64_t a = words[i], b = words[k];

				words[i] = way == 0 ? b : a ^ UINT64_C(1) << 63;
				words[k] = way == 0 ? a : b ^ UINT64_C(1) << 63;
				ps_saved_sum_start(&sum);
				ps_saved_sum_add(&sum, words, sizeof(words));
				assert_true(ps_saved_sum_end(&sum, &header) != want);
				words[i] = a;
				words[k] = b;
			}
		}
	}
}

static void test_save__a_file_that_others_may_write_is_refused(void **state)
{
	const char *path = tree_path(root, "mode");
	struct search_tree *tree = new_saved(path);
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	chmod(path, 0620);
	expect_refused(path, "others may write");
	chmod(path, 0602);
	expect_refused(path, "others may write");
	chmod(path, 0644);
	expect_load(tree, path, SEARCH_OK, NULL);
	search_tree_close(tree);
}

static void test_save__a_file_of_another_user_is_refused(void **state)
{
	const char *path = tree_path(root, "owner");
	struct ps_saved_header header;
	struct ps_saved_sum sum;
	uint8_t *bytes;
	size_t size;

	(void)state;
	search_tree_close(new_saved(path));
	bytes = read_file(path, &size);
	memcpy(&header, bytes, sizeof(header));
	header.user++;
	ps_saved_sum_start(&sum);
	ps_saved_sum_add(&sum, bytes + sizeof(header), size - sizeof(header));
	header.sum = ps_saved_sum_end(&sum, &header);
	memcpy(bytes, &header, sizeof(header));
	write_file(path, bytes, size);
	expect_refused(path, "another user");
	free(bytes);
	search_tree_close(new_saved(path));
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 12345, (gid_t)-1), 0);
		expect_refused(path, "another user");
		assert_int_equal(chown(path, 0, (gid_t)-1), 0);
	}
}

static void test_save__what_is_no_file_is_refused(void **state)
{
	struct search_tree *tree = warm_tree_new(0);
	const char *path = tree_path(root, "fifo");

	(void)state;
	expect_load(tree, tree_path(root, "none"), SEARCH_ESYSTEM, "No such file");
	expect_load(tree, root, SEARCH_EINVAL, "not a regular file");
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_load(tree, path, SEARCH_EINVAL, "not a regular file");
	expect_save(tree, path, SEARCH_EINVAL);
	expect_save(tree, root, SEARCH_EINVAL);
	expect_save(tree, "/dev/null", SEARCH_EINVAL);
	expect_save(tree, tree_path(root, "none/file"), SEARCH_ESYSTEM);
	unlink(path);
	search_tree_close(tree);
}

static void test_save__a_larger_file_than_the_tree_may_be_is_refused(void **state)
{
	const char *path = tree_path(root, "size");
	struct search_tree *tree = warm_tree_new(8 << 20), *small = warm_tree_new(1 << 20);

	(void)state;
	ps_kept_release(warm_tree_add(tree, 3, 4, 120000));
	expect_save(tree, path, SEARCH_OK);
	expect_load(small, path, SEARCH_EINVAL, "larger than the tree may be");
	search_tree_close(tree);
	search_tree_close(small);
}

/* --- what is replaced --- */

static void test_save__only_a_saved_tree_is_replaced(void **state)
{
	static const char poem[] = "a text that somebody wrote and wants to keep\n";
	const char *path = tree_path(root, "poem");
	struct search_tree *tree = warm_tree_new(0);
	uint8_t *bytes;
	size_t size;

	(void)state;
	write_file(path, (const uint8_t *)poem, sizeof(poem) - 1);
	expect_save(tree, path, SEARCH_EINVAL);
	bytes = read_file(path, &size);
	assert_true(size == sizeof(poem) - 1 && memcmp(bytes, poem, size) == 0);
	free(bytes);
	write_file(path, (const uint8_t *)"short", 5);
	expect_save(tree, path, SEARCH_EINVAL);
	write_file(path, (const uint8_t *)"", 0);
	expect_save(tree, path, SEARCH_OK);
	bytes = read_file(path, &size);
	bytes[size - 1] ^= 1; /* damaged, but one of ours */
	write_file(path, bytes, size);
	free(bytes);
	expect_refused(path, "damaged");
	expect_save(tree, path, SEARCH_OK);
	expect_load(tree, path, SEARCH_OK, NULL);
	search_tree_close(tree);
}

static void test_save__a_link_stays_and_its_file_is_replaced(void **state)
{
	char *file = strdup(tree_path(root, "target")), *link = strdup(tree_path(root, "link"));
	struct search_tree *tree = new_saved(file);
	struct stat st, before;

	(void)state;
	assert_int_equal(symlink(file, link), 0);
	assert_int_equal(stat(file, &before), 0);
	expect_save(tree, link, SEARCH_OK);
	assert_true(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
	assert_true(stat(file, &st) == 0 && st.st_ino != before.st_ino);
	expect_load(tree, link, SEARCH_OK, NULL);
	search_tree_close(tree);
	free(file);
	free(link);
}

/* It might lead to what somebody wants to keep. */
static void test_save__what_cannot_be_opened_is_not_replaced(void **state)
{
	const char *loop = tree_path(root, "loop");
	struct search_tree *tree = warm_tree_new(0);
	struct stat st;

	(void)state;
	assert_int_equal(symlink("loop", loop), 0);
	expect_save(tree, loop, SEARCH_ESYSTEM);
	assert_true(lstat(loop, &st) == 0 && S_ISLNK(st.st_mode));
	unlink(loop);
	search_tree_close(tree);
}

/* --- what fails --- */

/* Each call fails once, with each error. If saving fails, the file is the old one, whole; nothing lies beside it. */
static void test_save__a_failing_call_leaves_the_old_file(void **state)
{
	static const int errors[] = { EIO, ENOSPC, ENOMEM };
	const char *path = tree_path(root, "failing");
	struct search_tree *tree = new_saved(path), *other = warm_tree_new(0);
	uint8_t *old, *bytes;
	size_t old_size, size;
	long at;

	(void)state;
	old = read_file(path, &old_size);
	ps_kept_release(warm_tree_add(tree, 40, 41, 3));
	for (size_t trial = 0;; trial++) {
		struct search_error error = SEARCH_ERROR_INIT;
		int rc;

		at = 1 + (long)(trial / 3);
		arm(at, errors[trial % 3]);
		rc = search_tree_save(tree, path, &error);
		if (!disarm())
			break;
		bytes = read_file(path, &size);
		if (rc != SEARCH_OK) {
			assert_true(size == old_size && memcmp(bytes, old, size) == 0);
			assert_true(rc == SEARCH_ENOMEM || rc == SEARCH_ESYSTEM);
		} else {
			assert_true(size > old_size); /* it could do without, and the new directory is in it */
			expect_load(other, path, SEARCH_OK, NULL);
			write_file(path, old, old_size);
		}
		free(bytes);
		assert_int_equal(count_files(), 1);
	}
	assert_true(at > 8);
	unlink(path);
	free(old);
	search_tree_close(tree);
	search_tree_close(other);
}

static void test_save__an_interrupted_call_is_repeated(void **state)
{
	const char *path = tree_path(root, "interrupted");
	struct search_tree *tree = new_saved(path);
	struct search_error error = SEARCH_ERROR_INIT;
	long at = 1;
	bool came;
	int rc;

	(void)state;
	do {
		arm(at++, EINTR);
		rc = search_tree_save(tree, path, &error);
		came = disarm();
		assert_int_equal(rc, SEARCH_OK);
	} while (came);
	assert_true(at > 3);
	at = 1;
	do {
		struct search_tree *other = warm_tree_new(0);

		arm(at++, EINTR);
		rc = search_tree_load(other, path, &error);
		came = disarm();
		assert_int_equal(rc, SEARCH_OK);
		expect_same(tree, other);
		search_tree_close(other);
	} while (came);
	assert_true(at > 3);
	search_tree_close(tree);
	unlink(path);
}

static void test_load__a_failing_call_is_an_error_or_leaves_something_out(void **state)
{
	const char *path = tree_path(root, "loading");
	struct search_tree *tree = new_saved(path);
	long at = 1;

	(void)state;
	for (;; at++) {
		struct search_tree *other = warm_tree_new(0);
		struct search_error error = SEARCH_ERROR_INIT;
		int rc;

		arm(at, EIO);
		rc = search_tree_load(other, path, &error);
		if (!disarm()) {
			search_tree_close(other);
			break;
		}
		assert_true(rc == SEARCH_OK || rc == SEARCH_ENOMEM || rc == SEARCH_ESYSTEM);
		expect_load(other, path, SEARCH_OK, NULL); /* what is missing comes now */
		expect_same(tree, other);
		search_tree_close(other);
	}
	assert_true(at > 8);
	search_tree_close(tree);
	unlink(path);
}

/* In a child, which may write no more than some bytes of a file: as on a disk that is full. */
static int save_too_much(void *path)
{
	struct rlimit limit, usual;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_tree *tree = warm_tree_new(0);

	signal(SIGXFSZ, SIG_IGN);
	CHILD_CHECK(getrlimit(RLIMIT_FSIZE, &usual) == 0);
	limit = (struct rlimit){ .rlim_cur = 100, .rlim_max = usual.rlim_max };
	CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
	ps_kept_release(warm_tree_add(tree, 40, 41, 3000));
	CHILD_CHECK(search_tree_save(tree, path, &error) == SEARCH_ESYSTEM);
	CHILD_CHECK(error.system_error == EFBIG);
	search_tree_close(tree);
	CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &usual) == 0); /* `make coverage` writes its counts at the end */
	return 0;
}

static void test_save__a_full_disk_leaves_the_old_file(void **state)
{
	char *path = strdup(tree_path(root, "full"));
	struct search_tree *tree = new_saved(path), *other = warm_tree_new(0);
	long peak;

	(void)state;
	assert_int_equal(process_child(save_too_much, path, &peak), 0);
	expect_load(other, path, SEARCH_OK, NULL);
	expect_same(tree, other);
	unlink(path);
	assert_int_equal(count_files(), 0);
	search_tree_close(tree);
	search_tree_close(other);
	free(path);
}

/* --- several at once --- */

struct crowd {
	char *path;
	struct search_tree *tree;
	size_t rounds;
	bool saves;
	int bad;
};

static void *save_or_load(void *context)
{
	struct crowd *c = context;

	for (size_t i = 0; i < c->rounds; i++) {
		struct search_tree *tree = c->saves ? c->tree : NULL;

		if (!c->saves)
			search_tree_open(&tree, NULL, NULL);
		if ((c->saves ? search_tree_save(tree, c->path, NULL) : search_tree_load(tree, c->path, NULL)) != SEARCH_OK)
			c->bad++;
		if (!c->saves)
			search_tree_close(tree);
	}
	return NULL;
}

/* Two trees are saved to one file, one of them changes meanwhile, and others load the file: always a whole one. */
static void test_save__several_may_save_and_load_at_once(void **state)
{
	char *path = strdup(tree_path(root, "crowd"));
	struct search_tree *one = new_saved(path), *two = warm_tree_new(0);
	struct random random = random_new(3);
	struct crowd crowd[5];
	pthread_t threads[5];

	(void)state;
	warm_tree_fill(two, &random, 30);
	for (int i = 0; i < 5; i++) {
		crowd[i] = (struct crowd){ .path = path, .tree = i % 2 == 0 ? one : two, .saves = i < 3,
					   .rounds = how_much(40, SCALED(400)) };
		assert_int_equal(pthread_create(&threads[i], NULL, save_or_load, &crowd[i]), 0);
	}
	for (uint32_t i = 0; i < 200; i++)
		ps_kept_release(warm_tree_add(two, 200 + i % 40, 500 + i, 5));
	for (int i = 0; i < 5; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(crowd[i].bad, 0);
	}
	assert_int_equal(count_files(), 1);
	search_tree_close(one);
	search_tree_close(two);
	free(path);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		TEST(test_save__a_loaded_tree_is_the_one_that_was_saved),
		TEST(test_save__large_directories_and_signatures_are_saved),
		TEST(test_save__a_file_of_which_nothing_is_known_is_left_out),
		TEST(test_save__a_loaded_tree_answers_the_same),
		TEST(test_save__what_the_tree_has_is_newer),
		TEST(test_save__a_file_that_is_cut_is_refused),
		TEST(test_save__a_file_with_a_changed_byte_is_refused),
		TEST(test_save__a_sum_finds_what_cancels_out_in_others),
		TEST(test_save__a_file_that_others_may_write_is_refused),
		TEST(test_save__a_file_of_another_user_is_refused),
		TEST(test_save__what_is_no_file_is_refused),
		TEST(test_save__a_larger_file_than_the_tree_may_be_is_refused),
		TEST(test_save__only_a_saved_tree_is_replaced),
		TEST(test_save__a_link_stays_and_its_file_is_replaced),
		TEST(test_save__what_cannot_be_opened_is_not_replaced),
		TEST(test_save__a_failing_call_leaves_the_old_file),
		TEST(test_save__an_interrupted_call_is_repeated),
		TEST(test_load__a_failing_call_is_an_error_or_leaves_something_out),
		TEST(test_save__a_full_disk_leaves_the_old_file),
		TEST(test_save__several_may_save_and_load_at_once),
	};

	random_seed();
	return RUN_TESTS(tests, NULL, NULL);
}
