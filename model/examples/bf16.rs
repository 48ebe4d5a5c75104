//! Whether bf16 products would pay: the rate of `vdpbf16ps` beside that of f32 multiply-adds.
//!
//! `cargo run --release -p latentscope-model --example bf16` prints billions of multiply-adds a second of
//! one core, of independent instructions, in f32 and in bf16, where the processor has AVX512-BF16.

#[cfg(target_arch = "x86_64")]
fn main() {
    if !(is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bf16")) {
        println!("this processor has no AVX512-BF16");
        return;
    }
    for _ in 0..3 {
        // SAFETY: the processor has both features, as asked above.
        #[allow(unsafe_code)]
        let [single, half] = unsafe { [x86::single(), x86::half()] };
        println!("f32 {single:.1}  bf16 {half:.1}");
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn main() {
    println!("AVX512-BF16 is x86's");
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;
    use std::hint::black_box;
    use std::time::Instant;

    const ROUNDS: usize = 20_000_000;
    /// Independent sums: enough to hide what an instruction takes.
    const SUMS: usize = 16;

    /// Billions of multiply-adds a second: 16 an instruction.
    #[target_feature(enable = "avx512f")]
    pub(super) fn single() -> f64 {
        let (a, b) = (black_box(_mm512_set1_ps(0.5)), black_box(_mm512_set1_ps(2.0)));
        let mut sums = [_mm512_setzero_ps(); SUMS];
        let start = Instant::now();
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = _mm512_fmadd_ps(a, b, *sum);
            }
        }
        rate(16, sums, start)
    }

    /// The same: 32 an instruction.
    #[target_feature(enable = "avx512f,avx512bf16")]
    pub(super) fn half() -> f64 {
        let a = black_box(_mm512_cvtne2ps_pbh(_mm512_set1_ps(0.5), _mm512_set1_ps(2.0)));
        let mut sums = [_mm512_setzero_ps(); SUMS];
        let start = Instant::now();
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = _mm512_dpbf16_ps(*sum, a, a);
            }
        }
        rate(32, sums, start)
    }

    fn rate(products: usize, sums: [__m512; SUMS], start: Instant) -> f64 {
        black_box(sums);
        1e-9 * (products * SUMS * ROUNDS) as f64 / start.elapsed().as_secs_f64()
    }
}
