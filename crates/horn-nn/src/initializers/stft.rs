//! `STFT`: the kernel of a short-time Fourier transform.

use std::f32::consts::PI;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::initializers::sample::Sample;

/// Which part of the complex numbers a kernel computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The real part.
    #[default]
    Real,
    /// The imaginary part.
    Imag,
}

/// What the window is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scaling {
    /// The root of the sum of its squares.
    Density,
    /// The sum of its absolute values.
    Spectrum,
}

/// How much each sample of a frame weighs: SciPy's windows that are sums of cosines, or custom values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Window {
    /// All samples the same.
    Boxcar,
    /// Hann's window.
    Hann,
    /// Hamming's window.
    Hamming,
    /// Blackman's window.
    Blackman,
    /// Nuttall's window.
    Nuttall,
    /// The window of Blackman and Harris.
    BlackmanHarris,
    /// A window with a flat top.
    FlatTop,
    /// One value for each sample.
    #[serde(untagged)]
    Values(Vec<f64>),
}

impl Window {
    /// The window's values; SciPy's `get_window`, where `periodic` is called `fftbins`.
    pub(crate) fn values(&self, len: usize, periodic: bool) -> Vec<f32> {
        let amplitudes: &[f64] = match self {
            Self::Boxcar => &[1.0],
            Self::Hann => &[0.5, 0.5],
            Self::Hamming => &[0.54, 0.46],
            Self::Blackman => &[0.42, 0.5, 0.08],
            Self::Nuttall => &[0.363_581_9, 0.489_177_5, 0.136_599_5, 0.010_641_1],
            Self::BlackmanHarris => &[0.358_75, 0.488_29, 0.141_28, 0.011_68],
            Self::FlatTop => &[0.215_578_95, 0.416_631_58, 0.277_263_158, 0.083_578_947, 0.006_947_368],
            Self::Values(values) => return values.iter().map(|value| *value as f32).collect(),
        };
        if len == 1 {
            return vec![1.0];
        }
        let period = if periodic { len } else { len - 1 } as f64;
        let value = |i: usize| {
            let angle = std::f64::consts::PI * (2.0 * i as f64 / period - 1.0);
            amplitudes.iter().zip(0u8..).map(|(amplitude, k)| amplitude * (f64::from(k) * angle).cos()).sum::<f64>()
        };
        (0..len).map(|i| value(i) as f32).collect()
    }
}

/// The kernel of a one-dimensional convolution that computes a short-time Fourier transform.
///
/// # Shapes
///
/// `[frame_length, 1, fft_length / 2 + 1]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct STFT {
    side: Side,
    window: Option<Window>,
    periodic: bool,
    scaling: Option<Scaling>,
}

impl STFT {
    /// The real part, with Hann's window scaled by its density.
    pub fn new() -> Self {
        Self { side: Side::Real, window: Some(Window::Hann), periodic: false, scaling: Some(Scaling::Density) }
    }

    /// The part that is computed; `Real` by default.
    #[must_use]
    pub fn side(mut self, side: Side) -> Self {
        self.side = side;
        self
    }

    /// The window, or `None` for none, which is not scaled either; `Hann` by default.
    #[must_use]
    pub fn window(mut self, window: impl Into<Option<Window>>) -> Self {
        self.window = window.into();
        self
    }

    /// What the window is divided by, or `None` to leave it as it is; `Density` by default.
    #[must_use]
    pub fn scaling(mut self, scaling: impl Into<Option<Scaling>>) -> Self {
        self.scaling = scaling.into();
        self
    }

    /// Does the window's first value follow on its last? No by default: the window is symmetric.
    #[must_use]
    pub fn periodic(mut self, periodic: bool) -> Self {
        self.periodic = periodic;
        self
    }

    /// The window's values, scaled.
    fn weights(&self, len: usize) -> Result<Vec<f32>> {
        let Some(window) = &self.window else { return Ok(vec![1.0; len]) };
        let mut values = window.values(len, self.periodic);
        if values.len() != len {
            return Err(Error::argument("the window of STFT does not fit the frame")
                .received(format!("{} values", values.len()))
                .expected(format!("{len} values"))
                .hint("give as many values as a frame has samples, or `Hann`"));
        }
        let divisor = match self.scaling {
            None => 1.0,
            Some(Scaling::Density) => values.iter().map(|x| x * x).sum::<f32>().sqrt(),
            Some(Scaling::Spectrum) => values.iter().map(|x| x.abs()).sum(),
        };
        if divisor == 0.0 {
            return Err(Error::argument("the window of STFT is zero everywhere, and so cannot be scaled")
                .received(format!("a frame of {len} samples"))
                .hint("take longer frames, or set `periodic(true)`"));
        }
        values.iter_mut().for_each(|x| *x /= divisor);
        Ok(values)
    }
}

impl Default for STFT {
    fn default() -> Self {
        Self::new()
    }
}

impl Sample for STFT {
    fn sample(&self, shape: &[usize], _: u64) -> Result<Vec<f32>> {
        let [frame_length @ (1..), 1, frequencies @ (2..)] = *shape else {
            return Err(Error::argument("STFT fills kernels of a one-dimensional convolution over one channel")
                .received(format!("the shape {shape:?}"))
                .expected("[frame_length, 1, fft_length / 2 + 1]")
                .hint("use it as the kernel_initializer of a `Conv1D` over one channel"));
        };
        let fft_length = (2 * (frequencies - 1)) as f32;
        let mut kernel = Vec::with_capacity(frame_length * frequencies);
        for (time, weight) in self.weights(frame_length)?.into_iter().enumerate() {
            for k in 0..frequencies {
                let angle = -2.0 * time as f32 * (k as f32 / fft_length) * PI;
                kernel.push(weight * if self.side == Side::Real { angle.cos() } else { angle.sin() });
            }
        }
        Ok(kernel)
    }
}
