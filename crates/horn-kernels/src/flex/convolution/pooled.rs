//! Convolutions that are pooled at once, in predictions: each image of a result is pooled while it is in the cache.
//!
//! The result of a convolution is some four times larger than what a pooling leaves of it. Written as a whole and read
//! again, it can take as long as its computation. Pixels that no window of the pooling sees are not computed at all: the last
//! row and column, where the size is odd and the windows are pairs.

use crate::flex::buffer::Scratch;
use crate::flex::convolution::passes::Images;
use crate::flex::convolution::pool::Pools;
use crate::flex::threads::{Shared, split_if};

/// Writes what the pooling makes of each image.
pub(super) fn pool_each(images: &dyn Images, pools: &Pools, x: &[f32], y: &mut [f32]) {
    if y.is_empty() {
        return;
    }
    let (samples, inputs, convolved) = (pools.samples(), images.frame().image_len(), images.outputs());
    let outputs = pools.outputs();
    assert!(x.len() == samples * inputs && y.len() == samples * outputs);
    let shared = Shared::new(y);
    split_if(images.is_worth_threads(samples * convolved), samples, |_, range| {
        let (mut frame, mut image) = (images.scratch(), Scratch::new(convolved));
        for sample in range {
            images.image(&x[sample * inputs..][..inputs], frame.values(), image.values());
            // SAFETY: each sample is of one thread.
            pools.image(image.values(), unsafe { shared.slice(sample * outputs..(sample + 1) * outputs) });
        }
    });
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};
    use proptest::prelude::*;

    use crate::flex::convolution::conv::conv;
    use crate::flex::convolution::pool::pool;
    use crate::flex::testing::{close, numbers};
    use crate::flex::threads::count;
    use crate::types::pooling::{Pool, Pooling};
    use crate::types::slide::Slide;

    fn slide(size: usize, stride: usize, padding: (usize, usize)) -> Slide {
        Slide { size, stride, dilation: 1, padding }
    }

    fn tensor_of<const D: usize>(sizes: [usize; D], seed: u64) -> Tensor<D> {
        Tensor::from_data(TensorData::new(numbers(sizes.iter().product(), seed), sizes), &Device::flex())
    }

    /// Without the pixels that no window sees, a convolution may be worth another way.
    fn assert_close<const D: usize>(y: Tensor<D>, expected: Tensor<D>) {
        assert_eq!(y.dims(), expected.dims());
        let listed = |y: Tensor<D>| y.into_data().try_to_vec::<f32>().unwrap();
        close("the result", &listed(y), &listed(expected));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        #[test]
        fn the_same_as_one_after_the_other(
            samples in 0..6_usize, sizes in [3..12_usize, 3..12_usize], channels in 1..20_usize, filters in 1..20_usize,
            groups in 1..3_usize, size in 1..4_usize, before in 0..2_usize, window in 1..4_usize, stride in 1..4_usize,
            max: bool, relu: bool, with_bias: bool,
        ) {
            let [height, width] = sizes;
            let x = tensor_of([samples, height, width, channels * groups], 1);
            let kernel = tensor_of([size, size, channels, filters * groups], 2);
            let bias = with_bias.then(|| tensor_of([filters * groups], 3));
            let slides = [slide(size, 1, (before, before)); 2];
            let windows = [slide(window, stride, (0, 0)); 2];
            let pooling = Pooling { kind: if max { Pool::Max } else { Pool::Average }, slides: &windows };

            let convolved = conv(&x, &kernel, bias.as_ref(), &slides, groups, relu, None).unwrap();
            let expected = pool(&convolved, pooling);
            match conv(&x, &kernel, bias.as_ref(), &slides, groups, relu, Some(pooling)) {
                Some(y) => assert_close(y, expected.unwrap()),
                // A window may not fit, or the threads may share images.
                None => prop_assert!(expected.is_none() || samples < count() || size == 1 && before == 0),
            }
        }
    }

    #[test]
    fn large_images_are_split_over_the_threads() {
        // Of 31 rows and columns, the windows see 30.
        let (x, kernel) = (tensor_of([5, 31, 31, 16], 1), tensor_of([3, 3, 16, 16], 2));
        let (slides, windows) = ([slide(3, 1, (1, 1)); 2], [slide(2, 2, (0, 0)); 2]);
        let pooling = Pooling { kind: Pool::Max, slides: &windows };
        let y = conv(&x, &kernel, None, &slides, 1, true, Some(pooling));
        assert_eq!(y.is_some(), count() <= 5);
        let expected = pool(&conv(&x, &kernel, None, &slides, 1, true, None).unwrap(), pooling).unwrap();
        y.into_iter().for_each(|y| assert_close(y, expected.clone()));
    }

    #[test]
    fn tensors_that_get_gradients_are_left_to_the_two_operations() {
        let (x, kernel) = (tensor_of([count(), 6, 6, 2], 1), tensor_of([3, 3, 2, 4], 2));
        let (slides, windows) = ([slide(3, 1, (0, 0)); 2], [slide(2, 2, (0, 0)); 2]);
        let run = |x: &Tensor<4>, kernel: &Tensor<4>| {
            let pooling = Pooling { kind: Pool::Max, slides: &windows };
            conv(x, kernel, None, &slides, 1, false, Some(pooling)).is_some()
        };
        assert!(run(&x, &kernel));
        assert!(!run(&x.clone().autodiff().require_grad(), &kernel));
        assert!(!run(&x.clone().autodiff(), &kernel));
        assert!(!run(&x, &kernel.clone().autodiff().require_grad()));
    }
}
