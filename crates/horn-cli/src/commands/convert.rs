//! `horn convert`

use std::path::{Path, PathBuf};

use clap::Args;
use horn::{Error, load_model};
use horn_keras::h5::WeightsReader;
use horn_keras::safetensors;
use horn_nn::files::ends_in;
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::output;
use crate::source::{FileKind, Loaded};

/// Converts a model, or its weights, to another file format.
#[derive(Args)]
#[command(after_help = "\
The name of the new file says what it is:
  .keras        the model, its weights, and what it was compiled with
  .h5           the same, as Keras wrote it before version 3
  .weights.h5   the weights, and what the optimizer remembers
  .safetensors  the weights, by Keras's paths such as dense/kernel")]
pub struct Options {
    /// A .keras or .h5 file; with --model also a weights file: .weights.h5 or .safetensors.
    from: PathBuf,
    /// The new file. An existing file is replaced only when the new one is complete.
    to: PathBuf,
    /// The model for the weights in the first file: a .keras or .h5 file.
    #[arg(long)]
    model: Option<PathBuf>,
    /// Leave out the arguments of `compile` and the optimizer's state.
    #[arg(long)]
    uncompiled: bool,
    /// Write a JSON document with the new file, its size in bytes and its contents.
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options) -> Outcome {
    let weights_only = ending(&options.to)?;
    // These files can't hold the state of an optimizer.
    let uncompiled = options.uncompiled || safetensors::is_named(&options.to);
    let loaded = match (&options.model, is_weights(&options.from)?) {
        (None, false) => open(&options.from, uncompiled)?,
        (Some(model), _) => {
            let mut loaded = open(model, uncompiled)?;
            loaded.load_weights(&options.from)?;
            loaded
        }
        (None, true) => {
            return Err(Failure::Usage(
                Error::argument("the file has weights and no model")
                    .at(format!("file {:?}", options.from.display().to_string()))
                    .hint("say whose weights they are: --model m.keras"),
            ));
        }
    };
    loaded.save(&options.to, weights_only)?;
    if options.json {
        let bytes = std::fs::metadata(&options.to).ok().map(|metadata| metadata.len());
        output::json(&json!({
            "file": options.to.display().to_string(),
            "bytes": bytes,
            "weights_only": weights_only,
            "compiled": matches!(loaded, Loaded::Compiled(_)),
            "params": loaded.model()?.count_params(),
        }))?;
    }
    Ok(())
}

fn open(path: &Path, uncompiled: bool) -> Outcome<Loaded> {
    if uncompiled {
        return Ok(Loaded::Plain(Box::new(load_model(path)?)));
    }
    let (loaded, lacking) = Loaded::open(path)?;
    let lacking = match &loaded {
        Loaded::Plain(_) => lacking.map(|error| error.to_string()),
        Loaded::Compiled(model) => model.missing_optimizer().map(ToString::to_string),
    };
    match lacking {
        None => Ok(loaded),
        Some(reason) => Err(Failure::Data(
            Error::model("the model was compiled with what Horn does not have")
                .because(reason)
                .hint("leave that out by --uncompiled; the new file has the model and its weights then"),
        )),
    }
}

/// Is this the name of a file for weights only?
fn ending(path: &Path) -> Outcome<bool> {
    let ends = |ending: &str| ends_in(path, ending);
    if ends(".weights.h5") || safetensors::is_named(path) {
        return Ok(true);
    }
    if ends(".keras") || ends(".h5") {
        return Ok(false);
    }
    Err(Failure::Usage(
        Error::argument("the name of the file does not say what it is")
            .at("to")
            .received(path.display())
            .expected("a name that ends in .keras, .h5, .weights.h5 or .safetensors")
            .hint("name the file by what it is to be"),
    ))
}

/// Does the file contain only weights?
fn is_weights(path: &Path) -> Outcome<bool> {
    Ok(match FileKind::of(path)? {
        FileKind::Safetensors => true,
        FileKind::Hdf5 => !WeightsReader::open(path)?.attributes("")?.contains_key("model_config"),
        _ => false,
    })
}
