//! The article's model on real MNIST data, shortened so that debug builds can run it. `.ci/run` runs the whole example.

use horn::prelude::*;
use ndarray::s;

#[test]
fn the_readme_model_learns_real_digits() {
    let ((x_train, y_train), (x_test, y_test)) = datasets::mnist::load_data().unwrap();
    set_random_seed(1);
    let mut model = Sequential::new()
        .add(Input([28, 28]))
        .add(Flatten())
        .add(Rescaling(1.0 / 255.0))
        .add(Dense(128).activation(Activation::Relu))
        .add(Dense(128).activation(Activation::Relu))
        .add(Dense(128).activation(Activation::Relu))
        .add(Dense(10).activation(Activation::Softmax))
        .compile(Adam::new(1e-3), SparseCategoricalCrossentropy::new(), [Accuracy::new()])
        .unwrap();
    let fit = Fit::epochs(2).batch_size(128).validation_split(0.1).verbose(Verbose::Silent);
    let (x, y) = (x_train.slice(s![..20_000, .., ..]), y_train.slice(s![..20_000]));
    let history = model.fit(&x, &y, fit).unwrap();
    assert!(history["val_accuracy"][1] > 0.92, "{history:?}");
    let scores =
        model.evaluate_with(&x_test, &y_test, Evaluate::new().batch_size(500).verbose(Verbose::Silent)).unwrap();
    assert!(scores["accuracy"] > 0.92, "{scores}");

    let probabilities = model.predict(&x_test.slice(s![..100, .., ..])).unwrap();
    for row in probabilities.outer_iter() {
        assert!((row.sum() - 1.0).abs() < 1e-5);
    }
}

/// As in Keras's `LearningRateScheduler`, the schedule gets the epoch and the current rate. The rate that it returns is
/// used, shown and kept.
#[test]
fn a_schedule_sets_the_learning_rate() {
    let mut model = Sequential::new()
        .add(Input([1]))
        .add(Dense(1).kernel_initializer(Zeros::new()))
        .compile(SGD::new(0.5), MeanSquaredError::new(), ())
        .unwrap();
    let (x, y) = (ndarray::arr2(&[[1.0_f32]]), ndarray::arr2(&[[1.0_f32]]));
    let fit = Fit::epochs(3).verbose(Verbose::Silent).learning_rate_scheduler(|epoch, rate| match epoch {
        0 => rate,
        1 => 0.0,
        _ => 0.25,
    });
    let history = model.fit(&x, &y, fit).unwrap();
    assert_eq!(history["learning_rate"], [0.5, 0.0, 0.25]);
    assert_eq!(model.learning_rate(), 0.25);
    // The first step, at a rate of 0.5, changes both weights from 0 to 1, so the prediction is 2. The second step
    // changes nothing.
    assert_eq!(history["loss"], [1.0, 1.0, 1.0]);

    let nan = Fit::epochs(5).initial_epoch(4).verbose(Verbose::Silent).learning_rate_scheduler(|_, _| f64::NAN);
    assert_eq!(model.fit(&x, &y, nan).unwrap_err().location(), Some("learning_rate"));
    assert_eq!(model.predict(&x).unwrap().shape(), [1, 1]);
}
