//! The `.npz` format: a zip archive with a `.npy` file for each array.

use std::io::{Read, Seek, Write};
use std::path::Path;
use std::sync::Arc;

use horn_nn::files::unwritable;
use horn_nn::{Error, OutputArray, Result};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::npy;
use super::stored::{Memory, Stored};
use crate::archive::members::{self, Rules, Zip, damaged};
use crate::archive::steady::Steady;
use crate::h5::Window;

/// The highest compression ratio of Deflate.
const MAX_INFLATED: u64 = 1032;
/// The ending of an array's member.
const ENDING: &str = ".npy";

const RULES: Rules = Rules {
    no_zip: |error| {
        Error::file("is not a .npz file, or damaged").because(error).hint("save the arrays by `numpy.savez`")
    },
    // Nothing is unpacked to disk, and arrays are named as the program likes.
    allows_name: |_| true,
    most: |_, packed| packed.saturating_mul(MAX_INFLATED),
};

/// An open `.npz` file. Arrays that nobody asks for are not read.
#[derive(Debug)]
pub struct Npz {
    place: String,
    zip: Zip,
    names: Vec<String>,
    memory: Memory,
}

impl Npz {
    /// Opens a file and checks the list of its members.
    ///
    /// # Errors
    ///
    /// If the file can't be read, is not a zip archive, has no arrays, has two members of one name, or members that share
    /// bytes.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let (window, place) = Window::open_placed(path)?;
        Self::of_window(window, &place)
    }

    /// Opens bytes in memory.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn of_window(window: Window, place: &str) -> Result<Self> {
        let memory = Memory::of_file(window.len());
        let zip = members::open(&Arc::new(window), &RULES).map_err(|error| error.at(place))?;
        let names = zip.file_names().filter_map(|name| Some(name.ok()?.strip_suffix(ENDING)?.to_owned()));
        let names: Vec<String> = names.collect();
        if names.is_empty() {
            return Err(Error::file("is not a .npz file: there are no arrays in it")
                .at(place)
                .hint("save the arrays by `numpy.savez`"));
        }
        Ok(Self { place: place.to_owned(), zip, names, memory })
    }

    /// The names of the arrays.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Reads an array. Its checksum is verified.
    ///
    /// # Errors
    ///
    /// If there is no such array, it is damaged, or all arrays together are far larger than the file.
    pub fn read(&mut self, name: &str) -> Result<Stored> {
        self.read_member(name).map_err(|error| error.at(format!("{}, {name:?}", self.place)))
    }

    fn read_member(&mut self, name: &str) -> Result<Stored> {
        let mut member = self.zip.by_name(&format!("{name}{ENDING}")).map_err(damaged)?;
        let size = member.size();
        let array = npy::read_within(&mut member, size, &mut self.memory)?;
        // This read reaches the end, where the checksum is verified.
        match member.read(&mut [0]).map_err(damaged)? {
            0 => Ok(array),
            _ => Err(Error::file("has more bytes than its array").hint("save the array again")),
        }
    }
}

