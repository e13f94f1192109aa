// SPDX-License-Identifier: BSD-2-Clause
// Made by generate.py of psearch.h.

//! Flags, enums and numbers of `psearch.h`.

use crate::item::Item;
use crate::macros::{chosen, flags, returned};
use crate::options::Options;
use crate::pool::PoolOptions;
use crate::sys;
use crate::tree::TreeOptions;
use std::ffi::c_int;

returned!(
    /// What a call returned.
    Status: c_int {
        /// `SEARCH_ITEM`: the functions that take items: there is one
        Item = sys::SEARCH_ITEM,
        /// `SEARCH_OK`: success, or the end of the items
        Ok = sys::SEARCH_OK,
        /// `SEARCH_EINVAL`: an argument or option is not valid
        Einval = sys::SEARCH_EINVAL,
        /// `SEARCH_EVERSION`: a struct is newer than this library, and fields that it does not know are set
        Eversion = sys::SEARCH_EVERSION,
        /// `SEARCH_ENOMEM`: out of memory
        Enomem = sys::SEARCH_ENOMEM,
        /// `SEARCH_EPATTERN`: a pattern does not compile
        Epattern = sys::SEARCH_EPATTERN,
        /// `SEARCH_EAGAIN`: search_try_next, search_try_next_many: nothing is ready yet
        Eagain = sys::SEARCH_EAGAIN,
        /// `SEARCH_ECANCELED`: search_cancel was called
        Ecanceled = sys::SEARCH_ECANCELED,
        /// `SEARCH_ETIMEDOUT`: options.timeout_ms has passed
        Etimedout = sys::SEARCH_ETIMEDOUT,
        /// `SEARCH_ESYSTEM`: a system call failed
        Esystem = sys::SEARCH_ESYSTEM,
        /// `SEARCH_ESOURCE`: next_source failed, or returned a source that is not valid
        Esource = sys::SEARCH_ESOURCE,
    }
);

returned!(
    /// Which of the options an error is about.
    Subject: u32 {
        /// `SEARCH_SUBJECT_NONE`: none; the message says what is wrong
        None = sys::SEARCH_SUBJECT_NONE,
        /// `SEARCH_SUBJECT_PATTERN`: options.patterns
        Pattern = sys::SEARCH_SUBJECT_PATTERN,
        /// `SEARCH_SUBJECT_SOURCE`: options.sources
        Source = sys::SEARCH_SUBJECT_SOURCE,
        /// `SEARCH_SUBJECT_GLOB`: walk.globs
        Glob = sys::SEARCH_SUBJECT_GLOB,
        /// `SEARCH_SUBJECT_IGNORE_FILE`: walk.ignore_files
        IgnoreFile = sys::SEARCH_SUBJECT_IGNORE_FILE,
        /// `SEARCH_SUBJECT_GIT_CONFIG`: walk.git_configs
        GitConfig = sys::SEARCH_SUBJECT_GIT_CONFIG,
        /// `SEARCH_SUBJECT_ENCODING`: options.encoding, which is one string: index is 0
        Encoding = sys::SEARCH_SUBJECT_ENCODING,
        /// `SEARCH_SUBJECT_CURSOR`: index 0: options.resume, 1: options.until
        Cursor = sys::SEARCH_SUBJECT_CURSOR,
        /// `SEARCH_SUBJECT_OVERLAY`: options.overlays
        Overlay = sys::SEARCH_SUBJECT_OVERLAY,
    }
);

chosen!(
    /// How patterns are written.
    Syntax: u32 {
        /// `SEARCH_SYNTAX_ONIGURUMA`: Oniguruma's own: Ruby's, and more. \xff is a byte FF that is not part of
        /// valid UTF-8; in the next two it is the character U+00FF
        Oniguruma = sys::SEARCH_SYNTAX_ONIGURUMA,
        /// `SEARCH_SYNTAX_PERL`: Perl's, as far as Oniguruma supports it
        Perl = sys::SEARCH_SYNTAX_PERL,
        /// `SEARCH_SYNTAX_PYTHON`: Python's, likewise
        Python = sys::SEARCH_SYNTAX_PYTHON,
        /// `SEARCH_SYNTAX_BASIC`: POSIX basic regular expressions, as in GNU grep: the longest match counts, and
        /// a newline separates patterns (also with SEARCH_MATCH_FIXED)
        Basic = sys::SEARCH_SYNTAX_BASIC,
        /// `SEARCH_SYNTAX_EXTENDED`: POSIX extended regular expressions, likewise
        Extended = sys::SEARCH_SYNTAX_EXTENDED,
    }
);

