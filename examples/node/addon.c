/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * addon.c - the life of searches and pools in one environment of Node: its main thread, or one of its workers.
 *
 * The loop is never blocked. Searches have SEARCH_CALLER_NO_HELP, so taking items neither reads nor matches. A search
 * that has none ready is polled by its descriptor, through libuv: no thread waits. What may have to wait, closing a
 * search or pool that joins threads, is done by a thread of libuv's pool.
 *
 * H1  All that belongs to an environment hangs on its struct host: no variable is shared by environments, and nothing
 *     in it is touched by another thread.
 * H2  A query lives as long as its parts do: the external that JavaScript holds, the poll handle until libuv has closed
 *     it, the job that closes the search. Each gives up its share by release().
 * H3  What the search borrows, Buffers of memory and overlays, is referenced until the search is closed.
 * H4  When the environment ends, its hook closes what is open, and the environment waits until libuv has nothing of
 *     ours.
 */
#include "addon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pool {
	struct host *host;
	struct search_pool *pool;
	struct pool *next;
	bool closed; /* by the host; the library keeps it as long as searches need it */
};

enum { KEPT = 3, MOST_ARGUMENTS = 5, BATCH_BYTES = 256 << 10 };

struct query {
	struct host *host;
	struct search *search; /* NULL once it is closed, or a job has it */
	const struct search_item *const *items; /* taken and not yet staged */
	size_t left;
	struct pool *pool; /* NULL: threads of its own */
	bool borrows;      /* memory or descriptors of the host's: closing waits for the thread that uses them */
	bool polls;        /* `poll` is initialised */
	unsigned parts;
	uv_poll_t poll;
	napi_ref waiter;        /* called when there may be an item; NULL: nobody waits */
	napi_ref kept[KEPT];    /* until the search is closed: what it borrows, its pool, and the function that names */
	napi_ref next_source;   /* more sources: the last of these again */
	struct query *next, *previous; /* those of the host that are open */
};

/* What a thread of libuv's closes. */
struct job {
	uv_work_t work;
	struct host *host;
	struct query *query; /* or NULL */
	struct search *search;
	struct search_pool *pool;
	struct search_tree *tree;
};

static bool is_exception_pending(napi_env env)
{
	bool pending;

	return napi_is_exception_pending(env, &pending) != napi_ok || pending;
}

static napi_value throw_out_of_memory(napi_env env)
{
	if (!is_exception_pending(env))
		napi_throw_error(env, "ENOMEM", "psearch: out of memory");
	return NULL;
}

napi_value number_value(napi_env env, double number)
{
	napi_value value = NULL;

	napi_create_double(env, number, &value);
	return value;
}

static napi_value string_value(napi_env env, const char *text)
{
	napi_value value = NULL;

	if (text == NULL)
		napi_get_null(env, &value);
	else
		napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
	return value;
}

struct host *host_of(napi_env env)
{
	void *host = NULL;

	napi_get_instance_data(env, &host);
	return (struct host *)host;
}

void drop(napi_env env, napi_ref *reference)
{
	if (*reference != NULL)
		napi_delete_reference(env, *reference);
	*reference = NULL;
}

static void release(struct query *query)
{
	if (--query->parts == 0)
		free(query);
}

void finish_pending(struct host *host)
{
	if (--host->pending == 0 && host->ending)
		napi_remove_async_cleanup_hook(host->hook);
}

/* Closing ---------------------------------------------------------------------------------------------------------- */

static void close_in_thread(uv_work_t *work)
{
	struct job *job = (struct job *)work->data;

	search_close(job->search);
	search_pool_close(job->pool);
	search_tree_close(job->tree);
}

static void let_go(struct query *query)
{
	size_t i;

	for (i = 0; i < KEPT; i++)
		drop(query->host->env, &query->kept[i]);
}

static void end_job(uv_work_t *work, int status)
{
	struct job *job = (struct job *)work->data;
	struct host *host = job->host;

	if (status != 0) /* nobody cancels it, but libuv may */
		close_in_thread(work);
	if (job->query != NULL) {
		let_go(job->query);
		release(job->query);
	}
	free(job);
	finish_pending(host);
}

