/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_options.c - any values in the public structs, whatever sizes they have: each call is refused with a reason, or
 * does something that ends; and no byte beyond a struct's own size is touched.
 *
 * libFuzzer: -max_len=200 -timeout=120
 *
 * An input begins with a byte that says how, and changes what is in order, word by word: a struct's number, a word's,
 * and what is put there, one of `values` or with FF the four bytes that follow. Where there is a pointer, the word
 * chooses among some that are valid, and NULL. Counts are those of the arrays, unless there is no array; paths are
 * those of a few small files.
 *
 *   bit 0  a pool is opened, even if the search uses none
 *   bit 1  and a warm tree
 *   bit 2  where their options are longer than ours, there is something
 *   bit 3  where those of the search are
 *   bit 4  there is a struct search_walk
 */
#include "fuzz.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 2, LONG_PATH = 5000, MOST_ITEMS = 100, MOST_WORKERS = 5, LATEST = 20000 /* milliseconds */ };

/* All structs that a host fills. Pointers are small numbers until they are replaced. */
struct structs {
	struct search_options options;
	struct search_walk walk;
	struct search_pool_options pool;
	struct search_tree_options tree;
	struct search_pattern patterns[MOST];
	struct search_source sources[MOST];
	struct search_overlay overlays[MOST];
	struct search_glob globs[MOST];
	const char *ignore_files[MOST], *git_configs[MOST];
	size_t error_size, stats_size, pool_stats_size, tree_stats_size, build_size;
};

static const struct part {
	size_t at, size;
} parts[] = {
#define PART(field) { offsetof(struct structs, field), sizeof(((struct structs *)0)->field) }
	PART(options),
	PART(walk),
	PART(pool),
	PART(tree),
	PART(patterns),
	PART(sources),
	PART(overlays),
	PART(globs),
	PART(ignore_files),
	PART(git_configs),
	PART(error_size),
	PART(stats_size),
	PART(pool_stats_size),
	PART(tree_stats_size),
	PART(build_size),
};

static const uint32_t values[] = { 0,
				   1,
				   2,
				   3,
				   4,
				   5,
				   7,
				   8,
				   15,
				   16,
				   31,
				   32,
				   64,
				   100,
				   128,
				   255,
				   256,
				   257,
				   512,
				   1000,
				   1024,
				   2048,
				   4096,
				   65536,
				   65537,
				   1 << 20,
				   (1 << 20) + 1,
				   INT_MAX,
				   (uint32_t)INT_MAX + 1,
				   UINT32_MAX - 1,
				   UINT32_MAX };

static char directory[64], file[80], long_path[LONG_PATH];
static char text[] = "a needle\nneedle\r\nhay\n\xFF\0needle";
static int directory_fd, file_fd;

/* --- files --- */

static void remove_files(void)
{
	unlink(file);
	rmdir(directory);
}

