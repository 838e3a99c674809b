//! The `.npy` format: a header, which is a Python literal, and the values.
//!
//! The reference is `numpy/lib/format.py`. Files are untrusted input: memory is allocated only for values that the file
//! has.

use std::io::{BufReader, Read, Write};
use std::path::Path;

use horn_nn::files::unwritable;
use horn_nn::{Error, OutputArray, Result, memory};
use ndarray::ArrayD;

use super::stored::{Memory, Stored};
use crate::arrays::{Array, DType};
use crate::h5::of_dtype;
use crate::plain_file;

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// In bytes. NumPy refuses longer headers, unless it is told otherwise.
const MAX_HEADER: usize = 10_000;
/// NumPy's limit for the rank.
const MAX_AXES: usize = 64;
/// The bytes that a short string takes besides its own place.
const MIN_ALLOCATION: usize = 32;

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Item {
    Number(DType),
    /// A string of this many characters, four bytes each; shorter strings are padded with zeros.
    Unicode(usize),
    /// A string of this many bytes in UTF-8.
    Bytes(usize),
}

impl Item {
    /// The size of a value in bytes.
    fn size(self) -> Option<usize> {
        match self {
            Self::Number(dtype) => Some(dtype.size()),
            Self::Unicode(characters) => characters.checked_mul(4),
            Self::Bytes(bytes) => Some(bytes),
        }
    }

    /// The memory that this many values take, whose bytes the file has: a string is allocated for itself.
    fn memory(self, count: usize, bytes: usize) -> u64 {
        let own = match self {
            Self::Number(_) => 0,
            Self::Unicode(_) | Self::Bytes(_) => size_of::<String>() + MIN_ALLOCATION,
        };
        (count as u64).saturating_mul(own as u64).saturating_add(bytes as u64)
    }
}

/// The header of a file.
#[derive(Debug, PartialEq)]
struct Header {
    item: Item,
    big_endian: bool,
    fortran_order: bool,
    sizes: Vec<usize>,
}

/// Reads a file.
///
/// # Errors
///
/// If the file can't be read, or as [`read`].
pub fn open(path: impl AsRef<Path>) -> Result<Stored> {
    let place = || format!("file {:?}", path.as_ref().display().to_string());
    let cannot = |error| Error::file("cannot be read").at(place()).because(error).hint("look at the name of the file");
    let file = plain_file::open(&path).map_err(cannot)?;
    let len = file.metadata().map_err(cannot)?.len();
    read(&mut BufReader::new(file), len).map_err(|error| error.at(place()))
}

/// Reads an array of at most `len` bytes, including the header.
///
/// # Errors
///
/// If it is not an array, is incomplete, or has values other than numbers and strings.
pub fn read(file: &mut impl Read, len: u64) -> Result<Stored> {
    read_within(file, len, &mut Memory::of_file(len))
}

/// Reads like [`read`], within a limit for the memory of several arrays.
pub(super) fn read_within(file: &mut impl Read, len: u64, memory: &mut Memory) -> Result<Stored> {
    let mut start = [0; 8];
    fill(file, &mut start)?;
    if !start.starts_with(MAGIC) {
        return Err(Error::file("is not a NumPy array")
            .received("a file that begins otherwise")
            .expected("a .npy or .npz file")
            .hint("save the array by `numpy.save` or `numpy.savez`"));
    }
    let mut length = [0; 4];
    let in_length = if start[6] == 1 { 2 } else { 4 };
    fill(file, &mut length[..in_length])?;
    let length = u32::from_le_bytes(length) as usize;
    if !(1..=3).contains(&start[6]) || length > MAX_HEADER {
        return Err(Error::file("is not a NumPy array that Horn can read")
            .received(format!("version {}, a header of {length} bytes", start[6]))
            .expected(format!("versions 1 to 3, at most {MAX_HEADER} bytes"))
            .hint("save the array again by `numpy.save`"));
    }
    let mut text = vec![0; length];
    fill(file, &mut text)?;
    let header = Header::parse(&String::from_utf8_lossy(&text))?;
    header.values(file, len.saturating_sub((8 + in_length + length) as u64), memory)
}

