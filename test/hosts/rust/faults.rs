// SPDX-License-Identifier: BSD-2-Clause
//! The crate while the library lacks memory, files, threads and descriptors: `faults DIRECTORY`, an empty one.
//!
//! In each trial another call of libpsearch's fails, the first, the second, and so on until a trial has no more of them
//! (see ../faults.c); in some trials all from there on. A trial finds everything; or an error item accounts for what is
//! missing; or a call returns an `Err`, with a reason. Nothing is left of it, and the next search finds everything. No
//! panic is caught: the first one ends the test.

use psearch::*;
use std::alloc::{GlobalAlloc, Layout, System};
use std::fs::{self, File, OpenOptions};
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

const ALL: u32 = u32::MAX;

/// Counts the blocks that Rust has: those of the crate, and of this test.
struct Counting;

static BLOCKS: AtomicI64 = AtomicI64::new(0);

// SAFETY: all is done by System.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BLOCKS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: by the contract of this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        BLOCKS.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: by the contract of this function.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What faults.c shares with its host: see struct control there.
struct Faults(File);

struct Shared {
    calls: u32,
    failed: u32,
    live: u32,
    name: String,
}

impl Faults {
    /// Call number `first` of those that follow fails, and so do the ones after it, `count` in all; ALL: none.
    fn arm(&self, first: u32, count: u32) {
        let words = [first, count, 0, 0].map(u32::to_ne_bytes);
        self.0.write_all_at(words.as_flattened(), 0).unwrap();
    }

    fn read(&self) -> Shared {
        let mut bytes = [0; 48];
        self.0.read_exact_at(&mut bytes, 0).unwrap();
        let word = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap());
        let name = String::from_utf8_lossy(&bytes[24..]).trim_end_matches('\0').to_string();
        Shared { calls: word(8), failed: word(12), live: word(16), name }
    }
}

/// What a use of the crate found, and what error items said.
#[derive(Default)]
struct Found {
    lines: Vec<String>,
    told: Vec<String>,
}

impl Found {
    fn take(&mut self, item: &Item<'_>) {
        if item.kind() == ItemKind::Error {
            assert!(!item.message().is_empty() && item.reason() != Reason::None, "{item:?} tells nothing");
            self.told.push(format!("{}: {}", item.path().display(), item.message()));
        } else {
            let spans: Vec<_> = item.spans().iter().map(|span| (span.range(), item.groups(span).len())).collect();
            self.lines.push(format!("{}:{}:{}:{spans:?}", item.path().display(), item.line(), item.to_string_lossy()));
        }
    }

    fn take_all(&mut self, mut search: Search) -> Result<()> {
        search.owned().try_for_each(|item| Ok(self.take(&item?.view())))
    }
}

struct Uses {
    tree: PathBuf,
    kept: PathBuf,
}

/// Ways to use the crate.
impl Uses {
    fn options(&self, pattern: &str) -> Options {
        let mut options = Options::new();
        options.pattern(pattern).path(&self.tree).workers(2);
        options
    }

    /// All that a search is given, and all that may be asked of it.
    fn everything(&self, found: &mut Found) -> Result<()> {
        let mut more = vec![Source::path(self.tree.join("d0/f0")), Source::memory("needle 2\n").named("later")];
        let mut options = self.options("needle (?<n>[0-9])$");
        options
            .pattern("hay")
            .source(Source::memory("needle 1\nhay\n").named("memory"))
            .result_flags(ResultFlags::GROUPS)
            .walk_flags(WalkFlags::IGNORE_VCS)
            .glob(Glob::new("f*"))
            .glob(Glob::exclude("*3"))
            .overlay(Overlay::new(self.tree.join("d1/f0"), "needle 5\n"))
            .overlay(Overlay::removed(self.tree.join("d1/f1")))
            .ignore_file(self.tree.join("d0/f1"))
            .home(&self.tree)
            .encoding("auto");
        let mut search = options.open_with(move || Ok(more.pop()))?;
        while let Some(item) = search.next()? {
            found.take(&item);
        }
        found.lines.push(format!("{:?} {:?} {:?}", search.group_name(0, 1), search.outcome(), search.never()));
        assert!(search.stats().bytes > 0 || !found.told.is_empty());
        Ok(())
    }

