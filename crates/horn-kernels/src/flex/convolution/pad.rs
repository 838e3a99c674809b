//! Zeros around images: whole rows are copied.

use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use crate::flex::apply::{Kernel, Run, operand};
use crate::flex::buffer::{tensor, values};
use crate::flex::convolution::windows::Windows;
use crate::flex::threads::{Shared, WORTH_A_THREAD, split_if};
use crate::types::slide::Slide;

pub(crate) fn zero_pad<const D: usize>(x: &Tensor<D>, margins: &[(usize, usize)]) -> Option<Tensor<D>> {
    let slides: Vec<Slide> =
        margins.iter().map(|&padding| Slide { size: 1, stride: 1, dilation: 1, padding }).collect();
    Some(Padding { windows: Windows::new(&x.dims(), &slides)? }.run([operand(x)?]))
}

/// Windows of one pixel: their positions are the pixels of the result.
#[derive(Clone, Debug)]
struct Padding {
    windows: Windows,
}

impl Kernel<1> for Padding {
    type Saved = ();

    fn forward(&self, [x]: [FlexTensor; 1], _: bool) -> (FlexTensor, Option<()>) {
        let y = tensor(self.windows.output_shape(self.windows.channels), |y| self.pad(values(&x), y));
        (y, Some(()))
    }

    fn backward(&self, (): (), gradient: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        [Some(tensor(self.windows.input_shape(), |by_x| self.crop(values(&gradient), by_x)))]
    }
}

impl Padding {
    /// How many values a row of the image and a row of the result have, and where the one begins in the other.
    fn rows(&self) -> (usize, usize, usize) {
        let Windows { input, output, channels, slides, .. } = &self.windows;
        (input[2] * channels, output[2] * channels, slides[2].padding.0 * channels)
    }

    fn pad(&self, x: &[f32], y: &mut [f32]) {
        let (inner, outer, before) = self.rows();
        let Windows { samples, input, output, slides, .. } = &self.windows;
        if y.is_empty() {
            return;
        }
        let shared = Shared::new(y);
        split_if(x.len() >= WORTH_A_THREAD, samples * output[0] * output[1], |_, rows| {
            for row in rows {
                // SAFETY: the rows of the threads do not overlap.
                let y = unsafe { shared.slice(row * outer..(row + 1) * outer) };
                let position = [row / output[1] % output[0], row % output[1]];
                let place = |axis: usize| {
                    let place = position[axis].checked_sub(slides[axis].padding.0)?;
                    (place < input[axis]).then_some(place)
                };
                match place(0).zip(place(1)) {
                    Some((depth, height)) => {
                        let image = row / (output[0] * output[1]);
                        let from = ((image * input[0] + depth) * input[1] + height) * inner;
                        y[..before].fill(0.0);
                        y[before..before + inner].copy_from_slice(&x[from..from + inner]);
                        y[before + inner..].fill(0.0);
                    }
                    None => y.fill(0.0),
                }
            }
        });
    }

    /// Takes the values of the image out of those of the result.
    fn crop(&self, y: &[f32], x: &mut [f32]) {
        let (inner, outer, before) = self.rows();
        let Windows { samples, input, output, slides, .. } = &self.windows;
        if x.is_empty() {
            return;
        }
        let shared = Shared::new(x);
        split_if(y.len() >= WORTH_A_THREAD, samples * input[0] * input[1], |_, rows| {
            for row in rows {
                // SAFETY: the rows of the threads do not overlap.
                let x = unsafe { shared.slice(row * inner..(row + 1) * inner) };
                let image = row / (input[0] * input[1]);
                let depth = row / input[1] % input[0] + slides[0].padding.0;
                let height = row % input[1] + slides[1].padding.0;
                let from = ((image * output[0] + depth) * output[1] + height) * outer + before;
                x.copy_from_slice(&y[from..from + inner]);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::same;
    use burn::tensor::Device;
    use burn::tensor::ops::PadMode;
    use proptest::prelude::*;

    fn agrees<const D: usize, const N: usize>(sizes: [usize; D], margins: [(usize, usize); N]) {
        let mut pairs = [(0, 0); D];
        pairs[1..=N].copy_from_slice(&margins);
        same(
            &[sizes.iter().product()],
            |leaves| zero_pad(&leaves[0].clone().reshape(sizes), &margins).unwrap().flatten(0, D as isize - 1),
            |leaves| leaves[0].clone().reshape(sizes).pad(pairs, PadMode::Constant(0.0)).flatten(0, D as isize - 1),
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn equals_the_plain_path(
            sizes in [1..4_usize, 1..6, 1..6, 1..5, 1..9],
            margins in [(0..3_usize, 0..3_usize), (0..3, 0..3), (0..3, 0..3)],
        ) {
            let [samples, depth, height, width, channels] = sizes;
            agrees([samples, depth, height, width, channels], margins);
            agrees([samples, height, width, channels], [margins[1], margins[2]]);
            agrees([samples, width, channels], [margins[2]]);
        }
    }

    #[test]
    fn many_rows_are_split_over_the_threads() {
        agrees([3, 40, 30, 16], [(1, 2), (0, 1)]);
    }

    #[test]
    fn there_may_be_no_samples() {
        let y = zero_pad(&Tensor::<3>::zeros([0, 4, 3], &Device::flex()), &[(1, 1)]).unwrap();
        assert_eq!(y.dims(), [0, 6, 3]);
    }
}
