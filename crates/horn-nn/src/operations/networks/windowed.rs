//! Convolutions and poolings as functions on tensors. Layers compute by the same code (`windows/`).

use burn::tensor::Tensor;
use horn_kernels::Pool;

use crate::arguments::options::{DataFormat, Padding};
use crate::error::{Error, Result};
use crate::memory;
use crate::operations::calls::argument::Argument;
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::operands::{shape_of, tensor_of};
use crate::tensor::any_tensor::{AnyTensor, unsupported_rank};
use crate::tensor::shape::{Shape, Values};
use crate::windows::convolution::{
    convolve, convolve_channels_last, depthwise, depthwise_channels_last, swapped_first,
};
use crate::windows::layout::{Axes, known_channels};
use crate::windows::pooling::{pool, pool_to};
use crate::windows::transposed::{Crops, convolve_transposed, convolve_transposed_channels_last};
use crate::windows::window::Window;

impl<T> Call<'_, T> {
    /// Where the channels are; at the end for null.
    pub fn data_format(&self) -> Result<DataFormat> {
        match self.parameter("data_format") {
            serde_json::Value::Null => Ok(DataFormat::default()),
            format => serde_json::from_value(format.clone())
                .map_err(|_| self.invalid("data_format", "channels_last or channels_first")),
        }
    }

    /// A whole number above 0 for each of so many axes: one for all, or a list; none for null.
    pub fn sizes(&self, name: &str, axes: usize) -> Result<Option<Vec<usize>>> {
        let Some(given) = self.ints(name)? else { return Ok(None) };
        let given = if given.len() == 1 { vec![given[0]; axes] } else { given };
        // The largest size that a window may have.
        let size = |&size: &i64| usize::try_from(size).ok().filter(|size| (1..=1 << 31).contains(size));
        let sizes: Option<Vec<usize>> = given.iter().map(size).collect();
        sizes
            .filter(|sizes| sizes.len() == axes)
            .map(Some)
            .ok_or_else(|| self.invalid(name, &format!("a whole number above 0, or one for each of {axes} axes")))
    }

    /// A whole number above 0; none for null.
    pub fn size(&self, name: &str) -> Result<Option<usize>> {
        Ok(self.sizes(name, 1)?.map(|sizes| sizes[0]))
    }

    /// A whole number above 0 that can't be left out.
    pub fn required_size(&self, name: &str) -> Result<usize> {
        self.size(name)?.ok_or_else(|| self.invalid(name, "a whole number above 0"))
    }

    /// A window of these sizes, with the arguments of the call.
    fn window(&self, sizes: Vec<usize>, strides: Option<Vec<usize>>) -> Result<Window> {
        let axes = sizes.len();
        let padding = match self.parameter("padding").as_str().unwrap_or_default().to_lowercase().as_str() {
            "valid" => Padding::Valid,
            "same" => Padding::Same,
            "causal" => Padding::Causal,
            _ => return Err(self.invalid("padding", "valid or same")),
        };
        let window = Window {
            strides: strides.unwrap_or_else(|| vec![1; axes]),
            dilation: self.sizes("dilation_rate", axes)?.unwrap_or_else(|| vec![1; axes]),
            padding,
            data_format: self.data_format()?,
            sizes,
        };
        window.check(axes == 1)?;
        window.check_strides_or_dilation()?;
        Ok(window)
    }
}

/// The number of spatial axes of a tensor of this rank.
fn spatial_axes(rank: usize) -> Result<usize> {
    rank.checked_sub(2).filter(|axes| (1..=3).contains(axes)).ok_or_else(|| unsupported_rank(rank))
}

/// `max_pool(inputs, pool_size, strides, padding, data_format)` and `average_pool(…)`.
pub(crate) struct Pooling(pub Pool);

impl Pooling {
    fn window<T>(call: &Call<T>, rank: usize) -> Result<Window> {
        let axes = spatial_axes(rank)?;
        let sizes =
            call.sizes("pool_size", axes)?.ok_or_else(|| call.invalid("pool_size", "the size of the window"))?;
        let strides = call.sizes("strides", axes)?.unwrap_or_else(|| sizes.clone());
        call.window(sizes, Some(strides))
    }
}

impl Rule for Pooling {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        let window = Self::window(call, input.rank())?;
        let axes = window.data_format.split(input, window.sizes.len())?;
        Ok(vec![window.output_shape(&axes, axes.channels)?.with_values(input.values())])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let window = Self::window(&call, call.tensor()?.rank())?;
        Ok(vec![pool(call.into_tensor()?, self.0, &window)?])
    }
}

/// `adaptive_max_pool(inputs, output_size, data_format)` and `adaptive_average_pool(…)`.
pub(crate) struct AdaptivePooling(pub Pool);

impl AdaptivePooling {
    fn arguments<T>(call: &Call<T>, rank: usize) -> Result<(Vec<usize>, DataFormat)> {
        let output = call.sizes("output_size", spatial_axes(rank)?)?;
        Ok((output.ok_or_else(|| call.invalid("output_size", "the size of the output"))?, call.data_format()?))
    }
}

