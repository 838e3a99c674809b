//! The named cases of `VarianceScaling`: Glorot's, He's and LeCun's.

use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::initializers::arguments::{axes_arguments, seed_argument};
use crate::initializers::sample::Sample;
use crate::initializers::variance_scaling::{Distribution, Mode, VarianceScaling};

/// Makes one of them: its name, and what it fixes of `VarianceScaling`.
macro_rules! scaled {
    ($(#[$doc:meta])* $class:ident: $scale:literal, $mode:ident, $distribution:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $class {
            seed: Option<u64>,
            input_axes: Option<Vec<isize>>,
            output_axes: Option<Vec<isize>>,
        }

        impl $class {
            /// Draws a seed when the weight is made.
            pub fn new() -> Self {
                Self::default()
            }
        }

        seed_argument!($class);

        axes_arguments!($class);

        impl Sample for $class {
            fn sample(&self, shape: &[usize], seed: u64) -> Result<Vec<f32>> {
                let Self { seed: own, input_axes, output_axes } = self.clone();
                VarianceScaling {
                    seed: own,
                    scale: $scale,
                    mode: Mode::$mode,
                    distribution: Distribution::$distribution,
                    input_axes,
                    output_axes,
                }
                .sample(shape, seed)
            }

            fn needs_seed(&self) -> bool {
                self.seed.is_none()
            }
        }
    };
}

scaled! {
    /// Draws with the variance `2 / (fan_in + fan_out)` from a normal distribution that is cut off (Glorot and Bengio,
    /// 2010).
    GlorotNormal: 1.0, FanAvg, TruncatedNormal
}

scaled! {
    /// Draws from `-limit` to `limit`, where `limit = sqrt(6 / (fan_in + fan_out))` (Glorot and Bengio, 2010).
    GlorotUniform: 1.0, FanAvg, Uniform
}

scaled! {
    /// Draws with the variance `2 / fan_in` from a normal distribution that is cut off (He et al., 2015).
    HeNormal: 2.0, FanIn, TruncatedNormal
}

scaled! {
    /// Draws from `-limit` to `limit`, where `limit = sqrt(6 / fan_in)` (He et al., 2015).
    HeUniform: 2.0, FanIn, Uniform
}

scaled! {
    /// Draws with the variance `1 / fan_in` from a normal distribution that is cut off (LeCun et al., 1998).
    LecunNormal: 1.0, FanIn, TruncatedNormal
}

scaled! {
    /// Draws from `-limit` to `limit`, where `limit = sqrt(3 / fan_in)` (LeCun et al., 1998).
    LecunUniform: 1.0, FanIn, Uniform
}
