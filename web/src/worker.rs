//! The worker: holds a model for each side and answers requests.

use crate::draws::{picture, pictures};
use crate::engine::activations::{Layer, activation_bytes, active_channels, largest_inputs, layers};
use crate::engine::{Cpu, Engine, EngineError};
use crate::protocol::{Measured, Reply, Request, Surveyed};

/// Number of models that the page compares.
pub const SIDES: usize = 2;

/// The worker's models.
#[derive(Default)]
pub struct Worker {
    engines: [Option<Cpu>; SIDES],
    /// The pictures whose activations were requested last, with those of the encoder.
    seen: [(Vec<u8>, Vec<u8>); SIDES],
}

impl Worker {
    /// Answers a request; some answers come with bytes.
    pub async fn answer(&mut self, request: Request, bytes: &[u8]) -> (Reply, Vec<u8>) {
        let answer = self.attempt(request, bytes).await;
        answer.unwrap_or_else(|error| (Reply::Failed(error.to_string()), Vec::new()))
    }

    async fn attempt(&mut self, request: Request, bytes: &[u8]) -> Result<(Reply, Vec<u8>), EngineError> {
        match request {
            Request::Load { side } => {
                let Some(place) = self.engines.get_mut(side) else { return Err(EngineError::Side(side)) };
                *place = None;
                *place = Some(Cpu::load(bytes)?);
                self.seen[side] = Default::default();
                Ok((Reply::Loaded, Vec::new()))
            }
            Request::Decode { side, codes } => {
                Ok((Reply::Decoded, intensities(&self.engine(side)?.decode(&codes).await?)))
            }
            Request::Reconstruct { side } => reconstruct(self.engine(side)?, bytes).await,
            Request::Survey { side, step } => survey(self.engine(side)?, step).await,
            Request::Activations { side, codes } => {
                Ok((Reply::Activations, self.activations(side, &codes, bytes)?))
            }
            Request::LargestInputs { .. } => Ok((Reply::LargestInputs(largest_inputs(bytes)?), Vec::new())),
            Request::Probe { side, step } => probe(self.engine(side)?, step),
        }
    }

    fn engine(&self, side: usize) -> Result<&Cpu, EngineError> {
        self.engines.get(side).and_then(Option::as_ref).ok_or(EngineError::Side(side))
    }

    /// Activations of the encoder for a picture (if there is one) and of the decoder for the first code,
    /// then the pictures of the other codes.
    fn activations(&mut self, side: usize, codes: &[f32], picture: &[u8]) -> Result<Vec<u8>, EngineError> {
        let engine = self.engine(side)?;
        let (code, others) = codes.split_at(engine.card().model.latent.min(codes.len()));
        let known = self.seen[side].0 == picture;
        let image = (!known && !picture.is_empty()).then(|| values(picture));
        let mut bytes = activation_bytes(&engine.activations(image.as_deref(), code)?);
        if !others.is_empty() {
            bytes.extend(intensities(&engine.decode_now(others)?));
        }
        if !known {
            let (layers, code) = layers(&engine.card().model);
            let values = layers[..code].iter().map(Layer::len).sum();
            let encoder = if image.is_some() { values } else { 0 };
            self.seen[side] = (picture.to_vec(), bytes[..encoder].to_vec());
            return Ok(bytes);
        }
        Ok([&self.seen[side].1[..], &bytes].concat())
    }
}

/// Answers [`Request::Reconstruct`] with an engine.
pub(crate) async fn reconstruct(engine: &dyn Engine, image: &[u8]) -> Result<(Reply, Vec<u8>), EngineError> {
    let image = values(image);
    let result = engine.reconstruct(&image).await?;
    let pixels = intensities(&result.picture);
    let (mean, std) = (result.codes.mean, result.codes.std);
    Ok((Reply::Reconstructed(Measured { mean, std, nll: result.nll, mse: result.mse }), pixels))
}

/// Answers [`Request::Survey`] with an engine. The pictures are drawn here, to keep the page's thread
/// free.
async fn survey(engine: &dyn Engine, step: usize) -> Result<(Reply, Vec<u8>), EngineError> {
    let card = engine.card();
    let Some(world) = worlds::by_name(&card.training.dataset) else {
        let sentence = format!("there is no world of {}", card.training.dataset);
        return Ok((Reply::Failed(sentence), Vec::new()));
    };
    let images = values(&pictures(world, step));
    let expected = card.model.image.len();
    let Some((first, others)) = images.split_at_checked(expected) else {
        return Err(EngineError::Input { what: "images", found: images.len(), expected });
    };
    let result = engine.reconstruct(first).await?;
    let mut means = result.codes.mean;
    means.extend(engine.encode(others).await?.mean);
    Ok((Reply::Surveyed(Surveyed { means, nll: result.nll, mse: result.mse }), Vec::new()))
}

