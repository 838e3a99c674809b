//! Products and parts of matrices that are made of simpler functions: `outer`, `diagonal`, `cross`.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::operations::calls::call::Call;
use crate::operations::formula::{Formula, Term, product, required};
use crate::operations::primitives::elementwise::Unary;
use crate::operations::primitives::reductions::Reduction;
use crate::tensor::shape::{Shape, Values};

/// The functions.
#[derive(Clone, Copy)]
pub(crate) enum Matrices {
    CDist,
    Corrcoef,
    Cross,
    Diag,
    Diagflat,
    Diagonal,
    Kron,
    Outer,
    Trace,
    Vdot,
}

impl Formula for Matrices {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let x = required(call, 0)?;
        let y = || required(call, 1);
        Ok(vec![match self {
            Self::CDist => cdist(&x, &y()?)?,
            Self::Corrcoef => corrcoef(&x)?,
            Self::Cross => cross(call, &x, &y()?)?,
            Self::Diag if x.axis_count() == 1 => spread(&x, call.int("k")?)?,
            Self::Diag if x.axis_count() == 2 => diagonal(&x, call.int("k")?, 0, 1)?,
            Self::Diag => {
                return Err(Error::shape("the input must be a vector or a matrix")
                    .received(Shape::new(x.lengths()))
                    .expected("one or two axes")
                    .hint("use `diagonal` for more axes"));
            }
            Self::Diagflat => spread(&x.flat()?, call.int("k")?)?,
            Self::Diagonal | Self::Trace => {
                let rank = x.axis_count();
                let axes = [call.axis_of(call.int("axis1")?, rank)?, call.axis_of(call.int("axis2")?, rank)?];
                let found = diagonal(&x, call.int("offset")?, axes[0], axes[1])?;
                match self {
                    Self::Trace => found.reduced(Reduction::Sum, &[found.axis_count() - 1], false)?,
                    _ => found,
                }
            }
            Self::Kron => kron(&x, &y()?)?,
            Self::Outer => {
                let columns = y()?.flat()?;
                x.flat()?.expanded(-1)?.times(&columns)?
            }
            Self::Vdot => x.flat()?.times(&y()?.flat()?)?.reduced(Reduction::Sum, &[0], false)?,
        }])
    }
}

/// `cdist(x, y)`: the distances of all pairs of rows.
fn cdist<T: Term>(x: &T, y: &T) -> Result<T> {
    let ranks = [x.axis_count(), y.axis_count()];
    if ranks.iter().any(|&rank| rank < 2) || x.lengths()[ranks[0] - 1] != y.lengths()[ranks[1] - 1] {
        return Err(Error::shape("the rows must have the same length")
            .received(format!("{} and {}", Shape::new(x.lengths()), Shape::new(y.lengths())))
            .expected("at least two axes, and equal sizes of the last")
            .hint("bring the rows to one size"));
    }
    let differences = x.expanded(-2)?.minus(&y.expanded(-3)?)?;
    let last = differences.axis_count() - 1;
    differences.map(Unary::Square)?.reduced(Reduction::Sum, &[last], false)?.map(Unary::Sqrt)
}

/// `corrcoef(x)`: how the rows of a matrix vary together.
fn corrcoef<T: Term>(x: &T) -> Result<T> {
    if x.axis_count() != 2 {
        return Err(Error::shape("the input must be a matrix")
            .received(Shape::new(x.lengths()))
            .expected("two axes")
            .hint("reshape the tensor to a matrix"));
    }
    let centered = x.clone().of_kind(Values::Floats).minus(&x.reduced(Reduction::Mean, &[1], true)?)?;
    let products = centered.matmul(&centered.transposed()?)?;
    let roots = centered.map(Unary::Square)?.reduced(Reduction::Sum, &[1], true)?.map(Unary::Sqrt)?;
    products.over(&roots.matmul(&roots.transposed()?)?)
}

