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
 * Threads. A handle belongs to one thread at a time; only search_cancel() and
 * search_stats() may be called by others while it is open. Any number of
 * handles may be open at once. The library's own threads are started when there
 * is work for them, the first by search_open(), and live until search_close();
 * searches may share those of a pool instead, see search_pool_open().
 * They block all signals and never call back into the host. The library writes
 * to no descriptor of the host's, installs no signal handler, reads neither
 * locale nor environment, and never maps a file into memory. (For an encoding
 * that only iconv knows, and for compressed files, libc may load a module or
 * library, see search_open(3).) After fork() the child may only close a handle that it inherited;
 * search_next returns SEARCH_EINVAL there, at the latest once it has handed out
 * the items that were fetched before the fork.
 *
 * Text is bytes with a length. A line ends at '\n' or at the end of the file;
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
#ifdef __GNUC__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow" /* in C++ a function hides the constructor of a struct of its name */
#endif
extern "C" {
#endif

#define SEARCH_VERSION_MAJOR 1
#define SEARCH_VERSION_MINOR 0
#define SEARCH_VERSION_PATCH 0
#define SEARCH_VERSION_STRING "1.0.0"

/* An open search. search_open() creates it, search_close() ends it. */
struct search;

/*
 * The type of a field that holds an enum. In C it is the enum's own type, so that a compiler warns about
 * a constant of another enum. In C++ it is a plain integer, since flags could not be combined with | otherwise.
 */
#ifdef __cplusplus
#define SEARCH_TYPE(name) uint32_t
#else
#define SEARCH_TYPE(name) enum name
#endif

/*
 * Structs. Each struct that the caller passes in, to be read or filled, starts with its own `size`, as the
 * caller knows it, so that a program and a library of different versions work together. Set it with the
 * initialiser (SEARCH_OPTIONS_INIT, or search_options_init() in languages without macros), which also sets all
 * other fields to 0, the default. A struct with fields that the library does not know is accepted if these are
 * 0; otherwise the call fails with SEARCH_EVERSION. Elements of arrays that the caller passes in have reserved
 * fields instead, which must be 0. Items grow only at their end. Spans and groups never grow: what later versions
 * have to say of them comes in further arrays of the item. psearch(3), "VERSIONS", says what may change when.
 */

/*
 * What a function returns: 0 for success (or the end of the items), 1 for an item, a negative value for
 * an error. Some return a number instead of 1 or 0, as their comments say: of items, or of bytes. The values never
 * change.
 */
enum search_status {
	SEARCH_ITEM = 1,       /* the functions that take items: there is one */
	SEARCH_OK = 0,         /* success, or the end of the items */
	SEARCH_EINVAL = -1,    /* an argument or option is not valid */
	SEARCH_EVERSION = -2,  /* a struct is newer than this library, and fields that it does not know are set */
	SEARCH_ENOMEM = -3,    /* out of memory */
	SEARCH_EPATTERN = -4,  /* a pattern does not compile */
	SEARCH_EAGAIN = -5,    /* search_try_next, search_try_next_many: nothing is ready yet */
	SEARCH_ECANCELED = -6, /* search_cancel was called */
	SEARCH_ETIMEDOUT = -7, /* options.timeout_ms has passed */
	SEARCH_ESYSTEM = -8,   /* a system call failed */
	SEARCH_ESOURCE = -9    /* next_source failed, or returned a source that is not valid */
};

/* Which array search_error.index refers to. */
enum search_subject {
	SEARCH_SUBJECT_NONE = 0,        /* none; the message says what is wrong */
	SEARCH_SUBJECT_PATTERN = 1,     /* options.patterns */
	SEARCH_SUBJECT_SOURCE = 2,      /* options.sources */
	SEARCH_SUBJECT_GLOB = 3,        /* walk.globs */
	SEARCH_SUBJECT_IGNORE_FILE = 4, /* walk.ignore_files */
	SEARCH_SUBJECT_GIT_CONFIG = 5,  /* walk.git_configs */
	SEARCH_SUBJECT_ENCODING = 6,    /* options.encoding, which is one string: index is 0 */
	SEARCH_SUBJECT_CURSOR = 7,      /* index 0: options.resume, 1: options.until */
	SEARCH_SUBJECT_OVERLAY = 8      /* options.overlays */
};

/* Why a call failed. The caller owns it; start with SEARCH_ERROR_INIT. After success all except `size` is 0. */
struct search_error {
	size_t size;          /* sizeof(struct search_error) */
	int code;             /* what the call returned: an enum search_status */
	int system_error;     /* errno if a system call failed, else 0 */
	SEARCH_TYPE(search_subject) subject; /* the array whose element is at fault, if any */
	uint32_t reason_at;   /* SEARCH_SUBJECT_PATTERN: where in `message` the reason begins, after the pattern's
	                         number */
	size_t index;         /* index of that element */
	size_t offset;        /* SEARCH_SUBJECT_PATTERN: byte offset of the fault in it; SIZE_MAX: unknown */
	char message[256];    /* one sentence for a person, NUL-terminated */
};

#ifdef __cplusplus
#define SEARCH_ERROR_INIT search_initial<struct search_error>()
#else
#define SEARCH_ERROR_INIT { .size = sizeof(struct search_error) }
#endif

/* How patterns are written. For their meaning see the documentation of the program that a syntax comes from. */
enum search_syntax {
	SEARCH_SYNTAX_ONIGURUMA = 0, /* Oniguruma's own: Ruby's, and more. \xff is a byte FF that is not part of
	                                valid UTF-8; in the next two it is the character U+00FF */
	SEARCH_SYNTAX_PERL = 1,      /* Perl's, as far as Oniguruma supports it */
	SEARCH_SYNTAX_PYTHON = 2,    /* Python's, likewise */
	SEARCH_SYNTAX_BASIC = 3,     /* POSIX basic regular expressions, as in GNU grep: the longest match counts,
	                                and a newline separates patterns (also with SEARCH_MATCH_FIXED) */
	SEARCH_SYNTAX_EXTENDED = 4   /* POSIX extended regular expressions, likewise */
};

/*
 * A pattern in options.syntax (or a fixed string, with SEARCH_MATCH_FIXED). There may be any number of
 * patterns; each takes a few kilobytes of memory. Beyond these limits search_open fails with SEARCH_EPATTERN:
 *
 *	64 MiB of patterns
 *	about 80 nested levels of groups, classes and quantifiers
 *	a counted repeat of 100,000 elements once written out, such as (a{1000}){100}
 *	4,096 bytes of literal text in a row with case ignored
 */
struct search_pattern {
	const char *text;  /* valid UTF-8, need not end in NUL; NULL only with length 0 */
	size_t length;     /* bytes */
	uint32_t flags;    /* must be 0 */
	uint32_t reserved; /* must be 0 */
	uint64_t reserved2; /* must be 0 */
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
 * Something to search. Fields that its kind does not use must be 0. Strings
 * are copied; `data` is borrowed.
 */
struct search_source {
	SEARCH_TYPE(search_source_kind) kind;
	int descriptor;        /* SEARCH_SOURCE_DESCRIPTOR; else 0 */
	const char *path;      /* SEARCH_SOURCE_PATH: NUL-terminated, "" names no file. A relative path is resolved
	                          while the search runs: do not chdir() meanwhile */
	const char *name;      /* shown in the items in place of the path, NUL-terminated; NULL: the
	                          path itself, or "" for the other kinds. With "" the entries of a
	                          directory are shown relative to it. */
	const void *data;      /* SEARCH_SOURCE_MEMORY */
	size_t size;           /* SEARCH_SOURCE_MEMORY: bytes */
	uint64_t reserved1;    /* must be 0 */
	uint64_t reserved2;    /* must be 0 */
	uint64_t reserved3;    /* must be 0 */
};

/* For search_overlay.flags. */
enum search_overlay_flag {
	SEARCH_OVERLAY_REMOVED = 1 << 0 /* there is no such file, even if there is one on disk; `data` is NULL */
};

/*
 * A text that takes the place of a file's: what an editor has not saved. The file need not be on disk. The search
 * finds what it would find if all such texts had been written to their paths, and the removed files unlinked, just
 * before search_open(): see options.overlays.
 */
struct search_overlay {
	const char *path;      /* NUL-terminated, written in any way; copied. search_open() follows it once, as open(2)
	                          does to write a file: if it leads to a symbolic link, the text is that of the link's
	                          target, which need not exist. With REMOVED it is the link that is removed, as by
	                          unlink(2) */
	const void *data;      /* borrowed, unchanged, until search_close(); may be NULL if size is 0 */
	size_t size;           /* bytes */
	SEARCH_TYPE(search_overlay_flag) flags;
	uint32_t reserved;     /* must be 0 */
	uint64_t reserved2;    /* must be 0 */
};

/*
 * The flags of a search come in three words, by topic: match_flags, walk.flags and result_flags. No two of these flags
 * share a bit: one in the wrong word is SEARCH_EINVAL, as is an unknown one. They have all bits that an enum of C can
 * have. So other flags are in words of their own, such as caller_flags, and may share bits with these.
 */

/* options.match_flags: what a line is, and when it matches. */
enum search_match_flag {
	SEARCH_MATCH_IGNORE_CASE = 1 << 0,  /* letters match in either case */
	SEARCH_MATCH_INVERT = 1 << 1,       /* select the lines that do not match */
	SEARCH_MATCH_WORD = 1 << 2,         /* a match must not border on a word character outside it */
	SEARCH_MATCH_LINE = 1 << 3,         /* a match must be the whole line */
	SEARCH_MATCH_FIXED = 1 << 4,        /* patterns are strings, not expressions */
	SEARCH_MATCH_CRLF = 1 << 5,         /* a \r before a line's \n is not part of the line */
	SEARCH_MATCH_NUL_LINES = 1 << 6,    /* lines end in NUL, and may contain newlines; no file is binary. Not
	                                       together with CRLF */
	SEARCH_MATCH_TEXT = 1 << 7,         /* search a binary file as if it were text */
	SEARCH_MATCH_SKIP_BINARY = 1 << 8,  /* a binary file has no matches. Matches before a NUL that comes after
	                                       the first 64 KiB are still delivered, but not counted with COUNT.
	                                       Not together with TEXT */
	SEARCH_MATCH_DECOMPRESS = 1 << 9,   /* search the contents of compressed files; see below */
	SEARCH_MATCH_MULTILINE = 1 << 10,   /* a match may reach over line ends; see below. Not together with
	                                       NUL_LINES */
	SEARCH_MATCH_DOT_NEWLINE = 1 << 11  /* MULTILINE: . takes newlines, too */
};

/* walk.flags: what a walk searches and what it skips. */
enum search_walk_flag {
	SEARCH_WALK_SKIP_HIDDEN = 1 << 12,     /* skip names that start with a dot */
	SEARCH_WALK_FOLLOW = 1 << 13,          /* follow symbolic links */
	SEARCH_WALK_ONE_FILE_SYSTEM = 1 << 14, /* skip directories on a file system other than the source's */
	SEARCH_WALK_IGNORE_VCS = 1 << 15,      /* obey git's rules (.gitignore, the repository's info/exclude,
	                                          core.excludesFile), and skip each .git */
	SEARCH_WALK_IGNORE_FILES = 1 << 16,    /* obey .psearchignore and .ignore (gitignore format). They take
	                                          precedence over git's rules */
	SEARCH_WALK_IGNORE_BELOW = 1 << 17,    /* do not read ignore files from directories above a source */
	SEARCH_WALK_IGNORE_ANYWHERE = 1 << 18, /* obey git's rules outside a repository, too */
	SEARCH_WALK_NO_NESTED_REPOSITORIES = 1 << 19, /* skip directories below a source that contain a .git,
	                                          directory or file: worktrees, submodules, other repositories */
	SEARCH_WALK_TRACKED = 1 << 20          /* IGNORE_VCS: git's rules do not apply to files that git tracks.
	                                          This reads the repository's index, versions 2 to 4; a split index
	                                          is an ERROR */
};

/* options.result_flags: what is delivered, and how. */
enum search_result_flag {
	SEARCH_RESULT_FILE_INFO = 1 << 21,       /* FILE and FILE_END items tell the file's size, inode, device and
	                                            time of modification. With LIST this takes a system call for
	                                            each file */
	SEARCH_RESULT_UNORDERED = 1 << 22,       /* deliver each file as soon as it has something */
	SEARCH_RESULT_COUNT = 1 << 23,           /* no MATCH, CONTEXT or BINARY items; implies FILE_ENDS */
	SEARCH_RESULT_FILE_ENDS = 1 << 24,       /* a FILE_END item after every file that was read */
	SEARCH_RESULT_NO_SPANS = 1 << 25,        /* leave out spans: faster */
	SEARCH_RESULT_NO_LINE_NUMBERS = 1 << 26, /* leave out line numbers (they are 0): faster */
	SEARCH_RESULT_LIST = 1 << 27,            /* search nothing: deliver a FILE item for every file that would be
	                                            searched, without opening it. Needs no patterns; keeps the
	                                            order even with UNORDERED */
	SEARCH_RESULT_SOCKET = 1 << 28,          /* search_fd() returns a socket, not an eventfd */
	SEARCH_RESULT_GROUPS = 1 << 29,          /* with each match, what its groups matched; not with NO_SPANS.
	                                            Oniguruma compiles each pattern, and is asked about
	                                            each match: much slower */
	SEARCH_RESULT_ALL_LINES = 1 << 30        /* a CONTEXT item for each line that is not selected, too. Files are
	                                            not searched in parts; not with COUNT */
};

/*
 * SEARCH_MATCH_DECOMPRESS: a file, descriptor or memory whose first bytes are those of gzip, bzip2, xz,
 * lzma, zstd or lz4 is decompressed while it is searched, in one piece. Names do not matter; compressed data
 * inside it is not decompressed again. Lines, offsets, FILE_END's bytes, and whether the file is binary, refer
 * to the decompressed text. An ERROR item follows that text if the data is damaged, ends early, is followed by
 * anything except more of its format and zeros (xz: a multiple of four), or needs more than 128 MiB of memory
 * (each worker that is decompressing may take that much). The library that decompresses a format is loaded when a
 * file of that format comes. If it cannot be, or if this build lacks the format, the file becomes an ERROR item. If
 * the build lacks all formats, the flag is SEARCH_EINVAL. Archives (zip, tar, 7-Zip, …) and other
 * compressed formats are searched as they are, after an ERROR item with SEARCH_ITEM_FLAG_NOTE that names them.
 */

/*
 * SEARCH_MATCH_MULTILINE: the pattern sees the text of a whole file. ^ and $ match at each of its lines in every
 * syntax, \A and \z at the text's ends; . takes no newline unless DOT_NEWLINE is set, but [^a], \s and \n do. With CRLF
 * the \r before a \n is no part of the text. WORD and LINE ask what is around a match, which may be several lines.
 *
 * A MATCH item has the lines that a match touches: its `text` holds the terminators between them, but not the last one.
 * Matches that share a line share an item. A match that ends after a terminator does not touch the next line. Context
 * is single lines, and with INVERT each line that no match touches is an item. max_matches and max_matches_per_file
 * count items; with COUNT, matches are counted, not lines.
 *
 * If no pattern can match beyond its line, lines are searched, and counted, as ever. Otherwise a worker reads a file to
 * its end before it searches it: it takes as much memory as the file has text, up to max_multiline_bytes; up to three
 * times as much again for a copy if the text is not UTF-8, or with CRLF if it has a \r\n. Lines may then be of any
 * length, and nothing is split. If a pattern takes too long, the file is not searched from the line on that an ERROR
 * item names.
 */

#define SEARCH_NO_WALK UINT32_MAX    /* for walk.max_depth: skip sources that are directories */
#define SEARCH_NO_WORKERS UINT32_MAX /* for options.workers: no threads, search_next() does all the work */

/* For search_glob.flags. */
enum search_glob_flag {
	SEARCH_GLOB_EXCLUDE = 1 << 0,      /* skips what matches; without it a glob selects what matches */
	SEARCH_GLOB_NO_CASE = 1 << 1,      /* ASCII letters match in either case */
	SEARCH_GLOB_BRACES = 1 << 2,       /* {a,b} matches either a or b */
	SEARCH_GLOB_BASENAME = 1 << 3,     /* matches the last name of a path, even if the glob has a slash */
	SEARCH_GLOB_DISPLAY_PATH = 1 << 4, /* a glob with a slash matches the path as items show it, whatever
	                                      that starts from */
	SEARCH_GLOB_FILES_ONLY = 1 << 5,   /* applies to files only */
	SEARCH_GLOB_DIRS_ONLY = 1 << 6,    /* applies to directories only */
	SEARCH_GLOB_UNHIDE = 1 << 7,       /* selects hidden entries despite SKIP_HIDDEN */
	SEARCH_GLOB_OVERRIDE = 1 << 8      /* overrides ignore rules and all later groups */
};

/*
 * Which files and directories of a walk are searched. Globs are written as in a .gitignore file: * and ? do
 * not match a slash, ** does. A glob without a slash matches the last name of a path. A glob with a slash
 * matches the path relative to the current directory if the source is below that, however the source is
 * written, else the path relative to the source. A glob that ends in a slash applies to directories only.
 *
 * A glob that cannot match is SEARCH_EINVAL: one with an unclosed bracket or brace, an invalid class or range,
 * a backslash at its end, or a name that is empty, . or ..; and one that selects directories, by a slash at its
 * end, when no other glob of its group selects files. An empty glob with EXCLUDE is fine, and excludes nothing.
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
 *		everything as usual, and .env even if it is hidden or ignored
 */
struct search_glob {
	const char *text; /* NUL-terminated */
	SEARCH_TYPE(search_glob_flag) flags;
	uint32_t group;   /* 0 to SEARCH_GLOB_GROUPS - 1; groups apply in this order */
	uint64_t reserved; /* must be 0 */
};

#define SEARCH_GLOB_GROUPS 8

/*
 * What a walk searches and what it skips. Any number of searches may share one: search_open() copies what it
 * needs. None of it applies to the sources themselves.
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
	 * source is below it, else to the source. search_open() reads them; if one cannot be read, or is neither
	 * a regular file nor /dev/null, it fails with SEARCH_EINVAL.
	 */
	const char *const *ignore_files;
	size_t ignore_file_count;
	const char *const *git_configs;  /* IGNORE_VCS: git's configuration files except the repositories' own. A
	                                    later one overrides an earlier one, and they need not exist.
	                                    core.excludesFile and core.ignoreCase are read, also from files
	                                    that they include, except under the condition hasconfig:. More than
	                                    a thousand includes, or ten nested levels of them, are an ERROR */
	size_t git_config_count;
	const char *git_excludes;        /* IGNORE_VCS: core.excludesFile if no file sets it; NULL: none */
	const char *home;                /* IGNORE_VCS: the directory that ~ stands for in these; NULL: unknown */
};

#ifdef __cplusplus
#define SEARCH_WALK_INIT search_initial<struct search_walk>()
#else
#define SEARCH_WALK_INIT { .size = sizeof(struct search_walk) }
#endif

/*
 * options.priority: which searches of a pool go first. None is kept waiting for ever: of nine turns, one is for a NORMAL
 * search if one waits, and of thirty-three, one for a search in the background.
 */
enum search_priority {
	SEARCH_PRIORITY_NORMAL = 0,
	SEARCH_PRIORITY_INTERACTIVE = 1, /* somebody waits for it: before all others, after the buffer at hand */
	SEARCH_PRIORITY_BACKGROUND = 2   /* nobody does: after all others */
};

/* options.caller_flags: what the thread that takes the items does. */
enum search_caller_flag {
	SEARCH_CALLER_NO_HELP = 1 << 0 /* it never opens, lists, reads or searches anything: workers do all that. So
	                                  workers must not be SEARCH_NO_WORKERS, and search_open fails with
	                                  SEARCH_ESYSTEM if not even one thread can be made */
};

/*
 * What to search, for what, and within which limits. Start with SEARCH_OPTIONS_INIT; in every field 0
 * means the default. search_open() copies everything except the data of SEARCH_SOURCE_MEMORY and of overlays.
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
	const struct search_walk *walk;        /* what a walk searches and what it skips; NULL: it searches all */
	/*
	 * The encoding of files and other sources. Text is searched and delivered as UTF-8: offsets and limits
	 * refer to that, and an invalid sequence becomes U+FFFD. NULL or "none": the bytes are taken as they
	 * are; nothing is decoded. "auto": the same, unless a byte order mark at the start says that the text
	 * after it is UTF-8 (offsets still count the mark) or UTF-16. Any other value names an encoding that
	 * iconv_open(3) knows; it applies unless the text starts with such a mark. Text that is decoded is not
	 * searched in parts, and its descriptor is left where reading ended.
	 */
	const char *encoding;
	size_t max_item_bytes;         /* a longer line is delivered as a window; default 1 MiB, at least 16 */

	SEARCH_TYPE(search_match_flag) match_flags;
	SEARCH_TYPE(search_result_flag) result_flags;
	SEARCH_TYPE(search_syntax) syntax; /* of all patterns */
	uint32_t workers;              /* threads at most; default one per CPU this process may use, at most 256 */
	uint32_t max_open_files;       /* files and directories, at least 2; default 128, or half of
	                                  RLIMIT_NOFILE if that is less. There are never more workers than this
	                                  minus one */
	uint32_t max_queued_matches;   /* items waiting for the caller, per file or part of one; default 4096 */
	uint32_t before_context;       /* lines of context before a matching line: at most as many as fit into
	                                  max_line_bytes */
	uint32_t after_context;        /* and after it */
	uint32_t split_bytes;          /* a file or memory (not a descriptor) larger than this may be searched in
	                                  parts of about this size, by several workers; default 1 MiB, and then only
	                                  once its search has taken so long that more threads gain time. The results
	                                  are the same. Nothing is split with UNORDERED; with max_matches_per_file
	                                  together with after_context or COUNT; with COUNT and SKIP_BINARY; or with
	                                  more than 256 lines of after_context */
	int output_fd;                 /* descriptor that the host writes results to. If it is a regular file, that
	                                  file is an ERROR item instead of being searched: searching one's own
	                                  output might never end. 0: none */

	uint64_t max_queued_bytes;     /* size of the items waiting for the caller, over all files; default 4 MiB */
	uint64_t max_line_bytes;       /* a longer line is an ERROR item; default 16 MiB, at most 1 GiB */
	uint64_t max_matches;          /* stop after this many MATCH, BINARY or FILE items, plus the context
	                                  lines after the last one; default no limit */
	uint64_t max_matches_per_file; /* stop a file after this many matching lines; default no limit */
	uint64_t timeout_ms;           /* milliseconds after search_open; default none */
	uint64_t max_multiline_bytes;  /* MULTILINE: a larger file is an ERROR item if some pattern may match beyond
	                                  a line; default 64 MiB, at most 1 GiB */

	struct search_pool *pool;      /* whose threads search; NULL: the search makes its own. Then `workers` is how many
	                                  of them at once, by default all; NO_WORKERS is refused. See search_pool_open() */
	SEARCH_TYPE(search_priority) priority; /* among the searches of the pool; 0 without one */
	SEARCH_TYPE(search_caller_flag) caller_flags;
	/*
	 * Unsaved texts. A walk, or a source of kind PATH, that comes to such a file searches the text in the file's
	 * place in the order, under the path by which it came, as it would search memory; the file is neither
	 * opened nor asked for its size. If the file is not on disk, the text stands where the file would, and so do
	 * directories above it that are not on disk. Globs, ignore rules and limits apply as to any file. The text of
	 * an ignore file, or of a file in .git, is where rules are read from. A file is known by its directory (device
	 * and inode) and its name: another hard link of it has the text on disk. A descriptor given as a source, the
	 * files that walk.ignore_files names, and output_fd are not affected. If it cannot be found out whether a link or
	 * a source leads to such a file, there is an ERROR item in its place.
	 *
	 * Refused with SEARCH_EINVAL, SEARCH_SUBJECT_OVERLAY and the index: the path of a directory; a path that leads
	 * through a file, through a link that leads nowhere, or through a directory that may not be searched; and the
	 * second of two overlays of one file.
	 */
	const struct search_overlay *overlays;
	size_t overlay_count;
	/*
	 * Cursors, from search_cursor(); NUL-terminated, copied; NULL: none. The search delivers what comes after the
	 * item of `resume`, up to and including the item of `until`. What lies before and after is neither opened nor
	 * listed, except the directories on the way there. The search that a cursor comes from must have had the same
	 * options, except for max_matches, timeout_ms, max_line_ms, priority, what bounds threads, files, queues and
	 * parts, overlays, output_fd, RESULT_FILE_INFO, RESULT_SOCKET, and these two. If it was made after a FILE item,
	 * only sources and walk must be the same. Not together with UNORDERED or next_source.
	 */
	const char *resume;
	const char *until;
	uint32_t max_line_ms;          /* milliseconds of processor time, give or take some: a line that takes longer
	                                  is an ERROR item (GAVE_UP), and the search goes on. Work in proportion to the
	                                  length of the line, such as looking for a string, does not count. MULTILINE:
	                                  the limit is for the way from one match to the next, once more for each MiB
	                                  of text that is left, and then the rest of the file is given up.
	                                  Default: none; what is hard, such as backtracking, the library gives up by
	                                  itself after some seconds */
	uint32_t reserved;             /* must be 0 */
	struct search_tree *tree;      /* what earlier searches learnt, which this one uses, and adds to; NULL: none. See
	                                  search_tree_open() */
};

