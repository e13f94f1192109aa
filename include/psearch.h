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
 * that it inherited; search_next answers SEARCH_EINVAL there, at the latest when the items that
 * had been fetched before are taken.
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
 * Types of fields that hold an enum. In C the field has the enum's type, so that a compiler warns about
 * a constant of another one. C++ takes a plain word, since there no two flags could be joined otherwise.
 */
#ifdef __cplusplus
#define SEARCH_TYPE(name) uint32_t
#else
#define SEARCH_TYPE(name) enum name
#endif

/*
 * Structs. Each struct that the caller fills, or has filled, starts with its own `size`, which says
 * what the caller knows of it: a program and a library of different versions work together. Set it by the
 * initialiser (SEARCH_OPTIONS_INIT, or search_options_init() where macros do not reach), which also sets
 * all other fields to 0, the default. A struct with fields that the library does not know is accepted as long as
 * these are 0; otherwise the answer is SEARCH_EVERSION. Elements of arrays have reserved fields
 * instead, which must be 0.
 */

/*
 * What a function returns. 0 is success (or the end of the items), 1 an item, a negative value an
 * error. The values are fixed for ever.
 */
enum search_status {
	SEARCH_ITEM = 1,       /* search_next, search_try_next: there is an item */
	SEARCH_OK = 0,         /* success; the end of the items */
	SEARCH_EINVAL = -1,    /* an argument or option is not valid */
	SEARCH_EVERSION = -2,  /* a struct of a newer version, with fields set that this library does not know */
	SEARCH_ENOMEM = -3,    /* out of memory */
	SEARCH_EPATTERN = -4,  /* a pattern does not compile */
	SEARCH_EAGAIN = -5,    /* search_try_next: nothing is ready yet */
	SEARCH_ECANCELED = -6, /* search_cancel was called */
	SEARCH_ETIMEDOUT = -7, /* options.timeout_ms has passed */
	SEARCH_ESYSTEM = -8,   /* a system call failed */
	SEARCH_ESOURCE = -9    /* next_source failed, or returned a source that is not valid */
};

/* What search_error.index counts. */
enum search_subject {
	SEARCH_SUBJECT_NONE = 0,        /* nothing; the message says what is wrong */
	SEARCH_SUBJECT_PATTERN = 1,     /* options.patterns */
	SEARCH_SUBJECT_SOURCE = 2,      /* options.sources */
	SEARCH_SUBJECT_GLOB = 3,        /* walk.globs */
	SEARCH_SUBJECT_IGNORE_FILE = 4, /* walk.ignore_files */
	SEARCH_SUBJECT_GIT_CONFIG = 5   /* walk.git_configs */
};

/* Why a call failed. The caller owns it; start with SEARCH_ERROR_INIT. After success all but `size` is 0. */
struct search_error {
	size_t size;          /* sizeof(struct search_error) */
	int code;             /* what the call returned: an enum search_status */
	int system_error;     /* errno if a system call failed, else 0 */
	SEARCH_TYPE(search_subject) subject; /* what is wrong, if it is one of an array */
	uint32_t reserved;
	size_t index;         /* which one of that array */
	size_t offset;        /* SEARCH_SUBJECT_PATTERN, _GLOB: byte offset in it, or SIZE_MAX if it is not known */
	char message[256];    /* one sentence for a person, NUL-terminated */
};

#ifdef __cplusplus
#define SEARCH_ERROR_INIT search_initial<struct search_error>()
#else
#define SEARCH_ERROR_INIT { .size = sizeof(struct search_error) }
#endif

/* How patterns are written. What they mean is said where the syntax comes from. */
enum search_syntax {
	SEARCH_SYNTAX_ONIGURUMA = 0, /* Oniguruma's own, that of Ruby and more; \xff is the byte FF where it is not
	                                part of valid UTF-8, in the next two the character U+00FF */
	SEARCH_SYNTAX_PERL = 1,      /* Perl's, as far as Oniguruma has it */
	SEARCH_SYNTAX_PYTHON = 2,    /* Python's, the same */
	SEARCH_SYNTAX_BASIC = 3,     /* POSIX basic regular expressions, as GNU grep means them: spans are the
	                                longest, and a newline separates patterns (with SEARCH_MATCH_FIXED as well) */
	SEARCH_SYNTAX_EXTENDED = 4   /* POSIX extended regular expressions, the same */
};

