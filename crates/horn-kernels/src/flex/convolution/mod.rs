//! Convolutions, poolings and padding, of images with the channels last.
//!
//! [`windows`] and [`frame`] say where a window looks, [`correlate`] goes over an image with the microkernel, [`passes`]
//! are what the forward pass and the gradients share; [`conv`], [`conv_transpose`], [`depthwise`], [`pool`] and
//! [`pad`] are the operations. [`winograd`] and [`pooled`] are faster ways of some predictions.

mod by_depthwise;
mod by_kernel;
pub(crate) mod conv;
#[cfg(test)]
mod conv_tests;
pub(crate) mod conv_transpose;
#[cfg(test)]
mod conv_variants_tests;
mod correlate;
mod depthwise;
mod frame;
mod gradients;
pub(crate) mod pad;
mod passes;
pub(crate) mod pool;
pub(crate) mod pooled;
mod windows;
mod winograd;
