//! Metrics are a list, also where there is only one.

use horn::Result;
use horn::prelude::*;

pub fn compile(layers: Sequential) -> Result<CompiledModel> {
    layers.compile(Adam::default(), MeanSquaredError::new(), Accuracy::new())
}

fn main() {}
