//! `Call`: the arguments of one call of a function, by their names in Keras.

use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::not_finite;
use crate::operations::calls::argument::{Argument, Constant};
use crate::registry::arguments::start_of;

/// The arguments of a call: those of Keras's constructor of the operation, and those of its call.
pub(crate) struct Call<'a, T> {
    /// Keras's name of the function's class.
    pub class: &'static str,
    pub config: &'a Map<String, Value>,
    arguments: Vec<Argument<T>>,
    /// Arguments by names of the caller, as those of `rearrange`.
    named: Vec<(String, Argument<T>)>,
}

impl<'a, T> Call<'a, T> {
    /// Binds arguments to the names of the function's arguments. Those that are left out are `None`.
    pub fn new(
        class: &'static str,
        names: &[&str],
        config: &'a Map<String, Value>,
        args: Vec<Argument<T>>,
        kwargs: Vec<(String, Argument<T>)>,
    ) -> Self {
        let mut arguments = args;
        let count = names.len().max(arguments.len());
        arguments.extend((arguments.len()..count).map(|_| Argument::Constant(Constant::None)));
        let mut named = Vec::new();
        for (name, argument) in kwargs {
            match names.iter().position(|own| *own == name) {
                Some(at) => arguments[at] = argument,
                None => named.push((name, argument)),
            }
        }
        Self { class, config, arguments, named }
    }

    /// The argument of this name, which the caller chose.
    pub fn named(&self, name: &str) -> Option<&Argument<T>> {
        self.named.iter().find(|(own, _)| own == name).map(|(_, argument)| argument)
    }

    /// The arguments of the call.
    pub fn arguments(&self) -> &[Argument<T>] {
        &self.arguments
    }

    /// Takes the arguments of the call.
    pub fn into_arguments(self) -> Vec<Argument<T>> {
        self.arguments
    }

    /// The same call with other tensors.
    pub fn mapped<U>(self, change: impl Fn(T) -> Result<U>) -> Result<Call<'a, U>> {
        fn of<T, U>(argument: Argument<T>, change: &impl Fn(T) -> Result<U>) -> Result<Argument<U>> {
            Ok(match argument {
                Argument::Tensor(tensor) => Argument::Tensor(change(tensor)?),
                Argument::Constant(constant) => Argument::Constant(constant),
                Argument::List(items) => {
                    Argument::List(items.into_iter().map(|item| of(item, change)).collect::<Result<_>>()?)
                }
            })
        }
        let Self { class, config, arguments, named } = self;
        let arguments = arguments.into_iter().map(|argument| of(argument, &change)).collect::<Result<_>>()?;
        let named = named.into_iter().map(|(name, argument)| Ok((name, of(argument, &change)?)));
        Ok(Call { class, config, arguments, named: named.collect::<Result<_>>()? })
    }

    /// Takes the first tensor, for a function of one.
    pub fn into_tensor(self) -> Result<T> {
        let class = self.class;
        match self.arguments.into_iter().next() {
            Some(Argument::Tensor(tensor)) => Ok(tensor),
            _ => Err(no_tensor(class)),
        }
    }

    /// The first tensor.
    pub fn tensor(&self) -> Result<&T> {
        match self.arguments.first() {
            Some(Argument::Tensor(tensor)) => Ok(tensor),
            _ => Err(no_tensor(self.class)),
        }
    }

    /// Takes all tensors of the first argument, or of all arguments, in their order.
    pub fn into_tensors(self) -> Result<Vec<T>> {
        let class = self.class;
        let mut tensors = Vec::new();
        for argument in self.arguments {
            match argument {
                Argument::Tensor(tensor) => tensors.push(tensor),
                Argument::List(items) => {
                    for item in items {
                        match item {
                            Argument::Tensor(tensor) => tensors.push(tensor),
                            _ => return Err(no_tensor(class)),
                        }
                    }
                }
                Argument::Constant(Constant::None) => {}
                Argument::Constant(_) => return Err(no_tensor(class)),
            }
        }
        Ok(tensors)
    }

    /// A parameter of Keras's constructor; null if the function has none of this name.
    pub fn parameter(&self, name: &str) -> &'a Value {
        self.config.get(name).unwrap_or(&Value::Null)
    }

    /// A parameter that is a number.
    pub fn number(&self, name: &str) -> Result<f64> {
        not_finite::number(self.parameter(name)).ok_or_else(|| self.invalid(name, "a number"))
    }

    /// A parameter that is a whole number.
    pub fn int(&self, name: &str) -> Result<i64> {
        self.parameter(name).as_i64().ok_or_else(|| self.invalid(name, "a whole number"))
    }

    /// A parameter that is true or false.
    pub fn flag(&self, name: &str) -> bool {
        *self.parameter(name) == true
    }

    /// A parameter that is a whole number or a list of them; none for null.
    pub fn ints(&self, name: &str) -> Result<Option<Vec<i64>>> {
        let number = |value: &Value| value.as_i64().ok_or_else(|| self.invalid(name, "whole numbers"));
        match self.parameter(name) {
            Value::Null => Ok(None),
            Value::Array(values) => values.iter().map(number).collect::<Result<_>>().map(Some),
            value => Ok(Some(vec![number(value)?])),
        }
    }

    /// The axis of a tensor of this rank that a number means; negative ones count from the end.
    pub fn axis_of(&self, axis: i64, rank: usize) -> Result<usize> {
        let from_start = if axis < 0 { axis + rank as i64 } else { axis };
        usize::try_from(from_start).ok().filter(|&axis| axis < rank).ok_or_else(|| {
            Error::argument("there is no such axis")
                .received(format!("axis {axis} of {rank} axes"))
                .expected(format!("-{rank} to {}", rank.saturating_sub(1)))
                .hint("count the axes from 0, the batch axis included; negative numbers count from the last")
        })
    }

    /// The parameter `axis` as axes of a tensor of this rank, sorted; all of them for null.
    pub fn axes(&self, name: &str, rank: usize) -> Result<Vec<usize>> {
        let Some(given) = self.ints(name)? else { return Ok((0..rank).collect()) };
        let mut axes = given.iter().map(|&axis| self.axis_of(axis, rank)).collect::<Result<Vec<_>>>()?;
        axes.sort_unstable();
        axes.dedup();
        match axes.len() == given.len() {
            true => Ok(axes),
            false => Err(self.invalid(name, "each axis once")),
        }
    }

    /// The parameter `axis` as one axis of a tensor of this rank.
    pub fn axis(&self, rank: usize) -> Result<usize> {
        self.axis_of(self.int("axis")?, rank)
    }

    /// The error for a parameter with a value that it can't have.
    pub fn invalid(&self, name: &str, expected: &str) -> Error {
        Error::argument(format!("the argument {name} is not valid"))
            .received(start_of(self.parameter(name)))
            .expected(expected)
            .hint("see the function of this name in Keras's documentation")
    }
}

/// The error for a constant where a function takes tensors only.
pub(crate) fn no_tensor(class: &str) -> Error {
    Error::argument("the function takes a tensor of the graph here")
        .received("a constant, or nothing")
        .expected(format!("tensors as the arguments of {class}"))
        .hint("compute with constants before, outside of the graph")
}
