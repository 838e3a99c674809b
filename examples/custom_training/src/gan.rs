//! A generative adversarial network: a training step of its own, with two models and two optimizers.
//!
//! ```text
//! cargo run --release -p custom_training --bin gan
//! ```
//!
//! The generator makes images of digits from noise. The discriminator learns to tell them from real digits, and the
//! generator learns to deceive it (Goodfellow et al., 2014, <https://arxiv.org/abs/1406.2661>).

use horn::burn::tensor::Tensor;
use horn::callbacks::{Callback, Training};
use horn::losses::Loss;
use horn::plot::{beside, image};
use horn::prelude::*;
use horn::random::SeedGenerator;
use horn::{Batch, FitStep, Result, Tracker, TrainStep};
use ndarray::{Array2, ArrayD, Axis, s};

/// The numbers that the generator makes an image of.
const NOISE: usize = 32;

struct Gan {
    generator: CompiledModel,
    discriminator: CompiledModel,
    noise: SeedGenerator,
    tracker: Tracker,
}

impl Gan {
    fn new(units: usize) -> Result<Self> {
        let hidden = |units| Dense(units).activation(Activation::LeakyRelu);
        let generator = Sequential::new()
            .add(Input([NOISE]))
            .add(hidden(units))
            .add(BatchNormalization())
            .add(hidden(2 * units))
            .add(BatchNormalization())
            .add(Dense(28 * 28).activation(Activation::Sigmoid))
            .add(Reshape([28, 28]));
        let discriminator = Sequential::new()
            .add(Input([28, 28]))
            .add(Flatten())
            .add(hidden(2 * units))
            .add(Dropout(0.3))
            .add(hidden(units))
            .add(Dropout(0.3))
            .add(Dense(1).activation(Activation::Sigmoid));
        Ok(Self {
            generator: generator.compile(Adam::new(5e-4).beta_1(0.5), BinaryCrossentropy::new(), ())?,
            discriminator: discriminator.compile(Adam::new(2e-4).beta_1(0.5), BinaryCrossentropy::new(), ())?,
            noise: SeedGenerator::new(42)?,
            tracker: Tracker::new(),
        })
    }

    fn generate(&mut self, count: usize, mode: Mode) -> Result<Tensor<3>> {
        let noise = self.noise.normal([count, NOISE], self.generator.device());
        self.generator.forward(noise, mode)?.float()
    }

    /// The loss of the discriminator, whose answers should be near 1 for real images, and near 0 for generated ones.
    fn of_discriminator(&mut self, batch: &Batch, mode: Mode) -> Result<Tensor<1>> {
        let real = batch.inputs[0].float::<3>()? / 255.0;
        // Only the discriminator learns from this loss, so the images come without the way they were made.
        let fake = self.generate(batch.len, mode)?.without_autodiff();
        let loss = (self.judged(real, 1.0, mode)? + self.judged(fake, 0.0, mode)?) / 2.0;
        self.tracker.mean("discriminator_loss", &loss, batch.len);
        Ok(loss)
    }

    /// The loss of the generator, whose images should be taken for real. In inference, the discriminator's weights are
    /// constants: the gradients go through it to the generator.
    fn of_generator(&mut self, batch: &Batch, mode: Mode) -> Result<Tensor<1>> {
        let fake = self.generate(batch.len, mode)?;
        let loss = self.judged(fake, 1.0, Mode::Inference)?;
        self.tracker.mean("generator_loss", &loss, batch.len);
        Ok(loss)
    }

    /// How far the discriminator's answers are from this one. From logits, the loss is exact for any answer.
    fn judged(&mut self, images: Tensor<3>, answer: f32, mode: Mode) -> Result<Tensor<1>> {
        let logits = self.discriminator.logits(images, mode)?.value.float::<2>()?;
        let answers = Tensor::<2>::full(logits.dims(), answer, self.discriminator.device());
        BinaryCrossentropy::new().from_logits(true).call(answers.into(), logits.into(), None)
    }
}

impl TrainStep for Gan {
    fn model(&mut self) -> &mut CompiledModel {
        &mut self.generator
    }

    fn other_models(&mut self) -> Vec<&mut CompiledModel> {
        vec![&mut self.discriminator]
    }

    fn train_step(&mut self, batch: Batch) -> Result<()> {
        let loss = self.of_discriminator(&batch, Mode::Training)?;
        self.discriminator.minimize(loss)?;
        let loss = self.of_generator(&batch, Mode::Training)?;
        self.generator.minimize(loss)
    }

    fn test_step(&mut self, batch: Batch) -> Result<()> {
        self.of_discriminator(&batch, Mode::Inference)?;
        self.of_generator(&batch, Mode::Inference).map(drop)
    }

    fn scores(&self) -> Scores {
        self.tracker.scores()
    }

    fn reset(&mut self) {
        self.tracker.reset();
    }
}

/// Draws what becomes of the same noise, every five epochs.
struct Show {
    noise: Array2<f32>,
}

