//! Texts.

use std::fs;
use std::path::Path;

use horn_nn::{Error, HostArray, Result};

use crate::directory::from_directory::FromDirectory;
use crate::directory::kind::FileKind;

/// Files that hold texts.
#[derive(Debug, Clone, Copy, Default)]
pub struct TextFiles {
    max_length: Option<usize>,
}

/// The contents of the `.txt` files in a folder, each folder in it a class: Keras's `text_dataset_from_directory`.
///
/// # Shapes
///
/// `[batch]`, strings
///
/// ```
/// use horn::utils::{LabelMode, text_dataset_from_directory};
///
/// # let folder = std::env::temp_dir().join(format!("horn-text-{}", std::process::id()));
/// # for name in ["good/1.txt", "good/2.txt", "bad/1.txt", "bad/2.txt"] {
/// #     std::fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
/// #     std::fs::write(folder.join(name), "a film").unwrap();
/// # }
/// # let reviews = &folder;
/// let (mut training, validation) = text_dataset_from_directory(reviews)
///     .label_mode(LabelMode::Binary)
///     .batch_size(2)
///     .validation_split(0.25)
///     .seed(42)
///     .load_both()?;
/// assert_eq!(training.class_names(), ["bad", "good"]);
/// for batch in training.batches() {
///     let batch = batch?;
///     println!("{} texts", batch.len());
/// }
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), horn::Error>(())
/// ```
pub fn text_dataset_from_directory(directory: impl AsRef<Path>) -> FromDirectory<TextFiles> {
    FromDirectory::new(directory, TextFiles::default())
}

impl FromDirectory<TextFiles> {
    /// The most bytes of a text; what is longer is cut off, before a character that would be cut in two. No limit by default.
    #[must_use]
    pub fn max_length(mut self, max_length: usize) -> Self {
        self.kind.max_length = Some(max_length);
        self
    }
}

impl FileKind for TextFiles {
    const FUNCTION: &'static str = "text_dataset_from_directory";
    const ENDINGS: &'static [&'static str] = &[".txt"];

    fn read(&self, paths: &[&Path]) -> Result<HostArray<'static>> {
        let texts = paths.iter().map(|path| self.text(path)).collect::<Result<Vec<String>>>()?;
        HostArray::new(texts, [paths.len()])
    }
}

impl TextFiles {
    fn text(self, path: &Path) -> Result<String> {
        let at = |error: Error| error.at(path.display().to_string());
        let bytes = fs::read(path)
            .map_err(|error| at(Error::file("the text can't be read").hint("check the permissions").because(error)))?;
        let mut text = String::from_utf8(bytes).map_err(|error| {
            at(Error::data("the file is not text in UTF-8")
                .received(format!("another byte at position {}", error.utf8_error().valid_up_to()))
                .expected("UTF-8")
                .hint("convert the file, such as by iconv"))
        })?;
        if let Some(max_length) = self.max_length {
            text.truncate(text.floor_char_boundary(max_length));
        }
        Ok(text)
    }
}
