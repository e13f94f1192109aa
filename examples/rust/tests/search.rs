// SPDX-License-Identifier: BSD-2-Clause
//! The crate in use, with the library.

use psearch::*;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::Poll;
use std::time::Duration;
use std::{fs, thread};

/// A directory with the files 000 to 199, each of which has the lines "first N", "needle N" and "needle again N".
fn tree() -> &'static Path {
    static TREE: OnceLock<PathBuf> = OnceLock::new();
    TREE.get_or_init(|| {
        let tree = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tree");
        fs::create_dir_all(&tree).unwrap();
        for n in 0..200 {
            let text = format!("first {n:03}\nneedle {n:03}\nneedle again {n:03}\n");
            fs::write(tree.join(format!("{n:03}")), text).unwrap();
        }
        tree
    })
}

fn needles() -> Options {
    let mut options = Options::new();
    options.pattern("needle").path(tree()).workers(2);
    options
}

fn line(item: &Item<'_>) -> String {
    let path = item.path().strip_prefix(tree()).unwrap_or(item.path());
    format!("{}:{}:{}", path.display(), item.line(), item.to_str().unwrap())
}

fn lines(options: &Options) -> Vec<String> {
    options.open().unwrap().into_iter().map(|item| line(&item.unwrap().view())).collect()
}

fn status<T>(result: Result<T>) -> Status {
    result.err().expect("a failure").status()
}

fn pipe() -> (UnixStream, UnixStream) {
    UnixStream::pair().unwrap()
}

#[test]
fn all_ways_to_take_items_agree() {
    let all = lines(&needles());
    assert_eq!((all.len(), all[0].as_str(), all[399].as_str()), (400, "000:2:needle 000", "199:3:needle again 199"));
    assert!(all.windows(2).all(|pair| pair[0] < pair[1]));

    let (mut search, mut taken) = (needles().open().unwrap(), Vec::new());
    while let Some(item) = search.next().unwrap() {
        assert_eq!((item.kind(), item.source(), item.flags()), (ItemKind::Match, 0, ItemFlags::NONE));
        taken.push(line(&item));
    }
    assert_eq!(taken, all);
    assert!(search.next().unwrap().is_none() && search.next_many(5).unwrap().is_empty());
    assert_eq!((search.outcome(), search.stats().matches), (Outcome::Complete, 400));

    let (mut search, mut taken) = (needles().open().unwrap(), Vec::new());
    assert_eq!(status(search.next_many(0)), Status::Einval);
    loop {
        let batch = search.next_many(100).unwrap();
        if batch.is_empty() {
            break;
        }
        assert_eq!(batch.len(), batch.iter().count());
        // Items may be read by several threads.
        thread::scope(|threads| {
            let other = threads.spawn(|| batch.iter().map(|item| line(&item)).collect::<Vec<_>>());
            let own: Vec<_> = batch.iter().map(|item| line(&item)).collect();
            assert_eq!(own, other.join().unwrap());
            taken.extend(own);
        });
    }
    assert_eq!(taken, all);

    let mut search = needles().open().unwrap();
    search.next().unwrap();
    assert_eq!(search.owned().count(), 399);
    assert!(search.owned().next().is_none());
}

#[test]
fn a_loop_polls() {
    #[repr(C)]
    struct PollFd {
        fd: i32,
        events: i16,
        revents: i16,
    }
    extern "C" {
        fn poll(fds: *mut PollFd, count: std::ffi::c_ulong, timeout: i32) -> i32;
    }
    let mut search = needles().caller_flags(CallerFlags::NO_HELP).open().unwrap();
    assert_eq!(search.poll_fd().unwrap().as_raw_fd(), search.as_raw_fd());
    let (mut taken, mut ended) = (Vec::new(), false);
    while !ended {
        let mut ready = PollFd { fd: search.as_raw_fd(), events: 1, revents: 0 };
        // SAFETY: one struct.
        assert_eq!(unsafe { poll(&mut ready, 1, 30000) }, 1);
        while let Poll::Ready(item) = search.try_next().unwrap() {
            let Some(item) = item else {
                ended = true;
                break;
            };
            taken.push(line(&item));
            if let Poll::Ready(batch) = search.try_next_many(3).unwrap() {
                taken.extend(batch.iter().map(|item| line(&item)));
            }
        }
    }
    assert_eq!(taken, lines(&needles()));
}

