//! Dropout in one pass: the numbers of a counter, enciphered by Threefry-2x32 (Salmon et al., 2011), are made in vectors.

use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::Tensor;

use crate::flex::apply::{Kernel, Run, operand};
use crate::flex::buffer::{tensor, values};
use crate::flex::loops::fill;
use crate::flex::simd::vectorize;
use crate::threefry::{encipher, unit};
use crate::types::key::Key;

/// How many numbers are made at a time.
const BLOCK: usize = 64;

pub(crate) fn dropout<const D: usize>(x: &Tensor<D>, rate: f64, key: impl FnOnce() -> Key) -> Option<Tensor<D>> {
    let operand = operand(x)?;
    Some(Dropout { keep: (1.0 - rate) as f32, key: key() }.run([operand]))
}

#[derive(Clone, Copy, Debug)]
struct Dropout {
    /// The probability of being kept.
    keep: f32,
    key: Key,
}

impl Dropout {
    fn apply(self, x: &FlexTensor) -> FlexTensor {
        let shape = x.shape();
        let x = values(x);
        tensor(shape, |y| {
            fill(y, |start, y| {
                let x = &x[start..][..y.len()];
                vectorize(
                    #[inline(always)]
                    || {
                        let mut words = [0; BLOCK];
                        let blocks = y.chunks_mut(BLOCK).zip(x.chunks(BLOCK));
                        for ((y, x), place) in blocks.zip((start as u64..).step_by(BLOCK)) {
                            self.words(place, &mut words);
                            for ((y, x), word) in y.iter_mut().zip(x).zip(&words) {
                                *y = if unit(*word) < self.keep { x / self.keep } else { 0.0 };
                            }
                        }
                    },
                );
            });
        })
    }

    /// The words of the counters from `place` on.
    #[inline(always)]
    fn words(self, place: u64, words: &mut [u32; BLOCK]) {
        for (at, word) in words.iter_mut().enumerate() {
            let at = at as u32;
            // The sum of the low halves overflows into the high one.
            let low = (place as u32).wrapping_add(at);
            let high = ((place >> 32) as u32).wrapping_add(u32::from(low < at));
            *word = word_of(self.key, [high, low]);
        }
    }
}

/// Both halves of the cipher by exclusive or, as in JAX.
#[inline(always)]
fn word_of(key: Key, counter: [u32; 2]) -> u32 {
    let [high, low] = encipher(key, counter);
    high ^ low
}

impl Kernel<1> for Dropout {
    type Saved = ();

    fn forward(&self, [x]: [FlexTensor; 1], _: bool) -> (FlexTensor, Option<()>) {
        (self.apply(&x), Some(()))
    }

    fn backward(&self, (): (), gradient: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        [Some(self.apply(&gradient))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::same;

    #[test]
    fn words_are_those_of_jax() {
        // jax.random.bits(jnp.array([42, 0], dtype=jnp.uint32), (4,))
        let mut words = [0; BLOCK];
        Dropout { keep: 0.5, key: [42, 0] }.words(0, &mut words);
        assert_eq!(words[..4], [2_434_085_537, 281_529_784, 1_639_270_791, 3_057_860_097]);
    }

    #[test]
    fn a_counter_carries_into_its_high_half() {
        let mut words = [0; BLOCK];
        let dropout = Dropout { keep: 0.5, key: [1, 2] };
        dropout.words((1 << 32) - 2, &mut words);
        let expected = [[0, u32::MAX - 1], [0, u32::MAX], [1, 0], [1, 1]].map(|counter| word_of([1, 2], counter));
        assert_eq!(words[..4], expected);
    }

    /// What is kept, by the plain formula.
    fn kept(len: usize, rate: f64, key: Key) -> Vec<f32> {
        let drawn = |at: usize| f32::from_bits(word_of(key, [0, at as u32]) >> 9 | 1_f32.to_bits()) - 1.0;
        (0..len).map(|at| f32::from(drawn(at) < (1.0 - rate) as f32)).collect()
    }

    #[test]
    fn values_and_gradients_pass_where_the_noise_says() {
        for (len, rate) in [(0, 0.5), (1, 0.5), (63, 0.1), (65, 0.9), (1000, 0.3), (70_001, 0.25)] {
            let key = [7, 3];
            same(
                &[len],
                |leaves| dropout(&leaves[0], rate, || key).unwrap(),
                |leaves| {
                    let kept = kept(len, rate, key);
                    let kept = Tensor::<1>::from_floats(kept.as_slice(), &leaves[0].device());
                    leaves[0].clone() * kept / (1.0 - rate)
                },
            );
        }
    }

    #[test]
    fn the_share_that_is_dropped_is_the_rate() {
        let kept: f32 = kept(100_000, 0.25, [5, 0]).iter().sum();
        // Five standard deviations of a count of 100,000 draws.
        assert!((kept - 75_000.0).abs() < 5.0 * (100_000.0_f32 * 0.25 * 0.75).sqrt(), "{kept}");
    }

    #[test]
    fn no_key_is_drawn_without_a_fast_way() {
        let x = Tensor::<1>::zeros([3], &burn::tensor::Device::flex()).cast(burn::tensor::DType::F64);
        assert!(dropout(&x, 0.5, || panic!("the next draw would be another one")).is_none());
    }
}
