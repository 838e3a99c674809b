//! What all datasets of files in folders do: find the files and their labels, shuffle and split them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use horn_nn::random::{next_numpy_seed, seeded_permutation};
use horn_nn::{Error, Result};
use horn_train::Data;
use horn_train::callbacks::print_msg;

use crate::directory::dataset::DirectoryDataset;
use crate::directory::files::{files, folders};
use crate::directory::kind::FileKind;
use crate::directory::labels::LabelMode;
use crate::numbered::{Numbered, Order};
use crate::shuffle_buffer::ShuffleBuffer;

/// A part of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subset {
    /// What is left for training.
    Training,
    /// The fraction `validation_split` at the end.
    Validation,
}

/// How the files of a folder become a dataset; [`load`](Self::load) makes it. The options have Keras's names and defaults.
#[derive(Debug, Clone)]
pub struct FromDirectory<K> {
    directory: PathBuf,
    labels: Option<Vec<i32>>,
    label_mode: Option<LabelMode>,
    class_names: Option<Vec<String>>,
    batch_size: usize,
    shuffle: bool,
    seed: Option<u32>,
    validation_split: Option<f64>,
    subset: Option<Subset>,
    follow_links: bool,
    verbose: bool,
    pub(super) kind: K,
}

/// Files with their labels, if they have any.
#[derive(Clone)]
struct Found {
    paths: Vec<PathBuf>,
    labels: Option<Vec<i32>>,
    class_names: Vec<String>,
}

impl<K: FileKind> FromDirectory<K> {
    /// All files of this kind, each folder in the folder a class.
    pub fn new(directory: impl AsRef<Path>, kind: K) -> Self {
        Self {
            directory: directory.as_ref().to_owned(),
            labels: None,
            label_mode: Some(LabelMode::Int),
            class_names: None,
            batch_size: 32,
            shuffle: true,
            seed: None,
            validation_split: None,
            subset: None,
            follow_links: false,
            verbose: true,
            kind,
        }
    }

    /// A label for each file, in the order of their paths, wherever they are in the folder. By default the folders in the
    /// folder are the classes.
    #[must_use]
    pub fn labels(mut self, labels: impl Into<Vec<i32>>) -> Self {
        self.labels = Some(labels.into());
        self
    }

    /// How labels become targets; class numbers by default. With `None` there are no labels, and all files in the folder
    /// and below are taken.
    #[must_use]
    pub fn label_mode(mut self, label_mode: impl Into<Option<LabelMode>>) -> Self {
        self.label_mode = label_mode.into();
        self
    }

    /// The folders that are the classes, in the order of their numbers; all folders in the order of their names by default.
    #[must_use]
    pub fn class_names<S: Into<String>>(mut self, class_names: impl IntoIterator<Item = S>) -> Self {
        self.class_names = Some(class_names.into_iter().map(Into::into).collect());
        self
    }

