/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cursor.c - the text of a cursor.
 *
 *	ps1.WALK.ITEMS.NUMBER. ... .NUMBER.PATH.CHECKSUM
 *
 * Numbers are hexadecimal, in one way each: so a text that was changed anywhere is not a cursor, even where it would
 * mean the same. The path may have any bytes: those that a shell would notice are written as %XX. The checksum is of
 * all that precedes it, and any one byte that is wrong changes it.
 */
#include "pages.h"

#include "../queue/batch.h"

#include <string.h>

#define FIRST "ps1."     /* another version begins otherwise */
#define COMMON "ps"
#define CHECKSUM_BASIS UINT32_C(2166136261)

enum { NUMBERS = 16, PRINT_DIGITS = 8 }; /* of a fingerprint, and of the checksum */

/* FNV-1a: a step can be undone, so two texts that differ in one byte differ in this. */
static uint32_t add_to_checksum(uint32_t sum, unsigned char byte)
{
	return (sum ^ byte) * UINT32_C(16777619);
}

/* --- writing --- */

struct cursor_writer {
	char *buffer;
	size_t size, length;
	uint32_t checksum;
};

static void put_char(struct cursor_writer *w, char c)
{
	if (w->length + 1 < w->size)
		w->buffer[w->length] = c;
	w->length++;
	w->checksum = add_to_checksum(w->checksum, (unsigned char)c);
}

/* At least `digits` of them. */
static void put_number(struct cursor_writer *w, uint64_t number, int digits)
{
	int n = digits;

	while (n < 16 && number >> (4 * n) != 0)
		n++;
	while (n-- > 0)
		put_char(w, "0123456789abcdef"[number >> (4 * n) & 15]);
	put_char(w, '.');
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("/_.-+,=@:", c) != NULL);
}

static void put_path(struct cursor_writer *w, const char *path)
{
	for (; *path != '\0'; path++) {
		unsigned char byte = (unsigned char)*path;

		if (is_plain(*path)) {
			put_char(w, *path);
			continue;
		}
		put_char(w, '%');
		put_char(w, "0123456789abcdef"[byte >> 4]);
		put_char(w, "0123456789abcdef"[byte & 15]);
	}
	put_char(w, '.');
}

/* The numbers, in the order in which they are written. */
static void list_numbers(struct ps_cursor *c, uint64_t *kind, uint64_t **numbers)
{
	uint64_t *const list[NUMBERS] = { &c->entry.source, &c->kind, &c->reason, &c->items, &c->files, &c->matches,
					  &c->offset, &c->line, &c->line_bytes, &c->check, kind, &c->stamp.size,
					  &c->stamp.inode, &c->stamp.modified, &c->stamp.modified_ns, &c->last };

	memcpy(numbers, list, sizeof(list));
}

size_t ps_cursor_write(const struct ps_cursor *cursor, const struct ps_fingerprint *options, const char *path,
		       char *buffer, size_t size)
{
	struct cursor_writer w = { .buffer = buffer, .size = size, .checksum = CHECKSUM_BASIS };
	struct ps_cursor copy = *cursor;
	uint64_t kind = copy.stamp.kind, *numbers[NUMBERS];

	list_numbers(&copy, &kind, numbers);
	for (const char *c = FIRST; *c != '\0'; c++)
		put_char(&w, *c);
	put_number(&w, options->walk, PRINT_DIGITS);
	put_number(&w, options->items, PRINT_DIGITS);
	for (int i = 0; i < NUMBERS; i++)
		put_number(&w, *numbers[i], 1);
	put_path(&w, path);
	put_number(&w, w.checksum, PRINT_DIGITS);
	w.length--; /* without the last dot */
	if (size > 0)
		buffer[ps_min(w.length, size - 1)] = '\0';
	return w.length;
}

/* --- reading --- */

static int digit_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Reads a number and the dot after it, and moves *at past them. False: that is not there. */
static bool read_number(const char **at, int digits, uint64_t *number)
{
	const char *c = *at;
	int n;

	*number = 0;
	for (n = 0; n < 16 && digit_of(c[n]) >= 0; n++)
		*number = *number << 4 | (uint64_t)digit_of(c[n]);
	*at = c + n + 1;
	return c[n] == '.' && (digits > 1 ? n == digits : n > 0 && (n == 1 || c[0] != '0'));
}

/* Reads a byte of the path. Returns it, or -1. */
static int read_byte(const char **at)
{
	const char *c = *at;

	*at = c + 1;
	if (*c != '%')
		return is_plain(*c) ? (unsigned char)*c : -1;
	if (digit_of(c[1]) < 0 || digit_of(c[2]) < 0)
		return -1;
	*at = c + 3;
	return digit_of(c[1]) << 4 | digit_of(c[2]);
}

