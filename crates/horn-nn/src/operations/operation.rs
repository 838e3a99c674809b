//! `Operation`: a function of `keras.ops` as a node of a graph.

use std::fmt;
use std::sync::Arc;

use burn::module::Module;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::conventions::{BuiltFor, Conventions, OutputMask};
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::memory;
use crate::operations::calls::argument::Argument;
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Function;
use crate::operations::calls::integers::{Integers, each};
use crate::operations::table;
use crate::registry::suggest::did_you_mean;
use crate::tensor::shape::{Shape, Values};

/// A call of a function on tensors. In a graph it is like a layer without weights, but for three things: it has a template
/// of its arguments, as constants may stand between the tensors; its outputs have no masks; and files of weights do not
/// list it.
#[derive(Clone)]
pub(crate) struct Operation {
    name: Option<String>,
    /// The parameters of Keras's class.
    config: Map<String, Value>,
    call: Arc<Template>,
}

/// The function and the arguments of the call, with a place for each tensor.
struct Template {
    function: &'static Function,
    args: Vec<Argument<()>>,
    kwargs: Vec<(String, Argument<()>)>,
}

impl Operation {
    /// A call of the function of this class.
    ///
    /// # Errors
    ///
    /// If an argument is missing.
    pub fn new(class: &str, config: Value, args: Vec<Argument<()>>) -> Result<Self> {
        Self::with_named(class, config, args, Vec::new())
    }

    /// A call with arguments by names that the caller chose, after the others.
    ///
    /// # Errors
    ///
    /// If an argument is missing.
    pub fn with_named(
        class: &str,
        config: Value,
        args: Vec<Argument<()>>,
        named: Vec<(String, Argument<()>)>,
    ) -> Result<Self> {
        let function = table::find(class).ok_or_else(|| unknown(class))?;
        let given = config.as_object().cloned().unwrap_or_default();
        let positional = function.positional.min(args.len());
        let mut args = args;
        let by_name = args.split_off(positional);
        let names = function.arguments.iter().skip(positional).map(|name| (*name).to_owned());
        let kwargs = names.zip(by_name).chain(named).collect();
        let call = Arc::new(Template { function, args, kwargs });
        Ok(Self { name: None, config: function.config(&given)?, call })
    }

    /// A call of a function whose arguments are all tensors, with no error possible: those for masks.
    pub fn of_tensors(class: &str, config: Value, count: usize) -> Self {
        Self::new(class, config, vec![Argument::Tensor(()); count]).expect("the functions for masks are in the table")
    }

    /// Reads an operation from Keras's object of it and the node of its call, and appends the places of its tensors.
    ///
    /// # Errors
    ///
    /// If Horn has no such function, or an argument can't be read.
    pub fn read(object: &Value, node: &Value, places: &mut Vec<Value>) -> Result<Self> {
        let class = object["class_name"].as_str().unwrap_or_default();
        let function = table::find(class).ok_or_else(|| unknown(class))?;
        let empty = Map::new();
        let config = function.config(object["config"].as_object().unwrap_or(&empty))?;
        let args = node["args"].as_array().map_or(&[][..], Vec::as_slice);
        let args = args.iter().map(|value| Argument::read(value, places)).collect::<Result<Vec<_>>>()?;
        let kwargs = node["kwargs"].as_object().unwrap_or(&empty).iter();
        let kwargs = kwargs.map(|(name, value)| Ok((name.clone(), Argument::read(value, places)?)));
        let kwargs = kwargs.collect::<Result<Vec<_>>>()?;
        let variadic = function.arguments.len() == 1 && function.arguments[0].starts_with('*');
        let any_name = function.arguments.iter().any(|name| name.starts_with("**"));
        let known = |name: &str| any_name || function.arguments.contains(&name);
        if let Some((name, _)) = kwargs.iter().find(|(name, _)| !known(name)) {
            return Err(Error::argument("the function has no such argument")
                .received(name)
                .expected(function.arguments.join(", "))
                .hint("leave the argument out in the program that saves the model"));
        }
        if args.len() > function.arguments.len() && !variadic {
            return Err(Error::argument("the function takes fewer arguments")
                .received(args.len())
                .expected(function.arguments.join(", "))
                .hint("leave the others out in the program that saves the model"));
        }
        if places.is_empty() {
            return Err(no_tensor(class));
        }
        let name = object["name"].as_str().map(str::to_owned);
        Ok(Self { name, config, call: Arc::new(Template { function, args, kwargs }) })
    }

    /// Does a call of the other have the same constants at the same places?
    pub fn is_called_like(&self, other: &Self) -> bool {
        self.call.args == other.call.args && self.call.kwargs == other.call.kwargs
    }

    /// The number of tensors that it takes.
    fn count(&self) -> usize {
        let kwargs = self.call.kwargs.iter().map(|(_, argument)| argument);
        self.call.args.iter().chain(kwargs).map(Argument::count).sum()
    }

    /// The kinds of the inputs and of the results, if these are computed exactly from integers.
    fn exact(&self, inputs: &[Shape]) -> Result<Option<[Values; 2]>> {
        let rule = self.call.function.rule;
        let call = self.filled(inputs.to_vec())?;
        let given = inputs.iter().map(Shape::values).max().unwrap_or_default();
        let results = rule.outputs(&call)?.first().map(Shape::values).unwrap_or_default();
        let is_exact = rule.integers(&self.config).are_exact(given, results, call.arguments());
        Ok(is_exact.then_some([given, results]))
    }

