//! A graph with two inputs and two outputs.

use horn::prelude::*;
use ndarray::Array2;

pub fn run() -> horn::Result<()> {
    let prices = Array2::<f32>::ones((8, 4));
    let texts = Array2::<i32>::from_elem((8, 5), 3);
    let (sold, days) = (vec![1, 0, 1, 0, 1, 0, 1, 0], vec![3.0, 9.5, 2.0, 8.0, 1.0, 7.5, 2.5, 9.0]);

    let numbers = Input(4).name("prices");
    let words = Input((5,)).dtype(InputDtype::Int32).name("texts");
    let read = GlobalAveragePooling1D().apply(Embedding(10, 6).apply(&words)?)?;
    let x = Concatenate().apply((&numbers, read))?;
    let x = Dense(8).activation(Activation::Relu).apply(x)?;
    let will_sell = Dense(1).activation(Activation::Sigmoid).name("sold").apply(&x)?;
    let after = Dense(1).name("days").apply(&x)?;

    let mut model = Model::new([&numbers, &words], [&will_sell, &after])?.compile(
        Adam::new(1e-3),
        (BinaryCrossentropy::new(), MeanSquaredError::new()).loss_weights([1.0, 0.2]),
        ([Accuracy::new()], [metrics::MeanAbsoluteError::new()]),
    )?;
    let history = model.fit((&prices, &texts), (&sold, &days), Fit::epochs(2).verbose(Verbose::Silent))?;
    assert!(history["days_mean_absolute_error"][1].is_finite());
    Ok(())
}
