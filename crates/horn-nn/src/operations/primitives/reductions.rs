//! Functions that reduce axes: sums, means, extremes.

use std::cmp::Reverse;

use burn::tensor::Tensor;
use serde_json::{Map, Value};

use crate::by_rank;
use crate::error::Result;
use crate::not_finite;
use crate::operations::calls::argument::Argument;
use crate::operations::calls::call::Call;
use crate::operations::calls::function::Rule;
use crate::operations::calls::integers::{Integers, along};
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

/// Is this order of a norm that of all values of a matrix?
fn is_euclidean(order: &Value) -> bool {
    order.is_null() || *order == "fro"
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
            // Of a matrix: the largest or the smallest sum of a column, and of a row.
            Self::Norm if axes.len() == 2 && order != 2.0 => {
                let (summed, found) = if order.is_infinite() { (axes[1], axes[0]) } else { (axes[0], axes[1]) };
                let sums = x.abs().sum_dim(summed);
                if order > 0.0 { sums.max_dim(found) } else { sums.min_dim(found) }
            }
            Self::Norm if order == 0.0 => sum(x.not_equal_elem(0.0).float()),
            Self::Norm if order == 1.0 => sum(x.abs()),
            Self::Norm if order == f64::NEG_INFINITY => fold(x.abs(), Tensor::min_dim),
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

    /// The function of all integers along the axes, if its results are integers that floats may not hold.
    fn of_integers(self) -> Option<fn(&[i64]) -> i64> {
        // The first place of the extreme.
        fn place(line: &[i64], is_better: fn(i64, i64) -> bool) -> i64 {
            let better = |best: usize, at: usize| if is_better(line[at], line[best]) { at } else { best };
            (1..line.len()).fold(0, better) as i64
        }
        Some(match self {
            Self::Argmax => |line| place(line, |value, best| value > best),
            Self::Argmin => |line| place(line, |value, best| value < best),
            Self::Max => |line| line.iter().copied().max().unwrap_or_default(),
            Self::Min => |line| line.iter().copied().min().unwrap_or_default(),
            Self::Prod => |line| line.iter().fold(1, |product: i64, &value| product.wrapping_mul(value)),
            Self::Sum => |line| line.iter().fold(0, |sum: i64, &value| sum.wrapping_add(value)),
            _ => return None,
        })
    }

    /// The output of the reduced tensor: the axes have size 1, and go unless they are kept.
    fn finished(self, output: AnyTensor, axes: &[usize], keeps: bool) -> Result<AnyTensor> {
        let sizes = output.sizes();
        let left = (0..sizes.len()).filter(|axis| keeps || !axes.contains(axis)).map(|axis| sizes[axis]);
        let mut left: Vec<usize> = left.collect();
        // A single number is a tensor of one axis here: Burn has none without axes.
        if left.is_empty() {
            left.push(1);
        }
        output.reshape(&left)
    }

    /// The order of a norm: 2 if it is not given.
    fn order<T>(self, call: &Call<T>) -> Result<f64> {
        match call.config.get("ord") {
            // Frobenius's norm is the Euclidean one of all values of a matrix.
            Some(ord) if *ord == "fro" => Ok(2.0),
            Some(ord) if !ord.is_null() => {
                not_finite::number(ord).filter(|order| !order.is_nan()).ok_or_else(|| call.invalid("ord", "a number"))
            }
            _ => Ok(2.0),
        }
    }

    /// The number that an extreme can't be worse than, if there is one.
    fn initial<T>(self, call: &Call<T>) -> Result<Option<f64>> {
        match call.parameter("initial") {
            Value::Null => Ok(None),
            _ => call.number("initial").map(Some),
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
            Self::Norm if axes.len() > 2 => Err(call.invalid("axis", "one axis or two")),
            Self::Norm if axes.len() == 2 && !is_euclidean(call.parameter("ord")) => {
                let of_sums = [1.0, -1.0, f64::INFINITY, f64::NEG_INFINITY].contains(&self.order(call)?);
                let in_order =
                    call.ints("axis")?.is_none_or(|axes| axes.is_sorted_by_key(|&axis| axis.rem_euclid(rank as i64)));
                match (of_sums, in_order) {
                    (true, true) => Ok((axes, false)),
                    (true, false) => Err(call.invalid("axis", "the axis of the rows before that of the columns")),
                    (false, _) => Err(call.invalid("ord", "1, -1, 2, -2, inf, -inf, fro or nuc for two axes, or none")),
                }
            }
            _ => Ok((axes, false)),
        }
    }
}

