//! Checks that the fast layers for CPU and GPU match candle's own operations, in outputs and gradients.

use candle_core::{Device, Result, Tensor, Var};
use model::ops::{
    Activation, Layer, Sequence, bernoulli_nll, conv, convs, deconv, deconvs, dense, device, reference,
};
use model::random::{Purpose, stream};
use proptest::prelude::*;
use rand::Rng;

fn random(shape: &[usize], seed: u64) -> Var {
    let mut rng = stream(seed, Purpose::Objective, shape.len() as u64);
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| rng.random_range(-1.0..1.0)).collect();
    Var::from_vec(values, shape, &Device::Cpu).expect("a small tensor")
}

fn largest(x: &Tensor) -> Result<f32> {
    x.abs()?.flatten_all()?.max(0)?.to_scalar::<f32>()
}

/// Largest difference relative to the largest value.
fn error(a: &Tensor, b: &Tensor) -> Result<f32> {
    error_over(a, b, 1e-3)
}

/// Largest difference relative to the largest value, or to `least` if that is larger.
fn error_over(a: &Tensor, b: &Tensor, least: f32) -> Result<f32> {
    assert_eq!(a.dims(), b.dims());
    Ok(largest(&(a - b)?)? / largest(b)?.max(least).max(1e-3))
}

/// Worst error of the output and gradients of `fast` against `slow`, for an input and its layers' weights
/// and biases.
///
/// The error of a bias gradient is relative to at least the weight gradients of its layer: a lone bias
/// sums terms of both signs, and its gradient may be arbitrarily smaller than its rounding error.
fn differ(fast: &Tensor, slow: &Tensor, x: &Var, layers: &[(&Var, &Var)]) -> Result<f32> {
    let mut worst = error(fast, slow)?;
    // A weighted sum, so that every output pixel has a different gradient.
    let weights = random(fast.dims(), 99);
    let backward = |y: &Tensor| (y * weights.as_tensor())?.sum_all()?.backward();
    let (fast, slow) = (backward(fast)?, backward(slow)?);
    let gradients = |input: &Var| {
        let (Some(fast), Some(slow)) = (fast.get(input), slow.get(input)) else {
            panic!("a gradient is missing");
        };
        (fast.clone(), slow.clone())
    };
    let (fast, slow) = gradients(x);
    worst = worst.max(error(&fast, &slow)?);
    for (w, b) in layers {
        let (fast, slow) = gradients(w);
        worst = worst.max(error(&fast, &slow)?);
        let least = largest(&slow)?;
        let (fast, slow) = gradients(b);
        worst = worst.max(error_over(&fast, &slow, least)?);
    }
    Ok(worst)
}

/// [`differ`] for one layer.
fn compare(fast: Layer, slow: Layer, inputs: &[Var; 3], activation: Activation) -> Result<f32> {
    let [x, w, b] = inputs;
    differ(&fast(x, w, b, activation)?, &slow(x, w, b, activation)?, x, &[(w, b)])
}

/// Whether all sums are far enough from zero, where the derivative of ReLU jumps.
fn smooth(layer: Layer, [x, w, b]: [&Tensor; 3]) -> Result<bool> {
    let sums = layer(x, w, b, Activation::None)?.abs()?.flatten_all()?;
    Ok(sums.min(0)?.to_scalar::<f32>()? > 1e-6 * largest(&sums)?)
}

/// Weights and biases of layers with the given widths.
fn layers(widths: &[usize], seed: u64, shape: fn(usize, usize) -> [usize; 4]) -> Vec<(Var, Var)> {
    widths
        .windows(2)
        .map(|w| (random(&shape(w[0], w[1]), seed ^ w[0] as u64), random(&[w[1]], seed ^ 7)))
        .collect()
}

/// Whether the sums of the first `count` layers are [`smooth`].
fn smooth_in_a_row(layer: Layer, x: &Var, layers: &[(Var, Var)], count: usize) -> Result<bool> {
    let mut hidden = x.as_detached_tensor();
    for (w, b) in &layers[..count] {
        if !smooth(layer, [&hidden, w, b])? {
            return Ok(false);
        }
        hidden = layer(&hidden, w, b, Activation::Relu)?;
    }
    Ok(true)
}

/// [`differ`] for a sequence of layers.
fn compare_in_a_row(fast: Sequence, slow: Sequence, x: &Var, layers: &[(Var, Var)]) -> Result<f32> {
    let tensors: Vec<(&Tensor, &Tensor)> =
        layers.iter().map(|(w, b)| (w.as_tensor(), b.as_tensor())).collect();
    let variables: Vec<(&Var, &Var)> = layers.iter().map(|(w, b)| (w, b)).collect();
    differ(&fast(x, &tensors)?, &slow(x, &tensors)?, x, &variables)
}

