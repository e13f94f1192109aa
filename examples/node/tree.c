/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tree.c - warm trees, and what threads of libuv's do with them: learning, saving, loading.
 *
 * The handle is closed when JavaScript has closed the tree, or forgotten it, and the last task has ended; closing
 * cancels the tasks. The struct lives until JavaScript has forgotten it, too. A task learns a slice at a time, and looks whether it was cancelled: so one that was about to begin ends
 * soon, too.
 */
#include "addon.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SLICE_MS = 50 };

struct task;

struct tree {
	struct host *host;
	struct search_tree *tree; /* NULL once it is closed */
	struct task *tasks;       /* that libuv has */
	struct tree *next;
	unsigned parts; /* JavaScript's, and the tasks' */
	bool closed;
};

struct task {
	/* constant while it runs */
	uv_work_t work;
	struct tree *tree;
	void (*run)(struct task *task); /* in a thread of libuv's */
	uint32_t milliseconds;
	char *path;
	/* the thread's, until it has ended */
	int status;
	struct search_error error;
	/* written by the loop's thread, read by the other: nothing else hangs on it */
	atomic_bool canceled;
	/* the loop's */
	napi_ref done;     /* called with what it has come to */
	napi_ref external; /* so that the tree is not forgotten meanwhile */
	struct task *next;
};

static void release_tree(struct tree *tree)
{
	if (--tree->parts == 0)
		free(tree);
}

/* Closes the handle, unless a task has it. Freeing all that a tree keeps may take a while. */
static void close_handle(struct tree *tree)
{
	struct search_tree *handle = tree->tree;

	if (!tree->closed || tree->tasks != NULL)
		return;
	tree->tree = NULL;
	close_later(tree->host, NULL, NULL, NULL, handle);
}

static void cancel_tasks(struct tree *tree)
{
	struct task *task;

	for (task = tree->tasks; task != NULL; task = task->next)
		atomic_store_explicit(&task->canceled, true, memory_order_relaxed);
	search_tree_cancel(tree->tree);
}

static void close_tree(struct tree *tree)
{
	struct tree **at = &tree->host->trees;

	if (tree->closed)
		return;
	tree->closed = true;
	cancel_tasks(tree);
	while (*at != tree)
		at = &(*at)->next;
	*at = tree->next;
	close_handle(tree);
}

void close_trees(struct host *host)
{
	while (host->trees != NULL)
		close_tree(host->trees);
}

static void finalize_tree(napi_env env, void *data, void *hint)
{
	(void)env, (void)hint;
	close_tree((struct tree *)data);
	release_tree((struct tree *)data);
}

struct search_tree *tree_of(napi_env env, napi_value value)
{
	napi_valuetype type;
	void *tree = NULL;

	if (napi_typeof(env, value, &type) == napi_ok && type == napi_external)
		napi_get_value_external(env, value, &tree);
	return tree == NULL ? NULL : ((struct tree *)tree)->tree;
}

/* Tasks ------------------------------------------------------------------------------------------------------------ */

static void learn(struct task *task)
{
	uint32_t left = task->milliseconds, slice;

	do {
		if (atomic_load_explicit(&task->canceled, memory_order_relaxed)) {
			task->status = SEARCH_ECANCELED;
			return;
		}
		slice = left < SLICE_MS ? left : SLICE_MS;
		task->status = search_tree_learn(task->tree->tree, slice);
		left -= slice;
	} while (task->status == 1 && left > 0);
}

static void save(struct task *task)
{
	task->status = search_tree_save(task->tree->tree, task->path, &task->error);
}

static void load(struct task *task)
{
	task->status = search_tree_load(task->tree->tree, task->path, &task->error);
}

static void run_task(uv_work_t *work)
{
	struct task *task = (struct task *)work->data;

	task->run(task);
}

static void free_task(napi_env env, struct task *task)
{
	drop(env, &task->done);
	drop(env, &task->external);
	free(task->path);
	free(task);
}

/* Calls done() with a status, or with what failed. */
static void tell(napi_env env, struct task *task)
{
	napi_handle_scope scope;
	napi_value function, global, result;

	if (napi_open_handle_scope(env, &scope) != napi_ok)
		return;
	result = task->error.code != 0 ? error_value(env, &task->error) : number_value(env, task->status);
	napi_get_reference_value(env, task->done, &function);
	napi_get_global(env, &global);
	napi_make_callback(env, NULL, global, function, 1, &result, NULL);
	napi_close_handle_scope(env, scope);
}

static void end_task(uv_work_t *work, int status)
{
	struct task *task = (struct task *)work->data, **at = &task->tree->tasks;
	struct tree *tree = task->tree;
	struct host *host = tree->host;

	while (*at != task)
		at = &(*at)->next;
	*at = task->next;
	if (status != 0) /* libuv has not run it */
		task->status = SEARCH_ECANCELED;
	if (!host->ending)
		tell(host->env, task);
	free_task(host->env, task);
	close_handle(tree);
	release_tree(tree);
	finish_pending(host);
}

