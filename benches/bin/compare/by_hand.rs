//! The job with plain Burn: the models that a user writes by hand without much work.
//!
//! The weights come from the same file as everybody's, so that the losses can be compared.

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Instant;

use horn::burn;
use horn::prelude::{HostArray, Model, load_model};
use ndarray::{ArrayD, IxDyn};

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{Dropout, DropoutConfig, Linear};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::{relu, softmax};
use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::Result;
use crate::answer::Answer;
use crate::job::Job;

/// Keras's defaults for `Adam`.
const LEARNING_RATE: f64 = 1e-3;
const EPSILON: f32 = 1e-7;

/// A classifier of images.
trait Classifier: Module {
    /// From `[batch, pixels]` to logits, `[batch, classes]`.
    fn forward(&self, images: Tensor<2>) -> Tensor<2>;
}

#[derive(Module, Debug)]
struct Mlp {
    hidden: Vec<Linear>,
    output: Linear,
}

impl Classifier for Mlp {
    fn forward(&self, images: Tensor<2>) -> Tensor<2> {
        let x = self.hidden.iter().fold(images, |x, layer| relu(layer.forward(x)));
        self.output.forward(x)
    }
}

#[derive(Module, Debug)]
struct Cnn {
    first: Conv2d,
    second: Conv2d,
    pool: MaxPool2d,
    dropout: Dropout,
    output: Linear,
}

impl Classifier for Cnn {
    fn forward(&self, images: Tensor<2>) -> Tensor<2> {
        let images = images.reshape([-1, 1, 28, 28]);
        let x = self.pool.forward(relu(self.first.forward(images)));
        let x = self.pool.forward(relu(self.second.forward(x)));
        self.output.forward(self.dropout.forward(x.flatten(1, 3)))
    }
}

/// The weights of a file, taken one by one.
struct Weights {
    left: VecDeque<ArrayD<f32>>,
    device: Device,
}

impl Weights {
    fn of(job: &Job, device: &Device) -> Result<Self> {
        let model: Model = load_model(&job.model)?;
        Ok(Self { left: model.get_weights().into(), device: device.clone() })
    }

    fn next<const D: usize>(&mut self) -> Param<Tensor<D>> {
        let array = self.left.pop_front().expect("the file has the weights of this model");
        self.param(array)
    }

    fn param<const D: usize>(&self, array: ArrayD<f32>) -> Param<Tensor<D>> {
        let sizes: [usize; D] = array.shape().try_into().expect("the file has the weights of this model");
        let values: Vec<f32> = array.iter().copied().collect();
        Param::from_tensor(Tensor::from_data(TensorData::new(values, sizes), &self.device))
    }

    fn linear(&mut self) -> Linear {
        let (weight, bias) = (self.next::<2>(), self.next());
        Linear { weight, bias: Some(bias) }
    }

    fn conv(&mut self) -> Conv2d {
        let kernel = self.left.pop_front().expect("the file has the weights of this model");
        let weight = self.param::<4>(kernel.permuted_axes(IxDyn(&[3, 2, 0, 1])));
        let [outputs, inputs, height, width] = weight.val().dims();
        let config = Conv2dConfig::new([inputs, outputs], [height, width]);
        Conv2d { weight, bias: Some(self.next()), ..config.init(&self.device) }
    }

    fn mlp(mut self) -> Mlp {
        let hidden = (0..self.left.len() / 2 - 1).map(|_| self.linear()).collect();
        Mlp { hidden, output: self.linear() }
    }

    fn cnn(mut self) -> Cnn {
        let (first, second) = (self.conv(), self.conv());
        let mut output = self.linear();
        // The rows of Keras's kernel are in the order height, width, channels, and Burn's features in the order
        // channels, height, width.
        let rows = output.weight.val().reshape([5, 5, 64, 10]).permute([2, 0, 1, 3]).reshape([1600, 10]);
        output.weight = Param::from_tensor(rows.detach());
        let pool = MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init();
        Cnn { first, second, pool, dropout: DropoutConfig::new(0.5).init(), output }
    }
}

pub fn train(job: &Job) -> Result<Answer> {
    let training = horn::default_device()?.autodiff();
    let weights = Weights::of(job, &training)?;
    match job.architecture.as_str() {
        "cnn" => train_classifier(job, weights.cnn()),
        _ => train_classifier(job, weights.mlp()),
    }
}

fn train_classifier<C: Classifier>(job: &Job, mut net: C) -> Result<Answer> {
    let device = horn::default_device()?;
    let training = device.clone().autodiff();
    let (x, y) = (job.x(job.samples)?, job.y(job.samples)?);
    let everything: Vec<usize> = (0..job.samples).collect();
    let (pixels, labels) = (x.floats(&everything)?, y.ints(&everything)?);
    let features = pixels.len() / job.samples;

    let mut optimizer = AdamConfig::new().with_epsilon(EPSILON).init();
    let loss = CrossEntropyLossConfig::new().init(&training);
    let mut answer = Answer::default();
    horn::utils::set_random_seed(job.seed);
    for _ in 0..job.epochs {
        let start = Instant::now();
        let order = horn::random::permutation(job.samples);
        let mut losses = Tensor::<1>::zeros([1], &device);
        let mut hits = Tensor::<1>::zeros([1], &device);
        for at in order.chunks(job.batch_size) {
            let mut batch = Vec::with_capacity(at.len() * features);
            at.iter().for_each(|&sample| batch.extend_from_slice(&pixels[sample * features..][..features]));
            let images = Tensor::<2>::from_data(TensorData::new(batch, [at.len(), features]), &training);
            let classes: Vec<i32> = at.iter().map(|&sample| labels[sample]).collect();
            let classes = Tensor::<1, Int>::from_data(TensorData::new(classes, [at.len()]), &training);
            let logits = net.forward(images);
            let batch_loss = loss.forward(logits.clone(), classes.clone());
            losses = losses + batch_loss.clone().inner() * at.len() as f64;
            let guesses = logits.inner().argmax(1).squeeze_dim::<1>(1);
            hits = hits + guesses.equal(classes.inner()).float().sum();
            let gradients = GradientsParams::from_grads(batch_loss.backward(), &net);
            net = optimizer.step(LEARNING_RATE, net, gradients);
        }
        let mean = |sum: Tensor<1>| sum.into_scalar::<f64>() / job.samples as f64;
        black_box(mean(hits));
        let mean_loss = mean(losses);
        answer.epochs.push((start.elapsed().as_secs_f64(), mean_loss));
    }
    Ok(answer)
}

pub fn predict(job: &Job) -> Result<Answer> {
    let device = horn::default_device()?;
    let weights = Weights::of(job, &device)?;
    match job.architecture.as_str() {
        "cnn" => predict_classes(job, &weights.cnn(), &device),
        _ => predict_classes(job, &weights.mlp(), &device),
    }
}

fn predict_classes(job: &Job, net: &impl Classifier, device: &Device) -> Result<Answer> {
    let mut answer = Answer::default();
    for &samples in &job.sizes {
        let x: HostArray<'_> = job.x(samples)?;
        let pixels = x.floats(&(0..samples).collect::<Vec<_>>())?;
        answer.time(samples, "forward", job.budget, || -> Result<_> {
            let values = TensorData::new(black_box(&pixels).clone(), [samples, pixels.len() / samples]);
            let images = Tensor::<2>::from_data(values, device);
            Ok(softmax(net.forward(images), 1).into_data().try_to_vec()?)
        })?;
    }
    Ok(answer)
}
