/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * warm.c - what a search takes the first, second and hundredth time, with a warm tree.
 *
 * usage: warm [-t TRUST] [-b BYTES] [-j WORKERS] [-n SEARCHES] [-r ROUNDS] [-a ROUNDS] [-g] PATTERN DIRECTORY
 *        warm -i [OPTION...] PATTERN DIRECTORY
 *
 * TRUST is stamps, directories, told or watched; BYTES is the memory that the tree may take. With -g, ignore files are
 * obeyed and hidden files skipped.
 *
 * A tree is told to learn all that there is, and DIRECTORY is searched for PATTERN as often as -a says. Then the first
 * of the ROUNDS of -r makes an empty tree, and searches until SEARCHES (default 100) are done: what that tree knows, it
 * knows by these searches. Further rounds do only the first two. Searches without a tree come between, so that both see
 * the same machine. All deliver every item, and each must deliver what the first one did, to the byte: else the program
 * fails.
 *
 * Prints a JSON object: for each kind of search the medians of processor time of the whole process, and of time, in
 * milliseconds, and how many files were ruled out; the same of learning; what is in the first tree; and the peak of the
 * process's memory, in KiB, before that and with it.
 *
 * With -i nothing is measured: for each line of the standard input, a path that has changed, or nothing, the tree is
 * told (with the trust of that name) and searched, and the items are printed as `path:line:text`, with an empty line
 * after the last.
 */
#include <psearch.h>

#include "clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum kind { COLD, FIRST, SECOND, TENTH, LAST, LEARN, LEARNT, KINDS };

static const char *const kinds[KINDS] = { "cold", "first", "second", "tenth", "last", "learn", "learnt" };
static const char *const trusts[] = { "stamps", "directories", "told", "watched" };

enum { LEARNING_MS = 1000 };

struct samples {
	double *processor, *time;
	size_t count, room;
	uint64_t ruled_out;
};

struct work {
	const char *pattern, *directory;
	uint32_t workers, searches, rounds, learnt_rounds;
	uint64_t max_bytes;
	uint32_t trust;
	int obeys_rules, interactive;
	struct samples kinds[KINDS];
	uint64_t digest, items; /* of the first search: what all others must have */
	int has_digest;
	long cold_peak, warm_peak;
	struct search_tree_stats stats;
};

static void fail(const char *what)
{
	fprintf(stderr, "warm: %s\n", what);
	exit(2);
}

/* --- time and memory --- */

/* KiB. Not that of getrusage(2), which begins with the memory of whoever started the program. */
static long peak_memory(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long peak = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmHWM: %ld", &peak) == 1)
			break;
	if (f != NULL)
		fclose(f);
	return peak;
}

static void add_sample(struct samples *s, double processor, double time, uint64_t ruled_out)
{
	if (s->count == s->room) {
		s->room = s->room * 2 + 16;
		s->processor = realloc(s->processor, s->room * sizeof(double));
		s->time = realloc(s->time, s->room * sizeof(double));
		if (s->processor == NULL || s->time == NULL)
			fail("out of memory");
	}
	s->processor[s->count] = processor * 1e3;
	s->time[s->count++] = time * 1e3;
	s->ruled_out = ruled_out;
}

/* --- what a search delivers, as one number --- */

static uint64_t mix(uint64_t digest, uint64_t value)
{
	digest = (digest ^ value) * 0x9e3779b97f4a7c15u;
	return digest ^ digest >> 29;
}

static uint64_t mix_bytes(uint64_t digest, const char *bytes, size_t length)
{
	uint64_t word;

	digest = mix(digest, length);
	for (; length >= sizeof(word); bytes += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		digest = mix(digest, word);
	}
	word = 0;
	if (length > 0)
		memcpy(&word, bytes, length);
	return mix(digest, word);
}

static uint64_t mix_item(uint64_t digest, const struct search_item *item)
{
	digest = mix(mix(digest, (uint64_t)item->kind << 32 | (uint32_t)item->flags), item->source);
	digest = mix_bytes(digest, item->path, item->path_length);
	digest = mix(mix(digest, item->line), item->offset);
	digest = mix(mix_bytes(digest, item->text, item->length), item->line_bytes);
	for (size_t i = 0; i < item->span_count; i++)
		digest = mix(mix(digest, item->spans[i].begin), item->spans[i].end);
	digest = mix(mix(digest, (uint64_t)item->reason << 32 | (uint32_t)item->error), item->matches);
	return mix_bytes(digest, item->message, item->message != NULL ? strlen(item->message) : 0);
}

