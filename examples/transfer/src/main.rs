//! Transfer learning: a network that was trained on many images helps where there are few.
//!
//! ```text
//! cargo run --release -p transfer
//! ```
//!
//! First, the first blocks of a MobileNetV2 are trained to tell stripes apart. Then they are frozen, and a new
//! classifier on top of them is trained to recognise checks, rings and waves from 60 images. Finally the base is
//! unfrozen and trained at a small learning rate: fine-tuning. If you have pretrained weights, you can leave the first
//! step out.

use horn::applications::{MobileNetV2, mobilenet_v2};
use horn::layers::GlobalAveragePooling2D;
use horn::prelude::*;
use horn::random::threefry;
use horn::{Functional, Result};
use ndarray::{Array1, Array2, Array4, Zip};

/// The width and height of an image, in pixels.
const SIZE: usize = 32;

/// A pattern: the brightness at each point of the plane, from -1 to 1.
type Pattern = fn(f32, f32) -> f32;

const STRIPES: [Pattern; 4] =
    [|x, _| x.sin(), |_, y| y.sin(), |x, y| (0.7 * (x + y)).sin(), |x, y| (0.7 * (x - y)).sin()];
const OTHERS: [Pattern; 3] =
    [|x, y| x.sin() * y.sin(), |x, y| x.hypot(y).sin(), |x, y| (x + 2.0 * (0.7 * y).sin()).sin()];

/// Images of the patterns in random sizes, positions and colours, with noise. The labels say which pattern each image
/// shows.
fn images(patterns: &[Pattern], count: usize, seed: u32) -> Result<(Array4<f32>, Array1<u8>)> {
    let random = |part, columns| {
        let values = threefry::uniform([seed, part], count * columns, 0.0, 1.0);
        Array2::from_shape_vec((count, columns), values).expect("there is a value for each place")
    };
    let (looks, noise) = (random(0, 9), random(1, SIZE * SIZE * 3));
    let pixels = Array4::from_shape_fn((count, SIZE, SIZE, 3), |(image, y, x, channel)| {
        let look = looks.row(image);
        let scale = 0.5 + 0.6 * look[0];
        let along = |at: usize, centre: f32| scale * (at as f32 - centre * SIZE as f32);
        let brightness = patterns[image % patterns.len()](along(x, look[1]), along(y, look[2]));
        let (colour, contrast) = (look[3 + channel], look[6 + channel] - 0.5);
        let noise = noise[[image, (y * SIZE + x) * 3 + channel]];
        (60.0 + 80.0 * colour + 200.0 * contrast * brightness + 20.0 * noise).clamp(0.0, 255.0) as u8
    });
    let labels = (0..count).map(|image| (image % patterns.len()) as u8).collect();
    Ok((mobilenet_v2::preprocess_input(&pixels)?, labels))
}

/// A classifier on top of a base model's features.
fn classifier(base: &Model, classes: usize) -> Result<Functional> {
    let images = Input([SIZE, SIZE, 3]);
    let features = GlobalAveragePooling2D().apply(base.clone().apply(&images)?)?;
    let probabilities = Dense(classes).activation(Activation::Softmax).name("classes").apply(features)?;
    Model::new(&images, probabilities)
}

/// The moving averages of MobileNetV2's batch normalizations move by a thousandth in each step, so they need thousands
/// of steps to reach the statistics of the images. Here they get about a hundred. So this function runs the base on a
/// batch in training mode and multiplies the updates by 1000, which sets the averages to the statistics of that batch.
fn settle(base: &mut Model, images: &Array4<f32>) -> Result<()> {
    let before = base.get_weights();
    base.forward(HostArray::from(images).float_batch(&(0..256).collect::<Vec<_>>(), base.device())?, Mode::Training)?;
    let mut after = base.get_weights();
    for (after, before) in after.iter_mut().zip(&before) {
        Zip::from(after).and(before).for_each(|after, before| *after = before + 1000.0 * (*after - before));
    }
    base.set_weights(&after)
}

fn main() -> Result<()> {
    set_random_seed(42);
    let (loss, metrics) = (SparseCategoricalCrossentropy::new, || [Accuracy::new()]);

    println!("1. A network learns stripes\n");
    let base = MobileNetV2().alpha(0.35).input_shape([SIZE, SIZE, 3]).include_top(false).name("base").model()?;
    // The patterns are small, so the first blocks are enough.
    let base = base.build(&horn::default_device()?)?.submodel(&[], &["block_3_expand_relu"])?;
    let (x, y) = images(&STRIPES, 512, 1)?;
    let mut model = classifier(&base, 4)?.compile(Adam::new(3e-3), loss(), metrics())?;
    model.fit(&x, &y, Fit::epochs(6))?;
    let mut base = model.model()?.get_layer("base")?.as_model().expect("the base is a model").clone();
    settle(&mut base, &x)?;

    println!("\n2. Frozen, it helps to learn other patterns from 60 images\n");
    let (x, y) = images(&OTHERS, 60, 2)?;
    let (x_test, y_test) = images(&OTHERS, 300, 3)?;
    base.set_trainable(false);
    let mut model = classifier(&base, 3)?.compile(Adam::new(1e-2), loss(), metrics())?;
    model.summary();
    model.fit(&x, &y, Fit::epochs(30).verbose(Verbose::Silent))?;
    let frozen = model.evaluate(&x_test, &y_test)?["accuracy"];

    println!("\n3. Let loose, it learns the last bit at a small learning rate\n");
    let mut model = model.into_model()?;
    model.set_layer_trainable("base", true)?;
    // Batch normalizations stay frozen: with few images, their moving averages are better than the statistics of a
    // batch.
    for layer in base.layers().filter(|layer| layer.layer().class_name() == "BatchNormalization") {
        model.set_layer_trainable(&format!("base/{}", layer.name()), false)?;
    }
    let mut model = model.compile(Adam::new(3e-4), loss(), metrics())?;
    model.summary();
    model.fit(&x, &y, Fit::epochs(20).verbose(Verbose::Silent))?;
    let tuned = model.evaluate(&x_test, &y_test)?["accuracy"];

    println!("\naccuracy on 300 new images: {frozen:.3} with the frozen base, {tuned:.3} fine-tuned");
    Ok(())
}