chosen!(
    /// What a source is.
    SourceKind: u32 {
        /// `SEARCH_SOURCE_PATH`: `path`: a file, or a directory that is walked
        Path = sys::SEARCH_SOURCE_PATH,
        /// `SEARCH_SOURCE_DESCRIPTOR`: `descriptor`: open for reading, read from its position on, never closed; a
        /// directory is walked. It may be listed twice: the second source continues where the first stopped. If
        /// max_matches_per_file ends a regular file, it is positioned after the last match. Do not read a
        /// terminal or FIFO elsewhere during the search: we could then block in read() with no way to interrupt
        /// it.
        Descriptor = sys::SEARCH_SOURCE_DESCRIPTOR,
        /// `SEARCH_SOURCE_MEMORY`: `data`, `size`: borrowed, unchanged, until search_close()
        Memory = sys::SEARCH_SOURCE_MEMORY,
    }
);

flags!(
    /// Flags of `enum search_overlay_flag`: `A | B`.
    OverlayFlags {
        /// `SEARCH_OVERLAY_REMOVED`: there is no such file, even if there is one on disk; `data` is NULL
        REMOVED = sys::SEARCH_OVERLAY_REMOVED,
    }
);

flags!(
    /// Flags of `enum search_match_flag`: `A | B`.
    MatchFlags {
        /// `SEARCH_MATCH_IGNORE_CASE`: letters match in either case
        IGNORE_CASE = sys::SEARCH_MATCH_IGNORE_CASE,
        /// `SEARCH_MATCH_INVERT`: select the lines that do not match
        INVERT = sys::SEARCH_MATCH_INVERT,
        /// `SEARCH_MATCH_WORD`: a match must not border on a word character outside it
        WORD = sys::SEARCH_MATCH_WORD,
        /// `SEARCH_MATCH_LINE`: a match must be the whole line
        LINE = sys::SEARCH_MATCH_LINE,
        /// `SEARCH_MATCH_FIXED`: patterns are strings, not expressions
        FIXED = sys::SEARCH_MATCH_FIXED,
        /// `SEARCH_MATCH_CRLF`: a \r before a line's \n is not part of the line
        CRLF = sys::SEARCH_MATCH_CRLF,
        /// `SEARCH_MATCH_NUL_LINES`: lines end in NUL, and may contain newlines; no file is binary. Not together
        /// with CRLF
        NUL_LINES = sys::SEARCH_MATCH_NUL_LINES,
        /// `SEARCH_MATCH_TEXT`: search a binary file as if it were text
        TEXT = sys::SEARCH_MATCH_TEXT,
        /// `SEARCH_MATCH_SKIP_BINARY`: a binary file has no matches. Matches before a NUL that comes after the
        /// first 64 KiB are still delivered, but not counted with COUNT. Not together with TEXT
        SKIP_BINARY = sys::SEARCH_MATCH_SKIP_BINARY,
        /// `SEARCH_MATCH_DECOMPRESS`: search the contents of compressed files; see below
        DECOMPRESS = sys::SEARCH_MATCH_DECOMPRESS,
        /// `SEARCH_MATCH_MULTILINE`: a match may reach over line ends; see below. Not together with NUL_LINES
        MULTILINE = sys::SEARCH_MATCH_MULTILINE,
        /// `SEARCH_MATCH_DOT_NEWLINE`: MULTILINE: . takes newlines, too
        DOT_NEWLINE = sys::SEARCH_MATCH_DOT_NEWLINE,
    }
);

flags!(
    /// Flags of `enum search_walk_flag`: `A | B`.
    WalkFlags {
        /// `SEARCH_WALK_SKIP_HIDDEN`: skip names that start with a dot
        SKIP_HIDDEN = sys::SEARCH_WALK_SKIP_HIDDEN,
        /// `SEARCH_WALK_FOLLOW`: follow symbolic links
        FOLLOW = sys::SEARCH_WALK_FOLLOW,
        /// `SEARCH_WALK_ONE_FILE_SYSTEM`: skip directories on a file system other than the source's
        ONE_FILE_SYSTEM = sys::SEARCH_WALK_ONE_FILE_SYSTEM,
        /// `SEARCH_WALK_IGNORE_VCS`: obey git's rules (.gitignore, the repository's info/exclude,
        /// core.excludesFile), and skip each .git
        IGNORE_VCS = sys::SEARCH_WALK_IGNORE_VCS,
        /// `SEARCH_WALK_IGNORE_FILES`: obey .psearchignore and .ignore (gitignore format). They take precedence
        /// over git's rules
        IGNORE_FILES = sys::SEARCH_WALK_IGNORE_FILES,
        /// `SEARCH_WALK_IGNORE_BELOW`: do not read ignore files from directories above a source
        IGNORE_BELOW = sys::SEARCH_WALK_IGNORE_BELOW,
        /// `SEARCH_WALK_IGNORE_ANYWHERE`: obey git's rules outside a repository, too
        IGNORE_ANYWHERE = sys::SEARCH_WALK_IGNORE_ANYWHERE,
        /// `SEARCH_WALK_NO_NESTED_REPOSITORIES`: skip directories below a source that contain a .git, directory
        /// or file: worktrees, submodules, other repositories
        NO_NESTED_REPOSITORIES = sys::SEARCH_WALK_NO_NESTED_REPOSITORIES,
        /// `SEARCH_WALK_TRACKED`: IGNORE_VCS: git's rules do not apply to files that git tracks. This reads the
        /// repository's index, versions 2 to 4; a split index is an ERROR
        TRACKED = sys::SEARCH_WALK_TRACKED,
    }
);

