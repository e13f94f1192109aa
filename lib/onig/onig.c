/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * onig.c - with onig_error.c, the only file that knows Oniguruma.
 *
 * Oniguruma keeps global state, which a host program may use and change, too. It also has no way to interrupt a call.
 * The rules by which the two programs do not hurt each other, and no call takes too long:
 *
 *  1. onig_initialize runs once, under pthread_once, before anything else: several threads doing it at a time would
 *     race. onig_end is never called, as the host may still be using Oniguruma.
 *  2. We change no process-wide setting and rely on none: the syntaxes are our copies, the case folding is given with
 *     each pattern, the limits and callouts with each search.
 *  3. Our copies of the syntaxes have no callouts: a pattern must not be able to run the host's functions, least of all
 *     on our threads. Only what we put around a pattern may have one, check_end(). Perl's copy also lacks the calls
 *     (?R), (?1) and (?&name): 6.9.8 reads them as something that never matches, and (?-i) as one of them. So they are
 *     refused; \g<name> is a call.
 *  4. Searching only reads a compiled pattern, so threads share it. It writes the match parameters and the region:
 *     each thread has its own.
 *  5. Text must be valid UTF-8: Oniguruma reads beyond the end of any other. See repair.h.
 *  6. Each call has limits, as the defaults bound nothing: retries are counted for each start position separately, and
 *     the backtracking stack grows without end. Nothing but its limit ends a call, while the search may be over at any
 *     time. So a limit is small at first, and the call is repeated with a larger one. See search_whole.
 *  7. Messages are formatted while the pattern is at hand, since they point into it.
 *  8. Before a pattern is compiled, as much memory as that may take is asked for, and given back: see has_memory_for().
 *
 * Rule 8 is there because Oniguruma crashes if an allocation fails while it parses: it dereferences NULL, or frees twice.
 * In 18 patterns, of 343 allocations that failed one at a time, 29 were the end of the process with 6.9.8, and 23 with
 * 6.9.9 and 6.9.10: in alternatives, (?~...), letters of either case, and calls that follow groups. It has no hook for
 * an allocator. Patterns that automata match never come here, unless groups are asked for.
 *
 * What we cannot prevent: that another thread takes the memory between the two; that a host's own malloc() fails although
 * the system has memory; that a pattern needs more than is asked for. And a search in 6.9.8 loses a small block if memory
 * runs out.
 *
 * Rejected: onig_regset for several patterns. It has no retry limit for a whole search, and of matches that begin
 * together it does not choose the one that we want.
 */
#include "../base/base.h"

#include "../base/utf8.h"
#include "onig_error.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * A retry takes some 35 ns, but it may go through the whole line, at up to 8 ns a byte. So a first call may have as
 * many retries as could go through FIRST_BYTES in all; more if such calls have been short.
 */
#define RETRIES_MOST 500000UL /* of one call: about 18 ms */
#define FIRST_BYTES 2000000UL /* 16 ms at the worst */
#define EASY_BYTES 16000000UL /* if lines have been easy */
#define EASY_RETRIES 32768UL  /* in a line that has been easy so far */
#define EASY_RETRIES_AT_PLACE 64UL
#define EASY_RETRIES_REFERRING 16UL
#define EASY_RETRIES_NEAR 16UL /* at a place, learned from the places before it; 0.3 s at the worst in 2.6 MB */
#define FEW_RETRIES 1000UL /* at one place: up to this many do not count against the budget */
/* Nanoseconds. */
#define SHORT_CALL UINT64_C(2000000) /* after it, one with RAISE times the retries may follow, */
#define RAISE 8
#define FAIR_CALL UINT64_C(12000000) /* and after this, one with twice as many */
#define CALL_TIME UINT64_C(20000000) /* after a longer call no larger limit is tried */
#define TINY_CALL UINT64_C(500000)

/*
 * With a back-reference, retries compare little while the group is longer than what is left of the line, and then half
 * of the line each. So a short call says little about one with twice the limit; the limit is raised by no more retries
 * than could compare this many bytes.
 */
#define MORE_BYTES 64000000UL
#define MORE_BYTES_FOLDED 8000000UL

/* Entries of 32 bytes or a little more: 8 MiB or more for one thread. */
#define STACK_LIMIT 262144u

/* Our own codes; Oniguruma has none of these. */
#define TIME_IS_UP (-20000)
#define ENOUGH_RETRIES (-20001)
#define PAUSES (-20002)

