/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.c - structs of the library from objects of JavaScript, and the other way round.
 *
 * A table for each struct says which fields an object may set; their names there are those of the header in camel
 * case. index.js has turned numbers into BigInts that fit, strings into Buffers that end in NUL, and texts into
 * Buffers. So nothing is copied here: search_open() does that, before the Buffers can go.
 */
#include "addon.h"

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum kind {
	NUMBER,
	SIGNED,
	STRING, /* a pointer to a string */
	DATA    /* a pointer, and in the field after it the length */
};

struct field {
	const char *name;
	size_t offset, size;
	enum kind kind;
};

#define FIELD(type, name, kind) { #name, offsetof(struct type, name), sizeof((struct type *)0)->name, kind }
#define OPTION(name) FIELD(search_options, name, NUMBER)
#define WALK(name) FIELD(search_walk, name, NUMBER)
#define STAT(name) FIELD(search_stats, name, NUMBER)
#define POOL(name) FIELD(search_pool_options, name, NUMBER)
#define POOL_STAT(name) FIELD(search_pool_stats, name, NUMBER)
#define TREE(name) FIELD(search_tree_options, name, NUMBER)
#define TREE_STAT(name) FIELD(search_tree_stats, name, NUMBER)
#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static const struct field option_fields[] = {
	FIELD(search_options, encoding, STRING), FIELD(search_options, resume, STRING),
	FIELD(search_options, until, STRING), FIELD(search_options, output_fd, SIGNED),
	OPTION(max_item_bytes), OPTION(match_flags), OPTION(result_flags), OPTION(syntax), OPTION(workers),
	OPTION(max_open_files), OPTION(max_queued_matches), OPTION(before_context), OPTION(after_context),
	OPTION(split_bytes), OPTION(max_queued_bytes), OPTION(max_line_bytes), OPTION(max_matches),
	OPTION(max_matches_per_file), OPTION(timeout_ms), OPTION(max_multiline_bytes), OPTION(priority),
	OPTION(caller_flags), OPTION(max_line_ms),
};
static const struct field walk_fields[] = {
	FIELD(search_walk, git_excludes, STRING), FIELD(search_walk, home, STRING),
	WALK(max_depth), WALK(max_file_size),
};
static const struct field pattern_fields[] = { FIELD(search_pattern, text, DATA) };
static const struct field source_fields[] = {
	FIELD(search_source, kind, NUMBER), FIELD(search_source, descriptor, SIGNED),
	FIELD(search_source, path, STRING), FIELD(search_source, name, STRING), FIELD(search_source, data, DATA),
};
static const struct field overlay_fields[] = {
	FIELD(search_overlay, path, STRING), FIELD(search_overlay, data, DATA), FIELD(search_overlay, flags, NUMBER),
};
static const struct field glob_fields[] = {
	FIELD(search_glob, text, STRING), FIELD(search_glob, flags, NUMBER), FIELD(search_glob, group, NUMBER),
};
static const struct field pool_fields[] = {
	POOL(workers), POOL(max_open_files), POOL(max_queued_bytes), POOL(max_memory),
};
static const struct field stats_fields[] = {
	STAT(workers), STAT(files_found), STAT(files_searched), STAT(files_skipped), STAT(directories), STAT(bytes),
	STAT(matches), STAT(errors), STAT(peak_open_files), STAT(peak_queued_matches), STAT(peak_queued_bytes),
	STAT(replaced), STAT(files_ruled_out),
};
static const struct field pool_stats_fields[] = {
	POOL_STAT(workers), POOL_STAT(searches), POOL_STAT(open_files), POOL_STAT(peak_open_files),
	POOL_STAT(queued_bytes), POOL_STAT(peak_queued_bytes), POOL_STAT(memory), POOL_STAT(peak_memory),
};

