/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * naive_glob.h - what a glob matches, in the two dialects of lib/files, by the plainest means: the glob becomes a list
 * of tokens, and for each token in turn it is noted at which places of the text what is before it may end.
 */
#ifndef TEST_FUZZ_NAIVE_GLOB_H
#define TEST_FUZZ_NAIVE_GLOB_H

#include "fuzz.h"

#include "../../lib/base/utf8.h"

enum { NAIVE_MOST = 600 };

enum naive_kind {
	NAIVE_ONE,        /* a character of a set, or this one */
	NAIVE_STAR,       /* any number, but no slash */
	NAIVE_NAMES,      /* any number of names with their slashes */
	NAIVE_SOME_NAMES, /* the same, one at least */
	NAIVE_REST        /* all that is left */
};

struct naive_token {
	enum naive_kind kind;
	bool any, is_class;
	uint32_t code;             /* neither: the character */
	const char *begin, *end;   /* is_class: what is between the brackets */
};

struct naive_glob {
	bool git;       /* the dialect of rule files: bytes, not characters */
	bool caseless;
	bool malformed; /* git: it matches nothing */
	size_t count;
	struct naive_token tokens[NAIVE_MOST];
};

struct naive_text {
	uint32_t codes[NAIVE_MOST];
	size_t length;
};

