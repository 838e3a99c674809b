//! Sizes are whole numbers.

use horn::prelude::*;

pub fn main() {
    Input((28.0, 28.0));
}
