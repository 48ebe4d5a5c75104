//! The engine on the CPU: candle, with SIMD if the target has it.

use std::future::ready;

use candle_core::{DType, Device};
use candle_nn::VarBuilder;
#[cfg(feature = "page")]
use model::ops::Map;
use model::{Card, Inference, Weights};

use super::outcome::{codes, count, means, outcome};
use super::tensors::Tensors;
use super::{Answer, Codes, Engine, EngineError, Reconstruction};

/// A model on the CPU.
#[derive(Clone, Debug)]
pub struct Cpu {
    card: Card,
    vae: Inference,
}

impl Cpu {
    /// Reads a weights file.
    ///
    /// # Errors
    /// Fails if the file is invalid.
    pub fn load(bytes: &[u8]) -> Result<Self, EngineError> {
        let Weights { card, tensors } = Weights::from_bytes(bytes)?;
        let builder = VarBuilder::from_backend(Box::new(Tensors(tensors)), DType::F32, Device::Cpu);
        Ok(Self { vae: Inference::load(&card.model, &builder)?, card })
    }

    /// Same as [`Engine::encode`], but synchronous.
    ///
    /// # Errors
    /// Same as [`Engine::encode`].
    pub fn encode_now(&self, images: &[f32]) -> Result<Codes, EngineError> {
        count("images", images.len(), self.card.model.image.len())?;
        codes(&self.vae.encode(images, None)?, self.vae.config())
    }

    /// Same as [`Engine::decode`], but synchronous.
    ///
    /// # Errors
    /// Same as [`Engine::decode`].
    pub fn decode_now(&self, codes: &[f32]) -> Result<Vec<f32>, EngineError> {
        Ok(means(self.logits(codes)?))
    }

    /// Same as [`Engine::reconstruct`], but synchronous.
    ///
    /// # Errors
    /// Same as [`Engine::reconstruct`].
    pub fn reconstruct_now(&self, image: &[f32]) -> Result<Reconstruction, EngineError> {
        let expected = self.card.model.image.len();
        if image.len() != expected {
            return Err(EngineError::Input { what: "images", found: image.len(), expected });
        }
        let codes = self.encode_now(image)?;
        let logits = self.logits(&codes.mean)?;
        outcome(codes, self.vae.likelihood(), logits, image)
    }

    /// Returns the activations of all hidden layers: the encoder's for an image (if there is one), then
    /// the decoder's for a code.
    ///
    /// # Errors
    /// Fails if the inputs are not one image and one code.
    #[cfg(feature = "page")]
    pub fn activations(&self, image: Option<&[f32]>, code: &[f32]) -> Result<Vec<Map>, EngineError> {
        let mut maps = Vec::new();
        if let Some(image) = image {
            count("images", image.len(), self.card.model.image.len())?;
            self.vae.encode(image, Some(&mut maps))?;
        }
        count("codes", code.len(), self.card.model.latent)?;
        self.vae.decode(code, Some(&mut maps))?;
        // The last output is the picture.
        maps.pop();
        Ok(maps)
    }

    fn logits(&self, codes: &[f32]) -> Result<Vec<f32>, EngineError> {
        count("codes", codes.len(), self.vae.config().latent)?;
        Ok(self.vae.decode(codes, None)?)
    }
}

impl Engine for Cpu {
    fn card(&self) -> &Card {
        &self.card
    }

    fn encode<'a>(&'a self, images: &'a [f32]) -> Answer<'a, Codes> {
        Box::pin(ready(self.encode_now(images)))
    }

    fn decode<'a>(&'a self, codes: &'a [f32]) -> Answer<'a, Vec<f32>> {
        Box::pin(ready(self.decode_now(codes)))
    }

    fn reconstruct<'a>(&'a self, image: &'a [f32]) -> Answer<'a, Reconstruction> {
        Box::pin(ready(self.reconstruct_now(image)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn a_picture_is_the_decoded_mean_and_its_errors_are_sums_over_pixels() -> Result<(), EngineError> {
        let engine = Cpu::load(&samples::file(1, 3))?;
        let image: Vec<f32> = (0..64 * 64).map(|i| f32::from(u8::from(i % 7 == 0))).collect();
        let result = engine.reconstruct_now(&image)?;
        assert_eq!(result.codes, engine.encode_now(&image)?);
        assert_eq!(result.picture, engine.decode_now(&result.codes.mean)?);
        let pairs = || result.picture.iter().zip(&image);
        let nll: f32 = pairs().map(|(p, x)| -(x * p.ln() + (1.0 - x) * (1.0 - p).ln())).sum();
        let mse: f32 = pairs().map(|(p, x)| (p - x).powi(2)).sum::<f32>() / 4096.0;
        assert!((result.nll - nll).abs() < 1e-3 * nll, "{} is not {nll}", result.nll);
        assert!((result.mse - mse).abs() < 1e-6, "{} is not {mse}", result.mse);
        Ok(())
    }

    #[test]
    fn what_is_no_batch_is_refused() -> Result<(), EngineError> {
        let engine = Cpu::load(&samples::file(1, 3))?;
        for codes in [&[][..], &[0.0; 4][..]] {
            assert!(matches!(engine.decode_now(codes), Err(EngineError::Input { .. })));
        }
        assert!(matches!(engine.encode_now(&[0.0; 100]), Err(EngineError::Input { .. })));
        Ok(())
    }

    #[test]
    fn a_damaged_file_is_refused_in_one_sentence() {
        let file = samples::file(1, 3);
        for bytes in [&[][..], &file[..7], &file[..file.len() / 2], &[255; 64][..]] {
            let error = Cpu::load(bytes).expect_err("a damaged file was loaded");
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }
}
