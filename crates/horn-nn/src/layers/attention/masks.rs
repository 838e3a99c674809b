//! Which step may look at which: 1 where it may, 0 where not.

use burn::tensor::{Bool, Device, Int, Tensor};

use crate::by_rank;
use crate::error::{Error, Result};
use crate::memory;
use crate::tensor::any_tensor::AnyTensor;
use crate::tensor::shape::Shape;
use crate::windows::window::known;

/// Checks that there is memory for scores, which are held a few times while they become weights. They are not an output of the
/// layer, and grow with the square of a sequence.
pub(crate) fn check_scores(sizes: &[usize]) -> Result<()> {
    memory::check(memory::values(sizes).saturating_mul(4 * 4), "the scores of the attention")
}

/// Long sequences are what fused attention is for, so a byte that is allowed allows it eight times the work of a product:
/// 77,000 steps of eight heads of 64 values where 12 GB are allowed.
const WORK: u64 = 512;
/// What the softmax of a score takes, counted as multiplications.
const OF_SOFTMAX: usize = 16;

/// Checks how long the attention takes, whose scores have this shape: each is a product of `width` values, or the sum of so
/// many products. Repeated steps take no place in a file, and the work grows with the square of their number.
pub(crate) fn check_work(scores: &[usize], width: usize, tensors: &[&[usize]]) -> Result<()> {
    let work = memory::values(scores).saturating_mul(width.saturating_add(OF_SOFTMAX) as u64);
    memory::check_work_per_byte(WORK, "the attention", work, tensors)
}

/// The masks of an attention layer before they become one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Masks<'a> {
    /// Which queries are unmasked.
    pub query: Option<&'a AnyTensor>,
    /// Which values are unmasked.
    pub value: Option<&'a AnyTensor>,
    /// Which keys are unmasked.
    pub key: Option<&'a AnyTensor>,
    /// Does no step see later ones?
    pub causal: bool,
    /// How many steps to either side a step sees, itself included.
    pub window: Option<usize>,
}

impl Masks<'_> {
    /// All of them together, `[batch or 1, queries or 1, keys or 1]`; `None` where every step sees all.
    pub fn allowed(&self, [queries, keys]: [usize; 2], device: &Device) -> Result<Option<Tensor<3>>> {
        let row = |mask: &AnyTensor| numbers(mask).map(|mask| mask.unsqueeze_dim(1));
        let mut allowed = self.query.map(|mask| numbers(mask).map(|mask| mask.unsqueeze_dim(2))).transpose()?;
        for mask in [self.value, self.key].into_iter().flatten() {
            allowed = Some(both(allowed, row(mask)?));
        }
        if self.causal || self.window.is_some() {
            check_scores(&[queries, keys])?;
            let steps = |count: usize| Tensor::<1, Int>::arange(0..count as i64, device).float();
            let distance = steps(queries).unsqueeze_dim::<2>(1) - steps(keys).unsqueeze_dim(0);
            if self.causal {
                let past = distance.clone().greater_equal_elem(0.0).float();
                allowed = Some(both(allowed, past.unsqueeze_dim(0)));
            }
            if let Some(window) = self.window {
                let near = distance.abs().lower_elem(window as f64).float();
                allowed = Some(both(allowed, near.unsqueeze_dim(0)));
            }
        }
        Ok(allowed)
    }
}

/// The mask of a sequence as numbers.
fn numbers(mask: &AnyTensor) -> Result<Tensor<2>> {
    let steps = mask.clone().bool::<2>()?;
    Ok(steps.float())
}

fn both<const D: usize>(a: Option<Tensor<D>>, b: Tensor<D>) -> Tensor<D> {
    match a {
        Some(a) => a * b,
        None => b,
    }
}

/// Where a step may not look, broadcast to the shape of the scores.
pub(crate) fn hidden<const D: usize>(allowed: Tensor<D>, sizes: [usize; D]) -> Tensor<D, Bool> {
    allowed.equal_elem(0.0).expand(sizes)
}

/// The shape of the scores: the axes without attention, the heads, the queries and the keys, the last two of one axis
/// or several.
pub(crate) struct Scores<S> {
    pub leading: Vec<S>,
    pub queries: Vec<S>,
    pub keys: Vec<S>,
}

impl<S: Copy> Scores<S> {
    /// All of them.
    pub fn sizes(&self) -> Vec<S> {
        self.with_leading(self.leading.len())
    }

    /// Those that a mask of so many leading axes has: the others are put in before the queries.
    fn with_leading(&self, leading: usize) -> Vec<S> {
        [&self.leading[..leading], &self.queries, &self.keys].concat()
    }
}

/// Can a mask of this shape be repeated to the scores? As in Keras it may lack the heads, and axes before them.
pub(crate) fn check(mask: &Shape, scores: &Scores<Option<usize>>) -> Result<()> {
    let leading = mask.rank().checked_sub(scores.queries.len() + scores.keys.len());
    let fit = |(mask, size): (&Option<usize>, &Option<usize>)| {
        *mask == Some(1) || mask.is_none() || size.is_none() || mask == size
    };
    let fits = leading
        .filter(|&leading| leading <= scores.leading.len())
        .is_some_and(|leading| mask.sizes().iter().zip(&scores.with_leading(leading)).all(fit));
    if fits {
        return Ok(());
    }
    let without_heads = Shape::new(scores.with_leading(scores.leading.len() - 1));
    Err(Error::shape("the attention_mask does not fit the scores")
        .received(mask)
        .expected(format!(
            "{without_heads}, or with the heads {}; 1 where all share a value",
            Shape::new(scores.sizes())
        ))
        .hint("give the mask an axis for the queries and one for the keys"))
}

/// A mask that the user gives, for scores of this shape. Axes that the mask lacks are put in before the queries.
pub(crate) fn given(mask: AnyTensor, scores: &Scores<usize>) -> Result<AnyTensor> {
    let Scores { leading, queries, keys } = scores;
    let known_scores = Scores { leading: known(leading), queries: known(queries), keys: known(keys) };
    check(&Shape::new(known(&mask.sizes())), &known_scores)?;
    let mask = by_rank!(mask, |mask| AnyTensor::from(mask.not_equal_elem(0.0).float()))?;
    let sizes = mask.sizes();
    let (own_leading, own) = sizes.split_at(sizes.len() - queries.len() - keys.len());
    let missing = vec![1; leading.len() - own_leading.len()];
    if queries.len() == 1 {
        return mask.reshape(&[own_leading, &missing, own].concat());
    }
    let mask = mask.expand(&[own_leading, queries, keys].concat())?;
    let joined = [queries.iter().product(), keys.iter().product()];
    mask.reshape(&[own_leading, &missing, &joined].concat())
}

/// Both masks, where there are two.
pub(crate) fn join(a: Option<AnyTensor>, b: Option<AnyTensor>) -> Result<Option<AnyTensor>> {
    match (a, b) {
        (Some(a), Some(b)) => by_rank!(a, |a| b.float().map(|b| AnyTensor::from(a * b)))?.map(Some),
        (a, b) => Ok(a.or(b)),
    }
}