struct ps_engine {
	OnigMatchParam *param;
	OnigRegion *region;
	unsigned long limit; /* of retries, as set in `param` */
	unsigned long first; /* the limit of a first call, learned from this line; 0: nothing learned */
	unsigned long first_bytes; /* FIRST_BYTES, or more if lines have been easy */
	const OnigUChar *end; /* where the match whose groups are asked for ends */
	struct {
		enum { NOTHING, IN_SEARCH, IN_PLACES } in;
		size_t from;         /* where the search started, or the place */
		unsigned long limit; /* of the next call */
	} paused;
	char reason[160];
};

/* Written by initialize_onig() only, and constant afterwards. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static OnigSyntaxType syntaxes[SEARCH_SYNTAX_PYTHON + 1];
static OnigSyntaxType ending_syntaxes[SEARCH_SYNTAX_PYTHON + 1]; /* of dialects with `ending` */

static void initialize_onig(void)
{
	static OnigSyntaxType *const originals[] = {
		[SEARCH_SYNTAX_ONIGURUMA] = &OnigSyntaxOniguruma,
		[SEARCH_SYNTAX_PERL] = &OnigSyntaxPerl_NG,
		[SEARCH_SYNTAX_PYTHON] = &OnigSyntaxPython,
	};
	OnigEncoding encodings[] = { ONIG_ENCODING_UTF8 };

	/* Only its registering of callouts with names can fail, and we use none. */
	(void)onig_initialize(encodings, 1);
	for (size_t i = 0; i < sizeof(originals) / sizeof(originals[0]); i++) {
		onig_copy_syntax(&syntaxes[i], originals[i]);
		onig_set_syntax_op2(&syntaxes[i], onig_get_syntax_op2(&syntaxes[i]) &
				    ~(ONIG_SYN_OP2_QMARK_BRACE_CALLOUT_CONTENTS |
				      ONIG_SYN_OP2_ASTERISK_CALLOUT_NAME |
				      ONIG_SYN_OP2_QMARK_PERL_SUBEXP_CALL));
		onig_copy_syntax(&ending_syntaxes[i], &syntaxes[i]);
		onig_set_syntax_op2(&ending_syntaxes[i], onig_get_syntax_op2(&syntaxes[i]) |
				    ONIG_SYN_OP2_QMARK_BRACE_CALLOUT_CONTENTS);
	}
}

static bool is_onig_ready(void)
{
	return pthread_once(&once, initialize_onig) == 0;
}

/* All folds, or only those of one character to one. */
static OnigCaseFoldType fold_flags(bool single)
{
	return single ? 0 : ONIGENC_CASE_FOLD_MIN;
}

static OnigOptionType compile_options(const struct ps_dialect *dialect)
{
	return (dialect->ignore_case ? ONIG_OPTION_IGNORECASE : ONIG_OPTION_NONE) |
	       (dialect->whole ? ONIG_OPTION_NEGATE_SINGLELINE : ONIG_OPTION_NONE) |
	       (dialect->dot_newline ? ONIG_OPTION_MULTILINE : ONIG_OPTION_NONE);
}

/*
 * What compiling takes at most, by measurement, is some 100 KiB for a class such as (?i)[\w], 16 KiB for one such as
 * \p{L}, and 1.6 KiB for another byte.
 */
enum {
	MEMORY_FOR_ALL = 128 << 10,
	MEMORY_FOR_CLASS = 128 << 10, /* for each [ */
	MEMORY_FOR_ESCAPE = 24 << 10, /* for each backslash */
	MEMORY_FOR_BYTE = 2 << 10,
	MEMORY_MOST = 64 << 20
};

static size_t memory_for(const uint8_t *pattern, size_t length)
{
	size_t bytes = MEMORY_FOR_ALL;

	for (size_t i = 0; i < length && bytes < MEMORY_MOST; i++)
		bytes += pattern[i] == '[' ? MEMORY_FOR_CLASS : pattern[i] == '\\' ? MEMORY_FOR_ESCAPE : MEMORY_FOR_BYTE;
	return ps_min(bytes, (size_t)MEMORY_MOST);
}

