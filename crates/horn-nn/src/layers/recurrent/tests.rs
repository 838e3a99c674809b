//! What the fixtures don't show: initial weights, states between batches, users' own cells, and what is impossible.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::*;
use crate::activations::activation::Activation;
use crate::error::{Error, Result};
use crate::graph::apply::Apply;
use crate::graph::input::Input;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::{CallContext, Mode};
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::check::infer;
use crate::layers::core_layers::dense::Dense;
use crate::model::model::Model;
use crate::model::sequential::Sequential;
use crate::random::{next_seed, set_random_seed};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

fn built(layer: impl Layer, shape: &[usize]) -> Model {
    Sequential::new().add(Input(shape)).add(layer).build(&Device::default()).unwrap()
}

/// The first values of each weight, and the next seed.
fn start(layer: impl Layer, shape: &[usize]) -> (Vec<Vec<f32>>, u64) {
    set_random_seed(42);
    let weights = built(layer, shape).get_weights();
    (weights.iter().map(|weight| weight.iter().copied().take(3).collect()).collect(), next_seed())
}

fn assert_starts(layer: impl Layer, shape: &[usize], expected: &[&[f32]], next: u64) {
    let (received, seed) = start(layer, shape);
    for (received, expected) in received.iter().zip(expected) {
        // Orthogonal matrices come from another decomposition, which rounds in another way.
        assert!(received.iter().zip(*expected).all(|(a, b)| (a - b).abs() < 1e-6), "{received:?}, {expected:?}");
    }
    assert_eq!((received.len(), seed), (expected.len(), next));
}

/// Values of Keras's on JAX after `set_random_seed(42)`.
#[test]
fn weights_start_as_keras_s() {
    let step = [3, 2];
    let (zero, forget): (&[f32], &[f32]) = (&[0.0; 3], &[0.0, 0.0, 1.0]);
    let lstm: [&[f32]; 2] =
        [&[-0.661_000_7, 0.091_213_696, -0.376_661_63], &[-0.488_363_03, -0.361_274_72, 0.144_068_08]];
    assert_starts(LSTM(2), &step, &[lstm[0], lstm[1], forget], 796_233_791);
    let gru: [&[f32]; 2] = [&[-0.739_021_24, 0.101_98, -0.421_120_46], &[-0.592_412_95, -0.438_247_47, 0.174_763_07]];
    assert_starts(GRU(2), &step, &[gru[0], gru[1], zero], 796_233_791);
    let simple: [&[f32]; 2] = [&[-1.000_544_9, 0.179_918_17, -0.827_117_1], &[0.196_037_77, -0.980_596_4, 0.980_596_4]];
    assert_starts(SimpleRNN(2), &step, &[simple[0], simple[1], &[0.0; 2]], 796_233_791);
    let conv: [&[f32]; 2] = [&[-0.632_800_16, 0.113_790_24, -0.523_114_8], &[0.032_861_47, 0.164_375_45, 0.724_199_24]];
    assert_starts(ConvLSTM1D(1, 2), &[3, 4, 1], &[conv[0], conv[1], &[0.0, 1.0, 0.0]], 796_233_791);

    let random = LSTM(2).bias_initializer(crate::initializers::normal::RandomNormal::new());
    assert_starts(random, &step, &[lstm[0], lstm[1], &[0.002_344_964_3, -0.038_599_163, 1.0]], 295_310_486);

    let second: [&[f32]; 2] =
        [&[-0.087_538_63, 0.982_560_9, -0.419_848_95], &[-0.369_347_1, 0.928_480_15, -0.038_826_283]];
    let stack = RNN(StackedRNNCells([LSTMCell(2).into(), GRUCell(1).into()]));
    assert_starts(stack, &step, &[lstm[0], lstm[1], forget, second[0], second[1], zero], 239_670_712);
}

/// The layer that `Bidirectional` is given draws seeds as well, and then is made anew.
#[test]
fn both_ways_start_as_keras_s() {
    let second: [&[f32]; 2] =
        [&[-0.069_205_36, 0.776_782_5, -0.331_919_7], &[-0.294_393_54, -0.030_947_063, -0.026_309_51]];
    let third: [&[f32]; 2] = [&[-0.331_816_88, 0.259_441_7, 0.112_335_01], &[0.056_744_1, 0.247_354_97, 0.082_590_185]];
    let zero: &[f32] = &[0.0; 3];
    let whole = [second[0], second[1], zero, third[0], third[1], zero];
    assert_starts(Bidirectional(GRU(2)), &[3, 2], &whole, 110_053_354);
    let whole = [third[0], third[1], zero, second[0], second[1], zero];
    let own = Bidirectional(GRU(2)).backward_layer(GRU(2).go_backwards(true));
    assert_starts(own, &[3, 2], &whole, 110_053_354);
}