flags!(
    /// Flags of `enum search_result_flag`: `A | B`.
    ResultFlags {
        /// `SEARCH_RESULT_FILE_INFO`: FILE and FILE_END items tell the file's size, inode, device and time of
        /// modification. With LIST this takes a system call for each file
        FILE_INFO = sys::SEARCH_RESULT_FILE_INFO,
        /// `SEARCH_RESULT_UNORDERED`: deliver each file as soon as it has something
        UNORDERED = sys::SEARCH_RESULT_UNORDERED,
        /// `SEARCH_RESULT_COUNT`: no MATCH, CONTEXT or BINARY items; implies FILE_ENDS
        COUNT = sys::SEARCH_RESULT_COUNT,
        /// `SEARCH_RESULT_FILE_ENDS`: a FILE_END item after every file that was read
        FILE_ENDS = sys::SEARCH_RESULT_FILE_ENDS,
        /// `SEARCH_RESULT_NO_SPANS`: leave out spans: faster
        NO_SPANS = sys::SEARCH_RESULT_NO_SPANS,
        /// `SEARCH_RESULT_NO_LINE_NUMBERS`: leave out line numbers (they are 0): faster
        NO_LINE_NUMBERS = sys::SEARCH_RESULT_NO_LINE_NUMBERS,
        /// `SEARCH_RESULT_LIST`: search nothing: deliver a FILE item for every file that would be searched,
        /// without opening it. Needs no patterns; keeps the order even with UNORDERED
        LIST = sys::SEARCH_RESULT_LIST,
        /// `SEARCH_RESULT_SOCKET`: search_fd() returns a socket, not an eventfd
        SOCKET = sys::SEARCH_RESULT_SOCKET,
        /// `SEARCH_RESULT_GROUPS`: with each match, what its groups matched; not with NO_SPANS. Oniguruma
        /// compiles each pattern, and is asked about each match: much slower
        GROUPS = sys::SEARCH_RESULT_GROUPS,
        /// `SEARCH_RESULT_ALL_LINES`: a CONTEXT item for each line that is not selected, too. Files are not
        /// searched in parts; not with COUNT
        ALL_LINES = sys::SEARCH_RESULT_ALL_LINES,
    }
);

flags!(
    /// Flags of `enum search_glob_flag`: `A | B`.
    GlobFlags {
        /// `SEARCH_GLOB_EXCLUDE`: skips what matches; without it a glob selects what matches
        EXCLUDE = sys::SEARCH_GLOB_EXCLUDE,
        /// `SEARCH_GLOB_NO_CASE`: ASCII letters match in either case
        NO_CASE = sys::SEARCH_GLOB_NO_CASE,
        /// `SEARCH_GLOB_BRACES`: {a,b} matches either a or b
        BRACES = sys::SEARCH_GLOB_BRACES,
        /// `SEARCH_GLOB_BASENAME`: matches the last name of a path, even if the glob has a slash
        BASENAME = sys::SEARCH_GLOB_BASENAME,
        /// `SEARCH_GLOB_DISPLAY_PATH`: a glob with a slash matches the path as items show it, whatever that
        /// starts from
        DISPLAY_PATH = sys::SEARCH_GLOB_DISPLAY_PATH,
        /// `SEARCH_GLOB_FILES_ONLY`: applies to files only
        FILES_ONLY = sys::SEARCH_GLOB_FILES_ONLY,
        /// `SEARCH_GLOB_DIRS_ONLY`: applies to directories only
        DIRS_ONLY = sys::SEARCH_GLOB_DIRS_ONLY,
        /// `SEARCH_GLOB_UNHIDE`: selects hidden entries despite SKIP_HIDDEN
        UNHIDE = sys::SEARCH_GLOB_UNHIDE,
        /// `SEARCH_GLOB_OVERRIDE`: overrides ignore rules and all later groups
        OVERRIDE = sys::SEARCH_GLOB_OVERRIDE,
    }
);

chosen!(
    /// Which searches of a pool go first.
    Priority: u32 {
        /// `SEARCH_PRIORITY_NORMAL`
        Normal = sys::SEARCH_PRIORITY_NORMAL,
        /// `SEARCH_PRIORITY_INTERACTIVE`: somebody waits for it: before all others, after the buffer at hand
        Interactive = sys::SEARCH_PRIORITY_INTERACTIVE,
        /// `SEARCH_PRIORITY_BACKGROUND`: nobody does: after all others
        Background = sys::SEARCH_PRIORITY_BACKGROUND,
    }
);

flags!(
    /// Flags of `enum search_caller_flag`: `A | B`.
    CallerFlags {
        /// `SEARCH_CALLER_NO_HELP`: it never opens, lists, reads or searches anything: workers do all that. So
        /// workers must not be SEARCH_NO_WORKERS, and search_open fails with SEARCH_ESYSTEM if not even one
        /// thread can be made
        NO_HELP = sys::SEARCH_CALLER_NO_HELP,
    }
);

