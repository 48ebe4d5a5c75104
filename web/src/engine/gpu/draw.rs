//! Pictures straight from the decoder's last buffer to canvases.

use model::ImageShape;
use web_sys::HtmlCanvasElement;
use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, Buffer, Color, CommandEncoder, FragmentState, LoadOp,
    MultisampleState, Operations, PipelineCompilationOptions, PrimitiveState, RenderPassColorAttachment,
    RenderPassDescriptor, RenderPipeline, RenderPipelineDescriptor, StoreOp, TextureFormat, TextureView,
    VertexState,
};

use super::device::Device;
use super::device::unusable;
use super::shaders::{DRAW, module};
use crate::engine::EngineError;

/// Clear pixels between two pictures.
pub(crate) const GAP: usize = 0;
/// The format of what is drawn to: every browser's canvases take it.
pub(super) const FORMAT: TextureFormat = TextureFormat::Rgba8Unorm;

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
pub struct Target(pub(super) TextureView);

/// A canvas of the page that pictures are drawn to.
#[derive(Debug)]
pub struct Canvas(wgpu::Surface<'static>);

impl Canvas {
    /// Takes a canvas that has no context yet, at its present size.
    ///
    /// # Errors
    /// Fails if the browser has no context to give.
    #[cfg(target_arch = "wasm32")]
    pub fn new(device: &Device, canvas: HtmlCanvasElement) -> Result<Self, EngineError> {
        let (width, height) = (canvas.width(), canvas.height());
        let surface =
            device.instance.create_surface(wgpu::SurfaceTarget::Canvas(canvas)).map_err(unusable)?;
        let default = surface.get_default_config(&device.adapter, width, height);
        let default = default.ok_or_else(|| unusable("a canvas takes no pictures"))?;
        let alpha_mode = wgpu::CompositeAlphaMode::PreMultiplied;
        let configuration = wgpu::SurfaceConfiguration { format: FORMAT, alpha_mode, ..default };
        surface.configure(&device.device, &configuration);
        Ok(Self(surface))
    }

    /// Outside of browsers there are no canvases.
    ///
    /// # Errors
    /// Always.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn new(_: &Device, _: HtmlCanvasElement) -> Result<Self, EngineError> {
        Err(unusable("only browsers have canvases"))
    }

    /// What to draw the next frame to, and what to present once it is submitted.
    ///
    /// # Errors
    /// Fails if the canvas has lost its context.
    pub(super) fn next(&self) -> Result<(Target, wgpu::SurfaceTexture), EngineError> {
        use wgpu::CurrentSurfaceTexture::{Suboptimal, Success};
        let (Success(texture) | Suboptimal(texture)) = self.0.get_current_texture() else {
            return Err(unusable("a canvas has lost its context"));
        };
        Ok((Target(texture.texture.create_view(&wgpu::TextureViewDescriptor::default())), texture))
    }
}

/// The pipeline that draws a model's pictures.
#[derive(Debug)]
pub(super) struct Drawing {
    pipeline: RenderPipeline,
    logits: BindGroup,
}

impl Drawing {
    pub(super) fn new(device: &Device, image: ImageShape, logits: &Buffer) -> Self {
        let device = &device.device;
        let module = module(device, DRAW);
        let constants = [
            ("HEIGHT", image.height as f64),
            ("WIDTH", image.width as f64),
            ("CHANNELS", image.channels as f64),
            ("GAP", GAP as f64),
        ];
        let options = PipelineCompilationOptions { constants: &constants, ..Default::default() };
        let pipeline = device.create_render_pipeline(&RenderPipelineDescriptor {
            label: None,
            layout: None,
            vertex: VertexState {
                module: &module,
                entry_point: Some("corner"),
                compilation_options: PipelineCompilationOptions::default(),
                buffers: &[],
            },
            primitive: PrimitiveState::default(),
            depth_stencil: None,
            multisample: MultisampleState::default(),
            fragment: Some(FragmentState {
                module: &module,
                entry_point: Some("colour"),
                compilation_options: options,
                targets: &[Some(FORMAT.into())],
            }),
            multiview_mask: None,
            cache: None,
        });
        let logits = device.create_bind_group(&BindGroupDescriptor {
            label: None,
            layout: &pipeline.get_bind_group_layout(0),
            entries: &[BindGroupEntry { binding: 0, resource: logits.as_entire_binding() }],
        });
        Self { pipeline, logits }
    }

    /// Draws pictures whose logits are in their order.
    pub(super) fn record(&self, commands: &mut CommandEncoder, pictures: &[Picture<'_>], latent: usize) {
        let mut first = 0;
        for picture in pictures {
            for Target(view) in picture.targets {
                let attachment = RenderPassColorAttachment {
                    view,
                    depth_slice: None,
                    resolve_target: None,
                    ops: Operations { load: LoadOp::Clear(Color::TRANSPARENT), store: StoreOp::Store },
                };
                let mut pass = commands.begin_render_pass(&RenderPassDescriptor {
                    color_attachments: &[Some(attachment)],
                    ..RenderPassDescriptor::default()
                });
                pass.set_pipeline(&self.pipeline);
                pass.set_bind_group(0, &self.logits, &[]);
                pass.draw(0..3, first..first + 1);
            }
            first += (picture.codes.len() / latent) as u32;
        }
    }
}