static void make_files(void)
{
	snprintf(directory, sizeof(directory), "%s/fuzz-options-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	FUZZ_CHECK(mkdtemp(directory) != NULL);
	atexit(remove_files);
	snprintf(file, sizeof(file), "%s/file", directory);
	directory_fd = open(directory, O_RDONLY | O_CLOEXEC);
	file_fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	FUZZ_CHECK(directory_fd >= 0 && file_fd >= 0 && write(file_fd, text, 20) == 20);
	memset(long_path, 'x', LONG_PATH - 1);
}

/* --- pointers --- */

static const char *choose_string(uintptr_t which)
{
	const char *const strings[] = { NULL,   "needle", directory, file,      "",        ".gitignore", "*",
					"[",    "auto",   "utf-16",  "none",    "no-such", "/dev/null",  "a\nb",
					"\xFF", "{a,b}",  "ps1.",    "**/file", "file/",   long_path };

	return strings[which % (sizeof(strings) / sizeof(strings[0]))];
}

static void point_at_string(const char **pointer)
{
	*pointer = choose_string((uintptr_t)*pointer);
}

/* A count of an array that is there is that of the array at most. */
static void bound_count(const void *array, size_t *count)
{
	if (array != NULL)
		*count %= MOST + 1;
}

static void point_at_data(const void **data, size_t *size)
{
	*data = *data != NULL ? text : NULL;
	if (*data != NULL)
		*size %= sizeof(text);
}

static void point_source(struct search_source *s)
{
	const int descriptors[] = { -1, 999, directory_fd, file_fd };

	point_at_string(&s->path);
	point_at_string(&s->name);
	point_at_data(&s->data, &s->size);
	if (s->descriptor != 0)
		s->descriptor = descriptors[(unsigned)s->descriptor % 4];
}

static void point_arrays(struct structs *g)
{
	for (int i = 0; i < MOST; i++) {
		point_at_string(&g->patterns[i].text);
		if (g->patterns[i].text != NULL)
			g->patterns[i].length = strlen(g->patterns[i].text);
		point_source(&g->sources[i]);
		point_at_string(&g->overlays[i].path);
		point_at_data(&g->overlays[i].data, &g->overlays[i].size);
		point_at_string(&g->globs[i].text);
		point_at_string(&g->ignore_files[i]);
		point_at_string(&g->git_configs[i]);
	}
}

/* More sources: as many as `context` counts. */
static int next_source(void *context, struct search_source *source)
{
	int *left = context;

	*source = (struct search_source){ .path = *left == 3 ? NULL : file };
	return --*left < 0 ? 0 : *left == 7 ? -1 : 1;
}

static void point_options(struct structs *g, int *left)
{
	struct search_options *o = &g->options;

	o->patterns = o->patterns != NULL ? g->patterns : NULL;
	o->sources = o->sources != NULL ? g->sources : NULL;
	o->overlays = o->overlays != NULL ? g->overlays : NULL;
	o->walk = NULL; /* as run() decides */
	bound_count(o->patterns, &o->pattern_count);
	bound_count(o->sources, &o->source_count);
	bound_count(o->overlays, &o->overlay_count);
	*left = (int)((uintptr_t)o->next_source_context % 9);
	o->next_source_context = left;
	if (o->next_source != NULL)
		o->next_source = next_source;
	point_at_string(&o->encoding);
	point_at_string(&o->resume);
	point_at_string(&o->until);
	if (o->workers <= 256)
		o->workers %= MOST_WORKERS;
	if (g->pool.workers <= 256)
		g->pool.workers %= MOST_WORKERS;
}

static void point_walk(struct structs *g)
{
	struct search_walk *w = &g->walk;

	w->globs = w->globs != NULL ? g->globs : NULL;
	w->ignore_files = w->ignore_files != NULL ? g->ignore_files : NULL;
	w->git_configs = w->git_configs != NULL ? g->git_configs : NULL;
	bound_count(w->globs, &w->glob_count);
	bound_count(w->ignore_files, &w->ignore_file_count);
	bound_count(w->git_configs, &w->git_config_count);
	point_at_string(&w->git_excludes);
	point_at_string(&w->home);
}

/* --- the input --- */

static void set_in_order(struct structs *g)
{
	*g = (struct structs){
		.options = SEARCH_OPTIONS_INIT, .walk = SEARCH_WALK_INIT, .pool = SEARCH_POOL_OPTIONS_INIT,
		.tree = SEARCH_TREE_OPTIONS_INIT, .error_size = sizeof(struct search_error),
		.stats_size = sizeof(struct search_stats), .pool_stats_size = sizeof(struct search_pool_stats),
		.tree_stats_size = sizeof(struct search_tree_stats), .build_size = sizeof(struct search_build),
	};
	g->options.patterns = (void *)1;
	g->options.sources = (void *)1;
	g->options.pattern_count = g->options.source_count = 1;
	g->options.workers = SEARCH_NO_WORKERS;
	for (uintptr_t i = 0; i < MOST; i++) {
		g->patterns[i].text = (void *)1;
		g->sources[i].path = (void *)(2 + i);
		g->overlays[i].path = (void *)(3 + i);
		g->overlays[i].data = (void *)1;
		g->overlays[i].size = 9;
		g->globs[i].text = (void *)6;
		g->ignore_files[i] = g->git_configs[i] = (void *)12;
	}
}

static void change_words(struct structs *g, struct fuzz_input *in)
{
	while (fuzz_left(in) > 2) {
		const struct part *part = &parts[fuzz_below(in, sizeof(parts) / sizeof(parts[0]))];
		size_t word = fuzz_byte(in) % (part->size / 4);
		uint8_t which = fuzz_byte(in);
		uint32_t value = values[which % (sizeof(values) / sizeof(values[0]))];

		for (int i = 0; which == 0xFF && i < 4; i++)
			value = value << 8 | fuzz_byte(in);
		memcpy((char *)g + part->at + 4 * word, &value, 4);
	}
}

/* --- calls --- */

/*
 * The struct as the caller knows it, in a block of its own: as many bytes as its size says, or as few as are looked at
 * if that is refused. What is beyond what we know is 0, or not if `dirty`.
 */
static void *sized_copy(const void *from, size_t known, bool dirty)
{
	size_t size, block;
	uint8_t *copy;

	memcpy(&size, from, sizeof(size));
	block = size > 65536 ? sizeof(size) : ps_max(size, sizeof(size));
	copy = calloc(block, 1);
	FUZZ_CHECK(copy != NULL);
	memcpy(copy, from, ps_min(block, known));
	if (dirty && block > known)
		copy[block - 1] = 1;
	return copy;
}

static void *sized_block(size_t size)
{
	size_t block = size > 65536 || size < sizeof(size) ? sizeof(size) : size;
	void *made = malloc(block);

	FUZZ_CHECK(made != NULL);
	memset(made, 0xAA, block);
	memcpy(made, &size, sizeof(size));
	return made;
}

/* What is returned is what the struct says, if it is long enough; a failure says why. */
static void check_error(const struct search_error *e, size_t size, int rc, const void *made)
{
	FUZZ_CHECK((rc == SEARCH_OK) == (made != NULL));
	if (size < sizeof(*e) || size > 65536)
		return;
	FUZZ_CHECK(e->code == rc && e->size == size && strnlen(e->message, sizeof(e->message)) < sizeof(e->message));
	FUZZ_CHECK((rc == SEARCH_OK) == (e->message[0] == '\0'));
}

static void take_items(struct search *s, const struct structs *g)
{
	const struct search_item *const *items;
	const struct search_item *item;
	struct search_stats *stats = sized_block(g->stats_size);
	char cursor[2000];
	int rc = 1;

	for (int n = 0; n < MOST_ITEMS && (rc > 0 || rc == SEARCH_EAGAIN); n++) {
		rc = n % 3 == 0 ? search_next(s, &item) :
		     n % 3 == 1 ? search_try_next_many(s, &items, 3) :
				  search_next_many(s, &items, 1);
		FUZZ_CHECK(rc != SEARCH_EINVAL && rc != SEARCH_EPATTERN && rc <= 3);
		if (rc == 1 && n % 3 == 0)
			FUZZ_CHECK(item->kind >= SEARCH_ITEM_MATCH && item->kind <= SEARCH_ITEM_FILE &&
				   strlen(item->path) == item->path_length);
	}
	search_stats(s, stats);
	search_cursor(s, cursor, sizeof(cursor));
	search_outcome(s);
	free(stats);
}

static void run(struct structs *g, bool dirty, bool walks, struct search_pool *pool, struct search_tree *tree)
{
	struct search_error *error = sized_block(g->error_size);
	struct search_options *options;
	struct search_walk *walk = sized_copy(&g->walk, sizeof(g->walk), dirty);
	struct search *s = (void *)1;
	char *said = malloc(100);
	int rc, length;

	g->options.walk = walks ? walk : NULL;
	g->options.pool = g->options.pool != NULL ? pool : NULL;
	g->options.tree = g->options.tree != NULL ? tree : NULL;
	options = sized_copy(&g->options, sizeof(g->options), dirty);
	length = search_explain(options, said, 100, NULL);
	FUZZ_CHECK(length < 0 || strlen(said) == ps_min((size_t)length, 99));
	rc = search_open(&s, options, error);
	check_error(error, g->error_size, rc, s);
	free(options); /* all is copied */
	free(walk);
	if (s != NULL)
		take_items(s, g);
	search_close(s);
	free(said);
	free(error);
}

static struct search_pool *open_pool(const struct structs *g, bool dirty)
{
	struct search_error *error = sized_block(g->error_size);
	struct search_pool_options *options = sized_copy(&g->pool, sizeof(g->pool), dirty);
	struct search_pool *pool = (void *)1;
	struct search_pool_stats *stats = sized_block(g->pool_stats_size);
	int rc = search_pool_open(&pool, options, error);

	check_error(error, g->error_size, rc, pool);
	if (pool != NULL)
		search_pool_stats(pool, stats);
	free(stats);
	free(options);
	free(error);
	return pool;
}

static struct search_tree *open_tree(const struct structs *g, bool dirty)
{
	struct search_error *error = sized_block(g->error_size);
	struct search_tree_options *options = sized_copy(&g->tree, sizeof(g->tree), dirty);
	struct search_tree *tree = (void *)1;
	struct search_tree_stats *stats = sized_block(g->tree_stats_size);
	int rc = search_tree_open(&tree, options, error);

	check_error(error, g->error_size, rc, tree);
	if (tree != NULL)
		search_tree_stats(tree, stats);
	free(stats);
	free(options);
	free(error);
	return tree;
}

static void check_build(size_t size)
{
	struct search_build *build = sized_block(size);

	FUZZ_CHECK((search_build(build) == SEARCH_OK) == (size >= sizeof(size) && size <= 65536));
	free(build);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_begin(data, size);
	uint8_t how = fuzz_byte(&in);
	struct search_pool *pool;
	struct search_tree *tree;
	struct structs g;
	int left;

	if (directory[0] == '\0')
		make_files();
	set_in_order(&g);
	change_words(&g, &in);
	point_arrays(&g);
	point_walk(&g);
	point_options(&g, &left);
	if (g.options.timeout_ms == 0 || g.options.timeout_ms > LATEST)
		g.options.timeout_ms = LATEST;
	check_build(g.build_size);
	pool = g.options.pool != NULL || (how & 1) != 0 ? open_pool(&g, (how & 4) != 0) : NULL;
	tree = g.options.tree != NULL || (how & 2) != 0 ? open_tree(&g, (how & 4) != 0) : NULL;
	run(&g, (how & 8) != 0, (how & 16) != 0, pool, tree);
	search_pool_close(pool);
	search_tree_close(tree);
	return 0;
}
