//! The engine on the CPU: candle, with SIMD where the target has it.

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use model::ops::bernoulli_nll;
use model::{Card, Posterior, Vae, Weights};

use super::tensors::Tensors;
use super::{Codes, Engine, EngineError, Reconstruction};

/// A model on the CPU.
#[derive(Clone, Debug)]
pub struct Cpu {
    card: Card,
    vae: Vae,
}

impl Cpu {
    /// Reads a weights file.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub fn load(bytes: &[u8]) -> Result<Self, EngineError> {
        let Weights { card, tensors } = Weights::from_bytes(bytes)?;
        let builder = VarBuilder::from_backend(Box::new(Tensors(tensors)), DType::F32, Device::Cpu);
        Ok(Self { vae: Vae::load(&card.model, &builder)?, card })
    }

    fn images(&self, images: &[f32]) -> Result<Tensor, EngineError> {
        let shape = self.card.model.image;
        let n = count("images", images.len(), shape.len())?;
        let shape = (n, shape.height, shape.width, shape.channels);
        Ok(Tensor::from_slice(images, shape, &Device::Cpu)?)
    }
}

impl Engine for Cpu {
    fn card(&self) -> &Card {
        &self.card
    }

    fn encode(&self, images: &[f32]) -> Result<Codes, EngineError> {
        let posterior = self.vae.encode(&self.images(images)?)?.posterior;
        codes(&posterior)
    }

    fn decode(&self, codes: &[f32]) -> Result<Vec<f32>, EngineError> {
        let width = self.card.model.latent;
        let n = count("codes", codes.len(), width)?;
        let codes = Tensor::from_slice(codes, (n, width), &Device::Cpu)?;
        means(&self.vae.decode(&codes)?)
    }

    fn reconstruct(&self, image: &[f32]) -> Result<Reconstruction, EngineError> {
        let target = self.images(image)?;
        let posterior = self.vae.encode(&target)?.posterior;
        let logits = self.vae.decode(&posterior.mean)?;
        let picture = means(&logits)?;
        let squares: f32 = picture.iter().zip(image).map(|(p, x)| (p - x) * (p - x)).sum();
        Ok(Reconstruction {
            nll: bernoulli_nll(&logits, &target)?.to_vec1::<f32>()?.iter().sum(),
            mse: squares / picture.len() as f32,
            codes: codes(&posterior)?,
            picture,
        })
    }
}

fn count(what: &'static str, found: usize, expected: usize) -> Result<usize, EngineError> {
    if found == 0 || !found.is_multiple_of(expected) {
        return Err(EngineError::Input { what, found, expected });
    }
    Ok(found / expected)
}

/// μ and σ. Values are finished here rather than by candle, whose elementwise operations come with
/// code for every type and would be a third of the page's wasm.
fn codes(posterior: &Posterior) -> Result<Codes, EngineError> {
    let std = flat(&posterior.log_var)?.into_iter().map(|log_var| (0.5 * log_var).exp());
    Ok(Codes { mean: flat(&posterior.mean)?, std: std.collect() })
}

/// The means of Bernoulli pixels, 1 / (1 + exp(−l)).
fn means(logits: &Tensor) -> Result<Vec<f32>, EngineError> {
    Ok(flat(logits)?.into_iter().map(|logit| (1.0 + (-logit).exp()).recip()).collect())
}

fn flat(tensor: &Tensor) -> Result<Vec<f32>, EngineError> {
    Ok(tensor.flatten_all()?.to_vec1()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn a_picture_is_the_decoded_mean_and_its_errors_are_sums_over_pixels() -> Result<(), EngineError> {
        let engine = Cpu::load(&samples::file(1, 3))?;
        let image: Vec<f32> = (0..64 * 64).map(|i| f32::from(u8::from(i % 7 == 0))).collect();
        let result = engine.reconstruct(&image)?;
        assert_eq!(result.codes, engine.encode(&image)?);
        assert_eq!(result.picture, engine.decode(&result.codes.mean)?);
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
            assert!(matches!(engine.decode(codes), Err(EngineError::Input { .. })));
        }
        assert!(matches!(engine.encode(&[0.0; 100]), Err(EngineError::Input { .. })));
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