    /// The number of files in a batch; 32 by default. The last batch of an epoch may be smaller.
    #[must_use]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        self.batch_size = batch_size;
        self
    }

    /// Are the files shuffled before they are split, and before each epoch? Yes by default.
    #[must_use]
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// The seed by which they are shuffled; drawn by default, as [`set_random_seed`](horn_nn::random::set_random_seed) says.
    #[must_use]
    pub fn seed(mut self, seed: u32) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The fraction of the files that are kept for validation; none by default.
    #[must_use]
    pub fn validation_split(mut self, validation_split: f64) -> Self {
        self.validation_split = Some(validation_split);
        self
    }

    /// The part of the files that the dataset has, if there is a `validation_split`.
    #[must_use]
    pub fn subset(mut self, subset: Subset) -> Self {
        self.subset = Some(subset);
        self
    }

    /// Are links to folders followed? No by default.
    #[must_use]
    pub fn follow_links(mut self, follow_links: bool) -> Self {
        self.follow_links = follow_links;
        self
    }

    /// Is the number of files printed? Yes by default.
    #[must_use]
    pub fn verbose(mut self, verbose: bool) -> Self {
        self.verbose = verbose;
        self
    }

    /// Finds the files. They are read later, batch by batch.
    ///
    /// # Errors
    ///
    /// If the folder can't be read or has no such files, options contradict each other, or there is not one label for each
    /// file.
    pub fn load(self) -> Result<DirectoryDataset> {
        self.check()?;
        let (split, subset) = match (self.validation_split, self.subset) {
            (None, None) => (0.0, None),
            (Some(split), Some(subset)) => (split, Some(subset)),
            (Some(split), None) => {
                return Err(self
                    .argument("validation_split", "it is not said which part is wanted")
                    .received(format!("validation_split = {split} without a subset"))
                    .expected("a subset, too")
                    .hint("add subset(Subset::Training) or subset(Subset::Validation), or call load_both()"));
            }
            (None, Some(subset)) => {
                return Err(self
                    .argument("subset", "it is not said how the files are split")
                    .received(format!("subset = {subset:?} without a validation_split"))
                    .expected("a validation_split, too")
                    .hint("add validation_split(0.2), or leave the subset out"));
            }
        };
        let seed = self.seed.unwrap_or_else(next_numpy_seed);
        let found = self.find(seed)?;
        let part = match subset {
            Some(subset) => self.part(&found, split, subset)?,
            None => found,
        };
        self.dataset(part, self.shuffle.then_some(seed))
    }

    /// Finds the files, and returns those for training and those for validation: what Keras calls the subset "both". Those
    /// for validation are not shuffled before each epoch.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load), and if there is no `validation_split`.
    pub fn load_both(self) -> Result<(DirectoryDataset, DirectoryDataset)> {
        self.check()?;
        let Some(split) = self.validation_split else {
            return Err(self
                .argument("validation_split", "it is not said how the files are split")
                .received("load_both() without a validation_split")
                .expected("a fraction between 0 and 1")
                .hint("add validation_split(0.2), or call load()"));
        };
        let seed = self.seed.unwrap_or_else(next_numpy_seed);
        let found = self.find(seed)?;
        let training = self.part(&found, split, Subset::Training)?;
        let validation = self.part(&found, split, Subset::Validation)?;
        Ok((self.dataset(training, self.shuffle.then_some(seed))?, self.dataset(validation, None)?))
    }

    fn argument(&self, argument: &str, problem: &str) -> Error {
        Error::argument(problem).at(format!("{}: {argument}", K::FUNCTION))
    }

    /// Checks the options before any folder is read.
    fn check(&self) -> Result<()> {
        if self.batch_size == 0 {
            return Err(horn_nn::zero_batch_size().within(K::FUNCTION));
        }
        if let Some(split) = self.validation_split.filter(|split| !(*split > 0.0 && *split < 1.0)) {
            return Err(self
                .argument("validation_split", "the files can't be split so")
                .received(split)
                .expected("a fraction between 0 and 1")
                .hint("give the fraction of the files that are kept for validation, such as 0.2"));
        }
        if self.validation_split.is_some() && self.shuffle && self.seed.is_none() {
            return Err(self
                .argument("seed", "the parts for training and validation would overlap")
                .received("a validation_split of shuffled files without a seed")
                .expected("the same seed for both parts")
                .hint("add seed(42), or shuffle(false)"));
        }
        let is_inferred = self.labels.is_none() && self.label_mode.is_some();
        if self.class_names.is_some() && !is_inferred {
            return Err(self
                .argument("class_names", "only folders have names of classes")
                .received("class_names with labels of their own, or without labels")
                .expected("class_names where the folders are the classes")
                .hint("leave class_names out"));
        }
        self.kind.check().map_err(|error| error.within(K::FUNCTION))
    }

    /// All files, shuffled.
    fn find(&self, seed: u32) -> Result<Found> {
        let mut found = match (&self.labels, self.label_mode) {
            (_, None) => Found { paths: self.below(&self.directory)?, labels: None, class_names: Vec::new() },
            (Some(labels), Some(_)) => self.with_labels(self.below(&self.directory)?, labels)?,
            (None, Some(_)) => {
                let mut found = Found { paths: Vec::new(), labels: None, class_names: self.classes()? };
                let mut labels = Vec::new();
                for (class, name) in found.class_names.iter().enumerate() {
                    found.paths.extend(self.below(&self.directory.join(name))?);
                    labels.resize(found.paths.len(), class as i32);
                }
                found.labels = Some(labels);
                found
            }
        };
        if self.verbose {
            let classes = format!(" belonging to {} classes", found.class_names.len());
            let classes = if found.labels.is_some() { classes.as_str() } else { "" };
            print_msg(&format!("Found {} files{classes}.", found.paths.len()));
        }
        if found.paths.is_empty() {
            return Err(Error::data("the folder has no such files")
                .at(format!("{}: {}", K::FUNCTION, self.directory.display()))
                .received("no file")
                .expected(format!("files that end in {}", K::ENDINGS.join(", ")))
                .hint("check the path; files that lie beside the folders of the classes have no label"));
        }
        if let (Some(mode), Some(labels)) = (self.label_mode, &found.labels) {
            mode.check(labels, found.class_names.len(), K::FUNCTION)?;
        }
        if self.shuffle {
            let order = seeded_permutation(seed, found.paths.len());
            found.paths = order.iter().map(|&at| std::mem::take(&mut found.paths[at])).collect();
            found.labels = found.labels.map(|labels| order.iter().map(|&at| labels[at]).collect());
        }
        Ok(found)
    }

    /// The files of this kind in a folder and below.
    fn below(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        files(folder, K::ENDINGS, self.follow_links)
    }

    /// The folders that are the classes.
    fn classes(&self) -> Result<Vec<String>> {
        let folders = folders(&self.directory)?;
        let Some(names) = &self.class_names else { return Ok(folders) };
        match names.iter().find(|name| !folders.contains(name)) {
            None => Ok(names.clone()),
            Some(name) => Err(self
                .argument("class_names", "there is no such folder")
                .received(format!("{name:?}"))
                .expected(format!("some of {folders:?}"))
                .hint("give the names of folders as they are written")),
        }
    }

    fn with_labels(&self, paths: Vec<PathBuf>, labels: &[i32]) -> Result<Found> {
        if labels.len() != paths.len() {
            return Err(Error::data("there is not one label for each file")
                .at(format!("{}: labels", K::FUNCTION))
                .received(format!("{} labels for {} files", labels.len(), paths.len()))
                .expected("as many labels as files")
                .hint(format!("check for other files that end in {}", K::ENDINGS.join(", "))));
        }
        let mut classes = labels.to_vec();
        classes.sort_unstable();
        classes.dedup();
        let class_names = classes.iter().map(i32::to_string).collect();
        Ok(Found { paths, labels: Some(labels.to_vec()), class_names })
    }

    /// The files of one part, of which neither may be empty.
    fn part(&self, found: &Found, split: f64, subset: Subset) -> Result<Found> {
        let count = found.paths.len();
        let validation = (split * count as f64) as usize;
        let part = match subset {
            Subset::Training => 0..count - validation,
            Subset::Validation => count - validation..count,
        };
        if validation == 0 {
            return Err(self
                .argument("validation_split", "there are too few files to split")
                .received(format!("{split} of {count} files"))
                .expected("at least one file for validation")
                .hint("give a larger fraction, or more files"));
        }
        match subset {
            Subset::Training => print_msg(&format!("Using {} files for training.", part.len())),
            Subset::Validation => print_msg(&format!("Using {} files for validation.", part.len())),
        }
        Ok(Found {
            paths: found.paths[part.clone()].to_vec(),
            labels: found.labels.as_ref().map(|labels| labels[part].to_vec()),
            class_names: found.class_names.clone(),
        })
    }

    /// The dataset of these files, which are shuffled before each epoch if there is a seed.
    fn dataset(&self, found: Found, seed: Option<u32>) -> Result<DirectoryDataset> {
        let Found { paths, labels, class_names } = found;
        let order: Box<Order> = match seed {
            Some(seed) => {
                let mut buffer = ShuffleBuffer::new(self.batch_size.saturating_mul(8), seed);
                Box::new(move |len, _| buffer.order(len))
            }
            None => Box::new(|len, _| (0..len).collect()),
        };
        let (kind, files, classes) = (self.kind.clone(), paths.clone(), class_names.len());
        let targets = labels.zip(self.label_mode);
        let load = move |at: &[usize]| {
            let paths: Vec<&Path> = at.iter().map(|&at| files[at].as_path()).collect();
            let x = kind.read(&paths)?;
            Ok(match &targets {
                Some((labels, mode)) => {
                    let labels: Vec<i32> = at.iter().map(|&at| labels[at]).collect();
                    Data::new(x, mode.targets(&labels, classes)?)
                }
                None => Data::new(x, ()),
            })
        };
        let mut items = Numbered::new(paths.len(), order, Arc::new(load));
        items.batch_size = self.batch_size;
        Ok(DirectoryDataset { items, class_names, file_paths: paths })
    }
}
