//! `Function`: a line of the table of Keras's functions on tensors.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::operations::calls::call::Call;
use crate::operations::calls::integers::Integers;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values};

/// The parameters of a class in Keras's order, with their defaults as JSON; without a default one is required.
pub(crate) type Parameters = &'static [(&'static str, Option<&'static str>)];

/// A function of `keras.ops`: Keras's names, and what it computes.
pub(crate) struct Function {
    /// The name of Keras's class of the operation.
    pub class: &'static str,
    /// Keras's module of the class, after `keras.src.`.
    pub module: &'static str,
    pub parameters: Parameters,
    /// The arguments of the call. They are given by position but for those that Keras's function gives by name.
    pub arguments: &'static [&'static str],
    /// How many arguments Keras's function gives by position.
    pub positional: usize,
    pub rule: &'static dyn Rule,
}

/// What a function does with shapes and with tensors.
pub(crate) trait Rule: Sync {
    /// Does the function take single numbers, which reductions of all axes give? They have a shape without axes, and are
    /// tensors with one axis of size 1.
    fn takes_numbers(&self) -> bool {
        false
    }

    /// How often it holds as many values as its inputs or outputs have while it computes, as was measured. A function that
    /// computes on the host also has its values there.
    fn copies(&self) -> u64 {
        5
    }

    /// What the function does with integers, for these parameters of Keras's constructor.
    fn integers(&self, _config: &Map<String, Value>) -> Integers {
        Integers::AsFloats
    }

    /// The shapes of the outputs.
    ///
    /// # Errors
    ///
    /// If the shapes of the inputs or the arguments do not fit.
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>>;

    /// Computes the outputs from integers, of the kinds of the inputs and of the results, where
    /// [`integers`](Self::integers) says so.
    ///
    /// # Errors
    ///
    /// If the arguments do not fit.
    fn compute_exactly(&self, call: Call<AnyTensor>, _kinds: [Values; 2]) -> Result<Vec<AnyTensor>> {
        self.compute(call)
    }

    /// Computes the outputs, from floats. Functions that only move values get integers, too.
    ///
    /// # Errors
    ///
    /// If the shapes, which are only known now, do not fit.
    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>>;
}

impl Function {
    /// A function whose arguments are all given by position.
    pub const fn new(
        module: &'static str,
        class: &'static str,
        arguments: &'static [&'static str],
        parameters: Parameters,
        rule: &'static dyn Rule,
    ) -> Self {
        Self { class, module, parameters, arguments, positional: arguments.len(), rule }
    }

    /// The same, with only this many arguments given by position.
    pub const fn positional(mut self, count: usize) -> Self {
        self.positional = count;
        self
    }

    /// The configuration with Keras's defaults for what is not given.
    ///
    /// # Errors
    ///
    /// If a parameter is unknown, or a required one is missing.
    pub fn config(&self, given: &Map<String, Value>) -> Result<Map<String, Value>> {
        let known = |name: &str| self.parameters.iter().any(|(own, _)| *own == name);
        if let Some(unknown) = given.keys().find(|name| !known(name) && *name != "name" && *name != "dtype") {
            let names: Vec<&str> = self.parameters.iter().map(|(name, _)| *name).collect();
            return Err(Error::argument("the function has no such argument")
                .received(unknown)
                .expected(if names.is_empty() { "none".to_owned() } else { names.join(", ") })
                .hint("leave the argument out in the program that saves the model"));
        }
        let mut config = Map::new();
        for (name, default) in self.parameters {
            let value = match (given.get(*name), default) {
                (Some(value), _) => value.clone(),
                (None, Some(default)) => serde_json::from_str(default).expect("the defaults of the table are JSON"),
                (None, None) => {
                    return Err(Error::argument("an argument is missing")
                        .expected(format!("{name} for {}", self.class))
                        .hint("give the argument"));
                }
            };
            config.insert((*name).to_owned(), value);
        }
        Ok(config)
    }
}
