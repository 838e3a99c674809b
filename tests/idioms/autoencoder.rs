//! An autoencoder, and its encoder as a model of its own.

use horn::prelude::*;
use ndarray::Array2;

pub fn run() -> horn::Result<()> {
    let x = Array2::from_shape_fn((16, 12), |(row, column)| ((row * column) % 7) as f32 / 7.0);

    let input = Input(12);
    let code = Dense(3).activation(Activation::Relu).name("code").apply(&input)?;
    let decoded = Dense(12).activation(Activation::Sigmoid).apply(&code)?;
    let mut autoencoder = Model::new(&input, &decoded)?.compile(Adam::default(), MeanSquaredError::new(), ())?;
    autoencoder.fit(&x, &x, Fit::epochs(2).batch_size(8).shuffle(true).verbose(Verbose::Silent))?;

    let encoder = autoencoder.model()?.submodel(&[], &["code"])?;
    assert_eq!(encoder.predict(&x, 32)?.shape(), [16, 3]);
    Ok(())
}
