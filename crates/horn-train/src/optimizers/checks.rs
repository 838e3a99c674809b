//! Checks of the arguments of optimizers.

use horn_nn::{Error, Result, float32};

pub(super) fn at_least_zero(name: &str, value: f64) -> Result<()> {
    check(name, value, float32::is_finite(value) && value >= 0.0, "a finite number of at least 0")
}

pub(super) fn positive(name: &str, value: f64) -> Result<()> {
    check(name, value, float32::is_finite(value) && value > 0.0, "a finite number above 0")
}

pub(super) fn below_one(name: &str, value: f64) -> Result<()> {
    check(name, value, (0.0..1.0).contains(&value), "a number from 0 to below 1")
}

pub(super) fn up_to_one(name: &str, value: f64) -> Result<()> {
    check(name, value, (0.0..=1.0).contains(&value), "a number from 0 to 1")
}

pub(super) fn check(name: &str, value: f64, fits: bool, expected: &str) -> Result<()> {
    if fits {
        return Ok(());
    }
    let expected = float32::expected(value, expected);
    Err(Error::argument("the argument is out of range")
        .at(name)
        .received(value)
        .expected(expected)
        .hint(format!("choose {expected}")))
}
