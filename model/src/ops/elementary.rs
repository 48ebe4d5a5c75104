//! Elementwise loops that the compiler vectorises with the widest vectors of the processor.
//!
//! exp and log(1 + t) are polynomials in plain arithmetic, without calls or branches. They give the same
//! bits on every processor that follows IEEE 754 without contraction.

use pulp::Arch;

/// Lanes over which a sum is spread; enough for one AVX-512 register.
pub(super) const LANES: usize = 16;

/// e^x for x in [−87, 0], with relative error under 2e-7 (Cody & Waite's reduction, Taylor series to
/// degree 7 on ±½ ln 2); smaller x give e^−87.
#[inline(always)]
pub(super) fn exp_negative(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.max(-87.0);
    // Adding 1.5·2²³ rounds to the nearest integer, which is then in the low bits.
    let shifted = x * std::f32::consts::LOG2_E + 12_582_912.0;
    let n = shifted - 12_582_912.0;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    let mut p = 1.0 / 5040.0;
    for c in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = p * r + c;
    }
    let power = (shifted.to_bits().wrapping_add(127)) << 23;
    p * f32::from_bits(power)
}

/// log(1 + t) for t in [0, 1], with relative error under 4e-7: the series of 2·artanh(t / (2 + t)) to
/// degree 13, whose argument is at most 1/3.
#[inline(always)]
pub(super) fn log_one_plus(t: f32) -> f32 {
    let s = t / (2.0 + t);
    let q = s * s;
    let mut p = 1.0 / 13.0;
    for c in [1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0] {
        p = p * q + c;
    }
    2.0 * s * p
}

/// 1/(1 + exp(−v)).
#[inline(always)]
pub(super) fn sigmoid(v: f32) -> f32 {
    let t = exp_negative(-v.abs());
    (if v >= 0.0 { 1.0 } else { t }) / (1.0 + t)
}

/// Σ max(l, 0) − l·x + log(1 + exp(−|l|)) over one image.
pub(super) fn bernoulli_nll(logits: &[f32], targets: &[f32]) -> f32 {
    #[inline(always)]
    fn term(l: f32, x: f32) -> f32 {
        l.max(0.0) - l * x + log_one_plus(exp_negative(-l.abs()))
    }
    let sums = Arch::new().dispatch(
        #[inline(always)]
        || {
            let mut sums = [0f32; LANES];
            let (ls, xs) = (logits.chunks_exact(LANES), targets.chunks_exact(LANES));
            let tail: f32 = ls.remainder().iter().zip(xs.remainder()).map(|(&l, &x)| term(l, x)).sum();
            for (l, x) in ls.zip(xs) {
                for i in 0..LANES {
                    sums[i] += term(l[i], x[i]);
                }
            }
            sums[0] += tail;
            sums
        },
    );
    sums.iter().sum()
}

/// Flushes tiny gradients to 0. Products of them would be subnormal numbers, which processors multiply a
/// hundred times more slowly, and confidently predicted backgrounds are full of them.
#[inline(always)]
pub(super) fn flushed(gradient: f32) -> f32 {
    if gradient.abs() > 1e-12 { gradient } else { 0.0 }
}

/// Writes (σ(l) − x)·scale for one image.
pub(super) fn bernoulli_gradient(logits: &[f32], targets: &[f32], scale: f32, out: &mut [f32]) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for ((out, &l), &x) in out.iter_mut().zip(logits).zip(targets) {
                *out = flushed((sigmoid(l) - x) * scale);
            }
        },
    );
}

/// Gradient before a ReLU: keeps `gradient` where `output` is above 0 and zeroes the rest.
pub(super) fn mask(output: &[f32], gradient: &mut [f32]) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (gradient, &output) in gradient.iter_mut().zip(output) {
                *gradient = if output > 0.0 { *gradient } else { 0.0 };
            }
        },
    );
}

/// Adds each pixel of `values` (as wide as `sum`) to `sum`.
pub(super) fn add_pixels(values: &[f32], sum: &mut [f32]) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            if let [sum] = sum {
                let mut sums = [0f32; LANES];
                let runs = values.chunks_exact(LANES);
                *sum += runs.remainder().iter().sum::<f32>();
                for run in runs {
                    for (sum, value) in sums.iter_mut().zip(run) {
                        *sum += value;
                    }
                }
                *sum += sums.iter().sum::<f32>();
                return;
            }
            for pixel in values.chunks_exact(sum.len()) {
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += value;
                }
            }
        },
    );
}

/// m ← β₁m + (1−β₁)g and v ← β₂v + (1−β₂)g².
pub(super) fn decay_moments(beta1: f64, beta2: f64, gradient: &[f32], m: &mut [f32], v: &mut [f32]) {
    // 1 − β is computed in f64; in f32 it would lose five digits for β = 0.999.
    let (rest1, rest2) = ((1.0 - beta1) as f32, (1.0 - beta2) as f32);
    let (beta1, beta2) = (beta1 as f32, beta2 as f32);
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for ((m, v), &g) in m.iter_mut().zip(v).zip(gradient) {
                *m = beta1 * *m + rest1 * g;
                *v = beta2 * *v + rest2 * g * g;
            }
        },
    );
}

/// θ ← θ − rate·m / (√v·root + ε).
pub(super) fn descend(rate: f32, root: f32, epsilon: f32, m: &[f32], v: &[f32], values: &mut [f32]) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for ((value, &m), &v) in values.iter_mut().zip(m).zip(v) {
                *value -= rate * m / (v.sqrt() * root + epsilon);
            }
        },
    );
}

/// ā ← ā + share·(w − ā).
pub(super) fn approach(share: f32, values: &[f32], means: &mut [f32]) {
    Arch::new().dispatch(
        #[inline(always)]
        || {
            for (mean, &value) in means.iter_mut().zip(values) {
                *mean += share * (value - *mean);
            }
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_and_log_have_their_documented_accuracy() {
        for i in 0..=87_000 {
            let x = -(i as f32) / 1000.0;
            let exact = f64::from(x).exp();
            let error = (f64::from(exp_negative(x)) / exact - 1.0).abs();
            assert!(error < 2e-7, "exp({x}) is off by {error}");
        }
        for i in 1..=100_000 {
            let t = i as f32 / 100_000.0;
            let exact = f64::from(t).ln_1p();
            let error = (f64::from(log_one_plus(t)) / exact - 1.0).abs();
            assert!(error < 4e-7, "log(1 + {t}) is off by {error}");
        }
    }

    #[test]
    fn the_loss_is_finite_and_right_at_any_logit() {
        for l in [-1e4, -100.0, -3.0, -0.1, 0.0, 0.1, 3.0, 100.0, 1e4f32] {
            for x in [0.0, 0.25, 1.0f32] {
                let wide = f64::from(l);
                let exact = wide.max(0.0) - wide * f64::from(x) + (-wide.abs()).exp().ln_1p();
                let got = f64::from(bernoulli_nll(&[l], &[x]));
                assert!((got - exact).abs() <= 1e-6 * exact.abs().max(1.0), "{l} {x}: {got}, not {exact}");
                let mut gradient = [0.0];
                bernoulli_gradient(&[l], &[x], 2.0, &mut gradient);
                let exact = 2.0 * (1.0 / (1.0 + (-wide).exp()) - f64::from(x));
                assert!((f64::from(gradient[0]) - exact).abs() < 1e-6);
            }
        }
    }
}