#[test]
fn errors_say_where() {
    let error = Options::new().pattern("fine").pattern("b(a").path(".").open().unwrap_err();
    assert_eq!((error.status(), error.subject(), error.index()), (Status::Epattern, Subject::Pattern, 1));
    assert_eq!(error.offset(), Some(1));
    assert_eq!(error.to_string(), format!("pattern 2: {}", error.reason()));
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::InvalidInput);
    let error = needles().glob(Glob::new("*.c")).glob(Glob::exclude("[")).open().unwrap_err();
    assert_eq!((error.subject(), error.index(), error.offset()), (Subject::Glob, 1, None));
    let error = needles().path("a\0b").open().unwrap_err();
    assert_eq!((error.status(), error.subject(), error.index()), (Status::Einval, Subject::Source, 1));
    assert_eq!(needles().encoding("nonsense").open().unwrap_err().subject(), Subject::Encoding);
    assert_eq!(PoolOptions::new().max_open_files(1).open().unwrap_err().status(), Status::Einval);
    assert_eq!(status(Options::new().pattern("(").explain()), Status::Epattern);

    let mut search = Options::new().pattern("x").path("/nonexistent").open().unwrap();
    let item = search.next().unwrap().unwrap().keep();
    let (item, _) = (item.view(), search);
    assert_eq!((item.kind(), item.reason(), item.path()), (ItemKind::Error, Reason::Open, Path::new("/nonexistent")));
    assert_eq!(item.os_error().unwrap().kind(), io::ErrorKind::NotFound);
    assert!(!item.message().is_empty() && item.text().is_empty());
}

#[test]
fn memory_is_kept() {
    let shared: Arc<[u8]> = Arc::from(&b"needle, shared"[..]);
    let mut options = Options::new();
    options
        .pattern("needle")
        .source(Source::memory(shared.clone()).named("shared"))
        .source(Source::memory(String::from("needle, owned")))
        .source(Source::memory("needle, static"))
        .source(Source::memory(Arc::<str>::from("needle, a str")));
    let search = options.open().unwrap();
    drop(options);
    assert_eq!(Arc::strong_count(&shared), 2);
    let all: Vec<_> = search.into_iter().map(|item| line(&item.unwrap().view())).collect();
    assert_eq!(all, ["shared:1:needle, shared", ":1:needle, owned", ":1:needle, static", ":1:needle, a str"]);
    assert_eq!(Arc::strong_count(&shared), 1);
}

/// The threads of a search that is leaked go on: what they read has to stay. In a static it is as leaked as by
/// `mem::forget`, except to those who look for leaks.
#[test]
fn a_leaked_search_keeps_its_memory() {
    static LEAKED: Mutex<Option<Search>> = Mutex::new(None);
    let text: Arc<[u8]> = b"some words\n".repeat(200_000).into();
    let still = Arc::downgrade(&text);
    *LEAKED.lock().unwrap() = Some(Options::new().pattern("nowhere").source(Source::memory(text)).open().unwrap());
    assert!(still.upgrade().is_some());
}

#[test]
fn a_scope_lends() {
    let text = String::from("nothing\na needle, lent\n");
    let path = tree().join("000");
    let lent = [
        Borrowed::Source { name: "lent".as_ref(), text: text.as_bytes() },
        Borrowed::Overlay { path: &path, text: b"" },
    ];
    let (all, canceler) = needles()
        .scope(&lent, |mut search| {
            let first = line(&search.next().unwrap().unwrap());
            assert_eq!((first.as_str(), search.group_count(0)), ("001:2:needle 001", 0));
            let canceler = search.canceler();
            (search.owned().map(|item| line(&item.unwrap().view())).collect::<Vec<_>>(), canceler)
        })
        .unwrap();
    assert_eq!((all.len(), all.last().unwrap().as_str()), (398, "lent:2:a needle, lent"));
    assert!(canceler.stats().is_none(), "it is closed");
    // It is closed if the closure leaks what it gets, and if it panics.
    let canceler = needles()
        .scope(&lent, |search| {
            let canceler = search.canceler();
            #[allow(clippy::forget_non_drop)] // that nothing depends on its being dropped is the point
            std::mem::forget(search);
            canceler
        })
        .unwrap();
    assert!(canceler.stats().is_none());
    let mut canceler = None;
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        needles().scope(&lent, |search| {
            canceler = Some(search.canceler());
            std::panic::resume_unwind(Box::new("mine"));
        })
    }));
    assert!(panicked.is_err() && canceler.unwrap().stats().is_none());
}

