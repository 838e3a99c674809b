//! Any initializer: the choice that layers take and files name.

use crate::error::{Error, Result};
use crate::initializers::constant::{Constant, Identity, Ones, Zeros};
use crate::initializers::custom::CustomInitializer;
use crate::initializers::normal::{RandomNormal, TruncatedNormal};
use crate::initializers::orthogonal::Orthogonal;
use crate::initializers::sample::Sample;
use crate::initializers::scaled::{GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform};
use crate::initializers::stft::STFT;
use crate::initializers::uniform::RandomUniform;
use crate::initializers::variance_scaling::VarianceScaling;
use crate::registry::objects::keras_objects;
use std::str::FromStr;

/// Makes the enum of all initializers. The names after each are those that Keras knows it by, besides its own.
macro_rules! initializers {
    ($($(#[$doc:meta])* $class:ident: $($name:literal),+;)+) => {
        keras_objects! {
            /// Where a weight starts. Serializes as Keras writes it:
            /// `{"module": "keras.initializers", "class_name": .., "config": .., "registered_name": null}`.
            ///
            /// ```
            /// use horn::initializers::{GlorotUniform, Initializer};
            ///
            /// let initializer = Initializer::from(GlorotUniform::new().seed(7));
            /// let kernel = initializer.sample(&[2, 3], 0)?;
            /// assert_eq!(kernel[..3], [-0.37089363, -0.48691595, 0.21249104]);
            ///
            /// assert_eq!("glorot_uniform".parse::<Initializer>()?, GlorotUniform::new().into());
            /// # Ok::<(), horn::Error>(())
            /// ```
            Initializer, "initializer", "keras.initializers", own CustomInitializer;
            $($(#[$doc])* $class: $($name),+;)+
        }

        impl Initializer {
            fn inner(&self) -> &dyn Sample {
                match self {
                    $(Self::$class(inner) => inner,)+
                    Self::Custom(own) => own,
                }
            }
        }
    };
}

initializers! {
    /// Zeros.
    Zeros: "zeros", "zero";
    /// Ones.
    Ones: "ones", "one";
    /// One value everywhere, or an array.
    Constant: "constant";
    /// The identity matrix.
    Identity: "identity", "IdentityInitializer";
    /// A normal distribution.
    RandomNormal: "random_normal", "normal";
    /// A uniform distribution.
    RandomUniform: "random_uniform", "uniform";
    /// A normal distribution without its tails.
    TruncatedNormal: "truncated_normal";
    /// A distribution as wide as the shape of the weight asks for.
    VarianceScaling: "variance_scaling";
    /// Glorot's (Xavier's) normal distribution.
    GlorotNormal: "glorot_normal";
    /// Glorot's (Xavier's) uniform distribution; Keras's default for kernels.
    GlorotUniform: "glorot_uniform";
    /// He's normal distribution.
    HeNormal: "he_normal";
    /// He's uniform distribution.
    HeUniform: "he_uniform";
    /// LeCun's normal distribution.
    LecunNormal: "lecun_normal";
    /// LeCun's uniform distribution.
    LecunUniform: "lecun_uniform";
    /// An orthogonal matrix.
    Orthogonal: "orthogonal", "OrthogonalInitializer";
    /// The kernel of a short-time Fourier transform.
    STFT: "stft", "STFTInitializer";
}

impl Initializer {
    /// A custom initializer: a function that returns the values of a weight of this shape, in row-major order. Files hold
    /// the name; [`register`](Self::register) it before they are read.
    ///
    /// ```
    /// use horn::initializers::{GlorotUniform, Initializer};
    /// use horn::layers::Dense;
    ///
    /// let wide = Initializer::from(GlorotUniform::new().seed(7));
    /// let halved = Initializer::custom("Halved", move |shape| {
    ///     wide.sample(shape, 0).expect("the shape fits").into_iter().map(|value| value / 2.0).collect()
    /// });
    /// let layer = Dense(8).kernel_initializer(halved);
    /// ```
    pub fn custom(name: &str, values: impl Fn(&[usize]) -> Vec<f32> + Send + Sync + 'static) -> Self {
        Self::Custom(CustomInitializer::new(name, values))
    }

    /// The values of a weight of that shape, in row-major order. `seed` counts only where [`is_random`](Self::is_random).
    ///
    /// # Errors
    ///
    /// If an argument is out of its range, or the initializer is not for weights of this rank.
    pub fn sample(&self, shape: &[usize], seed: u64) -> Result<Vec<f32>> {
        let whole = shape.iter().try_fold(1usize, |size, axis| size.checked_mul(*axis));
        if whole.is_none_or(|size| size > isize::MAX as usize / size_of::<f32>()) {
            return Err(Error::shape("a weight of this shape has more values than fit in memory")
                .received(format!("{shape:?}"))
                .hint("choose smaller sizes"));
        }
        self.inner().sample(shape, seed)
    }

    /// The same for a weight whose inputs and outputs are along these axes, where its width follows from them.
    pub(crate) fn for_axes(&self, inputs: &[isize], outputs: &[isize]) -> Self {
        match self.clone() {
            Self::VarianceScaling(inner) => inner.for_axes(inputs, outputs).into(),
            Self::GlorotNormal(inner) => inner.for_axes(inputs, outputs).into(),
            Self::GlorotUniform(inner) => inner.for_axes(inputs, outputs).into(),
            Self::HeNormal(inner) => inner.for_axes(inputs, outputs).into(),
            Self::HeUniform(inner) => inner.for_axes(inputs, outputs).into(),
            Self::LecunNormal(inner) => inner.for_axes(inputs, outputs).into(),
            Self::LecunUniform(inner) => inner.for_axes(inputs, outputs).into(),
            other => other,
        }
    }

    /// Must a seed be drawn for it? That is, is it random and without a seed of its own?
    pub fn is_random(&self) -> bool {
        self.inner().needs_seed()
    }
}

impl FromStr for Initializer {
    type Err = Error;

    /// Knows every name that Keras's `initializers.get` knows: `"he_normal"`, `"HeNormal"`.
    fn from_str(name: &str) -> Result<Self> {
        Self::by_name(name)
    }
}
