//! Labels of files as targets.

use horn_nn::{Error, HostArray, Result};

/// How labels become targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LabelMode {
    /// Class numbers, `[batch]`, as for [`SparseCategoricalCrossentropy`](horn_train::losses::SparseCategoricalCrossentropy).
    #[default]
    Int,
    /// One-hot vectors, `[batch, classes]`, as for
    /// [`CategoricalCrossentropy`](horn_train::losses::CategoricalCrossentropy).
    Categorical,
    /// 0.0 or 1.0, `[batch, 1]`, as for [`BinaryCrossentropy`](horn_train::losses::BinaryCrossentropy).
    Binary,
}

impl LabelMode {
    /// Checks that these labels of so many classes can be brought into this form.
    pub(super) fn check(self, labels: &[i32], classes: usize, function: &str) -> Result<()> {
        if self == Self::Binary && classes != 2 {
            return Err(Error::data("binary labels need two classes")
                .at(format!("{function}: label_mode"))
                .received(format!("{classes} classes"))
                .expected("2 classes")
                .hint("use LabelMode::Int or LabelMode::Categorical, or name two folders with class_names"));
        }
        let is_class = |label: &&i32| usize::try_from(**label).is_ok_and(|label| label < classes);
        match labels.iter().find(|label| !is_class(label)) {
            Some(label) if self != Self::Int => Err(Error::data("a label is not a valid class")
                .at(format!("{function}: labels"))
                .received(label)
                .expected(format!("whole numbers from 0 to {}, as there are {classes} different labels", classes - 1))
                .hint("number the classes from 0 on, or use LabelMode::Int")),
            _ => Ok(()),
        }
    }

    /// The targets for labels that were checked.
    pub(super) fn targets(self, labels: &[i32], classes: usize) -> Result<HostArray<'static>> {
        let count = labels.len();
        match self {
            Self::Int => HostArray::new(labels.to_vec(), [count]),
            Self::Binary => HostArray::new(labels.iter().map(|&label| label as f32).collect::<Vec<_>>(), [count, 1]),
            Self::Categorical => {
                let mut one_hot = vec![0.0_f32; count * classes];
                for (row, &label) in one_hot.chunks_exact_mut(classes.max(1)).zip(labels) {
                    row[label as usize] = 1.0;
                }
                HostArray::new(one_hot, [count, classes])
            }
        }
    }
}
