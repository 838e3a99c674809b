//! Which step may look at which: 1 where it may, 0 where not.

use burn::tensor::{Bool, Device, Int, Tensor};

use crate::{AnyTensor, Result, by_rank};

/// The masks of an attention layer before they become one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Masks<'a> {
    /// Which queries count.
    pub query: Option<&'a AnyTensor>,
    /// Which values count.
    pub value: Option<&'a AnyTensor>,
    /// Which keys count.
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

/// Where a step may not look, repeated to the sizes of the scores.
pub(super) fn hidden<const D: usize>(allowed: Tensor<D>, sizes: [usize; D]) -> Tensor<D, Bool> {
    allowed.equal_elem(0.0).expand(sizes)
}

/// A mask that the user gives, for scores of some leading axes (heads the last of them) and `[queries, keys]`, each of
/// one axis or several. Axes that the mask lacks are put in before the queries.
pub(super) fn given(mask: AnyTensor, rank: usize, queries: &[usize], keys: &[usize]) -> Result<AnyTensor> {
    let mask = by_rank!(mask, |mask| AnyTensor::from(mask.not_equal_elem(0.0).float()))?;
    let sizes = mask.sizes();
    let leading = sizes.len().saturating_sub(queries.len() + keys.len());
    let (leading, own) = sizes.split_at(leading);
    let missing = vec![1; (rank - 2).saturating_sub(leading.len())];
    if queries.len() == 1 {
        return mask.reshape(&[leading, &missing, own].concat());
    }
    let mask = mask.expand(&[leading, queries, keys].concat())?;
    let joined = [queries.iter().product(), keys.iter().product()];
    mask.reshape(&[leading, &missing, &joined].concat())
}

/// Both masks, where there are two.
pub(super) fn join(a: Option<AnyTensor>, b: Option<AnyTensor>) -> Result<Option<AnyTensor>> {
    match (a, b) {
        (Some(a), Some(b)) => by_rank!(a, |a| b.float().map(|b| AnyTensor::from(a * b)))?.map(Some),
        (a, b) => Ok(a.or(b)),
    }
}
