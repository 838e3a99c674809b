//! `IntegerLookup`: integers as indices of a vocabulary.

use std::sync::Arc;

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::data::host_array::int_tensor;
use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::lookup_state::LookupState;
use crate::layers::common::{Common, described};
use crate::layers::preprocessing::categories::encode::{to_device, to_host};
use crate::layers::preprocessing::vocabularies::lookup::Lookup;
use crate::layers::preprocessing::vocabularies::lookup_methods::lookup_methods;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// Gives each integer its index in a vocabulary, which is given or learned.
///
/// The indices are those of the mask token, of integers that are not in the vocabulary, and of those in it, in this
/// order. In a model the table is searched on the host.
///
/// # Shapes
///
/// - input: any, of whole numbers
/// - output: as the input; with another `output_mode` than `Int` a vector for each integer (`OneHot`) or sample
///
/// ```
/// use horn::layers::IntegerLookup;
/// use ndarray::ArrayD;
///
/// let mut layer = IntegerLookup();
/// layer.adapt(&[1138, 42, 1138])?;
/// assert_eq!(layer.get_vocabulary()?, [-1, 1138, 42]);
/// let indices: ArrayD<i64> = layer.call(&[42, 7])?;
/// assert_eq!(indices.as_slice(), Some(&[2, 0][..]));
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct IntegerLookup {
    #[serde(flatten)]
    common: Common,
    #[serde(flatten)]
    lookup: Lookup<i64>,
    vocabulary_dtype: Integers,
}

/// The type of the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Integers {
    Int64,
}

/// `keras.layers.IntegerLookup()`. See [`IntegerLookup`](struct@IntegerLookup).
#[allow(non_snake_case)]
pub fn IntegerLookup() -> IntegerLookup {
    IntegerLookup::new()
}

impl IntegerLookup {
    /// A lookup that learns its vocabulary, where it is not given one.
    pub fn new() -> Self {
        Self { common: Common::default(), lookup: Lookup::new(-1), vocabulary_dtype: Integers::Int64 }
    }
}

lookup_methods!(IntegerLookup, i64);

impl Layer for IntegerLookup {
    described!("IntegerLookup", completed; built_for: BuiltFor::Anything, index_dtype: Some("int64"), gives_integers: true,
        learned_tokens: Some(TokenKind::Integer));

    fn lookup_state(&self) -> Option<LookupState> {
        self.lookup.state(&[""])
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(self.lookup.output_mode.output_shape(input, self.lookup.depth()?))
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(IntegerLookupModule { lookup: Arc::new(self.lookup.clone()) }))
    }
}

#[derive(Module, Debug)]
struct IntegerLookupModule {
    #[module(skip)]
    lookup: Arc<Lookup<i64>>,
}

impl Forward for IntegerLookupModule {
    fn forward(&self, input: AnyTensor, _: Mode) -> Result<AnyTensor> {
        let device = input.device();
        let tokens = to_host(input)?;
        if self.lookup.invert {
            let found = self.lookup.tokens(&tokens)?;
            return int_tensor(found.iter().copied().collect(), found.shape().to_vec(), &device.without_autodiff());
        }
        to_device(&self.lookup.encode(&tokens)?, self.lookup.output_mode, &device)
    }

    fn takes_integers(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use ndarray::{Array2, arr2};

    use super::*;
    use crate::layers::{
        Add, Concatenate, Cropping1D, Dropout, Flatten, Identity, Input, InputDtype, Masking, Maximum, Permute,
        RepeatVector, Reshape, TimeDistributed, UpSampling1D, ZeroPadding1D,
    };
    use crate::{Apply, KerasTensor, Model, Sequential};

    /// No float holds the first one.
    const IDS: [i64; 2] = [16_777_217, 16_777_216];

    fn found(input: &Input, ids: &KerasTensor, vocabulary: [i64; 2]) -> Vec<f32> {
        let indices = IntegerLookup().vocabulary(vocabulary).apply(Flatten().apply(ids).unwrap()).unwrap();
        let model = Model::new(input, &indices).unwrap().build(&Device::default()).unwrap();
        model.predict(&arr2(&[IDS]), 1).unwrap().iter().copied().collect()
    }

    /// `IntegerLookup(vocabulary=[16777217, 7])` of `[16777217, 16777216]`
    #[test]
    fn large_integers_are_looked_up_as_they_are() {
        let input = |dtype| Input([2]).dtype(dtype);
        let index = |input: Input| found(&input, &input.tensor(), [IDS[0], 7]);
        assert_eq!(index(input(InputDtype::Int64)), [1.0, 0.0]);
        assert_eq!(index(input(InputDtype::Int32)), [1.0, 0.0]);
        assert_eq!(index(input(InputDtype::Float32)), [0.0, 0.0]);
    }

    #[test]
    fn layers_between_keep_integers() {
        let input = Input([2]).dtype(InputDtype::Int64);
        let steps = Reshape([2, 1]).apply(&input).unwrap();
        let nested = Sequential::new().add(Input([2]).dtype(InputDtype::Int64)).add(Identity());
        let by_step = TimeDistributed(Reshape([1, 1])).apply(&steps).unwrap();
        for (ids, expected) in [
            (Identity().apply(&input), &[1.0, 0.0][..]),
            (Dropout(0.5).apply(&input), &[1.0, 0.0]),
            (nested.apply(&input), &[1.0, 0.0]),
            (Maximum().apply((&input, &input)), &[1.0, 0.0]),
            (RepeatVector(2).apply(&input), &[1.0, 0.0, 1.0, 0.0]),
            (Concatenate().apply((&input, &input)), &[1.0, 0.0, 1.0, 0.0]),
            (Permute([2, 1]).apply(&steps), &[1.0, 0.0]),
            (Masking().apply(&steps), &[1.0, 0.0]),
            (UpSampling1D(2).apply(&steps), &[1.0, 1.0, 0.0, 0.0]),
            (ZeroPadding1D(1).apply(&steps), &[0.0, 1.0, 0.0, 0.0]),
            (Cropping1D((0, 1)).apply(&steps), &[1.0]),
            (Ok(by_step), &[1.0, 0.0]),
        ] {
            assert_eq!(found(&input, &ids.unwrap(), [IDS[0], 7]), expected);
        }
        let twice = Add().apply((&input, &input)).unwrap();
        assert_eq!(found(&input, &twice, [2 * IDS[0], 7]), [1.0, 0.0]);
    }

    #[test]
    fn tokens_of_indices_are_whole() {
        let lookup = || IntegerLookup().vocabulary(IDS);
        let model = Sequential::new().add(Input([2])).add(lookup().invert(true)).add(lookup());
        let indices = model.build(&Device::default()).unwrap().predict(&arr2(&[[2.0_f32, 1.0]]), 1).unwrap();
        assert_eq!(indices, Array2::from(vec![[2.0, 1.0]]).into_dyn());
    }
}
