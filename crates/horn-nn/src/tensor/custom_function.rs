//! `CustomFunction`: a custom function on weights, under a name.

use std::fmt;
use std::sync::Arc;

use burn::tensor::Tensor;

use crate::error::{Error, Result};
use crate::tensor::any_tensor::AnyTensor;

/// What the function computes.
type Compute = dyn Fn(AnyTensor) -> Result<AnyTensor> + Send + Sync;

/// A custom regularizer or constraint. Files hold its name, not what it does.
#[derive(Clone)]
pub struct CustomFunction {
    name: Arc<str>,
    rank: usize,
    compute: Arc<Compute>,
}

impl CustomFunction {
    /// A function of weights with `D` axes.
    pub(crate) fn new<const D: usize, const E: usize>(
        name: &str,
        compute: impl Fn(Tensor<D>) -> Tensor<E> + Send + Sync + 'static,
    ) -> Self {
        let compute = move |weight: AnyTensor| Ok(compute(weight.float()?).into());
        Self { name: name.into(), rank: D, compute: Arc::new(compute) }
    }

    /// The name in files.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Checks that weights have the axes that the function takes.
    ///
    /// # Errors
    ///
    /// If they have another number of axes.
    pub(crate) fn validate(&self, sizes: &[usize]) -> Result<()> {
        match sizes.len() == self.rank {
            true => Ok(()),
            false => Err(Error::argument(format!("the function {:?} does not take this weight", &*self.name))
                .received(format!("a weight of shape {}", crate::tensor::shape::sizes(sizes)))
                .expected(format!("{} axes, as its argument has", self.rank))
                .hint("write the function for the number of axes of the weight")),
        }
    }

    /// Calls the function.
    ///
    /// # Panics
    ///
    /// If the weight or the result has another number of axes; [`validate`](Self::validate) returns an error for the
    /// weight.
    #[track_caller]
    pub(crate) fn call<const D: usize, const E: usize>(&self, weight: Tensor<D>) -> Tensor<E> {
        let result = (self.compute)(weight.into()).and_then(AnyTensor::float);
        result.unwrap_or_else(|error| panic!("the function {:?} is for other weights: {error}", &*self.name))
    }
}

impl fmt::Debug for CustomFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CustomFunction").field(&self.name).finish()
    }
}

/// Two are equal if they are one function.
impl PartialEq for CustomFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && Arc::ptr_eq(&self.compute, &other.compute)
    }
}
