//! Pictures straight from the decoder's last buffer to canvases.

use model::ImageShape;
use web_sys::HtmlCanvasElement;

use super::device::Device;
use super::host::{self, Bindings, Buffer, Commands, Layout, Pipeline, Span, Stage, View};
use super::shaders::DRAW;
use crate::engine::EngineError;

/// Clear pixels between two pictures.
pub(crate) const GAP: usize = 0;

/// Codes whose pictures stand side by side on canvases.
#[derive(Debug)]
pub struct Picture<'a> {
    /// `[N, D]`, flat.
    pub codes: &'a [f32],
    /// Canvases of N·W + (N−1)·GAP by H pixels that all show them.
    pub targets: &'a [Target],
}

/// What is drawn to.
#[derive(Debug)]
pub struct Target(pub(super) View);

/// A canvas of the page that pictures are drawn to.
#[derive(Debug)]
pub struct Canvas(host::Canvas);

impl Canvas {
    /// Takes a canvas that has no context of another kind, at its present size.
    ///
    /// # Errors
    /// Fails if the browser has no context to give, and always outside of browsers.
    pub fn new(device: &Device, canvas: &HtmlCanvasElement) -> Result<Self, EngineError> {
        host::Canvas::new(&device.host, canvas).map(Self)
    }

    /// What the next frame is drawn to.
    ///
    /// # Errors
    /// Fails if the canvas has lost its context.
    pub fn target(&self) -> Result<Target, EngineError> {
        self.0.view().map(Target)
    }
}

/// What draws a model's pictures.
#[derive(Debug)]
pub(super) struct Drawing {
    pipeline: Pipeline,
    logits: Bindings,
}

impl Drawing {
    /// Begins to compile what draws pictures of that shape.
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

    /// Draws from a decoder's last buffer of so many bytes.
    pub(super) fn new(
        device: &Device,
        layout: &Layout,
        pipeline: Pipeline,
        (buffer, size): (&Buffer, usize),
    ) -> Self {
        let logits = device.host.bind(layout, &[Span { buffer, offset: 0, size }]);
        Self { pipeline, logits }
    }

    /// Draws pictures whose logits are in their order.
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
