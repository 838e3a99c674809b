//! What all networks have in common: their arguments, and how they begin and end.

use crate::activations::activation::Activation;
use crate::error::{Error, Result};
use crate::graph::apply::Apply;
use crate::graph::input::Input;
use crate::graph::keras_tensor::{IntoTensors, KerasTensor};
use crate::layers::{Dense, GlobalAveragePooling2D, GlobalMaxPooling2D};
use crate::model::functional::Functional;
use crate::model::model::Model;
use crate::tensor::shape::sizes;

/// The smallest height and width that a network takes.
const MIN_SIZE: usize = 32;

/// How a network without a classifier makes one vector of its features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// By the mean of each channel.
    Avg,
    /// By the largest value of each channel.
    Max,
}

/// The arguments that all networks take.
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

/// The arguments that all networks take, as methods.
macro_rules! network_arguments {
    ($network:ident) => {
        impl $network {
            /// Does the network end in its classifier? Yes by default.
            #[must_use]
            pub fn include_top(mut self, include_top: bool) -> Self {
                self.arguments.include_top = include_top;
                self
            }

            /// The tensor of a graph that the images come from; an `Input` of its own by default.
            #[must_use]
            pub fn input_tensor(mut self, input_tensor: impl $crate::IntoTensors) -> Self {
                self.arguments.input_tensor = input_tensor.into_tensors();
                self
            }

            /// Height, width and channels of an image, each side at least 32. By default `[224, 224, 3]`, and without
            /// the classifier images of any size with 3 channels.
            #[must_use]
            pub fn input_shape(mut self, input_shape: [usize; 3]) -> Self {
                self.arguments.input_shape = Some(input_shape);
                self
            }

            /// How the features become one vector, where the network has no classifier; by default they don't.
            #[must_use]
            pub fn pooling(mut self, pooling: impl Into<Option<$crate::applications::arguments::Pooling>>) -> Self {
                self.arguments.pooling = pooling.into();
                self
            }

            /// How many classes the classifier tells apart; 1000 by default.
            #[must_use]
            pub fn classes(mut self, classes: usize) -> Self {
                self.arguments.classes = classes;
                self
            }

            /// What the classifier ends in; `Softmax` by default. `Linear` gives the logits, as `None` does in Keras.
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
    /// The tensor of the images, once all arguments are found possible.
    pub fn images(&self) -> Result<KerasTensor> {
        if self.include_top && self.pooling.is_some() {
            return Err(Error::argument("a network with its classifier pools by itself")
                .at("pooling")
                .received("pooling with include_top")
                .expected("one of both")
                .hint("leave pooling out, or write `.include_top(false)`"));
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
            _ => Err(Error::argument("the network can't take such images")
                .at("input_shape")
                .received(images.shape())
                .expected(format!("(None, height, width, channels) of at least {}", sizes(&[MIN_SIZE, MIN_SIZE, 1])))
                .hint("make the images larger, by `Resizing` or before")),
        }
    }

    /// The features as the caller wants them, where there is no classifier. Some networks name the layer.
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

    /// The network from the images, or what they are computed from, to the output.
    pub fn model(&self, name: &str, images: &KerasTensor, output: impl IntoTensors) -> Result<Functional> {
        Ok(Model::new(images.sources(), output)?.name(self.name.as_deref().unwrap_or(name)))
    }
}
