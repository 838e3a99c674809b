//! Intersection over union: how well the areas of classes match.

use burn::Tensor;
use burn::tensor::{IndexingUpdateOp, Int};
use horn_nn::{Error, Result, arguments};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::accumulator::Accumulator;
use super::common::metric_methods;
use super::metric::Metric;
use super::sums::{Batch, Sums, check_count};
use crate::keras_config::LastAxis;
use crate::losses::Target;

/// The dtype in which Keras counts: with integers, weights are rounded towards zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Counts {
    #[default]
    Int32,
    Int,
    /// What Keras on TensorFlow writes for `Int`.
    Int64,
    Float32,
}

/// What a metric of this family measures.
#[derive(Clone, Debug)]
struct Measure {
    classes: usize,
    /// The classes of which the result is the mean; all if there are none.
    targets: Vec<usize>,
    ignored: Option<i64>,
    truth: Given,
    prediction: Given,
    counts: Counts,
}

/// The form in which classes are given.
#[derive(Clone, Copy, Debug)]
enum Given {
    /// As their numbers.
    Numbers,
    /// One number for each class, of which the largest tells the class.
    Scores,
    /// As a probability of class 1.
    Above(f64),
}

impl Given {
    fn of(sparse: bool) -> Self {
        if sparse { Self::Numbers } else { Self::Scores }
    }

    fn classes(self, values: Tensor<2>) -> Tensor<1, Int> {
        match self {
            Self::Numbers => values.int().reshape([-1]),
            Self::Scores => values.argmax(1).reshape([-1]),
            Self::Above(threshold) => values.greater_equal_elem(threshold).int().reshape([-1]),
        }
    }
}

impl Measure {
    fn validate(&self, metric: &str) -> Result<()> {
        if self.classes == 0 {
            return Err(Error::argument("the number of classes must be given")
                .at("num_classes")
                .received(0)
                .expected("at least 1")
                .hint("write the metric as an object with num_classes, not as a name"));
        }
        let pairs = (self.classes as u64).saturating_mul(self.classes as u64);
        check_count(metric, "num_classes", self.classes, pairs)?;
        match self.targets.iter().find(|&&class| class >= self.classes) {
            None => Ok(()),
            Some(class) => Err(Error::argument("there is no such class")
                .at("target_class_ids")
                .received(class)
                .expected(format!("numbers below {}", self.classes))
                .hint("count the classes from 0")),
        }
    }

    fn accumulator(self) -> Box<dyn Accumulator> {
        let (classes, targets) = (self.classes, self.targets.clone());
        Sums::boxed(move |rows| self.matrix(rows), move |matrix| vec![mean_iou(matrix, classes, &targets)])
    }

    /// The true classes for so many predicted ones. Where these are given by their numbers, the scores of the true ones have
    /// an axis more.
    fn true_classes(&self, values: Tensor<2>, predicted: usize) -> Tensor<1, Int> {
        let count: usize = values.dims().iter().product();
        let has_more = matches!((self.truth, self.prediction), (Given::Scores, Given::Numbers))
            && predicted > 0
            && count > predicted
            && count.is_multiple_of(predicted);
        self.truth.classes(if has_more { values.reshape([predicted, count / predicted]) } else { values })
    }

    /// The weights of each pair of a true class and a predicted one, flattened.
    fn matrix(&self, rows: Batch) -> Result<Tensor<1>> {
        let given = rows.weights;
        let predicted = self.prediction.classes(rows.y_pred.clone());
        let [expected] = predicted.dims();
        let truth = match rows.y_true {
            Target::Classes(classes) => classes,
            Target::Dense(values) => self.true_classes(values, expected),
        };
        let [count] = truth.dims();
        if count != expected {
            return Err(Error::shape("y_true and y_pred have different numbers of classes")
                .at("y_true")
                .received(count)
                .expected(expected)
                .hint("say with sparse_y_true and sparse_y_pred which of them holds class numbers"));
        }
        // Classes of rows have a weight for each row, and classes of values one for each value or row.
        let [rows, features] = given.dims();
        let weights = if rows * features == count { given } else { given.expand([rows, count / rows.max(1)]) };
        let weights: Tensor<1> = weights.reshape([-1]);
        let weights = if self.counts == Counts::Float32 { weights } else { weights.int().float() };
        let classes = self.classes as i64;
        let outside = |of: &Tensor<1, Int>| of.clone().lower_elem(0).bool_or(of.clone().greater_equal_elem(classes));
        let mut left_out = outside(&truth).bool_or(outside(&predicted));
        if let Some(ignored) = self.ignored {
            left_out = left_out.bool_or(truth.clone().equal_elem(ignored));
        }
        let pairs = (truth.mul_scalar(classes) + predicted).mask_fill(left_out.clone(), 0);
        let zeros = Tensor::<1>::zeros([self.classes * self.classes], &weights.device());
        Ok(zeros.scatter(0, pairs, weights.mask_fill(left_out, 0.0), IndexingUpdateOp::Add))
    }
}

