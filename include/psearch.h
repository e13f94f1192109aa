/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * psearch.h - ordered parallel text search.
 *
 * A search reads files, directories, descriptors and memory, several at a
 * time, and delivers what it finds through one iterator, in one order:
 * sources as given, directory entries by the bytes of their names, lines by
 * position. The order does not depend on the number of workers nor on any
 * limit.
 *
 *	struct search_options options = SEARCH_OPTIONS_INIT;
 *	options.patterns = &pattern;  options.pattern_count = 1;
 *	options.sources = &source;    options.source_count = 1;
 *
 *	struct search *s;
 *	const struct search_item *item;
 *	if (search_open(&s, &options, NULL) == SEARCH_OK) {
 *		while (search_next(s, &item) > 0)
 *			use(item);
 *		search_close(s);
 *	}
 *
 * Threads. A handle belongs to one thread at a time; search_cancel() and
 * search_stats() alone may be called by others while it is open. Any number
 * of handles may be open at once. The library's own threads live from
 * search_open() to search_close(), have all signals blocked and never call
 * the host back. The library writes to no descriptor of the host's, installs
 * no signal handler, reads neither locale nor environment, and never maps a
 * file into memory. (For an encoding that only iconv knows libc may load a
 * module, see search_open(3).) After fork() the child may only search_close() a handle
 * that it inherited.
 *
 * Text is bytes with a length. A line ends at '\n', or where the file ends;
 * the pattern sees one line without its terminator, as UTF-8. Each byte b that
 * is not part of valid UTF-8 counts as one character, U+DC00 + b.
 */
#ifndef PSEARCH_H
#define PSEARCH_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define SEARCH_API __attribute__((visibility("default")))
#else
#define SEARCH_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define SEARCH_VERSION_MAJOR 0
#define SEARCH_VERSION_MINOR 1
#define SEARCH_VERSION_PATCH 0
#define SEARCH_VERSION_STRING "0.1.0"

/* A search that is open. Made by search_open(), ended by search_close(). */
struct search;

/*
 * What a function answers. Zero is success (or the end of the items), 1 an
 * item, a negative value an error. The values are fixed for ever.
 */
enum search_status {
	SEARCH_OK = 0,
	SEARCH_EINVAL = -1,    /* an argument or option is not valid */
	SEARCH_EVERSION = -2,     /* an options struct newer than this library, with new fields set */
	SEARCH_ENOMEM = -3,    /* out of memory */
	SEARCH_EPATTERN = -4,  /* a pattern does not compile */
	SEARCH_EAGAIN = -5,    /* search_try_next: nothing is ready yet */
	SEARCH_ECANCELED = -6, /* search_cancel was called */
	SEARCH_ETIMEDOUT = -7, /* the deadline has passed */
	SEARCH_ESYSTEM = -8,   /* a system call failed */
	SEARCH_ESOURCE = -9    /* next_source answered an error, or a source that is not valid */
};

/* Why search_open() failed. Filled by it; the caller owns the struct. */
struct search_error {
	int code;             /* the value that search_open() returned */
	int system_error;     /* errno where a system call failed, else 0 */
	size_t pattern;       /* SEARCH_EPATTERN: index into options.patterns */
	size_t pattern_offset; /* SEARCH_EPATTERN: byte offset in it, or SIZE_MAX when not known */
	char message[256];    /* one sentence for a person, NUL-terminated */
};

/* How patterns are written. What they mean is said where the syntax comes from. */
enum search_syntax {
	SEARCH_SYNTAX_ONIGURUMA = 0, /* Oniguruma's own, that of Ruby and more */
	SEARCH_SYNTAX_PERL = 1,      /* Perl's, as far as Oniguruma has it */
	SEARCH_SYNTAX_PYTHON = 2,    /* Python's, the same */
	SEARCH_SYNTAX_BASIC = 3,     /* POSIX basic regular expressions, as GNU grep means them: spans are the
	                                longest, and a newline separates patterns (with SEARCH_MATCH_FIXED as well) */
	SEARCH_SYNTAX_EXTENDED = 4   /* POSIX extended regular expressions, the same */
};

