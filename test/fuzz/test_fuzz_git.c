/* SPDX-License-Identifier: BSD-2-Clause */
/* test_fuzz_git.c - runs fuzz_git.c on some repositories, with indexes of each version, and on changes of these. */
#include "../../lib/base/base.h"

#include "../support/replay.h"
#include "fuzz_git.c"

static uint8_t made[4096];
static size_t made_size;

static void begin(uint8_t how)
{
	made[0] = how;
	made_size = 1;
}

static void add_file(const char *name, const void *bytes, size_t size)
{
	uint8_t i = 0;

	while (strcmp(names[i], name) != 0)
		i++;
	made[made_size++] = i;
	made[made_size++] = (uint8_t)size;
	made[made_size++] = (uint8_t)(size >> 8);
	memcpy(made + made_size, bytes, size);
	made_size += size;
}

static void add_text(const char *name, const char *text)
{
	add_file(name, text, strlen(text));
}

static void end(void)
{
	replay_seed(made, made_size);
}

/* An index with some names, as git writes it; its check sum is left out. */
static size_t make_index(uint8_t *to, uint8_t version)
{
	static const char *const tracked[] = { "a", "a.o", "d/B.c", "d/a", "x y" };
	const char *before = "";
	size_t at = HEADER;

	memset(to, 0, 1024);
	memcpy(to, "DIRC", 4);
	to[7] = version;
	to[11] = 5;
	for (size_t i = 0; i < 5; i++) {
		size_t begin_at = at, same = 0;

		at += 62;
		to[begin_at + 61] = (uint8_t)strlen(tracked[i]);
		if (version == 4) {
			while (before[same] != '\0' && before[same] == tracked[i][same])
				same++;
			to[at++] = (uint8_t)(strlen(before) - same);
		}
		strcpy((char *)to + at, tracked[i] + same);
		at += strlen(tracked[i] + same) + 1;
		while (version < 4 && (at - begin_at) % 8 != 0)
			at++;
		before = tracked[i];
	}
	return at + 20;
}

static void add_repositories(void)
{
	static const char config[] =
		"[core]\n\tignoreCase = true\n\texcludesFile = \"excludes\"\n[include]\n\tpath = included\n"
		"[includeIf \"gitdir:/nowhere/\"]\n\tpath = ~/global\n[includeIf \"onbranch:m*\"]\n\tpath=included\n";
	uint8_t index[1024];

	for (uint8_t how = 0; how < 64; how += 3) {
		begin(how);
		add_text(".git/HEAD", "ref: refs/heads/main\n");
		add_text(".git/config", config);
		add_file(".git/index", index, make_index(index, (uint8_t)(2 + how % 3)));
		add_text("included", "[core]\n\tignorecase\n[include]\n\tpath = included\n");
		add_text(".gitignore", "*.o\n!a.o\nd/\n");
		add_text(".ignore", "!a\nx*\n");
		add_text("excludes", "d/**\n");
		end();
		begin(how);
		add_text(".git", "gitdir: ../.git\n");
		add_text(".git/HEAD", "0123456789\n");
		add_text(".git/commondir", "../common\n");
		add_text("common/config",
			 "[extensions]\n\tobjectFormat = sha256\n[core]\n\texcludesfile = ~/excludes ; no\n");
		add_text("global", "[core]\nexcludesFile = /excludes\\\n# b\n[include]path=~user/x\n");
		add_text(".git/info/exclude", "/d\n");
		add_text("d/.git/HEAD", "");
		add_file("d/.git/index", index, make_index(index, 4));
		end();
	}
}

int main(int argc, char **argv)
{
	static const struct replay git = {
		.name = "git", .seeds = add_repositories, .most = 3000, .head = 1, .rounds = 6000, .many = 60000,
	};

	return replay_main(argc, argv, &git);
}