impl Rule for AdaptivePooling {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        let (output, format) = Self::arguments(call, input.rank())?;
        let Axes { batch, channels, .. } = format.split(input, output.len())?;
        let spatial = output.into_iter().map(Some).collect();
        Ok(vec![format.join(Axes { batch, channels, spatial }).with_values(input.values())])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let (output, format) = Self::arguments(&call, call.tensor()?.rank())?;
        Ok(vec![pool_to(call.into_tensor()?, &output, self.0, format)?])
    }
}

/// The convolutions: their kernels are arguments.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Convolution {
    /// `conv(inputs, kernel, …)`, with kernels `[…, channels / groups, filters]`.
    Plain,
    /// `depthwise_conv(inputs, kernel, …)`, with kernels `[…, channels, multiplier]`.
    Depthwise,
    /// `separable_conv(inputs, depthwise_kernel, pointwise_kernel, …)`.
    Separable,
    /// `conv_transpose(inputs, kernel, …)`, with kernels `[…, filters, channels]`.
    Transposed,
}

impl Convolution {
    /// The window, for a kernel of this shape.
    fn window<T>(self, call: &Call<T>, kernel: &[Option<usize>]) -> Result<Window> {
        let axes = spatial_axes(kernel.len())?;
        let sizes: Option<Vec<usize>> = kernel[..axes].iter().copied().collect();
        let sizes = sizes.ok_or_else(|| {
            Error::shape("the shape of the kernel must be known")
                .received(Shape::new(kernel))
                .expected("known sizes of all axes of the kernel")
                .hint("take a constant kernel, or one whose `Input` has all sizes")
        })?;
        call.window(sizes, call.sizes("strides", axes)?)
    }

    fn crops<T>(call: &Call<T>, window: Window, filters: usize) -> Result<Crops> {
        let axes = window.sizes.len();
        let output_padding = match call.ints("output_padding")? {
            None => None,
            Some(given) => {
                let given = if given.len() == 1 { vec![given[0]; axes] } else { given };
                let given: Option<Vec<usize>> = given.iter().map(|&size| usize::try_from(size).ok()).collect();
                let given = given.filter(|given| given.len() == axes);
                Some(given.ok_or_else(|| call.invalid("output_padding", "a number of at least 0 for each axis"))?)
            }
        };
        Crops::new(window, filters, output_padding)
    }

    /// The size of the output's channels, for kernels that fit so many channels of the input.
    fn filters(self, call: &Call<Shape>, channels: usize) -> Result<usize> {
        let last = |at: usize| -> Result<[usize; 2]> {
            let kernel = shape_of(call.arguments().get(at).ok_or_else(|| no_tensor(call.class))?)?;
            match kernel.sizes() {
                [.., Some(one), Some(other)] if *one > 0 && *other > 0 => Ok([*one, *other]),
                _ => Err(Error::shape("the shape of the kernel must be known")
                    .received(&kernel)
                    .expected("known sizes above 0 of the last two axes")
                    .hint("take a constant kernel, or one whose `Input` has all sizes")),
            }
        };
        let [first, second] = last(1)?;
        let misfit = |received: String, expected: String| {
            Error::shape("the kernel does not fit the channels of the input").received(received).expected(expected)
        };
        let one = |expected: usize, found: usize| match expected == found {
            true => Ok(()),
            false => Err(misfit(format!("a kernel for {found} channels"), format!("{expected} channels"))
                .hint("give the kernel the size of the input's channels")),
        };
        match self {
            Self::Plain if channels.is_multiple_of(first) && second.is_multiple_of(channels / first) => Ok(second),
            Self::Plain => Err(misfit(
                format!("a kernel of {first} channels and {second} filters for an input of {channels}"),
                "channels and filters that the number of groups divides".to_owned(),
            )
            .hint("give the kernel as many channels as the input, or a divisor of them")),
            Self::Depthwise => one(channels, first).map(|()| first * second),
            Self::Separable => {
                one(channels, first)?;
                let [mixed, filters] = last(2)?;
                let pointwise = shape_of(&call.arguments()[2])?;
                if pointwise.sizes()[..pointwise.rank() - 2].iter().any(|&size| size != Some(1)) {
                    return Err(Error::shape("the pointwise kernel must have size 1 along the spatial axes")
                        .received(&pointwise)
                        .expected("sizes of 1 before the last two axes")
                        .hint("give the window to the depthwise kernel"));
                }
                one(first * second, mixed).map(|()| filters)
            }
            Self::Transposed => one(channels, second).map(|()| first),
        }
    }
}

