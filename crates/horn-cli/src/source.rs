//! Files of models and of weights, told apart by what they begin with.

use std::io::Read;
use std::path::Path;

use horn::{CompiledModel, Error, LoadReport, Model, Result, SaveModel, load_model};
use horn_keras::archive::Archive;
use horn_keras::h5::WeightsReader;
use horn_keras::plain_file;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A zip: a `.keras` file, or an `.npz`.
    Zip,
    /// `.h5` or `.weights.h5`.
    Hdf5,
    /// `.npy`
    Npy,
    /// Told by its name, as it begins with a number only.
    Safetensors,
    /// Nothing that Horn reads.
    Other,
}

impl FileKind {
    /// Of the file.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn of(path: &Path) -> Result<Self> {
        let mut start = Vec::new();
        plain_file::open(path).and_then(|file| file.take(8).read_to_end(&mut start)).map_err(|error| {
            Error::file("cannot be read")
                .at(format!("file {:?}", path.display().to_string()))
                .because(error)
                .hint("look at the name and the folder of the file")
        })?;
        Ok(match start.as_slice() {
            // Two letters are not enough: the length that safetensors begin with may be the same.
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip,
            b"\x89HDF\r\n\x1a\n" => Self::Hdf5,
            [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Self::Npy,
            _ if path.extension().is_some_and(|ending| ending == "safetensors") => Self::Safetensors,
            _ => Self::Other,
        })
    }
}

/// A model with what its file says of it.
pub enum Loaded {
    /// It was saved without being compiled.
    Plain(Box<Model>),
    /// With its optimizer's state.
    Compiled(Box<CompiledModel>),
}

impl Loaded {
    /// Reads a model with all that is in its file. Where it was compiled with something that Horn does not have, the
    /// model is read without that, and the error tells.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or holds a model that Horn does not have.
    pub fn open(path: &Path) -> Result<(Self, Option<Error>)> {
        if !is_compiled(path)? {
            return Ok((Self::Plain(Box::new(load_model(path)?)), None));
        }
        match load_model(path) {
            Ok(model) => Ok((Self::Compiled(Box::new(model)), None)),
            Err(error) => Ok((Self::Plain(Box::new(load_model(path)?)), Some(error))),
        }
    }

    /// The model itself.
    ///
    /// # Errors
    ///
    /// Never for a model from a file.
    pub fn model(&self) -> Result<&Model> {
        match self {
            Self::Plain(model) => Ok(model),
            Self::Compiled(model) => model.model(),
        }
    }

    /// Writes the file that the name asks for.
    ///
    /// # Errors
    ///
    /// As `save` and `save_weights`.
    pub fn save(&self, path: &Path, weights_only: bool) -> Result<()> {
        match (self, weights_only) {
            (Self::Plain(model), true) => model.save_weights(path),
            (Self::Plain(model), false) => model.save(path),
            (Self::Compiled(model), true) => model.save_weights(path),
            (Self::Compiled(model), false) => model.save(path),
        }
    }

    /// Takes the weights from another file.
    ///
    /// # Errors
    ///
    /// As `load_weights`.
    pub fn load_weights(&mut self, path: &Path) -> Result<LoadReport> {
        match self {
            Self::Plain(model) => model.load_weights(path),
            Self::Compiled(model) => model.load_weights(path),
        }
    }
}

/// Does the file say what the model was compiled with?
fn is_compiled(path: &Path) -> Result<bool> {
    if FileKind::of(path)? == FileKind::Hdf5 {
        return Ok(WeightsReader::open(path)?.attributes("")?.contains_key("training_config"));
    }
    let config = Archive::open(path)?.config()?;
    Ok(config["compile_config"].as_object().is_some_and(|compiled| !compiled.is_empty()))
}