impl Callback for Show {
    fn on_epoch_begin(&mut self, epoch: usize, training: &mut Training<'_>) -> Result<()> {
        if epoch.is_multiple_of(5) { show(&training.model().predict(&self.noise)?) } else { Ok(()) }
    }

    fn on_train_end(&mut self, training: &mut Training<'_>) -> Result<()> {
        show(&training.model().predict(&self.noise)?)
    }
}

fn show(images: &ArrayD<f32>) -> Result<()> {
    let bytes =
        |digit: ndarray::ArrayViewD<'_, f32>| digit.iter().map(|&value| (255.0 * value) as u8).collect::<Vec<_>>();
    let drawn: Result<Vec<String>> = images.outer_iter().map(|digit| image(&bytes(digit), 28, 28)).collect();
    println!("\n{}\n", beside(&drawn?, 1));
    Ok(())
}

/// The mean squared distance of each image from the most similar one of the others.
fn distance(images: &ArrayD<f32>, others: &Array2<f32>) -> f32 {
    let nearest = |image: ndarray::ArrayViewD<'_, f32>| {
        let pixels: ndarray::Array1<f32> = image.iter().copied().collect();
        others.outer_iter().map(|other| (&other - &pixels).mapv(|x| x * x).sum()).fold(f32::INFINITY, f32::min) / 784.0
    };
    images.outer_iter().map(nearest).sum::<f32>() / images.len_of(Axis(0)) as f32
}

fn main() -> Result<()> {
    set_random_seed(42);
    let ((x, _), (x_test, _)) = datasets::mnist::load_data()?;
    let mut gan = Gan::new(128)?;
    gan.generator.summary();
    gan.discriminator.summary();

    let noise = SeedGenerator::new(7)?.normal([100, NOISE], gan.generator.device());
    let noise = Array2::from_shape_vec((100, NOISE), noise.into_data().iter().collect()).expect("100 rows of noise");
    let before = gan.generator.predict(&noise)?;
    let show = Show { noise: noise.slice(s![..4, ..]).to_owned() };
    gan.fit(&x.slice(s![..30_000, .., ..]), (), Fit::epochs(25).batch_size(128).callback(show))?;
    let after = gan.generator.predict(&noise)?;

    // Compared with digits that neither model has seen.
    let real = x_test.slice(s![..2000, .., ..]).mapv(|pixel| f32::from(pixel) / 255.0);
    let real = real.into_shape_with_order((2000, 784)).expect("2000 images");
    println!(
        "distance of an image from the nearest of 2000 digits: {:.4} before training, {:.4} after it",
        distance(&before, &real),
        distance(&after, &real)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(model: &CompiledModel) -> Vec<ArrayD<f32>> {
        model.model().unwrap().get_weights()
    }

    fn images() -> ndarray::Array3<u8> {
        ndarray::Array3::from_shape_fn((24, 28, 28), |(at, row, column)| ((at * 31 + row * column) % 256) as u8)
    }

    #[test]
    fn each_loss_changes_its_own_model() {
        set_random_seed(1);
        let mut gan = Gan::new(4).unwrap();
        let device = gan.generator.device().clone().autodiff();
        let inputs = vec![HostArray::from(&images()).batch(&[0, 1, 2, 3], &device).unwrap()];
        let batch = Batch { len: 4, inputs, targets: Vec::new(), sample_weights: Vec::new() };
        let trainable = |model: &CompiledModel| -> Vec<_> { weights(model).into_iter().take(2).collect() };

        let before = (trainable(&gan.generator), trainable(&gan.discriminator));
        let loss = gan.of_discriminator(&batch, Mode::Training).unwrap();
        gan.discriminator.minimize(loss).unwrap();
        let after = (trainable(&gan.generator), trainable(&gan.discriminator));
        assert!(after.0 == before.0 && after.1 != before.1);

        let loss = gan.of_generator(&batch, Mode::Training).unwrap();
        gan.generator.minimize(loss).unwrap();
        assert!(trainable(&gan.generator) != after.0 && trainable(&gan.discriminator) == after.1);
    }

    /// With a discriminator that stays, the generator deceives it better and better; with a generator that stays, the
    /// discriminator tells its images better and better.
    #[test]
    fn each_model_gets_better_at_its_task() {
        for (learner, better) in [("generator", "val_generator_loss"), ("discriminator", "val_discriminator_loss")] {
            set_random_seed(1);
            let mut gan = Gan::new(8).unwrap();
            let still = if learner == "generator" { &mut gan.discriminator } else { &mut gan.generator };
            still.model_mut().unwrap().set_trainable(false);
            let x = images();
            let fit = Fit::epochs(40).batch_size(4).validation_split(0.25).verbose(Verbose::Silent);
            let history = gan.fit(&x, (), fit).unwrap();
            let keys: Vec<_> = history.iter().map(|(key, _)| key).collect();
            assert_eq!(keys, ["discriminator_loss", "generator_loss", "val_discriminator_loss", "val_generator_loss"]);
            assert!(history[better][39] < 0.95 * history[better][0], "{learner}: {:?}", &history[better]);
        }
    }
}
