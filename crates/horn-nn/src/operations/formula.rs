//! Formulas: functions that are made of other functions. A formula is written once; with shapes it says the output shape,
//! and with tensors it computes.

use burn::tensor::{Int, Tensor, TensorData};
use serde_json::{Map, Value, json};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::operations::calls::argument::{Argument, Constant};
use crate::operations::calls::broadcast::known;
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::integers::Integers;
use crate::operations::calls::operands::{shape_of, tensor_of, uploaded};
use crate::operations::primitives::elementwise::{Binary, Unary};
use crate::operations::primitives::indexing::GetItem;
use crate::operations::primitives::joining::Join;
use crate::operations::primitives::products::Product;
use crate::operations::primitives::reductions::{Along, Reduction};
use crate::operations::primitives::selecting::Where;
use crate::operations::primitives::shaping::{Pad, Shaping};
use crate::tensor::any_tensor::{AnyTensor, MAX_RANK, unsupported_rank};
use crate::tensor::shape::{Shape, Values};

/// A function that is made of others.
pub(crate) trait Formula: Sync {
    /// As [`Rule::takes_numbers`].
    fn accepts_numbers(&self) -> bool {
        false
    }

    /// As [`Rule::copies`]: what the functions on the way make is held until the formula ends.
    fn held(&self) -> u64 {
        10
    }

    /// Does it only move values, integers as well as floats?
    fn moves(&self, _config: &Map<String, Value>) -> bool {
        false
    }

    /// The outputs, of shapes or of tensors.
    ///
    /// # Errors
    ///
    /// If the shapes of the inputs or the arguments do not fit.
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>>;
}

impl<F: Formula> Rule for F {
    fn takes_numbers(&self) -> bool {
        self.accepts_numbers()
    }

    fn copies(&self) -> u64 {
        self.held()
    }

    fn integers(&self, config: &Map<String, Value>) -> Integers {
        if self.moves(config) { Integers::Moved } else { Integers::AsFloats }
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        self.evaluate(call)
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        self.evaluate(&call)
    }
}

/// What a formula computes with: a shape, or a tensor.
pub(crate) trait Term: Clone {
    /// The size of each axis.
    fn lengths(&self) -> Vec<Option<usize>>;

    /// The outputs of a function.
    fn apply(rule: &dyn Rule, config: Value, arguments: Vec<Argument<Self>>) -> Result<Vec<Self>>;

    /// An argument of the call as a tensor; none if it is left out.
    fn argument(call: &Call<Self>, at: usize) -> Result<Option<Self>>;

    /// The same values in another shape.
    fn reshaped(&self, sizes: &[Option<usize>]) -> Result<Self>;

    /// A constant of this shape, on the device of this tensor.
    fn constant(&self, sizes: &[usize], values: impl FnOnce() -> Vec<f32>) -> Result<Self>;

    /// The slices at so many places along an axis, which are found by its size.
    fn picked(&self, axis: usize, count: usize, places: impl FnOnce(usize) -> Vec<usize>) -> Result<Self>;

    /// The same values, which are of this kind in Keras.
    fn of_kind(self, values: Values) -> Self;

    /// The same values, which are of the kind of another tensor in Keras.
    fn kind_of(self, other: &Self) -> Self;

    /// The number of axes.
    fn axis_count(&self) -> usize {
        self.lengths().len()
    }

    /// The size of an axis that must be known.
    fn length(&self, axis: usize) -> Result<usize> {
        self.lengths().get(axis).copied().flatten().ok_or_else(|| {
            Error::shape("the size of an axis must be known")
                .received(Shape::new(self.lengths()))
                .expected(format!("a known size of axis {axis}"))
                .hint("give `Input` the size")
        })
    }

    /// The only output of a function of tensors.
    fn one(rule: &dyn Rule, config: Value, arguments: Vec<Self>) -> Result<Self> {
        Self::only(rule, config, arguments.into_iter().map(Argument::Tensor).collect())
    }

    /// The only output of a function.
    fn only(rule: &dyn Rule, config: Value, arguments: Vec<Argument<Self>>) -> Result<Self> {
        Self::apply(rule, config, arguments)?.into_iter().next().ok_or_else(|| no_tensor("the function"))
    }

    fn map(&self, rule: Unary) -> Result<Self> {
        Self::one(&rule, Value::Null, vec![self.clone()])
    }

    fn with(&self, rule: Binary, other: &Self) -> Result<Self> {
        Self::one(&rule, Value::Null, vec![self.clone(), other.clone()])
    }

    fn with_number(&self, rule: Binary, number: f64) -> Result<Self> {
        let arguments = vec![Argument::Tensor(self.clone()), Argument::Constant(Constant::Float(number))];
        Self::only(&rule, Value::Null, arguments)
    }