/// Writes an array of floats or of strings in row-major order.
///
/// # Errors
///
/// If the file can't be written, or the strings take more memory than is allowed, as all are as long as the longest.
pub fn write(file: &mut impl Write, array: &OutputArray) -> Result<()> {
    let sizes: Vec<String> = array.shape().iter().map(|size| format!("{size},")).collect();
    let is_vector = sizes.len() == 1;
    let sizes = sizes.join(" ");
    let sizes = if is_vector { &sizes } else { sizes.trim_end_matches(',') };
    let (item, values) = match array {
        OutputArray::Numbers(numbers) => {
            ("<f4".to_owned(), numbers.iter().flat_map(|value| value.to_le_bytes()).collect())
        }
        OutputArray::Strings(texts) => {
            let longest = longest(texts);
            memory::check_all_outputs(characters(texts))?;
            (format!("<U{longest}"), texts.iter().flat_map(|text| padded(text, longest)).collect::<Vec<u8>>())
        }
    };
    let mut header = format!("{{'descr': '{item}', 'fortran_order': False, 'shape': ({sizes}), }}");
    // The header ends with a newline, and the values start at a multiple of 64 bytes.
    let padding = 63 - (10 + header.len()) % 64;
    header.push_str(&" ".repeat(padding));
    header.push('\n');
    let mut bytes = Vec::with_capacity(10 + header.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[1, 0]);
    bytes.extend_from_slice(&(header.len() as u16).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    file.write_all(&bytes).and_then(|()| file.write_all(&values)).map_err(unwritable)
}

/// The characters of the longest string. NumPy's strings have at least one.
fn longest(texts: &ArrayD<String>) -> usize {
    texts.iter().map(|text| text.chars().count()).max().unwrap_or(0).max(1)
}

/// The characters of all strings, each of which is as long as the longest.
fn characters(texts: &ArrayD<String>) -> u64 {
    (longest(texts) as u64).saturating_mul(texts.len() as u64)
}

/// How many values of four bytes are written for an array.
pub(super) fn count(array: &OutputArray) -> u64 {
    match array {
        OutputArray::Numbers(numbers) => numbers.len() as u64,
        OutputArray::Strings(texts) => characters(texts),
    }
}

/// The characters of a string, four bytes each, and zeros up to this length.
fn padded(text: &str, length: usize) -> impl Iterator<Item = u8> {
    text.chars().map(u32::from).chain(std::iter::repeat(0)).take(length).flat_map(u32::to_le_bytes)
}

impl Header {
    /// Parses a header such as `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
    fn parse(text: &str) -> Result<Self> {
        let malformed = || {
            Error::file("has a header that Horn can't read")
                .received(format!("{:?}", text.trim()))
                .expected("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)}")
                .hint("save an array of numbers or of strings by `numpy.save`")
        };
        let value = |key: &str| {
            let (_, rest) = text.split_once(&format!("'{key}'")).or_else(|| text.split_once(&format!("\"{key}\"")))?;
            Some(rest.trim_start().strip_prefix(':')?.trim_start())
        };
        let descr = value("descr").and_then(quoted).ok_or_else(malformed)?;
        let fortran_order = match value("fortran_order").ok_or_else(malformed)? {
            rest if rest.starts_with("False") => false,
            rest if rest.starts_with("True") => true,
            _ => return Err(malformed()),
        };
        let sizes = value("shape").and_then(|rest| rest.strip_prefix('(')?.split_once(')')).ok_or_else(malformed)?.0;
        let sizes = sizes.split(',').map(str::trim).filter(|size| !size.is_empty());
        // Python 2 wrote long integers with an L.
        let sizes = sizes.map(|size| size.trim_end_matches('L').parse().map_err(|_| malformed()));
        let sizes = sizes.collect::<Result<Vec<usize>>>()?;
        if sizes.len() > MAX_AXES {
            return Err(malformed());
        }
        let (item, big_endian) = item(descr).ok_or_else(|| {
            Error::data("Horn has no such dtype")
                .received(format!("{descr:?}"))
                .expected("bool, integers or floats of up to 64 bits, or strings")
                .hint("convert the array: `array.astype(\"float32\")`, strings by `array.astype(str)`")
        })?;
        Ok(Self { item, big_endian, fortran_order, sizes })
    }

    /// Reads the values, if the file has enough bytes for them.
    fn values(&self, file: &mut impl Read, there: u64, memory: &mut Memory) -> Result<Stored> {
        let count = horn_nn::count(&self.sizes);
        let size = self.item.size();
        let bytes = count.zip(size).and_then(|(count, size)| count.checked_mul(size));
        // Even an empty string takes memory.
        let fits = |bytes: &usize| *bytes as u64 <= there && (*bytes > 0 || count == Some(0));
        let (Some(bytes), Some(count), Some(size)) = (bytes.filter(fits), count, size) else {
            return Err(Error::file("the file does not hold all of its values")
                .received(format!("{there} bytes"))
                .expected(format!("values of the shape {}", horn_nn::sizes(&self.sizes)))
                .hint("the file is damaged: save the array again"));
        };
        memory.take(self.item.memory(count, bytes))?;
        let turned = match self.fortran_order && self.sizes.len() > 1 {
            true => {
                let mut stored = vec![0; bytes];
                fill(file, &mut stored)?;
                Some(row_major(&stored, &self.sizes, size))
            }
            false => None,
        };
        let mut next = |offset: usize, buffer: &mut [u8]| match &turned {
            Some(turned) => {
                buffer.copy_from_slice(&turned[offset..offset + buffer.len()]);
                Ok(())
            }
            None => fill(file, buffer),
        };
        if let Item::Number(dtype) = self.item {
            let values = of_dtype(dtype, count, self.big_endian, next)?;
            return Ok(Stored::Numbers(Array::new(self.sizes.clone(), values)?));
        }
        let mut text = vec![0; size];
        let texts = (0..count).map(|at| {
            next(at * size, &mut text)?;
            self.text(&text).ok_or_else(|| {
                Error::data("a string is not Unicode").received(format!("string {at}")).hint("save the array again")
            })
        });
        Ok(Stored::Texts { texts: texts.collect::<Result<_>>()?, sizes: self.sizes.clone() })
    }

    /// Decodes a string, without the zeros that pad it.
    fn text(&self, bytes: &[u8]) -> Option<String> {
        if matches!(self.item, Item::Bytes(_)) {
            let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
            return String::from_utf8(bytes[..end].to_vec()).ok();
        }
        let from_bytes = if self.big_endian { u32::from_be_bytes } else { u32::from_le_bytes };
        let characters = bytes.chunks_exact(4).map(|four| char::from_u32(from_bytes(four.try_into().ok()?)));
        Some(characters.collect::<Option<String>>()?.trim_end_matches('\0').to_owned())
    }
}

/// The string in the quotes at the start of the text.
fn quoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
    Some(text[1..].split_once(quote)?.0)
}

