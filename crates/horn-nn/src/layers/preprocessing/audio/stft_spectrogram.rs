//! `STFTSpectrogram`: the frequencies in each piece of a signal.

use burn::module::{Module, Param};
use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::arguments::options::{DataFormat, Padding};
use crate::error::{Error, Result};
use crate::initializers::initializer::Initializer;
use crate::initializers::stft::{STFT, Scaling, Side, Window as Weighting};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::windows::convolution::convolve;
use crate::windows::layout::known_channels;
use crate::windows::window::Window;

/// Keras's smallest number that counts.
const EPSILON: f64 = 1e-7;

/// What a spectrogram says of each frequency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpectrogramMode {
    /// The logarithm of the magnitude.
    #[default]
    Log,
    /// The magnitude: how strong the frequency is.
    Magnitude,
    /// The power spectral density: the square of the magnitude, twice where a negative frequency adds as much.
    Psd,
    /// The real part.
    Real,
    /// The imaginary part.
    Imag,
    /// The angle of the complex number.
    Angle,
    /// The real parts, and then the imaginary parts.
    Stft,
}

impl SpectrogramMode {
    /// The parts that it is made of.
    fn sides(self) -> &'static [Side] {
        match self {
            Self::Real => &[Side::Real],
            Self::Imag => &[Side::Imag],
            _ => &[Side::Real, Side::Imag],
        }
    }
}

/// The short-time Fourier transform of a signal, by a convolution whose kernels learn as other weights do; with
/// `trainable(false)` they stay what they are.
///
/// # Shapes
///
/// - input: `[batch, samples, channels]`, or with the channels second; `samples` may be unknown
/// - output: `[batch, frames, channels · frequencies]`, channels second `[batch, channels · frequencies, frames]`; with
///   `expand_dims` the frequencies are an axis of their own, before the channels or last. There are
///   `fft_length / 2 + 1` frequencies, twice as many with `SpectrogramMode::Stft`
/// - weights: real and imaginary kernel `[frame length, 1, frequencies]`, as far as the mode needs them
///
/// ```
/// use horn::layers::{Padding, STFTSpectrogram};
/// use horn::{Layer, Shape};
///
/// let layer = STFTSpectrogram().frame_step(128).fft_length(512).padding(Padding::Same);
/// assert_eq!(layer.output_shape(&Shape::batched([160_000, 2]))?, Shape::batched([1250, 514]));
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct STFTSpectrogram {
    #[serde(flatten)]
    common: Common,
    mode: SpectrogramMode,
    frame_length: usize,
    frame_step: Option<usize>,
    fft_length: Option<usize>,
    window: Option<Weighting>,
    periodic: bool,
    scaling: Option<Scaling>,
    padding: Padding,
    data_format: DataFormat,
    expand_dims: bool,
}

/// `keras.layers.STFTSpectrogram()`. See [`STFTSpectrogram`](struct@STFTSpectrogram).
#[allow(non_snake_case)]
pub fn STFTSpectrogram() -> STFTSpectrogram {
    STFTSpectrogram::new()
}

impl STFTSpectrogram {
    /// A layer with Keras's defaults: the logarithms of magnitudes, in frames of 256 samples.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            mode: SpectrogramMode::Log,
            frame_length: 256,
            frame_step: None,
            fft_length: None,
            window: Some(Weighting::Hann),
            periodic: false,
            scaling: Some(Scaling::Density),
            padding: Padding::Valid,
            data_format: DataFormat::ChannelsLast,
            expand_dims: false,
        }
    }

    /// How many samples lie between the beginnings of two frames; half a frame by default.
    #[must_use]
    pub fn frame_step(mut self, frame_step: usize) -> Self {
        self.frame_step = Some(frame_step);
        self
    }

    /// The length of the transform; by default the power of two from the length of a frame on.
    #[must_use]
    pub fn fft_length(mut self, fft_length: usize) -> Self {
        self.fft_length = Some(fft_length);
        self
    }

    fn frequencies(&self) -> usize {
        self.fft_length.unwrap_or_else(|| self.frame_length.next_power_of_two()) / 2 + 1
    }

    /// The frames of a signal.
    fn frames(&self) -> Result<Window> {
        let step = self.frame_step.unwrap_or(self.frame_length / 2);
        let frames = Window::new::<1>(self.frame_length.into(), step.into(), 1.into(), self.padding, self.data_format);
        frames.check(false)?;
        if step > self.frame_length {
            return Err(Error::argument("frame_step is larger than frame_length")
                .received(format!("frame_step = {step}"))
                .expected(format!("1 to {}, the frame_length", self.frame_length))
                .hint("take smaller steps or longer frames"));
        }
        if let Some(length) = self.fft_length.filter(|length| *length < self.frame_length) {
            return Err(Error::argument("fft_length is smaller than frame_length")
                .received(format!("fft_length = {length}"))
                .expected(format!("at least {}, the frame_length", self.frame_length))
                .hint("leave out fft_length, or take shorter frames"));
        }
        Ok(frames)
    }
}

impl Default for STFTSpectrogram {
    fn default() -> Self {
        Self::new()
    }
}

common_arguments!(STFTSpectrogram);

