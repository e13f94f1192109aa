// SPDX-License-Identifier: BSD-2-Clause
//! Why a call failed.

use crate::names::{Status, Subject};
use crate::sys;
use std::ffi::{c_int, CStr};
use std::{fmt, io};

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a call failed: a status, a sentence for a person, and which of the options is at fault, if one is.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    status: Status,
    subject: Subject,
    index: usize,
    offset: Option<usize>,
    system_error: c_int,
    message: String,
    reason_at: usize,
    cause: Option<Cause>,
}

/// What calls of this crate return.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    fn new(status: Status, message: String) -> Self {
        Self(Box::new(Inner {
            status,
            subject: Subject::None,
            index: 0,
            offset: None,
            system_error: 0,
            message,
            reason_at: 0,
            cause: None,
        }))
    }

    pub(crate) fn from_status(status: c_int) -> Self {
        // SAFETY: any number may be asked for; the text is static, and never NULL.
        let text = unsafe { CStr::from_ptr(sys::search_strerror(status)) };
        Self::new(Status::from_raw(status), text.to_string_lossy().into_owned())
    }

    pub(crate) fn from_raw(raw: &sys::search_error) -> Self {
        let message: Vec<u8> = raw.message.iter().map(|&c| c as u8).take_while(|&c| c != 0).collect();
        let mut error = Self::new(Status::from_raw(raw.code), String::from_utf8_lossy(&message).into_owned());
        error.0.subject = Subject::from_raw(raw.subject);
        error.0.index = raw.index;
        error.0.offset = (error.0.subject == Subject::Pattern && raw.offset != usize::MAX).then_some(raw.offset);
        error.0.system_error = raw.system_error;
        error.0.reason_at = raw.reason_at as usize;
        error
    }

    /// A string with a NUL in it: the library would see only what is before that.
    pub(crate) fn nul(what: &str, subject: Subject, index: usize) -> Self {
        let mut error = Self::new(Status::Einval, format!("{what} has a NUL byte in it: leave that out"));
        error.0.subject = subject;
        error.0.index = index;
        error
    }

    /// The host's own reason why there are no more sources.
    pub(crate) fn from_cause(status: c_int, cause: io::Error) -> Self {
        let mut error = Self::from_status(status);
        error.0.message = format!("{}: {cause}", error.0.message);
        error.0.cause = Some(Box::new(cause));
        error
    }

    /// What kind of failure it is.
    pub fn status(&self) -> Status {
        self.0.status
    }

    /// Which of the options is at fault, and [`index`](Self::index) which element of it.
    pub fn subject(&self) -> Subject {
        self.0.subject
    }

    /// Which element of the subject is at fault.
    pub fn index(&self) -> usize {
        self.0.index
    }

    /// The byte of a pattern at which the fault is, if that is known.
    pub fn offset(&self) -> Option<usize> {
        self.0.offset
    }

    /// The system call's error, if one failed.
    pub fn os_error(&self) -> Option<io::Error> {
        (self.0.system_error != 0).then(|| io::Error::from_raw_os_error(self.0.system_error))
    }

    /// One sentence for a person.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What is wrong with a pattern: the message without the pattern's number.
    pub fn reason(&self) -> &str {
        self.0.message.get(self.0.reason_at..).unwrap_or(&self.0.message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.cause.as_ref().map(|cause| cause.as_ref() as _)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.status() {
            Status::Einval | Status::Epattern | Status::Esource => io::ErrorKind::InvalidInput,
            Status::Enomem => io::ErrorKind::OutOfMemory,
            Status::Etimedout => io::ErrorKind::TimedOut,
            Status::Eversion => io::ErrorKind::Unsupported,
            _ => error.os_error().map_or(io::ErrorKind::Other, |e| e.kind()),
        };
        io::Error::new(kind, error)
    }
}
