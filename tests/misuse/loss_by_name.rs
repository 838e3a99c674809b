//! Losses are types.

use horn::Result;
use horn::prelude::*;

pub fn compile(layers: Sequential) -> Result<CompiledModel> {
    layers.compile(Adam::default(), "mse", ())
}

fn main() {}