#ifdef __cplusplus
#define SEARCH_OPTIONS_INIT search_initial<struct search_options>()
#else
#define SEARCH_OPTIONS_INIT { .size = sizeof(struct search_options) }
#endif

/*
 * A file with a NUL in its first 64 KiB is binary. If the first NUL comes later, the file is text up to
 * that line and binary from there on. Streams are not read ahead, so only the second rule applies to them.
 * In a binary file a NUL ends a line, as a newline does, unless SEARCH_MATCH_TEXT or SEARCH_MATCH_NUL_LINES is
 * set. If a file is decoded or decompressed, all this applies to the resulting text. Names do not matter.
 */
enum search_item_kind {
	SEARCH_ITEM_MATCH = 1,    /* a matching line */
	SEARCH_ITEM_CONTEXT = 2,  /* a line near a matching one */
	SEARCH_ITEM_BINARY = 3,   /* the file is binary and matches; only FILE_END may follow for it */
	SEARCH_ITEM_ERROR = 4,    /* about a file, directory or line; the search goes on */
	SEARCH_ITEM_FILE_END = 5, /* the file is finished: its totals */
	SEARCH_ITEM_FILE = 6      /* with SEARCH_RESULT_LIST: a file that would be searched */
};

/* For search_item.flags. */
enum search_item_flag {
	SEARCH_ITEM_FLAG_WINDOW = 1 << 0, /* `text` is only part of the line: see text_offset */
	SEARCH_ITEM_FLAG_NO_EOL = 1 << 1, /* the file ends here, without a line terminator */
	SEARCH_ITEM_FLAG_CRLF = 1 << 2,   /* the line ends in \r\n; only with SEARCH_MATCH_CRLF */
	SEARCH_ITEM_FLAG_NOTE = 1 << 3,   /* ERROR: nothing failed; the message describes behaviour that is intended
	                                     but may surprise */
	SEARCH_ITEM_FLAG_MATCHES_EOL = 1 << 4, /* MATCH, with MULTILINE: the match of the last span takes the terminator
	                                     after the line, too; the span ends before it. Not with NO_SPANS */
	SEARCH_ITEM_FLAG_CHANGED = 1 << 5 /* the first item after options.resume: the cursor's file is not as it was, so
	                                     something may be missing between the page before and this one. If the
	                                     file has something else in the place of the cursor's item, the rest of
	                                     the file is left out, except FILE_END */
};