impl Rule for Reduction {
    fn integers(&self, _: &Map<String, Value>) -> Integers {
        if self.of_integers().is_some() { Integers::Along } else { Integers::AsFloats }
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        self.order(call)?;
        self.initial(call)?;
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
        let (order, keeps, initial) = (self.order(&call)?, call.flag("keepdims"), self.initial(&call)?);
        let mut x = call.into_tensor()?;
        let mut reduced: Vec<usize> = sizes.clone();
        axes.iter().for_each(|&axis| reduced[axis] = 1);
        if flat {
            x = x.reshape(&[sizes.iter().product()])?;
        }
        let rule = *self;
        let output: AnyTensor = by_rank!(x, |x| {
            let found = rule.forward(x, if flat { &[0] } else { &axes }, order);
            match initial {
                None => found.into(),
                Some(initial) if initial.is_nan() => found.full_like(initial).into(),
                Some(initial) if matches!(rule, Self::Max) => found.clamp_min(initial).into(),
                Some(initial) => found.clamp_max(initial).into(),
            }
        })?;
        Ok(vec![self.finished(output.reshape(&reduced)?, &axes, keeps)?])
    }

    fn compute_exactly(&self, call: Call<AnyTensor>, kinds: [Values; 2]) -> Result<Vec<AnyTensor>> {
        let (axes, _) = self.axes(&call, call.tensor()?.rank())?;
        let (keeps, initial) = (call.flag("keepdims"), self.initial(&call)?);
        let of_line = self.of_integers().unwrap_or(|_| 0);
        let found = along(call.into_tensor()?, &axes, 1, kinds, |line| {
            let found = of_line(line);
            // The number is cast to the kind of the values.
            vec![match (self, initial.map(|initial| initial as i64)) {
                (Self::Max, Some(initial)) => found.max(initial),
                (_, Some(initial)) => found.min(initial),
                (_, None) => found,
            }]
        })?;
        Ok(vec![self.finished(found, &axes, keeps)?])
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

impl Along {
    /// What the function makes of the integers along the axis.
    fn of_integers(self, line: &[i64]) -> Vec<i64> {
        let running = |first: i64, next: fn(i64, i64) -> i64| {
            let step = move |so_far: &mut i64, value: &i64| {
                *so_far = next(*so_far, *value);
                Some(*so_far)
            };
            line.iter().scan(first, step).collect()
        };
        match self {
            Self::Argsort => places_in_order(line, |value| value),
            Self::Cumprod => running(1, i64::wrapping_mul),
            Self::Cumsum => running(0, i64::wrapping_add),
            Self::Sort => {
                let mut sorted = line.to_vec();
                sorted.sort_unstable();
                sorted
            }
        }
    }
}

/// The places of the integers in the order of their keys; of equal ones in their own order.
fn places_in_order<K: Ord>(line: &[i64], key: fn(i64) -> K) -> Vec<i64> {
    let mut places: Vec<i64> = (0..line.len() as i64).collect();
    places.sort_by_key(|&place| key(line[place as usize]));
    places
}

impl Rule for Along {
    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Along
    }

    fn compute_exactly(&self, call: Call<AnyTensor>, kinds: [Values; 2]) -> Result<Vec<AnyTensor>> {
        let sizes = call.tensor()?.sizes();
        let axis = call.axis(sizes.len())?;
        Ok(vec![along(call.into_tensor()?, &[axis], sizes[axis], kinds, |line| self.of_integers(line))?])
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?.clone();
        call.axis(input.rank())?;
        let values = match self {
            Self::Argsort => Values::Ints,
            Self::Cumprod | Self::Cumsum if input.values() == Values::Bools => Values::Ints,
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
    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Along
    }

    fn compute_exactly(&self, call: Call<AnyTensor>, [given, results]: [Values; 2]) -> Result<Vec<AnyTensor>> {
        let (k, sizes) = (call.int("k")? as usize, call.tensor()?.sizes());
        if sizes.last().is_none_or(|&last| last < k) {
            return Err(call.invalid("k", "1 to the size of the last axis"));
        }
        let (x, axis) = (call.into_tensor()?, [sizes.len() - 1]);
        let places = |line: &[i64]| places_in_order(line, Reverse)[..k].to_vec();
        let values = |line: &[i64]| places(line).into_iter().map(|place| line[place as usize]).collect();
        let found = along(x.clone(), &axis, k, [given, results], values)?;
        Ok(vec![found, along(x, &axis, k, [given, Values::Ints], places)?])
    }

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