#[test]
fn overlays_take_the_place_of_files() {
    let mut options = needles();
    options
        .overlay(Overlay::new(tree().join("000"), "nothing"))
        .overlay(Overlay::new(tree().join("0005"), String::from("a needle, not saved")))
        .overlay(Overlay::removed(tree().join("001")));
    assert_eq!(lines(&options)[..2], ["0005:1:a needle, not saved", "002:2:needle 002"]);
    let error = options.overlay(Overlay::new(tree(), "a directory")).open().unwrap_err();
    assert_eq!((error.subject(), error.index()), (Subject::Overlay, 3));
}

#[test]
fn cursors_join_pages() {
    let (all, mut joined, mut words) = (lines(&needles()), Vec::new(), Vec::<String>::new());
    let mut page = needles();
    page.max_matches(70);
    loop {
        let mut search = page.open().unwrap();
        let had = joined.len();
        joined.extend(search.owned().map(|item| line(&item.unwrap().view())));
        if joined.len() == had {
            break;
        }
        words.push(search.cursor().unwrap());
        page.resume(words.last().unwrap());
    }
    assert_eq!((&joined, words.len()), (&all, 6));
    assert_eq!(lines(needles().resume(&words[0]).until(&words[1])), all[70..140]);
    assert_eq!(needles().until("no cursor").open().unwrap_err().subject(), Subject::Cursor);
    assert_eq!(status(needles().open().unwrap().cursor()), Status::Einval);
}

#[test]
fn a_pool_outlives_its_handle() {
    let pool = PoolOptions::new().workers(2).open().unwrap();
    let mut options = needles();
    options.workers(0).pool(&pool).priority(Priority::Interactive);
    let searches: Vec<_> = (0..10).map(|_| options.open().unwrap()).collect();
    assert_eq!((pool.stats().workers, pool.stats().searches), (2, 10));
    drop((pool, options));
    let threads: Vec<_> =
        searches.into_iter().map(|search| thread::spawn(move || search.into_iter().count())).collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == 400));
}

#[test]
fn a_tree_opens_what_can_match_and_outlives_its_handle() {
    let tree = TreeOptions::new().max_bytes(4 << 20).trust(TreeTrust::Stamps).open().unwrap();
    let all = lines(&needles());
    let mut options = needles();
    options.tree(&tree);
    for _ in 0..200 {
        assert_eq!(lines(&options), all);
        while tree.learn(100).unwrap() {}
        if tree.stats().files >= 200 && tree.stats().signatures >= tree.stats().files {
            break;
        }
        thread::sleep(Duration::from_millis(20)); // the files may be too young at first
    }
    let mut nothing = Options::new().pattern("no such text").path(self::tree()).tree(&tree).open().unwrap();
    assert!(nothing.next().unwrap().is_none());
    assert_eq!((nothing.stats().files_ruled_out, tree.stats().ruled_out), (200, 200));

    let searches: Vec<_> = (0..10).map(|_| options.open().unwrap()).collect();
    let learner = tree.clone();
    let learner = thread::spawn(move || learner.learn(60000));
    tree.cancel();
    drop((tree, options));
    assert!(searches.into_iter().all(|search| search.into_iter().count() == 400));
    assert!(matches!(learner.join().unwrap().map_err(|error| error.status()), Ok(false) | Err(Status::Ecanceled)));
}

