//! Tests of what optimizers do around their rules.

use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use horn_nn::layers::{Dense, Input};
use horn_nn::{HostArray, Sequential, Weight};
use ndarray::ArrayD;

use crate::losses::MeanSquaredError;
use crate::optimizers::{Adam, LossScaleOptimizer, MultiOptimizer, Muon, Optimizer, OptimizerMap, OptimizerValue, SGD};
use crate::{Compile, CompiledModel, Fit, Verbose};

fn model(optimizer: impl Optimizer + 'static) -> CompiledModel {
    let layers = Sequential::new().add(Input([2])).add(Dense(2).name("first")).add(Dense(1).name("last"));
    let mut model = layers.compile(optimizer, MeanSquaredError::new(), ()).unwrap();
    let ones: Vec<_> = weights(&model).iter().map(|weight| ArrayD::ones(weight.shape())).collect();
    model.model_mut().unwrap().set_weights(&ones).unwrap();
    model
}

fn weights(model: &CompiledModel) -> Vec<ArrayD<f32>> {
    model.model().unwrap().get_weights()
}

/// One step, in which all values of all gradients are this one.
fn step(model: &mut CompiledModel, value: f32) {
    model.begin_training().unwrap();
    let device = Device::default();
    let mut gradients = GradientsParams::new();
    let inner = model.model().unwrap();
    for (id, sizes) in inner.weights().map(|weight: &Weight| (weight.id(), weight.sizes.clone())) {
        match sizes.as_slice() {
            &[size] => gradients.register(id, Tensor::<1>::full([size], value, &device)),
            sizes => gradients.register(id, Tensor::<2>::full([sizes[0], sizes[1]], value, &device)),
        }
    }
    model.apply_gradients(gradients).unwrap();
}

fn firsts(model: &CompiledModel) -> Vec<f32> {
    weights(model).iter().map(|weight| weight.iter().copied().next().unwrap()).collect()
}

#[test]
fn excluded_weights_do_not_decay() {
    for optimizer in [SGD::new(0.5).weight_decay(0.5), SGD::new(0.5).weight_decay(0.5).gradient_accumulation_steps(2)] {
        let mut model = model(optimizer.exclude_from_weight_decay(["^b", "gamma"]));
        step(&mut model, 0.0);
        step(&mut model, 0.0);
        let decayed = firsts(&model)[0];
        assert!(decayed < 1.0);
        assert_eq!(firsts(&model), [decayed, 1.0, decayed, 1.0]);
    }
    let mut model = model(Muon::new(0.5).exclude_layers(["last"]).exclude_from_weight_decay(["bias"]));
    step(&mut model, 0.0);
    assert_eq!(firsts(&model), [0.998, 1.0, 0.998, 1.0]);
}

#[test]
fn gradients_are_accumulated_and_clipped_together() {
    let mut model = model(SGD::new(1.0).gradient_accumulation_steps(3).clipvalue(0.5));
    for (value, expected) in [(0.3, 1.0), (0.6, 1.0), (0.9, 0.5), (0.0, 0.5), (0.0, 0.5), (0.9, 0.2)] {
        step(&mut model, value);
        assert!(firsts(&model).iter().all(|weight| (weight - expected).abs() < 1e-6), "{:?}", firsts(&model));
    }
}

#[test]
fn a_step_with_gradients_that_are_not_finite_is_skipped() {
    let mut model = model(LossScaleOptimizer::new(SGD::new(1.0)).initial_scale(4.0).dynamic_growth_steps(2));
    let scale = |model: &CompiledModel| model.stepper.loss_scale().unwrap();
    // Steps are counted anew after one that was skipped.
    for (value, expected, scaled) in [
        (f32::INFINITY, 1.0, 2.0),
        (1.0, 0.5, 2.0),
        (1.0, 0.0, 4.0),
        (f32::NAN, 0.0, 2.0),
        (1.0, -0.5, 2.0),
        (f32::NAN, -0.5, 1.0),
        (1.0, -1.5, 1.0),
    ] {
        step(&mut model, value);
        assert_eq!((firsts(&model)[0], scale(&model)), (expected, scaled));
    }
    assert_eq!(model.iterations(), 4);
}

#[test]
fn averages_are_swapped_and_finally_written() {
    let mut model = model(SGD::new(1.0).use_ema(true).ema_momentum(0.5));
    step(&mut model, 0.5);
    step(&mut model, 0.25);
    assert_eq!(firsts(&model), [0.25; 4]);
    for _ in 0..2 {
        model.use_averages(true);
        assert_eq!(firsts(&model), [0.375; 4]);
    }
    assert!(model.use_averages(false));
    assert_eq!(firsts(&model), [0.25; 4]);
    model.use_averages(true);
    model.finalize_variable_values();
    assert_eq!(firsts(&model), [0.375; 4]);
    // It can still be trained.
    step(&mut model, 0.125);
    assert_eq!(firsts(&model), [0.25; 4]);

    let mut plain = self::model(SGD::new(1.0));
    step(&mut plain, 0.5);
    plain.use_averages(true);
    plain.finalize_variable_values();
    assert_eq!(firsts(&plain), [0.5; 4]);
}

