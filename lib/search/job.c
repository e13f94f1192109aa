/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * job.c - a claim becomes batches, step by step.
 *
 * A step opens a file and does the work of one buffer, or reads one buffer of a directory. What goes wrong with an
 * entry becomes an ERROR item in its place; only running out of memory ends the search.
 */
#include "search.h"

#include "../base/clock.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define GATHER UINT64_C(4000000) /* nanoseconds */

enum { TASK_MEMORY = 100 * 1024 /* of a task that has searched a file, about */ };

int ps_task_init(struct ps_task *task, struct search *s, struct ps_counters *counters,
		 int (*stop_fd)(struct search *s))
{
	task->search = s;
	task->counters = counters;
	task->stop_fd = stop_fd;
	task->opened.fd = -1;
	task->opened.borrowed = true;
	return ps_lister_new(&task->lister, s->plan);
}

void ps_task_destroy(struct ps_task *task, struct ps_buffers **last)
{
	if (task->search == NULL)
		return;
	if (task->claim != NULL)
		ps_plan_close(task->search->plan, &task->opened);
	if (task->scanner != NULL)
		ps_share_give_back(ps_search_memory(task->search), TASK_MEMORY);
	ps_scanner_leave_buffer(task->scanner, last);
	ps_scanner_free(task->scanner);
	ps_lister_free(task->lister);
	ps_batch_free(task->batch);
}

void ps_task_begin(struct ps_task *task, struct ps_claim *claim)
{
	PS_ASSERT(task->opened.fd < 0 || task->opened.borrowed); /* P4: one descriptor a thread */
	task->claim = claim;
	task->entry = 0;
	task->state = PS_TASK_OPEN;
	task->delivered = false;
}

static int need_batch(struct ps_task *task)
{
	struct search *s = task->search;

	if (task->batch == NULL)
		task->batch = ps_queue_batch(s->queue);
	return task->batch != NULL ? SEARCH_OK : SEARCH_ENOMEM;
}

/* A part is at its end, or at the end of what was wanted of it. */
static void note_part(struct ps_task *task)
{
	const struct ps_scan_totals *t = &task->scanned;

	struct ps_sums sums = { t->lines, t->matches, t->bytes, t->nul_at, t->skipped, t->shrunk };

	if (task->part.kind == PS_PART_FIRST && (task->mark & PS_PAGE_LATER) != 0) {
		sums.lines += task->search->pages.before.lines;
		sums.bytes += task->search->pages.before.bytes;
	}
	ps_claim_note(task->claim, &sums);
}

/* The entry is done: hands its last batch on, unless it has nothing to deliver. */
static int end_entry(struct ps_task *task)
{
	bool anything = task->delivered || task->batch->count > 0;

	task->state = PS_TASK_OPEN;
	task->entry++;
	task->batch->last = true;
	task->batch->part = (uint8_t)task->part.kind;
	task->batch->mark = task->mark;
	if (anything)
		return PS_TASK_BATCH;
	task->batch->last = false;
	return PS_TASK_MORE;
}

static int fail_entry(struct ps_task *task, enum search_reason reason, int error, const char *what)
{
	ps_count(&task->counters->errors, 1);
	return ps_batch_failure(task->batch, reason, error, what) != NULL ? SEARCH_OK : SEARCH_ENOMEM;
}

static void close_entry(struct ps_task *task)
{
	ps_plan_close(task->search->plan, &task->opened);
	task->opened.fd = -1;
	task->opened.borrowed = true;
}

/* Is it a part of a file of which nothing more is wanted? */
static bool is_part_cut(const struct ps_task *task)
{
	return task->part.kind != PS_PART_NONE && !task->whole && ps_claim_is_cut(task->claim);
}

/* If the file is that of options.resume, its search may begin amid it: as if the rest were its last part. */
static void begin_later(struct ps_task *task)
{
	const uint8_t marks = task->mark & (PS_PAGE_FROM | PS_PAGE_CHANGED);

	if (marks != PS_PAGE_FROM || task->part.kind != PS_PART_NONE ||
	    !ps_resume_file(task->search, &task->opened, &task->part))
		return;
	task->mark ^= PS_PAGE_FROM | PS_PAGE_LATER;
	task->whole = true;
	task->file_size = task->search->settings.split_bytes > 0 ? task->opened.info.size : 0;
	task->began = ps_time();
}

