//! Tests of training as a whole: what is called when, and the state of the model after a failure.

mod callbacks;
mod names;
mod rescue;
mod resuming;
mod schedules;
mod several_models;
mod sources;
mod warnings;
mod wiring;

use horn_nn::layers::{Dense, Input};
use horn_nn::{HostArray, Sequential};
use ndarray::ArrayD;

use crate::losses::Loss;
use crate::optimizers::Optimizer;
use crate::{Compile, CompiledModel, Evaluate, Fit, Scores, Verbose};

/// Two layers with weights, whose training is not random.
fn model(optimizer: impl Optimizer + 'static, loss: impl Loss + 'static) -> CompiledModel {
    Sequential::new().add(Input([2])).add(Dense(3)).add(Dense(1).name("last")).compile(optimizer, loss, ()).unwrap()
}

fn x() -> HostArray<'static> {
    HostArray::new((0..12).map(|x| x as f32 / 7.0 - 0.8).collect::<Vec<_>>(), [6, 2]).unwrap()
}

fn y() -> HostArray<'static> {
    HostArray::new(vec![0.5_f32, -1.0, 0.25, 2.0, 1.0, -0.75], [6]).unwrap()
}

/// Options with three batches for each epoch, in the order of the samples.
fn quiet<'a>(epochs: usize) -> Fit<'a> {
    Fit::epochs(epochs).batch_size(2).shuffle(false).verbose(Verbose::Silent)
}

fn weights(model: &CompiledModel) -> Vec<ArrayD<f32>> {
    model.model().unwrap().get_weights()
}

fn measure(model: &mut CompiledModel) -> Scores {
    model.evaluate_with(x(), y(), Evaluate::new().verbose(Verbose::Silent)).unwrap()
}
