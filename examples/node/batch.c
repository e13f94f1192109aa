/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * batch.c - many items as one Buffer.
 *
 * Making a JavaScript object with a dozen properties from C takes longer than finding the line that it describes.
 * So items cross as bytes, many at once, and index.js reads a field when somebody asks for it. A batch is
 *
 *	records   of a fixed size, one for each item
 *	words     of 32 bits: spans, as (begin, end, pattern, first group), and groups, as (begin, end)
 *	bytes     paths, texts, messages; a path that the item before has, too, is there once
 *
 * It is a copy: the library's items die with the next call, and a Buffer that V8 itself allocates works in Electron,
 * too, which refuses memory from elsewhere.
 *
 * A line has at most 1 GiB, so places in it fit 32 bits; "no group" becomes the greatest of them. Numbers of 64 bits
 * become doubles, exact up to 2^53, except inode and device, which use all their bits.
 */
#include "addon.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct record {
	double line, offset, line_bytes, text_offset, source, matches, bytes, file_number, file_size, modified;
	uint64_t inode, device;
	uint32_t kind, flags, error, reason, modified_ns, path, path_length, text, length, message, message_length;
	uint32_t spans, span_count, groups, group_count;
	uint32_t count; /* of the records in the batch; in the first of them */
};

struct part {
	char *data;
	size_t size, room; /* bytes */
};

struct stage {
	struct part records, words, bytes;
	uint32_t path, path_length; /* of the last item, in bytes */
};

#define KEPT_ROOM ((size_t)1 << 20) /* a part that had to grow beyond this is given back after its batch */

struct stage *new_stage(void)
{
	return (struct stage *)calloc(1, sizeof(struct stage));
}

void free_stage(struct stage *stage)
{
	if (stage == NULL)
		return;
	free(stage->records.data);
	free(stage->words.data);
	free(stage->bytes.data);
	free(stage);
}

size_t stage_count(const struct stage *stage)
{
	return stage->records.size / sizeof(struct record);
}

size_t stage_bytes(const struct stage *stage)
{
	return stage->records.size + stage->words.size + stage->bytes.size;
}

/* Returns where `size` more bytes go, or NULL. */
static void *extend(struct part *part, size_t size)
{
	if (part->room - part->size < size) {
		size_t room = 2 * (part->size + size) + 4096;
		char *data = (char *)realloc(part->data, room);

		if (data == NULL)
			return NULL;
		part->data = data;
		part->room = room;
	}
	part->size += size;
	return part->data + part->size - size;
}

static bool add_bytes(struct stage *stage, const char *data, size_t length, uint32_t *at)
{
	void *place;

	*at = (uint32_t)stage->bytes.size;
	if (length == 0)
		return true;
	place = extend(&stage->bytes, length);
	if (place != NULL)
		memcpy(place, data, length);
	return place != NULL;
}

static bool add_path(struct stage *stage, const char *path, size_t length, struct record *record)
{
	if (stage->records.size == 0 || length != stage->path_length || length == 0 ||
	    memcmp(path, stage->bytes.data + stage->path, length) != 0) {
		if (!add_bytes(stage, path, length, &stage->path))
			return false;
		stage->path_length = (uint32_t)length;
	}
	record->path = stage->path;
	record->path_length = stage->path_length;
	return true;
}

static bool add_spans(struct stage *stage, const struct search_item *item, struct record *record)
{
	uint32_t *word = (uint32_t *)extend(&stage->words, item->span_count * 4 * sizeof *word);
	size_t i;

	if (word == NULL)
		return item->span_count == 0;
	record->spans = (uint32_t)(stage->words.size / sizeof *word - 4 * item->span_count);
	record->span_count = (uint32_t)item->span_count;
	for (i = 0; i < item->span_count; i++) {
		*word++ = (uint32_t)item->spans[i].begin;
		*word++ = (uint32_t)item->spans[i].end;
		*word++ = item->spans[i].pattern;
		*word++ = item->spans[i].first_group;
	}
	return true;
}

static bool add_groups(struct stage *stage, const struct search_item *item, struct record *record)
{
	uint32_t *word = (uint32_t *)extend(&stage->words, item->group_count * 2 * sizeof *word);
	size_t i;

	if (word == NULL)
		return item->group_count == 0;
	record->groups = (uint32_t)(stage->words.size / sizeof *word - 2 * item->group_count);
	record->group_count = (uint32_t)item->group_count;
	for (i = 0; i < item->group_count; i++) {
		*word++ = (uint32_t)item->groups[i].begin; /* of SEARCH_NO_GROUP: the greatest */
		*word++ = (uint32_t)item->groups[i].end;
	}
	return true;
}