#[test]
fn a_tree_is_kept_in_a_file_and_told_of_changes() {
    let tree = TreeOptions::new().trust(TreeTrust::Told).learn_percent(TREE_NO_LEARNING).open().unwrap();
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("kept");
    assert_eq!(lines(needles().tree(&tree)).len(), 400);
    tree.learn(100).unwrap();
    tree.save(&kept).unwrap();
    let other = Tree::new().unwrap();
    other.load(&kept).unwrap();
    assert_eq!(other.stats().signatures, tree.stats().signatures);
    assert_eq!(status(other.load(self::tree().join("000"))), Status::Einval);
    let error = other.save(self::tree().join("no/directory")).unwrap_err();
    assert_eq!((error.status(), error.os_error().unwrap().kind()), (Status::Esystem, io::ErrorKind::NotFound));

    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("changes");
    fs::write(&file, "one").unwrap();
    let mut two = Options::new();
    two.pattern("two").path(&file).tree(&tree);
    assert_eq!(lines(&two).len(), 0);
    fs::write(&file, "two").unwrap();
    tree.changed(&file).unwrap();
    assert_eq!(lines(&two).len(), 1);
    tree.changed_all().unwrap();
    assert_eq!(lines(&two).len(), 1);

    assert_eq!(status(tree.changed("a\0b")), Status::Einval);
    assert_eq!(status(tree.load("a\0b")), Status::Einval);
    assert_eq!(TreeOptions::new().max_bytes(1).open().unwrap_err().status(), Status::Einval);
}

#[test]
fn a_canceler_may_come_late() {
    let (reader, _writer) = pipe(); // with nothing in it: the search waits until it is cancelled
    let mut search =
        Options::new().pattern("x").source(Source::memory("x")).source(Source::descriptor(reader)).open().unwrap();
    let canceler = search.canceler();
    assert!(search.next().unwrap().is_some());
    let other = thread::spawn({
        let canceler = canceler.clone();
        move || canceler.cancel()
    });
    assert_eq!(status(search.next()), Status::Ecanceled);
    assert_eq!(search.outcome(), Outcome::Canceled);
    assert_eq!(search.owned().map(|item| item.is_err()).collect::<Vec<_>>(), [true]);
    assert!(canceler.stats().is_some());
    drop(search);
    canceler.cancel();
    assert!(canceler.stats().is_none());
    other.join().unwrap();
}

