//! PNG and JPEG files.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use horn_nn::{Error, Result};
use png::{ColorType, Limits, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::images::picture::{ColorMode, Grey, Picture};

/// The most values of an image. A file is untrusted: a few bytes could ask for all memory.
const MAX_VALUES: usize = 1 << 29;

/// The endings of the files that Keras takes as images.
pub(crate) const ENDINGS: [&str; 5] = [".bmp", ".gif", ".jpeg", ".jpg", ".png"];

/// Reads the image of a file, with these channels.
pub(crate) fn read(path: &Path, mode: ColorMode, grey: Grey) -> Result<Picture> {
    let at = |error: Error| error.at(path.display().to_string());
    let bytes = fs::read(path).map_err(|error| {
        at(Error::file("the image can't be read").hint("check the path and the permissions").because(error))
    })?;
    Ok(decode(&bytes, mode).map_err(at)?.in_mode(mode, grey))
}

/// What a file holds, by its first bytes and not by its name.
fn decode(bytes: &[u8], mode: ColorMode) -> Result<Picture> {
    if bytes.starts_with(b"\x89PNG") {
        return decode_png(bytes);
    }
    if bytes.starts_with(&[0xff, 0xd8]) {
        return decode_jpeg(bytes, mode);
    }
    let received = match bytes {
        [] => "an empty file",
        [b'B', b'M', ..] => "a BMP file",
        [b'G', b'I', b'F', ..] => "a GIF file",
        _ => "a file of an unknown format",
    };
    Err(Error::file("the image has no format that Horn reads")
        .received(received)
        .expected("a PNG or JPEG file")
        .hint("convert the image to PNG"))
}

/// Eight bits a channel; of sixteen, the upper ones.
fn decode_png(bytes: &[u8]) -> Result<Picture> {
    let broken = |error: png::DecodingError| {
        Error::file("the PNG file is broken").hint("open it with another program, and save it again").because(error)
    };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: MAX_VALUES });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(broken)?;
    let (width, height) = (reader.info().width as usize, reader.info().height as usize);
    let size = reader.output_buffer_size().unwrap_or(usize::MAX);
    check_size(height, width, size)?;
    let mut pixels = vec![0; size];
    let info = reader.next_frame(&mut pixels).map_err(broken)?;
    pixels.truncate(info.buffer_size());
    let channels = match info.color_type {
        ColorType::Grayscale => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb | ColorType::Indexed => 3,
        ColorType::Rgba => 4,
    };
    Ok(Picture { height, width, channels, pixels })
}

fn decode_jpeg(bytes: &[u8], mode: ColorMode) -> Result<Picture> {
    let broken = |error: zune_jpeg::errors::DecodeErrors| {
        // The crate's errors can't be sent to other threads.
        Error::file(format!("the JPEG file is broken: {error:?}"))
            .hint("open it with another program, and save it again")
    };
    let mut decoder = JpegDecoder::new(ZCursor::new(bytes));
    decoder.decode_headers().map_err(broken)?;
    let colors = match (mode, decoder.input_colorspace()) {
        // Such a file holds what is grey by itself.
        (ColorMode::Grayscale, Some(ColorSpace::YCbCr | ColorSpace::Luma)) => ColorSpace::Luma,
        _ => ColorSpace::RGB,
    };
    decoder.set_options(DecoderOptions::default().jpeg_set_out_colorspace(colors));
    let info = decoder.info().ok_or_else(|| {
        Error::file("the JPEG file has no size").hint("open it with another program, and save it again")
    })?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    check_size(height, width, width.saturating_mul(height).saturating_mul(3))?;
    let pixels = decoder.decode().map_err(broken)?;
    let channels = if colors == ColorSpace::Luma { 1 } else { 3 };
    if pixels.len() != width * height * channels {
        return Err(Error::file("the JPEG file has an unknown kind of colours")
            .received(format!("{} values for {height} x {width} pixels", pixels.len()))
            .expected(format!("{channels} channels"))
            .hint("convert the image to PNG"));
    }
    Ok(Picture { height, width, channels, pixels })
}

fn check_size(height: usize, width: usize, values: usize) -> Result<()> {
    if height > 0 && width > 0 && values <= MAX_VALUES {
        return Ok(());
    }
    Err(Error::file("the image is too large, or empty")
        .received(format!("{height} x {width} pixels"))
        .expected(format!("at most {MAX_VALUES} values"))
        .hint("make the image smaller"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_image_is_an_error() {
        let message = |bytes: &[u8]| decode(bytes, ColorMode::Rgb).unwrap_err().to_string();
        assert!(message(b"").contains("received an empty file, expected a PNG or JPEG file"));
        assert!(message(b"GIF89a").contains("received a GIF file"));
        assert!(message(b"BM....").contains("received a BMP file"));
        assert!(message(b"hello").contains("received a file of an unknown format"));
        assert!(message(b"\x89PNG\r\n\x1a\n").contains("the PNG file is broken"));
        assert!(message(&[0xff, 0xd8, 0xff]).contains("the JPEG file is broken"));
    }

    #[test]
    fn a_small_file_does_not_ask_for_all_memory() {
        // A header that promises 65536 rows of as many pixels.
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 1, 1);
        encoder.set_color(ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&[0]).unwrap();
        file[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        let mut crc = flate2::Crc::new();
        crc.update(&file[12..29]);
        file[29..33].copy_from_slice(&crc.sum().to_be_bytes());
        let message = decode(&file, ColorMode::Rgb).unwrap_err().to_string();
        assert!(message.contains("the image is too large, or empty"), "{message}");
    }
}
