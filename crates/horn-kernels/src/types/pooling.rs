//! What a pooling takes of its windows.

use crate::types::slide::Slide;

/// Whether a pooling takes the largest value of a window or the mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pool {
    /// The largest value; padding never is. The first of several largest values, in row-major order, takes the gradient.
    Max,
    /// The mean of the values; padding does not count.
    Average,
}

/// A pooling over one to three spatial axes.
#[derive(Clone, Copy, Debug)]
pub struct Pooling<'a> {
    /// What is taken of a window.
    pub kind: Pool,
    /// How the window moves along each spatial axis.
    pub slides: &'a [Slide],
}
