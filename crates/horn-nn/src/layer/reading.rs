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
    static KEEPS_MASKS: Cell<bool> = const { Cell::new(false) };
}

/// Runs a function that reads models of a version of Keras before 3.8: its attentions kept the masks of their inputs.
pub fn of_kept_masks<T>(keeps: bool, read: impl FnOnce() -> T) -> T {
    /// Restores the flag on every exit, panics included.
    struct Guard(bool);
    impl Drop for Guard {
        fn drop(&mut self) {
            KEEPS_MASKS.set(self.0);
        }
    }
    let _guard = Guard(KEEPS_MASKS.replace(keeps));
    read()
}

/// Do attentions keep the masks of their inputs in the model that is being read?
pub(crate) fn keeps_masks() -> bool {
    KEEPS_MASKS.get()
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