/// Parses a dtype: `>f4` is a big-endian float32, `<U12` is a string of 12 characters.
fn item(descr: &str) -> Option<(Item, bool)> {
    let big_endian = descr.starts_with('>');
    let kind = descr.trim_start_matches(['<', '>', '|', '=']);
    let length = |letter| kind.strip_prefix(letter)?.parse().ok();
    let text = length('U').map(Item::Unicode).or_else(|| length('S').map(Item::Bytes));
    if let Some(text) = text {
        return Some((text, big_endian));
    }
    let dtype = match kind {
        "f2" => DType::F16,
        "f4" => DType::F32,
        "f8" => DType::F64,
        "i1" => DType::I8,
        "i2" => DType::I16,
        "i4" => DType::I32,
        "i8" => DType::I64,
        "u1" => DType::U8,
        "u2" => DType::U16,
        "u4" => DType::U32,
        "u8" => DType::U64,
        "b1" | "?" => DType::Bool,
        _ => return None,
    };
    Some((Item::Number(dtype), big_endian))
}

/// Converts values from column-major to row-major order.
fn row_major(stored: &[u8], sizes: &[usize], size: usize) -> Vec<u8> {
    let strides: Vec<usize> = sizes
        .iter()
        .scan(size, |stride, &size| {
            let own = *stride;
            *stride *= size;
            Some(own)
        })
        .collect();
    let mut turned = Vec::with_capacity(stored.len());
    let mut index = vec![0; sizes.len()];
    while turned.len() < stored.len() {
        let at: usize = index.iter().zip(&strides).map(|(index, stride)| index * stride).sum();
        turned.extend_from_slice(&stored[at..at + size]);
        for (index, &size) in index.iter_mut().zip(sizes).rev() {
            *index += 1;
            if *index < size {
                break;
            }
            *index = 0;
        }
    }
    turned
}

