//! What a convolution's layer does around its sums: activation, layout, and being computed late.

use burn::module::{Param, ParamId};
use burn::tensor::Tensor;

use crate::activations::activation::Activation;
use crate::arguments::options::DataFormat;
use crate::by_rank;
use crate::error::Result;
use crate::layer::deferred::Scale;
use crate::layer::rounding::Rounding;
use crate::layer::signal::{Logits, Signal};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::windows::window::Window;

/// A bias as Burn takes it.
pub(crate) fn value(bias: &Option<Param<Tensor<1>>>) -> Option<Tensor<1>> {
    bias.as_ref().map(Param::val)
}

/// How many values a convolution holds inside: its inputs with zeros around them, the result, and two places of 8 bytes for
/// each pixel of the result of one sample.
pub(super) fn workspace(window: &Window, inputs: &[Signal]) -> u64 {
    let of = |input: &Signal| {
        let mut sizes = input.sizes();
        if let Some(batch) = sizes.first_mut() {
            *batch = 1;
        }
        input.count().saturating_mul(2).saturating_add(window.count(&sizes, 1).saturating_mul(5))
    };
    inputs.iter().map(of).fold(0, u64::saturating_add)
}

/// What a convolution computes before its activation.
pub(super) enum Convolved {
    /// In the layout of the input; relu, if that is the activation, is applied.
    Done(AnyTensor),
    /// In Burn's layout.
    ChannelsFirst(AnyTensor),
}

/// What a convolution without bias and activation gives, rounded, with a bias added, and relu where that is applied.
pub(super) fn finish_rounded(
    y: Convolved,
    bias: Option<Tensor<1>>,
    relu: bool,
    rounding: Rounding,
) -> Result<Convolved> {
    let finish = |y: AnyTensor, channels: usize| {
        by_rank!(y, |y| rounding.add_bias(y, bias.map(|bias| along(bias, channels))).into())
    };
    Ok(match y {
        Convolved::Done(y) => {
            let channels = y.rank() - 1;
            let sum = finish(y, channels)?;
            Convolved::Done(if relu { by_rank!(sum, |y| Activation::Relu.forward(y).into())? } else { sum })
        }
        Convolved::ChannelsFirst(y) => Convolved::ChannelsFirst(finish(y, 1)?),
    })
}

/// A bias along this axis.
fn along<const D: usize>(bias: Tensor<1>, axis: usize) -> Tensor<D> {
    let sizes: [usize; D] = std::array::from_fn(|at| if at == axis { bias.dims()[0] } else { 1 });
    bias.reshape(sizes)
}

/// The output of a layer for what its convolution gives.
pub(super) fn activate(y: Convolved, activation: Activation, format: DataFormat) -> Result<AnyTensor> {
    let apply = |y: AnyTensor| match activation {
        Activation::Linear => Ok(y),
        activation => by_rank!(y, |y| activation.forward(y).into()),
    };
    match y {
        Convolved::Done(y) if activation == Activation::Relu => Ok(y),
        Convolved::Done(y) => apply(y),
        Convolved::ChannelsFirst(y) if activation.is_elementwise() => format.channels_first_to_own(apply(y)?),
        Convolved::ChannelsFirst(y) => apply(format.channels_first_to_own(y)?),
    }
}

/// The output before its last activation, where a loss wants that.
pub(super) fn logits(y: Convolved, activation: Activation, format: DataFormat) -> Result<Logits> {
    if activation.is_softmax() || activation.is_sigmoid() {
        let value = match y {
            Convolved::Done(y) => y,
            Convolved::ChannelsFirst(y) => format.channels_first_to_own(y)?,
        };
        return Ok(Logits { value, activation });
    }
    Ok(Logits { value: activate(y, activation, format)?, activation: Activation::Linear })
}

/// Can a convolution with this activation take in what follows? After relu that is only a pooling, for which each thread
/// takes images of its own.
pub(super) fn takes_in(activation: Activation, input: &Signal) -> bool {
    match activation {
        Activation::Linear => true,
        Activation::Relu => input.with_sizes(|sizes| sizes[0] >= horn_kernels::thread_count()),
        _ => false,
    }
}

/// The shape of the output after its activation, which may change the last axis.
pub(crate) fn activated(shape: Shape, activation: Activation) -> Result<Shape> {
    match shape.last() {
        Some(last) => Ok(shape.with_last(activation.output_size(last)?)),
        None => Ok(shape),
    }
}

/// The kernel and the bias of a convolution whose results are multiplied by a factor, and to which an offset is added, for
/// each channel. The last axes of the kernel, so many, are those of the channels.
pub(super) fn scaled<const D: usize>(
    kernel: Tensor<D>,
    bias: Option<Tensor<1>>,
    scale: Scale,
    output_axes: usize,
) -> (Param<Tensor<D>>, Param<Tensor<1>>) {
    let sizes = kernel.dims();
    let along = |axis: usize| if axis >= D - output_axes { sizes[axis] } else { 1 };
    let factor = scale.factor.clone().reshape(std::array::from_fn::<_, D, _>(along));
    let bias = match bias {
        Some(bias) => bias * scale.factor + scale.offset,
        None => scale.offset,
    };
    (Param::initialized(ParamId::new(), kernel * factor), Param::initialized(ParamId::new(), bias))
}

