//! Functions that reduce axes: sums, means, extremes.

use burn::tensor::Tensor;
use serde_json::{Map, Value};

use crate::by_rank;
use crate::error::Result;
use crate::operations::calls::argument::Argument;
use crate::operations::calls::call::Call;
use crate::operations::calls::function::Rule;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::powers::powf;
use crate::tensor::shape::{Shape, Values};

/// Functions with the parameters `axis` and `keepdims`.
#[derive(Clone, Copy)]
pub(crate) enum Reduction {
    All,
    Any,
    Argmax,
    Argmin,
    CountNonzero,
    Logsumexp,
    Max,
    Mean,
    Min,
    /// The Euclidean norm, or that of the order `ord`.
    Norm,
    Prod,
    Std,
    Sum,
    Var,
}

impl Reduction {
    /// Reduces the axes to size 1.
    fn forward<const D: usize>(self, x: Tensor<D>, axes: &[usize], order: f64) -> Tensor<D> {
        let count = axes.iter().map(|&axis| x.dims()[axis]).product::<usize>() as f64;
        let fold = |x: Tensor<D>, one: fn(Tensor<D>, usize) -> Tensor<D>| axes.iter().fold(x, |x, &axis| one(x, axis));
        let sum = |x| fold(x, Tensor::sum_dim);
        let centered = |x: Tensor<D>| {
            let mean = sum(x.clone()) / count;
            (x - mean).square()
        };
        match self {
            Self::All => fold(x.not_equal_elem(0.0).float(), Tensor::min_dim),
            Self::Any => fold(x.not_equal_elem(0.0).float(), Tensor::max_dim),
            Self::Argmax => x.argmax(axes[0]).float(),
            Self::Argmin => x.argmin(axes[0]).float(),
            Self::CountNonzero => sum(x.not_equal_elem(0.0).float()),
            Self::Logsumexp => {
                // From the largest value, so that no exponential overflows.
                let largest = fold(x.clone(), Tensor::max_dim).detach();
                let finite = largest.clone().mask_fill(largest.is_finite().bool_not(), 0.0);
                sum((x - finite.clone()).exp()).log() + finite
            }
            Self::Max => fold(x, Tensor::max_dim),
            Self::Mean => sum(x) / count,
            Self::Min => fold(x, Tensor::min_dim),
            Self::Norm if order == 1.0 => sum(x.abs()),
            Self::Norm if order == f64::INFINITY => fold(x.abs(), Tensor::max_dim),
            Self::Norm if order == 2.0 => sum(x.square()).sqrt(),
            Self::Norm => powf(sum(powf(x.abs(), order)), order.recip()),
            Self::Prod => fold(x, Tensor::prod_dim),
            Self::Std => (sum(centered(x)) / count).sqrt(),
            Self::Sum => sum(x),
            Self::Var => sum(centered(x)) / count,
        }
    }

    /// The kind of the results.
    fn values(self, of: Values) -> Values {
        match self {
            Self::All | Self::Any => Values::Bools,
            Self::Argmax | Self::Argmin | Self::CountNonzero => Values::Ints,
            Self::Sum | Self::Prod if of < Values::Ints => Values::Ints,
            Self::Sum | Self::Prod | Self::Max | Self::Min => of,
            _ => Values::Floats,
        }
    }

    /// The order of a norm: 2 if it is not given.
    fn order<T>(self, call: &Call<T>) -> Result<f64> {
        match call.config.get("ord") {
            // Frobenius's norm is the Euclidean one of all values of a matrix.
            Some(ord) if *ord == "fro" => Ok(2.0),
            Some(ord) if !ord.is_null() => match ord.as_f64() {
                Some(order) if order > 0.0 => Ok(order),
                _ => Err(call.invalid("ord", "a number above 0")),
            },
            _ => Ok(2.0),
        }
    }

    /// The axes, and whether all values are taken as one axis, as `argmax` without an axis does.
    fn axes<T>(self, call: &Call<T>, rank: usize) -> Result<(Vec<usize>, bool)> {
        let axes = call.axes("axis", rank)?;
        match self {
            Self::Argmax | Self::Argmin if call.parameter("axis").is_null() => Ok((axes, true)),
            Self::Argmax | Self::Argmin if axes.len() != 1 => Err(call.invalid("axis", "one axis, or none")),
            Self::Norm if *call.parameter("ord") == "fro" && axes.len() != 2 => {
                Err(call.invalid("axis", "two axes for the order \"fro\""))
            }
            Self::Norm if axes.len() > 2 || axes.len() == 2 && call.parameter("ord").is_number() => {
                Err(call.invalid("axis", "one axis, or two without `ord`"))
            }
            _ => Ok((axes, false)),
        }
    }
}

