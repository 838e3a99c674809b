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

mod activation;
mod attention;
mod batch_norm;
mod conv;
mod counting;
mod crossentropy;
mod dense;
mod dropout;
mod embedding;
#[cfg(feature = "flex")]
mod flex;
mod gather;
mod layer_norm;
mod memory;
mod pad;
mod pool;
mod recurrent;
mod squared_error;
mod switch;
mod threads;
pub mod threefry;
mod types;
mod update;
mod without_memory;

pub use activation::{activation, log_softmax, softmax};
pub use attention::attention;
pub use batch_norm::{batch_norm, batch_norm_with};
pub use conv::{conv, conv_transpose, depthwise_conv};
#[doc(hidden)]
pub use counting::CountingAllocator;
pub use crossentropy::{crossentropy, sparse_crossentropy};
pub use dense::{dense, dense_stack};
pub use dropout::dropout;
pub use embedding::embedding;
pub use gather::gather;
pub use layer_norm::{group_norm, layer_norm, rms_norm};
pub use memory::{keep_memory, kept_memory, limit_kept_memory};
pub use pad::zero_pad;
pub use pool::pool;
pub use recurrent::{gru, has_recurrent_kernels, lstm, simple_rnn};
pub use squared_error::mean_squared_error;
pub use switch::{HORN_KERNELS, enabled, set_enabled};
pub use threads::{thread_count, use_threads};
pub use types::activation::Activation;
pub use types::batch_norm::BatchNorm;
pub use types::dense_layer::DenseLayer;
pub use types::key::Key;
pub use types::pooling::{Pool, Pooling};
pub use types::sequence::{Elementwise, Passed, Sequence};
pub use types::slide::Slide;
pub use update::{NotUpdated, update};
#[doc(hidden)]
pub use without_memory::ExitWithoutMemory;
