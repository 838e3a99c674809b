//! What the lookups of strings and of integers have in common: a vocabulary, and the arguments around it.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::layer::lookup_state::LookupState;
use crate::layers::preprocessing::categories::encode::{OutputMode, check_dense};
use crate::layers::preprocessing::categories::hash::Salt;
use crate::layers::preprocessing::tokens::{Counts, Token};
use crate::layers::preprocessing::vocabularies::table::{Table, Tokens};
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
    pub(super) fn oov_start(&self) -> usize {
        usize::from(self.mask_token.is_some() && self.output_mode == OutputMode::Int)
    }

    /// The index of the first token of the vocabulary.
    pub(super) fn token_start(&self) -> usize {
        self.oov_start() + self.num_oov_indices
    }

    /// The special tokens at the beginning of the vocabulary.
    fn special_tokens(&self) -> Vec<T> {
        let mask = self.mask_token.iter().take(self.oov_start()).cloned();
        mask.chain(std::iter::repeat_n(self.oov_token.clone(), self.num_oov_indices)).collect()
    }

    /// The vocabulary, from the arguments where nothing was learned.
    pub(super) fn table(&self) -> Result<&Table<T>> {
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
}