/*
 * A pattern in options.syntax (or a fixed string, with SEARCH_MATCH_FIXED). Too much of it is refused:
 * SEARCH_EPATTERN. There may be any number of patterns; a few kilobytes of memory are taken for each.
 *
 *	64 MiB of pattern
 *	groups, classes and quantifiers that nest about 80 levels deep
 *	a counted repeat of 100,000 elements when written out, as (a{1000}){100}
 *	4,096 bytes of text in a row in which case is ignored
 */
struct search_pattern {
	const char *text; /* valid UTF-8, need not end in NUL; NULL only with length 0 */
	size_t length;    /* bytes */
};

enum search_source_kind {
	SEARCH_SOURCE_PATH = 0,      /* `path`: a file, or a directory that is walked */
	SEARCH_SOURCE_DESCRIPTOR = 1, /* `descriptor`: open for reading, read from its position on, never closed. One
	                          given twice is read by the first source to the end of that, then by the
	                          next. Where max_matches_per_file ends a regular file it is positioned
	                          behind the last match, so that the next reader goes on there. Others
	                          must not read a terminal or named pipe meanwhile: a read that finds
	                          nothing left could not be ended. */
	SEARCH_SOURCE_MEMORY = 2     /* `data`, `size`: borrowed, unchanged, until search_close() */
};

/*
 * Something to search. Fields that its kind does not use must be zero. Strings
 * are copied; `data` is borrowed.
 */
struct search_source {
	uint32_t kind;         /* enum search_source_kind */
	int descriptor;        /* SEARCH_SOURCE_DESCRIPTOR */
	const char *path;      /* SEARCH_SOURCE_PATH: NUL-terminated, "" names no file. A relative one is looked up while the
	                          search runs: do not chdir() meanwhile */
	const char *name;      /* shown in the items in place of the path, NUL-terminated; NULL: the
	                          path itself, or "" for the other kinds. With "" the entries of a
	                          directory are shown relative to it. */
	const void *data;      /* SEARCH_SOURCE_MEMORY */
	size_t size;           /* SEARCH_SOURCE_MEMORY: bytes */
	uint64_t reserved1;    /* must be 0 */
	uint64_t reserved2;    /* must be 0 */
};

/* For search_options.flags. An unknown bit is SEARCH_EINVAL. */
#define SEARCH_MATCH_IGNORE_CASE     (UINT64_C(1) << 0)  /* letters match in either case */
#define SEARCH_MATCH_INVERT          (UINT64_C(1) << 1)  /* lines that do not match are the matches */
#define SEARCH_MATCH_WORD            (UINT64_C(1) << 2)  /* a match must not touch a word character outside it */
#define SEARCH_MATCH_LINE            (UINT64_C(1) << 3)  /* a match must be the whole line */
#define SEARCH_MATCH_FIXED           (UINT64_C(1) << 4)  /* patterns are strings, not expressions */
#define SEARCH_MATCH_TEXT            (UINT64_C(1) << 5)  /* search a binary file as if it were text */
#define SEARCH_MATCH_SKIP_BINARY     (UINT64_C(1) << 6)  /* a binary file has no matches; not with TEXT. Those
                                                        before a late NUL are delivered all the same, but
                                                        not counted with COUNT */
#define SEARCH_WALK_SKIP_HIDDEN     (UINT64_C(1) << 7)  /* in a walk, skip names that begin with a dot */
#define SEARCH_WALK_FOLLOW          (UINT64_C(1) << 8)  /* in a walk, follow symbolic links */
#define SEARCH_RESULT_UNORDERED       (UINT64_C(1) << 9)  /* deliver each file as soon as it has something */
#define SEARCH_RESULT_COUNT           (UINT64_C(1) << 10) /* no MATCH, CONTEXT or BINARY items; implies FILE_ENDS */
#define SEARCH_RESULT_FILE_ENDS       (UINT64_C(1) << 11) /* a FILE_END item after every file that was read */
#define SEARCH_RESULT_NO_SPANS        (UINT64_C(1) << 12) /* leave the spans out: faster */
#define SEARCH_RESULT_NO_LINE_NUMBERS (UINT64_C(1) << 13) /* leave line numbers out (0): faster */
#define SEARCH_RESULT_SOCKET          (UINT64_C(1) << 14) /* search_fd() answers a socket, not an eventfd */
#define SEARCH_MATCH_CRLF            (UINT64_C(1) << 15) /* a \r before a line's \n is no part of the line */
#define SEARCH_MATCH_NUL_LINES       (UINT64_C(1) << 16) /* lines end in NUL, and may hold newlines; no file is
                                                        binary; not with CRLF */
