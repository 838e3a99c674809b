//! What a lookup does with tokens and indices.

use ndarray::{ArrayD, Axis};

use crate::error::{Error, Result};
use crate::layers::preprocessing::categories::encode::{OutputMode, encode_host};
use crate::layers::preprocessing::categories::hash::bin;
use crate::layers::preprocessing::tokens::Token;
use crate::layers::preprocessing::vocabularies::lookup::{Lookup, OovMethod};

impl<T: Token> Lookup<T> {
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
