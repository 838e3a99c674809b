//! Programs that must not compile, since the types prevent such misuse, and the errors of the compiler.
//!
//! The folder `misuse` has the programs, and for each a file with the errors in short form: location, code and message.
//! If a program or the compiler's messages have changed, `HORN_UPDATE=1 cargo test misuse` writes the files again;
//! review the differences.
//!
//! The compiler runs on one file at a time, with the library that these tests are linked with. This takes seconds for
//! all. `trybuild` would check the library and its dependencies again in another workspace, which takes a minute or
//! more.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The folder of this test, where `cargo` puts the libraries.
fn libraries() -> PathBuf {
    std::env::current_exe().unwrap().parent().unwrap().to_owned()
}

/// The library that was built last; there may be others, with other features.
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

/// The compiler's errors for a program, in short form.
fn errors(program: &Path) -> String {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    // The compiler puts its output in the place of a file: never name one that is to stay, such as /dev/null.
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(rustc)
        .args(["--edition=2024", "--emit=metadata", "--error-format=short", "--cap-lints=allow", "-o"])
        .arg(folder.path().join("program.rmeta"))
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
    assert_eq!(programs.len(), 20, "{programs:?}");
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
