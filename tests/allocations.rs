//! How often a prediction asks for memory: each time costs more than a small layer computes.

use horn::kernels::{self, CountingAllocator};
use horn::prelude::*;

fn readme_model() -> Model {
    let relu = || Dense(128).activation(Activation::Relu);
    let model = Sequential::new().add(Input([784])).add(relu()).add(relu()).add(relu());
    let model = model.add(Dense(10).activation(Activation::Softmax));
    model.build(&horn::default_device().unwrap()).unwrap()
}

#[test]
fn a_prediction_asks_for_memory_a_few_times() {
    let predictor = readme_model().predictor();
    let sample = [0.5; 784];
    let x = ndarray::Array2::<f32>::from_elem((1, 784), 0.5);
    for _ in 0..3 {
        predictor.predict_sample(&sample).unwrap();
        predictor.predict(&x).unwrap();
    }
    let counted: Vec<usize> =
        (0..5).map(|_| CountingAllocator::count(|| predictor.predict_sample(&sample).unwrap())).collect();
    // Burn's own operations make more tensors between.
    let (most, most_of_array) = if kernels::enabled() { (70, 110) } else { (90, 130) };
    assert!(counted.iter().all(|&count| count <= most), "{counted:?}");
    let of_array: Vec<usize> = (0..5).map(|_| CountingAllocator::count(|| predictor.predict(&x).unwrap())).collect();
    assert!(of_array.iter().all(|&count| count <= most_of_array), "{of_array:?}");
    // Time after time as often.
    assert!(counted.windows(2).all(|pair| pair[0] == pair[1]), "{counted:?}");
}
