//! A variational autoencoder: a sampling layer with random numbers of its own, which adds a term to the loss. The rest is
//! `compile` and `fit`.
//!
//! ```text
//! cargo run --release -p custom_training --bin vae
//! ```
//!
//! The encoder describes each digit by two numbers and how sure it is of them; the decoder makes the digit from numbers
//! drawn accordingly. The divergence from a normal distribution is part of the loss, so that any two numbers give a digit
//! (Kingma and Welling, 2013, <https://arxiv.org/abs/1312.6114>).

use horn::burn;
use horn::layers::Activation as ActivationOf;
use horn::plot::{beside, image};
use horn::prelude::*;
use horn::random::SeedGenerator;
use horn::{
    BuiltLayer, CallContext, Functional, LayerBuilder, Result, Shape, Signal, many_inputs, many_signals, signals,
};
use ndarray::{Array2, ArrayView, Axis, Dimension, s};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Draws a point from the normal distribution with this mean and logarithm of the variance. Adds to the loss how much the
/// distribution differs from that of mean 0 and variance 1: its Kullback-Leibler divergence, times `weight`.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Sampling {
    weight: f64,
}

impl Layer for Sampling {
    fn class_name(&self) -> &str {
        "Sampling"
    }

    many_inputs!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        Ok(vec![inputs[0].clone()])
    }

    fn build_for(&self, _: &[Shape], build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(SamplingModule { weight: self.weight, noise: build.seed_generator(None)? }))
    }

    fn config(&self) -> Value {
        json!(self)
    }
}

#[derive(Module, Debug)]
struct SamplingModule {
    weight: f64,
    noise: SeedGenerator,
}

impl Forward for SamplingModule {
    many_signals!();

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let [mean, log_variance] = signals(inputs)?;
        let (mean, log_variance) = (mean.float::<2>()?, log_variance.float::<2>()?);
        let divergence =
            (mean.clone().square() + log_variance.clone().exp() - log_variance.clone() - 1.0).sum_dim(1) / 2.0;
        call.add_loss(divergence.mean() * self.weight);
        let noise = self.noise.normal(mean.dims(), &mean.device().without_autodiff());
        Ok(vec![(mean + (log_variance / 2.0).exp() * noise).into()])
    }
}

/// From images to images, by way of the layers `mean`, `log_variance` and `point`.
fn autoencoder(units: usize) -> Result<Functional> {
    let hidden = || Dense(units).activation(Activation::Relu);
    let images = Input([28, 28]);
    let features = hidden().apply(hidden().apply(Flatten().apply(&images)?)?)?;
    let mean = Dense(2).name("mean").apply(&features)?;
    let log_variance = Dense(2).name("log_variance").apply(&features)?;
    // The crossentropy is a mean over 784 pixels, so the divergence is divided by them, too.
    let point = Sampling { weight: 1.0 / 784.0 }.named("point").apply((&mean, &log_variance))?;
    let pixels = Dense(28 * 28).apply(hidden().apply(hidden().apply(&point)?)?)?;
    let output = ActivationOf(Activation::Sigmoid).name("image").apply(Reshape([28, 28]).apply(pixels)?)?;
    Model::new(&images, output)
}

fn picture<D: Dimension>(digit: ArrayView<'_, f32, D>) -> Result<String> {
    image(&digit.iter().map(|&value| (255.0 * value) as u8).collect::<Vec<_>>(), 28, 28)
}

