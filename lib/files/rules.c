/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rules.c - the lines of a .gitignore as rules; in a hash table, as far as possible.
 *
 * Rules are numbered from 1 in the order of the file. Each is in one list, latest first: the list of its bucket in the
 * table, or that of the others, which no hash finds. The first rule in a list that matches is its latest, so the
 * verdict is that of the latest among four at most: one of a name, an ending, a path, and one of the others.
 *
 * Hashes are of the bytes in lower case, so that a subject has one hash whether case is ignored or not; a comparison
 * follows.
 */
#include "rules.h"

#include "../base/utf8.h"

#include <string.h>

enum {
	LOOK = 4096,            /* after this many rules were read, check whether the search is over */
	RULE_COST = 4,          /* what asking a rule costs, without the bytes that its glob is compared with */
	LOOK_SPENT = 16 * 1024  /* after asking has cost this much, check whether the search is over */
};

enum kind {
	KIND_NAME,   /* the name is the literal */
	KIND_ENDING, /* the name ends with the literal */
	KIND_PATH,   /* the path is the literal */
	KIND_NAME_GLOB, /* the name is the literal, followed by what the glob matches */
	KIND_PATH_GLOB  /* the same of the path */
};

struct rule {
	const char *literal; /* in the rules' text */
	uint32_t length;
	uint32_t next;       /* of its list, or 0 */
	uint32_t hash;       /* by which it is found, unless it is one of the others */
	uint32_t glob;       /* among the rules' globs, or 0 */
	uint8_t kind;        /* enum kind */
	bool wanted;         /* begins with '!' */
	bool directories;    /* is for directories only */
};

struct ps_rules {
	char *text;
	struct rule *rules;
	struct ps_globs globs;
	uint32_t count;
	bool caseless;
	uint32_t *buckets;
	uint32_t mask;       /* buckets - 1 */
	uint32_t others;     /* the latest of those that no hash finds */
	size_t shortest_path, longest_path; /* of KIND_PATH */
	size_t size;         /* memory */
};

/* --- hashing and comparing --- */

static uint32_t hash_literal(enum kind kind, const char *bytes, size_t length)
{
	uint64_t h = 0x9E3779B97F4A7C15u + (uint64_t)kind;

	for (size_t i = 0; i < length; i++)
		h = (h ^ ps_lower((unsigned char)bytes[i])) * 0x100000001B3u;
	return (uint32_t)(h ^ h >> 32);
}

/* Where the last '.' is, or `length`. */
static size_t ending_start(const char *name, size_t length)
{
	const char *dot = memrchr(name, '.', length);

	return dot != NULL ? (size_t)(dot - name) : length;
}

static bool same_bytes(const struct ps_rules *rules, const char *a, const char *b, size_t length)
{
	if (!rules->caseless)
		return memcmp(a, b, length) == 0;
	for (size_t i = 0; i < length; i++)
		if (ps_lower((unsigned char)a[i]) != ps_lower((unsigned char)b[i]))
			return false;
	return true;
}

/* --- reading lines --- */

/* Cuts off the blanks at a line's end, except one after a '\'. */
static void trim_line(char *line)
{
	char *blanks = NULL;

	for (; *line != '\0'; line++) {
		if (*line == ' ') {
			blanks = blanks != NULL ? blanks : line;
			continue;
		}
		blanks = NULL;
		if (*line == '\\' && *++line == '\0')
			return;
	}
	if (blanks != NULL)
		*blanks = '\0';
}

static size_t literal_length(const char *glob, size_t length)
{
	size_t n = 0;

	while (n < length && !ps_glob_is_special((unsigned char)glob[n]))
		n++;
	return n;
}

/* Finds out what a rule, without its '!' and the '/' at its end, has to be compared with. */
static int classify_rule(struct ps_rules *rules, struct rule *rule, const char *glob, size_t length)
{
	bool for_names = memchr(glob, '/', length) == NULL;
	size_t plain;

	if (!for_names && *glob == '/') {
		glob++;
		length--;
	}
	plain = literal_length(glob, length);
	rule->literal = glob;
	rule->length = (uint32_t)plain;
	if (plain == length) {
		rule->kind = for_names ? KIND_NAME : KIND_PATH;
		return SEARCH_OK;
	}
	if (for_names && *glob == '*' && literal_length(glob + 1, length - 1) == length - 1) {
		rule->kind = KIND_ENDING;
		rule->literal = glob + 1;
		rule->length = (uint32_t)(length - 1);
		return SEARCH_OK;
	}
	rule->kind = for_names ? KIND_NAME_GLOB : KIND_PATH_GLOB;
	return ps_globs_add(&rules->globs, &rule->glob, glob + plain, length - plain, rules->caseless ? PS_GLOB_CASELESS : 0);
}

