//! Well-known image classification networks, as in `keras.applications`.
//!
//! Each function returns a description with Keras's keyword arguments as methods. [`model`](ResNet50::model) creates the
//! graph, with Keras's layers, names and shapes. It can be built, compiled or used as a layer like any other model:
//!
//! ```
//! use horn::burn::tensor::Device;
//! use horn::applications::{MobileNetV2, Pooling};
//!
//! let features = MobileNetV2().alpha(0.35).input_shape([32, 32, 3]).include_top(false).pooling(Pooling::Avg).model()?;
//! let model = features.build(&Device::default())?;
//! assert_eq!(model.output_shape().to_string(), "(None, 1280)");
//! # Ok::<(), horn::Error>(())
//! ```
//!
//! The weights are random, as with Keras's `weights=None`; nothing is downloaded. To use pretrained weights, pass the
//! result of Keras's `get_weights` to [`Model::set_weights`](crate::Model::set_weights).
//!
//! Each network expects images that are preprocessed by the `preprocess_input` of its module.

// Imports `layers` and below.

mod arguments;
pub mod efficientnet;
pub mod imagenet_utils;
pub mod mobilenet_v2;
pub mod resnet50;
#[cfg(test)]
mod tests;
pub mod vgg16;

pub use arguments::Pooling;
pub use efficientnet::EfficientNetB0;
pub use mobilenet_v2::MobileNetV2;
pub use resnet50::ResNet50;
pub use vgg16::VGG16;