returned!(
    /// What an item is.
    ItemKind: u32 {
        /// `SEARCH_ITEM_MATCH`: a matching line
        Match = sys::SEARCH_ITEM_MATCH,
        /// `SEARCH_ITEM_CONTEXT`: a line near a matching one
        Context = sys::SEARCH_ITEM_CONTEXT,
        /// `SEARCH_ITEM_BINARY`: the file is binary and matches; only FILE_END may follow for it
        Binary = sys::SEARCH_ITEM_BINARY,
        /// `SEARCH_ITEM_ERROR`: about a file, directory or line; the search goes on
        Error = sys::SEARCH_ITEM_ERROR,
        /// `SEARCH_ITEM_FILE_END`: the file is finished: its totals
        FileEnd = sys::SEARCH_ITEM_FILE_END,
        /// `SEARCH_ITEM_FILE`: with SEARCH_RESULT_LIST: a file that would be searched
        File = sys::SEARCH_ITEM_FILE,
    }
);

flags!(
    /// Flags of `enum search_item_flag`: `A | B`.
    ItemFlags {
        /// `SEARCH_ITEM_FLAG_WINDOW`: `text` is only part of the line: see text_offset
        WINDOW = sys::SEARCH_ITEM_FLAG_WINDOW,
        /// `SEARCH_ITEM_FLAG_NO_EOL`: the file ends here, without a line terminator
        NO_EOL = sys::SEARCH_ITEM_FLAG_NO_EOL,
        /// `SEARCH_ITEM_FLAG_CRLF`: the line ends in \r\n; only with SEARCH_MATCH_CRLF
        CRLF = sys::SEARCH_ITEM_FLAG_CRLF,
        /// `SEARCH_ITEM_FLAG_NOTE`: ERROR: nothing failed; the message describes behaviour that is intended but
        /// may surprise
        NOTE = sys::SEARCH_ITEM_FLAG_NOTE,
        /// `SEARCH_ITEM_FLAG_MATCHES_EOL`: MATCH, with MULTILINE: the match of the last span takes the terminator
        /// after the line, too; the span ends before it. Not with NO_SPANS
        MATCHES_EOL = sys::SEARCH_ITEM_FLAG_MATCHES_EOL,
        /// `SEARCH_ITEM_FLAG_CHANGED`: the first item after options.resume: the cursor's file is not as it was,
        /// so something may be missing between the page before and this one. If the file has something else in
        /// the place of the cursor's item, the rest of the file is left out, except FILE_END
        CHANGED = sys::SEARCH_ITEM_FLAG_CHANGED,
    }
);

returned!(
    /// Why there is an item of kind `Error`.
    Reason: u32 {
        /// `SEARCH_REASON_NONE`: not an ERROR item
        None = sys::SEARCH_REASON_NONE,
        /// `SEARCH_REASON_OPEN`: a file or directory cannot be opened, or is gone
        Open = sys::SEARCH_REASON_OPEN,
        /// `SEARCH_REASON_READ`: reading a file failed: what was read until then has been searched
        Read = sys::SEARCH_REASON_READ,
        /// `SEARCH_REASON_LIST`: reading a directory failed: the entries read until then are searched
        List = sys::SEARCH_REASON_LIST,
        /// `SEARCH_REASON_OUTPUT_FILE`: it is the file of options.output_fd
        OutputFile = sys::SEARCH_REASON_OUTPUT_FILE,
        /// `SEARCH_REASON_LINE_TOO_LONG`: a line exceeds max_line_bytes: it is not searched, the others are
        LineTooLong = sys::SEARCH_REASON_LINE_TOO_LONG,
        /// `SEARCH_REASON_GAVE_UP`: a line is too hard for a pattern: whether it matches is unknown; or, if a
        /// MATCH item for it came before, it matches and its spans are unknown. With MULTILINE: the rest of the
        /// file, from this line on
        GaveUp = sys::SEARCH_REASON_GAVE_UP,
        /// `SEARCH_REASON_DAMAGED`: compressed data is damaged, ends early, or is followed by other data
        Damaged = sys::SEARCH_REASON_DAMAGED,
        /// `SEARCH_REASON_UNSUPPORTED`: compressed data that this build cannot read, or whose library cannot be
        /// loaded. With SEARCH_ITEM_FLAG_NOTE: an archive, which is searched as it is
        Unsupported = sys::SEARCH_REASON_UNSUPPORTED,
        /// `SEARCH_REASON_MEMORY`: compressed data that needs too much memory
        Memory = sys::SEARCH_REASON_MEMORY,
        /// `SEARCH_REASON_ENCODING`: the text cannot be decoded
        Encoding = sys::SEARCH_REASON_ENCODING,
        /// `SEARCH_REASON_RULES`: ignore rules cannot be read or used: the walk goes on without them. With
        /// SEARCH_ITEM_FLAG_NOTE: a .gitignore that is a symbolic link, which git does not follow either
        Rules = sys::SEARCH_REASON_RULES,
        /// `SEARCH_REASON_TEXT_TOO_LONG`: a file exceeds max_multiline_bytes: it is not searched
        TextTooLong = sys::SEARCH_REASON_TEXT_TOO_LONG,
    }
);

