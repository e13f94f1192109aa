/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * psearch-module - libpsearch for Emacs 28 and later: searches that Emacs need not wait for.
 *
 * All searches share one pool, so Emacs's thread only takes items, and never waits for a disk to do so. Closing a
 * search waits only if it has overlays, and a thread is at work for it. Emacs cannot watch a descriptor that it has not
 * opened. So one thread of this module, the watcher, waits for all searches at once, by epoll, and writes a byte into a
 * pipe that Emacs does watch: the channel. The byte only says that there is something to take.
 *
 * Each search is watched for one event at a time (EPOLLONESHOT): psearch--take asks for the next one. So the watcher
 * does not spin while Emacs is busy, and it never waits to write: a pipe that is full says enough.
 *
 * The watcher knows nothing but descriptors: epoll's and the channel's. It touches no search, so a search can be closed
 * at any moment; an event from before is a needless byte, which is harmless. It blocks all signals: SIGPIPE, too,
 * which would end Emacs when the pipe has been closed at the other end.
 *
 * Making a value may collect garbage, and so run Lisp: post-gc-hook, finalizers. That may close the search whose items
 * are just being made. So a search is closed only after psearch--take has left it.
 */
#define _GNU_SOURCE /* dup3() */
#include <emacs-module.h>
#include <psearch.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT int plugin_is_GPL_compatible;
EXPORT int emacs_module_init(struct emacs_runtime *runtime) EMACS_NOEXCEPT;

/* What a user pointer of Emacs's points to. */
struct handle {
	struct search *search; /* NULL: it is closed */
	bool taking;           /* psearch--take uses its items */
	bool closing;          /* to be closed after that */
	struct search_overlay *overlays; /* their texts are borrowed by the search */
	size_t overlay_count;
};

/* Of Emacs's thread alone, except that the watcher reads `channel`. */
static struct search_pool *pool;
static int watched = -1; /* epoll */
static atomic_int channel = -1;

/* Symbols, made once. */
static emacs_value nil, quote_match, quote_context, quote_binary, quote_error, quote_note, quote_cut;
static emacs_value quote_more, quote_wait;

static void fail(emacs_env *env, const char *condition, const char *message)
{
	emacs_value text = env->make_string(env, message, (ptrdiff_t)strlen(message));

	env->non_local_exit_signal(env, env->intern(env, condition),
				   env->funcall(env, env->intern(env, "list"), 1, &text));
}

/* The data of the condition are a message and the place in the pattern, in bytes, or nil. */
static void fail_to_open(emacs_env *env, const struct search_error *error)
{
	bool placed = error->subject == SEARCH_SUBJECT_PATTERN && error->offset != SIZE_MAX;
	const char *condition = error->code == SEARCH_EPATTERN ? "psearch-bad-pattern" : "psearch-error";
	const char *message = error->message + (error->subject == SEARCH_SUBJECT_PATTERN ? error->reason_at : 0);
	emacs_value data[] = { env->make_string(env, message, (ptrdiff_t)strlen(message)),
			       placed ? env->make_integer(env, (intmax_t)error->offset) : nil };

	env->non_local_exit_signal(env, env->intern(env, condition),
				   env->funcall(env, env->intern(env, "list"), 2, data));
}

static bool failed(emacs_env *env)
{
	return env->non_local_exit_check(env) != emacs_funcall_exit_return;
}

/* The bytes of a string and a NUL, to be freed; those of a unibyte string as they are. NULL: Emacs was told why. */
static char *copy_string(emacs_env *env, emacs_value string, size_t *length)
{
	ptrdiff_t size = 0;
	char *copy;

	if (!env->copy_string_contents(env, string, NULL, &size))
		return NULL;
	copy = malloc((size_t)size);
	if (!copy) {
		fail(env, "psearch-error", "out of memory");
		return NULL;
	}
	if (!env->copy_string_contents(env, string, copy, &size)) {
		free(copy);
		return NULL;
	}
	if (length)
		*length = (size_t)size - 1;
	return copy;
}