/*
 * A pattern in options.syntax (or a fixed string, with SEARCH_MATCH_FIXED). There may be any number of
 * patterns; each takes a few kilobytes of memory. Beyond these limits search_open fails with SEARCH_EPATTERN:
 *
 *	64 MiB of pattern
 *	groups, classes and quantifiers that nest about 80 levels deep
 *	a counted repeat of 100,000 elements when written out, as (a{1000}){100}
 *	4,096 bytes of text in a row in which case is ignored
 */
struct search_pattern {
	const char *text;  /* valid UTF-8, need not end in NUL; NULL only with length 0 */
	size_t length;     /* bytes */
	uint32_t flags;    /* must be 0 */
	uint32_t reserved; /* must be 0 */
};

enum search_source_kind {
	SEARCH_SOURCE_PATH = 0,      /* `path`: a file, or a directory that is walked */
	SEARCH_SOURCE_DESCRIPTOR = 1, /* `descriptor`: open for reading, read from its position on, never closed; a
	                          directory is walked. It may be listed twice: the second source
	                          continues where the first stopped. If max_matches_per_file ends a
	                          regular file, it is positioned after the last match. Do not read a
	                          terminal or FIFO elsewhere during the search: we could then block in
	                          read() with no way to interrupt it. */
	SEARCH_SOURCE_MEMORY = 2     /* `data`, `size`: borrowed, unchanged, until search_close() */
};

/*
 * Something to search. Fields that its kind does not use must be zero. Strings
 * are copied; `data` is borrowed.
 */
