/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * signatures.c - what signatures of texts cost, and how many files they let through that do not hold a string.
 *
 * usage: signatures [DIR]
 *
 * First the library's: the time of the processor to make the signatures of all files below DIR (this directory), apart
 * from reading them; their size; and how long it takes to ask all of them about each string. Then what other choices
 * would give: how full a set of bits may be, how long a block is, how short the shortest set is, which trigrams count.
 * A row shows the size, the time to make them, and for each string, of the files that do not hold it, the percentage
 * that would be let through.
 *
 * Files of 64 MiB and more are left out. Names that begin with a dot are, too.
 */
#include "../lib/warm/read_text.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STRINGS = 8, GRAMS_MAX = 32, LOG_MOST = 17, RUNS = 9, AHEAD = 8 };

static const char *const strings[STRINGS] = { "PM_RESUME", "mutex",	 "return", "_SUSPEND",
					      "nosuchstringatall", "irq", "devm_kzalloc", "Torvalds" };

/* A choice of what a signature is made of. */
struct way {
	const char *name;
	size_t block;
	uint32_t fill;     /* percent: a signature is folded while no more of its bits are set */
	uint32_t least;    /* log of the bits of the shortest set */
	uint32_t most;     /* and of the longest */
	bool folded_only;  /* no trigram counts as it is */
	bool as_is_only;   /* no trigram is folded, and control characters are not spaces */

	double time;
	uint64_t bytes, blocks;
	uint64_t passed[STRINGS]; /* files that were let through and do not hold the string */
};

static struct way ways[] = {
	{ .name = "as the library", .block = 64, .fill = 50, .least = 10, .most = 15 },
	{ .name = "35 % full", .block = 64, .fill = 35, .least = 10, .most = 15 },
	{ .name = "65 % full", .block = 64, .fill = 65, .least = 10, .most = 15 },
	{ .name = "blocks of 32 KiB", .block = 32, .fill = 50, .least = 10, .most = 15 },
	{ .name = "blocks of 128 KiB", .block = 128, .fill = 50, .least = 10, .most = 16 },
	{ .name = "2^6 bits at least", .block = 64, .fill = 50, .least = 6, .most = 15 },
	{ .name = "2^8 bits at least", .block = 64, .fill = 50, .least = 8, .most = 15 },
	{ .name = "2^11 bits at least", .block = 64, .fill = 50, .least = 11, .most = 15 },
	{ .name = "2^12 bits at least", .block = 64, .fill = 50, .least = 12, .most = 15 },
	{ .name = "folded only", .block = 64, .fill = 50, .least = 10, .most = 15, .folded_only = true },
	{ .name = "folded only, 35 % full", .block = 64, .fill = 35, .least = 10, .most = 15, .folded_only = true },
	{ .name = "as they are only: no -i", .block = 64, .fill = 50, .least = 10, .most = 15, .as_is_only = true },
};

enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

/* What a string asks for. */
struct question {
	struct ps_condition condition;
	struct ps_clause clauses[1 + GRAMS_MAX];
};

static struct question questions[STRINGS];
static const struct ps_simd *simd;
static struct ps_text_reader *reader;
static uint64_t file_count, byte_count, holding[STRINGS];
static double read_time, sign_time;
static struct ps_signature **signatures;
static size_t signature_count, signature_space;

static double cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void ask_for_gram(struct ps_clause *clause, const uint8_t *g)
{
	clause->kind = PS_CLAUSE_GRAM;
	clause->has_capital = ps_is_capital(g[0]) || ps_is_capital(g[1]) || ps_is_capital(g[2]);
	clause->folded = ps_trigram_hash(
		ps_trigram_word(ps_trigram_fold(g[0]), ps_trigram_fold(g[1]), ps_trigram_fold(g[2])));
	clause->as_is = ps_trigram_hash_as_is(ps_trigram_word(g[0], g[1], g[2]));
}

static void make_question(struct question *q, const char *string)
{
	uint32_t count = 1 + (uint32_t)strlen(string) - 2;

	q->condition = (struct ps_condition){ .clauses = q->clauses, .count = count };
	q->clauses[0] = (struct ps_clause){ .kind = PS_CLAUSE_ALL, .end = count };
	for (uint32_t i = 1; i < count; i++) {
		ask_for_gram(&q->clauses[i], (const uint8_t *)string + i - 1);
		q->clauses[i].end = i + 1;
	}
}

