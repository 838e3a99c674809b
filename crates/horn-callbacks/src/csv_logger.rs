//! Writes the logs of each epoch to a CSV file.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use horn_nn::{Error, Result};
use horn_train::Scores;
use horn_train::callbacks::{Callback, CallbackState, Training};
use horn_train::python::{python_repr, python_repr_of_float32};

/// Writes the logs of each epoch as a row of a CSV file, byte for byte as Keras does: the epoch counted from 0, the keys in
/// alphabetical order, `NA` where an epoch has no value.
///
/// The columns are those of the first epoch. If it has no validation, there are columns for one, too.
///
/// ```
/// use horn::Fit;
/// use horn::callbacks::CSVLogger;
///
/// let fit = Fit::epochs(10).callback(CSVLogger::new("training.csv").separator(';').append(true));
/// ```
///
/// # Errors
///
/// `fit` fails before it trains if the file can't be opened, and later if it can't be written.
#[derive(Debug)]
pub struct CSVLogger {
    filename: PathBuf,
    separator: char,
    append: bool,
    file: Option<File>,
    keys: Option<Vec<String>>,
    /// Whether the next row needs the names of the columns above it.
    needs_header: bool,
}

impl CSVLogger {
    /// Writes to this file, which is replaced when the training begins.
    pub fn new(filename: impl AsRef<Path>) -> Self {
        Self {
            filename: filename.as_ref().to_owned(),
            separator: ',',
            append: false,
            file: None,
            keys: None,
            needs_header: true,
        }
    }

    /// What separates the columns; a comma by default.
    #[must_use]
    pub fn separator(mut self, separator: char) -> Self {
        self.separator = separator;
        self
    }

    /// Whether to go on in an existing file, to continue a training; no by default.
    #[must_use]
    pub fn append(mut self, append: bool) -> Self {
        self.append = append;
        self
    }

    fn failed(&self, error: io::Error) -> Error {
        Error::file("cannot be written")
            .at(format!("file {:?}", self.filename.display().to_string()))
            .because(error)
            .hint("choose a folder that exists and is writable")
    }

    fn open(&self, append: bool) -> io::Result<File> {
        let options = &mut OpenOptions::new();
        options.write(true).create(true).append(append).truncate(!append).open(&self.filename)
    }

    /// Whether the file exists and its first line is not empty.
    fn has_header(&self) -> bool {
        let first = File::open(&self.filename).and_then(|file| BufReader::new(file).fill_buf().map(<[u8]>::len));
        first.is_ok_and(|bytes| bytes > 0)
    }

    /// A row as Python's `csv` writes it in its dialect "excel".
    fn row<'a>(&self, cells: impl Iterator<Item = &'a str>) -> String {
        let is_special = |c: char| c == self.separator || matches!(c, '"' | '\r' | '\n');
        let cell = |cell: &str| match cell.contains(is_special) {
            true => format!("\"{}\"", cell.replace('"', "\"\"")),
            false => cell.to_owned(),
        };
        let cells: Vec<String> = cells.map(cell).collect();
        cells.join(&self.separator.to_string()) + "\r\n"
    }

    fn write(&mut self, text: &str) -> Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(text.as_bytes()).map_err(|error| self.failed(error))
    }
}

/// A number as Python writes it. Of several, which Keras has as an array of float32, it writes a list in quotes.
fn cell(values: &[f64]) -> String {
    match values {
        [value] => python_repr(*value),
        several => {
            let several: Vec<String> = several.iter().map(|value| python_repr_of_float32(*value as f32)).collect();
            format!("\"[{}]\"", several.join(", "))
        }
    }
}

/// The keys of the first epoch, and those of a validation if it had none.
fn columns(logs: &Scores) -> Vec<String> {
    let mut keys: Vec<String> = logs.keys().into_iter().map(str::to_owned).collect();
    keys.sort();
    if !keys.iter().any(|key| key.starts_with("val_")) {
        keys.extend(keys.clone().iter().map(|key| format!("val_{key}")));
    }
    keys
}

impl Callback for CSVLogger {
    fn on_train_begin(&mut self, _training: &mut Training<'_>) -> Result<()> {
        self.needs_header = !(self.append && self.has_header());
        self.file = Some(self.open(self.append).map_err(|error| self.failed(error))?);
        self.keys = None;
        Ok(())
    }

    fn on_epoch_end(&mut self, epoch: usize, logs: &mut Scores, _training: &mut Training<'_>) -> Result<()> {
        let keys = self.keys.take().unwrap_or_else(|| columns(logs));
        let mut text = String::new();
        if std::mem::replace(&mut self.needs_header, false) {
            text = self.row(std::iter::once("epoch").chain(keys.iter().map(String::as_str)));
        }
        let value = |key: &String| logs.values(key).map_or_else(|| "NA".to_owned(), cell);
        let cells: Vec<String> = std::iter::once(epoch.to_string()).chain(keys.iter().map(value)).collect();
        text += &self.row(cells.iter().map(String::as_str));
        self.keys = Some(keys);
        // A row is written at once, so that a kill leaves whole rows.
        self.write(&text)
    }

    fn on_train_end(&mut self, _training: &mut Training<'_>) -> Result<()> {
        self.file = None;
        Ok(())
    }

    fn state(&self) -> CallbackState {
        let keys = self.keys.iter().flatten().enumerate();
        keys.fold(CallbackState::default(), |state, (at, key)| state.with_count(key, at))
    }

    /// A run that resumes has the columns of the one that was interrupted.
    fn set_state(&mut self, state: &CallbackState) -> Result<()> {
        let mut keys = state.numbers.clone();
        keys.sort_by(|(_, one), (_, other)| one.total_cmp(other));
        self.keys = Some(keys.into_iter().map(|(key, _)| key).collect()).filter(|keys: &Vec<String>| !keys.is_empty());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{model, run};

    #[test]
    fn cells_are_quoted_as_python_quotes_them() {
        let logger = CSVLogger::new("log.csv").separator('_');
        assert_eq!(
            logger.row(["epoch", "val_loss", "a\"b", "1.5"].into_iter()),
            "epoch_\"val_loss\"_\"a\"\"b\"_1.5\r\n"
        );
        assert_eq!(logger.row(["a\nb", "a\rb", "a,b"].into_iter()), "\"a\nb\"_\"a\rb\"_a,b\r\n");
    }

    #[test]
    fn a_file_that_can_t_be_written_is_an_error_before_the_training() {
        let folder = tempfile::tempdir().unwrap();
        let mut model = model();
        let before = model.model().unwrap().get_weights();
        let error = run(&mut model, 2, CSVLogger::new(folder.path().join("not there/log.csv"))).unwrap_err();
        assert!(error.is_file(), "{error}");
        assert!(error.to_string().ends_with("Hint: choose a folder that exists and is writable."), "{error}");
        assert_eq!(model.model().unwrap().get_weights(), before);
        assert!(run(&mut model, 2, CSVLogger::new(folder.path())).unwrap_err().is_file());
    }

    #[test]
    fn rows_are_appended_without_a_second_header() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.csv");
        let logger = || CSVLogger::new(&path).append(true);
        run(&mut model(), 1, logger()).unwrap();
        run(&mut model(), 2, logger()).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let first: Vec<_> = text.split("\r\n").map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(first, ["epoch", "0", "0", "1", ""]);
        run(&mut model(), 1, CSVLogger::new(&path)).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
    }
}
