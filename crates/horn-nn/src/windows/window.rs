//! Sliding windows over the spatial axes of an input: the kernel of a convolution, the window of a pooling.

use horn_kernels::Slide;

use crate::arguments::options::{DataFormat, Padding};
use crate::arguments::sizes::Sizes;
use crate::error::{Error, Result};
use crate::memory;
use crate::tensor::any_tensor::unsupported_rank;
use crate::tensor::shape::Shape;
use crate::windows::layout::Axes;

/// The limit for the number of values of a sample with the padding for dilation, if the sample is small: 256 MiB.
const MAX_PADDED: u64 = 1 << 26;

/// A window and how it moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    pub sizes: Vec<usize>,
    pub strides: Vec<usize>,
    pub dilation: Vec<usize>,
    pub padding: Padding,
    pub data_format: DataFormat,
}

impl Window {
    pub fn new<const N: usize>(
        sizes: Sizes<N>,
        strides: Sizes<N>,
        dilation: Sizes<N>,
        padding: Padding,
        data_format: DataFormat,
    ) -> Self {
        let vec = |sizes: Sizes<N>| sizes.to_array().to_vec();
        Self { sizes: vec(sizes), strides: vec(strides), dilation: vec(dilation), padding, data_format }
    }

    /// The window that sees all of an input of these sizes.
    pub fn of_all(spatial: &[usize]) -> Self {
        let ones = vec![1; spatial.len()];
        Self {
            sizes: spatial.to_vec(),
            strides: ones.clone(),
            dilation: ones,
            padding: Padding::Valid,
            data_format: DataFormat::ChannelsLast,
        }
    }

    /// Checks the arguments. `causal` allows causal padding.
    pub fn check(&self, causal: bool) -> Result<()> {
        let zero = |argument: &str, values: &[usize], hint: &str| {
            if values.iter().all(|&value| value > 0) {
                return Ok(());
            }
            Err(Error::argument(format!("{argument} can't be 0"))
                .received(format!("{argument} = {}", crate::tensor::shape::sizes(values)))
                .expected("at least 1 along each axis")
                .hint(hint))
        };
        zero("the size of the window", &self.sizes, "3 is a common size")?;
        zero("strides", &self.strides, "1 moves the window by one step")?;
        zero("dilation_rate", &self.dilation, "1 takes neighbours")?;
        if self.padding == Padding::Causal && !causal {
            return Err(Error::argument("only Conv1D can be causal")
                .received("padding = causal")
                .expected("valid or same")
                .hint("pad with `ZeroPadding1D` before the layer"));
        }
        Ok(())
    }

    /// Rejects strides together with dilation, as Keras does.
    pub fn check_strides_or_dilation(&self) -> Result<()> {
        if self.strides.iter().all(|&s| s == 1) || self.dilation.iter().all(|&d| d == 1) {
            return Ok(());
        }
        Err(Error::argument("strides and dilation do not go together")
            .received(format!(
                "strides = {}, dilation_rate = {}",
                crate::tensor::shape::sizes(&self.strides),
                crate::tensor::shape::sizes(&self.dilation)
            ))
            .expected("one of them 1 along all axes")
            .hint("leave out strides or dilation_rate"))
    }

    /// The extent of the window along an axis, including the gaps of a dilation.
    pub fn reach(&self, axis: usize) -> usize {
        (self.sizes[axis] - 1) * self.dilation[axis] + 1
    }

    /// The number of positions of the window along each axis.
    pub fn outputs(&self, spatial: &[Option<usize>]) -> Result<Vec<Option<usize>>> {
        let outputs = spatial.iter().enumerate().map(|(axis, size)| match (size, self.padding) {
            (None, _) => Ok(None),
            (Some(size), Padding::Valid) => match size.checked_sub(self.reach(axis)) {
                Some(room) => Ok(Some(room / self.strides[axis] + 1)),
                None => Err(self.misfit(spatial)),
            },
            (Some(0), _) => Err(self.misfit(spatial)),
            (Some(size), Padding::Same | Padding::Causal) => Ok(Some(size.div_ceil(self.strides[axis]))),
        });
        outputs.collect()
    }

    /// The number of values at all positions over data of these sizes, with so many channels; 0 where it does not fit.
    pub fn count(&self, data: &[usize], channels: usize) -> u64 {
        let spatial = match self.data_format {
            DataFormat::ChannelsLast => data.get(1..data.len().saturating_sub(1)),
            DataFormat::ChannelsFirst => data.get(2..),
        };
        let outputs = spatial.filter(|spatial| spatial.len() == self.sizes.len());
        let outputs = outputs.and_then(|spatial| self.outputs(&known(spatial)).ok()).unwrap_or_default();
        let outputs: Vec<usize> = outputs.into_iter().flatten().collect();
        if outputs.is_empty() {
            0
        } else {
            memory::values(&outputs).saturating_mul(memory::values(&[data[0], channels]))
        }
    }

