//! The engine on the GPU: WebGPU in the browser, Vulkan in native tests.
//!
//! | file | content |
//! |---|---|
//! | `shaders/` | a compute shader for each kind of layer, and one that draws |
//! | `plan` | the network's layers as shaders, with weights in the shaders' layout |
//! | `chain` | a sequence of layers with its pipelines and buffers, created once |
//! | `draw`, `frame` | pictures drawn directly to canvases, all of a frame at once |
//! | `device` | the adapter, and what happens if it is lost |
//! | `host` | the functions used of the browser's WebGPU, or of Vulkan |

mod chain;
mod check;
mod device;
mod draw;
mod frame;
mod host;
mod plan;
mod shaders;
mod signal;
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use candle_core::Tensor;
use model::circle::expanded;
use model::likelihood::LOG_SCALE;
use model::{Card, Likelihood, Posterior, Weights};

use self::chain::{Chain, compile};
use self::draw::Drawing;
use self::plan::{Layout, Plan};
use super::outcome::{codes, count, means, outcome};
use super::{Answer, Codes, Engine, EngineError, Reconstruction};

pub use check::{check, check_decoder, check_encoder};
pub use device::Device;
pub use draw::{Canvas, Picture, Target};
pub use frame::Frame;

/// Capacity of the encoder in images; the page encodes one at a time.
const ENCODED: usize = 16;

/// A model on the GPU.
#[derive(Debug)]
pub struct Gpu {
    card: Card,
    likelihood: Likelihood,
    device: Rc<Device>,
    /// Created from `layers` on the first encoding, so that pictures don't wait for it.
    encoder: OnceCell<Chain>,
    /// Empty once the encoder exists.
    layers: RefCell<Rc<[Plan]>>,
    decoder: Chain,
    drawing: Drawing,
}

impl Gpu {
    /// Reads a weights file, and allocates buffers for `pictures` at once.
    ///
    /// # Errors
    /// Fails if the file is invalid or the GPU can't hold the model.
    pub async fn load(device: &Rc<Device>, bytes: &[u8], pictures: usize) -> Result<Self, EngineError> {
        let Weights { card, tensors } = Weights::from_bytes(bytes)?;
        let layers = RefCell::new(plan::plans(&card.model.encoder(), &tensors)?.into());
        let decoder = plan::plans(&card.model.decoder(), &tensors)?;
        let decoders = compile(device, &decoder);
        let (layout, drawing) = Drawing::compile(device, card.model.image);
        let (decoders, drawing) = (decoders.await?, drawing.await?);
        let made = device.host.checked(|| {
            let decoder = Chain::new(device, &decoder, decoders, pictures.max(1))?;
            let logits = (&decoder.output, decoder.capacity * decoder.output_size);
            let drawing = Drawing::new(device, &layout, drawing, logits);
            Ok((decoder, drawing))
        });
        let (decoder, drawing) = made.await?;
        let likelihood = Likelihood::new(card.model.likelihood, tensors.get(LOG_SCALE).cloned());
        let (device, encoder) = (device.clone(), OnceCell::new());
        Ok(Self { likelihood, card, device, encoder, layers, decoder, drawing })
    }

    async fn encoder(&self) -> Result<&Chain, EngineError> {
        if let Some(encoder) = self.encoder.get() {
            return Ok(encoder);
        }
        let layers = self.layers.borrow().clone();
        let pipelines = compile(&self.device, &layers).await?;
        let made = || Chain::new(&self.device, &layers, pipelines, ENCODED);
        let encoder = self.device.host.checked(made).await?;
        self.layers.replace(Rc::default());
        Ok(self.encoder.get_or_init(|| encoder))
    }

    async fn encode_now(&self, images: &[f32]) -> Result<Codes, EngineError> {
        let size = self.card.model.image.len();
        count("images", images.len(), size)?;
        let mut codes = Codes { mean: Vec::new(), std: Vec::new() };
        let encoder = self.encoder().await?;
        for images in images.chunks(encoder.capacity * size) {
            let n = images.len() / size;
            self.write_images(encoder, images);
            let statistics = self.run(encoder, n).await?;
            let part = self.codes_of(&statistics, n)?;
            codes.mean.extend(part.mean);
            codes.std.extend(part.std);
        }
        Ok(codes)
    }

    async fn logits(&self, codes: &[f32]) -> Result<Vec<f32>, EngineError> {
        let latent = self.card.model.latent;
        count("codes", codes.len(), latent)?;
        let mut logits = Vec::new();
        for codes in codes.chunks(self.decoder.capacity * latent) {
            let n = codes.len() / latent;
            self.write_codes(codes);
            logits.extend(self.run(&self.decoder, n).await?);
        }
        Ok(logits)
    }

    async fn reconstruct_now(&self, image: &[f32]) -> Result<Reconstruction, EngineError> {
        let expected = self.card.model.image.len();
        if count("images", image.len(), expected)? != 1 {
            return Err(EngineError::Input { what: "images", found: image.len(), expected });
        }
        let codes = self.encode_now(image).await?;
        let logits = self.logits(&codes.mean).await?;
        outcome(codes, &self.likelihood, logits, image)
    }

    /// Converts `n` rows of the encoder's output to posteriors, with the network's own last steps.
    fn codes_of(&self, statistics: &[f32], n: usize) -> Result<Codes, EngineError> {
        let config = &self.card.model;
        let width = config.posterior.statistics() * config.width();
        let rows = statistics.chunks_exact(statistics.len() / n);
        let values: Vec<f32> = rows.flat_map(|row| &row[..width]).copied().collect();
        let statistics = Tensor::from_vec(values, (n, width), &candle_core::Device::Cpu)?;
        codes(&Posterior::of(config, &statistics)?, config)
    }

    /// Reads the chain's output for the first `n` inputs.
    async fn run(&self, chain: &Chain, n: usize) -> Result<Vec<f32>, EngineError> {
        let mut commands = self.device.commands();
        chain.record(&mut commands, n);
        self.device.host.read(commands, &chain.output, n * chain.output_size).await
    }

    fn write_codes(&self, codes: &[f32]) {
        let config = &self.card.model;
        let channels = expanded(codes, config);
        self.device.host.write(&self.decoder.input, &Layout::vector(config.width()).pad(&channels));
    }

    fn write_images(&self, encoder: &Chain, images: &[f32]) {
        let image = self.card.model.image;
        self.device.host.write(&encoder.input, &Layout::of(image).pad(images));
    }
}

impl Engine for Gpu {
    fn card(&self) -> &Card {
        &self.card
    }

    fn encode<'a>(&'a self, images: &'a [f32]) -> Answer<'a, Codes> {
        Box::pin(self.encode_now(images))
    }

    fn decode<'a>(&'a self, codes: &'a [f32]) -> Answer<'a, Vec<f32>> {
        Box::pin(async move { Ok(means(self.logits(codes).await?)) })
    }

    fn reconstruct<'a>(&'a self, image: &'a [f32]) -> Answer<'a, Reconstruction> {
        Box::pin(self.reconstruct_now(image))
    }
}
