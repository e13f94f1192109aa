/* SPDX-License-Identifier: BSD-2-Clause */
/* What the addon's files share. addon.c: the life of searches and pools; tree.c: that of warm trees; options.c: options
 * from JavaScript; batch.c: items to JavaScript. index.js alone calls the addon, and checks types before it does. */
#ifndef PSEARCH_NODE_ADDON_H
#define PSEARCH_NODE_ADDON_H

#define NAPI_VERSION 8
#include <node_api.h>
#include <psearch.h>

#include <stdbool.h>
#include <uv.h>

struct pool;
struct query;
struct stage;
struct tree;

/* All that belongs to one environment: see addon.c. */
struct host {
	napi_env env;
	uv_loop_t *loop;
	struct query *queries;
	struct pool *pools;
	struct pool *shared; /* of the searches that name no pool; made for the first of them */
	struct tree *trees;
	struct stage *stage; /* NULL while a batch is taken */
	unsigned pending; /* handles and jobs that libuv has */
	bool ending;
	napi_async_cleanup_hook_handle hook;
};

struct host *host_of(napi_env env);
void finish_pending(struct host *host); /* one thing less that libuv has; the environment may be waiting for the last */
void drop(napi_env env, napi_ref *reference);
napi_value number_value(napi_env env, double number);
napi_value error_value(napi_env env, const struct search_error *error); /* what JavaScript makes a SearchError of */
napi_value memory_error(napi_env env); /* that of SEARCH_ENOMEM; NULL if an exception is pending */
void *first_external(napi_env env, napi_callback_info info, size_t count, napi_value *arguments);
/* Closes them, where they are not NULL, in a thread of libuv's; here, where that cannot be, or may not wait. */
void close_later(struct host *host, struct query *query, struct search *search, struct search_pool *pool,
		 struct search_tree *tree);

/* tree.c */
struct search_tree *tree_of(napi_env env, napi_value value); /* NULL for null, or undefined */
void close_trees(struct host *host);
bool define_tree_methods(napi_env env, napi_value exports);

/* Options as the library takes them. Strings and data are those of Buffers, which the caller keeps. */
struct request {
	struct search_options options;
	struct search_walk walk;
	void *lists[8]; /* what free_request() frees: arrays that options and walk point to */
	size_t list_count;
};

/* Returns false with an exception pending, or if memory is short. The request has to be freed in any case. */
bool read_request(napi_env env, napi_value object, struct request *request);
void free_request(struct request *request);
bool read_source(napi_env env, napi_value object, struct search_source *source);
bool read_pool_options(napi_env env, napi_value object, struct search_pool_options *options);
bool read_tree_options(napi_env env, napi_value object, struct search_tree_options *options);

/* For each struct that JavaScript fills, its fields by their names there: how many bits, negative if it is signed;
 * 0: a Buffer. */
napi_value describe_fields(napi_env env);
napi_value stats_object(napi_env env, const struct search_stats *stats);
napi_value pool_stats_object(napi_env env, const struct search_pool_stats *stats);
napi_value tree_stats_object(napi_env env, const struct search_tree_stats *stats);

/* Where items are gathered before they cross to JavaScript, all at once. Used again for each batch. */
struct stage *new_stage(void);
void free_stage(struct stage *stage);
bool stage_item(struct stage *stage, const struct search_item *item); /* false: out of memory */
void clear_stage(struct stage *stage);
size_t stage_count(const struct stage *stage);
size_t stage_bytes(const struct stage *stage);
napi_value finish_batch(napi_env env, struct stage *stage); /* the batch as a Buffer, or NULL; empties the stage */
napi_value describe_record(napi_env env);                   /* where in a record each field is */

#endif
