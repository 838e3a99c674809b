//! Invalid input is an error that says what is wrong and how to fix it. It is found before training starts, and the
//! model can be used as before.

use horn::prelude::*;
use horn::{Error, Losses, Result};
use ndarray::{Array1, Array2, Array3, ArrayD};

fn model() -> Result<CompiledModel> {
    Sequential::new()
        .add(Input([4]))
        .add(Dense(8).activation(Activation::Relu))
        .add(Dense(10).activation(Activation::Softmax))
        .compile(Adam::new(1e-3), SparseCategoricalCrossentropy::new(), [Accuracy::new()])
}

fn x(samples: usize) -> Array2<f32> {
    Array2::from_shape_fn((samples, 4), |(row, column)| (row + column) as f32 / 10.0)
}

fn y(samples: usize) -> Array1<u8> {
    Array1::from_shape_fn(samples, |row| (row % 10) as u8)
}

fn quiet<'a>() -> Fit<'a> {
    Fit::epochs(1).verbose(Verbose::Silent)
}

/// A name, the operation, a check of the error's kind, and its message.
type Case = (&'static str, fn(&mut CompiledModel) -> Result<()>, fn(&Error) -> bool, &'static str);

const CASES: &[Case] = &[
    (
        "no samples",
        |model| model.fit(&x(0), &y(0), quiet()).map(drop),
        Error::is_data,
        "x: there are no samples; received (0, 4), expected at least one sample. \
         Hint: check how the data was loaded or filtered.",
    ),
    (
        "different lengths",
        |model| model.fit(&x(20), &y(19), quiet()).map(drop),
        Error::is_data,
        "y: x and y are of different lengths; received 19 targets for 20 samples, expected one target for each sample. \
         Hint: check that x and y come from the same data.",
    ),
    (
        "wrong feature count",
        |model| model.fit(&Array2::<f32>::zeros((20, 3)), &y(20), quiet()).map(drop),
        Error::is_shape,
        "model \"sequential\": the data does not fit the model's input; received (20, 3), expected (None, 4). \
         Hint: reshape the data, or change the Input.",
    ),
    (
        "too many axes",
        |model| model.fit(&Array3::<f32>::zeros((20, 2, 2)), &y(20), quiet()).map(drop),
        Error::is_shape,
        "model \"sequential\": the data does not fit the model's input; received (20, 2, 2), expected (None, 4). \
         Hint: reshape the data, or change the Input.",
    ),
    (
        "texts for numbers",
        |model| model.fit(&["a", "b"], &y(2), quiet()).map(drop),
        Error::is_data,
        "model \"sequential\": the model takes numbers; received strings of shape (2,), expected numbers of shape \
         (None, 4). Hint: change the data, or the dtype of the Input.",
    ),
    (
        "texts for labels",
        |model| model.fit(&x(2), &["cat", "dog"], quiet()).map(drop),
        Error::is_data,
        "y: the targets are strings; received strings of shape (2,), expected numbers. \
         Hint: look the classes up: StringLookup with `num_oov_indices(0)`.",
    ),
    (
        "a label that is too large",
        |model| {
            let mut y = y(20);
            y[7] = 10;
            model.fit(&x(20), &y, quiet()).map(drop)
        },
        Error::is_data,
        "y: a label is not a valid class; received 10 at position 7, expected whole numbers from 0 to 9. \
         Hint: correct the labels, or give the last layer more than 10 units.",
    ),
    (
        "a negative label",
        |model| model.fit(&x(2), &Array1::from(vec![0_i32, -1]), quiet()).map(drop),
        Error::is_data,
        "y: a label is not a valid class; received -1 at position 1, expected whole numbers from 0 to 9. \
         Hint: correct the labels, or give the last layer more than 10 units.",
    ),
    (
        "a label that is not a whole number",
        |model| model.fit(&x(2), &Array1::from(vec![0.5_f32, 1.0]), quiet()).map(drop),
        Error::is_data,
        "y: a label is not a valid class; received 0.5 at position 0, expected whole numbers from 0 to 9. \
         Hint: correct the labels, or give the last layer more than 10 units.",
    ),
    (
        "a label that is too large, in evaluate",
        |model| model.evaluate(&x(2), &Array1::from(vec![0_u8, 255])).map(drop),
        Error::is_data,
        "y: a label is not a valid class; received 255 at position 1, expected whole numbers from 0 to 9. \
         Hint: correct the labels, or give the last layer more than 10 units.",
    ),
    (
        "NaN in the input",
        |model| {
            let mut x = x(20);
            x[[3, 2]] = f32::NAN;
            model.fit(&x, &y(20), quiet()).map(drop)
        },
        Error::is_data,
        "x: the data holds a value that is not finite; received NaN in sample 3, value 2, expected finite numbers. \
         Hint: remove or replace such values before training.",
    ),
    (
        "infinity in the validation data",
        |model| {
            let (mut x_val, y_val) = (x(5), y(5));
            x_val[[0, 0]] = f32::NEG_INFINITY;
            model.fit(&x(20), &y(20), quiet().validation_data(&x_val, &y_val)).map(drop)
        },
        Error::is_data,
        "validation_data: x: the data holds a value that is not finite; received -inf in sample 0, value 0, expected finite numbers. \
         Hint: remove or replace such values before training.",
    ),
    (
        "a number that is infinite as a float32",
        |model| {
            let mut x = x(20).mapv(f64::from);
            x[[3, 2]] = 1e300;
            model.fit(&x, &y(20), quiet()).map(drop)
        },
        Error::is_data,
        "x: the data holds a value that is not finite; received 1e300 in sample 3, value 2, \
         expected numbers that a float32 can hold. Hint: remove or replace such values before training.",
    ),
    (
        "a number that is infinite as a float32, in evaluate",
        |model| model.evaluate(&x(2).mapv(|x| f64::from(x) - 1e300), &y(2)).map(drop),
        Error::is_data,
        "x: the data holds a value that is not finite; received -1e300 in sample 0, value 0, \
         expected numbers that a float32 can hold. Hint: remove or replace such values before training.",
    ),
    (
        "a number that is infinite as a float32, in predict",
        |model| model.predict(&x(2).mapv(|x| f64::from(x) + 1e300)).map(drop),
        Error::is_data,
        "a number is too large for a float32, which Horn computes with; received 1e300, \
         expected at most 3.4028235e38. Hint: scale the data.",
    ),
    (
        "a batch size of 0",
        |model| model.fit(&x(20), &y(20), quiet().batch_size(0)).map(drop),
        Error::is_argument,
        "batch_size: batch_size must not be zero; received 0, expected at least 1. \
         Hint: leave batch_size out for Keras's default, or give a number from 1 on.",
    ),
    (
        "a batch size of 0, in evaluate",
        |model| model.evaluate_with(&x(20), &y(20), Evaluate::new().batch_size(0)).map(drop),
        Error::is_argument,
        "batch_size: batch_size must be at least 1; received 0, expected at least 1. \
         Hint: leave batch_size out for Keras's 32.",
    ),
    (
        "a batch size of 0, in predict",
        |model| model.predict_with(&x(20), Predict::new().batch_size(0)).map(drop),
        Error::is_argument,
        "batch_size: batch_size must be at least 1; received 0, expected at least 1. \
         Hint: leave batch_size out for Keras's 32.",
    ),
    (
        "a split of 1",
        |model| model.fit(&x(20), &y(20), quiet().validation_split(1.0)).map(drop),
        Error::is_argument,
        "validation_split: the split leaves nothing to train or to validate with; received 1, \
         expected at least 0 and less than 1. \
         Hint: give the share that validates, 0.1 for a tenth, or 0 for none.",
    ),
    (
        "one-hot targets for a sparse loss",
        |model| model.fit(&x(20), &Array2::<f32>::zeros((20, 10)), quiet()).map(drop),
        Error::is_shape,
        "y: the targets do not fit SparseCategoricalCrossentropy; received (20, 10) for outputs (None, 10), \
         expected class numbers (None,). \
         Hint: use CategoricalCrossentropy for one-hot targets, or give class numbers.",
    ),
    (
        "a prediction of other samples",
        |model| model.predict(&Array2::<f32>::zeros((1, 5))).map(drop),
        Error::is_shape,
        "model \"sequential\": the data does not fit the model's input; received (1, 5), expected (None, 4). \
         Hint: reshape the data, or change the Input.",
    ),
    (
        "a learning rate that is not a number",
        |model| model.set_learning_rate(f64::NAN),
        Error::is_argument,
        "learning_rate: a learning rate must be a number; received NaN, expected a finite number of at least 0. \
         Hint: give a small number such as 0.001.",
    ),
    (
        "a learning rate that is infinite in float32",
        |model| model.set_learning_rate(1e39),
        Error::is_argument,
        "learning_rate: a learning rate must be a number; received 1000000000000000000000000000000000000000, \
         expected numbers that a float32 can hold. Hint: give a small number such as 0.001.",
    ),
];

