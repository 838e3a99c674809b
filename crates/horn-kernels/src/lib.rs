//! Fused operations for Burn's CPU backend, Flex, with hand-written backward passes.
//!
//! Each function takes tensors as Keras has them (images with the channels last, kernels as `[height, width, in, out]`)
//! and returns `None` where it has no fast way: on another backend, for another type than float32, for arguments that
//! it does not cover, or when the kernels are [switched off](set_enabled). The caller then computes the same by Burn's
//! own operations. So a layer reads: fast where there is a fast way, and otherwise plain.
//!
//! Operations are added to Burn by its `backend_extension` (`flex/apply.rs`): gradients flow
//! through them as through Burn's own. Instruction sets (AVX-512, AVX2, NEON) are chosen when the program runs.
//!
//! This is the only crate of Horn with `unsafe` code.

// Without the backend, the functions take arguments and use none.
#![cfg_attr(not(feature = "flex"), allow(unused_variables))]

mod conv;
mod crossentropy;
mod dense;
#[cfg(feature = "flex")]
mod flex;
mod memory;
mod pool;
mod slide;
mod recurrent;
mod switch;
mod threads;
mod update;

pub use conv::{conv, conv_transpose, depthwise_conv};
pub use crossentropy::{crossentropy, sparse_crossentropy};
pub use dense::dense;
pub use memory::{keep_memory, kept_memory, limit_kept_memory};
pub use pool::{average_pool, max_pool};
pub use slide::Slide;
pub use recurrent::{Elementwise, Passed, Sequence, gru, has_recurrent_kernels, lstm, simple_rnn};
pub use switch::{HORN_KERNELS, enabled, set_enabled};
pub use threads::{thread_count, use_threads};
pub use update::{NotUpdated, update};