/// The methods of [`Forward`](crate::Forward) for a module with `convolve`, `convolve_channels_last`, an `activation` and a
/// `window`. One with a `kernel` and a `bias` can be computed late, if it is said how many of the kernel's last axes are
/// those of the output's channels, and by which method a pooling is taken in.
macro_rules! forward_convolved {
    ($module:ident, output_axes: $axes:literal $(, pooled by $pooled:ident)?) => {
        impl<const D: usize> crate::layer::deferred::Defer for $module<D> {
            fn compute(
                &self,
                input: crate::tensor::any_tensor::AnyTensor,
                following: crate::layer::deferred::Following,
            ) -> crate::error::Result<crate::tensor::any_tensor::AnyTensor> {
                use crate::layers::convolution::operate::{scaled, value};

                let mut module = self.clone();
                module.activation = following.activation;
                if let Some(scale) = following.scale {
                    let (kernel, bias) = scaled(module.kernel.val(), value(&module.bias), scale, $axes);
                    (module.kernel, module.bias) = (kernel, Some(bias));
                }
                let forward = |input| {
                    crate::layer::forward::Forward::forward(&module, input, crate::layer::call::Mode::Inference)
                };
                let Some((kind, window)) = following.pooling else { return forward(input) };
                $(if let Some(y) = module.$pooled(&input, kind, &window)? {
                    return Ok(y);
                })?
                crate::windows::pooling::pool(forward(input)?, kind, &window)
            }
        }

        crate::layers::convolution::operate::forward_convolved!($module {
            fn workspace(&self, inputs: &[crate::layer::signal::Signal]) -> u64 {
                crate::layers::convolution::operate::workspace(&self.window, inputs)
            }

            fn call(
                &self,
                mut inputs: Vec<crate::layer::signal::Signal>,
                call: &mut crate::layer::call::CallContext,
            ) -> crate::error::Result<Vec<crate::layer::signal::Signal>> {
                use crate::arguments::options::DataFormat;
                use crate::layers::convolution::operate::takes_in;

                let is_late = !call.is_training()
                    && horn_kernels::enabled()
                    && inputs.first().is_some_and(|input| takes_in(self.activation, input))
                    && self.window.data_format == DataFormat::ChannelsLast;
                match inputs.pop() {
                    Some(input) if is_late && inputs.is_empty() => {
                        let mask = input.mask().cloned();
                        let input = input.value()?;
                        let channels = self.kernel.dims()[D - $axes..].iter().product();
                        let sizes = self.window.result_sizes(&input.sizes(), channels)?;
                        let operation = crate::layer::deferred::Deferred::new(
                            self.clone(),
                            self.activation,
                            input,
                            sizes,
                        );
                        Ok(vec![crate::layer::signal::Signal::deferred(operation).with_mask(mask)])
                    }
                    input => {
                        inputs.extend(input);
                        crate::layer::forward::plain_call(self, inputs, call)
                    }
                }
            }
        });
    };
    ($module:ident) => {
        crate::layers::convolution::operate::forward_convolved!($module {});
    };
    ($module:ident { $($call:tt)* }) => {
        impl<const D: usize> $module<D> {
            /// In half precision, the bias is added to the rounded product.
            fn convolved(
                &self,
                input: crate::tensor::any_tensor::AnyTensor,
            ) -> crate::error::Result<crate::layers::convolution::operate::Convolved> {
                use crate::layers::convolution::operate::{finish_rounded, value};

                let relu = self.activation == crate::activations::activation::Activation::Relu;
                if self.rounding.is_none() {
                    return self.convolved_at_once(input, relu);
                }
                let mut without_bias = self.clone();
                without_bias.bias = None;
                finish_rounded(without_bias.convolved_at_once(input, false)?, value(&self.bias), relu, self.rounding)
            }

            fn convolved_at_once(
                &self,
                input: crate::tensor::any_tensor::AnyTensor,
                relu: bool,
            ) -> crate::error::Result<crate::layers::convolution::operate::Convolved> {
                use crate::arguments::options::DataFormat;
                use crate::layers::convolution::operate::Convolved;

                let format = self.window.data_format;
                if format == DataFormat::ChannelsLast
                    && let Some(y) = self.convolve_channels_last(&input, relu)?
                {
                    return Ok(Convolved::Done(y));
                }
                Ok(Convolved::ChannelsFirst(self.convolve(format.to_channels_first(input)?)?))
            }
        }

        impl<const D: usize> crate::layer::forward::Forward for $module<D> {
            $($call)*

            fn forward(
                &self,
                input: crate::tensor::any_tensor::AnyTensor,
                _: crate::layer::call::Mode,
            ) -> crate::error::Result<crate::tensor::any_tensor::AnyTensor> {
                let y = self.convolved(input)?;
                crate::layers::convolution::operate::activate(y, self.activation, self.window.data_format)
            }

            fn logits(
                &self,
                input: crate::tensor::any_tensor::AnyTensor,
                _: crate::layer::call::Mode,
            ) -> crate::error::Result<crate::layer::signal::Logits> {
                let y = self.convolved(input)?;
                crate::layers::convolution::operate::logits(y, self.activation, self.window.data_format)
            }
        }
    };
}
pub(super) use forward_convolved;
