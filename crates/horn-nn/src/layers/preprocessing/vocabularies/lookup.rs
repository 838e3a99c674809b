//! What the lookups of strings and of integers have in common: a vocabulary, and the arguments around it.

use std::sync::{Arc, OnceLock};

use ndarray::{ArrayD, Axis};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::layer::lookup_state::LookupState;
use crate::layers::preprocessing::categories::encode::{OutputMode, check_dense, encode_host};
use crate::layers::preprocessing::categories::hash::{Salt, bin};
use crate::layers::preprocessing::vocabularies::table::{Table, Tokens};
use crate::layers::preprocessing::vocabularies::tokens::{Counts, Token};
use crate::layers::preprocessing::vocabularies::vocabulary::{Learned, Vocabulary};

/// A vocabulary lists the token for unknown ones so many times at most.
const MAX_OOV_INDICES: usize = 1 << 20;

/// The weights of tokens are padded to so many at most: 128 MiB.
const MAX_PADDED: usize = 1 << 25;

/// How tokens that are not in the vocabulary get one of several indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OovMethod {
    /// Integers by the remainder of their division, strings by a hash.
    #[default]
    Floormod,
    /// All by a hash.
    Farmhash,
}

/// The arguments of a lookup, and its vocabulary.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(bound = "T: Token")]
pub(crate) struct Lookup<T> {
    pub invert: bool,
    pub max_tokens: Option<usize>,
    pub num_oov_indices: usize,
    pub oov_token: T,
    pub mask_token: Option<T>,
    pub output_mode: OutputMode,
    pub sparse: bool,
    pub pad_to_max_tokens: bool,
    pub idf_weights: Option<Vec<f64>>,
    pub vocabulary: Option<Vocabulary<T>>,
    pub vocabulary_size: Option<usize>,
    pub oov_method: OovMethod,
    pub salt: Option<Salt>,
    /// The tokens that it knows, made when they are first asked for. Clones share it.
    #[serde(skip, default = "OnceLock::new")]
    pub table: OnceLock<Arc<Table<T>>>,
}

impl<T: Token> Lookup<T> {
    /// A lookup without a vocabulary.
    pub fn new(oov_token: T) -> Self {
        Self {
            invert: false,
            max_tokens: None,
            num_oov_indices: 1,
            oov_token,
            mask_token: None,
            output_mode: OutputMode::Int,
            sparse: false,
            pad_to_max_tokens: false,
            idf_weights: None,
            vocabulary: None,
            vocabulary_size: None,
            oov_method: OovMethod::default(),
            salt: None,
            table: OnceLock::new(),
        }
    }

    /// Changes arguments. What was made of a vocabulary that was given is made anew from then on, since it depends on
    /// them; what was learned stays.
    pub fn change(&mut self, change: impl FnOnce(&mut Self)) {
        change(self);
        if self.vocabulary.is_some() {
            self.table = OnceLock::new();
        }
    }

    /// Are the arguments possible?
    pub fn check(&self) -> Result<()> {
        let wrong = |problem: &str, received: String, hint: &str| {
            Err(Error::argument(problem).received(received).hint(hint.to_owned()))
        };
        if self.max_tokens.is_some_and(|most| most <= 1) {
            return wrong(
                "a vocabulary needs space for tokens",
                format!("max_tokens = {:?}", self.max_tokens),
                "give 2 or more",
            );
        }
        if self.num_oov_indices > MAX_OOV_INDICES {
            return wrong(
                "there are more indices for unknown tokens than any vocabulary has",
                format!("num_oov_indices = {}", self.num_oov_indices),
                "give 1048576 or less",
            );
        }
        if self.pad_to_max_tokens && self.max_tokens.is_none() {
            return wrong("it is not known what to pad to", "pad_to_max_tokens".to_owned(), "set max_tokens");
        }
        let has_weights = self.output_mode == OutputMode::TfIdf || self.idf_weights.is_some();
        if let Some(most) = self.max_tokens.filter(|&most| self.pad_to_max_tokens && has_weights && most > MAX_PADDED) {
            return wrong(
                "there are more weights to pad to than any vocabulary has",
                format!("max_tokens = {most}"),
                "give a smaller max_tokens, or leave pad_to_max_tokens out",
            );
        }
        check_dense(self.sparse)?;
        if self.invert && self.output_mode != OutputMode::Int {
            return wrong(
                "an inverse lookup gives tokens",
                format!("output_mode = {:?}", self.output_mode),
                "take OutputMode::Int",
            );
        }
        let integers = self.oov_token.integer().is_some();
        if self.salt.is_some() && integers && self.oov_method != OovMethod::Farmhash {
            return wrong("a salt is for hashes", "salt".to_owned(), "set oov_method to OovMethod::Farmhash");
        }
        if self.idf_weights.is_some() != (self.is_given() && self.output_mode == OutputMode::TfIdf) {
            return wrong(
                "weights and a vocabulary go together with OutputMode::TfIdf",
                format!("idf_weights = {:?}, output_mode = {:?}", self.idf_weights, self.output_mode),
                "give each token of the vocabulary a weight, or adapt the layer",
            );
        }
        Ok(())
    }