/* --- searching --- */

static struct search_tree *open_tree(const struct work *w)
{
	struct search_tree_options options = SEARCH_TREE_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_tree *tree;

	options.max_bytes = w->max_bytes;
	options.trust = (enum search_tree_trust)w->trust;
	if (search_tree_open(&tree, &options, &error) != SEARCH_OK)
		fail(error.message);
	return tree;
}

static struct search *open_search(const struct work *w, struct search_tree *tree)
{
	struct search_pattern pattern = { .text = w->pattern, .length = strlen(w->pattern) };
	struct search_source source = { .path = w->directory };
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search_walk walk = SEARCH_WALK_INIT;
	struct search *s;

	walk.flags = SEARCH_WALK_SKIP_HIDDEN | SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_IGNORE_FILES;
	options.patterns = &pattern;
	options.pattern_count = 1;
	options.sources = &source;
	options.source_count = 1;
	options.walk = w->obeys_rules ? &walk : NULL;
	options.workers = w->workers;
	options.match_flags = SEARCH_MATCH_SKIP_BINARY;
	options.tree = tree;
	if (search_open(&s, &options, &error) != SEARCH_OK)
		fail(error.message);
	return s;
}

/* Remembers what the first search delivered, and checks that the others deliver the same. */
static void check(struct work *w, uint64_t digest, uint64_t items, enum kind kind)
{
	if (!w->has_digest) {
		w->has_digest = 1;
		w->digest = digest;
		w->items = items;
	}
	if (w->digest != digest || w->items != items) {
		fprintf(stderr, "warm: %s, %s: %" PRIu64 " items, digest %" PRIx64 ", but the first search had %" PRIu64
			", %" PRIx64 "\n", w->pattern, kinds[kind], items, digest, w->items, w->digest);
		exit(1);
	}
}

static void run_search(struct work *w, struct search_tree *tree, enum kind kind, int shown)
{
	double used = processor_time(), began = now();
	struct search_stats stats = SEARCH_STATS_INIT;
	struct search *s = open_search(w, tree);
	const struct search_item *item;
	uint64_t digest = 0, items = 0;
	int rc;

	for (; (rc = search_next(s, &item)) > 0; items++)
		digest = mix_item(digest, item);
	if (rc < 0)
		fail(search_strerror(rc));
	search_stats(s, &stats);
	search_close(s);
	if (shown)
		add_sample(&w->kinds[kind], processor_time() - used, now() - began, stats.files_ruled_out);
	check(w, digest, items, kind);
}

/* What the process's first tree had in the end: memory that was freed is in the way of a second one. */
static void note_tree(struct work *w, const struct search_tree *tree)
{
	if (w->stats.size > 0)
		return;
	w->stats.size = sizeof(w->stats);
	search_tree_stats(tree, &w->stats);
	w->warm_peak = peak_memory();
}

/*
 * Of an empty tree: what it learns, it learns by searches. The last one is shown with two that come after. A search
 * without a tree leaves nothing of the tree in the processor's caches, so it goes before the last but one: in a row of
 * searches with a tree there is none.
 */
static void search_again_and_again(struct work *w, uint32_t searches)
{
	struct search_tree *tree = open_tree(w);

	for (uint32_t i = 1; i <= searches; i++) {
		enum kind kind = i == 1 ? FIRST : i == 2 ? SECOND : i == 10 ? TENTH : LAST;

		if (i <= 2 || i == 9 || i + 3 == searches)
			run_search(w, NULL, COLD, 1);
		run_search(w, tree, kind, kind != LAST || i + 2 >= searches);
	}
	note_tree(w, tree);
	search_tree_close(tree);
}

static void learn_all(struct work *w, struct search_tree *tree)
{
	double used = processor_time(), began = now();
	int rc;

	while ((rc = search_tree_learn(tree, LEARNING_MS)) > 0)
		;
	if (rc < 0)
		fail(search_strerror(rc));
	add_sample(&w->kinds[LEARN], processor_time() - used, now() - began, 0);
}

static void learn_and_search(struct work *w)
{
	struct search_tree *tree = open_tree(w);

	run_search(w, tree, FIRST, 0);
	learn_all(w, tree);
	for (uint32_t i = 0; i < w->learnt_rounds; i++) {
		run_search(w, NULL, COLD, 1);
		run_search(w, tree, LEARNT, 0);
		run_search(w, tree, LEARNT, 1);
	}
	note_tree(w, tree);
	search_tree_close(tree);
}