/* Adds the rule of a line. */
static int add_rule(struct ps_rules *rules, size_t *space, const char *line)
{
	struct rule *rule, *grown;
	size_t length;
	int rc;

	grown = ps_grow(rules->rules, space, rules->count + 1, sizeof(*rule));
	if (grown == NULL)
		return SEARCH_ENOMEM;
	rules->rules = grown;
	rule = &grown[rules->count];
	*rule = (struct rule){ .wanted = *line == '!' };
	line += rule->wanted;
	length = strlen(line);
	rule->directories = length > 0 && line[length - 1] == '/';
	length -= rule->directories;
	if (length == 0)
		return SEARCH_OK; /* matches nothing */
	rc = classify_rule(rules, rule, line, length);
	rules->count += rc == SEARCH_OK;
	return rc;
}

/* The text ends in a newline that we have added. A NUL in a line ends it. */
static int read_lines(struct ps_rules *rules, size_t size, const struct ps_watch *watch)
{
	const size_t mark = sizeof(PS_UTF8_MARK) - 1;
	char *line = rules->text, *end = line + size, *newline;
	size_t space = 0;
	int rc = SEARCH_OK;

	if (size >= mark && memcmp(line, PS_UTF8_MARK, mark) == 0)
		line += mark;
	for (; rc == SEARCH_OK && line < end; line = newline + 1) {
		if (rules->count % LOOK == LOOK - 1 && ps_watch_is_over(watch))
			break;
		newline = memchr(line, '\n', (size_t)(end - line));
		if (newline == line || *line == '#')
			continue;
		newline[newline[-1] == '\r' ? -1 : 0] = '\0';
		trim_line(line);
		if (*line != '\0')
			rc = add_rule(rules, &space, line);
	}
	return rc;
}

/* Frees the space for more rules than there are. */
static void shrink_rules(struct ps_rules *rules)
{
	struct rule *shrunk = realloc(rules->rules, rules->count * sizeof(*shrunk));

	if (shrunk != NULL)
		rules->rules = shrunk;
	ps_globs_shrink(&rules->globs);
	rules->size += rules->count * sizeof(*shrunk) + rules->globs.size;
}

/* --- the table --- */

/* The key by which a rule is found; false: it is one of the others. */
static bool rule_hash(const struct rule *rule, uint32_t *key)
{
	size_t from = 0;

	if (rule->kind > KIND_PATH)
		return false;
	if (rule->kind == KIND_ENDING)
		from = ending_start(rule->literal, rule->length);
	*key = hash_literal(rule->kind, rule->literal + from, rule->length - from);
	return rule->kind != KIND_ENDING || from < rule->length;
}

static int build_table(struct ps_rules *rules, const struct ps_watch *watch)
{
	uint32_t buckets = 4;

	while (buckets < rules->count)
		buckets *= 2;
	rules->buckets = calloc(buckets, sizeof(*rules->buckets));
	if (rules->buckets == NULL)
		return SEARCH_ENOMEM;
	rules->mask = buckets - 1;
	rules->size += buckets * sizeof(*rules->buckets);
	rules->shortest_path = SIZE_MAX;
	for (uint32_t i = 0; i < rules->count; i++) {
		struct rule *rule = &rules->rules[i];
		uint32_t *list = rule_hash(rule, &rule->hash) ? &rules->buckets[rule->hash & rules->mask] : &rules->others;

		if (i % LOOK == LOOK - 1 && ps_watch_is_over(watch))
			break;
		rule->next = *list;
		*list = i + 1;
		if (rule->kind == KIND_PATH) {
			rules->shortest_path = ps_min(rules->shortest_path, rule->length);
			rules->longest_path = ps_max(rules->longest_path, rule->length);
		}
	}
	return SEARCH_OK;
}

