//! A frame: pictures of any number of models, drawn in one command buffer.

use super::draw::Picture;
use super::host::Commands;
use super::{Device, Gpu};
use crate::engine::EngineError;
use crate::engine::outcome::count;

/// A frame that is being recorded.
pub struct Frame<'a> {
    device: &'a Device,
    commands: Commands,
}

impl<'a> Frame<'a> {
    /// An empty frame.
    pub fn new(device: &'a Device) -> Self {
        Self { device, commands: device.commands() }
    }

    /// Decodes pictures of a model on this device and draws each to its canvases. Each model may be added
    /// once per frame. No data is read back from the GPU.
    ///
    /// # Errors
    /// Fails if the length of the codes is not a multiple of the code size, or exceeds the model's
    /// capacity.
    pub fn add(&mut self, model: &Gpu, pictures: &[Picture<'_>]) -> Result<(), EngineError> {
        let latent = model.card.model.latent;
        let codes: Vec<f32> = pictures.iter().flat_map(|picture| picture.codes).copied().collect();
        let (n, room) = (count("codes", codes.len(), latent)?, model.decoder.capacity);
        if n > room {
            return Err(EngineError::Gpu(format!("there is room for {room} pictures, not for {n}")));
        }
        model.write_codes(&codes);
        model.decoder.record(&mut self.commands, n);
        model.drawing.record(&mut self.commands, pictures, latent);
        Ok(())
    }

    /// Submits the frame to the GPU.
    pub fn submit(self) {
        self.device.host.submit(self.commands);
    }
}