/* Context may reach beyond the range. */
static bool may_take_range(const struct ps_task *task)
{
	const struct ps_settings *settings = &task->search->settings;

	return task->search->warm.condition != NULL && task->part.kind == PS_PART_NONE && task->mark == 0 &&
	       task->opened.fd >= 0 && !task->opened.borrowed && !task->opened.stream &&
	       settings->scan.before_context == 0 && settings->scan.after_context == 0;
}

/* A warm tree may know which lines of the file can match. If they are many, the file is better cut. */
static void take_range(const struct ps_task *task, struct ps_input *input)
{
	const struct search *s = task->search;
	struct ps_file_range range;

	if (!ps_claim_find_range(s->plan, task->claim, task->entry, input->fd, &range) ||
	    (s->settings.split_bytes > 0 && range.end - range.begin > s->settings.split_bytes))
		return;
	input->part = input->range = true;
	input->begin = range.begin;
	input->end = range.end;
	input->lines = range.lines;
	input->file_size = range.size;
	input->large = 0;
}

static int start_scan(struct ps_task *task)
{
	struct search *s = task->search;
	struct ps_input input = {
		.fd = task->opened.fd,
		.stop_fd = -1,
		.deadline = s->settings.deadline,
		.stream = task->opened.stream,
		.short_read_is_end = task->opened.short_read_is_end,
		.seekable = task->opened.seekable,
	};

	if (input.stream && !task->parks) {
		input.stop_fd = task->stop_fd(s);
		if (input.stop_fd < 0) {
			/* nothing could end a wait for it */
			int error = errno, rc = fail_entry(task, SEARCH_REASON_READ, error, "cannot poll it");

			close_entry(task);
			return rc == SEARCH_OK ? end_entry(task) : rc;
		}
	}
	begin_later(task);
	if (task->part.kind != PS_PART_NONE) {
		input.part = true;
		input.begin = task->part.begin;
		input.end = task->part.end;
	} else if (!task->opened.borrowed && !input.stream) {
		input.large = s->settings.split_bytes;
	}
	if (may_take_range(task))
		take_range(task, &input);
	if (input.fd < 0 && !is_part_cut(task)) {
		const void *data = NULL;

		ps_claim_memory(s->plan, task->claim, task->entry, &data, &input.size);
		input.data = data;
	}
	/* made for the first file: in a search of few files some workers never need one */
	if (task->scanner == NULL) {
		if (ps_scanner_new(&task->scanner, &s->settings.scan) != SEARCH_OK)
			return SEARCH_ENOMEM;
		ps_share_charge(ps_search_memory(s), TASK_MEMORY);
	}
	ps_scanner_start(task->scanner, &input);
	task->scanned = (struct ps_scan_totals){ 0 };
	task->state = PS_TASK_SCAN;
	return PS_TASK_MORE;
}

/* Is it a descriptor of the host's, which was not opened here? */
static bool is_given_descriptor(const struct ps_task *task)
{
	return ps_claim_type(task->claim, task->entry) == PS_ENTRY_SOURCE &&
	       ps_claim_source(task->claim, task->entry)->kind == SEARCH_SOURCE_DESCRIPTOR;
}

static int fail_opening(struct ps_task *task)
{
	int error = task->opened.error;

	if (task->part.kind != PS_PART_NONE)
		return fail_entry(task, SEARCH_REASON_READ, error, "cannot search the rest of the file");
	if (is_given_descriptor(task))
		return fail_entry(task, SEARCH_REASON_READ, error, "cannot read");
	return fail_entry(task, SEARCH_REASON_OPEN, error, "cannot open");
}

