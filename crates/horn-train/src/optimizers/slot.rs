//! The slots of an optimizer: arrays that it keeps for a weight.

use horn_nn::Weight;

/// An array that an optimizer keeps for a weight, such as the average of its gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct SlotSpec {
    /// The name in the rule's [`RuleState`](super::RuleState), and the end of Keras's name.
    pub name: &'static str,
    /// The shape of the array.
    pub sizes: Vec<usize>,
    /// Keras writes slots in blocks: first block 0 of all weights, one weight after the other, then block 1.
    pub block: usize,
    /// What all of its values are before the first update.
    pub initial: f32,
    /// Whether they are those of the weight before the first update.
    pub(crate) starts_as_weight: bool,
    /// The shape in the rule's state, which has as many axes as the weight, if it is another.
    pub(crate) dims: Option<Vec<usize>>,
    /// How Keras names the variable.
    pub(crate) naming: Naming,
}

/// How Keras names the variable of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// By the weight and the slot.
    OfSlot,
    /// By the weight.
    OfWeight,
    /// By the weight. It is the integer 0, and Keras does not use it.
    Unused,
}

impl SlotSpec {
    /// A slot with the shape of the weight, in the first block.
    ///
    /// ```
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input};
    /// use horn::optimizers::SlotSpec;
    ///
    /// let model = Sequential::new().add(Input([3])).add(Dense(2)).build(&horn::burn::tensor::Device::default())?;
    /// let kernel = model.weights().next().unwrap();
    /// assert_eq!(SlotSpec::like(kernel, "momentum").sizes, [3, 2]);
    /// # Ok::<(), horn::Error>(())
    /// ```
    pub fn like(weight: &Weight, name: &'static str) -> Self {
        Self {
            name,
            sizes: weight.sizes.clone(),
            block: 0,
            initial: 0.0,
            starts_as_weight: false,
            dims: None,
            naming: Naming::OfSlot,
        }
    }

    /// The same slot in another block.
    #[must_use]
    pub fn in_block(mut self, block: usize) -> Self {
        self.block = block;
        self
    }

    /// The same slot with other values before the first update, which are 0 by default.
    #[must_use]
    pub fn starting_at(mut self, initial: f64) -> Self {
        self.initial = initial as f32;
        self
    }

    /// The same slot with the values of the weight before the first update.
    pub(crate) fn starting_as_the_weight(mut self) -> Self {
        self.starts_as_weight = true;
        self
    }

    /// The same slot with another shape, and the shape of as many axes as the weight has.
    pub(crate) fn with_sizes(mut self, sizes: Vec<usize>, dims: Vec<usize>) -> Self {
        (self.sizes, self.dims) = (sizes, Some(dims));
        self
    }

    /// The same slot with the weight's name for its variable in Keras.
    pub(crate) fn named_as_the_weight(mut self) -> Self {
        self.naming = Naming::OfWeight;
        self
    }

    /// A number that Keras keeps and does not use.
    pub(crate) fn unused() -> Self {
        Self {
            name: "",
            sizes: Vec::new(),
            block: 0,
            initial: 0.0,
            starts_as_weight: false,
            dims: None,
            naming: Naming::Unused,
        }
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.sizes.iter().product()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