    /// The sizes of the result with so many channels for an input `[samples, …, channels]`.
    pub fn result_sizes(&self, input: &[usize], channels: usize) -> Result<Vec<usize>> {
        let [samples, spatial @ .., _] = input else { return Err(unsupported_rank(input.len())) };
        let outputs = self.outputs(&known(spatial))?.into_iter().flatten();
        Ok(std::iter::once(*samples).chain(outputs).chain([channels]).collect())
    }

    /// The padding before and after each axis of an input of these sizes.
    pub fn paddings(&self, spatial: &[usize]) -> Vec<(usize, usize)> {
        let padding = |(axis, &size): (usize, &usize)| match self.padding {
            Padding::Valid => (0, 0),
            Padding::Causal => (self.reach(axis) - 1, 0),
            Padding::Same => {
                let last = (size.div_ceil(self.strides[axis]) - 1) * self.strides[axis];
                let missing = (last + self.reach(axis)).saturating_sub(size);
                (missing / 2, missing - missing / 2)
            }
        };
        spatial.iter().enumerate().map(padding).collect()
    }

    /// How the window moves along each axis of an input of these sizes.
    pub fn slides(&self, spatial: &[usize]) -> Vec<Slide> {
        let slide = |(axis, padding): (usize, (usize, usize))| Slide {
            size: self.sizes[axis],
            stride: self.strides[axis],
            dilation: self.dilation[axis],
            padding,
        };
        self.paddings(spatial).into_iter().enumerate().map(slide).collect()
    }

    /// The same window for an operation that ignores padding, such as pooling, without the part that never covers the
    /// input: from this size on, the window covers the whole input at each of its positions.
    pub fn that_sees(&self, spatial: &[usize]) -> Self {
        let mut window = self.clone();
        if self.padding == Padding::Same {
            for ((size, &stride), &axis) in window.sizes.iter_mut().zip(&self.strides).zip(spatial) {
                *size = (*size).min(axis + (axis.div_ceil(stride) - 1) * stride);
            }
        }
        window
    }

    /// How the window moves over an input of these sizes, without the part that never covers it.
    ///
    /// # Errors
    ///
    /// If the window does not fit.
    pub fn slides_that_see(&self, spatial: &[usize]) -> Result<Vec<Slide>> {
        self.outputs(&known(spatial))?;
        Ok(self.that_sees(spatial).slides(spatial))
    }

    /// The shape of an output with this number of channels.
    pub fn output_shape(&self, input: &Axes, channels: Option<usize>) -> Result<Shape> {
        self.check_padded(input)?;
        let spatial = self.outputs(&input.spatial)?;
        Ok(self.data_format.join(Axes { batch: input.batch, channels, spatial }))
    }

    /// Checks the padding for a dilated window: its gaps need no weights, but their padding needs memory.
    fn check_padded(&self, input: &Axes) -> Result<()> {
        let known: Option<Vec<usize>> = input.spatial.iter().copied().collect();
        let Some(spatial) = known.filter(|sizes| self.dilation.iter().any(|&d| d > 1) && !sizes.contains(&0)) else {
            return Ok(());
        };
        let paddings = self.paddings(&spatial);
        let padded: Vec<usize> =
            spatial.iter().zip(paddings).map(|(size, (before, after))| size + before + after).collect();
        let values = |sizes: &[usize]| {
            let channels = input.channels.unwrap_or(1) as u64;
            sizes.iter().fold(channels, |all, &size| all.saturating_mul(size as u64))
        };
        let most = values(&spatial).saturating_mul(4).max(MAX_PADDED);
        if values(&padded) <= most {
            return Ok(());
        }
        Err(Error::argument("the dilated window needs far more padding than there is input")
            .received(format!("dilation_rate = {}", crate::tensor::shape::sizes(&self.dilation)))
            .expected(format!("a padded sample of at most {most} values, and not of {}", values(&padded)))
            .hint("take a smaller dilation_rate"))
    }

    fn misfit(&self, spatial: &[Option<usize>]) -> Error {
        let reach: Vec<_> = (0..self.sizes.len()).map(|axis| self.reach(axis)).collect();
        Error::shape("the window is larger than the input")
            .received(format!("{} for an input of {}", crate::tensor::shape::sizes(&reach), Shape::new(spatial)))
            .expected("an input that is at least as large")
            .hint("take a smaller window, or `padding(Padding::Same)`")
    }
}

/// One for each spatial axis, as Burn takes them.
pub(crate) fn array<T: Copy + std::fmt::Debug, const N: usize>(values: &[T]) -> [T; N] {
    values.try_into().expect("there is one value for each spatial axis")
}

/// The spatial sizes of a tensor in Burn's layout.
pub(crate) fn known(sizes: &[usize]) -> Vec<Option<usize>> {
    sizes.iter().copied().map(Some).collect()
}