/* Why there is an ERROR item. `message` says it in a sentence, `error` is errno if a system call failed. */
enum search_reason {
	SEARCH_REASON_NONE = 0,          /* not an ERROR item */
	SEARCH_REASON_OPEN = 1,          /* a file or directory cannot be opened, or is gone */
	SEARCH_REASON_READ = 2,          /* reading a file failed: what was read until then has been searched */
	SEARCH_REASON_LIST = 3,          /* reading a directory failed: the entries read until then are searched */
	SEARCH_REASON_OUTPUT_FILE = 4,   /* it is the file of options.output_fd */
	SEARCH_REASON_LINE_TOO_LONG = 5, /* a line exceeds max_line_bytes: it is not searched, the others are */
	SEARCH_REASON_GAVE_UP = 6,       /* a line is too hard for a pattern: whether it matches is unknown; or, if
	                                    a MATCH item for it came before, it matches and its spans are unknown.
	                                    With MULTILINE: the rest of the file, from this line on */
	SEARCH_REASON_DAMAGED = 7,       /* compressed data is damaged, ends early, or is followed by other data */
	SEARCH_REASON_UNSUPPORTED = 8,   /* compressed data that this build cannot read, or whose library cannot be
	                                    loaded. With SEARCH_ITEM_FLAG_NOTE: an archive, which is searched as it
	                                    is */
	SEARCH_REASON_MEMORY = 9,        /* compressed data that needs too much memory */
	SEARCH_REASON_ENCODING = 10,     /* the text cannot be decoded */
	SEARCH_REASON_RULES = 11,        /* ignore rules cannot be read or used: the walk goes on without them. With
	                                    SEARCH_ITEM_FLAG_NOTE: a .gitignore that is a symbolic link, which git
	                                    does not follow either */
	SEARCH_REASON_TEXT_TOO_LONG = 12 /* a file exceeds max_multiline_bytes: it is not searched */
};

