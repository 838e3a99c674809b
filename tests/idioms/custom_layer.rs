//! A custom layer and a custom block of layers, with nothing but the prelude.

use horn::Result;
use horn::prelude::*;

/// `x · factor`, where the factor is trained.
#[derive(Debug, Clone)]
struct Scale;

impl Layer for Scale {
    fn class_name(&self) -> &str {
        "Scale"
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(input.clone())
    }

    fn build(&self, _: &Shape, build: &mut LayerBuilder) -> Result<BuiltLayer> {
        Ok(BuiltLayer::new(ScaleModule { factor: build.add_weight("factor", [1], &Ones::new().into())? }))
    }
}

#[derive(Module, Debug)]
struct ScaleModule {
    factor: Param<burn::Tensor<1>>,
}

impl Forward for ScaleModule {
    fn forward(&self, x: AnyTensor, _: Mode) -> Result<AnyTensor> {
        Ok((x.float::<2>()? * self.factor.val().unsqueeze()).into())
    }
}

/// A block: a function on tensors of the graph.
fn residual(x: &KerasTensor, units: usize) -> Result<KerasTensor> {
    let y = Dense(units).activation(Activation::Relu).apply(x)?;
    let y = Scale.apply(Dense(units).apply(y)?)?;
    Add().apply((x, &y))
}

pub fn run() -> Result<()> {
    let input = Input(4);
    let mut x = Dense(8).apply(&input)?;
    for _ in 0..2 {
        x = residual(&x, 8)?;
    }
    let mut model = Model::new(&input, Dense(1).apply(x)?)?.compile(Adam::default(), MeanSquaredError::new(), ())?;
    let x = vec![[1.0, 2.0, 3.0, 4.0]; 6];
    model.fit(&x, &vec![1.0; 6], Fit::epochs(1).verbose(Verbose::Silent))?;
    assert_eq!(model.count_params(), 40 + 2 * (2 * 72 + 1) + 9);
    Ok(())
}
