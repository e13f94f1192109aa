/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_ignore.c - any bytes as a rule file, and any path: the verdict is that of a naive reader, which goes through the
 * lines from the last to the first.
 *
 * libFuzzer: -max_len=400 -timeout=120 -dict=test/fuzz/globs.dict
 *
 * An input is a byte that says how, a path with a NUL, and the file:
 *
 *   bit 0    the path is a directory
 *   bit 1    case is ignored
 *   bit 2-3  how many of the path's first names the rules do not look at
 */
#include "naive_glob.h"

#include "../../lib/files/rules.h"

enum { LONGEST = NAIVE_MOST - 1 };

struct asked {
	const char *path;
	size_t length, base, name;
	bool directory, caseless;
};

/* Names with a slash between them, and none before or after, as paths are. Returns the length. */
static size_t make_path(char *path, size_t length)
{
	size_t made = 0;

	for (size_t i = 0; i < length; i++)
		if (path[i] != '/' || (made > 0 && path[made - 1] != '/'))
			path[made++] = path[i];
	made -= made > 0 && path[made - 1] == '/';
	path[made] = '\0';
	return made;
}

/* --- the naive reader --- */

/* Cuts off the blanks at the end, but not one that is escaped. */
static size_t trim_blanks(const char *line, size_t length)
{
	size_t kept = 0;

	for (size_t i = 0; i < length; i++) {
		bool escaped = line[i] == '\\' && i + 1 < length;

		if (line[i] != ' ')
			kept = i + 1 + escaped;
		i += escaped;
	}
	return kept;
}

static bool same_text(const struct asked *a, const char *x, const char *y, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (a->caseless ? naive_lower((unsigned char)x[i]) != naive_lower((unsigned char)y[i]) : x[i] != y[i])
			return false;
	return true;
}

/* As in git, what precedes the first special character is compared by itself, and the rest is a glob of its own. */
static bool rule_matches_path(const struct asked *a, const char *rule, size_t length)
{
	const char *path = a->path + a->base;
	size_t path_length = a->length - a->base, plain = 0;

	while (plain < length && strchr("*?[\\", rule[plain]) == NULL)
		plain++;
	if (plain > path_length || !same_text(a, rule, path, plain))
		return false;
	if (plain == length)
		return path_length == length;
	return naive_matches(rule + plain, length - plain, path + plain, path_length - plain, true, a->caseless);
}

/* Of a line without its blanks: does it decide? */
static bool line_decides(const struct asked *a, const char *line, size_t length, enum ps_verdict *verdict)
{
	bool wanted = length > 0 && *line == '!', directories, matches;

	line += wanted;
	length -= wanted;
	directories = length > 0 && line[length - 1] == '/';
	length -= directories;
	if (length == 0 || (directories && !a->directory))
		return false;
	if (memchr(line, '/', length) == NULL)
		matches = naive_matches(line, length, a->path + a->name, a->length - a->name, true, a->caseless);
	else
		matches = rule_matches_path(a, line + (*line == '/'), length - (*line == '/'));
	*verdict = wanted ? PS_RULES_WANT : PS_RULES_IGNORE;
	return matches;
}

static enum ps_verdict ask_naively(const struct asked *a, const char *text, size_t size)
{
	enum ps_verdict verdict = PS_RULES_SILENT, one = PS_RULES_SILENT;
	const char *end = text + size, *line = text;

	if (size >= 3 && memcmp(text, PS_UTF8_MARK, 3) == 0)
		line += 3;
	for (const char *newline; line < end; line = newline + 1) {
		size_t length;

		newline = memchr(line, '\n', (size_t)(end - line));
		newline = newline != NULL ? newline : end;
		length = (size_t)(newline - line);
		if (length == 0 || *line == '#')
			continue;
		length -= line[length - 1] == '\r';
		length = strnlen(line, length);
		length = trim_blanks(line, length);
		if (line_decides(a, line, length, &one))
			verdict = one;
	}
	return verdict;
}

/* --- the input --- */

static enum ps_verdict ask(const struct asked *a, const struct ps_rules *rules)
{
	struct ps_subject subject = {
		.path = a->path, .length = a->length, .name = a->name, .directory = a->directory
	};
	enum ps_verdict verdict;

	if (rules == NULL)
		return PS_RULES_SILENT;
	ps_subject_hash(&subject);
	verdict = ps_rules_ask(rules, &subject, a->base);
	FUZZ_CHECK(ps_rules_ask(rules, &subject, a->base) == verdict);
	return verdict;
}

/* Skips this many names of the path; the last name stays. */
static void choose_base(struct asked *a, int names)
{
	const char *slash = memrchr(a->path, '/', a->length);

	a->name = slash != NULL ? (size_t)(slash + 1 - a->path) : 0;
	for (a->base = 0; names > 0 && a->base < a->name; names--)
		a->base = (size_t)((const char *)memchr(a->path + a->base, '/', a->length - a->base) + 1 - a->path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_begin(data, size);
	uint8_t how = fuzz_byte(&in);
	const uint8_t *piece;
	size_t length = ps_min(fuzz_until(&in, 0, &piece), LONGEST);
	char *path = fuzz_string(piece, length), *exact, *text;
	struct asked a = { .directory = (how & 1) != 0, .caseless = (how & 2) != 0 };
	struct ps_rules *rules;

	size = ps_min(fuzz_left(&in), LONGEST);
	text = fuzz_copy(in.at, size);
	length = make_path(path, length);
	a.path = exact = fuzz_copy(path, length);
	a.length = length;
	choose_base(&a, how >> 2 & 3);
	FUZZ_CHECK(ps_rules_new(&rules, text, size, a.caseless ? PS_GLOB_CASELESS : 0, NULL) == SEARCH_OK);
	if (length > 0)
		FUZZ_CHECK(ask(&a, rules) == ask_naively(&a, text, size));
	FUZZ_CHECK(rules == NULL || ps_rules_size(rules) > size);
	ps_rules_free(rules);
	free(exact);
	free(text);
	free(path);
	return 0;
}