#[test]
fn each_weight_goes_to_its_optimizer() {
    let map = OptimizerMap::new(SGD::new(0.5)).with("first/.*", SGD::new(0.25)).with("last/kernel", SGD::new(0.0));
    let mut model = model(MultiOptimizer::new(map));
    step(&mut model, 1.0);
    assert_eq!(firsts(&model), [0.75, 0.75, 1.0, 0.5]);
    assert_eq!(model.learning_rate(), 0.5);
    assert!(model.set_learning_rate(0.1).unwrap_err().to_string().contains("a learning rate of its own"));
    // Three of one name.
    for (number, rate) in [0.125, 0.0, 1.0].into_iter().enumerate() {
        model.set_learning_rate_of(number, rate).unwrap();
    }
    let rates = [("sgd", 0.125), ("sgd_1", 0.0), ("sgd_2", 1.0)].map(|(name, rate)| (name.to_owned(), rate));
    assert_eq!(model.learning_rates(), rates);
    step(&mut model, 1.0);
    assert_eq!(firsts(&model), [0.625, 0.625, 1.0, -0.5]);
    let error = model.set_learning_rate_of(3, 0.1).unwrap_err();
    assert_eq!(error.location(), Some("optimizer"), "{error}");
    // The sum of both is not clear.
    let map = OptimizerMap::new(SGD::new(0.5)).with("first/.*", SGD::new(0.25)).with(".*/kernel", Adam::new(0.1));
    let mut unclear = self::model(MultiOptimizer::new(map));
    unclear.begin_training().unwrap();
    let error = unclear.apply_gradients(GradientsParams::new()).unwrap_err();
    assert!(error.to_string().contains("several optimizers are mapped to one weight"), "{error}");
}

#[test]
fn the_state_of_all_of_them_goes_out_and_in_bit_by_bit() {
    let each = || OptimizerMap::new(Adam::new(0.1).use_ema(true)).with("last/.*", SGD::new(0.1).momentum(0.5));
    let make: [&dyn Fn() -> CompiledModel; 4] = [
        &|| model(Adam::new(0.1).use_ema(true).gradient_accumulation_steps(3)),
        &|| model(LossScaleOptimizer::new(Adam::new(0.1)).dynamic_growth_steps(3)),
        &|| model(MultiOptimizer::new(each())),
        &|| model(LossScaleOptimizer::new(MultiOptimizer::new(each()))),
    ];
    let train = |model: &mut CompiledModel| {
        let x = HostArray::new((0..16).map(|x| x as f32 / 7.0).collect::<Vec<_>>(), [8, 2]).unwrap();
        let y = HostArray::new((0..8).map(|y| y as f32 / 3.0).collect::<Vec<_>>(), [8]).unwrap();
        model.fit(x, y, Fit::epochs(1).batch_size(2).shuffle(false).verbose(Verbose::Silent)).unwrap();
    };
    let values = |model: &CompiledModel| -> Vec<OptimizerValue> {
        model.optimizer_variables().unwrap().into_iter().map(|variable| variable.value).collect()
    };
    for make in make {
        let (mut trained, mut other) = (make(), make());
        train(&mut trained);
        other.model_mut().unwrap().set_weights(&weights(&trained)).unwrap();
        other.set_optimizer_variables(&values(&trained)).unwrap();
        assert_eq!(values(&other), values(&trained));
        train(&mut trained);
        train(&mut other);
        assert_eq!(values(&other), values(&trained));
        assert_eq!(weights(&other), weights(&trained));
        let read = CompiledModel::from_compile_config(make().into_model().unwrap(), &trained.compile_config()).unwrap();
        assert_eq!(read.compile_config(), trained.compile_config());
    }
}

#[test]
fn the_variables_of_several_come_in_the_order_of_the_file() {
    let map = OptimizerMap::new(SGD::new(0.5)).with("first/.*", SGD::new(0.25)).with("last/.*", Adam::new(0.125));
    let trained = model(MultiOptimizer::new(map));
    let own: Vec<OptimizerValue> = trained.optimizer_variables().unwrap().into_iter().map(|one| one.value).collect();
    // 2 of its own; 2 of SGD for the first layer; 2 + 4 of Adam for the last; 2 of the default.
    let in_file = [&own[..2], &own[4..10], &own[2..4], &own[10..]].concat();
    let mut config = trained.compile_config();
    config["optimizer"]["config"]["optimizer_map"]["config"]["order"] = serde_json::json!(["last/.*", "first/.*"]);
    let mut read = CompiledModel::from_compile_config(trained.into_model().unwrap(), &config).unwrap();
    read.set_optimizer_variables_of_file(in_file).unwrap();
    let values: Vec<OptimizerValue> = read.optimizer_variables().unwrap().into_iter().map(|one| one.value).collect();
    assert_eq!(values, own);
}
