//! What can't become a dataset is a clear error.

use std::fs;

use horn_nn::{Error, Result};
use horn_train::Data;
use horn_train::callbacks::capture;

use crate::directory::{
    DirectoryDataset, FromDirectory, LabelMode, Subset, TextFiles, audio_dataset_from_directory,
    text_dataset_from_directory,
};

/// A folder with two classes of texts, and three recordings.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in [
        ("texts/bad/1.txt", &b"dull"[..]),
        ("texts/bad/2.txt", b"long"),
        ("texts/good/1.txt", "né".as_bytes()),
        ("latin/a/1.txt", b"n\xe9"),
        ("empty/a/1.md", b""),
        ("one/only/1.txt", b"text"),
        ("sounds/mp3/a.wav", b"ID3"),
        ("sounds/avi/a.wav", b"RIFF\0\0\0\0AVI "),
        ("sounds/none/a.wav", b"RIFF\0\0\0\0WAVEdata\x02\0\0\0\0\0"),
        ("sounds/float/a.wav", b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0\x20\0"),
    ] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    folder
}

fn first_batch(dataset: Result<DirectoryDataset>) -> Result<Data<'static>> {
    dataset?.batches().next().unwrap()
}

/// A name, how a dataset of texts is made, a check of the error's kind, and a part of its message.
type Case = (&'static str, fn(FromDirectory<TextFiles>) -> Result<DirectoryDataset>, fn(&Error) -> bool, &'static str);

const CASES: &[Case] = &[
    ("no batches", |of| of.batch_size(0).load(), Error::is_argument, "batch_size"),
    (
        "a split of all",
        |of| of.validation_split(1.0).seed(1).subset(Subset::Training).load(),
        Error::is_argument,
        "text_dataset_from_directory: validation_split: the files can't be split so; received 1, expected a fraction",
    ),
    (
        "a split without a subset",
        |of| of.validation_split(0.5).seed(1).load(),
        Error::is_argument,
        "validation_split: it is not said which part is wanted",
    ),
    (
        "a subset without a split",
        |of| of.subset(Subset::Validation).load(),
        Error::is_argument,
        "subset: it is not said how the files are split; received subset = Validation without a validation_split",
    ),
    (
        "both parts without a split",
        |of| of.load_both().map(|(training, _)| training),
        Error::is_argument,
        "received load_both() without a validation_split",
    ),
    (
        "parts that would overlap",
        |of| of.validation_split(0.5).subset(Subset::Training).load(),
        Error::is_argument,
        "seed: the parts for training and validation would overlap",
    ),
    (
        "a part without files",
        |of| of.validation_split(0.3).seed(1).subset(Subset::Training).load(),
        Error::is_argument,
        "there are too few files to split; received 0.3 of 3 files",
    ),
    (
        "a class without a folder",
        |of| of.class_names(["bad", "ugly"]).load(),
        Error::is_argument,
        "class_names: there is no such folder; received \"ugly\", expected some of [\"bad\", \"good\"]",
    ),
    (
        "names of classes without labels",
        |of| of.class_names(["bad"]).label_mode(None).load(),
        Error::is_argument,
        "class_names: only folders have names of classes",
    ),
    (
        "fewer labels than files",
        |of| of.labels([0, 1]).load(),
        Error::is_data,
        "labels: there is not one label for each file; received 2 labels for 3 files",
    ),
    (
        "a label beyond the classes",
        |of| of.labels([0, 1, 5]).label_mode(LabelMode::Categorical).load(),
        Error::is_data,
        "labels: a label is not a valid class; received 5, expected whole numbers from 0 to 2",
    ),
    (
        "three classes that should be two",
        |of| of.labels([0, 1, 2]).label_mode(LabelMode::Binary).load(),
        Error::is_data,
        "label_mode: binary labels need two classes; received 3 classes",
    ),
];

#[test]
fn options_that_contradict_each_other_are_errors() {
    let folder = folder();
    let texts = || text_dataset_from_directory(folder.path().join("texts")).verbose(false);
    for (case, make, is_kind, message) in CASES {
        let error = make(texts()).expect_err(case);
        assert!(is_kind(&error) && error.to_string().contains(message), "{case}: {error}");
    }
    assert_eq!(texts().load().unwrap().class_names(), ["bad", "good"]);
}

