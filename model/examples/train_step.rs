//! Times training steps of a network: encode, sample, decode, Bernoulli loss, KL, gradients, Adam.
//!
//! `cargo run --release -p latentscope-model --example train_step -- [fast|stock|gemm] STEPS THREADS [NETWORK]`
//! prints images a second and, on Linux, images a second of processor time (or, for `gemm`, GFLOP/s
//! of a plain 1024³ product). NETWORK is `dsprites`, the default, or `rgb`, that of `configs/celeba-*.toml`.

use std::time::Instant;

use candle_core::{Device, Result, Tensor};
use mimalloc::MiMalloc;
use model::ops::{Adam, Layers, bernoulli_nll, reference};
use model::random::{Purpose, stream};
use model::{ImageShape, ModelConfig, Parameters, Vae};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

/// Every step frees and allocates the same megabytes; the system's allocator hands them back to the
/// kernel, which clears each page again.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const BATCH: usize = 64;

fn main() -> Result<()> {
    // SAFETY: no other thread has started. Candle's own threads would compete with those of the layers.
    #[allow(unsafe_code)]
    unsafe {
        std::env::set_var("CANDLE_NUM_THREADS", "1");
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let word = |i: usize, default: &str| arguments.get(i).cloned().unwrap_or_else(|| default.to_owned());
    let number = |i, default: &str| word(i, default).parse::<usize>().map_err(candle_core::Error::wrap);
    let (contender, steps, threads) = (word(0, "fast"), number(1, "50")?, number(2, "2")?);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(candle_core::Error::wrap)?;
    let network = match word(3, "dsprites").as_str() {
        "dsprites" => ModelConfig::default(),
        "rgb" => ModelConfig {
            image: ImageShape { height: 64, width: 64, channels: 3 },
            latent: 24,
            channels: vec![16, 32, 64, 64],
            ..ModelConfig::default()
        },
        other => candle_core::bail!("there is no network `{other}`; it is `dsprites` or `rgb`"),
    };
    match contender.as_str() {
        "gemm" => println!("{:.1}", peak(steps)?),
        "stock" => train(&network, steps, true)?,
        _ => train(&network, steps, false)?,
    }
    Ok(())
}

/// Processor seconds that all threads have used, where Linux tells.
fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in parentheses, may hold spaces; user and system time are the 12th and 13th after it,
    // in hundredths of a second on every Linux.
    let after_name = stat.rsplit_once(')')?.1;
    let ticks: Vec<f64> = after_name.split_whitespace().skip(11).take(2).flat_map(str::parse).collect();
    (ticks.len() == 2).then(|| (ticks[0] + ticks[1]) / 100.0)
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

/// Prints images a second over `steps`, after a few to warm up.
fn train(config: &ModelConfig, steps: usize, stock: bool) -> Result<()> {
    let device = Device::Cpu;
    let parameters = Parameters::initial(config, 1, &device)?;
    let vae = Vae::load(config, &parameters.builder(&device))?;
    let vae = if stock { vae.with_layers(Layers::REFERENCE) } else { vae };
    let moments = parameters.iter().map(|(_, v)| Adam::moments(v)).collect::<Result<Vec<_>>>()?;
    let mut rng = stream(1, Purpose::Batch, 0);
    let image = config.image;
    let pixels: Vec<f32> =
        (0..BATCH * image.len()).map(|_| f32::from(u8::from(rng.random_bool(0.05)))).collect();
    let images = Tensor::from_vec(pixels, (BATCH, image.height, image.width, image.channels), &device)?;
    let warm_up = 3;
    let (mut start, mut used) = (Instant::now(), None);
    for step in 0..steps + warm_up {
        if step == warm_up {
            (start, used) = (Instant::now(), processor_seconds());
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
    let images = (BATCH * steps) as f64;
    print!("{:.1}", images / start.elapsed().as_secs_f64());
    if let (Some(before), Some(after)) = (used, processor_seconds()) {
        print!(" {:.1}", images / (after - before));
    }
    println!();
    Ok(())
}
