//! A trained base that is frozen, with a new head.

use horn::prelude::*;
use ndarray::{Array4, array};

pub fn run() -> horn::Result<()> {
    // In a program of yours: `load_model("base.keras")?`, or a network of `applications`.
    let mut base = Sequential::new()
        .add(Input((16, 16, 3)))
        .add(Conv2D(4, 3).activation(Activation::Relu))
        .add(GlobalAveragePooling2D())
        .build(&horn::default_device()?)?;
    let before = base.get_weights();

    let images = Input((16, 16, 3));
    base.set_trainable(false);
    let features = base.apply(&images)?;
    let output = Dense(2).activation(Activation::Softmax).apply(&features)?;
    let mut model =
        Model::new(&images, &output)?.compile(Adam::new(1e-2), CategoricalCrossentropy::new(), [Accuracy::new()])?;
    let x = Array4::<f32>::ones((2, 16, 16, 3));
    model.fit(&x, &array![[1.0, 0.0], [0.0, 1.0]], Fit::epochs(1).verbose(Verbose::Silent))?;
    assert_eq!(model.model()?.get_weights()[..2], before[..]);
    Ok(())
}
