//! Poolings whose windows overlap much, along one axis after the other.
//!
//! A window of 1000 × 1000 that moves pixel by pixel would look at each pixel a million times. Here what two neighbours have
//! together makes what four have, and these make what eight have: so each value is looked at some twenty times along an axis.

use burn::tensor::{Int, Tensor, TensorData};
use horn_kernels::{Pool, Slide};

use crate::arguments::options::DataFormat;
use crate::by_rank;
use crate::error::Result;
use crate::memory;
use crate::tensor::any_tensor::AnyTensor;
use crate::windows::window::{Window, known};

/// From how many looks at each value on the windows overlap much. Up to here the plain way is as fast.
const MANY_LOOKS: u64 = 1 << 10;
/// How many times the values are held: with padding, and as neighbours of several numbers.
const COPIES: u64 = 16;

/// Pools over an input in the layout of the window; `None` where its positions do not overlap much.
///
/// # Errors
///
/// If the window does not fit, or there is no memory for it.
pub(super) fn pool(x: &AnyTensor, kind: Pool, window: &Window) -> Result<Option<AnyTensor>> {
    if !is_wide(window) {
        return Ok(None);
    }
    let sizes = x.sizes();
    let first = if window.data_format == DataFormat::ChannelsLast { 1 } else { 2 };
    let spatial = &sizes[first..first + window.sizes.len()];
    let outputs: Vec<usize> = window.outputs(&known(spatial))?.into_iter().flatten().collect();
    let window = window.that_sees(spatial);
    let looks = memory::values(&outputs).saturating_mul(memory::values(&window.sizes));
    if looks / memory::values(spatial).max(1) <= MANY_LOOKS {
        return Ok(None);
    }
    memory::check_workspace((x.count() as u64).saturating_mul(COPIES), 0)?;
    slide(x.clone(), kind, first, &window.slides(spatial)).map(Some)
}

/// Can the positions of a window overlap much? Each value is looked at by as many as the window has places, at most.
pub(crate) fn is_wide(window: &Window) -> bool {
    memory::values(&window.sizes) > MANY_LOOKS
}

/// Pools along all axes from the first on.
fn slide(x: AnyTensor, kind: Pool, first: usize, slides: &[Slide]) -> Result<AnyTensor> {
    let axes = slides.iter().enumerate();
    axes.filter(|(_, slide)| slide.size > 1 || slide.stride > 1)
        .try_fold(x, |x, (axis, slide)| by_rank!(x, |x| along(x, kind, first + axis, slide).into()))
}

/// Pools along one axis.
fn along<const D: usize>(x: Tensor<D>, kind: Pool, axis: usize, slide: &Slide) -> Tensor<D> {
    let &Slide { size, stride, padding: (before, after), .. } = slide;
    let (len, device) = (x.dims()[axis], x.device());
    let neutral = match kind {
        Pool::Max => f32::NEG_INFINITY,
        Pool::Average => 0.0,
    };
    let beyond = |count: usize| {
        let mut sizes = x.dims();
        sizes[axis] = count;
        (count > 0).then(|| Tensor::full(sizes, neutral, &device))
    };
    let parts = [beyond(before), Some(x.clone()), beyond(after)];
    let mut together = Tensor::cat(parts.into_iter().flatten().collect(), axis);
    let positions = before + len + after - size + 1;

    // A window of 13 is one of 1, one of 4 and one of 8, side by side.
    let (mut width, mut covered, mut pooled) = (1, 0, None);
    loop {
        if size & width != 0 {
            let part = together.clone().narrow(axis, covered, positions);
            pooled = Some(match pooled {
                Some(pooled) => both(kind, pooled, part),
                None => part,
            });
            covered += width;
        }
        if covered == size {
            break;
        }
        let pairs = together.dims()[axis] - width;
        together = both(kind, together.clone().narrow(axis, 0, pairs), together.narrow(axis, width, pairs));
        width *= 2;
    }
    let starts: Vec<usize> = (0..positions).step_by(stride).collect();
    let mut pooled = pooled.expect("a window has a size above 0");
    let plain = device.without_autodiff();
    if stride > 1 {
        let at: Vec<i32> = starts.iter().map(|&start| start as i32).collect();
        pooled = pooled.select(axis, Tensor::<1, Int>::from_data(TensorData::new(at, [starts.len()]), &plain));
    }
    if kind == Pool::Max {
        return pooled;
    }
    // Padding does not count.
    let seen = |&start: &usize| (start + size).min(before + len).saturating_sub(start.max(before)).max(1) as f32;
    let mut sizes = [1; D];
    sizes[axis] = starts.len();
    let seen: Vec<f32> = starts.iter().map(seen).collect();
    pooled / Tensor::<D>::from_data(TensorData::new(seen, sizes), &plain)
}

