/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gitignore_glob.c - a glob becomes a short program, which is run over a path.
 *
 * The program is a string of operations, each followed by its operand. A match keeps two places to go back to: after
 * the last '*', and after the last '**' that stands for directories.
 *
 *   G1  It goes back only to the last '*'. What stands between two stars has a fixed length, so the first place where
 *       that matches leaves the most to the second star. A '/' in the program can only match the next one in the path,
 *       so it never goes back to a star before a '/'.
 *   G2  It goes back only to the last '**', for the same reason: this starts and ends where a name starts, and matches
 *       any names. It is tried once for each name of the path.
 *   G3  So each name of the path is compared at most once with each stretch of the glob between two slashes, and within
 *       that each byte with each byte: a match is O(path x glob).
 *
 * Case is as in git: the path is made lower case, and so are the glob's plain letters and the ends of its ranges (of
 * which either case is tried), but not escaped letters, nor single ones in a class: if case is ignored, [A] and \A
 * match nothing.
 */
#include "gitignore_glob.h"

#include <string.h>

/* Operations. */
enum {
	OP_END,       /* of the program: the path must end here, too */
	OP_LITERAL,   /* a count of bytes, then these */
	OP_SLASH,
	OP_ANY,       /* one byte but '/' */
	OP_CLASS,     /* a set of bytes: 32 bytes of bits */
	OP_STAR,
	OP_MAYBE_DEEP, /* any number of names, each with its '/' */
	OP_DEEP,      /* the same, but at least one (which may be empty) */
	OP_REST,      /* all that is left */
	OP_NEVER
};

enum { SET_BYTES = 32, LONGEST_LITERAL = 255 };

struct ps_glob {
	bool caseless;
	size_t size; /* of the program */
	unsigned char program[];
};

_Static_assert(PS_GLOB_ALIGN % _Alignof(struct ps_glob) == 0, "globs lie one after the other");

struct compiler {
	const unsigned char *at, *begin, *end; /* of the text */
	bool caseless;
	struct ps_globs *globs;
	size_t glob;      /* where it starts among them */
	size_t literal;   /* where in its program the literal is to which bytes can be added, or 0 */
	bool failed;      /* out of memory */
};

static struct ps_glob *glob_of(const struct compiler *c)
{
	return (struct ps_glob *)(void *)(c->globs->bytes + c->glob);
}

static void put_bytes(struct compiler *c, const void *bytes, size_t count)
{
	struct ps_globs *globs = c->globs;
	char *grown = ps_grow(globs->bytes, &globs->space, globs->size + count, 1);

	if (grown == NULL) {
		c->failed = true;
		return;
	}
	globs->bytes = grown;
	memcpy(grown + globs->size, bytes, count);
	globs->size += count;
	glob_of(c)->size = globs->size - c->glob - sizeof(struct ps_glob);
}

static void put_op(struct compiler *c, int op)
{
	unsigned char byte = (unsigned char)op;

	c->literal = 0;
	put_bytes(c, &byte, 1);
}

static void put_literal(struct compiler *c, unsigned char byte)
{
	if (byte == '/') {
		put_op(c, OP_SLASH);
		return;
	}
	if (c->literal == 0 || glob_of(c)->program[c->literal] == LONGEST_LITERAL) {
		put_op(c, OP_LITERAL);
		c->literal = glob_of(c)->size;
		put_bytes(c, "", 1);
	}
	put_bytes(c, &byte, 1);
	if (!c->failed)
		glob_of(c)->program[c->literal]++;
}

static int peek_byte(const struct compiler *c, size_t ahead)
{
	return (size_t)(c->end - c->at) > ahead ? c->at[ahead] : -1;
}

/* --- classes --- */

static bool is_upper(unsigned byte)
{
	return byte >= 'A' && byte <= 'Z';
}

static bool is_lower(unsigned byte)
{
	return byte >= 'a' && byte <= 'z';
}

static bool is_digit(unsigned byte)
{
	return byte >= '0' && byte <= '9';
}

static bool is_alpha(unsigned byte)
{
	return is_upper(byte) || is_lower(byte);
}

static bool is_alnum(unsigned byte)
{
	return is_alpha(byte) || is_digit(byte);
}

