//! All layers, with Keras's names and arguments:
//!
#![doc = include_str!("families.md")]
//!
//! Each layer has a struct, such as [`Dense`](struct@Dense), with a method for every optional argument, and a function of
//! the same name, so that a model reads as in Keras: `Dense(128).activation(Activation::Relu)`.

// Imports `saving` and below.

pub(crate) mod activation;
pub(crate) mod attention;
pub(crate) mod augmentation;
#[cfg(test)]
pub(crate) mod check;
pub(crate) mod common;
pub(crate) mod convolution;
pub(crate) mod core_layers;
pub(crate) mod deserialize;
pub(crate) mod family;
pub(crate) mod masks;
pub(crate) mod merging;
pub(crate) mod nested;
pub(crate) mod normalization;
pub(crate) mod pooling;
pub(crate) mod preprocessing;
pub(crate) mod recurrent;
pub(crate) mod registry;
pub(crate) mod regularization;
pub(crate) mod reshaping;
pub(crate) mod resize;

pub use crate::layer::layer_family::LayerFamily;
pub use crate::layer::users::register;
pub use families::*;
#[doc(hidden)]
pub use registry::conventions_of;
pub use registry::{classes, classes_of, family_of, from_config};

/// The layers and their arguments alone, for a prelude.
#[doc(hidden)]
pub mod families {
    pub use super::activation::*;
    pub use super::attention::*;
    pub use super::augmentation::*;
    pub use super::convolution::*;
    pub use super::core_layers::*;
    pub use super::merging::*;
    pub use super::nested::{Nested, NestedLayer};
    pub use super::normalization::*;
    pub use super::pooling::*;
    pub use super::preprocessing::*;
    pub use super::recurrent::*;
    pub use super::regularization::*;
    pub use super::reshaping::*;
    pub use crate::arguments::list::IntoList;
    pub use crate::arguments::numbers::Numbers;
    pub use crate::arguments::options::{Axes, DataFormat, Interpolation, Padding};
    pub use crate::arguments::or_default::OrDefault;
    pub use crate::arguments::sample_shape::{IntoSampleShape, IntoSize};
    pub use crate::arguments::sizes::Sizes;
    pub use crate::graph::input::InputDtype;
    pub use crate::layer::lookup_state::LookupState;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{Layer, Shape};

    /// The table of the documentation has a row for each family, which names the family's classes and no others.
    #[test]
    fn every_layer_is_in_the_table_of_families() {
        let mut found = BTreeSet::new();
        for row in include_str!("families.md").lines().skip(2) {
            let (title, layers) = row.trim_matches(['|', ' ']).split_once(" | ").unwrap();
            let links = layers.split(", ").map(|link| link.split_once("](struct@").expect(link));
            let names = links.map(|(name, _)| name.trim_matches(['[', '`']).to_owned());
            found.extend(names.map(|name| (title, name)));
        }
        let mut known = BTreeSet::new();
        for family in registry::FAMILIES {
            let names = family.classes.iter().map(|class| match *class {
                "InputLayer" => "Input",
                "GroupedQueryAttention" => "GroupQueryAttention",
                class => class,
            });
            known.extend(names.map(|name| (family.family.title(), name.to_owned())));
        }
        // These are made of functions and modules of the program, and of no configuration.
        known.extend(["BurnModule", "Lambda"].map(|name| ("Core", name.to_owned())));
        assert_eq!(found, known);
    }

    /// A layer, the shape of its input and that of its output.
    type Case = (Box<dyn Layer>, &'static [usize], &'static [usize]);

