//! Embeddings: rows are copied; backward they are added into a table of zeros, each by the thread that has its part.

use std::sync::Arc;

use burn::backend::Flex;
use burn::backend::TensorMetadata;
use burn::backend::flex::FlexTensor;
use burn::tensor::{DType, Int, Tensor};

use crate::flex::apply::{Kernel, Run, operand};
use crate::flex::buffer::{tensor, values};
use crate::flex::simd::vectorize;
use crate::flex::threads::{Shared, WORTH_A_THREAD, split_if};

pub(crate) fn embedding(table: &Tensor<2>, ids: &Tensor<1, Int>) -> Option<Tensor<2>> {
    let operand = operand(table)?;
    let ids = numbers(ids)?;
    let rows = table.dims()[0];
    ids.iter().all(|id| (*id as usize) < rows).then(|| Embedding { ids: ids.into() }.run([operand]))
}

/// The ids; `None` if one does not fit.
fn numbers(ids: &Tensor<1, Int>) -> Option<Vec<u32>> {
    let ids = ids.clone().without_autodiff().try_into_primitive::<Flex>().ok()?;
    let ids = if ids.is_contiguous() { ids } else { ids.to_contiguous() };
    match ids.dtype() {
        DType::I64 => ids.as_slice::<i64>()?.iter().map(|id| u32::try_from(*id).ok()).collect(),
        DType::I32 => ids.as_slice::<i32>()?.iter().map(|id| u32::try_from(*id).ok()).collect(),
        _ => None,
    }
}

#[derive(Clone, Debug)]
struct Embedding {
    ids: Arc<[u32]>,
}

impl Kernel<1> for Embedding {
    type Saved = [usize; 2];

    fn forward(&self, [table]: [FlexTensor; 1], _: bool) -> (FlexTensor, Option<[usize; 2]>) {
        let shape = table.shape();
        let [rows, features] = [shape[0], shape[1]];
        let table = values(&table);
        let y = tensor([self.ids.len(), features], |y| {
            let (len, y) = (y.len(), Shared::new(y));
            split_if(len >= WORTH_A_THREAD, self.ids.len(), |_, part| {
                for at in part {
                    let row = self.ids[at] as usize * features;
                    // SAFETY: each id has its own place.
                    let y = unsafe { y.slice(at * features..(at + 1) * features) };
                    y.copy_from_slice(&table[row..row + features]);
                }
            });
        });
        (y, Some([rows, features]))
    }

    fn backward(&self, [rows, features]: [usize; 2], gradient: FlexTensor, _: [bool; 1]) -> [Option<FlexTensor>; 1] {
        let gradient = values(&gradient);
        let by_table = tensor([rows, features], |by_table| {
            let len = by_table.len().max(gradient.len());
            let by_table = Shared::new(by_table);
            split_if(len >= WORTH_A_THREAD, rows, |_, part| {
                // SAFETY: the parts do not overlap.
                let own = unsafe { by_table.slice(part.start * features..part.end * features) };
                own.fill(0.0);
                vectorize(
                    #[inline(always)]
                    || {
                        for (id, gradient) in self.ids.iter().zip(gradient.chunks_exact(features)) {
                            let id = *id as usize;
                            if part.contains(&id) {
                                let row = &mut own[(id - part.start) * features..][..features];
                                row.iter_mut().zip(gradient).for_each(|(sum, value)| *sum += value);
                            }
                        }
                    },
                );
            });
        });
        [Some(by_table)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flex::testing::{numbers as random, same};
    use burn::tensor::{Device, TensorData};
    use proptest::prelude::*;

    fn ids(count: usize, rows: usize) -> Tensor<1, Int> {
        let ids: Vec<i64> = random(count, 8).into_iter().map(|x| ((x + 1.0) * 0.5 * rows as f32) as i64).collect();
        Tensor::from_data(TensorData::new(ids, [count]), &Device::flex().autodiff())
    }

    #[track_caller]
    fn agrees(count: usize, [rows, features]: [usize; 2]) {
        let ids = ids(count, rows);
        let table = |leaves: &[Tensor<1>]| leaves[0].clone().reshape([rows, features]);
        same(
            &[rows * features],
            |leaves| embedding(&table(leaves), &ids).unwrap().flatten(0, 1),
            |leaves| table(leaves).select(0, ids.clone()).flatten(0, 1),
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn equals_the_plain_path(count in 1..100_usize, rows in 1..50_usize, features in 1..40_usize) {
            agrees(count, [rows, features]);
        }
    }

    #[test]
    fn many_ids_are_split_over_the_threads() {
        agrees(2000, [100, 64]);
        agrees(10, [5000, 33]);
    }

    #[test]
    fn ids_without_a_row_and_no_ids() {
        let device = Device::flex();
        let table = Tensor::<2>::ones([3, 2], &device);
        for id in [-1, 3, 1 << 20] {
            assert!(embedding(&table, &Tensor::from_ints([0, id], &device)).is_none(), "{id}");
        }
        assert_eq!(embedding(&table, &Tensor::<1, Int>::zeros([0], &device)).unwrap().dims(), [0, 2]);
    }
}