/* Rule 8. The block is mapped, and not touched: that takes a microsecond or two. */
static bool has_memory_for(const uint8_t *pattern, size_t length)
{
	size_t bytes = memory_for(pattern, length);
	void *reserve = ps_buffer_new(bytes);

	ps_buffer_free(reserve, bytes);
	return reserve != NULL;
}

int ps_regex_new(struct ps_regex **out, const uint8_t *pattern, size_t length,
		 const struct ps_dialect *dialect, struct ps_pattern_error *error)
{
	OnigErrorInfo info = { ONIG_ENCODING_UTF8, NULL, NULL };
	OnigRegex regex = NULL;
	OnigCompileInfo how = {
		.num_of_elements = 5,
		.pattern_enc = ONIG_ENCODING_UTF8,
		.target_enc = ONIG_ENCODING_UTF8,
		.syntax = dialect->ending ? &ending_syntaxes[dialect->syntax] : &syntaxes[dialect->syntax],
		.option = compile_options(dialect),
		.case_fold_flag = fold_flags(dialect->posix),
	};
	int rc;

	*out = NULL;
	if (!is_onig_ready() || !has_memory_for(pattern, length))
		return SEARCH_ENOMEM;
	rc = onig_new_deluxe(&regex, pattern, pattern + length, &how, &info);
	if (rc == ONIGERR_MEMORY)
		return SEARCH_ENOMEM;
	if (rc != ONIG_NORMAL) {
		ps_onig_describe(error, rc, &info, pattern, length);
		return SEARCH_EPATTERN;
	}
	*out = (struct ps_regex *)regex;
	return SEARCH_OK;
}

void ps_regex_free(struct ps_regex *regex)
{
	if (regex != NULL)
		onig_free((OnigRegex)regex);
}

/* The callout of a dialect with `ending`: a way to match that ends anywhere else is none, and the next one is tried. */
static int check_end(OnigCalloutArgs *args, void *engine)
{
	const struct ps_engine *e = engine;

	return onig_get_current_by_callout_args(args) == e->end ? ONIG_CALLOUT_SUCCESS : ONIG_CALLOUT_FAIL;
}

int ps_engine_new(struct ps_engine **out)
{
	struct ps_engine *e = calloc(1, sizeof(*e));

	*out = NULL;
	if (e == NULL)
		return SEARCH_ENOMEM;
	e->param = onig_new_match_param();
	e->region = onig_region_new();
	if (e->param == NULL || e->region == NULL) {
		ps_engine_free(e);
		return SEARCH_ENOMEM;
	}
	e->first_bytes = FIRST_BYTES;
	onig_set_match_stack_limit_size_of_match_param(e->param, STACK_LIMIT);
	onig_set_progress_callout_of_match_param(e->param, check_end);
	onig_set_callout_user_data_of_match_param(e->param, e);
	onig_set_retraction_callout_of_match_param(e->param, NULL);
	*out = e;
	return SEARCH_OK;
}

void ps_engine_free(struct ps_engine *engine)
{
	if (engine == NULL)
		return;
	if (engine->region != NULL)
		onig_region_free(engine->region, 1);
	if (engine->param != NULL)
		onig_free_match_param(engine->param);
	free(engine);
}

static int give_up_line(struct ps_engine *e, int code)
{
	switch (code) {
	case ONIGERR_MEMORY:
		return SEARCH_ENOMEM;
	case ONIGERR_MATCH_STACK_LIMIT_OVER:
		snprintf(e->reason, sizeof(e->reason), "the pattern needs more than %u backtracking "
			 "positions on this line: simplify the pattern", STACK_LIMIT);
		break;
	case ONIGERR_RETRY_LIMIT_IN_MATCH_OVER:
	case ONIGERR_RETRY_LIMIT_IN_SEARCH_OVER:
		snprintf(e->reason, sizeof(e->reason), "the pattern backtracks too much on this line "
			 "(over %lu times from one place): simplify the pattern", RETRIES_MOST);
		break;
	case ENOUGH_RETRIES:
		snprintf(e->reason, sizeof(e->reason), "the pattern backtracks too much on this line "
			 "(over %lu times): simplify the pattern", (unsigned long)PS_LINE_RETRIES);
		break;
	case TIME_IS_UP:
		snprintf(e->reason, sizeof(e->reason), "the pattern takes too long on this line: simplify the "
			 "pattern, or lower the limit on line lengths");
		break;
	default:
		snprintf(e->reason, sizeof(e->reason), "the pattern cannot be matched on this line "
			 "(Oniguruma error %d): simplify the pattern", code);
	}
	return PS_UNDECIDED;
}

