//! What functions on tensors take: tensors of a graph, and constants.

use ndarray::{ArrayBase, Data, Dimension};
use serde_json::Value;

use crate::error::Result;
use crate::graph::input::Input;
use crate::graph::keras_tensor::{IntoTensors, KerasTensor};
use crate::graph::shared_layer::SharedLayer;
use crate::operations::calls::argument::{Argument, Array, Constant};
use crate::operations::operation::Operation;

/// An argument of a function, with its tensors.
#[derive(Debug, Clone)]
pub struct Operand {
    pub(super) argument: Argument<()>,
    pub(super) tensors: Vec<KerasTensor>,
}

impl Operand {
    /// A value that is stored with the function.
    pub(super) fn constant(constant: Constant) -> Self {
        Self { argument: Argument::Constant(constant), tensors: Vec::new() }
    }

    /// The tensor that an operator could not compute, if there is one.
    pub(super) fn failed(&self) -> Option<&KerasTensor> {
        self.tensors.iter().find(|tensor| tensor.checked().is_err())
    }

    /// A list of tensors as one argument.
    pub(super) fn list(tensors: impl IntoTensors) -> Self {
        let tensors = tensors.into_tensors();
        Self { argument: Argument::List(vec![Argument::Tensor(()); tensors.len()]), tensors }
    }

    /// A list of constants.
    pub(super) fn constants(constants: Vec<Constant>) -> Self {
        let items = constants.into_iter().map(Argument::Constant).collect();
        Self { argument: Argument::List(items), tensors: Vec::new() }
    }
}

/// What stands for a tensor in a function: a tensor of the graph, a number, or an array.
///
/// ```
/// use horn::layers::Input;
/// use horn::ops;
/// use ndarray::array;
///
/// let x = Input([3]);
/// let scaled = ops::multiply(&x, array![1.0_f32, 2.0, 3.0])?;
/// let shifted = ops::add(scaled, 0.5)?;
/// assert_eq!(shifted.shape().to_string(), "(None, 3)");
/// # Ok::<(), horn::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tensor of a graph, number or array",
    label = "a function on tensors takes a `KerasTensor`, an `Input`, a number or an array of `f32`"
)]
pub trait IntoOperand {
    /// The argument.
    fn into_operand(self) -> Operand;
}

impl IntoOperand for Operand {
    fn into_operand(self) -> Operand {
        self
    }
}

impl IntoOperand for KerasTensor {
    fn into_operand(self) -> Operand {
        Operand { argument: Argument::Tensor(()), tensors: vec![self] }
    }
}

impl IntoOperand for &KerasTensor {
    fn into_operand(self) -> Operand {
        self.clone().into_operand()
    }
}

impl IntoOperand for Input {
    fn into_operand(self) -> Operand {
        self.tensor().into_operand()
    }
}

impl IntoOperand for &Input {
    fn into_operand(self) -> Operand {
        self.tensor().into_operand()
    }
}

macro_rules! numbers {
    ($($number:ty => $constant:ident),+) => {$(
        impl IntoOperand for $number {
            fn into_operand(self) -> Operand {
                Operand::constant(Constant::$constant(self.into()))
            }
        }
    )+};
}

numbers!(f32 => Float, f64 => Float, i32 => Int, i64 => Int, bool => Bool);

impl<S: Data<Elem = f32>, D: Dimension> IntoOperand for ArrayBase<S, D> {
    fn into_operand(self) -> Operand {
        (&self).into_operand()
    }
}

impl<S: Data<Elem = f32>, D: Dimension> IntoOperand for &ArrayBase<S, D> {
    fn into_operand(self) -> Operand {
        Operand::constant(Constant::Array(Array::of_floats(&self.to_owned().into_dyn())))
    }
}

/// Calls the function of this class.
pub(super) fn call<const N: usize>(class: &str, config: Value, operands: [Operand; N]) -> Result<KerasTensor> {
    let (operation, tensors) = operation(class, config, operands.into())?;
    operation.apply(tensors)
}

/// Calls the function of this class, which has several outputs.
pub(super) fn call_all<const N: usize>(class: &str, config: Value, operands: [Operand; N]) -> Result<Vec<KerasTensor>> {
    let (operation, tensors) = operation(class, config, operands.into())?;
    operation.apply_all(tensors)
}

/// Calls the function of this class, which takes any number of tensors.
pub(super) fn call_many(class: &str, config: Value, operands: Vec<Operand>) -> Result<KerasTensor> {
    let (operation, tensors) = operation(class, config, operands)?;
    operation.apply(tensors)
}

/// Calls the function of this class, which takes any number of tensors and has several outputs.
pub(super) fn call_list(class: &str, config: Value, operands: Vec<Operand>) -> Result<Vec<KerasTensor>> {
    let (operation, tensors) = operation(class, config, operands)?;
    operation.apply_all(tensors)
}

