//! Transposed convolutions: a convolution whose passes change places.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use crate::flex::buffer::{tensor, values};
use crate::flex::convolution::conv::{has_gradient, images_of};
use crate::flex::convolution::correlate::{Correlation, Ending, Weights};
use crate::flex::convolution::gradients::gradients;
use crate::flex::convolution::windows::Windows;
use crate::flex::loops::{column_sums, gradient_of_relu};
use crate::flex::weighted::{self, Saved, Weighted};
use crate::types::slide::Slide;

pub(crate) fn conv_transpose<const D: usize>(
    x: &Tensor<D>,
    kernel: &Tensor<D>,
    bias: Option<&Tensor<1>>,
    slides: &[Slide],
    output: &[usize],
    relu: bool,
) -> Option<Tensor<D>> {
    let sizes = x.dims();
    let [filters, channels] = [kernel.dims()[D - 2], kernel.dims()[D - 1]];
    let fits = channels == sizes[D - 1]
        && channels > 0
        && filters > 0
        && slides.len() == D - 2
        && output.len() == D - 2
        && !sizes[1..].contains(&0)
        && slides.iter().zip(kernel.dims()).all(|(slide, size)| slide.size == size && size > 0 && has_gradient(slide))
        && bias.is_none_or(|bias| bias.dims() == [filters]);
    if !fits {
        return None;
    }
    // The convolution that would make `x` from the result.
    let slides: Vec<Slide> = (0..D - 2)
        .map(|axis| {
            let Slide { size, stride, dilation, padding: (before, _) } = slides[axis];
            let seen = (sizes[axis + 1] - 1) * stride + (size - 1) * dilation + 1;
            Slide { padding: (before, seen.saturating_sub(before + output[axis])), ..slides[axis] }
        })
        .collect();
    let mut windows = Windows::new(&[&sizes[..1], output, &[filters]].concat(), &slides)?;
    windows.output[5 - D..].copy_from_slice(&sizes[1..D - 1]);
    weighted::run(Transposed { windows, relu }, x, kernel, bias)
}

#[derive(Clone, Debug)]
struct Transposed {
    /// The windows over the result.
    windows: Windows,
    relu: bool,
}

impl Weighted for Transposed {
    fn relu(&self) -> bool {
        self.relu
    }

    fn compute(&self, x: &FlexTensor, kernel: &FlexTensor, bias: Option<&FlexTensor>, _: bool) -> FlexTensor {
        let ending = Ending { bias: bias.map(values), relu: self.relu };
        let correlation = Correlation::back(&self.windows, Weights::of(kernel, 1), ending);
        images_of(&correlation, self.windows.input_shape(), self.windows.samples, x)
    }

    fn gradients(&self, (x, kernel, y): Saved, gradient: FlexTensor, wanted: [bool; 3]) -> [Option<FlexTensor>; 3] {
        let gradient = match &y {
            Some(y) => gradient_of_relu(&gradient, y),
            None => gradient,
        };
        let (windows, weights) = (&self.windows, Weights::of(&kernel, 1));
        let by_x = wanted[0].then(|| {
            let correlation = Correlation::forward(windows, weights, Ending::default());
            images_of(&correlation, windows.output_shape(weights.filters), windows.samples, &gradient)
        });
        // To the convolution, the gradient is the image, and the input the gradient of its result.
        let [_, by_kernel, _] =
            gradients(windows, weights, values(&gradient), values(&x), None, [false, wanted[1], false]);
        let by_bias = wanted[2].then(|| tensor([windows.channels], |sums| column_sums(values(&gradient), sums)));
        [by_x, by_kernel, by_bias]
    }
}
