//! A model that is not meant to change can't be trained.

use horn::prelude::*;

pub fn train(model: &CompiledModel, x: HostArray<'_>, y: HostArray<'_>) -> horn::Result<()> {
    model.fit(x, y, Fit::epochs(1))?;
    Ok(())
}

fn main() {}
