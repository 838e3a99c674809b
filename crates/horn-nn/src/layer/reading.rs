//! Reading the layers inside of others.
//!
//! A wrapper's description is read by `serde`, which can't hand a registry down to the layers in it. So who reads a
//! description says, for as long as that takes, how layers are read; no description knows a registry.

use std::cell::RefCell;
use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::layer::description::Layer;

/// Reads layers from what Keras writes for them: `{"class_name": .., "config": ..}`.
pub(crate) trait ReadContext {
    /// The layer of this object.
    fn read(&self, object: &Value) -> Result<Box<dyn Layer>>;
}

thread_local! {
    static CONTEXTS: RefCell<Vec<Arc<dyn ReadContext>>> = const { RefCell::new(Vec::new()) };
}

/// Runs what reads descriptions whose inner layers are read by the context.
pub(crate) fn within<T>(context: Arc<dyn ReadContext>, read: impl FnOnce() -> T) -> T {
    /// Takes the context away on every way out.
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

/// Reads a layer inside of another by the context of who reads that.
pub(crate) fn read(object: &Value) -> Result<Box<dyn Layer>> {
    let context = CONTEXTS.with_borrow(|contexts| contexts.last().cloned()).ok_or_else(|| {
        Error::argument("a layer inside of another is read only with that one")
            .received(object)
            .hint("read the whole by `deserialize`")
    })?;
    context.read(object)
}