static inline uint32_t naive_lower(uint32_t c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static inline uint32_t naive_next(const char **at, const char *end, bool git)
{
	const uint8_t *p = (const uint8_t *)*at;
	size_t length = git ? 1 : ps_utf8_sequence(p, (const uint8_t *)end);

	*at += length > 0 ? length : 1;
	return length > 1 ? ps_utf8_decode(p, length) : *p < 0x80 || git ? *p : 0x110000u + *p;
}

/* --- classes --- */

/* Is the ASCII character in the class of this name? -1: there is no such class. */
static inline int naive_named(const char *name, size_t length, uint32_t c)
{
	static const struct {
		const char *name, *members;
	} classes[] = {
		{ "alpha", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" },
		{ "alnum", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" },
		{ "upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ" },
		{ "lower", "abcdefghijklmnopqrstuvwxyz" },
		{ "digit", "0123456789" },
		{ "xdigit", "0123456789ABCDEFabcdef" },
		{ "blank", " \t" },
		{ "punct", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~" },
		{ "space", NULL },
		{ "print", NULL },
		{ "graph", NULL },
		{ "cntrl", NULL },
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		if (strlen(classes[i].name) != length || memcmp(classes[i].name, name, length) != 0)
			continue;
		if (classes[i].members != NULL)
			return c > 0 && c < 0x80 && strchr(classes[i].members, (int)c) != NULL;
		switch (*name) {
		case 's': return c == ' ' || c == '\t' || c == '\n' || c == '\r';
		case 'p': return c >= ' ' && c <= '~';
		case 'g': return c > ' ' && c <= '~';
		default: return c < ' ' || c == 0x7F;
		}
	}
	return -1;
}

/* The character as the class is asked about it: git makes it lower case before. */
static inline bool naive_in_range(const struct naive_glob *g, uint32_t c, uint32_t first, uint32_t last, bool range)
{
	uint32_t upper = c >= 'a' && c <= 'z' ? c - 32 : c, lower = naive_lower(c);

	if ((c >= first && c <= last) || (g->git && c == first)) /* in git, also of a range that has nothing */
		return true;
	if (!g->caseless || (g->git && !range))
		return false;
	return (upper >= first && upper <= last) || (!g->git && lower >= first && lower <= last);
}

/* [:name:], at its inner bracket. Goes past it, or returns false: it is none. */
static inline bool naive_class_name(const struct naive_glob *g, const char **at, const char *end, uint32_t c, bool *in)
{
	const char *name = *at + 2, *close = name;
	int has;

	if (end - *at < 2 || (*at)[1] != ':')
		return false;
	if (g->git)
		close = memchr(name, ']', (size_t)(end - name));
	else
		while (close < end && *close >= 'a' && *close <= 'z')
			close++;
	if (g->git ? close == NULL || close == name || close[-1] != ':' :
		     end - close < 2 || close[0] != ':' || close[1] != ']')
		return false;
	close -= g->git;
	has = naive_named(name, (size_t)(close - name), c);
	if (!g->git && close - name == 5 && memcmp(name, "space", 5) == 0)
		has |= c == '\v' || c == '\f';
	if (g->git && g->caseless && close - name == 5 && memcmp(name, "upper", 5) == 0)
		has |= c >= 'a' && c <= 'z';
	*in |= has > 0;
	*at = close + 2;
	return true;
}

static inline bool naive_in_class(const struct naive_glob *g, const struct naive_token *t, uint32_t c)
{
	const char *at = t->begin, *end = t->end;
	bool negated = at < end && (*at == '!' || *at == '^'), in = false;

	c = g->git && g->caseless ? naive_lower(c) : c;
	at += negated;
	while (at < end) {
		uint32_t first, last;
		bool range;

		if (*at == '[' && naive_class_name(g, &at, end, c, &in))
			continue;
		at += *at == '\\' && (end - at > 1 || g->git);
		first = last = naive_next(&at, end, g->git);
		range = end - at >= 2 && *at == '-';
		if (range) {
			at++;
			at += *at == '\\' && (end - at > 1 || g->git);
			last = naive_next(&at, end, g->git);
		}
		in |= naive_in_range(g, c, first, last, range);
	}
	return in != negated && c != '/';
}

/*
 * Where the class ends that begins at `at`, after its bracket: at its closing bracket, or NULL. git: *bad if it has a
 * name that is none.
 */
static inline const char *naive_class_end(const struct naive_glob *g, const char *at, const char *end)
{
	const char *first;

	at += at < end && (*at == '!' || *at == '^');
	for (first = at; at < end && (*at != ']' || at == first);) {
		const char *past = at;
		bool in = false;

		if (g->git && *at == '[' && end - at >= 2 && at[1] == ':') {
			const char *close = memchr(at + 2, ']', (size_t)(end - at - 2));

			if (close == NULL)
				return NULL;
			if (close > at + 2 && close[-1] == ':' &&
			    naive_named(at + 2, (size_t)(close - 1 - at - 2), 'x') < 0)
				return NULL;
		}
		if (*at == '[' && naive_class_name(g, &past, end, 'x', &in)) {
			at = past;
			continue;
		}
		for (int i = 0; i < 2; i++) { /* a character, and perhaps the end of a range */
			if (*at == '\\' && (end - at > 1 || g->git))
				at++;
			if (at == end)
				return NULL;
			naive_next(&at, end, g->git);
			if (i > 0 || end - at < 2 || *at != '-' || at[1] == ']')
				break;
			at++;
		}
	}
	return at < end ? at : NULL;
}

/* --- the glob --- */

static inline struct naive_token *naive_add(struct naive_glob *g, enum naive_kind kind)
{
	struct naive_token *t = &g->tokens[g->count++];

	FUZZ_CHECK(g->count < NAIVE_MOST);
	*t = (struct naive_token){ .kind = kind };
	return t;
}

/* At a star. Returns where the glob goes on. */
static inline const char *naive_star(struct naive_glob *g, const char *begin, const char *at, const char *end)
{
	bool at_name = at == begin || at[-1] == '/';
	const char *past = at;

	while (past < end && *past == '*')
		past++;
	if (past - at < 2 || !at_name || (!g->git && past - at > 2)) {
		naive_add(g, NAIVE_STAR);
		return g->git ? past : at + 1;
	}
	if (past == end) {
		naive_add(g, NAIVE_REST);
		return past;
	}
	if (*past == '/') {
		naive_add(g, NAIVE_NAMES);
		return past + 1;
	}
	if (g->git && end - past > 1 && past[0] == '\\' && past[1] == '/') {
		naive_add(g, NAIVE_SOME_NAMES);
		return past + 2;
	}
	naive_add(g, NAIVE_STAR);
	return g->git ? past : at + 1;
}

static inline void naive_compile(struct naive_glob *g, const char *text, size_t length, bool git, bool caseless)
{
	const char *at = text, *end = text + length;

	g->git = git;
	g->caseless = caseless;
	g->malformed = false;
	g->count = 0;
	while (at < end) {
		const char *close = *at == '[' ? naive_class_end(g, at + 1, end) : NULL;
		struct naive_token *t;
		bool escaped;

		if (*at == '*') {
			at = naive_star(g, text, at, end);
			continue;
		}
		t = naive_add(g, NAIVE_ONE);
		if (close != NULL) {
			t->is_class = true;
			t->begin = at + 1;
			t->end = close;
			at = close + 1;
			continue;
		}
		g->malformed |= *at == '[' || (*at == '\\' && at + 1 == end);
		t->any = *at == '?';
		escaped = *at == '\\' && at + 1 < end;
		at += escaped;
		t->code = naive_next(&at, end, git);
		if (caseless && !(git && escaped))
			t->code = naive_lower(t->code);
	}
}

static inline bool naive_takes(const struct naive_glob *g, const struct naive_token *t, uint32_t c)
{
	if (t->is_class)
		return naive_in_class(g, t, c);
	return t->any ? c != '/' : t->code == (g->caseless ? naive_lower(c) : c);
}

/* What a token may match: from the places in `from` to those in `to`. */
static inline void naive_step(const struct naive_glob *g, const struct naive_token *t, const struct naive_text *text,
			      const bool *from, bool *to)
{
	bool going = false;

	memset(to, 0, text->length + 1);
	for (size_t i = 0; i <= text->length; i++) {
		switch (t->kind) {
		case NAIVE_ONE:
			if (i < text->length && from[i])
				to[i + 1] = naive_takes(g, t, text->codes[i]);
			break;
		case NAIVE_STAR:
			going = from[i] || (going && text->codes[i - 1] != '/');
			to[i] = going;
			break;
		case NAIVE_REST:
			going |= from[i];
			to[text->length] = going;
			break;
		default:
			to[i] = (from[i] && t->kind == NAIVE_NAMES) || (going && text->codes[i - 1] == '/');
			going |= from[i];
		}
	}
}

static inline bool naive_run(const struct naive_glob *g, const struct naive_text *text)
{
	static bool at[2][NAIVE_MOST + 1];
	bool *now = at[0], *then = at[1];

	if (g->git && g->malformed)
		return false;
	memset(now, 0, text->length + 1);
	now[0] = true;
	for (size_t i = 0; i < g->count; i++) {
		bool *spare = now;

		naive_step(g, &g->tokens[i], text, now, then);
		now = then;
		then = spare;
	}
	return now[text->length];
}

/* Both are shorter than NAIVE_MOST. */
static inline bool naive_matches(const char *glob, size_t length, const char *path, size_t path_length, bool git,
				 bool caseless)
{
	static struct naive_glob g;
	static struct naive_text text;
	const char *at = path, *end = path + path_length;

	naive_compile(&g, glob, length, git, caseless);
	for (text.length = 0; at < end;)
		text.codes[text.length++] = naive_next(&at, end, git);
	return naive_run(&g, &text);
}

#endif
