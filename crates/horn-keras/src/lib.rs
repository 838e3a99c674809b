//! Keras's model files, read and written.

#[doc(hidden)]
pub mod archive;
#[doc(hidden)]
pub mod arrays;
#[doc(hidden)]
pub mod h5;
#[doc(hidden)]
pub mod json;

#[cfg(test)]
mod hostile;

/// A file of `tests/keras/make_bad_files.py`.
#[cfg(test)]
fn fixture(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/keras/fixtures/files").join(name)
}
