//! Attention: for each head, the scores of a block of queries stay in the cache until their result is written. The backward
//! pass computes them again.

use std::ops::Range;

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::{Shape, Tensor};

use crate::flex::apply::{Kernel, Run, constant, operand};
use crate::flex::buffer::{Scratch, tensor, values};
use crate::flex::lanes::weighted_mean;
use crate::flex::product::{Matrix, by_gemm};
use crate::flex::simd::vectorize;
use crate::flex::softmax::softmax_in_place;
use crate::flex::threads::{Shared, WORTH_A_THREAD, split_if};

/// How many scores are held at a time.
const SCORES: usize = 1 << 16;

/// The score where a query may not look.
const HIDDEN: f32 = -1e9;

pub(crate) fn attention(
    [query, key, value]: [&Tensor<4>; 3],
    allowed: Option<&Tensor<4>>,
    scale: f64,
    clears: bool,
) -> Option<Tensor<4>> {
    let sizes = Sizes::new(query.dims(), key.dims(), value.dims())?;
    let allowed = match allowed {
        Some(allowed) => Some(Allowed::new(allowed, [sizes.batch, sizes.heads, sizes.queries, sizes.keys])?),
        None => None,
    };
    let kernel = Attention { sizes, allowed, scale: scale as f32, clears };
    Some(kernel.run([operand(query)?, operand(key)?, operand(value)?]))
}

#[derive(Clone, Copy, Debug)]
struct Sizes {
    batch: usize,
    queries: usize,
    keys: usize,
    heads: usize,
    key_heads: usize,
    width: usize,
    value_width: usize,
}

impl Sizes {
    /// `None` if the shapes do not fit, or there is nothing to compute.
    fn new(query: [usize; 4], key: [usize; 4], value: [usize; 4]) -> Option<Self> {
        let [batch, queries, heads, width] = query;
        let [_, keys, key_heads, _] = key;
        let value_width = value[3];
        let fits = key == [batch, keys, key_heads, width] && value == [batch, keys, key_heads, value_width];
        let has_values = [query, key, value].iter().flatten().all(|size| *size > 0);
        let sizes = Self { batch, queries, keys, heads, key_heads, width, value_width };
        (fits && has_values && heads % key_heads == 0).then_some(sizes)
    }

    /// The queries of a block.
    fn blocks(self) -> impl Iterator<Item = Range<usize>> {
        let rows = self.block_rows();
        (0..self.queries).step_by(rows).map(move |start| start..self.queries.min(start + rows))
    }

    /// The most queries of a block.
    fn block_rows(self) -> usize {
        (SCORES / self.keys).clamp(8, 128).min(self.queries)
    }

    /// The most scores of a block.
    fn block_len(self) -> usize {
        self.block_rows() * self.keys
    }

    fn is_worth_threads(self) -> bool {
        self.batch * self.heads * self.queries * self.keys * (self.width + self.value_width) >= 8 * WORTH_A_THREAD
    }

    /// The queries from `first` on, of a head, in a tensor with so many values for each.
    fn query_rows(self, sample: usize, first: usize, head: usize, width: usize) -> Rows {
        let start = ((sample * self.queries + first) * self.heads + head) * width;
        Rows { start, stride: self.heads * width }
    }

    /// The keys of a head, in a tensor with so many values for each.
    fn key_rows(self, sample: usize, head: usize, width: usize) -> Rows {
        let start = (sample * self.keys * self.key_heads + head) * width;
        Rows { start, stride: self.key_heads * width }
    }
}

/// Where the rows of a matrix lie in a tensor.
#[derive(Clone, Copy)]
struct Rows {
    start: usize,
    stride: usize,
}

impl Rows {
    fn of(self, values: &[f32]) -> Matrix<'_> {
        Matrix::row_major(&values[self.start..], self.stride)
    }
}

/// Where queries may look.
#[derive(Clone, Debug)]
struct Allowed {
    values: FlexTensor,
    /// For batch, heads, queries and keys; 0 where all share a value.
    strides: [usize; 4],
}

impl Allowed {
    fn new(allowed: &Tensor<4>, sizes: [usize; 4]) -> Option<Self> {
        let own = allowed.dims();
        if own.iter().zip(sizes).any(|(own, size)| *own != size && *own != 1) {
            return None;
        }
        let mut strides = [0; 4];
        let mut stride = 1;
        for at in (0..4).rev() {
            strides[at] = if own[at] == 1 { 0 } else { stride };
            stride *= own[at];
        }
        Some(Self { values: constant(allowed)?, strides })
    }