    /// Is the vocabulary an argument?
    fn is_given(&self) -> bool {
        matches!(self.vocabulary, Some(Vocabulary::Given(_)))
    }

    /// How many indices the mask takes.
    fn oov_start(&self) -> usize {
        usize::from(self.mask_token.is_some() && self.output_mode == OutputMode::Int)
    }

    /// The index of the first token of the vocabulary.
    fn token_start(&self) -> usize {
        self.oov_start() + self.num_oov_indices
    }

    /// The special tokens at the beginning of the vocabulary.
    fn special_tokens(&self) -> Vec<T> {
        let mask = self.mask_token.iter().take(self.oov_start()).cloned();
        mask.chain(std::iter::repeat_n(self.oov_token.clone(), self.num_oov_indices)).collect()
    }

    /// The vocabulary, from the arguments where nothing was learned.
    fn table(&self) -> Result<&Table<T>> {
        self.check()?;
        if let Some(table) = self.table.get() {
            return Ok(table);
        }
        let table = match &self.vocabulary {
            Some(Vocabulary::Given(tokens)) => self.given(tokens, |special| Tokens::Given(tokens.clone(), special))?,
            Some(Vocabulary::Learned(learned)) => self.learned_before(learned)?,
            None => {
                return Err(Error::model("the layer has no vocabulary")
                    .hint("call `adapt` on it with data, or give it a vocabulary"));
            }
        };
        Ok(self.table.get_or_init(|| Arc::new(table)))
    }

    /// Takes over a vocabulary that was learned, with its weights.
    fn learned_before(&self, learned: &Arc<Learned<T>>) -> Result<Table<T>> {
        let mut table = self.given(&learned.tokens, |special| Tokens::Learned(learned.clone(), special))?;
        if self.output_mode == OutputMode::TfIdf {
            let depth = self.depth_of(self.token_start() + table.tokens().len());
            table.weights = learned.idf_weights.clone().unwrap_or_default();
            if table.weights.len() != depth {
                return Err(Error::data("there is not one weight for each token")
                    .received(format!("{} weights", table.weights.len()))
                    .expected(depth)
                    .hint("save the model again"));
            }
        }
        Ok(table)
    }

