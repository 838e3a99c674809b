//! The hashes by which Keras puts tokens into bins.

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;

/// Makes a hash another one: two numbers, or one that counts twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Given")]
pub struct Salt([u64; 2]);

#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    One(u64),
    Two([u64; 2]),
}

impl From<Given> for Salt {
    fn from(given: Given) -> Self {
        match given {
            Given::One(salt) => salt.into(),
            Given::Two(salt) => salt.into(),
        }
    }
}

impl From<u64> for Salt {
    fn from(salt: u64) -> Self {
        Self([salt; 2])
    }
}

impl From<[u64; 2]> for Salt {
    fn from(salt: [u64; 2]) -> Self {
        Self(salt)
    }
}

/// The bin of a string, of so many: by SipHash-2-4 with a salt, by FarmHash's Fingerprint64 without one.
pub(crate) fn bin(text: &[u8], bins: usize, salt: Option<Salt>) -> usize {
    let hash = match salt {
        Some(Salt([a, b])) => SipHasher24::new_with_keys(a, b).hash(text),
        None => fingerprint64(text),
    };
    (hash % bins as u64) as usize
}

/// What TensorFlow begins the hash of a combination with.
pub(crate) const CROSSING: u64 = 0x00de_cafc_affe;

/// The hash of a combination and one more feature, as TensorFlow's `sparse.cross_hashed` makes it.
pub(crate) fn crossed(hash: u64, feature: u64) -> u64 {
    const FACTOR: u64 = 0xc6a4_a793_5bd1_e995;
    let hash = (hash ^ FACTOR) ^ mix(feature.wrapping_mul(FACTOR)).wrapping_mul(FACTOR);
    mix(mix(hash.wrapping_mul(FACTOR)).wrapping_mul(FACTOR))
}

const K0: u64 = 0xc3a5_c85c_97cb_3127;

const K1: u64 = 0xb492_b66f_be98_f273;

const K2: u64 = 0x9ae1_6a3b_2f90_404f;

/// FarmHash's Fingerprint64 (Geoff Pike, 2014). Its results never change, on no machine.
///
/// The crate of this name errs where the length is a multiple of 64.
pub(crate) fn fingerprint64(text: &[u8]) -> u64 {
    match text.len() {
        0 => K2,
        1..4 => up_to_3(text),
        4..8 => up_to_7(text),
        8..=16 => up_to_16(text),
        17..=32 => up_to_32(text),
        33..=64 => up_to_64(text),
        _ => longer(text),
    }
}

fn word(text: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(text[at..at + 8].try_into().expect("eight bytes"))
}

fn half(text: &[u8], at: usize) -> u64 {
    u64::from(u32::from_le_bytes(text[at..at + 4].try_into().expect("four bytes")))
}

fn mix(x: u64) -> u64 {
    x ^ (x >> 47)
}

fn fold(x: u64, y: u64, factor: u64) -> u64 {
    let a = mix((x ^ y).wrapping_mul(factor));
    mix((y ^ a).wrapping_mul(factor)).wrapping_mul(factor)
}

/// A factor that depends on the length.
fn factor(text: &[u8]) -> u64 {
    K2.wrapping_add(2 * text.len() as u64)
}

fn up_to_3(text: &[u8]) -> u64 {
    let len = text.len();
    let [first, middle, last] = [0, len >> 1, len - 1].map(|at| u64::from(text[at]));
    let (y, z) = (first + (middle << 8), len as u64 + (last << 2));
    mix(y.wrapping_mul(K2) ^ z.wrapping_mul(K0)).wrapping_mul(K2)
}

fn up_to_7(text: &[u8]) -> u64 {
    let len = text.len();
    fold(len as u64 + (half(text, 0) << 3), half(text, len - 4), factor(text))
}

fn up_to_16(text: &[u8]) -> u64 {
    let factor = factor(text);
    let (a, b) = (word(text, 0).wrapping_add(K2), word(text, text.len() - 8));
    let c = b.rotate_right(37).wrapping_mul(factor).wrapping_add(a);
    let d = a.rotate_right(25).wrapping_add(b).wrapping_mul(factor);
    fold(c, d, factor)
}

/// The sums that strings up to 64 bytes have in common: `(a + b, a, c, …)` of the first words and the last.
fn ends(text: &[u8], first: u64) -> (u64, u64, u64) {
    let (len, factor) = (text.len(), factor(text));
    let a = word(text, 0).wrapping_mul(first);
    let b = word(text, 8);
    let c = word(text, len - 8).wrapping_mul(factor);
    let d = word(text, len - 16).wrapping_mul(K2);
    let y = a.wrapping_add(b).rotate_right(43).wrapping_add(c.rotate_right(30)).wrapping_add(d);
    let z = a.wrapping_add(b.wrapping_add(K2).rotate_right(18)).wrapping_add(c);
    (a, y, z)
}