fn main() -> Result<()> {
    set_random_seed(42);
    let ((x, _), (x_test, _)) = datasets::mnist::load_data()?;
    let brightness = |pixel| f32::from(pixel) / 255.0;
    let (x, x_test) =
        (x.slice(s![..20_000, .., ..]).mapv(brightness), x_test.slice(s![..2000, .., ..]).mapv(brightness));

    let mut vae =
        autoencoder(256)?.compile(Adam::new(1e-3), BinaryCrossentropy::new(), [metrics::MeanSquaredError::new()])?;
    vae.summary();
    // The images are the targets, too.
    vae.fit(&x, &x, Fit::epochs(15).batch_size(128).validation_data(&x_test, &x_test))?;

    println!("\ndigits, and what two numbers tell of them:\n");
    let model = vae.model()?;
    let (encoder, decoder) = (model.submodel(&[], &["mean"])?, model.submodel(&["point"], &["image"])?);
    let rebuilt = decoder.predict(&encoder.predict(&x_test, 500)?, 500)?;
    for digits in [x_test.slice(s![..4, .., ..]).into_dyn(), rebuilt.slice(s![..4, .., ..]).into_dyn()] {
        println!("{}\n", beside(&digits.outer_iter().map(picture).collect::<Result<Vec<_>>>()?, 1));
    }

    println!("digits that nobody wrote, from points between -1.2 and 1.2:\n");
    for row in [-1.2_f32, 0.0, 1.2] {
        let points = Array2::from_shape_fn((4, 2), |(at, axis)| if axis == 0 { -1.2 + 0.8 * at as f32 } else { row });
        let digits = decoder.predict(&points, 4)?;
        println!("{}\n", beside(&digits.outer_iter().map(picture).collect::<Result<Vec<_>>>()?, 1));
    }

    let error = |of: &ndarray::ArrayD<f32>| (&x_test - of).mapv(|x| x * x).mean().unwrap_or_default();
    let average = x.mean_axis(Axis(0)).expect("there are images").insert_axis(Axis(0)).into_dyn();
    println!(
        "mean squared error of new digits: {:.4} from two numbers, {:.4} from the average digit",
        error(&rebuilt),
        error(&average)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use horn::burn::tensor::Tensor;

    use super::*;

    /// KL(N(m, s²) || N(0, 1)) = (m² + s² - ln s² - 1) / 2, summed over the axes, and its mean over the batch.
    #[test]
    fn the_layer_adds_the_divergence_and_draws_from_the_distribution() {
        set_random_seed(1);
        let (mean, log_variance) = (Input([2]), Input([2]));
        let point = Sampling { weight: 2.0 }.named("point").apply((&mean, &log_variance)).unwrap();
        let model = Model::new((&mean, &log_variance), &point).unwrap();
        let model = model.build(&horn::default_device().unwrap()).unwrap();
        let rows = |row: [f32; 2]| Tensor::<2>::from_data([row; 4000], model.device()).into();
        let mut call = CallContext::new(Mode::Training);
        let output = model.call(vec![rows([1.0, -2.0]), rows([0.0, 4.0_f32.ln()])], &mut call).unwrap();
        let divergence = (1.0 + (4.0 + 4.0 - 4.0_f64.ln() - 1.0)) / 2.0;
        let added = f64::from(call.losses()[0].clone().into_scalar::<f32>());
        assert!((added - 2.0 * divergence).abs() < 1e-5, "{added}");

        let drawn = output[0].float::<2>().unwrap();
        let [mean, deviation] = [drawn.clone().mean_dim(0), drawn.var(0).sqrt()].map(|row| row.into_data());
        // Five standard errors: 5 · s / sqrt(4000).
        for (received, expected) in mean.iter::<f32>().chain(deviation.iter()).zip([1.0, -2.0, 1.0, 2.0]) {
            assert!((received - expected).abs() < 0.16, "{received} instead of {expected}");
        }
    }

    #[test]
    fn the_divergence_is_part_of_the_loss_and_training_makes_it_smaller() {
        set_random_seed(1);
        let x = ndarray::Array3::from_shape_fn((16, 28, 28), |(at, row, _)| f32::from(u8::from((row + at) % 4 < 2)));
        let metrics = [metrics::BinaryCrossentropy::new()];
        let mut vae = autoencoder(16).unwrap().compile(Adam::new(1e-2), BinaryCrossentropy::new(), metrics).unwrap();
        let history = vae.fit(&x, &x, Fit::epochs(15).batch_size(8).verbose(Verbose::Silent)).unwrap();
        let (loss, pixels) = (&history["loss"], &history["binary_crossentropy"]);
        assert!(loss.iter().zip(pixels).all(|(loss, pixels)| loss > pixels), "{history:?}");
        assert!(loss[14] < 0.95 * loss[0], "{history:?}");
    }
}
