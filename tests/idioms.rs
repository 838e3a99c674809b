//! Programs of a first hour, as a newcomer writes them: they need the prelude and nothing else.

mod autoencoder;
mod cnn;
mod custom_layer;
mod mlp;
mod own_parts;
mod recommender;
mod regression;
mod text;
mod time_series;
mod transfer;
mod transformer;
mod two_inputs;

use horn::prelude::*;

/// The programs in the folder.
#[test]
fn the_programs_of_a_first_hour_run() {
    type Program = fn() -> horn::Result<()>;
    let programs: [(&str, Program); 12] = [
        ("autoencoder", autoencoder::run),
        ("cnn", cnn::run),
        ("custom_layer", custom_layer::run),
        ("mlp", mlp::run),
        ("own_parts", own_parts::run),
        ("recommender", recommender::run),
        ("regression", regression::run),
        ("text", text::run),
        ("time_series", time_series::run),
        ("transfer", transfer::run),
        ("transformer", transformer::run),
        ("two_inputs", two_inputs::run),
    ];
    for (name, run) in programs {
        run().unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn labels_are_a_vec_and_features_a_vec_with_a_shape() -> horn::Result<()> {
    let x = HostArray::new(vec![0.0_f32, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], [4, 2])?;
    let labels: Vec<i32> = vec![0, 1, 1, 0];
    let layers = Sequential::new().add(Input([2])).add(Dense(2).activation(Activation::Softmax));
    layers.summary();
    let mut model = layers.compile(Adam::new(1e-2), SparseCategoricalCrossentropy::new(), [Accuracy::new()])?;
    let history = model.fit(&x, &labels, Fit::epochs(2).verbose(Verbose::Silent))?;
    assert_eq!(history["loss"].len(), 2);
    let targets = vec![0.5_f32, 1.0, -1.0, 0.0];
    let line = Sequential::new().add(Input([2])).add(Dense(1));
    line.compile(SGD::new(0.1), MeanSquaredError::new(), ())?.fit(
        &x,
        &targets,
        Fit::epochs(1).verbose(Verbose::Silent),
    )?;
    Ok(())
}

#[test]
fn a_compiled_model_gives_its_layers_weights_and_parts() -> horn::Result<()> {
    let layers = Sequential::new().add(Input(4)).add(Dense(2).name("code")).add(Reshape((2, 1))).add(Flatten());
    let mut model = layers.add(Dense(4).name("image")).compile(SGD::new(0.1), MeanSquaredError::new(), ())?;
    let weights = model.get_weights()?;
    let x = vec![[1.0, 2.0, 3.0, 4.0]; 6];
    model.fit(&x, &x, Fit::epochs(1).verbose(Verbose::Silent))?;
    assert_ne!(model.get_weights()?, weights);
    model.set_weights(&weights)?;
    assert_eq!(model.get_layer("code")?.get_weights(), weights[..2]);
    assert_eq!(model.layers()?.len(), 5);
    // The encoder, and what is left, which ends as the model does.
    let (encoder, decoder) = (model.submodel(&[], &["code"])?, model.submodel(&["code"], &[])?);
    let codes = encoder.predict(&x, 32)?;
    assert_eq!(decoder.predict(&codes, 32)?, model.predict(&x)?);
    model.reset_states()?;
    // Compiled again, as for fine-tuning, it has its weights and a new optimizer.
    model.set_layer_trainable("code", false)?;
    model.set_layer_weights("image", &weights[2..])?;
    let mut model = model.compile(SGD::new(0.01), MeanAbsoluteError::new(), [Accuracy::new()])?;
    assert_eq!((model.iterations(), model.get_weights()?), (0, weights.clone()));
    model.fit(&x, &x, Fit::epochs(1).verbose(Verbose::Silent))?;
    assert_eq!(model.get_weights()?[..2], weights[..2]);
    assert_ne!(model.get_weights()?[2..], weights[2..]);
    Ok(())
}

#[test]
fn lists_of_tensors_are_given_by_reference() -> horn::Result<()> {
    let inputs: Vec<Input> = vec![Input(2), Input(3)];
    let both = Concatenate().apply(&inputs)?;
    let outputs: Vec<KerasTensor> = (1..3).map(|units| Dense(units).apply(&both)).collect::<horn::Result<_>>()?;
    let model = Model::new(&inputs, &outputs)?;
    assert_eq!(model.count_params()?, 6 + 12);
    assert_eq!(Concatenate().apply(&outputs[..])?.shape().to_string(), "(None, 3)");
    Ok(())
}

#[test]
fn tensors_of_a_graph_have_operators() -> horn::Result<()> {
    let images = Input([8, 8, 3]);
    let scaled = &images / 127.5 - 1.0;
    let y = Conv2D(4, 3).padding(Padding::Same).apply(&scaled)?;
    let y = ops::relu(&y + 0.1)? * ops::sigmoid(&y)?;
    let first = ops::get_item(&y, ops::s![.., 0, 0])?;
    let model = Model::new(&images, ops::mean(&y, [1, 2], false)? + first)?;
    model.summary()?;
    assert_eq!(model.count_params()?, 3 * 3 * 3 * 4 + 4);
    let model = model.build(&horn::default_device()?)?;
    assert_eq!(model.predict(&ndarray::Array4::<u8>::zeros((2, 8, 8, 3)), 32)?.shape(), [2, 4]);
    Ok(())
}
