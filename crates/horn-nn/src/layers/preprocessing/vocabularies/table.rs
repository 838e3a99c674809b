//! The tokens that a lookup knows, with the place of each. A vocabulary of a million tokens is ordinary, so the tokens
//! are those of the layer's argument or of the file, and are not copied.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;

use crate::layers::preprocessing::tokens::Token;
use crate::layers::preprocessing::vocabularies::vocabulary::Learned;

/// The tokens of a vocabulary without the special ones.
#[derive(Debug)]
pub(crate) struct Table<T> {
    tokens: Tokens<T>,
    places: Places,
    /// By index, special tokens included.
    pub weights: Vec<f32>,
}

/// Where the tokens are, and how many special ones come first there.
#[derive(Debug)]
pub(crate) enum Tokens<T> {
    Given(Arc<[T]>, usize),
    Learned(Arc<Learned<T>>, usize),
    Own(Vec<T>),
}

impl<T> Tokens<T> {
    fn all(&self) -> &[T] {
        match self {
            Self::Given(tokens, special) => &tokens[*special..],
            Self::Learned(learned, special) => &learned.tokens[*special..],
            Self::Own(tokens) => tokens,
        }
    }
}

impl<T: Token> Table<T> {
    /// Makes the table. [`twice`](Self::twice) says whether a token comes twice.
    pub fn new(tokens: Tokens<T>, weights: Vec<f32>) -> Self {
        let places = Places::of(tokens.all());
        Self { tokens, places, weights }
    }

    /// The tokens.
    pub fn tokens(&self) -> &[T] {
        self.tokens.all()
    }

    /// The place of a token among them.
    pub fn place(&self, token: &T) -> Option<usize> {
        self.places.find(self.tokens(), token).ok()
    }

    /// A token that comes twice, if there is one.
    pub fn twice(&self) -> Option<&T> {
        if self.places.count == self.tokens().len() {
            return None;
        }
        let mut tokens = self.tokens().iter().enumerate();
        tokens.find(|(at, token)| self.place(token) != Some(*at)).map(|(_, token)| token)
    }
}

/// A hash table of places with open addressing, which compares with the tokens in their list.
#[derive(Debug)]
struct Places {
    /// A power of two; at most half of the slots are taken.
    slots: Vec<u32>,
    count: usize,
    hashes: RandomState,
}

const EMPTY: u32 = u32::MAX;

impl Places {
    fn of<T: Token>(tokens: &[T]) -> Self {
        // A place has 32 bits, and no vocabulary has more tokens.
        let tokens = &tokens[..tokens.len().min(EMPTY as usize)];
        let slots = vec![EMPTY; (2 * tokens.len()).next_power_of_two().max(2)];
        let mut places = Self { slots, count: 0, hashes: RandomState::new() };
        for (place, token) in tokens.iter().enumerate() {
            if let Err(slot) = places.find(tokens, token) {
                places.slots[slot] = place as u32;
                places.count += 1;
            }
        }
        places
    }

    /// The place of a token, or the slot where it would have to be.
    fn find<T: Token>(&self, tokens: &[T], token: &T) -> Result<usize, usize> {
        let last = self.slots.len() - 1;
        let mut slot = self.hashes.hash_one(token) as usize & last;
        loop {
            match self.slots[slot] {
                EMPTY => return Err(slot),
                place if tokens[place as usize] == *token => return Ok(place as usize),
                _ => slot = (slot + 1) & last,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_token_has_its_place() {
        let tokens: Vec<String> = (0..10_000).map(|at| format!("t{at}")).collect();
        let table = Table::new(Tokens::Given(tokens.clone().into(), 2), Vec::new());
        assert_eq!((table.tokens().len(), table.twice()), (9_998, None));
        assert!(tokens[2..].iter().enumerate().all(|(at, token)| table.place(token) == Some(at)));
        assert_eq!([&tokens[0], &tokens[1], &"t".to_owned()].map(|token| table.place(token)), [None; 3]);
        let none = Table::new(Tokens::Own(Vec::<i64>::new()), Vec::new());
        assert_eq!((none.place(&0), none.twice()), (None, None));
    }

    #[test]
    fn what_comes_twice_is_found() {
        let table = Table::new(Tokens::Own(vec![5_i64, 7, 5, 7, 9]), Vec::new());
        assert_eq!((table.twice(), table.place(&7), table.place(&9)), (Some(&5), Some(1), Some(4)));
    }
}
