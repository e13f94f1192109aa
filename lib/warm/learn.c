/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * learn.c - a file's signature is made, and put into its place.
 *
 * The stamp is taken before the file is read (W1). If the file changes while it is read, the first comparison finds
 * another stamp, and what was learnt is forgotten.
 *
 * A file that was just learnt is not verified: another file may have taken its name after it was opened, and that may
 * have been told already. The next search that would rule it out compares its stamp.
 */
#include "warm_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- readers --- */

/* SEARCH_OK or SEARCH_ENOMEM. */
static int reader_take(struct search_tree *tree, struct ps_text_reader **out)
{
	*out = NULL;
	ps_lock_take(&tree->lock);
	for (int i = 0; *out == NULL && i < PS_IDLE_READERS; i++) {
		*out = tree->readers[i];
		tree->readers[i] = NULL;
	}
	ps_lock_release(&tree->lock);
	return *out != NULL ? SEARCH_OK : ps_text_reader_new(out, tree->simd, tree->most_signature);
}

static void reader_give_back(struct search_tree *tree, struct ps_text_reader *reader)
{
	ps_lock_take(&tree->lock);
	for (int i = 0; reader != NULL && i < PS_IDLE_READERS; i++) {
		if (tree->readers[i] == NULL) {
			tree->readers[i] = reader;
			reader = NULL;
		}
	}
	ps_lock_release(&tree->lock);
	ps_text_reader_free(reader);
}

/* --- records --- */

void ps_file_forget(struct ps_kept *kept, uint32_t at)
{
	struct ps_warm_file *file = kept->slots[at].file;

	if (file == NULL)
		return;
	kept->slots[at].file = NULL;
	kept->signature_count -= file->signature != NULL;
	ps_file_free(kept->tree, file);
}

static void count_signature(struct search_tree *tree, const struct ps_warm_file *file)
{
	if (file->signature == NULL)
		return;
	ps_count(&tree->signatures, 1);
	ps_count(&tree->signature_bytes, file->signature->size);
	ps_count(&tree->text_bytes, file->stamp.size);
}

/* Copies a record and its signature to one piece of memory, which is fetched sooner than two. NULL: there is none. */
static struct ps_warm_file *copy_file(struct search_tree *tree, const struct ps_warm_file *file)
{
	uint64_t cost = ps_file_cost(file);
	size_t size = file->signature != NULL ? file->signature->size : 0;
	struct ps_warm_file *own;

	if (!ps_memory_take(tree, cost, false))
		return NULL;
	own = malloc(sizeof(*own) + size);
	if (own == NULL) {
		ps_share_give_back(&tree->memory, cost);
		return NULL;
	}
	*own = *file;
	if (size > 0) {
		own->signature = (struct ps_signature *)(void *)(own + 1);
		memcpy(own->signature, file->signature, size);
	}
	count_signature(tree, own);
	return own;
}

bool ps_file_install(struct ps_kept *kept, uint32_t at, const struct ps_warm_file *file)
{
	struct ps_warm_file *own = copy_file(kept->tree, file);
	bool installed = false;

	PS_ASSERT(at < kept->shown.count && kept->shown.entries[at].type == DT_REG);
	if (own == NULL)
		return false;
	ps_files_lock(kept);
	if (kept->in_table) {
		ps_file_forget(kept, at);
		kept->slots[at].file = own;
		kept->signature_count += own->signature != NULL;
		installed = true;
	}
	ps_files_unlock(kept);
	if (!installed)
		ps_file_free(kept->tree, own);
	else
		ps_count(&kept->tree->changes, 1);
	return installed;
}

/* --- learning --- */

/* Is that known already? */
static bool is_known(struct ps_kept *kept, uint32_t at, const struct ps_warm_stamp *stamp)
{
	struct ps_warm_file *file;
	bool known;

	ps_files_lock(kept);
	file = kept->slots[at].file;
	known = file != NULL && ps_warm_stamp_equal(&file->stamp, stamp) &&
		(file->signature != NULL || (file->flags & PS_FILE_UNFIT) != 0);
	if (known)
		file->passed = 0;
	ps_files_unlock(kept);
	return known;
}

static void install_facts(struct ps_kept *kept, uint32_t at, const struct stat *st, const struct ps_text_facts *facts)
{
	struct ps_warm_file file = { .stamp = ps_warm_stamp_of(st), .signature = facts->signature, .use = 1 };

	file.flags |= facts->has_mark ? PS_FILE_MARK : 0;
	file.flags |= facts->has_nul ? PS_FILE_NUL : 0;
	file.flags |= facts->is_packed ? PS_FILE_PACKED : 0;
	file.flags |= facts->state == PS_TEXT_UNFIT ? PS_FILE_UNFIT : 0;
	file.flags |= st->st_nlink != 1 ? PS_FILE_LINKS : 0;
	if (ps_file_install(kept, at, &file) && file.signature != NULL)
		ps_count(&kept->tree->learnt, 1);
	free(facts->signature);
}

int ps_file_learn(struct ps_kept *kept, uint32_t at, int fd, const struct stat *st, const struct ps_watch *watch,
		  enum ps_text_state *state)
{
	const struct ps_warm_stamp stamp = ps_warm_stamp_of(st);
	struct ps_text_facts facts = { .state = PS_TEXT_CHANGING };
	struct ps_text_reader *reader;
	int rc;

	*state = PS_TEXT_COMPLETE;
	if (is_known(kept, at, &stamp))
		return SEARCH_OK;
	*state = PS_TEXT_CHANGING;
	if (!ps_warm_stamp_is_settled(st, ps_warm_stamp_time()))
		return SEARCH_OK;
	rc = reader_take(kept->tree, &reader);
	if (rc == SEARCH_OK) {
		rc = ps_text_read(reader, fd, stamp.size, watch, &facts);
		reader_give_back(kept->tree, reader);
	}
	if (rc == SEARCH_OK && (facts.state == PS_TEXT_COMPLETE || facts.state == PS_TEXT_UNFIT))
		install_facts(kept, at, st, &facts);
	*state = facts.state;
	return rc;
}

int ps_warm_learn(const struct ps_warm_view *view, struct ps_warm_directory *directory, const char *name, int fd,
		  uint64_t most, const struct ps_watch *watch)
{
	struct ps_kept *kept = ps_kept_of(directory);
	uint32_t at = view->learns ? ps_kept_index(kept, name) : UINT32_MAX;
	enum ps_text_state state;
	struct stat st;

	if (at == UINT32_MAX || directory->entries[at].type != DT_REG || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
	    st.st_dev != directory->device || (uint64_t)st.st_size > most)
		return SEARCH_OK;
	return ps_file_learn(kept, at, fd, &st, watch, &state);
}
