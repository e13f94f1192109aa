// SPDX-License-Identifier: BSD-2-Clause
//! libpsearch, ordered parallel text search, in safe Rust.
//!
//! ```no_run
//! # fn main() -> psearch::Result<()> {
//! let mut search = psearch::Options::new().pattern("TODO|FIXME").path("src").open()?;
//! while let Some(item) = search.next()? {
//!     println!("{}:{}:{}", item.path().display(), item.line(), item.to_string_lossy());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Names are the header's, as Rust writes them: `SEARCH_MATCH_WORD` is [`MatchFlags::WORD`], `SEARCH_EPATTERN` is
//! [`Status::Epattern`], and `options.max_matches` is [`Options::max_matches`]. `psearch.h` is the contract.
#![deny(unsafe_op_in_unsafe_fn, missing_docs)]
#![warn(missing_debug_implementations, clippy::undocumented_unsafe_blocks)]

mod error;
mod item;
mod macros;
#[rustfmt::skip]
mod names;
mod options;
mod pool;
mod search;
#[rustfmt::skip]
pub mod sys;
mod tree;

#[cfg(doctest)]
mod refused;

pub use error::{Error, Result};
pub use item::{Batch, Group, Item, OwnedItem, Span};
pub use names::{
    CallerFlags, GlobFlags, ItemFlags, ItemKind, MatchFlags, Never, Outcome, PoolStats, Priority, Reason, ResultFlags,
    Stats, Status, Subject, Syntax, TreeStats, TreeTrust, Unit, WalkFlags,
};
pub use options::{Borrowed, Glob, Memory, Options, Overlay, Source};
pub use pool::{Pool, PoolOptions};
pub use search::{build, version, Build, Canceler, IntoIter, Lease, Owned, Search};
pub use sys::{
    SEARCH_GLOB_GROUPS as GLOB_GROUPS, SEARCH_NO_WALK as NO_WALK, SEARCH_NO_WORKERS as NO_WORKERS,
    SEARCH_TREE_NO_LEARNING as TREE_NO_LEARNING,
};
pub use tree::{Tree, TreeOptions};