#[test]
fn bad_data_is_a_clear_error_and_changes_nothing() {
    for (case, act, is_kind, message) in CASES {
        let mut model = model().unwrap();
        let before: Vec<ArrayD<f32>> = model.model().unwrap().get_weights();
        let error = act(&mut model).expect_err(case);
        assert_eq!(error.to_string(), *message, "{case}");
        assert!(is_kind(&error), "{case}");
        assert_eq!(model.model().unwrap().get_weights(), before, "{case}");
        // The model can still be trained.
        model.fit(&x(20), &y(20), quiet()).expect(case);
    }
}

#[test]
fn targets_of_another_width_are_a_clear_error() {
    let mut model = Sequential::new()
        .add(Input([4]))
        .add(Dense(10).activation(Activation::Softmax))
        .compile(SGD::new(0.1), CategoricalCrossentropy::new(), ())
        .unwrap();
    let error = model.fit(&x(20), &Array2::<f32>::zeros((20, 9)), quiet()).unwrap_err();
    assert!(error.is_shape());
    assert_eq!(
        error.to_string(),
        "y: the targets do not fit CategoricalCrossentropy; received (20, 9), \
         expected (None, 10), as the model's outputs. \
         Hint: give the last layer as many units as the targets have columns."
    );
    let error = model.fit(&x(20), &y(20), quiet()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "y: the targets do not fit CategoricalCrossentropy; received (20,), \
         expected (None, 10), as the model's outputs. \
         Hint: use SparseCategoricalCrossentropy for class numbers, or one-hot encode the targets."
    );
}

