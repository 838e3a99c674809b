//! Files in folders, images and parts of datasets, compared with Keras.

use horn::layers::{Dense, Flatten, Input, Interpolation, Rescaling};
use horn::losses::SparseCategoricalCrossentropy;
use horn::optimizers::SGD;
use horn::random::set_random_seed;
use horn::utils::{
    ColorMode, DirectoryDataset, FileKind, FromDirectory, LabelMode, LoadImg, Split, Subset, array_to_img,
    audio_dataset_from_directory, image_dataset_from_directory, img_to_array, load_img, split_dataset,
    text_dataset_from_directory,
};
use horn::{BatchSource, Compile, Data, Fit, HostArray, Sequential, Verbose, callbacks, default_device};
use ndarray::{Array1, Array3};
use serde::Deserialize;

use crate::fixtures::{Array, assert_close, assert_scores_close, path, read};

#[derive(Deserialize)]
struct File {
    datasets: Vec<Dataset>,
    training: Training,
    images: Vec<Image>,
    arrays: Vec<ToImg>,
    splits: Vec<Parts>,
}

#[derive(Deserialize)]
struct Dataset {
    function: String,
    folder: String,
    options: Options,
    /// One dataset, or those for training and validation.
    parts: Vec<Part>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    labels: Option<Vec<i32>>,
    /// Null is given, too: no labels.
    #[serde(default = "int")]
    label_mode: Option<String>,
    class_names: Option<Vec<String>>,
    batch_size: Option<usize>,
    shuffle: Option<bool>,
    seed: Option<u32>,
    validation_split: Option<f64>,
    subset: Option<String>,
    max_length: Option<usize>,
    output_sequence_length: Option<usize>,
    color_mode: Option<String>,
    image_size: Option<[usize; 2]>,
    interpolation: Option<String>,
    crop_to_aspect_ratio: Option<bool>,
    pad_to_aspect_ratio: Option<bool>,
}

fn int() -> Option<String> {
    Some("int".to_owned())
}

