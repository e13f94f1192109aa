// SPDX-License-Identifier: BSD-2-Clause
//! What the compiler refuses. Each example lacks one line, or has one too many: the error's number says that it is
//! refused for this. (rustdoc compares the number if it runs with `RUSTC_BOOTSTRAP=1`.)
//!
//! An item dies with the next call:
//! ```compile_fail,E0499
//! let mut search = psearch::Options::new().open()?;
//! let item = search.next()?;
//! search.next()?;
//! println!("{item:?}");
//! # psearch::Result::Ok(())
//! ```
//! So does all of a batch:
//! ```compile_fail,E0499
//! let mut search = psearch::Options::new().open()?;
//! let text = search.next_many(10)?.get(0).unwrap().text();
//! search.next_many(10)?;
//! println!("{text:?}");
//! # psearch::Result::Ok(())
//! ```
//! And neither outlives the search:
//! ```compile_fail,E0505
//! let mut search = psearch::Options::new().open()?;
//! let path = search.next()?.unwrap().path();
//! drop(search);
//! println!("{path:?}");
//! # psearch::Result::Ok(())
//! ```
//! Nor does the descriptor:
//! ```compile_fail,E0505
//! let search = psearch::Options::new().open()?;
//! let descriptor = search.poll_fd()?;
//! drop(search);
//! println!("{descriptor:?}");
//! # psearch::Result::Ok(())
//! ```
//! A kept item, and a canceler, do:
//! ```
//! let mut search = psearch::Options::new().source(psearch::Source::memory("text")).pattern("e").open()?;
//! let item = search.next()?.unwrap().keep();
//! let canceler = search.canceler();
//! drop(search);
//! canceler.cancel();
//! assert_eq!(item.view().text(), b"text");
//! # psearch::Result::Ok(())
//! ```
//! Threads do not share a search:
//! ```compile_fail,E0277
//! let search = psearch::Options::new().open()?;
//! std::thread::scope(|threads| {
//!     threads.spawn(|| search.outcome());
//! });
//! # psearch::Result::Ok(())
//! ```
//! ```compile_fail,E0277
//! fn sync<T: Sync>() {}
//! sync::<psearch::Lease<'static>>();
//! ```
//! They hand it on, and share what is left:
//! ```
//! fn send<T: Send>() {}
//! fn both<T: Send + Sync>() {}
//! send::<psearch::Search>();
//! send::<psearch::IntoIter>();
//! both::<psearch::Canceler>();
//! both::<psearch::Pool>();
//! both::<psearch::Tree>();
//! both::<psearch::Options>();
//! both::<psearch::Item<'static>>();
//! both::<psearch::Batch<'static>>();
//! both::<psearch::OwnedItem>();
//! both::<psearch::Error>();
//! ```
//! Text that is borrowed cannot be a source, as the search may be leaked:
//! ```compile_fail,E0597
//! let text = String::from("text");
//! let search = psearch::Options::new().source(psearch::Source::memory(text.as_str())).open()?;
//! std::mem::forget(search);
//! # psearch::Result::Ok(())
//! ```
//! In a scope it can be lent. It is not changed there:
//! ```compile_fail,E0502
//! let mut text = String::from("text");
//! let lent = psearch::Borrowed::Source { name: "".as_ref(), text: text.as_bytes() };
//! psearch::Options::new().scope(&[lent], |mut search| {
//!     text.push('x');
//!     search.next().is_ok()
//! })?;
//! # psearch::Result::Ok(())
//! ```
//! The search does not leave the scope:
//! ```compile_fail,E0521
//! let mut kept = None;
//! psearch::Options::new().scope(&[], |search| kept = Some(search))?;
//! # psearch::Result::Ok(())
//! ```
//! Not even in exchange for another one:
//! ```compile_fail,E0596
//! let mut other = psearch::Options::new().open()?;
//! psearch::Options::new().scope(&[], |mut search| std::mem::swap(&mut *search, &mut other))?;
//! # psearch::Result::Ok(())
//! ```
//! What hands out sources goes with the search from thread to thread:
//! ```compile_fail,E0277
//! let count = std::rc::Rc::new(0);
//! psearch::Options::new().open_with(move || Ok((*count > 0).then(|| psearch::Source::path("."))))?;
//! # psearch::Result::Ok(())
//! ```
//! Flags of different words do not mix:
//! ```compile_fail,E0308
//! psearch::Options::new().match_flags(psearch::MatchFlags::WORD | psearch::WalkFlags::FOLLOW);
//! ```
