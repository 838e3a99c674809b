//! What an optimizer keeps for a weight.

use horn_nn::Weight;

/// An array that an optimizer keeps for a weight, such as the average of its gradients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotSpec {
    /// Its name in the rule's [`State`](super::State), and at the end of Keras's name.
    pub name: &'static str,
    /// The sizes of its axes.
    pub sizes: Vec<usize>,
    /// Keras writes the slots in blocks: those of the first block for all weights, one weight after the other, then those
    /// of the second.
    pub block: usize,
}

impl SlotSpec {
    /// A slot of the weight's own shape, in the first block.
    ///
    /// ```
    /// use horn::Sequential;
    /// use horn::layers::{Dense, Input};
    /// use horn::optimizers::SlotSpec;
    ///
    /// let model = Sequential::new().add(Input([3])).add(Dense(2)).build(&burn::tensor::Device::default())?;
    /// let kernel = model.weights().next().unwrap();
    /// assert_eq!(SlotSpec::like(kernel, "momentum").sizes, [3, 2]);
    /// # Ok::<(), horn::Error>(())
    /// ```
    pub fn like(weight: &Weight, name: &'static str) -> Self {
        Self { name, sizes: weight.sizes.clone(), block: 0 }
    }

    /// The same slot in another block.
    #[must_use]
    pub fn in_block(mut self, block: usize) -> Self {
        self.block = block;
        self
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.sizes.iter().product()
    }

    /// Has it no values?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