bool stage_item(struct stage *stage, const struct search_item *item)
{
	struct record record = {
		.line = (double)item->line, .offset = (double)item->offset, .line_bytes = (double)item->line_bytes,
		.text_offset = (double)item->text_offset, .source = (double)item->source,
		.matches = (double)item->matches, .bytes = (double)item->bytes,
		.file_number = (double)item->file_number, .file_size = (double)item->file_size,
		.modified = (double)item->modified, .inode = item->inode, .device = item->device,
		.kind = item->kind, .flags = item->flags, .error = (uint32_t)item->error, .reason = item->reason,
		.modified_ns = item->modified_ns, .length = (uint32_t)item->length,
		.message_length = item->message == NULL ? 0 : (uint32_t)strlen(item->message),
	};
	void *place;

	if (!add_path(stage, item->path, item->path_length, &record) ||
	    !add_bytes(stage, item->text, item->length, &record.text) ||
	    !add_bytes(stage, item->message, record.message_length, &record.message) ||
	    !add_spans(stage, item, &record) || !add_groups(stage, item, &record))
		return false;
	place = extend(&stage->records, sizeof record);
	if (place != NULL)
		memcpy(place, &record, sizeof record);
	return place != NULL;
}

static void empty(struct part *part)
{
	part->size = 0;
	if (part->room > KEPT_ROOM) {
		free(part->data);
		*part = (struct part){0};
	}
}

/* Places in words and bytes become places in the whole batch. */
static void relocate(struct record *record, size_t count, size_t words, size_t bytes)
{
	record->count = (uint32_t)count;
	for (; count > 0; count--, record++) {
		record->spans += (uint32_t)(words / sizeof(uint32_t));
		record->groups += (uint32_t)(words / sizeof(uint32_t));
		record->path += (uint32_t)bytes;
		record->text += (uint32_t)bytes;
		record->message += (uint32_t)bytes;
	}
}

void clear_stage(struct stage *stage)
{
	empty(&stage->records);
	empty(&stage->words);
	empty(&stage->bytes);
}

napi_value finish_batch(napi_env env, struct stage *stage)
{
	size_t words = stage->records.size, bytes = words + stage->words.size;
	napi_value buffer = NULL;
	void *data;

	relocate((struct record *)(void *)stage->records.data, stage_count(stage), words, bytes);
	if (stage_bytes(stage) > UINT32_MAX) /* the spans of one line: places in the batch do not fit */
		napi_throw_range_error(env, NULL, "psearch: an item takes more than 4 GiB: set noSpans, or maxItemBytes");
	else if (napi_create_buffer(env, stage_bytes(stage), &data, &buffer) == napi_ok) {
		memcpy(data, stage->records.data, words);
		if (stage->words.size > 0)
			memcpy((char *)data + words, stage->words.data, stage->words.size);
		if (stage->bytes.size > 0)
			memcpy((char *)data + bytes, stage->bytes.data, stage->bytes.size);
	}
	clear_stage(stage);
	return buffer;
}

/* In units of the field's own size, as typed arrays are indexed. */
#define PLACE(name, js) { js, offsetof(struct record, name) / sizeof((struct record *)0)->name }

napi_value describe_record(napi_env env)
{
	static const struct {
		const char *name;
		size_t place;
	} places[] = {
		PLACE(line, "line"), PLACE(offset, "offset"), PLACE(line_bytes, "lineBytes"),
		PLACE(text_offset, "textOffset"), PLACE(source, "source"), PLACE(matches, "matches"),
		PLACE(bytes, "bytes"), PLACE(file_number, "fileNumber"), PLACE(file_size, "fileSize"),
		PLACE(modified, "modified"), PLACE(inode, "inode"), PLACE(device, "device"), PLACE(kind, "kind"),
		PLACE(flags, "flags"), PLACE(error, "error"), PLACE(reason, "reason"),
		PLACE(modified_ns, "modifiedNs"), PLACE(path, "path"), PLACE(path_length, "pathLength"),
		PLACE(text, "text"), PLACE(length, "length"), PLACE(message, "message"),
		PLACE(message_length, "messageLength"), PLACE(spans, "spans"), PLACE(span_count, "spanCount"),
		PLACE(groups, "groups"), PLACE(group_count, "groupCount"), PLACE(count, "count"),
		{ "size", sizeof(struct record) },
	};
	napi_value table, place;
	size_t i;

	napi_create_object(env, &table);
	for (i = 0; i < sizeof places / sizeof *places; i++) {
		napi_create_uint32(env, (uint32_t)places[i].place, &place);
		napi_set_named_property(env, table, places[i].name, place);
	}
	return table;
}