/* The batch ends with the item that tells of the whole file: adds what the system says of it, if that is wanted. */
static int tell_info(struct ps_task *task)
{
	const struct ps_file_info *info = &task->opened.info;
	uint8_t kind;

	if ((task->search->settings.flags & SEARCH_RESULT_FILE_INFO) == 0 || task->batch->count == 0)
		return SEARCH_OK;
	kind = task->batch->records[task->batch->count - 1].kind;
	if (kind != SEARCH_ITEM_FILE && kind != SEARCH_ITEM_FILE_END)
		return SEARCH_OK;
	return ps_batch_attach(task->batch, info, sizeof(*info)) ? SEARCH_OK : SEARCH_ENOMEM;
}

/* With SEARCH_RESULT_LIST: anything that is not a directory becomes an item, and nothing else is done with it. */
static int list_file(struct ps_task *task)
{
	close_entry(task);
	if (ps_batch_add(task->batch, SEARCH_ITEM_FILE, 0, 0) == NULL || tell_info(task) != SEARCH_OK)
		return SEARCH_ENOMEM;
	return end_entry(task);
}

/*
 * What the entry is to options.resume: its directory, or its file, may have become something else. Then nothing of what
 * it is now was delivered before.
 */
static uint8_t mark_from(const struct ps_task *task, unsigned marks)
{
	const struct ps_cursor *from = &task->search->pages.from;
	const struct ps_opened *opened = &task->opened;
	bool failed = opened->error != 0 || opened->is_output, error = from->kind == SEARCH_ITEM_ERROR;
	bool of_list = error && (from->reason == SEARCH_REASON_RULES || from->reason == SEARCH_REASON_LIST);
	bool of_open = error && (from->reason == SEARCH_REASON_OPEN || from->reason == SEARCH_REASON_OUTPUT_FILE);

	if ((marks & PS_MARK_FROM_BELOW) != 0)
		return !failed && opened->directory ? PS_PAGE_BEFORE : 0;
	if ((marks & PS_MARK_FROM) == 0 || (failed ? !error : of_open || opened->directory != of_list))
		return 0;
	if (task->part.kind != PS_PART_NONE && task->search->pages.later)
		return PS_PAGE_LATER;
	if (failed || opened->directory || ps_stamp_fits(&from->stamp, &opened->info))
		return PS_PAGE_FROM;
	return PS_PAGE_FROM | PS_PAGE_CHANGED;
}

static void mark_entry(struct ps_task *task)
{
	unsigned marks = task->search->pages.any ? ps_claim_marks(task->claim, task->entry) : 0;

	task->mark = 0;
	if (marks == 0)
		return;
	task->mark = mark_from(task, marks);
	if ((marks & PS_MARK_UNTIL) != 0)
		task->mark |= PS_PAGE_UNTIL;
}

/* Delivers the end of a file that a warm tree rules out. */
static int end_matchless(struct ps_task *task)
{
	struct ps_record *end = ps_batch_add(task->batch, SEARCH_ITEM_FILE_END, 0, 0);

	if (end == NULL)
		return SEARCH_ENOMEM;
	end->window = task->opened.info.size;
	return tell_info(task) == SEARCH_OK ? end_entry(task) : SEARCH_ENOMEM;
}

static int open_entry(struct ps_task *task, bool wait)
{
	struct search *s = task->search;
	enum ps_entry_type type = ps_claim_type(task->claim, task->entry);
	bool is_source = type == PS_ENTRY_SOURCE, listing = (s->settings.flags & SEARCH_RESULT_LIST) != 0;
	int rc = PS_DONE;

	task->delivered = false;
	task->part = type == PS_ENTRY_PART ? ps_claim_part(task->claim) : (struct ps_part){ 0 };
	task->whole = false;
	task->opened = (struct ps_opened){ .fd = -1 };
	task->mark = 0;
	if (s->warm.tells_ends && ps_claim_is_matchless(task->claim, task->entry, &task->opened.info))
		return end_matchless(task);
	if (!is_part_cut(task))
		rc = (listing ? ps_claim_look : ps_claim_open)(s->plan, task->claim, task->entry, wait, &task->opened);
	if (rc != PS_DONE)
		return rc == PS_LATER ? PS_TASK_WAIT : rc;
	if (type == PS_ENTRY_PART)
		task->opened.info = *ps_claim_info(task->claim);
	mark_entry(task);
	if (is_source && !task->opened.directory)
		ps_count(&task->counters->files_found, 1);
	if (task->opened.is_output) {
		ps_count(&task->counters->errors, 1);
		rc = ps_batch_error(task->batch, SEARCH_REASON_OUTPUT_FILE, 0, "is also the output: not searched") != NULL
			     ? SEARCH_OK : SEARCH_ENOMEM;
		return rc == SEARCH_OK ? end_entry(task) : rc;
	}
	if (task->opened.error != 0) {
		rc = fail_opening(task);
		if (rc == SEARCH_OK && task->part.kind == PS_PART_LAST)
			rc = ps_batch_add(task->batch, SEARCH_ITEM_FILE_END, 0, 0) != NULL ? SEARCH_OK : SEARCH_ENOMEM;
		if (rc == SEARCH_OK)
			rc = tell_info(task);
		return rc == SEARCH_OK ? end_entry(task) : rc;
	}
	if (!task->opened.directory)
		return listing ? list_file(task) : start_scan(task);
	ps_lister_start(task->lister, task->claim, &task->opened);
	task->opened.fd = -1; /* the lister's now */
	task->state = PS_TASK_LIST;
	return PS_TASK_MORE;
}

