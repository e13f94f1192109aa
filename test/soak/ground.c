/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ground.c - three trees in the current directory, and what is asked of them.
 *
 *	still    some hundred files that nobody changes: what a search of it delivers is known
 *	moving   the same, but a process changes it all the time, in all ways that change.h knows
 *	many     FILES small ones: a tenth in one directory, the others a hundred in each; made once
 *
 * What a search of `still` must deliver is found beforehand by one that has neither threads, pool nor tree.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "soak.h"

#include "../support/change.h"
#include "../support/forest.h"
#include "../support/prose.h"
#include "../support/unsaved.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OF_STILL = 200, OF_MOVING = 80, MOST_ITEMS = 4000, TEXTS = 1000, SMALL = 4096, FEWEST_MOVING = 20,
       MOST_MOVING = 1500 };

struct ask *asks[ASKS];
static pid_t mutator;

/* --- items --- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9E3779B97F4A7C15);
	return hash ^ hash >> 29;
}

static uint64_t mix_bytes(uint64_t hash, const char *bytes, size_t size)
{
	uint64_t word;

	hash = mix(hash, size);
	for (; size >= sizeof(word); bytes += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, bytes, sizeof(word));
		hash = mix(hash, word);
	}
	while (size-- > 0)
		hash = mix(hash, (unsigned char)*bytes++);
	return hash;
}

static uint64_t mix_places(uint64_t hash, const struct search_item *item)
{
	for (size_t i = 0; i < item->span_count; i++) {
		hash = mix(hash, item->spans[i].begin);
		hash = mix(hash, item->spans[i].end);
		hash = mix(hash, item->spans[i].pattern);
	}
	for (size_t i = 0; i < item->group_count; i++) {
		hash = mix(hash, item->groups[i].begin);
		hash = mix(hash, item->groups[i].end);
	}
	return hash;
}

uint64_t hash_item(const struct search_item *item, bool numbered)
{
	const uint64_t numbers[] = {
		item->kind, item->flags, item->source, item->line, item->offset, item->line_bytes, item->text_offset,
		item->span_count, (uint64_t)item->error, item->reason, item->matches, item->bytes, item->group_count,
		numbered ? item->file_number : 0, item->file_size, item->inode, (uint64_t)item->modified,
	};
	uint64_t hash = mix_bytes(1, item->path, item->path_length);

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		hash = mix(hash, numbers[i]);
	hash = mix_bytes(hash, item->text, item->length);
	if (item->message != NULL)
		hash = mix_bytes(hash, item->message, strlen(item->message));
	return mix_places(hash, item);
}

/* --- asks --- */

