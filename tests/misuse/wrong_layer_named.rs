//! The compiler names the layer as it was written.

use horn::prelude::*;

pub fn main() {
    let _: Dense = Conv2D(8, 3);
}
