//! Losses, metrics, weights and data by the names of outputs and inputs, and outputs without a loss.

use horn_nn::initializers::Constant;
use horn_nn::layers::{ActivityRegularization, Dense};
use horn_nn::{Apply, Error, Model, Result};

use super::*;
use crate::losses::{MeanAbsoluteError, MeanSquaredError};
use crate::metrics;
use crate::optimizers::SGD;
use crate::{IntoLosses, IntoMetrics};

/// `left = 2a`, `right = 3b`.
fn model(losses: impl IntoLosses, metrics: impl IntoMetrics) -> Result<CompiledModel> {
    let (a, b) = (Input([1]).name("a"), Input([1]).name("b"));
    let times = |factor: f64, name: &str| Dense(1).use_bias(false).kernel_initializer(Constant::new(factor)).name(name);
    let outputs = [times(2.0, "left").apply(&a)?, times(3.0, "right").apply(&b)?];
    Model::new([a, b], outputs)?.compile(SGD::new(0.1), losses, metrics)
}

fn column(values: &[f32]) -> HostArray<'static> {
    HostArray::new(values.to_vec(), [values.len(), 1]).unwrap()
}

fn scores<'a>(model: &mut CompiledModel, y: impl horn_nn::IntoArrays<'a>, options: Evaluate<'a>) -> Result<Scores> {
    let x = [("b", column(&[10.0, 20.0])), ("a", column(&[1.0, 2.0]))];
    model.evaluate_with(x, y, options.verbose(Verbose::Silent))
}

#[test]
fn names_decide_and_not_the_order() {
    let losses = (("right", MeanAbsoluteError::new()), ("left", MeanSquaredError::new()));
    let losses = losses.loss_weights([("right", 0.5)]);
    let metrics = (("right", [metrics::MeanSquaredError::new()]), ("left", ()));
    let mut model = model(losses, metrics).unwrap();
    // The outputs are 2, 4 and 30, 60.
    let y = [("right", column(&[30.0, 58.0])), ("left", column(&[1.0, 4.0]))];
    let by_name = scores(&mut model, y, Evaluate::new()).unwrap();
    let expected =
        Scores::new([("left_loss", 0.5), ("right_loss", 1.0), ("loss", 1.0), ("right_mean_squared_error", 2.0)]);
    assert_eq!(by_name, expected);
    let in_order = vec![column(&[1.0, 4.0]), column(&[30.0, 58.0])];
    assert_eq!(scores(&mut model, in_order, Evaluate::new()).unwrap(), expected);
    assert_eq!(
        model.predict_all([("b", column(&[1.0])), ("a", column(&[5.0]))], Default::default()).unwrap()[0][[0, 0]],
        10.0
    );

    let y = || [("right", column(&[30.0, 58.0])), ("left", column(&[1.0, 4.0]))];
    let weights = Evaluate::new().sample_weight([("right", column(&[1.0, 3.0]))]);
    assert_eq!(scores(&mut model, y(), weights).unwrap()["right_loss"], 3.0);
    // One number for each sample counts for all outputs.
    let weighted = scores(&mut model, y(), Evaluate::new().sample_weight(&[2.0_f32, 3.0])).unwrap();
    assert_eq!((weighted["left_loss"], weighted["right_loss"]), (1.0, 3.0));
}

#[test]
fn an_output_without_a_loss_needs_no_targets() {
    let mut one = model((MeanSquaredError::new(), ()), ()).unwrap();
    let expected = Scores::new([("loss", 0.5)]);
    for y in [
        vec![column(&[1.0, 4.0])],
        vec![column(&[1.0, 4.0]), column(&[0.0, 0.0])],
        vec![column(&[1.0, 4.0]).named("left")],
    ] {
        assert_eq!(scores(&mut one, y, Evaluate::new()).unwrap(), expected);
    }
    let mut by_name = model((("left", MeanSquaredError::new()),), ()).unwrap();
    assert_eq!(scores(&mut by_name, [("left", column(&[1.0, 4.0]))], Evaluate::new()).unwrap(), expected);
    let fit = Fit::epochs(1).verbose(Verbose::Silent);
    let x = vec![column(&[1.0, 2.0]), column(&[10.0, 20.0])];
    let before = weights(&by_name);
    by_name.fit(x, column(&[1.0, 4.0]), fit).unwrap();
    assert_ne!(weights(&by_name)[0], before[0]);
    assert_eq!(weights(&by_name)[1], before[1]);
}

