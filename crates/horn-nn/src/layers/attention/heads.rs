//! What layers of several heads compute.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::{sigmoid, softmax};

use crate::error::{Error, Result};
use crate::layer::builder::LayerBuilder;
use crate::layer::call::{CallContext, Mode};
use crate::layer::forward::Forward;
use crate::layer::signal::Signal;
use crate::layers::attention::masks;
use crate::layers::attention::masks::{Masks, Scores, check_scores, check_work};
use crate::layers::attention::options::{CallOptions, Options};
use crate::layers::attention::projection::Projection;
use crate::layers::regularization::dropout::DropoutModule;
use crate::memory;
use crate::regularizers::regularizer::Regularizer;
use crate::tensor::any_tensor::AnyTensor;
use crate::{by_rank, random};

/// Below so many scores there is no time to save, and Burn's own operations round as Keras's do. So a gradient that is
/// a small difference of large terms agrees with Keras's to more digits.
const FEWEST_SCORES: usize = 256;

/// The sizes of the weights.
pub(crate) struct Widths {
    /// Of query, value and key.
    pub inputs: [usize; 3],
    pub query_heads: usize,
    pub key_heads: usize,
    pub key_dim: usize,
    pub value_dim: usize,
}

/// Projects query, key and value to heads, lets each head look, and projects what they found to the output, whose
/// kernel has `K` axes and whose bias `B`.
#[derive(Module, Debug)]
pub(crate) struct HeadsModule<const K: usize, const B: usize> {
    query: Projection<3, 2>,
    key: Projection<3, 2>,
    gate: Option<Projection<3, 2>>,
    value: Projection<3, 2>,
    output: Projection<K, B>,
    dropout: DropoutModule,
    #[module(skip)]
    settings: Settings,
}

/// The arguments of the module.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The attention axes, between the batch axis and the last.
    pub axes: Vec<usize>,
    pub call: CallOptions,
    pub window: Option<usize>,
    pub drops: bool,
    /// What Keras's files put before the names of the projections.
    pub prefix: &'static str,
    /// A penalty on what each projection gives; Keras hands it to each of them.
    pub penalty: Option<Regularizer>,
}

impl<const K: usize, const B: usize> HeadsModule<K, B> {
    /// Makes the weights in Keras's order, and draws the seeds in it.
    pub fn build(
        widths: &Widths,
        output: [usize; K],
        options: &Options,
        settings: Settings,
        build: &mut LayerBuilder,
    ) -> Result<Self> {
        // Each projection gets a copy of the initializers; those that were given have drawn their seeds before.
        for initializer in [&options.kernel_initializer, &options.bias_initializer] {
            if initializer.is_random() {
                random::next_seed();
            }
        }
        let [query, value, key] = widths.inputs;
        let Widths { query_heads, key_heads, key_dim, value_dim, .. } = *widths;
        // Keras has the gate as a private attribute in all of them.
        let group = |name: &str| format!("{}{name}_dense", if name == "gate" { "_" } else { settings.prefix });
        let mut project = |name: &str, sizes| Projection::build(name, &group(name), sizes, options, build);
        Ok(Self {
            query: project("query", [query, query_heads, key_dim])?,
            key: project("key", [key, key_heads, key_dim])?,
            gate: options.use_gate.then(|| project("gate", [query, query_heads, value_dim])).transpose()?,
            value: project("value", [value, key_heads, value_dim])?,
            dropout: DropoutModule::new(options.dropout, None, options.seed, build)?,
            output: Projection::build("attention_output", &group("output"), output, options, build)?,
            settings,
        })
    }

    /// Projects `[batch, …, d]` to `[batch, …, heads, width]`.
    fn project(&self, projection: &Projection<3, 2>, x: &AnyTensor, call: &mut CallContext) -> Result<AnyTensor> {
        let rows = projection.forward(x.clone().rows()?);
        self.penalize(rows.clone(), x, call);
        let sizes = x.sizes();
        AnyTensor::from(rows).reshape(&[&sizes[..sizes.len() - 1], &projection.outputs()].concat())
    }

    fn penalize(&self, rows: Tensor<2>, x: &AnyTensor, call: &mut CallContext) {
        if let Some(regularizer) = &self.settings.penalty {
            call.add_loss(regularizer.penalty(rows) / x.sizes()[0] as f64);
        }
    }

