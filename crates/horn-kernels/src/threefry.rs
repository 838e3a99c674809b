//! The cipher behind JAX's random numbers.

use crate::types::key::Key;

/// A constant of the cipher.
const PARITY: u32 = 0x1bd1_1bda;

/// Twenty rounds of Threefry-2x32
/// ([Salmon et al., 2011](https://www.thesalmons.org/john/random123/papers/random123sc11.pdf)).
///
/// ```
/// use horn_kernels::threefry::encipher;
///
/// // Of a counter, jax.random.bits(key) takes both halves by exclusive or.
/// let [high, low] = encipher([42, 0], [0, 0]);
/// assert_eq!(high ^ low, 2_434_085_537);
/// ```
#[inline(always)]
pub fn encipher(key: Key, counter: [u32; 2]) -> [u32; 2] {
    let keys = [key[0], key[1], key[0] ^ key[1] ^ PARITY];
    let [mut x, mut y] = [counter[0].wrapping_add(keys[0]), counter[1].wrapping_add(keys[1])];
    // Unrolled by hand: loops would take most of the time of building a model if the compiler does not optimize, and would
    // keep it from making vectors of the loop around this if it does.
    macro_rules! rounds {
        ($($rotation:literal)+; $key:literal, $next:literal, $group:literal) => {
            $(
                x = x.wrapping_add(y);
                y = y.rotate_left($rotation) ^ x;
            )+
            x = x.wrapping_add(keys[$key]);
            y = y.wrapping_add(keys[$next]).wrapping_add($group);
        };
    }
    rounds!(13 15 26 6; 1, 2, 1);
    rounds!(17 29 16 24; 2, 0, 2);
    rounds!(13 15 26 6; 0, 1, 3);
    rounds!(17 29 16 24; 1, 2, 4);
    rounds!(13 15 26 6; 2, 0, 5);
    [x, y]
}

/// The word's upper 23 bits as a fraction of 1.
#[inline(always)]
pub fn unit(word: u32) -> f32 {
    f32::from_bits(word >> 9 | 1_f32.to_bits()) - 1.0
}