fn sequence(values: &[f32], sizes: [usize; 3]) -> AnyTensor {
    Tensor::<1>::from_floats(values, &Device::default()).reshape(sizes).into()
}

fn values(x: AnyTensor) -> Vec<f32> {
    crate::by_rank!(x, |x| x.into_data().iter().collect()).unwrap()
}

/// Two batches of a stateful layer are one sequence in two parts.
#[test]
fn stateful_layers_go_on_where_they_stopped() {
    let whole = [0.5, -1.0, 2.0, 0.25];
    let plain = built(GRU(3), &[4, 1]);
    let expected = values(plain.forward(sequence(&whole, [1, 4, 1]), Mode::Inference).unwrap());

    let mut model = built(GRU(3).stateful(true), &[2, 1]);
    model.set_weights(&plain.get_weights()).unwrap();
    assert_eq!(model.get_weights().len(), 3);
    let half = |model: &Model, at: usize| {
        values(model.forward(sequence(&whole[at..at + 2], [1, 2, 1]), Mode::Inference).unwrap())
    };
    let first = half(&model, 0);
    let copy = model.clone();
    let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(close(&half(&model, 2), &expected));
    // A copy has states of its own.
    assert!(close(&half(&copy, 2), &expected));
    // And without the states the second half is another sequence.
    model.reset_states();
    assert!(model.layers().all(|layer| layer.states().is_empty()));
    assert!(!close(&half(&model, 2), &expected));
    model.reset_states();
    assert!(close(&half(&model, 0), &first));

    let other_batch = model.forward(sequence(&whole, [2, 2, 1]), Mode::Inference).unwrap_err();
    assert!(other_batch.is_shape(), "{other_batch}");
    let gru = model.get_layer("gru").unwrap();
    assert!(gru.set_states(&[sequence(&[0.0; 3], [1, 1, 3])]).unwrap_err().is_shape());
    assert!(gru.set_states(&vec![sequence(&[0.0; 3], [1, 1, 3]); 2]).unwrap_err().is_argument());
}

/// Keras's `layer(x, initial_state=state, mask=mask)`. A mask that is only propagated with `x` would not count.
#[test]
fn a_mask_given_beside_initial_states_counts() {
    let (x, state, mask) = (Input([3, 1]), Input([2]), Input([3]));
    let layer = GRU(2).shared();
    let given = layer.with_mask(&mask).apply((&x, &state)).unwrap();
    let without = layer.apply((&x, &state)).unwrap();
    let device = Device::default();
    let model = Model::new((&x, &state, &mask), (&given, &without)).unwrap().build(&device).unwrap();
    let row = |values: &[f32]| Signal::new(Tensor::<1>::from_floats(values, &device).unsqueeze::<2>());
    let steps = Signal::new(sequence(&[0.5, -1.0, 2.0], [1, 3, 1]));
    let batch = vec![steps, row(&[0.5, 0.25]), row(&[1.0, 0.0, 1.0])];
    let outputs = model.call(batch, &mut CallContext::new(Mode::Inference)).unwrap();
    let outputs: Vec<Vec<f32>> = outputs.into_iter().map(|output| values(output.value().unwrap())).collect();
    let [given, without] = outputs.try_into().unwrap();
    assert_ne!(given, without);
    assert!(layer.apply((&x, &state, &mask)).unwrap_err().is_shape());
    let wrong = layer.with_mask(&state).apply((&x, &state)).unwrap_err();
    assert!(wrong.is_shape(), "{wrong}");
}