/* Adds what the last step has found to the counters. */
static void count_scanned(struct ps_task *task)
{
	const struct ps_scan_totals *now = ps_scanner_totals(task->scanner);

	ps_count(&task->counters->bytes, now->bytes - task->scanned.bytes);
	ps_count(&task->counters->matches, now->matches - task->scanned.matches);
	ps_count(&task->counters->errors, now->errors - task->scanned.errors);
	ps_count(&task->counters->replaced, now->replaced - task->scanned.replaced);
	task->scanned = *now;
}

/* Cuts the file, so that other threads search it, too. `reached`: how far it was read. */
static void split_file(struct ps_task *task, uint64_t reached)
{
	struct search *s = task->search;

	task->part.end = ps_claim_split(s->plan, task->claim, task->entry, s->settings.split_bytes, reached,
					&task->opened);
	task->whole = task->part.end == PS_NO_END;
	if (!task->whole)
		ps_scanner_split(task->scanner, task->part.end);
}

/* The file is large: from now on it is searched as the first part of one, and it may be cut at any time. */
static void begin_part(struct ps_task *task)
{
	const struct ps_settings *settings = &task->search->settings;

	task->file_size = ps_claim_measure(task->search->plan, task->claim, task->entry, &task->opened);
	if (task->file_size <= settings->split_bytes)
		return;
	task->part = (struct ps_part){ PS_PART_FIRST, 0, PS_NO_END };
	task->whole = true;
	ps_scanner_split(task->scanner, PS_NO_END);
	if (settings->split_after == 0)
		split_file(task, 0);
	else
		task->began = ps_time();
}

/* Has the file taken so long that it pays to wake other threads for the rest? */
static bool is_split_due(const struct ps_task *task)
{
	uint64_t after = task->search->settings.split_after, took, reached, took_for_kib;

	if (!task->whole || task->part.kind != PS_PART_FIRST)
		return false;
	took = ps_time() - task->began;
	reached = ps_scanner_reached(task->scanner);
	if (took < after || reached >= task->file_size)
		return false;
	took_for_kib = took / ((reached - task->part.begin) / 1024 + 1);
	return (task->file_size - reached) / 1024 >= after / (took_for_kib + 1);
}

/*
 * A buffer is searched, and the batch is not full: is it handed on all the same? A worker gathers what it finds in less
 * than GATHER after the last batch of its file, as each batch wakes the caller: on a busy machine that costs more than
 * to search a buffer. A file's first batch, what a stream has, and what comes after a slow read, go on at once.
 */
static bool is_batch_due(struct ps_task *task)
{
	return !task->gathers || !task->delivered || task->opened.stream ||
	       ps_coarse_time() - task->handed_on_at >= GATHER;
}

/*
 * May a worker learn the file that it has just searched, and that was not cut? It spends only a share of its time on
 * that, so a search with a warm tree takes little longer than one without.
 */