    /// Writes `value` where a query may not look.
    fn hide(&self, [sample, head, query]: [usize; 3], scores: &mut [f32], value: f32) {
        let [samples, heads, queries, keys] = self.strides;
        let own = &values(&self.values)[sample * samples + head * heads + query * queries..];
        if keys == 0 {
            if own[0] == 0.0 {
                scores.fill(value);
            }
            return;
        }
        vectorize(
            #[inline(always)]
            || {
                for (score, allowed) in scores.iter_mut().zip(own) {
                    *score = if *allowed == 0.0 { value } else { *score };
                }
            },
        );
    }
}

#[derive(Clone, Debug)]
struct Attention {
    sizes: Sizes,
    allowed: Option<Allowed>,
    scale: f32,
    clears: bool,
}

impl Attention {
    /// Writes some queries of a head, scaled, side by side: Keras scales them before the product, and so rounds the same.
    fn scaled(&self, sample: usize, head: usize, block: &Range<usize>, query: &[f32], scaled: &mut [f32]) {
        let width = self.sizes.width;
        let Rows { start, stride } = self.sizes.query_rows(sample, block.start, head, width);
        for (row, scaled) in scaled.chunks_exact_mut(width).take(block.len()).enumerate() {
            for (scaled, value) in scaled.iter_mut().zip(&query[start + row * stride..]) {
                *scaled = value * self.scale;
            }
        }
    }

    /// The softmax of the scores of some queries of a head, which are scaled.
    fn shares(&self, sample: usize, head: usize, block: &Range<usize>, query: &[f32], key: &[f32], shares: &mut [f32]) {
        let Sizes { keys, width, .. } = self.sizes;
        let q = Matrix::row_major(query, width);
        let k = self.sizes.key_rows(sample, self.key_head(head), width).of(key).transposed();
        assert!(shares.len() == block.len() * keys);
        // SAFETY: the tensors have the sizes, and the scores those of the block.
        unsafe { by_gemm((shares.as_mut_ptr(), keys), [block.len(), width, keys], q, k, false, 1.0) };
        for (shares, query) in shares.chunks_exact_mut(keys).zip(block.clone()) {
            if let Some(allowed) = &self.allowed {
                allowed.hide([sample, head, query], shares, HIDDEN);
            }
            vectorize(
                #[inline(always)]
                || {
                    softmax_in_place(shares);
                },
            );
            if let Some(allowed) = self.allowed.as_ref().filter(|_| self.clears) {
                allowed.hide([sample, head, query], shares, 0.0);
            }
        }
    }

    fn key_head(&self, head: usize) -> usize {
        head / (self.sizes.heads / self.sizes.key_heads)
    }

    /// The gradients by query, key and value, of one head of the key in one sample.
    fn gradients(
        &self,
        sample: usize,
        key_head: usize,
        [query, key, value, gradient]: [&[f32]; 4],
        by: [Option<Shared<f32>>; 3],
    ) {
        let sizes = self.sizes;
        let Sizes { keys, heads, width, value_width, .. } = sizes;
        let group = heads / sizes.key_heads;
        let (mut shares, mut slopes) = (Scratch::new(sizes.block_len()), Scratch::new(sizes.block_len()));
        let mut scaled = Scratch::new(sizes.block_rows() * width);
        let (k, v) = (sizes.key_rows(sample, key_head, width), sizes.key_rows(sample, key_head, value_width));
        let [by_query, by_key, by_value] = by;
        let mut is_first = true;
        for (head, block) in
            (key_head * group..(key_head + 1) * group).flat_map(|head| sizes.blocks().map(move |block| (head, block)))
        {
            let len = block.len() * keys;
            let (shares, slopes) = (&mut shares.values()[..len], &mut slopes.values()[..len]);
            let scaled = &mut *scaled.values();
            self.scaled(sample, head, &block, query, scaled);
            self.shares(sample, head, &block, scaled, key, shares);
            let q = sizes.query_rows(sample, block.start, head, width);
            let rows = sizes.query_rows(sample, block.start, head, value_width);
            let by_y = rows.of(gradient);
            // SAFETY: the tensors have the sizes, the scores those of the block, and no other thread has the gradients of
            // this head of the key in this sample, or of the heads of the query that share it.
            unsafe {
                let to = |by: Shared<f32>, rows: Rows| (by.pointer().add(rows.start), rows.stride);
                let weights = Matrix::row_major(shares, keys).transposed();
                if let Some(by_value) = by_value {
                    by_gemm(to(by_value, v), [keys, block.len(), value_width], weights, by_y, !is_first, 1.0);
                }
                if by_query.is_some() || by_key.is_some() {
                    let v = v.of(value).transposed();
                    by_gemm((slopes.as_mut_ptr(), keys), [block.len(), value_width, keys], by_y, v, false, 1.0);
                    self.slopes(sample, head, &block, shares, slopes);
                }
                let slopes = Matrix::row_major(slopes, keys);
                if let Some(by_query) = by_query {
                    let k = k.of(key);
                    by_gemm(to(by_query, q), [block.len(), keys, width], slopes, k, false, self.scale);
                }
                if let Some(by_key) = by_key {
                    let q = Matrix::row_major(scaled, width);
                    let slopes = slopes.transposed();
                    by_gemm(to(by_key, k), [keys, block.len(), width], slopes, q, !is_first, 1.0);
                }
            }
            is_first = false;
        }
    }

