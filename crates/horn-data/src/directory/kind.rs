//! Kinds of files.

use std::path::Path;

use horn_nn::{HostArray, Result};

/// What the files of a dataset hold, for [`FromDirectory`](crate::directory::FromDirectory). A program may have a kind of its
/// own:
///
/// ```
/// use std::path::Path;
///
/// use horn::utils::{FileKind, FromDirectory};
/// use horn::{Error, HostArray, Result};
///
/// /// Files of 64 bytes, each a number.
/// #[derive(Clone)]
/// struct Bytes;
///
/// impl FileKind for Bytes {
///     const FUNCTION: &'static str = "Bytes";
///     const ENDINGS: &'static [&'static str] = &[".bin"];
///
///     fn read(&self, paths: &[&Path]) -> Result<HostArray<'static>> {
///         let mut bytes = Vec::new();
///         for path in paths {
///             bytes.extend(std::fs::read(path).map_err(|error| Error::file("the file can't be read").because(error))?);
///         }
///         HostArray::new(bytes, [paths.len(), 64])
///     }
/// }
///
/// let error = FromDirectory::new("nowhere", Bytes).load().unwrap_err();
/// assert!(error.to_string().starts_with("nowhere: the folder can't be read"));
/// ```
pub trait FileKind: Clone + Send + Sync + 'static {
    /// The function that makes such a dataset, for messages.
    const FUNCTION: &'static str;

    /// The endings of the files that are taken, in lower case.
    const ENDINGS: &'static [&'static str];

    /// Checks the options of this kind.
    ///
    /// # Errors
    ///
    /// If an option is impossible, or contradicts another one.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Reads files as one array, a sample for each.
    ///
    /// # Errors
    ///
    /// If a file can't be read, or does not fit the others.
    fn read(&self, paths: &[&Path]) -> Result<HostArray<'static>>;
}