struct search_source {
	SEARCH_TYPE(search_source_kind) kind;
	int descriptor;        /* SEARCH_SOURCE_DESCRIPTOR; else 0 */
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

/*
 * Flags come in three words, by topic. Their bits differ, too: a flag in the wrong word is SEARCH_EINVAL,
 * as is an unknown one.
 */

/* options.match_flags: what a line is, and when it matches. */
enum search_match_flag {
	SEARCH_MATCH_IGNORE_CASE = 1 << 0,  /* letters match in either case */
	SEARCH_MATCH_INVERT = 1 << 1,       /* the lines that do not match are the matches */
	SEARCH_MATCH_WORD = 1 << 2,         /* a match must not touch a word character outside it */
	SEARCH_MATCH_LINE = 1 << 3,         /* a match must be the whole line */
	SEARCH_MATCH_FIXED = 1 << 4,        /* patterns are strings, not expressions */
	SEARCH_MATCH_CRLF = 1 << 5,         /* a \r before a line's \n is no part of the line */
	SEARCH_MATCH_NUL_LINES = 1 << 6,    /* lines end in NUL, and may hold newlines; no file is binary; not
	                                       with CRLF */
	SEARCH_MATCH_TEXT = 1 << 7,         /* search a binary file as if it were text */
	SEARCH_MATCH_SKIP_BINARY = 1 << 8,  /* a binary file has no matches; not with TEXT. Those before a late
	                                       NUL are delivered all the same, but not counted with COUNT */
	SEARCH_MATCH_DECOMPRESS = 1 << 9    /* search what compressed files hold; see below */
};

/* walk.flags: what walks take and leave. */
enum search_walk_flag {
	SEARCH_WALK_SKIP_HIDDEN = 1 << 12,     /* skip names that start with a dot */
	SEARCH_WALK_FOLLOW = 1 << 13,          /* follow symbolic links */
	SEARCH_WALK_ONE_FILE_SYSTEM = 1 << 14, /* skip directories on another file system than the source */
	SEARCH_WALK_IGNORE_VCS = 1 << 15,      /* obey git's rules: .gitignore, the repository's info/exclude,
	                                          core.excludesFile; and skip each .git */
	SEARCH_WALK_IGNORE_FILES = 1 << 16,    /* obey .psearchignore and .ignore (gitignore format). They take
	                                          precedence over git's rules */
	SEARCH_WALK_IGNORE_BELOW = 1 << 17,    /* do not read ignore files from directories above a source */
	SEARCH_WALK_IGNORE_ANYWHERE = 1 << 18, /* obey git's rules outside of a repository, too */
	SEARCH_WALK_NO_NESTED_REPOSITORIES = 1 << 19, /* skip directories below a source that hold a .git, a directory
	                                          or file: worktrees, submodules, other repositories */
	SEARCH_WALK_TRACKED = 1 << 20          /* IGNORE_VCS: git's rules do not apply to the files that it tracks: the
	                                          repository's index is read, of versions 2 to 4 if it is not split */
};

/* options.result_flags: what is delivered, and how. */
enum search_result_flag {
	SEARCH_RESULT_UNORDERED = 1 << 22,       /* deliver each file as soon as it has something */
	SEARCH_RESULT_COUNT = 1 << 23,           /* no MATCH, CONTEXT or BINARY items; implies FILE_ENDS */
	SEARCH_RESULT_FILE_ENDS = 1 << 24,       /* a FILE_END item after every file that was read */
	SEARCH_RESULT_NO_SPANS = 1 << 25,        /* leave the spans out: faster */
	SEARCH_RESULT_NO_LINE_NUMBERS = 1 << 26, /* leave line numbers out (0): faster */
	SEARCH_RESULT_LIST = 1 << 27,            /* search nothing: a FILE item for every file that would be
	                                            searched, none of which is opened. Needs no patterns; the
	                                            order is kept with UNORDERED too */
	SEARCH_RESULT_SOCKET = 1 << 28           /* search_fd() returns a socket, not an eventfd */
};

/*
 * SEARCH_MATCH_DECOMPRESS: a file, descriptor or memory whose first bytes are those of gzip, bzip2, xz,
 * lzma, zstd or lz4 is decompressed while it is searched, in one piece. Names do not matter, and what is
 * compressed within stays so. Lines, offsets, FILE_END's bytes, and whether it is binary, are those of the
 * text that comes out. An ERROR item stands behind that where the data is damaged, ends early, is
 * followed by anything but more of its format and zeros (xz: a multiple of four), or needs more than
 * 128 MiB of memory (which each worker may take that has such a file at hand). A build of the library may
 * lack formats: their files are ERROR items; where it lacks all, the flag is SEARCH_EINVAL. Archives (zip,
 * tar, 7-Zip, …) and other formats are searched as they are, behind an ERROR item with
 * SEARCH_ITEM_FLAG_NOTE that names them.
 */

#define SEARCH_NO_WALK UINT32_MAX    /* for walk.max_depth: a source that is a directory is skipped */
#define SEARCH_NO_WORKERS UINT32_MAX /* for options.workers: no threads, search_next() does all the work */

/* For search_glob.flags. */
enum search_glob_flag {
	SEARCH_GLOB_EXCLUDE = 1 << 0,      /* skips what matches; without it a glob selects what matches */
	SEARCH_GLOB_NO_CASE = 1 << 1,      /* ASCII letters match in either case */
	SEARCH_GLOB_BRACES = 1 << 2,       /* {a,b} is either */
	SEARCH_GLOB_BASENAME = 1 << 3,     /* matches the last name of a path, with or without a slash in the glob */
	SEARCH_GLOB_DISPLAY_PATH = 1 << 4, /* a glob with a slash matches the path as items show it, wherever
	                                      that starts */
	SEARCH_GLOB_FILES_ONLY = 1 << 5,   /* applies to files only */
	SEARCH_GLOB_DIRS_ONLY = 1 << 6,    /* applies to directories only */
	SEARCH_GLOB_UNHIDE = 1 << 7,       /* selects hidden entries despite SKIP_HIDDEN */
	SEARCH_GLOB_OVERRIDE = 1 << 8      /* overrides ignore rules and all later groups */
};

/*
 * Which files and directories of a walk are searched. A glob is one as in a .gitignore file: * and ? match
 * no slash, ** does; a glob without a slash matches the last name of a path. One with a slash matches the
 * path from the current directory on if the source is below that, however the source is written, else the
 * path from the source on. With a slash at its end it applies to directories only.
 *
 * A glob that cannot match is SEARCH_EINVAL: a bracket or brace is not closed, a class or range is none, a
 * backslash ends it, a name is empty, . or .., or it selects directories, and no glob of its group files.
 *
 * Within a group the last matching glob decides. If none matches, a file is skipped if the group has
 * a glob without EXCLUDE that can apply to files; a directory is not. An entry is searched only if no
 * group skips it, and a skipped directory is not entered.
 *
 *	{ "*.c" }, { "*.h" }
 *		C sources, nothing else
 *	{ "test/", SEARCH_GLOB_EXCLUDE, 0 }, { "*.c", 0, 1 }, { "*.h", 0, 1 }
 *		C sources, but none below a directory `test`: both groups must let a file pass
 *	{ "*" }, { ".env", SEARCH_GLOB_UNHIDE | SEARCH_GLOB_OVERRIDE }
 *		everything as usual, and .env although it is hidden, or ignored
 */
struct search_glob {
	const char *text; /* NUL-terminated */
	SEARCH_TYPE(search_glob_flag) flags;
	uint32_t group;   /* 0 to SEARCH_GLOB_GROUPS - 1; they are asked in this order */
	uint64_t reserved; /* must be 0 */
};

#define SEARCH_GLOB_GROUPS 8

/*
 * What walks take and leave. It may be shared by any number of searches; search_open() copies what it needs.
 * None of it applies to the sources themselves.
 */
struct search_walk {
	size_t size;                     /* sizeof(struct search_walk) */
	SEARCH_TYPE(search_walk_flag) flags;
	uint32_t max_depth;              /* below a source: 1 searches only its direct entries, 2 also those of its
	                                    subdirectories, and so on; SEARCH_NO_WALK; default no limit */
	uint64_t max_file_size;          /* larger files are skipped; default no limit */
	const struct search_glob *globs;
	size_t glob_count;
	/*
	 * Additional ignore files (gitignore format), of lowest precedence: rules found in the tree override
	 * them, a later file overrides an earlier one. Patterns are relative to the current directory if the
	 * source is below it, else to the source. They are read by search_open(), and one that cannot be is
	 * SEARCH_EINVAL.
	 */
	const char *const *ignore_files;
	size_t ignore_file_count;
	const char *const *git_configs;  /* IGNORE_VCS: git's configuration files except the repositories' own; a
	                                    later one overrides, one that is missing says nothing.
	                                    core.excludesFile and core.ignoreCase are read, also from files
	                                    that they include, but for the condition hasconfig: */
	size_t git_config_count;
	const char *git_excludes;        /* IGNORE_VCS: core.excludesFile if no file sets it; NULL: none */
	const char *home;                /* IGNORE_VCS: the directory that ~ stands for in these; NULL: not known */
};

#ifdef __cplusplus
#define SEARCH_WALK_INIT search_initial<struct search_walk>()
#else
#define SEARCH_WALK_INIT { .size = sizeof(struct search_walk) }
#endif

/*
 * What to search, for what, and within which limits. Start with SEARCH_OPTIONS_INIT; in every field 0
 * means the default. Everything is copied by search_open(), SEARCH_SOURCE_MEMORY data excepted.
 */
struct search_options {
	size_t size;                           /* sizeof(struct search_options) */
	const struct search_pattern *patterns; /* a line matches if one of them does; none: no line matches */
	size_t pattern_count;
	const struct search_source *sources;   /* searched in this order */
	size_t source_count;
	/*
	 * More sources, after `sources`: returns 1 with *source filled, 0 at the end, a negative value to
	 * fail the search with SEARCH_ESOURCE. Strings need to stay valid only until the next call (memory
	 * data until search_close). Called only on the caller's thread, inside search_next or
	 * search_try_next, at most 64 sources ahead. If it fails, everything from earlier sources is
	 * delivered first. NULL: none.
	 */
	int (*next_source)(void *context, struct search_source *source);
	void *next_source_context;
	const struct search_walk *walk;        /* what walks take and leave; NULL: they take everything */
	/*
	 * What files, and other sources, are encoded in. Text is searched, and delivered, as UTF-8: offsets
	 * and limits count that, and what is not valid is U+FFFD. NULL or "none": UTF-8, or whatever there
	 * is; nothing is decoded. "auto": the same, but a byte order mark at the start says what the text
	 * after it is: UTF-8, whose offsets still count it, or UTF-16. Else the name of an encoding that
	 * iconv_open(3) knows: text is in that, unless it starts with such a mark. What is decoded is not
	 * searched in parts, and its descriptor is left where reading ended.
	 */
	const char *encoding;
	size_t max_item_bytes;         /* longer lines come as a window; default 1 MiB, at least 16 */