    /// Turns the gradient by the shares into that by the scores.
    fn slopes(&self, sample: usize, head: usize, block: &Range<usize>, shares: &[f32], slopes: &mut [f32]) {
        let keys = self.sizes.keys;
        let rows = slopes.chunks_exact_mut(keys).zip(shares.chunks_exact(keys));
        for ((slopes, shares), query) in rows.zip(block.clone()) {
            vectorize(
                #[inline(always)]
                || {
                    let mean = weighted_mean(slopes, shares);
                    for (slope, share) in slopes.iter_mut().zip(shares) {
                        *slope = (f64::from(*share) * (f64::from(*slope) - mean)) as f32;
                    }
                },
            );
            if let Some(allowed) = &self.allowed {
                allowed.hide([sample, head, query], slopes, 0.0);
            }
        }
    }
}

impl Kernel<3> for Attention {
    type Saved = [FlexTensor; 3];

    fn forward(&self, operands: [FlexTensor; 3], _: bool) -> (FlexTensor, Option<[FlexTensor; 3]>) {
        let sizes = self.sizes;
        let Sizes { batch, queries, keys, heads, value_width, .. } = sizes;
        let y = tensor([batch, queries, heads, value_width], |y| {
            let [query, key, value] = operands.each_ref().map(values);
            let y = Shared::new(y);
            split_if(sizes.is_worth_threads(), batch * heads, |_, range| {
                let mut shares = Scratch::new(sizes.block_len());
                let mut scaled = Scratch::new(sizes.block_rows() * sizes.width);
                for (sample, head) in range.map(|at| (at / heads, at % heads)) {
                    let v = sizes.key_rows(sample, self.key_head(head), value_width).of(value);
                    for block in sizes.blocks() {
                        let shares = &mut shares.values()[..block.len() * keys];
                        let scaled = &mut *scaled.values();
                        self.scaled(sample, head, &block, query, scaled);
                        self.shares(sample, head, &block, scaled, key, shares);
                        let rows = sizes.query_rows(sample, block.start, head, value_width);
                        let weights = Matrix::row_major(shares, keys);
                        // SAFETY: the tensors have the sizes, the shares those of the block, and no other thread has this
                        // head of this sample.
                        unsafe {
                            let to = (y.pointer().add(rows.start), rows.stride);
                            by_gemm(to, [block.len(), keys, value_width], weights, v, false, 1.0);
                        }
                    }
                }
            });
        });
        (y, Some(operands))
    }

    fn backward(&self, saved: [FlexTensor; 3], gradient: FlexTensor, wanted: [bool; 3]) -> [Option<FlexTensor>; 3] {
        let sizes = self.sizes;
        let [query, key, value] = saved.each_ref().map(values);
        let made: [Option<(FlexTensor, Shared<f32>)>; 3] =
            std::array::from_fn(|at| wanted[at].then(|| to_be_written(saved[at].shape())));
        let by = made.each_ref().map(|made| made.as_ref().map(|(_, values)| *values));
        split_if(sizes.is_worth_threads(), sizes.batch * sizes.key_heads, |_, range| {
            for at in range {
                let (sample, head) = (at / sizes.key_heads, at % sizes.key_heads);
                self.gradients(sample, head, [query, key, value, values(&gradient)], by);
            }
        });
        made.map(|made| Some(made?.0))
    }
}