impl Rule for Convolution {
    /// It also holds two places of 8 bytes for each pixel of the result.
    fn copies(&self) -> u64 {
        8
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        let kernel = shape_of(call.arguments().get(1).ok_or_else(|| no_tensor(call.class))?)?;
        let window = self.window(call, kernel.sizes())?;
        let axes = window.data_format.split(input, window.sizes.len())?;
        let filters = self.filters(call, known_channels(&axes, input)?)?;
        let output = match self {
            Self::Transposed => Self::crops(call, window, filters)?.output_shape(input, filters)?,
            _ => window.output_shape(&axes, Some(filters))?,
        };
        Ok(vec![output.with_values(Values::Floats)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let (class, rule, device) = (call.class, *self, call.tensors_device()?);
        let kernel = match &call.arguments()[1] {
            Argument::Tensor(kernel) => kernel.sizes(),
            kernel => tensor_of(kernel.clone(), &device)?.sizes(),
        };
        let known: Vec<Option<usize>> = kernel.iter().copied().map(Some).collect();
        let window = rule.window(&call, &known)?;
        let crops = match rule {
            Self::Transposed => Some(Self::crops(&call, window.clone(), kernel[kernel.len() - 2])?.crops),
            _ => None,
        };
        let mut tensors = call.into_arguments().into_iter().map(|argument| tensor_of(argument, &device));
        let mut next = || tensors.next().unwrap_or_else(|| Err(no_tensor(class)));
        let (x, kernel) = (next()?, next()?);
        check_work(rule, &window, &x, &kernel)?;
        let pointwise = if rule == Self::Separable { Some(next()?) } else { None };
        let convolution = Convolving { window, crops, pointwise };
        let y = match x.rank() {
            3 => convolution.run::<3>(rule, x, kernel),
            4 => convolution.run::<4>(rule, x, kernel),
            5 => convolution.run::<5>(rule, x, kernel),
            rank => Err(unsupported_rank(rank)),
        };
        Ok(vec![y?])
    }
}

/// Checks how many multiplications a convolution takes. The kernel of a layer is in a file; that of a function may be as
/// large as the input, though the file is small.
///
/// # Errors
///
/// If they are too many.
fn check_work(rule: Convolution, window: &Window, x: &AnyTensor, kernel: &AnyTensor) -> Result<()> {
    let sizes = x.sizes();
    let positions = match (rule, window.data_format) {
        (Convolution::Transposed, DataFormat::ChannelsLast) => memory::values(&sizes[..sizes.len() - 1]),
        (Convolution::Transposed, DataFormat::ChannelsFirst) => {
            memory::values(&sizes[2..]).saturating_mul(sizes[0] as u64)
        }
        _ => window.count(&sizes, 1),
    };
    let work = positions.saturating_mul(kernel.count() as u64);
    memory::check_work("the convolution", work, &[&sizes, &kernel.sizes()])
}

/// The arguments of a convolution that runs.
struct Convolving {
    window: Window,
    crops: Option<Vec<(usize, isize)>>,
    pointwise: Option<AnyTensor>,
}

impl Convolving {
    fn run<const D: usize>(&self, rule: Convolution, x: AnyTensor, kernel: AnyTensor) -> Result<AnyTensor> {
        let kernel = kernel.float::<D>()?;
        let format = self.window.data_format;
        if format == DataFormat::ChannelsLast
            && let Some(y) = self.channels_last(rule, &x, &kernel)?
        {
            return self.mixed::<D>(y);
        }
        let (window, channels) = (&self.window, format.to_channels_first(x)?);
        let y = match rule {
            Convolution::Plain => {
                let groups = channels.sizes()[1] / kernel.dims()[D - 2];
                convolve(channels, kernel.permute(swapped_first()).into(), None, window, groups)?
            }
            Convolution::Depthwise | Convolution::Separable => depthwise(channels, kernel, None, window)?,
            Convolution::Transposed => {
                let crops = self.crops.as_deref().unwrap_or_default();
                convolve_transposed(channels, kernel.permute(swapped_first()).into(), None, window, crops)?
            }
        };
        self.mixed::<D>(format.channels_first_to_own(y)?)
    }

    /// Where the backend has a fast way.
    fn channels_last<const D: usize>(
        &self,
        rule: Convolution,
        x: &AnyTensor,
        kernel: &Tensor<D>,
    ) -> Result<Option<AnyTensor>> {
        let window = &self.window;
        match rule {
            Convolution::Plain => {
                let groups = x.sizes()[D - 1] / kernel.dims()[D - 2];
                convolve_channels_last(x, kernel, None, window, groups, false, None)
            }
            Convolution::Depthwise | Convolution::Separable => depthwise_channels_last(x, kernel, None, window, false),
            Convolution::Transposed => {
                let crops = self.crops.as_deref().unwrap_or_default();
                convolve_transposed_channels_last(x, kernel, None, window, crops, false)
            }
        }
    }

    /// The pointwise convolution after the depthwise one, if there is one.
    fn mixed<const D: usize>(&self, y: AnyTensor) -> Result<AnyTensor> {
        let Some(pointwise) = &self.pointwise else { return Ok(y) };
        let window = Window { data_format: self.window.data_format, ..Window::of_all(&vec![1; D - 2]) };
        let mixing = Self { window, crops: None, pointwise: None };
        mixing.run::<D>(Convolution::Plain, y, pointwise.clone())
    }
}