/*
 * Because of \K a match may start before `from`, if \K stands in a look-behind, or after its own end, if it stands in a
 * look-ahead. Such a span is cut to what callers are promised.
 */
static void take_region_span(const OnigRegion *region, size_t from, struct search_span *span)
{
	span->end = (size_t)region->end[0];
	span->begin = ps_max((size_t)region->beg[0], from);
	span->begin = ps_min(span->begin, span->end);
}

/* What is searched, and for what. */
struct subject {
	OnigRegex regex;
	const OnigUChar *begin, *end;
	OnigRegion *region; /* NULL: the caller does not ask where the match is */
	unsigned habits;    /* enum ps_habits */
};

/* Returns Oniguruma's code, for the first match at `from` or later, or for one that begins exactly there. */
typedef int call_function(const struct subject *s, struct ps_engine *e, size_t from);

static int call_search(const struct subject *s, struct ps_engine *e, size_t from)
{
	return onig_search_with_param(s->regex, s->begin, s->end, s->begin + from, s->end, s->region,
				      ONIG_OPTION_NONE, e->param);
}

static int call_match(const struct subject *s, struct ps_engine *e, size_t from)
{
	return onig_match_with_param(s->regex, s->begin, s->end, s->begin + from, s->region, ONIG_OPTION_NONE,
				     e->param);
}

static void set_retry_limit(struct ps_engine *e, unsigned long retries)
{
	PS_ASSERT(retries > 0 && retries <= RETRIES_MOST); /* rule 6; 0 would be no limit */
	if (retries == e->limit)
		return;
	onig_set_retry_limit_in_match_of_match_param(e->param, retries);
	onig_set_retry_limit_in_search_of_match_param(e->param, retries);
	e->limit = retries;
}

static bool is_at_retry_limit(int rc)
{
	return rc == ONIGERR_RETRY_LIMIT_IN_MATCH_OVER || rc == ONIGERR_RETRY_LIMIT_IN_SEARCH_OVER;
}

static unsigned long retries_per_byte(unsigned long bytes, const struct subject *s)
{
	unsigned long retries = bytes / ps_max((unsigned long)(s->end - s->begin), 1);

	return ps_min(ps_max(retries, 1), RETRIES_MOST);
}

static unsigned long raise_retry_limit(unsigned long limit, unsigned long factor, const struct subject *s)
{
	unsigned long more = limit * (factor - 1);

	if ((s->habits & PS_HABIT_REFERS) != 0)
		more = ps_min(more, retries_per_byte((s->habits & PS_HABIT_FOLDS) != 0 ? MORE_BYTES_FOLDED : MORE_BYTES,
						     s));
	return ps_min(limit + more, RETRIES_MOST);
}

static unsigned long first_retry_limit(const struct subject *s, const struct ps_engine *e)
{
	return ps_max(retries_per_byte(e->first_bytes, s), e->first);
}

/* Calls with this limit have been short in this line: learns that, for it and for others like it. */
static void note_short_call(const struct subject *s, struct ps_engine *e, unsigned long limit)
{
	unsigned long bytes = limit * ps_max((unsigned long)(s->end - s->begin), 1);

	e->first = ps_max(e->first, ps_min(limit, EASY_RETRIES));
	e->first_bytes = ps_max(e->first_bytes, ps_min(bytes, EASY_BYTES));
}

static void note_long_call(struct ps_engine *e)
{
	e->first = 0;
	e->first_bytes = FIRST_BYTES;
}

/*
 * Calls, and measures how long that takes: if it must be `sure`, by the thread's own clock, which costs a system call
 * but does not count the time of others.
 */
static int call_timed(call_function *call, const struct subject *s, struct ps_engine *e, size_t from, bool sure,
		      uint64_t *ran)
{
	uint64_t (*time)(void) = sure ? ps_thread_time : ps_time;
	uint64_t began = time();
	int rc = call(s, e, from);

	*ran = time() - began;
	return rc;
}

/* Asks the budget before the next call. If it is time for a pause, notes which call that would be. */
static int ask_budget(struct ps_engine *e, struct ps_line_budget *budget, size_t from, unsigned long limit)
{
	enum ps_budget_verdict says = ps_line_budget_ask(budget);

	if (says == PS_BUDGET_STOP)
		return TIME_IS_UP;
	if (says == PS_BUDGET_GO_ON)
		return ONIG_NORMAL;
	e->paused.from = from;
	e->paused.limit = limit;
	return PAUSES;
}

