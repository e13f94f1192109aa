// SPDX-License-Identifier: BSD-2-Clause
//! Items: borrowed, as the library hands them out, and kept.
//!
//! 1. An [`Item`] borrows the search mutably: the compiler knows that it dies with the next call that takes one.
//! 2. The library does not touch an item between the call that takes it and the next, and its function for items,
//!    `search_column`, may be called from any thread. So items are `Send` and `Sync`, unlike the search.
//! 3. An [`OwnedItem`] has copies of all that the item points to, in `Arc`s: memory that does not move with it.

use crate::names::Unit;
use crate::sys;
pub use crate::sys::{search_group as Group, search_span as Span};
use std::borrow::Cow;
use std::ffi::{c_char, CStr, OsStr};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::{fmt, io, slice, str};

/// One thing found. What it tells is the library's.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    pub(crate) raw: &'a sys::search_item,
    /// How many groups each pattern has.
    group_counts: &'a [usize],
}

// SAFETY: see invariant 2; group_counts is plain memory.
unsafe impl Send for Item<'_> {}
// SAFETY: the same.
unsafe impl Sync for Item<'_> {}

/// # Safety
/// Unless `length` is 0, `data` is NULL or has `length` elements, which stay as they are for `'a`.
pub(crate) unsafe fn array<'a, T>(data: *const T, length: usize) -> &'a [T] {
    if data.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: by the contract of this function.
    unsafe { slice::from_raw_parts(data, length) }
}

impl<'a> Item<'a> {
    /// # Safety
    /// `raw` is an item that stays as it is for `'a`, with all that it points to.
    pub(crate) unsafe fn from_raw(raw: *const sys::search_item, group_counts: &'a [usize]) -> Self {
        // SAFETY: by the contract of this function.
        Self { raw: unsafe { &*raw }, group_counts }
    }

    /// The name to show: the file's, as the source was named.
    pub fn path(&self) -> &'a Path {
        Path::new(OsStr::from_bytes(self.path_bytes()))
    }

    /// The same as bytes.
    pub fn path_bytes(&self) -> &'a [u8] {
        // SAFETY: so the header defines the fields.
        unsafe { array(self.raw.path.cast(), self.raw.path_length) }
    }

    /// `Match`, `Context`: the line without its terminator; with `ItemFlags::WINDOW` a part of it.
    pub fn text(&self) -> &'a [u8] {
        // SAFETY: so the header defines the fields.
        unsafe { array(self.raw.text.cast(), self.raw.length) }
    }

    /// The text as a string, if it is UTF-8.
    pub fn to_str(&self) -> Result<&'a str, str::Utf8Error> {
        str::from_utf8(self.text())
    }

    /// The text as a string, with U+FFFD for what is not UTF-8.
    pub fn to_string_lossy(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.text())
    }

    /// `Match`: all matches in the line, in order.
    pub fn spans(&self) -> &'a [Span] {
        // SAFETY: so the header defines the fields.
        unsafe { array(self.raw.spans, self.raw.span_count) }
    }

    /// The text of a span or group; with `ItemFlags::WINDOW` as much of it as is in the window.
    pub fn get(&self, range: Range<usize>) -> &'a [u8] {
        let in_window = |byte: usize| {
            let at = (byte as u64).saturating_sub(self.raw.text_offset);
            usize::try_from(at).map_or(self.raw.length, |at| at.min(self.raw.length))
        };
        self.text().get(in_window(range.start)..in_window(range.end)).unwrap_or(&[])
    }

    /// What the groups of a match matched, from group 1 on, with `ResultFlags::GROUPS`.
    pub fn groups(&self, span: &Span) -> &'a [Group] {
        // SAFETY: so the header defines the fields.
        let all: &[Group] = unsafe { array(self.raw.groups, self.raw.group_count) };
        let first = span.first_group as usize;
        let count = self.group_counts.get(span.pattern as usize).copied().unwrap_or(0);
        all.get(first..first.saturating_add(count)).unwrap_or(&[])
    }

    /// `Error`: reason and remedy, without the path.
    pub fn message(&self) -> Cow<'a, str> {
        let message: *const c_char = self.raw.message;
        if message.is_null() {
            return Cow::Borrowed("");
        }
        // SAFETY: it is NUL-terminated, and lives as long as the item.
        unsafe { CStr::from_ptr(message) }.to_string_lossy()
    }

    /// `Error`: the system call's error, if one failed.
    pub fn os_error(&self) -> Option<io::Error> {
        (self.raw.error != 0).then(|| io::Error::from_raw_os_error(self.raw.error))
    }

    /// How many units of the line precede a byte of it, which is counted as in spans.
    pub fn column(&self, byte: usize, unit: Unit) -> usize {
        // SAFETY: the item is valid, and any byte may be asked for.
        unsafe { sys::search_column(self.raw, byte, unit.raw() as _) }
    }

    /// A copy that outlives the search.
    pub fn keep(&self) -> OwnedItem {
        let mut raw = *self.raw;
        let (path, text) = (Arc::from(self.path_bytes()), Arc::from(self.text()));
        let message: Option<Arc<[u8]>> = (!raw.message.is_null()).then(|| {
            // SAFETY: it is NUL-terminated, and lives as long as the item.
            unsafe { CStr::from_ptr(raw.message) }.to_bytes_with_nul().into()
        });
        let spans: Arc<[Span]> = self.spans().into();
        // SAFETY: so the header defines the fields.
        let groups: Arc<[Group]> = unsafe { array(raw.groups, raw.group_count) }.into();
        raw.path = Arc::<[u8]>::as_ptr(&path).cast();
        if !raw.text.is_null() {
            raw.text = Arc::<[u8]>::as_ptr(&text).cast();
        }
        if let Some(message) = &message {
            raw.message = Arc::<[u8]>::as_ptr(message).cast();
        }
        raw.spans = Arc::as_ptr(&spans).cast();
        raw.groups = Arc::as_ptr(&groups).cast();
        OwnedItem {
            raw,
            group_counts: self.group_counts.into(),
            _path: path,
            _text: text,
            _message: message,
            _spans: spans,
            _groups: groups,
        }
    }
}

