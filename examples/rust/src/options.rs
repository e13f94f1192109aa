// SPDX-License-Identifier: BSD-2-Clause
//! What to search, for what, and how; and that as C takes it.
//!
//! What the library borrows until a search is closed, texts and descriptors, is owned: by the options, and by each
//! search that they open. A reference would not do. A search that is leaked, by `mem::forget` or in a cycle of `Rc`s,
//! is never closed: its threads go on reading, and the borrow checker would let the text go. Text that is only borrowed
//! is for [`Options::scope`], which itself closes the search.

use crate::error::{Error, Result};
use crate::names::{GlobFlags, Numbers, OverlayFlags, SourceKind, Subject, Walk};
use crate::pool::Pool;
use crate::sys;
use crate::tree::Tree;
use std::ffi::{c_char, CString, OsStr, OsString};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, ptr};

/// A text that is searched, and that nobody changes: made of `Vec<u8>`, `String`, `Arc<[u8]>`, `Arc<str>`, or what is
/// `'static`. Clones share it.
#[derive(Clone)]
pub struct Memory(Owner);

#[derive(Clone)]
enum Owner {
    Static(&'static [u8]),
    Bytes(Arc<[u8]>),
    Text(Arc<str>),
    Vec(Arc<Vec<u8>>),
}

impl Memory {
    /// The text.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Owner::Static(bytes) => bytes,
            Owner::Bytes(bytes) => bytes,
            Owner::Text(text) => text.as_bytes(),
            Owner::Vec(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Memory({} bytes)", self.as_bytes().len())
    }
}

impl From<&'static [u8]> for Memory {
    fn from(bytes: &'static [u8]) -> Self {
        Self(Owner::Static(bytes))
    }
}

impl From<&'static str> for Memory {
    fn from(text: &'static str) -> Self {
        Self(Owner::Static(text.as_bytes()))
    }
}

impl From<Arc<[u8]>> for Memory {
    fn from(bytes: Arc<[u8]>) -> Self {
        Self(Owner::Bytes(bytes))
    }
}

impl From<Arc<str>> for Memory {
    fn from(text: Arc<str>) -> Self {
        Self(Owner::Text(text))
    }
}

impl From<Vec<u8>> for Memory {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Owner::Vec(Arc::new(bytes)))
    }
}

impl From<String> for Memory {
    fn from(text: String) -> Self {
        text.into_bytes().into()
    }
}

/// Something to search.
#[derive(Clone, Debug)]
pub struct Source {
    what: What,
    name: Option<OsString>,
}

#[derive(Clone, Debug)]
enum What {
    Path(PathBuf),
    Descriptor(Arc<OwnedFd>),
    Memory(Memory),
}

impl Source {
    /// A file, or a directory that is walked.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self { what: What::Path(path.into()), name: None }
    }

    /// A descriptor that is open for reading, such as a `File`, from its position on. It is closed after the search.
    pub fn descriptor(descriptor: impl Into<OwnedFd>) -> Self {
        Self { what: What::Descriptor(Arc::new(descriptor.into())), name: None }
    }

    /// A text.
    pub fn memory(text: impl Into<Memory>) -> Self {
        Self { what: What::Memory(text.into()), name: None }
    }

    /// What items show in place of the path.
    pub fn named(mut self, name: impl Into<OsString>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// A text that is searched in place of a file's: what an editor has not saved.
#[derive(Clone, Debug)]
pub struct Overlay {
    path: PathBuf,
    text: Option<Memory>,
}

impl Overlay {
    /// The file has this text, whether it is on disk or not.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<Memory>) -> Self {
        Self { path: path.into(), text: Some(text.into()) }
    }

    /// There is no such file, even if there is one on disk.
    pub fn removed(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), text: None }
    }
}

/// A text that is borrowed, for [`Options::scope`].
#[derive(Clone, Copy, Debug)]
pub enum Borrowed<'m> {
    /// Something to search, after the other sources.
    Source {
        /// What items show as its path.
        name: &'m OsStr,
        /// The text.
        text: &'m [u8],
    },
    /// What a file holds.
    Overlay {
        /// The file's path.
        path: &'m Path,
        /// The text.
        text: &'m [u8],
    },
}

/// Which files and directories of a walk are searched.
#[derive(Clone, Debug)]
pub struct Glob {
    text: OsString,
    flags: GlobFlags,
    group: u32,
}

impl Glob {
    /// A glob as in a `.gitignore`, which selects what matches.
    pub fn new(text: impl Into<OsString>) -> Self {
        Self { text: text.into(), flags: GlobFlags::NONE, group: 0 }
    }

