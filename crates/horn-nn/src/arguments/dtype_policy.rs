//! In which dtypes layers compute.

use std::cell::Cell;
use std::fmt;

use burn::tensor::FloatDType;

/// In which dtype a layer computes and keeps its weights: Keras's `DTypePolicy`.
///
/// In half precision, the inputs and outputs of a layer are rounded to the dtype. On a GPU, products of matrices and
/// convolutions are computed in it, which is what takes time there. On a CPU they are computed in float32 from rounded
/// weights; the products are rounded, and once more when the bias is added, as Keras on JAX does. All else is computed in
/// float32 from the rounded values. Weights are always kept in float32, which for
/// [`Float16`](Self::Float16) and [`Bfloat16`](Self::Bfloat16) is more exact than in Keras, and for
/// [`Float64`](Self::Float64) less.
///
/// ```
/// use horn::layers::Dense;
/// use horn::mixed_precision::{DTypePolicy, dtype_policy, set_dtype_policy};
///
/// set_dtype_policy(DTypePolicy::MixedFloat16);
/// let hidden = Dense(64);
/// // The last layer is better computed in float32.
/// let last = Dense(10).dtype(DTypePolicy::Float32);
/// assert_eq!(dtype_policy(), DTypePolicy::MixedFloat16);
/// # set_dtype_policy(DTypePolicy::Float32);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DTypePolicy {
    /// Everything in float32.
    #[default]
    Float32,
    /// Computes in float16, with weights in float32. A model that is compiled under this policy scales its loss.
    MixedFloat16,
    /// Computes in bfloat16, with weights in float32.
    MixedBfloat16,
    /// Everything in float16.
    Float16,
    /// Everything in bfloat16.
    Bfloat16,
    /// Everything in float64.
    Float64,
}

impl DTypePolicy {
    /// All policies.
    pub(crate) const ALL: [Self; 6] =
        [Self::Float32, Self::MixedFloat16, Self::MixedBfloat16, Self::Float16, Self::Bfloat16, Self::Float64];

    /// Keras's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::MixedFloat16 => "mixed_float16",
            Self::MixedBfloat16 => "mixed_bfloat16",
            Self::Float16 => "float16",
            Self::Bfloat16 => "bfloat16",
            Self::Float64 => "float64",
        }
    }

    /// The policy of this name.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.name() == name)
    }

    /// The dtype that it computes in, if it has half the precision of float32.
    pub(crate) fn half(self) -> Option<FloatDType> {
        match self {
            Self::MixedFloat16 | Self::Float16 => Some(FloatDType::F16),
            Self::MixedBfloat16 | Self::Bfloat16 => Some(FloatDType::BF16),
            Self::Float32 | Self::Float64 => None,
        }
    }
}

impl fmt::Display for DTypePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

thread_local! {
    /// Keras's state is one for each thread, too.
    static GLOBAL: Cell<DTypePolicy> = const { Cell::new(DTypePolicy::Float32) };
}

/// Sets the policy of layers that are made from now on in this thread and have no policy of their own: Keras's
/// `set_dtype_policy`, also called `set_global_policy`. Layers that are read from files have their own.
pub fn set_dtype_policy(policy: DTypePolicy) {
    GLOBAL.set(policy);
}

/// The policy of layers that are made in this thread and have no policy of their own: Keras's `dtype_policy`.
pub fn dtype_policy() -> DTypePolicy {
    GLOBAL.get()
}
