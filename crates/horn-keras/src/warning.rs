//! Warnings, of what is left out of a file that is read all the same.

/// Prints a warning to the terminal, as Keras does.
#[expect(clippy::print_stderr, reason = "the model is read, so there is no error that could say it")]
pub(crate) fn warn(text: &str) {
    eprintln!("warning: {text}");
}
