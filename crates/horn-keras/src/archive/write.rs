//! Writes `.keras` files as Keras does: uncompressed members, the metadata first.

use std::io::{Seek, Write};

use horn_nn::Result;
use horn_nn::files::unwritable;
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::date::Date;
use super::names::{CONFIG, METADATA, WEIGHTS};
use super::steady::Steady;
use crate::h5::WeightsWriter;
use crate::json;

/// A `.keras` file that is being written.
#[derive(Debug)]
pub struct ArchiveWriter<W: Write + Seek> {
    zip: ZipWriter<Steady<W>>,
    date: Date,
}

impl<W: Write + Seek> ArchiveWriter<W> {
    /// Starts the archive with `metadata.json`.
    ///
    /// # Errors
    ///
    /// If the writer fails.
    pub fn new(writer: W, keras_version: &str) -> Result<Self> {
        let date = Date::now();
        let mut archive = Self { zip: ZipWriter::new(Steady::new(writer)), date };
        // Formatted by hand, to get Keras's order and spacing.
        let (version, saved) = (Value::from(keras_version), Value::from(date.saved()));
        archive.member(METADATA, format!("{{\"keras_version\": {version}, \"date_saved\": {saved}}}").as_bytes())?;
        Ok(archive)
    }

    /// Adds `config.json`.
    ///
    /// # Errors
    ///
    /// If the writer fails, or the text is beyond the limits of a reader.
    pub fn config(&mut self, text: &str) -> Result<()> {
        json::check_own(text, CONFIG)?;
        self.member(CONFIG, text.as_bytes())
    }

    /// Adds `model.weights.h5`.
    ///
    /// # Errors
    ///
    /// If the writer fails.
    pub fn weights(&mut self, weights: WeightsWriter) -> Result<()> {
        // The size is only known at the end, and may be more than the 4 GiB of a zip archive without ZIP64.
        self.start(WEIGHTS, weights.bytes() > 1 << 31)?;
        weights.write(&mut self.zip)
    }

    /// Adds a file below `assets/`.
    ///
    /// # Errors
    ///
    /// If the writer fails.
    pub fn asset(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.member(&format!("assets/{name}"), bytes)
    }

    /// Finishes the archive.
    ///
    /// # Errors
    ///
    /// If the writer fails.
    pub fn finish(self) -> Result<W> {
        self.zip.finish().map_err(unwritable)?.finish().map_err(unwritable)
    }

    fn member(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        self.start(name, bytes.len() > 1 << 31)?;
        self.zip.write_all(bytes).map_err(unwritable)
    }

    fn start(&mut self, name: &str, is_large: bool) -> Result<()> {
        let Date { year, month, day, hour, minute, second } = self.date;
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(is_large)
            .unix_permissions(0o600)
            .last_modified_time(
                DateTime::from_date_and_time(year, month, day, hour, minute, second).unwrap_or_default(),
            );
        self.zip.start_file(name, options).map_err(unwritable)
    }
}