    /// One that skips what matches.
    pub fn exclude(text: impl Into<OsString>) -> Self {
        Self::new(text).flags(GlobFlags::EXCLUDE)
    }

    /// Sets its flags.
    pub fn flags(mut self, flags: GlobFlags) -> Self {
        self.flags = flags;
        self
    }

    /// Groups apply in order, from 0 to `SEARCH_GLOB_GROUPS` - 1.
    pub fn group(mut self, group: u32) -> Self {
        self.group = group;
        self
    }
}

/// What to search, for what, and within which limits. Everything else has a default.
///
/// ```
/// # fn main() -> psearch::Result<()> {
/// use psearch::{MatchFlags, Options, Source};
/// let mut search = Options::new()
///     .pattern("needle")
///     .source(Source::memory("a Needle").named("hay"))
///     .match_flags(MatchFlags::IGNORE_CASE | MatchFlags::WORD)
///     .open()?;
/// while let Some(item) = search.next()? {
///     assert_eq!(item.text(), b"a Needle");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub(crate) numbers: Numbers,
    pub(crate) walk: Walk,
    patterns: Vec<String>,
    sources: Vec<Source>,
    overlays: Vec<Overlay>,
    globs: Vec<Glob>,
    ignore_files: Vec<PathBuf>,
    git_configs: Vec<PathBuf>,
    git_excludes: Option<PathBuf>,
    home: Option<PathBuf>,
    encoding: Option<String>,
    pool: Option<Pool>,
    tree: Option<Tree>,
    resume: Option<String>,
    until: Option<String>,
}

impl Options {
    /// All defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more pattern: a line matches if one of them does.
    pub fn pattern(&mut self, pattern: impl Into<String>) -> &mut Self {
        self.patterns.push(pattern.into());
        self
    }

    /// One more source.
    pub fn source(&mut self, source: Source) -> &mut Self {
        self.sources.push(source);
        self
    }

    /// One more source that is a path.
    pub fn path(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        self.source(Source::path(path))
    }

    /// One more text in place of a file's.
    pub fn overlay(&mut self, overlay: Overlay) -> &mut Self {
        self.overlays.push(overlay);
        self
    }

    /// One more glob.
    pub fn glob(&mut self, glob: Glob) -> &mut Self {
        self.globs.push(glob);
        self
    }

    /// One more ignore file, of lowest precedence.
    pub fn ignore_file(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        self.ignore_files.push(path.into());
        self
    }

    /// One more of git's configuration files.
    pub fn git_config(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        self.git_configs.push(path.into());
        self
    }

    /// `core.excludesFile` if no configuration sets it.
    pub fn git_excludes(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        self.git_excludes = Some(path.into());
        self
    }

    /// The directory that `~` stands for in git's configuration.
    pub fn home(&mut self, path: impl Into<PathBuf>) -> &mut Self {
        self.home = Some(path.into());
        self
    }

    /// The encoding of files: `auto`, or a name that iconv knows.
    pub fn encoding(&mut self, name: impl Into<String>) -> &mut Self {
        self.encoding = Some(name.into());
        self
    }

    /// Whose threads search.
    pub fn pool(&mut self, pool: &Pool) -> &mut Self {
        self.pool = Some(pool.clone());
        self
    }

    /// What earlier searches have learnt, so that only files that can match are opened.
    pub fn tree(&mut self, tree: &Tree) -> &mut Self {
        self.tree = Some(tree.clone());
        self
    }

    /// Begin after the item of this cursor.
    pub fn resume(&mut self, cursor: impl Into<String>) -> &mut Self {
        self.resume = Some(cursor.into());
        self
    }

    /// End with the item of this cursor.
    pub fn until(&mut self, cursor: impl Into<String>) -> &mut Self {
        self.until = Some(cursor.into());
        self
    }

    pub(crate) fn pattern_count(&self) -> usize {
        self.patterns.len()
    }

    /// What a search has to keep: clones that share.
    pub(crate) fn kept(&self) -> Vec<Kept> {
        let overlays = self.overlays.iter().filter_map(|overlay| overlay.text.clone().map(Kept::Memory));
        self.sources.iter().filter_map(Source::kept).chain(overlays).collect()
    }
}

/// What the library borrows until a search is closed.
#[derive(Debug)]
#[allow(dead_code)] // it is there to be dropped
pub(crate) enum Kept {
    Memory(Memory),
    Descriptor(Arc<OwnedFd>),
}

