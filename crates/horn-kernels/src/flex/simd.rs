//! Instruction sets, chosen when the program runs.

use std::sync::OnceLock;

use pulp::{Arch, NullaryFnOnce, WithSimd};

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

/// Runs a function with the best instruction set: its plain loops become vector instructions where the compiler sees
/// how. The function, and all that it calls, must be `#[inline(always)]`.
#[inline(always)]
pub(crate) fn vectorize<F: WithSimd>(f: F) -> F::Output {
    arch().dispatch(f)
}

/// As [`vectorize`], for a large closure that moves nothing out of itself. To be called by [`vectorize`], such a closure
/// gets a function around it that is `#[inline(always)]` no more, and so may have no vectors.
#[inline(always)]
pub(crate) fn vectorize_mut<R, F: FnMut() -> R>(f: F) -> R {
    struct Direct<F>(F);

    impl<R, F: FnMut() -> R> NullaryFnOnce for Direct<F> {
        type Output = R;

        #[inline(always)]
        fn call(mut self) -> R {
            (self.0)()
        }
    }

    arch().dispatch(Direct(f))
}