    /// Brings `[batch, …, heads, width]` to `[the axes without attention, heads, steps, width]`.
    fn arrange(&self, x: AnyTensor) -> Result<AnyTensor> {
        let order = self.order(x.rank());
        let x = by_rank!(x, |x| permuted(x, &order))?;
        let sizes = x.sizes();
        let axes = self.settings.axes.len();
        if axes == 1 {
            return Ok(x);
        }
        let (leading, rest) = sizes.split_at(sizes.len() - 1 - axes);
        let joined = [rest[..axes].iter().product(), rest[axes]];
        x.reshape(&[leading, &joined].concat())
    }

    fn order(&self, rank: usize) -> Vec<usize> {
        let axes = &self.settings.axes;
        let free = (0..rank - 2).filter(|axis| !axes.contains(axis));
        free.chain([rank - 2]).chain(axes.iter().copied()).chain([rank - 1]).collect()
    }

    /// What all heads found, `[batch, …, heads · width]` as rows, of a query of this shape.
    fn rearrange(&self, x: AnyTensor, query: &[usize]) -> Result<Tensor<2>> {
        let rank = query.len() + 1;
        let sizes = x.sizes();
        let (heads, width) = (sizes[sizes.len() - 3], sizes[sizes.len() - 1]);
        let order = self.order(rank);
        let own: Vec<usize> = query[..query.len() - 1].iter().copied().chain([heads, width]).collect();
        let x = x.reshape(&order.iter().map(|&axis| own[axis]).collect::<Vec<_>>())?;
        let mut back = vec![0; rank];
        for (at, &axis) in order.iter().enumerate() {
            back[axis] = at;
        }
        let rows = query[..query.len() - 1].iter().product();
        by_rank!(x, |x| permuted(x, &back))?.reshape(&[rows, heads * width])?.float()
    }

    /// Which step may look at which, in a shape that is repeated to that of the scores; these are of the sizes of the
    /// arranged query but for their last axes.
    fn allowed(&self, inputs: &Looked, query: &[usize]) -> Result<Option<AnyTensor>> {
        let steps = |sizes: &[usize]| self.settings.axes.iter().map(|&axis| sizes[axis]).collect::<Vec<_>>();
        let (queries, keys) = (steps(&inputs.query.sizes()), steps(&inputs.key.sizes()));
        let own = Masks {
            query: inputs.masks[0].as_ref(),
            value: inputs.masks[1].as_ref(),
            key: inputs.masks[2].as_ref(),
            causal: inputs.causal,
            window: self.settings.window,
        };
        let lengths = [queries.iter().product(), keys.iter().product()];
        let own = own.allowed(lengths, &inputs.query.device().without_autodiff())?;
        if own.is_some() && queries.len() > 1 {
            return Err(Error::argument("masks of sequences do not fit an attention over several axes")
                .received(format!("attention_axes {:?}", self.settings.axes))
                .expected("one attention axis")
                .hint("give the layer an `attention_mask` instead"));
        }
        let scores = Scores { leading: query[..query.len() - 2].to_vec(), queries, keys };
        let own = own.map(|own| masks::given(own.into(), &scores)).transpose()?;
        let given = inputs.mask.clone().map(|mask| masks::given(mask, &scores)).transpose()?;
        masks::join(own, given)
    }

    /// What each head finds, and the scores by which it does.
    fn look<const D: usize>(
        &self,
        [query, key, value]: [Tensor<D>; 3],
        allowed: Option<Tensor<D>>,
        (clears, mode): (bool, Mode),
    ) -> (Tensor<D>, Tensor<D>) {
        let width = query.dims()[D - 1];
        let (heads, key_heads) = (query.dims()[D - 3], key.dims()[D - 3]);
        // Several heads of the query share one of the key: they look as if they were further steps.
        let query = regrouped(query / (width as f64).sqrt(), key_heads);
        let scores = regrouped(query.matmul(key.swap_dims(D - 2, D - 1)), heads);
        let hidden = allowed.map(|allowed| masks::hidden(allowed, scores.dims()));
        let scores = match &hidden {
            Some(hidden) => scores.mask_fill(hidden.clone(), -1e9),
            None => scores,
        };
        let scores = softmax(scores, D - 1);
        let scores = match hidden {
            // A query that may look nowhere finds nothing.
            Some(hidden) if clears => scores.mask_fill(hidden, 0.0),
            _ => scores,
        };
        let looks = self.dropout.drop(scores.clone(), mode);
        (regrouped(regrouped(looks, key_heads).matmul(value), heads), scores)
    }
}