static bool open_descriptors(const struct ask *ask, struct opened *opened)
{
	int *fds = opened->descriptors;

	for (int i = 0; i < DESCRIPTORS; i++)
		fds[i] = -1;
	if (ask->piped && pipe2(fds, O_NONBLOCK | O_CLOEXEC) != 0)
		return false;
	if (ask->piped)
		opened->sources[0].descriptor = fds[0];
	for (int i = 0; i < QUESTION_SOURCES && !ask->piped; i++) {
		if (!ask->question.reopened[i])
			continue;
		fds[i] = open(ask->question.paths[i], O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		opened->sources[i].descriptor = fds[i];
		if (fds[i] < 0)
			return false;
	}
	return true;
}

void ask_close(struct opened *opened)
{
	search_close(opened->search);
	for (int i = 0; i < DESCRIPTORS; i++)
		if (opened->descriptors[i] >= 0)
			close(opened->descriptors[i]);
	opened->search = NULL;
}

int ask_open(const struct ask *ask, struct search_options *options, struct search_error *error, struct opened *opened)
{
	int status = SEARCH_ESYSTEM;

	memcpy(opened->sources, ask->question.sources, sizeof(opened->sources));
	options->sources = opened->sources;
	opened->search = NULL;
	if (open_descriptors(ask, opened))
		status = search_open(&opened->search, options, error);
	else
		error->system_error = errno;
	if (status != SEARCH_OK)
		ask_close(opened);
	return status;
}

/* Has neither threads nor a pool nor a tree. Returns false if the options are refused, or there is too much. */
static bool find_answer(struct ask *ask)
{
	struct search_options options = ask->question.options;
	struct search_error error = SEARCH_ERROR_INIT;
	const struct search_item *item;
	struct opened opened;
	int rc = -1;

	options.workers = SEARCH_NO_WORKERS;
	if (ask_open(ask, &options, &error, &opened) != SEARCH_OK)
		return false;
	ask->items = malloc(MOST_ITEMS * sizeof(*ask->items));
	while (ask->items != NULL && ask->count < MOST_ITEMS && (rc = search_next(opened.search, &item)) > 0) {
		ask->items[ask->count++] = hash_item(item, ask->ordered);
		ask->sum += hash_item(item, ask->ordered);
	}
	ask_close(&opened);
	return rc == 0;
}

/* One source, which has something at times, and then nothing for long. */
static void make_piped(struct ask *ask)
{
	struct question *q = &ask->question;

	ask->piped = ask->endless = true;
	memset(q->reopened, 0, sizeof(q->reopened));
	q->sources[0] = (struct search_source){ .kind = SEARCH_SOURCE_DESCRIPTOR };
	q->options.source_count = 1;
}

static bool choose_ask(struct ask *ask, struct dice *d, const char *tree)
{
	struct question *q = &ask->question;
	char explained[8];

	question_choose(q, d, tree);
	q->options.overlays = q->texts.overlays;
	q->options.overlay_count = q->texts.count;
	ask->ordered = (q->options.result_flags & SEARCH_RESULT_UNORDERED) == 0;
	ask->pages = ask->ordered && q->options.max_matches == 0;
	for (int i = 0; i < QUESTION_SOURCES; i++)
		ask->pages = ask->pages && !q->reopened[i];
	ask->endless = strcmp(tree, "moving") == 0; /* a source may be a FIFO one day */
	ask->still = strcmp(tree, "still") == 0;
	if (ask->endless && dice_chance(d, 15))
		make_piped(ask);
	if (search_explain(&q->options, explained, sizeof(explained), NULL) < 0)
		return false;
	return !ask->still || find_answer(ask);
}

static struct ask *new_ask(struct dice *d, const char *tree)
{
	for (;;) {
		struct ask *ask = calloc(1, sizeof(*ask));

		if (ask == NULL)
			exit(99);
		if (choose_ask(ask, d, tree))
			return ask;
		question_free(&ask->question);
		free(ask->items);
		free(ask);
	}
}

static void choose_asks(struct dice *d)
{
	unsaved_list("still");
	for (int i = 0; i < OF_STILL; i++)
		asks[i] = new_ask(d, "still");
	unsaved_list("moving");
	for (int i = OF_STILL; i < OF_STILL + OF_MOVING; i++)
		asks[i] = new_ask(d, "moving");
	unsaved_list("many/00");
	for (int i = OF_STILL + OF_MOVING; i < ASKS; i++) {
		asks[i] = new_ask(d, "many/00");
		if (i % 2 == 0 && asks[i]->question.sources[0].kind == SEARCH_SOURCE_PATH)
			strcpy(asks[i]->question.paths[0], "many");
	}
}

/* --- trees --- */

static void remove_tree(const char *name)
{
	forest_close(strdup(name));
}

static bool was_made(const char *name)
{
	FILE *f = fopen("many.made", "re");
	uint32_t files = 0;

	if (f != NULL && fscanf(f, "%u", &files) != 1)
		files = 0;
	if (f != NULL)
		fclose(f);
	return files == plan.files && access(name, F_OK) == 0;
}

static void make_directory(const char *name)
{
	if (mkdir(name, 0755) == 0)
		return;
	perror(name);
	exit(99);
}

static void name_file(uint32_t i, char *name)
{
	uint32_t leaf = i / 100;

	if (i % 1000 < 100) {
		sprintf(name, "many/flat/%u", i);
		return;
	}
	sprintf(name, "many/%02u", leaf % 100);
	if (i % 100 == 0 && access(name, F_OK) != 0)
		make_directory(name);
	sprintf(name, "many/%02u/%u", leaf % 100, leaf / 100);
	if (i % 100 == 0)
		make_directory(name);
	sprintf(name, "many/%02u/%u/%u", leaf % 100, leaf / 100, i % 100);
}

static void fill_many(struct dice *d)
{
	struct prose texts[TEXTS];
	char name[80];

	for (uint32_t i = 0; i < TEXTS; i++)
		texts[i] = prose_text(d);
	for (uint32_t i = 0; i < plan.files; i++) {
		const struct prose *text = &texts[dice_below(d, TEXTS)];

		name_file(i, name);
		forest_file(".", name, text->bytes, text->size < SMALL ? text->size : SMALL);
	}
	for (uint32_t i = 0; i < TEXTS; i++)
		prose_free(&texts[i]);
}

static void make_many(struct dice *d)
{
	char made[20];

	if (was_made("many"))
		return;
	printf("making %u files\n", plan.files);
	unlink("many.made");
	remove_tree("many");
	make_directory("many");
	make_directory("many/00");
	make_directory("many/flat");
	fill_many(d);
	sprintf(made, "%u\n", plan.files);
	forest_text(".", "many.made", made);
}

static uint32_t met;

static int meet(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)path, (void)st, (void)type, (void)at;
	met++;
	return 0;
}

/* Has it grown too large, or small, then all of it goes at once. */
static void look_around(struct dice *d)
{
	met = 0;
	nftw("moving", meet, 16, FTW_PHYS);
	if (met > MOST_MOVING || met < FEWEST_MOVING) {
		remove_tree("moving");
		change_plant(d, "moving");
	}
	change_allow_all("moving");
	unsaved_list("moving");
}

/* Files grow, shrink, vanish, get other names, become directories, links and FIFOs. */
static void change_for_ever(struct dice d)
{
	struct change change;

	for (uint32_t i = 0;; i++) {
		if (i % 64 == 0)
			look_around(&d);
		change_something(&d, "moving", &change);
		usleep(dice_below(&d, 4000));
	}
}

/* A process, which has neither this one's limits nor its memory. It ends when this one does. */
static void start_mutator(struct dice d)
{
	fflush(NULL);
	mutator = fork();
	if (mutator == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		change_for_ever(d);
	}
}

void ground_make(void)
{
	struct dice dice = { plan.seed }, *d = &dice;

	remove_tree("still");
	remove_tree("moving");
	change_plant(d, "still");
	make_many(d);
	change_plant(d, "moving");
	start_mutator(dice);
	choose_asks(d);
	unsaved_forget();
}

void ground_end(void)
{
	int status;

	if (waitpid(mutator, &status, WNOHANG) != 0)
		fault("the process that changes the tree ended before: %#x", (unsigned)status);
	kill(mutator, SIGKILL);
	waitpid(mutator, &status, 0);
	for (int i = 0; i < ASKS; i++) {
		question_free(&asks[i]->question);
		free(asks[i]->items);
		free(asks[i]);
	}
	remove_tree("still");
	remove_tree("moving");
}
