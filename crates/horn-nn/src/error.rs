//! The one error type of Horn.
//!
//! Every message says four things: *where* (the layer, argument or file), *what is wrong* (with what was received),
//! *what was expected*, and *how to fix it*.

use std::error::Error as StdError;
use std::fmt;

/// What Horn's fallible functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Something that Horn was given and cannot use, and how to fix it.
///
/// ```
/// use horn_nn::Error;
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
    place: Option<String>,
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

/// What is received may be a whole file: no more of it is said than somebody reads.
const MAX_CHARACTERS: usize = 8_000;

fn shortened(mut text: String) -> String {
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
            place: None,
            problem: problem.into(),
            received: None,
            expected: None,
            hint: None,
            source: None,
        }))
    }

    /// Shapes, ranks or dtypes that do not fit each other.
    pub fn shape(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Shape, problem)
    }

    /// An argument outside of what it may be.
    pub fn argument(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Argument, problem)
    }

    /// Data that cannot be learned from: empty, of different lengths, with values out of range.
    pub fn data(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, problem)
    }

    /// A file that is missing, damaged, or something else than it should be.
    pub fn file(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::File, problem)
    }

    /// A device that is not there, or a backend that is not compiled in.
    pub fn device(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Device, problem)
    }

    /// A model that cannot be built: no layers, two layers of one name, a layer that fails.
    pub fn model(problem: impl Into<String>) -> Self {
        Self::new(ErrorKind::Model, problem)
    }

    /// Names the layer, argument or file. The innermost place wins: a place that is known already stays.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.0.place.get_or_insert_with(|| shortened(place.into()));
        self
    }

    /// Names what the place is in, such as the file that the layer is of. A file that is named already stays alone.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.0.place = Some(match self.0.place.take() {
            None => shortened(outer.to_owned()),
            Some(own) if own.starts_with("file ") => own,
            Some(own) => format!("{}: {own}", shortened(outer.to_owned())),
        });
        self
    }

    /// Says what was received.
    #[must_use]
    pub fn received(mut self, received: impl fmt::Display) -> Self {
        self.0.received = Some(shortened(received.to_string()));
        self
    }

    /// Says what was expected.
    #[must_use]
    pub fn expected(mut self, expected: impl fmt::Display) -> Self {
        self.0.expected = Some(shortened(expected.to_string()));
        self
    }

    /// Says how to fix it, in the imperative and without a full stop.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// Keeps the error that caused this one.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Are shapes, ranks or dtypes at fault?
    pub fn is_shape(&self) -> bool {
        self.0.kind == ErrorKind::Shape
    }

    /// Is an argument at fault?
    pub fn is_argument(&self) -> bool {
        self.0.kind == ErrorKind::Argument
    }

    /// Is the data at fault?
    pub fn is_data(&self) -> bool {
        self.0.kind == ErrorKind::Data
    }

    /// Is a file at fault?
    pub fn is_file(&self) -> bool {
        self.0.kind == ErrorKind::File
    }

    /// Is the device, or the lack of one, at fault?
    pub fn is_device(&self) -> bool {
        self.0.kind == ErrorKind::Device
    }

    /// Is the model itself at fault?
    pub fn is_model(&self) -> bool {
        self.0.kind == ErrorKind::Model
    }

    /// The layer, argument or file that the error is about.
    pub fn place(&self) -> Option<&str> {
        self.0.place.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { place, problem, received, expected, hint, source, .. } = &*self.0;
        if let Some(place) = place {
            write!(f, "{place}: ")?;
        }
        f.write_str(problem)?;
        match (received, expected) {
            (Some(received), Some(expected)) => write!(f, "; received {received}, expected {expected}")?,
            (Some(received), None) => write!(f, "; received {received}")?,
            (None, Some(expected)) => write!(f, "; expected {expected}")?,
            (None, None) => {}
        }
        if let Some(source) = source {
            write!(f, " ({source})")?;
        }
        f.write_str(".")?;
        if let Some(hint) = hint {
            write!(f, " Hint: {hint}.")?;
        }
        Ok(())
    }
}

/// The same text: it is what a program prints whose `main` returns the error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
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
    fn says_only_what_is_known() {
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
    fn the_innermost_place_wins() {
        let error = Error::shape("no").at("layer \"inner\"").at("layer \"outer\"");
        assert_eq!(error.place(), Some("layer \"inner\""));
    }

    #[test]
    fn a_place_is_in_a_file() {
        let file = "file \"m.keras\"";
        let error = Error::shape("no").at("layer \"dense\"").within(file).within(file);
        assert_eq!(error.to_string(), "file \"m.keras\": layer \"dense\": no.");
        assert_eq!(Error::file("no").within(file).within(file).to_string(), "file \"m.keras\": no.");
    }

    #[test]
    fn says_no_more_than_somebody_reads() {
        let error = Error::data("no").received("é".repeat(1 << 20)).to_string();
        assert!(error.ends_with("éé…."), "{}", error.len());
        assert_eq!(error.chars().count(), "no; received ….".chars().count() + MAX_CHARACTERS);
    }

    #[test]
    fn keeps_its_cause() {
        let error = Error::file("cannot be read").because(std::io::Error::other("gone"));
        assert_eq!(error.to_string(), "cannot be read (gone).");
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("gone"));
    }
}
