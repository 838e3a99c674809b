//! The metrics that Horn has. To add one, write its file, declare it in `mod.rs`, and add its line here.

use super::metric::Metric;
use crate::registry::table;

table! { dyn Metric, crate::keras_config::read;
    exact_accuracy::ExactAccuracy as "Accuracy": "accuracy";
    accuracy::BinaryAccuracy: "binary_accuracy";
    accuracy::CategoricalAccuracy: "categorical_accuracy";
    accuracy::SparseCategoricalAccuracy: "sparse_categorical_accuracy";
    top_k_categorical_accuracy::TopKCategoricalAccuracy: "top_k_categorical_accuracy";
    top_k_categorical_accuracy::SparseTopKCategoricalAccuracy: "sparse_top_k_categorical_accuracy";
    errors::MeanSquaredError: "mean_squared_error", "mse", "MSE";
    root_mean_squared_error::RootMeanSquaredError: "root_mean_squared_error";
    errors::MeanAbsoluteError: "mean_absolute_error", "mae", "MAE";
    of_losses::MeanAbsolutePercentageError: "mean_absolute_percentage_error", "mape", "MAPE";
    of_losses::MeanSquaredLogarithmicError: "mean_squared_logarithmic_error", "msle", "MSLE";
    of_losses::LogCoshError: "log_cosh_error";
    of_losses::CosineSimilarity: "cosine_similarity";
    of_losses::Hinge: "hinge";
    of_losses::SquaredHinge: "squared_hinge";
    of_losses::CategoricalHinge: "categorical_hinge";
    of_losses::KLDivergence: "kl_divergence";
    of_losses::Poisson: "poisson";
    of_losses::BinaryCrossentropy: "binary_crossentropy", "bce", "BCE";
    of_losses::CategoricalCrossentropy: "categorical_crossentropy";
    of_losses::SparseCategoricalCrossentropy: "sparse_categorical_crossentropy";
    confusion::TruePositives: "true_positives";
    confusion::FalsePositives: "false_positives";
    confusion::TrueNegatives: "true_negatives";
    confusion::FalseNegatives: "false_negatives";
    confusion::Precision: "precision";
    confusion::Recall: "recall";
    auc::AUC: "auc";
    f_score::F1Score: "f1_score";
    f_score::FBetaScore: "f_beta_score";
    at_constraint::SensitivityAtSpecificity: "sensitivity_at_specificity";
    at_constraint::SpecificityAtSensitivity: "specificity_at_sensitivity";
    at_constraint::PrecisionAtRecall: "precision_at_recall";
    at_constraint::RecallAtPrecision: "recall_at_precision";
    r2_score::R2Score: "r2_score";
    correlation::PearsonCorrelation: "pearson_correlation";
    correlation::ConcordanceCorrelation: "concordance_correlation";
    iou::IoU: "io_u";
    iou::MeanIoU: "mean_io_u";
    iou::OneHotIoU: "one_hot_io_u";
    iou::OneHotMeanIoU: "one_hot_mean_io_u";
    iou::BinaryIoU: "binary_io_u";
}