void close_later(struct host *host, struct query *query, struct search *search, struct search_pool *pool,
		 struct search_tree *tree)
{
	struct job *job = host->ending ? NULL : (struct job *)calloc(1, sizeof *job);

	if (job != NULL) {
		*job = (struct job){.work.data = job, .host = host, .query = query, .search = search, .pool = pool,
				    .tree = tree};
		if (query != NULL)
			query->parts++;
		host->pending++;
		if (uv_queue_work(host->loop, &job->work, close_in_thread, end_job) == 0)
			return;
		host->pending--;
		if (query != NULL)
			query->parts--;
		free(job);
	}
	search_close(search);
	search_pool_close(pool);
	search_tree_close(tree);
	if (query != NULL)
		let_go(query);
}

static void poll_closed(uv_handle_t *handle)
{
	struct query *query = (struct query *)handle->data;
	struct host *host = query->host;

	release(query);
	finish_pending(host);
}

/* The descriptor leaves the loop before the search, whose it is, is closed. */
static void close_query(struct query *query)
{
	struct search *search = query->search;

	if (search == NULL)
		return;
	query->search = NULL;
	query->left = 0;
	if (query->previous != NULL)
		query->previous->next = query->next;
	else
		query->host->queries = query->next;
	if (query->next != NULL)
		query->next->previous = query->previous;
	drop(query->host->env, &query->waiter);
	if (query->polls) {
		uv_poll_stop(&query->poll);
		query->host->pending++;
		uv_close((uv_handle_t *)&query->poll, poll_closed);
	}
	if (query->pool != NULL && !query->pool->closed && !query->borrows) {
		search_close(search); /* there is nothing to wait for */
		let_go(query);
	} else {
		search_cancel(search); /* now, not once a thread is free */
		close_later(query->host, query, search, NULL, NULL);
	}
}

static void close_pool(struct pool *pool)
{
	struct search_pool *handle = pool->pool;
	struct pool **at = &pool->host->pools;

	if (pool->closed)
		return;
	pool->closed = true;
	pool->pool = NULL;
	while (*at != pool)
		at = &(*at)->next;
	*at = pool->next;
	close_later(pool->host, NULL, NULL, handle, NULL);
}

static void finalize_query(napi_env env, void *data, void *hint)
{
	(void)env, (void)hint;
	close_query((struct query *)data);
	release((struct query *)data);
}

static void finalize_pool(napi_env env, void *data, void *hint)
{
	struct pool *pool = (struct pool *)data;

	(void)env, (void)hint;
	close_pool(pool);
	free(pool);
}

static void end_environment(napi_async_cleanup_hook_handle hook, void *data)
{
	struct host *host = (struct host *)data;

	host->ending = true;
	host->hook = hook;
	host->pending++; /* for the time of this function */
	while (host->queries != NULL)
		close_query(host->queries);
	while (host->pools != NULL)
		close_pool(host->pools);
	close_trees(host);
	finish_pending(host);
}

static void finalize_host(napi_env env, void *data, void *hint)
{
	struct host *host = (struct host *)data;

	(void)env, (void)hint;
	free(host->shared);
	free_stage(host->stage);
	free(host);
}

/* Opening ---------------------------------------------------------------------------------------------------------- */

napi_value error_value(napi_env env, const struct search_error *error)
{
	napi_value object = NULL;

	napi_create_object(env, &object);
	napi_set_named_property(env, object, "status", number_value(env, error->code));
	napi_set_named_property(env, object, "systemError", number_value(env, error->system_error));
	napi_set_named_property(env, object, "subject", number_value(env, error->subject));
	napi_set_named_property(env, object, "index", number_value(env, (double)error->index));
	napi_set_named_property(env, object, "offset",
				number_value(env, error->offset == SIZE_MAX ? -1 : (double)error->offset));
	napi_set_named_property(env, object, "message", string_value(env, error->message));
	return object;
}

static void lack_memory(struct search_error *error)
{
	error->code = SEARCH_ENOMEM;
	snprintf(error->message, sizeof error->message, "%s", search_strerror(SEARCH_ENOMEM));
}

