// SPDX-License-Identifier: BSD-2-Clause
//! Finds libpsearch: in `PSEARCH_LIB_DIR`, in the build directory of the checkout that this crate lies in, or where
//! pkg-config says. `PSEARCH_LINK=static` links `libpsearch.a`, and what `psearch.pc` says it needs; otherwise the
//! shared library is linked. Unless pkg-config found it, tests and examples get its directory as their rpath.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn has_library(directory: &Path) -> bool {
    ["libpsearch.so", "libpsearch.a"].iter().any(|name| directory.join(name).exists())
}

fn pkg_config(argument: &str) -> Option<String> {
    let program = env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let output = Command::new(program).args([argument, "psearch"]).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// What a static libpsearch needs: `Libs.private` of the `psearch.pc` beside it.
fn private_libraries(directory: &Path) -> Option<String> {
    let text =
        ["psearch.pc", "pkgconfig/psearch.pc"].iter().find_map(|f| fs::read_to_string(directory.join(f)).ok())?;
    let line = text.lines().find_map(|line| line.strip_prefix("Libs.private:"))?;
    Some(line.to_string())
}

fn main() {
    for name in ["PSEARCH_LIB_DIR", "PSEARCH_LINK", "PKG_CONFIG", "PKG_CONFIG_PATH"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    let checkout = Path::new(&env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../../build");
    let given = env::var_os("PSEARCH_LIB_DIR").map(PathBuf::from);
    let (directory, installed) = match given {
        Some(directory) if has_library(&directory) => (directory, false),
        Some(directory) => panic!("PSEARCH_LIB_DIR: there is no libpsearch in {}", directory.display()),
        None if has_library(&checkout) => (checkout.canonicalize().expect("it exists"), false),
        None => match pkg_config("--variable=libdir") {
            Some(directory) => (PathBuf::from(directory), true),
            None => {
                panic!("libpsearch is not found: run make in its checkout, or set PSEARCH_LIB_DIR or PKG_CONFIG_PATH")
            }
        },
    };
    println!("cargo:rustc-link-search=native={}", directory.display());
    if env::var("PSEARCH_LINK").as_deref() == Ok("static") {
        let Some(libraries) = private_libraries(&directory) else {
            panic!("there is no psearch.pc beside {}/libpsearch.a, which says what it needs", directory.display());
        };
        println!("cargo:rerun-if-changed={}", directory.join("libpsearch.a").display());
        println!("cargo:rustc-link-lib=static=psearch");
        for library in libraries.split_whitespace().filter_map(|word| word.strip_prefix("-l")) {
            println!("cargo:rustc-link-lib={library}");
        }
    } else {
        println!("cargo:rustc-link-lib=psearch");
        if !installed {
            println!("cargo:rustc-link-arg=-Wl,-rpath,{}", directory.display());
        }
    }
}
