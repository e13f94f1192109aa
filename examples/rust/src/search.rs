// SPDX-License-Identifier: BSD-2-Clause
//! An open search.
//!
//! 1. A handle is closed once, in `Drop`, after it is taken out of [`Shared`] under its lock. Other threads use it only
//!    under that lock, and only with the two functions that allow this: so they never meet one that is closed.
//! 2. All else needs the [`Search`], which is `Send`, and not `Sync`: one thread at a time.
//! 3. What the library borrows is in `kept`, and in [`Given`], which go after the handle is closed. If the search is
//!    leaked, they are leaked with it.
//! 4. Nothing unwinds through the library: a panic of the host's source of sources is caught, and goes on when the call
//!    has returned.

use crate::error::{Error, Result};
use crate::item::{Batch, Item, OwnedItem};
use crate::names::{Never, Outcome, Stats};
use crate::options::{Arguments, Borrowed, Kept, Options, Source, Strings};
use crate::sys;
use std::any::Any;
use std::ffi::{c_int, c_void, CStr};
use std::ops::Deref;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::panic::{self, AssertUnwindSafe};
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::Poll;
use std::{fmt, io};

type NextSource = dyn FnMut() -> io::Result<Option<Source>> + Send;

/// The handle, for other threads: `None` once it is closed.
#[derive(Debug)]
struct Shared(Mutex<Option<NonNull<sys::search>>>);

// SAFETY: invariant 1.
unsafe impl Send for Shared {}
// SAFETY: invariant 1.
unsafe impl Sync for Shared {}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<NonNull<sys::search>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cancel(&self) {
        if let Some(handle) = *self.lock() {
            // SAFETY: any thread may call it while the handle is open, which it is while the lock is held.
            unsafe { sys::search_cancel(handle.as_ptr()) }
        }
    }

    fn stats(&self) -> Option<Stats> {
        let handle = self.lock();
        // SAFETY: a struct of numbers, for which zero is a value.
        let mut raw: sys::search_stats = unsafe { std::mem::zeroed() };
        raw.size = size_of::<sys::search_stats>();
        // SAFETY: as in cancel(), and the struct has its size set.
        unsafe { sys::search_stats((*handle)?.as_ptr(), &mut raw) };
        Some(Stats::from_raw(&raw))
    }
}

/// Ends a search from any thread, at any time: after the search is closed it does nothing.
#[derive(Clone, Debug)]
pub struct Canceler(Arc<Shared>);

impl Canceler {
    /// The search's next call returns `Status::Ecanceled`, even if it is waiting already. This takes a lock: a signal
    /// handler may not call it.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// How far the search has come; `None` after it is closed.
    pub fn stats(&self) -> Option<Stats> {
        self.0.stats()
    }
}

/// What hands out further sources, while the library asks for them.
struct Given {
    next: Box<NextSource>,
    /// Of the source that was handed out last: in use until the next call.
    strings: Strings,
    current: Option<Source>,
    kept: Vec<Kept>,
    failure: Option<Failure>,
}

enum Failure {
    Error(Error),
    Panic(Box<dyn Any + Send>),
}

impl Given {
    fn next(&mut self) -> Result<Option<sys::search_source>> {
        self.current = (self.next)().map_err(|cause| Error::from_cause(sys::SEARCH_ESOURCE, cause))?;
        self.strings = Strings::default();
        let Some(source) = &self.current else { return Ok(None) };
        self.kept.extend(source.kept());
        source.to_raw(&mut self.strings, 0).map(Some)
    }

    /// What the library calls, on the thread that takes items.
    unsafe extern "C" fn call(context: *mut c_void, source: *mut sys::search_source) -> c_int {
        // SAFETY: the context is a Given, which nobody else touches while a function of the library runs.
        let given = unsafe { &mut *context.cast::<Given>() };
        match panic::catch_unwind(AssertUnwindSafe(|| given.next())) {
            Ok(Ok(Some(raw))) => {
                // SAFETY: the library passes a struct to be filled in.
                unsafe { source.write(raw) };
                return 1;
            }
            Ok(Ok(None)) => return 0,
            Ok(Err(error)) => given.failure = Some(Failure::Error(error)),
            Err(payload) => given.failure = Some(Failure::Panic(payload)),
        }
        sys::SEARCH_ESOURCE
    }
}

