//! Opens untrusted zip archives. The list of members is checked before any member is read.

use std::io::{self, BufReader, Read};
use std::sync::Arc;

use horn_nn::{Error, Result};
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use crate::h5::{Cursor, Window};

pub(crate) const MIB: u64 = 1 << 20;
/// The number of bytes that may be read before the list of members is known, besides those of the file. A member takes a
/// few hundred bytes.
const MAX_DIRECTORY: u64 = 8 * MIB;

/// A zip archive whose list of members has been checked.
pub(crate) type Zip = ZipArchive<BufReader<Cursor>>;

/// What a kind of archive allows.
pub(crate) struct Rules {
    /// The error for what is not a zip archive.
    pub no_zip: fn(ZipError) -> Error,
    /// Whether a member may have this name.
    pub allows_name: fn(&str) -> bool,
    /// The largest size of a member with this name that is compressed to this many bytes.
    pub most: fn(&str, u64) -> u64,
}

/// A model with vocabularies has a member for each, and 1,500 bytes about the layer in its configuration.
fn max_members(len: u64) -> usize {
    usize::try_from(len / 512).unwrap_or(usize::MAX).saturating_add(10_000)
}

/// Opens a zip archive and checks the list of its members.
///
/// # Errors
///
/// If it is not a zip archive, or has members that the rules do not allow, of one name, or that share bytes.
pub(crate) fn open(window: &Arc<Window>, rules: &Rules) -> Result<Zip> {
    window.allow(MAX_DIRECTORY.saturating_add(window.len()));
    let mut zip = ZipArchive::new(BufReader::new(Cursor::new(window.clone()))).map_err(rules.no_zip)?;
    let most = max_members(window.len());
    if zip.len() > most {
        return Err(Error::file("has too many members")
            .received(zip.len())
            .expected(format!("at most {most}"))
            .hint("save the file again"));
    }
    if zip.has_duplicate_names() {
        return Err(Error::file("has two members of one name").hint("save the file again"));
    }
    check_members(&zip, window, rules)?;
    window.allow(u64::MAX);
    if zip.has_overlapping_entries().map_err(rules.no_zip)? {
        return Err(Error::file("has members that overlap").hint("save the file again"));
    }
    Ok(zip)
}

/// Refuses members that would be dangerous to unpack, and members whose declared size is not plausible.
fn check_members(zip: &Zip, window: &Window, rules: &Rules) -> Result<()> {
    for index in 0..zip.len() {
        let member = zip.by_index_data(index).map_err(damaged)?;
        let name = member.name().map_err(damaged)?;
        let refused =
            |problem: &str| Err(Error::file(format!("its member {name:?} {problem}")).hint("save the file again"));
        if !(rules.allows_name)(&name) {
            return refused("would be unpacked elsewhere");
        }
        if !has_name(window, member.header_start(), member.name_raw()).map_err(damaged)? {
            return refused("has another name before its bytes");
        }
        if member.encrypted() {
            return refused("is encrypted");
        }
        if member.is_symlink() {
            return refused("is a link");
        }
        let (size, packed) = (member.size(), member.compressed_size());
        let fits = match member.compression() {
            CompressionMethod::Stored => size == packed,
            CompressionMethod::Deflated => size <= (rules.most)(&name, packed),
            method => return refused(&format!("is compressed by {method:?}, which Keras and NumPy do not use")),
        };
        if !fits || packed > window.len() {
            return refused(&format!("says that it has {size} bytes, in {packed} of the file's"));
        }
    }
    Ok(())
}

/// Does the header before a member's bytes have the name that the list of members has?
fn has_name(window: &Window, start: u64, name: &[u8]) -> io::Result<bool> {
    // The length of the name is at byte 26, and the name comes after 30 bytes.
    let mut header = [0; 30];
    window.read(start, &mut header)?;
    let mut found = vec![0; name.len()];
    let has_length = usize::from(u16::from_le_bytes([header[26], header[27]])) == name.len();
    Ok(has_length && window.read(start + 30, &mut found).is_ok() && found == name)
}

/// Reads to the end, where the checksum is verified, and returns the number of bytes. Large reads bypass the buffers.
///
/// # Errors
///
/// If the member is damaged.
pub(crate) fn read_through(member: &mut impl Read) -> io::Result<u64> {
    let (mut all, mut buffer) = (0, vec![0; 1 << 18]);
    loop {
        match member.read(&mut buffer)? {
            0 => return Ok(all),
            part => all += part as u64,
        }
    }
}

/// The error for a member that can't be read.
pub(crate) fn damaged(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::file("is damaged").because(error).hint("save the file again")
}
