//! `latentscope device`: compares a GPU with the CPU and times it, for `cargo xtask bench cuda`.
//!
//! The help doesn't list this command. It is part of the binary because a machine with a GPU may have nothing else.

use std::time::Instant;

use anyhow::{Context, bail};
use candle_core::{Device, Result, Tensor};
use clap::ValueEnum;
use model::ops::{Adam, FlatAdam, Layers, bernoulli_nll, device};
use model::random::{Purpose, stream};
use model::{ModelConfig, Parameters, Vae};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use super::print::print;
use super::train::Place;

/// Largest relative error of a gradient in f32, whose sums of up to a million terms have another order.
const TOLERANCE: f64 = 1e-3;
/// Same as [`TOLERANCE`], for products that round each factor to 10 bits.
const TF32_TOLERANCE: f64 = 5e-2;
/// Number of steps that are not timed.
const WARM_UP: u64 = 20;
/// Side of the square matrices whose product is timed.
const SIDE: usize = 4096;
/// Number of values in the copy that is timed, far more than a cache holds.
const COPIED: usize = 1 << 27;

/// Arguments of `device`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to do.
    #[arg(value_enum)]
    what: What,
    /// Device.
    #[arg(long, value_enum, default_value_t = Place::Cuda)]
    device: Place,
    /// Images per step.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1 << 16))]
    batch: u32,
    /// Number of steps, products or copies to time.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..))]
    steps: u64,
    /// Let products round their factors to TF32, as PyTorch's convolutions do by default.
    #[arg(long)]
    tf32: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// Compare the gradients of one batch with the CPU's, and print the largest relative error.
    Check,
    /// Time training steps on one batch, and print images per second.
    Step,
    /// Time a large product and a large copy, and print GFLOP/s and GB/s.
    Peak,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let device = args.device.open()?;
    candle_core::cuda::set_gemm_reduced_precision_f32(args.tf32);
    let batch = args.batch as usize;
    match args.what {
        What::Check => {
            let (worst, name) = worst_gradient(&device, batch)?;
            let tolerance = if args.tf32 { TF32_TOLERANCE } else { TOLERANCE };
            if worst.is_nan() || worst > tolerance {
                bail!(
                    "the gradient of {name} differs from the CPU's by {worst:.1e}, more than {tolerance:.0e}: \
                     don't train on this device, and report it"
                );
            }
            print(&format!("{worst:.2e}\n"))
        }
        What::Step => print(&format!("{:.1}\n", step_rate(&device, batch, args.steps)?)),
        What::Peak => {
            let (gflops, gigabytes) = peak(&device, args.steps)?;
            print(&format!("{gflops:.1} {gigabytes:.1}\n"))
        }
    }
}

/// A network with a batch, the same on every device.
struct Network {
    parameters: Parameters,
    vae: Vae,
    images: Tensor,
    noise: Tensor,
    nll: fn(&Tensor, &Tensor) -> Result<Tensor>,
}

impl Network {
    fn new(device: &Device, batch: usize, layers: Layers) -> Result<Self> {
        let config = ModelConfig::default();
        let parameters = Parameters::initial(&config, 1, device)?;
        let vae = Vae::load(&config, &parameters.builder(device))?.with_layers(layers);
        let mut rng = stream(1, Purpose::Batch, 0);
        let pixels: Vec<f32> =
            (0..batch * config.image.len()).map(|_| f32::from(u8::from(rng.random_bool(0.05)))).collect();
        let shape = (batch, config.image.height, config.image.width, config.image.channels);
        let noise: Vec<f32> = (0..batch * config.latent).map(|_| StandardNormal.sample(&mut rng)).collect();
        Ok(Self {
            parameters,
            vae,
            images: Tensor::from_vec(pixels, shape, device)?,
            noise: Tensor::from_vec(noise, (batch, config.latent), device)?,
            nll: bernoulli_nll,
        })
    }

    /// Gradients of the evidence lower bound, one for each parameter, in the order of names.
    fn gradients(&self) -> Result<Vec<Tensor>> {
        let posterior = self.vae.encode(&self.images)?.posterior;
        let logits = self.vae.decode(&posterior.sample(&self.noise)?)?;
        let kl = posterior.kl_standard_normal()?.sum(1)?;
        let loss = ((self.nll)(&logits, &self.images)? + kl)?.mean_all()?;
        self.parameters.gradients(&loss.backward()?)
    }
}

/// Largest relative error of the gradients on `device`, compared with the CPU, and the name of its parameter.
///
/// On the CPU this compares the GPU's layers.
fn worst_gradient(device: &Device, batch: usize) -> Result<(f64, String)> {
    let ours = Network { nll: device::bernoulli_nll, ..Network::new(device, batch, Layers::DEVICE)? };
    let reference = Network::new(&Device::Cpu, batch, Layers::FAST)?;
    let mut worst = (0.0, String::new());
    let pairs = ours.gradients()?.into_iter().zip(reference.gradients()?);
    for ((name, _), (ours, expected)) in reference.parameters.iter().zip(pairs) {
        let ours = ours.to_device(&Device::Cpu)?;
        let difference = (ours - &expected)?.abs()?.max_all()?.to_scalar::<f32>()?;
        let error = f64::from(difference / expected.abs()?.max_all()?.to_scalar::<f32>()?);
        // NaN counts as the largest error.
        if error.is_nan() || error > worst.0 {
            worst = (error, name.to_owned());
        }
        if worst.0.is_nan() {
            break;
        }
    }
    Ok(worst)
}

/// Images per second over `steps` training steps.
fn step_rate(device: &Device, batch: usize, steps: u64) -> Result<f64> {
    let network = Network::new(device, batch, Layers::FAST)?;
    let variables: Vec<_> = network.parameters.iter().map(|(_, v)| v.clone()).collect();
    let moments = variables.iter().map(Adam::moments).collect::<Result<Vec<_>>>()?;
    let mut adam = FlatAdam::new(Adam::default(), variables, &moments)?;
    let mut start = Instant::now();
    for step in 1..=WARM_UP + steps {
        adam.update(1e-4, step, &network.gradients()?)?;
        if step == WARM_UP {
            device.synchronize()?;
            start = Instant::now();
        }
    }
    device.synchronize()?;
    Ok(batch as f64 * steps as f64 / start.elapsed().as_secs_f64())
}

/// GFLOP/s of a large product, and GB/s (read and written) of a large copy.
fn peak(device: &Device, rounds: u64) -> anyhow::Result<(f64, f64)> {
    let square = Tensor::arange(0f32, (SIDE * SIDE) as f32, device)?.sin()?.reshape((SIDE, SIDE))?;
    let long = Tensor::zeros(COPIED, candle_core::DType::F32, device).context("the copy needs 1 GiB")?;
    let time = |work: &dyn Fn() -> Result<Tensor>| -> Result<f64> {
        work()?;
        device.synchronize()?;
        let start = Instant::now();
        for _ in 0..rounds {
            work()?;
        }
        device.synchronize()?;
        Ok(start.elapsed().as_secs_f64() / rounds as f64)
    };
    let (product, copy) = (time(&|| square.matmul(&square))?, time(&|| long.copy())?);
    Ok((2e-9 * (SIDE as f64).powi(3) / product, 8e-9 * COPIED as f64 / copy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gpus_layers_give_the_cpus_gradients() -> Result<()> {
        let (worst, name) = worst_gradient(&Device::Cpu, 5)?;
        assert!(worst > 0.0 && worst < TOLERANCE, "{name}: {worst}");
        Ok(())
    }
}
