//! Classifies handwritten digits: the "hello, world" of deep learning, written as in Keras.
//!
//! ```text
//! cargo run --release -p mnist                                            # on the CPU
//! cargo run --release -p mnist --no-default-features --features wgpu      # on the GPU
//! cargo run --release -p mnist -- --epochs 10 --hidden 256 --optimizer rmsprop
//! ```

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use horn::plot::{LearningCurves, bar_chart, beside, image};
use horn::prelude::*;

#[derive(Parser)]
#[command(about = "Trains a network of three hidden layers on MNIST")]
struct Options {
    /// The number of epochs.
    #[arg(long, default_value_t = 5)]
    epochs: usize,
    /// The number of images in a batch.
    #[arg(long, default_value_t = 128)]
    batch_size: usize,
    /// The number of units in each hidden layer.
    #[arg(long, default_value_t = 128)]
    hidden: usize,
    /// The optimizer.
    #[arg(long, value_enum, default_value = "adam")]
    optimizer: Rule,
    /// The folder with the four MNIST files. By default, they are searched for as in `datasets::mnist::load_data`.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The file for the learning curves.
    #[arg(long, default_value = "mnist.svg")]
    curves: PathBuf,
    /// The file for the trained model, such as mnist.keras. Python's Keras can load it.
    #[arg(long)]
    save: Option<PathBuf>,
    /// The random seed, which makes the run reproducible.
    #[arg(long, default_value_t = 42)]
    seed: u32,
}

#[derive(Clone, Copy, ValueEnum)]
enum Rule {
    Adam,
    Adamw,
    Rmsprop,
    Sgd,
}

fn main() -> horn::Result<()> {
    let options = Options::parse();
    set_random_seed(options.seed);

    // 60,000 images for training and 10,000 for testing, of 28 × 28 pixels in bytes, with their labels.
    let ((x_train, y_train), (x_test, y_test)) = match &options.data {
        Some(folder) => datasets::mnist::load_from(folder)?,
        None => datasets::mnist::load_data()?,
    };

    // The pixels become 784 features between 0 and 1, which pass three hidden layers. The output is ten probabilities.
    let layers = Sequential::new()
        .add(Input([28, 28]))
        .add(Flatten())
        .add(Rescaling(1.0 / 255.0))
        .add(Dense(options.hidden).activation(Activation::Relu))
        .add(Dense(options.hidden).activation(Activation::Relu))
        .add(Dense(options.hidden).activation(Activation::Relu))
        .add(Dense(10).activation(Activation::Softmax));
    let (loss, metrics) = (SparseCategoricalCrossentropy::new(), [Accuracy::new()]);
    let mut model = match options.optimizer {
        Rule::Adam => layers.compile(Adam::new(3e-3), loss, metrics),
        Rule::Adamw => layers.compile(AdamW::new(3e-3), loss, metrics),
        Rule::Rmsprop => layers.compile(RMSprop::new(1e-3), loss, metrics),
        Rule::Sgd => layers.compile(SGD::new(0.1).momentum(0.9), loss, metrics),
    }?;
    model.summary();

    // A tenth of the training images is used for validation, on images that the model is not trained on. The learning
    // rate decreases after each epoch, so that the weights converge.
    let fit = Fit::epochs(options.epochs)
        .batch_size(options.batch_size)
        .validation_split(0.1)
        .learning_rate_scheduler(|epoch, rate| if epoch == 0 { rate } else { rate * 0.4 });
    let history = model.fit(&x_train, &y_train, fit)?;
    let scores = model.evaluate(&x_test, &y_test)?;
    if let Some(path) = &options.save {
        model.save(path)?;
    }

    // Shows the first test images with their predictions.
    for (digit, probabilities) in x_test.outer_iter().zip(model.predict(&x_test)?.outer_iter()).take(3) {
        let pixels: Vec<u8> = digit.iter().copied().collect();
        let bars: Vec<_> = probabilities.iter().enumerate().map(|(class, &p)| (class.to_string(), p.into())).collect();
        println!("\n{}", beside(&[image(&pixels, 28, 28)?, format!("\n\n{}", bar_chart(&bars, 40)?)], 4));
    }

    history
        .iter()
        .fold(LearningCurves::new(), |curves, (key, values)| curves.curve(key, values))
        .save(&options.curves)?;
    println!("\nlearning curves: {}", options.curves.display());
    println!("test accuracy: {:.4}", scores["accuracy"]);
    Ok(())
}
