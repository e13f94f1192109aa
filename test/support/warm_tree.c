/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * warm_tree.c - warm trees with made-up contents.
 */
#include "warm_tree.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { DEVICE = 77 };

struct search_tree *warm_tree_new(uint64_t max_bytes)
{
	struct search_tree_options options = SEARCH_TREE_OPTIONS_INIT;
	struct search_tree *tree;

	options.max_bytes = max_bytes;
	options.learn_percent = SEARCH_TREE_NO_LEARNING;
	assert_int_equal(search_tree_open(&tree, &options, NULL), SEARCH_OK);
	return tree;
}

static struct ps_signature *sign(const char *text, size_t length)
{
	struct ps_signature *signature;
	struct ps_signer *signer;

	assert_int_equal(ps_signer_new(&signer, ps_simd_pick(ps_cpu_features())), SEARCH_OK);
	ps_signer_start(signer);
	for (size_t at = 0; at < length;) {
		size_t block = length - at < PS_SIGNATURE_BLOCK ? length - at : PS_SIGNATURE_BLOCK;
		const char *end = at + block < length ? memrchr(text + at, '\n', block) : NULL;

		block = end != NULL ? (size_t)(end + 1 - (text + at)) : block;
		assert_int_equal(ps_signer_add(signer, (const uint8_t *)text + at, block), SEARCH_OK);
		at += block;
	}
	signature = ps_signer_end(signer);
	ps_signer_free(signer);
	assert_non_null(signature);
	return signature;
}

static struct ps_kept *insert(struct search_tree *tree, const struct ps_warm_stamp *stamp, const struct ps_warm_entry *entries,
			      uint32_t count, const char *names, size_t name_size)
{
	struct ps_kept *kept = ps_kept_new(tree, DEVICE, stamp, entries, count, names, name_size);

	assert_non_null(kept);
	ps_lock_take(&tree->lock);
	assert_true(ps_kept_insert(kept));
	ps_lock_release(&tree->lock);
	return kept;
}

struct ps_kept *warm_tree_add(struct search_tree *tree, uint64_t inode, uint64_t changed, uint32_t count)
{
	struct ps_warm_stamp stamp = { .inode = inode, .size = 4096, .modified = changed, .changed = changed };
	struct ps_warm_entry *entries = calloc(count + 1, sizeof(*entries));
	char *names = malloc((size_t)count * 16 + 1);
	size_t size = 0;
	struct ps_kept *kept;

	for (uint32_t i = 0; i < count; i++) {
		entries[i] = (struct ps_warm_entry){ .name = (uint32_t)size, .type = i % 3 == 2 ? DT_DIR : DT_REG };
		size += (size_t)sprintf(names + size, "a%08u", i) + 1;
	}
	kept = insert(tree, &stamp, entries, count, names, size);
	free(entries);
	free(names);
	return kept;
}

void warm_tree_learn(struct ps_kept *kept, uint32_t at, uint64_t changed, const char *text)
{
	struct ps_warm_file file = { .stamp = { .inode = at + 1, .size = strlen(text), .modified = changed,
						.changed = changed } };

	file.signature = sign(text, strlen(text));
	assert_true(ps_file_install(kept, at, &file));
	free(file.signature);
}

/* --- at random --- */

