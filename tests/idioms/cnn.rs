//! A convolutional network for images, saved and loaded.

use horn::prelude::*;

pub fn run() -> horn::Result<()> {
    let images = HostArray::new(vec![128_u8; 8 * 28 * 28], [8, 28, 28, 1])?;
    let labels: Vec<u8> = vec![7, 2, 1, 0, 4, 1, 4, 9];

    let mut model = Sequential::new()
        .add(Input((28, 28, 1)))
        .add(Rescaling(1.0 / 255.0))
        .add(Conv2D(8, (3, 3)).activation(Activation::Relu))
        .add(MaxPooling2D((2, 2)))
        .add(Conv2D(8, 3).padding(Padding::Same).activation(Activation::Relu))
        .add(MaxPooling2D(2))
        .add(Flatten())
        .add(Dropout(0.5))
        .add(Dense(10).activation(Activation::Softmax))
        .compile(Adam::default(), SparseCategoricalCrossentropy::new(), [Accuracy::new()])?;
    model.fit(&images, &labels, Fit::epochs(1).batch_size(4).verbose(Verbose::Silent))?;

    let folder = std::env::temp_dir().join(format!("horn_idioms_{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("digits.keras");
    model.save(&path)?;
    let loaded: CompiledModel = load_model(&path)?;
    assert_eq!(loaded.predict(&images)?, model.predict(&images)?);
    std::fs::remove_dir_all(&folder).unwrap();
    Ok(())
}