/// An open search. Dropping it ends it at once.
///
/// It may go from thread to thread, and is used by one at a time. Items are lent: `next` borrows the search mutably as
/// long as its item is in use. [`owned`](Self::owned) and `for` copy them instead.
pub struct Search {
    handle: NonNull<sys::search>,
    shared: Arc<Shared>,
    given: Option<NonNull<Given>>,
    group_counts: Vec<usize>,
    _kept: Vec<Kept>,
}

// SAFETY: a handle may go from thread to thread; what is kept is Send, and so is the source of sources.
unsafe impl Send for Search {}

pub(crate) fn no_error() -> sys::search_error {
    // SAFETY: a struct of numbers, for which zero is a value.
    let mut error: sys::search_error = unsafe { std::mem::zeroed() };
    error.size = size_of::<sys::search_error>();
    error
}

/// Whether the library that is loaded lays out items as this crate reads them. Other structs have their size in them.
fn check_library() -> Result<()> {
    static FITS: OnceLock<bool> = OnceLock::new();
    let fits = FITS.get_or_init(|| {
        sys::LAYOUT.iter().all(|&(name, place)| {
            let c_name: Vec<u8> = [name.as_bytes(), b"\0"].concat();
            // SAFETY: the name ends in NUL.
            let there = unsafe { sys::search_layout(c_name.as_ptr().cast()) };
            !name.starts_with("search_item") || there == place || (name == "search_item" && there > place)
        })
    });
    fits.then_some(()).ok_or_else(|| Error::from_status(sys::SEARCH_EVERSION))
}

impl Options {
    /// Starts a search. The options may be used again.
    pub fn open(&self) -> Result<Search> {
        Search::open(Arguments::new(self, &[])?, self, None)
    }

    /// The same, with more sources, until there are no more. The search ends with `Status::Esource` if there is an
    /// error; a panic comes out of the call that takes items. Texts and descriptors are kept until the search is
    /// closed.
    pub fn open_with(&self, next: impl FnMut() -> io::Result<Option<Source>> + Send + 'static) -> Result<Search> {
        Search::open(Arguments::new(self, &[])?, self, Some(Box::new(next)))
    }

