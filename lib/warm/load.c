/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load.c - a file of saved.h is added to a tree.
 *
 * The file is read twice, piece by piece. The first time all of it is checked, and the sum; the second time it is added.
 * So a file that is refused leaves the tree as it was, and no more of it is in memory than a piece. A file that is
 * replaced meanwhile is still the one that was opened. One that is written to meanwhile, which save.c never does, is
 * checked the second time as well: what is added is sound, if not whole.
 *
 *   L1  What the tree has of a directory or file is newer than what the file has, and stays.
 *   L2  Nothing that is loaded is trusted or verified: stamps are compared before it is used.
 *   L3  What there is no memory for, within max_bytes, is left out; it is learnt again.
 */
#include "../base/file.h"
#include "saved.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES = 256 * 1024 }; /* at once: what a processor's cache holds */

/* Reads a file in pieces. */
struct ps_piece_reader {
	int fd;
	uint64_t at, size;    /* how much was read, of what the file has */
	uint8_t *buffer;
	size_t space, begin, end;
	bool sums;
	struct ps_saved_sum sum; /* of what was read */
};

struct ps_loader {
	struct search_tree *tree;
	struct ps_piece_reader in;
	struct ps_saved_header header;
	struct ps_saved_directory directory; /* the one at hand, */
	struct ps_warm_entry *entries;       /* and its entries */
	size_t entry_space;
	bool adds;               /* the second time */
	struct ps_kept **kept;   /* of each directory of the file the tree's, or NULL; references */
	struct {
		uint32_t above, at;
		bool newer;      /* the tree's is not what was saved, so the numbers of its entries are others */
	} *links;                /* likewise */
	int status;
	const char *what;
	int error;
};

/* The first reason counts. False, for callers that return it. */
static bool loader_end(struct ps_loader *l, int status, const char *what, int error)
{
	if (l->status == SEARCH_OK) {
		l->status = status;
		l->what = what;
		l->error = error;
	}
	return false;
}

/* Inline, so that the compiler knows what they return. */
static inline bool refuse_damaged(struct ps_loader *l)
{
	loader_end(l, SEARCH_EINVAL, "it is damaged", 0);
	return false;
}

static inline bool fail_for_memory(struct ps_loader *l)
{
	loader_end(l, SEARCH_ENOMEM, NULL, 0);
	return false;
}

/* --- pieces --- */

/* Moves what is left to the front, and makes room for `bytes` in all. */
static bool make_room(struct ps_loader *l, size_t bytes)
{
	struct ps_piece_reader *in = &l->in;
	uint8_t *buffer;

	if (in->end > in->begin)
		memmove(in->buffer, in->buffer + in->begin, in->end - in->begin);
	in->end -= in->begin;
	in->begin = 0;
	if (bytes <= in->space)
		return true;
	buffer = realloc(in->buffer, bytes);
	if (buffer == NULL)
		return fail_for_memory(l);
	in->buffer = buffer;
	in->space = bytes;
	return true;
}

/* Fills the buffer. */
static bool read_piece(struct ps_loader *l)
{
	struct ps_piece_reader *in = &l->in;
	size_t want = (size_t)ps_min64(in->space - in->end, in->size - in->at);
	ssize_t got = ps_read_at(in->fd, in->buffer + in->end, want, (off_t)in->at);

	if (got < 0)
		return loader_end(l, SEARCH_ESYSTEM, "it cannot be read", errno);
	if ((size_t)got < want)
		return refuse_damaged(l); /* it has become shorter */
	if (in->sums)
		ps_saved_sum_add(&in->sum, in->buffer + in->end, want);
	in->at += want;
	in->end += want;
	return true;
}

/* The next bytes, a multiple of 8; valid until the next call. NULL: there are not so many, or reading fails. */
static const void *take_bytes(struct ps_loader *l, size_t bytes)
{
	struct ps_piece_reader *in = &l->in;
	const void *taken;

	if (bytes > in->end - in->begin) {
		if (bytes - (in->end - in->begin) > in->size - in->at) {
			refuse_damaged(l);
			return NULL;
		}
		if (!make_room(l, bytes) || !read_piece(l))
			return NULL;
	}
	taken = in->buffer + in->begin;
	in->begin += bytes;
	return taken;
}

/* --- a directory --- */

