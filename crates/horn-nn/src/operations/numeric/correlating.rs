//! `correlate(x1, x2, mode)`: the products of a vector with another one at each place.

use serde_json::json;

use crate::error::{Error, Result};
use crate::operations::calls::call::Call;
use crate::operations::formula::{Formula, Term, required};
use crate::operations::networks::windowed::Convolution;
use crate::operations::primitives::shaping::Shaping;
use crate::tensor::shape::{Shape, Values};

pub(crate) struct Correlate;

impl Formula for Correlate {
    fn evaluate<T: Term>(&self, call: &Call<T>) -> Result<Vec<T>> {
        let (mut long, mut short) = (required(call, 0)?, required(call, 1)?);
        if long.axis_count() != 1 || short.axis_count() != 1 {
            return Err(Error::shape("only vectors can be correlated")
                .received(format!("{} and {}", Shape::new(long.lengths()), Shape::new(short.lengths())))
                .expected("one axis each")
                .hint("take one axis of each tensor, or use `ops::conv`"));
        }
        let is_turned = long.length(0)? < short.length(0)?;
        if is_turned {
            (long, short) = (short, long);
        }
        let size = short.length(0)?;
        let margins = match call.parameter("mode").as_str() {
            Some("valid") => (0, 0),
            Some("same") => (size / 2, size - size / 2 - 1),
            Some("full") => (size - 1, size - 1),
            _ => return Err(call.invalid("mode", "valid, same or full")),
        };
        let long = long.of_kind(Values::Floats).padded(&[margins], "constant")?;
        let signal = long.reshaped(&[Some(1), long.lengths()[0], Some(1)])?;
        let kernel = short.of_kind(Values::Floats).reshaped(&[Some(size), Some(1), Some(1)])?;
        let window = json!({"strides": 1, "padding": "valid", "data_format": "channels_last", "dilation_rate": 1});
        let found = T::one(&Convolution::Plain, window, vec![signal, kernel])?.flat()?;
        Ok(vec![if is_turned { found.arranged(Shaping::Flip, json!({"axis": 0}))? } else { found }])
    }
}