    fn without_threads(&self, found: &mut Found) -> Result<()> {
        let mut search = self.options("needle").workers(NO_WORKERS).open()?;
        loop {
            let batch = search.next_many(7)?;
            if batch.is_empty() {
                return Ok(());
            }
            batch.iter().for_each(|item| found.take(&item));
        }
    }

    /// It is not read to its end.
    fn left(&self, found: &mut Found) -> Result<()> {
        let mut search = self.options("needle").open()?;
        for item in search.owned().take(10) {
            found.take(&item?.view());
        }
        found.lines = vec!["left".into()];
        Ok(())
    }

    fn in_loop(&self, found: &mut Found) -> Result<()> {
        let mut search = self.options("needle").caller_flags(CallerFlags::NO_HELP).open()?;
        assert!(search.poll_fd()?.as_raw_fd() > 0);
        loop {
            match search.try_next()? {
                Poll::Ready(None) => return Ok(()),
                Poll::Ready(Some(item)) => found.take(&item),
                Poll::Pending => thread::yield_now(),
            }
        }
    }

    fn in_scope(&self, found: &mut Found) -> Result<()> {
        let text = String::from("a needle, lent\n");
        let lent = [Borrowed::Source { name: "lent".as_ref(), text: text.as_bytes() }];
        self.options("needle")
            .scope(&lent, |mut search| search.owned().try_for_each(|item| Ok(found.take(&item?.view()))))?
    }

    fn pages(&self, found: &mut Found) -> Result<()> {
        let mut options = self.options("needle");
        options.max_matches(9);
        // After an error in a directory its items would come again.
        while found.told.is_empty() {
            let (mut search, had) = (options.open()?, found.lines.len());
            while let Some(item) = search.next()? {
                found.take(&item);
            }
            if found.lines.len() == had {
                break;
            }
            options.resume(search.cursor()?);
        }
        Ok(())
    }

    fn in_pool(&self, found: &mut Found) -> Result<()> {
        let pool = PoolOptions::new().workers(2).open()?;
        let searches = ["needle", "hay"].map(|pattern| self.options(pattern).workers(0).pool(&pool).open());
        assert!(pool.stats().workers > 0);
        drop(pool);
        searches.into_iter().try_for_each(|search| found.take_all(search?))
    }

    /// What a tree has not learnt, for lack of memory, changes nothing.
    fn in_tree(&self, found: &mut Found) -> Result<()> {
        let tree = TreeOptions::new().trust(TreeTrust::Told).open()?;
        let other = Tree::new()?;
        found.take_all(self.options("needle").workers(1).tree(&tree).open()?)?;
        tree.learn(20)?;
        tree.changed(self.tree.join("d0/f0"))?;
        let _ = fs::remove_file(&self.kept);
        tree.save(&self.kept)?;
        assert!(self.kept.exists());
        other.load(&self.kept)?;
        found.take_all(self.options("needle 1$").workers(1).tree(&other).open()?)
    }

    fn explained(&self, found: &mut Found) -> Result<()> {
        found.lines.push(self.options(r"(\w+) \1").explain()?);
        Ok(())
    }
}

/// Blocks of the library, descriptors and threads.
type Held = (u32, usize, usize);

fn held(faults: &Faults) -> Held {
    let count = |directory| fs::read_dir(directory).unwrap().count();
    (faults.read().live, count("/proc/self/fd"), count("/proc/self/task"))
}

/// Whether all of some are in the other, in this order.
fn is_part(some: &[String], of: &[String]) -> bool {
    let mut rest = of.iter();
    some.iter().all(|each| rest.any(|other| other == each))
}

type Use = fn(&Uses, &mut Found) -> Result<()>;

struct Trials<'t> {
    uses: &'t Uses,
    faults: &'t Faults,
    trials: u32,
    told: u32,
    threads: usize, // how many there are while no search is open
}

