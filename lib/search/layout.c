/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * layout.c - how this library lays out the public structs, by name.
 *
 * test/api/test_layout.sh holds the table against the header: each struct and each field has a row. The names are
 * arrays, not pointers: so the table needs no relocation when the library is loaded.
 */
#include "search.h"

#include <string.h>

struct row {
	char name[40];
	uint16_t value; /* the size of a struct, or the offset of a field */
};

#define STRUCT(name) { #name, sizeof(struct name) }
#define FIELD(name, field) { #name "." #field, offsetof(struct name, field) }

static const struct row rows[] = {
	STRUCT(search_error),
	FIELD(search_error, size), FIELD(search_error, code), FIELD(search_error, system_error),
	FIELD(search_error, subject), FIELD(search_error, reason_at), FIELD(search_error, index),
	FIELD(search_error, offset), FIELD(search_error, message),
	STRUCT(search_pattern),
	FIELD(search_pattern, text), FIELD(search_pattern, length), FIELD(search_pattern, flags),
	FIELD(search_pattern, reserved), FIELD(search_pattern, reserved2),
	STRUCT(search_source),
	FIELD(search_source, kind), FIELD(search_source, descriptor), FIELD(search_source, path),
	FIELD(search_source, name), FIELD(search_source, data), FIELD(search_source, size),
	FIELD(search_source, reserved1), FIELD(search_source, reserved2),
	FIELD(search_source, reserved3),
	STRUCT(search_overlay),
	FIELD(search_overlay, path), FIELD(search_overlay, data), FIELD(search_overlay, size),
	FIELD(search_overlay, flags), FIELD(search_overlay, reserved), FIELD(search_overlay, reserved2),
	STRUCT(search_glob),
	FIELD(search_glob, text), FIELD(search_glob, flags), FIELD(search_glob, group), FIELD(search_glob, reserved),
	STRUCT(search_walk),
	FIELD(search_walk, size), FIELD(search_walk, flags), FIELD(search_walk, max_depth),
	FIELD(search_walk, max_file_size), FIELD(search_walk, globs), FIELD(search_walk, glob_count),
	FIELD(search_walk, ignore_files), FIELD(search_walk, ignore_file_count), FIELD(search_walk, git_configs),
	FIELD(search_walk, git_config_count), FIELD(search_walk, git_excludes), FIELD(search_walk, home),
	STRUCT(search_options),
	FIELD(search_options, size), FIELD(search_options, patterns), FIELD(search_options, pattern_count),
	FIELD(search_options, sources), FIELD(search_options, source_count), FIELD(search_options, next_source),
	FIELD(search_options, next_source_context), FIELD(search_options, walk), FIELD(search_options, encoding),
	FIELD(search_options, max_item_bytes), FIELD(search_options, match_flags),
	FIELD(search_options, result_flags), FIELD(search_options, syntax), FIELD(search_options, workers),
	FIELD(search_options, max_open_files), FIELD(search_options, max_queued_matches),
	FIELD(search_options, before_context), FIELD(search_options, after_context),
	FIELD(search_options, split_bytes), FIELD(search_options, output_fd), FIELD(search_options, max_queued_bytes),
	FIELD(search_options, max_line_bytes), FIELD(search_options, max_matches),
	FIELD(search_options, max_matches_per_file), FIELD(search_options, timeout_ms),
	FIELD(search_options, max_multiline_bytes), FIELD(search_options, pool), FIELD(search_options, priority),
	FIELD(search_options, caller_flags), FIELD(search_options, overlays), FIELD(search_options, overlay_count),
	FIELD(search_options, resume), FIELD(search_options, until), FIELD(search_options, max_line_ms),
	FIELD(search_options, reserved), FIELD(search_options, tree),
	STRUCT(search_span),
	FIELD(search_span, begin), FIELD(search_span, end), FIELD(search_span, pattern),
	FIELD(search_span, first_group),
	STRUCT(search_group),
	FIELD(search_group, begin), FIELD(search_group, end),
	STRUCT(search_item),
	FIELD(search_item, kind), FIELD(search_item, flags), FIELD(search_item, source), FIELD(search_item, path),
	FIELD(search_item, path_length), FIELD(search_item, line), FIELD(search_item, offset),
	FIELD(search_item, text), FIELD(search_item, length), FIELD(search_item, line_bytes),
	FIELD(search_item, text_offset), FIELD(search_item, spans), FIELD(search_item, span_count),
	FIELD(search_item, error), FIELD(search_item, reason), FIELD(search_item, message),
	FIELD(search_item, matches), FIELD(search_item, bytes), FIELD(search_item, groups),
	FIELD(search_item, group_count), FIELD(search_item, file_number), FIELD(search_item, file_size),
	FIELD(search_item, inode), FIELD(search_item, device), FIELD(search_item, modified),
	FIELD(search_item, modified_ns), FIELD(search_item, reserved),
	STRUCT(search_stats),
	FIELD(search_stats, size), FIELD(search_stats, workers), FIELD(search_stats, files_found),
	FIELD(search_stats, files_searched), FIELD(search_stats, files_skipped), FIELD(search_stats, directories),
	FIELD(search_stats, bytes), FIELD(search_stats, matches), FIELD(search_stats, errors),
	FIELD(search_stats, peak_open_files), FIELD(search_stats, peak_queued_matches),
	FIELD(search_stats, peak_queued_bytes), FIELD(search_stats, replaced), FIELD(search_stats, files_ruled_out),
	STRUCT(search_pool_options),
	FIELD(search_pool_options, size), FIELD(search_pool_options, workers),
	FIELD(search_pool_options, max_open_files), FIELD(search_pool_options, max_queued_bytes),
	FIELD(search_pool_options, max_memory),
	STRUCT(search_pool_stats),
	FIELD(search_pool_stats, size), FIELD(search_pool_stats, workers), FIELD(search_pool_stats, searches),
	FIELD(search_pool_stats, open_files), FIELD(search_pool_stats, peak_open_files),
	FIELD(search_pool_stats, queued_bytes), FIELD(search_pool_stats, peak_queued_bytes),
	FIELD(search_pool_stats, memory), FIELD(search_pool_stats, peak_memory),
	STRUCT(search_tree_options),
	FIELD(search_tree_options, size), FIELD(search_tree_options, max_bytes), FIELD(search_tree_options, trust),
	FIELD(search_tree_options, learn_percent), FIELD(search_tree_options, max_watches),
	FIELD(search_tree_options, reserved),
	STRUCT(search_tree_stats),
	FIELD(search_tree_stats, size), FIELD(search_tree_stats, bytes), FIELD(search_tree_stats, peak_bytes),
	FIELD(search_tree_stats, directories), FIELD(search_tree_stats, files), FIELD(search_tree_stats, signatures),
	FIELD(search_tree_stats, signature_bytes), FIELD(search_tree_stats, text_bytes),
	FIELD(search_tree_stats, dropped), FIELD(search_tree_stats, refused), FIELD(search_tree_stats, ruled_out),
	FIELD(search_tree_stats, learnt), FIELD(search_tree_stats, watches), FIELD(search_tree_stats, unwatched),
	FIELD(search_tree_stats, overflows), FIELD(search_tree_stats, changes),
	STRUCT(search_build),
	FIELD(search_build, size), FIELD(search_build, version), FIELD(search_build, formats),
	FIELD(search_build, simd), FIELD(search_build, oniguruma),
};

size_t search_layout(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, name) == 0)
			return rows[i].value;
	return SIZE_MAX;
}