fn up_to_32(text: &[u8]) -> u64 {
    let (_, y, z) = ends(text, K1);
    fold(y, z, factor(text))
}

fn up_to_64(text: &[u8]) -> u64 {
    let (len, factor) = (text.len(), factor(text));
    let (a, y, z) = ends(text, K2);
    let z = fold(y, z, factor);
    let e = word(text, 16).wrapping_mul(factor);
    let f = word(text, 24);
    let g = y.wrapping_add(word(text, len - 32)).wrapping_mul(factor);
    let h = z.wrapping_add(word(text, len - 24)).wrapping_mul(factor);
    let left = e.wrapping_add(f).rotate_right(43).wrapping_add(g.rotate_right(30)).wrapping_add(h);
    let right = e.wrapping_add(f.wrapping_add(a).rotate_right(18)).wrapping_add(g);
    fold(left, right, factor)
}

/// What is remembered from block to block of 64 bytes.
struct State {
    x: u64,
    y: u64,
    z: u64,
    v: [u64; 2],
    w: [u64; 2],
}

impl State {
    /// Takes in a block; the last one weighs some sums more.
    fn take(&mut self, block: &[u8], factor: u64, weight: u64) {
        let Self { x, y, z, v, w } = self;
        *x = x.wrapping_add(*y).wrapping_add(v[0]).wrapping_add(word(block, 8)).rotate_right(37).wrapping_mul(factor);
        *y = y.wrapping_add(v[1]).wrapping_add(word(block, 48)).rotate_right(42).wrapping_mul(factor);
        *x ^= w[1].wrapping_mul(weight);
        *y = y.wrapping_add(v[0].wrapping_mul(weight)).wrapping_add(word(block, 40));
        *z = z.wrapping_add(w[0]).rotate_right(33).wrapping_mul(factor);
        *v = weave(&block[..32], v[1].wrapping_mul(factor), x.wrapping_add(w[0]));
        *w = weave(&block[32..], z.wrapping_add(w[1]), y.wrapping_add(word(block, 16)));
        std::mem::swap(x, z);
    }
}

fn weave(half_block: &[u8], a: u64, b: u64) -> [u64; 2] {
    let [first, second, third, fourth] = [0, 8, 16, 24].map(|at| word(half_block, at));
    let a = a.wrapping_add(first);
    let b = b.wrapping_add(a).wrapping_add(fourth).rotate_right(21);
    let sum = a.wrapping_add(second).wrapping_add(third);
    let b = b.wrapping_add(sum.rotate_right(44));
    [sum.wrapping_add(fourth), b.wrapping_add(a)]
}

fn longer(text: &[u8]) -> u64 {
    const SEED: u64 = 81;
    let y = SEED.wrapping_mul(K1).wrapping_add(113);
    let z = mix(y.wrapping_mul(K2).wrapping_add(113)).wrapping_mul(K2);
    let x = SEED.wrapping_mul(K2).wrapping_add(word(text, 0));
    let mut state = State { x, y, z, v: [0; 2], w: [0; 2] };
    // What is left after the whole blocks: 1 to 64 bytes.
    let rest = (text.len() - 1) % 64;
    for block in text[..text.len() - 1 - rest].chunks_exact(64) {
        state.take(block, K1, 1);
    }
    let factor = K1.wrapping_add((state.z & 0xff) << 1);
    let State { v, w, .. } = &mut state;
    w[0] = w[0].wrapping_add(rest as u64);
    v[0] = v[0].wrapping_add(w[0]);
    w[0] = w[0].wrapping_add(v[0]);
    state.take(&text[text.len() - 64..], factor, 9);
    let State { x, y, z, v, w } = state;
    let left = fold(v[0], w[0], factor).wrapping_add(mix(y).wrapping_mul(K0)).wrapping_add(z);
    let right = fold(v[1], w[1], factor).wrapping_add(x);
    fold(left, right, factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_those_of_farmhash() {
        // tf.strings.to_hash_bucket_fast of the first n bytes, which is a remainder of the fingerprint
        let text = "abcdefghijklmnopqrstuvwxyz0123456789".repeat(8);
        for (len, expected) in [
            (0, 11160318154034397263),
            (3, 2640714258260161385),
            (7, 4341691227789030229),
            (16, 6080716761534418621),
            (32, 934449955909727258),
            (64, 3646545258579766308),
            (65, 13112763581500850699),
            (128, 2056131915184924913),
            (200, 3225094344678046759),
        ] {
            assert_eq!(fingerprint64(&text.as_bytes()[..len]), expected, "{len} bytes");
        }
    }
}