/*
 * A match in a line: the bytes from begin up to, but not including, end, counted from the line's start. If
 * matches of several patterns start at the same byte, it is that of the pattern that comes first in
 * options.patterns; in POSIX syntax the longest, and among equally long ones that of the first pattern.
 */
struct search_span {
	size_t begin;
	size_t end;
	uint32_t pattern;  /* index into options.patterns of the pattern that matched */
	uint32_t first_group; /* index into item->groups of this match's group 1; 0 without SEARCH_RESULT_GROUPS */
};

/*
 * What a group of a match matched, counted as in a span. If the group took no part in the match, both are
 * SEARCH_NO_GROUP. A group in look-around may lie outside the match; with MULTILINE it is cut to the item's lines. In
 * POSIX syntax, of all ways to match the same text the first in Oniguruma's order counts: alternatives as written,
 * repeats as often as possible. POSIX has another order.
 */
struct search_group {
	size_t begin;
	size_t end;
};

#define SEARCH_NO_GROUP SIZE_MAX

/*
 * One thing found. The library owns it and all it points to; both stay valid
 * until the next call on the handle that takes items, or search_close.
 * Fields that its kind does not use are 0 or NULL. New fields are added at the
 * end only.
 */
struct search_item {
	SEARCH_TYPE(search_item_kind) kind;
	SEARCH_TYPE(search_item_flag) flags;
	uint64_t source;         /* index of the source; those of next_source follow options.sources */
	const char *path;        /* the name to show, any bytes, NUL-terminated */
	size_t path_length;
	uint64_t line;           /* line number, from 1; 0 with SEARCH_RESULT_NO_LINE_NUMBERS */
	uint64_t offset;         /* byte offset of the line's start in the file (in a descriptor: from its initial
	                            position), or in the text it is decoded to; BINARY, and with SKIP_BINARY FILE_END:
	                            of the first NUL; FILE_END without one: 0 */
	const char *text;        /* MATCH, CONTEXT: the line without its terminator, not NUL-terminated, never
	                            NULL */
	size_t length;           /* bytes of text */
	uint64_t line_bytes;     /* bytes of the whole line, without its terminator */
	uint64_t text_offset;    /* offset of text in the line; 0 unless SEARCH_ITEM_FLAG_WINDOW */
	const struct search_span *spans; /* MATCH: all matches in the line, in order; with SEARCH_ITEM_FLAG_WINDOW
	                            those that start less than max_item_bytes after the first one. With
	                            SEARCH_MATCH_INVERT: CONTEXT, in place of MATCH, unless WINDOW or MULTILINE */
	size_t span_count;       /* 0 with SEARCH_RESULT_NO_SPANS; also if the spans are unknown, as an ERROR item
	                            for the same line then says, unless it is CONTEXT */
	int error;               /* ERROR: errno, or 0 if no system call failed */
	SEARCH_TYPE(search_reason) reason; /* ERROR */
	const char *message;     /* ERROR: reason and remedy, without the path, NUL-terminated */
	uint64_t matches;        /* FILE_END: matching lines. Of a binary file, unless with SEARCH_RESULT_COUNT:
	                            those before the NUL, plus one for BINARY */
	uint64_t bytes;          /* FILE_END: bytes of text; 0 if max_matches_per_file, a NUL or a failure stopped
	                            the search before the end of the file */
	const struct search_group *groups; /* with SEARCH_RESULT_GROUPS, where there are spans: groups 1, 2, ... of the
	                            first span, then those of the second, and so on: search_group_count() for each.
	                            At most 4,194,304: with more, or if they take too long to tell, the spans are
	                            unknown */
	size_t group_count;      /* of all spans together */
	uint64_t file_number;    /* FILE, FILE_END: how many such items came before it, those before options.resume
	                            included */
	/*
	 * FILE, FILE_END, with SEARCH_RESULT_FILE_INFO: the file as it was when it was opened, or, with LIST, when its
	 * directory was read. Of memory only the size is known; of anything else that is no regular file all is 0.
	 */
	uint64_t file_size;      /* bytes on disk, or of the memory */
	uint64_t inode;
	uint64_t device;
	int64_t modified;        /* time of modification: seconds since 1970, */
	uint32_t modified_ns;    /* and nanoseconds */
	uint32_t reserved;
};

