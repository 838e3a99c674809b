//! Programs that must not compile, since types are there to stop them, and the errors that they get.
//!
//! A folder has the programs, and beside each the errors in short: the place, the code and the message. After a change of
//! the compiler's words, or of a program, `HORN_UPDATE=1 cargo test misuse` writes them anew: look at what has changed.
//!
//! The compiler is run on one file at a time with the library that these tests are linked with, which takes seconds in
//! all; to check it and all that it needs again in a workspace of its own, as `trybuild` does, takes a minute or more.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The libraries that `cargo` has built are beside the test.
fn libraries() -> PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().to_owned()
}

/// The one that was built last, of those with other features.
fn horn() -> PathBuf {
    let files = fs::read_dir(libraries()).unwrap().map(|entry| entry.unwrap().path());
    let is_horn = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libhorn-") && name.ends_with(".rlib")
    };
    let built =
        |path: &PathBuf| fs::metadata(path).and_then(|found| found.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    files.filter(is_horn).max_by_key(built).expect("the library is beside the test")
}

/// What the compiler says of a program, in short.
fn errors(program: &Path) -> String {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(rustc)
        .args(["--edition=2024", "--emit=metadata", "--error-format=short", "--cap-lints=allow", "-o", "/dev/null"])
        .arg(format!("--extern=horn={}", horn().display()))
        .arg(format!("-Ldependency={}", libraries().display()))
        .arg(program.file_name().unwrap())
        .current_dir(program.parent().unwrap())
        .output()
        .unwrap();
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn misuse_does_not_compile() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("misuse");
    let programs = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut programs: Vec<PathBuf> = programs.filter(|path| path.extension().is_some_and(|it| it == "rs")).collect();
    programs.sort();
    assert_eq!(programs.len(), 11, "{programs:?}");
    let mut wrong = Vec::new();
    for program in programs {
        let (errors, said) = (errors(&program), program.with_extension("stderr"));
        if program.ends_with("right.rs") {
            assert_eq!(errors, "", "what is right compiles");
            continue;
        }
        if std::env::var_os("HORN_UPDATE").is_some() {
            fs::write(&said, &errors).unwrap();
        }
        let expected = fs::read_to_string(&said).unwrap_or_default();
        if errors != expected || !errors.contains("error[E") {
            wrong.push(format!("{}:\n{errors}and expected:\n{expected}", program.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
