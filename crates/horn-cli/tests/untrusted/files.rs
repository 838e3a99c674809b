//! Files that are damaged, or not what their names say, and places that are not files.

use std::fs;
use std::io::{Cursor, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::{ends_well, every_command, floats, horn, npy};

/// A model of three features, in each format.
const SMALL: [&str; 4] = ["small.keras", "small.h5", "small.weights.h5", "small.safetensors"];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/keras/fixtures/files")
}

fn small_keras() -> Vec<u8> {
    fs::read(fixtures().join("small.keras")).unwrap()
}

/// The bytes with others in the place of the first, or last, of a pattern, from an offset on.
fn patched(mut bytes: Vec<u8>, pattern: &[u8], offset: usize, with: &[u8]) -> Vec<u8> {
    let at = bytes.windows(pattern.len()).rposition(|window| window == pattern).expect("the pattern is there");
    bytes[at + offset..at + offset + with.len()].copy_from_slice(with);
    bytes
}

/// The files of an archive, each under a name and with its bytes.
fn members(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let read = |at: usize| {
        let mut member = archive.by_index(at).unwrap();
        let mut bytes = Vec::new();
        std::io::copy(&mut member, &mut bytes).unwrap();
        (member.name().unwrap().into_owned(), bytes)
    };
    (0..3).map(read).collect()
}

fn archive(members: &[(String, Vec<u8>)], options: SimpleFileOptions) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(name.as_str(), options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// The small model with another configuration.
fn configured(change: impl FnOnce(&str) -> Vec<u8>) -> Vec<u8> {
    let mut members = members(&small_keras());
    let config = members.iter_mut().find(|(name, _)| name == "config.json").unwrap();
    config.1 = change(std::str::from_utf8(&config.1).unwrap());
    archive(&members, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated))
}

/// Puts a file in place, and runs every command on it.
fn every_command_on(folder: &Path, name: &str, bytes: &[u8], x: &str) {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    every_command(folder, path.to_str().unwrap(), x);
}

fn features(folder: &Path) -> String {
    let x = folder.join("x.npy");
    fs::write(&x, npy("<f4", false, "(1, 3)", &floats(&[1.0; 3]))).unwrap();
    x.to_str().unwrap().to_owned()
}

#[test]
fn bad_hdf5_files_end_well() {
    let folder = tempfile::tempdir().unwrap();
    let x = features(folder.path());
    let files: Vec<PathBuf> =
        fs::read_dir(fixtures().join("bad")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() > 15, "{files:?}");
    for file in files {
        // Nothing is written beside the fixture.
        let copy = folder.path().join(file.file_name().unwrap());
        fs::copy(&file, &copy).unwrap();
        every_command(folder.path(), copy.to_str().unwrap(), &x);
    }
}

#[test]
fn files_that_are_cut_end_well() {
    let folder = tempfile::tempdir().unwrap();
    let x = features(folder.path());
    let from = fixtures().join("small.keras");
    let whole = folder.path().join("small.safetensors");
    assert_eq!(ends_well(&["convert", from.to_str().unwrap(), whole.to_str().unwrap()]).0, 0);
    for name in SMALL {
        let source = if name.ends_with(".safetensors") { whole.clone() } else { fixtures().join(name) };
        let bytes = fs::read(source).unwrap();
        for length in [0, 1, 8, bytes.len() / 2, bytes.len() - 21, bytes.len() - 1] {
            let cut = folder.path().join(format!("cut-{name}"));
            fs::write(&cut, &bytes[..length]).unwrap();
            let cut = cut.to_str().unwrap();
            // A zip archive without the end of its comment, or HDF5 without the end of its last value, may be whole.
            for command in [vec!["summary", cut], vec!["inspect", cut], vec!["predict", cut, &x]] {
                let (code, _) = ends_well(&command);
                assert!(code > 0 || length + 21 >= bytes.len(), "{name} of {length} bytes: {command:?}");
            }
        }
    }
}