	SEARCH_TYPE(search_match_flag) match_flags;
	SEARCH_TYPE(search_result_flag) result_flags;
	SEARCH_TYPE(search_syntax) syntax; /* of all patterns */
	uint32_t workers;              /* threads; default one per CPU this process may use, at most 256 */
	uint32_t max_open_files;       /* files and directories, at least 2; default 128, or half of
	                                  RLIMIT_NOFILE if that is less. There are at most as many workers, less one */
	uint32_t max_queued_matches;   /* items waiting for the caller, per file or part of one; default 4096 */
	uint32_t before_context;       /* lines of context before a matching line; of them as many as
	                                  max_line_bytes hold */
	uint32_t after_context;        /* and after it */
	uint32_t split_bytes;          /* a file or memory (no descriptor) larger than this may be searched in
	                                  parts of about this size, by several workers; default 1 MiB. Never
	                                  split: with UNORDERED; max_matches_per_file with after_context or
	                                  COUNT; COUNT with SKIP_BINARY; more than 256 lines of
	                                  after_context. What is found is the same. */
	int output_fd;                 /* descriptor that the host writes results to. If it is a regular file, that
	                                  file is an ERROR item instead of being searched: searching one's own
	                                  output might never end. 0: none */

	uint64_t max_queued_bytes;     /* of items waiting for the caller, all files together; default 4 MiB */
	uint64_t max_line_bytes;       /* a longer line is an ERROR item; default 16 MiB, at most 1 GiB */
	uint64_t max_matches;          /* stop after this many MATCH, BINARY or FILE items, plus the context
	                                  lines after the last one; default no limit */
	uint64_t max_matches_per_file; /* stop a file after this many matching lines; default no limit */
	uint64_t timeout_ms;           /* milliseconds from search_open; default none */
};

#ifdef __cplusplus
#define SEARCH_OPTIONS_INIT search_initial<struct search_options>()
#else
#define SEARCH_OPTIONS_INIT { .size = sizeof(struct search_options) }
#endif

/*
 * A file with a NUL in its first 64 KiB is binary. If the first NUL comes later, the file is text up to
 * that line and binary from there on. Streams are not read ahead, so only the second rule applies to them.
 * A NUL ends a line then, as a newline does, unless with SEARCH_MATCH_TEXT or SEARCH_MATCH_NUL_LINES.
 * Of a file that is decoded the text counts. Names do not matter.
 */
enum search_item_kind {
	SEARCH_ITEM_MATCH = 1,    /* a matching line */
	SEARCH_ITEM_CONTEXT = 2,  /* a line near a matching one */
	SEARCH_ITEM_BINARY = 3,   /* the file is binary and matches; nothing more comes of it but FILE_END */
	SEARCH_ITEM_ERROR = 4,    /* about a file, directory or line; the search goes on */
	SEARCH_ITEM_FILE_END = 5, /* the file is finished: its totals */
	SEARCH_ITEM_FILE = 6      /* with SEARCH_RESULT_LIST: a file that would be searched */
};

/* For search_item.flags. */
enum search_item_flag {
	SEARCH_ITEM_FLAG_WINDOW = 1 << 0, /* `text` is a part of the line: see text_offset */
	SEARCH_ITEM_FLAG_NO_EOL = 1 << 1, /* the file ends without a line terminator here */
	SEARCH_ITEM_FLAG_CRLF = 1 << 2,   /* the line ends in \r\n; only with SEARCH_MATCH_CRLF */
	SEARCH_ITEM_FLAG_NOTE = 1 << 3    /* ERROR: nothing failed; what the message says is as it should be, but
	                                     somebody may not know it */
};

/* Why there is an ERROR item. `message` says it in a sentence, `error` is errno if a system call failed. */
enum search_reason {
	SEARCH_REASON_NONE = 0,          /* not an ERROR item */
	SEARCH_REASON_OPEN = 1,          /* a file or directory cannot be opened, or is gone */
	SEARCH_REASON_READ = 2,          /* reading a file failed: what came before that has been searched */
	SEARCH_REASON_LIST = 3,          /* reading a directory failed: what came before that is searched */
	SEARCH_REASON_OUTPUT_FILE = 4,   /* it is the file of options.output_fd */
	SEARCH_REASON_LINE_TOO_LONG = 5, /* a line exceeds max_line_bytes: it is not searched, the others are */
	SEARCH_REASON_GAVE_UP = 6,       /* a line is too hard for a pattern: whether it matches is not known; if a
	                                    MATCH item for it comes before, its spans are not */
	SEARCH_REASON_DAMAGED = 7,       /* compressed data is damaged, ends early, or is followed by other data */
	SEARCH_REASON_UNSUPPORTED = 8,   /* compressed data that this build cannot read; of an archive, a note */
	SEARCH_REASON_MEMORY = 9,        /* compressed data that needs too much memory */
	SEARCH_REASON_ENCODING = 10,     /* the text cannot be decoded */
	SEARCH_REASON_RULES = 11         /* ignore rules cannot be read or used: the walk goes on without them. A
	                                    .gitignore that is a symbolic link, which git does not follow, is so
	                                    with SEARCH_ITEM_FLAG_NOTE */
};

/*
 * A match in a line: bytes begin to end (behind the last), from the line's start. Where matches of several
 * patterns begin together, it is that of the first of these patterns in options.patterns; in POSIX syntax the
 * longest, and of those that are equally long that of the first.
 */
struct search_span {
	size_t begin;
	size_t end;
	uint32_t pattern;  /* index into options.patterns: whose match it is */
	uint32_t reserved; /* 0 */
};

/*
 * One thing found. The library owns it and all it points to; both stay valid
 * until the next search_next, search_try_next or search_close on the handle.
 * Fields that its kind does not use are 0 or NULL. New fields are added at the
 * end only.
 */
struct search_item {
	SEARCH_TYPE(search_item_kind) kind;
	SEARCH_TYPE(search_item_flag) flags;
	uint64_t source;         /* index of the source, those of next_source counted on */
	const char *path;        /* bytes of the name to show, followed by a NUL */
	size_t path_length;
	uint64_t line;           /* line number, from 1; 0 with SEARCH_RESULT_NO_LINE_NUMBERS */
	uint64_t offset;         /* byte offset of the line's start in the file (of a descriptor: from where
	                            it stood), or in what it is decoded to; BINARY: of the NUL */
	const char *text;        /* MATCH, CONTEXT: the line without its terminator, not NUL-terminated;
	                            never NULL there */
	size_t length;           /* bytes of text */
	uint64_t line_bytes;     /* bytes of the whole line, without its terminator */
	uint64_t text_offset;    /* offset of text in the line; 0 unless SEARCH_ITEM_FLAG_WINDOW */
	const struct search_span *spans; /* MATCH: all matches in the line, in order; with SEARCH_ITEM_FLAG_WINDOW
	                            those that begin less than max_item_bytes behind the first */
	size_t span_count;       /* 0 with SEARCH_RESULT_NO_SPANS or SEARCH_MATCH_INVERT; also where an ERROR item for the
	                            same line follows, which says that they cannot be told */
	int error;               /* ERROR: errno, or 0 if no system call failed */
	SEARCH_TYPE(search_reason) reason; /* ERROR */
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
 * host that insists on reading or closing what it watches gives its watcher a
 * dup() of the socket; bytes that this consumes are not lost. The same descriptor each time,
 * made by the first call; fit for edge-triggered loops. If only the caller can do the work (no workers: see
 * search_stats), it is readable all the time, also while a stream that is searched has nothing. Returns it,
 * SEARCH_ESYSTEM, or SEARCH_EINVAL when s is NULL or inherited from before a fork().
 */
SEARCH_API int search_fd(struct search *s);

/*
 * search_cancel - ends the search early: search_next answers SEARCH_ECANCELED
 * from now on, also where it is waiting just now. From any thread, and
 * async-signal-safe. The handle must still be closed. In a child of fork() it does nothing.
 */
SEARCH_API void search_cancel(struct search *s);

/*
 * search_close - ends the search, joins its threads, closes its descriptors
 * and frees the handle, at any time. NULL is allowed. It waits for a thread that is inside a
 * system call, for as long as that takes: opening or reading a file of a network file system
 * that does not answer, say. In a child of fork(), which
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
	                            deep or on another file system, and nested repositories (directories
	                            too), too large ones,
	                            links, special files, binary ones with SKIP_BINARY */
	uint64_t directories;    /* directories listed */
	uint64_t bytes;          /* bytes of text read and searched */
	uint64_t matches;        /* matching lines found, delivered or not */
	uint64_t errors;         /* ERROR items made, but for those with SEARCH_ITEM_FLAG_NOTE */
	uint64_t peak_open_files; /* most files and directories open at once, so far */
	uint64_t peak_queued_matches; /* most items queued for one file or part of one, so far */
	uint64_t peak_queued_bytes; /* most bytes queued for all files, so far */
	uint64_t replaced;       /* sequences that are not valid in a file's encoding, and so U+FFFD in its text */
};

#ifdef __cplusplus
#define SEARCH_STATS_INIT search_initial<struct search_stats>()
#else
#define SEARCH_STATS_INIT { .size = sizeof(struct search_stats) }
#endif

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
	SEARCH_OUTCOME_TIMED_OUT = 3, /* timeout_ms passed */
	SEARCH_OUTCOME_CANCELED = 4,  /* search_cancel was called */
	SEARCH_OUTCOME_FAILED = 5     /* out of memory, or next_source failed */
};

