//! The one error type of Horn.
//!
//! A message has four parts: the *location* (the layer, argument or file), the *problem* (with what was received), *what
//! was expected*, and a *hint* that says how to fix it. `{}` prints them; `{:#}` and `{:?}` also the causes of the error,
//! which [`source`](std::error::Error::source) returns.

use std::error::Error as StdError;
use std::fmt;

use crate::not_finite;
use crate::printable::{printable, printable_lines};

/// The result of Horn's fallible functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, where, and how to fix it.
///
/// ```
/// use horn::Error;
///
/// let error = Error::shape("the last axis does not fit the weights")
///     .at("layer \"dense\"")
///     .received("(None, 783)")
///     .expected("(None, 784)")
///     .hint("flatten the images to 784 features");
/// assert!(error.is_shape());
/// assert_eq!(
///     error.to_string(),
///     "layer \"dense\": the last axis does not fit the weights; received (None, 783), expected (None, 784). \
///      Hint: flatten the images to 784 features."
/// );
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    location: Option<String>,
    problem: String,
    received: Option<String>,
    expected: Option<String>,
    hint: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ErrorKind {
    Shape,
    Argument,
    Data,
    File,
    Device,
    Model,
}

/// The longest part of a message, as the value that was received may be as large as a file.
const MAX_CHARACTERS: usize = 8_000;

fn shortened(text: String) -> String {
    let mut text = not_finite::in_words(text);
    if let Some((end, _)) = text.char_indices().nth(MAX_CHARACTERS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl Error {
    fn new(kind: ErrorKind, problem: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            location: None,
            problem: not_finite::in_words(problem.into()),
            received: None,
            expected: None,
            hint: None,
            source: None,
        }))
    }

    /// An error about shapes, ranks or dtypes that do not fit each other.
    pub fn shape(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Shape, problem)
    }

    /// An error about an argument with an invalid value.
    pub fn argument(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Argument, problem)
    }

    /// An error about data that cannot be used: empty, of different lengths, or with values out of range.
    pub fn data(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, problem)
    }

    /// An error about a file that is missing, damaged, or of the wrong format.
    pub fn file(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::File, problem)
    }

    /// An error about a missing device, or a backend that is not compiled in.
    pub fn device(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Device, problem)
    }

    /// An error about a model that cannot be built: it has no layers, two layers have the same name, or a layer fails.
    pub fn model(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Model, problem)
    }

    /// Sets the location: the layer, argument or file. The innermost location wins: one that is already set is kept.
    #[must_use]
    pub fn at(mut self, location: impl Into<String>) -> Self {
        self.0.location.get_or_insert_with(|| shortened(location.into()));
        self
    }

    /// Adds what contains the location, such as the file that has the layer. A location that is a file is kept as it is.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.0.location = Some(match self.0.location.take() {
            None => shortened(outer.to_owned()),
            Some(inner) if inner.starts_with("file ") => inner,
            Some(inner) => format!("{}: {inner}", shortened(outer.to_owned())),
        });
        self
    }

    /// Sets what was received.
    #[must_use]
    pub fn received(mut self, received: impl fmt::Display) -> Self {
        self.0.received = Some(shortened(received.to_string()));
        self
    }

    /// Sets what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl fmt::Display) -> Self {
        self.0.expected = Some(shortened(expected.to_string()));
        self
    }

    /// Sets the hint, which says how to fix the problem: in the imperative and without a full stop.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// A copy of the error. Its cause is kept as text.
    pub(crate) fn copied(&self) -> Self {
        let Inner { kind, location, problem, received, expected, hint, source } = self.0.as_ref();
        let source = source.as_ref().map(|source| source.to_string().into());
        Self(Box::new(Inner {
            kind: *kind,
            location: location.clone(),
            problem: problem.clone(),
            received: received.clone(),
            expected: expected.clone(),
            hint: hint.clone(),
            source,
        }))
    }

    /// Sets the error that caused this one.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Is the error about shapes, ranks or dtypes?
    pub fn is_shape(&self) -> bool {
        self.0.kind == ErrorKind::Shape
    }

    /// Is the error about an argument?
    pub fn is_argument(&self) -> bool {
        self.0.kind == ErrorKind::Argument
    }

    /// Is the error about the data?
    pub fn is_data(&self) -> bool {
        self.0.kind == ErrorKind::Data
    }

    /// Is the error about a file?
    pub fn is_file(&self) -> bool {
        self.0.kind == ErrorKind::File
    }

    /// Is the error about a device or a backend?
    pub fn is_device(&self) -> bool {
        self.0.kind == ErrorKind::Device
    }

    /// Is the error about the model itself?
    pub fn is_model(&self) -> bool {
        self.0.kind == ErrorKind::Model
    }

    /// The layer, argument or file that the error is about.
    pub fn location(&self) -> Option<&str> {
        self.0.location.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { location, problem, received, expected, hint, source, .. } = &*self.0;
        // Names of layers and values come from files.
        let [location, received, expected, hint] =
            [location, received, expected, hint].map(|part| part.as_deref().map(printable));
        if let Some(location) = location {
            write!(f, "{location}: ")?;
        }
        f.write_str(&printable(problem))?;
        match (received, expected) {
            (Some(received), Some(expected)) => write!(f, "; received {received}, expected {expected}")?,
            (Some(received), None) => write!(f, "; received {received}")?,
            (None, Some(expected)) => write!(f, "; expected {expected}")?,
            (None, None) => {}
        }
        let mut cause = source.as_deref().filter(|_| f.alternate()).map(|source| source as &dyn StdError);
        let mut printed = String::new();
        while let Some(error) = cause {
            // Some errors print their own cause, too.
            let text = shortened(error.to_string());
            if !printed.contains(&text) {
                write!(f, " ({})", printable_lines(&text))?;
            }
            printed = text;
            cause = error.source();
        }
        f.write_str(".")?;
        if let Some(hint) = hint {
            write!(f, " Hint: {hint}.")?;
        }
        Ok(())
    }
}

