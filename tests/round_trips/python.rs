//! Python with Keras, where there is one.

use std::io::Write;
use std::path::Path;
use std::process::Command;

/// The interpreter: that of the environment variable `HORN_PYTHON`, which must have Keras, or the usual one if it has.
pub fn with_keras() -> Option<String> {
    let named = std::env::var("HORN_PYTHON").ok().filter(|name| !name.is_empty());
    let python = named.clone().unwrap_or_else(|| "python3".to_owned());
    let found = Command::new(&python).args(["-c", "import keras, jax, h5py"]).env("KERAS_BACKEND", "jax").output();
    let found = found.map_err(|error| error.to_string()).and_then(|output| {
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    });
    match (found, named) {
        (Ok(()), _) => Some(python),
        (Err(problem), Some(python)) => panic!("HORN_PYTHON is {python:?}, which has no Keras on JAX: {problem}"),
        (Err(_), None) => {
            // Not `eprintln!`, of which a test that passes shows nothing.
            let _ = writeln!(
                std::io::stderr(),
                "NOT TESTED: round trips of model files, as {python} has no Keras on JAX. Install keras, jax and h5py."
            );
            None
        }
    }
}

/// Runs a subcommand of `round_trip.py`, for these models or for all; where it fails, what it prints.
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