#[test]
fn archives_with_wrong_tables_end_well() {
    let folder = tempfile::tempdir().unwrap();
    let x = features(folder.path());
    let small = small_keras();
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let all = members(&small);
    let with = |name: &str, bytes: Vec<u8>| [&all[..], &[(name.to_owned(), bytes)]].concat();
    let zip64 = archive(&all, stored.large_file(true));
    let (end, central) = (b"PK\x05\x06", b"PK\x01\x02");
    let cases = [
        ("sizes", patched(small.clone(), central, 20, &[0xff; 8])),
        ("place", patched(small.clone(), central, 42, &[0xff, 0xff, 0xff, 0x7f])),
        ("encrypted", patched(small.clone(), central, 8, &[1])),
        ("method", patched(small.clone(), central, 10, &[14])),
        ("count", patched(small.clone(), end, 8, &[0xff; 4])),
        ("table", patched(small.clone(), end, 12, &[0xff; 8])),
        ("zip64", zip64.clone()),
        ("zip64, no such table", patched(zip64.clone(), end, 8, &[0xff; 12])),
        ("zip64, sizes", patched(zip64, b"PK\x03\x04", 18, &[0xff; 8])),
        ("before", [b"#!/bin/sh\n", &small[..]].concat()),
        ("outside", archive(&with("../../outside", vec![1]), stored)),
        ("absolute", archive(&with("/etc/outside", vec![1]), stored)),
        ("a large member", archive(&with("assets/zeros", vec![0; 1 << 26]), SimpleFileOptions::default())),
    ];
    for (name, bytes) in cases {
        every_command_on(folder.path(), &format!("{name}.keras"), &bytes, &x);
    }
    assert!(!folder.path().parent().unwrap().join("outside").exists());
    let many: Vec<_> = (0..20_000).map(|at| (format!("m{at}"), Vec::new())).collect();
    every_command_on(folder.path(), "many.keras", &archive(&[&all[..], &many].concat(), stored), &x);
}

#[test]
fn configurations_that_are_none_end_well() {
    let folder = tempfile::tempdir().unwrap();
    let x = features(folder.path());
    // All commands read it in the same way.
    let put = |name: &str, bytes: Vec<u8>| {
        let path = folder.path().join(format!("{name}.keras"));
        fs::write(&path, bytes).unwrap();
        let file = path.to_str().unwrap();
        for command in [vec!["summary", file, "--json"], vec!["plot", file], vec!["predict", file, &x]] {
            ends_well(&command);
        }
    };
    let replaced = |from: &str, to: &str| {
        configured(|config| {
            assert!(config.contains(from), "{from}");
            config.replacen(from, to, 1).into_bytes()
        })
    };
    for (name, text) in [("nothing", ""), ("list", "[]"), ("text", "\"x\""), ("number", "1"), ("null", "null")] {
        put(name, configured(|_| text.into()));
    }
    put("deep lists", configured(|_| ("[".repeat(100_000) + &"]".repeat(100_000)).into()));
    put("deep objects", configured(|_| ("{\"a\":".repeat(100_000) + "1" + &"}".repeat(100_000)).into()));
    put("spaces", configured(|config| (" ".repeat(1 << 26) + config).into()));
    put("mark", configured(|config| ("\u{feff}".to_owned() + config).into()));
    put("after", configured(|config| (config.to_owned() + "\0").into()));
    put("no utf-8", configured(|config| [config.as_bytes(), &[0xff, 0xfe]].concat()));
    put("twice", replaced("{", "{\"class_name\": \"x\", "));
    put("half a pair", replaced("\"name\": \"", "\"name\": \"\\ud800\\u202e\\u001b[31m"));
    put("long name", replaced("\"name\": \"", &("\"name\": \"".to_owned() + &"n".repeat(1 << 20))));
    for units in ["NaN", "-Infinity", "1e999", "-4", "0.5", "0", "null", "true", "[]", "18446744073709551615", "1e30"] {
        put("units", replaced("\"units\": 4", &format!("\"units\": {units}")));
    }
    for sizes in
        ["", "0", "-1", "null", "1.5", "NaN", "\"3\"", "9223372036854775807", "4294967296, 4294967296, 4294967296"]
    {
        put("sizes", replaced("\"batch_shape\": [null, 3]", &format!("\"batch_shape\": [null, {sizes}]")));
        put("batch", replaced("\"batch_shape\": [null, 3]", &format!("\"batch_shape\": [{sizes}, 3]")));
    }
    let many = vec!["1"; 40].join(", ");
    put("axes", replaced("\"batch_shape\": [null, 3]", &format!("\"batch_shape\": [null, {many}]")));
}

