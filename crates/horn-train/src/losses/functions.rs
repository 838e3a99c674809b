//! Keras's functions of losses: the values of the rows, before they are weighted and reduced.

use horn_nn::{AnyTensor, Result};

use super::loss::Loss;
use super::table::*;

/// Defines a function for each class, with the class's defaults.
macro_rules! functions {
    ($($name:ident: $class:ident;)+) => {$(
        #[doc = concat!("`keras.losses.", stringify!($name), "(y_true, y_pred)`: the [values](Loss::values) of [`",
            stringify!($class), "`] with its defaults, in the shape of the leading axes.")]
        ///
        /// # Errors
        ///
        /// The targets do not fit the predictions.
        pub fn $name(y_true: impl Into<AnyTensor>, y_pred: impl Into<AnyTensor>) -> Result<AnyTensor> {
            $class::new().values(y_true.into(), y_pred.into())
        }
    )+

        /// The functions by their names, for a test of all.
        #[cfg(test)]
        const FUNCTIONS: &[(&str, fn(AnyTensor, AnyTensor) -> Result<AnyTensor>)] = &[$((stringify!($name), $name),)+];
    };
}

functions! {
    mean_squared_error: MeanSquaredError;
    mean_absolute_error: MeanAbsoluteError;
    mean_absolute_percentage_error: MeanAbsolutePercentageError;
    mean_squared_logarithmic_error: MeanSquaredLogarithmicError;
    huber: Huber;
    log_cosh: LogCosh;
    cosine_similarity: CosineSimilarity;
    hinge: Hinge;
    squared_hinge: SquaredHinge;
    categorical_hinge: CategoricalHinge;
    kl_divergence: KLDivergence;
    poisson: Poisson;
    binary_crossentropy: BinaryCrossentropy;
    binary_focal_crossentropy: BinaryFocalCrossentropy;
    categorical_crossentropy: CategoricalCrossentropy;
    categorical_focal_crossentropy: CategoricalFocalCrossentropy;
    categorical_generalized_cross_entropy: CategoricalGeneralizedCrossEntropy;
    sparse_categorical_crossentropy: SparseCategoricalCrossentropy;
    dice: Dice;
    tversky: Tversky;
    circle: Circle;
    ctc: CTC;
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use burn::tensor::{Device, Int, Tensor};

    use super::super::table::KNOWN;
    use super::*;

    #[test]
    fn every_loss_has_the_function_of_its_name() {
        let known: BTreeSet<&str> = KNOWN.iter().map(|known| known.names[0]).collect();
        assert_eq!(FUNCTIONS.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), known);
    }

    #[test]
    fn the_leading_axes_stay() {
        let device = Device::default();
        let image = |value| Tensor::<4>::full([2, 3, 4, 1], value, &device);
        let values = mean_squared_error(image(3.0), image(1.0)).unwrap();
        assert_eq!(values.sizes(), [2, 3, 4]);
        assert_eq!(values.float::<3>().unwrap().mean().into_scalar::<f32>(), 4.0);
        // Class numbers lack the axis of the classes; a column of targets may lack its last axis.
        let words = Tensor::<2, Int>::zeros([2, 5], &device);
        let values = sparse_categorical_crossentropy(words, Tensor::<3>::full([2, 5, 4], 0.25, &device)).unwrap();
        assert_eq!(values.sizes(), [2, 5]);
        let (flat, column) = (Tensor::<1>::ones([6], &device), Tensor::<2>::zeros([6, 1], &device));
        assert_eq!(mean_absolute_error(flat.clone(), column.clone()).unwrap().sizes(), [6]);
        // One row has one value.
        assert_eq!(mean_absolute_error(flat.clone(), flat.clone()).unwrap().sizes(), [1]);
        let error = mean_squared_error(flat, Tensor::<2>::zeros([6, 2], &device)).unwrap_err();
        assert!(error.is_shape(), "{error}");
    }
}
