//! Keras for Rust, on Burn.
//!
//! A program imports the [`prelude`] and reads as it would with Keras in Python. Required arguments are positional, and so
//! is an optional first one that nearly every program gives: `MaxPooling2D(2)`, or `MaxPooling2D(())` for Keras's default.
//! Each other argument is a method with the name of Keras's keyword. What needs no argument has `default()`, too:
//! `Adam::default()` has Keras's learning rate, `Adam::new(1e-3)` has this one.
//!
//! ```
//! use horn::prelude::*;
//!
//! # fn main() -> horn::Result<()> {
//! let x = HostArray::new(vec![0.0_f32, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], [4, 2])?;
//! let y = HostArray::new(vec![0_u8, 1, 1, 0], [4])?;
//!
//! let mut model = Sequential::new()
//!     .add(Input([2]))
//!     .add(Dense(8).activation(Activation::Relu))
//!     .add(Dense(2).activation(Activation::Softmax))
//!     .compile(Adam::new(1e-2), SparseCategoricalCrossentropy::new(), [Accuracy::new()])?;
//! model.summary();
//! let history = model.fit(&x, &y, Fit::epochs(2).verbose(Verbose::Silent))?;
//! let probabilities = model.predict(&x)?;
//! assert_eq!(probabilities.shape(), [4, 2]);
//! # Ok(())
//! # }
//! ```
//!
//! # Where to find things
//!
//! | | |
//! |---|---|
//! | [`layers`], [`activations`], [`initializers`], [`regularizers`], [`constraints`] | what models are made of |
//! | [`Sequential`], [`Model`], [`KerasTensor`], [`ops`], [`applications`] | models as lists and as graphs, functions on tensors, known networks |
//! | [`Compile`], [`Fit`], [`losses`], [`metrics`], [`optimizers`], [`callbacks`] | training |
//! | [`TrainStep`], [`FitStep`], [`Tracker`], [`Model::gradients`] | custom training steps, gradients |
//! | [`load_model`], [`SaveModel`], [`LoadWeights`] | model files |
//! | [`datasets`], [`HostArray`], [`plot`] | data and plots |
//! | [`Layer`], [`Forward`], [`LayerBuilder`] | custom layers |
//!
//! # Backends
//!
//! A Cargo feature chooses the backend: `flex` (the default: Burn's CPU backend), `ndarray`, `wgpu`, `vulkan`, `metal`,
//! `webgpu`, `cuda` or `rocm`. The program stays the same. If several are compiled in, the environment variable
//! `HORN_DEVICE` or the function [`device`] chooses.
//!
//! On the CPU, layers, losses and optimizers use fused [`kernels`], on all cores. `HORN_NUM_THREADS=1` limits the number of
//! threads, and `HORN_KERNELS=off` switches the kernels off, for comparison.
//!
//! # Features
//!
//! - `burn-dataset` (on by default): `from_dataset` turns any Burn dataset into arrays, `DatasetSource` trains on one
//! - `dashboard` (off by default): Burn's dashboard in the terminal, as a callback
//! - `download` (off by default): datasets that are not on this machine are downloaded
//! - `images` (off by default): PNG and JPEG files as arrays, and folders of them as datasets
//!
//! # For users of Burn
//!
//! A built [`Model`] is a Burn `Module`. Any Burn module can be added as a [`BurnModule`](layers::BurnModule) layer,
//! and any Burn optimizer can be used through [`BurnOptimizer`](optimizers::BurnOptimizer). [`burn`] itself is
//! exported, too.

pub use burn;
pub use horn_data::datasets;
#[cfg(feature = "burn-dataset")]
pub use horn_data::{DatasetSource, burn_dataset, from_dataset};
pub use horn_keras::{LoadModel, LoadReport, LoadWeights, SaveModel, load_model, load_model_on, model_from_json};
pub use horn_kernels as kernels;
pub use horn_nn::{
    Activation, AnyTensor, Apply, BuiltFor, BuiltLayer, CallArgument, CallContext, Conventions, DTypePolicy, Error,
    Forward, Functional, Gradients, HORN_DEVICE, HORN_NUM_THREADS, HostArray, HostElement, IntoArrays, IntoBatch,
    IntoTensors, KerasTensor, Layer, LayerBuilder, LayerRef, Logits, MaskArgument, Mode, Model, ModelKind, OutputArray,
    OutputMask, Part, PartInput, Predictor, Result, Sequential, Shape, SharedLayer, Signal, State, TokenKind, Weight,
    WeightGroup, WeightSpec, activations, applications, backends, by_rank, clone_model, constraints, default_device,
    deserialize, device, initializers, layers, many_inputs, many_signals, memory, ops, random, regularizers, serialize,
    signals, summary,
};
pub use horn_plot as plot;
pub use horn_train::{
    Batch, BatchSource, Batches, ClassWeight, Compile, CompiledModel, Data, Evaluate, Fit, FitStep, History, IntoData,
    IntoLoss, IntoLossWeights, IntoLosses, IntoMetricList, IntoMetrics, Losses, Metrics, OnBatch, Predict, Progress,
    PyDataset, PyDatasetSource, Run, Scores, Shuffle, Tracker, TrainStep, ValidationFreq, Verbose, losses, metrics,
    optimizers,
};