impl Source {
    pub(crate) fn kept(&self) -> Option<Kept> {
        match &self.what {
            What::Path(_) => None,
            What::Memory(memory) => Some(Kept::Memory(memory.clone())),
            What::Descriptor(descriptor) => Some(Kept::Descriptor(descriptor.clone())),
        }
    }

    /// The source as C takes it: valid as long as the source and what was added to `strings`.
    pub(crate) fn to_raw(&self, strings: &mut Strings, index: usize) -> Result<sys::search_source> {
        let mut raw = EMPTY_SOURCE;
        match &self.what {
            What::Path(path) => {
                raw.kind = SourceKind::Path.raw();
                raw.path = strings.add(path, "a source's path", Subject::Source, index)?;
            }
            What::Descriptor(descriptor) => {
                raw.kind = SourceKind::Descriptor.raw();
                raw.descriptor = descriptor.as_raw_fd();
            }
            What::Memory(memory) => {
                raw.kind = SourceKind::Memory.raw();
                (raw.data, raw.size) = (memory.as_bytes().as_ptr().cast(), memory.as_bytes().len());
            }
        }
        if let Some(name) = &self.name {
            raw.name = strings.add(name, "a source's name", Subject::Source, index)?;
        }
        Ok(raw)
    }
}

const EMPTY_SOURCE: sys::search_source = sys::search_source {
    kind: 0,
    descriptor: 0,
    path: ptr::null(),
    name: ptr::null(),
    data: ptr::null(),
    size: 0,
    reserved1: 0,
    reserved2: 0,
    reserved3: 0,
};

/// Strings that end in NUL. Each stays where it is, though the list grows.
#[derive(Debug, Default)]
pub(crate) struct Strings(Vec<CString>);

impl Strings {
    fn add(&mut self, s: impl AsRef<OsStr>, what: &str, subject: Subject, index: usize) -> Result<*const c_char> {
        let string = CString::new(s.as_ref().as_bytes()).map_err(|_| Error::nul(what, subject, index))?;
        self.0.push(string);
        // The pointer is taken where the string stays: it has its bytes in a box, which must not move any more.
        Ok(self.0[self.0.len() - 1].as_ptr())
    }

    fn add_if(
        &mut self,
        s: Option<impl AsRef<OsStr>>,
        what: &str,
        subject: Subject,
        index: usize,
    ) -> Result<*const c_char> {
        s.map_or(Ok(ptr::null()), |s| self.add(s, what, subject, index))
    }
}

/// The options as C takes them. It points into the options, and into what is borrowed.
pub(crate) struct Arguments<'o> {
    raw: sys::search_options,
    walk: sys::search_walk,
    _strings: Strings,
    patterns: Vec<sys::search_pattern>,
    sources: Vec<sys::search_source>,
    overlays: Vec<sys::search_overlay>,
    globs: Vec<sys::search_glob>,
    ignore_files: Vec<*const c_char>,
    git_configs: Vec<*const c_char>,
    _options: &'o Options,
}