#[test]
fn weights_in_a_list_are_for_the_outputs_with_targets() {
    let mut both = model((MeanSquaredError::new(), MeanSquaredError::new()), ()).unwrap();
    let y = || vec![column(&[1.0, 4.0]), column(&[30.0, 58.0])];
    // The squares are 1, 0 and 0, 4.
    let weights = vec![column(&[3.0, 1.0]), column(&[1.0, 3.0])];
    let found = scores(&mut both, y(), Evaluate::new().sample_weight(weights)).unwrap();
    assert_eq!((found["left_loss"], found["right_loss"]), (1.5, 6.0));
    // The first output has no loss, and so no weights.
    let mut right = model(((), MeanSquaredError::new()), ()).unwrap();
    let weights = || Evaluate::new().sample_weight(HostArray::new(vec![1.0_f32, 3.0], [2, 1]).unwrap());
    assert_eq!(scores(&mut right, vec![column(&[30.0, 58.0])], weights()).unwrap()["loss"], 6.0);
    assert_eq!(scores(&mut right, y(), weights()).unwrap()["loss"], 6.0);
}

#[test]
fn a_model_without_a_loss_learns_by_what_its_layers_add() {
    let layer = Dense(1).use_bias(false).kernel_initializer(Constant::new(2.0)).name("double");
    let layers = Sequential::new().add(Input([1])).add(layer).add(ActivityRegularization().l2(0.5));
    let mut model = layers.compile(SGD::new(0.1), (), ()).unwrap();
    let options = Fit::epochs(1).shuffle(false).verbose(Verbose::Silent);
    let history = model.fit(column(&[1.0, 1.0]), (), options).unwrap();
    // 0.5 · (2² + 2²) for a batch of 2, whose derivative with respect to the weight is 2.
    assert_eq!(history["loss"], [2.0]);
    assert_eq!(weights(&model)[0].first(), Some(&1.8));
    // Without any loss at all, it is 0.
    let mut none = Sequential::new().add(Input([1])).add(Dense(1)).compile(SGD::new(0.1), (), ()).unwrap();
    let before = weights(&none);
    let history = none.fit(column(&[1.0]), (), Fit::epochs(1).verbose(Verbose::Silent)).unwrap();
    assert_eq!((history["loss"].to_vec(), weights(&none)), (vec![0.0], before));
}

#[test]
fn weighted_metrics_are_given_to_compile() {
    let metrics = [("right", metrics::MeanAbsoluteError::new())]
        .weighted_metrics([("right", metrics::MeanAbsoluteError::new()), ("left", metrics::MeanAbsoluteError::new())]);
    let mut model = model((), metrics).unwrap();
    let y = vec![column(&[2.0, 4.0]), column(&[29.0, 57.0])];
    let scores = scores(&mut model, y, Evaluate::new().sample_weight(&[3.0_f32, 1.0])).unwrap();
    let expected = Scores::new([
        ("loss", 0.0),
        ("left_mean_absolute_error", 0.0),
        ("right_mean_absolute_error", 2.0),
        ("right_weighted_mean_absolute_error", 1.5),
    ]);
    assert_eq!(scores, expected);
}

#[test]
fn what_does_not_fit_names_itself() {
    let both = || (MeanSquaredError::new(), MeanSquaredError::new());
    let location = |error: Error| (error.location().map(str::to_owned), error.to_string());
    for (received, argument, text) in [
        (model((("up", MeanSquaredError::new()),), ()), "loss", "nothing of this name; received \"up\""),
        (model([MeanSquaredError::new(), MeanSquaredError::new(), MeanSquaredError::new()], ()), "loss", "3 entries"),
        (model(both().loss_weights([1.0]), ()), "loss_weights", "1 entries"),
        (model(both().loss_weights([("up", 1.0)]), ()), "loss_weights", "received \"up\""),
        (model(both().loss_weights([1.0, f64::NAN]), ()), "loss_weights", "not a number"),
        (model(both(), [("up", metrics::MeanSquaredError::new())]), "metrics", "received \"up\""),
        (model((("left", MeanSquaredError::new()), ("left", MeanSquaredError::new())), ()), "loss", "is given twice"),
    ] {
        let (at, message) = location(received.unwrap_err());
        assert_eq!(at.as_deref(), Some(argument), "{message}");
        assert!(message.contains(text), "{message}");
    }
    let mut model = model(both(), ()).unwrap();
    let left = || ("left", column(&[1.0, 4.0]));
    for (received, argument, text) in [
        (scores(&mut model, [left()], Evaluate::new()), "y", "none for \"right\""),
        (scores(&mut model, [left(), ("up", column(&[1.0, 1.0]))], Evaluate::new()), "y", "received \"up\""),
        (scores(&mut model, column(&[1.0, 4.0]), Evaluate::new()), "y", "1 arrays"),
        (scores(&mut model, [left(), ("right", column(&[1.0]))], Evaluate::new()), "y[1]", "1 targets for 2 samples"),
        (scores(&mut model, (), Evaluate::new()), "y", "0 arrays"),
    ] {
        let (at, message) = location(received.unwrap_err());
        assert_eq!(at.as_deref(), Some(argument), "{message}");
        assert!(message.contains(text), "{message}");
    }
}
