//! How the weights follow the gradients: Keras's optimizers, with Keras's formulas and defaults.
//!
//! Each is plain data, checks its arguments, and turns into Burn's `ModuleOptimizer`, which holds the state. Any
//! optimizer of Burn can be used as well, through [`BurnOptimizer`].

use std::fmt::Debug;

use burn::optim::ModuleOptimizer;
use horn_nn::Result;
use serde::Serialize;
use serde_json::Value;

mod adam;
mod adamw;
mod burn_optimizer;
mod common;
mod from_config;
mod global_norm;
mod rmsprop;
mod sgd;
mod state;
#[cfg(test)]
mod testing;
mod variables;

pub use adam::Adam;
pub use adamw::AdamW;
pub use burn_optimizer::BurnOptimizer;
pub use from_config::{from_config, register};
pub use global_norm::clip_by_global_norm;
pub use rmsprop::RMSprop;
pub use sgd::SGD;
pub use state::State;
pub use variables::{OptimizerValue, OptimizerVariable};

/// A description of how the weights follow the gradients.
///
/// ```
/// use horn_train::optimizers::{Adam, Optimizer};
///
/// let optimizer: Box<dyn Optimizer> = Box::new(Adam::default());
/// assert_eq!(optimizer.class_name(), "Adam");
/// assert_eq!(optimizer.learning_rate(), 0.001);
/// ```
pub trait Optimizer: Debug + Send + Sync {
    /// Keras's name of the class.
    fn class_name(&self) -> &'static str;

    /// The learning rate that training starts with.
    fn learning_rate(&self) -> f64;

    /// The norm that all gradients together may have; clipping to it is left to the caller, with
    /// [`clip_by_global_norm`], as a rule sees one variable at a time.
    fn global_clipnorm(&self) -> Option<f64> {
        None
    }

    /// What it keeps for each weight, by the names in its [`State`], in the blocks in which Keras writes them: a block
    /// has its first weight's values, then its second's and so on. `None` where that is not known.
    fn slots(&self) -> Option<Vec<&'static [&'static str]>> {
        None
    }

    /// Checks the arguments.
    ///
    /// # Errors
    ///
    /// An argument is out of range, or two exclude each other.
    fn validate(&self) -> Result<()>;

    /// A fresh optimizer, without any state.
    fn to_module_optimizer(&self) -> ModuleOptimizer;

    /// The arguments, by Keras's keys.
    fn config(&self) -> Value;

    /// Keras's registered name of a class of one's own, `package>Class`; its class name, if none.
    fn registered_name(&self) -> Option<&str> {
        None
    }

    /// The optimizer as Keras writes it, with its class and arguments. Keras's learning rate has single precision.
    fn serialize(&self) -> Value {
        let mut config = self.config();
        if let Some(rate) = config.get("learning_rate").and_then(Value::as_f64) {
            config["learning_rate"] = f64::from(rate as f32).into();
        }
        from_config::OPTIMIZERS.object(self.class_name(), self.registered_name(), config)
    }
}

fn config(optimizer: &impl Serialize) -> Value {
    serde_json::to_value(optimizer).expect("numbers and booleans under string keys are JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_out_of_range_are_errors() {
        let bad: [(Box<dyn Optimizer>, &str); 14] = [
            (Box::new(SGD::new(-0.1)), "learning_rate"),
            (Box::new(Adam::new(f64::NAN)), "learning_rate"),
            (Box::new(RMSprop::new(f64::INFINITY)), "learning_rate"),
            (Box::new(BurnOptimizer::new(SGD::new(0.1), -1.0)), "learning_rate"),
            (Box::new(SGD::new(0.1).momentum(1.5)), "momentum"),
            (Box::new(RMSprop::new(0.1).momentum(-0.1)), "momentum"),
            (Box::new(RMSprop::new(0.1).rho(1.0)), "rho"),
            (Box::new(Adam::new(0.1).beta_1(1.0)), "beta_1"),
            (Box::new(AdamW::new(0.1).beta_2(f64::NAN)), "beta_2"),
            (Box::new(Adam::new(0.1).epsilon(-1e-7)), "epsilon"),
            (Box::new(AdamW::new(0.1).weight_decay(-0.1)), "weight_decay"),
            (Box::new(SGD::new(0.1).clipnorm(0.0)), "clipnorm"),
            (Box::new(SGD::new(0.1).clipvalue(-1.0)), "clipvalue"),
            (Box::new(SGD::new(0.1).global_clipnorm(f64::NAN)), "global_clipnorm"),
        ];
        for (optimizer, argument) in bad {
            let error = optimizer.validate().expect_err(argument);
            assert!(error.is_argument(), "{error}");
            assert_eq!(error.location(), Some(argument), "{error}");
        }
    }

    #[test]
    fn two_ways_to_clip_are_an_error() {
        let error = SGD::new(0.1).clipnorm(1.0).global_clipnorm(1.0).validate().unwrap_err();
        assert_eq!(
            error.to_string(),
            "clipnorm: gradients can be clipped in one way only; received clipnorm and global_clipnorm, expected one \
             of clipnorm, clipvalue and global_clipnorm. Hint: keep the one that you need."
        );
    }
}