/* The limit of the first call at one place. */
static unsigned long first_retry_limit_at_place(const struct subject *s, const struct ps_engine *e)
{
	unsigned long easy = (s->habits & PS_HABIT_REFERS) != 0 ? EASY_RETRIES_REFERRING : EASY_RETRIES_AT_PLACE;

	return ps_max(retries_per_byte(FIRST_BYTES, s), ps_min(e->first, easy));
}

/* By which factor the limit may be raised after a call that took so long. */
static unsigned long raise_after(const struct ps_line_budget *budget, uint64_t ran)
{
	return ran < (budget->limit != 0 ? TINY_CALL : SHORT_CALL) ? RAISE : 2;
}

/*
 * Tries one place with larger and larger limits, as long as each call that its limit ended was short, so that the next
 * will not be too long either. Asks the budget between two calls.
 */
static int try_place(const struct subject *s, struct ps_engine *e, struct ps_line_budget *budget, size_t from,
		     unsigned long limit)
{
	uint64_t ran = SHORT_CALL;
	bool raised = false, sure = false;
	int rc;

	set_retry_limit(e, limit);
	rc = call_match(s, e, from);
	while (is_at_retry_limit(rc) && limit < RETRIES_MOST) {
		unsigned long before = limit;

		limit = raise_retry_limit(limit, raise_after(budget, ran), s);
		if (limit > FEW_RETRIES && !ps_line_budget_allow(budget, limit - before))
			return ENOUGH_RETRIES;
		if (!ps_line_budget_affords(budget, raised ? 2 * ran : 0))
			return TIME_IS_UP;
		rc = ask_budget(e, budget, from, limit);
		if (rc != ONIG_NORMAL)
			return rc;
		set_retry_limit(e, limit);
		sure = raised && ran >= TINY_CALL;
		rc = call_timed(call_match, s, e, from, sure, &ran);
		raised = true;
		if (is_at_retry_limit(rc) && sure && ran > CALL_TIME)
			return TIME_IS_UP;
	}
	if (raised && ran < TINY_CALL)
		e->first = ps_max(e->first, ps_min(limit, EASY_RETRIES_NEAR));
	else if (raised && ran > SHORT_CALL)
		note_long_call(e);
	return rc;
}

/* Tries place by place. (A search cannot be given a range of places: the text would end with the range.) */
static int search_places(const struct subject *s, struct ps_engine *e, struct ps_line_budget *budget, size_t from,
			 unsigned long limit)
{
	size_t length = (size_t)(s->end - s->begin);

	e->paused.in = IN_PLACES;
	for (;;) {
		int rc = try_place(s, e, budget, from, limit);

		if (rc != ONIG_MISMATCH || from >= length)
			return rc;
		from = ps_utf8_next(s->begin, length, from);
		limit = first_retry_limit_at_place(s, e);
		rc = ask_budget(e, budget, from, limit);
		if (rc != ONIG_NORMAL)
			return rc;
	}
}

/* This limit has ended a call: the limit for the next one, or 0 if places are to be tried one by one. */
static unsigned long next_retry_limit(const struct subject *s, const struct ps_line_budget *budget,
				      unsigned long limit, uint64_t ran)
{
	unsigned long next = raise_retry_limit(limit, raise_after(budget, ran), s);

	if (limit >= RETRIES_MOST || ran > FAIR_CALL)
		return 0;
	if ((s->habits & PS_HABIT_WHOLE) != 0)
		return next;
	return next >= ps_min(2 * limit, RETRIES_MOST) ? next : 0;
}