#define SEARCH_WALK_IGNORE_VCS      (UINT64_C(1) << 17) /* in a walk, leave out what git's rules say: those of
                                                        .gitignore, of the repository's info/exclude and of
                                                        core.excludesFile; and each .git */
#define SEARCH_WALK_IGNORE_FILES    (UINT64_C(1) << 18) /* what .psearchignore and .ignore say, in the same format;
                                                        they have their way over git's rules */
#define SEARCH_WALK_IGNORE_BELOW    (UINT64_C(1) << 19) /* of all these, none from directories above a source */
#define SEARCH_WALK_IGNORE_ANYWHERE (UINT64_C(1) << 20) /* git's rules also where there is no repository */
#define SEARCH_RESULT_LIST            (UINT64_C(1) << 21) /* search nothing: a FILE item for every file that would be
                                                        searched, none of which is opened. Needs no
                                                        patterns; the order is kept with UNORDERED too */
#define SEARCH_WALK_ONE_FILE_SYSTEM (UINT64_C(1) << 22) /* in a walk, skip directories that are on another file system
                                                        than the source */
#define SEARCH_MATCH_DECOMPRESS      (UINT64_C(1) << 23) /* search what compressed files hold; see below */

/*
 * SEARCH_MATCH_DECOMPRESS: a file, descriptor or memory whose first bytes are those of gzip, bzip2, xz,
 * zstd or lz4 is decompressed while it is searched, in one piece. Names do not matter, and what is
 * compressed within stays so. Lines, offsets, FILE_END's bytes, and whether it is binary, are those of the
 * text that comes out. An ERROR item stands behind that where the data is damaged, ends early, is
 * followed by anything but more of its format and zeros, or needs more than 128 MiB of memory (which
 * each worker may take that has such a file at hand). A build of the library may lack formats: their
 * files are ERROR items; where it lacks all, the flag is SEARCH_EINVAL.
 */

#define SEARCH_NO_WALK UINT32_MAX    /* for `max_depth`: a source that is a directory is skipped */
#define SEARCH_NO_WORKERS UINT32_MAX /* for `workers`: no threads, search_next() does all the work */

/* For search_glob.flags. */
#define SEARCH_GLOB_EXCLUDE     UINT32_C(1)  /* what matches is left out; otherwise it is taken */
#define SEARCH_GLOB_NO_CASE UINT32_C(2)  /* ASCII letters match in either case */
#define SEARCH_GLOB_BRACES      UINT32_C(4)  /* {a,b} is either */
#define SEARCH_GLOB_BASENAME        UINT32_C(8)  /* matches the last name of a path, with or without a slash in
                                                the glob */
#define SEARCH_GLOB_DISPLAY_PATH       UINT32_C(16) /* a glob with a slash matches the path as items show it, not
                                                the one from the source on */
#define SEARCH_GLOB_FILES_ONLY       UINT32_C(32) /* it tells of files only, */
#define SEARCH_GLOB_DIRS_ONLY UINT32_C(64) /* or of directories only */
#define SEARCH_GLOB_UNHIDE      UINT32_C(128) /* what it takes is searched with SKIP_HIDDEN, too; */
#define SEARCH_GLOB_OVERRIDE      UINT32_C(256) /* and where ignore rules and the sets behind this one leave it out */