napi_value memory_error(napi_env env)
{
	struct search_error error = SEARCH_ERROR_INIT;

	if (is_exception_pending(env))
		return NULL;
	lack_memory(&error);
	return error_value(env, &error);
}

static struct pool *open_pool(struct host *host, const struct search_pool_options *options, struct search_error *error)
{
	struct pool *pool = (struct pool *)calloc(1, sizeof *pool);

	if (pool == NULL) {
		lack_memory(error);
		return NULL;
	}
	if (search_pool_open(&pool->pool, options, error) != SEARCH_OK) {
		free(pool);
		return NULL;
	}
	pool->host = host;
	pool->next = host->pools;
	host->pools = pool;
	return pool;
}

/* options.next_source: a function that returns a source, undefined at the end, or null if it failed. It keeps what a
 * source points to. Called on the thread of the loop, inside take(). */
static int next_source(void *context, struct search_source *source)
{
	struct query *query = (struct query *)context;
	napi_env env = query->host->env;
	napi_value function, global, value;
	napi_valuetype type;

	if (napi_get_reference_value(env, query->next_source, &function) != napi_ok ||
	    napi_get_global(env, &global) != napi_ok ||
	    napi_call_function(env, global, function, 0, NULL, &value) != napi_ok ||
	    napi_typeof(env, value, &type) != napi_ok || type == napi_null)
		return -1;
	if (type == napi_undefined)
		return 0;
	return read_source(env, value, source) ? 1 : -1;
}

static napi_status keep(napi_env env, napi_value value, napi_ref *reference)
{
	napi_valuetype type;

	return napi_typeof(env, value, &type) != napi_ok || type == napi_undefined || type == napi_null
		? napi_ok : napi_create_reference(env, value, 1, reference);
}

/* Sets query->pool: the one that is given, none if it is null, or the one that the environment's searches share. */
static bool choose_pool(napi_env env, napi_value value, struct query *query, struct search_error *error)
{
	struct host *host = query->host;
	napi_valuetype type;
	void *pool = NULL;

	if (napi_typeof(env, value, &type) != napi_ok)
		return false;
	if (type == napi_null)
		return true;
	if (type == napi_external) {
		napi_get_value_external(env, value, &pool);
	} else {
		if (host->shared == NULL)
			host->shared = open_pool(host, NULL, error);
		pool = host->shared;
	}
	query->pool = (struct pool *)pool;
	return pool != NULL;
}

static void enlist(struct query *query)
{
	struct host *host = query->host;

	query->next = host->queries;
	if (query->next != NULL)
		query->next->previous = query;
	host->queries = query;
}

/* open(options, pool, borrowed, nextSource, tree): an external, or what failed. */
static napi_value call_open(napi_env env, napi_callback_info info)
{
	size_t count = MOST_ARGUMENTS;
	napi_value arguments[MOST_ARGUMENTS], result = NULL;
	struct search_error error = SEARCH_ERROR_INIT;
	struct request request = {.list_count = 0};
	struct query *query = (struct query *)calloc(1, sizeof *query);
	napi_valuetype more = napi_undefined, borrowed = napi_undefined;

	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	if (query == NULL)
		return memory_error(env);
	query->host = host_of(env);
	query->parts = 1;
	napi_typeof(env, arguments[2], &borrowed);
	napi_typeof(env, arguments[3], &more);
	query->borrows = borrowed != napi_undefined || more != napi_undefined;
	if (query->host->ending || !read_request(env, arguments[0], &request) ||
	    keep(env, arguments[2], &query->kept[0]) != napi_ok ||
	    keep(env, arguments[1], &query->kept[1]) != napi_ok || keep(env, arguments[3], &query->kept[2]) != napi_ok)
		goto failed;
	if (!choose_pool(env, arguments[1], query, &error)) {
		result = error_value(env, &error);
		goto failed;
	}
	request.options.pool = query->pool == NULL ? NULL : query->pool->pool;
	request.options.tree = tree_of(env, arguments[4]);
	request.options.caller_flags |= SEARCH_CALLER_NO_HELP;
	if (more == napi_function) {
		query->next_source = query->kept[2];
		request.options.next_source = next_source;
		request.options.next_source_context = query;
	}
	if (search_open(&query->search, &request.options, &error) != SEARCH_OK) {
		result = error_value(env, &error);
		goto failed;
	}
	enlist(query);
	free_request(&request);
	if (napi_create_external(env, query, finalize_query, NULL, &result) == napi_ok)
		return result;
	close_query(query);
	release(query);
	return memory_error(env);
failed:
	free_request(&request);
	let_go(query);
	release(query);
	return result != NULL ? result : memory_error(env);
}