/// Cancel and close at the same time, many times: of these one comes first, and neither sees a handle that is gone.
#[test]
fn cancel_and_close_race() {
    for _ in 0..100 {
        let mut search = needles().open().unwrap();
        let cancelers: Vec<_> = (0..2)
            .map(|_| {
                let canceler = search.canceler();
                thread::spawn(move || {
                    while canceler.stats().is_some() {
                        canceler.cancel();
                    }
                })
            })
            .collect();
        let _ = search.next();
        drop(search);
        cancelers.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

#[test]
fn more_sources() {
    let mut n = 0;
    let next = move || {
        n += 1;
        Ok(match n {
            151.. => None,
            _ if n % 2 == 1 => Some(Source::path(tree().join("001")).named(format!("named {n}"))),
            _ => Some(Source::memory(format!("needle {n}"))),
        })
    };
    let search = needles().open_with(next).unwrap();
    let all: Vec<_> = search.into_iter().map(|item| line(&item.unwrap().view())).collect();
    assert_eq!(all.len(), 400 + 75 * 3);
    assert_eq!((all[400].as_str(), all[402].as_str()), ("named 1:2:needle 001", ":1:needle 2"));
    assert_eq!(all.last().unwrap(), ":1:needle 150");

    // A failure of the host's is the search's.
    let mut search = needles().open_with(|| Err(io::Error::other("mine"))).unwrap();
    let items: Vec<_> = search.owned().collect();
    let error = items.last().unwrap().as_ref().unwrap_err();
    assert_eq!((items.len(), error.status()), (401, Status::Esource));
    assert!(error.to_string().ends_with(": mine") && std::error::Error::source(error).is_some());
    assert_eq!(search.outcome(), Outcome::Failed);
    let error =
        needles().open_with(|| Ok(Some(Source::path("a\0b")))).unwrap().into_iter().last().unwrap().unwrap_err();
    assert_eq!(error.message(), "a source's path has a NUL byte in it: leave that out");

    // A panic comes out of the call, and not through the library.
    let mut search = needles().open_with(|| std::panic::resume_unwind(Box::new("mine"))).unwrap();
    let payload = catch_unwind(AssertUnwindSafe(|| search.owned().count())).unwrap_err();
    assert_eq!(*payload.downcast::<&str>().unwrap(), "mine");
}

#[test]
fn descriptors_are_owned() {
    let (reader, mut writer) = pipe();
    writer.write_all(b"no\na needle in a pipe\n").unwrap();
    drop(writer);
    let mut options = Options::new();
    options.pattern("needle").source(Source::descriptor(reader).named("pipe"));
    assert_eq!(lines(&options), ["pipe:2:a needle in a pipe"]);
    let mut file = fs::File::open(tree().join("007")).unwrap();
    file.read_exact(&mut [0; 20]).unwrap();
    let mut options = Options::new();
    options.pattern("needle").source(Source::descriptor(file));
    assert_eq!(lines(&options), [":2:needle again 007"]);
}

#[test]
fn places_in_a_line() {
    let mut search = Options::new()
        .pattern("nothing")
        .pattern(r"(?<name>\w+)=(?<value>\w+)?")
        .source(Source::memory("é😀 key=value other=\n"))
        .result_flags(ResultFlags::GROUPS)
        .open()
        .unwrap();
    assert_eq!((search.group_count(0), search.group_count(1), search.group_count(2)), (0, 2, 0));
    assert_eq!((search.group_name(1, 2), search.group_name(1, 3)), (Some(c"value"), None));
    let kept = search.next().unwrap().unwrap().keep();
    drop(search);
    let item = kept.view();
    let [first, second] = item.spans() else { panic!("two spans") };
    assert_eq!(
        (first.pattern, item.get(first.range()), item.get(second.range())),
        (1, &b"key=value"[..], &b"other="[..])
    );
    let columns = [Unit::Bytes, Unit::CodePoints, Unit::Utf16].map(|unit| item.column(first.begin, unit));
    assert_eq!(columns, [7, 3, 4]);
    let groups = |span| item.groups(span).iter().map(|g| g.range().map(|r| item.get(r))).collect::<Vec<_>>();
    assert_eq!(groups(first), [Some(&b"key"[..]), Some(b"value")]);
    assert_eq!(groups(second), [Some(&b"other"[..]), None]);
}

#[test]
fn what_options_do() {
    let with = |change: &dyn Fn(&mut Options) -> &mut Options| {
        let mut options = needles();
        change(&mut options);
        lines(&options).len()
    };
    assert_eq!(with(&|o| o.glob(Glob::new("00*"))), 20);
    assert_eq!(with(&|o| o.glob(Glob::exclude("0*"))), 200);
    assert_eq!(with(&|o| o.max_depth(NO_WALK)), 0);
    assert_eq!(with(&|o| o.workers(NO_WORKERS)), 400);
    assert_eq!(with(&|o| o.result_flags(ResultFlags::LIST | ResultFlags::FILE_INFO)), 200);
    assert_eq!(with(&|o| o.match_flags(MatchFlags::INVERT)), 200);
    assert_eq!(with(&|o| o.pattern("FIRST").match_flags(MatchFlags::IGNORE_CASE)), 600);
    assert_eq!(with(&|o| o.before_context(1).after_context(1)), 600);
    let mut list = needles();
    let mut search = list.result_flags(ResultFlags::LIST | ResultFlags::FILE_INFO).open().unwrap();
    let item = search.next().unwrap().unwrap();
    let metadata = fs::metadata(tree().join("000")).unwrap();
    assert_eq!((item.kind(), item.file_size(), item.file_number()), (ItemKind::File, metadata.len(), 0));
    assert_eq!(item.inode(), std::os::unix::fs::MetadataExt::ino(&metadata));
}

#[test]
fn the_library_tells() {
    assert_eq!(build().version, version());
    assert_eq!(version().to_str().unwrap(), env!("CARGO_PKG_VERSION"));
    let mut options = Options::new();
    options.pattern("needle").pattern(r"[^\s\S]");
    assert!(options.explain().unwrap().starts_with("patterns: 2\n"));
    assert_eq!(options.open().unwrap().never(), Some((Never::Character, 1)));
    assert_eq!(needles().open().unwrap().never(), None);
}

/// Each struct, and each field, is where the library that is loaded has it.
#[test]
fn the_layout_is_the_librarys() {
    for &(name, place) in sys::LAYOUT {
        let c_name = std::ffi::CString::new(name).unwrap();
        // SAFETY: the name ends in NUL.
        assert_eq!(unsafe { sys::search_layout(c_name.as_ptr()) }, place, "{name}");
    }
    assert!(sys::LAYOUT.len() > 100);
}