/// A tensor, and where its values are as long as it lives.
fn to_be_written(shape: Shape) -> (FlexTensor, Shared<f32>) {
    let mut place = None;
    let tensor = tensor(shape, |values| place = Some(Shared::new(values)));
    (tensor, place.expect("it was just set"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::{follows_its_derivative, numbers, same};
    use burn::tensor::{Device, TensorData, activation};
    use proptest::prelude::*;

    /// `[batch, queries, keys, key_heads, heads that share one, width, value_width]`.
    type All = [usize; 7];

    fn lengths([batch, queries, keys, key_heads, group, width, value_width]: All) -> [usize; 3] {
        let keys = batch * keys * key_heads;
        [batch * queries * key_heads * group * width, keys * width, keys * value_width]
    }

    /// A mask that has these axes, in which every third place is hidden, and a whole row of a query.
    fn mask([batch, queries, keys, key_heads, group, ..]: All, has: [bool; 4]) -> Tensor<4> {
        let all = [batch, key_heads * group, queries, keys];
        let sizes: [usize; 4] = std::array::from_fn(|at| if has[at] { all[at] } else { 1 });
        let len = sizes.iter().product();
        let mut values: Vec<f32> = numbers(len, 5).into_iter().map(|x| f32::from(x > -0.3)).collect();
        values[..sizes[3]].fill(0.0);
        Tensor::from_data(TensorData::new(values, sizes), &Device::flex())
    }

    fn operands(leaves: &[Tensor<1>], sizes: All) -> [Tensor<4>; 3] {
        let [batch, queries, keys, key_heads, group, width, value_width] = sizes;
        [
            leaves[0].clone().reshape([batch, queries, key_heads * group, width]),
            leaves[1].clone().reshape([batch, keys, key_heads, width]),
            leaves[2].clone().reshape([batch, keys, key_heads, value_width]),
        ]
    }

    const SCALE: f64 = 1.7;

    fn fast(leaves: &[Tensor<1>], sizes: All, allowed: Option<&Tensor<4>>, clears: bool) -> Tensor<1> {
        let [query, key, value] = operands(leaves, sizes);
        attention([&query, &key, &value], allowed, SCALE, clears).unwrap().flatten(0, 3)
    }

    fn plain(leaves: &[Tensor<1>], sizes: All, allowed: Option<&Tensor<4>>, clears: bool) -> Tensor<1> {
        let [query, key, value] = operands(leaves, sizes).map(|x| x.swap_dims(1, 2));
        let [_, _, keys, key_heads, group, ..] = sizes;
        let shared = |x: Tensor<4>| {
            let [batch, _, steps, width] = x.dims();
            let x = x.reshape([batch, key_heads, 1, steps * width]).expand([batch, key_heads, group, steps * width]);
            x.reshape([batch, key_heads * group, keys, width])
        };
        let scores = query.matmul(shared(key).swap_dims(2, 3)) * SCALE;
        let hidden = allowed.map(|allowed| allowed.clone().equal_elem(0.0).expand(scores.dims()));
        let scores = match &hidden {
            Some(hidden) => scores.mask_fill(hidden.clone(), -1e9),
            None => scores,
        };
        let shares = activation::softmax(scores, 3);
        let shares = match hidden {
            Some(hidden) if clears => shares.mask_fill(hidden, 0.0),
            _ => shares,
        };
        shares.matmul(shared(value)).swap_dims(1, 2).flatten(0, 3)
    }

    #[track_caller]
    fn agrees(sizes: All, has: Option<[bool; 4]>, clears: bool) {
        let allowed = has.map(|has| mask(sizes, has));
        same(
            &lengths(sizes),
            |leaves| fast(leaves, sizes, allowed.as_ref(), clears),
            |leaves| plain(leaves, sizes, allowed.as_ref(), clears),
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn equals_the_plain_path(
            steps in [1..3_usize, 1..20_usize, 1..20_usize], heads in [1..4_usize, 1..3_usize],
            widths in [1..20_usize, 1..20_usize], has: Option<[bool; 4]>, clears: bool,
        ) {
            let ([batch, queries, keys], [key_heads, group], [width, value_width]) = (steps, heads, widths);
            agrees([batch, queries, keys, key_heads, group, width, value_width], has, clears);
        }
    }

    #[test]
    fn long_sequences_are_computed_in_blocks() {
        agrees([2, 300, 280, 2, 1, 16, 16], Some([false, false, true, true]), false);
        agrees([1, 30, 9000, 1, 2, 8, 4], None, false);
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let sizes = [1, 3, 4, 1, 2, 3, 2];
        follows_its_derivative(&lengths(sizes), |leaves| fast(leaves, sizes, None, false));
    }

    #[test]
    fn shapes_that_do_not_fit_have_no_fast_way() {
        let zeros = |sizes: [usize; 4]| Tensor::<4>::zeros(sizes, &Device::flex());
        let (query, key) = (zeros([2, 3, 4, 5]), zeros([2, 6, 2, 5]));
        let run = |key: &Tensor<4>, value: &Tensor<4>, allowed: Option<&Tensor<4>>| {
            attention([&query, key, value], allowed, 1.0, false)
        };
        assert!(run(&key, &key, Some(&zeros([1, 1, 3, 6]))).is_some());
        assert!(run(&key, &key, Some(&zeros([1, 1, 3, 5]))).is_none());
        assert!(run(&zeros([2, 6, 3, 5]), &zeros([2, 6, 3, 5]), None).is_none());
        assert!(run(&zeros([2, 0, 2, 5]), &zeros([2, 0, 2, 5]), None).is_none());
        assert!(run(&key, &zeros([2, 7, 2, 5]), None).is_none());
    }
}
