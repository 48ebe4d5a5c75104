//! Vulkan through `wgpu`.

use std::sync::Arc;

use web_sys::HtmlCanvasElement;
use wgpu::{
    Adapter, BindGroupDescriptor, BindGroupEntry, BindGroupLayoutDescriptor, BindGroupLayoutEntry,
    BindingResource, BindingType, BufferBinding, BufferBindingType, BufferDescriptor, BufferUsages, Color,
    ColorTargetState, CommandEncoder, CommandEncoderDescriptor, ComputePassDescriptor, ComputePipeline,
    ComputePipelineDescriptor, DeviceDescriptor, ErrorFilter, FragmentState, Instance, InstanceDescriptor,
    LoadOp, MapMode, MultisampleState, Operations, PipelineCompilationOptions, PipelineLayoutDescriptor,
    PowerPreference, PrimitiveState, RenderPassColorAttachment, RenderPassDescriptor, RenderPipeline,
    RenderPipelineDescriptor, RequestAdapterOptions, ShaderModuleDescriptor, ShaderSource, ShaderStages,
    StoreOp, TextureFormat, VertexState,
};

use super::super::signal::Signal;
use super::{Constants, Span, Stage, Step, unusable};
use crate::engine::EngineError;

/// Format of render targets.
pub(in super::super) const FORMAT: TextureFormat = TextureFormat::Rgba8Unorm;

pub(in super::super) type Buffer = wgpu::Buffer;
/// A compiled shader module.
pub(in super::super) type Module = wgpu::ShaderModule;
pub(in super::super) type Bindings = wgpu::BindGroup;
/// A render target.
pub(in super::super) type View = wgpu::TextureView;

/// A shader with its constants.
#[derive(Debug)]
pub(in super::super) enum Pipeline {
    Compute(ComputePipeline),
    Render(RenderPipeline),
}

/// Layout of a pipeline's buffers.
#[derive(Debug)]
pub(in super::super) struct Layout {
    group: wgpu::BindGroupLayout,
    pipeline: wgpu::PipelineLayout,
}

/// A device with its queue.
#[derive(Debug)]
pub(in super::super) struct Host {
    adapter: Adapter,
    pub(in super::super) device: wgpu::Device,
    queue: wgpu::Queue,
}

