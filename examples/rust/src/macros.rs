// SPDX-License-Identifier: BSD-2-Clause
//! How flags and enums of C are types of Rust.

/// A word of flags: a type of its own, so that flags of different words do not mix.
macro_rules! flags {
    ($(#[$what:meta])* $name:ident { $($(#[$doc:meta])* $flag:ident = $value:expr,)* }) => {
        $(#[$what])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name(u32);

        #[allow(dead_code)] // each word of flags has all of it, whoever makes use of it
        impl $name {
            $($(#[$doc])* pub const $flag: Self = Self($value);)*
            /// No flag.
            pub const NONE: Self = Self(0);
            /// Whether all flags of `other` are set.
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }
            /// The word as it is in C.
            pub const fn raw(self) -> u32 {
                self.0
            }
            pub(crate) const fn from_raw(raw: u32) -> Self {
                Self(raw)
            }
        }

        impl std::ops::BitOr for $name {
            type Output = Self;
            fn bitor(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }
        }

        impl std::ops::BitOrAssign for $name {
            fn bitor_assign(&mut self, other: Self) {
                self.0 |= other.0;
            }
        }
    };
}

/// An enum that the caller chooses from.
macro_rules! chosen {
    ($(#[$what:meta])* $name:ident: $kind:ty { $($(#[$doc:meta])* $variant:ident = $value:expr,)* }) => {
        $(#[$what])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// The value in C.
            pub const fn raw(self) -> $kind {
                match self { $(Self::$variant => $value,)* }
            }
        }
    };
}

/// An enum that the library returns: a later version of it may know more.
macro_rules! returned {
    ($(#[$what:meta])* $name:ident: $kind:ty { $($(#[$doc:meta])* $variant:ident = $value:expr,)* }) => {
        $(#[$what])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)*
            /// What only a later version of this crate knows.
            Unknown($kind),
        }

        impl $name {
            pub(crate) const fn from_raw(raw: $kind) -> Self {
                $(if raw == $value { return Self::$variant; })*
                Self::Unknown(raw)
            }
        }
    };
}

pub(crate) use {chosen, flags, returned};
