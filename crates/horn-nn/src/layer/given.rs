//! Layers that wrap another one: a boxed layer, or a layer with another name.

use std::fmt;
use std::sync::Arc;

use crate::layer::description::Layer;
use crate::layer::erased::BuiltLayer;

/// A layer that delegates to another one.
pub(crate) trait Inner {
    /// The layer that it delegates to.
    fn inner(&self) -> &dyn Layer;

    /// What it adds to the built layer; by default nothing.
    fn finish(&self, layer: BuiltLayer) -> BuiltLayer {
        layer
    }
}

/// Implements all methods of [`Layer`] but `name` and `trainable` by delegation.
macro_rules! as_inner {
    () => {
        fn class_name(&self) -> &str {
            self.inner().class_name()
        }
        fn supports_masking(&self) -> bool {
            self.inner().supports_masking()
        }
        fn activity_regularizer(&self) -> Option<&$crate::regularizers::Regularizer> {
            self.inner().activity_regularizer()
        }
        fn dtype_policy(&self) -> Option<$crate::DTypePolicy> {
            self.inner().dtype_policy()
        }
        fn output_shape(&self, input: &$crate::Shape) -> $crate::Result<$crate::Shape> {
            self.inner().output_shape(input)
        }
        fn output_shapes(&self, inputs: &[$crate::Shape]) -> $crate::Result<Vec<$crate::Shape>> {
            self.inner().output_shapes(inputs)
        }
        fn build(&self, input: &$crate::Shape, build: &mut $crate::LayerBuilder) -> $crate::Result<$crate::BuiltLayer> {
            Ok(self.finish(self.inner().build(input, build)?))
        }
        fn build_for(
            &self,
            inputs: &[$crate::Shape],
            build: &mut $crate::LayerBuilder,
        ) -> $crate::Result<$crate::BuiltLayer> {
            Ok(self.finish(self.inner().build_for(inputs, build)?))
        }
        fn input_shape(&self) -> Option<&$crate::Shape> {
            self.inner().input_shape()
        }
        fn takes_strings(&self) -> bool {
            self.inner().takes_strings()
        }
        fn lookup_state(&self) -> Option<$crate::layer::lookup_state::LookupState> {
            self.inner().lookup_state()
        }
        fn state_sizes(&self) -> Option<Vec<usize>> {
            self.inner().state_sizes()
        }
        fn call_arguments(&self, inputs: usize) -> Vec<$crate::layer::call_arguments::CallArgument> {
            self.inner().call_arguments(inputs)
        }
        fn call_options(&self) -> &'static [&'static str] {
            self.inner().call_options()
        }
        fn recorded_call(&self, tensors: Vec<serde_json::Value>) -> Option<serde_json::Value> {
            self.inner().recorded_call(tensors)
        }
        fn config(&self) -> serde_json::Value {
            self.inner().config()
        }
        fn conventions(&self) -> $crate::layer::conventions::Conventions {
            self.inner().conventions()
        }
        fn output_mask(&self) -> $crate::layer::conventions::OutputMask {
            self.inner().output_mask()
        }
        fn follow_masks(
            &self,
            masks: &[Option<$crate::layer::mask_trail::MaskNumber>],
            trail: &mut $crate::layer::mask_trail::MaskTrail,
        ) -> Vec<Option<$crate::layer::mask_trail::MaskNumber>> {
            self.inner().follow_masks(masks, trail)
        }
        fn parts(&self) -> Vec<$crate::layer::description::Part> {
            self.inner().parts()
        }
        fn with_arguments(
            &self,
            arguments: &serde_json::Map<String, serde_json::Value>,
        ) -> $crate::Result<Box<dyn $crate::Layer>> {
            self.inner().with_arguments(arguments)
        }
    };
}

pub(crate) use as_inner;

/// A layer with another name and another trainable flag than its description has.
pub(crate) struct Given {
    pub name: Option<String>,
    pub trainable: bool,
    pub layer: Box<dyn Layer>,
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.layer.fmt(f)
    }
}

impl Inner for Given {
    fn inner(&self) -> &dyn Layer {
        self.layer.as_ref()
    }
}

impl Layer for Given {
    as_inner!();

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn trainable(&self) -> bool {
        self.trainable
    }
}

macro_rules! pointers {
    ($($pointer:ident)+) => {$(
        impl Inner for $pointer<dyn Layer> {
            fn inner(&self) -> &dyn Layer {
                self.as_ref()
            }
        }

        impl Layer for $pointer<dyn Layer> {
            as_inner!();

            fn name(&self) -> Option<&str> {
                self.inner().name()
            }

            fn trainable(&self) -> bool {
                self.inner().trainable()
            }
        }
    )+};
}

pointers!(Box Arc);

#[cfg(test)]
mod tests {
    /// A method with a default that is not delegated would silently answer for another layer.
    #[test]
    fn all_methods_of_a_layer_are_delegated() {
        let methods = |source: &'static str| {
            source.lines().filter_map(|line| line.trim_start().strip_prefix("fn ")?.split(['(', '<']).next())
        };
        let layer = include_str!("description.rs").split_once("pub trait Layer").unwrap().1;
        let layer = layer.split_once("\n}").unwrap().0;
        let delegated = include_str!("given.rs").split_once("macro_rules! as_inner").unwrap().1;
        let delegated: Vec<_> = methods(delegated.split_once("\n}").unwrap().0).collect();
        let left: Vec<_> = methods(layer).filter(|name| !delegated.contains(name)).collect();
        assert_eq!(left, ["name", "trainable"]);
    }
}
