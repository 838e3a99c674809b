//! The first argument is given by its place; `()` leaves it out.

use horn::prelude::*;

pub fn main() {
    MaxPooling2D();
}
