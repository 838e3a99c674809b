//! The random number generator of a layer.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};

use burn::module::{Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor};
use burn::tensor::{Device, Tensor, TensorData};

use crate::error::Result;
use crate::random::threefry;
use crate::random::threefry::Key;

/// A seed and the number of draws so far: Keras's `SeedGenerator`. Every draw returns new numbers, which are the same in
/// every run of the program.
///
/// A clone continues from the same position independently.
#[derive(Debug)]
pub struct SeedGenerator {
    seed: u32,
    used: AtomicU32,
}

impl SeedGenerator {
    /// A generator that has not been used yet.
    ///
    /// # Errors
    ///
    /// If the seed has more than 32 bits.
    pub fn new(seed: u64) -> Result<Self> {
        let [seed, used] = threefry::key(seed)?;
        Ok(Self { seed, used: AtomicU32::new(used) })
    }

    /// The key of the next draw.
    pub fn next_key(&self) -> Key {
        [self.seed, self.used.fetch_add(1, Ordering::Relaxed)]
    }

    /// Advances the generator by a number of draws.
    pub fn skip(&self, draws: u32) {
        self.used.fetch_add(draws, Ordering::Relaxed);
    }

    /// Draws from `minval` (included) to `maxval` (excluded).
    pub fn uniform<const D: usize>(&self, sizes: [usize; D], minval: f32, maxval: f32, device: &Device) -> Tensor<D> {
        let drawn = threefry::uniform(self.next_key(), sizes.iter().product(), minval, maxval);
        Tensor::from_data(TensorData::new(drawn, sizes), device)
    }

    /// Draws from the normal distribution of mean 0 and standard deviation 1.
    pub fn normal<const D: usize>(&self, sizes: [usize; D], device: &Device) -> Tensor<D> {
        let drawn = threefry::normal(self.next_key(), sizes.iter().product());
        Tensor::from_data(TensorData::new(drawn, sizes), device)
    }

    /// Draws from the beta distribution with these two shape parameters.
    pub fn beta(&self, len: usize, alpha: f32, beta: f32) -> Vec<f32> {
        crate::random::beta::beta(self.next_key(), len, alpha, beta)
    }

    /// Draws from the gamma distribution with this shape parameter.
    pub(crate) fn gamma(&self, len: usize, alpha: f32) -> Vec<f32> {
        crate::random::beta::gamma(self.next_key(), len, alpha)
    }

    /// Draws a permutation of `0..len`.
    pub fn permutation(&self, len: usize) -> Vec<usize> {
        threefry::permutation(self.next_key(), len)
    }

    /// Ones with probability `keep`, zeros elsewhere.
    pub fn bernoulli<const D: usize>(&self, sizes: [usize; D], keep: f64, device: &Device) -> Tensor<D> {
        let drawn = threefry::uniform(self.next_key(), sizes.iter().product(), 0.0, 1.0);
        let kept: Vec<f32> = drawn.into_iter().map(|drawn| f32::from(drawn < keep as f32)).collect();
        Tensor::from_data(TensorData::new(kept, sizes), device)
    }
}

impl Clone for SeedGenerator {
    fn clone(&self) -> Self {
        Self { seed: self.seed, used: AtomicU32::new(self.used.load(Ordering::Relaxed)) }
    }
}

/// What a walk over a module does with the generators in it.
enum Walk {
    Read(Vec<u32>),
    Set(std::vec::IntoIter<u32>),
}

thread_local! {
    /// A visitor of Burn's only meets weights, so a walk over generators is known to the thread that makes it.
    static WALK: RefCell<Option<Walk>> = const { RefCell::new(None) };
}

/// Visits a module for the sake of its generators.
fn walk(module: &impl Module, walk: Walk) -> Option<Walk> {
    struct OnlyGenerators;
    impl ModuleVisitor for OnlyGenerators {}
    WALK.replace(Some(walk));
    module.visit(&mut OnlyGenerators);
    WALK.take()
}

/// The number of draws so far of each generator in a module, in the order of its fields.
pub(crate) fn draws(module: &impl Module) -> Vec<u32> {
    match walk(module, Walk::Read(Vec::new())) {
        Some(Walk::Read(draws)) => draws,
        _ => Vec::new(),
    }
}

/// Sets the number of draws so far of each generator in a module, in the order of [`draws`].
pub(crate) fn set_draws(module: &impl Module, draws: Vec<u32>) {
    walk(module, Walk::Set(draws.into_iter()));
}

// It has no weights, so mapping does nothing, and visiting only counts in a walk over generators.
impl Module for SeedGenerator {
    fn visit<V: ModuleVisitor>(&self, _: &mut V) {
        WALK.with_borrow_mut(|walk| match walk {
            Some(Walk::Read(draws)) => draws.push(self.used.load(Ordering::Relaxed)),
            Some(Walk::Set(draws)) => draws.into_iter().next().into_iter().for_each(|used| {
                self.used.store(used, Ordering::Relaxed);
            }),
            None => {}
        });
    }
    fn map<M: ModuleMapper>(self, _: &mut M) -> Self {
        self
    }
    fn collect_devices(&self, devices: Devices) -> Devices {
        devices
    }
    fn fork(self, _: &Device) -> Self {
        self
    }
    fn to_device(self, _: &Device) -> Self {
        self
    }
    fn train(self) -> Self {
        self
    }
    fn valid(&self) -> Self {
        self.clone()
    }
    fn materialize(self) -> Self {
        self
    }
}

impl std::fmt::Display for SeedGenerator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self, f)
    }
}

impl ModuleDisplayDefault for SeedGenerator {
    fn content(&self, content: Content) -> Option<Content> {
        content.add_formatted(&format!("{self:?}")).optional()
    }
}

impl ModuleDisplay for SeedGenerator {}
