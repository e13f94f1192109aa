/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_load.c - files of saved trees.
 *
 * libFuzzer: -max_len=16384 -timeout=120
 *
 * The input is the file. Unless its first byte is odd, the header's fixed fields and the sum are made right, or nothing
 * but these would ever be tried. It is loaded into a tree that has something already. If it is refused, the tree must be
 * as it was; otherwise all that was loaded is looked at, asked about, and saved, and what was saved must load again.
 */
#include "fuzz.h"

#include "../../lib/warm/saved.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static struct search_tree *new_tree(void)
{
	struct search_tree_options options = SEARCH_TREE_OPTIONS_INIT;
	const struct ps_warm_entry entries[] = { { .name = 0, .type = DT_REG }, { .name = 2, .type = DT_DIR } };
	const struct ps_warm_stamp stamp = { .inode = 10, .changed = 5 };
	struct search_tree *tree;
	struct ps_kept *kept;

	options.max_bytes = 1 << 20;
	options.learn_percent = SEARCH_TREE_NO_LEARNING;
	if (search_tree_open(&tree, &options, NULL) != SEARCH_OK)
		abort();
	kept = ps_kept_new(tree, 77, &stamp, entries, 2, "a\0b", 4);
	if (kept == NULL)
		abort();
	ps_lock_take(&tree->lock);
	if (!ps_kept_insert(kept))
		abort();
	ps_lock_release(&tree->lock);
	ps_kept_release(kept);
	return tree;
}

static void make_right(uint8_t *file, size_t size)
{
	struct ps_saved_header header;
	struct ps_saved_sum sum;

	if (size < sizeof(header))
		return;
	memcpy(&header, file, sizeof(header));
	memcpy(header.magic, PS_SAVED_MAGIC, sizeof(header.magic));
	header.version = PS_SAVED_VERSION;
	header.order = PS_SAVED_ORDER;
	header.size = size;
	header.user = geteuid();
	header.reserved = 0;
	ps_saved_sum_start(&sum);
	ps_saved_sum_add(&sum, file + sizeof(header), size - sizeof(header));
	header.sum = ps_saved_sum_end(&sum, &header);
	memcpy(file, &header, sizeof(header));
}

/* A file in memory. *path: its name, for as long as it is open. */
static int new_file(const uint8_t *bytes, size_t size, char path[64])
{
	int fd = memfd_create("saved", MFD_CLOEXEC);

	if (fd < 0 || fchmod(fd, 0600) != 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

enum { MOST_NAMES = 1 << 28 }; /* bytes of names in a file of any size that the fuzzer makes */

/* Asks of each entry of each directory, and reads each name. */
static void look_at_all(struct search_tree *tree)
{
	struct ps_clause clauses[] = { { .kind = PS_CLAUSE_ALL, .end = 3 },
				       { .kind = PS_CLAUSE_GRAM, .end = 2, .folded = 12345 },
				       { .kind = PS_CLAUSE_GRAM, .has_capital = true, .end = 3, .folded = 1, .as_is = 2 } };
	struct ps_condition condition = { .clauses = clauses, .count = 3 };
	struct ps_warm_view view = { .tree = tree, .condition = &condition, .max_line_bytes = 1 << 20,
				     .max_text_bytes = UINT64_MAX };
	struct ps_kept **all;
	size_t count, length = 0;

	if (ps_kept_all(tree, &all, &count) != SEARCH_OK)
		abort();
	for (size_t i = 0; i < count; i++) {
		const struct ps_warm_directory *d = &all[i]->shown;
		uint8_t *answers = malloc(d->count + 1);

		ps_warm_ask(&view, &all[i]->shown, 0, d->count, answers);
		free(answers);
		for (uint32_t k = 0; k < d->count; k++) {
			struct ps_warm_directory *below;

			length += strlen(d->names + d->entries[k].name);
			if (ps_warm_below(&view, &all[i]->shown, d->names + d->entries[k].name, &below) != PS_WARM_OPEN)
				ps_warm_release(below);
		}
		ps_kept_release(all[i]);
	}
	free(all);
	if (length > MOST_NAMES)
		abort();
}

static void expect_unchanged(struct search_tree *tree)
{
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;

	search_tree_stats(tree, &stats);
	if (stats.directories != 1 || stats.files != 1 || stats.signatures != 0 || stats.dropped != 0)
		abort(); /* it was refused, and has changed the tree */
}

/* What was loaded can be saved, and loaded again. */
static void save_and_load(struct search_tree *tree)
{
	static char path[64];
	struct search_tree *other = new_tree();

	snprintf(path, sizeof(path), "/dev/shm/fuzz_load.%d", (int)getpid());
	if (search_tree_save(tree, path, NULL) != SEARCH_OK || search_tree_load(other, path, NULL) != SEARCH_OK)
		abort();
	search_tree_close(other);
	unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned loaded;
	struct search_tree *tree = new_tree();
	uint8_t *file;
	char path[64];
	int fd, rc;

	if (size > 0 && data[0] % 2 == 0)
		size -= size % 8; /* else every eighth only would get beyond the header */
	file = malloc(size + 1);
	memcpy(file, data, size);
	if (size > 0 && data[0] % 2 == 0)
		make_right(file, size);
	fd = new_file(file, size, path);
	rc = search_tree_load(tree, path, NULL);
	if (rc == SEARCH_OK) {
		look_at_all(tree);
		if (++loaded % 64 == 0)
			save_and_load(tree);
	} else {
		expect_unchanged(tree);
	}
	close(fd);
	search_tree_close(tree);
	free(file);
	return 0;
}
