//! `TextVectorization`: strings as the indices of their words.

use std::sync::{Arc, OnceLock};

use ndarray::{ArrayD, Axis, IxDyn};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::lookup_state::LookupState;
use crate::layers::common::{Common, arguments, common_arguments, described};
use crate::layers::family::read_as;
use crate::layers::preprocessing::categories::encode::{Number, OutputMode, to_numbers};
use crate::layers::preprocessing::categories::hash::Salt;
use crate::layers::preprocessing::tokens::{Counts, IntoBatch};
use crate::layers::preprocessing::vocabularies::lookup::{Lookup, OovMethod};
use crate::layers::preprocessing::vocabularies::lookup_methods::vocabulary_arguments;
use crate::layers::preprocessing::vocabularies::table::Table;
use crate::layers::preprocessing::vocabularies::text::{Encoding, OfTexts, OfTextsModule, shape_of_strings};
use crate::layers::preprocessing::vocabularies::vocabulary::Vocabulary;
use crate::memory;
use crate::tensor::shape::{Shape, Values};

/// Splits strings into words, and gives each word its index in a vocabulary, which is given or learned.
///
/// Texts are standardized, split, and joined to n-grams, as the arguments say. Index 0 is for what is padded, 1 for
/// words that are not in the vocabulary. Devices have no strings: the words are looked up on the host, in a model
/// whose [`Input`](struct@crate::layers::Input) is one of strings, or before one.
///
/// # Shapes
///
/// - input: strings, one for each sample: `(batch,)` or `(batch, 1)`
/// - output: `(batch, output_sequence_length)`; with another `output_mode` than `Int` `(batch, vocabulary size)`
///
/// ```
/// use horn::layers::TextVectorization;
/// use ndarray::{ArrayD, array};
///
/// let mut layer = TextVectorization().output_sequence_length(3);
/// layer.adapt(&["The cat sat.", "The dog!"])?;
/// assert_eq!(layer.get_vocabulary()?, ["", "[UNK]", "the", "sat", "dog", "cat"]);
/// let indices: ArrayD<i64> = layer.call(&["the dog sat", "a cat"])?;
/// assert_eq!(indices, array![[2, 4, 3], [1, 5, 0]].into_dyn());
/// # Ok::<(), horn::Error>(())
/// ```
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TextVectorization {
    #[serde(flatten)]
    common: Common,
    #[serde(flatten, with = "WordLookup")]
    lookup: Lookup<String>,
    standardize: Option<Standardize>,
    split: Option<Split>,
    ngrams: Option<Ngrams>,
    output_sequence_length: Option<usize>,
    ragged: bool,
    encoding: Encoding,
}

/// How a configuration has the lookup of the words: Keras's layer leaves the other arguments of a lookup no choice.
#[derive(Serialize, Deserialize)]
#[serde(remote = "Lookup<String>", default = "lookup_of_words")]
struct WordLookup {
    #[serde(skip)]
    invert: bool,
    max_tokens: Option<usize>,
    #[serde(skip)]
    num_oov_indices: usize,
    #[serde(skip)]
    oov_token: String,
    #[serde(skip)]
    mask_token: Option<String>,
    output_mode: OutputMode,
    sparse: bool,
    pad_to_max_tokens: bool,
    idf_weights: Option<Vec<f64>>,
    vocabulary: Option<Vocabulary<String>>,
    vocabulary_size: Option<usize>,
    #[serde(skip)]
    oov_method: OovMethod,
    #[serde(skip)]
    salt: Option<Salt>,
    #[serde(skip)]
    table: OnceLock<Arc<Table<String>>>,
}

/// A lookup of words, without a vocabulary: padding is masked by an empty text.
fn lookup_of_words() -> Lookup<String> {
    Lookup { mask_token: Some(String::new()), ..Lookup::new("[UNK]".to_owned()) }
}

/// How strings are made alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standardize {
    /// Both of the others.
    LowerAndStripPunctuation,
    /// The letters A to Z become small.
    Lower,
    /// The punctuation of ASCII is left out.
    StripPunctuation,
}

