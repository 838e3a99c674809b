//! Runs Python with Keras.

use std::path::Path;
use std::process::Command;

/// The interpreter in the environment variable `HORN_PYTHON`, or the default one.
///
/// # Panics
///
/// If it does not have Keras on JAX.
pub fn with_keras() -> String {
    let named = std::env::var("HORN_PYTHON").ok().filter(|name| !name.is_empty());
    let python = named.unwrap_or_else(|| "python3".to_owned());
    let found = Command::new(&python).args(["-c", "import keras, jax, h5py"]).env("KERAS_BACKEND", "jax").output();
    let problem = match found {
        Ok(output) if output.status.success() => return python,
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    panic!("{python:?} has no Keras on JAX; let HORN_PYTHON name a Python with keras, jax and h5py: {problem}")
}

/// Runs a subcommand of `round_trip.py`, for these models or for all. The error is its output.
pub fn round_trip(python: &str, command: &str, folder: &Path, names: &[&str]) -> Result<(), String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("keras/round_trip.py");
    let output = Command::new(python)
        .arg(script)
        .arg(command)
        .arg(folder)
        .args(names)
        .output()
        .map_err(|error| error.to_string())?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{}\n{}", text(&output.stdout), text(&output.stderr))),
    }
}
