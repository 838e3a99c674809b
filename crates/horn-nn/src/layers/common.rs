//! The arguments that all descriptions of layers have in common, and macros that implement them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};

use crate::arguments::dtype_policy::{DTypePolicy, dtype_policy};
use crate::layer::reading::reads_keras_2;
use crate::regularizers::regularizer::Regularizer;

/// The arguments of every built-in layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Common {
    pub name: Option<String>,
    #[serde(default = "trainable_by_default")]
    pub trainable: bool,
    pub dtype: DType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity_regularizer: Option<Regularizer>,
    /// Is the bias added to the product in one operation, which half precision rounds once? TensorFlow does so for Keras 2 on
    /// CPUs that have float16; on others it rounds twice.
    #[serde(skip, default = "reads_keras_2")]
    pub adds_bias_at_once: bool,
}

/// Layers are trainable by default.
fn trainable_by_default() -> bool {
    true
}

impl Default for Common {
    fn default() -> Self {
        Self {
            name: None,
            trainable: true,
            dtype: DType::default(),
            activity_regularizer: None,
            adds_bias_at_once: false,
        }
    }
}

/// The dtype of a layer, which is a policy in Keras's files. Those of preprocessing layers are only stored for writing the
/// file again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DType(pub String);

impl DType {
    /// The policy of a layer that computes with floats.
    pub fn policy(&self) -> Option<DTypePolicy> {
        DTypePolicy::of_name(&self.0)
    }
}

impl Default for DType {
    fn default() -> Self {
        dtype_policy().into()
    }
}

impl From<DTypePolicy> for DType {
    fn from(policy: DTypePolicy) -> Self {
        Self(policy.name().to_owned())
    }
}

impl Serialize for DType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({
            "module": "keras",
            "class_name": "DTypePolicy",
            "config": {"name": self.0},
            "registered_name": null,
        })
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for DType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let name = match &value {
            Value::Null => return Ok(Self::default()),
            Value::String(name) => Some(name.as_str()),
            policy => policy["config"]["name"].as_str(),
        };
        let is_known = |name: &&str| DTypePolicy::of_name(name).is_some() || OF_DATA.contains(name);
        match name.filter(is_known) {
            Some(name) => Ok(Self(name.to_owned())),
            // Quantized policies, and those that differ between layers, have no name.
            None => Err(serde::de::Error::custom(format!(
                "the dtype policy {value} is not supported: it is quantized or unknown; expected one of {}. Save the \
                 model before it is quantized",
                DTypePolicy::ALL.map(DTypePolicy::name).into_iter().chain(OF_DATA).collect::<Vec<_>>().join(", ")
            ))),
        }
    }
}