impl Rule for Reduction {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        self.order(call)?;
        if call.config.get("initial").is_some_and(|initial| !initial.is_null()) {
            return Err(call.invalid("initial", "none"));
        }
        let (axes, _) = self.axes(call, input.rank())?;
        let keeps = call.flag("keepdims");
        let sizes = input.sizes().iter().enumerate();
        let sizes: Vec<Option<usize>> = match keeps {
            true => sizes.map(|(axis, size)| if axes.contains(&axis) { Some(1) } else { *size }).collect(),
            false => sizes.filter(|(axis, _)| !axes.contains(axis)).map(|(_, size)| *size).collect(),
        };
        Ok(vec![Shape::new(sizes).with_values(self.values(input.values()))])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let sizes = call.tensor()?.sizes();
        let (axes, flat) = self.axes(&call, sizes.len())?;
        let (order, keeps) = (self.order(&call)?, call.flag("keepdims"));
        let mut x = call.into_tensor()?;
        let mut reduced: Vec<usize> = sizes.clone();
        axes.iter().for_each(|&axis| reduced[axis] = 1);
        let axes = if flat {
            x = x.reshape(&[sizes.iter().product()])?;
            vec![0]
        } else {
            axes
        };
        let rule = *self;
        let output: AnyTensor = by_rank!(x, |x| rule.forward(x, &axes, order).into())?;
        let mut left: Vec<usize> = match (keeps, flat) {
            (true, _) => reduced,
            (false, true) => Vec::new(),
            (false, false) => (0..sizes.len()).filter(|axis| !axes.contains(axis)).map(|axis| sizes[axis]).collect(),
        };
        // A single number is a tensor of one axis here: Burn has none without axes.
        if left.is_empty() {
            left.push(1);
        }
        Ok(vec![output.reshape(&left)?])
    }
}

/// `moments(x, axes, keepdims)`: the mean and the variance.
pub(crate) struct Moments;

impl Moments {
    const PARTS: [Reduction; 2] = [Reduction::Mean, Reduction::Var];

    /// The parameters of a reduction.
    fn config<T>(call: &Call<T>) -> Result<Map<String, Value>> {
        if call.flag("synchronized") {
            return Err(call.invalid("synchronized", "false"));
        }
        let parameter = |name: &str| call.parameter(name).clone();
        Ok(Map::from_iter([("axis".to_owned(), parameter("axes")), ("keepdims".to_owned(), parameter("keepdims"))]))
    }
}

impl Rule for Moments {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let (config, input) = (Self::config(call)?, call.tensor()?);
        let part = |rule: Reduction| {
            let input = vec![Argument::Tensor(input.clone())];
            rule.outputs(&Call::new(call.class, &["x"], &config, input, Vec::new()))
        };
        Ok(Self::PARTS.into_iter().map(part).collect::<Result<Vec<_>>>()?.concat())
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let (config, class) = (Self::config(&call)?, call.class);
        let input = call.into_tensor()?;
        let part = |rule: Reduction| {
            let input = vec![Argument::Tensor(input.clone())];
            rule.compute(Call::new(class, &["x"], &config, input, Vec::new()))
        };
        Ok(Self::PARTS.into_iter().map(part).collect::<Result<Vec<_>>>()?.concat())
    }
}

/// Functions along one axis that keep it: running sums and products, and sorting.
#[derive(Clone, Copy)]
pub(crate) enum Along {
    Argsort,
    Cumprod,
    Cumsum,
    Sort,
}

impl Rule for Along {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?.clone();
        call.axis(input.rank())?;
        let values = match self {
            Self::Argsort => Values::Ints,
            _ => input.values(),
        };
        Ok(vec![input.with_values(values)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let rule = *self;
        let axis = call.axis(call.tensor()?.rank())?;
        let output = by_rank!(call.into_tensor()?, |x| match rule {
            Self::Argsort => x.argsort(axis).float().into(),
            Self::Cumprod => x.cumprod(axis).into(),
            Self::Cumsum => x.cumsum(axis).into(),
            Self::Sort => x.sort(axis).into(),
        })?;
        Ok(vec![output])
    }
}

/// `top_k(x, k)`: the largest values of the last axis and their places.
pub(crate) struct TopK;

impl Rule for TopK {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        let k = usize::try_from(call.int("k")?).map_err(|_| call.invalid("k", "at least 1"))?;
        if k == 0 || input.last().is_some_and(|last| last < k) {
            return Err(call.invalid("k", "1 to the size of the last axis"));
        }
        let found = input.clone().with_last(k);
        Ok(vec![found.clone(), found.with_values(Values::Ints)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let k = call.int("k")? as usize;
        let sizes = call.tensor()?.sizes();
        if sizes.last().is_none_or(|&last| last < k) {
            return Err(call.invalid("k", "1 to the size of the last axis"));
        }
        let axis = sizes.len() - 1;
        let found = by_rank!(call.into_tensor()?, |x| {
            let (values, places) = x.topk_with_indices(k, axis);
            vec![AnyTensor::from(values), places.float().into()]
        })?;
        Ok(found)
    }
}
