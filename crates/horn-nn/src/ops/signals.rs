//! Fourier transforms. Complex numbers are the real and the imaginary parts, two tensors.
//!
//! ```
//! use horn::layers::Input;
//! use horn::ops;
//!
//! let sound = Input([1024]);
//! let [re, im] = ops::stft(&sound, 256, 128, 256)?;
//! assert_eq!(re.shape().to_string(), "(None, 9, 129)");
//! let loudness = ops::hypot(&re, &im)?;
//! let back = ops::istft((&re, &im), 256, 128, 256)?;
//! assert_eq!(back.shape().to_string(), "(None, 1024)");
//! # Ok::<(), horn::Error>(())
//! ```

use serde_json::{Value, json};

use crate::error::Result;
use crate::graph::keras_tensor::{IntoTensors, KerasTensor};
use crate::ops::operand::{Operand, call, call_all, functions};

functions! {
    /// The first half of the Fourier transform of real values, cut or padded with zeros to `fft_length` if it is given.
    rfft(x; fft_length: Option<usize> => fft_length) => "RFFT"[2], "If the size of the last axis is unknown.";
    /// The first half of the Fourier transform of each frame, weighted by a Hann window.
    stft(x; sequence_length: usize => sequence_length, sequence_stride: usize => sequence_stride,
        fft_length: usize => fft_length) => "STFT"[2], "If the frames do not fit the transform or the signal.";
    /// Parts of a signal as a new axis before the last.
    extract_sequences(x; sequence_length: usize => sequence_length, sequence_stride: usize => sequence_stride)
        => "ExtractSequences", "If the parts are longer than the signal.";
}

fn pair(class: &str, x: impl IntoTensors) -> Result<[KerasTensor; 2]> {
    let outputs = call_all(class, Value::Null, [Operand::list(x)])?;
    Ok(outputs.try_into().expect("a transform has two outputs"))
}

/// The Fourier transform along the last axis.
///
/// # Errors
///
/// If there are not two tensors of one shape.
pub fn fft(x: impl IntoTensors) -> Result<[KerasTensor; 2]> {
    pair("FFT", x)
}

/// The Fourier transform along the last two axes.
///
/// # Errors
///
/// If there are not two tensors of one shape.
pub fn fft2(x: impl IntoTensors) -> Result<[KerasTensor; 2]> {
    pair("FFT2", x)
}

/// The inverse of [`fft2`].
///
/// # Errors
///
/// If there are not two tensors of one shape.
pub fn ifft2(x: impl IntoTensors) -> Result<[KerasTensor; 2]> {
    pair("IFFT2", x)
}

/// The inverse of [`rfft`].
///
/// # Errors
///
/// If there are not two tensors of one shape.
pub fn irfft(x: impl IntoTensors, fft_length: Option<usize>) -> Result<KerasTensor> {
    call("IRFFT", json!({"fft_length": fft_length}), [Operand::list(x)])
}

/// The inverse of [`stft`].
///
/// # Errors
///
/// If there are not two tensors of one shape.
pub fn istft(
    x: impl IntoTensors,
    sequence_length: usize,
    sequence_stride: usize,
    fft_length: usize,
) -> Result<KerasTensor> {
    let config = json!({
        "sequence_length": sequence_length, "sequence_stride": sequence_stride, "fft_length": fft_length,
    });
    call("ISTFT", config, [Operand::list(x)])
}
