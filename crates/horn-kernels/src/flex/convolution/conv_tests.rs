//! Convolutions and their gradients against sums over the places of the kernel, written by Burn's own operations.

use burn::tensor::ops::PadMode;
use burn::tensor::{Device, Int, Tensor, TensorData};
use proptest::prelude::*;

use crate::flex::convolution::conv::conv;
use crate::flex::testing::{follows_its_derivative, plain_relu, same};
use crate::types::slide::Slide;

/// A convolution over three axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case {
    pub samples: usize,
    pub input: [usize; 3],
    /// For each group.
    pub channels: usize,
    pub filters: usize,
    pub groups: usize,
    pub slides: [Slide; 3],
    pub bias: bool,
    pub relu: bool,
}

impl Case {
    pub fn input_shape(&self) -> [usize; 5] {
        let [d, h, w] = self.input;
        [self.samples, d, h, w, self.channels * self.groups]
    }

    pub fn kernel_shape(&self) -> [usize; 5] {
        let [d, h, w] = self.slides.map(|slide| slide.size);
        [d, h, w, self.channels, self.filters * self.groups]
    }

    pub fn output(&self) -> [usize; 3] {
        std::array::from_fn(|axis| {
            let Slide { size, stride, dilation, padding: (before, after) } = self.slides[axis];
            (self.input[axis] + before + after - (size - 1) * dilation - 1) / stride + 1
        })
    }

    fn lengths(&self) -> [usize; 3] {
        [self.input_shape().iter().product(), self.kernel_shape().iter().product(), self.filters * self.groups]
    }

    fn fast(&self, leaves: &[Tensor<1>]) -> Tensor<5> {
        let x = leaves[0].clone().reshape(self.input_shape());
        let kernel = leaves[1].clone().reshape(self.kernel_shape());
        conv(&x, &kernel, self.bias.then_some(&leaves[2]), &self.slides, self.groups, self.relu, None).unwrap()
    }

    /// The sum over all places of the kernel of what they see, times the kernel there.
    pub fn sum_over_places(&self, x: Tensor<5>, kernel: Tensor<5>) -> Tensor<5> {
        let x = x.permute([0, 4, 1, 2, 3]).pad(self.slides.map(|slide| slide.padding), PadMode::Constant(0.0));
        let x = x.permute([0, 2, 3, 4, 1]);
        let [d, h, w] = self.output();
        let device = x.device().without_autodiff();
        let mut sum = Tensor::<5>::zeros([self.samples, d, h, w, self.filters * self.groups], &device);
        let [sizes_0, sizes_1, sizes_2] = self.slides.map(|slide| slide.size);
        for tap in
            (0..sizes_0 * sizes_1 * sizes_2).map(|at| [at / (sizes_1 * sizes_2), at / sizes_2 % sizes_1, at % sizes_2])
        {
            let seen = (0..3).fold(x.clone(), |x, axis| {
                let Slide { stride, dilation, .. } = self.slides[axis];
                let at: Vec<i32> =
                    (0..self.output()[axis]).map(|at| (at * stride + tap[axis] * dilation) as i32).collect();
                let at = Tensor::<1, Int>::from_data(TensorData::new(at.clone(), [at.len()]), &device);
                x.select(axis + 1, at)
            });
            let [a, b, c] = tap;
            let kernel = kernel.clone().slice([a..a + 1, b..b + 1, c..c + 1]);
            let kernel = kernel.reshape([self.channels, self.filters * self.groups]);
            let of_group = |group: usize| {
                let seen = seen.clone().narrow(4, group * self.channels, self.channels);
                let kernel = kernel.clone().narrow(1, group * self.filters, self.filters);
                let y = seen.reshape([self.samples * d * h * w, self.channels]).matmul(kernel);
                y.reshape([self.samples, d, h, w, self.filters])
            };
            sum = sum + Tensor::cat((0..self.groups).map(of_group).collect(), 4);
        }
        sum
    }

    fn plain(&self, leaves: &[Tensor<1>]) -> Tensor<5> {
        let x = leaves[0].clone().reshape(self.input_shape());
        let mut y = self.sum_over_places(x, leaves[1].clone().reshape(self.kernel_shape()));
        if self.bias {
            y = y + leaves[2].clone().reshape([1, 1, 1, 1, self.filters * self.groups]);
        }
        if self.relu { plain_relu(y) } else { y }
    }

    fn agrees(&self) {
        same(&self.lengths(), |leaves| self.fast(leaves).flatten(0, 4), |leaves| self.plain(leaves).flatten(0, 4));
    }
}

pub(super) fn slide(size: usize, stride: usize, padding: (usize, usize)) -> Slide {
    Slide { size, stride, dilation: 1, padding }
}

pub(super) const STAY: Slide = Slide { size: 1, stride: 1, dilation: 1, padding: (0, 0) };