returned!(
    /// How a search ended.
    Outcome: c_int {
        /// `SEARCH_OUTCOME_RUNNING`: search_next has not returned the end yet
        Running = sys::SEARCH_OUTCOME_RUNNING as c_int,
        /// `SEARCH_OUTCOME_COMPLETE`: everything, or everything up to options.until, was searched and delivered
        Complete = sys::SEARCH_OUTCOME_COMPLETE as c_int,
        /// `SEARCH_OUTCOME_LIMITED`: max_matches was reached
        Limited = sys::SEARCH_OUTCOME_LIMITED as c_int,
        /// `SEARCH_OUTCOME_TIMED_OUT`: timeout_ms passed
        TimedOut = sys::SEARCH_OUTCOME_TIMED_OUT as c_int,
        /// `SEARCH_OUTCOME_CANCELED`: search_cancel was called
        Canceled = sys::SEARCH_OUTCOME_CANCELED as c_int,
        /// `SEARCH_OUTCOME_FAILED`: out of memory, or next_source failed
        Failed = sys::SEARCH_OUTCOME_FAILED as c_int,
    }
);

returned!(
    /// Why a pattern can never match.
    Never: c_int {
        /// `SEARCH_NEVER_NONE`: it may match, as far as is known
        None = sys::SEARCH_NEVER_NONE as c_int,
        /// `SEARCH_NEVER_LINE_END`: it needs the character that ends a line: \n in a search of lines
        LineEnd = sys::SEARCH_NEVER_LINE_END as c_int,
        /// `SEARCH_NEVER_PLACE`: it needs a start or end where there is none: a^b, $a
        Place = sys::SEARCH_NEVER_PLACE as c_int,
        /// `SEARCH_NEVER_CHARACTER`: it needs what there is not: \[^\s\S\], (?!)
        Character = sys::SEARCH_NEVER_CHARACTER as c_int,
    }
);

chosen!(
    /// What columns are counted in.
    Unit: u32 {
        /// `SEARCH_UNIT_BYTES`
        Bytes = sys::SEARCH_UNIT_BYTES,
        /// `SEARCH_UNIT_CODE_POINTS`
        CodePoints = sys::SEARCH_UNIT_CODE_POINTS,
        /// `SEARCH_UNIT_UTF16`: UTF-16 code units: what editors count in
        Utf16 = sys::SEARCH_UNIT_UTF16,
    }
);

chosen!(
    /// How a search finds out whether what was learnt still holds.
    TreeTrust: u32 {
        /// `SEARCH_TREE_STAMPS`: it asks the system about each directory, and each file that it would leave out.
        /// Exact: the default
        Stamps = sys::SEARCH_TREE_STAMPS,
        /// `SEARCH_TREE_DIRECTORIES`: about each directory. It notices a file that is new, gone, renamed, or
        /// replaced, as most editors do when they save; not one that is written in place
        Directories = sys::SEARCH_TREE_DIRECTORIES,
        /// `SEARCH_TREE_TOLD`: it does not ask about what was found to hold once: the host watches the tree, and
        /// tells what changes, by search_tree_changed()
        Told = sys::SEARCH_TREE_TOLD,
        /// `SEARCH_TREE_WATCHED`: the same, and the library watches, by inotify(7): see `max_watches`. What that
        /// does not tell must be told: what is written through a further hard link in a directory that is not
        /// watched, or into a mapped file, and mounts
        Watched = sys::SEARCH_TREE_WATCHED,
    }
);

