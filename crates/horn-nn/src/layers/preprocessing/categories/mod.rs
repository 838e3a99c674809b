//! Categories and bins as numbers and as vectors.

pub(crate) mod category_encoding;
pub(crate) mod discretization;
pub(crate) mod encode;
pub(crate) mod hash;
pub(crate) mod hashed_crossing;
pub(crate) mod hashing;
pub(crate) mod quantiles;

pub use encode::{Number, OutputMode};
pub use hash::Salt;
pub use hashing::MaskValue;

crate::layers::family::family! { Preprocessing;
    "CategoryEncoding" => category_encoding::CategoryEncoding::new(1), requires "num_tokens";
    "Discretization" => discretization::Discretization::new();
    "HashedCrossing" => hashed_crossing::HashedCrossing::new(1), requires "num_bins";
    "Hashing" => hashing::Hashing::new(1), requires "num_bins";
}
