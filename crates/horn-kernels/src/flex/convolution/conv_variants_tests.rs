//! Depthwise and transposed convolutions against the same ones by sums over the places of the kernel.

use burn::tensor::Tensor;
use burn::tensor::ops::PadMode;
use proptest::prelude::*;

use crate::flex::convolution::conv::depthwise_conv;
use crate::flex::convolution::conv_tests::{Case, STAY, any_axis, slide};
use crate::flex::convolution::conv_transpose::conv_transpose;
use crate::flex::testing::{follows_its_derivative, plain_relu, same};
use crate::types::slide::Slide;

fn finished(y: Tensor<5>, bias: Option<&Tensor<1>>, relu: bool) -> Tensor<5> {
    let y = match bias {
        Some(bias) => y + bias.clone().reshape([1, 1, 1, 1, bias.dims()[0]]),
        None => y,
    };
    if relu { plain_relu(y) } else { y }
}

/// A depthwise convolution is one with a group for each channel.
fn depthwise_agrees(case: Case) {
    let [samples, d, h, w, channels] = case.input_shape();
    let (x_len, kernel_len) = (samples * d * h * w * channels, case.kernel_shape().iter().product());
    let kernel = |leaves: &[Tensor<1>]| {
        let [d, h, w, ..] = case.kernel_shape();
        leaves[1].clone().reshape([d, h, w, channels, 1])
    };
    let bias = |leaves: &[Tensor<1>]| case.bias.then(|| leaves[2].clone());
    let x = |leaves: &[Tensor<1>]| leaves[0].clone().reshape(case.input_shape());
    same(
        &[x_len, kernel_len, channels],
        |leaves| {
            let y = depthwise_conv(&x(leaves), &kernel(leaves), bias(leaves).as_ref(), &case.slides, case.relu);
            y.unwrap().flatten(0, 4)
        },
        |leaves| {
            let y = case.sum_over_places(x(leaves), kernel(leaves).reshape(case.kernel_shape()));
            finished(y, bias(leaves).as_ref(), case.relu).flatten(0, 4)
        },
    );
}

fn of_channels(samples: usize, axes: [(usize, Slide); 3], groups: usize, bias: bool, relu: bool) -> Case {
    let (input, slides) = (axes.map(|(input, _)| input), axes.map(|(_, slide)| slide));
    Case { samples, input, channels: 1, filters: 1, groups, slides, bias, relu }
}

/// A transposed convolution as a convolution of the input with zeros between its values, by the kernel turned round.
/// `crops` is what is left out of the whole result, before and after each axis, which may be less than nothing after it.
#[derive(Clone, Copy, Debug)]
struct Transposed {
    samples: usize,
    input: [usize; 3],
    channels: usize,
    filters: usize,
    slides: [Slide; 3],
    crops: [(usize, isize); 3],
    bias: bool,
    relu: bool,
}

impl Transposed {
    fn reach(&self, axis: usize) -> usize {
        (self.slides[axis].size - 1) * self.slides[axis].dilation + 1
    }

    fn output(&self) -> [usize; 3] {
        [0, 1, 2].map(|axis| {
            let whole = (self.input[axis] - 1) * self.slides[axis].stride + self.reach(axis);
            (whole as isize - self.crops[axis].0 as isize - self.crops[axis].1) as usize
        })
    }

    fn shapes(&self) -> ([usize; 5], [usize; 5]) {
        let ([d, h, w], [a, b, c]) = (self.input, self.slides.map(|slide| slide.size));
        ([self.samples, d, h, w, self.channels], [a, b, c, self.filters, self.channels])
    }

    fn lengths(&self) -> [usize; 3] {
        let (x, kernel) = self.shapes();
        [x.iter().product(), kernel.iter().product(), self.filters]
    }

    fn bias(&self, leaves: &[Tensor<1>]) -> Option<Tensor<1>> {
        self.bias.then(|| leaves[2].clone())
    }

    fn fast(&self, leaves: &[Tensor<1>]) -> Tensor<5> {
        let (x, kernel) = self.shapes();
        let (x, kernel) = (leaves[0].clone().reshape(x), leaves[1].clone().reshape(kernel));
        let slides: Vec<Slide> = self
            .slides
            .iter()
            .zip(self.crops)
            .map(|(slide, (before, _))| Slide { padding: (before, 0), ..*slide })
            .collect();
        conv_transpose(&x, &kernel, self.bias(leaves).as_ref(), &slides, &self.output(), self.relu).unwrap()
    }