static const struct field tree_fields[] = {
	TREE(max_bytes), TREE(trust), TREE(learn_percent), TREE(max_watches),
};
static const struct field tree_stats_fields[] = {
	TREE_STAT(bytes), TREE_STAT(peak_bytes), TREE_STAT(directories), TREE_STAT(files), TREE_STAT(signatures),
	TREE_STAT(signature_bytes), TREE_STAT(text_bytes), TREE_STAT(dropped), TREE_STAT(refused),
	TREE_STAT(ruled_out), TREE_STAT(learnt), TREE_STAT(watches), TREE_STAT(unwatched), TREE_STAT(overflows),
	TREE_STAT(changes),
};

/* max_open_files is maxOpenFiles. */
static const char *camel_case(const char *name, char *buffer, size_t size)
{
	size_t length = 0;

	for (; *name != '\0' && length + 1 < size; name++)
		if (name[0] == '_' && name[1] != '\0')
			buffer[length++] = (char)toupper((unsigned char)*++name);
		else
			buffer[length++] = *name;
	buffer[length] = '\0';
	return buffer;
}

/* False, too, if there is no such property. */
static bool get(napi_env env, napi_value object, const char *name, napi_value *value)
{
	napi_valuetype type;

	return napi_get_named_property(env, object, name, value) == napi_ok &&
	       napi_typeof(env, *value, &type) == napi_ok && type != napi_undefined;
}

static bool set_number(napi_env env, napi_value value, void *place, size_t size)
{
	uint64_t number;
	uint32_t word;
	bool lossless;

	if (napi_get_value_bigint_uint64(env, value, &number, &lossless) != napi_ok)
		return false;
	word = (uint32_t)number; /* of a negative number, too */
	memcpy(place, size == sizeof word ? (void *)&word : &number, size);
	return true;
}

static bool set_buffer(napi_env env, napi_value value, void *place, bool with_length)
{
	void *data;
	size_t length;

	if (napi_get_buffer_info(env, value, &data, &length) != napi_ok)
		return false;
	memcpy(place, &data, sizeof data);
	if (with_length)
		memcpy((char *)place + sizeof data, &length, sizeof length);
	return true;
}

static bool read_struct(napi_env env, napi_value object, const struct field *fields, size_t count, void *result)
{
	char name[64];
	napi_value value;
	size_t i;

	for (i = 0; i < count; i++) {
		void *place = (char *)result + fields[i].offset;
		bool is_number = fields[i].kind == NUMBER || fields[i].kind == SIGNED;

		if (get(env, object, camel_case(fields[i].name, name, sizeof name), &value) &&
		    !(is_number ? set_number(env, value, place, fields[i].size)
				: set_buffer(env, value, place, fields[i].kind == DATA))) {
			napi_throw_type_error(env, NULL, name);
			return false;
		}
	}
	return true;
}

/* Reads an array of JavaScript into one of structs with these fields, or of strings if there are no fields. */
static bool read_list(napi_env env, napi_value object, const char *name, const struct field *fields, size_t field_count,
		      size_t size, struct request *request, void *result, size_t *count)
{
	napi_value array, element;
	uint32_t length, i;
	char *list;

	if (!get(env, object, name, &array))
		return true;
	if (napi_get_array_length(env, array, &length) != napi_ok)
		return false;
	list = (char *)calloc(length + 1, size);
	if (list == NULL)
		return false;
	request->lists[request->list_count++] = list;
	for (i = 0; i < length; i++)
		if (napi_get_element(env, array, i, &element) != napi_ok ||
		    !(fields != NULL ? read_struct(env, element, fields, field_count, list + i * size)
				     : set_buffer(env, element, list + i * size, false)))
			return false;
	memcpy(result, &list, sizeof list);
	*count = length;
	return true;
}

#define READ_LIST(name, fields, list, count) \
	read_list(env, object, name, fields, LENGTH(fields), sizeof *(list), request, &(list), &(count))
#define READ_STRINGS(name, list, count) \
	read_list(env, object, name, NULL, 0, sizeof *(list), request, &(list), &(count))