/// The fields of `search_options` that are numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers {
    max_item_bytes: usize,
    match_flags: u32,
    result_flags: u32,
    syntax: u32,
    workers: u32,
    max_open_files: u32,
    max_queued_matches: u32,
    before_context: u32,
    after_context: u32,
    split_bytes: u32,
    output_fd: c_int,
    max_queued_bytes: u64,
    max_line_bytes: u64,
    max_matches: u64,
    max_matches_per_file: u64,
    timeout_ms: u64,
    max_multiline_bytes: u64,
    priority: u32,
    caller_flags: u32,
    max_line_ms: u32,
}
impl Numbers {
    pub(crate) fn fill(&self, raw: &mut sys::search_options) {
        raw.max_item_bytes = self.max_item_bytes;
        raw.match_flags = self.match_flags;
        raw.result_flags = self.result_flags;
        raw.syntax = self.syntax;
        raw.workers = self.workers;
        raw.max_open_files = self.max_open_files;
        raw.max_queued_matches = self.max_queued_matches;
        raw.before_context = self.before_context;
        raw.after_context = self.after_context;
        raw.split_bytes = self.split_bytes;
        raw.output_fd = self.output_fd;
        raw.max_queued_bytes = self.max_queued_bytes;
        raw.max_line_bytes = self.max_line_bytes;
        raw.max_matches = self.max_matches;
        raw.max_matches_per_file = self.max_matches_per_file;
        raw.timeout_ms = self.timeout_ms;
        raw.max_multiline_bytes = self.max_multiline_bytes;
        raw.priority = self.priority;
        raw.caller_flags = self.caller_flags;
        raw.max_line_ms = self.max_line_ms;
    }
}
/// Numbers and flags. What is not set is 0, which means the library's default.
impl Options {
    /// `search_options.max_item_bytes`: a longer line is delivered as a window; default 1 MiB, at least 16
    pub fn max_item_bytes(&mut self, value: usize) -> &mut Self {
        self.numbers.max_item_bytes = value;
        self
    }
    /// `search_options.match_flags`
    pub fn match_flags(&mut self, value: MatchFlags) -> &mut Self {
        self.numbers.match_flags = value.raw();
        self
    }
    /// `search_options.result_flags`
    pub fn result_flags(&mut self, value: ResultFlags) -> &mut Self {
        self.numbers.result_flags = value.raw();
        self
    }
    /// `search_options.syntax`: of all patterns
    pub fn syntax(&mut self, value: Syntax) -> &mut Self {
        self.numbers.syntax = value.raw();
        self
    }
    /// `search_options.workers`: threads at most; default one per CPU this process may use, at most 256
    pub fn workers(&mut self, value: u32) -> &mut Self {
        self.numbers.workers = value;
        self
    }
    /// `search_options.max_open_files`: files and directories, at least 2; default 128, or half of RLIMIT_NOFILE
    /// if that is less. There are never more workers than this minus one
    pub fn max_open_files(&mut self, value: u32) -> &mut Self {
        self.numbers.max_open_files = value;
        self
    }
    /// `search_options.max_queued_matches`: items waiting for the caller, per file or part of one; default 4096
    pub fn max_queued_matches(&mut self, value: u32) -> &mut Self {
        self.numbers.max_queued_matches = value;
        self
    }
    /// `search_options.before_context`: lines of context before a matching line: at most as many as fit into
    /// max_line_bytes
    pub fn before_context(&mut self, value: u32) -> &mut Self {
        self.numbers.before_context = value;
        self
    }
    /// `search_options.after_context`: and after it
    pub fn after_context(&mut self, value: u32) -> &mut Self {
        self.numbers.after_context = value;
        self
    }
    /// `search_options.split_bytes`: a file or memory (not a descriptor) larger than this may be searched in
    /// parts of about this size, by several workers; default 1 MiB, and then only once its search has taken so
    /// long that more threads gain time. The results are the same. Nothing is split with UNORDERED; with
    /// max_matches_per_file together with after_context or COUNT; with COUNT and SKIP_BINARY; or with more than
    /// 256 lines of after_context
    pub fn split_bytes(&mut self, value: u32) -> &mut Self {
        self.numbers.split_bytes = value;
        self
    }
    /// `search_options.output_fd`: descriptor that the host writes results to. If it is a regular file, that file
    /// is an ERROR item instead of being searched: searching one's own output might never end. 0: none
    pub fn output_fd(&mut self, value: c_int) -> &mut Self {
        self.numbers.output_fd = value;
        self
    }
    /// `search_options.max_queued_bytes`: size of the items waiting for the caller, over all files; default 4 MiB
    pub fn max_queued_bytes(&mut self, value: u64) -> &mut Self {
        self.numbers.max_queued_bytes = value;
        self
    }
    /// `search_options.max_line_bytes`: a longer line is an ERROR item; default 16 MiB, at most 1 GiB
    pub fn max_line_bytes(&mut self, value: u64) -> &mut Self {
        self.numbers.max_line_bytes = value;
        self
    }
    /// `search_options.max_matches`: stop after this many MATCH, BINARY or FILE items, plus the context lines
    /// after the last one; default no limit
    pub fn max_matches(&mut self, value: u64) -> &mut Self {
        self.numbers.max_matches = value;
        self
    }
    /// `search_options.max_matches_per_file`: stop a file after this many matching lines; default no limit
    pub fn max_matches_per_file(&mut self, value: u64) -> &mut Self {
        self.numbers.max_matches_per_file = value;
        self
    }
    /// `search_options.timeout_ms`: milliseconds after search_open; default none
    pub fn timeout_ms(&mut self, value: u64) -> &mut Self {
        self.numbers.timeout_ms = value;
        self
    }
    /// `search_options.max_multiline_bytes`: MULTILINE: a larger file is an ERROR item if some pattern may match
    /// beyond a line; default 64 MiB, at most 1 GiB
    pub fn max_multiline_bytes(&mut self, value: u64) -> &mut Self {
        self.numbers.max_multiline_bytes = value;
        self
    }
    /// `search_options.priority`: among the searches of the pool; 0 without one
    pub fn priority(&mut self, value: Priority) -> &mut Self {
        self.numbers.priority = value.raw();
        self
    }
    /// `search_options.caller_flags`
    pub fn caller_flags(&mut self, value: CallerFlags) -> &mut Self {
        self.numbers.caller_flags = value.raw();
        self
    }
    /// `search_options.max_line_ms`: milliseconds of processor time, give or take some: a line that takes longer
    /// is an ERROR item (GAVE_UP), and the search goes on. Work in proportion to the length of the line, such as
    /// looking for a string, does not count. MULTILINE: the limit is for the way from one match to the next, once
    /// more for each MiB of text that is left, and then the rest of the file is given up. Default: none; what is
    /// hard, such as backtracking, the library gives up by itself after some seconds
    pub fn max_line_ms(&mut self, value: u32) -> &mut Self {
        self.numbers.max_line_ms = value;
        self
    }
}