/* --- results --- */

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), by_size);
	return values[n / 2];
}

static void print_results(struct work *w)
{
	const struct search_tree_stats *t = &w->stats;

	printf("{\"items\": %" PRIu64, w->items);
	for (int i = 0; i < KINDS; i++)
		if (w->kinds[i].count > 0)
			printf(", \"%s\": {\"processor_ms\": %.2f, \"time_ms\": %.2f, \"ruled_out\": %" PRIu64 "}", kinds[i],
			       median(w->kinds[i].processor, w->kinds[i].count), median(w->kinds[i].time, w->kinds[i].count),
			       w->kinds[i].ruled_out);
	printf(", \"tree\": {\"bytes\": %" PRIu64 ", \"peak_bytes\": %" PRIu64 ", \"directories\": %" PRIu64
	       ", \"files\": %" PRIu64 ", \"signatures\": %" PRIu64 ", \"signature_bytes\": %" PRIu64
	       ", \"text_bytes\": %" PRIu64 ", \"dropped\": %" PRIu64 ", \"refused\": %" PRIu64 ", \"watches\": %" PRIu64
	       ", \"unwatched\": %" PRIu64 "}", t->bytes, t->peak_bytes, t->directories, t->files, t->signatures,
	       t->signature_bytes, t->text_bytes, t->dropped, t->refused, t->watches, t->unwatched);
	printf(", \"peak_kib\": {\"cold\": %ld, \"warm\": %ld}}\n", w->cold_peak, w->warm_peak);
}

/* --- for whoever changes files meanwhile --- */

static void print_items(const struct work *w, struct search_tree *tree)
{
	struct search *s = open_search(w, tree);
	const struct search_item *item;

	while (search_next(s, &item) > 0)
		if (item->kind == SEARCH_ITEM_MATCH)
			printf("%s:%" PRIu64 ":%.*s\n", item->path, item->line, (int)item->length, item->text);
		else if (item->kind == SEARCH_ITEM_ERROR)
			printf("%s: %s\n", item->path, item->message);
	search_close(s);
	printf("\n");
	fflush(stdout);
}

static void interact(struct work *w)
{
	struct search_tree *tree = open_tree(w);
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	run_search(w, tree, FIRST, 0);
	learn_all(w, tree);
	while ((n = getline(&line, &size, stdin)) > 0) {
		line[n - 1] = 0;
		if (n > 1 && w->trust == SEARCH_TREE_TOLD && search_tree_changed(tree, line) != SEARCH_OK)
			fail(line);
		print_items(w, tree);
	}
	free(line);
	search_tree_close(tree);
}

/* --- */

static uint32_t find_trust(const char *name)
{
	for (uint32_t i = 0; i < sizeof(trusts) / sizeof(*trusts); i++)
		if (strcmp(trusts[i], name) == 0)
			return i;
	fail("-t: stamps, directories, told or watched");
	return 0;
}

static void read_options(struct work *w, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "t:b:j:n:r:a:gi")) != -1)
		switch (option) {
		case 't': w->trust = find_trust(optarg); break;
		case 'b': w->max_bytes = strtoull(optarg, NULL, 10); break;
		case 'j': w->workers = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 'n': w->searches = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 'r': w->rounds = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 'a': w->learnt_rounds = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 'g': w->obeys_rules = 1; break;
		case 'i': w->interactive = 1; break;
		default: exit(2);
		}
	if (argc - optind != 2)
		fail("usage: warm [OPTION...] PATTERN DIRECTORY");
	w->pattern = argv[optind];
	w->directory = argv[optind + 1];
}

int main(int argc, char **argv)
{
	struct work w = { .searches = 100, .rounds = 3, .learnt_rounds = 11 };

	read_options(&w, argc, argv);
	if (w.interactive) {
		interact(&w);
		return 0;
	}
	run_search(&w, NULL, COLD, 0);
	w.cold_peak = w.warm_peak = peak_memory();
	if (w.learnt_rounds > 0)
		learn_and_search(&w);
	for (uint32_t round = 0; round < w.rounds; round++)
		search_again_and_again(&w, round == 0 ? w.searches + 2 : 2);
	print_results(&w);
	for (int i = 0; i < KINDS; i++) {
		free(w.kinds[i].processor);
		free(w.kinds[i].time);
	}
	return 0;
}