/* openPool(options): an external, or what failed. */
static napi_value call_open_pool(napi_env env, napi_callback_info info)
{
	size_t count = 1;
	napi_value argument, result = NULL;
	struct search_pool_options options;
	struct search_error error = SEARCH_ERROR_INIT;
	struct pool *pool;

	napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
	if (!read_pool_options(env, argument, &options))
		return memory_error(env);
	pool = open_pool(host_of(env), &options, &error);
	if (pool == NULL)
		return error_value(env, &error);
	if (napi_create_external(env, pool, finalize_pool, NULL, &result) == napi_ok)
		return result;
	close_pool(pool);
	free(pool);
	return memory_error(env);
}

/* Use: each function's first argument is a search or a pool that is open, as index.js knows ------------------------ */

void *first_external(napi_env env, napi_callback_info info, size_t count, napi_value *arguments)
{
	void *data = NULL;

	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	napi_get_value_external(env, arguments[0], &data);
	return data;
}

/* The items at hand: returns false if memory runs out; *status tells why there are no more of them. */
static bool stage_items(struct query *query, struct stage *stage, size_t most, int *status)
{
	while (stage_count(stage) < most && stage_bytes(stage) < BATCH_BYTES) {
		if (query->left == 0) {
			*status = search_try_next_many(query->search, &query->items, most - stage_count(stage));
			if (*status <= 0)
				break;
			query->left = (size_t)*status;
		}
		if (!stage_item(stage, *query->items))
			return false;
		query->items++, query->left--;
	}
	return true;
}

/*
 * take(search, most): a batch, or a status: 0 at the end, SEARCH_EAGAIN, or how the search failed. While it asks for
 * more sources, JavaScript may take items of another search, on a stage of their own.
 */
static napi_value call_take(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], result;
	struct query *query = (struct query *)first_external(env, info, 2, arguments);
	struct host *host = query->host;
	struct stage *stage = host->stage != NULL ? host->stage : new_stage();
	uint32_t most = 1;
	int status = 0;

	if (stage == NULL)
		return number_value(env, SEARCH_ENOMEM);
	host->stage = NULL;
	napi_get_value_uint32(env, arguments[1], &most);
	if (!stage_items(query, stage, most, &status)) /* what was staged before comes first */
		status = SEARCH_ENOMEM;
	result = stage_count(stage) > 0 ? finish_batch(env, stage) : number_value(env, status);
	if (result == NULL) /* undefined would pass for the end */
		throw_out_of_memory(env);
	clear_stage(stage);
	if (host->stage == NULL)
		host->stage = stage;
	else
		free_stage(stage);
	return result;
}

static void become_ready(uv_poll_t *poll, int status, int events)
{
	struct query *query = (struct query *)poll->data;
	napi_env env = query->host->env;
	napi_handle_scope scope;
	napi_value function, global;

	(void)status, (void)events;
	uv_poll_stop(poll);
	if (query->waiter == NULL || napi_open_handle_scope(env, &scope) != napi_ok)
		return;
	napi_get_reference_value(env, query->waiter, &function);
	napi_get_global(env, &global);
	drop(env, &query->waiter);
	napi_make_callback(env, NULL, global, function, 0, NULL, NULL);
	napi_close_handle_scope(env, scope); /* the query may be gone */
}

