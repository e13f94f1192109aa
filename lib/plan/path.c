/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path.c - an entry's path, put together from the names of the runs above it.
 *
 * No run keeps its path: in a deep tree the paths of all directories on the way would take the square of the depth. A
 * path is made when an item shows it, or when something has to be opened by it.
 */
#include "plan_internal.h"

#include <fcntl.h>
#include <string.h>

struct ps_run *ps_entry_origin(const struct ps_claim *claim, uint32_t i, uint32_t *at)
{
	struct ps_run *run = claim->run;

	for (*at = claim->first + i; run->parts > 0; run = run->parent->run)
		*at = run->entries[*at].name;
	return run;
}

/* The source that an entry comes from, and its index. */
static const struct search_source *source_of(const struct ps_run *run, uint32_t at, uint64_t *index)
{
	while (run->parent != NULL) {
		at = run->parent->first;
		run = run->parent->run;
	}
	*index = run->first_source + at;
	return &run->sources[at];
}

uint64_t ps_claim_source_index(const struct ps_claim *claim)
{
	uint64_t index;
	uint32_t at;
	const struct ps_run *run = ps_entry_origin(claim, 0, &at);

	source_of(run, at, &index);
	return index;
}

/* Writes `root`, then the names below the source down to the entry's; from the end. SEARCH_OK or SEARCH_ENOMEM. */
static int build_path(const struct ps_run *origin, uint32_t entry, const char *root, struct ps_text *path)
{
	size_t root_length = strlen(root), length = root_length;
	bool slash = root_length > 0 && root[root_length - 1] != '/';
	const struct ps_run *run = origin;
	uint32_t at = entry;
	char *end;

	for (; run->parent != NULL; at = run->parent->first, run = run->parent->run)
		length += strlen(run->names + run->entries[at].name) +
			  (run->parent->run->parent != NULL || slash);
	if (!ps_text_reserve(path, length))
		return SEARCH_ENOMEM;
	path->length = length;
	end = path->bytes + length;
	*end = '\0';
	run = origin;
	at = entry;
	for (; run->parent != NULL; at = run->parent->first, run = run->parent->run) {
		const char *name = run->names + run->entries[at].name;
		size_t n = strlen(name);

		end -= n;
		memcpy(end, name, n);
		if (run->parent->run->parent != NULL || slash)
			*--end = '/';
	}
	memcpy(path->bytes, root, root_length);
	return SEARCH_OK;
}

int ps_run_path(const struct ps_run *run, uint32_t at, struct ps_text *path, uint64_t *source)
{
	const struct search_source *root = source_of(run, at, source);
	const char *name = root->name != NULL ? root->name : root->path;

	return build_path(run, at, name != NULL ? name : "", path);
}

int ps_claim_path_below(const struct ps_claim *claim, uint32_t i, const char *root, struct ps_text *path)
{
	uint32_t at;
	const struct ps_run *run = ps_entry_origin(claim, i, &at);

	return build_path(run, at, root, path);
}

/* The listing of the source that a directory's run is below. */
static const struct ps_run *source_listing(const struct ps_run *run)
{
	while (run->parent->run->parent != NULL)
		run = run->parent->run;
	return run;
}

int ps_run_directory(const struct ps_run *run, bool shown, struct ps_text *path)
{
	const struct ps_run *above = run->parent->run;
	uint64_t source;
	int rc = shown ? ps_run_path(above, run->parent->first, path, &source)
		       : build_path(above, run->parent->first, source_listing(run)->from_here, path);

	if (rc == SEARCH_OK)
		rc = ps_text_reserve(path, path->length + 1) ? SEARCH_OK : SEARCH_ENOMEM;
	if (rc == SEARCH_OK && path->length > 0 && path->bytes[path->length - 1] != '/') {
		path->bytes[path->length++] = '/';
		path->bytes[path->length] = '\0';
	}
	return rc;
}

int ps_claim_path(const struct ps_claim *claim, uint32_t i, struct ps_text *path)
{
	uint64_t source;
	uint32_t at;
	const struct ps_run *run = ps_entry_origin(claim, i, &at);

	return ps_run_path(run, at, path, &source);
}

int ps_run_real_path(const struct ps_run *run, uint32_t at, struct ps_text *path, int *base_fd)
{
	uint64_t index;
	const struct search_source *source = source_of(run, at, &index);
	bool by_descriptor = source->kind == SEARCH_SOURCE_DESCRIPTOR;

	*base_fd = by_descriptor ? source->descriptor : AT_FDCWD;
	return build_path(run, at, by_descriptor ? "" : source->path, path);
}

int ps_claim_real_path(const struct ps_claim *claim, uint32_t i, struct ps_text *path, int *base_fd)
{
	uint32_t at;
	const struct ps_run *run = ps_entry_origin(claim, i, &at);

	return ps_run_real_path(run, at, path, base_fd);
}
