//! Rows of any length are not an array.

use horn::Result;
use horn::prelude::*;

pub fn fit(model: &mut CompiledModel, x: Vec<Vec<f32>>, y: Vec<f32>) -> Result<()> {
    model.fit(&x, &y, Fit::epochs(1))?;
    Ok(())
}

fn main() {}