/// `cross(x1, x2, axisa, axisb, axisc)`, of vectors of 3 values, or of 2, whose third is 0.
fn cross<T: Term>(call: &Call<T>, x: &T, y: &T) -> Result<T> {
    // Keras keeps `axis` as the three others.
    let axis = |name: &str, rank: usize| match call.parameter("axis") {
        Value::Null => call.axis_of(call.int(name)?, rank),
        axis => call.axis_of(axis.as_i64().ok_or_else(|| call.invalid("axis", "an axis"))?, rank),
    };
    let parts = |x: &T, name: &str| -> Result<Vec<T>> {
        let axis = axis(name, x.axis_count())?;
        match x.length(axis)? {
            size @ (2 | 3) => (0..size).map(|at| x.at(axis, at)).collect(),
            size => Err(Error::shape("a cross product takes vectors of 2 or 3 values")
                .received(size)
                .expected("2 or 3 values along the axis")
                .hint("choose another axis")),
        }
    };
    let (a, b) = (parts(x, "axisa")?, parts(y, "axisb")?);
    let minor = |i: usize, j: usize| -> Result<T> {
        // Products with a missing third value are 0.
        let term = |i: usize, j: usize| match (a.get(i), b.get(j)) {
            (Some(a), Some(b)) => a.times(b).map(Some),
            _ => Ok(None),
        };
        match (term(i, j)?, term(j, i)?) {
            (Some(one), Some(other)) => one.minus(&other),
            (Some(one), None) => Ok(one),
            (None, Some(other)) => other.map(Unary::Negative),
            (None, None) => a[0].times(&b[0])?.map(Unary::ZerosLike),
        }
    };
    if a.len() == 2 && b.len() == 2 {
        return minor(0, 1);
    }
    let found = vec![minor(1, 2)?, minor(2, 0)?, minor(0, 1)?];
    let rank = found[0].axis_count() + 1;
    T::stacked(found, axis("axisc", rank)?)
}

/// The values on a diagonal of the matrices of two axes, as the last axis.
fn diagonal<T: Term>(x: &T, offset: i64, axis1: usize, axis2: usize) -> Result<T> {
    let rank = x.axis_count();
    if rank < 2 || axis1 == axis2 {
        return Err(Error::argument("axis1 and axis2 must be two different axes")
            .received(format!("axes {axis1} and {axis2} of {}", Shape::new(x.lengths())))
            .expected("two different axes")
            .hint("choose other axes"));
    }
    let mut order: Vec<usize> = (0..rank).filter(|&axis| axis != axis1 && axis != axis2).collect();
    order.extend([axis1, axis2]);
    let matrices = x.permuted(&order)?;
    let sizes = matrices.lengths();
    let (rows, columns) = (matrices.length(rank - 2)?, matrices.length(rank - 1)?);
    let [below, right] = [(-offset).max(0), offset.max(0)].map(|by| usize::try_from(by).unwrap_or(usize::MAX));
    let count = rows.saturating_sub(below).min(columns.saturating_sub(right));
    if count == 0 {
        return Err(Error::argument("the diagonal is outside of the matrix")
            .received(format!("offset {offset} of {rows} rows and {columns} columns"))
            .expected("an offset within the matrix")
            .hint("choose a smaller offset"));
    }
    let flat = matrices.reshaped(&[&sizes[..rank - 2], &[Some(rows * columns)]].concat())?;
    flat.picked(rank - 2, count, |_| (0..count).map(|at| (below + at) * columns + right + at).collect())
}

/// A matrix with the vector on a diagonal.
fn spread<T: Term>(x: &T, offset: i64) -> Result<T> {
    let count = x.length(0)?;
    let [below, right] = [(-offset).max(0), offset.max(0)].map(|by| usize::try_from(by).unwrap_or(usize::MAX));
    let size = count.saturating_add(below).saturating_add(right);
    // A row of the first matrix is a row of the result, one of the second a column.
    let places = |first: usize| {
        x.constant(&[count, size], move || {
            let mut values = vec![0.0; count * size];
            (0..count).for_each(|row| values[row * size + row + first] = 1.0);
            values
        })
    };
    let columns = x.expanded(-1)?.times(&places(right)?)?;
    Ok(places(below)?.transposed()?.matmul(&columns)?.kind_of(x))
}

/// `kron(x1, x2)`: each value of the first times all of the second.
fn kron<T: Term>(x: &T, y: &T) -> Result<T> {
    let rank = x.axis_count().max(y.axis_count());
    let whole = |x: &T| x.reshaped(&[vec![Some(1); rank - x.axis_count()], x.lengths()].concat());
    let (x, y) = (whole(x)?, whole(y)?);
    if rank > 3 {
        return Err(crate::tensor::any_tensor::unsupported_rank(2 * rank));
    }
    let between = |sizes: Vec<Option<usize>>, first: bool| -> Vec<Option<usize>> {
        sizes.into_iter().flat_map(|size| if first { [size, Some(1)] } else { [Some(1), size] }).collect()
    };
    let products = x.reshaped(&between(x.lengths(), true))?.times(&y.reshaped(&between(y.lengths(), false))?)?;
    let sizes: Vec<Option<usize>> = products.lengths().chunks(2).map(product).collect();
    products.reshaped(&sizes)
}