/*
 * Which files and directories of a walk are searched. The globs of one set decide together: the
 * last that matches counts. Where none matches, a file is left out if the set has globs
 * without EXCLUDE that tell of files, and a directory is not. What any set leaves out is not searched, and of a
 * directory nothing that is in it.
 *
 * A glob is one as in a .gitignore file: * and ? match no slash, ** does; a glob without a slash
 * matches the last name of a path, one with a slash the path from the source on; with a slash at
 * its end it tells of directories only.
 */
struct search_glob {
	const char *text; /* NUL-terminated */
	uint32_t flags;   /* SEARCH_GLOB_... bits */
	uint32_t set;     /* 0 to SEARCH_GLOB_GROUPS - 1; they are asked in this order */
};

#define SEARCH_GLOB_GROUPS 8

/*
 * What to search, for what, and within which limits. Begin with
 * SEARCH_OPTIONS_INIT; in every field zero means the default. Everything is
 * copied by search_open(), SEARCH_SOURCE_MEMORY data excepted.
 */
struct search_options {
	size_t size;                           /* sizeof(struct search_options) */
	const struct search_pattern *patterns; /* a line matches when one of them does; none: none match */
	size_t pattern_count;
	const struct search_source *sources;   /* searched in this order */
	size_t source_count;
	/*
	 * Further sources, after `sources`: answers 1 with *source filled, 0 at
	 * the end, a negative value to fail the search with SEARCH_ESOURCE. What
	 * the source points to (but for SEARCH_SOURCE_MEMORY data) may change once the
	 * next call comes. Called only by the caller's thread, inside
	 * search_next or search_try_next, and at most 64 sources ahead. Its
	 * failure ends the search behind all sources before. NULL: none.
	 */
	int (*next_source)(void *context, struct search_source *source);
	void *next_source_context;
	size_t max_item_bytes;         /* longer lines come as a window; default 1 MiB, at least 16 */

	uint64_t flags;                /* SEARCH_... bits */
	uint64_t max_queued_bytes;     /* of items waiting for the caller, all files together; default 4 MiB */
	uint64_t max_line_bytes;       /* a longer line is an ERROR item; default 16 MiB, at most 1 GiB */
	uint64_t max_matches;          /* end after the first so many MATCH, BINARY and FILE items, in order, and
	                                  the context between the last and the next; default no limit */
	uint64_t max_matches_per_file; /* the first so many matching lines of every file; default no limit */
	uint64_t deadline;             /* milliseconds from search_open; default none */

	uint32_t workers;              /* threads; default one per CPU this process may use, at most 256 */
	uint32_t max_open_files;       /* files and directories; at least 2; default 128, or half of
	                                  RLIMIT_NOFILE where that is less; workers never exceed it less one */
	uint32_t max_queued_matches;   /* items waiting for the caller, per file or part of one; default 4096 */
	uint32_t before_context;       /* lines of context before a matching line; of them as many as
	                                  max_line_bytes hold */
	uint32_t after_context;        /* and behind it */
	int output;                    /* a descriptor that the host writes to what it finds: where that is a
	                                  regular file, it is an ERROR item instead of being searched, which
	                                  might never end; 0: none */
	uint32_t syntax;               /* enum search_syntax: of all patterns */
	uint32_t part_bytes;           /* a file or memory (but no descriptor) larger than this may be searched in
	                                  parts of about this size, by several workers; default 1 MiB. In one
	                                  piece: with UNORDERED; with max_matches_per_file and after_context or
	                                  COUNT; COUNT and SKIP_BINARY; more than 256 lines of after_context.
	                                  What is found is the same. */

	/*
	 * What files, and other sources, are encoded in. Text is searched, and delivered, as UTF-8: offsets
	 * and limits are of that, and what is not valid is U+FFFD. NULL or "none": UTF-8, or whatever there
	 * is; nothing is decoded. "auto": the same, but a byte order mark at the begin says what the text
	 * behind it is: UTF-8, whose offsets still count it, or UTF-16. Else the name of an encoding that
	 * iconv_open(3) knows: text is in that, unless it begins with such a mark. What is decoded is not
	 * searched in parts, and its descriptor is left where reading ended.
	 */
	const char *encoding;