/// The same values with another number of heads, each of more or fewer steps.
fn regrouped<const D: usize>(x: Tensor<D>, heads: usize) -> Tensor<D> {
    let mut sizes = x.dims();
    if sizes[D - 3] == heads {
        return x;
    }
    sizes[D - 2] = sizes[D - 2] * sizes[D - 3] / heads;
    sizes[D - 3] = heads;
    x.reshape(sizes)
}

fn permuted<const D: usize>(x: Tensor<D>, order: &[usize]) -> AnyTensor {
    x.permute(std::array::from_fn::<isize, D, _>(|at| order[at] as isize)).into()
}

/// The inputs, with their masks apart.
struct Looked {
    query: AnyTensor,
    value: AnyTensor,
    key: AnyTensor,
    masks: [Option<AnyTensor>; 3],
    mask: Option<AnyTensor>,
    causal: bool,
}

impl<const K: usize, const B: usize> Forward for HeadsModule<K, B> {
    crate::many_signals!();

    fn workspace(&self, inputs: &[Signal]) -> u64 {
        // Other inputs are an error of the call.
        let Ok(roles) = self.settings.call.roles(inputs) else { return 0 };
        let key = roles.key.unwrap_or(roles.value);
        let of = |input: &Signal, heads: &[usize]| {
            let sizes = input.sizes();
            memory::values(&sizes[..sizes.len().saturating_sub(1)]).saturating_mul(memory::values(heads))
        };
        let all = [
            of(roles.query, &self.query.outputs()),
            of(key, &self.key.outputs()),
            of(roles.value, &self.value.outputs()),
            self.gate.as_ref().map_or(0, |gate| of(roles.query, &gate.outputs())),
            // What the heads find.
            of(roles.query, &self.output.inputs()),
        ];
        let all = all.into_iter().fold(0, u64::saturating_add);
        // Each is turned, so that the heads come before the steps.
        all.saturating_mul(2)
    }

    fn call(&self, inputs: Vec<Signal>, call: &mut CallContext) -> Result<Vec<Signal>> {
        let options = self.settings.call.of_call(call);
        let roles = options.roles(inputs)?;
        let masks = [Some(&roles.query), Some(&roles.value), roles.key.as_ref()];
        let masks = masks.map(|input| input.and_then(Signal::mask).cloned());
        let (query, value) = (roles.query.value()?, roles.value.value()?);
        let key = roles.key.map_or_else(|| Ok(value.clone()), Signal::value)?;
        let mask = roles.mask.map(Signal::value).transpose()?;
        let inputs = Looked { query, value, key, masks, mask, causal: options.use_causal_mask };

        let gate = self.gate.as_ref().map(|gate| {
            let gate = sigmoid(gate.forward(inputs.query.clone().rows()?));
            self.penalize(gate.clone(), &inputs.query, call);
            Ok(gate)
        });
        let gate = gate.transpose()?;
        let projected = [
            self.project(&self.query, &inputs.query, call)?,
            self.project(&self.key, &inputs.key, call)?,
            self.project(&self.value, &inputs.value, call)?,
        ];
        self.check_work(&projected, &[&inputs.query, &inputs.value])?;
        let query = self.arrange(projected[0].clone())?;
        let allowed = self.allowed(&inputs, &query.sizes())?;
        let sizes = inputs.query.sizes();
        // Keras computes in another way where only the output is asked for, and clears nothing there.
        let returns_scores = options.return_attention_scores;
        let how = (self.settings.drops || returns_scores || sizes.len() != 3, call.mode());
        let fast = if returns_scores { None } else { self.look_fast(&projected, allowed.clone(), how)? };
        let (found, scores) = match fast {
            Some(found) => (found, None),
            None => {
                let [_, key, value] = projected;
                let (key, value) = (self.arrange(key)?, self.arrange(value)?);
                let (found, scores) = by_rank!(query, |query| self.heads(query, key, value, allowed.clone(), how))??;
                (self.rearrange(found, &sizes)?, Some(scores))
            }
        };
        let found = match gate {
            Some(gate) => found * gate,
            None => found,
        };
        let output = self.output.forward(found);
        self.penalize(output.clone(), &inputs.query, call);
        let output = AnyTensor::from(output).reshape(&[&sizes[..sizes.len() - 1], &self.output.outputs()].concat())?;
        let mut outputs = vec![Signal::new(output).with_mask(inputs.masks[0].clone())];
        if let Some(scores) = scores.filter(|_| returns_scores) {
            outputs.push(self.scores(scores, allowed, &inputs)?);
        }
        Ok(outputs)
    }
}

