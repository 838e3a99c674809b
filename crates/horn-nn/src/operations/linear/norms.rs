//! `norm`: of values, of the sums of rows and columns, and of the singular values of matrices.

use serde_json::json;

use crate::error::Result;
use crate::memory;
use crate::operations::calls::call::Call;
use crate::operations::calls::function::Rule;
use crate::operations::formula::Term;
use crate::operations::linear::linear_algebra::Linear;
use crate::operations::primitives::reductions::Reduction;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;

/// `norm(x, ord, axis, keepdims)`.
pub(crate) struct Norm;

impl Norm {
    /// What is taken of the singular values of the matrices: the largest for 2, the smallest for −2, the sum for `"nuc"`.
    fn of_singular_values<T>(call: &Call<T>, axes: &[usize]) -> Option<Reduction> {
        let order = call.parameter("ord");
        match (axes.len(), order.as_f64()) {
            (2, Some(2.0)) => Some(Reduction::Max),
            (2, Some(-2.0)) => Some(Reduction::Min),
            (2, None) if *order == "nuc" => Some(Reduction::Sum),
            _ => None,
        }
    }

    fn evaluated<T: Term>(call: &Call<T>, x: &T) -> Result<Option<T>> {
        let rank = x.axis_count();
        let axes = call.axes("axis", rank)?;
        let Some(reduction) = Self::of_singular_values(call, &axes) else { return Ok(None) };
        let outer: Vec<usize> = (0..rank).filter(|axis| !axes.contains(axis)).collect();
        let matrices = x.permuted(&[&outer[..], &axes].concat())?;
        let options = json!({"compute_uv": false, "full_matrices": false});
        let found = T::one(&Linear::Svd, options, vec![matrices])?.reduced(reduction, &[outer.len()], false)?;
        if !call.flag("keepdims") {
            return Ok(Some(found));
        }
        let mut sizes = x.lengths();
        axes.iter().for_each(|&axis| sizes[axis] = Some(1));
        found.reshaped(&sizes).map(Some)
    }
}

impl Rule for Norm {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        match Self::evaluated(call, call.tensor()?)? {
            Some(shape) => Ok(vec![shape]),
            None => Reduction::Norm.outputs(call),
        }
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let x = call.tensor()?;
        if Self::of_singular_values(&call, &call.axes("axis", x.rank())?).is_some() {
            memory::check_workspace(memory::values(&x.sizes()).saturating_mul(Linear::Svd.copies()), 0)?;
        }
        match Self::evaluated(&call, x)? {
            Some(found) => Ok(vec![found]),
            None => Reduction::Norm.compute(call),
        }
    }
}
