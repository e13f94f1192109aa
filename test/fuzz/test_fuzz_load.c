/* SPDX-License-Identifier: BSD-2-Clause */
/* test_fuzz_load.c - runs fuzz_load.c on trees that were saved, and on changes of these files, with a right sum. */
#include "../support/warm_tree.h"

#include "../support/replay.h"
#include "../support/tree.h"

#include "fuzz_load.c"

enum { FILE_MAX = 1 << 16, FILES = 12 };

/* Saves random trees; the later, the larger. */
static void save_trees(void)
{
	static uint8_t bytes[FILE_MAX];
	char *root = tree_new();

	for (uint32_t number = 0; number < FILES; number++) {
		struct random random = random_new(number);
		struct search_tree *tree = warm_tree_new(0);
		const char *path = tree_path(root, "saved");
		FILE *file;

		warm_tree_fill(tree, &random, number / 2);
		FUZZ_CHECK(search_tree_save(tree, path, NULL) == SEARCH_OK);
		search_tree_close(tree);
		file = fopen(path, "rb");
		FUZZ_CHECK(file != NULL);
		replay_seed(bytes, fread(bytes, 1, sizeof(bytes), file));
		fclose(file);
	}
	tree_remove(root);
}

int main(int argc, char **argv)
{
	static const struct replay load = {
		.name = "load", .seeds = save_trees, .most = FILE_MAX, .rounds = 20000, .many = 60000,
	};

	return replay_main(argc, argv, &load);
}
