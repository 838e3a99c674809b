//! What the other programs here do wrong, done right: it compiles.

use horn::burn::tensor::Tensor;
use horn::Result;
use horn::prelude::*;

pub fn main() -> Result<()> {
    let (left, right) = (Input([8]), Input([8]));
    let encoder = Dense(4).activation(Activation::Softmax).shared();
    let (left_code, right_code) = (encoder.apply(&left)?, encoder.apply(&right)?);
    let mut model =
        Model::new((&left, &right), (left_code, right_code))?.compile(Adam::default(), MeanSquaredError::new(), ())?;
    let (x, y) = (HostArray::new(vec![0.0_f32; 8], [1, 8])?, HostArray::new(vec![0.0_f32; 4], [1, 4])?);
    let fit = Fit::epochs(1).validation_data([x.clone(), x.clone()], [y.clone(), y.clone()]).batch_size(64);
    model.fit([x.clone(), x.clone()], [y.clone(), y], fit)?;
    model.predict_all([x.clone(), x], Predict::new().batch_size(32))?;
    let images = Input([8, 8, 3]);
    Conv2D(8, (3, 3)).apply(&images)?;
    let ones = AnyTensor::from(Tensor::<2>::ones([2, 3], &horn::default_device()?));
    let _: Tensor<2> = ones.float()?;
    Concatenate().apply((&images, Conv2D(8, 1).apply(&images)?, Input((8, 8, 3))))?;
    let (_, _) = (MaxPooling2D(()), Input((None, 8)));
    Ok(())
}
