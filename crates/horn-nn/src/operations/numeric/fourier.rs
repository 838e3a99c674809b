//! Fourier transforms. Complex numbers are pairs of tensors, as Keras's functions take and give them.

use std::f64::consts::TAU;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::operations::calls::call::Call;
use crate::operations::formula::{Formula, Term, listed, product, required};
use crate::operations::imaging::patches::{frames, overlapped};
use crate::operations::primitives::elementwise::Unary;
use crate::tensor::shape::Shape;

/// The functions of signals and spectra.
#[derive(Clone, Copy)]
pub(crate) enum Fourier {
    Fft,
    Fft2,
    Ifft2,
    Irfft,
    Istft,
    Rfft,
    Stft,
}

/// The largest size that is transformed by one matrix. Others are split into two factors.
const MAX_FACTOR: usize = 1 << 12;

/// Complex numbers.
#[derive(Clone)]
struct Complex<T> {
    re: T,
    im: T,
}

impl<T: Term> Complex<T> {
    fn times(&self, other: &Self) -> Result<Self> {
        Ok(Self {
            re: self.re.times(&other.re)?.minus(&self.im.times(&other.im)?)?,
            im: self.re.times(&other.im)?.plus(&self.im.times(&other.re)?)?,
        })
    }

    fn matmul(&self, other: &Self) -> Result<Self> {
        Ok(Self {
            re: self.re.matmul(&other.re)?.minus(&self.im.matmul(&other.im)?)?,
            im: self.re.matmul(&other.im)?.plus(&self.im.matmul(&other.re)?)?,
        })
    }

    fn both(&self, change: impl Fn(&T) -> Result<T>) -> Result<Self> {
        Ok(Self { re: change(&self.re)?, im: change(&self.im)? })
    }

    /// Powers of the root of unity: `exp(∓2πi · row · column / size)`.
    fn roots(like: &T, rows: usize, columns: usize, size: usize) -> Result<Self> {
        let part = |of: fn(f64) -> f64| {
            like.constant(&[rows, columns], || {
                let angle = |at: usize| -TAU * ((at / columns * (at % columns)) % size) as f64 / size as f64;
                (0..rows * columns).map(|at| of(angle(at)) as f32).collect()
            })
        };
        Ok(Self { re: part(f64::cos)?, im: part(f64::sin)? })
    }

    /// The transform along the last axis. A size of two factors is transformed along each of them.
    fn transformed(&self) -> Result<Self> {
        let size = last_size(&self.re)?;
        let columns = factor(size);
        if columns == 1 || size <= 64 {
            if size > MAX_FACTOR {
                return Err(Error::shape("the size of the transform has too large a prime factor")
                    .received(size)
                    .expected(format!("prime factors of at most {MAX_FACTOR}"))
                    .hint("pad the signal to a power of two"));
            }
            return self.matmul(&Self::roots(&self.re, size, size, size)?);
        }
        let rows = size / columns;
        let mut outer = self.re.lengths();
        outer.pop();
        let before = product(&outer);
        let whole = [outer, vec![Some(size)]].concat();
        // Value `row · columns + column`: first along the rows, then along the columns.
        let split = self.both(|x| x.reshaped(&[before, Some(rows), Some(columns)])?.transposed())?;
        let along_rows = split.transformed()?;
        let turned = along_rows.times(&Self::roots(&self.re, columns, rows, size)?)?;
        let along_columns = turned.both(|x| x.transposed())?.transformed()?;
        along_columns.both(|x| x.transposed()?.reshaped(&whole))
    }

    /// The inverse transform, by exchanging both parts before and after.
    fn inverted(&self) -> Result<Self> {
        let size = last_size(&self.re)? as f64;
        let turned = Self { re: self.im.clone(), im: self.re.clone() }.transformed()?;
        Self { re: turned.im, im: turned.re }.both(|x| x.scaled(size.recip(), 0.0))
    }

    /// The transform of real values, of which the second half mirrors the first.
    fn of_real(x: &T) -> Result<Self> {
        let size = last_size(x)?;
        let whole = Self { re: x.clone(), im: x.map(Unary::ZerosLike)? }.transformed()?;
        let axis = x.axis_count() - 1;
        whole.both(|part| part.sliced(axis, None, Some((size / 2 + 1) as i64)))
    }