int ps_rules_new(struct ps_rules **out, const char *text, size_t size, unsigned flags, const struct ps_watch *watch)
{
	struct ps_rules *rules;
	int rc = SEARCH_ENOMEM;

	*out = NULL;
	if (size == 0)
		return SEARCH_OK;
	rules = calloc(1, sizeof(*rules));
	if (rules == NULL || size >= UINT32_MAX / 2)
		goto fail;
	rules->caseless = (flags & PS_GLOB_CASELESS) != 0;
	rules->size = sizeof(*rules) + size;
	rules->text = malloc(size + 1);
	if (rules->text == NULL)
		goto fail;
	memcpy(rules->text, text, size);
	rules->text[size] = '\n';
	rc = read_lines(rules, size + 1, watch);
	if (rc == SEARCH_OK && rules->count > 0) {
		shrink_rules(rules);
		rc = build_table(rules, watch);
	}
	if (rc == SEARCH_OK && rules->count > 0) {
		*out = rules;
		return SEARCH_OK;
	}
fail:
	ps_rules_free(rules);
	return rc;
}

void ps_rules_free(struct ps_rules *rules)
{
	if (rules == NULL)
		return;
	ps_globs_free(&rules->globs);
	free(rules->rules);
	free(rules->buckets);
	free(rules->text);
	free(rules);
}

size_t ps_rules_size(const struct ps_rules *rules)
{
	return rules->size;
}

/* --- asking --- */

void ps_subject_hash(struct ps_subject *subject)
{
	const char *name = subject->path + subject->name;
	size_t length = subject->length - subject->name, dot = ending_start(name, length);

	subject->name_hash = hash_literal(KIND_NAME, name, length);
	subject->has_ending = dot < length;
	subject->ending_hash = subject->has_ending ? hash_literal(KIND_ENDING, name + dot, length - dot) : 0;
}

struct question {
	const struct ps_rules *rules;
	struct ps_subject *subject;
	const char *path; /* from the rules' directory on */
	size_t path_length;
	const char *name;
	size_t name_length;
};

static bool rule_matches(const struct question *q, const struct rule *rule)
{
	bool of_name = rule->kind == KIND_NAME || rule->kind == KIND_ENDING || rule->kind == KIND_NAME_GLOB;
	const char *bytes = of_name ? q->name : q->path;
	size_t length = of_name ? q->name_length : q->path_length, rest;

	if (rule->length > length || (rule->directories && !q->subject->directory))
		return false;
	rest = length - rule->length;
	if (rule->kind == KIND_ENDING)
		return same_bytes(q->rules, rule->literal, bytes + rest, rule->length);
	if (rule->glob == 0 && rest > 0)
		return false;
	if (!same_bytes(q->rules, rule->literal, bytes, rule->length))
		return false;
	if (rule->glob == 0)
		return true;
	q->subject->spent += rest;
	return ps_glob_match(ps_globs_at(&q->rules->globs, rule->glob), bytes + rule->length, rest);
}

/* The latest of the others that matches and comes after `least`, or `least`. They may be thousands, and slow. */
static uint32_t latest_other(const struct question *q, uint32_t least)
{
	const struct rule *rules = q->rules->rules;
	size_t look = q->subject->spent + LOOK_SPENT;

	for (uint32_t at = q->rules->others; at > least; at = rules[at - 1].next) {
		q->subject->spent += RULE_COST;
		if (rule_matches(q, &rules[at - 1]))
			return at;
		if (q->subject->spent < look)
			continue;
		if (ps_watch_is_over(q->subject->watch))
			return least;
		look = q->subject->spent + LOOK_SPENT;
	}
	return least;
}

/* The same for those that are found by this hash. */
static uint32_t latest_hashed(const struct question *q, uint32_t key, uint32_t least)
{
	const struct rule *rules = q->rules->rules;
	uint32_t at = q->rules->buckets[key & q->rules->mask];

	while (at > least && (rules[at - 1].hash != key || !rule_matches(q, &rules[at - 1])))
		at = rules[at - 1].next;
	return at > least ? at : least;
}

enum ps_verdict ps_rules_ask(const struct ps_rules *rules, struct ps_subject *subject, size_t base)
{
	struct question q = {
		.rules = rules,
		.subject = subject,
		.path = subject->path + base,
		.path_length = subject->length - base,
		.name = subject->path + subject->name,
		.name_length = subject->length - subject->name,
	};
	uint32_t found = latest_hashed(&q, subject->name_hash, 0);

	if (subject->has_ending)
		found = latest_hashed(&q, subject->ending_hash, found);
	if (q.path_length >= rules->shortest_path && q.path_length <= rules->longest_path)
		found = latest_hashed(&q, hash_literal(KIND_PATH, q.path, q.path_length), found);
	found = latest_other(&q, found);
	if (found == 0)
		return PS_RULES_SILENT;
	return rules->rules[found - 1].wanted ? PS_RULES_WANT : PS_RULES_IGNORE;
}