/*
 * search_open - starts a search.
 *
 * out      receives the handle, or NULL if the call fails
 * options  what to do; may be freed once the call returns
 * error    NULL, or receives the reason for a failure
 *
 * Returns SEARCH_OK, SEARCH_EINVAL, SEARCH_EVERSION, SEARCH_ENOMEM, SEARCH_EPATTERN, or SEARCH_ESYSTEM if iconv
 * cannot load an encoding, if no thread can be created and the caller may not help (SEARCH_CALLER_NO_HELP), or if the
 * system does not tell what options.output_fd is. A source that cannot be opened is not a failure: it becomes an ERROR
 * item. Nor is it one if fewer threads can be created than were asked for: the search runs with those, or, if the caller
 * may help, with none.
 *
 * The call cannot be interrupted while it compiles the patterns, reads the ignore files that the options name, and
 * follows the paths of overlays.
 */
SEARCH_API int search_open(struct search **out, const struct search_options *options,
			   struct search_error *error);

/*
 * search_next - gets the next item: waits for it, or helps to find it.
 *
 * Returns 1 and *item; 0 at the end and from then on; SEARCH_ECANCELED,
 * SEARCH_ETIMEDOUT, SEARCH_ENOMEM or SEARCH_ESOURCE if the search ended early,
 * and from then on; SEARCH_EINVAL if an argument is NULL. *item is NULL unless
 * 1 is returned.
 */
SEARCH_API int search_next(struct search *s, const struct search_item **item);

/*
 * search_try_next - the same without waiting: returns SEARCH_EAGAIN if nothing is ready.
 *
 * It does at most about one buffer's worth of work itself, and returns after some hundredths of a second even if lines
 * are hard for the pattern. These take longer:
 *
 *	some tenths of a second: the spans of a line of many megabytes; a directory with ignore files of megabytes,
 *	or a repository's index with hundreds of thousands of files
 *	some seconds: a line whose spans are hard to find for a pattern that is not regular; a repeat that is counted
 *	in the ten thousands, on long lines; a name that is compared with ten thousands of complicated globs in an
 *	ignore file
 *
 * Even then search_cancel, search_close and timeout_ms take effect within some hundredths of a second.
 * options.max_line_ms sets another limit for a line. With SEARCH_CALLER_NO_HELP, and in a pool, the call does none of
 * this work.
 */
SEARCH_API int search_try_next(struct search *s, const struct search_item **item);

/*
 * search_next_many, search_try_next_many - get many items with one call, for languages in which a call costs more than
 * an item.
 *
 * *items receives an array of pointers to items, and the return value is how many they are: at most `most`, which must
 * not be 0. The library owns array and items; both stay valid until the next call of one of these four functions, or
 * search_close. The first item is what search_next or search_try_next would have returned; the others are those that
 * are at hand then, without a wait or more work. They are of the same file, or names of the same directory: so there
 * may be fewer than `most` although more follow. If there is no item, *items is NULL, and the return value is that of
 * search_next or search_try_next. Calls for one item and for many may be mixed. search_cursor() refers to the last item
 * of the array.
 */
SEARCH_API int search_next_many(struct search *s, const struct search_item *const **items, size_t most);
SEARCH_API int search_try_next_many(struct search *s, const struct search_item *const **items, size_t most);

/*
 * search_cursor - tells where the search stands: after the item that was delivered last.
 *
 * buffer  the caller's; receives as much of the cursor as fits, and a NUL. May be NULL if size is 0
 * size    bytes of buffer
 *
 * Returns the length of the cursor in bytes, without its NUL; if that is not less than `size`, it was truncated, and
 * cannot be used. The cursor is one word of printable ASCII, for options.resume and options.until of a later search, in
 * any process and on any machine that has the same files at the same paths. search_open() checks it: a damaged cursor,
 * one in the form of another version of the library, and one of a search with other options are SEARCH_EINVAL.
 *
 * The call asks the system about the item's file, with stat(2): so the next page notices if the file changes after
 * this, and also if it was changed since search_open().
 *
 * Call it only on the thread that uses the handle; after the end, too. Before the first item it returns options.resume.
 * Fails with SEARCH_EINVAL if s is NULL, or buffer is and size is not 0; if there is neither an item nor
 * options.resume; and with SEARCH_RESULT_UNORDERED or next_source.
 */
SEARCH_API int search_cursor(const struct search *s, char *buffer, size_t size);

/*
 * search_fd - returns a descriptor that polls readable whenever search_try_next
 * would not return SEARCH_EAGAIN: an eventfd, or with SEARCH_RESULT_SOCKET one
 * end of a socket pair (for hosts that cannot watch an eventfd). Take items
 * until SEARCH_EAGAIN before polling again. The first call creates it, and every
 * call returns the same one. It suits edge-triggered loops.
 *
 * The library owns it: do not close it. If your event loop insists on reading or
 * closing what it watches, give it a dup() of the socket; bytes that it consumes
 * are not lost.
 *
 * If only the caller can do the work (no workers: see search_stats), it is
 * readable all the time, even while a stream that is being searched has no data.
 *
 * A thread that must never be delayed, not even by the longest steps of search_try_next, sets SEARCH_CALLER_NO_HELP.
 *
 * Fails with SEARCH_ESYSTEM, or with SEARCH_EINVAL if s is NULL or inherited
 * through fork().
 */
