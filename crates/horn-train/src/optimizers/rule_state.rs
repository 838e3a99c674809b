//! The state that an update rule keeps for one variable.

use std::fmt;
use std::marker::PhantomData;

use burn::Tensor;
use burn::optim::{RecordState, StateSink, StateSource};
use burn::tensor::Device;

/// The names of the slots that a rule keeps for each variable, which are Keras's names.
///
/// ```
/// use horn::burn::Tensor;
/// use horn::optimizers::{RuleState, SlotNames};
///
/// /// Remembers the last gradient.
/// #[derive(Clone, Debug)]
/// struct Rule;
///
/// impl SlotNames for Rule {
///     const NAMES: &'static [&'static str] = &["last_gradient"];
/// }
///
/// let gradient = Tensor::<2>::ones([3, 2], &Default::default());
/// let mut state = RuleState::<Rule, 2>::default();
/// assert!(state.take("last_gradient").is_none());
/// state.put("last_gradient", gradient);
/// assert!(state.take("last_gradient").is_some());
/// ```
pub trait SlotNames: 'static {
    /// All slots that the rule may keep. Others are not saved.
    const NAMES: &'static [&'static str];
}

/// The number of updates of one variable, and the slots that the rule `R` keeps for it.
///
/// A rule takes its tensors out, updates them in place and puts them back.
pub struct RuleState<R, const D: usize> {
    /// The number of updates so far.
    pub iterations: usize,
    slots: Slots<D>,
    rule: PhantomData<fn() -> R>,
}

impl<R: SlotNames, const D: usize> RuleState<R, D> {
    /// Takes a tensor out of its slot, if there is one.
    pub fn take(&mut self, name: &str) -> Option<Tensor<D>> {
        self.slots.take(name)
    }

    /// Takes a tensor out of its slot, or zeros in the shape of `like` before the first update.
    pub fn take_or_zeros(&mut self, name: &str, like: &Tensor<D>) -> Tensor<D> {
        self.take(name).unwrap_or_else(|| like.zeros_like())
    }

    /// Puts a tensor into the slot of this name.
    ///
    /// # Panics
    ///
    /// In debug builds, if the name is not one of [`SlotNames::NAMES`].
    pub fn put(&mut self, name: &'static str, tensor: Tensor<D>) {
        debug_assert!(R::NAMES.contains(&name), "{name} is not among the names of the rule's slots");
        self.slots.put(name, tensor);
    }

    /// Whether there are no slots, only the number of updates.
    pub fn is_empty(&self) -> bool {
        self.slots.0.is_empty()
    }

    /// The same state on another device.
    #[must_use]
    pub fn to_device(self, device: &Device) -> Self {
        Self { slots: self.slots.moved_to(device), ..self }
    }
}

/// Tensors by name. A rule keeps only a few, so a list is as fast as a map. It does not depend on the rule, so that it is
/// compiled once for a rank and not for each rule.
#[derive(Clone, Debug, Default)]
struct Slots<const D: usize>(Vec<(&'static str, Tensor<D>)>);

impl<const D: usize> Slots<D> {
    fn take(&mut self, name: &str) -> Option<Tensor<D>> {
        let at = self.0.iter().position(|(own, _)| *own == name)?;
        Some(self.0.swap_remove(at).1)
    }

    fn put(&mut self, name: &'static str, tensor: Tensor<D>) {
        self.take(name);
        self.0.push((name, tensor));
    }

    fn moved_to(self, device: &Device) -> Self {
        Self(self.0.into_iter().map(|(name, tensor)| (name, tensor.to_device(device))).collect())
    }

    fn flatten(&self, prefix: &str, out: &mut StateSink) {
        for (name, tensor) in &self.0 {
            out.push_tensor(prefix, name, tensor.to_data());
        }
    }

    /// The slots of these names that there are.
    fn unflatten(names: &[&'static str], prefix: &str, source: &mut StateSource, device: &Device) -> Self {
        let slot = |name: &&'static str| Some((*name, Tensor::from_data(source.take_tensor(prefix, name)?, device)));
        Self(names.iter().filter_map(slot).collect())
    }
}

// Not derived: that would require the same traits of the rule.
impl<R, const D: usize> Default for RuleState<R, D> {
    fn default() -> Self {
        Self { iterations: 0, slots: Slots::default(), rule: PhantomData }
    }
}

impl<R, const D: usize> Clone for RuleState<R, D> {
    fn clone(&self) -> Self {
        Self { iterations: self.iterations, slots: self.slots.clone(), rule: PhantomData }
    }
}

impl<R, const D: usize> fmt::Debug for RuleState<R, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuleState").field("iterations", &self.iterations).field("slots", &self.slots.0).finish()
    }
}

impl<R: SlotNames, const D: usize> RecordState for RuleState<R, D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_scalar(prefix, "iterations", self.iterations.into());
        self.slots.flatten(prefix, out);
    }

    fn state_unflatten(prefix: &str, source: &mut StateSource, device: &Device) -> Option<Self> {
        let iterations = source.take_scalar(prefix, "iterations")?.try_into().ok()?;
        Some(Self { iterations, slots: Slots::unflatten(R::NAMES, prefix, source, device), rule: PhantomData })
    }
}