/// Where strings are split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// At spaces, tabs and ends of lines.
    Whitespace,
    /// Between all characters.
    Character,
}

/// How many words are joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Ngrams {
    /// All n-grams of one word up to this number of words.
    UpTo(usize),
    /// The n-grams of each of these numbers of words.
    Each(Vec<usize>),
}

impl From<usize> for Ngrams {
    fn from(most: usize) -> Self {
        Self::UpTo(most)
    }
}

impl<const N: usize> From<[usize; N]> for Ngrams {
    fn from(widths: [usize; N]) -> Self {
        Self::Each(widths.to_vec())
    }
}

/// `keras.layers.TextVectorization()`. See [`TextVectorization`](struct@TextVectorization).
#[allow(non_snake_case)]
pub fn TextVectorization() -> TextVectorization {
    TextVectorization::new()
}

impl TextVectorization {
    /// A layer that learns its vocabulary, where it is not given one.
    pub fn new() -> Self {
        Self {
            common: Common::default(),
            lookup: lookup_of_words(),
            standardize: Some(Standardize::LowerAndStripPunctuation),
            split: Some(Split::Whitespace),
            ngrams: None,
            output_sequence_length: None,
            ragged: false,
            encoding: Encoding::Utf8,
        }
    }

    /// Joins words to n-grams: `ngrams(3)` makes those of 1, 2 and 3 words, `ngrams([1, 3])` those of 1 and 3 words.
    #[must_use]
    pub fn ngrams(mut self, ngrams: impl Into<Ngrams>) -> Self {
        self.ngrams = Some(ngrams.into());
        self
    }

    /// How many indices each text gets; as many as the longest by default.
    #[must_use]
    pub fn output_sequence_length(mut self, output_sequence_length: usize) -> Self {
        self.output_sequence_length = Some(output_sequence_length);
        self
    }

    /// The vocabulary, where it is not to be learned. It may begin with `""` and `"[UNK]"`.
    #[must_use]
    pub fn vocabulary<I: Into<String>>(mut self, vocabulary: impl IntoIterator<Item = I>) -> Self {
        let vocabulary = Vocabulary::Given(vocabulary.into_iter().map(Into::into).collect());
        self.lookup.change(|lookup| lookup.vocabulary = Some(vocabulary));
        self
    }

    /// Learns the vocabulary from texts: the most frequent words first, as many as `max_tokens` has room for.
    ///
    /// # Errors
    ///
    /// Where the arguments are impossible, or a vocabulary was given.
    pub fn adapt(&mut self, texts: impl IntoBatch<String>) -> Result<()> {
        let mut texts = texts.into_batch();
        for axis in texts.ndim()..2 {
            texts = texts.insert_axis(Axis(axis));
        }
        let mut counts = Counts::new();
        self.words(&texts)?.iter().for_each(|words| counts.add(words));
        self.lookup.learn(counts)
    }

    /// Learns the vocabulary from strings that come in batches.
    ///
    /// # Errors
    ///
    /// As [`adapt`](Self::adapt).
    pub fn adapt_batches<B: IntoBatch<String>>(&mut self, batches: impl IntoIterator<Item = B>) -> Result<()> {
        let mut counts = Counts::new();
        for batch in batches {
            self.words(&batch.into_batch())?.iter().for_each(|words| counts.add(words));
        }
        self.lookup.learn(counts)
    }

