/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arguments.h - the parsed command line.
 *
 * What the options mean is decided here; what that means for the search, in query.h.
 */
#ifndef PSEARCH_CLI_ARGUMENTS_H
#define PSEARCH_CLI_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/input.h"
#include "../base/output.h"
#include "../look/look.h"
#include "../scope/globs.h"
#include "../scope/paths.h"
#include "../scope/patterns.h"
#include "../scope/sort.h"
#include "../scope/types.h"

enum choice {
	CHOICE_DEFAULT = 0,
	CHOICE_NO,
	CHOICE_YES
};

/* Which file names to print in place of lines. */
enum listing {
	LIST_NONE = 0,
	LIST_MATCHING,
	LIST_OTHERS
};

enum letter_case {
	CASE_EXACT = 0,
	CASE_IGNORED,
	CASE_SMART
};

/* What to do with a PATH that is a directory. */
enum directories {
	DIRECTORIES_DEFAULT = 0, /* search it, without what is hidden or ignored; as grep: read it, which is an error */
	DIRECTORIES_READ,
	DIRECTORIES_RECURSE,     /* search all of it */
	DIRECTORIES_SKIP
};

/* What to do with a PATH that is a device, a pipe or a socket. */
enum devices {
	DEVICES_DEFAULT = 0, /* read it */
	DEVICES_READ,
	DEVICES_SKIP
};

/* In place of grep: the name of the program decides. */
enum personality {
	AS_PSEARCH = 0,
	AS_GREP,
	AS_EGREP,
	AS_FGREP
};

/* What --warm's file is asked for. */
enum warm_action {
	WARM_SEARCH = 0, /* a search uses it */
	WARM_CLEAR,
	WARM_STATS,
	WARM_LEARN
};

struct config;

struct arguments {
	enum personality personality;
	struct patterns patterns;
	const char **paths;     /* borrowed from argv, in the order given */
	size_t path_count;
	const char **ignore_files; /* of --ignore-file, also borrowed */
	size_t ignore_file_count;
	struct paths list;      /* of further paths */
	struct input input;     /* which option reads standard input */
	struct globs globs;     /* of -g and similar options, and of the chosen types */
	struct types types;
	struct look look;       /* what single options say; query.c settles the rest */
	uint64_t max_file_size; /* 0: no limit */
	uint64_t max_line_bytes;
	uint64_t max_multiline_bytes; /* 0: the library's default */
	uint64_t max_results;   /* UINT64_MAX: no limit */
	uint64_t max_count;     /* UINT64_MAX: no limit */
	const char *resume;     /* cursors, or NULL */
	const char *until;
	uint32_t max_depth;     /* 0: no limit; or SEARCH_NO_WALK */
	uint32_t flags;         /* SEARCH_MATCH_..., _WALK_... and _RESULT_... that single options stand for */
	uint32_t syntax;        /* enum search_syntax */
	const char *encoding;   /* of files, as in struct search_options */
	const char *label;      /* what standard input is called */
	uint32_t workers;       /* 0: the library decides */
	uint32_t before;        /* lines of context */
	uint32_t after;
	int unrestricted;       /* how often it was given */
	const char *idle;       /* said of the last option given that has no effect; NULL: none was */
	const char *warm_file;  /* of --warm; NULL: the one of the paths */
	struct sort_order order;
	enum letter_case letter_case;
	enum directories directories;
	enum devices devices;
	enum listing listing;
	enum warm_action warm_action;
	enum choice names;      /* -H, -h */
	enum choice numbers;    /* -n, -N */
	enum choice columns;
	enum choice heading;
	enum choice color;      /* DEFAULT: on a terminal */
	enum choice include_zero;
	enum choice progress;
	enum choice hidden;     /* --hidden, --no-hidden */
	enum choice ignore;     /* --ignore, --no-ignore */
	bool color_given;
	bool count;
	bool count_matches;
	bool quiet;
	bool only_matching;
	bool passthru;
	bool vimgrep;
	bool json;
	bool line_buffered;
	bool cursor;            /* print the cursor, after everything else */
	bool stats;             /* print what was done, in numbers, after the results */
	bool explain;           /* explain the search instead of searching */
	bool files;             /* list the files instead of searching them */
	bool warm;              /* use what earlier searches learnt */
	bool list_types;
	bool globs_ignore_case; /* those of -g */
	bool no_config;
	bool no_ignore_vcs;
	bool no_ignore_dot;
	bool no_ignore_global;
	bool no_ignore_files;
};

enum arguments_status {
	ARGUMENTS_RUN,  /* go on and search */
	ARGUMENTS_DONE, /* printed --help or the like: exit 0 */
	ARGUMENTS_BAD,  /* printed an error: exit 2 */
	ARGUMENTS_OTHER /* between the files that read options: this is an option of another file */
};

/*
 * Reads the command line into *a, and writes what --help, --version, --type-list and --generate print to *out.
 * Whatever the result, call arguments_free() afterwards.
 */
enum arguments_status arguments_read(struct arguments *a, const struct config *config, struct output *out);
void arguments_free(struct arguments *a);

/* Is the file of options not to be read: with --no-config, and in place of grep? */
bool arguments_refuse_config(int argc, char **argv);

/*
 * If no path is given, is standard input searched? Not with -r or --files, and not if nobody would have put text there:
 * editors and cron start commands with /dev/null. In place of grep it always is, unless -r is given.
 */
bool arguments_search_input(const struct arguments *a);

/* Is everything below a directory searched, as -r has it? */
static inline bool arguments_recursive(const struct arguments *a)
{
	return a->directories == DIRECTORIES_RECURSE;
}

#endif