    /// `layer(keras.Input(batch_shape=sizes)).shape`
    #[test]
    fn no_layer_loses_a_known_batch() {
        let cases: Vec<Case> = vec![
            (Box::new(Flatten()), &[2, 3, 4], &[2, 12]),
            (Box::new(Flatten()), &[2], &[2, 1]),
            (Box::new(Reshape([-1, 2])), &[2, 3, 4], &[2, 6, 2]),
            (Box::new(Permute([2, 1])), &[2, 3, 4], &[2, 4, 3]),
            (Box::new(RepeatVector(3)), &[2, 4], &[2, 3, 4]),
            (Box::new(Cropping1D(())), &[2, 5, 4], &[2, 3, 4]),
            (Box::new(ZeroPadding2D(1)), &[2, 3, 4, 5], &[2, 5, 6, 5]),
            (Box::new(UpSampling2D(2)), &[2, 3, 4, 5], &[2, 6, 8, 5]),
            (Box::new(Dense(3)), &[2, 4], &[2, 3]),
            (Box::new(EinsumDense("ab,bc->ac", 3)), &[2, 4], &[2, 3]),
            (Box::new(Embedding(3, 2)), &[2, 3], &[2, 3, 2]),
            (Box::new(Conv2D(2, 2)), &[2, 3, 4, 5], &[2, 2, 3, 2]),
            (Box::new(Conv2DTranspose(2, 2)), &[2, 3, 4, 5], &[2, 4, 5, 2]),
            (Box::new(DepthwiseConv2D(2)), &[2, 3, 4, 5], &[2, 2, 3, 5]),
            (Box::new(SeparableConv2D(2, 2)), &[2, 3, 4, 5], &[2, 2, 3, 2]),
            (Box::new(MaxPooling2D(2)), &[2, 4, 4, 5], &[2, 2, 2, 5]),
            (Box::new(AdaptiveMaxPooling2D(2)), &[2, 3, 4, 5], &[2, 2, 2, 5]),
            (Box::new(GlobalAveragePooling2D()), &[2, 3, 4, 5], &[2, 5]),
            (Box::new(LSTM(3)), &[2, 3, 4], &[2, 3]),
            (Box::new(LSTM(3).return_sequences(true)), &[2, 3, 4], &[2, 3, 3]),
            (Box::new(Bidirectional(LSTM(3))), &[2, 3, 4], &[2, 6]),
            (Box::new(TimeDistributed(Flatten())), &[2, 3, 4, 5], &[2, 3, 20]),
            (Box::new(ConvLSTM2D(2, 2)), &[2, 3, 4, 5, 3], &[2, 3, 4, 2]),
            (Box::new(CategoryEncoding(4)), &[2, 3], &[2, 4]),
            (Box::new(CenterCrop(2, 2)), &[2, 4, 4, 3], &[2, 2, 2, 3]),
            (Box::new(Resizing(2, 2)), &[2, 4, 4, 3], &[2, 2, 2, 3]),
            (Box::new(RandomCrop(2, 2)), &[2, 4, 4, 3], &[2, 2, 2, 3]),
            (Box::new(Hashing(3)), &[2, 4], &[2, 4]),
            (Box::new(MelSpectrogram().fft_length(64)), &[2, 800], &[2, 128, 2]),
        ];
        let shape = |sizes: &[usize]| Shape::new(sizes.iter().copied().map(Some).collect::<Vec<_>>());
        for (layer, input, output) in cases {
            assert_eq!(layer.output_shape(&shape(input)).unwrap(), shape(output), "{}", layer.class_name());
        }
        let [a, b, c] = [Some(2), Some(2), None].map(|batch| Shape::new([batch, Some(3), Some(4)]));
        for (layer, last) in
            [(Box::new(Concatenate()) as Box<dyn Layer>, 8), (Box::new(Add()), 4), (Box::new(Dot(2)), 3)]
        {
            for other in [&b, &c] {
                let joined = layer.output_shapes(&[a.clone(), other.clone()]).unwrap();
                assert_eq!(joined, [shape(&[2, 3, last])], "{}", layer.class_name());
            }
        }
        for layer in [Box::new(Attention()) as Box<dyn Layer>, Box::new(MultiHeadAttention(2, 2))] {
            assert_eq!(layer.output_shapes(&[a.clone(), b.clone()]).unwrap(), [shape(&[2, 3, 4])]);
        }
    }
}