/// The fields of `search_walk` that are numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Walk {
    flags: u32,
    max_depth: u32,
    max_file_size: u64,
}
impl Walk {
    pub(crate) fn fill(&self, raw: &mut sys::search_walk) {
        raw.flags = self.flags;
        raw.max_depth = self.max_depth;
        raw.max_file_size = self.max_file_size;
    }
}
/// Numbers and flags. What is not set is 0, which means the library's default.
impl Options {
    /// `search_walk.flags`
    pub fn walk_flags(&mut self, value: WalkFlags) -> &mut Self {
        self.walk.flags = value.raw();
        self
    }
    /// `search_walk.max_depth`: below a source: 1 searches only its direct entries, 2 also those of its
    /// subdirectories, and so on; SEARCH_NO_WALK; default no limit
    pub fn max_depth(&mut self, value: u32) -> &mut Self {
        self.walk.max_depth = value;
        self
    }
    /// `search_walk.max_file_size`: larger files are skipped; default no limit
    pub fn max_file_size(&mut self, value: u64) -> &mut Self {
        self.walk.max_file_size = value;
        self
    }
}

/// The fields of `search_pool_options` that are numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct PoolNumbers {
    workers: u32,
    max_open_files: u32,
    max_queued_bytes: u64,
    max_memory: u64,
}
impl PoolNumbers {
    pub(crate) fn fill(&self, raw: &mut sys::search_pool_options) {
        raw.workers = self.workers;
        raw.max_open_files = self.max_open_files;
        raw.max_queued_bytes = self.max_queued_bytes;
        raw.max_memory = self.max_memory;
    }
}
/// Numbers and flags. What is not set is 0, which means the library's default.
impl PoolOptions {
    /// `search_pool_options.workers`: threads; default one per CPU this process may use, at most 256
    pub fn workers(&mut self, value: u32) -> &mut Self {
        self.poolnumbers.workers = value;
        self
    }
    /// `search_pool_options.max_open_files`: files and directories; default 128, or half of RLIMIT_NOFILE if that
    /// is less; at least 4. There are never more workers than half of this
    pub fn max_open_files(&mut self, value: u32) -> &mut Self {
        self.poolnumbers.max_open_files = value;
        self
    }
    /// `search_pool_options.max_queued_bytes`: of the items that wait for callers; default 16 MiB. Beyond it each
    /// search may have one batch of items, some 32 KiB, or one item
    pub fn max_queued_bytes(&mut self, value: u64) -> &mut Self {
        self.poolnumbers.max_queued_bytes = value;
        self
    }
    /// `search_pool_options.max_memory`: of the names in directories that were listed, and of the workers'
    /// buffers, some 100 KiB for each worker of a search; default 64 MiB. Beyond it each search may have what its
    /// next item needs
    pub fn max_memory(&mut self, value: u64) -> &mut Self {
        self.poolnumbers.max_memory = value;
        self
    }
}

/// The fields of `search_tree_options` that are numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct TreeNumbers {
    max_bytes: u64,
    trust: u32,
    learn_percent: u32,
    max_watches: u32,
}
impl TreeNumbers {
    pub(crate) fn fill(&self, raw: &mut sys::search_tree_options) {
        raw.max_bytes = self.max_bytes;
        raw.trust = self.trust;
        raw.learn_percent = self.learn_percent;
        raw.max_watches = self.max_watches;
    }
}
/// Numbers and flags. What is not set is 0, which means the library's default.
impl TreeOptions {
    /// `search_tree_options.max_bytes`: memory for all that is kept; default 64 MiB, at least 1 MiB. If it does
    /// not suffice, signatures that have ruled out least go first, then listings; the items of a search stay the
    /// same
    pub fn max_bytes(&mut self, value: u64) -> &mut Self {
        self.treenumbers.max_bytes = value;
        self
    }
    /// `search_tree_options.trust`
    pub fn trust(&mut self, value: TreeTrust) -> &mut Self {
        self.treenumbers.trust = value.raw();
        self
    }
    /// `search_tree_options.learn_percent`: the most time that a worker spends on learning, in percent of what it
    /// spends on searching; it learns only files that an earlier search has listed. Default 20, at most 1000;
    /// SEARCH_TREE_NO_LEARNING: none
    pub fn learn_percent(&mut self, value: u32) -> &mut Self {
        self.treenumbers.learn_percent = value;
        self
    }
    /// `search_tree_options.max_watches`: WATCHED: directories at most; default half of what a user may watch
    /// (fs.inotify.max_user_watches). Further ones are treated as with STAMPS, and so is everything once if
    /// events were lost. Must be 0 with another trust
    pub fn max_watches(&mut self, value: u32) -> &mut Self {
        self.treenumbers.max_watches = value;
        self
    }
}