/// Answers [`Request::Probe`] with an engine.
fn probe(engine: &Cpu, step: usize) -> Result<(Reply, Vec<u8>), EngineError> {
    let card = engine.card();
    let Some(world) = worlds::by_name(&card.training.dataset) else {
        return Ok((Reply::Probed, Vec::new()));
    };
    let image = values(&picture(world, step));
    let code = engine.encode_now(&image)?.mean;
    Ok((Reply::Probed, active_channels(&engine.activations(Some(&image), &code)?)))
}

/// Converts bytes to values in `[0, 1]`.
fn values(bytes: &[u8]) -> Vec<f32> {
    bytes.iter().map(|&byte| f32::from(byte) / 255.0).collect()
}

/// Converts values in `[0, 1]` to bytes: round(255·v).
fn intensities(values: &[f32]) -> Vec<u8> {
    values.iter().map(|v| (v * 255.0).round() as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use pollster::block_on;

    fn answer(worker: &mut Worker, request: Request, bytes: &[u8]) -> (Reply, Vec<u8>) {
        block_on(worker.answer(request, bytes))
    }

    fn loaded() -> Worker {
        let mut worker = Worker::default();
        let (reply, _) = answer(&mut worker, Request::Load { side: 1 }, &samples::file(1, 3));
        assert_eq!(reply, Reply::Loaded);
        worker
    }

    #[test]
    fn a_reconstruction_is_the_picture_of_its_mean() {
        let mut worker = loaded();
        let (reply, picture) = answer(&mut worker, Request::Reconstruct { side: 1 }, &[255; 4096]);
        let Reply::Reconstructed(measured) = reply else { panic!("{reply:?}") };
        let (_, decoded) = answer(&mut worker, Request::Decode { side: 1, codes: measured.mean }, &[]);
        assert_eq!(picture.len(), 4096);
        assert_eq!(picture, decoded);
    }

    #[test]
    fn a_survey_encodes_a_picture_and_its_redrawings_and_measures_the_picture() {
        let mut worker = loaded();
        let Reply::Surveyed(found) = answer(&mut worker, Request::Survey { side: 1, step: 2 }, &[]).0 else {
            panic!("no survey")
        };
        let images = pictures(&worlds::sprites::Sprites, 2);
        assert_eq!(found.means.len(), 6 * 3);
        for (i, mean) in found.means.chunks(3).enumerate() {
            let image = &images[4096 * i..4096 * (i + 1)];
            let (reply, _) = answer(&mut worker, Request::Reconstruct { side: 1 }, image);
            let Reply::Reconstructed(measured) = reply else { panic!("{reply:?}") };
            let apart = mean.iter().zip(&measured.mean).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(apart < 1e-5, "{i}: {apart}");
            assert_eq!(image == &images[..4096], found.nll == measured.nll);
        }
    }

    #[test]
    fn what_can_not_be_done_is_said() {
        let mut worker = loaded();
        for (request, bytes) in [
            (Request::Decode { side: 0, codes: vec![0.0; 3] }, &[][..]),
            (Request::Decode { side: 1, codes: vec![0.0; 4] }, &[]),
            (Request::Reconstruct { side: 1 }, &[0; 9]),
            (Request::Survey { side: 0, step: 0 }, &[]),
            (Request::Load { side: 7 }, &[]),
            (Request::Load { side: 1 }, b"no weights file"),
        ] {
            let (reply, bytes) = answer(&mut worker, request.clone(), bytes);
            assert!(matches!(reply, Reply::Failed(_)) && bytes.is_empty(), "{request:?}: {reply:?}");
        }
    }

    #[test]
    fn a_model_of_no_world_is_not_surveyed() {
        let mut worker = Worker::default();
        let mut card = samples::card(1, 3);
        card.training.dataset = "photographs".into();
        answer(&mut worker, Request::Load { side: 0 }, &samples::seeded(card, 1));
        let (reply, _) = answer(&mut worker, Request::Survey { side: 0, step: 0 }, &[]);
        assert!(matches!(&reply, Reply::Failed(sentence) if sentence.contains("photographs")), "{reply:?}");
    }

    #[test]
    fn a_refused_file_leaves_no_model_behind() {
        let mut worker = loaded();
        answer(&mut worker, Request::Load { side: 1 }, b"no weights file");
        let (reply, _) = answer(&mut worker, Request::Decode { side: 1, codes: vec![0.0; 3] }, &[]);
        assert!(matches!(reply, Reply::Failed(_)));
    }
}
