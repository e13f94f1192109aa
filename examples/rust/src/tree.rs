// SPDX-License-Identifier: BSD-2-Clause
//! What searches learn of files, kept for later searches.

use crate::error::{Error, Result};
use crate::names::{Subject, TreeNumbers, TreeStats};
use crate::search::no_error;
use crate::sys;
use std::ffi::{c_int, CString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// A warm tree: searches that are given one find the same, and open only files that can match. Clones are the same
/// tree, which is closed when the last of them is dropped, those in [`Options`] included. Searches need none of them
/// once they are open.
///
/// Any thread may use it at any time; a call that learns goes on in its own clone.
///
/// [`Options`]: crate::Options
#[derive(Clone, Debug)]
pub struct Tree(Arc<Handle>);

#[derive(Debug)]
struct Handle(NonNull<sys::search_tree>);

// SAFETY: a tree's handle may be used by any thread until search_tree_close().
unsafe impl Send for Handle {}
// SAFETY: the same.
unsafe impl Sync for Handle {}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and this is its last use.
        unsafe { sys::search_tree_close(self.0.as_ptr()) }
    }
}

/// How much a tree keeps, and how far it trusts.
#[derive(Clone, Debug, Default)]
pub struct TreeOptions {
    pub(crate) treenumbers: TreeNumbers,
}

impl TreeOptions {
    /// All defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an empty tree.
    pub fn open(&self) -> Result<Tree> {
        let (mut error, mut handle) = (no_error(), ptr::null_mut());
        // SAFETY: a struct of numbers, for which zero is a value.
        let mut raw: sys::search_tree_options = unsafe { std::mem::zeroed() };
        raw.size = size_of::<sys::search_tree_options>();
        self.treenumbers.fill(&mut raw);
        // SAFETY: all of it lives, and has its size set.
        unsafe { sys::search_tree_open(&mut handle, &raw, &mut error) };
        NonNull::new(handle).map(|handle| Tree(Arc::new(Handle(handle)))).ok_or_else(|| Error::from_raw(&error))
    }
}

impl Tree {
    /// A tree with all defaults.
    pub fn new() -> Result<Self> {
        TreeOptions::new().open()
    }

    /// Tells that a file was created, changed, renamed or removed, or a directory and all below it. Searches that are
    /// opened after that look at it again.
    pub fn changed(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = c_path(path.as_ref())?;
        // SAFETY: the handle is open, and the path ends in NUL.
        done(unsafe { sys::search_tree_changed(self.as_ptr(), path.as_ptr()) }).map(drop)
    }

    /// Tells that anything may have changed.
    pub fn changed_all(&self) -> Result<()> {
        // SAFETY: the handle is open, and NULL stands for everything.
        done(unsafe { sys::search_tree_changed(self.as_ptr(), ptr::null()) }).map(drop)
    }

    /// Reads files that searches have listed, in this thread, for at most so many milliseconds, give or take a few.
    /// `true`: there is more to learn.
    pub fn learn(&self, milliseconds: u32) -> Result<bool> {
        // SAFETY: the handle is open.
        done(unsafe { sys::search_tree_learn(self.as_ptr(), milliseconds) }).map(|status| status > 0)
    }

    /// Ends all calls of [`learn`](Self::learn) that are at work, with `Status::Ecanceled`.
    pub fn cancel(&self) {
        // SAFETY: the handle is open.
        unsafe { sys::search_tree_cancel(self.as_ptr()) }
    }

    /// Writes what the tree has to a file, whole or not at all.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let (path, mut error) = (c_path(path.as_ref())?, no_error());
        // SAFETY: the handle is open, the path ends in NUL, and the error has its size set.
        let status = unsafe { sys::search_tree_save(self.as_ptr(), path.as_ptr(), &mut error) };
        kept(status, &error)
    }

    /// Adds what such a file has. If that is damaged, or another's, it is refused, and the tree is as it was.
    pub fn load(&self, path: impl AsRef<Path>) -> Result<()> {
        let (path, mut error) = (c_path(path.as_ref())?, no_error());
        // SAFETY: as in save().
        let status = unsafe { sys::search_tree_load(self.as_ptr(), path.as_ptr(), &mut error) };
        kept(status, &error)
    }

    /// What it has.
    pub fn stats(&self) -> TreeStats {
        // SAFETY: a struct of numbers, for which zero is a value.
        let mut raw: sys::search_tree_stats = unsafe { std::mem::zeroed() };
        raw.size = size_of::<sys::search_tree_stats>();
        // SAFETY: the handle is open, and the struct has its size set.
        unsafe { sys::search_tree_stats(self.as_ptr(), &mut raw) };
        TreeStats::from_raw(&raw)
    }

    pub(crate) fn as_ptr(&self) -> *mut sys::search_tree {
        self.0 .0.as_ptr()
    }
}

fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| Error::nul("the path", Subject::None, 0))
}

fn done(status: c_int) -> Result<c_int> {
    (status >= 0).then_some(status).ok_or_else(|| Error::from_status(status))
}

fn kept(status: c_int, error: &sys::search_error) -> Result<()> {
    (status == sys::SEARCH_OK).then_some(()).ok_or_else(|| Error::from_raw(error))
}