/// The message with its causes, as a program whose `main` returns the error prints it with `Debug`.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_out_the_parts_that_are_not_set() {
        assert_eq!(Error::data("there are no samples").to_string(), "there are no samples.");
        assert_eq!(
            Error::argument("too small").at("batch_size").received(0).expected("at least 1").to_string(),
            "batch_size: too small; received 0, expected at least 1."
        );
    }

    #[test]
    fn main_prints_the_message() {
        let error = Error::data("there are no samples").at("x");
        assert_eq!(format!("{error:?}"), "x: there are no samples.");
    }

    #[test]
    fn the_innermost_location_wins() {
        let error = Error::shape("no").at("layer \"inner\"").at("layer \"outer\"");
        assert_eq!(error.location(), Some("layer \"inner\""));
    }

    #[test]
    fn a_location_is_within_a_file() {
        let file = "file \"m.keras\"";
        let error = Error::shape("no").at("layer \"dense\"").within(file).within(file);
        assert_eq!(error.to_string(), "file \"m.keras\": layer \"dense\": no.");
        assert_eq!(Error::file("no").within(file).within(file).to_string(), "file \"m.keras\": no.");
    }

    #[test]
    fn long_parts_are_shortened() {
        let error = Error::data("no").received("é".repeat(1 << 20)).to_string();
        assert!(error.ends_with("éé…."), "{}", error.len());
        assert_eq!(error.chars().count(), "no; received ….".chars().count() + MAX_CHARACTERS);
        let cause = std::io::Error::other("é".repeat(1 << 20));
        let error = format!("{:#}", Error::data("no").because(cause));
        assert_eq!(error.chars().count(), "no (…).".chars().count() + MAX_CHARACTERS);
    }

    #[test]
    fn a_terminal_does_not_act_upon_a_message() {
        let bad = "a\x1b[2J\u{202e}\n";
        let error = Error::model(bad).at(bad).received(bad).expected(bad).hint(bad).because(std::io::Error::other(bad));
        let shown = "a\\u{1b}[2J\\u{202e}\\n";
        assert_eq!(error.to_string(), format!("{shown}: {shown}; received {shown}, expected {shown}. Hint: {shown}."));
        assert!(format!("{error:#}").contains("(a\\u{1b}[2J\\u{202e}\n)."), "{error:#}");
    }

    #[test]
    fn keeps_its_cause() {
        let error = Error::file("cannot be read").because(std::io::Error::other("gone"));
        assert_eq!(error.to_string(), "cannot be read.");
        assert_eq!(
            (format!("{error:#}"), format!("{error:?}")),
            ("cannot be read (gone).".into(), format!("{error:#}"))
        );
        let outer = Error::model("no").because(Error::file("cannot be read").because(std::io::Error::other("gone")));
        assert_eq!(format!("{outer:#}"), "no (cannot be read.) (gone).");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("gone"));
    }
}