impl fmt::Debug for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item")
            .field("kind", &self.kind())
            .field("path", &self.path())
            .field("line", &self.line())
            .field("text", &self.to_string_lossy())
            .field("message", &self.message())
            .finish_non_exhaustive()
    }
}

impl Group {
    /// The bytes of the line, counted as in a span; `None` if the group took no part in the match.
    pub fn range(&self) -> Option<Range<usize>> {
        (self.begin != sys::SEARCH_NO_GROUP).then_some(self.begin..self.end)
    }
}

impl Span {
    /// The bytes of the line.
    pub fn range(&self) -> Range<usize> {
        self.begin..self.end
    }
}

/// An item that was kept: [`view`](Self::view) is the item.
#[derive(Clone)]
pub struct OwnedItem {
    /// Points into the Arcs.
    raw: sys::search_item,
    group_counts: Arc<[usize]>,
    _path: Arc<[u8]>,
    _text: Arc<[u8]>,
    _message: Option<Arc<[u8]>>,
    _spans: Arc<[Span]>,
    _groups: Arc<[Group]>,
}

// SAFETY: what the pointers of `raw` lead to is immutable, and the Arcs keep it.
unsafe impl Send for OwnedItem {}
// SAFETY: the same.
unsafe impl Sync for OwnedItem {}

impl OwnedItem {
    /// The item, as it was taken.
    pub fn view(&self) -> Item<'_> {
        Item { raw: &self.raw, group_counts: &self.group_counts }
    }
}

impl fmt::Debug for OwnedItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

/// What one call of `next_many` or `try_next_many` took; empty at the end.
#[derive(Clone, Copy)]
pub struct Batch<'a> {
    items: &'a [*const sys::search_item],
    group_counts: &'a [usize],
}

// SAFETY: as for Item.
unsafe impl Send for Batch<'_> {}
// SAFETY: as for Item.
unsafe impl Sync for Batch<'_> {}

