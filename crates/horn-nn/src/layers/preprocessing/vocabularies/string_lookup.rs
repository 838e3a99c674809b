//! `StringLookup`: strings as indices of a vocabulary.

use std::sync::Arc;

use burn::module::Module;
use ndarray::ArrayD;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::{Forward, signals};
use crate::layer::lookup_state::LookupState;
use crate::layer::signal::Signal;
use crate::layers::common::{Common, described};
use crate::layers::preprocessing::categories::encode::{OutputMode, to_host};
use crate::layers::preprocessing::vocabularies::lookup::Lookup;
use crate::layers::preprocessing::vocabularies::lookup_methods::lookup_methods;
use crate::layers::preprocessing::vocabularies::text::{Encoding, OfTexts, OfTextsModule, shape_of_strings};
use crate::tensor::shape::Shape;

/// Gives each string its index in a vocabulary, which is given or learned.
///
/// The indices are those of the mask token, of tokens that are not in the vocabulary, and of the tokens in it, in this
/// order. Devices have no strings: in a model the table is searched on the host.
///
/// ```
/// use horn::layers::StringLookup;
/// use ndarray::ArrayD;
///
/// let mut layer = StringLookup();
/// layer.adapt(&["red", "blue", "red"])?;
/// assert_eq!(layer.get_vocabulary()?, ["[UNK]", "red", "blue"]);
/// let indices: ArrayD<i64> = layer.call(&["blue", "green"])?;
/// assert_eq!(indices.as_slice(), Some(&[2, 0][..]));
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StringLookup {
    #[serde(flatten)]
    common: Common,
    #[serde(flatten)]
    lookup: Lookup<String>,
    encoding: Encoding,
}

/// `keras.layers.StringLookup()`. See [`StringLookup`](struct@StringLookup).
#[allow(non_snake_case)]
pub fn StringLookup() -> StringLookup {
    StringLookup::new()
}

impl StringLookup {
    /// A lookup that learns its vocabulary, where it is not given one.
    pub fn new() -> Self {
        Self { common: Common::default(), lookup: Lookup::new("[UNK]".to_owned()), encoding: Encoding::Utf8 }
    }
}

lookup_methods!(StringLookup, String);

impl Layer for StringLookup {
    described!("StringLookup", completed; built_for: BuiltFor::Anything, index_dtype: Some("int64"), gives_integers: true,
        learned_tokens: Some(TokenKind::Text));

    fn takes_strings(&self) -> bool {
        !self.lookup.invert
    }

    fn lookup_state(&self) -> Option<LookupState> {
        self.lookup.state(&[""])
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        let depth = self.lookup.depth()?;
        if self.lookup.invert {
            return Ok(input.clone().of_strings());
        }
        Ok(self.lookup.output_mode.output_shape(&shape_of_strings(input)?, depth))
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        let lookup = self.lookup.clone();
        Ok(match lookup.invert {
            true => BuiltLayer::new(ToTextsModule { lookup: Arc::new(lookup) }),
            false => BuiltLayer::new(OfTextsModule::new(lookup)),
        })
    }
}

impl OfTexts for Lookup<String> {
    fn numbers(&self, texts: &ArrayD<String>) -> Result<ArrayD<f64>> {
        self.encode(texts)
    }

    fn output_mode(&self) -> OutputMode {
        self.output_mode
    }
}

/// The inverse lookup in a model: strings for indices.
#[derive(Module, Debug)]
struct ToTextsModule {
    #[module(skip)]
    lookup: Arc<Lookup<String>>,
}