impl<'o> Arguments<'o> {
    pub(crate) fn new(options: &'o Options, borrowed: &[Borrowed<'o>]) -> Result<Self> {
        let mut strings = Strings::default();
        let s = &mut strings;
        let (raw, walk) = Self::numbers(options, s)?;
        let mut sources = Vec::new();
        for (index, source) in options.sources.iter().enumerate() {
            sources.push(source.to_raw(s, index)?);
        }
        let mut overlays = Vec::new();
        for (index, overlay) in options.overlays.iter().enumerate() {
            let text = overlay.text.as_ref().map(Memory::as_bytes);
            overlays.push(Self::overlay(s, &overlay.path, text, index)?);
        }
        for borrowed in borrowed {
            match *borrowed {
                Borrowed::Source { name, text } => {
                    let name = s.add(name, "a source's name", Subject::Source, sources.len())?;
                    let (data, size) = (text.as_ptr().cast(), text.len());
                    sources.push(sys::search_source {
                        kind: SourceKind::Memory.raw(),
                        name,
                        data,
                        size,
                        ..EMPTY_SOURCE
                    });
                }
                Borrowed::Overlay { path, text } => overlays.push(Self::overlay(s, path, Some(text), overlays.len())?),
            }
        }
        let mut globs = Vec::new();
        for (index, glob) in options.globs.iter().enumerate() {
            let text = s.add(&glob.text, "a glob", Subject::Glob, index)?;
            globs.push(sys::search_glob { text, flags: glob.flags.raw(), group: glob.group, reserved: 0 });
        }
        let ignore_files = Self::names(s, &options.ignore_files, "an ignore file's path", Subject::IgnoreFile)?;
        let git_configs = Self::names(s, &options.git_configs, "the path of a git configuration", Subject::GitConfig)?;
        let patterns = options.patterns.iter().map(|pattern| sys::search_pattern {
            text: pattern.as_ptr().cast(),
            length: pattern.len(),
            flags: 0,
            reserved: 0,
            reserved2: 0,
        });
        let patterns = patterns.collect();
        Ok(Self {
            raw,
            walk,
            _strings: strings,
            patterns,
            sources,
            overlays,
            globs,
            ignore_files,
            git_configs,
            _options: options,
        })
    }

    fn numbers(options: &Options, s: &mut Strings) -> Result<(sys::search_options, sys::search_walk)> {
        // SAFETY: structs of numbers and pointers, for which zero is a value.
        let (mut raw, mut walk): (sys::search_options, sys::search_walk) = unsafe { std::mem::zeroed() };
        raw.size = size_of::<sys::search_options>();
        walk.size = size_of::<sys::search_walk>();
        options.numbers.fill(&mut raw);
        options.walk.fill(&mut walk);
        raw.encoding = s.add_if(options.encoding.as_ref(), "the encoding", Subject::Encoding, 0)?;
        raw.resume = s.add_if(options.resume.as_ref(), "the cursor to resume at", Subject::Cursor, 0)?;
        raw.until = s.add_if(options.until.as_ref(), "the cursor to end at", Subject::Cursor, 1)?;
        raw.pool = options.pool.as_ref().map_or(ptr::null_mut(), Pool::as_ptr);
        raw.tree = options.tree.as_ref().map_or(ptr::null_mut(), Tree::as_ptr);
        walk.git_excludes = s.add_if(options.git_excludes.as_ref(), "the path of git's excludes", Subject::None, 0)?;
        walk.home = s.add_if(options.home.as_ref(), "the path of the home directory", Subject::None, 0)?;
        Ok((raw, walk))
    }

    fn overlay(s: &mut Strings, path: &Path, text: Option<&[u8]>, index: usize) -> Result<sys::search_overlay> {
        Ok(sys::search_overlay {
            path: s.add(path, "an overlay's path", Subject::Overlay, index)?,
            data: text.map_or(ptr::null(), |text| text.as_ptr().cast()),
            size: text.map_or(0, <[u8]>::len),
            flags: if text.is_none() { OverlayFlags::REMOVED } else { OverlayFlags::NONE }.raw(),
            reserved: 0,
            reserved2: 0,
        })
    }

    fn names(s: &mut Strings, paths: &[PathBuf], what: &str, subject: Subject) -> Result<Vec<*const c_char>> {
        paths.iter().enumerate().map(|(index, path)| s.add(path, what, subject, index)).collect()
    }

    /// More sources come from `next`.
    pub(crate) fn set_next_source(
        &mut self,
        next: unsafe extern "C" fn(*mut std::ffi::c_void, *mut sys::search_source) -> std::ffi::c_int,
        context: *mut std::ffi::c_void,
    ) {
        self.raw.next_source = Some(next);
        self.raw.next_source_context = context;
    }

    /// The struct, which points into `self`: it is valid as long as that is neither moved nor changed.
    pub(crate) fn as_raw(&mut self) -> &sys::search_options {
        (self.walk.globs, self.walk.glob_count) = (self.globs.as_ptr(), self.globs.len());
        (self.walk.ignore_files, self.walk.ignore_file_count) = (self.ignore_files.as_ptr(), self.ignore_files.len());
        (self.walk.git_configs, self.walk.git_config_count) = (self.git_configs.as_ptr(), self.git_configs.len());
        (self.raw.patterns, self.raw.pattern_count) = (self.patterns.as_ptr(), self.patterns.len());
        (self.raw.sources, self.raw.source_count) = (self.sources.as_ptr(), self.sources.len());
        (self.raw.overlays, self.raw.overlay_count) = (self.overlays.as_ptr(), self.overlays.len());
        self.raw.walk = &self.walk;
        &self.raw
    }
}

/// These call no function of the library: Miri can run them.
#[cfg(test)]
mod pure {
    use super::*;
    use crate::item::array;
    use crate::names::{MatchFlags, Status, WalkFlags};
    use std::ffi::CStr;

