//! Nobody shares weights by accident.

use horn::Result;
use horn::prelude::*;

pub fn main() -> Result<()> {
    let (left, right) = (Input([8]), Input([8]));
    let encoder = Dense(4);
    encoder.apply(&left)?;
    encoder.apply(&right)?;
    Ok(())
}
