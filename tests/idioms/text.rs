//! Sentences, as strings from the input on.

use horn::prelude::*;

pub fn run() -> horn::Result<()> {
    let reviews = vec!["a good film", "a bad film", "good fun", "bad, so bad"];
    let liked = vec![1, 0, 1, 0];

    let mut words = TextVectorization().max_tokens(20).output_sequence_length(6);
    words.adapt(&reviews)?;
    let mut model = Sequential::new()
        .add(Input(1).dtype(InputDtype::String))
        .add(words)
        .add(Embedding(20, 8).mask_zero(true))
        .add(LSTM(8))
        .add(Dense(1).activation(Activation::Sigmoid))
        .compile(RMSprop::new(0.01), BinaryCrossentropy::new(), [Accuracy::new()])?;
    model.fit(&reviews, &liked, Fit::epochs(2).verbose(Verbose::Silent))?;
    let probabilities = model.predict(&["good"])?;
    assert_eq!(probabilities.shape(), [1, 1]);
    Ok(())
}