    fn string(s: *const c_char) -> &'static [u8] {
        // SAFETY: the tests ask only for strings that live.
        unsafe { CStr::from_ptr(s) }.to_bytes()
    }

    #[test]
    fn arguments_point_to_everything() {
        let mut options = Options::new();
        options.pattern("a\0b").pattern("");
        for n in 0..20 {
            options.path(format!("path {n}")).ignore_file(format!("ignore {n}")).glob(Glob::exclude("*.o").group(3));
        }
        options
            .source(Source::memory(String::from("text")).named("name"))
            .overlay(Overlay::new("overlay", vec![1, 2, 3]))
            .overlay(Overlay::removed("gone"))
            .git_config("config")
            .git_excludes("excludes")
            .home("home")
            .encoding("latin1")
            .resume("from")
            .until("to")
            .match_flags(MatchFlags::WORD | MatchFlags::LINE)
            .walk_flags(WalkFlags::FOLLOW)
            .max_depth(7)
            .timeout_ms(8);
        let borrowed = [
            Borrowed::Source { name: OsStr::new("lent"), text: b"lent text" },
            Borrowed::Overlay { path: Path::new("lent overlay"), text: b"" },
        ];
        let mut moved = Box::new(Arguments::new(&options, &borrowed).unwrap());
        let raw = moved.as_raw();
        // SAFETY: what as_raw() points to lives as long as `moved`.
        let (walk, patterns, sources, overlays) = unsafe {
            let patterns = array(raw.patterns, raw.pattern_count);
            (&*raw.walk, patterns, array(raw.sources, raw.source_count), array(raw.overlays, raw.overlay_count))
        };
        // SAFETY: the same.
        let (globs, ignore_files) =
            unsafe { (array(walk.globs, walk.glob_count), array(walk.ignore_files, walk.ignore_file_count)) };
        // SAFETY: the same.
        assert_eq!(unsafe { array(patterns[0].text.cast::<u8>(), patterns[0].length) }, b"a\0b");
        assert_eq!((patterns.len(), patterns[1].length), (2, 0));
        assert_eq!((sources.len(), string(sources[19].path)), (22, &b"path 19"[..]));
        assert_eq!((sources[20].size, string(sources[20].name)), (4, &b"name"[..]));
        // SAFETY: the same.
        assert_eq!(unsafe { array(sources[21].data.cast::<u8>(), sources[21].size) }, b"lent text");
        assert_eq!((overlays.len(), overlays[0].size, overlays[1].flags), (3, 3, sys::SEARCH_OVERLAY_REMOVED));
        assert_eq!((string(overlays[2].path), overlays[2].flags), (&b"lent overlay"[..], 0));
        assert_eq!((globs.len(), string(globs[19].text), globs[19].group), (20, &b"*.o"[..], 3));
        assert_eq!((ignore_files.len(), string(ignore_files[19])), (20, &b"ignore 19"[..]));
        assert_eq!(
            (walk.git_config_count, string(walk.git_excludes), string(walk.home)),
            (1, &b"excludes"[..], &b"home"[..])
        );
        assert_eq!(
            (string(raw.encoding), string(raw.resume), string(raw.until)),
            (&b"latin1"[..], &b"from"[..], &b"to"[..])
        );
        assert_eq!((raw.match_flags, walk.flags), (4 | 8, sys::SEARCH_WALK_FOLLOW));
        assert_eq!((walk.max_depth, raw.timeout_ms, raw.size), (7, 8, size_of::<sys::search_options>()));
    }

    #[test]
    fn a_nul_byte_is_refused() {
        let error = |options: &Options| Arguments::new(options, &[]).err().expect("it is refused");
        let in_source = error(Options::new().path("a").path("a\0b"));
        assert_eq!((in_source.status(), in_source.subject(), in_source.index()), (Status::Einval, Subject::Source, 1));
        assert_eq!(in_source.to_string(), "a source's path has a NUL byte in it: leave that out");
        assert_eq!(error(Options::new().glob(Glob::new("a\0b"))).subject(), Subject::Glob);
        assert_eq!(error(Options::new().until("a\0b")).index(), 1);
        assert_eq!(error(Options::new().overlay(Overlay::removed("a\0b"))).subject(), Subject::Overlay);
        assert_eq!(error(Options::new().ignore_file("a\0b")).subject(), Subject::IgnoreFile);
        assert_eq!(error(Options::new().git_config("a\0b")).subject(), Subject::GitConfig);
    }

    #[test]
    fn what_is_kept_is_shared() {
        let text: Arc<[u8]> = Arc::from(&b"text"[..]);
        let mut options = Options::new();
        options.source(Source::memory(text.clone())).overlay(Overlay::new("path", text.clone())).path("other");
        let kept = options.kept();
        assert_eq!((kept.len(), Arc::strong_count(&text)), (2, 5));
        drop((options, kept));
        assert_eq!(Arc::strong_count(&text), 1);
    }
}