    /// The real values of this size with such a transform.
    fn to_real(&self, size: usize) -> Result<T> {
        let axis = self.re.axis_count() - 1;
        let half = self.both(|part| sized(part, size / 2 + 1))?;
        // The mirrored half: from the last that has no partner of its own, down to the second.
        let count = size - size / 2 - 1;
        let mirror = |x: &T| x.picked(axis, count, |_| (1..=count).rev().collect());
        let re = T::concatenated(vec![half.re.clone(), mirror(&half.re)?], axis)?;
        // The first value and, of an even size, the middle one are real.
        let real = half.re.constant(&[size / 2 + 1], || {
            (0..=size / 2).map(|at| f32::from(u8::from(at > 0 && 2 * at < size))).collect()
        })?;
        let im = half.im.times(&real)?;
        let im = T::concatenated(vec![im.clone(), mirror(&im)?.map(Unary::Negative)?], axis)?;
        Ok(Self { re, im }.inverted()?.re)
    }
}

fn last_size<T: Term>(x: &T) -> Result<usize> {
    x.length(x.axis_count().saturating_sub(1))
}

/// The divisor of a size that is nearest to its root from below.
fn factor(size: usize) -> usize {
    (1..=size.isqrt()).rev().find(|&factor| size.is_multiple_of(factor)).unwrap_or(1)
}

/// The last axis, cut or filled with zeros to a size.
fn sized<T: Term>(x: &T, size: usize) -> Result<T> {
    let own = last_size(x)?;
    if own < size {
        margins(x, (0, size - own), "constant")
    } else {
        x.sliced(x.axis_count() - 1, None, Some(size as i64))
    }
}

/// Margins at the ends of the last axis.
fn margins<T: Term>(x: &T, margin: (usize, usize), mode: &str) -> Result<T> {
    let mut margins = vec![(0, 0); x.axis_count()];
    margins[x.axis_count() - 1] = margin;
    x.padded(&margins, mode)
}

/// The arguments of `stft` and `istft`.
struct Frames {
    size: usize,
    stride: usize,
    fft: usize,
    center: bool,
}

impl Frames {
    fn of<T>(call: &Call<T>) -> Result<Self> {
        let frames = Self {
            size: call.required_size("sequence_length")?,
            stride: call.required_size("sequence_stride")?,
            fft: call.required_size("fft_length")?,
            center: call.flag("center"),
        };
        if frames.fft < frames.size {
            return Err(call.invalid("fft_length", &format!("at least the sequence_length, {}", frames.size)));
        }
        Ok(frames)
    }

    /// The weights of a frame, with zeros around them.
    fn window<T>(&self, call: &Call<T>) -> Result<Vec<f32>> {
        let cosine = |center: f64| {
            let weight = |at: usize| (center - (1.0 - center) * (TAU * at as f64 / self.size as f64).cos()) as f32;
            (0..self.size).map(weight).collect::<Vec<f32>>()
        };
        let own = match call.parameter("window") {
            Value::String(name) if name == "hann" => cosine(0.5),
            Value::String(name) if name == "hamming" => cosine(0.54),
            // Without a window all of the transform counts.
            Value::Null => return Ok(vec![1.0; self.fft]),
            Value::Array(values) if values.len() == self.size => values
                .iter()
                .map(|value| value.as_f64().map(|value| value as f32))
                .collect::<Option<_>>()
                .ok_or_else(|| call.invalid("window", "numbers"))?,
            _ => return Err(call.invalid("window", "hann, hamming, none, or a number for each value of a frame")),
        };
        let before = (self.fft - self.size) / 2;
        Ok([vec![0.0; before], own, vec![0.0; self.fft - self.size - before]].concat())
    }
}

