//! The order in which TensorFlow's `Dataset.shuffle` gives its items, by which Keras shuffles the files of a folder.

use horn_nn::random::global_seed;

/// What TensorFlow seeds with where `set_random_seed` was not called.
const DEFAULT_SEED: u32 = 87_654_321;

/// TensorFlow takes seeds modulo this prime.
const MODULUS: u32 = i32::MAX as u32;

/// A buffer that is filled with the items as they come, and gives one of them at random for each that goes in.
pub(crate) struct ShuffleBuffer {
    size: usize,
    /// Draws the seeds of each epoch.
    seeds: Philox,
}

impl ShuffleBuffer {
    /// A buffer of `size` items. The seed of this thread counts, too.
    pub fn new(size: usize, seed: u32) -> Self {
        let global = global_seed().unwrap_or(DEFAULT_SEED) % MODULUS;
        let seed = match seed % MODULUS {
            0 if global == 0 => MODULUS,
            seed => seed,
        };
        Self { size, seeds: Philox::new(global, seed) }
    }

    /// The order of `0..len` in the next epoch.
    pub fn order(&mut self, len: usize) -> Vec<usize> {
        let mut numbers = Philox::new(self.seeds.next_u32(), self.seeds.next_u32());
        let mut waiting = 0..len;
        // Its places form a ring: an item that has been given leaves its place to the first one.
        let mut buffer: Vec<usize> = waiting.by_ref().take(self.size).collect();
        let ring = buffer.len();
        let mut order = Vec::with_capacity(len);
        for first in 0..len {
            let held = ring.min(len - first);
            let chosen = (first + numbers.next_u32() as usize % held) % ring;
            order.push(buffer[chosen]);
            buffer.swap(chosen, first % ring);
            if let Some(item) = waiting.next() {
                buffer[first % ring] = item;
            }
        }
        order
    }
}

/// The generator Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011).
struct Philox {
    key: [u32; 2],
    counter: [u32; 4],
    drawn: [u32; 4],
    next: usize,
}

impl Philox {
    fn new(seed: u32, seed2: u32) -> Self {
        Self { key: [seed, 0], counter: [0, 0, seed2, 0], drawn: [0; 4], next: 4 }
    }

    fn next_u32(&mut self) -> u32 {
        if self.next == 4 {
            self.drawn = self.block();
            self.next = 0;
            // A carry into the second word would come after 2³⁴ numbers.
            self.counter[0] = self.counter[0].wrapping_add(1);
        }
        self.next += 1;
        self.drawn[self.next - 1]
    }

    fn block(&self) -> [u32; 4] {
        let mut key = self.key;
        let mut x = self.counter;
        for _ in 0..10 {
            let wide = |factor: u32, word: u32| u64::from(factor) * u64::from(word);
            let (low, high) = (wide(0xd251_1f53, x[0]), wide(0xcd9e_8d57, x[2]));
            x = [(high >> 32) as u32 ^ x[1] ^ key[0], high as u32, (low >> 32) as u32 ^ x[3] ^ key[1], low as u32];
            key = [key[0].wrapping_add(0x9e37_79b9), key[1].wrapping_add(0xbb67_ae85)];
        }
        x
    }
}

#[cfg(test)]
mod tests {
    use horn_nn::random::set_random_seed;

    use super::*;

    /// In a thread that no other test has seeded.
    fn orders(global: Option<u32>, size: usize, seed: u32, len: usize) -> Vec<Vec<usize>> {
        let draw = move || {
            global.into_iter().for_each(set_random_seed);
            let mut buffer = ShuffleBuffer::new(size, seed);
            (0..2).map(|_| buffer.order(len)).collect()
        };
        std::thread::spawn(draw).join().unwrap()
    }

    #[test]
    fn orders_are_those_of_tensorflow() {
        // ds = tf.data.Dataset.range(10).shuffle(16, seed=123); [[int(x) for x in ds] for _ in range(2)]
        assert_eq!(orders(None, 16, 123, 10), [[0, 1, 7, 4, 8, 3, 9, 6, 5, 2], [5, 8, 1, 3, 9, 0, 6, 4, 2, 7]]);
        // The same after keras.utils.set_random_seed(42).
        assert_eq!(orders(Some(42), 16, 123, 10), [[6, 5, 8, 3, 0, 7, 9, 4, 2, 1], [5, 1, 9, 6, 3, 8, 0, 4, 7, 2]]);
        // tf.data.Dataset.range(20).shuffle(8, seed=7)
        assert_eq!(
            orders(None, 8, 7, 20),
            [
                [4, 0, 6, 7, 9, 10, 5, 1, 12, 8, 3, 2, 15, 17, 19, 14, 16, 13, 11, 18],
                [5, 3, 1, 4, 10, 0, 11, 8, 15, 16, 7, 9, 12, 14, 6, 17, 2, 18, 13, 19],
            ]
        );
        assert_eq!(orders(None, 8, 7, 0), [[0; 0], [0; 0]]);
    }
}
