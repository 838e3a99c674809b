//! Regular expressions on the paths of weights.

use horn_nn::{Error, Result};
use regex::Regex;

/// A regular expression.
///
/// # Errors
///
/// If it is not one. Python's expressions that look ahead or behind are not, and neither are those that refer back.
pub(super) fn pattern(argument: &str, text: &str) -> Result<Regex> {
    Regex::new(text).map_err(|error| not_one(argument, text, &error))
}

/// A regular expression for whole strings.
///
/// # Errors
///
/// As [`pattern`].
pub(super) fn whole_pattern(argument: &str, text: &str) -> Result<Regex> {
    Regex::new(&format!(r"\A(?:{text})\z")).map_err(|error| not_one(argument, text, &error))
}

fn not_one(argument: &str, text: &str, error: &regex::Error) -> Error {
    Error::argument("this is not a regular expression that Horn knows")
        .at(argument)
        .received(format!("{text:?}"))
        .expected("a pattern such as `encoder/.*`, without back-references and look-around")
        .because(error.to_string())
        .hint("list the names instead, as in `encoder/.*|decoder/.*`")
}
