//! What goes into the loss and into a step besides the losses of the outputs, by numbers that can be computed by hand.

use horn_nn::constraints::NonNeg;
use horn_nn::initializers::Constant;
use horn_nn::layers::{ActivityRegularization, Dense, Masking};
use horn_nn::regularizers::L2;
use horn_nn::{Apply, Model};

use super::*;
use crate::losses::MeanSquaredError;
use crate::metrics::MeanAbsoluteError;
use crate::optimizers::SGD;
use crate::{Compile, IntoLosses};

/// `2x`.
fn double() -> Dense {
    Dense(1).use_bias(false).kernel_initializer(Constant::new(2.0))
}

fn column(values: &[f32]) -> HostArray<'static> {
    HostArray::new(values.to_vec(), [values.len(), 1]).unwrap()
}

/// The loss on these samples, and the only weight after a step on them with the learning rate 0.1.
fn loss_and_weight(layers: Sequential, x: HostArray<'static>, y: HostArray<'static>) -> (f64, f32) {
    let mut model = layers.compile(SGD::new(0.1), MeanSquaredError::new(), ()).unwrap();
    let loss = model.evaluate_with(x.clone(), y.clone(), Evaluate::new().verbose(Verbose::Silent)).unwrap().loss();
    model.fit(x, y, Fit::epochs(1).verbose(Verbose::Silent)).unwrap();
    (loss, *weights(&model)[0].first().unwrap())
}

/// As in Keras, which leaves out an axis of size 1 that the predictions lack.
#[test]
fn targets_may_have_one_more_axis_of_size_1() {
    let layers = || Sequential::new().add(Input([2])).add(Dense(2).kernel_initializer(Constant::new(0.5)));
    let scores = [vec![3, 2], vec![3, 2, 1]].map(|sizes| {
        let mut model = layers().compile(SGD::new(0.1), MeanSquaredError::new(), [MeanAbsoluteError::new()]).unwrap();
        let y = HostArray::new(vec![0.5_f32, -1.0, 0.25, 2.0, 1.0, -0.75], sizes).unwrap();
        let x = HostArray::new(vec![1.0_f32, 2.0, -1.0, 0.0, 3.0, 1.0], [3, 2]).unwrap();
        model.evaluate_with(x, y, Evaluate::new().verbose(Verbose::Silent)).unwrap()
    });
    // The outputs are 1.5, -0.5 and 2 in each column.
    let errors = [1.0_f64, 2.5, -0.75, -2.5, 1.0, 2.75];
    for scores in scores {
        assert!((scores.loss() - errors.map(|error| error * error).iter().sum::<f64>() / 6.0).abs() < 1e-6);
        assert!((scores["mean_absolute_error"] - errors.map(f64::abs).iter().sum::<f64>() / 6.0).abs() < 1e-6);
    }
}

#[test]
fn regularizers_of_weights_count() {
    let layers = Sequential::new().add(Input([1])).add(double().kernel_regularizer(L2::new(0.5)));
    // 0.5 · 2², whose derivative is 2.
    assert_eq!(loss_and_weight(layers, column(&[1.0, 1.0]), column(&[2.0, 2.0])), (2.0, 1.8));
}

#[test]
fn regularizers_of_outputs_count() {
    let layers = Sequential::new().add(Input([1])).add(double()).add(ActivityRegularization().l2(0.5));
    // 0.5 · (2² + 2²) for a batch of 2, whose derivative with respect to the weight is 2.
    assert_eq!(loss_and_weight(layers, column(&[1.0, 1.0]), column(&[2.0, 2.0])), (2.0, 1.8));
}

#[test]
fn constraints_hold_after_a_step() {
    let layers = || Sequential::new().add(Input([1]));
    let (x, y) = (column(&[1.0]), column(&[-20.0]));
    let (_, free) = loss_and_weight(layers().add(double()), x.clone(), y.clone());
    assert!(free < -2.0, "{free}");
    let (_, constrained) = loss_and_weight(layers().add(double().kernel_constraint(NonNeg::new())), x, y);
    assert_eq!(constrained, 0.0);
}

#[test]
fn steps_that_are_masked_do_not_count() {
    let layers = Sequential::new().add(Input([2, 1])).add(Masking()).add(double());
    let steps = |values: [f32; 4]| HostArray::new(values.to_vec(), [2, 2, 1]).unwrap();
    // `Masking` masks the last timestep, which is 0. Its target would add 100² to the sum, and 1 to the count.
    let (loss, weight) = loss_and_weight(layers, steps([1.0, 1.0, 1.0, 0.0]), steps([2.0, 2.0, 5.0, 100.0]));
    assert_eq!(loss, 3.0);
    // The derivative is 2 · (2 - 5) · 1 / 3.
    assert!((weight - 2.2).abs() < 1e-6, "{weight}");
}

#[test]
fn losses_of_outputs_are_means_over_samples_and_count_by_their_weights() {
    let input = Input([1]);
    let heads = ["left", "right"].map(|name| double().name(name).apply(&input).unwrap());
    let losses = [MeanSquaredError::new(), MeanSquaredError::new()].loss_weights([1.0, 0.5]);
    let mut model = Model::new(&input, heads).unwrap().compile(SGD::new(0.1), losses, ()).unwrap();
    // Only the third sample is wrong, and it is in a batch of its own.
    let y = vec![column(&[2.0, 2.0, 5.0]), column(&[2.0, 2.0, 8.0])];
    let options = Evaluate::new().batch_size(2).verbose(Verbose::Silent);
    let scores = model.evaluate_with(column(&[1.0; 3]), y, options).unwrap();
    assert_eq!(scores, Scores::new([("left_loss", 3.0), ("right_loss", 12.0), ("loss", 9.0)]));
}