bool read_request(napi_env env, napi_value object, struct request *request)
{
	struct search_options *options = &request->options;
	struct search_walk *walk = &request->walk;
	napi_value flags; /* of the walk: the object has the options of both */

	memset(request, 0, sizeof *request);
	search_options_init(options, sizeof *options);
	search_walk_init(walk, sizeof *walk);
	options->walk = walk;
	return read_struct(env, object, option_fields, LENGTH(option_fields), options) &&
	       read_struct(env, object, walk_fields, LENGTH(walk_fields), walk) &&
	       (!get(env, object, "walkFlags", &flags) || set_number(env, flags, &walk->flags, sizeof walk->flags)) &&
	       READ_LIST("patterns", pattern_fields, options->patterns, options->pattern_count) &&
	       READ_LIST("sources", source_fields, options->sources, options->source_count) &&
	       READ_LIST("overlays", overlay_fields, options->overlays, options->overlay_count) &&
	       READ_LIST("globs", glob_fields, walk->globs, walk->glob_count) &&
	       READ_STRINGS("extraIgnoreFiles", walk->ignore_files, walk->ignore_file_count) &&
	       READ_STRINGS("gitConfigs", walk->git_configs, walk->git_config_count);
}

void free_request(struct request *request)
{
	while (request->list_count > 0)
		free(request->lists[--request->list_count]);
}

bool read_source(napi_env env, napi_value object, struct search_source *source)
{
	memset(source, 0, sizeof *source);
	return read_struct(env, object, source_fields, LENGTH(source_fields), source);
}

bool read_pool_options(napi_env env, napi_value object, struct search_pool_options *options)
{
	search_pool_options_init(options, sizeof *options);
	return read_struct(env, object, pool_fields, LENGTH(pool_fields), options);
}

bool read_tree_options(napi_env env, napi_value object, struct search_tree_options *options)
{
	search_tree_options_init(options, sizeof *options);
	return read_struct(env, object, tree_fields, LENGTH(tree_fields), options);
}

static void describe(napi_env env, napi_value result, const char *of, const struct field *fields, size_t count)
{
	napi_value table, bits;
	char name[64];
	size_t i;

	napi_create_object(env, &table);
	for (i = 0; i < count; i++) {
		int size = fields[i].kind == NUMBER ? 8 * (int)fields[i].size
			 : fields[i].kind == SIGNED ? -8 * (int)fields[i].size : 0;

		napi_create_int32(env, size, &bits);
		napi_set_named_property(env, table, camel_case(fields[i].name, name, sizeof name), bits);
	}
	napi_set_named_property(env, result, of, table);
}

napi_value describe_fields(napi_env env)
{
	napi_value result;

	napi_create_object(env, &result);
	describe(env, result, "options", option_fields, LENGTH(option_fields));
	describe(env, result, "walk", walk_fields, LENGTH(walk_fields));
	describe(env, result, "pool", pool_fields, LENGTH(pool_fields));
	describe(env, result, "tree", tree_fields, LENGTH(tree_fields));
	return result;
}

static napi_value object_of(napi_env env, const struct field *fields, size_t count, const void *from)
{
	napi_value object, value;
	char name[64];
	size_t i;

	napi_create_object(env, &object);
	for (i = 0; i < count; i++) {
		const char *place = (const char *)from + fields[i].offset;
		uint64_t number = 0;
		uint32_t word = 0;

		memcpy(fields[i].size == sizeof word ? (void *)&word : &number, place, fields[i].size);
		napi_create_double(env, (double)(number + word), &value);
		napi_set_named_property(env, object, camel_case(fields[i].name, name, sizeof name), value);
	}
	return object;
}

napi_value stats_object(napi_env env, const struct search_stats *stats)
{
	return object_of(env, stats_fields, LENGTH(stats_fields), stats);
}

napi_value pool_stats_object(napi_env env, const struct search_pool_stats *stats)
{
	return object_of(env, pool_stats_fields, LENGTH(pool_stats_fields), stats);
}

napi_value tree_stats_object(napi_env env, const struct search_tree_stats *stats)
{
	return object_of(env, tree_stats_fields, LENGTH(tree_stats_fields), stats);
}
