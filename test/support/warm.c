/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * warm.c - what a search does with a warm tree: see warm.h.
 */
#include "warm.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

void warm_search_begin(struct warm_search *search, struct search_tree *tree, const char *string)
{
	uint32_t count = (uint32_t)strlen(string) - 2;

	assert_true(count <= WARM_GRAMS);
	*search = (struct warm_search){
		.view = { .tree = tree, .max_line_bytes = 1 << 20, .max_text_bytes = UINT64_MAX, .learns = true },
		.condition = { .clauses = search->clauses, .count = count + 1 },
	};
	search->view.condition = &search->condition;
	search->clauses[0] = (struct ps_clause){ .kind = PS_CLAUSE_ALL, .end = count + 1 };
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *at = (const uint8_t *)string + i;

		search->clauses[i + 1] = (struct ps_clause){
			.kind = PS_CLAUSE_GRAM,
			.end = i + 2,
			.folded = ps_trigram_hash(ps_trigram_word(ps_trigram_fold(at[0]), ps_trigram_fold(at[1]),
								  ps_trigram_fold(at[2]))),
		};
	}
	ps_warm_begin(&search->view);
}

struct search_tree *warm_tree(uint32_t trust, uint64_t max_bytes)
{
	struct search_tree_options options = {
		.size = sizeof(options), .max_bytes = max_bytes, .trust = trust, .learn_percent = 20,
	};
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_tree *tree;

	assert_int_equal(ps_tree_new(&tree, &options, &error), SEARCH_OK);
	return tree;
}

struct search_tree_stats warm_stats(const struct search_tree *tree)
{
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;

	ps_tree_fill_stats(tree, &stats);
	return stats;
}

void warm_settle(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 40 * 1000000 }, NULL);
}

static void read_directory(struct ps_warm_draft *draft, const char *path)
{
	DIR *stream = opendir(path);
	struct dirent *entry;

	assert_non_null(stream);
	while ((entry = readdir(stream)) != NULL)
		ps_warm_draft_add(draft, entry->d_name, entry->d_type);
	closedir(stream);
}

struct ps_warm_directory *warm_visit(struct warm_search *search, const char *path, struct ps_warm_directory *above,
				     const char *name, bool *found)
{
	const struct ps_warm_view *view = &search->view;
	uint64_t token = ps_warm_token(view->tree);
	int fd = open(path, O_RDONLY | O_DIRECTORY);
	struct ps_warm_directory *directory;
	struct ps_warm_draft *draft;
	struct stat st;

	assert_true(fd >= 0 && fstat(fd, &st) == 0);
	directory = ps_warm_find(view, &st, token);
	if (found != NULL)
		*found = directory != NULL;
	if (directory != NULL) {
		ps_warm_link(view, directory, above, name, path);
	} else {
		draft = ps_warm_draft_new(view, &st, true, token);
		read_directory(draft, path);
		directory = ps_warm_keep(view, draft, above, name, path);
	}
	if (directory != NULL)
		ps_warm_watch(view, directory, fd);
	close(fd);
	return directory;
}

static uint32_t index_of(struct ps_warm_directory *directory, const char *name)
{
	uint32_t at = ps_kept_index(ps_kept_of(directory), name);

	assert_true(at < directory->count);
	return at;
}

enum ps_warm_answer warm_ask(struct warm_search *search, struct ps_warm_directory *directory, const char *name)
{
	uint8_t answer = PS_WARM_CANNOT; /* unless it is told */

	ps_warm_ask(&search->view, directory, index_of(directory, name), 1, &answer);
	return (enum ps_warm_answer)answer;
}

bool warm_is_ruled_out(struct warm_search *search, struct ps_warm_directory *directory, const char *path,
		       const char *name)
{
	uint64_t token = ps_warm_token(search->view.tree);
	enum ps_warm_answer answer = warm_ask(search, directory, name);
	char file[4096];
	struct stat st;

	snprintf(file, sizeof(file), "%s/%s", path, name);
	if (answer != PS_WARM_CANNOT_IF)
		return answer == PS_WARM_CANNOT;
	return lstat(file, &st) == 0 && ps_warm_confirm(&search->view, directory, index_of(directory, name), &st, token);
}

void warm_learn(struct warm_search *search, struct ps_warm_directory *directory, const char *path, const char *name)
{
	char file[4096];
	int fd, rc;

	if (!ps_warm_wants(&search->view, directory, name))
		return;
	snprintf(file, sizeof(file), "%s/%s", path, name);
	fd = open(file, O_RDONLY);
	assert_true(fd >= 0);
	rc = ps_warm_learn(&search->view, directory, name, fd, UINT64_MAX, NULL);
	assert_true(rc == SEARCH_OK || rc == SEARCH_ENOMEM);
	close(fd);
}