fn activation(relu: bool) -> Activation {
    if relu { Activation::Relu } else { Activation::None }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn convolutions_agree(n in 1usize..10, h in 1usize..6, w in 1usize..6, i in 1usize..20, o in 1usize..20, relu: bool, seed: u64) {
        let inputs = [random(&[n, 2 * h, 2 * w, i], seed), random(&[4, 4, i, o], seed ^ 1), random(&[o], seed ^ 2)];
        prop_assume!(!relu || smooth(reference::conv, inputs.each_ref().map(|v| v.as_tensor())).expect("shapes fit"));
        for layer in [conv, device::conv] {
            let worst = compare(layer, reference::conv, &inputs, activation(relu)).expect("shapes fit");
            prop_assert!(worst < 1e-5, "relative error {worst}");
        }
    }

    #[test]
    fn transposed_convolutions_agree(n in 1usize..10, h in 1usize..6, w in 1usize..6, i in 1usize..20, o in 1usize..20, relu: bool, seed: u64) {
        let inputs = [random(&[n, h, w, i], seed), random(&[i, 4, 4, o], seed ^ 1), random(&[o], seed ^ 2)];
        prop_assume!(!relu || smooth(reference::deconv, inputs.each_ref().map(|v| v.as_tensor())).expect("shapes fit"));
        for layer in [deconv, device::deconv] {
            let worst = compare(layer, reference::deconv, &inputs, activation(relu)).expect("shapes fit");
            prop_assert!(worst < 1e-5, "relative error {worst}");
        }
    }

    #[test]
    fn convolutions_in_a_row_agree(n in 1usize..10, h in 1usize..3, w in 1usize..3, widths in prop::collection::vec(1usize..12, 3..5), seed: u64) {
        let scale = 1 << (widths.len() - 1);
        let x = random(&[n, scale * h, scale * w, widths[0]], seed);
        let layers = layers(&widths, seed, |input, output| [4, 4, input, output]);
        let fits = smooth_in_a_row(reference::conv, &x, &layers, layers.len()).expect("shapes fit");
        prop_assume!(fits);
        for sequence in [convs, device::convs] {
            let worst = compare_in_a_row(sequence, reference::convs, &x, &layers).expect("shapes fit");
            // Rounding errors add up from layer to layer.
            prop_assert!(worst < 1e-5 * layers.len() as f32, "relative error {worst}");
        }
    }

    #[test]
    fn transposed_convolutions_in_a_row_agree(n in 1usize..10, h in 1usize..4, w in 1usize..4, widths in prop::collection::vec(1usize..12, 3..5), seed: u64) {
        let x = random(&[n, h, w, widths[0]], seed);
        let layers = layers(&widths, seed, |input, output| [input, 4, 4, output]);
        let fits = smooth_in_a_row(reference::deconv, &x, &layers, layers.len() - 1).expect("shapes fit");
        prop_assume!(fits);
        for sequence in [deconvs, device::deconvs] {
            let worst = compare_in_a_row(sequence, reference::deconvs, &x, &layers).expect("shapes fit");
            // Rounding errors add up from layer to layer.
            prop_assert!(worst < 1e-5 * layers.len() as f32, "relative error {worst}");
        }
    }

    #[test]
    fn dense_layers_agree(n in 1usize..40, i in 1usize..40, o in 1usize..40, relu: bool, seed: u64) {
        let inputs = [random(&[n, i], seed), random(&[o, i], seed ^ 1), random(&[o], seed ^ 2)];
        prop_assume!(!relu || smooth(reference::dense, inputs.each_ref().map(|v| v.as_tensor())).expect("shapes fit"));
        for layer in [dense, device::dense] {
            let worst = compare(layer, reference::dense, &inputs, activation(relu)).expect("shapes fit");
            prop_assert!(worst < 1e-5, "relative error {worst}");
        }
    }

    #[test]
    fn likelihoods_agree(n in 1usize..10, size in 1usize..70, seed: u64) {
        let logits = random(&[n, size], seed);
        let targets = random(&[n, size], seed ^ 1).detach().abs().expect("a small tensor");
        let both = |nll: fn(&Tensor, &Tensor) -> Result<Tensor>| -> Result<f32> {
            let (fast, slow) = (nll(&logits, &targets)?, reference::bernoulli_nll(&logits, &targets)?);
            let worst = error(&fast, &slow)?;
            let (fast, slow) = (fast.sqr()?.sum_all()?.backward()?, slow.sqr()?.sum_all()?.backward()?);
            let (Some(fast), Some(slow)) = (fast.get(&logits), slow.get(&logits)) else {
                panic!("a gradient is missing");
            };
            Ok(worst.max(error(fast, slow)?))
        };
        for nll in [bernoulli_nll, device::bernoulli_nll] {
            let worst = both(nll).expect("shapes fit");
            prop_assert!(worst < 1e-5, "relative error {worst}");
        }
    }
}

