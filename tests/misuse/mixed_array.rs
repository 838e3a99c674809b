//! Inputs of different kinds are a tuple.

use horn::Result;
use horn::prelude::*;

pub fn join(x: KerasTensor) -> Result<KerasTensor> {
    Concatenate().apply([x, Input(3)])
}

fn main() {}
