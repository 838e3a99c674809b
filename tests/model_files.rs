//! Files of models: what Keras wrote is read, and what Horn writes is read again.

use std::path::{Path, PathBuf};

use horn::prelude::*;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("keras/fixtures/files").join(name)
}

#[test]
fn what_keras_wrote_is_written_again() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["small.keras", "small.h5"] {
        let model: Model = load_model(fixture(name)).unwrap();
        let path = folder.path().join("again.keras");
        model.save(&path).unwrap();
        let again: Model = load_model(&path).unwrap();
        assert_eq!(again.get_weights(), model.get_weights(), "{name}");
        assert_eq!(again.to_object().unwrap(), model.to_object().unwrap(), "{name}");
    }
}
