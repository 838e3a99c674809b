//! The number that keeps a normalization from dividing by zero.

use crate::error::{Error, Result};

/// Checks the number that a normalization adds to a variance.
pub(crate) fn check_epsilon(epsilon: f64) -> Result<()> {
    if epsilon >= 0.0 {
        return Ok(());
    }
    Err(Error::argument("epsilon is negative")
        .received(format!("epsilon = {epsilon}"))
        .expected("0 or more")
        .hint("leave epsilon out for the default"))
}