    /// A search of texts that are borrowed, beside what the options name: it is open while `f` runs, and is closed
    /// before this returns, or unwinds.
    ///
    /// ```
    /// # fn main() -> psearch::Result<()> {
    /// use psearch::{Borrowed, Options};
    /// let text = String::from("one\ntwo\n");
    /// let lent = Borrowed::Source { name: "buffer".as_ref(), text: text.as_bytes() };
    /// let line = Options::new().pattern("tw").scope(&[lent], |mut search| {
    ///     search.next().map(|item| item.expect("it matches").line())
    /// })??;
    /// assert_eq!(line, 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn scope<R>(&self, borrowed: &[Borrowed<'_>], f: impl FnOnce(Lease<'_>) -> R) -> Result<R> {
        let mut search = Search::open(Arguments::new(self, borrowed)?, self, None)?;
        // `f` gets at the search only through a Lease, so it can neither leak it nor take it away: it is dropped here.
        Ok(f(Lease(&mut search)))
    }

    /// How a search with these options would look for its patterns, and why. Nothing is opened.
    pub fn explain(&self) -> Result<String> {
        let (mut arguments, mut error) = (Arguments::new(self, &[])?, no_error());
        let mut text = vec![0u8; 65536];
        // SAFETY: all of it lives, and has its size set. The text is shorter than the buffer.
        let length =
            unsafe { sys::search_explain(arguments.as_raw(), text.as_mut_ptr().cast(), text.len(), &mut error) };
        text.truncate(usize::try_from(length).map_err(|_| Error::from_raw(&error))?);
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

impl Search {
    fn open(mut arguments: Arguments<'_>, options: &Options, next: Option<Box<NextSource>>) -> Result<Self> {
        check_library()?;
        let given = next.map(|next| {
            let given = Given { next, strings: Strings::default(), current: None, kept: Vec::new(), failure: None };
            NonNull::from(Box::leak(Box::new(given)))
        });
        if let Some(given) = given {
            arguments.set_next_source(Given::call, given.as_ptr().cast());
        }
        let (mut handle, mut error) = (ptr::null_mut(), no_error());
        // SAFETY: all of it lives, and has its size set. What is borrowed beyond the call is kept below; what a scope
        // lends outlives the scope.
        unsafe { sys::search_open(&mut handle, arguments.as_raw(), &mut error) };
        let Some(handle) = NonNull::new(handle) else {
            free_given(given);
            return Err(Error::from_raw(&error));
        };
        let group_counts = (0..options.pattern_count())
            // SAFETY: the handle is open.
            .map(|pattern| unsafe { sys::search_group_count(handle.as_ptr(), pattern) })
            .collect();
        let shared = Arc::new(Shared(Mutex::new(Some(handle))));
        Ok(Self { handle, shared, given, group_counts, _kept: options.kept() })
    }

    /// Ends a call that takes items, with what it returned, or with the failure that the host itself caused.
    fn taken(&mut self, status: c_int) -> Result<usize> {
        if let Ok(count) = usize::try_from(status) {
            return Ok(count);
        }
        if let Some(mut given) = self.given {
            // SAFETY: no function of the library runs, so nobody else touches it.
            match unsafe { given.as_mut() }.failure.take() {
                Some(Failure::Panic(payload)) => panic::resume_unwind(payload),
                Some(Failure::Error(error)) if status == sys::SEARCH_ESOURCE => return Err(error),
                _ => {}
            }
        }
        Err(Error::from_status(status))
    }

    /// Gets the next item: waits for it, or helps to find it. `None` at the end.
    #[allow(clippy::should_implement_trait)] // an iterator could not lend
    pub fn next(&mut self) -> Result<Option<Item<'_>>> {
        let mut raw = ptr::null();
        // SAFETY: the handle is open, and this is the only thread that uses it.
        let status = unsafe { sys::search_next(self.handle.as_ptr(), &mut raw) };
        let count = self.taken(status)?;
        // SAFETY: an item stays as it is until the next call that takes one, for which `self` must not be borrowed.
        Ok((count > 0).then(|| unsafe { Item::from_raw(raw, &self.group_counts) }))
    }

    /// The same without waiting: `Poll::Pending` if nothing is ready.
    pub fn try_next(&mut self) -> Result<Poll<Option<Item<'_>>>> {
        let mut raw = ptr::null();
        // SAFETY: as in next().
        let status = unsafe { sys::search_try_next(self.handle.as_ptr(), &mut raw) };
        if status == sys::SEARCH_EAGAIN {
            return Ok(Poll::Pending);
        }
        let count = self.taken(status)?;
        // SAFETY: as in next().
        Ok(Poll::Ready((count > 0).then(|| unsafe { Item::from_raw(raw, &self.group_counts) })))
    }

    /// Several items with one call: those that are at hand, at most `most`, which is not 0. None at the end.
    pub fn next_many(&mut self, most: usize) -> Result<Batch<'_>> {
        let mut raw = ptr::null();
        // SAFETY: as in next().
        let status = unsafe { sys::search_next_many(self.handle.as_ptr(), &mut raw, most) };
        let count = self.taken(status)?;
        // SAFETY: as in next().
        Ok(unsafe { Batch::from_raw(raw, count, &self.group_counts) })
    }

    /// The same without waiting: `Poll::Pending` if nothing is ready.
    pub fn try_next_many(&mut self, most: usize) -> Result<Poll<Batch<'_>>> {
        let mut raw = ptr::null();
        // SAFETY: as in next().
        let status = unsafe { sys::search_try_next_many(self.handle.as_ptr(), &mut raw, most) };
        if status == sys::SEARCH_EAGAIN {
            return Ok(Poll::Pending);
        }
        let count = self.taken(status)?;
        // SAFETY: as in next().
        Ok(Poll::Ready(unsafe { Batch::from_raw(raw, count, &self.group_counts) }))
    }

    /// The items that are left, each with memory of its own.
    pub fn owned(&mut self) -> Owned<'_> {
        Owned { search: self, ended: false }
    }

    /// A word that says where the search stands, for [`Options::resume`] and [`Options::until`].
    pub fn cursor(&self) -> Result<String> {
        let mut word = vec![0u8; 256];
        loop {
            // SAFETY: the handle is open, this is the only thread that uses it, and the buffer has that size.
            let length = unsafe { sys::search_cursor(self.handle.as_ptr(), word.as_mut_ptr().cast(), word.len()) };
            let length = usize::try_from(length).map_err(|_| Error::from_status(length))?;
            let fits = length < word.len();
            word.resize(if fits { length } else { length + 1 }, 0);
            if fits {
                return Ok(String::from_utf8_lossy(&word).into_owned());
            }
        }
    }

    /// A descriptor that polls readable when [`try_next`](Self::try_next) has something to say. It is the library's,
    /// and each call returns the same.
    pub fn poll_fd(&self) -> Result<BorrowedFd<'_>> {
        // SAFETY: the handle is open, and this is the only thread that uses it.
        let descriptor = unsafe { sys::search_fd(self.handle.as_ptr()) };
        if descriptor < 0 {
            return Err(Error::from_status(descriptor));
        }
        // SAFETY: it is open as long as the search, which is borrowed.
        Ok(unsafe { BorrowedFd::borrow_raw(descriptor) })
    }

    /// What other threads can do with the search.
    pub fn canceler(&self) -> Canceler {
        Canceler(self.shared.clone())
    }

    /// Ends the search early: the next call returns `Status::Ecanceled`.
    pub fn cancel(&self) {
        self.shared.cancel();
    }

    /// How far the search has come.
    pub fn stats(&self) -> Stats {
        self.shared.stats().expect("the search is open")
    }

    /// How the search ended, or that it has not.
    pub fn outcome(&self) -> Outcome {
        // SAFETY: the handle is open, and this is the only thread that uses it.
        Outcome::from_raw(unsafe { sys::search_outcome(self.handle.as_ptr()) })
    }

    /// The first pattern that can never match, and why.
    pub fn never(&self) -> Option<(Never, usize)> {
        let mut pattern = 0;
        // SAFETY: the handle is open, and this is the only thread that uses it.
        let why = Never::from_raw(unsafe { sys::search_never(self.handle.as_ptr(), &mut pattern) });
        (why != Never::None).then_some((why, pattern))
    }

    /// How many groups a pattern has, with `ResultFlags::GROUPS`.
    pub fn group_count(&self, pattern: usize) -> usize {
        self.group_counts.get(pattern).copied().unwrap_or(0)
    }

    /// The name of a group, from 1, if it has one.
    pub fn group_name(&self, pattern: usize, group: usize) -> Option<&CStr> {
        // SAFETY: the handle is open, and this is the only thread that uses it.
        let name = unsafe { sys::search_group_name(self.handle.as_ptr(), pattern, group) };
        // SAFETY: it ends in NUL, and lives as long as the search, which is borrowed.
        (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) })
    }
}