impl Trials<'_> {
    /// Whether it tells that something failed.
    fn attempt(&self, what: &str, using: Use, wanted: &[String]) -> bool {
        let blocks = BLOCKS.load(Ordering::Relaxed);
        let told = self.attempt_unchecked(what, using, wanted);
        let left = BLOCKS.load(Ordering::Relaxed) - blocks;
        assert_eq!(left, 0, "{what}: of Rust's own blocks some are left");
        told
    }

    fn attempt_unchecked(&self, what: &str, using: Use, wanted: &[String]) -> bool {
        let mut found = Found::default();
        if let Err(error) = using(self.uses, &mut found) {
            let known = matches!(error.status(), Status::Enomem | Status::Esystem) || error.os_error().is_some();
            assert!(known && !error.message().is_empty(), "{what}: {error:?} tells nothing");
            return true;
        }
        let Found { lines, told } = &found;
        let accounted = lines == wanted || !told.is_empty() && is_part(lines, wanted);
        assert!(accounted, "{what}: it finds {lines:#?}, not {wanted:#?}, and says {told:?}");
        !told.is_empty()
    }

    /// Waits until it holds of what is held, which is returned. A pool's threads free what is left of its searches, and a
    /// thread that was joined is listed for a moment.
    fn wait_until(&self, what: &str, wanted: &str, holds: impl Fn(Held) -> bool) -> Held {
        let patience = std::env::var("PS_PATIENCE").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
        let end = Instant::now() + patience * Duration::from_secs(10);
        loop {
            let now = held(self.faults);
            if holds(now) {
                return now;
            }
            assert!(Instant::now() < end, "{what}: blocks, descriptors and threads are {now:?}, not {wanted}");
            thread::sleep(Duration::from_micros(200));
        }
    }

    fn check_held(&self, what: &str, before: Held) {
        self.wait_until(what, &format!("{before:?}"), |now| now == before);
    }

    /// One trial; whether a call failed.
    fn try_one(&mut self, what: &str, using: Use, wanted: &[String], first: u32, count: u32) -> bool {
        let what = format!("{what}, call {first}{}", if count == ALL { " and all after it" } else { "" });
        self.faults.arm(first, count);
        let told = self.attempt(&what, using, wanted);
        let failed = self.faults.read().failed > 0;
        self.faults.arm(ALL, 1);
        assert!(failed || !told, "{what}: nothing has failed, and it says so");
        self.trials += u32::from(failed);
        self.told += u32::from(told);
        failed
    }

    fn try_all(&mut self, what: &str, using: Use, alone: &[String]) {
        // Of so many trials there is one in which all calls fail from there on.
        let each = if std::env::var_os("PS_LONG").is_some() { 1 } else { 3 };
        let mut wanted = Found::default();
        self.faults.arm(ALL, 1);
        using(self.uses, &mut wanted).unwrap();
        assert!(self.faults.read().calls > 0 && wanted.told.is_empty() && !wanted.lines.is_empty(), "{what}");
        let before = self.wait_until(what, "with those of a start", |held| held.2 == self.threads);
        let trials = self.trials;
        for first in 1.. {
            let goes_on = self.try_one(what, using, &wanted.lines, first, 1);
            if first % each == 0 {
                self.try_one(what, using, &wanted.lines, first, ALL);
            }
            let what = format!("{what}, call {first}, {}", self.faults.read().name);
            self.check_held(&what, before);
            self.attempt(&format!("a search after {what}"), Uses::without_threads, alone);
            if !goes_on {
                break;
            }
        }
        assert!(self.trials - trials > 20, "{what}: only {} calls failed", self.trials - trials);
    }
}

fn main() {
    let directory = PathBuf::from(std::env::args_os().nth(1).expect("a directory"));
    let control = std::env::var_os("FAULTS_CONTROL").expect("see with_faults() in host.sh");
    let faults = Faults(OpenOptions::new().read(true).write(true).open(control).unwrap());
    let uses = Uses { tree: directory.join("tree"), kept: directory.join("kept") };
    for name in ["d0/f0", "d0/f1", "d1/f0", "d1/f1"] {
        let path = uses.tree.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, (0..5).map(|n| format!("needle {n}\nhay\n")).collect::<String>()).unwrap();
        // Old enough for a warm tree to learn it.
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)).unwrap();
    }
    let mut alone = Found::default();
    uses.without_threads(&mut alone).unwrap();
    let mut trials = Trials { uses: &uses, faults: &faults, trials: 0, told: 0, threads: held(&faults).2 };
    let all: [(&str, Use); 9] = [
        ("everything", Uses::everything),
        ("without threads", Uses::without_threads),
        ("left", Uses::left),
        ("in a loop", Uses::in_loop),
        ("in a scope", Uses::in_scope),
        ("pages", Uses::pages),
        ("in a pool", Uses::in_pool),
        ("in a tree", Uses::in_tree),
        ("explained", Uses::explained),
    ];
    for (what, using) in all {
        trials.try_all(what, using, &alone.lines);
    }
    println!("{} trials, of which {} told of a failure", trials.trials, trials.told);
}
