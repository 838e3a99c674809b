//! Checks that targets are what their loss is made for.

use horn_nn::{Error, HostArray, Result};

use crate::losses::Loss;

/// Checks the values of targets, which are finite.
///
/// # Errors
///
/// If a value is out of the loss's range.
pub(crate) fn check_values(array: &HostArray<'_>, argument: &str, loss: &dyn Loss) -> Result<()> {
    let range = loss.target_range();
    if *range.start() == f64::NEG_INFINITY && *range.end() == f64::INFINITY {
        return Ok(());
    }
    let Some((at, value)) = array.first_outside(&range) else { return Ok(()) };
    let (least, most) = range.into_inner();
    let (expected, hint) = match most.is_finite() {
        true => (format!("numbers from {least} to {most}"), "scale the targets, or use MeanSquaredError for numbers"),
        false => {
            (format!("numbers of at least {least}"), "correct the targets, or use MeanSquaredError for any numbers")
        }
    };
    Err(Error::data(format!("{} is not made for this target", loss.class_name()))
        .at(argument)
        .received(format!("{value} at position {at}"))
        .expected(expected)
        .hint(hint))
}

/// The hint for targets of the shape `received`, where the outputs have `rank` axes.
pub(crate) fn misfit_hint(loss: &dyn Loss, received: &[usize], rank: usize) -> &'static str {
    let of_classes = loss.class_name().starts_with("Categorical");
    match received.len() {
        axes if axes < rank && of_classes => {
            "use SparseCategoricalCrossentropy for class numbers, or one-hot encode the targets"
        }
        axes if axes == rank => "give the last layer as many units as the targets have columns",
        _ => "reshape the targets, and look whether they are for this output",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{
        BinaryCrossentropy, BinaryFocalCrossentropy, CategoricalCrossentropy, CategoricalHinge, Dice, Hinge, Huber,
        KLDivergence, MeanSquaredError, MeanSquaredLogarithmicError, Poisson, SquaredHinge, Tversky,
    };

    /// A loss, targets that it takes, and one that it does not take.
    type Case<'a> = (Box<dyn Loss>, &'a [f32], Option<f32>);

    #[test]
    fn each_loss_refuses_what_it_is_not_made_for() {
        let losses: [Case<'_>; 16] = [
            (Box::new(BinaryCrossentropy::new()), &[0.0, 0.25, 1.0], Some(4.0)),
            (Box::new(BinaryCrossentropy::new()), &[0.0], Some(-1.0)),
            (Box::new(BinaryFocalCrossentropy::new()), &[1.0], Some(1.5)),
            (Box::new(CategoricalCrossentropy::new()), &[0.0, 1.0], Some(2.0)),
            (Box::new(CategoricalHinge::new()), &[0.0, -1.0], None),
            (Box::new(KLDivergence::new()), &[0.5], Some(-0.5)),
            (Box::new(Poisson::new()), &[0.0, 1e6], Some(-1.0)),
            (Box::new(MeanSquaredLogarithmicError::new()), &[0.0, 1e6], Some(-0.5)),
            (Box::new(Hinge::new()), &[-1.0, 1.0, 0.0, 2.5], None),
            (Box::new(SquaredHinge::new()), &[-1.0, 2.5], None),
            (Box::new(Dice::new()), &[1.0], Some(255.0)),
            (Box::new(Tversky::new()), &[1.0], Some(255.0)),
            (Box::new(MeanSquaredError::new()), &[-1e30, 1e30], None),
            (Box::new(Huber::new()), &[-1e30, 1e30], None),
            (Box::new(crate::losses::MeanAbsoluteError::new()), &[-1e30, 1e30], None),
            (Box::new(crate::losses::LogCosh::new()), &[-1e30, 1e30], None),
        ];
        for (loss, good, bad) in losses {
            let name = loss.class_name();
            let array = |values: &[f32]| HostArray::new(values.to_vec(), [values.len()]).unwrap();
            check_values(&array(good), "y", loss.as_ref()).unwrap();
            let Some(bad) = bad else { continue };
            let error = check_values(&array(&[good, &[bad]].concat()), "y", loss.as_ref()).unwrap_err().to_string();
            let expected = format!("y: {name} is not made for this target; received {bad} at position {}", good.len());
            assert!(error.starts_with(&expected), "{error}");
        }
    }
}