/* Reads the path up to `end` into cursor->names, which has room for it. False: it is not a path. */
static bool read_path(struct ps_cursor *cursor, const char *at, const char *end)
{
	char *to = cursor->names;

	while (at < end) {
		int byte = read_byte(&at);

		if (byte <= 0)
			return false;
		if (byte == '/' && (to == cursor->names || to[-1] == '\0'))
			return false;
		*to++ = byte == '/' ? '\0' : (char)byte;
		cursor->entry.depth += byte == '/';
	}
	if (to != cursor->names && to[-1] == '\0')
		return false;
	cursor->entry.depth += to != cursor->names;
	*to = '\0';
	cursor->entry.names = cursor->names;
	return at == end;
}

/* Is the checksum the text's? *end: the dot before it. */
static bool check_text(const char *text, const char **end)
{
	uint32_t sum = CHECKSUM_BASIS;
	const char *at;
	uint64_t number = 0;

	*end = strrchr(text, '.');
	if (*end == NULL || strlen(*end + 1) != PRINT_DIGITS)
		return false;
	for (at = text; at <= *end; at++)
		sum = add_to_checksum(sum, (unsigned char)*at);
	for (; *at != '\0'; at++) {
		if (digit_of(*at) < 0)
			return false;
		number = number << 4 | (uint64_t)digit_of(*at);
	}
	return number == sum;
}

static bool read_numbers(struct ps_cursor *cursor, struct ps_fingerprint *options, const char **at)
{
	uint64_t walk = 0, items = 0, kind = 0, *numbers[NUMBERS];
	bool ok = read_number(at, PRINT_DIGITS, &walk) && read_number(at, PRINT_DIGITS, &items);

	list_numbers(cursor, &kind, numbers);
	for (int i = 0; ok && i < NUMBERS; i++)
		ok = read_number(at, 1, numbers[i]);
	*options = (struct ps_fingerprint){ (uint32_t)walk, (uint32_t)items };
	cursor->stamp.kind = (enum ps_stamp_kind)kind;
	return ok && kind <= PS_STAMP_FILE && cursor->last <= 1 && cursor->kind <= SEARCH_ITEM_FILE;
}

const char *ps_cursor_read(struct ps_cursor *cursor, struct ps_fingerprint *options, const char *text, bool *no_memory)
{
	const char *at = text + sizeof(FIRST) - 1, *end;

	*cursor = (struct ps_cursor){ 0 };
	if (strncmp(text, FIRST, sizeof(FIRST) - 1) != 0)
		return strncmp(text, COMMON, sizeof(COMMON) - 1) == 0 && strchr(text, '.') != NULL
			       ? "is damaged, or of another version of this library"
			       : "is not a cursor";
	if (!check_text(text, &end))
		return "is damaged or incomplete";
	cursor->names = malloc(strlen(text));
	*no_memory = cursor->names == NULL;
	if (*no_memory)
		return NULL;
	if (!read_numbers(cursor, options, &at) || at > end + 1 || !read_path(cursor, at, end))
		return "is damaged";
	cursor->entry.set = true;
	cursor->entry.past = cursor->last != 0;
	return NULL;
}

/* --- items --- */

uint64_t ps_mix_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const char *at = bytes;
	uint64_t word;

	hash = ps_mix(hash, length);
	for (; length >= sizeof(word); at += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		hash = ps_mix(hash, word);
	}
	word = 0;
	for (; length > 0; length--)
		word = word << 8 | (unsigned char)at[length - 1];
	return ps_mix(hash, word);
}

/* Those fields that an item and its record both have, and the start of its text. */
static uint32_t check_of(const uint64_t *numbers, size_t count, const char *text, size_t length)
{
	uint64_t hash = 0;

	for (size_t i = 0; i < count; i++)
		hash = ps_mix(hash, numbers[i]);
	return (uint32_t)(ps_mix_bytes(hash, text, ps_min(length, PS_CHECKED)) >> 32);
}

uint32_t ps_item_check(const struct search_item *item)
{
	const uint64_t numbers[] = { item->kind, item->reason, (uint64_t)(unsigned)item->error,
				     item->line, item->offset, item->line_bytes };
	const char *text = item->message != NULL ? item->message : item->text;

	return check_of(numbers, sizeof(numbers) / sizeof(numbers[0]), text,
			item->message != NULL ? strlen(text) : item->length);
}

uint32_t ps_record_check(const struct ps_record *r, const char *text)
{
	bool line = r->kind == SEARCH_ITEM_MATCH || r->kind == SEARCH_ITEM_CONTEXT;
	const uint64_t numbers[] = { r->kind, r->reason, (uint64_t)(unsigned)r->error, r->line, r->offset,
				     line ? r->line_length : 0 };

	return check_of(numbers, sizeof(numbers) / sizeof(numbers[0]), text,
			line || r->kind == SEARCH_ITEM_ERROR ? r->length : 0);
}
