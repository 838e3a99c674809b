//! Implementations for Burn's CPU backend.
//!
//! From the bottom up: memory ([`buffer`]), threads ([`team`], [`threads`]), instruction sets ([`simd`]), functions of numbers
//! ([`math`]), loops and sums that operations share ([`loops`], [`lanes`]), products ([`product`], [`microkernel`]), how
//! an operation becomes one of Burn's ([`apply`]), and the operations.

pub(crate) mod activation;
#[expect(clippy::too_many_arguments, reason = "Burn's macro takes each tensor as an argument of its own")]
pub(crate) mod apply;
pub(crate) mod attention;
pub(crate) mod buffer;
pub(crate) mod convolution;
pub(crate) mod crossentropy;
pub(crate) mod dense;
pub(crate) mod dropout;
pub(crate) mod embedding;
pub(crate) mod gather;
pub(crate) mod lanes;
pub(crate) mod loops;
pub(crate) mod math;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) mod memory;
pub(crate) mod microkernel;
pub(crate) mod normalization;
pub(crate) mod product;
pub(crate) mod recurrent;
pub(crate) mod simd;
pub(crate) mod softmax;
pub(crate) mod squared_error;
pub(crate) mod stack;
pub(crate) mod team;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod threads;
pub(crate) mod update;
pub(crate) mod weighted;