	/*
	 * What walks leave out, beside the SEARCH_WALK_IGNORE_... flags; a source itself is never left out. A name
	 * with a dot that a rule with '!' asks for is searched with SKIP_HIDDEN, too.
	 */
	const char *const *ignore_files; /* further files of such rules, which all others have their way over; of
	                                  these, later ones over earlier. Their paths begin at the current
	                                  directory where that is above the source, else at the source */
	size_t ignore_file_count;
	const char *const *git_configs;  /* IGNORE_VCS: git's configuration files but for the repositories' own; later
	                                  ones count more. core.excludesFile and core.ignoreCase are read */
	size_t git_config_count;
	const char *git_excludes;        /* IGNORE_VCS: what core.excludesFile is where no file says so; NULL: none */
	const char *home;                /* IGNORE_VCS: the directory that ~ is in core.excludesFile; NULL: not known */

	/* Which files of a walk are searched. None of it applies to the sources themselves. */
	const struct search_glob *globs;
	size_t glob_count;
	uint64_t max_file_size;        /* larger files are skipped; default no limit */
	uint32_t max_depth;            /* 1: the entries of a source, but of no directory among them; 2: of these, but
	                                  of none among theirs; and so on. SEARCH_NO_WALK; default no limit */
	uint32_t reserved;             /* must be 0 */
};

#define SEARCH_OPTIONS_INIT \
	{ sizeof(struct search_options), NULL, 0, NULL, 0, NULL, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, \
	  NULL, NULL, 0, NULL, 0, NULL, NULL, NULL, 0, 0, 0, 0 }

/*
 * A file is binary that holds a NUL in its first 64 KiB, or from the line on
 * that holds its first one; a stream, which is not waited for, always the latter.
 * Of a file that is decoded it is the text that counts. Files are read as bytes, without
 * regard to what their names say.
 */
enum search_item_kind {
	SEARCH_ITEM_MATCH = 1,    /* a matching line */
	SEARCH_ITEM_CONTEXT = 2,  /* a line near a matching one */
	SEARCH_ITEM_BINARY = 3,   /* the file is binary and matches; nothing more comes of it but FILE_END */
	SEARCH_ITEM_ERROR = 4,    /* about a file, directory or line; the search goes on */
	SEARCH_ITEM_FILE_END = 5, /* the file is finished: its totals */
	SEARCH_ITEM_FILE = 6      /* with SEARCH_RESULT_LIST: a file that would be searched */
};

#define SEARCH_ITEM_FLAG_WINDOW UINT32_C(1)  /* `text` is a part of the line: see `window` */
#define SEARCH_ITEM_FLAG_NO_EOL UINT32_C(2)  /* the file ends without a line terminator here */
#define SEARCH_ITEM_FLAG_CRLF   UINT32_C(4)  /* the line ends in \r\n; only with SEARCH_MATCH_CRLF */

/* A match in a line: bytes begin to end (behind the last), from the line's start. */
struct search_span {
	size_t begin;
	size_t end;
};

/*
 * One thing found. The library owns it and all it points to; both stay valid
 * until the next search_next, search_try_next or search_close on the handle.
 * Fields that its kind does not use are 0 or NULL. New fields are added at the
 * end only.
 */
