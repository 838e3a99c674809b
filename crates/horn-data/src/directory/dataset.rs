//! The dataset of the files in a folder.

use std::fmt;
use std::iter;
use std::path::PathBuf;

use horn_nn::Result;
use horn_train::Data;

use crate::numbered::{Numbered, source_of_items};

/// Files in batches with their labels, which threads read while a model trains. `fit_source`, `evaluate_source` and
/// `predict_source` take it.
///
/// It shuffles by its own option, whatever those of `fit` say: before each epoch, in a buffer of eight batches, as Keras
/// does. With the same seed the order is Keras's.
pub struct DirectoryDataset {
    pub(super) items: Numbered,
    pub(super) class_names: Vec<String>,
    pub(super) file_paths: Vec<PathBuf>,
}

impl DirectoryDataset {
    /// The names of the classes, in the order of their numbers. There are none without labels.
    pub fn class_names(&self) -> &[String] {
        &self.class_names
    }

    /// The files, in the order before a shuffled epoch.
    pub fn file_paths(&self) -> &[PathBuf] {
        &self.file_paths
    }

    /// The batches of one epoch in host memory, to look at them or to adapt a layer. Each call begins a new epoch.
    pub fn batches(&mut self) -> impl Iterator<Item = Result<Data<'static>>> + '_ {
        let items = &mut self.items;
        items.begin();
        iter::from_fn(move || items.load_next())
    }
}

source_of_items!(DirectoryDataset);

impl fmt::Debug for DirectoryDataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectoryDataset")
            .field("files", &self.file_paths.len())
            .field("first", &self.file_paths.first())
            .field("class_names", &self.class_names)
            .finish_non_exhaustive()
    }
}
