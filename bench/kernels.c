/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernels.c - the speed of the byte kernels of each table, in GB/s on one core.
 *
 * usage: kernels [FILE]
 *
 * The text, the first mebibytes of a file or generated, is searched in pieces of 128 KiB, as a search reads them; after
 * each place found the kernel is called again for the rest of the piece. Each figure is the median of several runs over
 * the whole text. All tables must find the same number of places.
 */
#include "../lib/simd/simd.h"
#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT  ((size_t)4 << 20)
#define PIECE ((size_t)128 << 10)
#define RUNS  7

struct text {
	uint8_t *bytes;
	size_t length;
};

typedef size_t kernel_fn(const struct ps_simd *t, const void *what, const uint8_t *p,
			 const uint8_t *end);

static size_t run_find(const struct ps_simd *t, const void *what, const uint8_t *p, const uint8_t *end)
{
	size_t found = 0;

	while ((p = t->find(what, p, end)) != NULL) {
		found++;
		p++;
	}
	return found;
}

static size_t run_count(const struct ps_simd *t, const void *what, const uint8_t *p, const uint8_t *end)
{
	return t->count(p, end, *(const uint8_t *)what);
}

static size_t run_count_lines(const struct ps_simd *t, const void *what, const uint8_t *p, const uint8_t *end)
{
	return t->count_lines(what, '\n', p, end);
}

/* Skips invalid bytes one by one. */
static size_t run_utf8(const struct ps_simd *t, const void *what, const uint8_t *p, const uint8_t *end)
{
	size_t bad = 0;

	(void)what;
	while ((p += t->utf8_prefix(p, end)) < end) {
		bad++;
		p++;
	}
	return bad;
}

static size_t run_find_any(const struct ps_simd *t, const void *what, const uint8_t *p,
			   const uint8_t *end)
{
	size_t found = 0, which;

	while ((p = t->find_any(what, p, end, &which)) != NULL) {
		found++;
		p++;
	}
	return found;
}

/* Counts the bytes in each class, and adds the counts up. Leaves out what comes after the last whole block. */
static size_t run_classify(const struct ps_simd *t, const void *what, const uint8_t *p, const uint8_t *end)
{
	enum { BATCH = 32 };
	static uint64_t masks[(PS_CLASSES_MAX + 1) * BATCH];
	const struct ps_classes *classes = what;
	size_t found = 0, blocks;

	for (; (blocks = ps_min((size_t)(end - p) / PS_BLOCK, BATCH)) > 0; p += blocks * PS_BLOCK) {
		t->classify(classes, p, blocks, masks, BATCH);
		for (size_t c = 0; c < classes->count; c++)
			for (size_t b = 0; b < blocks; b++)
				found += (size_t)__builtin_popcountll(masks[c * BATCH + b]);
	}
	return found;
}

