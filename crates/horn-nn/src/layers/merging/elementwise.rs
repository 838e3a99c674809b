//! `Add`, `Subtract`, `Multiply`, `Average`, `Maximum` and `Minimum`: elementwise merging.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::kind::{Numeric, Ordered};
use serde::{Deserialize, Serialize};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::graph::apply::Apply;
use crate::graph::keras_tensor::{IntoTensors, KerasTensor};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::CallContext;
use crate::layer::checks;
use crate::layer::conventions::OutputMask;
use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;
use crate::layer::forward::Forward;
use crate::layer::reading::reads_keras_2;
use crate::layer::signal::{Signal, alike};
use crate::layers::common::{Common, common_arguments, described};
use crate::layers::merging::masked;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape;
use crate::tensor::shape::Shape;
use crate::windows::layout::value_by_value;

/// Defines an elementwise merging layer and its function.
macro_rules! merging_layer {
    ($(#[$doc:meta])+ $class:ident, $name:literal, $function:ident, $operation:ident) => {
        $(#[$doc])+
        ///
        /// # Shapes
        ///
        /// - inputs: two or more, of equal shapes except for axes of size 1, which are broadcast; one of lower rank gets
        ///   axes of size 1 after the batch axis
        /// - output: the common shape
        ///
        /// # Masks
        ///
        /// If all inputs have a mask, a timestep is unmasked if it is unmasked in any of them.
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
        pub struct $class {
            #[serde(flatten)]
            common: Common,
            /// Is it a layer of a file of Keras 2?
            #[serde(skip, default = "reads_keras_2")]
            is_of_keras_2: bool,
        }

        #[doc = concat!("`keras.layers.", $name, "()`. See [`", $name, "`](struct@", $name, ").")]
        #[allow(non_snake_case)]
        pub fn $class() -> $class {
            $class::new()
        }

        #[doc = concat!("[`", $name, "`](struct@", $name, ") applied to these tensors: `keras.layers.", stringify!($function), "`.")]
        ///
        /// # Errors
        ///
        /// If the shapes of the tensors are not compatible.
        pub fn $function(inputs: impl IntoTensors) -> Result<KerasTensor> {
            $class().apply(inputs)
        }

        impl $class {
            /// The layer.
            pub fn new() -> Self {
                Self::default()
            }
        }

        common_arguments!($class);

        impl Layer for $class {
            described!($name, masking);
            crate::many_inputs!();

            fn output_mask(&self) -> OutputMask {
                match self.is_of_keras_2 {
                    true => OutputMask::All { merges_values: Operation::$operation.depends_on_masks() },
                    false => OutputMask::Any,
                }
            }

            fn output_shapes(&self, inputs: &[Shape]) -> Result<Vec<Shape>> {
                Ok(vec![Operation::$operation.output_shape($name, inputs)?])
            }

            fn build_for(&self, _: &[Shape], _: &mut LayerBuilder) -> Result<BuiltLayer> {
                Ok(BuiltLayer::new(MergeModule { operation: Operation::$operation, is_of_keras_2: self.is_of_keras_2 }))
            }
        }
    };
}

merging_layer! {
    /// The sum of its inputs.
    ///
    /// ```
    /// use horn::Apply;
    /// use horn::layers::{Add, Dense, Input};
    ///
    /// let x = Input([8]);
    /// let residual = Add().apply((&x, Dense(8).apply(&x)?))?;
    /// # Ok::<(), horn::Error>(())
    /// ```
    Add, "Add", add, Sum
}

merging_layer! {
    /// The first of its two inputs minus the second.
    Subtract, "Subtract", subtract, Difference
}

merging_layer! {
    /// The product of its inputs. A masked value counts as 1; if all are masked, the product is 0.
    Multiply, "Multiply", multiply, Product
}

merging_layer! {
    /// The mean of its inputs.
    Average, "Average", average, Mean
}

merging_layer! {
    /// The elementwise maximum of its unmasked inputs.
    Maximum, "Maximum", maximum, Largest
}

merging_layer! {
    /// The elementwise minimum of its unmasked inputs.
    Minimum, "Minimum", minimum, Smallest
}

#[derive(Debug, Clone, Copy)]
enum Operation {
    Sum,
    Difference,
    Product,
    Mean,
    Largest,
    Smallest,
}

impl Operation {
    /// Are masked values left out?
    fn depends_on_masks(self) -> bool {
        matches!(self, Self::Product | Self::Largest | Self::Smallest)
    }

    fn output_shape(self, class: &str, inputs: &[Shape]) -> Result<Shape> {
        let two = matches!(self, Self::Difference);
        if inputs.is_empty() || two && inputs.len() != 2 {
            return Err(Error::shape("the layer takes another number of inputs")
                .received(format!("{} inputs", inputs.len()))
                .expected(if two { "2" } else { "at least 1" })
                .hint(format!("apply it to several tensors, as in `{class}().apply((&a, &b))`")));
        }
        let rank = inputs.iter().map(Shape::rank).max().unwrap_or_default();
        let raised = inputs.iter().map(|input| raised(input.sizes(), rank, Some(1)));
        let merged = raised.reduce(|merged, input| broadcast(&merged?, &input?)).flatten();
        let known_batch = |mut merged: Vec<Option<usize>>| {
            if let Some(batch @ None) = merged.first_mut() {
                *batch = inputs.iter().find_map(Shape::batch);
            }
            Shape::new(merged)
        };
        merged.map(known_batch).ok_or_else(|| {
            Error::shape("the inputs do not fit each other")
                .received(shape::list(inputs))
                .expected("equal sizes, or 1, along each axis")
                .hint("bring them to one shape, by `Dense`, `Conv2D` or `Reshape`")
        })
    }

    fn merge(self, values: Vec<AnyTensor>) -> Result<AnyTensor> {
        let count = values.len();
        let mut values = values.into_iter();
        let first = values.next().expect("the number of inputs was checked");
        let merged = values.try_fold(first, |merged, value| {
            value_by_value(
                [merged, value],
                |[a, b]| by_rank!(numbers: a, |a| b.like(&a).map(|b| self.join(a, b).into()))?,
            )
        })?;
        match self {
            Self::Mean => value_by_value([merged.floats()?], |[x]| by_rank!(x, |x| (x / count as f64).into())),
            _ => Ok(merged),
        }
    }

    fn join<const D: usize, K: Numeric + Ordered>(self, a: Tensor<D, K>, b: Tensor<D, K>) -> Tensor<D, K> {
        match self {
            Self::Sum | Self::Mean => a + b,
            Self::Difference => a - b,
            Self::Product => a * b,
            Self::Largest => a.max_pair(b),
            Self::Smallest => a.min_pair(b),
        }
    }
}

/// The sizes with axes of size 1 inserted after the batch axis, up to this rank.
fn raised<T: Clone>(sizes: &[T], rank: usize, one: T) -> Option<Vec<T>> {
    let (batch, sample) = sizes.split_first()?;
    let added = std::iter::repeat_n(one, rank - sizes.len());
    Some(std::iter::once(batch.clone()).chain(added).chain(sample.iter().cloned()).collect())
}

/// The sizes that both broadcast to, if there are any.
fn broadcast(a: &[Option<usize>], b: &[Option<usize>]) -> Option<Vec<Option<usize>>> {
    let join = |(a, b): (&Option<usize>, &Option<usize>)| match (a, b) {
        (Some(1), other) | (other, Some(1)) => Some(*other),
        (None, _) | (_, None) => Some(None),
        (a, b) => (a == b).then_some(*a),
    };
    a.iter().zip(b).map(join).collect()
}

#[derive(Module, Debug)]
struct MergeModule {
    #[module(skip)]
    operation: Operation,
    is_of_keras_2: bool,
}

impl Forward for MergeModule {
    crate::many_signals!();

    fn call(&self, inputs: Vec<Signal>, _: &mut CallContext) -> Result<Vec<Signal>> {
        checks::one_batch(&inputs, true)?;
        let mask = if self.is_of_keras_2 { mask_of_keras_2(&inputs)? } else { any_mask(&inputs)? };
        let masks: Vec<_> = inputs.iter().map(|input| input.mask().cloned()).collect();
        let rank = inputs.iter().map(|input| input.sizes().len()).max().unwrap_or_default();
        let is_masked = masks.iter().any(Option::is_some) && !self.is_of_keras_2;
        let values = alike(inputs)?.into_iter().map(|value| {
            let value = if is_masked { value.floats()? } else { value };
            let sizes = value.sizes();
            if sizes.len() == rank { Ok(value) } else { value.reshape(&raised(&sizes, rank, 1).unwrap_or_default()) }
        });
        let values = values.collect::<Result<Vec<_>>>()?;
        let merged = match (self.operation, is_masked) {
            (Operation::Product, true) => masked::product(values, &masks)?,
            (Operation::Largest, true) => masked::largest(values, &masks)?,
            (Operation::Smallest, true) => masked::smallest(values, &masks)?,
            (operation, _) => operation.merge(values)?,
        };
        Ok(vec![Signal::new(merged).with_mask(mask)])
    }
}

/// The logical and of the masks that there are.
fn mask_of_keras_2(inputs: &[Signal]) -> Result<Option<AnyTensor>> {
    let mut masks = inputs.iter().filter_map(Signal::mask);
    let Some(mut all) = masks.next().cloned() else { return Ok(None) };
    for mask in masks {
        all =
            by_rank!(bool: all, |all| AnyTensor::clone(mask).bool().map(|mask| AnyTensor::from(all.bool_and(mask))))??;
    }
    Ok(Some(all))
}

/// The logical or of the masks, if all inputs have one.
fn any_mask(inputs: &[Signal]) -> Result<Option<AnyTensor>> {
    let Some(masks) = inputs.iter().map(Signal::mask).collect::<Option<Vec<_>>>() else { return Ok(None) };
    let (first, rest) = masks.split_first().expect("the number of inputs was checked");
    let mut any = (*first).clone();
    for mask in rest {
        any = by_rank!(bool: any, |any| AnyTensor::clone(mask).bool().map(|mask| AnyTensor::from(any.bool_or(mask))))??;
    }
    Ok(Some(any))
}