    /// Looks the words of texts up, before the model: what `output_mode` says, as integers or floats. Texts come as a
    /// vector, or as the only column of a matrix; each becomes a row. One text alone becomes a vector.
    ///
    /// # Errors
    ///
    /// Where there is no vocabulary yet, or the arguments are impossible.
    pub fn call<N: Number>(&self, texts: impl IntoBatch<String>) -> Result<ArrayD<N>> {
        self.check()?;
        let texts = texts.into_batch();
        let rows = self.words(&texts)?;
        let longest = rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = self.output_sequence_length.unwrap_or(longest);
        memory::check(memory::values(&[rows.len(), width, 40]), "the indices of the words")?;
        let mut indices = Vec::with_capacity(rows.len() * width);
        for words in &rows {
            let found = words.iter().take(width).map(|word| self.lookup.index(word));
            indices.extend(found.collect::<Result<Vec<_>>>()?);
            indices.resize(indices.len() + width.saturating_sub(words.len()), None);
        }
        let indices = ArrayD::from_shape_vec(IxDyn(&[rows.len(), width]), indices).expect("all rows have the width");
        let encoded = self.lookup.encode_indices(&indices)?;
        let encoded = if texts.ndim() == 0 { encoded.index_axis_move(Axis(0), 0) } else { encoded };
        to_numbers(encoded, self.lookup.output_mode)
    }

    /// The vocabulary, special tokens first, in the order of the indices.
    ///
    /// # Errors
    ///
    /// Where there is none yet.
    pub fn get_vocabulary(&self) -> Result<Vec<String>> {
        self.lookup.get_vocabulary()
    }

    /// How much each word counts with `OutputMode::TfIdf`, by its index.
    ///
    /// # Errors
    ///
    /// Where there is no vocabulary yet.
    pub fn get_idf_weights(&self) -> Result<Vec<f32>> {
        self.lookup.idf_weights().map(<[f32]>::to_vec)
    }

    /// Reads the layer from the configuration that Keras writes for it.
    ///
    /// # Errors
    ///
    /// Where an argument is unknown or of the wrong type.
    pub fn from_config(config: &Value) -> Result<Self> {
        read_as(&Self::new(), &[], config)
    }

    fn check(&self) -> Result<()> {
        if self.ragged {
            return Err(Error::argument("Horn has no ragged tensors")
                .received("ragged = true")
                .expected("ragged = false")
                .hint("leave ragged out: shorter rows end in zeros"));
        }
        if self.output_sequence_length.is_some() && self.lookup.output_mode != OutputMode::Int {
            return Err(Error::argument("output_sequence_length is only for indices")
                .received(format!("output_sequence_length with OutputMode::{:?}", self.lookup.output_mode))
                .expected("OutputMode::Int")
                .hint("leave output_sequence_length out"));
        }
        if self.lookup.output_mode == OutputMode::OneHot {
            return Err(Error::argument("strings of different lengths can't be one-hot encoded per word")
                .received("OutputMode::OneHot")
                .expected("Int, MultiHot, Count or TfIdf")
                .hint("use MultiHot for one vector of each string"));
        }
        Ok(())
    }

    /// The words of each string, or each row of strings where they are not split.
    fn words(&self, texts: &ArrayD<String>) -> Result<Vec<Vec<String>>> {
        let texts = texts.map(|text| standardized(text, self.standardize));
        let rows: Vec<Vec<String>> = match (self.split, texts.shape()) {
            (Some(split), [] | [_] | [_, 1]) => texts.iter().map(|text| split.words(text)).collect(),
            (None, [] | [_]) => vec![texts.into_iter().collect()],
            (None, [_, _]) => texts.outer_iter().map(|row| row.iter().cloned().collect()).collect(),
            (_, sizes) => {
                return Err(Error::shape("the strings have another shape")
                    .received(crate::tensor::shape::sizes(sizes))
                    .expected("a vector, or a matrix of one column")
                    .hint("put the strings of a sample together"));
            }
        };
        let longest = rows.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let widths = match &self.ngrams {
            None => return Ok(rows),
            // A text has no n-grams of more words than it has.
            Some(Ngrams::UpTo(most)) => (1..=longest.min(*most)).collect(),
            Some(Ngrams::Each(widths)) => widths.clone(),
        };
        if widths.is_empty() || widths.contains(&0) {
            return Err(Error::argument("n-gram sizes must be at least 1")
                .received(format!("ngrams = {widths:?}"))
                .expected("numbers of words, from 1 on")
                .hint("leave ngrams out for single words"));
        }
        // The n-grams of a string have far more letters than the string.
        let letters = |words: &Vec<String>| {
            let mean = words.iter().map(|word| word.len() + 1).sum::<usize>() / words.len().max(1) + 1;
            let of = |&width: &usize| {
                (words.len() + 1).saturating_sub(width).saturating_mul(width.saturating_mul(mean) + 24)
            };
            widths.iter().map(of).fold(0, usize::saturating_add)
        };
        memory::check(rows.iter().map(letters).fold(0, usize::saturating_add) as u64, "the n-grams of the strings")?;
        let joined = |words: &Vec<String>| -> Vec<String> {
            widths.iter().flat_map(|width| words.windows(*width)).map(|words| words.join(" ")).collect()
        };
        Ok(rows.iter().map(joined).collect())
    }
}

