//! NumPy's files of arrays, `.npy` and `.npz`, which are untrusted input.

mod npy;
mod npz;
mod stored;

pub use npy::{open as open_npy, read as read_npy, write as write_npy};
pub use npz::{Npz, write as write_npz};
pub use stored::Stored;
