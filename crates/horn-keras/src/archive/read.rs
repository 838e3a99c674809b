//! Reads the members of an untrusted zip archive. Nothing is unpacked to disk.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use horn_nn::{Error, Result};
use serde_json::Value;
use zip::CompressionMethod;

use super::members::{self, MIB, Rules, Zip, damaged, read_through};
use super::names::{CONFIG, METADATA, WEIGHTS};
use crate::h5::{WeightsReader, Window};
use crate::json;

const MAX_METADATA: u64 = MIB;
/// The highest compression ratio that is accepted. JSON that Keras saves compresses less than this; a file of zeros
/// compresses a thousand times.
const MAX_INFLATED: u64 = 100;

const RULES: Rules = Rules {
    no_zip: |error| {
        Error::file("is not a .keras file, or damaged")
            .because(error)
            .hint("a .keras file is a zip with config.json and model.weights.h5: save the model again")
    },
    allows_name: is_plain,
    // The weights have their own limit, which is checked when they are read.
    most: |name, packed| match name {
        WEIGHTS => u64::MAX,
        _ => packed.saturating_mul(MAX_INFLATED).saturating_add(MIB),
    },
};

/// The maximum size of weights that are compressed to `packed` bytes. They are held in memory while they are read.
/// Keras does not compress weights. If another program does, they become a little smaller; those of a new model become
/// much smaller, as many are zeros.
fn max_weights(packed: u64) -> u64 {
    packed.saturating_mul(8).saturating_add(32 * MIB)
}

/// An open `.keras` file.
#[derive(Debug)]
pub struct Archive {
    place: String,
    window: Arc<Window>,
    zip: Zip,
}

impl Archive {
    /// Opens a file and checks the list of its members before any member is read.
    ///
    /// # Errors
    ///
    /// If the file can't be read, is not a zip archive, or has members that are not allowed in a `.keras` file.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let (window, place) = Window::open_placed(path)?;
        Self::of_window(window, &place)
    }

    /// Opens a part of a file, or bytes in memory.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn of_window(window: Window, place: &str) -> Result<Self> {
        let window = Arc::new(window);
        let zip = members::open(&window, &RULES).map_err(|error| error.at(place))?;
        Ok(Self { place: place.to_owned(), window, zip })
    }

    /// The names of all members.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.zip.file_names().filter_map(|name| Some(name.ok()?.into_owned()))
    }

    /// Reads `metadata.json`, which may be missing.
    ///
    /// # Errors
    ///
    /// If it is damaged.
    pub fn metadata(&mut self) -> Result<Option<Value>> {
        self.json(METADATA, MAX_METADATA)
    }

    /// Reads `config.json`.
    ///
    /// # Errors
    ///
    /// If it is missing or damaged.
    pub fn config(&mut self) -> Result<Value> {
        self.json(CONFIG, u64::MAX)?.ok_or_else(|| self.missing(CONFIG))
    }

    /// Opens `model.weights.h5`, in place if it is not compressed.
    ///
    /// # Errors
    ///
    /// If it is missing or damaged.
    pub fn weights(&mut self) -> Result<WeightsReader> {
        let Some(index) = self.zip.index_for_name(WEIGHTS) else { return Err(self.missing(WEIGHTS)) };
        let place = self.member(WEIGHTS);
        let mut member = self.zip.by_index(index).map_err(|error| damaged(error).at(&place))?;
        if member.compression() != CompressionMethod::Stored {
            let (size, packed) = (member.size(), member.compressed_size());
            if size > max_weights(packed) {
                return Err(Error::file("is far larger than it looks")
                    .at(place)
                    .received(format!("{size} bytes, in {packed} of the file's"))
                    .expected(format!("at most {}", max_weights(packed)))
                    .hint("pack the file without compression, as Keras does"));
            }
            let bytes = inflate(&mut member, size).map_err(|error| damaged(error).at(&place))?;
            return WeightsReader::of_inflated(bytes, packed, &place);
        }
        let (start, size) = (member.data_start(), member.size());
        let read = read_through(&mut member).map_err(|error| damaged(error).at(&place))?;
        drop(member);
        let window = match start {
            Some(start) if read == size => self.window.stretch(start, size),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        };
        WeightsReader::of_window(window.map_err(|error| damaged(error).at(&place))?, &place)
    }

    /// The size of the whole file in bytes.
    pub fn len(&self) -> u64 {
        self.window.len()
    }

    /// Has the file no bytes? Never, as it was opened.
    pub fn is_empty(&self) -> bool {
        self.window.is_empty()
    }

    /// Reads a file below `assets/`, if it exists.
    ///
    /// # Errors
    ///
    /// If it is damaged or has more than `most` bytes.
    pub fn asset(&mut self, name: &str, most: u64) -> Result<Option<Vec<u8>>> {
        self.bytes(&format!("assets/{name}"), most)
    }

    fn json(&mut self, name: &str, most: u64) -> Result<Option<Value>> {
        let Some(packed) = self.packed(name)? else { return Ok(None) };
        let place = self.member(name);
        self.bytes(name, most.min(json::max_bytes(packed)))?
            .map(|bytes| json::parse(&bytes, packed, &place))
            .transpose()
    }

    /// How many bytes of the file a member takes, if it exists.
    fn packed(&self, name: &str) -> Result<Option<u64>> {
        let Some(index) = self.zip.index_for_name(name) else { return Ok(None) };
        Ok(Some(self.zip.by_index_data(index).map_err(damaged)?.compressed_size()))
    }

    fn bytes(&mut self, name: &str, most: u64) -> Result<Option<Vec<u8>>> {
        let Some(index) = self.zip.index_for_name(name) else { return Ok(None) };
        let place = self.member(name);
        let mut member = self.zip.by_index(index).map_err(|error| damaged(error).at(&place))?;
        let size = member.size();
        if size > most {
            let error = Error::file("is too long").at(place).received(format!("{size} bytes"));
            return Err(error.expected(format!("at most {most}")).hint("save the model again"));
        }
        inflate(&mut member, size).map(Some).map_err(|error| damaged(error).at(place))
    }

    fn member(&self, name: &str) -> String {
        format!("{}, {name:?}", self.place)
    }

    fn missing(&self, name: &str) -> Error {
        Error::file(format!("has no {name}")).at(&self.place).hint("save the model again, with Keras 3 or Horn")
    }
}

/// Reads exactly as many bytes as the member declares. Memory grows with the bytes that are read, not with the declared
/// size.
fn inflate(member: &mut impl Read, size: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(size.min(MIB) as usize);
    member.by_ref().take(size).read_to_end(&mut bytes)?;
    // This read also reaches the end, where the checksum is verified.
    let more = member.read(&mut [0])?;
    if bytes.len() as u64 != size || more != 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it has another length than it says"));
    }
    Ok(bytes)
}

/// Is the name a relative path without `..` on every operating system?
fn is_plain(name: &str) -> bool {
    let path = name.strip_suffix('/').unwrap_or(name);
    !name.contains(['\\', ':', '\0']) && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}