impl Default for TextVectorization {
    fn default() -> Self {
        Self::new()
    }
}

impl Split {
    fn words(self, text: &str) -> Vec<String> {
        match self {
            Self::Whitespace => {
                let is_space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\u{b}' | '\u{c}' | '\r');
                text.split(is_space).filter(|word| !word.is_empty()).map(str::to_owned).collect()
            }
            Self::Character => text.chars().map(String::from).collect(),
        }
    }
}

fn standardized(text: &str, standardize: Option<Standardize>) -> String {
    use Standardize::{Lower, LowerAndStripPunctuation, StripPunctuation};
    let lower = matches!(standardize, Some(Lower | LowerAndStripPunctuation));
    let strip = matches!(standardize, Some(StripPunctuation | LowerAndStripPunctuation));
    let kept = text.chars().filter(|c| !(strip && c.is_ascii_punctuation()));
    kept.map(|c| if lower { c.to_ascii_lowercase() } else { c }).collect()
}

common_arguments!(TextVectorization);

vocabulary_arguments!(TextVectorization, "word");

arguments!(TextVectorization {
    /// How strings are made alike; small letters without punctuation by default.
    standardize: Option<Standardize>,
    /// Where strings are split; at whitespace by default.
    split: Option<Split>,
});

impl TextVectorization {
    /// Adds the size of the vocabulary, which follows from it.
    fn complete(&self, config: &mut Value) {
        config["vocabulary_size"] = json!(self.lookup.known_size().unwrap_or_else(|| self.lookup.smallest_size()));
    }
}

impl Layer for TextVectorization {
    described!("TextVectorization", completed; index_dtype: Some("int64"), gives_integers: true,
        learned_tokens: Some(TokenKind::Text));

    fn takes_strings(&self) -> bool {
        true
    }

    fn lookup_state(&self) -> Option<LookupState> {
        // Keras's layer has another that looks its words up.
        self.lookup.state(&["", "_lookup_layer"])
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.check()?;
        let depth = self.lookup.depth()?;
        let texts = shape_of_strings(input)?;
        let fits = match texts.sample() {
            [] => self.split.is_some(),
            [columns] => self.split.is_none() || *columns == Some(1),
            _ => false,
        };
        if !fits {
            return Err(Error::shape("the strings have another shape")
                .received(input)
                .expected(if self.split.is_some() { "(None,) or (None, 1)" } else { "(None, words)" })
                .hint("put the strings of a sample together"));
        }
        Ok(match self.lookup.output_mode {
            OutputMode::Int => Shape::new([texts.batch(), self.output_sequence_length]).with_values(Values::Longs),
            _ => Shape::new([texts.batch(), Some(depth)]),
        })
    }

    fn build(&self, _: &Shape, _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(OfTextsModule::new(self.clone())))
    }
}

impl OfTexts for TextVectorization {
    fn numbers(&self, texts: &ArrayD<String>) -> Result<ArrayD<f64>> {
        self.call(texts)
    }