SEARCH_API int search_fd(struct search *s);

/*
 * search_cancel - ends the search early: search_next returns SEARCH_ECANCELED
 * from now on, even if it is waiting already. May be called from any thread,
 * and is async-signal-safe. The handle must still be closed. In a child of
 * fork() it does nothing.
 *
 * A file system that does not respond keeps a thread inside a system call, which nothing can end. If that is the
 * caller's own, because it helps, search_next returns only when the call does: a host that must not wait for that sets
 * SEARCH_CALLER_NO_HELP, or uses a pool. search_next then returns at once, and other searches of the pool go on with
 * its other threads. What search_close() waits for is said there.
 */
SEARCH_API void search_cancel(struct search *s);

/*
 * search_close - ends the search, joins its threads, closes its descriptors
 * and frees the handle. May be called at any time. NULL is allowed. If a thread
 * is inside a system call, it waits for that, however long it takes: opening or
 * reading a file on a network file system that does not respond, say. In a
 * child of fork(), which has no such threads, it closes the descriptors that
 * the handle polls and leaves the rest alone.
 *
 * In a pool there is nothing to join: a thread that is at work for the search
 * frees it when it has stopped, and search_close returns at once. It waits for
 * that thread only if the search borrows something of the host's (sources that
 * are memory or descriptors, overlays), and for all of the pool's threads if it
 * is the last search of a pool that was closed.
 */
SEARCH_API void search_close(struct search *s);

/* How far a search has come. Counters only grow while it is open. */
struct search_stats {
	size_t size;             /* in: sizeof(struct search_stats) */
	size_t workers;          /* threads running: more are started when there is work for them. 0: none can be. In a
	                            pool: how many of its threads may work at the search */
	uint64_t files_found;    /* files found in walks or named as sources, and everything that is skipped */
	uint64_t files_searched; /* of these: read to the end, or as far as needed */
	uint64_t files_skipped;  /* of these: hidden, ignored, skipped by globs, too deep, on another file system,
	                            or nested repositories (directories count in all of these); too large; links;
	                            special files; binary files with SKIP_BINARY */
	uint64_t directories;    /* directories listed */
	uint64_t bytes;          /* bytes of text read and searched */
	uint64_t matches;        /* matching lines found, delivered or not */
	uint64_t errors;         /* ERROR items created, except those with SEARCH_ITEM_FLAG_NOTE */
	uint64_t peak_open_files; /* most files and directories open at once, so far */
	uint64_t peak_queued_matches; /* most items queued for one file or part of one, so far */
	uint64_t peak_queued_bytes; /* most bytes queued for all files together, so far */
	uint64_t replaced;       /* sequences that are invalid in a file's encoding, and so U+FFFD in its text */
	uint64_t files_ruled_out; /* of files_searched: not opened, since options.tree rules them out */
};

#ifdef __cplusplus
#define SEARCH_STATS_INIT search_initial<struct search_stats>()
#else
#define SEARCH_STATS_INIT { .size = sizeof(struct search_stats) }
#endif

/*
 * search_stats - fills *stats, as far as its size reaches; fields that this
 * library does not know become 0. May be called from any thread while the handle
 * is open. Each counter is exact; together they are a snapshot only once the
 * search has ended. Returns SEARCH_OK or SEARCH_EINVAL.
 */
SEARCH_API int search_stats(const struct search *s, struct search_stats *stats);

enum search_outcome {
	SEARCH_OUTCOME_RUNNING = 0,   /* search_next has not returned the end yet */
	SEARCH_OUTCOME_COMPLETE = 1,  /* everything, or everything up to options.until, was searched and delivered */
	SEARCH_OUTCOME_LIMITED = 2,   /* max_matches was reached */
	SEARCH_OUTCOME_TIMED_OUT = 3, /* timeout_ms passed */
	SEARCH_OUTCOME_CANCELED = 4,  /* search_cancel was called */
	SEARCH_OUTCOME_FAILED = 5     /* out of memory, or next_source failed */
};

/* search_outcome - how the search ended. Call it only on the thread that uses the handle. */
SEARCH_API int search_outcome(const struct search *s);

/* Why a pattern can never match, whatever is searched. */
enum search_never {
	SEARCH_NEVER_NONE = 0,      /* it may match, as far as is known */
	SEARCH_NEVER_LINE_END = 1,  /* it needs the character that ends a line: \n in a search of lines */
	SEARCH_NEVER_PLACE = 2,     /* it needs a start or end where there is none: a^b, $a */
	SEARCH_NEVER_CHARACTER = 3  /* it needs what there is not: [^\s\S], (?!) */
};

/*
 * search_never - whether one of the patterns can never match: an enum search_never. *pattern, unless it is NULL, is
 * the index of the first such pattern. What is found out while the patterns are read is told, which is not all.
 */
SEARCH_API int search_never(const struct search *s, size_t *pattern);

/*
 * search_group_count - how many groups a pattern has, with SEARCH_RESULT_GROUPS: so many follow each other in
 * item->groups for each match of it. They are numbered from 1, as in the pattern; in Oniguruma's syntax a plain group
 * does not count if another has a name. Of a POSIX pattern of several lines: those of the line that has most. 0 without
 * SEARCH_RESULT_GROUPS, and if there is no such pattern.
 */
SEARCH_API size_t search_group_count(const struct search *s, size_t pattern);

/*
 * search_group_name - the name of a group, from 1, valid until search_close(); NULL if it has none, or there is no such
 * group. Several groups may share a name.
 */
SEARCH_API const char *search_group_name(const struct search *s, size_t pattern, size_t group);

enum search_unit {
	SEARCH_UNIT_BYTES = 0,
	SEARCH_UNIT_CODE_POINTS = 1,
	SEARCH_UNIT_UTF16 = 2 /* UTF-16 code units: what editors count in */
};

/*
 * search_column - returns the column, from 0, of a byte of an item's line: how
 * many units precede it. `byte` is counted from the line's start, as in spans.
 * A byte that is not part of valid UTF-8 counts as one unit. In an item with
 * SEARCH_ITEM_FLAG_WINDOW the count starts at the window. May be called from any
 * thread that may use the item.
 */
SEARCH_API size_t search_column(const struct search_item *item, size_t byte, int unit);

/*
 * search_explain - tells how a search with these options would look for its patterns, and why: if
 * a search is slow, it says what makes it so.
 *
 * options  as for search_open(), but nothing is opened: sources may be left out, and
 *          none is touched
 * buffer   the caller's; receives as much of the text as fits, and a NUL. May be NULL if size
 *          is 0
 * size     bytes of buffer
 * error    NULL, or receives the reason for a failure
 *
 * Returns the length of the whole text in bytes, without its NUL; if that is not less than
 * `size`, the text was truncated. It is ASCII, and shorter than 64 KiB whatever the patterns. Each
 * line of it is one fact, `key: value`; search_explain(3) lists them. On failure it returns
 * SEARCH_EINVAL, SEARCH_EVERSION, SEARCH_ENOMEM, SEARCH_EPATTERN or SEARCH_ESYSTEM, and the text is
 * empty. May be called from any thread.
 */
SEARCH_API int search_explain(const struct search_options *options, char *buffer, size_t size,
			      struct search_error *error);

