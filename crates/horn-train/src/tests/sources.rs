//! Sources of batches other than arrays, with weights, and with errors.

use burn::Tensor;
use burn::tensor::{Device, TensorData};
use horn_nn::{Error, Result};

use super::*;
use crate::losses::MeanSquaredError;
use crate::optimizers::SGD;
use crate::{Batch, BatchSource};

/// The samples of `x` and `y`, two at a time.
#[derive(Default)]
struct Pairs {
    next: usize,
    /// Weights of the six samples.
    weights: Option<[f32; 6]>,
    /// The batch at which the source fails.
    fails_at: Option<usize>,
    /// Whether the targets are left out.
    without_targets: bool,
}

impl BatchSource for Pairs {
    fn len(&self) -> Option<usize> {
        None
    }

    fn start(&mut self) -> Result<()> {
        self.next = 0;
        Ok(())
    }

    fn next_batch(&mut self, device: &Device) -> Result<Option<Batch>> {
        let first = self.next * 2;
        if first == 6 {
            return Ok(None);
        }
        if self.fails_at == Some(self.next) {
            return Err(Error::data("the disk is gone"));
        }
        self.next += 1;
        let (at, plain) = ([first, first + 1], device.clone().without_autodiff());
        let weights = |weights: [f32; 6]| {
            let weights = vec![weights[first], weights[first + 1]];
            Some(Tensor::<1>::from_data(TensorData::new(weights, [2]), &plain).into())
        };
        Ok(Some(Batch {
            len: 2,
            inputs: vec![x().batch(&at, device)?],
            targets: if self.without_targets { Vec::new() } else { vec![y().float_batch(&at, &plain)?] },
            sample_weights: vec![self.weights.and_then(weights)],
        }))
    }
}

/// Two models with the same weights.
fn two() -> (CompiledModel, CompiledModel) {
    let (first, mut second) =
        (model(SGD::new(0.1), MeanSquaredError::new()), model(SGD::new(0.1), MeanSquaredError::new()));
    second.model_mut().unwrap().set_weights(&weights(&first)).unwrap();
    (first, second)
}

#[test]
fn a_source_trains_as_arrays_do() {
    let (mut from_arrays, mut from_source) = two();
    let expected = from_arrays.fit(x(), y(), quiet(2).validation_data(x(), y())).unwrap();
    let history = from_source.fit_source(&mut Pairs::default(), quiet(2).validation_data(x(), y())).unwrap();
    assert_eq!(history, expected);
    assert_eq!(weights(&from_source), weights(&from_arrays));
}

#[test]
fn samples_count_by_their_weights() {
    let (mut all_alike, mut weighted) = two();
    let mut source = Pairs { weights: Some([0.0, 2.0, 1.0, 1.0, 2.0, 0.0]), ..Pairs::default() };
    let history = weighted.fit_source(&mut source, quiet(1)).unwrap();
    // A sample of weight 0 next to one of weight 2 is like a batch of that one alone, since the mean is over the batch.
    for at in [vec![1], vec![2, 3], vec![4]] {
        all_alike.fit(x().samples(&at), y().samples(&at), quiet(1)).unwrap();
    }
    for (received, expected) in weights(&weighted).iter().zip(weights(&all_alike)) {
        for (received, expected) in received.iter().zip(&expected) {
            assert!((received - expected).abs() < 1e-6, "{received} instead of {expected}");
        }
    }
    assert!(history["loss"][0] > 0.0);
}

#[test]
fn a_source_that_fails_keeps_what_was_learned() {
    let (mut model, mut expected) = two();
    let mut source = Pairs { fails_at: Some(1), ..Pairs::default() };
    let error = model.fit_source(&mut source, quiet(1)).unwrap_err();
    assert!(error.to_string().contains("the disk is gone"), "{error}");
    let first = [0, 1];
    expected.fit(x().samples(&first), y().samples(&first), quiet(1)).unwrap();
    assert_eq!(weights(&model), weights(&expected));
}

#[test]
fn what_a_source_can_not_do_is_an_error() {
    let mut model = model(SGD::new(0.1), MeanSquaredError::new());
    let split = model.fit_source(&mut Pairs::default(), quiet(1).validation_split(0.5)).unwrap_err();
    assert_eq!(split.location(), Some("validation_split"));
    assert!(model.fit_source(&mut Pairs::default(), quiet(0)).unwrap().epoch().is_empty());
    let mut source = Pairs { without_targets: true, ..Pairs::default() };
    let error = model.fit_source(&mut source, quiet(1)).unwrap_err();
    assert_eq!(error.location(), Some("targets"));
}