/* Calls use() with each element of a vector and its index, until one returns false. */
static bool for_each(emacs_env *env, emacs_value vector, void *to,
		     bool (*use)(emacs_env *, emacs_value, size_t, void *))
{
	ptrdiff_t i, count = env->vec_size(env, vector);

	for (i = 0; i < count && !failed(env); i++)
		if (!use(env, env->vec_get(env, vector, i), (size_t)i, to))
			return false;
	return !failed(env);
}

/* --- The watcher --- */

static void *watch(void *unused)
{
	struct epoll_event events[16];

	(void)unused;
	for (;;) {
		int count = epoll_wait(watched, events, 16, -1);

		/* If the pipe is full, Emacs has been told enough. If it is closed, Emacs looks once it has another. */
		if (count > 0 && write(atomic_load(&channel), "!", 1) < 0)
			continue;
	}
	return NULL;
}

static bool start_watcher(void)
{
	sigset_t all, before;
	pthread_t thread;
	bool started;

	watched = epoll_create1(EPOLL_CLOEXEC);
	if (watched < 0)
		return false;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_create(&thread, NULL, watch, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (started) {
		pthread_detach(thread);
	} else {
		close(watched);
		watched = -1;
	}
	return started;
}

/* (psearch--open-channel PIPE): from now on its filter is told when there is something to take. */
static emacs_value open_channel(emacs_env *env, ptrdiff_t count, emacs_value *arguments, void *data)
{
	int fd = env->open_channel(env, arguments[0]), former;

	(void)count, (void)data;
	if (failed(env))
		return nil;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK); /* a pipe that is full tells enough */
	former = atomic_load(&channel);
	if (former >= 0) {
		/* The watcher may be about to write: let the number stay, and lead to the new pipe. */
		if (dup3(fd, former, O_CLOEXEC) < 0)
			fail(env, "psearch-error", "no descriptor is left");
		close(fd);
	} else {
		atomic_store(&channel, fd);
	}
	if (watched < 0 && !start_watcher())
		fail(env, "psearch-error", "cannot start a thread");
	return nil;
}

/* --- Opening and closing --- */

static void close_handle(struct handle *h)
{
	size_t i;

	if (h->search) {
		epoll_ctl(watched, EPOLL_CTL_DEL, search_fd(h->search), NULL);
		search_close(h->search);
		h->search = NULL;
	}
	for (i = 0; i < h->overlay_count; i++) {
		free((void *)h->overlays[i].path);
		free((void *)h->overlays[i].data);
	}
	free(h->overlays);
	h->overlays = NULL, h->overlay_count = 0;
}

static void finalize(void *data) EMACS_NOEXCEPT
{
	close_handle(data);
	free(data);
}

/* What psearch--open makes of its arguments; all of it is freed when the search is open. */
struct query {
	struct search_options options;
	struct search_walk walk;
	struct search_pattern pattern;
	struct search_source source;
	struct search_glob *globs;
};

static const struct {
	const char *name;
	uint32_t match, walk;
} flags[] = {
	{ "ignore-case", SEARCH_MATCH_IGNORE_CASE, 0 },
	{ "word", SEARCH_MATCH_WORD, 0 },
	{ "fixed", SEARCH_MATCH_FIXED, 0 },
	{ "skip-hidden", 0, SEARCH_WALK_SKIP_HIDDEN },
	{ "skip-ignored", 0, SEARCH_WALK_IGNORE_VCS | SEARCH_WALK_IGNORE_FILES },
};