impl Formula for Fourier {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let parts = |complex: Complex<T>| vec![complex.re, complex.im];
        match self {
            Self::Fft => Ok(parts(complex(call)?.transformed()?)),
            Self::Fft2 | Self::Ifft2 => {
                let x = complex(call)?;
                if x.re.axis_count() < 2 {
                    return Err(Error::shape("the transform needs two axes")
                        .received(Shape::new(x.re.lengths()))
                        .expected("at least two axes")
                        .hint("use `fft` for one axis"));
                }
                let transform = |x: &Complex<T>| match self {
                    Self::Fft2 => x.transformed(),
                    _ => x.inverted(),
                };
                let columns = transform(&x)?.both(T::transposed)?;
                Ok(parts(transform(&columns)?.both(T::transposed)?))
            }
            Self::Rfft => {
                let x = required(call, 0)?;
                let x = match call.size("fft_length")? {
                    Some(size) => sized(&x, size)?,
                    None => x,
                };
                Ok(parts(Complex::of_real(&x)?))
            }
            Self::Irfft => {
                let x = complex(call)?;
                let size = call
                    .size("fft_length")?
                    .map_or_else(|| last_size(&x.re).map(|size| 2 * size.saturating_sub(1)), Ok)?;
                if size == 0 {
                    return Err(call.invalid("fft_length", "at least 1"));
                }
                Ok(vec![x.to_real(size)?])
            }
            Self::Stft => {
                let (x, frame) = (required(call, 0)?, Frames::of(call)?);
                let window = frame.window(call)?;
                let x = match frame.center {
                    true => margins(&x, (frame.fft / 2, frame.fft / 2), "reflect")?,
                    false => x,
                };
                let window = x.constant(&[frame.fft], || window)?;
                Ok(parts(Complex::of_real(&frames(&x, frame.fft, frame.stride)?.times(&window)?)?))
            }
            Self::Istft => {
                let (x, frame) = (complex(call)?, Frames::of(call)?);
                let window = frame.window(call)?;
                let axis = x.re.axis_count().checked_sub(2).ok_or_else(|| {
                    Error::shape("a spectrum has an axis for the frames and one for the frequencies")
                        .received(Shape::new(x.re.lengths()))
                        .expected("at least two axes")
                        .hint("give what `stft` returns")
                })?;
                let count = x.re.length(axis)?;
                // Divided by how much of the squared windows lies over each value.
                let squares: Vec<f32> = window.iter().map(|weight| weight * weight).collect();
                let weights = x.re.constant(&[frame.fft], || window)?;
                let sums = overlapped(&x.to_real(frame.fft)?.times(&weights)?, frame.stride)?;
                let size = count.saturating_sub(1).saturating_mul(frame.stride).saturating_add(frame.fft);
                let cover = sums.constant(&[size], || {
                    let mut cover = vec![0.0_f32; size];
                    for start in (0..count).map(|at| at * frame.stride) {
                        cover[start..].iter_mut().zip(&squares).for_each(|(sum, square)| *sum += square);
                    }
                    cover.into_iter().map(|sum| if sum > 1e-10 { sum } else { 1.0 }).collect()
                })?;
                let start = if frame.center { frame.fft / 2 } else { 0 };
                let end = match (call.size("length")?, frame.center) {
                    (Some(length), _) => start + length,
                    (None, true) => size.saturating_sub(frame.fft / 2),
                    (None, false) => size,
                };
                // As Keras on JAX: without a window the sums are as many times as large as frames overlap.
                let factor = match call.parameter("window") {
                    Value::Null => frame.fft as f64 / frame.stride as f64,
                    _ => 1.0,
                };
                Ok(vec![sums.over(&cover)?.scaled(factor, 0.0)?.sliced(axis, Some(start as i64), Some(end as i64))?])
            }
        }
    }
}

/// The pair of tensors that is the argument.
fn complex<T: Term>(call: &Call<T>) -> Result<Complex<T>> {
    let parts = listed(call, 0)?;
    let received = parts.iter().map(|part| Shape::new(part.lengths()).to_string()).collect::<Vec<_>>().join(" and ");
    match <[T; 2]>::try_from(parts) {
        Ok([re, im]) if re.lengths() == im.lengths() => Ok(Complex { re, im }),
        _ => Err(Error::shape("a complex tensor must be given as two tensors of one shape")
            .received(received)
            .expected("the real and the imaginary parts")
            .hint("give both, as `rfft` returns them")),
    }
}
