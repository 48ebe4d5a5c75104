//! The inference engine as other people's pages import it.

#[cfg(feature = "gpu")]
use std::cell::RefCell;
#[cfg(feature = "gpu")]
use std::rc::Rc;

use wasm_bindgen::prelude::*;

#[cfg(feature = "gpu")]
use crate::engine::gpu::{Device, Gpu, check_decoder, check_encoder};
use crate::engine::{Codes, Cpu, Engine};

/// Pictures that a model on the GPU has room for at once; more run part by part.
#[cfg(feature = "gpu")]
const ROOM: usize = 128;

/// The types of the card's objective, for TypeScript.
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

/// A model read from a weights file.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Model(Cpu);

/// The posterior of a batch of images.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Posterior(Codes);

#[wasm_bindgen]
impl Model {
    /// Reads the bytes of a `.safetensors` file that the trainer exported.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn load(bytes: &[u8]) -> Result<Self, JsError> {
        Ok(Self(Cpu::load(bytes)?))
    }

    /// The model card, as JSON.
    ///
    /// # Errors
    /// Fails if the card can't be written as JSON; a card that was read can.
    pub fn card(&self) -> Result<String, JsError> {
        Ok(serde_json::to_string(self.0.card())?)
    }

    /// The posterior of `images`, `[N, H, W, C]` flat, values in `[0, 1]`.
    ///
    /// # Errors
    /// Fails if the values are no whole number of images.
    pub fn encode(&self, images: &[f32]) -> Result<Posterior, JsError> {
        Ok(Posterior(self.0.encode_now(images)?))
    }

    /// The pictures of `codes`, `[N, D]` flat: `[N, H, W, C]` flat, values in `[0, 1]`.
    ///
    /// # Errors
    /// Fails if the values are no whole number of codes.
    pub fn decode(&self, codes: &[f32]) -> Result<Vec<f32>, JsError> {
        Ok(self.0.decode_now(codes)?)
    }
}

/// A model read from a weights file, on WebGPU.
#[cfg(feature = "gpu")]
#[wasm_bindgen]
#[derive(Debug)]
pub struct GpuModel {
    gpu: Gpu,
    /// What the encoder is checked against when it is first used, so that no picture waits for it.
    unchecked: RefCell<Option<Rc<Cpu>>>,
}

#[cfg(feature = "gpu")]
#[wasm_bindgen]
impl GpuModel {
    /// Reads the bytes of a `.safetensors` file that the trainer exported, and checks the pictures that the
    /// GPU decodes against the CPU's.
    ///
    /// # Errors
    /// Says what is wrong with the file, or why the GPU can't be used.
    pub async fn load(bytes: Vec<u8>) -> Result<Self, JsError> {
        let device = Rc::new(Device::open().await?);
        let gpu = Gpu::load(&device, &bytes, ROOM).await?;
        let cpu = Cpu::load(&bytes)?;
        check_decoder(&gpu, &cpu).await?;
        Ok(Self { gpu, unchecked: RefCell::new(Some(Rc::new(cpu))) })
    }

    /// The model card, as JSON.
    ///
    /// # Errors
    /// Fails if the card can't be written as JSON; a card that was read can.
    pub fn card(&self) -> Result<String, JsError> {
        Ok(serde_json::to_string(self.gpu.card())?)
    }

    /// The posterior of `images`, `[N, H, W, C]` flat, values in `[0, 1]`.
    ///
    /// # Errors
    /// Fails if the values are no whole number of images, the GPU is lost, or its first numbers are not the
    /// CPU's.
    pub async fn encode(&self, images: Vec<f32>) -> Result<Posterior, JsError> {
        let unchecked = self.unchecked.borrow().clone();
        if let Some(cpu) = unchecked {
            check_encoder(&self.gpu, &cpu).await?;
            self.unchecked.replace(None);
        }
        Ok(Posterior(self.gpu.encode(&images).await?))
    }

    /// The pictures of `codes`, `[N, D]` flat: `[N, H, W, C]` flat, values in `[0, 1]`.
    ///
    /// # Errors
    /// Fails if the values are no whole number of codes, or the GPU is lost.
    pub async fn decode(&self, codes: Vec<f32>) -> Result<Vec<f32>, JsError> {
        Ok(self.gpu.decode(&codes).await?)
    }
}

#[wasm_bindgen]
impl Posterior {
    /// μ, `[N, D]` flat.
    #[wasm_bindgen(getter)]
    pub fn mean(&self) -> Vec<f32> {
        self.0.mean.clone()
    }

    /// σ, `[N, D]` flat.
    #[wasm_bindgen(getter)]
    pub fn std(&self) -> Vec<f32> {
        self.0.std.clone()
    }
}
