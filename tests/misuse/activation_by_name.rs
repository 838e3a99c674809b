//! Activations are types, so that none is misspelt.

use horn::prelude::*;

fn main() {
    Dense(10).activation("sofmax");
}