/* search_outcome - how the search ended. Call it on the thread that uses the handle only. */
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

/* What this library can do. All strings are static. */
struct search_build {
	size_t size;             /* in: sizeof(struct search_build) */
	const char *version;     /* of the library: SEARCH_VERSION_STRING as it was built */
	const char *formats;     /* what SEARCH_MATCH_DECOMPRESS reads, separated by spaces: "gzip xz"; "" none */
	const char *simd;        /* instructions in use on this machine: "avx2", "neon", "portable", ... */
	const char *oniguruma;   /* version of the Oniguruma that is loaded */
};

#ifdef __cplusplus
#define SEARCH_BUILD_INIT search_initial<struct search_build>()
#else
#define SEARCH_BUILD_INIT { .size = sizeof(struct search_build) }
#endif

/*
 * search_build - fills *build, as far as its size reaches; further fields become NULL. Returns SEARCH_OK
 * or SEARCH_EINVAL. Any thread.
 */
SEARCH_API int search_build(struct search_build *build);

/*
 * What the initialiser macros do, for languages that have no macros: all of `size` bytes become 0 but the
 * size itself. `size` is that of the struct as the caller knows it. NULL, or a size too small for the
 * size field, does nothing. Any thread.
 */
SEARCH_API void search_options_init(struct search_options *options, size_t size);
SEARCH_API void search_walk_init(struct search_walk *walk, size_t size);
SEARCH_API void search_error_init(struct search_error *error, size_t size);
SEARCH_API void search_stats_init(struct search_stats *stats, size_t size);
SEARCH_API void search_build_init(struct search_build *build, size_t size);

/* search_strerror - a short English text for an enum search_status; never NULL. */
SEARCH_API const char *search_strerror(int status);

/* search_version - SEARCH_VERSION_STRING of the library that runs. */
SEARCH_API const char *search_version(void);

/* Enum fields are words of 32 bits in every program, also where compilers are told to make enums short. */
typedef char search_enums_are_words[sizeof(SEARCH_TYPE(search_item_flag)) == 4 ? 1 : -1];

#ifdef __cplusplus
}

/* Not for use by itself: what the initialisers above are in C++. */
template <class type> inline type search_initial()
{
	type all_zero = type();
	all_zero.size = sizeof(type);
	return all_zero;
}
#endif

#endif
