//! Windows of a time series, and the value that follows each.

use horn::prelude::*;
use ndarray::Array3;

pub fn run() -> horn::Result<()> {
    let series: Vec<f32> = (0..60).map(|t| (t as f32 / 5.0).sin()).collect();
    let steps = 10;
    let windows = Array3::from_shape_fn((50, steps, 1), |(start, step, _)| series[start + step]);
    let next = &series[steps..];

    let mut model = Sequential::new()
        .add(Input((None, 1)))
        .add(GRU(8).return_sequences(true))
        .add(Bidirectional(LSTM(8)))
        .add(Dense(1))
        .compile(Adam::new(0.01), MeanSquaredError::new(), ())?;
    let history = model.fit(&windows, next, Fit::epochs(3).shuffle(false).verbose(Verbose::Silent))?;
    assert!(history["loss"][2] < history["loss"][0]);
    assert_eq!(model.predict(&Array3::<f32>::zeros((1, 25, 1)))?.shape(), [1, 1]);
    Ok(())
}
