// SPDX-License-Identifier: BSD-2-Clause
//! A small grep, in order.
//!
//!     cargo run --example grep -- [-i] [-w] [-m COUNT] PATTERN [PATH...]
//!
//! Searches the paths, or the current directory, as psearch does by default: neither what git ignores nor what is
//! hidden. Prints each line that matches, with its file, its number, and the column of its first match. Exits with 0 if
//! there is one, 1 if not, 2 if something failed.

use psearch::{Item, ItemFlags, ItemKind, MatchFlags, Options, Source, Unit, WalkFlags};
use std::error::Error;
use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: grep [-i] [-w] [-m COUNT] PATTERN [PATH...]";

fn read_arguments() -> Result<Options, Box<dyn Error>> {
    let mut options = Options::new();
    let mut flags = MatchFlags::NONE;
    let mut arguments = std::env::args_os().skip(1).peekable();

    while let Some(option) = arguments.next_if(|argument| argument.as_encoded_bytes().starts_with(b"-")) {
        match option.to_str() {
            Some("-i") => flags |= MatchFlags::IGNORE_CASE,
            Some("-w") => flags |= MatchFlags::WORD,
            Some("-m") => {
                let count = arguments.next().ok_or(USAGE)?;
                options.max_matches(count.to_str().ok_or(USAGE)?.parse()?);
            }
            _ => return Err(USAGE.into()),
        }
    }
    let pattern: OsString = arguments.next().ok_or(USAGE)?;
    options.pattern(pattern.into_string().map_err(|_| "the pattern is not UTF-8")?);
    if arguments.peek().is_none() {
        options.source(Source::path(".").named(""));
    }
    for path in arguments {
        options.path(path);
    }
    options.match_flags(flags);
    options.walk_flags(WalkFlags::SKIP_HIDDEN | WalkFlags::IGNORE_VCS | WalkFlags::IGNORE_FILES);
    Ok(options)
}

fn print(out: &mut impl Write, item: &Item<'_>) -> io::Result<()> {
    // There are no spans if the line is too hard for the pattern, as an error says then.
    let column = item.spans().first().map_or(0, |span| item.column(span.begin, Unit::CodePoints));
    out.write_all(item.path_bytes())?;
    write!(out, ":{}:{}:", item.line(), column + 1)?;
    out.write_all(item.text())?;
    out.write_all(b"\n")
}

fn grep() -> Result<u8, Box<dyn Error>> {
    let mut search = read_arguments()?.open()?;
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut found, mut failed) = (false, false);

    while let Some(item) = search.next()? {
        match item.kind() {
            ItemKind::Match => print(&mut out, &item)?,
            ItemKind::Binary => writeln!(out, "{}: binary file matches", item.path().display())?,
            ItemKind::Error => {
                eprintln!("grep: {}: {}", item.path().display(), item.message());
                failed |= !item.flags().contains(ItemFlags::NOTE);
            }
            _ => {}
        }
        found |= matches!(item.kind(), ItemKind::Match | ItemKind::Binary);
    }
    out.flush()?;
    Ok(if failed { 2 } else { u8::from(!found) })
}

fn main() -> ExitCode {
    grep().map_or_else(
        |error| {
            eprint!("grep: {error}");
            if let Some(offset) = error.downcast_ref::<psearch::Error>().and_then(psearch::Error::offset) {
                eprint!(" (at byte {offset})");
            }
            eprintln!();
            ExitCode::from(2)
        },
        ExitCode::from,
    )
}
