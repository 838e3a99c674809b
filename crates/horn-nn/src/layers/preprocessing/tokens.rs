//! What vocabularies are made of: strings and integers.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;

use ndarray::{ArrayBase, ArrayD, Data, Dimension, IxDyn};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A category: a string or an integer.
pub trait Token: Hash + Ord + Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The text, an integer in decimal digits: what files have, and what is hashed.
    fn text(&self) -> String;

    /// An integer as it is, for the remainder of a division; strings have none.
    fn integer(&self) -> Option<i64>;
}

impl Token for String {
    fn text(&self) -> String {
        self.clone()
    }

    fn integer(&self) -> Option<i64> {
        None
    }
}

impl Token for i64 {
    fn text(&self) -> String {
        self.to_string()
    }

    fn integer(&self) -> Option<i64> {
        Some(*self)
    }
}

/// A value that is a token of this kind.
pub trait IntoToken<T> {
    /// The token.
    fn token(&self) -> T;
}

impl IntoToken<String> for String {
    fn token(&self) -> String {
        self.clone()
    }
}

impl IntoToken<String> for &str {
    fn token(&self) -> String {
        (*self).to_owned()
    }
}

macro_rules! integers {
    ($($type:ty),+) => {$(
        impl IntoToken<i64> for $type {
            fn token(&self) -> i64 {
                i64::from(*self)
            }
        }
    )+};
}

integers!(i64, i32, u32, i16, u16, i8, u8);

/// Tokens in any form: slices, vectors and arrays of strings or of integers, with any number of axes.
///
/// ```
/// use horn::layers::IntoBatch;
///
/// assert_eq!((&["a", "b"]).into_batch().shape(), [2]);
/// assert_eq!((&ndarray::array![[1, 2], [3, 4]]).into_batch().shape(), [2, 2]);
/// ```
pub trait IntoBatch<T> {
    /// The tokens as an array.
    fn into_batch(self) -> ArrayD<T>;
}

impl<T, E: IntoToken<T>> IntoBatch<T> for &[E] {
    fn into_batch(self) -> ArrayD<T> {
        let tokens = self.iter().map(IntoToken::token).collect();
        ArrayD::from_shape_vec(IxDyn(&[self.len()]), tokens).expect("there is a token a place")
    }
}

impl<T, E: IntoToken<T>> IntoBatch<T> for &Vec<E> {
    fn into_batch(self) -> ArrayD<T> {
        self.as_slice().into_batch()
    }
}

impl<T, E: IntoToken<T>, const N: usize> IntoBatch<T> for &[E; N] {
    fn into_batch(self) -> ArrayD<T> {
        self.as_slice().into_batch()
    }
}

impl<T, E: IntoToken<T>, S: Data<Elem = E>, D: Dimension> IntoBatch<T> for &ArrayBase<S, D> {
    fn into_batch(self) -> ArrayD<T> {
        let tokens = self.iter().map(IntoToken::token).collect();
        ArrayD::from_shape_vec(IxDyn(self.shape()), tokens).expect("there is a token a place")
    }
}

/// How often tokens, and documents that hold them, were seen.
#[derive(Debug)]
pub(crate) struct Counts<T> {
    tokens: HashMap<T, Count>,
    documents: u64,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    tokens: u64,
    documents: u64,
    /// The document that it was seen in last, from 1.
    last: u64,
}

impl<T: Token> Counts<T> {
    pub fn new() -> Self {
        Self { tokens: HashMap::new(), documents: 0 }
    }

    /// Counts a document.
    pub fn add<'a>(&mut self, document: impl IntoIterator<Item = &'a T>) {
        self.documents += 1;
        for token in document {
            let count = self.tokens.entry(token.clone()).or_default();
            count.tokens += 1;
            if count.last != self.documents {
                count.last = self.documents;
                count.documents += 1;
            }
        }
    }

    /// Counts the tokens of an array, whose first axis has the documents; a vector has documents of one token, and one
    /// token is a document.
    pub fn add_rows(&mut self, data: &ArrayD<T>) {
        if data.ndim() == 0 {
            return self.add(data.iter());
        }
        for document in data.outer_iter() {
            self.add(document.iter());
        }
    }

    /// Counts the tokens of a batch as it comes from an iterator: a vector is one document.
    pub fn add_batch(&mut self, batch: &ArrayD<T>) {
        if batch.ndim() <= 1 {
            self.add(batch.iter());
        } else {
            self.add_rows(batch);
        }
    }

    /// The most frequent tokens, `most` at most, and how much each counts for a document: `ln(1 + n / (1 + d))`
    /// for `d` of `n` documents.
    pub fn most_frequent(mut self, without: &[&T], most: Option<usize>) -> (Vec<T>, Vec<f32>) {
        for token in without {
            self.tokens.remove(*token);
        }
        let mut counts: Vec<(T, Count)> = self.tokens.into_iter().collect();
        counts.sort_by(|(a, x), (b, y)| (y.tokens, b).cmp(&(x.tokens, a)));
        counts.truncate(most.unwrap_or(usize::MAX));
        let weight = |count: Count| (1.0 + self.documents as f64 / (1 + count.documents) as f64).ln() as f32;
        counts.into_iter().map(|(token, count)| (token, weight(count))).unzip()
    }
}
