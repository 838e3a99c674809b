//! Connectionist temporal classification: labels without times, which the outputs of steps are read as.

use std::collections::BTreeMap;

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor};

use crate::error::{Error, Result};
use crate::memory;
use crate::operations::calls::argument::Argument;
use crate::operations::calls::call::{Call, no_tensor};
use crate::operations::calls::function::Rule;
use crate::operations::calls::integers::{downloaded_integers, uploaded_integers};
use crate::operations::calls::operands::{downloaded, shape_of, tensor_of, uploaded};
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::{Shape, Values};

/// The logarithm of the probability of what can't happen.
const NEVER: f32 = -1e5;

/// Which labels and which steps count.
#[derive(Debug)]
pub struct Counted {
    /// The class that stands for no label.
    pub blank: usize,
    /// The number of labels of each sequence, `[batch, 1]`.
    pub labels: Tensor<2, Int>,
    /// The number of steps of each sequence, `[batch, 1]`; all if it is not given.
    pub steps: Option<Tensor<2, Int>>,
}

/// Minus the logarithm of the probability of each sequence's labels, `[batch, labels]`, by logits `[batch, steps, classes]`.
/// It goes over the steps with the probabilities of all beginnings of the labels: that the last label was just read, and that
/// a blank was.
#[doc(hidden)]
pub fn ctc_of_sequences(labels: Tensor<2, Int>, logits: Tensor<3>, counted: Counted) -> Tensor<1> {
    let ([batch, steps, classes], [_, count]) = (logits.dims(), labels.dims());
    let device = logits.device();
    let logarithms = log_softmax(logits, 2);
    let of_blank = logarithms.clone().narrow(2, counted.blank, 1);
    let places = labels.clone().clamp(0, classes as i64 - 1).unsqueeze_dim::<3>(1).expand([batch, steps, count]);
    let of_label = logarithms.gather(2, places);

    // Between two equal labels there must be a blank, and between others it is optional.
    let mut same = vec![Tensor::<2>::zeros([batch, 1], &device)];
    if count > 1 {
        let next = labels.clone().narrow(1, 1, count - 1);
        same.insert(0, next.equal(labels.narrow(1, 0, count - 1)).float());
    }
    let same = Tensor::cat(same, 1);
    let directly = same.clone().mul_scalar(NEVER);
    let by_blank = same.neg().add_scalar(1.0).mul_scalar(NEVER);

    let begin = Tensor::<2>::zeros([batch, 1], &device);
    let mut blank = Tensor::cat(vec![begin, Tensor::full([batch, count], NEVER, &device)], 1);
    let mut label = Tensor::<2>::full([batch, count], NEVER, &device);
    for step in 0..steps {
        let now = |of: &Tensor<3>| of.clone().narrow(1, step, 1).squeeze_dim::<2>(1);
        let (now_blank, now_label) = (now(&of_blank), now(&of_label));
        let ready = with_ends(blank.clone(), label.clone() + directly.clone());
        let next_blank = with_ends(ready.clone() + now_blank.clone(), label.clone() + now_blank + by_blank.clone());
        let next_label = log_add(ready.narrow(1, 0, count), label.clone()) + now_label;
        (blank, label) = match &counted.steps {
            None => (next_blank, next_label),
            Some(steps) => {
                let is_over = steps.clone().lower_equal_elem(step as i64);
                let kept = |next: Tensor<2>, own: Tensor<2>| {
                    let sizes = own.dims();
                    next.mask_where(is_over.clone().expand(sizes), own)
                };
                (kept(next_blank, blank), kept(next_label, label))
            }
        };
    }
    let ends = with_ends(blank, label);
    ends.gather(1, counted.labels.clamp(0, count as i64)).squeeze_dim::<1>(1).neg()
}

/// Adds the probabilities of beginnings that end with a label to those after it.
fn with_ends(blank: Tensor<2>, label: Tensor<2>) -> Tensor<2> {
    let count = label.dims()[1];
    let after = log_add(blank.clone().narrow(1, 1, count), label);
    Tensor::cat(vec![blank.narrow(1, 0, 1), after], 1)
}

/// The logarithm of the sum of two numbers that are given by their logarithms.
fn log_add(one: Tensor<2>, other: Tensor<2>) -> Tensor<2> {
    let largest = one.clone().max_pair(other.clone()).detach();
    ((one - largest.clone()).exp() + (other - largest.clone()).exp()).log() + largest
}

/// `ctc_loss(target, output, target_length, output_length, mask_index)`.
pub(crate) struct CtcLoss;

fn misfit(shapes: &[Shape]) -> Error {
    Error::shape("the labels and lengths do not fit the outputs")
        .received(crate::tensor::shape::list(shapes))
        .expected("[batch, labels], [batch, steps, classes] and two lengths [batch]")
        .hint("fill labels of different lengths up, and give their number for each sequence")
}