static bool add_flag(emacs_env *env, emacs_value symbol, size_t at, void *to)
{
	struct query *q = to;
	size_t i;

	(void)at;
	for (i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (env->eq(env, symbol, env->intern(env, flags[i].name))) {
			q->options.match_flags |= flags[i].match;
			q->walk.flags |= flags[i].walk;
			return true;
		}
	fail(env, "psearch-error", "an unknown flag");
	return false;
}

/* A glob as psearch -g takes it. */
static bool add_glob(emacs_env *env, emacs_value string, size_t at, void *to)
{
	struct query *q = to;
	char *text = copy_string(env, string, NULL);

	if (!text)
		return false;
	q->globs[at].flags = SEARCH_GLOB_BRACES | SEARCH_GLOB_UNHIDE | SEARCH_GLOB_OVERRIDE;
	if (text[0] == '!') {
		memmove(text, text + 1, strlen(text));
		q->globs[at].flags = SEARCH_GLOB_BRACES | SEARCH_GLOB_EXCLUDE;
	}
	q->globs[at].text = text;
	q->walk.glob_count = at + 1;
	return true;
}

static bool add_overlay(emacs_env *env, emacs_value pair, size_t at, void *to)
{
	struct handle *h = to;
	struct search_overlay *overlay = &h->overlays[at];
	emacs_value name = env->funcall(env, env->intern(env, "car"), 1, &pair);
	emacs_value text = env->funcall(env, env->intern(env, "cdr"), 1, &pair);

	if (failed(env))
		return false;
	h->overlay_count = at + 1;
	overlay->path = copy_string(env, name, NULL);
	overlay->data = overlay->path ? copy_string(env, text, &overlay->size) : NULL;
	return overlay->data != NULL;
}

static size_t at_least_one(ptrdiff_t count)
{
	return count > 0 ? (size_t)count : 1;
}

/* Reads the arguments of psearch--open into *q and *h. */
static bool read_query(emacs_env *env, emacs_value *arguments, struct query *q, struct handle *h)
{
	q->globs = calloc(at_least_one(env->vec_size(env, arguments[3])), sizeof(*q->globs));
	if (failed(env))
		return false;
	h->overlays = calloc(at_least_one(env->vec_size(env, arguments[4])), sizeof(*h->overlays));
	if (failed(env))
		return false;
	if (!q->globs || !h->overlays) {
		fail(env, "psearch-error", "out of memory");
		return false;
	}
	q->walk.globs = q->globs;
	q->pattern.text = copy_string(env, arguments[0], &q->pattern.length);
	q->source.path = q->pattern.text ? copy_string(env, arguments[1], NULL) : NULL;
	q->options.max_matches = (uint64_t)env->extract_integer(env, arguments[5]);
	q->options.before_context = q->options.after_context = (uint32_t)env->extract_integer(env, arguments[6]);
	q->options.max_item_bytes = (size_t)env->extract_integer(env, arguments[7]);
	return q->source.path && !failed(env) && for_each(env, arguments[2], q, add_flag) &&
	       for_each(env, arguments[3], q, add_glob) && for_each(env, arguments[4], h, add_overlay);
}

static bool open_search(emacs_env *env, struct query *q, struct handle *h)
{
	struct search_error error = SEARCH_ERROR_INIT;
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT };

	q->options.patterns = &q->pattern, q->options.pattern_count = 1;
	q->options.sources = &q->source, q->options.source_count = 1;
	q->source.name = ""; /* so that names are relative to the directory */
	q->options.walk = &q->walk;
	q->options.overlays = h->overlays, q->options.overlay_count = h->overlay_count;
	q->options.encoding = "auto";
	q->options.priority = SEARCH_PRIORITY_INTERACTIVE;
	if (!pool && search_pool_open(&pool, NULL, &error) != SEARCH_OK) {
		fail_to_open(env, &error);
		return false;
	}
	q->options.pool = pool;
	if (search_open(&h->search, &q->options, &error) != SEARCH_OK) {
		fail_to_open(env, &error);
		return false;
	}
	if (search_fd(h->search) < 0 || epoll_ctl(watched, EPOLL_CTL_ADD, search_fd(h->search), &event) != 0) {
		fail(env, "psearch-error", "no descriptor is left");
		return false;
	}
	return true;
}

/*
 * (psearch--open PATTERN DIRECTORY FLAGS GLOBS OVERLAYS MOST CONTEXT WINDOW): a search. FLAGS, GLOBS and OVERLAYS are
 * vectors, of symbols, strings, and pairs of a name and a text; names and texts are unibyte strings.
 */
