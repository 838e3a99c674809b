//! Where weights start: Keras's initializers, with Keras's numbers.
//!
//! With the same seed they give what Keras gives on JAX: bit for bit where one number is drawn for each weight, and to
//! within 1e-5 for [`Orthogonal`], which solves for them.

// Imports `arguments`, `random` and below.

mod arguments;
pub(crate) mod constant;
pub(crate) mod custom;
pub(crate) mod initializer;
pub(crate) mod normal;
pub(crate) mod orthogonal;
pub(crate) mod sample;
pub(crate) mod scaled;
pub(crate) mod stft;
#[cfg(test)]
mod tests;
pub(crate) mod uniform;
pub(crate) mod variance_scaling;

pub use constant::{Constant, Identity, Ones, Zeros};
pub use custom::CustomInitializer;
pub use initializer::Initializer;
pub use normal::{RandomNormal, TruncatedNormal};
pub use orthogonal::Orthogonal;
pub use scaled::{GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform};
pub use stft::{STFT, Scaling, Side, Window};
pub use uniform::RandomUniform;
pub use variance_scaling::{Distribution, Mode, VarianceScaling, compute_fans};
