//! Reads and writes Keras's model files: `.keras`, `.weights.h5`, the legacy `.h5`, and weights as `.safetensors`.
//!
//! The files are interchangeable with Keras's. Python is not needed:
//!
//! ```no_run
//! use horn::{SaveModel, load_model};
//! use horn::Model;
//!
//! let model: Model = load_model("from_python.keras")?;
//! model.save("for_python.keras")?;
//! # Ok::<(), horn::Error>(())
//! ```
//!
//! Files are untrusted input: nothing in them is executed, no other file is opened, and memory is limited by the actual
//! size of the file.

#[doc(hidden)]
pub mod archive;
#[doc(hidden)]
pub mod arrays;
#[doc(hidden)]
pub mod h5;
#[doc(hidden)]
pub mod json;
#[doc(hidden)]
pub mod numpy;
#[doc(hidden)]
pub mod plain_file;

mod activation_layers;
mod assets;
mod bundle;
mod dtypes;
mod feature_space;
mod keras_2;
mod layers;
mod legacy;
mod legacy_save;
mod load;
mod load_report;
mod lora;
mod optimizer_order;
mod optimizer_values;
mod quantized;
pub mod safetensors;
mod save;
mod shared;
mod version;
mod weights;

pub use load::{LoadModel, load_model, load_model_on, model_from_json};
pub use load_report::LoadReport;
pub use save::SaveModel;
#[doc(hidden)]
pub use save::save_weights_and_more;
pub use weights::LoadWeights;

#[cfg(test)]
mod corrupted_files;
#[cfg(test)]
mod untrusted_models;

/// A file of `tests/keras/make_bad_files.py`.
#[cfg(test)]
fn fixture(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/keras/fixtures/files").join(name)
}