    fn output_mode(&self) -> OutputMode {
        self.lookup.output_mode
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sequential;
    use crate::layers::{Input, InputDtype};

    /// `TextVectorization(vocabulary=["a", "b"], output_mode=…)(np.array("a b"))`
    #[test]
    fn one_text_becomes_a_vector() {
        let layer = TextVectorization().vocabulary(["a", "b"]);
        let text = ndarray::arr0("a b");
        assert_eq!(layer.call::<i64>(&text).unwrap(), ndarray::arr1(&[2, 3]).into_dyn());
        let hot = layer.output_mode(OutputMode::MultiHot);
        assert_eq!(hot.call::<i64>(&text).unwrap(), ndarray::arr1(&[0, 1, 1]).into_dyn());
        let mut learned = TextVectorization();
        learned.adapt(&text).unwrap();
        assert_eq!(learned.get_vocabulary().unwrap(), ["", "[UNK]", "b", "a"]);
    }

    #[test]
    fn the_table_of_a_given_vocabulary_is_made_once_and_shared() {
        let layer = TextVectorization().vocabulary(["a", "b"]);
        assert_eq!(layer.get_vocabulary().unwrap(), ["", "[UNK]", "a", "b"]);
        let table = layer.lookup.table.get().unwrap();
        assert!(Arc::ptr_eq(table, layer.clone().lookup.table.get().unwrap()));
        assert_eq!(layer.call::<i64>(&["b"]).unwrap()[[0, 0]], 3);
        assert!(Arc::ptr_eq(table, layer.lookup.table.get().unwrap()));
    }

    #[test]
    fn arguments_count_that_are_set_after_a_call() {
        let layer = TextVectorization().vocabulary(["a", "b"]);
        layer.call::<i64>(&["a"]).unwrap();
        let weighted = layer.output_mode(OutputMode::TfIdf).idf_weights([0.5, 0.25]);
        let expected = ndarray::arr2(&[[0.0, 0.5, 0.25]]).into_dyn();
        assert_eq!(weighted.call::<f32>(&["a b"]).unwrap(), expected);

        let mut learned = TextVectorization();
        learned.adapt(&["a b"]).unwrap();
        let hot = learned.output_mode(OutputMode::MultiHot).call::<i64>(&["a"]).unwrap();
        assert_eq!(hot, ndarray::arr2(&[[0, 0, 1]]).into_dyn());
    }

    /// Keras's `model.predict` of these strings, by TensorFlow.
    #[test]
    fn stands_in_a_model() {
        let device = burn::tensor::Device::default();
        let texts = ["the cat sat", "the dog", "a cat, a dog!"];
        let model = |layer: TextVectorization, sample: &[usize]| {
            Sequential::new().add(Input(sample).dtype(InputDtype::String)).add(layer).build(&device)
        };
        let mut words = TextVectorization().output_sequence_length(4);
        words.adapt(&texts).unwrap();
        for sample in [&[][..], &[1]] {
            let model = model(words.clone(), sample).unwrap();
            assert_eq!(model.output_shape().to_string(), "(None, 4)");
            let expected = ndarray::array![[2.0, 4.0, 6.0, 0.0], [2.0, 3.0, 0.0, 0.0], [5.0, 4.0, 5.0, 3.0]];
            assert_eq!(model.predict(&texts, 32).unwrap(), expected.into_dyn());
        }
        let counts = model(words.clone().output_mode(OutputMode::Count), &[]);
        assert!(counts.unwrap_err().is_argument());
        assert!(model(TextVectorization(), &[]).unwrap_err().is_model());
        assert!(model(words, &[2]).unwrap_err().is_shape());
    }

    #[test]
    fn impossible_arguments_are_errors() {
        let layer = TextVectorization().vocabulary(["a"]);
        assert!(layer.clone().output_mode(OutputMode::OneHot).call::<i64>(&["a"]).unwrap_err().is_argument());
        assert!(layer.clone().ngrams([0]).call::<i64>(&["a"]).unwrap_err().is_argument());
        let counted = layer.clone().output_mode(OutputMode::Count).output_sequence_length(2);
        assert!(counted.call::<i64>(&["a"]).unwrap_err().is_argument());
        assert!(layer.call::<i64>(&ndarray::array![["a", "b"]]).unwrap_err().is_shape());
        assert!(TextVectorization().call::<i64>(&["a"]).is_err());
    }
}
