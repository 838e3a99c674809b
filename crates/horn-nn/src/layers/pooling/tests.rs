//! What the fixtures do not show: bad input, and sizes that are unknown or left out.

use serde_json::json;

use super::*;
use crate::arguments::options::{DataFormat, Padding};
use crate::layer::description::Layer;
use crate::layers::check::infer;
use crate::layers::registry::from_config;
use crate::tensor::shape::Shape;

#[test]
fn padding_is_left_out_of_the_mean() {
    let layer = AveragePooling1D(2).strides(1).padding(Padding::Same);
    assert_eq!(infer(layer, &[1.0, 2.0, 3.0, 4.0], &[1, 4, 1]).unwrap().1, [1.5, 2.5, 3.5, 4.0]);
}

#[test]
fn padding_is_never_the_largest() {
    let layer = MaxPooling1D(3).strides(2).padding(Padding::Same);
    assert_eq!(infer(layer, &[-1.0, -2.0, -3.0, -4.0, -5.0], &[1, 5, 1]).unwrap().1, [-1.0, -2.0, -4.0]);
}

/// `keras.layers.MaxPooling1D(9, strides=2, padding="same")` and so on give the same from 9 on; below, 8 sees less.
#[test]
fn a_window_is_never_larger_than_what_it_sees() {
    let x = [5.0, 2.0, 3.0, 4.0, -1.0];
    for pool_size in [9, 10, 1_000_000_000] {
        let largest = MaxPooling1D(pool_size).strides(2).padding(Padding::Same);
        assert_eq!(infer(largest, &x, &[1, 5, 1]).unwrap().1, [5.0, 5.0, 5.0]);
        let mean = AveragePooling1D(pool_size).strides(2).padding(Padding::Same);
        assert_eq!(infer(mean, &x, &[1, 5, 1]).unwrap().1, [2.6, 2.6, 2.6]);
    }
    let largest = MaxPooling1D(6).strides(2).padding(Padding::Same);
    assert_eq!(infer(largest, &x, &[1, 5, 1]).unwrap().1, [5.0, 5.0, 4.0]);
}

/// `MaxPooling2D((1000, 4), strides=2, padding="same")` and so on. With the channels first, Burn pools.
#[test]
fn windows_far_beyond_an_image_see_all_of_it() {
    let x: Vec<f32> = (1..=15_u8).map(f32::from).collect();
    let far = |format| {
        let largest = MaxPooling2D((1000, 4)).strides(2).padding(Padding::Same).data_format(format);
        let mean = AveragePooling2D((1000, 1_000_000)).strides(2).padding(Padding::Same).data_format(format);
        let sizes = if format == DataFormat::ChannelsLast { [1, 3, 5, 1] } else { [1, 1, 3, 5] };
        (infer(largest, &x, &sizes).unwrap().1, infer(mean, &x, &sizes).unwrap().1)
    };
    for format in [DataFormat::ChannelsLast, DataFormat::ChannelsFirst] {
        let (largest, mean) = far(format);
        assert_eq!(largest, [13.0, 15.0, 15.0, 13.0, 15.0, 15.0], "{format:?}");
        assert_eq!(mean, [8.0; 6], "{format:?}");
    }
}

#[test]
fn strides_are_the_window_where_none_are_given() {
    let config = json!({"pool_size": [3, 2]});
    assert_eq!(from_config("MaxPooling2D", &config).unwrap().config()["strides"], json!([3, 2]));
    assert_eq!(MaxPooling2D(2).strides(1).pool_size(3).config()["strides"], json!([1, 1]));
    assert_eq!(AveragePooling3D(2).config()["strides"], json!([2, 2, 2]));
}

/// `AveragePooling2D.from_config({})` is an error in Keras too: only `MaxPooling` has a default.
#[test]
fn a_mean_needs_a_window() {
    let error = from_config("AveragePooling2D", &json!({})).unwrap_err().to_string();
    assert_eq!(
        error,
        "class AveragePooling2D: an argument is missing; expected pool_size. Hint: add it to the configuration."
    );
    assert_eq!(from_config("MaxPooling2D", &json!({})).unwrap().config()["pool_size"], json!([2, 2]));
}

#[test]
fn adaptive_windows_divide_evenly() {
    let x: Vec<f32> = (0..14).map(|x| x as f32).collect();
    let means = infer(AdaptiveAveragePooling1D(7), &x, &[1, 14, 1]).unwrap().1;
    assert_eq!(means, [0.5, 2.5, 4.5, 6.5, 8.5, 10.5, 12.5]);
    assert_eq!(infer(AdaptiveMaxPooling1D(7), &x[..7], &[1, 7, 1]).unwrap().1, x[..7]);
    assert_eq!(infer(AdaptiveMaxPooling1D(3), &x[..2], &[1, 2, 1]).unwrap().1, [0.0, 1.0, 1.0]);
}

#[test]
fn unknown_sizes_stay_unknown() {
    let image = Shape::new([None, None, Some(7), Some(3)]);
    assert_eq!(MaxPooling2D(2).output_shape(&image).unwrap(), Shape::new([None, None, Some(3), Some(3)]));
    assert_eq!(AdaptiveMaxPooling2D(2).output_shape(&image).unwrap(), Shape::batched([2, 2, 3]));
    assert_eq!(GlobalMaxPooling2D().output_shape(&image).unwrap(), Shape::batched([3]));
}

#[test]
fn impossible_arguments_are_errors() {
    let image = Shape::batched([4, 4, 3]);
    let refused = |layer: &dyn Layer| layer.output_shape(&image).unwrap_err();
    assert!(refused(&MaxPooling2D(0)).is_argument());
    assert!(refused(&MaxPooling2D(2).strides((1, 0))).is_argument());
    assert!(refused(&AveragePooling2D(2).padding(Padding::Causal)).is_argument());
    assert!(refused(&AveragePooling2D(5)).is_shape());
    assert!(refused(&MaxPooling1D(2)).is_shape());
    assert!(refused(&GlobalAveragePooling1D()).is_shape());
    assert!(refused(&AdaptiveAveragePooling2D((2, 0))).is_argument());
    assert!(GlobalMaxPooling1D().output_shape(&Shape::batched([0, 3])).unwrap_err().is_shape());
}

/// Found by fuzzing: in Keras, too, such a mask can't be broadcast.
#[test]
fn a_mask_of_other_steps_is_an_error() {
    use burn::tensor::{Device, Tensor};

    use crate::layers::{Input, Masking};
    use crate::{CallContext, Mode, Sequential, Signal};

    for (pool, fits) in
        [(GlobalAveragePooling1D(), true), (GlobalAveragePooling1D().data_format(DataFormat::ChannelsFirst), false)]
    {
        let model = Sequential::new().add(Input([4, 2])).add(Masking()).add(pool).build(&Device::default()).unwrap();
        let x = Signal::new(Tensor::<3>::ones([1, 4, 2], &Device::default()));
        let result = model.call(vec![x], &mut CallContext::new(Mode::Inference));
        assert_eq!(result.is_ok(), fits);
        if let Err(error) = result {
            assert!(
                error.to_string().contains("the mask does not fit the steps; received a mask of (1, 4)"),
                "{error}"
            );
        }
    }
}
