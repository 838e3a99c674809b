//! The bodies for Burn's CPU backend.
//!
//! From the bottom up: memory ([`buffer`]), threads ([`threads`]), instruction sets ([`simd`]), loops and products that
//! operations share ([`loops`], [`product`]), how an operation becomes one of Burn's ([`apply`]), and the operations,
//! one file each.

pub(crate) mod activation;
pub(crate) mod apply;
pub(crate) mod attention;
pub(crate) mod batch_norm;
pub(crate) mod buffer;
pub(crate) mod by_depthwise;
pub(crate) mod by_kernel;
pub(crate) mod columns;
pub(crate) mod conv;
#[cfg(test)]
mod conv_tests;
pub(crate) mod conv_transpose;
#[cfg(test)]
mod conv_variants_tests;
pub(crate) mod correlate;
pub(crate) mod crossentropy;
pub(crate) mod dense;
pub(crate) mod depthwise;
pub(crate) mod dropout;
pub(crate) mod embedding;
pub(crate) mod frame;
pub(crate) mod gradients;
pub(crate) mod group_norm;
pub(crate) mod lanes;
pub(crate) mod layer_norm;
pub(crate) mod loops;
pub(crate) mod math;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) mod memory;
pub(crate) mod microkernel;
pub(crate) mod passes;
pub(crate) mod pool;
pub(crate) mod product;
pub(crate) mod recurrent;
pub(crate) mod simd;
pub(crate) mod softmax;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod threads;
pub(crate) mod update;
pub(crate) mod windows;
