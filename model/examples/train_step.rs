//! Times training steps of the dSprites network: encode, sample, decode, loss, gradients, Adam.
//!
//! `cargo run --release -p latentscope-model --example train_step -- [fast|stock|gemm] STEPS THREADS`
//! prints images a second (or, for `gemm`, GFLOP/s of a plain 1024³ product).

use std::time::Instant;

use candle_core::{Device, Result, Tensor};
use model::ops::{Adam, Layers, bernoulli_nll, reference};
use model::random::{Purpose, stream};
use model::{ModelConfig, Parameters, Vae};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

const BATCH: usize = 64;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let word = |i: usize, default: &str| arguments.get(i).cloned().unwrap_or_else(|| default.to_owned());
    let number = |i, default: &str| word(i, default).parse::<usize>().map_err(candle_core::Error::wrap);
    let (contender, steps, threads) = (word(0, "fast"), number(1, "50")?, number(2, "2")?);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(candle_core::Error::wrap)?;
    let value = match contender.as_str() {
        "gemm" => peak(steps)?,
        "stock" => train(steps, true)?,
        _ => train(steps, false)?,
    };
    println!("{value:.1}");
    Ok(())
}

/// GFLOP/s of a plain product of 1024 × 1024 matrices.
fn peak(rounds: usize) -> Result<f64> {
    let side = 1024;
    let a = Tensor::rand(-1f32, 1.0, (side, side), &Device::Cpu)?;
    a.matmul(&a)?;
    let start = Instant::now();
    for _ in 0..rounds {
        a.matmul(&a)?;
    }
    Ok(2e-9 * (side * side * side * rounds) as f64 / start.elapsed().as_secs_f64())
}

/// Images a second over `steps`, after a few to warm up.
fn train(steps: usize, stock: bool) -> Result<f64> {
    let device = Device::Cpu;
    let config = ModelConfig::default();
    let parameters = Parameters::initial(&config, 1, &device)?;
    let vae = Vae::load(&config, &parameters.builder(&device))?;
    let vae = if stock { vae.with_layers(Layers::REFERENCE) } else { vae };
    let moments = parameters.iter().map(|(_, v)| Adam::moments(v)).collect::<Result<Vec<_>>>()?;
    let mut rng = stream(1, Purpose::Batch, 0);
    let pixels: Vec<f32> = (0..BATCH * 4096).map(|_| f32::from(u8::from(rng.random_bool(0.05)))).collect();
    let images = Tensor::from_vec(pixels, (BATCH, 64, 64, 1), &device)?;
    let warm_up = 3;
    let mut start = Instant::now();
    for step in 0..steps + warm_up {
        if step == warm_up {
            start = Instant::now();
        }
        let noise: Vec<f32> = (0..BATCH * config.latent).map(|_| StandardNormal.sample(&mut rng)).collect();
        let noise = Tensor::from_vec(noise, (BATCH, config.latent), &device)?;
        let posterior = vae.encode(&images)?.posterior;
        let logits = vae.decode(&posterior.sample(&noise)?)?;
        let nll = if stock {
            reference::bernoulli_nll(&logits, &images)?
        } else {
            bernoulli_nll(&logits, &images)?
        };
        let kl = posterior.kl_standard_normal()?.sum(1)?;
        let gradients = (nll + kl)?.mean_all()?.backward()?;
        for ((_, variable), moments) in parameters.iter().zip(&moments) {
            if let Some(gradient) = gradients.get(variable) {
                Adam::default().update(1e-4, step as u64 + 1, variable, gradient, moments)?;
            }
        }
    }
    Ok((BATCH * steps) as f64 / start.elapsed().as_secs_f64())
}
