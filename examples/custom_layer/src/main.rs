//! A custom layer in about 20 lines.
//!
//! A network of `Dense` layers learns smooth functions easily, but functions that oscillate quickly only slowly. It
//! learns them much faster from sines and cosines of its input, whose frequencies are trained. Keras has no such layer,
//! so this example writes one. It then works like any other layer: it appears in the summary, is trained, saved and
//! loaded, and reports invalid input.
//!
//! Run it:
//!
//! ```text
//! cargo run --release -p custom_layer
//! ```

use horn::burn;
use horn::burn::module::{Module, Param};
use horn::burn::tensor::Tensor;
use horn::prelude::*;
use horn::{BuiltLayer, LayerBuilder, Result, Shape, layers};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// `output = [sin(x · frequencies), cos(x · frequencies)]`.
///
/// This is the description of the layer: what a program adds to a model, and what a file stores.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct FourierFeatures {
    frequencies: usize,
}

impl Layer for FourierFeatures {
    fn class_name(&self) -> &str {
        "FourierFeatures"
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone().with_last(2 * self.frequencies))
    }

    fn build(&self, input: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        let spread = RandomNormal::new().stddev(5.0).into();
        let frequencies = build.add_weight("frequencies", [input.features()?, self.frequencies], &spread)?;
        Ok(BuiltLayer::new(FourierModule { frequencies }))
    }

    fn config(&self) -> Value {
        json!(self)
    }
}

/// What the description builds: a Burn module that holds the weights.
#[derive(Module, Debug)]
struct FourierModule {
    frequencies: Param<Tensor<2>>,
}

impl Forward for FourierModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let angles = input.float::<2>()?.matmul(self.frequencies.val());
        Ok(Tensor::cat(vec![angles.clone().sin(), angles.cos()], 1).into())
    }
}

/// Trains a model on `sin(20 x) · x` for x from -1 to 1. Returns it with the final loss.
fn learn(model: Sequential) -> Result<(CompiledModel, f64)> {
    let x = Array2::from_shape_fn((512, 1), |(row, _)| row as f32 / 256.0 - 1.0);
    let y = x.mapv(|x| (20.0 * x).sin() * x);

    let mut model = model.compile(Adam::new(3e-3), MeanSquaredError::new(), ())?;
    model.summary();
    let history = model.fit(&x, &y, Fit::epochs(60).verbose(Verbose::Silent))?;
    Ok((model, history["loss"][59]))
}

fn main() -> Result<()> {
    set_random_seed(42);
    let hidden = || Dense(64).activation(Activation::Relu);

    let (_, plain) = learn(Sequential::new().add(Input([1])).add(hidden()).add(hidden()).add(Dense(1)))?;
    let features = FourierFeatures { frequencies: 32 }.named("waves");
    let (fourier, error) = learn(Sequential::new().add(Input([1])).add(features).add(hidden()).add(Dense(1)))?;
    println!("mean squared error after 60 epochs: {plain:.4} with Dense alone, {error:.6} with FourierFeatures");

    // A file names the layer by its class. Once the class is registered, Horn can load the file. Python can, too, if it
    // has a class of the same name with `@keras.saving.register_keras_serializable()`.
    layers::register::<FourierFeatures>("FourierFeatures");
    let path = std::env::temp_dir().join("fourier.keras");
    fourier.save(&path)?;
    let again: Model = load_model(&path)?;
    println!("read from its file: {:?}", again.get_layer("waves")?.layer());

    // Errors name the layer, as they do for Keras's layers.
    let images = Sequential::new().add(Input([28, 28])).add(FourierFeatures { frequencies: 32 });
    let error = images
        .compile(Adam::default(), MeanSquaredError::new(), ())?
        .predict(&ndarray::Array3::<f32>::zeros((1, 28, 28)));
    println!("and on images: {}", error.unwrap_err());
    Ok(())
}