static uint64_t random64(struct random *random)
{
	return (uint64_t)random_below(random, UINT32_MAX) << 32 | random_below(random, UINT32_MAX);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Random names, each once and in order, and types for them. */
static struct ps_kept *add_random(struct search_tree *tree, struct random *random, uint64_t inode)
{
	static const uint8_t types[] = { DT_REG, DT_REG, DT_REG, DT_DIR, DT_LNK, DT_UNKNOWN };
	char list[40][12], names[40 * 12];
	struct ps_warm_entry entries[40];
	struct ps_warm_stamp stamp = { .inode = inode, .size = random64(random), .modified = random64(random),
				  .changed = random64(random) };
	uint32_t wanted = random_below(random, 40), count = 0;
	size_t size = 0;

	for (uint32_t i = 0; i < wanted; i++) {
		size_t length = 1 + random_below(random, 10);

		for (size_t k = 0; k < length; k++)
			list[i][k] = (char)(random_percent(random, 5) ? 0xe0 : 'a' + random_below(random, 4));
		list[i][length] = '\0';
	}
	qsort(list, wanted, sizeof(list[0]), by_text);
	for (uint32_t i = 0; i < wanted; i++) {
		if (i > 0 && strcmp(list[i - 1], list[i]) == 0)
			continue;
		entries[count++] = (struct ps_warm_entry){ .name = (uint32_t)size,
							   .type = types[random_below(random, sizeof(types))] };
		size += strlen(strcpy(names + size, list[i])) + 1;
	}
	return insert(tree, &stamp, entries, count, names, size);
}

static void learn_random(struct ps_kept *kept, struct random *random, uint32_t at)
{
	static const uint8_t flags[] = { 0, PS_FILE_MARK, PS_FILE_PACKED, PS_FILE_LINKS, PS_FILE_MARK | PS_FILE_LINKS };
	struct ps_warm_file file = { .stamp = { .inode = random64(random), .size = random64(random) % 100000,
						.modified = random64(random), .changed = random64(random) } };
	char text[600];
	size_t length = random_below(random, sizeof(text));

	file.flags = flags[random_below(random, sizeof(flags))];
	file.use = (uint8_t)random_below(random, 256);
	if (random_percent(random, 10)) {
		file.flags |= PS_FILE_UNFIT;
	} else {
		for (size_t i = 0; i < length; i++)
			text[i] = (char)(random_percent(random, 10) ? '\n' : 'a' + random_below(random, 26));
		file.signature = sign(text, length);
	}
	assert_true(ps_file_install(kept, at, &file));
	free(file.signature);
}

void warm_tree_fill(struct search_tree *tree, struct random *random, uint32_t directories)
{
	struct ps_kept **all = calloc(directories + 1, sizeof(*all));
	char path[64];

	for (uint32_t i = 0; i < directories; i++) {
		struct ps_kept *kept = all[i] = add_random(tree, random, i + 2);

		for (uint32_t at = 0; at < kept->shown.count; at++) {
			uint8_t type = kept->shown.entries[at].type;

			if (type == DT_REG && random_percent(random, 70))
				learn_random(kept, random, at);
			if (type == DT_DIR && i > 0) {
				ps_lock_take(&tree->lock);
				ps_kept_link(all[random_below(random, i)], kept,
					     kept->shown.names + kept->shown.entries[at].name, false);
				ps_lock_release(&tree->lock);
			}
		}
		sprintf(path, "some/path/%u", i);
		if (random_percent(random, 80))
			ps_kept_set_path(kept, path);
	}
	for (uint32_t i = 0; i < directories; i++)
		ps_kept_release(all[i]);
	free(all);
}

/* --- as text --- */

static int by_inode(const void *a, const void *b)
{
	struct ps_kept *const *x = a, *const *y = b;

	return (*x)->stamp.inode < (*y)->stamp.inode ? -1 : (*x)->stamp.inode > (*y)->stamp.inode;
}

static void describe_stamp(FILE *out, const struct ps_warm_stamp *s)
{
	fprintf(out, " %" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64, s->inode, s->size, s->modified, s->changed);
}

static void describe_file(FILE *out, const struct ps_warm_file *file)
{
	describe_stamp(out, &file->stamp);
	fprintf(out, " flags %x", file->flags & PS_FILE_SAVED);
	for (uint32_t i = 0; file->signature != NULL && i < file->signature->size; i++)
		fprintf(out, "%s%02x", i == 0 ? " " : "", ((const uint8_t *)file->signature)[i]);
}

static void describe_directory(FILE *out, struct ps_kept *kept)
{
	const struct ps_warm_directory *d = &kept->shown;

	fprintf(out, "directory %" PRIx64, (uint64_t)d->device);
	describe_stamp(out, &kept->stamp);
	ps_lock_take(&kept->tree->lock);
	fprintf(out, " %s%s", kept->path != NULL ? kept->path : "", d->short_read_is_end ? " short" : "");
	if (kept->above != NULL)
		fprintf(out, " in %" PRIx64 " at %u", kept->above->stamp.inode, kept->at);
	ps_lock_release(&kept->tree->lock);
	fputc('\n', out);
	ps_files_lock(kept);
	for (uint32_t i = 0; i < d->count; i++) {
		fprintf(out, "\t%s %u", d->names + d->entries[i].name, d->entries[i].type);
		if (d->entries[i].type == DT_REG && kept->slots[i].file != NULL)
			describe_file(out, kept->slots[i].file);
		fputc('\n', out);
	}
	ps_files_unlock(kept);
}

char *warm_tree_describe(struct search_tree *tree)
{
	struct ps_kept **all;
	size_t count, size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(ps_kept_all(tree, &all, &count), SEARCH_OK);
	qsort(all, count, sizeof(*all), by_inode);
	for (size_t i = 0; i < count; i++) {
		describe_directory(out, all[i]);
		ps_kept_release(all[i]);
	}
	free(all);
	fclose(out);
	return text;
}