    /// What files keep beside the arguments; nothing before there is a vocabulary.
    pub fn state(&self, parts: &'static [&'static str]) -> Option<LookupState> {
        self.table().ok()?;
        let text = |tokens: Vec<T>| tokens.iter().map(Token::text).collect();
        let vocabulary = if self.is_given() { None } else { Some(text(self.get_vocabulary().ok()?)) };
        let idf_weights = (self.output_mode == OutputMode::TfIdf).then(|| self.idf_weights().map(<[f32]>::to_vec));
        Some(LookupState { vocabulary, idf_weights: idf_weights.transpose().ok()?, parts })
    }

    /// Takes over a vocabulary that may begin with the special tokens, of which `shared` leaves out so many.
    fn given(&self, vocabulary: &[T], shared: impl FnOnce(usize) -> Tokens<T>) -> Result<Table<T>> {
        let special = self.token_start();
        let begins_with_special = vocabulary.len() >= special && {
            let (mask, oov) = vocabulary[..special].split_at(self.oov_start());
            mask.iter().eq(self.mask_token.iter().take(mask.len())) && oov.iter().all(|token| *token == self.oov_token)
        };
        let (front, left_out) = if begins_with_special { (0, special) } else { (special, 0) };
        let table = Table::new(shared(left_out), self.weights(vocabulary.len(), front)?);
        let tokens = table.tokens();
        if tokens.is_empty() {
            return Err(Error::argument("the vocabulary is empty")
                .expected("at least one token besides the special ones")
                .hint("give it tokens, or call `adapt` on the layer with data"));
        }
        if let Some(twice) = table.twice() {
            return Err(Error::argument("the vocabulary has a token twice")
                .received(format!("{twice:?} twice"))
                .expected("each token once")
                .hint("leave one of the two out"));
        }
        let reserved = self.mask_token.iter().chain(self.invert.then_some(&self.oov_token));
        if let Some(reserved) = reserved.into_iter().find(|token| table.place(token).is_some()) {
            return Err(Error::argument("a special token is in the middle of the vocabulary")
                .received(format!("{reserved:?}"))
                .expected("special tokens left out, or at the beginning")
                .hint("remove it from the vocabulary"));
        }
        let size = self.token_start() + tokens.len();
        if self.max_tokens.is_some_and(|most| size > most) {
            return Err(Error::argument("the vocabulary is too large")
                .received(format!("{size} tokens with the special ones"))
                .expected(format!("at most max_tokens = {:?}", self.max_tokens))
                .hint("give a larger max_tokens, or leave rare tokens out"));
        }
        Ok(table)
    }

    /// The given weights by index, with the mean of them for special tokens that the vocabulary lacks.
    fn weights(&self, tokens: usize, front: usize) -> Result<Vec<f32>> {
        let Some(weights) = &self.idf_weights else {
            return Ok(Vec::new());
        };
        if weights.len() != tokens {
            return Err(Error::argument("there is not one weight for each token")
                .received(format!("{} weights for {tokens} tokens", weights.len()))
                .expected("as many weights as tokens")
                .hint("give each token of the vocabulary a weight"));
        }
        let mean = weights.iter().sum::<f64>() / weights.len() as f64;
        let weights = weights.iter().map(|weight| *weight as f32);
        Ok(self.padded(std::iter::repeat_n(mean as f32, front).chain(weights).collect()))
    }

    /// Weights for all places of the output.
    fn padded(&self, mut weights: Vec<f32>) -> Vec<f32> {
        if let (true, Some(most)) = (self.pad_to_max_tokens, self.max_tokens) {
            weights.resize(most.max(weights.len()), 0.0);
        }
        weights
    }

    /// Learns the vocabulary from documents.
    pub fn learn(&mut self, counts: Counts<T>) -> Result<()> {
        self.check()?;
        if self.is_given() {
            return Err(Error::argument("the layer was given a vocabulary, and can't learn another")
                .hint("leave the vocabulary out where you make the layer"));
        }
        let without: Vec<&T> = self.mask_token.iter().chain([&self.oov_token]).collect();
        let most = self.max_tokens.map(|most| most.saturating_sub(self.token_start()));
        let (tokens, weights) = counts.most_frequent(&without, most);
        let mean = weights.iter().sum::<f32>() / weights.len().max(1) as f32;
        let weights = std::iter::repeat_n(mean, self.token_start()).chain(weights).collect();
        self.vocabulary = None;
        self.vocabulary_size = Some(self.token_start() + tokens.len());
        self.table = OnceLock::from(Arc::new(Table::new(Tokens::Own(tokens), self.padded(weights))));
        Ok(())
    }

    /// The vocabulary with its special tokens, in the order of the indices.
    pub fn get_vocabulary(&self) -> Result<Vec<T>> {
        Ok(self.special_tokens().into_iter().chain(self.table()?.tokens().iter().cloned()).collect())
    }

    /// How many indices there are.
    pub fn size(&self) -> Result<usize> {
        Ok(self.token_start() + self.table()?.tokens().len())
    }

    /// What a configuration says about the size of the vocabulary.
    pub fn known_size(&self) -> Option<usize> {
        self.size().ok().or(self.vocabulary_size)
    }

    /// The number of indices before the vocabulary is known.
    pub fn smallest_size(&self) -> usize {
        self.token_start()
    }

    /// How long the vectors are that are made of categories.
    pub fn depth(&self) -> Result<usize> {
        self.check()?;
        // A configuration alone, without what was learned, says how large the vocabulary is.
        let unknown = self.vocabulary.is_none() && self.table.get().is_none();
        let recorded = self.vocabulary_size.filter(|_| unknown);
        Ok(self.depth_of(recorded.map_or_else(|| self.size(), Ok)?))
    }

    /// How long they are for a vocabulary of this size.
    fn depth_of(&self, size: usize) -> usize {
        if self.pad_to_max_tokens { self.max_tokens.unwrap_or(size) } else { size }
    }

    /// The weights by index, where categories are weighted.
    pub fn idf_weights(&self) -> Result<&[f32]> {
        Ok(&self.table()?.weights)
    }

    /// The index of a token; `None` where it is masked and does not count.
    pub fn index(&self, token: &T) -> Result<Option<usize>> {
        if self.mask_token.as_ref() == Some(token) {
            return Ok((self.output_mode == OutputMode::Int).then_some(0));
        }
        if let Some(place) = self.table()?.place(token) {
            return Ok(Some(self.token_start() + place));
        }
        let index = match (self.num_oov_indices, token.integer()) {
            (0, _) => {
                return Err(Error::data("a token is not in the vocabulary, and there is no index for such tokens")
                    .received(format!("{token:?}"))
                    .expected("tokens of the vocabulary")
                    .hint("set num_oov_indices to 1"));
            }
            (1, _) => 0,
            (bins, Some(integer)) if self.oov_method == OovMethod::Floormod => integer.rem_euclid(bins as i64) as usize,
            (bins, _) => bin(token.text().as_bytes(), bins, self.salt),
        };
        Ok(Some(self.oov_start() + index))
    }

    /// Looks tokens up, and encodes what is found.
    pub fn encode(&self, tokens: &ArrayD<T>) -> Result<ArrayD<f64>> {
        if self.invert {
            return Err(Error::argument("an inverse lookup takes indices").hint("call `tokens` with them"));
        }
        let indices: Vec<Option<usize>> = tokens.iter().map(|token| self.index(token)).collect::<Result<_>>()?;
        let indices = ArrayD::from_shape_vec(tokens.raw_dim(), indices).expect("there is an index a token");
        self.encode_indices(&indices)
    }

    /// Encodes what was found.
    pub fn encode_indices(&self, indices: &ArrayD<Option<usize>>) -> Result<ArrayD<f64>> {
        let mut encoded = encode_host(indices, self.output_mode, self.depth()?)?;
        if self.output_mode == OutputMode::TfIdf {
            let weights = self.idf_weights()?;
            let last = Axis(encoded.ndim() - 1);
            for mut lane in encoded.lanes_mut(last) {
                for (value, weight) in lane.iter_mut().zip(weights) {
                    *value *= f64::from(*weight);
                }
            }
        }
        Ok(encoded)
    }

    /// The token of an index.
    fn token(&self, index: i64) -> Result<T> {
        let table = self.table()?;
        if let (0, Some(mask)) = (index, &self.mask_token) {
            return Ok(mask.clone());
        }
        let place = usize::try_from(index).ok().and_then(|index| index.checked_sub(self.token_start()));
        let token = place.and_then(|place| table.tokens().get(place));
        Ok(token.unwrap_or(&self.oov_token).clone())
    }

    /// The tokens of indices.
    pub fn tokens(&self, indices: &ArrayD<i64>) -> Result<ArrayD<T>> {
        let tokens = indices.iter().map(|index| self.token(*index)).collect::<Result<_>>()?;
        Ok(ArrayD::from_shape_vec(indices.raw_dim(), tokens).expect("there is a token an index"))
    }
}

