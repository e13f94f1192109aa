// SPDX-License-Identifier: BSD-2-Clause
// Made by generate.py of psearch.h.
//! The C interface as it is: see `psearch.h`, which is the contract.
#![allow(non_camel_case_types, missing_docs)]
use std::ffi::{c_char, c_int, c_void};
use std::mem::{offset_of, size_of};
pub const SEARCH_VERSION_MAJOR: u32 = 1;
pub const SEARCH_VERSION_MINOR: u32 = 0;
pub const SEARCH_VERSION_PATCH: u32 = 0;
pub const SEARCH_NO_WALK: u32 = 4294967295;
pub const SEARCH_NO_WORKERS: u32 = 4294967295;
pub const SEARCH_GLOB_GROUPS: u32 = 8;
pub const SEARCH_NO_GROUP: usize = usize::MAX;
pub const SEARCH_TREE_NO_LEARNING: u32 = 4294967295;
pub const SEARCH_ITEM: c_int = 1;
pub const SEARCH_OK: c_int = 0;
pub const SEARCH_EINVAL: c_int = -1;
pub const SEARCH_EVERSION: c_int = -2;
pub const SEARCH_ENOMEM: c_int = -3;
pub const SEARCH_EPATTERN: c_int = -4;
pub const SEARCH_EAGAIN: c_int = -5;
pub const SEARCH_ECANCELED: c_int = -6;
pub const SEARCH_ETIMEDOUT: c_int = -7;
pub const SEARCH_ESYSTEM: c_int = -8;
pub const SEARCH_ESOURCE: c_int = -9;
pub const SEARCH_SUBJECT_NONE: u32 = 0;
pub const SEARCH_SUBJECT_PATTERN: u32 = 1;
pub const SEARCH_SUBJECT_SOURCE: u32 = 2;
pub const SEARCH_SUBJECT_GLOB: u32 = 3;
pub const SEARCH_SUBJECT_IGNORE_FILE: u32 = 4;
pub const SEARCH_SUBJECT_GIT_CONFIG: u32 = 5;
pub const SEARCH_SUBJECT_ENCODING: u32 = 6;
pub const SEARCH_SUBJECT_CURSOR: u32 = 7;
pub const SEARCH_SUBJECT_OVERLAY: u32 = 8;
pub const SEARCH_SYNTAX_ONIGURUMA: u32 = 0;
pub const SEARCH_SYNTAX_PERL: u32 = 1;
pub const SEARCH_SYNTAX_PYTHON: u32 = 2;
pub const SEARCH_SYNTAX_BASIC: u32 = 3;
pub const SEARCH_SYNTAX_EXTENDED: u32 = 4;
pub const SEARCH_SOURCE_PATH: u32 = 0;
pub const SEARCH_SOURCE_DESCRIPTOR: u32 = 1;
pub const SEARCH_SOURCE_MEMORY: u32 = 2;
pub const SEARCH_OVERLAY_REMOVED: u32 = 1;
pub const SEARCH_MATCH_IGNORE_CASE: u32 = 1;
pub const SEARCH_MATCH_INVERT: u32 = 2;
pub const SEARCH_MATCH_WORD: u32 = 4;
pub const SEARCH_MATCH_LINE: u32 = 8;
pub const SEARCH_MATCH_FIXED: u32 = 16;
pub const SEARCH_MATCH_CRLF: u32 = 32;
pub const SEARCH_MATCH_NUL_LINES: u32 = 64;
pub const SEARCH_MATCH_TEXT: u32 = 128;
pub const SEARCH_MATCH_SKIP_BINARY: u32 = 256;
pub const SEARCH_MATCH_DECOMPRESS: u32 = 512;
pub const SEARCH_MATCH_MULTILINE: u32 = 1024;
pub const SEARCH_MATCH_DOT_NEWLINE: u32 = 2048;
pub const SEARCH_WALK_SKIP_HIDDEN: u32 = 4096;
pub const SEARCH_WALK_FOLLOW: u32 = 8192;
pub const SEARCH_WALK_ONE_FILE_SYSTEM: u32 = 16384;
pub const SEARCH_WALK_IGNORE_VCS: u32 = 32768;
pub const SEARCH_WALK_IGNORE_FILES: u32 = 65536;
pub const SEARCH_WALK_IGNORE_BELOW: u32 = 131072;
pub const SEARCH_WALK_IGNORE_ANYWHERE: u32 = 262144;
pub const SEARCH_WALK_NO_NESTED_REPOSITORIES: u32 = 524288;
pub const SEARCH_WALK_TRACKED: u32 = 1048576;
pub const SEARCH_RESULT_FILE_INFO: u32 = 2097152;
pub const SEARCH_RESULT_UNORDERED: u32 = 4194304;
pub const SEARCH_RESULT_COUNT: u32 = 8388608;
pub const SEARCH_RESULT_FILE_ENDS: u32 = 16777216;
pub const SEARCH_RESULT_NO_SPANS: u32 = 33554432;
pub const SEARCH_RESULT_NO_LINE_NUMBERS: u32 = 67108864;
pub const SEARCH_RESULT_LIST: u32 = 134217728;
pub const SEARCH_RESULT_SOCKET: u32 = 268435456;
pub const SEARCH_RESULT_GROUPS: u32 = 536870912;
pub const SEARCH_RESULT_ALL_LINES: u32 = 1073741824;
pub const SEARCH_GLOB_EXCLUDE: u32 = 1;
pub const SEARCH_GLOB_NO_CASE: u32 = 2;
pub const SEARCH_GLOB_BRACES: u32 = 4;
pub const SEARCH_GLOB_BASENAME: u32 = 8;
pub const SEARCH_GLOB_DISPLAY_PATH: u32 = 16;
pub const SEARCH_GLOB_FILES_ONLY: u32 = 32;
pub const SEARCH_GLOB_DIRS_ONLY: u32 = 64;
pub const SEARCH_GLOB_UNHIDE: u32 = 128;
pub const SEARCH_GLOB_OVERRIDE: u32 = 256;
pub const SEARCH_PRIORITY_NORMAL: u32 = 0;
pub const SEARCH_PRIORITY_INTERACTIVE: u32 = 1;
pub const SEARCH_PRIORITY_BACKGROUND: u32 = 2;
pub const SEARCH_CALLER_NO_HELP: u32 = 1;
pub const SEARCH_ITEM_MATCH: u32 = 1;
pub const SEARCH_ITEM_CONTEXT: u32 = 2;
pub const SEARCH_ITEM_BINARY: u32 = 3;
pub const SEARCH_ITEM_ERROR: u32 = 4;
pub const SEARCH_ITEM_FILE_END: u32 = 5;
pub const SEARCH_ITEM_FILE: u32 = 6;
pub const SEARCH_ITEM_FLAG_WINDOW: u32 = 1;
pub const SEARCH_ITEM_FLAG_NO_EOL: u32 = 2;
pub const SEARCH_ITEM_FLAG_CRLF: u32 = 4;
pub const SEARCH_ITEM_FLAG_NOTE: u32 = 8;
pub const SEARCH_ITEM_FLAG_MATCHES_EOL: u32 = 16;
pub const SEARCH_ITEM_FLAG_CHANGED: u32 = 32;
pub const SEARCH_REASON_NONE: u32 = 0;
pub const SEARCH_REASON_OPEN: u32 = 1;
pub const SEARCH_REASON_READ: u32 = 2;
pub const SEARCH_REASON_LIST: u32 = 3;
pub const SEARCH_REASON_OUTPUT_FILE: u32 = 4;
pub const SEARCH_REASON_LINE_TOO_LONG: u32 = 5;
pub const SEARCH_REASON_GAVE_UP: u32 = 6;
pub const SEARCH_REASON_DAMAGED: u32 = 7;
pub const SEARCH_REASON_UNSUPPORTED: u32 = 8;
pub const SEARCH_REASON_MEMORY: u32 = 9;
pub const SEARCH_REASON_ENCODING: u32 = 10;
pub const SEARCH_REASON_RULES: u32 = 11;
pub const SEARCH_REASON_TEXT_TOO_LONG: u32 = 12;
pub const SEARCH_OUTCOME_RUNNING: u32 = 0;
pub const SEARCH_OUTCOME_COMPLETE: u32 = 1;
pub const SEARCH_OUTCOME_LIMITED: u32 = 2;
pub const SEARCH_OUTCOME_TIMED_OUT: u32 = 3;
pub const SEARCH_OUTCOME_CANCELED: u32 = 4;
pub const SEARCH_OUTCOME_FAILED: u32 = 5;
pub const SEARCH_NEVER_NONE: u32 = 0;
pub const SEARCH_NEVER_LINE_END: u32 = 1;
pub const SEARCH_NEVER_PLACE: u32 = 2;
pub const SEARCH_NEVER_CHARACTER: u32 = 3;
pub const SEARCH_UNIT_BYTES: u32 = 0;
pub const SEARCH_UNIT_CODE_POINTS: u32 = 1;
pub const SEARCH_UNIT_UTF16: u32 = 2;
pub const SEARCH_TREE_STAMPS: u32 = 0;
pub const SEARCH_TREE_DIRECTORIES: u32 = 1;
pub const SEARCH_TREE_TOLD: u32 = 2;
pub const SEARCH_TREE_WATCHED: u32 = 3;