fn class_of<T>(call: &Call<T>, classes: Option<usize>) -> Result<usize> {
    let index = usize::try_from(call.int("mask_index")?).ok();
    let is_class = |index: &usize| classes.is_none_or(|classes| *index < classes);
    index.filter(is_class).ok_or_else(|| call.invalid("mask_index", "the number of a class"))
}

impl Rule for CtcLoss {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let shapes = call.arguments().iter().map(shape_of).collect::<Result<Vec<_>>>()?;
        let batches: Vec<usize> = shapes.iter().filter_map(Shape::batch).collect();
        let same = batches.windows(2).all(|pair| pair[0] == pair[1]);
        match &shapes[..] {
            [target, output, of_target, of_output]
                if same && [target.rank(), output.rank(), of_target.rank(), of_output.rank()] == [2, 3, 1, 1] =>
            {
                class_of(call, output.last())?;
                Ok(vec![Shape::new([target.batch().or(output.batch())])])
            }
            _ => Err(misfit(&shapes)),
        }
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let device = call.tensors_device()?;
        let mut tensors = Vec::new();
        for argument in call.arguments() {
            tensors.push(tensor_of(argument.clone(), &device)?);
        }
        let shapes: Vec<Shape> = tensors.iter().map(|x| Shape::of_data(&x.sizes(), false)).collect();
        let [target, output, of_target, of_output] =
            <[AnyTensor; 4]>::try_from(tensors).map_err(|_| no_tensor(call.class))?;
        let (batch, count) = (output.sizes()[0], target.sizes()[1]);
        if [&target, &of_target, &of_output].into_iter().any(|x| x.sizes()[0] != batch) || count == 0 {
            return Err(misfit(&shapes));
        }
        let blank = class_of(&call, output.sizes().last().copied())?;
        // In training, each step keeps about ten vectors.
        memory::check_workspace(memory::values(&[batch, output.sizes()[1], count + 1, 10]), 0)?;
        let column = |x: AnyTensor| x.integers()?.reshape(&[batch, 1])?.int::<2>();
        let counted = Counted { blank, labels: column(of_target)?, steps: Some(column(of_output)?) };
        let labels = target.integers()?.int::<2>()?;
        Ok(vec![ctc_of_sequences(labels, output.float::<3>()?, counted).into()])
    }
}

/// `ctc_decode(inputs, sequence_lengths, strategy, …)`: the labels that the outputs read as, filled up with -1, and how
/// unlikely, or how likely, they are. Labels have no gradients, and in a beam search their probabilities have none either.
pub(crate) struct CtcDecode;

/// A bound for the work of one step of a beam search.
const MAX_BRANCHES: usize = 1 << 22;

impl CtcDecode {
    /// The number of beams and of results of a beam search; none for the greedy strategy.
    fn search<T>(call: &Call<T>, classes: Option<usize>) -> Result<Option<(usize, usize)>> {
        match call.parameter("strategy").as_str() {
            Some("greedy") => Ok(None),
            Some("beam_search") => {
                let (beams, paths) = (call.required_size("beam_width")?, call.required_size("top_paths")?);
                if paths > beams || beams.saturating_mul(classes.unwrap_or(1)) > MAX_BRANCHES {
                    return Err(call.invalid("beam_width", "at least `top_paths`, and not millions"));
                }
                Ok(Some((beams, paths)))
            }
            _ => Err(call.invalid("strategy", "greedy or beam_search")),
        }
    }
}

impl Rule for CtcDecode {
    fn outputs(&self, call: &Call<Shape>) -> Result<Vec<Shape>> {
        let shapes = call.arguments().iter().map(shape_of).collect::<Result<Vec<_>>>()?;
        let (inputs, lengths) = match &shapes[..] {
            [inputs, lengths] if inputs.rank() == 3 && lengths.rank() == 1 => (inputs, lengths),
            _ => {
                return Err(Error::shape("the lengths do not fit the outputs of the steps")
                    .received(crate::tensor::shape::list(&shapes))
                    .expected("[batch, steps, classes], and lengths [batch]")
                    .hint("give the number of steps of each sequence"));
            }
        };
        class_of(call, inputs.last())?;
        let paths = Self::search(call, inputs.last())?.map_or(1, |(_, paths)| paths);
        let (batch, steps) = (inputs.batch().or(lengths.batch()), inputs.sizes()[1]);
        let labels = Shape::new([Some(paths), batch, steps]).with_values(Values::Ints);
        Ok(vec![labels, Shape::new([batch, Some(paths)])])
    }

