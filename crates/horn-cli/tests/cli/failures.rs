//! What goes wrong is one line of an error, and an exit code.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::npy::npy;
use crate::{Folder, command, error, fixture, keras, small, stdout};

/// Opening a pipe blocks until another process opens it for writing.
#[cfg(unix)]
#[test]
fn pipes_are_no_files() {
    let folder = Folder::new();
    let pipe = |name: &str| {
        let path = folder.path(name);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    };
    let (keras, h5, tensors, npy) = (pipe("m.keras"), pipe("m.h5"), pipe("m.safetensors"), pipe("x.npy"));
    let two = fixture("cli/two.keras");
    for arguments in [
        vec!["summary", &keras],
        vec!["summary", &h5],
        vec!["inspect", &tensors],
        vec!["predict", &small(), &npy],
        vec!["predict", &two, &npy, &npy],
        vec!["convert", &tensors, "m.keras", "--model", &small()],
    ] {
        let mut child = command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let start = std::time::Instant::now();
        while child.try_wait().unwrap().is_none() {
            if start.elapsed().as_secs() >= 20 {
                child.kill().unwrap();
                panic!("{arguments:?} waits for a pipe");
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let mut text = String::new();
        child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        assert!(text.contains("it is not a file, but a folder, a pipe or a device"), "{arguments:?}: {text}");
    }
}

#[test]
fn what_is_wrong_with_files_and_data_is_said_in_one_line() {
    let folder = Folder::new();
    let two = fixture("cli/two.keras");
    let x = folder.put("x.npy", &npy("|u1", false, "(1, 4)", &[1; 4]));
    let text = folder.put("text.keras", b"no model");
    let none = folder.path("none.keras");
    let other = folder.put("other.npy", &npy("|O", false, "(1,)", &[0; 8]));
    let cut = folder.put("cut.keras", &fs::read(small()).unwrap()[..20_000]);
    for (arguments, expected) in [
        (vec!["summary", &none], "cannot be read"),
        (vec!["summary", &text], "is not a .keras file"),
        (vec!["summary", folder.0.path().to_str().unwrap()], "cannot be read"),
        (vec!["inspect", &cut], "is not a .keras file"),
        (vec!["predict", &small(), &x], "received (1, 4), expected (None, 3)"),
        (vec!["predict", &small(), &other], "no such dtype"),
        (vec!["predict", &small(), &text], "is not a NumPy array"),
        (vec!["predict", &small(), &none], "cannot be read"),
        (vec!["predict", &two, &x], "received 1 .npy files, expected 2: words, price"),
        (vec!["predict", &two, &fixture("cli/two_y.npz")], "there is no array for the input \"words\""),
        (vec!["predict", &small(), &two], "is not a .npz file"),
        (vec!["convert", &text, "m.h5"], "is not a .keras file"),
        (vec!["plot", &text], "is not a .keras file"),
        (vec!["bench", &text], "is not a .keras file"),
        (vec!["plot", &small(), "-o", "/no/such/folder/m.svg"], "cannot be written"),
    ] {
        let (code, text) = error(&arguments);
        assert_eq!(code, 1, "{arguments:?}: {text}");
        assert!(text.starts_with("error: ") && text.lines().count() == 1, "{arguments:?}: {text}");
        assert!(text.contains(expected), "{arguments:?}: {text}");
    }
}

#[test]
fn what_is_wrong_with_the_command_line_has_a_code_of_its_own() {
    let weights = fixture("files/small.weights.h5");
    let (small, two, x) = (small(), fixture("cli/two.keras"), fixture("cli/two_x.npz"));
    for arguments in [
        vec![],
        vec!["dance"],
        vec!["summary"],
        vec!["summary", &small, "--loud"],
        vec!["predict", &small, &x, "--batch-size", "0"],
        vec!["predict", &small, &x, "-o", "out.txt"],
        vec!["predict", &two, &x, "-o", "out.npy"],
        vec!["convert", &small, "m.onnx"],
        vec!["convert", &weights, "m.keras"],
        vec!["plot", &small, "-o", "m.png"],
        vec!["bench", &small, "--seconds", "nan"],
    ] {
        let (code, text) = error(&arguments);
        assert_eq!(code, 2, "{arguments:?}: {text}");
        assert!(text.contains("error: ") || arguments.is_empty(), "{arguments:?}: {text}");
    }
    assert!(!Path::new("out.npy").exists() && !PathBuf::from("m.keras").exists());
    let help = stdout(&["--help"]);
    for code in ["0  it is done", "1  a file or the data is wrong", "2  the command line is wrong"] {
        assert!(help.contains(code), "{help}");
    }
    assert!(stdout(&["--version"]).starts_with("horn "));
}

/// A header that declares terabytes is an error, and does not take long.
#[test]
fn corrupted_arrays_are_errors() {
    let folder = Folder::new();
    for (name, shape) in [("huge", "(1000000000000, 3)"), ("wrapping", "(4294967296, 4294967296, 3)")] {
        let x = folder.put(name, &npy("<f8", false, shape, &[0; 64]));
        let (code, text) = error(&["predict", &small(), &x]);
        assert_eq!(code, 1);
        assert!(text.contains("does not hold all of its values"), "{text}");
    }
    // A member whose declared size exceeds what its bytes can inflate to.
    let mut bytes = fs::read(fixture("cli/two_y.npz")).unwrap();
    let at = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    bytes[at + 24..at + 28].copy_from_slice(&u32::MAX.to_le_bytes()[..4]);
    let (code, _) = error(&["predict", &small(), &folder.put("bomb.npz", &bytes)]);
    assert_eq!(code, 1);
    let whole = fs::read(fixture("cli/two_x.npz")).unwrap();
    for length in (0..whole.len()).step_by(37) {
        let (code, text) = error(&["predict", &fixture("cli/two.keras"), &folder.put("cut.npz", &whole[..length])]);
        assert_eq!(code, 1, "{length} bytes: {text}");
    }
}

/// `horn inspect … | head -1`
#[test]
fn a_reader_that_goes_away_is_not_a_failure() {
    let folder = Folder::new();
    // More than fits into the buffer of a pipe.
    let x = folder.put("x.npy", &npy("|u1", false, "(20000, 3)", &[1; 60_000]));
    let mut child =
        command(&["predict", &small(), &x, "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = String::new();
    let mut reader = BufReader::with_capacity(16, child.stdout.take().unwrap());
    reader.read_line(&mut first).unwrap();
    drop(reader);
    let output = child.wait_with_output().unwrap();
    assert_eq!(first, "{\n");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// `numpy.load` refuses such a file, too.
#[test]
fn a_flipped_bit_in_an_array_is_an_error() {
    let folder = Folder::new();
    let mut bytes = fs::read(fixture("cli/two_x.npz")).unwrap();
    let values = keras("cli/two_x.npz", "price", 1);
    let at = bytes.windows(4).position(|four| four == values[0].to_le_bytes()).unwrap();
    bytes[at] ^= 1;
    let (code, text) = error(&["predict", &fixture("cli/two.keras"), &folder.put("flip.npz", &bytes)]);
    assert_eq!(code, 1);
    assert!(text.contains("flip.npz\", \"price\": is damaged"), "{text}");
}

/// Also where the zip library would say something of its own.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_in_one_line() {
    let folder = Folder::new();
    let x = folder.put("x.npy", &npy("|u1", false, "(2000, 3)", &[1; 6000]));
    for target in ["m.keras", "m.weights.h5", "m.h5", "m.safetensors", "out.npz", "out.npy"] {
        let horn = env!("CARGO_BIN_EXE_horn");
        let (model, to) = (small(), folder.path(target));
        let command = match target.starts_with("out") {
            true => format!("'{horn}' predict '{model}' '{x}' -o '{to}'"),
            false => format!("'{horn}' convert '{model}' '{to}'"),
        };
        // No file can grow.
        let limited = format!("trap '' XFSZ; ulimit -f 0; exec {command}");
        let output = Command::new("sh").args(["-c", &limited]).env_remove("HORN_DEVICE").output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{target}: {text}");
        assert!(text.starts_with("error: ") && text.lines().count() == 1, "{target}: {text}");
        assert!(!Path::new(&to).exists());
    }
}
