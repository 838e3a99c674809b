//! What only measures is not a loss, as nothing can be learnt from it.

use horn::prelude::*;

pub fn compile() -> horn::Result<()> {
    Sequential::new().add(Input([784])).add(Dense(10)).compile(Adam::default(), Accuracy::new(), ())?;
    Ok(())
}

fn main() {}