    fn compute(&self, call: Call<AnyTensor>) -> Result<Vec<AnyTensor>> {
        let device = call.tensors_device()?;
        let [Argument::Tensor(inputs), lengths] = call.arguments() else { return Err(no_tensor(call.class)) };
        let sizes = inputs.sizes();
        let (blank, search) = (class_of(&call, sizes.last().copied())?, Self::search(&call, sizes.last().copied())?);
        let lengths = downloaded_integers(tensor_of(lengths.clone(), &device)?.integers()?)?;
        let [batch, steps, classes] = sizes[..] else { return Err(no_tensor(call.class)) };
        if lengths.len() != batch {
            return Err(Error::shape("there must be one length for each sequence")
                .received(format!("{} lengths for {batch} sequences", lengths.len()))
                .expected("as many of both")
                .hint("check the shape of the data"));
        }
        let counted = |sequence: usize| usize::try_from(lengths[sequence]).unwrap_or(0).min(steps);
        let filled = |labels: Vec<usize>| {
            let missing = steps.saturating_sub(labels.len());
            labels.into_iter().map(|label| label as i64).chain(std::iter::repeat_n(-1, missing))
        };
        let Some((beams, paths)) = search else {
            let merges = call.flag("merge_repeated");
            let inputs = inputs.clone().float::<3>()?;
            let (best, classes) = inputs.max_dim_with_indices(2);
            let classes = downloaded_integers(classes.into())?;
            let mut found = Vec::new();
            for sequence in 0..batch {
                let mut labels = Vec::new();
                let mut before = None;
                for step in 0..steps {
                    let class =
                        if step < counted(sequence) { classes[sequence * steps + step] as usize } else { blank };
                    if class != blank && !(merges && before == Some(class)) {
                        labels.push(class);
                    }
                    before = Some(class);
                }
                found.extend(filled(labels));
            }
            let counts = (0..batch * steps).map(|at| f32::from(u8::from(at % steps < counted(at / steps)))).collect();
            let counts = uploaded(counts, &[batch, steps], &device)?.float::<2>()?;
            let scores = (best.squeeze_dim::<2>(2) * counts).sum_dim(1).neg();
            let labels = uploaded_integers(found, &[1, batch, steps], &scores.clone().into())?;
            return Ok(vec![labels, scores.into()]);
        };
        let logarithms = downloaded(&log_softmax(inputs.clone().float::<3>()?.detach(), 2).into())?;
        let (mut labels, mut scores) = (vec![-1; paths * batch * steps], vec![f32::NEG_INFINITY; batch * paths]);
        for sequence in 0..batch {
            let own = &logarithms[sequence * steps * classes..(sequence + 1) * steps * classes];
            let rows: Vec<&[f32]> = own.chunks_exact(classes).take(counted(sequence).max(1)).collect();
            for (at, (path, score)) in decoded(&rows, blank, beams).into_iter().take(paths).enumerate() {
                let start = (at * batch + sequence) * steps;
                labels.splice(start..start + steps, filled(path));
                scores[sequence * paths + at] = score as f32;
            }
        }
        let scores = uploaded(scores, &[batch, paths], &device)?;
        Ok(vec![uploaded_integers(labels, &[paths, batch, steps], &scores)?, scores])
    }
}

/// The logarithms of the probabilities of a path whose last step was a label, and of one whose last step was a blank.
#[derive(Clone, Copy)]
struct Beam {
    label: f64,
    blank: f64,
}

impl Beam {
    const NONE: Self = Self { label: f64::NEG_INFINITY, blank: f64::NEG_INFINITY };

    fn total(self) -> f64 {
        sum(self.label, self.blank)
    }
}

/// The logarithm of the sum of two numbers that are given by their logarithms.
fn sum(one: f64, other: f64) -> f64 {
    let (largest, least) = (one.max(other), one.min(other));
    if least == f64::NEG_INFINITY { largest } else { largest + (least - largest).exp().ln_1p() }
}

/// The likeliest paths, by the logarithms of the probabilities of all classes at each step.
fn decoded(steps: &[&[f32]], blank: usize, beams: usize) -> Vec<(Vec<usize>, f64)> {
    let mut paths = vec![(Vec::new(), Beam { label: f64::NEG_INFINITY, blank: 0.0 })];
    for classes in steps {
        let mut next: BTreeMap<Vec<usize>, Beam> = BTreeMap::new();
        for (path, beam) in &paths {
            for (class, &score) in classes.iter().enumerate() {
                let score = f64::from(score);
                let own = next.entry(path.clone()).or_insert(Beam::NONE);
                if class == blank {
                    own.blank = sum(own.blank, beam.total() + score);
                    continue;
                }
                // A label again without a blank between is the same one.
                let is_repeated = path.last() == Some(&class);
                if is_repeated {
                    own.label = sum(own.label, beam.label + score);
                }
                let before = if is_repeated { beam.blank } else { beam.total() };
                if before > f64::NEG_INFINITY {
                    let longer = [&path[..], &[class]].concat();
                    let longer = next.entry(longer).or_insert(Beam::NONE);
                    longer.label = sum(longer.label, before + score);
                }
            }
        }
        paths = next.into_iter().collect();
        paths.sort_by(|(_, one), (_, other)| other.total().total_cmp(&one.total()));
        paths.truncate(beams);
    }
    paths.into_iter().map(|(path, beam)| (path, beam.total())).collect()
}
