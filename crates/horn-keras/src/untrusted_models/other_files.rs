//! Files that name other files: none is opened or written.

use super::*;

/// CVE-2025-12060: members that would be unpacked outside of the target folder.
#[test]
fn members_stay_inside() {
    let whole = small("small.keras");
    for name in ["../../horn.txt", "/tmp/horn.txt", "assets/../../horn.txt", "C:\\horn.txt"] {
        let mut zip = ZipWriter::new_append(Cursor::new(whole.clone())).unwrap();
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(b"x").unwrap();
        let bytes = zip.finish().unwrap().into_inner();
        let error = load_bytes::<Model>("model.keras", &bytes).unwrap_err().to_string();
        assert!(error.contains("would be unpacked elsewhere"), "{error}");
        assert!(!Path::new(name).exists(), "{name}");
    }
}

/// CVE-2026-1462: a layer that loads a TensorFlow SavedModel from a folder.
#[test]
fn saved_models_are_not_opened() {
    for class in ["TFSMLayer", "keras.layers.TFSMLayer", "JaxLayer", "TorchModuleWrapper"] {
        let object = layer(class, json!({"filepath": "/tmp/saved_model", "call_endpoint": "serve"}));
        assert!(refused(&one_layer(object)).to_string().contains("there is no layer of this class"));
    }
}

/// A model whose weights are HDF5 data that refers to other files.
#[test]
fn weights_in_other_files_are_not_read() {
    if runs_alone("untrusted_models::other_files::weights_in_other_files_are_not_read") {
        return;
    }
    let whole = small("small.keras");
    for name in ["external_link.h5", "external_storage.h5", "virtual.h5", "terabytes.h5", "cycle.h5", "inflated.h5"] {
        let weights = fs::read(fixture("bad").join(name)).unwrap();
        let bytes = with_member(&whole, "model.weights.h5", |content| *content = weights.clone());
        assert!(soon(name, || load_bytes::<Model>("model.keras", &bytes)).is_err(), "{name}");
    }
    little_memory();
}

/// A named pipe shows whether a file makes the reader open another one: opening it blocks until the other end is
/// opened.
#[cfg(unix)]
#[test]
fn no_other_file_is_opened() {
    // The path is as long as the one in the crafted files.
    let folder = tempfile::Builder::new().prefix("").rand_bytes(6).tempdir_in("/tmp").unwrap();
    let pipe = folder.path().join("p").to_str().unwrap().to_owned();
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (whole, path) = (small("small.keras"), folder.path().join("model.weights.h5"));
    for (name, problem) in [
        ("outside_storage.weights.h5", "\"layers/dense/vars/0\": its values are not in this file"),
        ("outside_link.weights.h5", "the file has other weights than the layer; received nothing"),
    ] {
        let mut weights = small(&format!("bad/{name}"));
        let known = b"/etc/hostname";
        let at = weights.windows(known.len()).position(|bytes| bytes == known).unwrap();
        weights[at..at + known.len()].copy_from_slice(pipe.as_bytes());
        fs::write(&path, &weights).unwrap();
        let bytes = with_member(&whole, "model.weights.h5", |content| *content = weights);
        let error = without_opening(&pipe, name, move || load_bytes::<Model>("model.keras", &bytes).map(drop));
        assert!(error.contains(problem), "{name}: {error}");
        let path = path.clone();
        let error = without_opening(&pipe, name, move || {
            let mut model: Model = load_model(fixture("small.keras"))?;
            model.load_weights(&path).map(drop)
        });
        assert!(error.contains(problem), "{name}: {error}");
    }
    for class in ["StringLookup", "IntegerLookup", "TextVectorization"] {
        let bytes = keras_file(&one_layer(layer(class, json!({"vocabulary": pipe.clone()}))));
        let error = without_opening(&pipe, class, move || load_bytes::<Model>("model.keras", &bytes).map(drop));
        assert!(error.contains(&pipe), "{class}: {error}");
    }
    // Last, since this reader may have the pipe open for a while.
    let reads = pipe.clone();
    let reading =
        || without_opening(&pipe, "a reader", move || fs::read(reads).map(drop).map_err(|_| Error::file("p")));
    assert!(std::panic::catch_unwind(reading).is_err(), "a reader of the pipe is not noticed");
}

/// The error of reading, which must not open the pipe. If a reader opened it, it would wait for a writer, and a writer
/// would find it.
#[cfg(unix)]
fn without_opening(pipe: &str, what: &'static str, read: impl FnOnce() -> Result<()> + Send + 'static) -> String {
    use std::os::unix::fs::OpenOptionsExt;

    #[cfg(target_os = "linux")]
    const O_NONBLOCK: i32 = 0o4000;
    #[cfg(not(target_os = "linux"))]
    const O_NONBLOCK: i32 = 4;
    let reading = std::thread::spawn(move || soon(what, read));
    while !reading.is_finished() {
        // Opening for writing without blocking is an error as long as there is no reader.
        let writer = fs::OpenOptions::new().write(true).custom_flags(O_NONBLOCK).open(pipe);
        if writer.is_ok() {
            drop(writer);
            // The reader finds the end of the pipe. The next check must not find this reader.
            let _ = reading.join();
            panic!("{what} opens a pipe");
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    format!("{:#}", reading.join().unwrap().unwrap_err())
}
