//! Keras's functions on tensors, for graphs: `keras.ops`.
//!
//! A function takes tensors of a graph, numbers and arrays, and returns a tensor of the graph. The operators `+`, `-`, `*`,
//! `/`, `%`, `-x` and, for booleans, `&`, `|`, `^`, `!` mean the functions of these names.
//!
//! ```
//! use horn::burn::tensor::Device;
//! use horn::layers::{Dense, Input};
//! use horn::{Apply, Model, ops};
//! use ndarray::array;
//!
//! let x = Input([4]);
//! let h = Dense(4).apply(&x)?;
//! let y = ops::sigmoid(&h)? * 2.0 - 1.0;
//! let first = ops::get_item(&y, ops::s![.., 0])?;
//! let score = ops::mean(ops::square(&y)?, -1, false)? + first;
//! let model = Model::new(&x, &score)?.build(&Device::default())?;
//! assert_eq!(model.predict(&array![[1.0_f32, 2.0, 3.0, 4.0]], 32)?.shape(), [1]);
//! # Ok::<(), horn::Error>(())
//! ```
//!
//! The functions mean what Keras's do, with NumPy's rules for shapes that broadcast. Axes count from 0, the batch axis
//! included; negative ones count from the last. As in Keras, outputs of functions have no masks.
//!
//! Horn computes with float32, and booleans are 0 and 1. Integers stay exact through functions that give integers for
//! integers: `+`, `-`, `*`, `//`, `%`, powers, comparisons, `minimum`, `maximum`, `abs`, `clip`, `where_`, those of bits, casts
//! between integers, and those that only move values. As in Keras, int32 wraps round; int64 has 64 bits, as in Keras on
//! TensorFlow. Other functions, such as sums, take integers as floats, which are exact up to 2²⁴.
//!
//! All functions return an error if the shapes or the arguments do not fit. An operator can't: its tensor carries the error
//! with the line of the program, and the next call that returns a `Result` returns it.

// Imports `graph` and below.

pub(crate) mod arrays;
pub(crate) mod constant;
pub(crate) mod elementwise;
pub(crate) mod images;
pub(crate) mod linear_algebra;
pub(crate) mod networks;
pub(crate) mod operand;
pub(crate) mod operators;
pub(crate) mod picking;
pub(crate) mod reductions;
pub(crate) mod shaping;
pub(crate) mod signals;

pub use arrays::*;
pub use constant::convert_to_tensor;
pub use elementwise::*;
pub use images::*;
pub use linear_algebra::*;
/// The macro for slices, and the new axis in them.
pub use ndarray::{NewAxis, s};
pub use networks::*;
pub use operand::{IntoAxes, IntoOperand, Operand};
pub use picking::*;
pub use reductions::*;
pub use shaping::*;
pub use signals::*;

/// Keras's names of the classes of all functions that files may have.
#[doc(hidden)]
pub fn classes() -> impl Iterator<Item = &'static str> {
    crate::operations::table::classes()
}