/*
 * A pool: threads, descriptors and memory that the searches of a process share, in place of each having its own. It
 * suits a process that searches often, or many things at once: two hundred searches need no more threads than one.
 *
 * The threads are made once. They go from search to search, a few files at a time or some milliseconds of a long one:
 * to those of higher priority first, to those of the same priority by turns. The thread that takes a search's items
 * never opens, reads or matches anything. The items and their order are those of a search without a pool.
 *
 * Searches and pool may be closed in any order: a pool that is closed lives on until its last search is closed. A
 * pool's handle may be used by any thread at any time, until search_pool_close(). After fork() the child may close
 * pool and searches, and open no search in the pool.
 *
 * The bounds below hold for all searches together. A search that finds one used up does not wait for the others: it
 * goes on with the little that its next item needs, which is why each may have that much beyond the bounds. Beyond
 * max_open_files it may keep a FIFO or device that is a source, and a directory whose listing was interrupted; and the
 * descriptor of search_fd() does not count.
 */
struct search_pool;

struct search_pool_options {
	size_t size;               /* sizeof(struct search_pool_options) */
	uint32_t workers;          /* threads; default one per CPU this process may use, at most 256 */
	uint32_t max_open_files;   /* files and directories; default 128, or half of RLIMIT_NOFILE if that is less; at
	                              least 4. There are never more workers than half of this */
	uint64_t max_queued_bytes; /* of the items that wait for callers; default 16 MiB. Beyond it each search may have
	                              one batch of items, some 32 KiB, or one item */
	uint64_t max_memory;       /* of the names in directories that were listed, and of the workers' buffers, some 100
	                              KiB for each worker of a search; default 64 MiB. Beyond it each search may have
	                              what its next item needs */
};

#ifdef __cplusplus
#define SEARCH_POOL_OPTIONS_INIT search_initial<struct search_pool_options>()
#else
#define SEARCH_POOL_OPTIONS_INIT { .size = sizeof(struct search_pool_options) }
#endif

/*
 * search_pool_open - makes a pool and its threads.
 *
 * out      receives the handle, or NULL if the call fails
 * options  NULL: all defaults
 * error    NULL, or receives the reason for a failure
 *
 * Returns SEARCH_OK, SEARCH_EINVAL, SEARCH_EVERSION, SEARCH_ENOMEM, or SEARCH_ESYSTEM if not even one thread can be
 * made; with fewer threads than were asked for it goes on.
 */
SEARCH_API int search_pool_open(struct search_pool **out, const struct search_pool_options *options,
				struct search_error *error);

/*
 * search_pool_close - gives the handle back. NULL is allowed. If no search of the pool is open, it joins the threads,
 * and waits for one that is inside a system call; else the search_close() of the last search does that. In a child of
 * fork(), which has no such threads, it leaves the pool alone, except for its descriptors.
 */
SEARCH_API void search_pool_close(struct search_pool *pool);

/* How a pool is used. */
struct search_pool_stats {
	size_t size;               /* in: sizeof(struct search_pool_stats) */
	size_t workers;            /* threads */
	size_t searches;           /* open */
	uint64_t open_files;       /* files and directories open now, and */
	uint64_t peak_open_files;  /* most at once, so far */
	uint64_t queued_bytes;     /* of items that wait for callers, now, and */
	uint64_t peak_queued_bytes; /* most at once, so far */
	uint64_t memory;           /* see max_memory: now, and */
	uint64_t peak_memory;      /* most at once, so far */
};

#ifdef __cplusplus
#define SEARCH_POOL_STATS_INIT search_initial<struct search_pool_stats>()
#else
#define SEARCH_POOL_STATS_INIT { .size = sizeof(struct search_pool_stats) }
#endif

/*
 * search_pool_stats - fills *stats, as far as its size reaches; fields that this library does not know become 0. May be
 * called from any thread. Returns SEARCH_OK or SEARCH_EINVAL.
 */
SEARCH_API int search_pool_stats(const struct search_pool *pool, struct search_pool_stats *stats);

/*
 * A warm tree keeps what searches learn of the directories and files that they walk, for later searches. A search that
 * is given one (options.tree) does not list a directory again that has not changed, and opens only files that can
 * match. It gives the items that a search without a tree gives, in the same order, with the same errors; with a `trust`
 * other than STAMPS, unless a change was not told.
 *
 *	listings    of directories: the names, and what they are. Each search asks globs and ignore rules anew
 *	signatures  of files: which trigrams (three bytes in a row) occur in each 64 KiB of the text. A pattern requires
 *	            some trigrams in each line that matches: search_explain() shows that condition. A file is ruled out,
 *	            not opened, if no 64 KiB of it hold them. Of another file only those from the first that hold them to
 *	            the last are read, if no context is wanted and the file has no NUL
 *
 * A directory or file is known by device and inode. What was learnt of one holds as long as its stamp is the same:
 * device, inode, size, times of modification and of change. Nothing is learnt of one that changed a moment ago: less
 * than 20 ms, or 2 s if its file system counts whole seconds. A clock may be that late. Nothing is kept of network file
 * systems, FUSE and others whose times cannot be relied on: only ext2 to ext4, XFS, Btrfs, F2FS, tmpfs and overlayfs
 * are trusted. What changes no stamp is not noticed: a program that has a file mapped and goes on writing to it (the
 * time changes with the first write after a sync, not with each); a write to the disk itself; a clock that was set
 * back.
 *
 * The first search of a tree keeps listings, which costs next to nothing. Signatures are learnt later: by the workers
 * of further searches, from files that they read anyway (see learn_percent), and by search_tree_learn().
 *
 * Listings are used, but no file is ruled out: with INVERT, NUL_LINES or ALL_LINES; if `encoding` names another than
 * UTF-8; if one of the patterns requires no trigram. These files are always opened: those named as sources; those
 * reached through symbolic links; those where `resume` or `until` lies; hidden ones, with SKIP_HIDDEN, that a rule lets
 * in; compressed ones, with DECOMPRESS; those that begin with a byte order mark, unless `encoding` is NULL or "none";
 * those with a NUL, with FILE_ENDS; those with a line longer than max_line_bytes.
 *
 * Any number of searches and threads may use a tree at once. A tree and its searches may be closed in any order. After
 * fork() the child may only close it.
 */
struct search_tree;

/* How a search finds out whether what was learnt still holds. */
enum search_tree_trust {
	SEARCH_TREE_STAMPS = 0,      /* it asks the system about each directory, and each file that it would leave out.
	                                Exact: the default */
	SEARCH_TREE_DIRECTORIES = 1, /* about each directory. It notices a file that is new, gone, renamed, or replaced, as
	                                most editors do when they save; not one that is written in place */
	SEARCH_TREE_TOLD = 2,        /* it does not ask about what was found to hold once: the host watches the tree, and
	                                tells what changes, by search_tree_changed() */
	SEARCH_TREE_WATCHED = 3      /* the same, and the library watches, by inotify(7): see `max_watches`. What that does
	                                not tell must be told: what is written through a further hard link in a
	                                directory that is not watched, or into a mapped file, and mounts */
};

struct search_tree_options {
	size_t size;               /* sizeof(struct search_tree_options) */
	uint64_t max_bytes;        /* memory for all that is kept; default 64 MiB, at least 1 MiB. If it does not suffice,
	                              signatures that have ruled out least go first, then listings; the items of a
	                              search stay the same */
	SEARCH_TYPE(search_tree_trust) trust;
	uint32_t learn_percent;    /* the most time that a worker spends on learning, in percent of what it spends on
	                              searching; it learns only files that an earlier search has listed. Default 20, at
	                              most 1000; SEARCH_TREE_NO_LEARNING: none */
	uint32_t max_watches;      /* WATCHED: directories at most; default half of what a user may watch
	                              (fs.inotify.max_user_watches). Further ones are treated as with STAMPS, and so is
	                              everything once if events were lost. Must be 0 with another trust */
	uint32_t reserved;         /* must be 0 */
};

#define SEARCH_TREE_NO_LEARNING UINT32_MAX

#ifdef __cplusplus
#define SEARCH_TREE_OPTIONS_INIT search_initial<struct search_tree_options>()
#else
#define SEARCH_TREE_OPTIONS_INIT { .size = sizeof(struct search_tree_options) }
#endif