/* wait(search, function): calls it once there may be an item. Returns 0, or why it cannot. */
static napi_value call_wait(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	struct query *query = (struct query *)first_external(env, info, 2, arguments);

	if (!query->polls) {
		int fd = search_fd(query->search);

		if (fd < 0)
			return number_value(env, fd);
		if (uv_poll_init(query->host->loop, &query->poll, fd) != 0)
			return number_value(env, SEARCH_ESYSTEM);
		query->poll.data = query;
		query->polls = true;
		query->parts++;
	}
	drop(env, &query->waiter);
	if (napi_create_reference(env, arguments[1], 1, &query->waiter) != napi_ok)
		return number_value(env, SEARCH_ENOMEM);
	if (uv_poll_start(&query->poll, UV_READABLE, become_ready) != 0)
		return number_value(env, SEARCH_ESYSTEM);
	return number_value(env, 0);
}

static napi_value call_cancel(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct query *query = (struct query *)first_external(env, info, 1, &argument);

	query->left = 0;
	search_cancel(query->search);
	return NULL;
}

static napi_value call_close(napi_env env, napi_callback_info info)
{
	napi_value argument;

	close_query((struct query *)first_external(env, info, 1, &argument));
	return NULL;
}

static napi_value call_stats(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct query *query = (struct query *)first_external(env, info, 1, &argument);
	struct search_stats stats = SEARCH_STATS_INIT;

	search_stats(query->search, &stats);
	return stats_object(env, &stats);
}

static napi_value call_outcome(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct query *query = (struct query *)first_external(env, info, 1, &argument);

	return number_value(env, search_outcome(query->search));
}

/* cursor(search): a string, or why there is none. */
static napi_value call_cursor(napi_env env, napi_callback_info info)
{
	napi_value argument, result;
	struct query *query = (struct query *)first_external(env, info, 1, &argument);
	int length = search_cursor(query->search, NULL, 0);
	char *text;

	if (length < 0)
		return number_value(env, length);
	text = (char *)malloc((size_t)length + 1);
	if (text == NULL)
		return number_value(env, SEARCH_ENOMEM);
	search_cursor(query->search, text, (size_t)length + 1);
	result = string_value(env, text);
	free(text);
	return result;
}

/* never(search): the index of a pattern that can never match, and why; null if there is none. */
static napi_value call_never(napi_env env, napi_callback_info info)
{
	napi_value argument, result;
	struct query *query = (struct query *)first_external(env, info, 1, &argument);
	size_t pattern = 0;
	int reason = search_never(query->search, &pattern);

	if (reason == SEARCH_NEVER_NONE)
		return string_value(env, NULL);
	napi_create_object(env, &result);
	napi_set_named_property(env, result, "pattern", number_value(env, (double)pattern));
	napi_set_named_property(env, result, "reason", number_value(env, reason));
	return result;
}

/* groupNames(search, pattern): the name of each group, or null. */
static napi_value call_group_names(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], result;
	struct query *query = (struct query *)first_external(env, info, 2, arguments);
	uint32_t pattern = 0, i;
	size_t count;

	napi_get_value_uint32(env, arguments[1], &pattern);
	count = search_group_count(query->search, pattern);
	napi_create_array(env, &result);
	for (i = 0; i < count; i++)
		napi_set_element(env, result, i, string_value(env, search_group_name(query->search, pattern, i + 1)));
	return result;
}

static napi_value call_close_pool(napi_env env, napi_callback_info info)
{
	napi_value argument;

	close_pool((struct pool *)first_external(env, info, 1, &argument));
	return NULL;
}

static napi_value call_pool_stats(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct pool *pool = (struct pool *)first_external(env, info, 1, &argument);
	struct search_pool_stats stats = SEARCH_POOL_STATS_INIT;

	search_pool_stats(pool->pool, &stats);
	return pool_stats_object(env, &stats);
}

/* Without a search ------------------------------------------------------------------------------------------------- */