/* --- other ways --- */

/* Folds the table of marks, a byte for each bit; returns the log of what is left. */
static uint32_t fold_marks(uint8_t *marks, const struct way *way)
{
	static uint8_t half[1 << LOG_MOST];
	uint32_t log = way->most;

	for (; log > way->least; log--) {
		size_t size = (size_t)1 << (log - 1);

		for (size_t i = 0; i < size; i++)
			half[i] = marks[i] | marks[i + size];
		if (simd->count(half, half + size, PS_TRIGRAM_MARK) * 100 > size * way->fill)
			break;
		memcpy(marks, half, size);
	}
	return log;
}

static bool has_mark(const uint8_t *marks, uint32_t hash, uint32_t log)
{
	return marks[hash & ((UINT32_C(1) << log) - 1)] != 0;
}

static bool may_hold(const struct way *way, const uint8_t *marks, uint32_t log, const struct question *q)
{
	for (uint32_t i = 1; i < q->condition.count; i++) {
		const struct ps_clause *c = &q->clauses[i];

		if (way->as_is_only) {
			if (!has_mark(marks, c->as_is, log))
				return false;
		} else if (!has_mark(marks, c->folded, log) ||
			   (!way->folded_only && c->has_capital && !has_mark(marks, c->as_is, log))) {
			return false;
		}
	}
	return true;
}

static void mark_text(const struct way *way, const uint8_t *p, size_t length, uint8_t *marks)
{
	static uint8_t folded[PS_SIGNER_ROOM];
	uint32_t mask = (UINT32_C(1) << way->most) - 1;

	if (way->as_is_only) {
		for (size_t i = 0; i + 3 <= length; i++) {
			uint32_t word = ps_trigram_word(p[i], p[i + 1], p[i + 2]);

			marks[ps_trigram_hash_as_is(word) & mask] = PS_TRIGRAM_MARK;
		}
		return;
	}
	if (way->folded_only) {
		for (size_t i = 0; i < length; i++)
			folded[i] = ps_trigram_fold(p[i]);
		p = folded;
	}
	simd->trigrams(p, p + length, marks, mask);
}

static size_t block_end(const struct way *way, const uint8_t *p, size_t at, size_t length)
{
	size_t most = way->block * 1024;
	const uint8_t *end;

	if (length - at < most)
		return length;
	end = memrchr(p + at, '\n', most);
	if (end == NULL)
		end = memchr(p + at + most, '\n', length - at - most);
	return ps_min(end == NULL ? length : (size_t)(end - p) + 1, at + PS_SIGNER_ROOM);
}

static void try_way(struct way *way, const uint8_t *p, size_t length, const bool *holds)
{
	static uint8_t marks[1 << LOG_MOST];
	bool passes[STRINGS] = { false };
	size_t end;

	for (size_t at = 0; at < length; at = end) {
		double start = cpu();
		uint32_t log;

		end = block_end(way, p, at, length);
		memset(marks, 0, (size_t)1 << way->most);
		mark_text(way, p + at, end - at, marks);
		log = fold_marks(marks, way);
		way->time += cpu() - start;
		way->bytes += (1u << log) / 8 + sizeof(struct ps_signature_block);
		way->blocks++;
		for (size_t i = 0; i < STRINGS; i++)
			passes[i] |= may_hold(way, marks, log, &questions[i]);
	}
	way->bytes += sizeof(struct ps_signature);
	for (size_t i = 0; i < STRINGS; i++) {
		way->passed[i] += passes[i] && !holds[i];
		if (holds[i] && !passes[i]) {
			fprintf(stderr, "%s: %s is lost\n", way->name, strings[i]);
			exit(1);
		}
	}
}

/* --- files --- */

static void keep_signature(struct ps_signature *s)
{
	signatures = ps_grow(signatures, &signature_space, signature_count + 1, sizeof(struct ps_signature *));
	if (signatures == NULL)
		die("signatures");
	signatures[signature_count++] = s;
}

