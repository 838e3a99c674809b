//! The losses that Horn has. To add one, write its file, declare it in `mod.rs`, and add its line here.

use super::loss::Loss;
use crate::registry::table;

table! { dyn Loss, crate::keras_config::read;
    mean_squared_error::MeanSquaredError: "mean_squared_error", "mse", "MSE";
    mean_absolute_error::MeanAbsoluteError: "mean_absolute_error", "mae", "MAE";
    mean_absolute_percentage_error::MeanAbsolutePercentageError: "mean_absolute_percentage_error", "mape", "MAPE";
    mean_squared_logarithmic_error::MeanSquaredLogarithmicError: "mean_squared_logarithmic_error", "msle", "MSLE";
    huber::Huber: "huber";
    log_cosh::LogCosh: "log_cosh", "logcosh";
    cosine_similarity::CosineSimilarity: "cosine_similarity";
    hinge::Hinge: "hinge";
    squared_hinge::SquaredHinge: "squared_hinge";
    categorical_hinge::CategoricalHinge: "categorical_hinge";
    kl_divergence::KLDivergence: "kl_divergence", "kld", "KLD", "kullback_leibler_divergence";
    poisson::Poisson: "poisson";
    binary_crossentropy::BinaryCrossentropy: "binary_crossentropy", "bce", "BCE";
    binary_focal_crossentropy::BinaryFocalCrossentropy: "binary_focal_crossentropy";
    categorical_crossentropy::CategoricalCrossentropy: "categorical_crossentropy";
    categorical_focal_crossentropy::CategoricalFocalCrossentropy: "categorical_focal_crossentropy";
    categorical_generalized_cross_entropy::CategoricalGeneralizedCrossEntropy: "categorical_generalized_cross_entropy";
    sparse_categorical_crossentropy::SparseCategoricalCrossentropy: "sparse_categorical_crossentropy";
    dice::Dice: "dice";
    tversky::Tversky: "tversky";
    circle::Circle: "circle";
    ctc::CTC: "ctc";
}
