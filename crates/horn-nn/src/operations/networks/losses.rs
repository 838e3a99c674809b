//! Functions of classes and of errors: crossentropies without a mean over the samples, classes as vectors, decibels.

use serde_json::{Value, json};

use crate::activations::activation::Activation;
use crate::error::{Error, Result};
use crate::operations::calls::call::Call;
use crate::operations::formula::{Formula, Term, required};
use crate::operations::primitives::activating::{Activated, AlongAxis};
use crate::operations::primitives::elementwise::{Binary, Unary};
use crate::operations::primitives::reductions::Reduction;
use crate::operations::primitives::selecting::{Clip, OneHot};
use crate::tensor::shape::{Shape, can_be_equal};

/// Probabilities are kept this far from 0 and 1: Keras's `epsilon()`.
const EPSILON: f64 = 1e-7;

/// `binary_crossentropy(target, output, from_logits)`, `categorical_crossentropy(target, output, from_logits, axis)`, and the
/// same for targets that are class indices.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Crossentropy {
    Binary,
    Categorical,
    SparseCategorical,
}

fn clipped<T: Term>(x: &T) -> Result<T> {
    T::one(&Clip, json!({"x_min": EPSILON, "x_max": 1.0 - EPSILON}), vec![x.clone()])
}

fn check_sizes(target: &[Option<usize>], output: &[Option<usize>]) -> Result<()> {
    if target.len() == output.len() && target.iter().zip(output).all(can_be_equal) {
        return Ok(());
    }
    Err(Error::shape("the target does not fit the output")
        .received(format!("{} for {}", Shape::new(target), Shape::new(output)))
        .expected("equal shapes; for class indices without the axis of the classes")
        .hint("bring the target to the shape of the output"))
}

impl Formula for Crossentropy {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let (mut target, output) = (required(call, 0)?, required(call, 1)?);
        let logits = call.flag("from_logits");
        if *self == Self::Binary {
            check_sizes(&target.lengths(), &output.lengths())?;
            let log_sigmoid = |x: &T| T::one(&Activated(|_| Activation::LogSigmoid), Value::Null, vec![x.clone()]);
            let [yes, no] = match logits {
                true => [log_sigmoid(&output)?, log_sigmoid(&output.scaled(-1.0, 0.0)?)?],
                false => {
                    let output = clipped(&output)?;
                    [output.map(Unary::Log)?, output.scaled(-1.0, 1.0)?.map(Unary::Log)?]
                }
            };
            let other = target.scaled(-1.0, 1.0)?.times(&no)?;
            return Ok(vec![target.times(&yes)?.plus(&other)?.map(Unary::Negative)?]);
        }
        let axis = call.axis(output.axis_count())?;
        let logarithms = match logits {
            true => T::one(&AlongAxis::LogSoftmax, json!({"axis": axis}), vec![output.clone()])?,
            false => {
                let sum = output.reduced(Reduction::Sum, &[axis], true)?;
                clipped(&output.over(&sum)?)?.map(Unary::Log)?
            }
        };
        if *self == Self::SparseCategorical {
            let mut sizes = target.lengths();
            if sizes.len() == output.axis_count() && sizes.last() == Some(&Some(1)) {
                sizes.pop();
                target = target.reshaped(&sizes)?;
            }
            let classes = json!({"num_classes": output.length(axis)?, "axis": axis, "dtype": "float32"});
            target = T::one(&OneHot, classes, vec![target])?;
        }
        check_sizes(&target.lengths(), &output.lengths())?;
        Ok(vec![target.times(&logarithms)?.reduced(Reduction::Sum, &[axis], false)?.map(Unary::Negative)?])
    }
}

/// `psnr(x1, x2, max_val)`: the ratio of the largest value to the mean squared difference, in decibels.
pub(crate) struct Psnr;

impl Formula for Psnr {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let (x, y) = (required(call, 0)?, required(call, 1)?);
        check_sizes(&x.lengths(), &y.lengths())?;
        let largest = call.number("max_val")?;
        if largest <= 0.0 {
            return Err(call.invalid("max_val", "a number above 0"));
        }
        let axes: Vec<usize> = (0..x.axis_count()).collect();
        let squares = x.minus(&y)?.map(Unary::Square)?.reduced(Reduction::Mean, &axes, false)?;
        Ok(vec![squares.map(Unary::Log10)?.scaled(-10.0, 20.0 * largest.log10())?])
    }
}

/// `in_top_k(targets, predictions, k)`: is the class of each row among its `k` largest values?
pub(crate) struct InTopK;

impl Formula for InTopK {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let (target, output) = (required(call, 0)?, required(call, 1)?);
        let k = call.number("k")?;
        let last = output.axis_count().saturating_sub(1);
        let classes = json!({"num_classes": output.length(last)?, "axis": last, "dtype": "float32"});
        let chosen = T::one(&OneHot, classes, vec![target])?;
        check_sizes(&chosen.lengths(), &output.lengths())?;
        let own = output.or_number(&chosen, 0.0)?.reduced(Reduction::Sum, &[last], true)?;
        let above = output.with(Binary::Greater, &own)?.reduced(Reduction::Sum, &[last], false)?;
        Ok(vec![above.with_number(Binary::Less, k)?])
    }
}

/// `multi_hot(inputs, num_classes, axis)`: 1 for each class whose index is in the row.
pub(crate) struct MultiHot;

impl Formula for MultiHot {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let x = required(call, 0)?;
        if call.flag("sparse") {
            return Err(call.invalid("sparse", "false"));
        }
        let (classes, axis) = (call.parameter("num_classes"), call.parameter("axis"));
        let reduced = usize::from(x.axis_count() > 1);
        let hot = T::one(&OneHot, json!({"num_classes": classes, "axis": axis, "dtype": "float32"}), vec![x])?;
        Ok(vec![hot.reduced(Reduction::Max, &[reduced], false)?])
    }
}