/// Keras's callbacks: hooks that run around the steps of training.
///
/// A [`Callback`](callbacks::Callback) has hooks, which get the [`Training`](callbacks::Training) run or the
/// [`Prediction`](callbacks::Prediction) that they belong to. The progress line and the history are callbacks, too.
pub mod callbacks {
    pub use crate::History;
    #[cfg(feature = "dashboard")]
    pub use horn_callbacks::Dashboard;
    pub use horn_callbacks::{BackupAndRestore, CSVLogger, Frequency, ModelCheckpoint, RemoteMonitor, TensorBoard};
    #[doc(hidden)]
    pub use horn_train::callbacks::capture;
    pub use horn_train::callbacks::{
        Callback, CallbackState, Checkpoint, EarlyStopping, LambdaCallback, LearningRateScheduler, Monitor,
        MonitorMode, Prediction, ProgbarLogger, ReduceLROnPlateau, StopOnInterrupt, SwapEMAWeights, TerminateOnNaN,
        Training,
    };
}

/// Keras's `keras.utils`.
pub mod utils {
    pub use horn_data::directory::{
        AudioFiles, DirectoryDataset, FileKind, FromDirectory, LabelMode, Subset, TextFiles,
        audio_dataset_from_directory, text_dataset_from_directory,
    };
    #[cfg(feature = "images")]
    pub use horn_data::directory::{ImageFiles, image_dataset_from_directory};
    #[cfg(feature = "images")]
    pub use horn_data::images::{ColorMode, LoadImg, array_to_img, img_to_array, load_img, save_img};
    pub use horn_data::utils::{
        End, Padding, Split, SplitSize, TimeseriesDataset, normalize, pad_sequences, split_dataset, to_categorical,
    };
    pub use horn_nn::random::set_random_seed;
}

/// Training in half precision.
pub mod mixed_precision {
    #[doc(inline)]
    pub use horn_nn::{DTypePolicy, dtype_policy, set_dtype_policy};
    #[doc(no_inline)]
    pub use horn_train::optimizers::LossScaleOptimizer;
}

/// Everything that a program with a model needs: `use horn::prelude::*`.
///
/// `MeanSquaredError` and `MeanAbsoluteError` are the losses here; the metrics with the same names are in [`metrics`].
pub mod prelude {
    #[doc(no_inline)]
    pub use crate::callbacks::{
        BackupAndRestore, CSVLogger, Callback, EarlyStopping, Frequency, LambdaCallback, LearningRateScheduler,
        ModelCheckpoint, MonitorMode, ReduceLROnPlateau, TensorBoard, TerminateOnNaN, Training,
    };
    #[doc(no_inline)]
    pub use crate::utils::set_random_seed;
    #[doc(no_inline)]
    pub use crate::{
        AnyTensor, Apply, BuiltLayer, Compile, CompiledModel, Evaluate, Fit, Forward, History, HostArray, IntoLosses,
        IntoMetrics, KerasTensor, Layer, LayerBuilder, LoadWeights, Mode, Model, Predict, Predictor, SaveModel, Scores,
        Sequential, Shape, Verbose, datasets, load_model, metrics, ops,
    };
    // For `#[derive(Module)]`, whose code names the crate.
    #[doc(no_inline)]
    pub use burn::{
        self,
        module::{Module, Param},
    };
    #[doc(no_inline)]
    pub use horn_nn::Activation;
    #[doc(no_inline)]
    pub use horn_nn::constraints::{MaxNorm, MinMaxNorm, NonNeg, UnitNorm};
    #[doc(no_inline)]
    pub use horn_nn::initializers::{
        Constant, GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform, Ones, Orthogonal,
        RandomNormal, RandomUniform, TruncatedNormal, VarianceScaling, Zeros,
    };
    #[doc(no_inline)]
    pub use horn_nn::regularizers::{L1, L1L2, L2};
    // All layers, losses and optimizers: a new one is in the prelude without a change here.
    #[doc(no_inline)]
    pub use horn_nn::layers::families::*;
    #[doc(no_inline)]
    pub use horn_train::losses::classes::*;
    #[doc(no_inline)]
    pub use horn_train::metrics::{Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy};
    #[doc(no_inline)]
    pub use horn_train::optimizers::classes::*;
}

/// The program in the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
