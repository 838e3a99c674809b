//! `horn convert`

use std::path::{Path, PathBuf};

use clap::Args;
use horn::Error;
use horn_keras::h5::WeightsReader;

use crate::failure::{Failure, Outcome};
use crate::output;
use crate::source::{Kind, Loaded};

/// Writes a model, or its weights, as another kind of file.
#[derive(Args)]
#[command(after_help = "\
The name of the new file says what it is:
  .keras        the model, its weights, and what it was compiled with
  .h5           the same, as Keras wrote it before version 3
  .weights.h5   the weights, and what the optimizer remembers
  .safetensors  the weights, by Keras's paths such as dense/kernel")]
pub struct Options {
    /// A .keras or .h5 file; with --model also one of weights: .weights.h5 or .safetensors.
    from: PathBuf,
    /// The new file. One that is there is replaced once the new one is whole.
    to: PathBuf,
    /// The model whose weights the first file has: a .keras or .h5 file.
    #[arg(long)]
    model: Option<PathBuf>,
}

pub fn run(options: &Options) -> Outcome {
    let weights_only = ending(&options.to)?;
    let loaded = match (&options.model, is_weights(&options.from)?) {
        (None, false) => open(&options.from)?,
        (Some(model), _) => {
            let mut loaded = open(model)?;
            loaded.load_weights(&options.from)?;
            loaded
        }
        (None, true) => {
            return Err(Failure::Usage(
                Error::argument("the file has weights and no model")
                    .at(format!("file {:?}", options.from.display().to_string()))
                    .mend("say whose weights they are: --model m.keras"),
            ));
        }
    };
    Ok(loaded.save(&options.to, weights_only)?)
}

fn open(path: &Path) -> Outcome<Loaded> {
    let (loaded, left_out) = Loaded::open(path)?;
    if let Some(error) = left_out {
        output::note(&format!("note: the model is written without what it was compiled with: {error}"));
    }
    Ok(loaded)
}

/// Does the name ask for the weights alone?
fn ending(path: &Path) -> Outcome<bool> {
    let name = path.to_string_lossy();
    let ends = |ending: &str| name.ends_with(ending);
    if ends(".weights.h5") || ends(".safetensors") {
        return Ok(true);
    }
    if ends(".keras") || ends(".h5") {
        return Ok(false);
    }
    Err(Failure::Usage(
        Error::argument("the name of the file does not say what it is")
            .at("to")
            .received(&name)
            .expected("a name that ends in .keras, .h5, .weights.h5 or .safetensors")
            .mend("name the file by what it is to be"),
    ))
}

/// Has the file weights only?
fn is_weights(path: &Path) -> Outcome<bool> {
    Ok(match Kind::of(path)? {
        Kind::Safetensors => true,
        Kind::Hdf5 => !WeightsReader::open(path)?.attributes("")?.contains_key("model_config"),
        _ => false,
    })
}
