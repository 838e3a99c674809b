//! What a Horn model is.

mod error;

pub use error::{Error, Result};
