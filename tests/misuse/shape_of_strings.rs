//! A target shape is a list of numbers.

use horn::prelude::*;

pub fn reshape() -> Reshape {
    Reshape("28, 28")
}

fn main() {}