/// What two windows side by side have together. A number that is none is the largest.
fn both<const D: usize>(kind: Pool, one: Tensor<D>, other: Tensor<D>) -> Tensor<D> {
    match kind {
        Pool::Average => one + other,
        Pool::Max => {
            let is_larger = other.clone().greater(one.clone()).bool_or(other.clone().is_nan());
            one.mask_where(is_larger, other)
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::arguments::options::Padding;

    fn image(sizes: [usize; 4]) -> Tensor<4> {
        let count = sizes.iter().product::<usize>();
        let values: Vec<f32> = (0..count).map(|at| ((at * 7919) % 101) as f32 / 10.0 - 5.0).collect();
        Tensor::from_data(TensorData::new(values, sizes), &Device::default())
    }

    fn values(x: AnyTensor) -> Vec<f32> {
        x.float::<4>().unwrap().into_data().iter().collect()
    }

    fn window(sizes: [usize; 2], strides: [usize; 2], padding: Padding) -> Window {
        let data_format = DataFormat::ChannelsLast;
        Window { sizes: sizes.into(), strides: strides.into(), dilation: vec![1; 2], padding, data_format }
    }

    #[test]
    fn it_equals_the_plain_pooling_and_so_do_its_gradients() {
        for kind in [Pool::Max, Pool::Average] {
            for padding in [Padding::Valid, Padding::Same] {
                for (sizes, strides) in [([3, 5], [1, 1]), ([4, 7], [2, 3]), ([1, 2], [1, 1]), ([6, 6], [5, 1])] {
                    let window = window(sizes, strides, padding);
                    let (spatial, case) = ([6, 11], format!("{kind:?} {window:?}"));
                    let gradient = |pool: &dyn Fn(AnyTensor) -> AnyTensor| {
                        let x = image([2, 6, 11, 3]).autodiff().require_grad();
                        let y = pool(x.clone().into());
                        let weighted = y.clone().float::<4>().unwrap()
                            * image([2, 6, 11, 3])
                                .slice(y.sizes().into_iter().map(|size| 0..size).collect::<Vec<_>>().as_slice())
                                .autodiff();
                        let gradient = x.grad(&weighted.sum().backward()).unwrap();
                        (values(y), values(gradient.into()))
                    };
                    let slides = window.that_sees(&spatial).slides(&spatial);
                    let wide = gradient(&|x| slide(x, kind, 1, &slides).unwrap());
                    let plain = gradient(&|x| crate::windows::pooling::pool(x, kind, &window).unwrap());
                    for (wide, plain) in [(wide.0, plain.0), (wide.1, plain.1)] {
                        assert_eq!(wide.len(), plain.len(), "{case}");
                        let differs = wide.iter().zip(&plain).position(|(wide, plain)| (wide - plain).abs() > 1e-5);
                        assert_eq!(differs, None, "{case}: {wide:?} {plain:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn only_windows_that_overlap_much_go_this_way() {
        let goes = |sizes, strides, padding| {
            pool(&image([1, 64, 64, 1]).into(), Pool::Max, &window(sizes, strides, padding)).unwrap().is_some()
        };
        // One position, positions side by side, and few looks at each pixel.
        assert!(!goes([64, 64], [1, 1], Padding::Valid) && !goes([32, 32], [32, 32], Padding::Same));
        assert!(!goes([32, 32], [1, 1], Padding::Same) && !goes([64, 64], [2, 2], Padding::Same));
        assert!(goes([64, 64], [1, 1], Padding::Same));
        // A window that sees all from everywhere.
        let all = window([1 << 30, 1 << 30], [1, 1], Padding::Same);
        let largest = pool(&image([1, 64, 64, 1]).into(), Pool::Max, &all).unwrap().unwrap();
        assert_eq!(values(largest), vec![5.0; 64 * 64]);
    }

    #[test]
    fn what_is_no_number_is_the_largest() {
        let x = Tensor::<3>::from_data([[[1.0], [f32::NAN], [3.0], [f32::NEG_INFINITY]]], &Device::default());
        let slide = [Slide { size: 2, stride: 1, dilation: 1, padding: (1, 0) }];
        let y = super::slide(x.into(), Pool::Max, 1, &slide).unwrap().float::<3>().unwrap();
        let y: Vec<f32> = y.into_data().iter().collect();
        assert!(y[0] == 1.0 && y[1].is_nan() && y[2].is_nan() && y[3] == 3.0, "{y:?}");
    }
}