static bool may_learn(const struct ps_task *task)
{
	const struct search *s = task->search;
	bool uncut = task->part.kind == PS_PART_NONE || task->whole;

	return task->learns && uncut && task->opened.fd >= 0 && !task->opened.borrowed && !task->opened.stream &&
	       task->learnt * 100 <= task->searched * ps_tree_learn_percent(s->warm.tree) &&
	       !ps_ending_stops_workers(&s->ending) && ps_claim_is_to_learn(s->plan, task->claim, task->entry);
}

static int learn_file(struct ps_task *task)
{
	uint64_t began = ps_time();
	int rc = ps_claim_learn(task->search->plan, task->claim, task->entry, task->opened.fd);

	task->learnt += ps_time() - began;
	return rc;
}

static int scan_file(struct ps_task *task, bool wait)
{
	int rc;

	if (is_part_cut(task))
		ps_scanner_cut(task->scanner);
	if (is_split_due(task))
		split_file(task, ps_scanner_reached(task->scanner));
	rc = ps_scanner_step(task->scanner, task->batch, wait);
	if (rc == PS_STEP_LARGE)
		begin_part(task); /* which may leave some of what was read to other parts */
	count_scanned(task);
	if (rc == PS_STEP_LARGE)
		return PS_TASK_MORE;
	/* a file that was not cut has one part, which is its last; now it will not be cut any more */
	if (task->whole && (rc == PS_STEP_END || ps_scanner_is_finished(task->scanner)))
		task->part.kind = PS_PART_LAST;
	task->batch->part = (uint8_t)task->part.kind;
	task->batch->mark = task->mark;
	if (rc == PS_STEP_END && task->part.kind != PS_PART_NONE && !task->whole)
		note_part(task);
	if (rc == PS_STEP_END) {
		if (may_learn(task) && learn_file(task) != SEARCH_OK)
			return SEARCH_ENOMEM;
		if (task->part.kind == PS_PART_NONE)
			ps_count(task->scanned.skipped ? &task->counters->files_skipped : &task->counters->files_searched, 1);
		close_entry(task);
		return tell_info(task) == SEARCH_OK ? end_entry(task) : SEARCH_ENOMEM;
	}
	if (rc == PS_STEP_WAIT)
		return task->batch->count > 0 ? PS_TASK_BATCH : PS_TASK_WAIT;
	if (rc == PS_STEP_FULL || (rc == PS_STEP_MORE && task->batch->count > 0 && is_batch_due(task)))
		return PS_TASK_BATCH;
	return rc == PS_STEP_MORE ? PS_TASK_MORE : rc;
}

/* Reports ignore files that are not used, as errors of their directory or as notes. */
static int report_problems(struct ps_task *task)
{
	const struct ps_problem *problem;

	for (size_t i = 0; (problem = ps_lister_problem(task->lister, i)) != NULL; i++) {
		struct ps_record *record =
			problem->error != 0
				? ps_batch_failure(task->batch, SEARCH_REASON_RULES, problem->error, problem->text)
				: ps_batch_error(task->batch, SEARCH_REASON_RULES, 0, problem->text);

		if (record == NULL)
			return SEARCH_ENOMEM;
		if (problem->note)
			record->flags |= SEARCH_ITEM_FLAG_NOTE;
		else
			ps_count(&task->counters->errors, 1);
	}
	return SEARCH_OK;
}

/* So many files were ruled out: they count as searched. */
static void count_ruled_out(struct ps_task *task, uint64_t more)
{
	if (more == 0)
		return;
	ps_count(&task->counters->files_searched, more);
	ps_count(&task->counters->files_ruled_out, more);
	ps_warm_note_ruled_out(task->search->warm.tree, more);
}

static int list_directory(struct ps_task *task, bool wait)
{
	const struct ps_list_totals *now = ps_lister_totals(task->lister);
	int error, rc = ps_lister_step(task->lister, wait, &error);

	ps_count(&task->counters->files_found, now->files - task->listed.files);
	ps_count(&task->counters->files_skipped, now->skipped - task->listed.skipped);
	ps_count(&task->counters->directories, now->directories - task->listed.directories);
	count_ruled_out(task, now->ruled_out - task->listed.ruled_out);
	task->listed = *now;
	if (rc == PS_MORE)
		return PS_TASK_MORE;
	if (rc == PS_LATER)
		return PS_TASK_WAIT;
	if (rc == PS_DONE)
		rc = report_problems(task);
	if (rc == SEARCH_OK && error != 0)
		rc = fail_entry(task, SEARCH_REASON_LIST, error, "cannot read directory");
	return rc == SEARCH_OK ? end_entry(task) : rc;
}