impl Forward for ToTextsModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        let [input] = signals(inputs)?;
        let input = input.numbers()?;
        let device = input.device();
        let texts = self.lookup.tokens(&to_host(input)?)?;
        Ok(vec![Signal::of_strings(texts, &device)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Dense, Input, InputDtype};
    use crate::{Mode, Sequential};

    fn call(layer: &StringLookup, tokens: &[&str]) -> Result<ArrayD<i64>> {
        layer.call(tokens)
    }

    #[test]
    fn impossible_arguments_are_errors() {
        assert!(call(&StringLookup(), &["a"]).is_err());
        assert!(call(&StringLookup().vocabulary(["a", "a"]), &["a"]).unwrap_err().is_argument());
        assert!(call(&StringLookup().vocabulary(["a"]).max_tokens(1), &["a"]).unwrap_err().is_argument());
        assert!(call(&StringLookup().vocabulary(["a", "b"]).max_tokens(2), &["a"]).unwrap_err().is_argument());
        let weighted = StringLookup().vocabulary(["a"]).output_mode(OutputMode::TfIdf);
        assert!(call(&weighted, &["a"]).unwrap_err().is_argument());
        assert!(call(&weighted.idf_weights([0.5]), &["a"]).unwrap_err().is_argument());
        let crowded = StringLookup().vocabulary(["a"]).num_oov_indices(1 << 31);
        assert!(call(&crowded, &["a"]).unwrap_err().is_argument());
        assert_eq!(call(&crowded.num_oov_indices(1 << 20), &["a"]).unwrap()[0], 1 << 20);
        let known = StringLookup().vocabulary(["a"]).num_oov_indices(0);
        assert!(call(&known, &["b"]).is_err());
        assert!(StringLookup().vocabulary(["a"]).adapt(&["b"]).unwrap_err().is_argument());
    }

    /// `StringLookup(vocabulary=["a", "b"], output_mode=…)(np.array("a"))`, and `adapt(np.array("a"))`
    #[test]
    fn one_token_is_one_sample() {
        let layer = StringLookup().vocabulary(["a", "b"]);
        let call = |mode| layer.clone().output_mode(mode).call::<i64>(&ndarray::arr0("a")).unwrap();
        assert_eq!(call(OutputMode::Int), ndarray::arr0(1).into_dyn());
        assert_eq!(call(OutputMode::OneHot), ndarray::arr2(&[[0, 1, 0]]).into_dyn());
        assert_eq!(call(OutputMode::MultiHot), ndarray::arr1(&[0, 1, 0]).into_dyn());
        assert_eq!(call(OutputMode::Count), ndarray::arr1(&[0, 1, 0]).into_dyn());
        let weighted = layer.clone().output_mode(OutputMode::TfIdf).idf_weights([1.0, 2.0]);
        assert_eq!(weighted.call::<f32>(&ndarray::arr0("a")).unwrap(), ndarray::arr1(&[0.0, 1.0, 0.0]).into_dyn());

        let mut learned = StringLookup();
        learned.adapt(&ndarray::arr0("a")).unwrap();
        assert_eq!(learned.get_vocabulary().unwrap(), ["[UNK]", "a"]);
    }

    #[test]
    fn arguments_count_that_are_set_after_a_call() {
        let layer = StringLookup().vocabulary(["a", "b"]);
        assert_eq!(call(&layer, &["b"]).unwrap()[0], 2);
        let weighted = layer.output_mode(OutputMode::TfIdf).idf_weights([0.5, 0.25]);
        assert_eq!(weighted.call::<f32>(&["b"]).unwrap(), ndarray::arr1(&[0.0, 0.0, 0.25]).into_dyn());
    }

    /// Keras's `model.predict` of these strings, by TensorFlow.
    #[test]
    fn stands_in_a_model() {
        let device = burn::tensor::Device::default();
        let model = |layer: StringLookup| {
            Sequential::new().add(Input(()).dtype(InputDtype::String)).add(layer).build(&device).unwrap()
        };
        let hot = model(StringLookup().vocabulary(["a", "b"]).output_mode(OutputMode::OneHot));
        assert_eq!(hot.output_shape().to_string(), "(None, 3)");
        let found = hot.predict(&["a", "zz"], 32).unwrap();
        assert_eq!(found, ndarray::array![[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]].into_dyn());

        // There and back.
        let both = Sequential::new()
            .add(Input([2]).dtype(InputDtype::String))
            .add(StringLookup().vocabulary(["a", "b"]))
            .add(StringLookup().vocabulary(["a", "b"]).invert(true))
            .build(&device)
            .unwrap();
        let texts = ndarray::array![["b", "a"], ["c", "b"]];
        let batch = crate::HostArray::from(&texts).batch(&[0, 1], &device).unwrap();
        let outputs = both.call(vec![batch], &mut CallContext::new(Mode::Inference)).unwrap();
        let [output] = signals(outputs).unwrap();
        let expected = ndarray::array![["b", "a"], ["[UNK]", "b"]].map(ToString::to_string).into_dyn();
        assert_eq!(*output.strings().unwrap().values, expected);
        assert!(both.predict(&texts, 32).unwrap_err().is_data());
    }

    #[test]
    fn numbers_where_strings_should_be_are_errors_and_the_other_way_round() {
        let device = burn::tensor::Device::default();
        let lookup = || StringLookup().vocabulary(["a"]);
        let numbers = Sequential::new().add(Input([2])).add(lookup()).build(&device);
        assert_eq!(
            numbers.unwrap_err().to_string(),
            "layer \"string_lookup\" (StringLookup): the layer takes strings, not numbers; received numbers of shape \
             (None, 2), expected strings. Hint: make the Input one of strings: `.dtype(InputDtype::String)`."
        );
        let texts = Sequential::new().add(Input([2]).dtype(InputDtype::String)).add(Dense(1)).build(&device);
        assert_eq!(
            texts.unwrap_err().to_string(),
            "layer \"dense\" (Dense): the layer takes numbers, not strings; received strings of shape (None, 2), expected \
             numbers. Hint: add a TextVectorization or a StringLookup layer before it."
        );
        let model = Sequential::new().add(Input([1]).dtype(InputDtype::String)).add(lookup()).build(&device).unwrap();
        let error = model.predict(&ndarray::array![[1.0_f32]], 32).unwrap_err();
        assert_eq!(
            error.to_string(),
            "model \"sequential\": the model takes strings; received numbers of shape (1, 1), expected strings of shape \
             (None, 1). Hint: change the data, or the dtype of the Input."
        );
    }
}
