//! What Horn's metrics share.

/// The constructor and the method `name` of a metric that has no other arguments.
macro_rules! named_metric {
    ($metric:ident, $name:literal) => {
        impl $metric {
            /// The metric with Keras's defaults.
            pub fn new() -> Self {
                Self { name: $name.to_owned(), dtype: Default::default() }
            }
        }
        $crate::metrics::common::metric_name!($metric);
    };
}

/// The builder method for the name.
macro_rules! metric_name {
    ($metric:ident) => {
        impl $metric {
            /// The key in the history.
            #[must_use]
            pub fn name(mut self, name: impl Into<String>) -> Self {
                self.name = name.into();
                self
            }
        }

        impl Default for $metric {
            fn default() -> Self {
                Self::new()
            }
        }
    };
}

/// The methods of [`Metric`] that all of Horn's metrics share. After the name comes the direction in which the metric
/// improves, `Up` or `Down`, or `None` for counts. In the place of the name may stand that of Keras's class.
macro_rules! metric_methods {
    ($metric:ident, None) => {
        $crate::metrics::common::metric_methods!(@ stringify!($metric), None);
    };
    ($metric:ident, $direction:ident) => {
        $crate::metrics::common::metric_methods!(stringify!($metric), $direction);
    };
    ($class_name:expr, $direction:ident) => {
        $crate::metrics::common::metric_methods!(@ $class_name, Some($crate::metrics::direction::Direction::$direction));
    };
    (@ $class_name:expr, $direction:expr) => {
        fn class_name(&self) -> &'static str {
            $class_name
        }

        fn name(&self) -> &str {
            &self.name
        }

        fn direction(&self) -> Option<$crate::metrics::direction::Direction> {
            $direction
        }

        fn keras_module(&self) -> Option<&'static str> {
            Some("keras.metrics")
        }
    };
}

pub(super) use {metric_methods, metric_name, named_metric};
