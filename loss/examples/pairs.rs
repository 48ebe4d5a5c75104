//! Times training steps with and without pairs: forward, gradients, Adam.
//!
//! `cargo run --release -p latentscope-loss --example pairs -- [faces|chairs|sprites] ROUNDS THREADS` runs
//! blocks of both in turn and prints the median milliseconds of a step and their ratio, by the clock and, on
//! Linux, by processor time.

use std::sync::Arc;
use std::time::Instant;

use candle_core::{Device, Result, Tensor};
use loss::pairs::{PairLoss, Pairs};
use loss::terms::{Activation, Beta, Laplace, Pyramid, Transitions};
use loss::{Batch, Catalogue, Layout, Loss, Weight};
use mimalloc::MiMalloc;
use model::ops::Adam;
use model::random::{Purpose, stream};
use model::{ImageShape, ModelConfig, Parameters, Vae};
use rand::Rng;
use worlds::World;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const BATCH: usize = 64;
/// Steps a block.
const STEPS: usize = 8;

/// A world's images by their numbers.
struct Grid(&'static dyn World);

impl Catalogue for Grid {
    fn factors(&self) -> Vec<usize> {
        self.0.factors().iter().map(|factor| factor.count).collect()
    }

    fn classes(&self, image: u64) -> Vec<usize> {
        self.0.classes(image)
    }

    fn image(&self, classes: &[usize]) -> Option<u64> {
        Some(self.0.index(classes))
    }
}

/// A network with its optimiser, and what it is trained on.
struct Contender {
    loss: Loss,
    vae: Vae,
    parameters: Parameters,
    moments: Vec<Tensor>,
    images: Tensor,
    layout: Layout,
    noise: Tensor,
    step: u64,
    /// Milliseconds a step, by the clock and by processor time.
    times: [Vec<f64>; 2],
}

impl Contender {
    fn new(world: &'static dyn World, loss: Loss) -> Result<Self> {
        let device = Device::Cpu;
        let [height, width, channels] = world.image_shape();
        let image = ImageShape { height, width, channels };
        let config =
            ModelConfig { image, latent: 12, channels: vec![16, 32, 64, 64], ..ModelConfig::default() };
        let parameters = Parameters::initial(&config, 1, &device)?;
        let mut rng = stream(1, Purpose::Batch, 0);
        let batch = (0..BATCH).map(|_| rng.random_range(0..world.len())).collect();
        let selection = loss.select(&Grid(world), batch, &mut rng).map_err(candle_core::Error::wrap)?;
        let mut bytes = vec![0; image.len()];
        let mut values = Vec::new();
        for &number in &selection.images {
            world.render_index(number, &mut bytes);
            values.extend(bytes.iter().map(|&byte| f32::from(byte) / 255.0));
        }
        let noise = config.posterior.noise(BATCH, config.latent, &mut rng);
        Ok(Self {
            loss,
            vae: Vae::load(&config, &parameters.builder(&device))?,
            moments: parameters.iter().map(|(_, v)| Adam::moments(v)).collect::<Result<_>>()?,
            parameters,
            images: Tensor::from_vec(values, (selection.images.len(), height, width, channels), &device)?,
            layout: selection.layout,
            noise: Tensor::from_vec(noise, (BATCH, config.latent), &device)?,
            step: 0,
            times: [Vec::new(), Vec::new()],
        })
    }

    fn take_step(&mut self) -> Result<()> {
        self.step += 1;
        let Self { images, layout, noise, step, .. } = self;
        let batch = Batch { images, layout, noise, step: *step, images_in_all: 1 << 20 };
        let mut noise = stream(1, Purpose::Objective, *step);
        let pass = self.loss.forward(&self.vae, &self.parameters, &[], &batch, &mut noise)?;
        let gradients = pass.costs.loss.backward()?;
        for ((_, variable), moments) in self.parameters.iter().zip(&self.moments) {
            if let Some(gradient) = gradients.get(variable) {
                Adam::default().update(1e-4, *step, variable, gradient, moments)?;
            }
        }
        Ok(())
    }

    fn block(&mut self) -> Result<()> {
        let (start, used) = (Instant::now(), processor_seconds());
        for _ in 0..STEPS {
            self.take_step()?;
        }
        self.times[0].push(1e3 * start.elapsed().as_secs_f64() / STEPS as f64);
        if let (Some(before), Some(after)) = (used, processor_seconds()) {
            self.times[1].push(1e3 * (after - before) / STEPS as f64);
        }
        Ok(())
    }
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

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let word = |i: usize, default: &str| arguments.get(i).cloned().unwrap_or_else(|| default.to_owned());
    let number = |i, default: &str| word(i, default).parse::<usize>().map_err(candle_core::Error::wrap);
    let (name, rounds, threads) = (word(0, "faces"), number(1, "9")?, number(2, "2")?);
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(candle_core::Error::wrap)?;
    let Some(world) = worlds::by_name(&name) else { candle_core::bail!("there is no world `{name}`") };
    let plain = || {
        Loss::default()
            .with("objective", Arc::new(Beta::default()))
            .with("prior", Arc::new(Laplace::default()))
            .with("sparsity.activation", Arc::new(Activation::default()))
    };
    let pyramid = |loss: Loss| loss.with("pyramid", Arc::new(Pyramid::default()));
    let focus = if name == "faces" { 0.3 } else { 0.0 };
    let exchange = Some(Weight::Constant(1.0));
    let asked = PairLoss { exchange, focus, purity: Weight::Constant(30.0), ..PairLoss::default() };
    let pairs = Pairs { source: Transitions { groups: 10 }, loss: asked };
    let paired = pyramid(plain().with("sparsity.transitions", Arc::new(pairs)));
    let mut contenders = [Contender::new(world, pyramid(plain()))?, Contender::new(world, paired)?];
    for _ in 0..=rounds {
        contenders.iter_mut().try_for_each(Contender::block)?;
    }
    for (place, kind) in ["clock", "processor"].iter().enumerate() {
        // The first block warms up.
        let [plain, paired] =
            [0, 1].map(|i| median(contenders[i].times[place].iter().skip(1).copied().collect()));
        println!("{name}, {kind}: {plain:.1} ms, with pairs {paired:.1} ms, {:.2} times", paired / plain);
    }
    Ok(())
}