fn free_given(given: Option<NonNull<Given>>) {
    if let Some(given) = given {
        // SAFETY: it was leaked from a box, and no search uses it any more.
        drop(unsafe { Box::from_raw(given.as_ptr()) });
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        // Nobody can cancel it after this; the lock is not held while the library waits for its threads.
        let handle = self.shared.lock().take();
        if let Some(handle) = handle {
            // SAFETY: the handle is open, this is its last use, and items borrow the search.
            unsafe { sys::search_close(handle.as_ptr()) }
        }
        free_given(self.given);
    }
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Search").field("outcome", &self.outcome()).finish_non_exhaustive()
    }
}

/// # Panics
/// If the descriptor cannot be made. Each call returns the same one: [`Search::poll_fd`] tells beforehand.
impl AsFd for Search {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.poll_fd().expect("a descriptor for polling")
    }
}

/// # Panics
/// As `AsFd`.
impl AsRawFd for Search {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

/// A search that is open while [`Options::scope`] runs.
#[derive(Debug)]
pub struct Lease<'s>(&'s mut Search);

/// What needs no `&mut Search`: with that, one search could be swapped for another that lives longer.
impl Deref for Lease<'_> {
    type Target = Search;
    fn deref(&self) -> &Search {
        self.0
    }
}

impl Lease<'_> {
    /// See [`Search::next`].
    #[allow(clippy::should_implement_trait)] // an iterator could not lend
    pub fn next(&mut self) -> Result<Option<Item<'_>>> {
        self.0.next()
    }

    /// See [`Search::try_next`].
    pub fn try_next(&mut self) -> Result<Poll<Option<Item<'_>>>> {
        self.0.try_next()
    }

    /// See [`Search::next_many`].
    pub fn next_many(&mut self, most: usize) -> Result<Batch<'_>> {
        self.0.next_many(most)
    }

    /// See [`Search::try_next_many`].
    pub fn try_next_many(&mut self, most: usize) -> Result<Poll<Batch<'_>>> {
        self.0.try_next_many(most)
    }

    /// See [`Search::owned`].
    pub fn owned(&mut self) -> Owned<'_> {
        self.0.owned()
    }
}

