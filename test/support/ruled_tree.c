/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ruled_tree.c - see ruled_tree.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "ruled_tree.h"

#include "forest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* git's index, with one name. */
static void plant_index(const char *root, const char *name)
{
	char index[12 + 62 + 64 + 20] = "DIRC\0\0\0\2\0\0\0\1";
	size_t length = strlen(name), entry = (62 + length + 8) / 8 * 8;

	assert_true(length < 64);
	memcpy(index + 12 + 62, name, length);
	forest_file(root, ".git/index", index, 12 + entry + 20);
}

void plant_rules(const char *root)
{
	forest_directory(root, ".git");
	forest_directory(root, ".git/info");
	forest_directory(root, "d");
	forest_directory(root, "d/e");
	forest_text(root, ".git/HEAD", "ref: refs/heads/x\n");
	forest_text(root, ".git/config", "[core]\nignorecase = true\n[include]\npath = more\n");
	forest_text(root, ".git/more", "[includeIf \"gitdir:./\"]\npath = nothing\n[includeIf \"gitdir:**\"]\npath = most\n"
				       "[includeIf \"gitdir:~/\"]\npath = nothing\n");
	forest_text(root, ".git/most", "[includeIf \"onbranch:x\"]\npath = all\n");
	forest_text(root, ".git/all", "[core]\nexcludesfile = .git/own\n");
	forest_text(root, ".git/own", "own*\n");
	plant_index(root, "d/e/own1");
	forest_text(root, ".git/info/exclude", "?xclude\n");
	forest_text(root, ".gitignore", "GIT\n/d/e/path\n!git2\n");
	forest_text(root, ".ignore", "*.end\n");
	forest_text(root, "d/.psearchignore", "name\n");
	forest_text(root, "d/e/.gitignore", ".*\ngit2\n");
	for (const char *const *name = (const char *const[]){ "own1", "exclude", "git", "path", "a.end", "name", "git2", "found", NULL };
	     *name != NULL; name++) {
		char path[64];

		snprintf(path, sizeof(path), "d/e/%s", *name);
		forest_text(root, path, "needle\n");
	}
}

char *open_ruled_tree(void)
{
	char *root = forest_open();

	plant_rules(root);
	return root;
}