static emacs_value psearch_open(emacs_env *env, ptrdiff_t count, emacs_value *arguments, void *data)
{
	struct query q = { .options = SEARCH_OPTIONS_INIT, .walk = SEARCH_WALK_INIT };
	struct handle *h = calloc(1, sizeof(*h));
	emacs_value result = nil;
	bool owned = false; /* by Emacs */
	size_t i;

	(void)count, (void)data;
	if (!h) {
		fail(env, "psearch-error", "out of memory");
	} else if (read_query(env, arguments, &q, h) && open_search(env, &q, h)) {
		result = env->make_user_ptr(env, finalize, h);
		owned = !failed(env);
	}
	for (i = 0; i < q.walk.glob_count; i++)
		free((void *)q.globs[i].text);
	free(q.globs);
	free((void *)q.pattern.text);
	free((void *)q.source.path);
	if (h && !owned) {
		close_handle(h);
		free(h);
	}
	return result;
}

/* The handle that a value is, or NULL if it is none, or closed. */
static struct handle *handle_of(emacs_env *env, emacs_value value)
{
	struct handle *h = env->get_user_ptr(env, value);

	if (failed(env))
		return NULL;
	if (env->get_user_finalizer(env, value) != finalize) {
		fail(env, "psearch-error", "not a search");
		return NULL;
	}
	return h;
}

/* (psearch--close SEARCH): ends it, and gives back what it has. It may be closed already, or be taking items. */
static emacs_value psearch_close(emacs_env *env, ptrdiff_t count, emacs_value *arguments, void *data)
{
	struct handle *h = handle_of(env, arguments[0]);

	(void)count, (void)data;
	if (h && h->taking)
		h->closing = true;
	else if (h)
		close_handle(h);
	return nil;
}

/* --- Items --- */

static emacs_value bytes_of(emacs_env *env, const char *bytes, size_t length)
{
	return env->make_unibyte_string(env, bytes, (ptrdiff_t)length);
}

static emacs_value kind_of(const struct search_item *item)
{
	switch (item->kind) {
	case SEARCH_ITEM_MATCH: return quote_match;
	case SEARCH_ITEM_CONTEXT: return quote_context;
	case SEARCH_ITEM_BINARY: return quote_binary;
	case SEARCH_ITEM_ERROR: return (item->flags & SEARCH_ITEM_FLAG_NOTE) != 0 ? quote_note : quote_error;
	default: return nil;
	}
}

/* The list of where the spans begin and end in the item's text; those that are not in it are left out. */
static emacs_value places_of(emacs_env *env, emacs_value list, emacs_value cons, const struct search_item *item)
{
	size_t i, end = (size_t)item->text_offset + item->length;

	for (i = item->span_count; i-- > 0;) {
		const struct search_span *span = &item->spans[i];
		emacs_value ends[2];

		if (span->begin < item->text_offset || span->end > end)
			continue;
		ends[0] = env->make_integer(env, (intmax_t)(span->begin - item->text_offset));
		ends[1] = env->make_integer(env, (intmax_t)(span->end - item->text_offset));
		ends[0] = env->funcall(env, cons, 2, ends);
		ends[1] = list;
		list = env->funcall(env, cons, 2, ends);
	}
	return list;
}

/* [KIND PATH LINE TEXT SPANS CUT]: strings are unibyte. An error's TEXT is its message. CUT: it is a part of a line. */
static emacs_value item_of(emacs_env *env, emacs_value vector, emacs_value cons, const struct search_item *item)
{
	bool cut = (item->flags & SEARCH_ITEM_FLAG_WINDOW) != 0;
	emacs_value parts[] = {
		kind_of(item),
		bytes_of(env, item->path, item->path_length),
		env->make_integer(env, (intmax_t)item->line),
		item->text ? bytes_of(env, item->text, item->length) :
		item->message ? bytes_of(env, item->message, strlen(item->message)) : nil,
		places_of(env, nil, cons, item),
		cut ? quote_cut : nil,
	};

	return env->funcall(env, vector, sizeof(parts) / sizeof(parts[0]), parts);
}

static emacs_value outcome_of(emacs_env *env, struct search *s)
{
	switch (search_outcome(s)) {
	case SEARCH_OUTCOME_COMPLETE: return env->intern(env, "complete");
	case SEARCH_OUTCOME_LIMITED: return env->intern(env, "limited");
	case SEARCH_OUTCOME_CANCELED: return env->intern(env, "canceled");
	default: return env->intern(env, "failed");
	}
}

