//! The layers that models are made of first of all.

mod burn_module;
mod dense;
mod input;

pub use burn_module::BurnModule;
pub use dense::Dense;
pub use input::Input;

super::registry::family! {
    "Dense" => Dense::new(1), requires "units";
    "InputLayer" => Input::new([1]), requires "batch_shape";
}
