//! The arguments that random initializers share.

/// The seed of an initializer, as a method that sets the field `seed`.
macro_rules! seed_argument {
    ($class:ident) => {
        impl $class {
            /// The seed, of 32 bits. With a seed every weight of a shape starts the same.
            #[must_use]
            pub fn seed(mut self, seed: u64) -> Self {
                self.seed = Some(seed);
                self
            }
        }
    };
}
pub(super) use seed_argument;

/// The axes that a weight's fans are counted along, as methods that set the fields `input_axes` and `output_axes`.
macro_rules! axes_arguments {
    ($class:ident) => {
        impl $class {
            /// The axes of the inputs; counts together with `output_axes` only. Negative axes count from the end.
            #[must_use]
            pub fn input_axes(mut self, axes: impl Into<Vec<isize>>) -> Self {
                self.input_axes = Some(axes.into());
                self
            }

            /// The axes of the outputs; counts together with `input_axes` only. Negative axes count from the end.
            #[must_use]
            pub fn output_axes(mut self, axes: impl Into<Vec<isize>>) -> Self {
                self.output_axes = Some(axes.into());
                self
            }

            /// With these axes, where it has none of its own.
            pub(super) fn for_axes(self, inputs: &[isize], outputs: &[isize]) -> Self {
                match (&self.input_axes, &self.output_axes) {
                    (Some(_), Some(_)) => self,
                    _ => self.input_axes(inputs).output_axes(outputs),
                }
            }
        }
    };
}
pub(super) use axes_arguments;
