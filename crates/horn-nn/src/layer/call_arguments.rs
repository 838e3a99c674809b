//! The call arguments of a layer in Keras, and the inputs that belong to each.

/// An argument of a layer's call in Keras: see [`Layer::call_arguments`](crate::Layer::call_arguments).
///
/// ```
/// use horn::CallArgument;
///
/// let arguments = [CallArgument::new("query", 1), CallArgument::new("value", 1).positional()];
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallArgument {
    /// Keras's name of the argument.
    pub name: &'static str,
    /// How many inputs of the layer it takes.
    pub inputs: usize,
    /// Do files record it by its place, and not by its name? They always do so with the first argument.
    pub is_positional: bool,
    /// Does Keras pass the shapes of these inputs to `build`?
    pub is_built_for: bool,
}

impl CallArgument {
    /// An argument of this name, which takes so many inputs.
    pub fn new(name: &'static str, inputs: usize) -> Self {
        Self { name, inputs, is_positional: false, is_built_for: true }
    }

    /// The same, which files record by its place.
    #[must_use]
    pub fn positional(mut self) -> Self {
        self.is_positional = true;
        self
    }

    /// The same, whose shapes Keras does not pass to `build`.
    #[must_use]
    pub fn not_built_for(mut self) -> Self {
        self.is_built_for = false;
        self
    }
}

/// Groups values, one for each input, by the call argument that takes the input in Keras.
pub(crate) fn by_argument<T>(arguments: Vec<CallArgument>, values: &[T]) -> Vec<(CallArgument, &[T])> {
    let mut rest = values;
    let mut take = |count: usize| {
        let (own, others) = rest.split_at(count.min(rest.len()));
        rest = others;
        own
    };
    arguments.into_iter().map(|argument| (argument, take(argument.inputs))).collect()
}
