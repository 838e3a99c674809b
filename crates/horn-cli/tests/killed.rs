//! Conversions that are interrupted or killed leave the old or the new file whole, and no others.

#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use horn::prelude::*;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn converting(from: &Path, to: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_horn"));
    command.arg("convert").args([from, to]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn kill(child: &Child, signal: &str) {
    // A child that has ended is not there any more.
    let _ = Command::new("kill").args([signal, &child.id().to_string()]).stderr(Stdio::null()).status().unwrap();
}

#[test]
fn interrupted_conversions_leave_the_folder_clean() {
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("from.keras");
    let model = Sequential::new().add(Input([1500])).add(Dense(1500)).build(&horn::default_device().unwrap()).unwrap();
    model.save(&from).unwrap();
    let kills: u64 = std::env::var("HORN_TEST_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(3);
    for ending in [".keras", ".h5", ".weights.h5", ".safetensors"] {
        let name = format!("to{ending}");
        let to = folder.path().join(&name);
        assert!(converting(&from, &to).wait().unwrap().success());
        let whole = fs::metadata(&to).unwrap().len();
        let (mut state, mut killed) = (ending.len() as u64, 0);
        for turn in 0..3 * kills {
            let signal = ["-INT", "-TERM", "-KILL"][turn as usize % 3];
            let mut child = converting(&from, &to);
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            thread::sleep(Duration::from_millis(20 + (state >> 40) % 200));
            kill(&child, signal);
            killed += usize::from(!child.wait().unwrap().success());
            assert_eq!(fs::metadata(&to).unwrap().len(), whole, "{signal}");
            if signal != "-KILL" {
                assert_eq!(names(folder.path()), ["from.keras", &name], "after {signal}");
            }
            if signal == "-KILL" {
                // The next write removes what is left of the last.
                assert!(converting(&from, &to).wait().unwrap().success());
                assert_eq!(names(folder.path()), ["from.keras", &name]);
            }
        }
        assert!(killed > 0, "each conversion of {ending} was done before its signal came");
        let mut again = Command::new(env!("CARGO_BIN_EXE_horn"));
        assert!(again.arg("inspect").arg(&to).stdout(Stdio::null()).status().unwrap().success());
        fs::remove_file(&to).unwrap();
    }
}

/// As in the background of a script.
#[cfg(target_os = "linux")]
#[test]
fn a_signal_that_is_ignored_stays_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from.keras"), folder.path().join("to.keras"));
    let model = Sequential::new().add(Input([1500])).add(Dense(1500)).build(&horn::default_device().unwrap()).unwrap();
    model.save(&from).unwrap();
    let mut child = Command::new("sh")
        .args(["-c", "trap '' INT; exec \"$@\"", "sh", env!("CARGO_BIN_EXE_horn"), "convert"])
        .args([&from, &to])
        .spawn()
        .unwrap();
    thread::sleep(Duration::from_millis(20));
    while child.try_wait().unwrap().is_none() {
        kill(&child, "-INT");
        thread::sleep(Duration::from_millis(2));
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(names(folder.path()), ["from.keras", "to.keras"]);
}
