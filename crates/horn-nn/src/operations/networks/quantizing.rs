//! `quantizers.fake_quant_with_min_max_vars(inputs, min_vals, max_vals)`: values as they would be after a quantization.

use serde_json::Value;

use crate::error::Result;
use crate::operations::calls::call::Call;
use crate::operations::formula::{Formula, Term, required};
use crate::operations::primitives::elementwise::{Binary, Unary};

/// Values beyond the range are cut off; the gradient flows to those within it, as if they were not rounded. The range has
/// no gradient.
pub(crate) struct FakeQuantized;

impl Formula for FakeQuantized {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let (x, low, high) = (required(call, 0)?, required(call, 1)?, required(call, 2)?);
        let (low, high) = (low.map(Unary::StopGradient)?, high.map(Unary::StopGradient)?);
        let bits = call.int("num_bits")?;
        if !(2..=16).contains(&bits) {
            return Err(call.invalid("num_bits", "2 to 16"));
        }
        if *call.parameter("axis") != Value::Null {
            return Err(call.invalid("axis", "none"));
        }
        let (least, most) = (f64::from(u8::from(call.flag("narrow_range"))), ((1_i64 << bits) - 1) as f64);
        let scale = high.minus(&low)?.scaled((most - least).recip(), 0.0)?;
        // The place of 0, at which a whole number must be.
        let zero = low.over(&scale)?.scaled(-1.0, least)?;
        let zero = zero.with_number(Binary::Maximum, least)?.with_number(Binary::Minimum, most)?.map(Unary::Round)?;
        let end = |number: f64| zero.scaled(-1.0, number)?.times(&scale);
        let (start, end) = (end(least)?, end(most)?);
        let within = x.with(Binary::Maximum, &start)?.with(Binary::Minimum, &end)?;
        let offset = start.over(&scale)?.scaled(-1.0, 0.5)?.map(Unary::Floor)?;
        let steps = within.minus(&start)?.over(&scale)?.minus(&offset)?.scaled(1.0, 0.5)?.map(Unary::Floor)?;
        let rounded = steps.times(&scale)?;
        // The gradient is that of the values within, whose rounding has none.
        let change = rounded.minus(&within)?.map(Unary::StopGradient)?;
        Ok(vec![within.plus(&change)?.kind_of(&x)])
    }
}