/// Writes arrays with their names.
///
/// # Errors
///
/// If the file can't be written.
pub fn write(file: impl Write + Seek, arrays: &[(&str, &OutputArray)]) -> Result<()> {
    let mut zip = ZipWriter::new(Steady::new(file));
    for (name, array) in arrays {
        // More than an ordinary zip holds.
        let large = npy::count(array).saturating_mul(4) > u64::from(u32::MAX) / 2;
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored).large_file(large);
        zip.start_file(format!("{name}{ENDING}"), options).map_err(unwritable)?;
        npy::write(&mut zip, array)?;
    }
    zip.finish().map_err(unwritable)?.finish().map(drop).map_err(unwritable)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use ndarray::arr2;

    use super::*;
    use crate::arrays::Values;

    fn zip_of(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in members {
            zip.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn npy_of(values: &[f32]) -> Vec<u8> {
        let mut bytes = Vec::new();
        npy::write(&mut bytes, &arr2(&[[values[0], values[1]]]).into_dyn().into()).unwrap();
        bytes
    }

    /// A `.npy` file of zeros.
    fn zeros(descr: &str, count: usize) -> Vec<u8> {
        let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({count},), }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.resize(bytes.len() + count, 0);
        bytes
    }

    fn open(bytes: Vec<u8>) -> Result<Npz> {
        Npz::of_window(Window::of_bytes(bytes), "x.npz")
    }

    fn floats(file: &mut Npz, name: &str) -> Result<Values> {
        match file.read(name)? {
            Stored::Numbers(array) => Ok(array.into_values()),
            Stored::Texts { .. } => panic!("texts"),
        }
    }

    fn error<T>(result: Result<T>) -> String {
        format!("{:#}", result.err().expect("an error"))
    }

    #[test]
    fn a_flipped_bit_never_gives_other_values() {
        let (x, y) = (npy_of(&[1.0, 2.0]), npy_of(&[3.0, 4.0]));
        for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
            let whole = zip_of(&[("x.npy", &x), ("y.npy", &y)], method);
            let mut file = open(whole.clone()).unwrap();
            assert_eq!(file.names(), ["x", "y"]);
            assert_eq!(floats(&mut file, "y").unwrap(), Values::F32(vec![3.0, 4.0]));
            let mut found = 0;
            for at in 0..whole.len() {
                let mut damaged = whole.clone();
                damaged[at] ^= 1 << (at % 8);
                let read = open(damaged).and_then(|mut file| floats(&mut file, "x"));
                // Some bytes say nothing about the values, such as those of the date, or are of the other array.
                match read {
                    Ok(values) => assert_eq!(values, Values::F32(vec![1.0, 2.0]), "byte {at}"),
                    Err(_) => found += 1,
                }
            }
            assert!(found > whole.len() / 3, "{found}");
        }
        let mut flipped = zip_of(&[("x.npy", &x)], CompressionMethod::Stored);
        let at = flipped.windows(4).position(|four| four == 2_f32.to_le_bytes()).unwrap();
        flipped[at] ^= 1;
        let text = error(open(flipped).unwrap().read("x"));
        assert!(text.starts_with("x.npz, \"x\": is damaged (") && text.contains("hecksum"), "{text}");
    }

    #[test]
    fn members_that_are_not_asked_for_are_not_read() {
        let (x, y) = (npy_of(&[1.0, 2.0]), npy_of(&[3.0, 4.0]));
        let mut bytes = zip_of(&[("x.npy", &x), ("notes.txt", b"no array"), ("y.npy", &y)], CompressionMethod::Stored);
        let at = bytes.windows(4).position(|four| four == 4_f32.to_le_bytes()).unwrap();
        bytes[at] ^= 1;
        let mut file = open(bytes).unwrap();
        assert_eq!(file.names(), ["x", "y"]);
        assert_eq!(floats(&mut file, "x").unwrap(), Values::F32(vec![1.0, 2.0]));
        assert!(file.read("y").is_err() && file.read("notes").is_err());
    }

    #[test]
    fn members_of_one_name_and_members_that_share_bytes_are_refused() {
        let x = npy_of(&[1.0, 2.0]);
        let mut twice = zip_of(&[("x.npy", &x), ("z.npy", &x)], CompressionMethod::Stored);
        for at in 0..twice.len() - 5 {
            if &twice[at..at + 5] == b"z.npy" {
                twice[at] = b'x';
            }
        }
        assert_eq!(error(open(twice)), "x.npz: has two members of one name. Hint: save the file again.");

        let mut overlap = zip_of(&[("a.npy", &x), ("b.npy", &x)], CompressionMethod::Stored);
        let last = overlap.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
        overlap[last + 42..last + 46].fill(0);
        assert!(error(open(overlap)).contains("its member \"b.npy\" has another name before its bytes"));

        let other = npy_of(&[3.0, 4.0]);
        let mut exchanged = zip_of(&[("a.npy", &x), ("b.npy", &other)], CompressionMethod::Stored);
        for (at, name) in [(exchanged.len() - 22 - 2 * 51, b'b'), (exchanged.len() - 22 - 51, b'a')] {
            assert_eq!(&exchanged[at..at + 4], b"PK\x01\x02");
            exchanged[at + 46] = name;
        }
        assert!(error(open(exchanged)).contains("its member \"b.npy\" has another name before its bytes"));
        assert!(error(open(b"PK\x03\x04".to_vec())).contains("is not a .npz file, or damaged"));
        assert!(error(open(zip_of(&[("x", b"")], CompressionMethod::Stored))).contains("there are no arrays in it"));
    }

    #[test]
    fn arrays_far_larger_than_the_file_are_refused() {
        let strings = zip_of(&[("x.npy", &zeros("|S1", 1 << 20))], CompressionMethod::Deflated);
        let numbers = zip_of(&[("x.npy", &zeros("|u1", 48 << 20))], CompressionMethod::Deflated);
        for bomb in [strings, numbers] {
            assert!(bomb.len() < 60_000);
            let text = error(open(bomb).unwrap().read("x"));
            assert!(text.contains("the array is far larger than its file"), "{text}");
        }
        // The limit is for all arrays that are read.
        let part = zeros("|u1", 20 << 20);
        let mut file = open(zip_of(&[("x.npy", &part), ("y.npy", &part)], CompressionMethod::Deflated)).unwrap();
        file.read("x").unwrap();
        assert!(error(file.read("y")).contains("the array is far larger than its file"));
    }

    #[test]
    fn bytes_after_the_array_are_an_error() {
        let long = [npy_of(&[1.0, 2.0]), vec![0]].concat();
        let text = error(open(zip_of(&[("x.npy", &long)], CompressionMethod::Stored)).unwrap().read("x"));
        assert_eq!(text, "x.npz, \"x\": has more bytes than its array. Hint: save the array again.");
    }
}
