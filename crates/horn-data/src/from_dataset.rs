//! Makes arrays from any Burn dataset.

use std::error::Error as StdError;

use burn_dataset::Dataset;
use horn_nn::{Error, Result};
use ndarray::ArrayD;

/// Makes an array of features and an array of labels from a Burn dataset.
///
/// `split` returns the features and the label of an item, each as a sequence of numbers that fills the given shape. The
/// shape `[]` is a single number.
///
/// # Shapes
///
/// - features: `[items, ...features]`
/// - labels: `[items, ...label]`
///
/// ```
/// use burn_dataset::InMemDataset;
/// use horn::from_dataset;
///
/// #[derive(Clone)]
/// struct Flower {
///     petal: [f32; 2],
///     species: u8,
/// }
///
/// # fn main() -> horn::Result<()> {
/// let flowers = InMemDataset::new(vec![
///     Flower { petal: [1.4, 0.2], species: 0 },
///     Flower { petal: [4.7, 1.4], species: 1 },
///     Flower { petal: [6.0, 2.5], species: 2 },
/// ]);
/// let (x, y) = from_dataset(&flowers, [2], [], |flower| (flower.petal, [flower.species.into()]))?;
/// assert_eq!(x.shape(), [3, 2]);
/// assert_eq!(y.as_slice(), Some(&[0.0, 1.0, 2.0][..]));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// If the dataset can't return an item, or the numbers of an item don't fill the shapes.
pub fn from_dataset<I, E, X, Y, const N: usize, const M: usize>(
    dataset: &(impl Dataset<I, E> + ?Sized),
    features: [usize; N],
    label: [usize; M],
    split: impl FnMut(I) -> (X, Y),
) -> Result<(ArrayD<f32>, ArrayD<f32>)>
where
    E: StdError + Send + Sync + 'static,
    X: IntoIterator<Item = f32>,
    Y: IntoIterator<Item = f32>,
{
    items(dataset, 0..dataset.len(), &features, &label, split)
}

/// Makes arrays of these items of a dataset.
pub(crate) fn items<I, E, X, Y>(
    dataset: &(impl Dataset<I, E> + ?Sized),
    indices: impl ExactSizeIterator<Item = usize>,
    features: &[usize],
    label: &[usize],
    mut split: impl FnMut(I) -> (X, Y),
) -> Result<(ArrayD<f32>, ArrayD<f32>)>
where
    E: StdError + Send + Sync + 'static,
    X: IntoIterator<Item = f32>,
    Y: IntoIterator<Item = f32>,
{
    let mut x = Rows::new("features", features, indices.len())?;
    let mut y = Rows::new("label", label, indices.len())?;
    for index in indices {
        let item = dataset.get(index).map_err(|error| {
            Error::data("the dataset cannot give the item")
                .at(format!("item {index}"))
                .hint("see to the dataset's source")
                .because(error)
        })?;
        let (features, label) = split(item);
        x.push(index, features)?;
        y.push(index, label)?;
    }
    Ok((x.into_array()?, y.into_array()?))
}

/// Collects the rows of an array. All rows have the same length.
struct Rows {
    what: &'static str,
    shape: Vec<usize>,
    length: usize,
    values: Vec<f32>,
}

impl Rows {
    fn new(what: &'static str, row: &[usize], count: usize) -> Result<Self> {
        let length = row.iter().fold(1, |length: usize, &axis| length.saturating_mul(axis));
        let shape = [&[count], row].concat();
        let mut values = Vec::new();
        values.try_reserve_exact(count.saturating_mul(length)).map_err(|error| {
            Error::data("the array does not fit in memory")
                .at(what)
                .received(format!("{shape:?}"))
                .hint("use fewer items or a smaller shape")
                .because(error)
        })?;
        Ok(Self { what, shape, length, values })
    }

