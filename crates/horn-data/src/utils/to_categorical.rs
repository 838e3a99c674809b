//! Class numbers as one-hot vectors.

use horn_nn::{Error, HostArray, Result, memory, sizes};
use ndarray::{ArrayD, IxDyn};

/// Class numbers as one-hot vectors, for [`CategoricalCrossentropy`](horn_train::losses::CategoricalCrossentropy): Keras's
/// `to_categorical`.
///
/// Without a number of classes, it is one more than the largest class number.
///
/// # Shapes
///
/// - `x`: `[…]`; a last axis of size 1 is dropped
/// - output: `[…, num_classes]`
///
/// ```
/// use horn::utils::to_categorical;
///
/// let y = to_categorical(&[0, 2, 1], None)?;
/// assert_eq!(y, ndarray::arr2(&[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]).into_dyn());
/// assert_eq!(to_categorical(&[0, 2, 1], 4)?.shape(), [3, 4]);
/// # Ok::<(), horn::Error>(())
/// ```
///
/// # Errors
///
/// If a number is not a class: not whole, negative, or not below `num_classes`; if there is no memory for `num_classes`
/// classes; and for strings.
pub fn to_categorical<'a>(x: impl Into<HostArray<'a>>, num_classes: impl Into<Option<usize>>) -> Result<ArrayD<f32>> {
    let x = x.into();
    let labels = x.borrowed().floats(&(0..x.len()).collect::<Vec<_>>()).map_err(|error| error.at("x"))?;
    let num_classes = num_classes.into();
    let classes = num_classes
        .unwrap_or_else(|| labels.iter().fold(0, |count, &label| count.max((label as usize).saturating_add(1))));
    // Without a number of classes, all numbers from 0 on are classes, also where rounding hides the 1 that is added.
    if let Some((at, label)) = x.first_not_class(num_classes.map_or(usize::MAX, |_| classes), None) {
        let expected = match num_classes {
            Some(0) => "at least one class".to_owned(),
            Some(classes) => format!("whole numbers from 0 to {}", classes - 1),
            None => "whole numbers from 0 on".to_owned(),
        };
        return Err(Error::data("a label is not a valid class")
            .at("to_categorical: x")
            .received(format!("{label} at position {at}"))
            .expected(expected)
            .hint("correct the labels, or give more classes"));
    }
    let leading = match x.sizes() {
        [leading @ .., 1] if !leading.is_empty() => leading,
        all => all,
    };
    let shape = [leading, &[classes]].concat();
    let bytes = (labels.len() as u64).saturating_mul(classes as u64).saturating_mul(4);
    memory::check(bytes, &format!("vectors of {classes} classes")).map_err(|error| error.at("to_categorical: x"))?;
    let mut one_hot = vec![0.0; labels.len() * classes];
    for (row, label) in labels.iter().enumerate() {
        one_hot[row * classes + *label as usize] = 1.0;
    }
    ArrayD::from_shape_vec(IxDyn(&shape), one_hot)
        .map_err(|error| Error::shape("no array can have this shape").received(sizes(&shape)).because(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_a_class_is_an_error() {
        for (labels, classes, expected) in [
            (vec![0.0, -1.0], None, "received -1 at position 1, expected whole numbers from 0 on"),
            (vec![0.5], None, "received 0.5 at position 0"),
            (vec![f32::NAN], Some(3), "received NaN at position 0"),
            (vec![0.0, 3.0], Some(3), "received 3 at position 1, expected whole numbers from 0 to 2"),
            (vec![0.0], Some(0), "expected at least one class"),
        ] {
            let error = to_categorical(&labels, classes).unwrap_err();
            assert!(error.is_data() && error.to_string().contains(expected), "{error}");
        }
        assert!(to_categorical(&[f32::MAX], None).unwrap_err().is_data());
        for (labels, classes) in [(vec![0.0, 4e18], None), (vec![0.0; 3], Some(usize::MAX))] {
            let error = to_categorical(&labels, classes).unwrap_err();
            assert!(error.is_data() && error.to_string().contains("would take more memory than is allowed"), "{error}");
        }
        assert!(to_categorical(&["cat"], None).unwrap_err().to_string().contains("the values are strings"));
    }
}
