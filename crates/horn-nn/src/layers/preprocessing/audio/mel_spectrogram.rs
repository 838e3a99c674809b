//! `MelSpectrogram`: a signal as the ear hears it.

use std::f64::consts::{LN_10, PI};

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::arguments::options::{DataFormat, Padding};
use crate::error::{Error, Result};
use crate::initializers::stft::Window as Weighting;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::preprocessing::audio::mel::bands;
use crate::memory;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::powers::powf;
use crate::tensor::shape::Shape;
use crate::windows::convolution::convolve;
use crate::windows::window::Window;

/// The transform is a matrix whose size is the square of this.
const MAX_LENGTH: usize = 1 << 16;

/// How strong each pitch is in each piece of a signal: the power of its Fourier transform, gathered in bands that are
/// evenly spaced on the mel scale, in decibels. Nothing in it learns.
///
/// The transform is computed as a convolution, on every backend and for every length. The pieces are centred: the signal
/// goes on in a mirror beyond its ends.
///
/// # Shapes
///
/// - input: `[batch, samples]`; `samples` may be unknown
/// - output: `[batch, bands, pieces]`, where `pieces = samples / sequence_stride + 1`
///
/// ```
/// use horn::layers::MelSpectrogram;
/// use horn::{Layer, Shape};
///
/// let layer = MelSpectrogram().num_mel_bins(80).sampling_rate(8000.0).sequence_stride(128);
/// assert_eq!(layer.output_shape(&Shape::batched([16_000]))?, Shape::batched([80, 126]));
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MelSpectrogram {
    #[serde(flatten)]
    common: Common,
    fft_length: usize,
    sequence_stride: usize,
    sequence_length: Option<usize>,
    window: Option<Weighting>,
    sampling_rate: f64,
    num_mel_bins: usize,
    min_freq: f64,
    max_freq: Option<f64>,
    power_to_db: bool,
    top_db: f64,
    mag_exp: f64,
    min_power: f64,
    ref_power: f64,
}

/// `keras.layers.MelSpectrogram()`. See [`MelSpectrogram`](struct@MelSpectrogram).
#[allow(non_snake_case)]
pub fn MelSpectrogram() -> MelSpectrogram {
    MelSpectrogram::new()
}

impl MelSpectrogram {
    /// A layer with Keras's defaults, for signals of 16 kHz.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            fft_length: 2048,
            sequence_stride: 512,
            sequence_length: None,
            window: Some(Weighting::Hann),
            sampling_rate: 16_000.0,
            num_mel_bins: 128,
            min_freq: 20.0,
            max_freq: None,
            power_to_db: true,
            top_db: 80.0,
            mag_exp: 2.0,
            min_power: 1e-10,
            ref_power: 1.0,
        }
    }

    /// How many samples of a piece are looked at; all that the transform takes by default.
    #[must_use]
    pub fn sequence_length(mut self, sequence_length: usize) -> Self {
        self.sequence_length = Some(sequence_length);
        self
    }

    /// The highest frequency of the bands, in hertz; half the sampling rate by default.
    #[must_use]
    pub fn max_freq(mut self, max_freq: f64) -> Self {
        self.max_freq = Some(max_freq);
        self
    }

    /// The pieces of a signal.
    fn pieces(&self) -> Result<Window> {
        let (length, step) = (self.fft_length, self.sequence_stride);
        let format = DataFormat::ChannelsFirst;
        let pieces = Window::new::<1>(length.into(), step.into(), 1.into(), Padding::Valid, format);
        pieces.check(false)?;
        Ok(pieces)
    }

    /// How much each sample of a piece counts.
    fn weights(&self) -> Result<Vec<f64>> {
        let length = self.sequence_length.unwrap_or(self.fft_length);
        if self.fft_length > MAX_LENGTH {
            return Err(Error::argument("fft_length is too large")
                .received(format!("fft_length = {}", self.fft_length))
                .expected(format!("at most {MAX_LENGTH}"))
                .hint("give a smaller fft_length, such as Keras's 2048"));
        }
        if length == 0 || length > self.fft_length {
            return Err(Error::argument("sequence_length is 0, or longer than fft_length")
                .received(format!("sequence_length = {length}"))
                .expected(format!("1 to {}, the fft_length", self.fft_length))
                .hint("leave out sequence_length, or give a larger fft_length"));
        }
        let Some(window) = &self.window else { return Ok(vec![1.0; self.fft_length]) };
        let window = window.values(length, true);
        if window.len() != length {
            return Err(Error::argument("the length of the window differs from sequence_length")
                .received(format!("{} values", window.len()))
                .expected(format!("{length} values"))
                .hint("give as many values as sequence_length, or `Hann`"));
        }
        let before = (self.fft_length - length) / 2;
        let mut weights = vec![0.0; self.fft_length];
        for (weight, value) in weights[before..].iter_mut().zip(window) {
            *weight = value.into();
        }
        Ok(weights)
    }

    fn frequencies(&self) -> usize {
        self.fft_length / 2 + 1
    }
}

