//! There are as many numbers as axes; an image has no third one.

use horn::prelude::*;

fn main() {
    Conv2D(8, (3, 3, 3));
}
