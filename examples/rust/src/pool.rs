// SPDX-License-Identifier: BSD-2-Clause
//! Threads, descriptors and memory that searches share.

use crate::error::{Error, Result};
use crate::names::{PoolNumbers, PoolStats};
use crate::sys;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// A pool. Clones are the same pool, which is closed when the last of them is dropped, those in [`Options`] included.
/// Searches need none of them once they are open: they go on, and the last of them ends the pool's threads.
///
/// [`Options`]: crate::Options
#[derive(Clone, Debug)]
pub struct Pool(Arc<Handle>);

#[derive(Debug)]
struct Handle(NonNull<sys::search_pool>);

// SAFETY: a pool's handle may be used by any thread until search_pool_close().
unsafe impl Send for Handle {}
// SAFETY: the same.
unsafe impl Sync for Handle {}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and this is its last use.
        unsafe { sys::search_pool_close(self.0.as_ptr()) }
    }
}

/// Bounds of a pool: they hold for all its searches together.
#[derive(Clone, Debug, Default)]
pub struct PoolOptions {
    pub(crate) poolnumbers: PoolNumbers,
}

impl PoolOptions {
    /// All defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the pool and its threads.
    pub fn open(&self) -> Result<Pool> {
        let (mut error, mut handle) = (crate::search::no_error(), ptr::null_mut());
        // SAFETY: a struct of numbers, for which zero is a value.
        let mut raw: sys::search_pool_options = unsafe { std::mem::zeroed() };
        raw.size = size_of::<sys::search_pool_options>();
        self.poolnumbers.fill(&mut raw);
        // SAFETY: all of it lives, and has its size set.
        unsafe { sys::search_pool_open(&mut handle, &raw, &mut error) };
        NonNull::new(handle).map(|handle| Pool(Arc::new(Handle(handle)))).ok_or_else(|| Error::from_raw(&error))
    }
}

impl Pool {
    /// A pool with all defaults.
    pub fn new() -> Result<Self> {
        PoolOptions::new().open()
    }

    /// How it is used.
    pub fn stats(&self) -> PoolStats {
        // SAFETY: a struct of numbers, for which zero is a value.
        let mut raw: sys::search_pool_stats = unsafe { std::mem::zeroed() };
        raw.size = size_of::<sys::search_pool_stats>();
        // SAFETY: the handle is open, and the struct has its size set.
        unsafe { sys::search_pool_stats(self.as_ptr(), &mut raw) };
        PoolStats::from_raw(&raw)
    }

    pub(crate) fn as_ptr(&self) -> *mut sys::search_pool {
        self.0 .0.as_ptr()
    }
}
