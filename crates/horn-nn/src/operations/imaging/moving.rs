//! Images and tensors whose values are looked up at other places.

use burn::tensor::{Tensor, TensorData};

use crate::arguments::options::{DataFormat, Interpolation};
use crate::error::{Error, Result};
use crate::images::affine::{FillMode, Lookup, check_interpolation};
use crate::images::elastic::Waves;
use crate::images::pixels::spatial_axes;
use crate::memory;
use crate::operations::calls::argument::Argument;
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::operands::{downloaded, shape_of, tensor_of, uploaded};
use crate::operations::formula::Term;
use crate::operations::imaging::picturing::{MAX_FILTER, batch_of, changed};
use crate::operations::linear::decompositions::Matrix;
use crate::random::{next_seed, threefry};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values};

/// `image.affine_transform(images, transform, …)` and `image.perspective_transform(images, start_points, end_points, …)`.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Moved {
    Affine,
    /// Points have no gradients.
    Perspective,
}

impl Moved {
    fn lookup<T>(self, call: &Call<T>) -> Result<Lookup> {
        let option = |name: &str| call.parameter(name).clone();
        let interpolation: Interpolation = serde_json::from_value(option("interpolation"))
            .map_err(|_| call.invalid("interpolation", "bilinear or nearest"))?;
        check_interpolation(interpolation)?;
        let fill_mode = match self {
            Self::Affine => serde_json::from_value(option("fill_mode"))
                .map_err(|_| call.invalid("fill_mode", "constant, nearest, wrap or reflect"))?,
            Self::Perspective => FillMode::Constant,
        };
        Ok(Lookup {
            data_format: call.data_format()?,
            interpolation,
            fill_mode,
            fill_value: call.number("fill_value")?,
        })
    }
}

impl Rule for Moved {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        self.lookup(call)?;
        let images = call.tensor()?;
        batch_of(images)?;
        let inner = match self {
            Self::Affine => &[8][..],
            Self::Perspective => &[4, 2],
        };
        for argument in &call.arguments()[1..] {
            let given = shape_of(argument)?;
            let sizes = given.sizes();
            let own = sizes.len().checked_sub(inner.len()).filter(|outer| *outer <= 1);
            let fits = own.is_some_and(|outer| sizes[outer..].iter().zip(inner).all(|(own, size)| *own == Some(*size)));
            if !fits {
                return Err(Error::shape("the transforms have the wrong shape")
                    .received(given)
                    .expected(format!("{inner:?}, or with an axis for the batch"))
                    .hint("see the function of this name in Keras's documentation"));
            }
        }
        Ok(vec![images.clone().with_values(Values::Floats)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let (lookup, device) = (self.lookup(&call)?, call.tensors_device()?);
        let mut arguments = call.into_arguments().into_iter().map(|argument| tensor_of(argument, &device));
        let mut next = || arguments.next().unwrap_or_else(|| Err(no_tensor("the function")));
        let (images, moves) = (next()?, next()?);
        let moves = match self {
            Self::Affine => moves,
            Self::Perspective => views(&moves, &next()?)?,
        };
        let moves = if moves.rank() == 1 { moves.expanded(0)? } else { moves };
        memory::check_workspace(Lookup::workspace(lookup.data_format, &images.sizes()), 0)?;
        let output = changed(images, |images| {
            let [height, width] = spatial_axes(lookup.data_format).map(|axis| images.dims()[axis]);
            let batch = images.dims()[0];
            let moves = if moves.sizes()[0] == 1 { moves.clone().expand(&[batch, 8])? } else { moves };
            if moves.sizes()[0] != batch {
                return Err(Error::shape("there must be one transform for all images, or one for each")
                    .received(format!("{} for {batch} images", moves.sizes()[0]))
                    .expected("one for all, or one for each")
                    .hint("check the shape of the data"));
            }
            let factors = moves.float::<2>()?;
            let steps = |step: fn(usize, usize) -> usize| {
                let steps: Vec<f32> = (0..height * width).map(|at| step(at, width) as f32).collect();
                Tensor::<2>::from_data(TensorData::new(steps, [1, height * width]), &device)
            };
            let (rows, columns) = (steps(|at, width| at / width), steps(|at, width| at % width));
            let factor = |at: usize| factors.clone().narrow(1, at, 1);
            let along = |at: usize| columns.clone() * factor(at) + rows.clone() * factor(at + 1);
            let (x, y) = (along(0) + factor(2), along(3) + factor(5));
            let (x, y) = match self {
                Self::Affine => (x, y),
                Self::Perspective => (x / (along(6) + 1.0), y / (along(6) + 1.0)),
            };
            Ok(lookup.run_at(images, y, x).into())
        })?;
        Ok(vec![output])
    }
}

/// `image.elastic_transform(images, alpha, sigma, interpolation, fill_mode, fill_value, seed, data_format)`: without a seed,
/// each call moves the pixels otherwise.
pub(crate) struct Elastic;

impl Elastic {
    fn arguments<T>(call: &Call<T>) -> Result<(Waves, Lookup, Option<u64>)> {
        let (strength, sigma) = (call.number("alpha")? as f32, call.number("sigma")? as f32);
        let waves = Waves { strength, sigma };
        if sigma <= 0.0 || !sigma.is_finite() || waves.filter() > MAX_FILTER {
            return Err(call.invalid("sigma", &format!("a number above 0, at most {}", MAX_FILTER / 6)));
        }
        let seed = match call.parameter("seed") {
            serde_json::Value::Null => None,
            seed => {
                let seed = seed.as_u64().filter(|&seed| seed <= u32::MAX.into());
                Some(seed.ok_or_else(|| call.invalid("seed", "a whole number of 32 bits, or none"))?)
            }
        };
        Ok((waves, Moved::Affine.lookup(call)?, seed))
    }
}

impl Rule for Elastic {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        Self::arguments(call)?;
        let images = call.tensor()?;
        batch_of(images)?;
        Ok(vec![images.clone().with_values(Values::Floats)])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let (waves, lookup, seed) = Self::arguments(&call)?;
        let key = threefry::key(seed.unwrap_or_else(next_seed))?;
        Ok(vec![changed(call.into_tensor()?, |images| Ok(waves.run(images, key, &lookup).into()))?])
    }
}