impl<'a> Batch<'a> {
    /// # Safety
    /// `items` are `count` pointers to items, or NULL and 0, and all of this stays as it is for `'a`.
    pub(crate) unsafe fn from_raw(
        items: *const *const sys::search_item,
        count: usize,
        group_counts: &'a [usize],
    ) -> Self {
        // SAFETY: by the contract of this function.
        Self { items: unsafe { array(items, count) }, group_counts }
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// One of them.
    pub fn get(&self, index: usize) -> Option<Item<'a>> {
        // SAFETY: by the contract of from_raw().
        self.items.get(index).map(|&raw| unsafe { Item::from_raw(raw, self.group_counts) })
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Item<'a>> + 'a {
        let group_counts = self.group_counts;
        // SAFETY: by the contract of from_raw().
        self.items.iter().map(move |&raw| unsafe { Item::from_raw(raw, group_counts) })
    }
}

impl fmt::Debug for Batch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// These call no function of the library: Miri can run them.
#[cfg(test)]
mod pure {
    use super::*;

    pub(super) fn item() -> sys::search_item {
        // SAFETY: a struct of numbers and pointers, for which zero is a value.
        unsafe { std::mem::zeroed() }
    }

    #[test]
    fn nothing_is_null() {
        let raw = item();
        // SAFETY: it lives, and points to nothing.
        let item = unsafe { Item::from_raw(&raw, &[]) };
        assert!(item.text().is_empty() && item.path_bytes().is_empty() && item.spans().is_empty());
        assert_eq!(item.message(), "");
        assert!(item.get(0..10).is_empty());
        let kept = item.keep();
        assert!(kept.view().text().is_empty() && kept.view().raw.message.is_null());
    }

    #[test]
    fn kept_items_own_what_they_point_to() {
        let kept = {
            let path = b"a/b\0".to_vec();
            let text = b"key=value".to_vec();
            let message = b"why\0".to_vec();
            let spans = [Span { begin: 0, end: 9, pattern: 1, first_group: 1 }];
            let groups = [
                Group { begin: 8, end: 9 },
                Group { begin: 0, end: 3 },
                Group { begin: sys::SEARCH_NO_GROUP, end: sys::SEARCH_NO_GROUP },
            ];
            let mut raw = item();
            (raw.path, raw.path_length) = (path.as_ptr().cast(), 3);
            (raw.text, raw.length) = (text.as_ptr().cast(), text.len());
            (raw.spans, raw.span_count) = (spans.as_ptr(), 1);
            (raw.groups, raw.group_count) = (groups.as_ptr(), 3);
            raw.message = message.as_ptr().cast();
            // SAFETY: all of it lives.
            unsafe { Item::from_raw(&raw, &[1, 2]) }.keep()
        };
        let moved = Box::new(kept.clone());
        drop(kept);
        let item = moved.view();
        assert_eq!(item.path(), Path::new("a/b"));
        assert_eq!(item.message(), "why");
        let span = item.spans()[0];
        assert_eq!(item.get(span.range()), b"key=value");
        let groups = item.groups(&span);
        assert_eq!(groups.iter().map(|g| g.range()).collect::<Vec<_>>(), [Some(0..3), None]);
        assert!(item.groups(&Span { pattern: 7, ..span }).is_empty());
        assert!(item.groups(&Span { first_group: u32::MAX, ..span }).is_empty());
    }

    #[test]
    fn a_window_shows_part_of_a_span() {
        let text = b"window";
        let mut raw = item();
        (raw.text, raw.length, raw.text_offset) = (text.as_ptr().cast(), 6, 100);
        // SAFETY: all of it lives.
        let item = unsafe { Item::from_raw(&raw, &[]) };
        assert_eq!(item.get(98..103), b"win");
        assert_eq!(item.get(103..1000), b"dow");
        assert_eq!(item.get(0..usize::MAX), b"window");
        assert!(item.get(0..100).is_empty() && item.get(106..107).is_empty());
        assert!(item.get(Range { start: 105, end: 101 }).is_empty());
    }

    #[test]
    fn a_batch_is_an_array_of_pointers() {
        let items = [item(), item()];
        let pointers = [&items[1] as *const _, &items[0] as *const _];
        // SAFETY: all of it lives.
        let batch = unsafe { Batch::from_raw(pointers.as_ptr(), 2, &[]) };
        assert_eq!((batch.len(), batch.iter().len()), (2, 2));
        assert!(std::ptr::eq(batch.get(0).unwrap().raw, &items[1]) && batch.get(2).is_none());
        // SAFETY: there is none.
        assert!(unsafe { Batch::from_raw(std::ptr::null(), 0, &[]) }.is_empty());
    }
}
