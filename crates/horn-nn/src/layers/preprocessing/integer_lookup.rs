//! `IntegerLookup`: integers as indices of a vocabulary.

use std::sync::Arc;

use burn::module::Module;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::Mode;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::lookup_state::LookupState;
use crate::layers::common::{Common, described};
use crate::layers::preprocessing::encode::{to_device, to_host};
use crate::layers::preprocessing::lookup::{Lookup, lookup_methods};
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
    described!("IntegerLookup", completed; built_for: BuiltFor::Anything, index_dtype: Some("int64"));

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
        let tokens = to_host(input)?.map(|value| *value as i64);
        let found = if self.lookup.invert {
            self.lookup.tokens(&tokens)?.mapv(|token| token as f64)
        } else {
            self.lookup.encode(&tokens)?
        };
        to_device(&found, &device)
    }
}