static bool is_blank(unsigned byte)
{
	return byte == ' ' || byte == '\t';
}

static bool is_space(unsigned byte)
{
	return is_blank(byte) || byte == '\n' || byte == '\r'; /* git knows no others */
}

static bool is_print(unsigned byte)
{
	return byte >= 0x20 && byte <= 0x7e;
}

static bool is_graph(unsigned byte)
{
	return is_print(byte) && byte != ' ';
}

static bool is_punct(unsigned byte)
{
	return is_graph(byte) && !is_alnum(byte);
}

static bool is_cntrl(unsigned byte)
{
	return byte < 0x20 || byte == 0x7f;
}

static bool is_xdigit(unsigned byte)
{
	return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static const struct named_class {
	const char *name;
	bool (*has)(unsigned byte);
} named_classes[] = {
	{ "alnum", is_alnum }, { "alpha", is_alpha }, { "blank", is_blank }, { "cntrl", is_cntrl },
	{ "digit", is_digit }, { "graph", is_graph }, { "lower", is_lower }, { "print", is_print },
	{ "punct", is_punct }, { "space", is_space }, { "upper", is_upper }, { "xdigit", is_xdigit },
};

static void set_add(unsigned char *set, unsigned byte)
{
	set[byte / 8] |= (unsigned char)(1U << byte % 8);
}

static bool set_has(const unsigned char *set, unsigned byte)
{
	return (set[byte / 8] >> byte % 8 & 1) != 0;
}

static void add_range(const struct compiler *c, unsigned char *set, unsigned first, unsigned last)
{
	for (unsigned byte = first; byte <= last; byte++) {
		set_add(set, byte);
		if (c->caseless)
			set_add(set, ps_lower((unsigned char)byte));
	}
}

/* At "[:": adds the class of that name and goes past its ":]". 0: this is a plain '['; -1: there is no such class. */
static int add_named(struct compiler *c, unsigned char *set)
{
	const unsigned char *name = c->at + 2;
	const unsigned char *close = memchr(name, ']', (size_t)(c->end - name));
	size_t length;

	if (close == NULL)
		return -1;
	if (close == name || close[-1] != ':')
		return 0;
	length = (size_t)(close - 1 - name);
	c->at = close + 1;
	for (size_t i = 0; i < sizeof(named_classes) / sizeof(named_classes[0]); i++) {
		const struct named_class *class = &named_classes[i];

		if (strlen(class->name) != length || memcmp(class->name, name, length) != 0)
			continue;
		for (unsigned byte = 0; byte < 256; byte++)
			if (class->has(byte) || (c->caseless && class->has == is_upper && is_lower(byte)))
				set_add(set, byte);
		return 1;
	}
	return -1;
}

/* A byte of a class, or the one after a '\'. -1: there is none. */
static int class_byte(struct compiler *c)
{
	if (c->at < c->end && *c->at == '\\')
		c->at++;
	return c->at < c->end ? *c->at++ : -1;
}

/*
 * Adds one element of a class: a name, a byte, or the rest of a range, if the element before was the byte *before.
 * *before becomes the byte, or -1. False: the class has no end.
 */
static bool add_element(struct compiler *c, unsigned char *set, int *before)
{
	int byte = peek_byte(c, 0), named;

	if (byte == '[' && peek_byte(c, 1) == ':') {
		named = add_named(c, set);
		if (named != 0) {
			*before = -1;
			return named > 0;
		}
	}
	if (byte == '-' && *before >= 0 && peek_byte(c, 1) >= 0 && peek_byte(c, 1) != ']') {
		c->at++;
		byte = class_byte(c);
		if (byte >= 0)
			add_range(c, set, (unsigned)*before, (unsigned)byte);
		*before = -1;
		return byte >= 0;
	}
	*before = class_byte(c);
	if (*before >= 0)
		set_add(set, (unsigned)*before);
	return *before >= 0;
}

/* Adapts the set to the path's bytes before they are made lower case, and takes out the '/'. */
static void finish_set(const struct compiler *c, unsigned char *set, bool negated)
{
	unsigned char raw[SET_BYTES];

	memcpy(raw, set, sizeof(raw));
	memset(set, 0, SET_BYTES);
	for (unsigned byte = 0; byte < 256; byte++) {
		unsigned looked = c->caseless ? ps_lower((unsigned char)byte) : byte;

		if (set_has(raw, looked) != negated && byte != '/')
			set_add(set, byte);
	}
}

/* After a '['. False: the class has no end. */
static bool compile_class(struct compiler *c)
{
	unsigned char set[SET_BYTES] = { 0 };
	bool negated = peek_byte(c, 0) == '!' || peek_byte(c, 0) == '^';
	int before = -1;

	c->at += negated;
	do
		if (!add_element(c, set, &before))
			return false;
	while (peek_byte(c, 0) != ']');
	c->at++;
	finish_set(c, set, negated);
	put_op(c, OP_CLASS);
	put_bytes(c, set, sizeof(set));
	return true;
}

/* --- the glob --- */

/* After a '*'. */
static void compile_star(struct compiler *c)
{
	const unsigned char *star = c->at - 1;
	bool at_name = star == c->begin || star[-1] == '/';

	while (peek_byte(c, 0) == '*')
		c->at++;
	if (c->at - star == 1 || !at_name) {
		put_op(c, OP_STAR);
	} else if (c->at == c->end) {
		put_op(c, OP_REST);
	} else if (*c->at == '/') {
		put_op(c, OP_MAYBE_DEEP);
		c->at++;
	} else if (*c->at == '\\' && peek_byte(c, 1) == '/') {
		put_op(c, OP_DEEP);
		c->at += 2;
	} else {
		put_op(c, OP_STAR);
	}
}

static void compile_glob(struct compiler *c)
{
	bool valid = true;

	while (c->at < c->end && valid) {
		unsigned char byte = *c->at++;

		if (byte == '*') {
			compile_star(c);
		} else if (byte == '?') {
			put_op(c, OP_ANY);
		} else if (byte == '[') {
			valid = compile_class(c);
		} else if (byte != '\\') {
			put_literal(c, c->caseless ? ps_lower(byte) : byte);
		} else {
			valid = c->at < c->end;
			if (valid)
				put_literal(c, *c->at++);
		}
	}
	if (!valid) {
		c->globs->size = c->glob + sizeof(struct ps_glob);
		put_op(c, OP_NEVER);
	}
	put_op(c, OP_END);
}

static size_t align_size(size_t size)
{
	return (size + PS_GLOB_ALIGN - 1) & ~(size_t)(PS_GLOB_ALIGN - 1);
}

int ps_globs_add(struct ps_globs *globs, uint32_t *at, const char *text, size_t length, unsigned flags)
{
	const unsigned char *bytes = (const unsigned char *)text;
	struct compiler c = {
		.at = bytes, .begin = bytes, .end = bytes + length,
		.caseless = (flags & PS_GLOB_CASELESS) != 0,
		.globs = globs,
		.glob = align_size(globs->size),
	};
	size_t size = globs->size;
	char *grown = ps_grow(globs->bytes, &globs->space, c.glob + sizeof(struct ps_glob) + length + 2, 1);

	if (grown == NULL)
		return SEARCH_ENOMEM;
	globs->bytes = grown;
	if ((uint64_t)c.glob / PS_GLOB_ALIGN >= UINT32_MAX)
		return SEARCH_ENOMEM;
	globs->size = c.glob + sizeof(struct ps_glob);
	*glob_of(&c) = (struct ps_glob){ .caseless = c.caseless };
	compile_glob(&c);
	if (c.failed) {
		globs->size = size;
		return SEARCH_ENOMEM;
	}
	*at = (uint32_t)(c.glob / PS_GLOB_ALIGN + 1);
	return SEARCH_OK;
}

void ps_globs_shrink(struct ps_globs *globs)
{
	char *shrunk = globs->size > 0 ? realloc(globs->bytes, globs->size) : NULL;

	if (shrunk == NULL)
		return;
	globs->bytes = shrunk;
	globs->space = globs->size;
}

void ps_globs_free(struct ps_globs *globs)
{
	free(globs->bytes);
}

int ps_glob_new(struct ps_glob **out, const char *text, size_t length, unsigned flags)
{
	struct ps_globs globs = { 0 };
	uint32_t at;
	int rc = ps_globs_add(&globs, &at, text, length, flags);

	*out = NULL;
	if (rc != SEARCH_OK) {
		ps_globs_free(&globs);
		return rc;
	}
	ps_globs_shrink(&globs);
	*out = (struct ps_glob *)(void *)globs.bytes;
	return SEARCH_OK;
}

void ps_glob_free(struct ps_glob *glob)
{
	free(glob);
}

bool ps_glob_is_valid(const struct ps_glob *glob)
{
	return glob->program[0] != OP_NEVER;
}

/* --- matching --- */

struct run {
	const unsigned char *op, *at, *end;
	const unsigned char *star_op, *star_at; /* after the last '*', and how far it reaches; or NULL */
	const unsigned char *deep_op, *deep_at; /* the same of the last '**' for directories */
};

static bool has_literal(struct run *r, bool caseless)
{
	size_t count = r->op[1];
	const unsigned char *want = r->op + 2;

	if ((size_t)(r->end - r->at) < count)
		return false;
	if (!caseless && memcmp(r->at, want, count) != 0)
		return false;
	for (size_t i = 0; caseless && i < count; i++)
		if (ps_lower(r->at[i]) != want[i])
			return false;
	r->at += count;
	r->op += 2 + count;
	return true;
}

/* An operation that matches bytes of the path: goes past it, and past them. False: it does not match. */
static bool take_operation(struct run *r, bool caseless)
{
	switch (*r->op) {
	case OP_LITERAL:
		return has_literal(r, caseless);
	case OP_SLASH:
		if (r->at == r->end || *r->at != '/')
			return false;
		r->star_op = NULL; /* G1 */
		break;
	case OP_ANY:
		if (r->at == r->end || *r->at == '/')
			return false;
		break;
	case OP_CLASS:
		if (r->at == r->end || !set_has(r->op + 1, *r->at))
			return false;
		r->op += SET_BYTES;
		break;
	default:
		return false;
	}
	r->at++;
	r->op++;
	return true;
}

/* Lets the last '**' match one name more. False: it cannot. */
static bool go_deeper(struct run *r)
{
	const unsigned char *slash;

	if (r->deep_op == NULL)
		return false;
	slash = memchr(r->deep_at, '/', (size_t)(r->end - r->deep_at));
	if (slash == NULL)
		return false;
	r->at = r->deep_at = slash + 1;
	r->op = r->deep_op;
	r->star_op = NULL;
	return true;
}

/* After a '*' that a literal follows: passes over the places where that cannot start. */
static void seek_literal(struct run *r, bool caseless)
{
	const unsigned char *at = r->star_at;

	if (*r->star_op != OP_LITERAL)
		return;
	while (at < r->end && *at != '/' && (caseless ? ps_lower(*at) : *at) != r->star_op[2])
		at++;
	r->at = r->star_at = at;
}

/* After a mismatch: lets the last '*' match a byte more, or the last '**' a name. False: neither can. */
static bool go_back(struct run *r, bool caseless)
{
	if (r->star_op == NULL || r->star_at == r->end || *r->star_at == '/')
		return go_deeper(r);
	r->at = ++r->star_at;
	r->op = r->star_op;
	seek_literal(r, caseless);
	return true;
}

bool ps_glob_match(const struct ps_glob *glob, const char *path, size_t length)
{
	const unsigned char *bytes = (const unsigned char *)path;
	struct run r = { .op = glob->program, .at = bytes, .end = bytes + length };

	for (;;) {
		bool goes_on = true;

		switch (*r.op) {
		case OP_END:
			if (r.at == r.end)
				return true;
			goes_on = go_back(&r, glob->caseless);
			break;
		case OP_REST:
			return true;
		case OP_STAR:
			r.star_op = ++r.op;
			r.star_at = r.at;
			seek_literal(&r, glob->caseless);
			break;
		case OP_MAYBE_DEEP:
		case OP_DEEP:
			r.deep_op = r.op + 1;
			r.deep_at = r.at;
			r.star_op = NULL;
			goes_on = *r.op++ == OP_MAYBE_DEEP || go_deeper(&r);
			break;
		default:
			goes_on = take_operation(&r, glob->caseless) || go_back(&r, glob->caseless);
		}
		if (!goes_on)
			return false;
	}
}