static emacs_value take_items(emacs_env *env, struct handle *h, intmax_t left)
{
	emacs_value vector = env->intern(env, "vector"), cons = env->intern(env, "cons");
	emacs_value parts[2] = { quote_more, nil };
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT };
	const struct search_item *const *items;
	int taken = 1, i;

	while (left > 0 && !h->closing && !failed(env) &&
	       (taken = search_try_next_many(h->search, &items, (size_t)left)) > 0) {
		left -= taken;
		for (i = 0; i < taken && !failed(env); i++) {
			emacs_value pair[2] = { item_of(env, vector, cons, items[i]), parts[1] };

			parts[1] = env->funcall(env, cons, 2, pair);
		}
	}
	parts[1] = env->funcall(env, env->intern(env, "nreverse"), 1, &parts[1]);
	if (h->closing) {
		parts[0] = env->intern(env, "canceled");
	} else if (taken > 0 || taken == SEARCH_EAGAIN) {
		epoll_ctl(watched, EPOLL_CTL_MOD, search_fd(h->search), &event);
		parts[0] = taken > 0 ? quote_more : quote_wait;
	} else {
		parts[0] = outcome_of(env, h->search);
	}
	return env->funcall(env, cons, 2, parts);
}

/*
 * (psearch--take SEARCH MOST): (STATE . ITEMS), at most MOST items. STATE is `more` if there are more at hand, `wait`
 * if there will be, or how the search has ended. Unless it has, the channel will tell when to call again.
 */
static emacs_value psearch_take(emacs_env *env, ptrdiff_t count, emacs_value *arguments, void *data)
{
	struct handle *h = handle_of(env, arguments[0]);
	intmax_t most = env->extract_integer(env, arguments[1]);
	emacs_value result;

	(void)count, (void)data;
	if (!h || failed(env))
		return nil;
	if (!h->search || h->taking) {
		fail(env, "psearch-error", h->taking ? "the search is taking items" : "the search is closed");
		return nil;
	}
	h->taking = true;
	result = take_items(env, h, most);
	h->taking = false;
	if (h->closing)
		close_handle(h);
	return result;
}

/* --- What Emacs sees --- */

static void define(emacs_env *env, const char *name, ptrdiff_t count, emacs_function function, const char *text)
{
	emacs_value parts[] = { env->intern(env, name), env->make_function(env, count, count, function, text, NULL) };

	env->funcall(env, env->intern(env, "defalias"), 2, parts);
}

static emacs_value symbol(emacs_env *env, const char *name)
{
	return env->make_global_ref(env, env->intern(env, name));
}

int emacs_module_init(struct emacs_runtime *runtime) EMACS_NOEXCEPT
{
	emacs_env *env = runtime->get_environment(runtime);
	emacs_value feature;

	if ((size_t)runtime->size < sizeof(*runtime) || (size_t)env->size < sizeof(struct emacs_env_28))
		return 1; /* an Emacs before 28: it has no open_channel */
	nil = symbol(env, "nil");
	quote_match = symbol(env, "match"), quote_context = symbol(env, "context");
	quote_binary = symbol(env, "binary"), quote_error = symbol(env, "error"), quote_note = symbol(env, "note");
	quote_more = symbol(env, "more"), quote_wait = symbol(env, "wait");
	quote_cut = symbol(env, "t");
	define(env, "psearch--open-channel", 1, open_channel,
	       "Have the filter of the pipe process PIPE told of items.\n\n(fn PIPE)");
	define(env, "psearch--open", 8, psearch_open,
	       "Open a search.\n\n(fn PATTERN DIRECTORY FLAGS GLOBS OVERLAYS MOST CONTEXT WINDOW)");
	define(env, "psearch--take", 2, psearch_take, "Take at most MOST items of SEARCH.\n\n(fn SEARCH MOST)");
	define(env, "psearch--close", 1, psearch_close, "End SEARCH.\n\n(fn SEARCH)");
	feature = env->intern(env, "psearch-module");
	env->funcall(env, env->intern(env, "provide"), 1, &feature);
	return 0;
}