#[test]
fn targets_that_a_loss_is_not_made_for_are_a_clear_error() {
    let compile =
        |loss: Losses| Sequential::new().add(Input([4])).add(Dense(1)).compile(SGD::new(0.1), loss, ()).unwrap();
    let classes = Array2::from_shape_fn((20, 1), |(row, _)| (row % 5) as f32);
    let mut model = compile(BinaryCrossentropy::new().from_logits(true).into_losses());
    for result in [
        model.fit(&x(20), &classes, quiet()).map(drop),
        model.evaluate(&x(20), &classes).map(drop),
        model.fit(&x(20), &classes.mapv(|y| y.min(1.0)), quiet().validation_data(&x(20), &classes)).map(drop),
    ] {
        let error = result.unwrap_err();
        assert!(error.is_data());
        assert_eq!(
            error.to_string().trim_start_matches("validation_data: "),
            "y: BinaryCrossentropy is not made for this target; received 2 at position 2, expected numbers from 0 to 1. \
             Hint: scale the targets, or use MeanSquaredError for numbers."
        );
    }
    let error = compile(Poisson::new().into_losses()).fit(&x(20), &classes.mapv(|y| y - 1.0), quiet()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "y: Poisson is not made for this target; received -1 at position 0, expected numbers of at least 0. \
         Hint: correct the targets, or use MeanSquaredError for any numbers."
    );
}