static bool is_name(const char *name, size_t length)
{
	if (length == 0 || (name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'))))
		return false;
	return memchr(name, '/', length) == NULL;
}

/* Are they names, in order, each once? Sets the entries. */
static bool read_names(struct ps_loader *l, const char *names, const uint8_t *types)
{
	const char *at = names, *end = names + l->directory.name_bytes, *before = NULL;

	for (uint32_t i = 0; i < l->directory.entries; i++) {
		const char *nul = memchr(at, '\0', (size_t)(end - at));

		if (nul == NULL || !is_name(at, (size_t)(nul - at)) || (before != NULL && strcmp(before, at) >= 0))
			return refuse_damaged(l);
		if (types[i] != DT_REG && types[i] != DT_DIR && types[i] != DT_LNK && types[i] != DT_UNKNOWN)
			return refuse_damaged(l);
		l->entries[i] = (struct ps_warm_entry){ .name = (uint32_t)(at - names), .type = types[i] };
		before = at;
		at = nul + 1;
	}
	return at == end || refuse_damaged(l);
}

static bool is_path(const char *path, size_t size)
{
	return size == 0 || (size > 1 && memchr(path, '\0', size) == path + size - 1);
}

/* Can its lengths be true? */
static bool is_record_sound(const struct ps_loader *l, const struct ps_saved_directory *d)
{
	uint64_t bytes = (uint64_t)d->path_bytes + d->name_bytes + d->entries;

	return bytes <= l->in.size && d->entries <= d->name_bytes / 2 && (d->flags & ~(uint32_t)PS_SAVED_SHORT_READ) == 0 &&
	       (d->above == PS_SAVED_NONE || d->above < l->header.directories);
}

/* Reads the record of a directory and its listing. *path and *names: valid until the next take_bytes(). */
static bool read_listing(struct ps_loader *l, const char **path, const char **names)
{
	const struct ps_saved_directory *record = take_bytes(l, sizeof(*record));
	struct ps_saved_directory *d = &l->directory;
	struct ps_warm_entry *entries;

	if (record == NULL)
		return false;
	*d = *record;
	if (!is_record_sound(l, d))
		return refuse_damaged(l);
	entries = ps_grow(l->entries, &l->entry_space, d->entries, sizeof(*entries));
	if (entries == NULL)
		return fail_for_memory(l);
	l->entries = entries;
	*path = take_bytes(l, ps_saved_padded((size_t)d->path_bytes + d->name_bytes + d->entries));
	if (*path == NULL)
		return false;
	*names = *path + d->path_bytes;
	if (!is_path(*path, d->path_bytes))
		return refuse_damaged(l);
	return read_names(l, *names, (const uint8_t *)*names + d->name_bytes);
}

/* What the tree has of it already, a reference; or NULL. */
static struct ps_kept *find_directory(struct ps_loader *l)
{
	struct ps_kept *kept;

	ps_lock_take(&l->tree->lock);
	kept = ps_kept_find(l->tree, (dev_t)l->directory.device, l->directory.stamp.inode);
	if (kept != NULL)
		ps_kept_take(kept);
	ps_lock_release(&l->tree->lock);
	return kept;
}

/* Puts it into the tree, unless a search has done so meanwhile. Returns that which is there, a reference, or NULL. */
static struct ps_kept *add_directory(struct ps_loader *l, const char *names)
{
	const struct ps_saved_directory *d = &l->directory;
	struct search_tree *tree = l->tree;
	struct ps_kept *kept = ps_kept_new(tree, (dev_t)d->device, &d->stamp, l->entries, d->entries, names, d->name_bytes);
	struct ps_kept *there;

	if (kept == NULL)
		return NULL;
	kept->shown.short_read_is_end = (d->flags & PS_SAVED_SHORT_READ) != 0;
	ps_lock_take(&tree->lock);
	there = ps_kept_find(tree, (dev_t)d->device, d->stamp.inode);
	if (there == NULL && ps_kept_insert(kept))
		there = kept;
	if (there != NULL)
		ps_kept_take(there);
	ps_lock_release(&tree->lock);
	ps_kept_release(kept);
	return there;
}

static struct ps_kept *find_or_add_directory(struct ps_loader *l, const char *path, const char *names)
{
	struct ps_kept *kept = find_directory(l);

	if (kept == NULL)
		kept = add_directory(l, names);
	if (kept != NULL && l->directory.path_bytes > 0)
		ps_kept_set_path(kept, path);
	return kept;
}

/* --- files --- */

/* The next file's record, and its signature or NULL; or the end of them. *record is a copy. */
static bool read_file(struct ps_loader *l, struct ps_saved_file *record, const struct ps_signature **signature)
{
	static const uint8_t zeros[sizeof(record->reserved)];
	const struct ps_saved_file *taken = take_bytes(l, sizeof(*taken));

	*signature = NULL;
	if (taken == NULL)
		return false;
	*record = *taken;
	if (memcmp(record->reserved, zeros, sizeof(zeros)) != 0 || (record->flags & ~PS_FILE_SAVED) != 0)
		return refuse_damaged(l);
	if (record->at == PS_SAVED_END)
		return record->signature_size == 0 || refuse_damaged(l);
	if (record->at >= l->directory.entries || l->entries[record->at].type != DT_REG)
		return refuse_damaged(l);
	if (record->signature_size == 0)
		return true;
	if (record->signature_size > l->in.size || (record->flags & PS_FILE_UNFIT) != 0)
		return refuse_damaged(l);
	*signature = take_bytes(l, ps_saved_padded(record->signature_size));
	if (*signature == NULL)
		return false;
	return (ps_signature_is_sound(*signature, record->signature_size) &&
		(*signature)->size == record->signature_size) || refuse_damaged(l);
}

/* Which entry of the directory in the tree it is; UINT32_MAX: none, or something newer is known of it. */
static uint32_t find_place(struct ps_kept *kept, const char *name, uint32_t at)
{
	const struct ps_warm_directory *d = &kept->shown;
	bool known;

	if (at >= d->count || strcmp(d->names + d->entries[at].name, name) != 0)
		at = ps_kept_index(kept, name);
	if (at == UINT32_MAX || d->entries[at].type != DT_REG)
		return UINT32_MAX;
	ps_files_lock(kept);
	known = kept->slots[at].file != NULL;
	ps_files_unlock(kept);
	return known ? UINT32_MAX : at;
}

static void add_file(struct ps_kept *kept, uint32_t at, const struct ps_saved_file *record,
		     const struct ps_signature *signature)
{
	struct ps_warm_file file = { .stamp = record->stamp, .flags = record->flags, .use = record->use };

	if (signature != NULL && record->signature_size > kept->tree->most_signature)
		return;
	file.signature = (struct ps_signature *)(uintptr_t)signature; /* is only copied */
	ps_file_install(kept, at, &file);
}

/* Reads the files of a directory, and adds them to `kept`, unless that is NULL. */
static bool read_files(struct ps_loader *l, struct ps_kept *kept, const char *names)
{
	const struct ps_signature *signature;
	struct ps_saved_file record;
	uint32_t first = 0;

	while (read_file(l, &record, &signature)) {
		if (record.at == PS_SAVED_END)
			return true;
		if (record.at < first)
			return refuse_damaged(l);
		first = record.at + 1;
		if (kept != NULL) {
			uint32_t at = find_place(kept, names + l->entries[record.at].name, record.at);

			if (at != UINT32_MAX)
				add_file(kept, at, &record, signature);
		}
	}
	return false;
}

/* --- all of it --- */

static bool read_directory(struct ps_loader *l, uint64_t index)
{
	const char *path = NULL, *names = NULL;
	char *own = NULL;
	bool ok;

	if (!read_listing(l, &path, &names))
		return false;
	if (!l->adds)
		return read_files(l, NULL, NULL);
	/* The names are needed while the files are read, which takes their buffer. */
	own = malloc((size_t)l->directory.name_bytes + 1);
	if (own == NULL)
		return fail_for_memory(l);
	memcpy(own, names, l->directory.name_bytes);
	l->kept[index] = find_or_add_directory(l, path, names);
	l->links[index].above = l->directory.above;
	l->links[index].at = l->directory.at;
	l->links[index].newer = l->kept[index] != NULL && !ps_warm_stamp_equal(&l->kept[index]->stamp, &l->directory.stamp);
	ok = read_files(l, l->kept[index], own);
	free(own);
	return ok;
}

/* Reads the file from after its header to its end. */
static bool read_all(struct ps_loader *l)
{
	struct ps_piece_reader *in = &l->in;

	in->at = sizeof(l->header);
	in->begin = in->end = 0;
	for (uint64_t i = 0; i < l->header.directories; i++)
		if (!read_directory(l, i))
			return false;
	return (in->begin == in->end && in->at == in->size) || refuse_damaged(l);
}

/*
 * A link that does not fit is not made: they only save looking a directory up. Where the name leads by now, a search has to
 * see: the tree may know of changes that came after the file was saved.
 */
static void link_directory(struct ps_loader *l, struct ps_kept *kept, struct ps_kept *above, uint32_t at)
{
	ps_lock_take(&l->tree->lock);
	if (kept->above == NULL && above != kept && at < above->shown.count && above->shown.entries[at].type == DT_DIR &&
	    above->slots[at].below == NULL)
		ps_kept_link(kept, above, above->shown.names + above->shown.entries[at].name, true);
	ps_lock_release(&l->tree->lock);
}

static void link_all(struct ps_loader *l)
{
	for (uint64_t i = 0; i < l->header.directories; i++) {
		uint32_t above = l->links[i].above;

		if (above != PS_SAVED_NONE && l->kept[i] != NULL && l->kept[above] != NULL && !l->links[above].newer)
			link_directory(l, l->kept[i], l->kept[above], l->links[i].at);
	}
}

static bool add_all(struct ps_loader *l)
{
	size_t count = (size_t)l->header.directories;
	bool ok;

	l->kept = calloc(count + 1, sizeof(struct ps_kept *));
	l->links = calloc(count + 1, sizeof(*l->links));
	if (l->kept == NULL || l->links == NULL)
		return fail_for_memory(l);
	l->adds = true;
	l->in.sums = false;
	ok = read_all(l);
	if (ok)
		link_all(l);
	for (size_t i = 0; i < count; i++)
		ps_kept_release(l->kept[i]);
	return ok;
}

static bool check_sum(struct ps_loader *l)
{
	return ps_saved_sum_end(&l->in.sum, &l->header) == l->header.sum || refuse_damaged(l);
}

static bool check_header(struct ps_loader *l)
{
	const struct ps_saved_header *h = &l->header;

	if (memcmp(h->magic, PS_SAVED_MAGIC, sizeof(h->magic)) != 0)
		return loader_end(l, SEARCH_EINVAL, "it is not a saved tree", 0);
	if (h->order != PS_SAVED_ORDER)
		return loader_end(l, SEARCH_EINVAL, "it was saved on another kind of machine", 0);
	if (h->version != PS_SAVED_VERSION)
		return loader_end(l, SEARCH_EINVAL, "it was saved by another version of this library", 0);
	if (h->size != l->in.size || h->size % 8 != 0 || h->reserved != 0 ||
	    h->directories > h->size / sizeof(struct ps_saved_directory))
		return refuse_damaged(l);
	if (h->user != geteuid())
		return loader_end(l, SEARCH_EINVAL, "it was saved by another user", 0);
	return true;
}

static bool read_header(struct ps_loader *l)
{
	ssize_t n = ps_read_at(l->in.fd, &l->header, sizeof(l->header), 0);

	if (n < 0)
		return loader_end(l, SEARCH_ESYSTEM, "it cannot be read", errno);
	if (n != (ssize_t)sizeof(l->header))
		return loader_end(l, SEARCH_EINVAL, "it is not a saved tree", 0);
	return check_header(l);
}

/* The file decides what the user finds, so nobody else may have written it. A symbolic link to it is fine. */
static bool check_owner(struct ps_loader *l)
{
	uint64_t most = l->tree->options.max_bytes;
	struct stat st;

	if (fstat(l->in.fd, &st) != 0)
		return loader_end(l, SEARCH_ESYSTEM, "it cannot be looked at", errno);
	if (!S_ISREG(st.st_mode))
		return loader_end(l, SEARCH_EINVAL, "it is not a regular file", 0);
	if (st.st_uid != geteuid())
		return loader_end(l, SEARCH_EINVAL, "it belongs to another user", 0);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return loader_end(l, SEARCH_EINVAL, "others may write to it", 0);
	if ((uint64_t)st.st_size > ps_min64(most + most / 8, SIZE_MAX / 2))
		return loader_end(l, SEARCH_EINVAL, "it is larger than the tree may be", 0);
	l->in.size = (uint64_t)st.st_size;
	return true;
}

static void load_file(struct ps_loader *l, const char *path)
{
	l->in.fd = ps_open_at(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (l->in.fd < 0) {
		loader_end(l, SEARCH_ESYSTEM, "it cannot be opened", errno);
		return;
	}
	l->in.space = READ_BYTES;
	l->in.buffer = malloc(l->in.space);
	l->in.sums = true;
	ps_saved_sum_start(&l->in.sum);
	if (l->in.buffer == NULL)
		fail_for_memory(l);
	else if (check_owner(l) && read_header(l) && read_all(l) && check_sum(l))
		add_all(l);
	close(l->in.fd);
}

int ps_tree_load(struct search_tree *tree, const char *path, const char **what, int *system_error)
{
	struct ps_loader l = { .tree = tree };

	load_file(&l, path);
	free(l.in.buffer);
	free(l.entries);
	free(l.kept);
	free(l.links);
	*what = l.what;
	*system_error = l.error;
	return l.status;
}