/// The mean over the classes that occur.
fn mean_iou(matrix: &[f32], classes: usize, targets: &[usize]) -> f64 {
    const EPSILON: f32 = 1e-7;
    let all: Vec<usize> = (0..classes).collect();
    let targets = if targets.is_empty() { &all } else { targets };
    // All columns at once, as one after the other would go through the whole matrix for each.
    let mut columns = vec![0.0_f32; classes];
    for row in matrix.chunks_exact(classes) {
        columns.iter_mut().zip(row).for_each(|(column, value)| *column += value);
    }
    let mut sum = 0.0;
    let mut valid = 0.0;
    for &class in targets {
        let both = matrix[class * classes + class];
        let row: f32 = matrix[class * classes..(class + 1) * classes].iter().sum();
        let union = row + columns[class] - both;
        if union > 1e-9 {
            sum += both / (union + EPSILON);
            valid += 1.0;
        }
    }
    f64::from(sum / (valid + EPSILON))
}

/// A metric of this family, with its own arguments and what it measures; then those of its arguments that have a method.
macro_rules! iou {
    (
        $(#[$doc:meta])* $metric:ident, $name:literal, ($($required:ident: $kind:ty),*),
        { $($field:ident: $type:ty = $default:expr),* }, |$self:ident| $measure:expr, $argument:ident $(, $arguments:ident)*
    ) => {
        iou! {
            $(#[$doc])* $metric, $name, ($($required: $kind),*), { $($field: $type = $default),* }, |$self| $measure
        }
        argument!($metric, $argument);
        $(argument!($metric, $arguments);)*
    };
    (
        $(#[$doc:meta])* $metric:ident, $name:literal, ($($required:ident: $kind:ty),*),
        { $($field:ident: $type:ty = $default:expr),* }, |$self:ident| $measure:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        pub struct $metric {
            name: String,
            dtype: Counts,
            $($field: $type,)*
        }

        impl $metric {
            /// The metric with Keras's other defaults.
            pub fn new($($required: $kind),*) -> Self {
                Self { $($required: $required.into(),)* ..Self::default() }
            }

            /// The key in the history.
            #[must_use]
            pub fn name(mut self, name: impl Into<String>) -> Self {
                self.name = name.into();
                self
            }
        }

        impl Default for $metric {
            /// Keras's defaults. What has none must be set.
            fn default() -> Self {
                Self { name: $name.to_owned(), dtype: Counts::default(), $($field: $default,)* }
            }
        }

        impl Metric for $metric {
            metric_methods!($metric, Up);

            fn validate(&self) -> Result<()> {
                let $self = self;
                $measure.validate(&$self.name)
            }

            fn accumulator(&self) -> Box<dyn Accumulator> {
                let $self = self;
                $measure.accumulator()
            }

            fn config(&self) -> Value {
                json!(self)
            }
        }
    };
}

/// The method of an argument.
macro_rules! argument {
    ($metric:ident, ignore_class) => {
        arguments!($metric {
            /// Leaves out the examples of this class, which need not be a valid one; none by default.
            ignore_class: i64,
        });
    };
    ($metric:ident, sparse_y_true) => {
        arguments!($metric {
            /// Whether the targets are class numbers (the default), and not one-hot encoded.
            sparse_y_true: bool,
        });
    };
    ($metric:ident, sparse_y_pred) => {
        arguments!($metric {
            /// Whether the predictions are class numbers, and not a score for each class.
            sparse_y_pred: bool,
        });
    };
}

iou! {
    /// The mean intersection over union of some classes: the examples of the class that are predicted so, divided by all
    /// that are of the class or predicted to be.
    ///
    /// ```
    /// let metric = horn::metrics::IoU::new(3, [0, 2]).name("background_and_tumour");
    /// ```
    IoU, "io_u", (num_classes: usize, target_class_ids: impl Into<Vec<usize>>),
    {
        num_classes: usize = 0, target_class_ids: Vec<usize> = Vec::new(), ignore_class: Option<i64> = None,
        sparse_y_true: bool = true, sparse_y_pred: bool = true, axis: LastAxis = LastAxis
    },
    |metric| Measure {
        classes: metric.num_classes,
        targets: metric.target_class_ids.clone(),
        ignored: metric.ignore_class,
        truth: Given::of(metric.sparse_y_true),
        prediction: Given::of(metric.sparse_y_pred),
        counts: metric.dtype,
    },
    ignore_class, sparse_y_true, sparse_y_pred
}
iou! {
    /// The mean intersection over union of all classes that occur. Targets and predictions are class numbers.
    ///
    /// ```
    /// let metric = horn::metrics::MeanIoU::new(3);
    /// ```
    MeanIoU, "mean_io_u", (num_classes: usize),
    {
        num_classes: usize = 0, ignore_class: Option<i64> = None,
        sparse_y_true: bool = true, sparse_y_pred: bool = true, axis: LastAxis = LastAxis
    },
    |metric| Measure {
        classes: metric.num_classes,
        targets: Vec::new(),
        ignored: metric.ignore_class,
        truth: Given::of(metric.sparse_y_true),
        prediction: Given::of(metric.sparse_y_pred),
        counts: metric.dtype,
    },
    ignore_class, sparse_y_true, sparse_y_pred
}
iou! {
    /// The mean intersection over union of some classes, for one-hot encoded targets and a score for each class.
    ///
    /// ```
    /// let metric = horn::metrics::OneHotIoU::new(3, [0, 2]);
    /// ```
    OneHotIoU, "one_hot_io_u", (num_classes: usize, target_class_ids: impl Into<Vec<usize>>),
    {
        num_classes: usize = 0, target_class_ids: Vec<usize> = Vec::new(), ignore_class: Option<i64> = None,
        sparse_y_pred: bool = false, axis: LastAxis = LastAxis
    },
    |metric| Measure {
        classes: metric.num_classes,
        targets: metric.target_class_ids.clone(),
        ignored: metric.ignore_class,
        truth: Given::Scores,
        prediction: Given::of(metric.sparse_y_pred),
        counts: metric.dtype,
    },
    ignore_class, sparse_y_pred
}
iou! {
    /// The mean intersection over union of all classes that occur, for one-hot encoded targets and a score for each class.
    ///
    /// ```
    /// let metric = horn::metrics::OneHotMeanIoU::new(3);
    /// ```
    OneHotMeanIoU, "one_hot_mean_io_u", (num_classes: usize),
    {
        num_classes: usize = 0, ignore_class: Option<i64> = None, sparse_y_pred: bool = false,
        axis: LastAxis = LastAxis
    },
    |metric| Measure {
        classes: metric.num_classes,
        targets: Vec::new(),
        ignored: metric.ignore_class,
        truth: Given::Scores,
        prediction: Given::of(metric.sparse_y_pred),
        counts: metric.dtype,
    },
    ignore_class, sparse_y_pred
}
iou! {
    /// The mean intersection over union of two classes, for predictions that are probabilities of class 1.
    ///
    /// ```
    /// let metric = horn::metrics::BinaryIoU::new([0, 1], 0.3);
    /// ```
    BinaryIoU, "binary_io_u", (target_class_ids: impl Into<Vec<usize>>, threshold: f64),
    { target_class_ids: Vec<usize> = vec![0, 1], threshold: f64 = 0.5 },
    |metric| Measure {
        classes: 2,
        targets: metric.target_class_ids.clone(),
        ignored: None,
        truth: Given::Numbers,
        prediction: Given::Above(metric.threshold),
        counts: metric.dtype,
    }
}