/* The library reads the file once more: what is over the time of reading it alone is for the signature. */
static void use_file(int fd, size_t size, uint8_t *text)
{
	struct ps_text_facts facts;
	bool holds[STRINGS];
	double start = cpu(), middle;

	for (size_t at = 0; at < size; at += PS_SIGNATURE_BLOCK)
		if (pread(fd, text + at, PS_SIGNATURE_BLOCK, (off_t)at) < 0)
			die("read");
	middle = cpu();
	if (ps_text_read(reader, fd, size, NULL, &facts) != SEARCH_OK)
		die("signature");
	sign_time += cpu() - middle;
	read_time += middle - start;
	if (facts.signature == NULL)
		return;
	keep_signature(facts.signature);
	file_count++;
	byte_count += size;
	for (size_t i = 0; i < STRINGS; i++)
		holding[i] += holds[i] = memmem(text, size, strings[i], strlen(strings[i])) != NULL;
	for (size_t i = 0; i < WAYS; i++)
		try_way(&ways[i], text, size, holds);
}

static void use_directory(int fd, uint8_t *text)
{
	DIR *directory = fdopendir(fd);
	struct dirent *entry;
	struct stat st;

	if (directory == NULL)
		die("directory");
	while ((entry = readdir(directory)) != NULL) {
		int below;

		if (entry->d_name[0] == '.' || (entry->d_type != DT_DIR && entry->d_type != DT_REG))
			continue;
		below = openat(fd, entry->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		if (below < 0)
			continue;
		if (entry->d_type == DT_DIR) {
			use_directory(below, text);
			continue;
		}
		if (fstat(below, &st) == 0 && st.st_size < 64 << 20)
			use_file(below, (size_t)st.st_size, text);
		close(below);
	}
	closedir(directory);
}

/* --- the report --- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Nanoseconds a file: the median of some rounds over all of them. */
static void print_asking(size_t string)
{
	double took[RUNS];
	size_t passed = 0;

	for (size_t run = 0; run < RUNS; run++) {
		double start = cpu();

		passed = 0;
		for (size_t i = 0; i < signature_count; i++) {
			ps_signature_prefetch(signatures[ps_min(i + AHEAD, signature_count - 1)]);
			passed += ps_signature_may(signatures[i], &questions[string].condition, false);
		}
		took[run] = (cpu() - start) / (double)signature_count * 1e9;
	}
	qsort(took, RUNS, sizeof(took[0]), by_value);
	printf("%-20s %6.1f ns a file, %6zu of them pass, %6llu hold it\n", strings[string], took[RUNS / 2], passed,
	       (unsigned long long)holding[string]);
}

static void print_way(const struct way *way)
{
	printf("%-31s %6.1f %6.2f", way->name, (double)way->bytes / (1 << 20), way->time);
	for (size_t i = 0; i < STRINGS; i++)
		printf(" %8.2f", 100.0 * (double)way->passed[i] / (double)(file_count - holding[i]));
	printf("\n");
}

int main(int argc, char **argv)
{
	int fd = open(argc > 1 ? argv[1] : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint8_t *text = malloc((size_t)64 << 20);
	uint64_t size = 0;

	simd = ps_simd_pick(ps_cpu_features());
	if (fd < 0 || text == NULL || ps_text_reader_new(&reader, simd, SIZE_MAX) != SEARCH_OK)
		die(argc > 1 ? argv[1] : ".");
	for (size_t i = 0; i < STRINGS; i++)
		make_question(&questions[i], strings[i]);
	use_directory(fd, text);
	for (size_t i = 0; i < signature_count; i++)
		size += signatures[i]->size;
	printf("%llu files, %.1f MiB: read in %.2f s, read and signed (%s) in %.2f s: %.1f MiB\n\n",
	       (unsigned long long)file_count, (double)byte_count / (1 << 20), read_time, simd->name, sign_time,
	       (double)size / (1 << 20));
	for (size_t i = 0; i < STRINGS; i++)
		print_asking(i);
	printf("\n%-31s %6s %6s", "", "MiB", "s");
	for (size_t i = 0; i < STRINGS; i++)
		printf(" %8.8s", strings[i]);
	printf("\n");
	for (size_t i = 0; i < WAYS; i++)
		print_way(&ways[i]);
	for (size_t i = 0; i < signature_count; i++)
		free(signatures[i]);
	free(signatures);
	ps_text_reader_free(reader);
	free(text);
	return 0;
}