    fn push(&mut self, index: usize, row: impl IntoIterator<Item = f32>) -> Result<()> {
        let before = self.values.len();
        let mut row = row.into_iter();
        // Room first: numbers that are pushed one after another take several times as long.
        self.values.resize(before + self.length, 0.0);
        let place = self.values[before..].iter_mut();
        let received = place.zip(row.by_ref()).map(|(place, value)| *place = value).count();
        let is_longer = received == self.length && row.next().is_some();
        if received == self.length && !is_longer {
            return Ok(());
        }
        let received =
            if is_longer { format!("more than {} values", self.length) } else { format!("{received} values") };
        Err(Error::data(format!("the item's values do not fill the shape of its {}", self.what))
            .at(format!("item {index}"))
            .received(received)
            .expected(format!("{} for the shape {:?}", self.length, &self.shape[1..]))
            .hint("give the shape that every item has, or make all items alike"))
    }

    fn into_array(self) -> Result<ArrayD<f32>> {
        ArrayD::from_shape_vec(self.shape, self.values).map_err(|error| {
            Error::shape("no array can have this shape").at(self.what).because(error).hint("give the shape of one item")
        })
    }
}

#[cfg(test)]
mod tests {
    use burn_dataset::{DatasetError, InMemDataset};

    use super::*;

    type Item = (Vec<f32>, f32);

    fn items(lengths: &[usize]) -> InMemDataset<Item> {
        InMemDataset::new(lengths.iter().map(|&length| (vec![0.5; length], length as f32)).collect())
    }

    fn split((features, label): Item) -> (Vec<f32>, [f32; 1]) {
        (features, [label])
    }

    #[test]
    fn shapes_the_features_and_the_labels() {
        let dataset: Box<dyn Dataset<Item>> =
            Box::new(InMemDataset::new(vec![(vec![1.0, 2.0, 3.0, 4.0], 7.0), (vec![5.0, 6.0, 7.0, 8.0], 9.0)]));
        let (x, y) = from_dataset(&*dataset, [2, 2], [1], split).unwrap();
        assert_eq!(x, ndarray::array![[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]].into_dyn());
        assert_eq!(y, ndarray::array![[7.0], [9.0]].into_dyn());

        let (x, y) = from_dataset(&items(&[]), [2, 2], [], split).unwrap();
        assert_eq!((x.shape(), y.shape()), (&[0, 2, 2][..], &[0][..]));
    }

    #[test]
    fn names_the_item_that_does_not_fill_the_shape() {
        let error = from_dataset(&items(&[4, 4, 3, 4]), [2, 2], [], split).unwrap_err();
        assert!(error.is_data());
        assert_eq!(
            error.to_string(),
            "item 2: the item's values do not fill the shape of its features; received 3 values, expected 4 for the \
             shape [2, 2]. Hint: give the shape that every item has, or make all items alike."
        );
        let error = from_dataset(&items(&[4, 5]), [4], [], split).unwrap_err().to_string();
        assert!(
            error.starts_with("item 1: the item's values do not fill the shape of its features; received more than 4")
        );
        let error = from_dataset(&items(&[4]), [4], [2], split).unwrap_err().to_string();
        assert!(error.starts_with(
            "item 0: the item's values do not fill the shape of its label; received 1 values, expected 2"
        ));
    }

    #[test]
    fn names_the_item_that_cannot_be_read() {
        struct Broken;
        impl Dataset<Item> for Broken {
            fn get(&self, _: usize) -> Result<Item, DatasetError> {
                Err(DatasetError::new(std::io::Error::other("the disk is gone")))
            }
            fn len(&self) -> usize {
                2
            }
        }
        assert_eq!(
            format!("{:#}", from_dataset(&Broken, [4], [], split).unwrap_err()),
            "item 0: the dataset cannot give the item (the disk is gone). Hint: see to the dataset's source."
        );
    }

    #[test]
    fn a_shape_beyond_memory_is_an_error() {
        let error = from_dataset(&items(&[1]), [usize::MAX, 2], [], split).unwrap_err().to_string();
        assert!(error.starts_with("features: the array does not fit in memory"), "{error}");
    }
}