fn fill(file: &mut impl Read, buffer: &mut [u8]) -> Result<()> {
    file.read_exact(buffer)
        .map_err(|error| Error::file("is not a NumPy array, or damaged").because(error).hint("save the array again"))
}

#[cfg(test)]
mod tests {
    use ndarray::arr2;

    use super::*;
    use crate::arrays::Values;

    fn file(header: &str, values: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(values);
        bytes
    }

    fn parse(bytes: &[u8]) -> Result<Array> {
        match read(&mut &bytes[..], bytes.len() as u64)? {
            Stored::Numbers(array) => Ok(array),
            Stored::Texts { .. } => panic!("texts"),
        }
    }

    fn texts(header: &str, values: &[u8]) -> Result<Vec<String>> {
        let bytes = file(header, values);
        match read(&mut &bytes[..], bytes.len() as u64)? {
            Stored::Numbers(_) => panic!("numbers"),
            Stored::Texts { texts, .. } => Ok(texts),
        }
    }

    /// `np.array([["né", "a"], ["", "bc"]])` and its bytes, as `numpy.save` writes them.
    #[test]
    fn texts_of_characters_and_of_bytes() {
        let header = |descr: &str, fortran: &str| {
            format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': (2, 2), }}")
        };
        let characters = [['n', 'é'], ['a', '\0'], ['\0', '\0'], ['b', 'c']];
        let little: Vec<u8> = characters.as_flattened().iter().flat_map(|&c| u32::from(c).to_le_bytes()).collect();
        let big: Vec<u8> = characters.as_flattened().iter().flat_map(|&c| u32::from(c).to_be_bytes()).collect();
        assert_eq!(texts(&header("<U2", "False"), &little).unwrap(), ["né", "a", "", "bc"]);
        assert_eq!(texts(&header(">U2", "True"), &big).unwrap(), ["né", "", "a", "bc"]);
        assert_eq!(texts(&header("|S3", "False"), b"n\xc3\xa9a\0\0\0\0\0bc\0").unwrap(), ["né", "a", "", "bc"]);
        assert!(texts(&header("|S1", "False"), b"\xff\0\0\0").unwrap_err().is_data());
        assert!(texts(&header("<U1", "False"), &[0xff; 16]).unwrap_err().is_data());
        for descr in ["<U0", "|S0", "<U4611686018427387904", "<U99999999999999999999"] {
            assert!(texts(&header(descr, "False"), &[0; 16]).is_err(), "{descr}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for array in [arr2(&[[1.0_f32, 2.0, 3.0], [4.0, 5.0, 6.0]]).into_dyn(), ArrayD::from_elem(vec![3], 0.5)] {
            let mut bytes = Vec::new();
            write(&mut bytes, &array.clone().into()).unwrap();
            assert_eq!((bytes.len() - 4 * array.len()) % 64, 0);
            assert_eq!(parse(&bytes).unwrap().into_f32().unwrap(), array);
        }
    }

    /// As `numpy.save` writes `np.array(["né", "", "cat"])`, whose strings are all as long as the longest.
    #[test]
    fn texts_are_written_as_numpy_writes_them() {
        let write = |texts: &[&str]| {
            let texts = ndarray::Array1::from_iter(texts.iter().map(|text| (*text).to_owned())).into_dyn();
            let mut bytes = Vec::new();
            write(&mut bytes, &OutputArray::Strings(texts)).unwrap();
            bytes
        };
        let bytes = write(&["né", "", "cat"]);
        let (header, values) = bytes.split_at(128);
        assert!(
            String::from_utf8_lossy(&header[10..])
                .starts_with("{'descr': '<U3', 'fortran_order': False, 'shape': (3,), }")
        );
        let characters = ['n', 'é', '\0', '\0', '\0', '\0', 'c', 'a', 't'];
        assert_eq!(values, characters.into_iter().flat_map(|c| u32::from(c).to_le_bytes()).collect::<Vec<_>>());
        assert!(String::from_utf8_lossy(&write(&[""])).contains("'<U1'"));
    }

    /// The header is Python: without its comma, the shape of one axis would be a number. With or without one at the end of
    /// two axes, it is the same.
    #[test]
    fn shapes_are_tuples_of_python() {
        for (sizes, shape) in [(vec![], "()"), (vec![3], "(3,)"), (vec![2, 3], "(2, 3)"), (vec![0, 1, 2], "(0, 1, 2)")]
        {
            let mut bytes = Vec::new();
            write(&mut bytes, &ArrayD::zeros(sizes).into()).unwrap();
            let text = String::from_utf8_lossy(&bytes[10..]).into_owned();
            let expected = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }} ");
            assert!(text.starts_with(&expected), "{text}");
        }
        for shape in ["(2, 3)", "(2, 3,)", "(2,3)"] {
            let header = format!("{{'descr': '|i1', 'fortran_order': False, 'shape': {shape}}}");
            assert_eq!(parse(&file(&header, &[0; 6])).unwrap().sizes(), [2, 3], "{shape}");
        }
    }

    #[test]
    fn any_order_of_values_and_of_bytes() {
        let values: Vec<u8> = (1..=6_i16).flat_map(i16::to_be_bytes).collect();
        let array = parse(&file("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }", &values)).unwrap();
        assert_eq!((array.sizes(), array.values()), (&[2, 3][..], &Values::I16(vec![1, 3, 5, 2, 4, 6])));
        let array = parse(&file("{\"shape\":(2L,),\"fortran_order\":False,\"descr\":\"|b1\"}", &[0, 1])).unwrap();
        assert_eq!(array.values(), &Values::Bool(vec![0, 1]));
        let array = parse(&file("{'descr': '<f2', 'fortran_order': False, 'shape': ()}", &[0, 0x3e])).unwrap();
        assert_eq!((array.sizes().len(), array.to_scalar().unwrap()), (0, 1.5));
    }

    #[test]
    fn corrupted_headers_are_errors() {
        let shape = |shape: &str| format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
        for (header, expected) in [
            (shape("(1000000000000,)"), "does not hold all of its values"),
            (shape("(4294967296, 4294967296, 4294967296)"), "does not hold all of its values"),
            (shape("(-1,)"), "a header that Horn can't read"),
            (shape("(99999999999999999999999,)"), "a header that Horn can't read"),
            (shape(&format!("({})", "1,".repeat(100))), "a header that Horn can't read"),
            (shape(&"(".repeat(5000)), "a header that Horn can't read"),
            ("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}".into(), "no such dtype"),
            (
                "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}".into(),
                "a header that Horn can't read",
            ),
            (String::new(), "a header that Horn can't read"),
            (" ".repeat(20_000), "a header of 20000 bytes"),
        ] {
            let error = parse(&file(&header, &[0; 8])).unwrap_err().to_string();
            assert!(error.contains(expected), "{header:.80}: {error}");
        }
        let whole = file(&shape("(0, 99999999999)"), &[]);
        assert_eq!(parse(&whole).unwrap().bytes(), 0);
        for length in 0..whole.len() {
            assert!(parse(&whole[..length]).is_err(), "{length} bytes");
        }
    }
}