/// Where each pixel of the views comes from, whose end points are the start points of the images.
fn views(starts: &AnyTensor, ends: &AnyTensor) -> Result<AnyTensor> {
    let (from, to) = (downloaded(starts)?, downloaded(ends)?);
    if from.len() != to.len() {
        return Err(Error::shape("the numbers of start points and end points differ")
            .received(format!("{} numbers and {}", from.len(), to.len()))
            .expected("as many of both")
            .hint("check the shape of the data"));
    }
    let mut factors = Vec::new();
    for (from, to) in from.chunks_exact(8).zip(to.chunks_exact(8)) {
        let number = |values: &[f32], at: usize| f64::from(values[at]);
        let equation = |row: usize, column: usize| {
            let (corner, is_y) = (row % 4, row / 4);
            let (x, y, own) = (number(to, 2 * corner), number(to, 2 * corner + 1), number(from, 2 * corner + is_y));
            match column {
                6 => -own * x,
                7 => -own * y,
                column if column / 3 != is_y => 0.0,
                column => [x, y, 1.0][column % 3],
            }
        };
        let right = Matrix::new(8, 1, |row, _| number(from, 2 * (row % 4) + row / 4));
        let view = Matrix::new(8, 8, equation).solve(&right);
        factors.extend(view.values.into_iter().map(|value| value as f32));
    }
    let count = factors.len() / 8;
    uploaded(factors, &[count, 8], &starts.device())
}

/// `image.map_coordinates(inputs, coordinates, order, fill_mode, fill_value)`: values at places of a tensor, a place for each
/// of its axes.
pub(crate) struct MapCoordinates;

impl MapCoordinates {
    fn lookup<T>(call: &Call<T>) -> Result<Lookup> {
        let interpolation = match call.int("order")? {
            0 => Interpolation::Nearest,
            1 => Interpolation::Bilinear,
            _ => return Err(call.invalid("order", "0 or 1")),
        };
        let fill_mode = serde_json::from_value(call.parameter("fill_mode").clone())
            .map_err(|_| call.invalid("fill_mode", "constant, nearest, wrap or reflect"))?;
        let data_format = DataFormat::ChannelsLast;
        Ok(Lookup { data_format, interpolation, fill_mode, fill_value: call.number("fill_value")? })
    }
}

impl Rule for MapCoordinates {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        Self::lookup(call)?;
        let [inputs, places] = call.arguments() else { return Err(no_tensor(call.class)) };
        let (inputs, places) = (shape_of(inputs)?, shape_of(places)?);
        let fits = places.rank() >= 2 && places.sizes()[0].is_none_or(|size| size == inputs.rank());
        if !fits {
            return Err(Error::shape("the coordinates do not fit the tensor")
                .received(format!("{places} for {inputs}"))
                .expected(format!("a first axis of size {}, and others for the places", inputs.rank()))
                .hint("give a coordinate for each axis of the tensor"));
        }
        Ok(vec![Shape::new(&places.sizes()[1..]).with_values(inputs.values())])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let (lookup, device) = (Self::lookup(&call)?, call.tensors_device()?);
        let arguments = <[Argument<AnyTensor>; 2]>::try_from(call.into_arguments());
        let [x, places] = arguments.map_err(|_| no_tensor("map_coordinates"))?;
        let (x, places) = (tensor_of(x, &device)?, tensor_of(places, &device)?);
        let (sizes, output) = (x.sizes(), places.sizes());
        let count = output[1..].iter().product();
        if output[0] != sizes.len() {
            return Err(Error::shape("the coordinates do not fit the tensor")
                .received(output[0])
                .expected(format!("{} coordinates", sizes.len()))
                .hint("give a coordinate for each axis of the tensor"));
        }
        // All corners of the cell around each place: their index, their weight, and whether they are beyond an edge.
        let corners = 1_usize.checked_shl(sizes.len() as u32).unwrap_or(usize::MAX);
        memory::check_workspace(memory::values(&[corners, count, 8]), 0)?;
        let values = x.reshape(&[sizes.iter().product(), 1])?.float::<2>()?;
        let places = places.reshape(&[output[0], count])?.float::<2>()?;
        let found = lookup.values_at(values, &sizes, &places);
        Ok(vec![AnyTensor::from(found).reshape(&output[1..])?])
    }
}