/* --- in a pool: between two turns --- */

bool ps_task_waits_for_stream(const struct ps_task *task)
{
	return task->state == PS_TASK_SCAN && !task->rests;
}

bool ps_task_has_file(const struct ps_task *task)
{
	return task->claim != NULL && (task->state == PS_TASK_LIST || (task->opened.fd >= 0 && !task->opened.borrowed));
}

bool ps_task_has_stream(const struct ps_task *task)
{
	return task->claim != NULL && task->state == PS_TASK_SCAN && task->opened.stream;
}

bool ps_task_rest(struct ps_task *task)
{
	struct stat st;
	off_t at;

	if (task->state != PS_TASK_SCAN || fstat(task->opened.fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	at = lseek(task->opened.fd, 0, SEEK_CUR);
	if (at < 0)
		return false;
	task->device = st.st_dev;
	task->inode = st.st_ino;
	task->position = at;
	task->rests = true;
	ps_plan_close(task->search->plan, &task->opened);
	task->opened.fd = -1;
	return true;
}

void ps_task_abandon(struct ps_task *task)
{
	close_entry(task);
	ps_lister_close(task->lister);
}

/* Is this the file that was closed? It then stands where that stood. */
static bool is_same_file(const struct ps_task *task, const struct ps_opened *opened)
{
	struct stat st;

	return opened->fd >= 0 && fstat(opened->fd, &st) == 0 && st.st_dev == task->device && st.st_ino == task->inode &&
	       (opened->borrowed || lseek(opened->fd, task->position, SEEK_SET) == task->position);
}

/* Opens the file again. SEARCH_OK, PS_TASK_WAIT or SEARCH_ENOMEM. If it is gone, the scan ends with an error. */
static int reopen_file(struct ps_task *task, bool wait)
{
	struct ps_plan *plan = task->search->plan;
	struct ps_opened again;
	int rc = ps_claim_open(plan, task->claim, task->entry, wait, &again);

	if (rc != PS_DONE)
		return rc == PS_LATER ? PS_TASK_WAIT : rc;
	task->rests = false;
	if (is_same_file(task, &again)) {
		task->opened.fd = again.fd;
		task->opened.borrowed = again.borrowed;
		ps_scanner_go_on(task->scanner, again.fd);
		return SEARCH_OK;
	}
	ps_scanner_break(task->scanner, again.error != 0 ? again.error : ESTALE);
	if (again.fd >= 0)
		ps_plan_close(plan, &again);
	return SEARCH_OK;
}

static int do_step(struct ps_task *task, bool wait)
{
	int rc = need_batch(task);

	if (rc == SEARCH_OK && task->rests)
		rc = reopen_file(task, wait);
	if (rc != SEARCH_OK)
		return rc;
	PS_ASSERT(!task->batch->last && task->entry <= ps_claim_count(task->claim));
	if (task->state == PS_TASK_OPEN) {
		if (task->entry == ps_claim_count(task->claim))
			return PS_TASK_END;
		rc = open_entry(task, wait);
		if (rc != PS_TASK_MORE || task->state == PS_TASK_OPEN)
			return rc;
	}
	rc = task->state == PS_TASK_SCAN ? scan_file(task, wait) : list_directory(task, wait);
	if (rc == PS_TASK_BATCH && !task->batch->last) {
		task->delivered = true;
		task->handed_on_at = ps_coarse_time();
	}
	return rc;
}

int ps_task_step(struct ps_task *task, bool wait)
{
	uint64_t began, learnt = task->learnt;
	int rc;

	if (!task->learns)
		return do_step(task, wait);
	began = ps_time();
	rc = do_step(task, wait);
	task->searched += ps_time() - began - (task->learnt - learnt);
	return rc;
}