/// An axis and how a kernel moves along it: with a stride or with a dilation.
pub(super) fn any_axis(largest: usize) -> impl Strategy<Value = (usize, Slide)> {
    (1..largest, 1..5_usize, 1..4_usize, any::<bool>(), 0..4_usize, 0..4_usize).prop_map(
        |(input, size, step, strided, before, after)| {
            let (stride, dilation) = if strided { (step, 1) } else { (1, step) };
            let missing = ((size - 1) * dilation + 1).saturating_sub(input + before + after);
            (input, Slide { size, stride, dilation, padding: (before, after + missing) })
        },
    )
}

fn any_case() -> impl Strategy<Value = Case> {
    let axes = [any_axis(4), any_axis(10), any_axis(10)];
    (0..4_usize, axes, 0..3_usize, 1..20_usize, 1..36_usize, 1..4_usize, any::<bool>(), any::<bool>()).prop_map(
        |(samples, mut axes, missing, channels, filters, groups, bias, relu)| {
            axes[..missing].fill((1, STAY));
            let (input, slides) = (axes.map(|(input, _)| input), axes.map(|(_, slide)| slide));
            Case { samples, input, channels, filters, groups, slides, bias, relu }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn equals_the_sum_over_the_places_of_the_kernel(case in any_case()) {
        case.agrees();
    }
}

/// Usual layers: `same` and `valid`, strides, one channel, many filters.
#[test]
fn usual_layers() {
    let case = |samples, size, channels, filters, slide| Case {
        samples,
        input: [1, size, size],
        channels,
        filters,
        groups: 1,
        slides: [STAY, slide, slide],
        bias: true,
        relu: true,
    };
    for case in [
        case(3, 28, 1, 32, slide(3, 1, (0, 0))),
        case(4, 13, 32, 64, slide(3, 1, (0, 0))),
        case(5, 16, 16, 16, slide(3, 1, (1, 1))),
        case(2, 32, 16, 32, slide(3, 2, (0, 1))),
        case(2, 16, 16, 32, slide(1, 2, (0, 0))),
        case(2, 16, 24, 48, slide(1, 1, (0, 0))),
        case(1, 40, 3, 16, slide(7, 2, (2, 3))),
        case(1, 20, 16, 40, slide(3, 1, (1, 1))),
        case(16, 4, 70, 10, slide(3, 1, (1, 1))),
        case(40, 2, 64, 64, slide(3, 1, (1, 1))),
    ] {
        case.agrees();
    }
}

/// A stride that is larger than the kernel leaves out inputs, which get no gradient.
#[test]
fn strides_beyond_the_kernel() {
    let slides = [STAY, slide(2, 5, (0, 0)), slide(1, 3, (1, 1))];
    Case { samples: 2, input: [1, 13, 8], channels: 3, filters: 5, groups: 2, slides, bias: true, relu: false }
        .agrees();
}

#[test]
fn sequences_and_images_without_the_missing_axes() {
    let device = Device::flex();
    let x = Tensor::<3>::from_data([[[1.0], [2.0], [3.0], [4.0], [5.0]]], &device);
    let kernel = Tensor::<3>::ones([3, 1, 1], &device);
    let listed = |slide: Slide| {
        conv(&x, &kernel, None, &[slide], 1, false, None).unwrap().into_data().try_to_vec::<f32>().unwrap()
    };
    assert_eq!(listed(slide(3, 1, (0, 0))), [6.0, 9.0, 12.0]);
    assert_eq!(listed(slide(3, 1, (2, 0))), [1.0, 3.0, 6.0, 9.0, 12.0]);
    assert_eq!(listed(Slide { dilation: 2, ..slide(3, 1, (2, 2)) }), [4.0, 6.0, 9.0, 6.0, 8.0]);
    let y = conv(
        &Tensor::zeros([2, 8, 8, 3], &device),
        &Tensor::ones([3, 3, 3, 4], &device),
        None,
        &[slide(3, 1, (0, 0)); 2],
        1,
        false,
        None,
    );
    assert_eq!(y.unwrap().dims(), [2, 6, 6, 4]);
}

#[test]
fn what_does_not_fit_is_left_to_the_plain_path() {
    let device = Device::flex();
    let (x, kernel) = (Tensor::<4>::zeros([1, 4, 4, 4], &device), Tensor::<4>::zeros([3, 3, 4, 6], &device));
    let run = |slide: Slide, groups: usize| conv(&x, &kernel, None, &[slide; 2], groups, false, None);
    assert!(run(slide(3, 1, (0, 0)), 1).is_some());
    assert!(run(slide(3, 1, (0, 0)), 2).is_none() && run(slide(3, 1, (0, 0)), 0).is_none());
    assert!(run(slide(2, 1, (0, 0)), 1).is_none());
    assert!(run(Slide { dilation: 2, ..slide(3, 1, (0, 0)) }, 1).is_none());
    assert!(run(Slide { dilation: 2, ..slide(3, 2, (2, 2)) }, 1).is_none());
}

#[test]
fn gradients_agree_with_finite_differences() {
    let slides = [STAY, slide(3, 2, (0, 1)), slide(2, 1, (1, 0))];
    let case =
        Case { samples: 2, input: [1, 6, 5], channels: 3, filters: 4, groups: 1, slides, bias: true, relu: false };
    follows_its_derivative(&case.lengths(), |leaves| case.fast(leaves).flatten(0, 4));
}