/* One search with larger and larger limits, as long as the calls do not get long. */
static int search_whole(const struct subject *s, struct ps_engine *e, struct ps_line_budget *budget, size_t from,
			unsigned long limit)
{
	uint64_t began = ps_coarse_time(), ran;
	int rc;

	e->paused.in = IN_SEARCH;
	set_retry_limit(e, limit);
	rc = call_search(s, e, from);
	if (!is_at_retry_limit(rc))
		return rc;
	ran = ps_coarse_time() - began; /* 0, or too much by some milliseconds */
	for (;;) {
		unsigned long next = next_retry_limit(s, budget, limit, ran);

		if (!is_at_retry_limit(rc) || next == 0)
			break;
		if (!ps_line_budget_affords(budget, 2 * ran))
			return TIME_IS_UP;
		limit = next;
		rc = ask_budget(e, budget, from, limit);
		if (rc != ONIG_NORMAL)
			return rc;
		set_retry_limit(e, limit);
		rc = call_timed(call_search, s, e, from, ran >= TINY_CALL, &ran);
	}
	if (ran < SHORT_CALL)
		note_short_call(s, e, limit);
	else if (ran > CALL_TIME)
		note_long_call(e);
	return rc;
}

/* A line may be hard at one of very many places only: if the search is hard, each place is tried by itself. */
static int search_subject(const struct subject *s, struct ps_engine *e, struct ps_line_budget *budget, size_t from,
			  unsigned long limit)
{
	int rc = search_whole(s, e, budget, from, limit);

	if (!is_at_retry_limit(rc) || (s->habits & PS_HABIT_RESTLESS) != 0)
		return rc;
	return search_places(s, e, budget, from, first_retry_limit_at_place(s, e));
}

/* The same; or goes on with what was paused. */
static int search_or_resume(const struct subject *s, struct ps_engine *e, struct ps_line_budget *budget, size_t from)
{
	int rc;

	if (e->paused.in == IN_PLACES)
		rc = search_places(s, e, budget, e->paused.from, e->paused.limit);
	else if (e->paused.in == IN_SEARCH)
		rc = search_subject(s, e, budget, e->paused.from, e->paused.limit);
	else
		rc = search_subject(s, e, budget, from, first_retry_limit(s, e));
	if (rc != PAUSES)
		ps_engine_forget(e);
	return rc;
}

void ps_engine_forget(struct ps_engine *engine)
{
	engine->paused.in = NOTHING;
}

void ps_engine_begin_line(struct ps_engine *engine)
{
	ps_engine_forget(engine);
	engine->first = 0;
}

static int answer_search(struct ps_engine *e, int rc, size_t from, struct search_span *span)
{
	if (rc == ONIG_MISMATCH)
		return PS_NONE;
	if (rc == PAUSES)
		return PS_PAUSED;
	if (rc < 0)
		return give_up_line(e, rc);
	if (span != NULL)
		take_region_span(e->region, from, span);
	return PS_FOUND;
}

/* False, and a reason, if the text is too long. */
static bool set_subject(struct subject *s, const struct ps_regex *regex, struct ps_engine *e, const uint8_t *text,
			size_t length, const struct search_span *span)
{
	/* The cast is safe: a search only reads the pattern, though its type does not say so. */
	s->regex = (OnigRegex)(uintptr_t)regex;
	/* An empty line may come as NULL, and Oniguruma subtracts pointers. */
	s->begin = text == NULL ? (const OnigUChar *)"" : text;
	s->end = s->begin + length;
	s->region = span == NULL ? NULL : e->region;
	if (length <= INT_MAX)
		return true;
	snprintf(e->reason, sizeof(e->reason), "the line is longer than the %d bytes that "
		 "can be matched: lower the limit on line lengths", INT_MAX);
	return false;
}

int ps_regex_search(const struct ps_regex *regex, unsigned habits, struct ps_engine *engine,
		    struct ps_line_budget *budget, const uint8_t *text, size_t length, size_t from,
		    struct search_span *span)
{
	struct subject s = { .habits = habits };
	int rc;

	PS_ASSERT(from <= length);
	PS_ASSERT(engine->paused.in == NOTHING || (engine->paused.from >= from && engine->paused.from <= length));
	if (!set_subject(&s, regex, engine, text, length, span))
		return PS_UNDECIDED;
	rc = answer_search(engine, search_or_resume(&s, engine, budget, from), from, span);
	PS_ASSERT(rc != PS_FOUND || span == NULL ||
		  (from <= span->begin && span->begin <= span->end && span->end <= length));
	return rc;
}

/*
 * Groups that the region lacks took no part. One that begins after its end has the begin of an earlier round: see Q3 in
 * lib/pattern/onig_bugs.c. It is asked for so that this does not happen, except where a pattern cannot be wrapped.
 */
