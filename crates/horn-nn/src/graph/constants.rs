//! Arrays among the tensors of a call.

use crate::error::{Error, Result};
use crate::graph::keras_tensor::{KerasTensor, Placed};
use crate::operations::calls::constant::ConstantTensor;
use std::sync::Arc;

impl KerasTensor {
    /// An array as a tensor of no graph yet: the call that takes it places it beside its other tensors.
    pub(crate) fn of_constant(constant: ConstantTensor) -> Result<Self> {
        let shape = constant.shape()?;
        Ok(Self::of_call(Placed::new(Arc::new(constant)), Vec::new(), shape))
    }

    /// Is it an array that is in no graph yet?
    pub(crate) fn is_unplaced(&self) -> bool {
        self.call.inputs.is_empty() && self.description().conventions().is_constant
    }
}

/// The tensors of a call, with the arrays among them placed in the graph of the others.
///
/// # Errors
///
/// If there are only arrays.
pub(crate) fn placed(tensors: Vec<KerasTensor>) -> Result<Vec<KerasTensor>> {
    if !tensors.iter().any(KerasTensor::is_unplaced) {
        return Ok(tensors);
    }
    let Some(beside) = tensors.iter().find(|tensor| !tensor.is_unplaced()).cloned() else {
        return Err(Error::argument("all arguments of the call are arrays, which are not part of a graph")
            .received(format!("{} arrays", tensors.len()))
            .expected("at least one tensor that follows from an Input")
            .hint("compute what follows from arrays alone before, outside of the graph"));
    };
    let place = |tensor: KerasTensor| match tensor.is_unplaced() {
        true => KerasTensor::of_call(
            Placed::new(tensor.call.layer.layer.clone()),
            vec![beside.clone()],
            tensor.shape().clone(),
        ),
        false => tensor,
    };
    Ok(tensors.into_iter().map(place).collect())
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use ndarray::{Array2, Array3, array};

    use crate::layers::{Add, Dense, Input, MultiHeadAttention};
    use crate::{Apply, Model, ops};

    #[test]
    fn an_array_stands_beside_the_tensors_of_a_call() {
        let x = Input((2, 3));
        let steps = ops::convert_to_tensor(array![[[1.0_f32], [10.0]]]).unwrap();
        let y = Add().apply((&x, &steps)).unwrap();
        let model = Model::new(&x, &y).unwrap().build(&Device::default()).unwrap();
        let found = model.predict(&Array3::<f32>::zeros((2, 2, 3)), 32).unwrap();
        assert_eq!(found.iter().copied().collect::<Vec<_>>(), [1.0, 1.0, 1.0, 10.0, 10.0, 10.0].repeat(2));
        let names: Vec<String> = model.to_summary().rows.into_iter().map(|row| row.name).collect();
        assert_eq!(names, ["input_layer", "add"]);
        let layers = model.serialize().unwrap()["config"]["layers"].clone();
        assert_eq!(layers.as_array().unwrap().len(), 2, "a file has the array in the place of a tensor");
        let written = &layers[1]["inbound_nodes"][0]["args"][0][1];
        assert_eq!(written["class_name"], "__numpy__");
    }

    #[test]
    fn arrays_alone_are_no_graph() {
        let array = || ops::convert_to_tensor(Array2::<f32>::zeros((1, 3))).unwrap();
        let error = Add().apply((array(), array())).unwrap_err();
        assert_eq!(
            error.to_string(),
            "all arguments of the call are arrays, which are not part of a graph; received 2 arrays, expected at least \
             one tensor that follows from an Input. \
             Hint: compute what follows from arrays alone before, outside of the graph."
        );
        assert!(ops::convert_to_tensor(2.0).unwrap_err().is_argument());
        let x = Input((2, 3));
        let mask = ops::convert_to_tensor(Array3::<f32>::zeros((1, 2, 3))).unwrap();
        assert!(MultiHeadAttention(1, 2).attention_mask(true).apply((&x, &x, &mask)).unwrap_err().is_shape());
        assert!(Dense(2).apply(array()).unwrap_err().is_argument());
    }

    #[test]
    #[should_panic(expected = "a Dense can't be called as a MultiHeadAttention: give a description of the same class")]
    fn a_layer_is_called_as_one_of_its_class() {
        let _ = Dense(2).shared().called_as(MultiHeadAttention(1, 2));
    }
}