struct search_item {
	uint32_t kind;           /* enum search_item_kind */
	uint32_t flags;          /* SEARCH_ITEM_FLAG_... bits */
	uint64_t source;         /* index of the source, those of next_source counted on */
	const char *path;        /* bytes of the name to show, followed by a NUL */
	size_t path_length;
	uint64_t line;           /* line number, from 1; 0 with SEARCH_RESULT_NO_LINE_NUMBERS */
	uint64_t offset;         /* byte offset of the line's start in the file (of a descriptor: from where
	                            it stood), or in what it is decoded to; BINARY: of the NUL */
	const char *text;        /* MATCH, CONTEXT: the line without its terminator, not NUL-terminated;
	                            never NULL there */
	size_t length;           /* bytes of text */
	uint64_t line_length;    /* bytes of the whole line, without its terminator */
	uint64_t window;         /* offset of text in the line; 0 unless SEARCH_ITEM_FLAG_WINDOW */
	const struct search_span *spans; /* MATCH: all matches in the line, in order; with SEARCH_ITEM_FLAG_WINDOW
	                            those that begin less than max_item_bytes behind the first */
	size_t span_count;       /* 0 with SEARCH_RESULT_NO_SPANS or SEARCH_MATCH_INVERT; also where an ERROR item for the
	                            same line follows, which says that they cannot be told */
	int error;               /* ERROR: errno, or 0 where no system call failed */
	uint32_t reserved;
	const char *message;     /* ERROR: reason and remedy, without the path, NUL-terminated */
	uint64_t matches;        /* FILE_END: matching lines; of a binary file those before the NUL, and
	                            BINARY as one more, unless with SEARCH_RESULT_COUNT */
	uint64_t bytes;          /* FILE_END: bytes of text; 0 where max_matches_per_file, a NUL or a failure ended
	                            the file before its end */
};

/*
 * search_open - starts a search.
 *
 * out      receives the handle; NULL is stored when the call fails
 * options  what to do; may be freed once the call returns
 * error    NULL, or receives the reason of a failure
 *
 * Returns SEARCH_OK, SEARCH_EINVAL, SEARCH_EVERSION, SEARCH_ENOMEM, SEARCH_EPATTERN,
 * or SEARCH_ESYSTEM where iconv cannot load an encoding. A source that cannot be opened is no failure: it becomes
 * an ERROR item. When fewer threads can be
 * made than asked for, the search runs with those, or with none.
 */
SEARCH_API int search_open(struct search **out, const struct search_options *options,
			   struct search_error *error);

/*
 * search_next - the next item, waiting for it, or helping to find it.
 *
 * Returns 1 and *item; 0 at the end, and again 0 after that; SEARCH_ECANCELED,
 * SEARCH_ETIMEDOUT, SEARCH_ENOMEM or SEARCH_ESOURCE when the search ended
 * early, and again the same after that. *item is NULL unless 1 is returned.
 * SEARCH_EINVAL when an argument is NULL.
 */
SEARCH_API int search_next(struct search *s, const struct search_item **item);

/*
 * search_try_next - the same without waiting: SEARCH_EAGAIN when nothing is
 * ready. It does at most about one buffer's work itself, or a single line's where that is hard
 * for the pattern: some seconds.
 */
SEARCH_API int search_try_next(struct search *s, const struct search_item **item);

/*
 * search_fd - a descriptor that polls readable whenever search_try_next would
 * not answer SEARCH_EAGAIN: an eventfd, or with SEARCH_RESULT_SOCKET one end of a
 * socket pair (for hosts that cannot watch an eventfd). Take items until
 * SEARCH_EAGAIN before polling again. The library owns it: do not close it. A
 * host that cannot but read and close what it watches gives its watcher a dup
 * of the socket; what that reads is not missed. The same descriptor each time,
 * made by the first call. Where the caller alone can do the work, it is readable
 * all the time, also while a stream that is searched has nothing. Returns it,
 * SEARCH_ESYSTEM, or SEARCH_EINVAL when s is NULL.
 */
SEARCH_API int search_fd(struct search *s);

/*
 * search_cancel - ends the search early: search_next answers SEARCH_ECANCELED
 * from now on, also where it is waiting just now. From any thread, and
 * async-signal-safe. The handle must still be closed.
 */
SEARCH_API void search_cancel(struct search *s);

/*
 * search_close - ends the search, joins its threads, closes its descriptors
 * and frees the handle, at any time. NULL is allowed. In a child of fork(), which
 * has no such threads, it closes what the handle polls and leaves the rest alone.
 */
SEARCH_API void search_close(struct search *s);