impl Default for MelSpectrogram {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(MelSpectrogram);

arguments!(MelSpectrogram {
    /// How many samples are transformed at once; 2048 by default.
    fft_length: usize,
    /// How many samples lie between the beginnings of two pieces; 512 by default.
    sequence_stride: usize,
    /// How much each sample of a piece weighs; `Hann` by default.
    window: impl Into<Option<Weighting>>,
    /// How many samples a second has; 16,000 by default.
    sampling_rate: f64,
    /// How many bands there are; 128 by default.
    num_mel_bins: usize,
    /// The lowest frequency of the bands, in hertz; 20 by default.
    min_freq: f64,
    /// Are the powers turned into decibels? Yes by default.
    power_to_db: bool,
    /// How many decibels below the loudest of the batch everything is at least; 80 by default.
    top_db: f64,
    /// To which power the magnitudes are raised; 2 by default.
    mag_exp: f64,
    /// The least power that is turned into decibels; 1e-10 by default.
    min_power: f64,
    /// The power of 0 decibels; 1 by default.
    ref_power: f64,
});

impl MelSpectrogram {
    /// Where they are not given, the frames are as long as the transform, and the frequencies go as far as the sampling
    /// rate lets them.
    fn complete(&self, config: &mut serde_json::Value) {
        if config["sequence_length"].is_null() {
            config["sequence_length"] = config["fft_length"].clone();
        }
        if config["max_freq"].is_null() {
            config["max_freq"] = config["sampling_rate"].as_f64().map(|rate| (rate / 2.0).trunc()).into();
        }
    }
}

impl Layer for MelSpectrogram {
    described!("MelSpectrogram", completed);

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let pieces = self.pieces()?;
        self.weights()?;
        if self.num_mel_bins == 0 {
            return Err(Error::argument("num_mel_bins must be at least 1")
                .received("num_mel_bins = 0")
                .expected("at least 1")
                .hint("leave num_mel_bins out for Keras's 128"));
        }
        let [batch, samples] = *input.sizes() else {
            return Err(Error::shape("the input is not a batch of signals")
                .received(input)
                .expected("(batch, samples)")
                .hint("give one channel: each of a stereo signal is a signal of its own"));
        };
        let around = 2 * (self.fft_length / 2);
        let count = pieces.outputs(&[samples.map(|samples| samples + around)])?[0];
        Ok(Shape::new([batch, Some(self.num_mel_bins), count]))
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let (frequencies, length) = (self.frequencies(), self.fft_length);
        build.take_constants(frequencies.saturating_mul(2 * length + self.num_mel_bins))?;
        let top = self.max_freq.unwrap_or((self.sampling_rate / 2.0).trunc());
        let bands = bands(self.num_mel_bins, frequencies, self.sampling_rate, [self.min_freq, top]);
        let upload = |values: Vec<f32>, sizes: [usize; 3]| -> Tensor<3> {
            Tensor::from_data(TensorData::new(values, sizes), build.device())
        };
        let decibels = |power: f64| 10.0 * power.max(self.min_power).log10();
        Ok(BuiltLayer::new(MelSpectrogramModule {
            transform: upload(transform(&self.weights()?, frequencies), [2 * frequencies, 1, length]),
            bands: upload(bands, [1, self.num_mel_bins, frequencies]),
            pieces: self.pieces()?,
            mag_exp: self.mag_exp,
            decibels: self.power_to_db.then(|| [self.min_power, decibels(self.ref_power.abs()), self.top_db]),
        }))
    }
}

