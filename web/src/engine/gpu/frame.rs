//! What the page draws at once: any number of models' pictures in one command buffer.

use super::draw::Picture;
use super::host::Commands;
use super::{Device, Gpu};
use crate::engine::EngineError;
use crate::engine::outcome::count;

/// A frame in the making.
pub struct Frame<'a> {
    device: &'a Device,
    commands: Commands,
}

impl<'a> Frame<'a> {
    /// An empty frame.
    pub fn new(device: &'a Device) -> Self {
        Self { device, commands: device.commands() }
    }

    /// Decodes the pictures of a model of this device and draws each to its canvases; once a model
    /// and frame. Nothing comes back from the GPU.
    ///
    /// # Errors
    /// Fails if the codes are no whole number of codes, or more than the model has room for.
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

    /// Hands the frame over to the GPU.
    pub fn submit(self) {
        self.device.host.submit(self.commands);
    }
}
