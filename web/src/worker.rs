//! The worker's side: models by side, and an answer to every request.

use crate::engine::{Cpu, EngineError};
use crate::protocol::{Measured, Reply, Request};

/// Models that the page compares.
pub const SIDES: usize = 2;

/// The models that the worker holds.
#[derive(Default)]
pub struct Worker {
    engines: [Option<Cpu>; SIDES],
}

impl Worker {
    /// Does what is asked; the answer comes with bytes where it says so.
    pub fn answer(&mut self, request: Request, bytes: &[u8]) -> (Reply, Vec<u8>) {
        self.attempt(request, bytes).unwrap_or_else(|error| (Reply::Failed(error.to_string()), Vec::new()))
    }

    fn attempt(&mut self, request: Request, bytes: &[u8]) -> Result<(Reply, Vec<u8>), EngineError> {
        match request {
            Request::Load { side } => {
                let Some(place) = self.engines.get_mut(side) else { return Err(EngineError::Side(side)) };
                *place = None;
                *place = Some(Cpu::load(bytes)?);
                Ok((Reply::Loaded, Vec::new()))
            }
            Request::Decode { side, codes } => {
                Ok((Reply::Decoded, intensities(&self.engine(side)?.decode_now(&codes)?)))
            }
            Request::Reconstruct { side } => {
                let image: Vec<f32> = bytes.iter().map(|&v| f32::from(v) / 255.0).collect();
                let result = self.engine(side)?.reconstruct_now(&image)?;
                let pixels = intensities(&result.picture);
                let measured = Measured {
                    mean: result.codes.mean,
                    std: result.codes.std,
                    nll: result.nll,
                    mse: result.mse,
                };
                Ok((Reply::Reconstructed(measured), pixels))
            }
        }
    }

    fn engine(&self, side: usize) -> Result<&Cpu, EngineError> {
        self.engines.get(side).and_then(Option::as_ref).ok_or(EngineError::Side(side))
    }
}

/// Values in `[0, 1]` as bytes: round(255·v).
fn intensities(values: &[f32]) -> Vec<u8> {
    values.iter().map(|v| (v * 255.0).round() as u8).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn loaded() -> Worker {
        let mut worker = Worker::default();
        let (reply, _) = worker.answer(Request::Load { side: 1 }, &samples::file(1, 3));
        assert_eq!(reply, Reply::Loaded);
        worker
    }

    #[test]
    fn a_reconstruction_is_the_picture_of_its_mean() {
        let mut worker = loaded();
        let (reply, picture) = worker.answer(Request::Reconstruct { side: 1 }, &[255; 4096]);
        let Reply::Reconstructed(measured) = reply else { panic!("{reply:?}") };
        let (_, decoded) = worker.answer(Request::Decode { side: 1, codes: measured.mean }, &[]);
        assert_eq!(picture.len(), 4096);
        assert_eq!(picture, decoded);
    }

    #[test]
    fn what_can_not_be_done_is_said() {
        let mut worker = loaded();
        for (request, bytes) in [
            (Request::Decode { side: 0, codes: vec![0.0; 3] }, &[][..]),
            (Request::Decode { side: 1, codes: vec![0.0; 4] }, &[]),
            (Request::Reconstruct { side: 1 }, &[0; 9]),
            (Request::Load { side: 7 }, &[]),
            (Request::Load { side: 1 }, b"no weights file"),
        ] {
            let (reply, bytes) = worker.answer(request.clone(), bytes);
            assert!(matches!(reply, Reply::Failed(_)) && bytes.is_empty(), "{request:?}: {reply:?}");
        }
    }

    #[test]
    fn a_refused_file_leaves_no_model_behind() {
        let mut worker = loaded();
        worker.answer(Request::Load { side: 1 }, b"no weights file");
        let (reply, _) = worker.answer(Request::Decode { side: 1, codes: vec![0.0; 3] }, &[]);
        assert!(matches!(reply, Reply::Failed(_)));
    }
}
