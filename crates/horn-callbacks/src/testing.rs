//! A small model for the tests.

use horn_nn::layers::{Dense, Input};
use horn_nn::{HostArray, Result, Sequential};
use horn_train::callbacks::Callback;
use horn_train::losses::MeanSquaredError;
use horn_train::optimizers::Adam;
use horn_train::{Compile, CompiledModel, Fit, History, Verbose};

/// A model whose training is not random.
pub fn model() -> CompiledModel {
    horn_nn::random::set_random_seed(1);
    let model = Sequential::new().add(Input([2])).add(Dense(3)).add(Dense(1));
    model.compile(Adam::new(0.01), MeanSquaredError::new(), ()).unwrap()
}

/// Trains with a callback, three batches an epoch.
pub fn run(model: &mut CompiledModel, epochs: usize, callback: impl Callback) -> Result<History> {
    let x = HostArray::new((0..12).map(|x| x as f32 / 7.0 - 0.8).collect::<Vec<_>>(), [6, 2]).unwrap();
    let y = HostArray::new(vec![0.5_f32, -1.0, 0.25, 2.0, 1.0, -0.75], [6]).unwrap();
    model.fit(x, y, Fit::epochs(epochs).batch_size(2).verbose(Verbose::Silent).callback(callback))
}