impl Host {
    /// Opens the fastest adapter with WebGPU's default limits and no optional features. `trouble`
    /// receives the loss of the device and errors that nobody awaits.
    pub(in super::super) async fn open(trouble: &Signal<String>) -> Result<Self, EngineError> {
        let instance = Instance::new(InstanceDescriptor::new_without_display_handle());
        let options = RequestAdapterOptions {
            power_preference: PowerPreference::HighPerformance,
            ..RequestAdapterOptions::default()
        };
        let adapter = instance.request_adapter(&options).await.map_err(unusable)?;
        let (device, queue) = adapter.request_device(&DeviceDescriptor::default()).await.map_err(unusable)?;
        let signal = trouble.clone();
        device.set_device_lost_callback(move |_, why| signal.send(why));
        let signal = trouble.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| signal.send(error.to_string())));
        Ok(Self { adapter, device, queue })
    }

    /// Name of the adapter.
    pub(in super::super) fn name(&self) -> String {
        self.adapter.get_info().name
    }

    /// Creates a buffer of the given size.
    pub(in super::super) fn buffer(&self, bytes: usize) -> Result<Buffer, EngineError> {
        Ok(self.create(bytes, BufferUsages::STORAGE | BufferUsages::COPY_SRC | BufferUsages::COPY_DST))
    }

    fn create(&self, bytes: usize, usage: BufferUsages) -> Buffer {
        let size = bytes as u64;
        self.device.create_buffer(&BufferDescriptor { label: None, size, usage, mapped_at_creation: false })
    }

    /// Writes the first values of a buffer.
    pub(in super::super) fn write(&self, buffer: &Buffer, values: &[f32]) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.queue.write_buffer(buffer, 0, &bytes);
    }

    pub(in super::super) fn module(&self, source: &str) -> Module {
        let source = ShaderSource::Wgsl(source.into());
        self.device.create_shader_module(ShaderModuleDescriptor { label: None, source })
    }

    /// Layout with `read` read-only buffers, followed by `written` writable ones.
    pub(in super::super) fn layout(&self, stage: Stage, read: u32, written: u32) -> Layout {
        let visibility = match stage {
            Stage::Compute => ShaderStages::COMPUTE,
            Stage::Fragment => ShaderStages::FRAGMENT,
        };
        let entry = |binding| BindGroupLayoutEntry {
            binding,
            visibility,
            ty: BindingType::Buffer {
                ty: BufferBindingType::Storage { read_only: binding < read },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        };
        let entries: Vec<_> = (0..read + written).map(entry).collect();
        let group = BindGroupLayoutDescriptor { label: None, entries: &entries };
        let group = self.device.create_bind_group_layout(&group);
        let pipeline = self.device.create_pipeline_layout(&PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: &[Some(&group)],
            immediate_size: 0,
        });
        Layout { group, pipeline }
    }

    pub(in super::super) fn bind(&self, layout: &Layout, spans: &[Span<'_>]) -> Bindings {
        let entries = (0..).zip(spans).map(|(binding, &Span { buffer, offset, size })| {
            let (offset, size) = (offset as u64, std::num::NonZeroU64::new(size as u64));
            let resource = BindingResource::Buffer(BufferBinding { buffer, offset, size });
            BindGroupEntry { binding, resource }
        });
        let entries: Vec<_> = entries.collect();
        let group = BindGroupDescriptor { label: None, layout: &layout.group, entries: &entries };
        self.device.create_bind_group(&group)
    }

    /// Starts to compile a compute shader.
    pub(in super::super) fn compute(
        &self,
        layout: &Layout,
        module: &Module,
        constants: Constants<'_>,
    ) -> impl Future<Output = Result<Pipeline, EngineError>> + use<> {
        let validity = self.device.push_error_scope(ErrorFilter::Validation);
        let pipeline = Pipeline::Compute(self.device.create_compute_pipeline(&ComputePipelineDescriptor {
            label: None,
            layout: Some(&layout.pipeline),
            module,
            entry_point: None,
            compilation_options: PipelineCompilationOptions { constants, ..Default::default() },
            cache: None,
        }));
        compiled(validity, pipeline)
    }

    /// Starts to compile a drawing shader.
    pub(in super::super) fn render(
        &self,
        layout: &Layout,
        module: &Module,
        constants: Constants<'_>,
    ) -> impl Future<Output = Result<Pipeline, EngineError>> + use<> {
        let validity = self.device.push_error_scope(ErrorFilter::Validation);
        let pipeline = Pipeline::Render(self.device.create_render_pipeline(&RenderPipelineDescriptor {
            label: None,
            layout: Some(&layout.pipeline),
            vertex: VertexState {
                module,
                entry_point: None,
                compilation_options: PipelineCompilationOptions::default(),
                buffers: &[],
            },
            primitive: PrimitiveState::default(),
            depth_stencil: None,
            multisample: MultisampleState::default(),
            fragment: Some(FragmentState {
                module,
                entry_point: None,
                compilation_options: PipelineCompilationOptions { constants, ..Default::default() },
                targets: &[Some(ColorTargetState::from(FORMAT))],
            }),
            multiview_mask: None,
            cache: None,
        }));
        compiled(validity, pipeline)
    }

    pub(in super::super) fn commands(&self) -> Commands {
        Commands(self.device.create_command_encoder(&CommandEncoderDescriptor::default()))
    }

    pub(in super::super) fn submit(&self, commands: Commands) {
        self.queue.submit([commands.0.finish()]);
    }

    /// Runs `work` and waits for errors from the GPU.
    pub(in super::super) async fn checked<T>(
        &self,
        work: impl FnOnce() -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        let memory = self.device.push_error_scope(ErrorFilter::OutOfMemory);
        let validity = self.device.push_error_scope(ErrorFilter::Validation);
        let result = work();
        let (validity, memory) = (validity.pop(), memory.pop());
        match validity.await.or(memory.await) {
            Some(error) => Err(unusable(error)),
            None => result,
        }
    }

    /// Submits the commands, then reads the first bytes of a buffer.
    pub(in super::super) async fn read(
        &self,
        mut commands: Commands,
        buffer: &Buffer,
        bytes: usize,
    ) -> Result<Vec<f32>, EngineError> {
        let landing = self.create(bytes, BufferUsages::COPY_DST | BufferUsages::MAP_READ);
        commands.0.copy_buffer_to_buffer(buffer, 0, &landing, 0, bytes as u64);
        self.submit(commands);
        let mapped = Signal::new();
        let signal = mapped.clone();
        landing.map_async(MapMode::Read, .., move |result| signal.send(result));
        self.wait()?;
        mapped.receive().await.map_err(unusable)?;
        let view = landing.get_mapped_range(..).map_err(unusable)?;
        let (values, _) = view.as_chunks();
        Ok(values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    /// Waits until all submitted commands have finished.
    pub(in super::super) async fn finished(&self) -> Result<(), EngineError> {
        self.wait()
    }

    /// Lets callbacks run.
    fn wait(&self) -> Result<(), EngineError> {
        self.device.poll(wgpu::PollType::wait_indefinitely()).map(drop).map_err(unusable)
    }
}

/// Returns the pipeline if the GPU reports no error.
fn compiled(
    validity: wgpu::ErrorScopeGuard,
    pipeline: Pipeline,
) -> impl Future<Output = Result<Pipeline, EngineError>> {
    let word = validity.pop();
    async move { word.await.map_or(Ok(pipeline), |error| Err(unusable(error))) }
}

/// Commands that are being recorded.
#[derive(Debug)]
pub(in super::super) struct Commands(pub(in super::super) CommandEncoder);

impl Commands {
    pub(in super::super) fn compute<'a>(&mut self, steps: impl Iterator<Item = Step<'a>>) {
        let mut pass = self.0.begin_compute_pass(&ComputePassDescriptor::default());
        for Step { pipeline, bindings, groups: [x, y] } in steps {
            let Pipeline::Compute(pipeline) = pipeline else { continue };
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, bindings, &[]);
            pass.dispatch_workgroups(x, y, 1);
        }
    }

    /// Draws one instance over a whole target.
    pub(in super::super) fn draw(
        &mut self,
        pipeline: &Pipeline,
        bindings: &Bindings,
        view: &View,
        instance: u32,
    ) {
        let Pipeline::Render(pipeline) = pipeline else { return };
        let attachment = RenderPassColorAttachment {
            view,
            depth_slice: None,
            resolve_target: None,
            ops: Operations { load: LoadOp::Clear(Color::TRANSPARENT), store: StoreOp::Store },
        };
        let mut pass = self.0.begin_render_pass(&RenderPassDescriptor {
            color_attachments: &[Some(attachment)],
            ..RenderPassDescriptor::default()
        });
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, bindings, &[]);
        pass.draw(0..3, instance..instance + 1);
    }
}

/// There are no canvases outside browsers.
#[derive(Debug)]
pub(in super::super) enum Canvas {}

impl Canvas {
    /// Always fails.
    pub(in super::super) fn new(_: &Host, _: &HtmlCanvasElement) -> Result<Self, EngineError> {
        Err(unusable("only browsers have canvases"))
    }

    /// Returns the target of the next frame.
    pub(in super::super) fn view(&self) -> Result<View, EngineError> {
        match *self {}
    }
}