    /// 1 where the value is a number, and 0 elsewhere.
    fn is_number(&self) -> Result<Self> {
        self.map(Unary::IsNan)?.map(Unary::LogicalNot)
    }

    fn plus(&self, other: &Self) -> Result<Self> {
        self.with(Binary::Add, other)
    }

    fn minus(&self, other: &Self) -> Result<Self> {
        self.with(Binary::Subtract, other)
    }

    fn times(&self, other: &Self) -> Result<Self> {
        self.with(Binary::Multiply, other)
    }

    fn over(&self, other: &Self) -> Result<Self> {
        self.with(Binary::Divide, other)
    }

    /// `self · factor + offset`.
    fn scaled(&self, factor: f64, offset: f64) -> Result<Self> {
        let scaled = if factor == 1.0 { self.clone() } else { self.with_number(Binary::Multiply, factor)? };
        if offset == 0.0 { Ok(scaled) } else { scaled.with_number(Binary::Add, offset) }
    }

    /// The product of the matrices in the last two axes.
    fn matmul(&self, other: &Self) -> Result<Self> {
        Self::one(&Product::Matmul, Value::Null, vec![self.clone(), other.clone()])
    }

    /// The values where the condition is not 0, and the other ones elsewhere.
    fn or(&self, condition: &Self, other: &Self) -> Result<Self> {
        Self::one(&Where, Value::Null, vec![condition.clone(), self.clone(), other.clone()])
    }

    /// The values where the condition is not 0, and a number elsewhere.
    fn or_number(&self, condition: &Self, number: f64) -> Result<Self> {
        let [condition, own] = [condition, self].map(|term| Argument::Tensor(term.clone()));
        let arguments = vec![condition, own, Argument::Constant(Constant::Float(number))];
        Self::only(&Where, Value::Null, arguments)
    }

    /// Reduces the axes.
    fn reduced(&self, rule: Reduction, axes: &[usize], keepdims: bool) -> Result<Self> {
        Self::one(&rule, json!({"axis": axes, "keepdims": keepdims}), vec![self.clone()])
    }

    /// Sums, products or orders along an axis.
    fn along(&self, rule: Along, axis: usize) -> Result<Self> {
        Self::one(&rule, json!({"axis": axis}), vec![self.clone()])
    }

    fn arranged(&self, rule: Shaping, config: Value) -> Result<Self> {
        Self::one(&rule, config, vec![self.clone()])
    }

    fn permuted(&self, axes: &[usize]) -> Result<Self> {
        self.arranged(Shaping::Transpose, json!({"axes": axes}))
    }

    /// The matrices with rows and columns exchanged.
    fn transposed(&self) -> Result<Self> {
        self.arranged(Shaping::Swapaxes, json!({"axis1": -2, "axis2": -1}))
    }

    /// With a new axis of size 1; a negative number counts from the end of the new axes.
    fn expanded(&self, axis: i64) -> Result<Self> {
        self.arranged(Shaping::ExpandDims, json!({"axis": axis}))
    }

    /// All values along one axis.
    fn flat(&self) -> Result<Self> {
        self.reshaped(&[product(&self.lengths())])
    }

    /// Python's `start:stop` along an axis.
    fn sliced(&self, axis: usize, start: Option<i64>, stop: Option<i64>) -> Result<Self> {
        let all = || Argument::Constant(Constant::Slice([None; 3]));
        let mut key: Vec<Argument<Self>> = (0..axis).map(|_| all()).collect();
        key.push(Argument::Constant(Constant::Slice([start, stop, None])));
        let arguments = vec![Argument::Tensor(self.clone()), Argument::List(key)];
        Self::only(&GetItem, Value::Null, arguments)
    }

    /// With margins before and after each axis; `mode` is that of NumPy's `pad`.
    fn padded(&self, margins: &[(usize, usize)], mode: &str) -> Result<Self> {
        if margins.iter().all(|&margin| margin == (0, 0)) {
            return Ok(self.clone());
        }
        Self::one(&Pad, json!({"pad_width": margins, "mode": mode}), vec![self.clone()])
    }

    /// The slice at one place, without the axis.
    fn at(&self, axis: usize, place: usize) -> Result<Self> {
        let picked = self.picked(axis, 1, |_| vec![place])?;
        let mut sizes = picked.lengths();
        sizes.remove(axis);
        picked.reshaped(&sizes)
    }

    /// The tensors after each other along an axis.
    fn concatenated(terms: Vec<Self>, axis: usize) -> Result<Self> {
        Self::one(&Join::Concatenate, json!({"axis": axis}), terms)
    }

    /// The tensors after each other along a new axis.
    fn stacked(terms: Vec<Self>, axis: usize) -> Result<Self> {
        Self::one(&Join::Stack, json!({"axis": axis}), terms)
    }
}

