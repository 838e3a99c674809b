//! What all networks have in common: their arguments, their input and their output.

use crate::activations::activation::Activation;
use crate::error::{Error, Result};
use crate::graph::apply::Apply;
use crate::graph::input::Input;
use crate::graph::keras_tensor::{IntoTensors, KerasTensor};
use crate::layers::core_layers::dense::Dense;
use crate::layers::pooling::global::{GlobalAveragePooling2D, GlobalMaxPooling2D};
use crate::model::functional::Functional;
use crate::model::model::Model;
use crate::tensor::shape::sizes;

/// The minimal height and width of an image.
const MIN_SIZE: usize = 32;

/// How a network without a classifier pools its features to one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The mean of each channel.
    Avg,
    /// The maximum of each channel.
    Max,
}

/// The arguments of all networks.
#[derive(Debug, Clone)]
pub(crate) struct Arguments {
    pub include_top: bool,
    pub input_tensor: Vec<KerasTensor>,
    pub input_shape: Option<[usize; 3]>,
    pub pooling: Option<Pooling>,
    pub classes: usize,
    pub classifier_activation: Activation,
    pub name: Option<String>,
}

/// Defines methods for the arguments of all networks.
macro_rules! network_arguments {
    ($network:ident) => {
        impl $network {
            /// Sets whether the network ends in its classifier; `true` by default.
            #[must_use]
            pub fn include_top(mut self, include_top: bool) -> Self {
                self.arguments.include_top = include_top;
                self
            }

            /// Sets the tensor of a graph that the network is applied to; a new `Input` by default.
            #[must_use]
            pub fn input_tensor(mut self, input_tensor: impl $crate::IntoTensors) -> Self {
                self.arguments.input_tensor = input_tensor.into_tensors();
                self
            }

            /// Sets height, width and channels of an image, with sides of at least 32. The default is `[224, 224, 3]`,
            /// and without the classifier images of any size with 3 channels.
            #[must_use]
            pub fn input_shape(mut self, input_shape: impl Into<[usize; 3]>) -> Self {
                self.arguments.input_shape = Some(input_shape.into());
                self
            }

            /// Sets how a network without a classifier pools its features; by default it does not.
            #[must_use]
            pub fn pooling(mut self, pooling: impl Into<Option<$crate::applications::arguments::Pooling>>) -> Self {
                self.arguments.pooling = pooling.into();
                self
            }

            /// Sets the number of classes; 1000 by default.
            #[must_use]
            pub fn classes(mut self, classes: usize) -> Self {
                self.arguments.classes = classes;
                self
            }

            /// Sets the activation of the classifier; `Softmax` by default. `Linear` returns the logits, as `None` in Keras.
            #[must_use]
            pub fn classifier_activation(mut self, activation: $crate::Activation) -> Self {
                self.arguments.classifier_activation = activation;
                self
            }

            /// Names the model.
            #[must_use]
            pub fn name(mut self, name: impl Into<String>) -> Self {
                self.arguments.name = Some(name.into());
                self
            }
        }

        impl Default for $network {
            fn default() -> Self {
                Self::new()
            }
        }
    };
}
pub(super) use network_arguments;

impl Default for Arguments {
    fn default() -> Self {
        Self {
            include_top: true,
            input_tensor: Vec::new(),
            input_shape: None,
            pooling: None,
            classes: 1000,
            classifier_activation: Activation::Softmax,
            name: None,
        }
    }
}

impl Arguments {
    /// The tensor of the images, after a check of all arguments.
    pub fn images(&self) -> Result<KerasTensor> {
        if self.include_top && self.pooling.is_some() {
            return Err(Error::argument("a network with its classifier has its own pooling")
                .at("pooling")
                .received("pooling with include_top")
                .expected("only one of them")
                .hint("leave pooling out, or call `.include_top(false)`"));
        }
        if self.include_top && self.classes == 0 {
            return Err(Error::argument("a classifier needs classes")
                .at("classes")
                .received(0)
                .expected("at least 1")
                .hint("leave classes out for ImageNet's 1000"));
        }
        let images = match (self.input_tensor.as_slice(), self.input_shape) {
            ([], Some(shape)) => Input(shape).tensor(),
            ([], None) if self.include_top => Input([224, 224, 3]).tensor(),
            ([], None) => Input::with_unknown([None, None, Some(3)]).tensor(),
            ([images], shape) => {
                if let Some(shape) = shape.filter(|shape| !Input(shape).tensor().shape().admits(images.shape())) {
                    return Err(Error::shape("input_tensor has another shape than input_shape")
                        .at("input_tensor")
                        .received(images.shape())
                        .expected(Input(shape).tensor().shape())
                        .hint("leave input_shape out"));
                }
                images.clone()
            }
            (tensors, _) => {
                return Err(Error::argument("a network takes one tensor")
                    .at("input_tensor")
                    .received(format!("{} tensors", tensors.len()))
                    .expected("one")
                    .hint("join them by a layer such as `Concatenate` first"));
            }
        };
        match images.shape().sample() {
            [height, width, Some(1..)]
                if [height, width].iter().all(|side| side.is_none_or(|side| side >= MIN_SIZE)) =>
            {
                Ok(images)
            }
            _ => Err(Error::argument("the network does not support images of this shape")
                .at("input_shape")
                .received(images.shape())
                .expected(format!("(None, height, width, channels) of at least {}", sizes(&[MIN_SIZE, MIN_SIZE, 1])))
                .hint("make the images larger, for example with `Resizing`")),
        }
    }

    /// The output of a network without a classifier: its features, pooled if the caller wants it. Some networks name the
    /// pooling layer.
    pub fn pooled(&self, features: KerasTensor, named: bool) -> Result<KerasTensor> {
        let (average, largest) = (GlobalAveragePooling2D(), GlobalMaxPooling2D());
        match self.pooling {
            None => Ok(features),
            Some(Pooling::Avg) if named => average.name("avg_pool").apply(features),
            Some(Pooling::Avg) => average.apply(features),
            Some(Pooling::Max) if named => largest.name("max_pool").apply(features),
            Some(Pooling::Max) => largest.apply(features),
        }
    }

    /// The last layer of the classifier.
    pub fn predictions(&self) -> Dense {
        Dense(self.classes).activation(self.classifier_activation).name("predictions")
    }

    /// The model from the inputs of the graph to the output.
    pub fn model(&self, name: &str, images: &KerasTensor, output: impl IntoTensors) -> Result<Functional> {
        Ok(Model::new(images.sources(), output)?.name(self.name.as_deref().unwrap_or(name)))
    }
}