/* column(text, textOffset, byte, unit) */
static napi_value call_column(napi_env env, napi_callback_info info)
{
	size_t count = MOST_ARGUMENTS, length = 0;
	napi_value arguments[MOST_ARGUMENTS];
	struct search_item item = {.kind = SEARCH_ITEM_MATCH};
	int64_t text_offset = 0, byte = 0;
	int32_t unit = 0;
	void *text = NULL;

	napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
	napi_get_buffer_info(env, arguments[0], &text, &length);
	napi_get_value_int64(env, arguments[1], &text_offset);
	napi_get_value_int64(env, arguments[2], &byte);
	napi_get_value_int32(env, arguments[3], &unit);
	item.text = length == 0 ? "" : (const char *)text;
	item.length = length;
	item.text_offset = (uint64_t)text_offset;
	return number_value(env, (double)search_column(&item, (size_t)byte, unit));
}

/* explain(options): a string, or what failed. */
static napi_value call_explain(napi_env env, napi_callback_info info)
{
	size_t count = 1;
	napi_value argument, result;
	struct request request;
	struct search_error error = SEARCH_ERROR_INIT;
	char *text = (char *)malloc(64 << 10); /* search_explain() says that it is shorter */

	napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
	if (read_request(env, argument, &request) && text != NULL)
		result = search_explain(&request.options, text, 64 << 10, &error) < 0 ? error_value(env, &error)
										       : string_value(env, text);
	else
		result = memory_error(env);
	free_request(&request);
	free(text);
	return result;
}

static napi_value call_build(napi_env env, napi_callback_info info)
{
	struct search_build build = SEARCH_BUILD_INIT;
	napi_value result;

	(void)info;
	search_build(&build);
	napi_create_object(env, &result);
	napi_set_named_property(env, result, "version", string_value(env, build.version));
	napi_set_named_property(env, result, "formats", string_value(env, build.formats));
	napi_set_named_property(env, result, "simd", string_value(env, build.simd));
	napi_set_named_property(env, result, "oniguruma", string_value(env, build.oniguruma));
	return result;
}

static napi_value call_strerror(napi_env env, napi_callback_info info)
{
	size_t count = 1;
	napi_value argument;
	int32_t status = 0;

	napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
	napi_get_value_int32(env, argument, &status);
	return string_value(env, search_strerror(status));
}

/* An older library accepts newer options if they are not set, but its items are shorter than batch.c reads. */
static bool is_fit(napi_env env)
{
	if (search_layout("search_item") >= sizeof(struct search_item))
		return true;
	napi_throw_error(env, NULL, "psearch: libpsearch is older than the addon, and its items lack fields: "
				    "build the addon again");
	return false;
}

NAPI_MODULE_INIT()
{
#define METHOD(name, function) { name, NULL, function, NULL, NULL, NULL, napi_enumerable, NULL }
	static const napi_property_descriptor methods[] = {
		METHOD("open", call_open), METHOD("take", call_take), METHOD("wait", call_wait),
		METHOD("cancel", call_cancel), METHOD("close", call_close), METHOD("stats", call_stats),
		METHOD("outcome", call_outcome), METHOD("cursor", call_cursor), METHOD("never", call_never),
		METHOD("groupNames", call_group_names), METHOD("openPool", call_open_pool),
		METHOD("closePool", call_close_pool), METHOD("poolStats", call_pool_stats),
		METHOD("column", call_column), METHOD("explain", call_explain), METHOD("build", call_build),
		METHOD("strerror", call_strerror),
	};
	struct host *host = (struct host *)calloc(1, sizeof *host);

	if (host == NULL || napi_get_uv_event_loop(env, &host->loop) != napi_ok ||
	    napi_set_instance_data(env, host, finalize_host, NULL) != napi_ok) {
		free(host);
		return throw_out_of_memory(env);
	}
	host->env = env;
	if (!is_fit(env) || napi_add_async_cleanup_hook(env, end_environment, host, NULL) != napi_ok ||
	    napi_define_properties(env, exports, sizeof methods / sizeof *methods, methods) != napi_ok ||
	    !define_tree_methods(env, exports) ||
	    napi_set_named_property(env, exports, "fields", describe_fields(env)) != napi_ok ||
	    napi_set_named_property(env, exports, "record", describe_record(env)) != napi_ok)
		return NULL;
	return exports;
}
