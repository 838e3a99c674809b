//! Reading the inner layers of wrappers.
//!
//! `serde` reads the description of a wrapper, and can't pass a registry to the `Deserialize` of its inner layers. So the
//! reader of a description sets a context for the current thread, which reads inner layers. No description depends on a
//! registry.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::layer::description::Layer;

/// Reads layers from Keras's objects: `{"class_name": .., "config": ..}`.
pub(crate) trait ReadContext {
    /// Reads the layer.
    fn read(&self, object: &Value) -> Result<Box<dyn Layer>>;
}

thread_local! {
    static CONTEXTS: RefCell<Vec<Arc<dyn ReadContext>>> = const { RefCell::new(Vec::new()) };
    static MASK_RULES: Cell<MaskRules> = const { Cell::new(MaskRules::Current) };
}

/// What versions of Keras do differently with masks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MaskRules {
    /// Merging layers mask what is masked in any of their inputs, and merge masked values like others.
    Keras2,
    /// Attentions keep the masks of their inputs, as also in Keras 2.
    BeforeKeras38,
    /// The rules of the version that Horn follows.
    #[default]
    Current,
}

/// Runs a function that reads models of a version of Keras with these rules.
pub fn under_mask_rules<T>(rules: MaskRules, read: impl FnOnce() -> T) -> T {
    /// Restores the rules on every exit, panics included.
    struct Guard(MaskRules);
    impl Drop for Guard {
        fn drop(&mut self) {
            MASK_RULES.set(self.0);
        }
    }
    let _guard = Guard(MASK_RULES.replace(rules));
    read()
}

/// Do attentions keep the masks of their inputs in the model that is being read?
pub(crate) fn keeps_masks() -> bool {
    MASK_RULES.get() != MaskRules::Current
}

/// Is the model that is being read one of Keras 2? There merging layers treat masks in another way, a cubic convolution of
/// images takes its weights from TensorFlow's table, and biases are added before half precision rounds.
pub(crate) fn reads_keras_2() -> bool {
    MASK_RULES.get() == MaskRules::Keras2
}

/// Runs a function that reads descriptions. The context reads their inner layers.
pub(crate) fn within<T>(context: Arc<dyn ReadContext>, read: impl FnOnce() -> T) -> T {
    /// Removes the context on every exit, panics included.
    struct Guard;
    impl Drop for Guard {
        fn drop(&mut self) {
            CONTEXTS.with_borrow_mut(Vec::pop);
        }
    }
    CONTEXTS.with_borrow_mut(|contexts| contexts.push(context));
    let _guard = Guard;
    read()
}

/// Reads an inner layer with the context that the reader of the outer layer has set.
pub(crate) fn read(object: &Value) -> Result<Box<dyn Layer>> {
    let context = CONTEXTS.with_borrow(|contexts| contexts.last().cloned()).ok_or_else(|| {
        Error::argument("an inner layer can only be read together with its wrapper")
            .received(object)
            .hint("read the whole object with `deserialize`")
    })?;
    context.read(object)
}