/// Copies of a search's items. After an error there are no more.
#[derive(Debug)]
pub struct Owned<'s> {
    search: &'s mut Search,
    ended: bool,
}

/// The same, for a search that it owns.
#[derive(Debug)]
pub struct IntoIter {
    search: Search,
    ended: bool,
}

fn next_owned(search: &mut Search, ended: &mut bool) -> Option<Result<OwnedItem>> {
    if *ended {
        return None;
    }
    let item = search.next().map(|item| item.map(|item| item.keep())).transpose();
    *ended = !matches!(item, Some(Ok(_)));
    item
}

impl Iterator for Owned<'_> {
    type Item = Result<OwnedItem>;
    fn next(&mut self) -> Option<Self::Item> {
        next_owned(self.search, &mut self.ended)
    }
}

impl Iterator for IntoIter {
    type Item = Result<OwnedItem>;
    fn next(&mut self) -> Option<Self::Item> {
        next_owned(&mut self.search, &mut self.ended)
    }
}

impl std::iter::FusedIterator for Owned<'_> {}
impl std::iter::FusedIterator for IntoIter {}

impl IntoIterator for Search {
    type Item = Result<OwnedItem>;
    type IntoIter = IntoIter;
    fn into_iter(self) -> IntoIter {
        IntoIter { search: self, ended: false }
    }
}

/// What the library that is loaded can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Build {
    /// Its version.
    pub version: &'static CStr,
    /// The compressed formats that `MatchFlags::DECOMPRESS` reads, separated by spaces.
    pub formats: &'static CStr,
    /// The instruction set in use.
    pub simd: &'static CStr,
    /// The version of Oniguruma.
    pub oniguruma: &'static CStr,
}

/// What the library that is loaded can do.
pub fn build() -> Build {
    // SAFETY: a struct of a number and pointers, for which zero is a value.
    let mut raw: sys::search_build = unsafe { std::mem::zeroed() };
    raw.size = size_of::<sys::search_build>();
    // SAFETY: the struct has its size set.
    unsafe { sys::search_build(&mut raw) };
    let text = |s: *const std::ffi::c_char| {
        if s.is_null() {
            return c""; // the library is too old to have it
        }
        // SAFETY: strings of this struct are static.
        unsafe { CStr::from_ptr(s) }
    };
    Build {
        version: text(raw.version),
        formats: text(raw.formats),
        simd: text(raw.simd),
        oniguruma: text(raw.oniguruma),
    }
}

/// The version of the library that is loaded.
pub fn version() -> &'static CStr {
    // SAFETY: the string is static.
    unsafe { CStr::from_ptr(sys::search_version()) }
}
