//! Functions that choose or convert values: `where`, `clip`, `cast`, `one_hot`.

use burn::tensor::{FloatDType, Tensor, TensorData};
use serde_json::{Map, Value};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::operations::calls::broadcast::{joined, known, with_rank};
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::integers::Integers;
use crate::operations::calls::operands::{number_of, shape_of, tensor_of};
use crate::tensor::any_tensor::{AnyTensor, MAX_RANK, unsupported_rank};
use crate::tensor::shape::{Shape, Values};

/// `where(condition, x1, x2)`.
pub(crate) struct Where;

impl Rule for Where {
    fn takes_numbers(&self) -> bool {
        true
    }

    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Each(Box::new(|values| if values[0] != 0 { values[1] } else { values[2] }))
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let [condition, x, y] = call.arguments() else { return Err(no_tensor(call.class)) };
        let (condition, x, y) = (shape_of(condition)?, shape_of(x)?, shape_of(y)?);
        let sizes = joined(&joined(condition.sizes(), x.sizes())?, y.sizes())?;
        Ok(vec![Shape::new(sizes).with_values(x.values().joined(y.values()))])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let class = call.class;
        let device = call.tensors_device()?;
        let arguments = call.into_arguments().into_iter().map(|argument| tensor_of(argument, &device));
        let arguments = <[AnyTensor; 3]>::try_from(arguments.collect::<Result<Vec<_>>>()?);
        let [condition, x, y] = arguments.map_err(|_| no_tensor(class))?;
        let sizes = joined(&joined(&known(&condition), &known(&x))?, &known(&y))?;
        let sizes: Vec<usize> = sizes.into_iter().flatten().collect();
        let expanded = |x: AnyTensor| with_rank(x, sizes.len())?.expand(&sizes);
        let [condition, x, y] = [expanded(condition)?, expanded(x)?, expanded(y)?];
        let output = by_rank!(condition, |condition| {
            let (x, y) = (x.float()?, y.float()?);
            Ok(AnyTensor::from(y.mask_where(condition.not_equal_elem(0.0), x)))
        });
        Ok(vec![output??])
    }
}

/// `clip(x, x_min, x_max)`.
pub(crate) struct Clip;

impl Rule for Clip {
    fn takes_numbers(&self) -> bool {
        true
    }

    fn integers(&self, config: &Map<String, Value>) -> Integers {
        let whole = |name: &str| config.get(name).and_then(Value::as_f64).filter(|bound| bound.fract() == 0.0);
        match (whole("x_min"), whole("x_max")) {
            (Some(min), Some(max)) => {
                let (min, max) = (min as i64, max as i64);
                Integers::Each(Box::new(move |values| values[0].max(min).min(max)))
            }
            _ => Integers::AsFloats,
        }
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        call.number("x_min")?;
        call.number("x_max")?;
        Ok(vec![call.tensor()?.clone()])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let (min, max) = (call.number("x_min")?, call.number("x_max")?);
        // As in NumPy, the upper bound wins where the bounds are the wrong way round.
        Ok(vec![by_rank!(call.into_tensor()?, |x| x.clamp_min(min).clamp_max(max).into())?])
    }
}

/// `cast(x, dtype)` and `saturate_cast(x, dtype)`. Floats are float32: a cast to integers drops the fraction, one to
/// booleans compares with 0, and one to floats of half precision rounds to their values.
///
/// Floats beyond the integers of the dtype become the nearest one, as on JAX, whose compiled casts saturate; other backends
/// leave it open. Integers wrap round where they are cast, and become the nearest one where they saturate.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Cast {
    Plain,
    Saturating,
}

