//! A model that is not built has no weights, and nobody can ask it for a prediction.

use horn::prelude::*;

pub fn predict(x: HostArray<'_>) -> horn::Result<()> {
    Sequential::new().add(Input([784])).add(Dense(10)).predict(x, 32)?;
    Ok(())
}

fn main() {}
