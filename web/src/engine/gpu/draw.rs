//! Draws pictures from the decoder's last buffer to canvases.

use model::ImageShape;
use web_sys::HtmlCanvasElement;

use super::device::Device;
use super::host::{self, Bindings, Buffer, Commands, Layout, Pipeline, Span, Stage, View};
use super::shaders::DRAW;
use crate::engine::EngineError;

/// Transparent pixels between two pictures.
pub(crate) const GAP: usize = 0;

/// Codes whose pictures are drawn side by side.
#[derive(Debug)]
pub struct Picture<'a> {
    /// `[N, D]`, flat.
    pub codes: &'a [f32],
    /// Canvases of N·W + (N−1)·GAP by H pixels, which all show the pictures.
    pub targets: &'a [Target],
}

/// A render target.
#[derive(Debug)]
pub struct Target(pub(super) View);

/// A canvas of the page to draw to.
#[derive(Debug)]
pub struct Canvas(host::Canvas);

impl Canvas {
    /// Configures a canvas that has no other context, at its current size.
    ///
    /// # Errors
    /// Fails if the browser provides no context; always fails outside browsers.
    pub fn new(device: &Device, canvas: &HtmlCanvasElement) -> Result<Self, EngineError> {
        host::Canvas::new(&device.host, canvas).map(Self)
    }

    /// Returns the target of the next frame.
    ///
    /// # Errors
    /// Fails if the canvas has lost its context.
    pub fn target(&self) -> Result<Target, EngineError> {
        self.0.view().map(Target)
    }
}

/// Draws the pictures of a model.
#[derive(Debug)]
pub(super) struct Drawing {
    pipeline: Pipeline,
    logits: Bindings,
}

impl Drawing {
    /// Starts to compile the pipeline for pictures of the given shape.
    pub(super) fn compile(
        device: &Device,
        image: ImageShape,
    ) -> (Layout, impl Future<Output = Result<Pipeline, EngineError>> + use<>) {
        let layout = device.host.layout(Stage::Fragment, 1, 0);
        let constants = [
            ("HEIGHT", image.height as f64),
            ("WIDTH", image.width as f64),
            ("CHANNELS", image.channels as f64),
            ("GAP", GAP as f64),
        ];
        let pipeline = device.host.render(&layout, &device.host.module(DRAW), &constants);
        (layout, pipeline)
    }

    /// Creates a drawing that reads a decoder's last buffer, of the given size in bytes.
    pub(super) fn new(
        device: &Device,
        layout: &Layout,
        pipeline: Pipeline,
        (buffer, size): (&Buffer, usize),
    ) -> Self {
        let logits = device.host.bind(layout, &[Span { buffer, offset: 0, size }]);
        Self { pipeline, logits }
    }

    /// Draws pictures whose logits are in the same order.
    pub(super) fn record(&self, commands: &mut Commands, pictures: &[Picture<'_>], latent: usize) {
        let mut first = 0;
        for picture in pictures {
            for Target(view) in picture.targets {
                commands.draw(&self.pipeline, &self.logits, view, first);
            }
            first += (picture.codes.len() / latent) as u32;
        }
    }
}