/// The fields that are numbers.
impl Item<'_> {
    /// `search_item.kind`
    pub fn kind(&self) -> ItemKind {
        ItemKind::from_raw(self.raw.kind)
    }
    /// `search_item.flags`
    pub fn flags(&self) -> ItemFlags {
        ItemFlags::from_raw(self.raw.flags)
    }
    /// `search_item.source`: index of the source; those of next_source follow options.sources
    pub fn source(&self) -> u64 {
        self.raw.source
    }
    /// `search_item.line`: line number, from 1; 0 with SEARCH_RESULT_NO_LINE_NUMBERS
    pub fn line(&self) -> u64 {
        self.raw.line
    }
    /// `search_item.offset`: byte offset of the line's start in the file (in a descriptor: from its initial
    /// position), or in the text it is decoded to; BINARY, and with SKIP_BINARY FILE_END: of the first NUL;
    /// FILE_END without one: 0
    pub fn offset(&self) -> u64 {
        self.raw.offset
    }
    /// `search_item.line_bytes`: bytes of the whole line, without its terminator
    pub fn line_bytes(&self) -> u64 {
        self.raw.line_bytes
    }
    /// `search_item.text_offset`: offset of text in the line; 0 unless SEARCH_ITEM_FLAG_WINDOW
    pub fn text_offset(&self) -> u64 {
        self.raw.text_offset
    }
    /// `search_item.reason`: ERROR
    pub fn reason(&self) -> Reason {
        Reason::from_raw(self.raw.reason)
    }
    /// `search_item.matches`: FILE_END: matching lines. Of a binary file, unless with SEARCH_RESULT_COUNT: those
    /// before the NUL, plus one for BINARY
    pub fn matches(&self) -> u64 {
        self.raw.matches
    }
    /// `search_item.bytes`: FILE_END: bytes of text; 0 if max_matches_per_file, a NUL or a failure stopped the
    /// search before the end of the file
    pub fn bytes(&self) -> u64 {
        self.raw.bytes
    }
    /// `search_item.file_number`: FILE, FILE_END: how many such items came before it, those before options.resume
    /// included
    pub fn file_number(&self) -> u64 {
        self.raw.file_number
    }
    /// `search_item.file_size`: bytes on disk, or of the memory
    pub fn file_size(&self) -> u64 {
        self.raw.file_size
    }
    /// `search_item.inode`
    pub fn inode(&self) -> u64 {
        self.raw.inode
    }
    /// `search_item.device`
    pub fn device(&self) -> u64 {
        self.raw.device
    }
    /// `search_item.modified`: time of modification: seconds since 1970,
    pub fn modified(&self) -> i64 {
        self.raw.modified
    }
    /// `search_item.modified_ns`: and nanoseconds
    pub fn modified_ns(&self) -> u32 {
        self.raw.modified_ns
    }
}

/// How far a search has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
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
impl Stats {
    pub(crate) fn from_raw(raw: &sys::search_stats) -> Self {
        Self {
            workers: raw.workers,
            files_found: raw.files_found,
            files_searched: raw.files_searched,
            files_skipped: raw.files_skipped,
            directories: raw.directories,
            bytes: raw.bytes,
            matches: raw.matches,
            errors: raw.errors,
            peak_open_files: raw.peak_open_files,
            peak_queued_matches: raw.peak_queued_matches,
            peak_queued_bytes: raw.peak_queued_bytes,
            replaced: raw.replaced,
            files_ruled_out: raw.files_ruled_out,
        }
    }
}

/// How a pool is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PoolStats {
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
impl PoolStats {
    pub(crate) fn from_raw(raw: &sys::search_pool_stats) -> Self {
        Self {
            workers: raw.workers,
            searches: raw.searches,
            open_files: raw.open_files,
            peak_open_files: raw.peak_open_files,
            queued_bytes: raw.queued_bytes,
            peak_queued_bytes: raw.peak_queued_bytes,
            memory: raw.memory,
            peak_memory: raw.peak_memory,
        }
    }
}

/// What a tree has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TreeStats {
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
impl TreeStats {
    pub(crate) fn from_raw(raw: &sys::search_tree_stats) -> Self {
        Self {
            bytes: raw.bytes,
            peak_bytes: raw.peak_bytes,
            directories: raw.directories,
            files: raw.files,
            signatures: raw.signatures,
            signature_bytes: raw.signature_bytes,
            text_bytes: raw.text_bytes,
            dropped: raw.dropped,
            refused: raw.refused,
            ruled_out: raw.ruled_out,
            learnt: raw.learnt,
            watches: raw.watches,
            unwatched: raw.unwatched,
            overflows: raw.overflows,
            changes: raw.changes,
        }
    }
}
