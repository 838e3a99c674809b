//! Convolutions: the batch is split over the threads, and each image stays in the cache.

use burn::backend::flex::FlexTensor;
use burn::tensor::{Shape, Tensor};

use crate::flex::apply::{constant, untracked};
use crate::flex::buffer::{tensor, values};
use crate::flex::convolution::correlate::{Correlation, Ending, Kind, Weights};
use crate::flex::convolution::depthwise::Depthwise;
use crate::flex::convolution::gradients::gradients;
use crate::flex::convolution::passes::Images;
use crate::flex::convolution::pool::Pools;
use crate::flex::convolution::pooled::pool_each;
use crate::flex::convolution::windows::Windows;
use crate::flex::convolution::winograd::Winograd;
use crate::flex::dense::dense;
use crate::flex::loops::gradient_of_relu;
use crate::flex::threads::count;
use crate::flex::weighted::{self, Saved, Weighted};
use crate::types::pooling::Pooling;
use crate::types::slide::Slide;

pub(crate) fn conv<const D: usize>(
    x: &Tensor<D>,
    kernel: &Tensor<D>,
    bias: Option<&Tensor<1>>,
    slides: &[Slide],
    groups: usize,
    relu: bool,
    pooling: Option<Pooling>,
) -> Option<Tensor<D>> {
    let operation = Convolution::new(x, kernel, bias, slides, Kind::Groups(groups), relu)?;
    match pooling {
        Some(pooling) => operation.run_pooled(x, kernel, bias, pooling),
        None if operation.is_pointwise() => {
            dense(x, &kernel.clone().reshape([operation.windows.channels, operation.filters]), bias, relu)
        }
        None => weighted::run(operation, x, kernel, bias),
    }
}

pub(crate) fn depthwise_conv<const D: usize>(
    x: &Tensor<D>,
    kernel: &Tensor<D>,
    bias: Option<&Tensor<1>>,
    slides: &[Slide],
    relu: bool,
) -> Option<Tensor<D>> {
    weighted::run(Convolution::new(x, kernel, bias, slides, Kind::Depthwise, relu)?, x, kernel, bias)
}

/// Strides and dilation along the same axis have no fast gradient.
pub(crate) fn has_gradient(slide: &Slide) -> bool {
    slide.stride == 1 || slide.dilation == 1 || slide.size == 1
}

/// Does a window see each value by itself?
fn is_pointwise(slide: &Slide) -> bool {
    slide.size == 1 && slide.stride == 1 && slide.padding == (0, 0)
}

#[derive(Clone, Debug)]
struct Convolution {
    windows: Windows,
    kind: Kind,
    filters: usize,
    relu: bool,
}

impl Convolution {
    /// The operation, if it has a fast way.
    fn new<const D: usize>(
        x: &Tensor<D>,
        kernel: &Tensor<D>,
        bias: Option<&Tensor<1>>,
        slides: &[Slide],
        kind: Kind,
        relu: bool,
    ) -> Option<Self> {
        let windows = Windows::new(&x.dims(), slides)?;
        let [channels, last] = [kernel.dims()[D - 2], kernel.dims()[D - 1]];
        let (filters, is_of_kind) = match kind {
            Kind::Groups(groups) => {
                (last, groups > 0 && channels * groups == windows.channels && last.is_multiple_of(groups))
            }
            Kind::Depthwise => (channels, channels == windows.channels && last == 1),
        };
        let fits = is_of_kind
            && channels > 0
            && filters > 0
            && slides.iter().zip(kernel.dims()).all(|(slide, size)| slide.size == size)
            && bias.is_none_or(|bias| bias.dims() == [filters]);
        (fits && windows.slides.iter().all(has_gradient)).then_some(Self { windows, kind, filters, relu })
    }

    /// Does a filter see each pixel by itself?
    fn is_pointwise(&self) -> bool {
        self.kind == Kind::Groups(1) && self.windows.slides.iter().all(is_pointwise)
    }

    /// The operation with these weights, for any number of images.
    fn prepared<'a>(
        &'a self,
        kernel: &'a FlexTensor,
        bias: Option<&'a FlexTensor>,
        tracked: bool,
    ) -> Box<dyn Images + 'a> {
        let (windows, weights) = (&self.windows, self.weights(kernel));
        let ending = Ending { bias: bias.map(values), relu: self.relu };
        if !tracked && let Some(winograd) = Winograd::new(windows, weights, ending) {
            return Box::new(winograd);
        }
        match self.kind {
            Kind::Groups(_) => Box::new(Correlation::forward(windows, weights, ending)),
            Kind::Depthwise => Box::new(Depthwise::forward(windows, weights.values, ending)),
        }
    }

    /// The result and its pooling, where both together have a fast way.
    fn run_pooled<const D: usize>(
        mut self,
        x: &Tensor<D>,
        kernel: &Tensor<D>,
        bias: Option<&Tensor<1>>,
        pooling: Pooling,
    ) -> Option<Tensor<D>> {
        let pools = Pools::new(&self.windows.output_shape(self.filters), pooling)?.cropped();
        self.windows.output = pools.input();
        // Threads that share an image can't pool it before all have done their part.
        let shares_images = self.windows.samples < count();
        if x.is_autodiff() || self.is_pointwise() || shares_images {
            return None;
        }
        let (x, kernel) = (constant(x)?, constant(kernel)?);
        let bias = match bias {
            Some(bias) => Some(constant(bias)?),
            None => None,
        };
        let images = self.prepared(&kernel, bias.as_ref(), false);
        Some(untracked(tensor(pools.output_shape(), |y| pool_each(images.as_ref(), &pools, values(&x), y))))
    }

    fn weights<'a>(&self, kernel: &'a FlexTensor) -> Weights<'a> {
        Weights { values: values(kernel), filters: self.filters, kind: self.kind }
    }
}

impl Weighted for Convolution {
    fn relu(&self) -> bool {
        self.relu
    }

    fn compute(&self, x: &FlexTensor, kernel: &FlexTensor, bias: Option<&FlexTensor>, tracked: bool) -> FlexTensor {
        let Windows { samples, .. } = self.windows;
        images_of(self.prepared(kernel, bias, tracked).as_ref(), self.windows.output_shape(self.filters), samples, x)
    }

    fn gradients(&self, (x, kernel, y): Saved, gradient: FlexTensor, wanted: [bool; 3]) -> [Option<FlexTensor>; 3] {
        let weights = self.weights(&kernel);
        // With fewer images than threads, these share an image, and with it the gradient before relu.
        let (gradient, y) = match y {
            Some(y) if self.windows.samples < count() => (gradient_of_relu(&gradient, &y), None),
            y => (gradient, y),
        };
        gradients(&self.windows, weights, values(&x), values(&gradient), y.as_ref().map(values), wanted)
    }
}

/// A new tensor with the result for all images.
pub(crate) fn images_of(operation: &dyn Images, shape: Shape, samples: usize, x: &FlexTensor) -> FlexTensor {
    tensor(shape, |y| operation.images(samples, values(x), y))
}
