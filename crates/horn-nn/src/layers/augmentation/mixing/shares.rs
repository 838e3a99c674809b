//! What `MixUp` and `CutMix` share: images that are mixed with others of their batch, and their labels with them.

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::error::{Error, Result};
use crate::images::pixels::check_images;
use crate::layer::signal::Signal;
use crate::tensor::shape;
use crate::tensor::shape::Shape;

/// The shapes of images, or of images and their labels: they stay as they are.
pub(crate) fn mixed_shapes(inputs: &[Shape]) -> Result<Vec<Shape>> {
    let (expected, hint) = ("images, or images and their labels", "apply it as in `layer.apply((&images, &labels))`");
    let [images, labels @ ..] = inputs else {
        return Err(Error::shape("the layer has no input").received("no tensor").expected(expected).hint(hint));
    };
    check_images(images)?;
    match labels {
        [] => {}
        [labels] if labels.rank() == 2 => {}
        [labels] => {
            return Err(Error::shape("labels of this shape can't be mixed")
                .received(labels)
                .expected("(batch, classes)")
                .hint("encode class indices, one column for each class, by `CategoryEncoding`"));
        }
        _ => {
            return Err(Error::shape("the layer takes fewer inputs")
                .received(shape::list(inputs))
                .expected(expected)
                .hint(hint));
        }
    }
    Ok(inputs.to_vec())
}

/// With which image each image of a batch is mixed, and how much of its own label each keeps.
pub(crate) struct Mix {
    partners: Tensor<1, Int>,
    weights: Tensor<1>,
}

impl Mix {
    pub fn new(partners: &[usize], weights: Vec<f32>, device: &Device) -> Self {
        let device = device.clone().without_autodiff();
        let batch = [partners.len()];
        let partners: Vec<i64> = partners.iter().map(|at| *at as i64).collect();
        Self {
            partners: Tensor::from_data(TensorData::new(partners, batch), &device),
            weights: Tensor::from_data(TensorData::new(weights, batch), &device),
        }
    }

    /// What each sample is mixed with.
    pub fn partners<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        x.select(0, self.partners.clone())
    }

    /// Each sample and its partner, weighted.
    pub fn blend<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let mut sizes = [1; D];
        sizes[0] = x.dims()[0];
        let weights: Tensor<D> = self.weights.clone().reshape(sizes);
        weights.clone() * x.clone() + (weights.neg() + 1.0) * self.partners(x)
    }

    /// The mixed images, and their labels where they came with them.
    pub fn outputs(&self, images: Tensor<4>, labels: Option<Signal>) -> Result<Vec<Signal>> {
        let mut outputs = vec![Signal::new(images)];
        if let Some(labels) = labels {
            outputs.push(Signal::new(self.blend(labels.value()?.float::<2>()?)));
        }
        Ok(outputs)
    }
}