/// The dtypes of preprocessing layers that are no policies of layers that compute.
const OF_DATA: [&str; 9] = ["bool", "string", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"];

/// Defines methods for the arguments of every layer.
macro_rules! common_arguments {
    ($layer:ident) => {
        impl $layer {
            /// Names the layer; the default is the class in snake case, numbered within the model.
            #[must_use]
            pub fn name(mut self, name: impl Into<String>) -> Self {
                self.common.name = Some(name.into());
                self
            }

            /// Sets whether the layer's weights are trainable; `true` by default.
            #[must_use]
            pub fn trainable(mut self, trainable: bool) -> Self {
                self.common.trainable = trainable;
                self
            }

            /// Sets in which dtypes the layer computes and keeps its weights. By default it is the
            /// [policy of the thread](crate::set_dtype_policy) when the layer is made.
            #[must_use]
            pub fn dtype(mut self, policy: $crate::DTypePolicy) -> Self {
                self.common.dtype = policy.into();
                self
            }

            /// Sets the regularizer for the outputs, whose penalty is divided by the batch size; none by default.
            #[must_use]
            pub fn activity_regularizer(mut self, regularizer: impl Into<$crate::regularizers::Regularizer>) -> Self {
                self.common.activity_regularizer = Some(regularizer.into());
                self
            }
        }
    };
}
pub(crate) use common_arguments;

/// Defines Keras's other name of a layer. It is not a re-export, so that the compiler's messages name the layer itself.
macro_rules! also_named {
    ($($alias:ident = $class:ident($($argument:ident: $type:ty),*);)+) => {$(
        #[doc = concat!("Keras's other name of [`", stringify!($class), "`](struct@", stringify!($class), ").")]
        pub type $alias = $class;

        #[doc = concat!("Keras's other name of [`", stringify!($class), "`](fn@", stringify!($class), ").")]
        #[allow(non_snake_case)]
        pub fn $alias($($argument: $type),*) -> $class {
            $class($($argument),*)
        }
    )+};
}
pub(crate) use also_named;

/// Defines methods for optional arguments, each of which sets the field of the same name.
///
/// ```text
/// arguments!(Dense {
///     /// Is a bias added? Yes by default.
///     use_bias: bool,
/// });
/// ```
///
/// Losses, metrics, optimizers and callbacks have their arguments by it, too.
#[doc(hidden)]
#[macro_export]
macro_rules! arguments {
    ($layer:ident { $($(#[$doc:meta])+ $argument:ident: $type:ty,)+ }) => {
        #[allow(clippy::useless_conversion)]
        impl $layer {
            $(
                $(#[$doc])+
                #[must_use]
                pub fn $argument(mut self, $argument: $type) -> Self {
                    self.$argument = $argument.into();
                    self
                }
            )+
        }
    };
}
pub(crate) use arguments;

/// Defines methods for the arguments of a weight, and one that returns its [`WeightSpec`](crate::WeightSpec).
///
/// ```text
/// weight_arguments!(Dense, "kernel", kernel: kernel_initializer = "GlorotUniform", kernel_regularizer, kernel_constraint);
/// ```
macro_rules! weight_arguments {
    ($layer:ident, $what:literal, $weight:ident: $initializer:ident = $default:literal, $regularizer:ident, $constraint:ident) => {
        impl $layer {
            #[doc = concat!("Sets the initializer of the ", $what, "; `", $default, "` by default.")]
            #[must_use]
            pub fn $initializer(mut self, initializer: impl Into<$crate::initializers::Initializer>) -> Self {
                self.$initializer = initializer.into();
                self
            }

            #[doc = concat!("Sets the regularizer of the ", $what, "; none by default.")]
            #[must_use]
            pub fn $regularizer(mut self, regularizer: impl Into<$crate::regularizers::Regularizer>) -> Self {
                self.$regularizer = Some(regularizer.into());
                self
            }

            #[doc = concat!("Sets the constraint of the ", $what, "; none by default.")]
            #[must_use]
            pub fn $constraint(mut self, constraint: impl Into<$crate::constraints::Constraint>) -> Self {
                self.$constraint = Some(constraint.into());
                self
            }

            fn $weight(&self) -> $crate::WeightSpec<'_> {
                $crate::WeightSpec {
                    initializer: &self.$initializer,
                    regularizer: self.$regularizer.as_ref(),
                    constraint: self.$constraint.as_ref(),
                }
            }
        }
    };
}
pub(crate) use weight_arguments;

/// Implements the methods of [`Layer`](crate::Layer) that are the same for all built-in layers.
///
/// After the class come options: with `masking`, the layer uses or propagates masks; with `activity`, its configuration has
/// an activity regularizer even if it is null; with `bare`, it has no trainable flag, and only the name of the dtype; with
/// `completed`, the method `complete` adds values to the configuration that follow from other arguments; with
/// `parts_regularized`, the activity regularizer is that of inner layers. After a semicolon come the
/// [`Conventions`](crate::Conventions) of the class that differ from the defaults.
///
/// ```text
/// described!("Dropout", masking; recorded_mode: Some(Mode::Inference), built_for: BuiltFor::Nothing);
/// ```
macro_rules! described {
    ($class:literal $(, $what:ident)* $(; $($convention:ident: $value:expr),+)?) => {
        fn class_name(&self) -> &str {
            $class
        }

        fn name(&self) -> Option<&str> {
            self.common.name.as_deref()
        }

        fn trainable(&self) -> bool {
            self.common.trainable
        }

        fn dtype_policy(&self) -> Option<$crate::DTypePolicy> {
            self.common.dtype.policy()
        }

        fn activity_regularizer(&self) -> Option<&$crate::regularizers::Regularizer> {
            $crate::layers::common::described!(@activity self $($what)*)
        }

        fn config(&self) -> serde_json::Value {
            #[allow(unused_mut)]
            let mut config = serde_json::to_value(self).expect("a description is plain data");
            $($crate::layers::common::described!(@config $what, self, config);)*
            config
        }

        fn conventions(&self) -> $crate::Conventions {
            #[allow(unused_imports)]
            use $crate::{BuiltFor, MaskArgument, Mode, TokenKind};
            $crate::Conventions {
                $($($convention: $value,)+)?
                adds_bias_at_once: self.common.adds_bias_at_once,
                ..$crate::Conventions::of_keras()
            }
        }

        fn with_arguments(
            &self,
            arguments: &serde_json::Map<String, serde_json::Value>,
        ) -> $crate::Result<Box<dyn $crate::Layer>> {
            $crate::layers::family::changed(self, arguments)
        }

        $($crate::layers::common::described!(@method $what);)*
    };
    (@activity $self:ident) => { $self.common.activity_regularizer.as_ref() };
    (@activity $self:ident parts_regularized $($what:ident)*) => { None };
    (@activity $self:ident $other:ident $($what:ident)*) => {
        $crate::layers::common::described!(@activity $self $($what)*)
    };
    (@method masking) => {
        fn supports_masking(&self) -> bool {
            true
        }
    };
    (@method $other:ident) => {};
    (@config masking, $self:ident, $config:ident) => {};
    (@config parts_regularized, $self:ident, $config:ident) => {};
    (@config activity, $self:ident, $config:ident) => {
        if $config.get("activity_regularizer").is_none() {
            $config["activity_regularizer"] = serde_json::Value::Null;
        }
    };
    (@config bare, $self:ident, $config:ident) => {
        if let serde_json::Value::Object(config) = &mut $config {
            config.remove("trainable");
            let name = config["dtype"]["config"]["name"].take();
            config.insert("dtype".to_owned(), name);
        }
    };
    (@config completed, $self:ident, $config:ident) => {
        $self.complete(&mut $config);
    };
}
pub(crate) use described;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_of_floats_are_kept_and_quantized_ones_are_errors() {
        let policy = |name: &str| json!({"module": "keras", "class_name": "DTypePolicy", "config": {"name": name}, "registered_name": null});
        for name in ["float32", "mixed_float16", "mixed_bfloat16", "float16", "bfloat16", "float64"] {
            let read: DType = serde_json::from_value(policy(name)).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), policy(name));
            assert_eq!(serde_json::from_value::<DType>(json!(name)).unwrap(), read);
        }
        // keras.layers.Dense(2, dtype="int8_from_float32")
        let quantized = json!({"module": "keras.dtype_policies", "class_name": "QuantizedDTypePolicy", "config": {"mode": "int8", "source_name": "float32"}, "registered_name": null});
        for refused in
            [quantized, policy("int8"), policy("float8"), policy("int8_from_float32"), json!("fp32"), json!(1)]
        {
            let config = json!({"units": 2, "dtype": refused});
            let error = format!("{:#}", crate::layers::from_config("Dense", &config).unwrap_err());
            for part in ["class Dense", "the dtype policy", "it is quantized or unknown", "expected one of float32, "] {
                assert!(error.contains(part), "{part:?} is not in: {error}");
            }
        }
    }
}
