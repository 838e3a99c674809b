//! The Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), which both Python and numpy draw from.

/// Words of state.
const N: usize = 624;

/// The distance to the word that each word is mixed with.
const M: usize = 397;

/// The number of words by which a stream is saved: its state, and the place of the next word.
pub(super) const SAVED: usize = N + 1;

/// One stream of 32-bit words.
pub(crate) struct Mt19937 {
    state: [u32; N],
    next: usize,
}

impl Mt19937 {
    /// Seeds with one word, as numpy does: `init_genrand` of the reference.
    pub(super) fn new(seed: u32) -> Self {
        let mut state = [seed; N];
        for i in 1..N {
            state[i] = scramble(state[i - 1], 1_812_433_253).wrapping_add(i as u32);
        }
        Self { state, next: N }
    }

    /// Seeds with the words of a number, lowest first, as Python does: `init_by_array` of the reference.
    pub(super) fn from_key(key: &[u32]) -> Self {
        let mut state = Self::new(19_650_218).state;
        let mut i = 1;
        for (j, word) in (0..key.len()).cycle().zip(key.iter().cycle()).take(N.max(key.len())) {
            let mixed = state[i] ^ scramble(state[i - 1], 1_664_525);
            state[i] = mixed.wrapping_add(*word).wrapping_add(j as u32);
            i = step(&mut state, i);
        }
        for _ in 1..N {
            let mixed = state[i] ^ scramble(state[i - 1], 1_566_083_941);
            state[i] = mixed.wrapping_sub(i as u32);
            i = step(&mut state, i);
        }
        state[0] = 1 << 31;
        Self { state, next: N }
    }

    /// All that decides on the words to come.
    pub(super) fn save(&self) -> impl Iterator<Item = u32> {
        self.state.into_iter().chain([self.next as u32])
    }

    /// The stream that was [saved](Self::save); `None` if these are not the words of one.
    pub(super) fn restore(words: &[u32]) -> Option<Self> {
        let (next, state) = words.split_last()?;
        let next = usize::try_from(*next).ok().filter(|next| *next <= N)?;
        Some(Self { state: state.try_into().ok()?, next })
    }

    /// Draws a word.
    pub(super) fn next_u32(&mut self) -> u32 {
        if self.next == N {
            self.twist();
        }
        let mut word = self.state[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    fn twist(&mut self) {
        for i in 0..N {
            let joined = (self.state[i] & (1 << 31)) | (self.state[(i + 1) % N] & !(1 << 31));
            let feedback = if joined % 2 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + M) % N] ^ (joined >> 1) ^ feedback;
        }
        self.next = 0;
    }
}

fn scramble(word: u32, factor: u32) -> u32 {
    (word ^ (word >> 30)).wrapping_mul(factor)
}

/// Goes on to the next word of the state; word 0 only passes on the last one.
fn step(state: &mut [u32; N], i: usize) -> usize {
    if i + 1 < N {
        return i + 1;
    }
    state[0] = state[N - 1];
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(mut stream: Mt19937) -> [u32; 3] {
        let drawn: Vec<u32> = (0..1001).map(|_| stream.next_u32()).collect();
        [drawn[0], drawn[1], drawn[1000]]
    }

    #[test]
    fn one_word_seeds_as_numpy_does() {
        // np.random.seed(5489); np.random.randint(0, 2**32, size=1001, dtype=np.uint32)[[0, 1, 1000]]
        assert_eq!(words(Mt19937::new(5489)), [3499211612, 581869302, 2500741117]);
    }

    #[test]
    fn keys_seed_as_python_does() {
        // random.seed(s); x = [random.getrandbits(32) for _ in range(1001)]; x[0], x[1], x[1000]
        assert_eq!(words(Mt19937::from_key(&[5489])), [3382763572, 956215839, 10564914]);
        // s = 2**32 + 2
        assert_eq!(words(Mt19937::from_key(&[2, 1])), [4106135923, 3707026329, 2034927059]);
    }
}
