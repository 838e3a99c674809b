//! A layer that is not built has no weights to compute with.

use horn::burn::tensor::{Device, Tensor};
use horn::prelude::*;

pub fn main() -> horn::Result<()> {
    Dense(10).apply(Tensor::<2>::ones([1, 784], &Device::default()))?;
    Ok(())
}
