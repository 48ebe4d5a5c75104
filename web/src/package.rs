//! The inference engine as other people's pages import it.

use wasm_bindgen::prelude::*;

use crate::engine::{Codes, Cpu, Engine};

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
