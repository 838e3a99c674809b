//! A first network: exclusive or.

use horn::prelude::*;

pub fn run() -> horn::Result<()> {
    set_random_seed(1);
    let x = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    let y = [0, 1, 1, 0];

    let model = Sequential::new()
        .add(Input(2))
        .add(Dense(16).activation(Activation::Tanh))
        .add(Dense(1).activation(Activation::Sigmoid));
    model.summary();
    let mut model = model.compile(Adam::new(0.1), BinaryCrossentropy::new(), [Accuracy::new()])?;
    model.fit(&x, &y, Fit::epochs(60).verbose(Verbose::Silent))?;
    let scores = model.evaluate(&x, &y)?;
    assert_eq!(scores["accuracy"], 1.0);
    let answers = model.predict(&x)?;
    assert!(answers[[0, 0]] < 0.5 && answers[[1, 0]] > 0.5);
    Ok(())
}