/// Calls the function of this class, which also takes constants by names of the caller.
pub(super) fn call_named<const N: usize>(
    class: &str,
    operands: [Operand; N],
    named: Vec<(String, Constant)>,
) -> Result<KerasTensor> {
    let (arguments, tensors) = apart(operands.into());
    let named = named.into_iter().map(|(name, constant)| (name, Argument::Constant(constant))).collect();
    SharedLayer::new(checked(class, Operation::with_named(class, Value::Null, arguments, named))?).apply(tensors)
}

fn operation(class: &str, config: Value, operands: Vec<Operand>) -> Result<(SharedLayer, Vec<KerasTensor>)> {
    let (arguments, tensors) = apart(operands);
    Ok((SharedLayer::new(checked(class, Operation::new(class, config, arguments))?), tensors))
}

fn checked(class: &str, operation: Result<Operation>) -> Result<Operation> {
    operation.map_err(|error| error.at(format!("function {class}")))
}

/// The arguments, and all their tensors.
fn apart(operands: Vec<Operand>) -> (Vec<Argument<()>>, Vec<KerasTensor>) {
    let (mut arguments, mut tensors) = (Vec::new(), Vec::new());
    for operand in operands {
        arguments.push(operand.argument);
        tensors.extend(operand.tensors);
    }
    (arguments, tensors)
}

/// Functions of tensors, with the parameters of Keras's class; in brackets how many outputs, where there are several.
macro_rules! functions {
    ($($(#[$doc:meta])+ $name:ident($($tensor:ident),+ $(; $($parameter:ident: $type:ty => $value:expr),+)?)
        => $class:literal $([$count:literal])?, $error:literal;)+) => {$(
        $(#[$doc])+
        ///
        /// # Errors
        ///
        #[doc = $error]
        pub fn $name($($tensor: impl $crate::ops::operand::IntoOperand),+ $(, $($parameter: $type),+)?)
            -> $crate::error::Result<$crate::ops::operand::outputs!($($count)?)>
        {
            let config = serde_json::json!({$($(stringify!($parameter): $value),+)?});
            let operands = [$($crate::ops::operand::IntoOperand::into_operand($tensor)),+];
            $crate::ops::operand::called!($class, config, operands $(, $count)?)
        }
    )+};
}
pub(super) use functions;

/// What a function of `functions` returns.
macro_rules! outputs {
    () => {
        $crate::graph::keras_tensor::KerasTensor
    };
    ($count:literal) => {
        [$crate::graph::keras_tensor::KerasTensor; $count]
    };
}
pub(super) use outputs;

/// Calls the function of this class.
macro_rules! called {
    ($class:literal, $config:ident, $operands:ident) => {
        $crate::ops::operand::call($class, $config, $operands)
    };
    ($class:literal, $config:ident, $operands:ident, $count:literal) => {
        Ok($crate::ops::operand::call_all($class, $config, $operands)?
            .try_into()
            .expect("the number of outputs is that of the class"))
    };
}
pub(super) use called;

/// Axes: one, several, or, by `None`, all.
///
/// ```
/// use horn::layers::Input;
/// use horn::ops;
///
/// let images = Input([8, 8, 3]);
/// assert_eq!(ops::mean(&images, -1, false)?.shape().to_string(), "(None, 8, 8)");
/// assert_eq!(ops::mean(&images, (1, 2), true)?.shape().to_string(), "(None, 1, 1, 3)");
/// # Ok::<(), horn::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an axis",
    label = "expected an axis such as `-1`, several such as `(1, 2)`, or `None` for all"
)]
pub trait IntoAxes {
    /// The axes as Keras writes them.
    #[doc(hidden)]
    fn into_axes(self) -> Value;
}

impl IntoAxes for i64 {
    fn into_axes(self) -> Value {
        self.into()
    }
}

impl<const N: usize> IntoAxes for [i64; N] {
    fn into_axes(self) -> Value {
        self.to_vec().into()
    }
}

impl IntoAxes for &[i64] {
    fn into_axes(self) -> Value {
        self.to_vec().into()
    }
}

impl IntoAxes for Vec<i64> {
    fn into_axes(self) -> Value {
        self.into()
    }
}

macro_rules! axes_of_tuples {
    ($(($($axis:ident: $type:ty),+))*) => {$(
        impl IntoAxes for ($($type),+) {
            fn into_axes(self) -> Value {
                let ($($axis),+) = self;
                vec![$($axis),+].into()
            }
        }
    )*};
}

axes_of_tuples!((a: i64, b: i64)(a: i64, b: i64, c: i64)(a: i64, b: i64, c: i64, d: i64)
    (a: i64, b: i64, c: i64, d: i64, e: i64));

impl IntoAxes for Option<i64> {
    fn into_axes(self) -> Value {
        self.into()
    }
}