arguments!(STFTSpectrogram {
    /// What is said of each frequency; the logarithm of its magnitude by default.
    mode: SpectrogramMode,
    /// How many samples a frame has; 256 by default.
    frame_length: usize,
    /// How much each sample of a frame weighs; `Hann` by default.
    window: impl Into<Option<Weighting>>,
    /// Does the window's first value follow on its last? No by default: the window is symmetric.
    periodic: bool,
    /// What the window is divided by; `Density` by default.
    scaling: impl Into<Option<Scaling>>,
    /// What is added at the ends of the signal; nothing by default.
    padding: Padding,
    /// Where the channels are; the last axis by default.
    data_format: DataFormat,
    /// Are the frequencies an axis of their own, as models for images take them? No by default.
    expand_dims: bool,
});

impl Layer for STFTSpectrogram {
    described!("STFTSpectrogram");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let frames = self.frames()?;
        let axes = self.data_format.split(input, 1)?;
        let channels = known_channels(&axes, input)?;
        let frequencies = match self.mode {
            SpectrogramMode::Stft => 2 * self.frequencies(),
            _ => self.frequencies(),
        };
        let steps = frames.outputs(&axes.spatial)?[0];
        let sizes = match (self.expand_dims, self.data_format) {
            (true, DataFormat::ChannelsLast) => vec![steps, Some(frequencies), Some(channels)],
            (true, DataFormat::ChannelsFirst) => vec![Some(channels), steps, Some(frequencies)],
            (false, DataFormat::ChannelsLast) => vec![steps, Some(channels * frequencies)],
            (false, DataFormat::ChannelsFirst) => vec![Some(channels * frequencies), steps],
        };
        Ok(Shape::new([vec![axes.batch], sizes].concat()))
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let sizes = [self.frame_length, 1, self.frequencies()];
        let kernel = |side: &Side| {
            let transform = STFT::new().side(*side).window(self.window.clone());
            let initializer: Initializer = transform.scaling(self.scaling).periodic(self.periodic).into();
            let name = if *side == Side::Real { "real_kernel" } else { "imag_kernel" };
            build.add_weight(name, sizes, &initializer)
        };
        Ok(BuiltLayer::new(STFTSpectrogramModule {
            kernels: self.mode.sides().iter().map(kernel).collect::<Result<_>>()?,
            mode: self.mode,
            frames: self.frames()?,
            expand_dims: self.expand_dims,
        }))
    }
}

#[derive(Module, Debug)]
struct STFTSpectrogramModule {
    kernels: Vec<Param<Tensor<3>>>,
    #[module(skip)]
    mode: SpectrogramMode,
    #[module(skip)]
    frames: Window,
    expand_dims: bool,
}

impl STFTSpectrogramModule {
    /// What the mode says, of the parts `[batch, channels, frequencies, frames]`.
    fn say(&self, parts: Tensor<4>) -> Tensor<4> {
        if matches!(self.mode, SpectrogramMode::Real | SpectrogramMode::Imag | SpectrogramMode::Stft) {
            return parts;
        }
        let frequencies = parts.dims()[2] / 2;
        let (real, imag) = (parts.clone().narrow(2, 0, frequencies), parts.narrow(2, frequencies, frequencies));
        if self.mode == SpectrogramMode::Angle {
            return imag.atan2(real);
        }
        let power = real.clone() * real + imag.clone() * imag;
        if self.mode == SpectrogramMode::Psd {
            let device = power.device().without_autodiff();
            let times =
                (0..frequencies).map(|at| if at == 0 || at + 1 == frequencies { 1.0 } else { 2.0f32 }).collect();
            return power * Tensor::<4>::from_data(TensorData::new::<f32, _>(times, [1, 1, frequencies, 1]), &device);
        }
        let magnitude = power.clamp_min(EPSILON).sqrt();
        if self.mode == SpectrogramMode::Log { magnitude.clamp_min(EPSILON).log() } else { magnitude }
    }
}

impl Forward for STFTSpectrogramModule {
    fn workspace(&self, inputs: &[Signal]) -> u64 {
        let sizes = inputs.first().map(Signal::sizes).unwrap_or_default();
        let channels = match self.frames.data_format {
            DataFormat::ChannelsLast => sizes.last(),
            DataFormat::ChannelsFirst => sizes.get(1),
        };
        // Both parts of each frequency, in the convolution and as its result, their squares and the sums of these.
        let frequencies: usize = self.kernels.iter().map(|kernel| kernel.dims()[2]).sum();
        let parts = frequencies.saturating_mul(channels.copied().unwrap_or(1));
        self.frames.count(&sizes, parts).saturating_mul(4)
    }

    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let format = self.frames.data_format;
        let x = format.to_channels_first(input)?.float::<3>()?;
        let [batch, channels, samples] = x.dims();
        // Each channel is a signal of its own, and both parts come from one convolution.
        let kernels = self.kernels.iter().map(|kernel| kernel.val().permute([2, 1, 0])).collect();
        let kernel = Tensor::cat(kernels, 0);
        let frequencies = kernel.dims()[0];
        let signals = x.reshape([batch * channels, 1, samples]);
        let y = convolve(signals.into(), kernel.into(), None, &self.frames, 1)?.float::<3>()?;
        let steps = y.dims()[2];
        let y = self.say(y.reshape([batch, channels, frequencies, steps]));
        let frequencies = y.dims()[2];
        Ok(match (self.expand_dims, format) {
            (true, DataFormat::ChannelsLast) => y.permute([0, 3, 2, 1]).into(),
            (true, DataFormat::ChannelsFirst) => y.permute([0, 1, 3, 2]).into(),
            (false, _) => format.channels_first_to_own(y.reshape([batch, channels * frequencies, steps]).into())?,
        })
    }
}