/// Keras finds out when data comes.
#[test]
fn an_activation_that_halves_is_an_error() {
    let message = |layer: Box<dyn Layer>, shape: &[usize]| {
        let model = Sequential::new().add(Input(shape)).add(layer).build(&Device::default());
        model.unwrap_err().to_string()
    };
    let glu = Activation::Glu;
    assert_eq!(
        message(Box::new(LSTM(4).recurrent_activation(glu)), &[3, 2]),
        "layer \"lstm\" (LSTM): the activation halves the state; received recurrent_activation = glu, expected one that \
         gives as many values as it takes. Hint: take another, such as `Activation::Tanh` or `Activation::Sigmoid`."
    );
    for layer in [
        Box::new(LSTM(4).activation(glu)) as Box<dyn Layer>,
        Box::new(GRU(4).activation(glu)),
        Box::new(GRU(4).recurrent_activation(glu)),
        Box::new(SimpleRNN(4).activation(glu)),
        Box::new(RNN(LSTMCell(4).recurrent_activation(glu))),
    ] {
        assert!(message(layer, &[3, 2]).contains("the activation halves the state"));
    }
    for layer in [ConvLSTM1D(4, 2).activation(glu), ConvLSTM1D(4, 2).recurrent_activation(glu)] {
        assert!(message(Box::new(layer), &[3, 5, 2]).contains("the activation halves the state"));
    }
}

#[test]
fn impossible_arguments_are_errors() {
    let shape = Shape::batched([4, 3]);
    assert!(LSTM(0).output_shape(&shape).unwrap_err().is_argument());
    assert!(GRU(2).dropout(1.5).output_shape(&shape).unwrap_err().is_argument());
    assert!(SimpleRNN(2).recurrent_dropout(f64::NAN).output_shape(&shape).unwrap_err().is_argument());
    assert!(LSTM(2).output_shape(&Shape::batched([3])).unwrap_err().is_shape());
    assert!(LSTM(2).output_shape(&Shape::new([None, None, None])).unwrap_err().is_shape());
    assert!(RNN(Dense(2)).output_shape(&shape).unwrap_err().is_argument());
    assert!(RNN(StackedRNNCells([])).output_shape(&shape).unwrap_err().is_argument());
    let state = |units| Shape::batched([units]);
    assert!(LSTM(2).output_shapes(&[shape.clone(), state(2)]).unwrap_err().is_shape());
    assert!(GRU(2).output_shapes(&[shape.clone(), state(3)]).unwrap_err().is_shape());
    assert!(GRU(2).output_shapes(&[shape, state(2)]).is_ok());
    assert!(LSTMCell(2).output_shape(&state(3)).unwrap_err().is_shape());
}

/// A frozen layer in a wrapper does not learn, though the wrapper would.
#[test]
fn a_frozen_layer_in_a_wrapper_stays_frozen() {
    let model = built(TimeDistributed(Dense(2).trainable(false)), &[3, 2]);
    assert!(model.weights().all(|weight| !weight.trainable));
    let model = built(Bidirectional(LSTM(2)), &[3, 2]);
    assert!(model.weights().all(|weight| weight.trainable));
}

/// Adds up its input; its first state is not its output.
#[derive(Debug, Clone)]
struct Counter;

impl Layer for Counter {
    fn class_name(&self) -> &str {
        "Counter"
    }
    crate::many_inputs!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        match inputs {
            [step, state] => Ok(vec![step.clone().with_last(2), state.clone()]),
            _ => Err(Error::shape("a counter takes a step and its count")),
        }
    }
    fn build_for(&self, _: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let factor = build.add_weight("factor", [1], &crate::initializers::constant::Ones::new().into())?;
        Ok(BuiltLayer::new(CounterModule { factor }))
    }
    fn state_sizes(&self) -> Option<Vec<usize>> {
        Some(vec![1])
    }
}

#[derive(Module, Debug)]
struct CounterModule {
    factor: Param<Tensor<1>>,
}

impl Forward for CounterModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        let [step, count] = crate::layer::forward::signals(inputs)?;
        let (step, count) = (step.value()?.float::<2>()?, count.value()?.float::<2>()?);
        let count = count + step * self.factor.val().unsqueeze();
        Ok(vec![Signal::new(Tensor::cat(vec![count.clone(), count.clone() * 10.0], 1)), Signal::new(count)])
    }
}

#[test]
fn a_cell_can_be_a_user_s_own() {
    let layer = RNN(Counter).return_sequences(true);
    let (sizes, y) = infer(layer, &[1.0, 2.0, 4.0], &[1, 3, 1]).unwrap();
    assert_eq!((sizes, y), (vec![1, 3, 2], vec![1.0, 10.0, 3.0, 30.0, 7.0, 70.0]));
    let layer = RNN(StackedRNNCells([SimpleRNNCell(1).into(), Counter.into()]));
    assert_eq!(infer(layer, &[0.0; 3], &[1, 3, 1]).unwrap(), (vec![1, 2], vec![0.0, 0.0]));
}