/* Counts how many bytes of the table are marked. */
static size_t run_trigrams(const struct ps_simd *t, const void *what, const uint8_t *p, const uint8_t *end)
{
	static uint8_t marks[1 << 15];

	(void)what;
	memset(marks, 0, sizeof(marks));
	t->trigrams(p, end, marks, sizeof(marks) - 1);
	return t->count(marks, marks + sizeof(marks), PS_TRIGRAM_MARK);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void measure_kernel(const char *label, kernel_fn *f, const void *what, const struct text *text)
{
	uint32_t cpu = ps_cpu_features();
	size_t expected = SIZE_MAX;

	printf("%-34s", label);
	for (const struct ps_simd *const *t = ps_simd_tables; *t != NULL; t++) {
		double took[RUNS];
		size_t found = 0;

		if (((*t)->need & ~cpu) != 0)
			continue;
		for (int run = 0; run < RUNS; run++) {
			double start = now();

			found = 0;
			for (size_t at = 0; at < text->length; at += PIECE)
				found += f(*t, what, text->bytes + at,
					   text->bytes + (text->length - at < PIECE ? text->length : at + PIECE));
			took[run] = now() - start;
		}
		qsort(took, RUNS, sizeof(took[0]), by_value);
		printf(" %9.2f", (double)text->length / took[RUNS / 2] / 1e9);
		if (expected != SIZE_MAX && found != expected) {
			printf("\n%s finds %zu, not %zu\n", (*t)->name, found, expected);
			exit(1);
		}
		expected = found;
	}
	printf("   %zu found\n", expected);
}

static void measure_any(const char *label, const char *const *words, size_t count, const struct text *text)
{
	const uint8_t *bytes[PS_NEEDLES_MAX];
	size_t lengths[PS_NEEDLES_MAX];
	struct ps_needles *needles;

	for (size_t i = 0; i < count; i++) {
		bytes[i] = (const uint8_t *)words[i];
		lengths[i] = strlen(words[i]);
	}
	if (ps_needles_new(&needles, bytes, lengths, count) != SEARCH_OK)
		exit(1);
	measure_kernel(label, run_find_any, needles, text);
	ps_needles_free(needles);
}

static void measure_sets(const struct text *text)
{
	static const char *const four[] = { "ERR_SYS", "PME_TURN_OFF", "LINK_REQ_RST", "CFG_BME_EVT" };
	static const char *const odd[] = {
		"zebra",     "quartz",   "walrus",    "violin",   "umbrella", "thimble",  "sphinx",   "raccoon",
		"quiver",    "puzzle",   "oxygen",    "nectar",   "mirage",   "lizard",   "kettle",   "jigsaw",
		"igloo",     "hazard",   "goblin",    "falcon",   "ember",    "dragon",   "cactus",   "bamboo",
		"alchemy",   "yonder",   "xylem",     "wizard",   "velvet",   "unicorn",  "tundra",   "saffron",
		"ripple",    "quokka",   "pigeon",    "orchid",   "nimbus",   "meadow",   "lagoon",   "koala",
		"jungle",    "iceberg",  "harvest",   "glacier",  "feather",  "eclipse",  "dolphin",  "canyon",
		"breeze",    "anchor",   "Ypsilon",   "Xenon",    "Whisker",  "Vortex",   "Utopia",   "Tornado",
		"Sapphire",  "Rhubarb",  "Quasar",    "Pelican",  "Octopus",  "Nebula",   "Mustang",  "Lantern",
	};

	measure_any("find_any, 1", four, 1, text);
	measure_any("find_any, 4 names", four, 4, text);
	measure_any("find_any, 8 words", odd, 8, text);
	measure_any("find_any, 32 words", odd, 32, text);
	measure_any("find_any, 64 words", odd, 64, text);
}

static void add_class(struct ps_classes *classes, const char *bytes)
{
	for (; *bytes != '\0'; bytes++)
		classes->low[classes->count][*bytes & 15] |= (uint8_t)(1U << (*bytes >> 4));
	classes->count++;
}

static void measure_classes(const struct text *text)
{
	struct ps_classes classes = { 0 };

	add_class(&classes, "abcdefghijklmnopqrstuvwxyz_");
	add_class(&classes, " \t");
	measure_kernel("classify, 2 classes", run_classify, &classes, text);
	add_class(&classes, "0123456789");
	add_class(&classes, "aeiou");
	add_class(&classes, "xyz");
	add_class(&classes, "\n");
	measure_kernel("classify, 6 classes", run_classify, &classes, text);
}

/* All ways to write a word in upper and lower case: 2 to the power of its letters. */
static void measure_caseless(const char *label, const char *word, const struct text *text)
{
	char store[PS_NEEDLES_MAX][16];
	const char *words[PS_NEEDLES_MAX];
	size_t count = 0;

	for (unsigned int mask = 0; count < PS_NEEDLES_MAX; mask++) {
		unsigned int bit = 0;
		size_t i;

		for (i = 0; word[i] != '\0'; i++) {
			bool letter = word[i] >= 'a' && word[i] <= 'z';

			store[count][i] = (char)(letter && (mask >> bit & 1) != 0 ? word[i] - 32 : word[i]);
			bit += letter;
		}
		if (mask >> bit != 0)
			break;
		store[count][i] = '\0';
		words[count] = store[count];
		count++;
	}
	measure_any(label, words, count, text);
}

/* Makes lines of words. The earlier a word is in the list, and the shorter, the more frequent it is. */
static void generate_text(struct text *text)
{
	uint64_t seed = 88172645463325252u;

	for (size_t i = 0; i < TEXT; i++) {
		uint32_t v;

		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		v = (uint32_t)(seed >> 33);
		text->bytes[i] = (uint8_t)(v % 61 == 0 ? '\n' : v % 6 == 0 ? ' ' : v % 23 == 0 ? '_' :
							"etaoinsrhldcumfpgwybvkxjqz"[v / 64 % 26 * (v / 4096 % 26) / 26]);
	}
	text->length = TEXT;
}

static bool read_text(struct text *text, const char *name)
{
	FILE *f = fopen(name, "rb");

	if (f == NULL)
		return false;
	text->length = fread(text->bytes, 1, TEXT, f);
	fclose(f);
	return text->length > 0;
}

int main(int argc, char **argv)
{
	static const uint8_t newline = '\n';
	struct text text = { malloc(TEXT), 0 };
	uint32_t cpu = ps_cpu_features();
	struct ps_needle needle;

	if (text.bytes == NULL)
		return 2;
	if (argc > 1 && !read_text(&text, argv[1])) {
		perror(argv[1]);
		return 2;
	}
	if (argc == 1)
		generate_text(&text);
	printf("%-34s", "GB/s, median");
	for (const struct ps_simd *const *t = ps_simd_tables; *t != NULL; t++)
		if (((*t)->need & ~cpu) == 0)
			printf(" %9s", (*t)->name);
	printf("\n");
	ps_needle_init(&needle, (const uint8_t *)"LINK_REQ_RST", 12);
	measure_kernel("find", run_find, &needle, &text);
	measure_kernel("count", run_count, &newline, &text);
	measure_kernel("count_lines, rare", run_count_lines, &needle, &text);
	ps_needle_init(&needle, (const uint8_t *)"e", 1);
	measure_kernel("count_lines, common", run_count_lines, &needle, &text);
	measure_kernel("utf8_prefix", run_utf8, NULL, &text);
	measure_sets(&text);
	measure_caseless("find_any, 8 cases of pm_r", "pm_r", &text);
	measure_caseless("find_any, 64 cases of resume", "resume", &text);
	measure_classes(&text);
	measure_kernel("trigrams", run_trigrams, NULL, &text);
	free(text.bytes);
	return 0;
}