/// The least and the largest integer of a dtype of up to 32 bits.
fn bounds(dtype: &str) -> Option<(i64, i64)> {
    Some(match dtype {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "uint8" => (0, u8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "uint16" => (0, u16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "uint32" => (0, u32::MAX.into()),
        _ => return None,
    })
}

/// The dtype of this name, if it has half precision.
fn half(dtype: &str) -> Option<FloatDType> {
    match dtype {
        "float16" => Some(FloatDType::F16),
        "bfloat16" => Some(FloatDType::BF16),
        _ => None,
    }
}

impl Rule for Cast {
    fn takes_numbers(&self) -> bool {
        true
    }

    fn integers(&self, config: &Map<String, Value>) -> Integers {
        let dtype = config.get("dtype").and_then(Value::as_str).unwrap_or_default();
        if let (Self::Saturating, Some((least, most))) = (self, bounds(dtype)) {
            return Integers::Each(Box::new(move |values| values[0].clamp(least, most)));
        }
        Integers::of_one(match dtype {
            "bool" => |x| i64::from(x != 0),
            "int8" => |x| i64::from(x as i8),
            "uint8" => |x| i64::from(x as u8),
            "int16" => |x| i64::from(x as i16),
            "uint16" => |x| i64::from(x as u16),
            "uint32" => |x| i64::from(x as u32),
            _ => |x| x,
        })
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let dtype = call.parameter("dtype").as_str().ok_or_else(|| call.invalid("dtype", "the name of a dtype"))?;
        let values = Values::of_dtype(dtype);
        if values == Values::Strings || dtype.starts_with("complex") {
            return Err(call.invalid("dtype", "a float, an integer or bool"));
        }
        Ok(vec![call.tensor()?.clone().with_values(values)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let dtype = call.parameter("dtype").as_str().unwrap_or_default();
        let (values, bounds) = (Values::of_dtype(dtype), bounds(dtype));
        let x = call.into_tensor()?;
        Ok(vec![match (values, bounds) {
            (Values::Bytes | Values::Ints | Values::Longs, Some((least, most))) => by_rank!(x, |x| {
                let undefined = x.clone().is_nan();
                x.trunc().clamp(least as f64, most as f64).mask_fill(undefined, 0.0).into()
            })?,
            (Values::Bytes | Values::Ints | Values::Longs, None) => by_rank!(x, |x| x.trunc().into())?,
            (Values::Bools, _) => by_rank!(x, |x| x.not_equal_elem(0.0).float().into())?,
            (Values::Floats | Values::Strings, _) => match half(dtype) {
                Some(half) => by_rank!(x, |x| x.cast(half).cast(FloatDType::F32).into())?,
                None => x,
            },
        }])
    }
}

/// `one_hot(x, num_classes, axis)`. Classes that do not exist give zeros.
pub(crate) struct OneHot;

impl OneHot {
    /// The number of classes and the new axis, for indices of this rank.
    fn arguments<T>(call: &Call<T>, rank: usize) -> Result<(usize, usize)> {
        let classes = usize::try_from(call.int("num_classes")?).ok().filter(|&classes| classes > 0);
        let classes = classes.ok_or_else(|| call.invalid("num_classes", "at least 1"))?;
        if rank == MAX_RANK {
            return Err(unsupported_rank(rank + 1));
        }
        Ok((classes, call.axis(rank + 1)?))
    }
}

impl Rule for OneHot {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        let (classes, axis) = Self::arguments(call, input.rank())?;
        let mut sizes = input.sizes().to_vec();
        sizes.insert(axis, Some(classes));
        let dtype = call.parameter("dtype").as_str().unwrap_or("float32");
        Ok(vec![Shape::new(sizes).with_values(Values::of_dtype(dtype))])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let mut sizes = call.tensor()?.sizes();
        let (classes, axis) = Self::arguments(&call, sizes.len())?;
        let x = call.into_tensor()?;
        let mut of_classes = vec![1; sizes.len() + 1];
        of_classes[axis] = classes;
        let numbers: Vec<f32> = (0..classes).map(|class| class as f32).collect();
        let numbers = Tensor::<1>::from_data(TensorData::new(numbers, [classes]), &x.device());
        let numbers = AnyTensor::from(numbers).reshape(&of_classes)?;
        sizes.insert(axis, 1);
        let x = x.reshape(&sizes)?;
        sizes[axis] = classes;
        let (x, numbers) = (x.expand(&sizes)?, numbers.expand(&sizes)?);
        let output = by_rank!(x, |x| numbers.float().map(|numbers| AnyTensor::from(x.equal(numbers).float())));
        Ok(vec![output??])
    }
}

/// `tril(x, k)` and `triu(x, k)`: the lower and the upper triangles of matrices; the rest is 0.
#[derive(Clone, Copy)]
pub(crate) enum Triangle {
    Lower,
    Upper,
}

impl Rule for Triangle {
    fn integers(&self, _: &Map<String, Value>) -> Integers {
        Integers::Moved
    }

    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        call.int("k")?;
        if input.rank() < 2 {
            return Err(Error::shape("the input must be a matrix or a batch of matrices")
                .received(input)
                .expected("at least two axes")
                .hint("add an axis first"));
        }
        Ok(vec![input.clone()])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let (rule, k) = (*self, call.int("k")?);
        Ok(vec![by_rank!(numbers: call.into_tensor()?, |x| match rule {
            // Of one axis Burn makes none, which `outputs` refuses.
            _ if x.dims().len() < 2 => x.into(),
            Self::Lower => x.tril(k).into(),
            Self::Upper => x.triu(k).into(),
        })?])
    }
}

/// `full_like(x, fill_value)`: the number in the shape of a tensor.
pub(crate) struct FullLike;

impl Rule for FullLike {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let input = call.tensor()?;
        if call.arguments().get(1).and_then(number_of).is_none() {
            return Err(Error::argument("fill_value must be a number")
                .expected("a number as `fill_value`")
                .hint("give a number"));
        }
        let values = call.parameter("dtype").as_str().map_or(input.values(), Values::of_dtype);
        Ok(vec![input.clone().with_values(values)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let number = call.arguments().get(1).and_then(number_of).unwrap_or_default();
        Ok(vec![by_rank!(call.into_tensor()?, |x| x.full_like(number).into())?])
    }
}
