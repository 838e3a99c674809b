//! `horn plot`

use std::path::PathBuf;

use clap::Args;
use horn::plot::ModelGraph;
use horn::{Error, Model, load_model};
use horn_nn::files::ends_in;
use serde_json::json;

use crate::failure::{Failure, Outcome};
use crate::output;

/// Draws the graph of a model's layers with their shapes, as Keras's `plot_model` does.
#[derive(Args)]
pub struct Options {
    /// A .keras or .h5 file.
    model: PathBuf,
    /// The .svg file. Without it, the drawing goes to stdout.
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// Also draw the layers of nested models.
    #[arg(long)]
    expand_nested: bool,
    /// Write a JSON document with the drawing, or with the name of its file.
    #[arg(long)]
    json: bool,
}

pub fn run(options: &Options) -> Outcome {
    if let Some(path) = options.output.as_deref().filter(|path| !ends_in(path, ".svg")) {
        return Err(Failure::Usage(
            Error::argument("the name of the file does not say what it is")
                .at("--output")
                .received(path.display())
                .expected("a name that ends in .svg")
                .hint("draw an SVG, and turn it into other pictures by other programs"),
        ));
    }
    let model: Model = load_model(&options.model)?;
    let graph = ModelGraph::new(&model).expand_nested(options.expand_nested);
    if let Some(path) = &options.output {
        graph.save(path)?;
    }
    match (&options.output, options.json) {
        (Some(path), true) => Ok(output::json(&json!({"file": path.display().to_string()}))?),
        (Some(_), false) => Ok(()),
        (None, true) => Ok(output::json(&json!({"svg": graph.svg()}))?),
        (None, false) => Ok(output::write(&graph.svg())?),
    }
}