/// Counts the tokens of an array, whose first axis has the documents; a vector has documents of one token, and one token
/// is a document.
pub(crate) fn count_rows<T: Token>(counts: &mut Counts<T>, data: &ArrayD<T>) {
    if data.ndim() == 0 {
        return counts.add(data.iter());
    }
    for document in data.outer_iter() {
        counts.add(document.iter());
    }
}

/// Counts the tokens of a batch as it comes from an iterator: a vector is one document.
pub(crate) fn count_batch<T: Token>(counts: &mut Counts<T>, batch: &ArrayD<T>) {
    if batch.ndim() <= 1 {
        counts.add(batch.iter());
    } else {
        count_rows(counts, batch);
    }
}

/// The methods of a layer that looks tokens up, in its field `lookup`, and its arguments as methods.
macro_rules! lookup_methods {
    ($class:ident, $token:ty) => {
        $crate::layers::common::common_arguments!($class);
        $crate::layers::preprocessing::vocabularies::lookup::vocabulary_arguments!($class, "token");

        impl $class {
            /// Learns the vocabulary: the most frequent tokens first, as many as `max_tokens` has room for. The first
            /// axis has the samples.
            ///
            /// # Errors
            ///
            /// Where the arguments are impossible, or a vocabulary was given.
            pub fn adapt(
                &mut self,
                data: impl $crate::layers::preprocessing::vocabularies::tokens::IntoBatch<$token>,
            ) -> $crate::error::Result<()> {
                let mut counts = $crate::layers::preprocessing::vocabularies::tokens::Counts::new();
                $crate::layers::preprocessing::vocabularies::lookup::count_rows(&mut counts, &data.into_batch());
                self.lookup.learn(counts)
            }

            /// Learns the vocabulary from data that comes in batches.
            ///
            /// # Errors
            ///
            /// As [`adapt`](Self::adapt).
            pub fn adapt_batches<B: $crate::layers::preprocessing::vocabularies::tokens::IntoBatch<$token>>(
                &mut self,
                batches: impl IntoIterator<Item = B>,
            ) -> $crate::error::Result<()> {
                let mut counts = $crate::layers::preprocessing::vocabularies::tokens::Counts::new();
                for batch in batches {
                    $crate::layers::preprocessing::vocabularies::lookup::count_batch(&mut counts, &batch.into_batch());
                }
                self.lookup.learn(counts)
            }

            /// Looks tokens up, before the model: what `output_mode` says, as integers or floats.
            ///
            /// # Errors
            ///
            /// Where there is no vocabulary yet, or a token has no index.
            pub fn call<N: $crate::layers::preprocessing::categories::encode::Number>(
                &self,
                tokens: impl $crate::layers::preprocessing::vocabularies::tokens::IntoBatch<$token>,
            ) -> $crate::error::Result<ndarray::ArrayD<N>> {
                let encoded = self.lookup.encode(&tokens.into_batch())?;
                $crate::layers::preprocessing::categories::encode::to_numbers(encoded, self.lookup.output_mode)
            }

            /// The tokens of indices: the inverse of [`call`](Self::call).
            ///
            /// # Errors
            ///
            /// Where there is no vocabulary yet.
            pub fn tokens(
                &self,
                indices: impl $crate::layers::preprocessing::vocabularies::tokens::IntoBatch<i64>,
            ) -> $crate::error::Result<ndarray::ArrayD<$token>> {
                self.lookup.tokens(&indices.into_batch())
            }

            /// The vocabulary, special tokens first, in the order of the indices.
            ///
            /// # Errors
            ///
            /// Where there is none yet.
            pub fn get_vocabulary(&self) -> $crate::error::Result<Vec<$token>> {
                self.lookup.get_vocabulary()
            }

            /// How many indices there are, those of special tokens included.
            ///
            /// # Errors
            ///
            /// Where there is no vocabulary yet.
            pub fn vocabulary_size(&self) -> $crate::error::Result<usize> {
                self.lookup.size()
            }

            /// How much each category counts with `OutputMode::TfIdf`, by its index.
            ///
            /// # Errors
            ///
            /// Where there is no vocabulary yet.
            pub fn get_idf_weights(&self) -> $crate::error::Result<&[f32]> {
                self.lookup.idf_weights()
            }

            /// Reads the layer from the configuration that Keras writes for it.
            ///
            /// # Errors
            ///
            /// Where an argument is unknown or of another kind.
            pub fn from_config(config: &serde_json::Value) -> $crate::error::Result<Self> {
                $crate::layers::family::read_as(&Self::new(), &[], config)
            }

            /// Adds the size of the vocabulary to a configuration, since it follows from the vocabulary.
            fn complete(&self, config: &mut serde_json::Value) {
                config["vocabulary_size"] = serde_json::json!(self.lookup.known_size());
            }
        }

        impl Default for $class {
            fn default() -> Self {
                Self::new()
            }
        }

        impl $class {
            /// How many indices there are for tokens that are not in the vocabulary; 1 by default.
            #[must_use]
            pub fn num_oov_indices(mut self, num_oov_indices: usize) -> Self {
                self.lookup.change(|lookup| lookup.num_oov_indices = num_oov_indices);
                self
            }

            /// What stands for tokens that are not in the vocabulary.
            #[must_use]
            pub fn oov_token(mut self, oov_token: impl Into<$token>) -> Self {
                self.lookup.change(|lookup| lookup.oov_token = oov_token.into());
                self
            }

            /// A token that stands for nothing; it has the index 0, or counts for nothing in vectors.
            #[must_use]
            pub fn mask_token(mut self, mask_token: impl Into<$token>) -> Self {
                self.lookup.change(|lookup| lookup.mask_token = Some(mask_token.into()));
                self
            }

            /// The vocabulary, where it is not to be learned. It may begin with the special tokens.
            #[must_use]
            pub fn vocabulary<I: Into<$token>>(mut self, vocabulary: impl IntoIterator<Item = I>) -> Self {
                let tokens = vocabulary.into_iter().map(Into::into).collect();
                let vocabulary = $crate::layers::preprocessing::vocabularies::vocabulary::Vocabulary::Given(tokens);
                self.lookup.change(|lookup| lookup.vocabulary = Some(vocabulary));
                self
            }

            /// Does it look up the token of an index, rather than the index of a token? No by default.
            #[must_use]
            pub fn invert(mut self, invert: bool) -> Self {
                self.lookup.change(|lookup| lookup.invert = invert);
                self
            }

            /// How unknown tokens get one of several indices.
            #[must_use]
            pub fn oov_method(
                mut self,
                oov_method: $crate::layers::preprocessing::vocabularies::lookup::OovMethod,
            ) -> Self {
                self.lookup.change(|lookup| lookup.oov_method = oov_method);
                self
            }

            /// Makes the hash of unknown tokens another one.
            #[must_use]
            pub fn salt(mut self, salt: impl Into<$crate::layers::preprocessing::categories::hash::Salt>) -> Self {
                self.lookup.change(|lookup| lookup.salt = Some(salt.into()));
                self
            }
        }
    };
}
pub(super) use lookup_methods;

