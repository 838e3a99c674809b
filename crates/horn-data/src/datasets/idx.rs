//! The IDX format: four bytes for the type, unsigned bytes, and the rank; a big-endian `u32` for the size of each
//! dimension; then the values.

use std::io::{self, ErrorKind, Read};

use horn_nn::{Error, Result};

/// The bytes that are read at a time. A piece is small enough to be still in the CPU's cache when it is hashed.
const PIECE: usize = 128 * 1024;

/// Reads the header and returns the shape of the values. The reader is then at the first value.
pub(super) fn read_shape(reader: &mut impl Read) -> Result<Vec<usize>> {
    let mut magic = [0; 4];
    match fill(reader, &mut magic)? {
        4 => {}
        0 => return Err(Error::file("the file is empty").received("0 bytes").expected("an IDX header")),
        read => return Err(cut_off(read, 4, "bytes of the header")),
    }
    let [0, 0, 8, rank @ 1..=u8::MAX] = magic else {
        return Err(Error::file("this is not an IDX file of unsigned bytes")
            .received(format!("the first bytes \"{}\"", magic.escape_ascii()))
            .expected("\"\\x00\\x00\\x08\" and the number of dimensions"));
    };
    let mut dimensions = vec![0; 4 * usize::from(rank)];
    let read = fill(reader, &mut dimensions)?;
    if read < dimensions.len() {
        return Err(cut_off(4 + read, 4 + dimensions.len(), "bytes of the header"));
    }
    let dimensions = dimensions.as_chunks::<4>().0.iter();
    Ok(dimensions.map(|&bytes| u32::from_be_bytes(bytes) as usize).collect())
}

/// Reads `count` values, and checks that nothing follows them. At most `count + 1` bytes are read.
pub(super) fn read_values(reader: &mut impl Read, count: usize) -> Result<Vec<u8>> {
    let mut values = vec![0; count];
    let read = fill(reader, &mut values)?;
    if read < count {
        return Err(cut_off(read, count, "values"));
    }
    if fill(reader, &mut [0])? > 0 {
        return Err(Error::file("more bytes follow the values")
            .received(format!("more than {count} values"))
            .expected(count));
    }
    Ok(values)
}

/// Reads until the buffer is full or the file ends. Returns the number of bytes.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        let end = buffer.len().min(filled + PIECE);
        match reader.read(&mut buffer[filled..end]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(error, filled, buffer.len())),
        }
    }
    Ok(filled)
}

fn cut_off(read: usize, expected: usize, unit: &str) -> Error {
    Error::file("the file is cut off").received(format!("{read} {unit}")).expected(expected)
}

/// Converts a reader's error. A gzip decoder reports a file that ends too early, or a checksum that does not match.
fn unreadable(error: io::Error, read: usize, expected: usize) -> Error {
    let problem = match error.kind() {
        ErrorKind::UnexpectedEof => "the gzip stream is cut off",
        ErrorKind::InvalidInput | ErrorKind::InvalidData => "the gzip stream is damaged",
        _ => "the file cannot be read",
    };
    Error::file(problem).received(format!("{read} bytes before it failed")).expected(expected).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: [u8; 12] = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 1, 3];

    #[test]
    fn reads_the_dimensions_as_big_endian() {
        assert_eq!(read_shape(&mut &HEADER[..]).unwrap(), [2, 259]);
    }

    #[test]
    fn stops_after_the_values() {
        assert_eq!(read_values(&mut &[7, 8, 9][..], 3).unwrap(), [7, 8, 9]);
        let mut endless = io::repeat(1);
        assert_eq!(
            read_values(&mut endless, 3).unwrap_err().to_string(),
            "more bytes follow the values; received more than 3 values, expected 3."
        );
    }

    #[test]
    fn says_what_is_wrong_with_a_header() {
        let rows: [(&[u8], &str); 5] = [
            (b"", "the file is empty; received 0 bytes, expected an IDX header."),
            (b"\0\0", "the file is cut off; received 2 bytes of the header, expected 4."),
            (&HEADER[..9], "the file is cut off; received 9 bytes of the header, expected 12."),
            (
                b"<html>",
                "this is not an IDX file of unsigned bytes; received the first bytes \"<htm\", expected \
                 \"\\x00\\x00\\x08\" and the number of dimensions.",
            ),
            (
                b"\0\0\x08\0",
                "this is not an IDX file of unsigned bytes; received the first bytes \"\\x00\\x00\\x08\\x00\", expected \
                 \"\\x00\\x00\\x08\" and the number of dimensions.",
            ),
        ];
        for (mut bytes, message) in rows {
            assert_eq!(read_shape(&mut bytes).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn says_how_many_values_are_missing() {
        assert_eq!(
            read_values(&mut &[1, 2][..], 5).unwrap_err().to_string(),
            "the file is cut off; received 2 values, expected 5."
        );
    }
}
