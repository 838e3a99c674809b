//! HDF5 files, the containers for weights.

mod attribute;
mod chunks;
mod datatype;
mod limits;
mod read;
mod tree;
mod values;
mod window;
mod write;

pub use attribute::Attribute;
pub use read::{Found, WeightsReader};
pub use values::of_dtype;
pub use window::{Cursor, Window};
pub use write::WeightsWriter;

#[cfg(test)]
mod tests;
