//! Runs the command as scripts do, and checks its output, its files and its exit codes.

mod evaluate;
mod failures;
mod files;
#[path = "../common/npy.rs"]
mod npy;
mod predict;

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output};
use std::{fs, str};

use serde_json::Value;

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/keras/fixtures");
    folder.join(name).to_str().unwrap().to_owned()
}

fn small() -> String {
    fixture("files/small.keras")
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_horn"));
    command.args(arguments).env("COLUMNS", "80").env_remove("HORN_DEVICE");
    command
}

fn horn(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

/// The output of a command that succeeds.
fn stdout(arguments: &[&str]) -> String {
    let output = horn(arguments);
    let errors = str::from_utf8(&output.stderr).unwrap();
    assert!(output.status.success() && errors.is_empty(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(&stdout(&[arguments, &["--json"]].concat())).unwrap()
}

/// The exit code and the single error line of a command that fails.
fn error(arguments: &[&str]) -> (i32, String) {
    let output = horn(arguments);
    assert!(output.stdout.is_empty(), "{arguments:?}");
    let text = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), text.trim_end().to_owned())
}

/// A folder for the files of a test. Its paths are strings.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn put(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

/// The floats at the end of a `.npy` file.
fn values(bytes: &[u8], count: usize) -> Vec<f32> {
    let all = bytes[bytes.len() - 4 * count..].chunks_exact(4);
    all.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).collect()
}

/// The values of an array of floats that Keras computed, by the array's name.
fn keras(name: &str, array: &str, count: usize) -> Vec<f32> {
    let mut zip = zip::ZipArchive::new(fs::File::open(fixture(name)).unwrap()).unwrap();
    let mut bytes = Vec::new();
    zip.by_name(&format!("{array}.npy")).unwrap().read_to_end(&mut bytes).unwrap();
    values(&bytes, count)
}

fn numbers(value: &Value) -> Vec<f32> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        value => vec![value.as_f64().unwrap() as f32],
    }
}

fn assert_close(ours: &[f32], keras: &[f32]) {
    assert_eq!(ours.len(), keras.len());
    for (ours, keras) in ours.iter().zip(keras) {
        assert!((ours - keras).abs() <= 1e-5 * keras.abs().max(1.0), "{ours} for {keras}");
    }
}

/// A compiled model whose optimizer Horn does not have.
fn orbit(folder: &Folder) -> String {
    let mut zip = zip::ZipArchive::new(fs::File::open(small()).unwrap()).unwrap();
    let path = folder.path("orbit.keras");
    let mut written = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for at in 0..zip.len() {
        let mut member = zip.by_index(at).unwrap();
        let name = member.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).unwrap();
        if name == "config.json" {
            bytes = String::from_utf8(bytes).unwrap().replace("\"Adam\"", "\"Orbit\"").into_bytes();
        }
        let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        written.start_file(name, stored).unwrap();
        written.write_all(&bytes).unwrap();
    }
    written.finish().unwrap();
    path
}