#[test]
fn what_was_found_is_printed() {
    let folder = folder();
    let texts = || text_dataset_from_directory(folder.path().join("texts"));
    let said = |make: fn(FromDirectory<TextFiles>) -> Result<DirectoryDataset>| capture(|| make(texts()).unwrap()).1;
    assert_eq!(said(FromDirectory::load), "Found 3 files belonging to 2 classes.\n");
    assert_eq!(said(|texts| texts.label_mode(None).load()), "Found 3 files.\n");
    assert_eq!(
        said(|texts| texts.validation_split(0.4).seed(1).verbose(false).load_both().map(|(training, _)| training)),
        "Using 2 files for training.\nUsing 1 files for validation.\n"
    );
}

#[test]
fn files_that_can_not_be_read_are_errors_with_their_names() {
    let folder = folder();
    let texts = |name: &str| text_dataset_from_directory(folder.path().join(name)).verbose(false).load();
    let sounds = |name: &str| {
        let sounds = audio_dataset_from_directory(folder.path().join("sounds"));
        sounds.class_names([name]).verbose(false).load()
    };
    let message = |dataset: Result<DirectoryDataset>| first_batch(dataset).unwrap_err().to_string();
    let nowhere = message(texts("nowhere"));
    assert!(nowhere.contains("nowhere: the folder can't be read"), "{nowhere}");
    let empty = message(texts("empty"));
    assert!(
        empty.contains("the folder has no such files; received no file, expected files that end in .txt"),
        "{empty}"
    );
    let latin = message(texts("latin"));
    assert!(latin.contains("1.txt: the file is not text in UTF-8; received another byte at position 1"), "{latin}");
    for (name, received) in [
        ("mp3", "a.wav: this is not a WAV file that Horn reads; received another format"),
        ("avi", "received a RIFF file of something else"),
        ("none", "received no samples"),
        ("float", "received format 3 with 1 channels of 32 bits"),
    ] {
        let message = message(sounds(name));
        assert!(message.contains(received), "{message}");
    }

    // A file that goes away while the model trains.
    let path = folder.path().join("one/only/1.txt");
    for workers in [0, 2] {
        fs::write(&path, "text").unwrap();
        let dataset = texts("one").map(|dataset| dataset.workers(workers));
        fs::remove_file(&path).unwrap();
        let message = message(dataset);
        assert!(message.contains("1.txt: the text can't be read"), "{message}");
    }
}

#[test]
fn recordings_with_other_channels_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for (name, channels) in [("a", 1_u8), ("b", 2)] {
        let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0".to_vec();
        file.extend([channels, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 0]);
        // A chunk of an odd length, which is padded.
        file.extend(b"note\x01\0\0\0x\0data\x08\0\0\0\0\x40\0\xc0\0\0\0\0");
        fs::write(folder.path().join(format!("{name}.wav")), file).unwrap();
    }
    let sounds = || audio_dataset_from_directory(folder.path()).label_mode(None).verbose(false).shuffle(false);
    let error = first_batch(sounds().load()).unwrap_err().to_string();
    assert!(error.contains("b.wav: the recordings have different numbers of channels; received 2 channels"), "{error}");
    let batch = first_batch(sounds().batch_size(1).load()).unwrap();
    assert_eq!(batch.x()[0].sizes(), [1, 4, 1]);
    assert_eq!(batch.x()[0].floats(&[0]).unwrap(), [0.5, -0.5, 0.0, 0.0]);
    let error = sounds().output_sequence_length(0).load().unwrap_err().to_string();
    assert!(error.contains("output_sequence_length: the target length is 0"), "{error}");
}

#[test]
fn a_text_is_cut_between_characters() {
    let folder = folder();
    let texts = text_dataset_from_directory(folder.path().join("texts")).verbose(false).class_names(["good"]);
    // "né" has three bytes.
    let batch = first_batch(texts.max_length(2).load()).unwrap();
    let device = horn_nn::default_device().unwrap();
    let read = batch.x()[0].batch(&[0], &device).unwrap();
    assert_eq!(read.strings().unwrap().values.first().map(String::as_str), Some("n"));
}