#[test]
fn arrays_of_all_kinds_end_well() {
    let folder = tempfile::tempdir().unwrap();
    let model = fixtures().join("small.keras");
    let model = model.to_str().unwrap();
    let many = "1, ".repeat(3000);
    let huge = "(18446744073709551615, 3)";
    // What NumPy calls the values, the sizes, and whether the file can be predicted from.
    let cases = [
        ("<f4", "(2, 3)", true),
        (">f4", "(2, 3)", true),
        ("<f8", "(2, 3)", true),
        ("<f2", "(2, 3)", true),
        ("|b1", "(2, 3)", true),
        ("<u8", "(2, 3)", true),
        (">i2", "(2, 3)", true),
        ("<f4", "(0, 3)", true),
        ("<f4", "(3, 0)", false),
        ("<f4", "()", false),
        ("<f4", "(0, 1000000000000)", false),
        ("<f4", huge, false),
        ("<f4", "(-1, 3)", false),
        ("<f4", &many, false),
        ("<f4", "__import__('os')", false),
        ("|O", "(1,)", false),
        ("<c8", "(2, 3)", false),
        ("<f16", "(2, 3)", false),
        ("<M8[s]", "(2, 3)", false),
        ("|V7", "(2, 3)", false),
        ("<U2147483647", "(1, 3)", false),
        ("<U0", "(1000000000, 3)", false),
        ("|S0", "(10000000000,)", false),
        ("|S4", "(2, 3)", false),
        ("\x1b[2J", "(2, 3)", false),
    ];
    for (descr, sizes, fits) in cases {
        let x = folder.path().join("x.npy");
        fs::write(&x, npy(descr, false, sizes, &[0; 64])).unwrap();
        let x = x.to_str().unwrap();
        let (code, error) = ends_well(&["predict", model, x, "--json"]);
        assert_eq!(code == 0, fits, "{descr} {sizes}: {error}");
        ends_well(&["evaluate", model, x, x]);
        ends_well(&["inspect", x]);
    }
}

#[test]
fn places_that_are_no_files_end_well() {
    let folder = tempfile::tempdir().unwrap();
    let x = features(folder.path());
    let model = fixtures().join("small.keras");
    let model = model.to_str().unwrap();
    let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (directory, pipe, circle, nowhere) =
        (place("d.keras"), place("pipe.keras"), place("circle.keras"), place("nowhere.keras"));
    let (full, zeros) = (place("full.keras"), place("zeros.keras"));
    fs::create_dir(&directory).unwrap();
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    symlink(&circle, &circle).unwrap();
    symlink(place("missing"), &nowhere).unwrap();
    symlink("/dev/full", &full).unwrap();
    symlink("/dev/zero", &zeros).unwrap();
    let all = [&directory, &pipe, &circle, &nowhere, &full, &zeros].map(String::as_str);
    for at in all.into_iter().chain(["", "/dev/full", "/dev/null", "/dev/zero", "/nonexistent/x.keras"]) {
        for command in [
            vec!["summary", at],
            vec!["inspect", at],
            vec!["plot", at],
            vec!["predict", at, &x],
            vec!["predict", model, at],
            vec!["evaluate", model, &x, at],
            vec!["bench", at],
            vec!["convert", at, &full],
            vec!["convert", model, &full, "--model", at],
        ] {
            assert!(ends_well(&command).0 > 0, "{command:?}");
        }
        for command in [vec!["convert", model, at], vec!["plot", model, "-o", at], vec!["predict", model, &x, "-o", at]]
        {
            ends_well(&command);
        }
    }
    let long = place(&("n".repeat(300) + ".keras"));
    assert!(ends_well(&["convert", model, &long]).0 > 0);
    // What can't be shown is said, too.
    for command in [vec!["summary", model], vec!["inspect", model, "--json"], vec!["predict", model, &x]] {
        let output = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" > /dev/full", env!("CARGO_BIN_EXE_horn")])
            .args(&command)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}: {output:?}");
    }
    assert!(horn(&["--version"]).status.success());
}