/// The real parts of a Fourier transform, and then the imaginary ones, as kernels: `[2 · frequencies, 1, samples]`.
fn transform(weights: &[f64], frequencies: usize) -> Vec<f32> {
    let length = weights.len();
    let part = |of: fn(f64) -> f64| {
        (0..frequencies).flat_map(move |frequency| {
            let wave = move |(at, weight): (usize, &f64)| {
                // The same angle within one turn, where it is exact.
                let turn = (at * frequency % length) as f64 / length as f64;
                (weight * of(2.0 * PI * turn)) as f32
            };
            weights.iter().enumerate().map(wave)
        })
    };
    part(f64::cos).chain(part(f64::sin)).collect()
}

#[derive(Module, Debug)]
struct MelSpectrogramModule {
    transform: Tensor<3>,
    bands: Tensor<3>,
    #[module(skip)]
    pieces: Window,
    #[module(skip)]
    mag_exp: f64,
    /// The least power, the decibels of the reference, and the range below the loudest.
    #[module(skip)]
    decibels: Option<[f64; 3]>,
}

/// The signals with so many samples more at both ends, which are those of the signal in a mirror.
fn mirrored(x: Tensor<2>, beyond: usize) -> Tensor<2> {
    let samples = x.dims()[1] as i64;
    let period = (2 * (samples - 1)).max(1);
    let place = |at: i64| {
        let within = at.rem_euclid(period);
        within.min(period - within).min(samples - 1)
    };
    let places: Vec<i64> = (-(beyond as i64)..samples + beyond as i64).map(place).collect();
    let count = [places.len()];
    let device: Device = x.device().without_autodiff();
    x.select(1, Tensor::<1, Int>::from_data(TensorData::new(places, count), &device))
}

impl Forward for MelSpectrogramModule {
    fn workspace(&self, inputs: &[Signal]) -> u64 {
        let sizes = inputs.first().map(Signal::sizes).unwrap_or_default();
        let [batch, samples] = sizes[..] else { return 0 };
        let length = self.pieces.sizes[0];
        let mirrored = samples.saturating_add(length);
        // Both parts of each frequency, their squares and the sums of these; for each sample its place, too; a copy of
        // the transform.
        let parts = self.pieces.count(&[batch, 1, mirrored], self.transform.dims()[0]).saturating_mul(3);
        let signals = memory::values(&[mirrored, batch.saturating_add(6)]);
        parts.saturating_add(signals).saturating_add(memory::values(&self.transform.dims()))
    }

    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let x = mirrored(input.float::<2>()?, self.pieces.sizes[0] / 2);
        let parts = convolve(x.unsqueeze_dim::<3>(1).into(), self.transform.clone().into(), None, &self.pieces, 1)?;
        let parts = parts.float::<3>()?;
        let frequencies = parts.dims()[1] / 2;
        let (real, imag) = (parts.clone().narrow(1, 0, frequencies), parts.narrow(1, frequencies, frequencies));
        let mut power = real.clone() * real + imag.clone() * imag;
        if self.mag_exp != 2.0 {
            power = powf(power, self.mag_exp / 2.0);
        }
        let mut heard = self.bands.clone().matmul(power);
        if let Some([least, reference, range]) = self.decibels {
            heard = heard.clamp_min(least).log() * (10.0 / LN_10) - reference;
            let loudest: Tensor<3> = heard.clone().max().reshape([1, 1, 1]);
            let sizes = heard.dims();
            heard = heard.max_pair((loudest - range).expand(sizes));
        }
        Ok(heard.into())
    }
}