/*
 * search_tree_open - makes an empty tree.
 *
 * out      receives the handle, or NULL if the call fails
 * options  NULL: all defaults
 * error    NULL, or receives the reason for a failure
 *
 * Returns SEARCH_OK, SEARCH_EINVAL, SEARCH_EVERSION, SEARCH_ENOMEM, or SEARCH_ESYSTEM if WATCHED is asked for and there
 * is no inotify instance left.
 */
SEARCH_API int search_tree_open(struct search_tree **out, const struct search_tree_options *options,
				struct search_error *error);

/*
 * search_tree_changed - tells that something was created, changed, renamed or removed: a file, or a directory and all
 * below it. Searches that are opened after this call look at the stamps of that again. `path` is followed as open(2)
 * does, and need not exist any more; NULL: everything. After a rename tell both names. A file with further hard links
 * is told by itself, by any of its names: the directory above does not stand for those elsewhere. May be called from
 * any thread; it asks the system about the path. Returns SEARCH_OK, SEARCH_EINVAL, or SEARCH_ENOMEM: then everything
 * counts as changed.
 */
SEARCH_API int search_tree_changed(struct search_tree *tree, const char *path);

/*
 * search_tree_learn - reads files that searches have listed but not learnt, for `milliseconds` at most, give or take a
 * few: for times when the host is idle. It leaves out files that a search reached only by a descriptor, and files for
 * which there is no memory. It finds directories by the paths that the searches used; a relative one counts from the
 * current directory.
 *
 * Returns 1 if there is more to learn; SEARCH_OK if there is not, or not yet, as files changed just now;
 * SEARCH_ECANCELED after search_tree_cancel(); SEARCH_EINVAL; SEARCH_ENOMEM. Any thread, also during searches.
 */
SEARCH_API int search_tree_learn(struct search_tree *tree, uint32_t milliseconds);

/* search_tree_cancel - ends all calls of search_tree_learn() that are at work, soon. Any thread; async-signal-safe. */
SEARCH_API void search_tree_cancel(struct search_tree *tree);

/*
 * search_tree_save, search_tree_load - keep a tree in a file, and add what such a file has to a tree. What is loaded
 * counts once its stamp was compared, whatever the trust.
 *
 * A file is written whole or not at all: beside `path`, then renamed; it is not synced to the disk. It replaces only
 * one that is empty, or was saved before. It is readable for its owner only, and has a version and a check sum: a file
 * that is damaged, of another version or kind of machine, or larger than the tree may be, or that belongs to another
 * user, or that others may write to, is refused as a whole, with SEARCH_EINVAL, and the tree is as it was. Both calls
 * return SEARCH_OK, SEARCH_EINVAL, SEARCH_ENOMEM or SEARCH_ESYSTEM, and may be called from any thread.
 */
SEARCH_API int search_tree_save(struct search_tree *tree, const char *path, struct search_error *error);
SEARCH_API int search_tree_load(struct search_tree *tree, const char *path, struct search_error *error);

/*
 * search_tree_close - gives the handle back. NULL is allowed. The tree lives on until the last search that uses it is
 * closed. In a child of fork() it closes the descriptor of the watches, and leaves the rest alone.
 */
SEARCH_API void search_tree_close(struct search_tree *tree);

/* What a tree has. */
struct search_tree_stats {
	size_t size;               /* in: sizeof(struct search_tree_stats) */
	uint64_t bytes;            /* in use; at most max_bytes, and */
	uint64_t peak_bytes;       /* most at once, so far */
	uint64_t directories;      /* whose listings are kept, */
	uint64_t files;            /* files in them, */
	uint64_t signatures;       /* and those of which there is a signature, */
	uint64_t signature_bytes;  /* which take so much memory, */
	uint64_t text_bytes;       /* for so much text */
	uint64_t dropped;          /* signatures and listings that went for lack of memory, or were not taken, so far */
	uint64_t refused;          /* directories not kept, so far: on a file system that is not trusted, changed too short
	                              a time ago, or not read to the end */
	uint64_t ruled_out;        /* files that searches did not open, so far */
	uint64_t learnt;           /* signatures made, so far */
	uint64_t watches;          /* WATCHED: directories watched now, */
	uint64_t unwatched;        /* directories that are not, for lack of watches, */
	uint64_t overflows;        /* and how often events were lost, so far */
	uint64_t changes;          /* grows whenever there is something to save */
};

#ifdef __cplusplus
#define SEARCH_TREE_STATS_INIT search_initial<struct search_tree_stats>()
#else
#define SEARCH_TREE_STATS_INIT { .size = sizeof(struct search_tree_stats) }
#endif

/*
 * search_tree_stats - fills *stats, as far as its size reaches; fields that this library does not know become 0. May be
 * called from any thread. Returns SEARCH_OK or SEARCH_EINVAL.
 */
SEARCH_API int search_tree_stats(const struct search_tree *tree, struct search_tree_stats *stats);

/* What this library can do. All strings are static. */
struct search_build {
	size_t size;             /* in: sizeof(struct search_build) */
	const char *version;     /* of the library: SEARCH_VERSION_STRING when it was built */
	const char *formats;     /* what SEARCH_MATCH_DECOMPRESS reads, separated by spaces: "gzip xz"; "": none */
	const char *simd;        /* instruction set in use on this machine: "avx2", "neon", "portable", ... */
	const char *oniguruma;   /* version of the Oniguruma that is loaded */
};

#ifdef __cplusplus
#define SEARCH_BUILD_INIT search_initial<struct search_build>()
#else
#define SEARCH_BUILD_INIT { .size = sizeof(struct search_build) }
#endif

/*
 * search_build - fills *build, as far as its size reaches; fields that this library does not know become NULL.
 * Returns SEARCH_OK or SEARCH_EINVAL. May be called from any thread.
 */
SEARCH_API int search_build(struct search_build *build);

/*
 * What the initialiser macros do, for languages without macros: set the struct's size field to `size`, and the
 * rest of its `size` bytes to 0. `size` is that of the struct as the caller knows it. They do nothing if the
 * struct is NULL, or `size` is too small for the size field. May be called from any thread.
 */
SEARCH_API void search_options_init(struct search_options *options, size_t size);
SEARCH_API void search_walk_init(struct search_walk *walk, size_t size);
SEARCH_API void search_error_init(struct search_error *error, size_t size);
SEARCH_API void search_stats_init(struct search_stats *stats, size_t size);
SEARCH_API void search_build_init(struct search_build *build, size_t size);
SEARCH_API void search_pool_options_init(struct search_pool_options *options, size_t size);
SEARCH_API void search_pool_stats_init(struct search_pool_stats *stats, size_t size);
SEARCH_API void search_tree_options_init(struct search_tree_options *options, size_t size);
SEARCH_API void search_tree_stats_init(struct search_tree_stats *stats, size_t size);

/*
 * search_layout - tells how the library that is loaded lays out a struct, so that a wrapper can check its own idea of
 * it: "search_item" gives the size of that struct, "search_item.path" the offset of that field, in bytes. Returns
 * SIZE_MAX if there is no such struct or field. May be called from any thread.
 */
SEARCH_API size_t search_layout(const char *name);

/* search_strerror - returns a short English text for an enum search_status, never NULL. */
SEARCH_API const char *search_strerror(int status);

/* search_version - returns SEARCH_VERSION_STRING of the library that is loaded. */
SEARCH_API const char *search_version(void);

/*
 * Enum fields have 32 bits in every program. If a compiler is told to make enums short, the program does not compile.
 */
typedef char search_enums_are_words[sizeof(SEARCH_TYPE(search_item_flag)) == 4 ? 1 : -1];

#ifdef __cplusplus
}
#ifdef __GNUC__
#pragma GCC diagnostic pop
#endif

/* Internal: what the initialisers above expand to in C++. */
template <class type> inline type search_initial()
{
	type all_zero = type();
	all_zero.size = sizeof(type);
	return all_zero;
}
#endif

#endif
