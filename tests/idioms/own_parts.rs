//! A custom loss, metrics, activation, regularizer, constraint, initializer and learning rate.

use horn::callbacks::SwapEMAWeights;
use horn::constraints::Constraint;
use horn::initializers::Initializer;
use horn::optimizers::LearningRate;
use horn::prelude::*;
use horn::regularizers::Regularizer;
use ndarray::{Array2, Axis};

pub fn run() -> horn::Result<()> {
    let loss = LossFunctionWrapper::new("largest_error", |y_true: burn::Tensor<2>, y_pred: burn::Tensor<2>| {
        (y_true - y_pred).abs().max_dim(1)
    });
    let metric = metrics::MeanMetricWrapper::new("rmse", |y_true: burn::Tensor<2>, y_pred: burn::Tensor<2>| {
        (y_true - y_pred).square().mean().sqrt()
    });
    let halves = Initializer::custom("Halves", |shape| vec![0.5; shape.iter().product()]);
    let hidden = Dense(4)
        .activation(Activation::custom("leaky", |x| x.clone() * 0.9 + x.clamp_min(0.0) * 0.1))
        .kernel_initializer(halves)
        .kernel_regularizer(Regularizer::custom("Sum", |kernel: burn::Tensor<2>| kernel.abs().sum() * 1e-3))
        .kernel_constraint(Constraint::custom("Small", |kernel: burn::Tensor<2>| kernel.clamp(-0.6, 0.6)));
    let warm_up = LearningRate::custom("WarmUp", |step| 0.1 * ((step + 1) as f64 / 10.0).min(1.0));
    let optimizer = SGD::new(warm_up).momentum(0.9).use_ema(true);
    let mut model = Sequential::new().add(Input(3)).add(hidden).add(Dense(1)).compile(optimizer, loss, [metric])?;

    let x = Array2::from_shape_fn((40, 3), |(row, column)| (row * column % 7) as f32 / 7.0);
    let y = x.sum_axis(Axis(1));
    let mut lines = Vec::new();
    let log = LambdaCallback::new().on_epoch_end(|epoch, logs, _| {
        lines.push(format!("{epoch}: {logs}"));
        Ok(())
    });
    let fit = Fit::epochs(3).verbose(Verbose::Silent).callback(log).callback(SwapEMAWeights::new());
    let history = model.fit(&x, &y, fit)?;
    assert_eq!((lines.len(), history["rmse"].len()), (3, 3));
    assert!(model.get_layer("dense")?.get_weights()[0].iter().all(|weight| weight.abs() <= 0.6));
    Ok(())
}
