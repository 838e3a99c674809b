//! Instruction sets, chosen when the program runs.

use std::sync::OnceLock;

use pulp::{Arch, NullaryFnOnce};

/// The environment variable that hides instruction sets, for tests: `avx2` hides AVX-512, `none` hides all.
const HORN_SIMD: &str = "HORN_SIMD";

/// The best instruction set of this machine.
pub(crate) fn arch() -> Arch {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    *ARCH.get_or_init(|| match std::env::var(HORN_SIMD).as_deref() {
        Ok("none") => Arch::Scalar,
        #[cfg(target_arch = "x86_64")]
        Ok("avx2") => pulp::x86::V3::try_new().map_or(Arch::Scalar, Arch::V3),
        _ => Arch::new(),
    })
}

/// Runs a closure with the best instruction set: its plain loops become vector instructions where the compiler sees how.
/// The closure, and all that it calls, must be `#[inline(always)]`.
///
/// It is an `FnMut`, since the compiler calls a closure as an `FnOnce` through a function of its own, which would be
/// compiled without the instruction set.
#[inline(always)]
pub(crate) fn vectorize<R>(f: impl FnMut() -> R) -> R {
    struct Called<F>(F);

    impl<R, F: FnMut() -> R> NullaryFnOnce for Called<F> {
        type Output = R;

        #[inline(always)]
        fn call(mut self) -> R {
            (self.0)()
        }
    }

    arch().dispatch(Called(f))
}