/* How far a search has come. Counters only grow while it is open. */
struct search_stats {
	size_t size;             /* in: sizeof(struct search_stats) */
	size_t workers;          /* threads running */
	uint64_t files_found;    /* files met in walks and named as sources, and what is skipped */
	uint64_t files_searched; /* of them: read to the end, or as far as needed */
	uint64_t files_skipped;  /* of them: hidden and ignored ones, those that globs leave out, those too
	                            deep or on another file system (directories too), too large ones,
	                            links, special files, binary ones with SKIP_BINARY */
	uint64_t directories;    /* directories listed */
	uint64_t bytes;          /* bytes of text read and searched */
	uint64_t matches;        /* matching lines found, delivered or not */
	uint64_t errors;         /* ERROR items made */
	uint64_t open_files;     /* most files and directories open at once, so far */
	uint64_t queued_matches; /* most items queued for one file or part of one, so far */
	uint64_t queued_bytes;   /* most bytes queued for all files, so far */
	uint64_t replaced;       /* sequences that are not valid in a file's encoding, and so U+FFFD in its text */
};

#define SEARCH_STATS_INIT { sizeof(struct search_stats), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/*
 * search_stats - fills *stats, of the size it says: a shorter struct of an older
 * caller, or a longer one, whose further fields become 0. From any thread while
 * the handle is open. Each counter is exact; together they are a snapshot only
 * once the search has ended. Returns SEARCH_OK or SEARCH_EINVAL.
 */
SEARCH_API int search_stats(const struct search *s, struct search_stats *stats);

enum search_outcome {
	SEARCH_OUTCOME_RUNNING = 0,   /* search_next has not answered the end yet */
	SEARCH_OUTCOME_COMPLETE = 1,  /* everything was searched and delivered */
	SEARCH_OUTCOME_LIMITED = 2,   /* max_matches was reached */
	SEARCH_OUTCOME_TIMED_OUT = 3,  /* the deadline passed */
	SEARCH_OUTCOME_CANCELED = 4,  /* search_cancel was called */
	SEARCH_OUTCOME_FAILED = 5     /* out of memory, or next_source failed */
};

/* search_outcome - how the search ended: an enum search_outcome. Only the thread that uses the handle. */
SEARCH_API int search_outcome(const struct search *s);

enum search_unit {
	SEARCH_UNIT_BYTES = 0,
	SEARCH_UNIT_CODE_POINTS = 1,
	SEARCH_UNIT_UTF16 = 2 /* UTF-16 code units: what editors count in */
};

/*
 * search_column - the column, from 0, of a byte of an item's line: how many
 * units lie before it. `byte` is counted from the line's start, as in spans.
 * A byte that is not part of valid UTF-8 counts as one unit. In an item with
 * SEARCH_ITEM_FLAG_WINDOW the count begins at the window. Any thread that may use
 * the item.
 */
SEARCH_API size_t search_column(const struct search_item *item, size_t byte, int unit);

/*
 * search_explain - how a search with these options would look for its patterns, and why: where
 * a search is slow, it says what for.
 *
 * options  as for search_open(), but nothing is opened: sources may be left out, and
 *          none is touched
 * buffer   receives the text as far as it fits, and a NUL behind it; the caller's. May be NULL
 *          where size is 0
 * size     bytes of buffer
 * error    NULL, or receives the reason of a failure
 *
 * Returns the length of the whole text in bytes, without its NUL: where that is not less than
 * `size`, the text was cut. It is ASCII, and shorter than 64 KiB whatever the patterns. Each
 * line of it is one fact, `key: value`: search_explain(3) lists them. Or SEARCH_EINVAL,
 * SEARCH_EVERSION, SEARCH_ENOMEM, SEARCH_EPATTERN or SEARCH_ESYSTEM; the text is empty then. Any
 * thread.
 */
SEARCH_API int search_explain(const struct search_options *options, char *buffer, size_t size,
			      struct search_error *error);

/* search_strerror - a short English text for an enum search_status; never NULL. */
SEARCH_API const char *search_strerror(int status);

/* search_version - SEARCH_VERSION_STRING of the library that runs. */
SEARCH_API const char *search_version(void);

#ifdef __cplusplus
}
#endif

#endif