#[test]
fn swapped_targets_name_the_output_and_speak_of_no_classes() {
    let input = Input([4]);
    let heads = [Dense(1).name("price").apply(&input).unwrap(), Dense(3).name("place").apply(&input).unwrap()];
    let model = Model::new(&input, heads).unwrap();
    let mut model = model.compile(SGD::new(0.1), MeanSquaredError::new(), ()).unwrap();
    let (price, place) = (Array2::<f32>::zeros((20, 1)), Array2::<f32>::zeros((20, 3)));
    let error = model.fit(&x(20), (&place, &price), quiet()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "y[0]: the targets do not fit MeanSquaredError; received (20, 3), expected (None, 1), as the model's output \
         \"price\". Hint: give the last layer as many units as the targets have columns."
    );
    let error = model.fit(&x(20), (&price, &Array1::<f32>::zeros(20)), quiet()).unwrap_err().to_string();
    assert!(error.contains("the model's output \"place\"") && !error.contains("class"), "{error}");
    let error = model.fit(&x(20), (&price, &place), quiet().validation_data(&x(20), (&place, &price))).unwrap_err();
    assert!(error.to_string().starts_with("validation_data: y[0]: the targets do not fit"), "{error}");
}

#[test]
fn targets_that_a_metric_does_not_take_name_the_metric_and_change_nothing() {
    let layers = Sequential::new().add(Input([4])).add(Dense(10).activation(Activation::Softmax));
    let metrics = (Accuracy::new(), metrics::AUC::new().name("area"));
    let mut model = layers.compile(SGD::new(0.1), SparseCategoricalCrossentropy::new(), metrics).unwrap();
    let before = model.get_weights().unwrap();
    let error = model.fit(&x(20), &y(20), quiet()).unwrap_err();
    assert!(error.is_shape());
    assert_eq!(
        error.to_string(),
        "metric \"area\": y_true: y_true holds class numbers, y_pred a row for each sample; received [20], \
         expected [20, 10]. Hint: one-hot encode y_true, or choose the sparse loss or metric."
    );
    assert_eq!(model.get_weights().unwrap(), before);
}

#[test]
fn a_model_that_cannot_be_built_is_a_clear_error() {
    let compile =
        |layers: Sequential| layers.compile(Adam::new(1e-3), MeanSquaredError::new(), [Accuracy::new()]).unwrap_err();
    let error = compile(Sequential::new());
    assert!(error.is_model());
    assert_eq!(
        error.to_string(),
        "model \"sequential\": the model has no layers; expected at least one layer besides Input. \
         Hint: add one, as in `.add(Dense(10))`."
    );
    let error = compile(Sequential::new().add(Input([4])).add(Dense(6)).add(Reshape([4, 2])).add(Dense(1)));
    assert!(error.is_shape());
    assert_eq!(
        error.to_string(),
        "layer \"reshape\" (Reshape): the samples do not fit the target shape; \
         received target_shape [4, 2] for (None, 6), \
         expected sizes whose product is the number of features, one of them -1 at most. \
         Hint: change the target shape, or the layer before."
    );
    let error = compile(Sequential::new().add(Input([4])).add(Dense(0)));
    assert_eq!(
        error.to_string(),
        "layer \"dense\" (Dense): a Dense layer needs units; received units = 0, expected at least 1. \
         Hint: give it the number of outputs, as in `Dense(10)`."
    );
}

#[test]
fn impossible_optimizers_are_a_clear_error() {
    let layers = || Sequential::new().add(Input([4])).add(Dense(1));
    let error = layers().compile(Adam::new(-1.0), MeanSquaredError::new(), ()).unwrap_err();
    assert!(error.is_argument());
    assert_eq!(error.location(), Some("learning_rate"));
}

#[test]
fn a_model_without_input_waits_for_data() {
    let mut model = Sequential::new()
        .add(Dense(10).activation(Activation::Softmax))
        .compile(Adam::new(1e-3), SparseCategoricalCrossentropy::new(), ())
        .unwrap();
    assert_eq!(
        model.predict(&x(1)).unwrap_err().to_string(),
        "the model has no weights yet; expected an Input layer, or data to take the input's shape from. \
         Hint: begin the model with `.add(Input([…]))`, or call `fit` first."
    );
    model.fit(&x(20), &y(20), quiet()).unwrap();
    assert_eq!(model.predict(&x(1)).unwrap().shape(), [1, 10]);
}
