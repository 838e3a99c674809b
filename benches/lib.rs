//! The README's model twice: with Horn, as a user writes it, and by hand with plain Burn.
//!
//! Both read the same images, train on the same batches and keep a running loss and accuracy, so that only the
//! framework differs.

#![expect(missing_debug_implementations, reason = "what is measured is not printed")]

mod pairs;

use horn::burn;
use horn::prelude::*;

use burn::module::Module;
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Device, Int, Tensor, TensorData};
use ndarray::{Array1, Array3};

pub use pairs::{Pairs, Verdicts, in_turns};

/// Images and their labels.
pub struct Digits {
    /// `[samples, 28, 28]`
    pub images: Array3<u8>,
    /// `[samples]`
    pub labels: Array1<u8>,
}

impl Digits {
    /// The first training images of MNIST.
    ///
    /// # Errors
    ///
    /// If MNIST is not found.
    pub fn first(samples: usize) -> horn::Result<Self> {
        let ((images, labels), _) = datasets::mnist::load_data()?;
        Ok(Self {
            images: images.slice(ndarray::s![..samples, .., ..]).to_owned(),
            labels: labels.slice(ndarray::s![..samples]).to_owned(),
        })
    }
}

/// The batch size of both models.
pub const BATCH_SIZE: usize = 128;

/// The model as a user of Horn writes it.
pub struct InHorn {
    model: CompiledModel,
}

impl InHorn {
    /// Builds and compiles the README's model.
    ///
    /// # Errors
    ///
    /// If there is no device.
    pub fn new() -> horn::Result<Self> {
        let model = Sequential::new()
            .add(Input([28, 28]))
            .add(Flatten())
            .add(Rescaling(1.0 / 255.0))
            .add(Dense(128).activation(Activation::Relu))
            .add(Dense(128).activation(Activation::Relu))
            .add(Dense(128).activation(Activation::Relu))
            .add(Dense(10).activation(Activation::Softmax))
            .compile(Adam::new(1e-3), SparseCategoricalCrossentropy::new(), [Accuracy::new()])?;
        Ok(Self { model })
    }

    /// Trains for one epoch. Returns the loss and the accuracy.
    ///
    /// # Errors
    ///
    /// Never, for these digits.
    pub fn epoch(&mut self, digits: &Digits) -> horn::Result<(f64, f64)> {
        let fit = Fit::epochs(1).batch_size(BATCH_SIZE).verbose(Verbose::Silent);
        let history = self.model.fit(&digits.images, &digits.labels, fit)?;
        Ok((history["loss"][0], history["accuracy"][0]))
    }

    /// The probabilities of one image, `[1, 28, 28]`.
    ///
    /// # Errors
    ///
    /// Never, for an image of this shape.
    pub fn predict(&self, image: &Array3<u8>) -> horn::Result<Vec<f32>> {
        Ok(self.model.predict(image)?.into_raw_vec_and_offset().0)
    }
}

/// The model written by hand with plain Burn.
pub struct ByHand {
    net: Net,
    optimizer: ModuleOptimizer,
    loss: CrossEntropyLoss,
    device: Device,
}

#[derive(Module, Debug)]
struct Net {
    hidden: Vec<Linear>,
    output: Linear,
}

impl Net {
    fn forward(&self, images: Tensor<2>) -> Tensor<2> {
        let x = self.hidden.iter().fold(images / 255.0, |x, layer| relu(layer.forward(x)));
        self.output.forward(x)
    }
}

impl ByHand {
    /// Builds the README's model.
    ///
    /// # Errors
    ///
    /// If there is no device.
    pub fn new() -> horn::Result<Self> {
        let device = horn::default_device()?;
        let training = device.clone().autodiff();
        let hidden = [784, 128, 128].map(|inputs| LinearConfig::new(inputs, 128).init(&training));
        Ok(Self {
            net: Net { hidden: hidden.into(), output: LinearConfig::new(128, 10).init(&training) },
            optimizer: AdamConfig::new().with_epsilon(1e-7).init(),
            loss: CrossEntropyLossConfig::new().init(&training),
            device,
        })
    }

    fn batch(&self, digits: &Digits, at: &[usize]) -> (Vec<f32>, Vec<i32>) {
        let images = digits.images.as_slice().expect("images are in row-major order");
        let mut pixels = Vec::with_capacity(at.len() * 784);
        for &sample in at {
            pixels.extend(images[sample * 784..][..784].iter().map(|&pixel| f32::from(pixel)));
        }
        (pixels, at.iter().map(|&sample| i32::from(digits.labels[sample])).collect())
    }

    /// Trains for one epoch. Returns the loss and the accuracy.
    pub fn epoch(&mut self, digits: &Digits) -> (f64, f64) {
        let training = self.device.clone().autodiff();
        let order = horn::random::permutation(digits.labels.len());
        let mut losses = Tensor::<1>::zeros([1], &self.device);
        let mut hits = Tensor::<1>::zeros([1], &self.device);
        for at in order.chunks(BATCH_SIZE) {
            let (pixels, labels) = self.batch(digits, at);
            let images = Tensor::<2>::from_data(TensorData::new(pixels, [at.len(), 784]), &training);
            let labels = Tensor::<1, Int>::from_data(TensorData::new(labels, [at.len()]), &training);
            let logits = self.net.forward(images);
            let loss = self.loss.forward(logits.clone(), labels.clone());
            losses = losses + loss.clone().inner() * at.len() as f64;
            let classes = logits.inner().argmax(1).squeeze_dim::<1>(1);
            hits = hits + classes.equal(labels.inner()).float().sum();
            let grads = GradientsParams::from_grads(loss.backward(), &self.net);
            let net = Net { hidden: std::mem::take(&mut self.net.hidden), output: self.net.output.clone() };
            self.net = self.optimizer.step(1e-3, net, grads);
        }
        let mean = |sum: Tensor<1>| sum.into_scalar::<f64>() / order.len() as f64;
        (mean(losses), mean(hits))
    }

    /// The model for inference.
    #[must_use]
    pub fn for_inference(&self) -> Self {
        Self {
            net: self.net.valid(),
            optimizer: self.optimizer.clone(),
            loss: self.loss.clone(),
            device: self.device.clone(),
        }
    }

    /// The probabilities of one image, `[1, 28, 28]`.
    pub fn predict(&self, image: &Array3<u8>) -> Vec<f32> {
        let pixels: Vec<f32> = image.iter().map(|&pixel| f32::from(pixel)).collect();
        let image = Tensor::<2>::from_data(TensorData::new(pixels, [1, 784]), &self.device);
        softmax(self.net.forward(image), 1).into_data().iter().collect()
    }
}