static void copy_groups(const OnigRegion *region, struct search_group *groups, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool part = i + 1 < (size_t)region->num_regs && region->beg[i + 1] != ONIG_REGION_NOTPOS;

		groups[i].end = part ? (size_t)region->end[i + 1] : SEARCH_NO_GROUP;
		groups[i].begin = part ? ps_min((size_t)region->beg[i + 1], groups[i].end) : SEARCH_NO_GROUP;
	}
}

int ps_regex_groups(const struct ps_regex *regex, unsigned habits, bool restless, struct ps_engine *engine,
		    struct ps_line_budget *budget, const uint8_t *text, size_t length, size_t from,
		    const struct search_span *span, struct search_group *groups, size_t count)
{
	struct subject s = { .habits = habits };
	struct search_span found = { 0 };
	int rc;

	if (!set_subject(&s, regex, engine, text, length, span))
		return PS_UNDECIDED;
	ps_engine_forget(engine);
	engine->end = s.begin + span->end;
	if (restless)
		rc = search_or_resume(&s, engine, budget, from);
	else
		rc = try_place(&s, engine, budget, span->begin, first_retry_limit_at_place(&s, engine));
	rc = answer_search(engine, rc, from, &found);
	if (rc == PS_FOUND && (found.begin != span->begin || found.end != span->end))
		rc = PS_NONE;
	if (rc == PS_FOUND)
		copy_groups(engine->region, groups, count);
	return rc;
}

size_t ps_regex_group_count(const struct ps_regex *regex)
{
	return (size_t)onig_number_of_captures((OnigRegex)(uintptr_t)regex);
}

struct name_visit {
	ps_group_name_visit *f;
	void *context;
};

static int visit_name(const OnigUChar *name, const OnigUChar *end, int count, int *groups, OnigRegex regex, void *visit)
{
	const struct name_visit *v = visit;

	(void)regex;
	for (int i = 0; i < count; i++)
		if (!v->f((const char *)name, (size_t)(end - name), (size_t)groups[i], v->context))
			return 1;
	return 0;
}

bool ps_regex_each_group_name(const struct ps_regex *regex, ps_group_name_visit *f, void *context)
{
	struct name_visit visit = { f, context };

	return onig_foreach_name((OnigRegex)(uintptr_t)regex, visit_name, &visit) == 0;
}

const char *ps_engine_version(void)
{
	return onig_version();
}

const char *ps_engine_reason(const struct ps_engine *engine)
{
	return engine->reason;
}

_Static_assert((int)PS_CTYPE_ALPHA == ONIGENC_CTYPE_ALPHA && (int)PS_CTYPE_BLANK == ONIGENC_CTYPE_BLANK &&
	       (int)PS_CTYPE_CNTRL == ONIGENC_CTYPE_CNTRL && (int)PS_CTYPE_DIGIT == ONIGENC_CTYPE_DIGIT &&
	       (int)PS_CTYPE_GRAPH == ONIGENC_CTYPE_GRAPH && (int)PS_CTYPE_LOWER == ONIGENC_CTYPE_LOWER &&
	       (int)PS_CTYPE_PRINT == ONIGENC_CTYPE_PRINT && (int)PS_CTYPE_PUNCT == ONIGENC_CTYPE_PUNCT &&
	       (int)PS_CTYPE_SPACE == ONIGENC_CTYPE_SPACE && (int)PS_CTYPE_UPPER == ONIGENC_CTYPE_UPPER &&
	       (int)PS_CTYPE_XDIGIT == ONIGENC_CTYPE_XDIGIT && (int)PS_CTYPE_WORD == ONIGENC_CTYPE_WORD &&
	       (int)PS_CTYPE_ALNUM == ONIGENC_CTYPE_ALNUM && (int)PS_CTYPE_ASCII == ONIGENC_CTYPE_ASCII,
	       "enum ps_ctype has Oniguruma's numbers");
_Static_assert(PS_FOLD_CODES == ONIGENC_MAX_COMP_CASE_FOLD_CODE_LEN &&
	       PS_FOLD_ITEMS == ONIGENC_GET_CASE_FOLD_CODES_MAX_NUM, "folds have Oniguruma's sizes");
_Static_assert(sizeof(OnigCodePoint) == sizeof(uint32_t), "code points are handed out as they are");

int ps_ctype_by_name(const uint8_t *name, size_t length)
{
	OnigEncoding encoding = ONIG_ENCODING_UTF8;

	if (!is_onig_ready())
		return -1;
	/* The cast is safe: the name is only read. */
	return ONIGENC_PROPERTY_NAME_TO_CTYPE(encoding, (OnigUChar *)(uintptr_t)name,
					      (OnigUChar *)(uintptr_t)name + length);
}

