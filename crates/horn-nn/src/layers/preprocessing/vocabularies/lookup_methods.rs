//! The methods that the layers which look tokens up have in common.

/// The methods of a layer that looks tokens up, in its field `lookup`, and its arguments as methods.
macro_rules! lookup_methods {
    ($class:ident, $token:ty) => {
        $crate::layers::common::common_arguments!($class);
        $crate::layers::preprocessing::vocabularies::lookup_methods::vocabulary_arguments!($class, "token");

        impl $class {
            /// Learns the vocabulary: the most frequent tokens first, as many as `max_tokens` has room for. The first
            /// axis has the samples.
            ///
            /// # Errors
            ///
            /// Where the arguments are impossible, or a vocabulary was given.
            pub fn adapt(
                &mut self,
                data: impl $crate::layers::preprocessing::tokens::IntoBatch<$token>,
            ) -> $crate::error::Result<()> {
                let mut counts = $crate::layers::preprocessing::tokens::Counts::new();
                counts.add_rows(&data.into_batch());
                self.lookup.learn(counts)
            }

            /// Learns the vocabulary from data that comes in batches.
            ///
            /// # Errors
            ///
            /// As [`adapt`](Self::adapt).
            pub fn adapt_batches<B: $crate::layers::preprocessing::tokens::IntoBatch<$token>>(
                &mut self,
                batches: impl IntoIterator<Item = B>,
            ) -> $crate::error::Result<()> {
                let mut counts = $crate::layers::preprocessing::tokens::Counts::new();
                for batch in batches {
                    counts.add_batch(&batch.into_batch());
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
                tokens: impl $crate::layers::preprocessing::tokens::IntoBatch<$token>,
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
                indices: impl $crate::layers::preprocessing::tokens::IntoBatch<i64>,
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
            /// Where an argument is unknown or of the wrong type.
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