#[test]
fn wide_images_and_many_channels_agree() -> Result<()> {
    // Channels of one, two and three vectors, whole and partial; rows of whole tiles and of more.
    for (h, w, i, o) in [(8, 8, 32, 64), (5, 9, 16, 33), (3, 17, 3, 48), (16, 16, 1, 32), (2, 11, 40, 1)] {
        let seed = (h * w * i * o) as u64;
        for n in [1, 9] {
            let x = random(&[n, 2 * h, 2 * w, i], seed);
            let layer = [x, random(&[4, 4, i, o], seed ^ 1), random(&[o], seed ^ 2)];
            let worst = compare(conv, reference::conv, &layer, Activation::None)?;
            assert!(worst < 1e-5, "a convolution of {h}×{w}, {i} to {o}: {worst}");
            let x = random(&[n, h, w, i], seed);
            let layer = [x, random(&[i, 4, 4, o], seed ^ 1), random(&[o], seed ^ 2)];
            let worst = compare(deconv, reference::deconv, &layer, Activation::None)?;
            assert!(worst < 1e-5, "a transposed convolution of {h}×{w}, {i} to {o}: {worst}");
        }
    }
    Ok(())
}

#[test]
fn shapes_that_do_not_fit_are_errors() {
    let x = random(&[2, 6, 6, 3], 1);
    let bias = random(&[4], 2);
    for (conv, deconv, dense) in
        [(conv as Layer, deconv as Layer, dense as Layer), (device::conv, device::deconv, device::dense)]
    {
        for weight in [[4, 4, 2, 4], [3, 3, 3, 4], [4, 4, 3, 5]] {
            assert!(conv(&x, &random(&weight, 3), &bias, Activation::None).is_err());
        }
        let odd = random(&[2, 5, 6, 3], 1);
        assert!(conv(&odd, &random(&[4, 4, 3, 4], 3), &bias, Activation::None).is_err());
        assert!(deconv(&x, &random(&[2, 4, 4, 4], 3), &bias, Activation::None).is_err());
        assert!(dense(&random(&[2, 3], 1), &random(&[4, 2], 3), &bias, Activation::None).is_err());
    }
    assert!(bernoulli_nll(&x, &bias).is_err());
    assert!(device::bernoulli_nll(&x, &bias).is_err());
}

#[test]
fn inputs_that_need_no_gradient_take_none_from_the_others() -> Result<()> {
    let (w, b) = (random(&[4, 4, 3, 4], 2), random(&[4], 3));
    let x = random(&[2, 6, 6, 3], 1).as_detached_tensor();
    for layer in [conv, device::conv] {
        let fast = layer(&x, &w, &b, Activation::Relu)?.sum_all()?.backward()?;
        let slow = reference::conv(&x, &w, &b, Activation::Relu)?.sum_all()?.backward()?;
        for input in [&w, &b] {
            let (Some(fast), Some(slow)) = (fast.get(input), slow.get(input)) else {
                panic!("a gradient is missing");
            };
            assert!(error(fast, slow)? < 1e-4);
        }
    }
    Ok(())
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let gradients = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool");
        pool.install(|| -> Result<Vec<u32>> {
            let inputs = [random(&[13, 8, 8, 5], 1), random(&[4, 4, 5, 7], 2), random(&[7], 3)];
            let [x, w, b] = &inputs;
            let y = conv(x, w, b, Activation::Relu)?;
            let z =
                deconv(&y, &random(&[7, 4, 4, 5], 4), &random(&[5], 5), Activation::Relu)?.flatten_from(1)?;
            let loss =
                dense(&z, &random(&[300, 320], 6), &random(&[300], 7), Activation::Relu)?.sqr()?.sum_all()?;
            let gradients = loss.backward()?;
            let mut bits = Vec::new();
            for input in &inputs {
                let values = gradients.get(input).map(|g| g.flatten_all()?.to_vec1::<f32>());
                bits.extend(values.transpose()?.unwrap_or_default().iter().map(|v| v.to_bits()));
            }
            Ok(bits)
        })
        .expect("shapes fit")
    };
    let one = gradients(1);
    assert!(!one.is_empty());
    for threads in [2, 3, 4] {
        assert_eq!(one, gradients(threads), "{threads} threads");
    }
}