static char *copy_string(napi_env env, napi_value buffer)
{
	void *data;
	size_t length;
	char *copy;

	if (napi_get_buffer_info(env, buffer, &data, &length) != napi_ok)
		return NULL;
	copy = (char *)malloc(length + 1);
	if (copy != NULL)
		memcpy(copy, data, length);
	return copy;
}

/* The arguments: tree, done, and milliseconds or path. undefined, or what failed. */
static napi_value start_task(napi_env env, napi_callback_info info, void (*run)(struct task *))
{
	napi_value arguments[3];
	struct tree *tree = (struct tree *)first_external(env, info, 3, arguments);
	struct task *task = (struct task *)calloc(1, sizeof *task);

	if (task == NULL)
		return memory_error(env);
	task->work.data = task;
	task->tree = tree;
	task->run = run;
	search_error_init(&task->error, sizeof task->error);
	if (run == learn)
		napi_get_value_uint32(env, arguments[2], &task->milliseconds);
	else
		task->path = copy_string(env, arguments[2]);
	if ((run != learn && task->path == NULL) ||
	    napi_create_reference(env, arguments[0], 1, &task->external) != napi_ok ||
	    napi_create_reference(env, arguments[1], 1, &task->done) != napi_ok ||
	    uv_queue_work(tree->host->loop, &task->work, run_task, end_task) != 0) {
		free_task(env, task);
		return memory_error(env);
	}
	task->next = tree->tasks;
	tree->tasks = task;
	tree->parts++;
	tree->host->pending++;
	return NULL;
}

static napi_value call_learn(napi_env env, napi_callback_info info)
{
	return start_task(env, info, learn);
}

static napi_value call_save(napi_env env, napi_callback_info info)
{
	return start_task(env, info, save);
}

static napi_value call_load(napi_env env, napi_callback_info info)
{
	return start_task(env, info, load);
}

/* The other calls -------------------------------------------------------------------------------------------------- */

/* openTree(options): an external, or what failed. */
static napi_value call_open(napi_env env, napi_callback_info info)
{
	size_t count = 1;
	napi_value argument, result = NULL;
	struct search_tree_options options;
	struct search_error error = SEARCH_ERROR_INIT;
	struct tree *tree = (struct tree *)calloc(1, sizeof *tree);

	napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
	if (tree == NULL || !read_tree_options(env, argument, &options)) {
		free(tree);
		return memory_error(env);
	}
	if (search_tree_open(&tree->tree, &options, &error) != SEARCH_OK) {
		free(tree);
		return error_value(env, &error);
	}
	tree->host = host_of(env);
	tree->parts = 1;
	tree->next = tree->host->trees;
	tree->host->trees = tree;
	if (napi_create_external(env, tree, finalize_tree, NULL, &result) == napi_ok)
		return result;
	finalize_tree(env, tree, NULL);
	return memory_error(env);
}

/* treeChanged(tree, path): a status; path is null for everything. */
static napi_value call_changed(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	struct tree *tree = (struct tree *)first_external(env, info, 2, arguments);
	void *path = NULL;
	size_t length;
	bool has_path = false;

	napi_is_buffer(env, arguments[1], &has_path);
	if (has_path)
		napi_get_buffer_info(env, arguments[1], &path, &length);
	return number_value(env, search_tree_changed(tree->tree, (const char *)path));
}

static napi_value call_cancel(napi_env env, napi_callback_info info)
{
	napi_value argument;

	cancel_tasks((struct tree *)first_external(env, info, 1, &argument));
	return NULL;
}

static napi_value call_stats(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct tree *tree = (struct tree *)first_external(env, info, 1, &argument);
	struct search_tree_stats stats = SEARCH_TREE_STATS_INIT;

	search_tree_stats(tree->tree, &stats);
	return tree_stats_object(env, &stats);
}

static napi_value call_close(napi_env env, napi_callback_info info)
{
	napi_value argument;

	close_tree((struct tree *)first_external(env, info, 1, &argument));
	return NULL;
}

bool define_tree_methods(napi_env env, napi_value exports)
{
#define METHOD(name, function) { name, NULL, function, NULL, NULL, NULL, napi_enumerable, NULL }
	static const napi_property_descriptor methods[] = {
		METHOD("openTree", call_open), METHOD("treeChanged", call_changed), METHOD("treeLearn", call_learn),
		METHOD("treeCancel", call_cancel), METHOD("treeSave", call_save), METHOD("treeLoad", call_load),
		METHOD("treeStats", call_stats), METHOD("closeTree", call_close),
	};

	return napi_define_properties(env, exports, sizeof methods / sizeof *methods, methods) == napi_ok;
}