#[derive(Deserialize)]
struct Part {
    class_names: Vec<String>,
    file_paths: Option<Vec<String>>,
    epochs: Vec<Vec<(Values, Option<Array>)>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Values {
    Texts(Vec<String>),
    Numbers(Array),
}

#[derive(Deserialize)]
struct Training {
    first: Vec<f64>,
    second: Vec<f64>,
}

#[derive(Deserialize)]
struct Image {
    name: String,
    options: ImageOptions,
    expected: Array,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ImageOptions {
    color_mode: Option<String>,
    target_size: Option<[usize; 2]>,
    interpolation: Option<String>,
    keep_aspect_ratio: bool,
}

#[derive(Deserialize)]
struct ToImg {
    x: Array,
    scale: bool,
    expected: Array,
}

#[derive(Deserialize)]
struct Parts {
    len: usize,
    options: SplitOptions,
    left: Vec<usize>,
    right: Vec<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SplitOptions {
    left_size: Option<Size>,
    right_size: Option<Size>,
    #[serde(default)]
    shuffle: bool,
    seed: Option<u32>,
    random_seed: Option<u32>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(untagged)]
enum Size {
    Samples(usize),
    Fraction(f64),
}

fn file() -> File {
    read("directories.json")
}

fn color_mode(name: &str) -> ColorMode {
    match name {
        "grayscale" => ColorMode::Grayscale,
        "rgb" => ColorMode::Rgb,
        "rgba" => ColorMode::Rgba,
        other => panic!("the colours {other}"),
    }
}

fn interpolation(name: &str) -> Interpolation {
    match name {
        "nearest" => Interpolation::Nearest,
        "bilinear" => Interpolation::Bilinear,
        "bicubic" => Interpolation::Bicubic,
        "lanczos" | "lanczos3" => Interpolation::Lanczos3,
        "lanczos5" => Interpolation::Lanczos5,
        other => panic!("the interpolation {other}"),
    }
}

/// Sets what was given.
macro_rules! options {
    ($made:expr, $($value:expr => $method:ident),+ $(,)?) => {{
        let made = $made;
        $(let made = match $value {
            Some(value) => made.$method(value),
            None => made,
        };)+
        made
    }};
}

fn label_mode(name: &str) -> LabelMode {
    match name {
        "int" => LabelMode::Int,
        "categorical" => LabelMode::Categorical,
        "binary" => LabelMode::Binary,
        other => panic!("the labels {other}"),
    }
}

/// The dataset with the options that all kinds of files have, or those for training and validation.
fn load(made: FromDirectory<impl FileKind>, options: &Options) -> Vec<DirectoryDataset> {
    let made = options!(
        made.verbose(false).label_mode(options.label_mode.as_deref().map(label_mode)),
        options.labels.clone() => labels,
        options.class_names.clone() => class_names,
        options.batch_size => batch_size,
        options.shuffle => shuffle,
        options.seed => seed,
        options.validation_split => validation_split,
    );
    match options.subset.as_deref() {
        None => vec![made.load().unwrap()],
        Some("training") => vec![made.subset(Subset::Training).load().unwrap()],
        Some("validation") => vec![made.subset(Subset::Validation).load().unwrap()],
        Some(both) => {
            assert_eq!(both, "both");
            let (training, validation) = made.load_both().unwrap();
            vec![training, validation]
        }
    }
}

fn datasets(function: &str, folder: &str, options: &Options) -> Vec<DirectoryDataset> {
    let folder = path("folders").join(folder);
    match function {
        "text" => load(options!(text_dataset_from_directory(folder), options.max_length => max_length), options),
        "audio" => {
            let made = audio_dataset_from_directory(folder);
            load(options!(made, options.output_sequence_length => output_sequence_length), options)
        }
        "image" => {
            let made = options!(
                image_dataset_from_directory(folder),
                options.color_mode.as_deref().map(color_mode) => color_mode,
                options.image_size => image_size,
                options.interpolation.as_deref().map(interpolation) => interpolation,
                options.crop_to_aspect_ratio => crop_to_aspect_ratio,
                options.pad_to_aspect_ratio => pad_to_aspect_ratio,
            );
            load(made, options)
        }
        other => panic!("the function {other}"),
    }
}

fn floats(array: &HostArray<'_>) -> Vec<f32> {
    array.floats(&(0..array.len()).collect::<Vec<_>>()).unwrap()
}

fn texts(array: &HostArray<'_>) -> Vec<String> {
    let all: Vec<usize> = (0..array.len()).collect();
    let batch = array.batch(&all, &default_device().unwrap()).unwrap();
    batch.strings().unwrap().values.iter().cloned().collect()
}

fn check_batch(what: &str, batch: &Data<'_>, x: &Values, y: Option<&Array>, levels: f32) {
    match x {
        Values::Texts(expected) => assert_eq!(&texts(&batch.x()[0]), expected, "{what}"),
        Values::Numbers(expected) => {
            assert_eq!(batch.x()[0].sizes(), expected.shape, "{what}");
            check_levels(what, &floats(&batch.x()[0]), &expected.values(), levels);
        }
    }
    assert_eq!(batch.y().len(), usize::from(y.is_some()), "{what}");
    for (received, expected) in batch.y().iter().zip(y) {
        assert_eq!(received.sizes(), expected.shape, "{what}: labels");
        assert_eq!(floats(received), expected.values(), "{what}: labels");
    }
}

/// Compares numbers that may differ by so much.
fn check_levels(what: &str, received: &[f32], expected: &[f32], levels: f32) {
    assert_eq!(received.len(), expected.len(), "{what}");
    for (at, (received, expected)) in received.iter().zip(expected).enumerate() {
        let difference = (received - expected).abs();
        assert!(difference <= levels, "{what}: value {at} is {received}, Keras has {expected}");
    }
}

/// How far pixels of JPEG files may be from those of Pillow, and from those of TensorFlow, whose fast transform is up to 5
/// levels from Pillow's on these files.
const JPEG_LEVELS: f32 = 4.0;
const TENSORFLOW_JPEG_LEVELS: f32 = 5.0;

#[test]
fn files_become_the_batches_of_keras_in_its_order() {
    let entries = file().datasets;
    assert!(entries.len() > 30, "{}", entries.len());
    for Dataset { function, folder, options, parts } in entries {
        let what = format!("{function} {folder} {options:?}");
        // Nothing is computed of texts and recordings, and pixels only where the size changes.
        let levels = match (folder.as_str(), options.interpolation.as_deref()) {
            ("photos", _) => TENSORFLOW_JPEG_LEVELS,
            (_, Some("nearest")) => 0.0,
            ("images", _) => 1e-3,
            _ => 0.0,
        };
        for workers in [0, 2] {
            let (made, _) = callbacks::capture(|| datasets(&function, &folder, &options));
            assert_eq!(made.len(), parts.len(), "{what}");
            for (dataset, part) in made.into_iter().zip(&parts) {
                let mut dataset = dataset.workers(workers);
                assert_eq!(dataset.class_names(), part.class_names, "{what}");
                assert_eq!(BatchSource::len(&dataset), Some(part.epochs[0].len()), "{what}");
                if let Some(paths) = &part.file_paths {
                    let received: Vec<String> = (dataset.file_paths().iter())
                        .map(|file| file.strip_prefix(path("folders")).unwrap().display().to_string())
                        .collect();
                    assert_eq!(&received, paths, "{what}");
                }
                for (epoch, batches) in part.epochs.iter().enumerate() {
                    let received: Vec<Data<'_>> = dataset.batches().collect::<horn::Result<_>>().unwrap();
                    assert_eq!(received.len(), batches.len(), "{what}");
                    for (number, (received, (x, y))) in received.iter().zip(batches).enumerate() {
                        check_batch(&format!("{what}, epoch {epoch}, batch {number}"), received, x, y.as_ref(), levels);
                    }
                }
            }
        }
    }
}

#[test]
fn a_model_is_trained_on_a_folder_as_by_keras() {
    let expected = file().training;
    for workers in [0, 2] {
        set_random_seed(42);
        let images = image_dataset_from_directory(path("folders/images")).image_size([4, 4]).batch_size(3).seed(9);
        let mut images = images.verbose(false).load().unwrap().workers(workers);
        let model = Sequential::new().add(Input([4, 4, 3])).add(Rescaling(1.0 / 255.0)).add(Flatten()).add(Dense(3));
        let loss = SparseCategoricalCrossentropy::new().from_logits(true);
        let mut model = model.compile(SGD::new(0.3), loss, ()).unwrap();
        let mut train = |epochs| {
            let history = model.fit_source(&mut images, Fit::epochs(epochs).verbose(Verbose::Silent)).unwrap();
            history["loss"].to_vec()
        };
        assert_scores_close("the first losses", &train(3), &expected.first, 1e-5);
        assert_scores_close("the next losses", &train(2), &expected.second, 1e-5);
    }
}

#[test]
fn images_are_loaded_as_by_keras() {
    let entries = file().images;
    assert!(entries.len() > 60, "{}", entries.len());
    for Image { name, options, expected } in entries {
        let what = format!("{name} {options:?}");
        let made = options!(
            LoadImg::new().keep_aspect_ratio(options.keep_aspect_ratio),
            options.color_mode.as_deref().map(color_mode) => color_mode,
            options.target_size => target_size,
            options.interpolation.as_deref().map(interpolation) => interpolation,
        );
        let image = load_img(path("folders").join(&name), made).unwrap();
        assert_eq!(image.shape(), expected.shape, "{what}");
        let levels = if name.starts_with("photos") { JPEG_LEVELS } else { 0.0 };
        let received: Vec<f32> = img_to_array(&image).into_iter().collect();
        check_levels(&what, &received, &expected.values(), levels);
    }
}

#[test]
fn arrays_become_images_as_by_keras() {
    let entries = file().arrays;
    assert!(entries.len() > 3, "{}", entries.len());
    for ToImg { x, scale, expected } in entries {
        let shape = (x.shape[0], x.shape[1], x.shape[2]);
        let image = array_to_img(&Array3::from_shape_vec(shape, x.values()).unwrap(), scale).unwrap();
        let received: Vec<f32> = image.into_iter().map(f32::from).collect();
        assert_eq!(received, expected.values(), "{shape:?}, scale {scale}");
    }
}

#[test]
fn parts_are_those_of_keras() {
    let entries = file().splits;
    assert!(entries.len() > 6, "{}", entries.len());
    for Parts { len, options, left, right } in entries {
        let mut split = Split::new().shuffle(options.shuffle);
        split = match options.left_size {
            Some(Size::Samples(samples)) => split.left_size(samples),
            Some(Size::Fraction(fraction)) => split.left_size(fraction),
            None => split,
        };
        split = match options.right_size {
            Some(Size::Samples(samples)) => split.right_size(samples),
            Some(Size::Fraction(fraction)) => split.right_size(fraction),
            None => split,
        };
        split = options!(split, options.seed => seed);
        options.random_seed.into_iter().for_each(set_random_seed);
        let (x, y) = (Array1::from_iter((0..len).map(|x| x as f32)), (0..len as i32).collect::<Vec<_>>());
        let parts = split_dataset((&x, &y), split).unwrap();
        for (part, expected) in [(parts.0, left), (parts.1, right)] {
            let expected: Vec<f32> = expected.into_iter().map(|x| x as f32).collect();
            assert_close("x", &floats(&part[0]), &expected, 0.0);
            assert_close("y", &floats(&part[1]), &expected, 0.0);
        }
    }
}