/// The number of values of a tensor of this shape.
pub(crate) fn product(sizes: &[Option<usize>]) -> Option<usize> {
    sizes.iter().copied().try_fold(1_usize, |all, size| Some(all.saturating_mul(size?)))
}

/// The tensors of a list among the arguments.
pub(crate) fn listed<T: Clone>(call: &Call<T>, at: usize) -> Result<Vec<T>> {
    let Some(Argument::List(items)) = call.arguments().get(at) else { return Err(no_tensor(call.class)) };
    let tensor = |item: &Argument<T>| match item {
        Argument::Tensor(tensor) => Ok(tensor.clone()),
        _ => Err(no_tensor(call.class)),
    };
    items.iter().map(tensor).collect()
}

/// The argument of the call, which can't be left out.
pub(crate) fn required<T: Term>(call: &Call<T>, at: usize) -> Result<T> {
    T::argument(call, at)?.ok_or_else(|| no_tensor(call.class))
}

/// A list of one output.
pub(crate) fn one<T>(term: T) -> Vec<T> {
    vec![term]
}

fn config_of(config: Value) -> Map<String, Value> {
    match config {
        Value::Object(config) => config,
        _ => Map::new(),
    }
}

impl Term for Shape {
    fn lengths(&self) -> Vec<Option<usize>> {
        self.sizes().to_vec()
    }

    fn apply(rule: &dyn Rule, config: Value, arguments: Vec<Argument<Self>>) -> Result<Vec<Self>> {
        rule.outputs(&Call::new("the function", &[], &config_of(config), arguments, Vec::new()))
    }

    fn argument(call: &Call<Self>, at: usize) -> Result<Option<Self>> {
        match call.arguments().get(at) {
            None | Some(Argument::Constant(Constant::None)) => Ok(None),
            Some(argument) => shape_of(argument).map(Some),
        }
    }

    fn reshaped(&self, sizes: &[Option<usize>]) -> Result<Self> {
        if sizes.len() > MAX_RANK {
            return Err(unsupported_rank(sizes.len()));
        }
        Ok(Self::new(sizes).with_values(self.values()))
    }

    fn constant(&self, sizes: &[usize], _: impl FnOnce() -> Vec<f32>) -> Result<Self> {
        let shape = Self::new(sizes.iter().copied().map(Some).collect::<Vec<_>>());
        shape.check_limits()?;
        Ok(shape)
    }

    fn picked(&self, axis: usize, count: usize, _: impl FnOnce(usize) -> Vec<usize>) -> Result<Self> {
        let mut sizes = self.lengths();
        sizes[axis] = Some(count);
        Ok(Self::new(sizes).with_values(self.values()))
    }

    fn of_kind(self, values: Values) -> Self {
        self.with_values(values)
    }

    fn kind_of(self, other: &Self) -> Self {
        self.with_values(other.values())
    }
}

impl Term for AnyTensor {
    fn lengths(&self) -> Vec<Option<usize>> {
        known(self)
    }

    fn apply(rule: &dyn Rule, config: Value, arguments: Vec<Argument<Self>>) -> Result<Vec<Self>> {
        rule.compute(Call::new("the function", &[], &config_of(config), arguments, Vec::new()))
    }

    fn argument(call: &Call<Self>, at: usize) -> Result<Option<Self>> {
        match call.arguments().get(at) {
            None | Some(Argument::Constant(Constant::None)) => Ok(None),
            Some(argument) => tensor_of(argument.clone(), &call.tensors_device()?).map(Some),
        }
    }

    fn reshaped(&self, sizes: &[Option<usize>]) -> Result<Self> {
        let mut sizes: Vec<usize> = sizes.iter().copied().flatten().collect();
        // A single number is a tensor of one axis.
        if sizes.is_empty() {
            sizes.push(1);
        }
        self.clone().reshape(&sizes)
    }

    fn constant(&self, sizes: &[usize], values: impl FnOnce() -> Vec<f32>) -> Result<Self> {
        uploaded(values(), sizes, &self.device())
    }

    fn picked(&self, axis: usize, _: usize, places: impl FnOnce(usize) -> Vec<usize>) -> Result<Self> {
        let places: Vec<i64> = places(self.sizes()[axis]).into_iter().map(|place| place as i64).collect();
        let count = places.len();
        let places = Tensor::<1, Int>::from_data(TensorData::new(places, [count]), &self.device());
        by_rank!(numbers: self.clone(), |x| x.select(axis, places.clone()).into())
    }

    fn of_kind(self, _: Values) -> Self {
        self
    }

    fn kind_of(self, _: &Self) -> Self {
        self
    }
}
