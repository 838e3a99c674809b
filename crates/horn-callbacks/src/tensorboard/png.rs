//! Images as PNG files (<https://www.w3.org/TR/png-3/>).

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

/// Encodes rows of pixels of 8 bits a channel: one channel of grey, three of RGB or four of RGBA.
pub(super) fn encode(pixels: &[u8], width: usize, height: usize, channels: usize) -> Vec<u8> {
    let color = match channels {
        3 => 2,
        4 => 6,
        _ => 0,
    };
    let mut header = Vec::new();
    header.extend((width as u32).to_be_bytes());
    header.extend((height as u32).to_be_bytes());
    // Eight bits a channel; the only methods of compression and filtering; not interlaced.
    header.extend([8, color, 0, 0, 0]);
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::fast());
    for row in pixels.chunks(width * channels) {
        // Each row begins with its filter: none.
        let written = rows.write_all(&[0]).and_then(|()| rows.write_all(row));
        debug_assert!(written.is_ok(), "a vector takes everything");
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"IDAT", &rows.finish().unwrap_or_default());
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    file.extend((data.len() as u32).to_be_bytes());
    file.extend(kind);
    file.extend(data);
    file.extend(crc.sum().to_be_bytes());
}
