//! What a recurrent cell is to the passes that take it through a sequence.

use std::fmt::Debug;
use std::hint::black_box;
use std::ops::Range;

use crate::flex::microkernel::{End, Packed};
use crate::flex::recurrent::products::multiply;

/// A cell. In each step it has a row of numbers for each sample, several for each unit: first the gates, which start with
/// the product of the input and the kernel, and then what it needs besides.
pub(super) trait Cell: Copy + Debug + Send + Sync + 'static {
    /// How many gates there are: columns of the kernels for each unit.
    const GATES: usize;
    /// Is there a second state, beside the output?
    const MEMORY: bool;
    /// Does the backward pass need the rows?
    const KEEPS_ROWS: bool;

    /// How many numbers for each unit a row has.
    fn numbers(self) -> usize;

    /// The products with the state.
    fn parts(self) -> &'static [Part];

    /// What the rows start with.
    fn bias_of_rows(self, bias: &[f32]) -> Vec<f32> {
        bias.to_vec()
    }

    /// The gradient by the bias, from the sum of those by the rows.
    fn by_bias(self, by_rows: &[f32]) -> Vec<f32> {
        by_rows.to_vec()
    }

    /// Takes a step: what counts in a row are the gates after their functions, and whatever the backward pass needs.
    fn forward(self, step: Forward<'_>);

    /// Goes back one step: from the gradients by the states after it to those by the rows and the states before it.
    fn backward(self, step: Backward<'_>);

    /// Writes the state as the parts take it that are [reset](Part::reset).
    fn reset(self, _rows: &[f32], _h: &[f32], _to: &mut [f32], _units: usize) {}
}

/// A product with a part of the recurrent kernel's columns. Places are multiples of the number of units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// Is the state reset before it is multiplied?
    pub reset: bool,
    /// Where the product is in a row. After the gates nothing else is there, and its bias is added to it.
    pub place: usize,
    /// Which columns of the recurrent kernel.
    pub column: usize,
    pub columns: usize,
}

/// A part of the recurrent kernel, with the bias of its product if it has one.
pub(super) struct PackedPart {
    part: Part,
    kernel: Packed,
    bias: Option<Packed>,
}

impl PackedPart {
    pub(super) fn pack<C: Cell>(cell: C, kernel: &[f32], bias: &[f32], units: usize) -> Vec<Self> {
        let columns = C::GATES * units;
        let pack = |part: &Part| {
            let (first, place, len) = (part.column * units, part.place * units, part.columns * units);
            let bias = (part.place >= C::GATES).then(|| Packed::row_major(&bias[place..place + len], len));
            Self {
                part: *part,
                kernel: Packed::new(units, len, |row, column| kernel[row * columns + first + column]),
                bias,
            }
        };
        cell.parts().iter().map(pack).collect()
    }

    pub(super) fn pack_transposed<C: Cell>(cell: C, kernel: &[f32], units: usize) -> Vec<Self> {
        let columns = C::GATES * units;
        let pack = |part: &Part| {
            let (first, len) = (part.column * units, part.columns * units);
            let kernel = Packed::new(len, units, |row, column| kernel[column * columns + first + row]);
            Self { part: *part, kernel, bias: None }
        };
        cell.parts().iter().map(pack).collect()
    }
}

/// What all steps of some samples share.
#[derive(Clone, Copy)]
pub(super) struct Samples<'a> {
    pub count: usize,
    pub units: usize,
    /// Numbers in a row.
    pub row: usize,
    pub parts: &'a [PackedPart],
    /// Which samples are unmasked in this step; `None` where all are.
    pub mask: Option<&'a [f32]>,
}

impl<'a> Samples<'a> {
    /// The unmasked samples.
    #[inline(always)]
    pub(super) fn counting(self) -> impl Iterator<Item = usize> + use<'a> {
        (0..self.count).filter(
            #[inline(always)]
            move |&sample| self.counts(sample),
        )
    }

    #[inline(always)]
    fn counts(self, sample: usize) -> bool {
        self.mask.is_none_or(|mask| mask[sample] > 0.0)
    }

    /// Where the row of a sample is.
    #[inline(always)]
    pub(super) fn row_of(self, sample: usize) -> Range<usize> {
        sample * self.row..(sample + 1) * self.row
    }

    /// Where a state of a sample is.
    #[inline(always)]
    pub(super) fn state_of(self, sample: usize) -> Range<usize> {
        sample * self.units..(sample + 1) * self.units
    }

    /// Clears the rows of the samples that do not count.
    pub(super) fn clear_others(self, rows: &mut [f32]) {
        for sample in (0..self.count).filter(|&sample| !self.counts(sample)) {
            rows[self.row_of(sample)].fill(0.0);
        }
    }

    /// Adds the product of a part to the rows, from the state.
    pub(super) fn multiply(self, part: usize, h: &[f32], rows: &mut [f32]) {
        let PackedPart { part, kernel, bias } = &self.parts[part];
        let rows = &mut rows[(part.place * self.units).min(self.count * self.row)..];
        let end = if bias.is_some() { End::WRITE } else { End::ADD };
        multiply(kernel, (h, self.units), (rows, self.row), self.count, bias.as_ref(), end);
    }

    /// The gradient by the state of such a product, which is added or written.
    pub(super) fn multiply_back(self, part: usize, by_rows: &[f32], by_h: &mut [f32], end: End) {
        let PackedPart { part, kernel, .. } = &self.parts[part];
        let by_rows = &by_rows[(part.place * self.units).min(self.count * self.row)..];
        multiply(kernel, (by_rows, self.row), (by_h, self.units), self.count, None, end);
    }
}

/// A step forward of some samples.
pub(super) struct Forward<'a> {
    pub samples: Samples<'a>,
    pub rows: &'a mut [f32],
    /// The states, which become those after the step.
    pub h: &'a mut [f32],
    pub c: &'a mut [f32],
    /// As large as a state, for what the step needs meanwhile.
    pub aside: &'a mut [f32],
}

/// A step back of some samples. The parts are transposed.
pub(super) struct Backward<'a> {
    pub samples: Samples<'a>,
    pub rows: &'a [f32],
    /// The states before and after the step.
    pub h: [&'a [f32]; 2],
    pub c: [&'a [f32]; 2],
    pub by_rows: &'a mut [f32],
    /// The gradients by the states after the step, which become those by the states before it.
    pub by_h: &'a mut [f32],
    pub by_c: &'a mut [f32],
    pub aside: &'a mut [f32],
}

/// The numbers of a row: as many for each unit as the row has.
#[inline(always)]
pub(super) fn numbers<const N: usize>(row: &[f32], units: usize) -> [&[f32]; N] {
    std::array::from_fn(
        #[inline(always)]
        |at| &row[at * units..][..units],
    )
}

/// The same, to be written.
///
/// The compiler must not see that rows follow each other: the gates of all rows lie between one another, and where it looks
/// whether they overlap for all rows at once, it makes no vectors.
#[inline(always)]
pub(super) fn numbers_mut<const N: usize>(row: &mut [f32], units: usize) -> [&mut [f32]; N] {
    let mut rest = black_box(row);
    std::array::from_fn(
        #[inline(always)]
        |_| {
            let (first, others) = std::mem::take(&mut rest).split_at_mut(units);
            rest = others;
            first
        },
    )
}
