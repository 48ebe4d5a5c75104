//! The inference engine for other web pages.

#[cfg(feature = "gpu")]
use std::cell::RefCell;
#[cfg(feature = "gpu")]
use std::rc::Rc;

use wasm_bindgen::prelude::*;

#[cfg(feature = "gpu")]
use crate::engine::gpu::{Device, Gpu, check_decoder, check_encoder};
use crate::engine::{Codes, Cpu, Engine};

/// Number of pictures that a model on the GPU decodes at once; more run in parts.
#[cfg(feature = "gpu")]
const ROOM: usize = 128;

/// TypeScript types of the card's objective.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** The prior p(z) of a unit: `JSON.parse(model.card()).objective.prior`. */
export type Prior =
  | { kind: "gaussian" }
  | { kind: "laplace"; scale: number }
  | { kind: "spike-slab"; active: number }
  | { kind: "mixture"; share: number; narrow: number; alignment: number }
  | { kind: "relevance"; strength: number; variances?: number[] };

/** What a model was trained to minimise: `JSON.parse(model.card()).objective`. */
export interface Objective {
  prior: Prior;
  parts: { name: string; parameters?: Record<string, number> }[];
}
"#;

/// A model from a weights file.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Model(Cpu);

/// Posterior of a batch of images.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Posterior(Codes);

#[wasm_bindgen]
impl Model {
    /// Loads the bytes of a `.safetensors` file that the trainer exported.
    ///
    /// # Errors
    /// Fails if the file is invalid.
    pub fn load(bytes: &[u8]) -> Result<Self, JsError> {
        Ok(Self(Cpu::load(bytes)?))
    }

    /// Returns the model card as JSON.
    ///
    /// # Errors
    /// Fails if the card can't be serialised, which doesn't happen for a card that was read.
    pub fn card(&self) -> Result<String, JsError> {
        Ok(serde_json::to_string(self.0.card())?)
    }

    /// Encodes `images`, flat `[N, H, W, C]` with values in `[0, 1]`.
    ///
    /// # Errors
    /// Fails if the length is not a multiple of the image size.
    pub fn encode(&self, images: &[f32]) -> Result<Posterior, JsError> {
        Ok(Posterior(self.0.encode_now(images)?))
    }

    /// Decodes `codes`, flat `[N, D]`, to pictures, flat `[N, H, W, C]` with values in `[0, 1]`.
    ///
    /// # Errors
    /// Fails if the length is not a multiple of the code size.
    pub fn decode(&self, codes: &[f32]) -> Result<Vec<f32>, JsError> {
        Ok(self.0.decode_now(codes)?)
    }
}

/// A model from a weights file, on WebGPU.
#[cfg(feature = "gpu")]
#[wasm_bindgen]
#[derive(Debug)]
pub struct GpuModel {
    gpu: Gpu,
    /// The CPU model for checking the encoder on first use, so that no picture waits for it.
    unchecked: RefCell<Option<Rc<Cpu>>>,
}

#[cfg(feature = "gpu")]
#[wasm_bindgen]
impl GpuModel {
    /// Loads the bytes of a `.safetensors` file that the trainer exported, and compares pictures decoded
    /// on the GPU with the CPU's.
    ///
    /// # Errors
    /// Fails if the file is invalid or the GPU can't be used.
    pub async fn load(bytes: Vec<u8>) -> Result<Self, JsError> {
        let device = Rc::new(Device::open().await?);
        let gpu = Gpu::load(&device, &bytes, ROOM).await?;
        let cpu = Cpu::load(&bytes)?;
        check_decoder(&gpu, &cpu).await?;
        Ok(Self { gpu, unchecked: RefCell::new(Some(Rc::new(cpu))) })
    }

    /// Returns the model card as JSON.
    ///
    /// # Errors
    /// Fails if the card can't be serialised, which doesn't happen for a card that was read.
    pub fn card(&self) -> Result<String, JsError> {
        Ok(serde_json::to_string(self.gpu.card())?)
    }

    /// Encodes `images`, flat `[N, H, W, C]` with values in `[0, 1]`.
    ///
    /// # Errors
    /// Fails if the length is not a multiple of the image size, the GPU is lost, or its first results
    /// differ from the CPU's.
    pub async fn encode(&self, images: Vec<f32>) -> Result<Posterior, JsError> {
        let unchecked = self.unchecked.borrow().clone();
        if let Some(cpu) = unchecked {
            check_encoder(&self.gpu, &cpu).await?;
            self.unchecked.replace(None);
        }
        Ok(Posterior(self.gpu.encode(&images).await?))
    }

    /// Decodes `codes`, flat `[N, D]`, to pictures, flat `[N, H, W, C]` with values in `[0, 1]`.
    ///
    /// # Errors
    /// Fails if the length is not a multiple of the code size, or the GPU is lost.
    pub async fn decode(&self, codes: Vec<f32>) -> Result<Vec<f32>, JsError> {
        Ok(self.gpu.decode(&codes).await?)
    }
}

#[wasm_bindgen]
impl Posterior {
    /// μ, flat `[N, D]`.
    #[wasm_bindgen(getter)]
    pub fn mean(&self) -> Vec<f32> {
        self.0.mean.clone()
    }

    /// σ, flat `[N, D]`.
    #[wasm_bindgen(getter)]
    pub fn std(&self) -> Vec<f32> {
        self.0.std.clone()
    }
}