    /// The call with these tensors.
    fn filled<T>(&self, tensors: Vec<T>) -> Result<Call<'_, T>> {
        if tensors.len() != self.count() {
            return Err(Error::shape("the function takes another number of tensors")
                .received(tensors.len())
                .expected(self.count())
                .hint("give it as many tensors as it was made for"));
        }
        let mut tensors = tensors.into_iter();
        let Template { function, args, kwargs } = self.call.as_ref();
        let args = args.iter().map(|argument| argument.filled(&mut tensors)).collect();
        let kwargs = kwargs.iter().map(|(name, argument)| (name.clone(), argument.filled(&mut tensors))).collect();
        Ok(Call::new(function.class, function.arguments, &self.config, args, kwargs))
    }
}

/// Keras's functions that take functions of the program, which no file has.
const OF_PROGRAMS: [&str; 9] =
    ["AssociativeScan", "Cond", "ForiLoop", "JVP", "Map", "Scan", "Switch", "VectorizedMap", "WhileLoop"];

/// Keras's functions that no graph can compute, and why.
const IMPOSSIBLE: [(&[&str], &str); 4] = [
    (
        &["Eig", "Polar", "ViewAsComplex", "ViewAsReal"],
        "the function is of complex numbers, which Horn's tensors are not",
    ),
    (&["Arange", "Nonzero"], "the values decide the shape of the output, which a graph must know before"),
    (&["View"], "the function reads the bytes of values as other ones"),
    (&["Ndim"], "Keras gives the function another shape than its values have"),
];

/// The error for a function that Horn lacks.
fn unknown(class: &str) -> Error {
    if let Some((_, why)) = IMPOSSIBLE.iter().find(|(classes, _)| classes.contains(&class)) {
        return Error::model(*why)
            .received(class)
            .expected("functions of real numbers, whose shapes are known")
            .hint("compute it before, outside of the graph, or as a custom layer");
    }
    if OF_PROGRAMS.contains(&class) {
        return Error::model("the function takes a function of the program, which a file can't hold")
            .received(class)
            .expected("functions of tensors")
            .hint("write what it computes as a custom layer");
    }
    Error::model("Horn has no such function on tensors")
        .received(class)
        .expected("a function of `keras.ops` that Horn has")
        .hint(did_you_mean(class, &table::classes().collect::<Vec<_>>()))
}

impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(self.call.function.class).field("name", &self.name).field("config", &self.config).finish()
    }
}

impl Layer for Operation {
    fn class_name(&self) -> &str {
        self.call.function.class
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn conventions(&self) -> Conventions {
        let module = Some(self.call.function.module);
        Conventions { module, built_for: BuiltFor::Nothing, is_operation: true, ..Conventions::default() }
    }

    fn output_mask(&self) -> OutputMask {
        OutputMask::None
    }

    crate::many_inputs!();

    fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
        let Template { function, .. } = self.call.as_ref();
        if !function.rule.takes_numbers() && inputs.iter().any(|input| input.rank() == 0) {
            return Err(Error::shape("the function takes no single number")
                .received("a number, as a reduction of all axes gives it")
                .expected("a tensor with axes")
                .hint("say `keepdims` where the number is computed, or compute with it by operators"));
        }
        function.rule.outputs(&self.filled(inputs.to_vec())?)
    }

    fn build_for(&self, inputs: &[Shape], _: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(OperationModule { exact: self.exact(inputs)?, operation: self.clone() }))
    }

    fn config(&self) -> Value {
        Value::Object(self.config.clone())
    }

    fn recorded_call(&self, tensors: Vec<Value>) -> Option<Value> {
        let mut tensors = tensors.into_iter();
        let Template { args, kwargs, .. } = self.call.as_ref();
        let args: Vec<Value> = args.iter().map(|argument| argument.write(&mut tensors)).collect();
        let kwargs = kwargs.iter().map(|(name, argument)| (name.clone(), argument.write(&mut tensors)));
        Some(json!({"args": args, "kwargs": kwargs.collect::<Map<_, _>>()}))
    }
}

#[derive(Module, Debug)]
struct OperationModule {
    #[module(skip)]
    operation: Operation,
    /// The kinds of the inputs and of the results, if these are computed exactly from integers.
    #[module(skip)]
    exact: Option<[Values; 2]>,
}

impl Forward for OperationModule {
    crate::many_signals!();

    fn workspace(&self, inputs: &[Signal]) -> u64 {
        let shapes: Vec<Shape> = inputs.iter().map(Signal::shape).collect();
        // What does not fit is an error of the call.
        let outputs = self.operation.output_shapes(&shapes).unwrap_or_default();
        let of = |shape: &Shape| memory::values(&shape.sizes().iter().flatten().copied().collect::<Vec<_>>());
        let values = |shapes: &[Shape]| shapes.iter().map(of).fold(0, u64::saturating_add);
        values(&shapes).max(values(&outputs)).saturating_mul(self.operation.call.function.rule.copies())
    }

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        let Operation { call: template, config, .. } = &self.operation;
        let rule = template.function.rule;
        let Some(kinds) = self.exact else {
            let inputs = inputs.into_iter().map(Signal::value).collect::<Result<Vec<_>>>()?;
            let outputs = rule.compute(self.operation.filled(inputs)?)?;
            return Ok(outputs.into_iter().map(Signal::new).collect());
        };
        let inputs = inputs.into_iter().map(Signal::integers).collect::<Result<Vec<_>>>()?;
        let call = self.operation.filled(inputs)?;
        let outputs = match rule.integers(config) {
            Integers::Each(function) => vec![each(call, &function, kinds)?],
            Integers::Compared(function) => vec![each(call, &|of| i64::from(function(of[0], of[1])), kinds)?],
            Integers::Along => rule.compute_exactly(call, kinds)?,
            Integers::Moved | Integers::AsFloats => rule.compute(call)?,
        };
        Ok(outputs.into_iter().map(Signal::new).collect())
    }
}