/// The arguments around a vocabulary as methods, of a layer that has a lookup of such tokens in its field `lookup`.
macro_rules! vocabulary_arguments {
    ($class:ident, $token:literal) => {
        impl $class {
            /// How large the vocabulary is at most, special tokens included; as large as it gets by default.
            #[must_use]
            pub fn max_tokens(mut self, max_tokens: usize) -> Self {
                self.lookup.change(|lookup| lookup.max_tokens = Some(max_tokens));
                self
            }

            #[doc = concat!("How much each ", $token, " of the given vocabulary counts with `OutputMode::TfIdf`.")]
            #[must_use]
            pub fn idf_weights(mut self, idf_weights: impl Into<Vec<f64>>) -> Self {
                self.lookup.change(|lookup| lookup.idf_weights = Some(idf_weights.into()));
                self
            }

            #[doc = concat!("What ", $token, "s become; their indices by default.")]
            #[must_use]
            pub fn output_mode(
                mut self,
                output_mode: $crate::layers::preprocessing::categories::encode::OutputMode,
            ) -> Self {
                self.lookup.change(|lookup| lookup.output_mode = output_mode);
                self
            }

            /// Are vectors as long as `max_tokens`, even where the vocabulary is smaller? No by default.
            #[must_use]
            pub fn pad_to_max_tokens(mut self, pad_to_max_tokens: bool) -> Self {
                self.lookup.change(|lookup| lookup.pad_to_max_tokens = pad_to_max_tokens);
                self
            }
        }
    };
}
pub(super) use vocabulary_arguments;