#[repr(C)]
#[derive(Debug)]
pub struct search {
    _private: [u8; 0],
}

#[repr(C)]
#[derive(Debug)]
pub struct search_pool {
    _private: [u8; 0],
}

#[repr(C)]
#[derive(Debug)]
pub struct search_tree {
    _private: [u8; 0],
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct search_error {
    /// `search_error.size`: sizeof(struct search_error)
    pub size: usize,
    /// `search_error.code`: what the call returned: an enum search_status
    pub code: c_int,
    /// `search_error.system_error`: errno if a system call failed, else 0
    pub system_error: c_int,
    /// `search_error.subject`: the array whose element is at fault, if any
    pub subject: u32,
    /// `search_error.reason_at`: SEARCH_SUBJECT_PATTERN: where in `message` the reason begins, after the
    /// pattern's number
    pub reason_at: u32,
    /// `search_error.index`: index of that element
    pub index: usize,
    /// `search_error.offset`: SEARCH_SUBJECT_PATTERN: byte offset of the fault in it; SIZE_MAX: unknown
    pub offset: usize,
    /// `search_error.message`
    pub message: [c_char; 256],
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct search_pattern {
    /// `search_pattern.text`: valid UTF-8, need not end in NUL; NULL only with length 0
    pub text: *const c_char,
    /// `search_pattern.length`: bytes
    pub length: usize,
    /// `search_pattern.flags`: must be 0
    pub flags: u32,
    pub reserved: u32,
    pub reserved2: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct search_source {
    /// `search_source.kind`
    pub kind: u32,
    /// `search_source.descriptor`: SEARCH_SOURCE_DESCRIPTOR; else 0
    pub descriptor: c_int,
    /// `search_source.path`: SEARCH_SOURCE_PATH: NUL-terminated, "" names no file. A relative path is resolved
    /// while the search runs: do not chdir() meanwhile
    pub path: *const c_char,
    /// `search_source.name`: shown in the items in place of the path, NUL-terminated; NULL: the path itself, or
    /// "" for the other kinds. With "" the entries of a directory are shown relative to it.
    pub name: *const c_char,
    /// `search_source.data`: SEARCH_SOURCE_MEMORY
    pub data: *const c_void,
    /// `search_source.size`: SEARCH_SOURCE_MEMORY: bytes
    pub size: usize,
    pub reserved1: u64,
    pub reserved2: u64,
    pub reserved3: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct search_overlay {
    /// `search_overlay.path`: NUL-terminated, written in any way; copied. search_open() follows it once, as
    /// open(2) does to write a file: if it leads to a symbolic link, the text is that of the link's target, which
    /// need not exist. With REMOVED it is the link that is removed, as by unlink(2)
    pub path: *const c_char,
    /// `search_overlay.data`: borrowed, unchanged, until search_close(); may be NULL if size is 0
    pub data: *const c_void,
    /// `search_overlay.size`: bytes
    pub size: usize,
    /// `search_overlay.flags`
    pub flags: u32,
    pub reserved: u32,
    pub reserved2: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct search_glob {
    /// `search_glob.text`: NUL-terminated
    pub text: *const c_char,
    /// `search_glob.flags`
    pub flags: u32,
    /// `search_glob.group`: 0 to SEARCH_GLOB_GROUPS - 1; groups apply in this order
    pub group: u32,
    pub reserved: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct search_walk {
    /// `search_walk.size`: sizeof(struct search_walk)
    pub size: usize,
    /// `search_walk.flags`
    pub flags: u32,
    /// `search_walk.max_depth`: below a source: 1 searches only its direct entries, 2 also those of its
    /// subdirectories, and so on; SEARCH_NO_WALK; default no limit
    pub max_depth: u32,
    /// `search_walk.max_file_size`: larger files are skipped; default no limit
    pub max_file_size: u64,
    /// `search_walk.globs`
    pub globs: *const search_glob,
    /// `search_walk.glob_count`
    pub glob_count: usize,
    /// `search_walk.ignore_files`
    pub ignore_files: *const *const c_char,
    /// `search_walk.ignore_file_count`
    pub ignore_file_count: usize,
    /// `search_walk.git_configs`: IGNORE_VCS: git's configuration files except the repositories' own. A later one
    /// overrides an earlier one, and they need not exist. core.excludesFile and core.ignoreCase are read, also
    /// from files that they include, except under the condition hasconfig:. More than a thousand includes, or ten
    /// nested levels of them, are an ERROR
    pub git_configs: *const *const c_char,
    /// `search_walk.git_config_count`
    pub git_config_count: usize,
    /// `search_walk.git_excludes`: IGNORE_VCS: core.excludesFile if no file sets it; NULL: none
    pub git_excludes: *const c_char,
    /// `search_walk.home`: IGNORE_VCS: the directory that ~ stands for in these; NULL: unknown
    pub home: *const c_char,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct search_options {
    /// `search_options.size`: sizeof(struct search_options)
    pub size: usize,
    /// `search_options.patterns`: a line matches if one of them does; none: no line matches
    pub patterns: *const search_pattern,
    /// `search_options.pattern_count`
    pub pattern_count: usize,
    /// `search_options.sources`: searched in this order
    pub sources: *const search_source,
    /// `search_options.source_count`
    pub source_count: usize,
    /// `search_options.next_source`
    pub next_source: Option<unsafe extern "C" fn(*mut c_void, *mut search_source) -> c_int>,
    /// `search_options.next_source_context`
    pub next_source_context: *mut c_void,
    /// `search_options.walk`: what a walk searches and what it skips; NULL: it searches all
    pub walk: *const search_walk,
    /// `search_options.encoding`
    pub encoding: *const c_char,
    /// `search_options.max_item_bytes`: a longer line is delivered as a window; default 1 MiB, at least 16
    pub max_item_bytes: usize,
    /// `search_options.match_flags`
    pub match_flags: u32,
    /// `search_options.result_flags`
    pub result_flags: u32,
    /// `search_options.syntax`: of all patterns
    pub syntax: u32,
    /// `search_options.workers`: threads at most; default one per CPU this process may use, at most 256
    pub workers: u32,
    /// `search_options.max_open_files`: files and directories, at least 2; default 128, or half of RLIMIT_NOFILE
    /// if that is less. There are never more workers than this minus one
    pub max_open_files: u32,
    /// `search_options.max_queued_matches`: items waiting for the caller, per file or part of one; default 4096
    pub max_queued_matches: u32,
    /// `search_options.before_context`: lines of context before a matching line: at most as many as fit into
    /// max_line_bytes
    pub before_context: u32,
    /// `search_options.after_context`: and after it
    pub after_context: u32,
    /// `search_options.split_bytes`: a file or memory (not a descriptor) larger than this may be searched in
    /// parts of about this size, by several workers; default 1 MiB, and then only once its search has taken so
    /// long that more threads gain time. The results are the same. Nothing is split with UNORDERED; with
    /// max_matches_per_file together with after_context or COUNT; with COUNT and SKIP_BINARY; or with more than
    /// 256 lines of after_context
    pub split_bytes: u32,
    /// `search_options.output_fd`: descriptor that the host writes results to. If it is a regular file, that file
    /// is an ERROR item instead of being searched: searching one's own output might never end. 0: none
    pub output_fd: c_int,
    /// `search_options.max_queued_bytes`: size of the items waiting for the caller, over all files; default 4 MiB
    pub max_queued_bytes: u64,
    /// `search_options.max_line_bytes`: a longer line is an ERROR item; default 16 MiB, at most 1 GiB
    pub max_line_bytes: u64,
    /// `search_options.max_matches`: stop after this many MATCH, BINARY or FILE items, plus the context lines
    /// after the last one; default no limit
    pub max_matches: u64,
    /// `search_options.max_matches_per_file`: stop a file after this many matching lines; default no limit
    pub max_matches_per_file: u64,
    /// `search_options.timeout_ms`: milliseconds after search_open; default none
    pub timeout_ms: u64,
    /// `search_options.max_multiline_bytes`: MULTILINE: a larger file is an ERROR item if some pattern may match
    /// beyond a line; default 64 MiB, at most 1 GiB
    pub max_multiline_bytes: u64,
    /// `search_options.pool`: whose threads search; NULL: the search makes its own. Then `workers` is how many of
    /// them at once, by default all; NO_WORKERS is refused. See search_pool_open()
    pub pool: *mut search_pool,
    /// `search_options.priority`: among the searches of the pool; 0 without one
    pub priority: u32,
    /// `search_options.caller_flags`
    pub caller_flags: u32,
    /// `search_options.overlays`
    pub overlays: *const search_overlay,
    /// `search_options.overlay_count`
    pub overlay_count: usize,
    /// `search_options.resume`
    pub resume: *const c_char,
    /// `search_options.until`
    pub until: *const c_char,
    /// `search_options.max_line_ms`: milliseconds of processor time, give or take some: a line that takes longer
    /// is an ERROR item (GAVE_UP), and the search goes on. Work in proportion to the length of the line, such as
    /// looking for a string, does not count. MULTILINE: the limit is for the way from one match to the next, once
    /// more for each MiB of text that is left, and then the rest of the file is given up. Default: none; what is
    /// hard, such as backtracking, the library gives up by itself after some seconds
    pub max_line_ms: u32,
    pub reserved: u32,
    /// `search_options.tree`: what earlier searches learnt, which this one uses, and adds to; NULL: none. See
    /// search_tree_open()
    pub tree: *mut search_tree,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct search_span {
    /// `search_span.begin`
    pub begin: usize,
    /// `search_span.end`
    pub end: usize,
    /// `search_span.pattern`: index into options.patterns of the pattern that matched
    pub pattern: u32,
    /// `search_span.first_group`: index into item-\>groups of this match's group 1; 0 without
    /// SEARCH_RESULT_GROUPS
    pub first_group: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct search_group {
    /// `search_group.begin`
    pub begin: usize,
    /// `search_group.end`
    pub end: usize,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct search_item {
    /// `search_item.kind`
    pub kind: u32,
    /// `search_item.flags`
    pub flags: u32,
    /// `search_item.source`: index of the source; those of next_source follow options.sources
    pub source: u64,
    /// `search_item.path`: the name to show, any bytes, NUL-terminated
    pub path: *const c_char,
    /// `search_item.path_length`
    pub path_length: usize,
    /// `search_item.line`: line number, from 1; 0 with SEARCH_RESULT_NO_LINE_NUMBERS
    pub line: u64,
    /// `search_item.offset`: byte offset of the line's start in the file (in a descriptor: from its initial
    /// position), or in the text it is decoded to; BINARY, and with SKIP_BINARY FILE_END: of the first NUL;
    /// FILE_END without one: 0
    pub offset: u64,
    /// `search_item.text`: MATCH, CONTEXT: the line without its terminator, not NUL-terminated, never NULL
    pub text: *const c_char,
    /// `search_item.length`: bytes of text
    pub length: usize,
    /// `search_item.line_bytes`: bytes of the whole line, without its terminator
    pub line_bytes: u64,
    /// `search_item.text_offset`: offset of text in the line; 0 unless SEARCH_ITEM_FLAG_WINDOW
    pub text_offset: u64,
    /// `search_item.spans`: MATCH: all matches in the line, in order; with SEARCH_ITEM_FLAG_WINDOW those that
    /// start less than max_item_bytes after the first one. With SEARCH_MATCH_INVERT: CONTEXT, in place of MATCH,
    /// unless WINDOW or MULTILINE
    pub spans: *const search_span,
    /// `search_item.span_count`: 0 with SEARCH_RESULT_NO_SPANS; also if the spans are unknown, as an ERROR item
    /// for the same line then says, unless it is CONTEXT
    pub span_count: usize,
    /// `search_item.error`: ERROR: errno, or 0 if no system call failed
    pub error: c_int,
    /// `search_item.reason`: ERROR
    pub reason: u32,
    /// `search_item.message`: ERROR: reason and remedy, without the path, NUL-terminated
    pub message: *const c_char,
    /// `search_item.matches`: FILE_END: matching lines. Of a binary file, unless with SEARCH_RESULT_COUNT: those
    /// before the NUL, plus one for BINARY
    pub matches: u64,
    /// `search_item.bytes`: FILE_END: bytes of text; 0 if max_matches_per_file, a NUL or a failure stopped the
    /// search before the end of the file
    pub bytes: u64,
    /// `search_item.groups`: with SEARCH_RESULT_GROUPS, where there are spans: groups 1, 2, ... of the first
    /// span, then those of the second, and so on: search_group_count() for each. At most 4,194,304: with more, or
    /// if they take too long to tell, the spans are unknown
    pub groups: *const search_group,
    /// `search_item.group_count`: of all spans together
    pub group_count: usize,
    /// `search_item.file_number`: FILE, FILE_END: how many such items came before it, those before options.resume
    /// included
    pub file_number: u64,
    /// `search_item.file_size`: bytes on disk, or of the memory
    pub file_size: u64,
    /// `search_item.inode`
    pub inode: u64,
    /// `search_item.device`
    pub device: u64,
    /// `search_item.modified`: time of modification: seconds since 1970,
    pub modified: i64,
    /// `search_item.modified_ns`: and nanoseconds
    pub modified_ns: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct search_stats {
    /// `search_stats.size`: in: sizeof(struct search_stats)
    pub size: usize,
    /// `search_stats.workers`: threads running: more are started when there is work for them. 0: none can be. In
    /// a pool: how many of its threads may work at the search
    pub workers: usize,
    /// `search_stats.files_found`: files found in walks or named as sources, and everything that is skipped
    pub files_found: u64,
    /// `search_stats.files_searched`: of these: read to the end, or as far as needed
    pub files_searched: u64,
    /// `search_stats.files_skipped`: of these: hidden, ignored, skipped by globs, too deep, on another file
    /// system, or nested repositories (directories count in all of these); too large; links; special files;
    /// binary files with SKIP_BINARY
    pub files_skipped: u64,
    /// `search_stats.directories`: directories listed
    pub directories: u64,
    /// `search_stats.bytes`: bytes of text read and searched
    pub bytes: u64,
    /// `search_stats.matches`: matching lines found, delivered or not
    pub matches: u64,
    /// `search_stats.errors`: ERROR items created, except those with SEARCH_ITEM_FLAG_NOTE
    pub errors: u64,
    /// `search_stats.peak_open_files`: most files and directories open at once, so far
    pub peak_open_files: u64,
    /// `search_stats.peak_queued_matches`: most items queued for one file or part of one, so far
    pub peak_queued_matches: u64,
    /// `search_stats.peak_queued_bytes`: most bytes queued for all files together, so far
    pub peak_queued_bytes: u64,
    /// `search_stats.replaced`: sequences that are invalid in a file's encoding, and so U+FFFD in its text
    pub replaced: u64,
    /// `search_stats.files_ruled_out`: of files_searched: not opened, since options.tree rules them out
    pub files_ruled_out: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct search_pool_options {
    /// `search_pool_options.size`: sizeof(struct search_pool_options)
    pub size: usize,
    /// `search_pool_options.workers`: threads; default one per CPU this process may use, at most 256
    pub workers: u32,
    /// `search_pool_options.max_open_files`: files and directories; default 128, or half of RLIMIT_NOFILE if that
    /// is less; at least 4. There are never more workers than half of this
    pub max_open_files: u32,
    /// `search_pool_options.max_queued_bytes`: of the items that wait for callers; default 16 MiB. Beyond it each
    /// search may have one batch of items, some 32 KiB, or one item
    pub max_queued_bytes: u64,
    /// `search_pool_options.max_memory`: of the names in directories that were listed, and of the workers'
    /// buffers, some 100 KiB for each worker of a search; default 64 MiB. Beyond it each search may have what its
    /// next item needs
    pub max_memory: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct search_pool_stats {
    /// `search_pool_stats.size`: in: sizeof(struct search_pool_stats)
    pub size: usize,
    /// `search_pool_stats.workers`: threads
    pub workers: usize,
    /// `search_pool_stats.searches`: open
    pub searches: usize,
    /// `search_pool_stats.open_files`: files and directories open now, and
    pub open_files: u64,
    /// `search_pool_stats.peak_open_files`: most at once, so far
    pub peak_open_files: u64,
    /// `search_pool_stats.queued_bytes`: of items that wait for callers, now, and
    pub queued_bytes: u64,
    /// `search_pool_stats.peak_queued_bytes`: most at once, so far
    pub peak_queued_bytes: u64,
    /// `search_pool_stats.memory`: see max_memory: now, and
    pub memory: u64,
    /// `search_pool_stats.peak_memory`: most at once, so far
    pub peak_memory: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct search_tree_options {
    /// `search_tree_options.size`: sizeof(struct search_tree_options)
    pub size: usize,
    /// `search_tree_options.max_bytes`: memory for all that is kept; default 64 MiB, at least 1 MiB. If it does
    /// not suffice, signatures that have ruled out least go first, then listings; the items of a search stay the
    /// same
    pub max_bytes: u64,
    /// `search_tree_options.trust`
    pub trust: u32,
    /// `search_tree_options.learn_percent`: the most time that a worker spends on learning, in percent of what it
    /// spends on searching; it learns only files that an earlier search has listed. Default 20, at most 1000;
    /// SEARCH_TREE_NO_LEARNING: none
    pub learn_percent: u32,
    /// `search_tree_options.max_watches`: WATCHED: directories at most; default half of what a user may watch
    /// (fs.inotify.max_user_watches). Further ones are treated as with STAMPS, and so is everything once if
    /// events were lost. Must be 0 with another trust
    pub max_watches: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct search_tree_stats {
    /// `search_tree_stats.size`: in: sizeof(struct search_tree_stats)
    pub size: usize,
    /// `search_tree_stats.bytes`: in use; at most max_bytes, and
    pub bytes: u64,
    /// `search_tree_stats.peak_bytes`: most at once, so far
    pub peak_bytes: u64,
    /// `search_tree_stats.directories`: whose listings are kept,
    pub directories: u64,
    /// `search_tree_stats.files`: files in them,
    pub files: u64,
    /// `search_tree_stats.signatures`: and those of which there is a signature,
    pub signatures: u64,
    /// `search_tree_stats.signature_bytes`: which take so much memory,
    pub signature_bytes: u64,
    /// `search_tree_stats.text_bytes`: for so much text
    pub text_bytes: u64,
    /// `search_tree_stats.dropped`: signatures and listings that went for lack of memory, or were not taken, so
    /// far
    pub dropped: u64,
    /// `search_tree_stats.refused`: directories not kept, so far: on a file system that is not trusted, changed
    /// too short a time ago, or not read to the end
    pub refused: u64,
    /// `search_tree_stats.ruled_out`: files that searches did not open, so far
    pub ruled_out: u64,
    /// `search_tree_stats.learnt`: signatures made, so far
    pub learnt: u64,
    /// `search_tree_stats.watches`: WATCHED: directories watched now,
    pub watches: u64,
    /// `search_tree_stats.unwatched`: directories that are not, for lack of watches,
    pub unwatched: u64,
    /// `search_tree_stats.overflows`: and how often events were lost, so far
    pub overflows: u64,
    /// `search_tree_stats.changes`: grows whenever there is something to save
    pub changes: u64,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct search_build {
    /// `search_build.size`: in: sizeof(struct search_build)
    pub size: usize,
    /// `search_build.version`: of the library: SEARCH_VERSION_STRING when it was built
    pub version: *const c_char,
    /// `search_build.formats`: what SEARCH_MATCH_DECOMPRESS reads, separated by spaces: "gzip xz"; "": none
    pub formats: *const c_char,
    /// `search_build.simd`: instruction set in use on this machine: "avx2", "neon", "portable", ...
    pub simd: *const c_char,
    /// `search_build.oniguruma`: version of the Oniguruma that is loaded
    pub oniguruma: *const c_char,
}

extern "C" {
    pub fn search_open(
        out: *mut *mut search,
        options: *const search_options,
        error: *mut search_error) -> c_int;
    pub fn search_next(s: *mut search, item: *mut *const search_item) -> c_int;
    pub fn search_try_next(s: *mut search, item: *mut *const search_item) -> c_int;
    pub fn search_next_many(s: *mut search, items: *mut *const *const search_item, most: usize) -> c_int;
    pub fn search_try_next_many(
        s: *mut search,
        items: *mut *const *const search_item,
        most: usize) -> c_int;
    pub fn search_cursor(s: *const search, buffer: *mut c_char, size: usize) -> c_int;
    pub fn search_fd(s: *mut search) -> c_int;
    pub fn search_cancel(s: *mut search);
    pub fn search_close(s: *mut search);
    pub fn search_stats(s: *const search, stats: *mut search_stats) -> c_int;
    pub fn search_outcome(s: *const search) -> c_int;
    pub fn search_never(s: *const search, pattern: *mut usize) -> c_int;
    pub fn search_group_count(s: *const search, pattern: usize) -> usize;
    pub fn search_group_name(s: *const search, pattern: usize, group: usize) -> *const c_char;
    pub fn search_column(item: *const search_item, byte: usize, unit: c_int) -> usize;
    pub fn search_explain(
        options: *const search_options,
        buffer: *mut c_char,
        size: usize,
        error: *mut search_error) -> c_int;
    pub fn search_pool_open(
        out: *mut *mut search_pool,
        options: *const search_pool_options,
        error: *mut search_error) -> c_int;
    pub fn search_pool_close(pool: *mut search_pool);
    pub fn search_pool_stats(pool: *const search_pool, stats: *mut search_pool_stats) -> c_int;
    pub fn search_tree_open(
        out: *mut *mut search_tree,
        options: *const search_tree_options,
        error: *mut search_error) -> c_int;
    pub fn search_tree_changed(tree: *mut search_tree, path: *const c_char) -> c_int;
    pub fn search_tree_learn(tree: *mut search_tree, milliseconds: u32) -> c_int;
    pub fn search_tree_cancel(tree: *mut search_tree);
    pub fn search_tree_save(tree: *mut search_tree, path: *const c_char, error: *mut search_error) -> c_int;
    pub fn search_tree_load(tree: *mut search_tree, path: *const c_char, error: *mut search_error) -> c_int;
    pub fn search_tree_close(tree: *mut search_tree);
    pub fn search_tree_stats(tree: *const search_tree, stats: *mut search_tree_stats) -> c_int;
    pub fn search_build(build: *mut search_build) -> c_int;
    pub fn search_options_init(options: *mut search_options, size: usize);
    pub fn search_walk_init(walk: *mut search_walk, size: usize);
    pub fn search_error_init(error: *mut search_error, size: usize);
    pub fn search_stats_init(stats: *mut search_stats, size: usize);
    pub fn search_build_init(build: *mut search_build, size: usize);
    pub fn search_pool_options_init(options: *mut search_pool_options, size: usize);
    pub fn search_pool_stats_init(stats: *mut search_pool_stats, size: usize);
    pub fn search_tree_options_init(options: *mut search_tree_options, size: usize);
    pub fn search_tree_stats_init(stats: *mut search_tree_stats, size: usize);
    pub fn search_layout(name: *const c_char) -> usize;
    pub fn search_strerror(status: c_int) -> *const c_char;
    pub fn search_version() -> *const c_char;
}

/// The size of each struct, and the place of each field, as `search_layout` names them.
pub const LAYOUT: &[(&str, usize)] = &[
    ("search_error", size_of::<search_error>()),
    ("search_error.size", offset_of!(search_error, size)),
    ("search_error.code", offset_of!(search_error, code)),
    ("search_error.system_error", offset_of!(search_error, system_error)),
    ("search_error.subject", offset_of!(search_error, subject)),
    ("search_error.reason_at", offset_of!(search_error, reason_at)),
    ("search_error.index", offset_of!(search_error, index)),
    ("search_error.offset", offset_of!(search_error, offset)),
    ("search_error.message", offset_of!(search_error, message)),
    ("search_pattern", size_of::<search_pattern>()),
    ("search_pattern.text", offset_of!(search_pattern, text)),
    ("search_pattern.length", offset_of!(search_pattern, length)),
    ("search_pattern.flags", offset_of!(search_pattern, flags)),
    ("search_pattern.reserved", offset_of!(search_pattern, reserved)),
    ("search_pattern.reserved2", offset_of!(search_pattern, reserved2)),
    ("search_source", size_of::<search_source>()),
    ("search_source.kind", offset_of!(search_source, kind)),
    ("search_source.descriptor", offset_of!(search_source, descriptor)),
    ("search_source.path", offset_of!(search_source, path)),
    ("search_source.name", offset_of!(search_source, name)),
    ("search_source.data", offset_of!(search_source, data)),
    ("search_source.size", offset_of!(search_source, size)),
    ("search_source.reserved1", offset_of!(search_source, reserved1)),
    ("search_source.reserved2", offset_of!(search_source, reserved2)),
    ("search_source.reserved3", offset_of!(search_source, reserved3)),
    ("search_overlay", size_of::<search_overlay>()),
    ("search_overlay.path", offset_of!(search_overlay, path)),
    ("search_overlay.data", offset_of!(search_overlay, data)),
    ("search_overlay.size", offset_of!(search_overlay, size)),
    ("search_overlay.flags", offset_of!(search_overlay, flags)),
    ("search_overlay.reserved", offset_of!(search_overlay, reserved)),
    ("search_overlay.reserved2", offset_of!(search_overlay, reserved2)),
    ("search_glob", size_of::<search_glob>()),
    ("search_glob.text", offset_of!(search_glob, text)),
    ("search_glob.flags", offset_of!(search_glob, flags)),
    ("search_glob.group", offset_of!(search_glob, group)),
    ("search_glob.reserved", offset_of!(search_glob, reserved)),
    ("search_walk", size_of::<search_walk>()),
    ("search_walk.size", offset_of!(search_walk, size)),
    ("search_walk.flags", offset_of!(search_walk, flags)),
    ("search_walk.max_depth", offset_of!(search_walk, max_depth)),
    ("search_walk.max_file_size", offset_of!(search_walk, max_file_size)),
    ("search_walk.globs", offset_of!(search_walk, globs)),
    ("search_walk.glob_count", offset_of!(search_walk, glob_count)),
    ("search_walk.ignore_files", offset_of!(search_walk, ignore_files)),
    ("search_walk.ignore_file_count", offset_of!(search_walk, ignore_file_count)),
    ("search_walk.git_configs", offset_of!(search_walk, git_configs)),
    ("search_walk.git_config_count", offset_of!(search_walk, git_config_count)),
    ("search_walk.git_excludes", offset_of!(search_walk, git_excludes)),
    ("search_walk.home", offset_of!(search_walk, home)),
    ("search_options", size_of::<search_options>()),
    ("search_options.size", offset_of!(search_options, size)),
    ("search_options.patterns", offset_of!(search_options, patterns)),
    ("search_options.pattern_count", offset_of!(search_options, pattern_count)),
    ("search_options.sources", offset_of!(search_options, sources)),
    ("search_options.source_count", offset_of!(search_options, source_count)),
    ("search_options.next_source", offset_of!(search_options, next_source)),
    ("search_options.next_source_context", offset_of!(search_options, next_source_context)),
    ("search_options.walk", offset_of!(search_options, walk)),
    ("search_options.encoding", offset_of!(search_options, encoding)),
    ("search_options.max_item_bytes", offset_of!(search_options, max_item_bytes)),
    ("search_options.match_flags", offset_of!(search_options, match_flags)),
    ("search_options.result_flags", offset_of!(search_options, result_flags)),
    ("search_options.syntax", offset_of!(search_options, syntax)),
    ("search_options.workers", offset_of!(search_options, workers)),
    ("search_options.max_open_files", offset_of!(search_options, max_open_files)),
    ("search_options.max_queued_matches", offset_of!(search_options, max_queued_matches)),
    ("search_options.before_context", offset_of!(search_options, before_context)),
    ("search_options.after_context", offset_of!(search_options, after_context)),
    ("search_options.split_bytes", offset_of!(search_options, split_bytes)),
    ("search_options.output_fd", offset_of!(search_options, output_fd)),
    ("search_options.max_queued_bytes", offset_of!(search_options, max_queued_bytes)),
    ("search_options.max_line_bytes", offset_of!(search_options, max_line_bytes)),
    ("search_options.max_matches", offset_of!(search_options, max_matches)),
    ("search_options.max_matches_per_file", offset_of!(search_options, max_matches_per_file)),
    ("search_options.timeout_ms", offset_of!(search_options, timeout_ms)),
    ("search_options.max_multiline_bytes", offset_of!(search_options, max_multiline_bytes)),
    ("search_options.pool", offset_of!(search_options, pool)),
    ("search_options.priority", offset_of!(search_options, priority)),
    ("search_options.caller_flags", offset_of!(search_options, caller_flags)),
    ("search_options.overlays", offset_of!(search_options, overlays)),
    ("search_options.overlay_count", offset_of!(search_options, overlay_count)),
    ("search_options.resume", offset_of!(search_options, resume)),
    ("search_options.until", offset_of!(search_options, until)),
    ("search_options.max_line_ms", offset_of!(search_options, max_line_ms)),
    ("search_options.reserved", offset_of!(search_options, reserved)),
    ("search_options.tree", offset_of!(search_options, tree)),
    ("search_span", size_of::<search_span>()),
    ("search_span.begin", offset_of!(search_span, begin)),
    ("search_span.end", offset_of!(search_span, end)),
    ("search_span.pattern", offset_of!(search_span, pattern)),
    ("search_span.first_group", offset_of!(search_span, first_group)),
    ("search_group", size_of::<search_group>()),
    ("search_group.begin", offset_of!(search_group, begin)),
    ("search_group.end", offset_of!(search_group, end)),
    ("search_item", size_of::<search_item>()),
    ("search_item.kind", offset_of!(search_item, kind)),
    ("search_item.flags", offset_of!(search_item, flags)),
    ("search_item.source", offset_of!(search_item, source)),
    ("search_item.path", offset_of!(search_item, path)),
    ("search_item.path_length", offset_of!(search_item, path_length)),
    ("search_item.line", offset_of!(search_item, line)),
    ("search_item.offset", offset_of!(search_item, offset)),
    ("search_item.text", offset_of!(search_item, text)),
    ("search_item.length", offset_of!(search_item, length)),
    ("search_item.line_bytes", offset_of!(search_item, line_bytes)),
    ("search_item.text_offset", offset_of!(search_item, text_offset)),
    ("search_item.spans", offset_of!(search_item, spans)),
    ("search_item.span_count", offset_of!(search_item, span_count)),
    ("search_item.error", offset_of!(search_item, error)),
    ("search_item.reason", offset_of!(search_item, reason)),
    ("search_item.message", offset_of!(search_item, message)),
    ("search_item.matches", offset_of!(search_item, matches)),
    ("search_item.bytes", offset_of!(search_item, bytes)),
    ("search_item.groups", offset_of!(search_item, groups)),
    ("search_item.group_count", offset_of!(search_item, group_count)),
    ("search_item.file_number", offset_of!(search_item, file_number)),
    ("search_item.file_size", offset_of!(search_item, file_size)),
    ("search_item.inode", offset_of!(search_item, inode)),
    ("search_item.device", offset_of!(search_item, device)),
    ("search_item.modified", offset_of!(search_item, modified)),
    ("search_item.modified_ns", offset_of!(search_item, modified_ns)),
    ("search_item.reserved", offset_of!(search_item, reserved)),
    ("search_stats", size_of::<search_stats>()),
    ("search_stats.size", offset_of!(search_stats, size)),
    ("search_stats.workers", offset_of!(search_stats, workers)),
    ("search_stats.files_found", offset_of!(search_stats, files_found)),
    ("search_stats.files_searched", offset_of!(search_stats, files_searched)),
    ("search_stats.files_skipped", offset_of!(search_stats, files_skipped)),
    ("search_stats.directories", offset_of!(search_stats, directories)),
    ("search_stats.bytes", offset_of!(search_stats, bytes)),
    ("search_stats.matches", offset_of!(search_stats, matches)),
    ("search_stats.errors", offset_of!(search_stats, errors)),
    ("search_stats.peak_open_files", offset_of!(search_stats, peak_open_files)),
    ("search_stats.peak_queued_matches", offset_of!(search_stats, peak_queued_matches)),
    ("search_stats.peak_queued_bytes", offset_of!(search_stats, peak_queued_bytes)),
    ("search_stats.replaced", offset_of!(search_stats, replaced)),
    ("search_stats.files_ruled_out", offset_of!(search_stats, files_ruled_out)),
    ("search_pool_options", size_of::<search_pool_options>()),
    ("search_pool_options.size", offset_of!(search_pool_options, size)),
    ("search_pool_options.workers", offset_of!(search_pool_options, workers)),
    ("search_pool_options.max_open_files", offset_of!(search_pool_options, max_open_files)),
    ("search_pool_options.max_queued_bytes", offset_of!(search_pool_options, max_queued_bytes)),
    ("search_pool_options.max_memory", offset_of!(search_pool_options, max_memory)),
    ("search_pool_stats", size_of::<search_pool_stats>()),
    ("search_pool_stats.size", offset_of!(search_pool_stats, size)),
    ("search_pool_stats.workers", offset_of!(search_pool_stats, workers)),
    ("search_pool_stats.searches", offset_of!(search_pool_stats, searches)),
    ("search_pool_stats.open_files", offset_of!(search_pool_stats, open_files)),
    ("search_pool_stats.peak_open_files", offset_of!(search_pool_stats, peak_open_files)),
    ("search_pool_stats.queued_bytes", offset_of!(search_pool_stats, queued_bytes)),
    ("search_pool_stats.peak_queued_bytes", offset_of!(search_pool_stats, peak_queued_bytes)),
    ("search_pool_stats.memory", offset_of!(search_pool_stats, memory)),
    ("search_pool_stats.peak_memory", offset_of!(search_pool_stats, peak_memory)),
    ("search_tree_options", size_of::<search_tree_options>()),
    ("search_tree_options.size", offset_of!(search_tree_options, size)),
    ("search_tree_options.max_bytes", offset_of!(search_tree_options, max_bytes)),
    ("search_tree_options.trust", offset_of!(search_tree_options, trust)),
    ("search_tree_options.learn_percent", offset_of!(search_tree_options, learn_percent)),
    ("search_tree_options.max_watches", offset_of!(search_tree_options, max_watches)),
    ("search_tree_options.reserved", offset_of!(search_tree_options, reserved)),
    ("search_tree_stats", size_of::<search_tree_stats>()),
    ("search_tree_stats.size", offset_of!(search_tree_stats, size)),
    ("search_tree_stats.bytes", offset_of!(search_tree_stats, bytes)),
    ("search_tree_stats.peak_bytes", offset_of!(search_tree_stats, peak_bytes)),
    ("search_tree_stats.directories", offset_of!(search_tree_stats, directories)),
    ("search_tree_stats.files", offset_of!(search_tree_stats, files)),
    ("search_tree_stats.signatures", offset_of!(search_tree_stats, signatures)),
    ("search_tree_stats.signature_bytes", offset_of!(search_tree_stats, signature_bytes)),
    ("search_tree_stats.text_bytes", offset_of!(search_tree_stats, text_bytes)),
    ("search_tree_stats.dropped", offset_of!(search_tree_stats, dropped)),
    ("search_tree_stats.refused", offset_of!(search_tree_stats, refused)),
    ("search_tree_stats.ruled_out", offset_of!(search_tree_stats, ruled_out)),
    ("search_tree_stats.learnt", offset_of!(search_tree_stats, learnt)),
    ("search_tree_stats.watches", offset_of!(search_tree_stats, watches)),
    ("search_tree_stats.unwatched", offset_of!(search_tree_stats, unwatched)),
    ("search_tree_stats.overflows", offset_of!(search_tree_stats, overflows)),
    ("search_tree_stats.changes", offset_of!(search_tree_stats, changes)),
    ("search_build", size_of::<search_build>()),
    ("search_build.size", offset_of!(search_build, size)),
    ("search_build.version", offset_of!(search_build, version)),
    ("search_build.formats", offset_of!(search_build, formats)),
    ("search_build.simd", offset_of!(search_build, simd)),
    ("search_build.oniguruma", offset_of!(search_build, oniguruma)),
];