const uint32_t *ps_ctype_ranges(int ctype, size_t *count)
{
	OnigEncoding encoding = ONIG_ENCODING_UTF8;
	const OnigCodePoint *ranges = NULL;
	OnigCodePoint one_byte;

	if (!is_onig_ready() || ctype < 0 ||
	    ONIGENC_GET_CTYPE_CODE_RANGE(encoding, (OnigCtype)ctype, &one_byte, &ranges) != 0 || ranges == NULL)
		return NULL;
	*count = ranges[0];
	return ranges + 1;
}

bool ps_ctype_is_word(uint32_t code)
{
	OnigEncoding encoding = ONIG_ENCODING_UTF8;

	return is_onig_ready() && ONIGENC_IS_CODE_CTYPE(encoding, code, ONIGENC_CTYPE_WORD) != 0;
}

/* Asks about U+00B2, for which the two differ. */
static int find_property_is_word(bool *is)
{
	static const OnigUChar property[] = "\\p{Word}", text[] = "\xC2\xB2";
	const struct ps_dialect dialect = { .syntax = SEARCH_SYNTAX_ONIGURUMA };
	const OnigUChar *end = text + sizeof(text) - 1;
	struct ps_regex *regex;
	struct ps_pattern_error error;
	int rc = ps_regex_new(&regex, property, sizeof(property) - 1, &dialect, &error);

	*is = false;
	if (rc != SEARCH_OK)
		return rc == SEARCH_ENOMEM ? rc : SEARCH_OK;
	rc = onig_match((OnigRegex)regex, text, end, text, NULL, ONIG_OPTION_NONE);
	ps_regex_free(regex);
	*is = rc > 0;
	return rc == ONIGERR_MEMORY ? SEARCH_ENOMEM : SEARCH_OK;
}

/* It is from 6.9.9 on. Which Oniguruma is loaded does not change: it is asked once. */
int ps_ctype_property_is_word(bool *is)
{
	static atomic_int property_is_word = -1; /* -1: not known; relaxed, as all threads find the same */
	int known = atomic_load_explicit(&property_is_word, memory_order_relaxed);
	int rc;

	if (known >= 0) {
		*is = known != 0;
		return SEARCH_OK;
	}
	rc = find_property_is_word(is);
	if (rc == SEARCH_OK)
		atomic_store_explicit(&property_is_word, *is, memory_order_relaxed);
	return rc;
}

/* Python's syntax has none from 6.9.10 on. */
bool ps_has_posix_brackets(uint32_t syntax)
{
	return is_onig_ready() && (onig_get_syntax_op(&syntaxes[syntax]) & ONIG_SYN_OP_POSIX_BRACKET) != 0;
}

int ps_fold_at(const uint8_t *text, size_t length, bool single, struct ps_fold items[PS_FOLD_ITEMS])
{
	OnigEncoding encoding = ONIG_ENCODING_UTF8;
	OnigCaseFoldCodeItem found[ONIGENC_GET_CASE_FOLD_CODES_MAX_NUM];
	int n;

	if (!is_onig_ready())
		return -1;
	n = ONIGENC_GET_CASE_FOLD_CODES_BY_STR(encoding, fold_flags(single), text, text + length, found);
	for (int i = 0; i < n; i++) {
		items[i].bytes = (size_t)found[i].byte_len;
		items[i].count = (size_t)found[i].code_len;
		for (size_t k = 0; k < items[i].count; k++)
			items[i].codes[k] = found[i].code[k];
	}
	return n;
}

struct visit {
	ps_fold_visit *f;
	void *context;
};

static int visit_fold(OnigCodePoint from, OnigCodePoint *to, int length, void *arg)
{
	const struct visit *visit = arg;

	return visit->f(from, to, (size_t)length, visit->context) ? 0 : -1;
}

bool ps_fold_each(bool single, ps_fold_visit *f, void *context)
{
	OnigEncoding encoding = ONIG_ENCODING_UTF8;
	struct visit visit = { f, context };

	return is_onig_ready() && ONIGENC_APPLY_ALL_CASE_FOLD(encoding, fold_flags(single), visit_fold, &visit) == 0;
}