impl<const K: usize, const B: usize> HeadsModule<K, B> {
    fn heads<const D: usize>(
        &self,
        query: Tensor<D>,
        key: AnyTensor,
        value: AnyTensor,
        allowed: Option<AnyTensor>,
        how: (bool, Mode),
    ) -> Result<(AnyTensor, AnyTensor)> {
        let keys = key.sizes()[D - 2];
        check_scores(&[&query.dims()[..D - 1], &[keys]].concat())?;
        let allowed = allowed.map(AnyTensor::float).transpose()?;
        let (found, scores) = self.look([query, key.float()?, value.float()?], allowed, how);
        Ok((found.into(), scores.into()))
    }

    /// Checks how long all heads take for the projections of these tensors.
    fn check_work(&self, [query, key, value]: &[AnyTensor; 3], tensors: &[&AnyTensor; 2]) -> Result<()> {
        let (of_query, of_key) = (query.sizes(), key.sizes());
        let keys = self.settings.axes.iter().map(|&axis| of_key[axis]);
        // Without the width, the sizes of a projection end with the heads.
        let scores: Vec<usize> = of_query[..of_query.len() - 1].iter().copied().chain(keys).collect();
        let width = of_query[of_query.len() - 1] + value.sizes().last().copied().unwrap_or(1);
        check_work(&scores, width, &tensors.map(AnyTensor::sizes).each_ref().map(Vec::as_slice))
    }

    /// What all heads found, as rows, in one operation that keeps no scores, where there is one.
    fn look_fast(
        &self,
        projected: &[AnyTensor; 3],
        allowed: Option<AnyTensor>,
        (clears, mode): (bool, Mode),
    ) -> Result<Option<Tensor<2>>> {
        let is_covered = self.settings.axes == [1] && projected[0].rank() == 4;
        if !is_covered || self.dropout.drops(mode) {
            return Ok(None);
        }
        let [query, key, value] = projected.each_ref().map(|x| x.clone().float::<4>());
        let (query, key, value) = (query?, key?, value?);
        let [batch, steps, heads, _] = query.dims();
        if batch * heads * steps * key.dims()[1] < FEWEST_SCORES {
            return Ok(None);
        }
        let allowed = allowed.map(AnyTensor::float::<4>).transpose()?;
        let scale = 1.0 / (query.dims()[3] as f64).sqrt();
        let found = horn_kernels::attention(&query, &key, &value, allowed.as_ref(), scale, clears);
        Ok(found.map(|found| {
            let [batch, steps, heads, width] = found.dims();
            found.reshape([batch * steps, heads * width])
        }))
    }

    /// The scores as an output: `[the other axes, heads, queries, keys]`, with their mask.
    fn scores(&self, scores: AnyTensor, allowed: Option<AnyTensor>, inputs: &Looked) -> Result<Signal> {
        let axes = &self.settings.axes;
        if axes.len() == 1 {
            let mask = allowed.map(|allowed| by_rank!(allowed, |x| x.not_equal_elem(0.0).into())).transpose()?;
            return Ok(Signal::new(scores).with_mask(mask));
        }
        let steps = |sizes: Vec<usize>| axes.iter().map(|&axis| sizes[axis]).collect::<Vec<_>>();
        let sizes = scores.sizes();
        let leading = &sizes[..sizes.len() - 2];
        let (queries, keys) = (steps(inputs.query.sizes()), steps(inputs.key.sizes()));
        Ok(Signal::new(scores.reshape(&[leading, &queries, &keys].concat())?))
    }
}