    fn plain(&self, leaves: &[Tensor<1>]) -> Tensor<5> {
        let (x, kernel) = self.shapes();
        let kernel = leaves[1].clone().reshape(kernel).flip([0, 1, 2]).permute([0, 1, 2, 4, 3]);
        // Zeros between the values: one axis at a time, as zeros after each value, of which the last ones are cut off.
        let spread = (0..3).fold(leaves[0].clone().reshape(x), |x: Tensor<5>, axis| {
            let (sizes, stride) = (x.dims(), self.slides[axis].stride);
            let (before, size) = (sizes[..=axis].iter().product::<usize>(), sizes[axis + 1]);
            let after = sizes[axis + 2..].iter().product::<usize>();
            let rows = x.reshape([before * size, 1, after]);
            let rows = Tensor::cat(vec![rows.clone(), rows.zeros_like().repeat_dim(1, stride - 1)], 1);
            let mut sizes = sizes;
            sizes[axis + 1] = size * stride;
            rows.reshape(sizes).narrow(axis + 1, 0, (size - 1) * stride + 1)
        });
        let sizes = spread.dims();
        let whole = Case {
            samples: self.samples,
            input: [sizes[1], sizes[2], sizes[3]],
            channels: self.channels,
            filters: self.filters,
            groups: 1,
            slides: [0, 1, 2].map(|axis| {
                let around = self.reach(axis) - 1;
                Slide { stride: 1, padding: (around, around), ..self.slides[axis] }
            }),
            bias: false,
            relu: false,
        };
        let y = whole.sum_over_places(spread, kernel).permute([0, 4, 1, 2, 3]);
        let y = y.pad(self.crops.map(|(_, end)| (0, (-end).max(0) as usize)), PadMode::Constant(0.0));
        let y = (0..3)
            .fold(y.permute([0, 2, 3, 4, 1]), |y, axis| y.narrow(axis + 1, self.crops[axis].0, self.output()[axis]));
        finished(y, self.bias(leaves).as_ref(), self.relu)
    }

    fn agrees(&self) {
        same(&self.lengths(), |leaves| self.fast(leaves).flatten(0, 4), |leaves| self.plain(leaves).flatten(0, 4));
    }
}

/// An axis of a transposed convolution: its size, the slide, and the crops.
fn any_transposed_axis() -> impl Strategy<Value = (usize, Slide, (usize, isize))> {
    (1..6_usize, 1..5_usize, 1..4_usize, any::<bool>(), 0..4_usize, -3..4_isize).prop_map(
        |(input, size, step, strided, before, after)| {
            let (stride, dilation) = if strided { (step, 1) } else { (1, step) };
            let before = before.min((size - 1) * dilation);
            let whole = (input - 1) * stride + (size - 1) * dilation + 1;
            let after = after.min((whole - before) as isize - 1);
            (input, Slide { size, stride, dilation, padding: (0, 0) }, (before, after))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn depthwise_equals_a_group_for_each_channel(
        samples in 0..4_usize, axes in [any_axis(4), any_axis(12), any_axis(12)], missing in 0..3_usize,
        channels in 1..40_usize, bias: bool, relu: bool,
    ) {
        let mut axes = axes;
        axes[..missing].fill((1, STAY));
        depthwise_agrees(of_channels(samples, axes, channels, bias, relu));
    }

    #[test]
    fn transposed_equals_a_convolution_of_the_spread_input(
        samples in 1..4_usize, axes in [any_transposed_axis(), any_transposed_axis(), any_transposed_axis()],
        channels in 1..20_usize, filters in 1..36_usize, bias: bool, relu: bool,
    ) {
        let (input, slides, crops) = (axes.map(|axis| axis.0), axes.map(|axis| axis.1), axes.map(|axis| axis.2));
        Transposed { samples, input, channels, filters, slides, crops, bias, relu }.agrees();
    }
}

#[test]
fn usual_depthwise_layers() {
    for (samples, size, channels, slide) in [
        (3, 20, 64, slide(3, 1, (1, 1))),
        (1, 33, 32, slide(3, 2, (1, 1))),
        (5, 14, 48, slide(5, 1, (2, 2))),
        (2, 9, 17, Slide { dilation: 2, ..slide(3, 1, (2, 2)) }),
        (2, 12, 16, slide(2, 3, (0, 0))),
    ] {
        depthwise_agrees(of_channels(samples, [(1, STAY), (size, slide), (size, slide)], channels, true, true));
    }
}

#[test]
fn usual_transposed_layers() {
    for (slide, crop) in [(slide(3, 2, (0, 0)), (0, 1)), (slide(4, 2, (0, 0)), (1, 1)), (slide(2, 2, (0, 0)), (0, 0))] {
        let (slides, crops) = ([STAY, slide, slide], [(0, 0), crop, crop]);
        for samples in [1, 5] {
            let (input, channels, filters) = ([1, 9, 12], 32, 16);
            Transposed { samples, input, channels, filters, slides, crops, bias: true, relu: true }.agrees();
        }
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    let slides = [STAY, slide(3, 2, (0, 0)), slide(2, 1, (0, 0))];
    let crops = [(0, 0), (1, 0), (0, 1)];
    let (channels, filters) = (3, 4);
    let case = Transposed { samples: 2, input: [1, 3, 4], channels, filters, slides, crops, bias: true, relu: false };
    follows_its_derivative(&case.lengths(), |leaves| case.fast(leaves).flatten(0, 4));
}
