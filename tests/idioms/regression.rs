//! Regression with normalized features and a validation split.

use horn::prelude::*;

pub fn run() -> horn::Result<()> {
    let mut features = Vec::new();
    let mut targets = Vec::new();
    for house in 0..40 {
        let (rooms, size) = ((house % 5) as f32, 50.0 + house as f32);
        features.push([rooms, size]);
        targets.push(10.0 * rooms + 2.0 * size);
    }

    let mut normalization = Normalization();
    normalization.adapt(&features)?;
    let mut model = Sequential::new()
        .add(Input(2))
        .add(normalization)
        .add(Dense(16).activation(Activation::Relu).kernel_regularizer(L2::new(1e-4)))
        .add(Dense(1))
        .compile(Adam::new(0.01), MeanSquaredError::new(), [metrics::MeanAbsoluteError::new()])?;
    let history = model.fit(&features, &targets, Fit::epochs(3).validation_split(0.2).verbose(Verbose::Silent))?;
    assert!(history["loss"][2] < history["loss"][0]);
    assert!(history["val_mean_absolute_error"].len() == 3);
    Ok(())
}
