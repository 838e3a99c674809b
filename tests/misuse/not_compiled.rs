//! A model that was not compiled has nothing to learn by.

use horn::prelude::*;

pub fn train(x: HostArray<'_>, y: HostArray<'_>) -> horn::Result<()> {
    let mut model = Sequential::new().add(Input([1])).add(Dense(1));
    model.fit(x, y, Fit::epochs(1))?;
    Ok(())
}

fn main() {}
