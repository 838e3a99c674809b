//! Weights of samples by their classes.

use std::collections::{BTreeMap, HashMap};

use horn_nn::{Error, HostArray, Result, float32, sizes};

use crate::compiling::objective::OutputObjective;
use crate::losses::TargetKind;

/// How much the samples of each class count in the loss: Keras's `class_weight`. Classes without a weight count once.
///
/// ```
/// use horn::{ClassWeight, Fit};
///
/// // Class 1 is rare, so that its samples count five times.
/// let fit = Fit::epochs(3).class_weight([(0, 1.0), (1, 5.0)]);
/// let counted: std::collections::HashMap<usize, f64> = [(7, 0.5)].into();
/// assert_eq!(ClassWeight::from(counted), ClassWeight::from([(7, 0.5)]));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ClassWeight(BTreeMap<i64, f64>);

impl<K: TryInto<i64>> FromIterator<(K, f64)> for ClassWeight {
    fn from_iter<I: IntoIterator<Item = (K, f64)>>(weights: I) -> Self {
        // A number beyond an i64 is not a class that occurs.
        Self(weights.into_iter().map(|(class, weight)| (class.try_into().unwrap_or(i64::MAX), weight)).collect())
    }
}

impl<K: TryInto<i64>, const N: usize> From<[(K, f64); N]> for ClassWeight {
    fn from(weights: [(K, f64); N]) -> Self {
        weights.into_iter().collect()
    }
}

impl<K: TryInto<i64>> From<Vec<(K, f64)>> for ClassWeight {
    fn from(weights: Vec<(K, f64)>) -> Self {
        weights.into_iter().collect()
    }
}

impl<K: TryInto<i64>> From<HashMap<K, f64>> for ClassWeight {
    fn from(weights: HashMap<K, f64>) -> Self {
        weights.into_iter().collect()
    }
}

impl<K: TryInto<i64>> From<BTreeMap<K, f64>> for ClassWeight {
    fn from(weights: BTreeMap<K, f64>) -> Self {
        weights.into_iter().collect()
    }
}

impl ClassWeight {
    /// Checks the weights against the outputs of the model.
    ///
    /// # Errors
    ///
    /// If a weight is not finite, the model has several outputs, or its output has no such class. A class of the output
    /// that does not occur in the data is not an error, as in Keras.
    pub(crate) fn check(&self, outputs: &[OutputObjective]) -> Result<()> {
        let wrong = |problem: &str| Error::argument(problem).at("class_weight");
        if let Some((class, weight)) = self.0.iter().find(|(_, weight)| !float32::is_finite(**weight)) {
            return Err(wrong("a weight is not a number")
                .received(format!("{weight} for class {class}"))
                .expected(float32::expected(*weight, "finite numbers"))
                .hint("give 1 for a class whose samples count once"));
        }
        let [output] = outputs else {
            let names: Vec<_> = outputs.iter().map(|output| output.name.as_str()).collect();
            return Err(wrong("weights of classes are only for models with one output")
                .received(format!("{} outputs: {}", names.len(), names.join(", ")))
                .expected("one output")
                .hint("give `sample_weight`, with an array for each output"));
        };
        let classes = match (&output.loss, output.shape.last()) {
            (Some(loss), Some(units)) if units > 1 || loss.targets() == TargetKind::Classes => units,
            // One unit, such as a probability, whose class is 0 or 1.
            _ => return Ok(()),
        };
        match self.0.keys().find(|class| !usize::try_from(**class).is_ok_and(|class| class < classes)) {
            None => Ok(()),
            Some(class) => Err(wrong("the model has no such class")
                .received(format!("class {class}"))
                .expected(format!("classes from 0 to {}", classes - 1))
                .hint("correct the number, or give the last layer more units")),
        }
    }

    /// The weights of the samples `at`, by their targets: class numbers, or one row for each sample, whose largest value
    /// is at the class.
    ///
    /// # Errors
    ///
    /// If the targets have more axes.
    pub(crate) fn of_samples(&self, targets: &HostArray<'_>, at: &[usize]) -> Result<Vec<f32>> {
        let features = match *targets.sizes() {
            [_] => 1,
            [_, features] => features,
            _ => {
                return Err(Error::shape("the targets have several classes for each sample")
                    .at("class_weight")
                    .received(sizes(targets.sizes()))
                    .expected("(samples,), (samples, 1) or (samples, classes)")
                    .hint("give `sample_weight`, with one weight for each step of each sample"));
            }
        };
        let values = targets.floats(at)?;
        let class = |row: &[f32]| match row {
            [one] => one.round_ties_even() as i64,
            row => first_largest(row) as i64,
        };
        Ok(values.chunks(features.max(1)).map(|row| self.of(class(row))).collect())
    }

    fn of(&self, class: i64) -> f32 {
        self.0.get(&class).map_or(1.0, |&weight| weight as f32)
    }
}

/// The place of the largest value, the first of equal ones.
fn first_largest(row: &[f32]) -> usize {
    let larger = |best: usize, at: usize| if row[at] > row[best] { at } else { best };
    (1..row.len()).fold(0, larger)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_have_the_weights_of_their_classes() {
        // class_weight_to_sample_weights(y, {0: 0.5, 2: 3.0}) of Keras.
        let weights = ClassWeight::from([(0, 0.5), (2, 3.0)]);
        let of = |values: Vec<f32>, sizes: &[usize]| {
            let targets = HostArray::new(values, sizes).unwrap();
            weights.of_samples(&targets, &(0..targets.len()).collect::<Vec<_>>()).unwrap()
        };
        assert_eq!(of(vec![0.0, 1.0, 2.0, 0.4, 1.5], &[5]), [0.5, 1.0, 3.0, 0.5, 3.0]);
        assert_eq!(of(vec![2.0, 0.0], &[2, 1]), [3.0, 0.5]);
        assert_eq!(of(vec![0.0, 0.0, 1.0, 0.2, 0.2, 0.1], &[2, 3]), [3.0, 0.5]);
        let steps = HostArray::new(vec![0.0_f32; 4], [2, 2, 1]).unwrap();
        assert_eq!(weights.of_samples(&steps, &[0]).unwrap_err().location(), Some("class_weight"));
    }
}
