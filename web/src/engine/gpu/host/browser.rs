//! The browser's WebGPU.

use js_sys::{Array, Float32Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlCanvasElement;

use super::super::signal::Signal;
use super::webgpu::{self, Adapter, Context, Encoder, GPU};
use super::{Constants, Span, Stage, Step, unusable};
use crate::engine::EngineError;

/// Format of render targets, which every browser's canvases support.
const FORMAT: &str = "rgba8unorm";

pub(in super::super) use webgpu::Buffer;
/// A compiled shader module.
pub(in super::super) type Module = JsValue;
pub(in super::super) type Pipeline = JsValue;
pub(in super::super) type Bindings = JsValue;
/// A render target.
pub(in super::super) type View = JsValue;

/// Layout of a pipeline's buffers.
#[derive(Debug)]
pub(in super::super) struct Layout {
    group: JsValue,
    pipeline: JsValue,
}

/// A device with its queue.
#[derive(Debug)]
pub(in super::super) struct Host {
    device: webgpu::Device,
    queue: webgpu::Queue,
}

impl Host {
    /// Opens the fastest adapter with WebGPU's default limits and no optional features. `trouble`
    /// receives the loss of the device and errors that nobody awaits.
    pub(in super::super) async fn open(trouble: &Signal<String>) -> Result<Self, EngineError> {
        let none = || unusable("this browser has no WebGPU, or none for this machine");
        let gpu = GPU.with(Clone::clone).ok_or_else(none)?;
        let options = object(&[("powerPreference", &"high-performance".into())]);
        let adapter = JsFuture::from(gpu.request_adapter(&options)).await.map_err(engine_error)?;
        if adapter.is_null() {
            return Err(none());
        }
        let device = adapter.unchecked_into::<Adapter>().request_device();
        let device: webgpu::Device = JsFuture::from(device).await.map_err(engine_error)?.unchecked_into();
        let (lost, signal) = (device.lost(), trouble.clone());
        spawn_local(async move {
            let (Ok(why) | Err(why)) = JsFuture::from(lost).await;
            signal.send(sentence(&why));
        });
        let signal = trouble.clone();
        let listener = Closure::<dyn Fn(JsValue)>::new(move |event: JsValue| {
            let error = Reflect::get(&event, &"error".into()).unwrap_or(event);
            signal.send(sentence(&error));
        });
        device.set_onuncapturederror(&listener.into_js_value());
        let queue = device.queue();
        Ok(Self { device, queue })
    }

    /// Creates a buffer of the given size.
    pub(in super::super) fn buffer(&self, bytes: usize) -> Result<Buffer, EngineError> {
        self.create(bytes, webgpu::STORAGE | webgpu::COPY_SRC | webgpu::COPY_DST)
    }

    fn create(&self, bytes: usize, usage: u32) -> Result<Buffer, EngineError> {
        let descriptor = object(&[("size", &number(bytes)), ("usage", &usage.into())]);
        self.device.create_buffer(&descriptor).map_err(engine_error)
    }

    /// Writes the first values of a buffer.
    pub(in super::super) fn write(&self, buffer: &Buffer, values: &[f32]) {
        self.queue.write_buffer(buffer, 0, values);
    }

    pub(in super::super) fn module(&self, source: &str) -> Module {
        self.device.create_shader_module(&object(&[("code", &source.into())]))
    }

    /// Layout with `read` read-only buffers, followed by `written` writable ones.
    pub(in super::super) fn layout(&self, stage: Stage, read: u32, written: u32) -> Layout {
        let visibility = match stage {
            Stage::Compute => webgpu::COMPUTE,
            Stage::Fragment => webgpu::FRAGMENT,
        };
        let entries: Array = (0..read + written)
            .map(|binding| {
                let kind = if binding < read { "read-only-storage" } else { "storage" };
                object(&[
                    ("binding", &binding.into()),
                    ("visibility", &visibility.into()),
                    ("buffer", &object(&[("type", &kind.into())])),
                ])
            })
            .collect();
        let group = self.device.create_bind_group_layout(&object(&[("entries", &entries)]));
        let groups = object(&[("bindGroupLayouts", &Array::of1(&group))]);
        let pipeline = self.device.create_pipeline_layout(&groups);
        Layout { group, pipeline }
    }

    pub(in super::super) fn bind(&self, layout: &Layout, spans: &[Span<'_>]) -> Bindings {
        let entries: Array = (0_u32..)
            .zip(spans)
            .map(|(binding, &Span { buffer, offset, size })| {
                let resource =
                    object(&[("buffer", buffer), ("offset", &number(offset)), ("size", &number(size))]);
                object(&[("binding", &binding.into()), ("resource", &resource)])
            })
            .collect();
        self.device.create_bind_group(&object(&[("layout", &layout.group), ("entries", &entries)]))
    }

    /// Starts to compile a compute shader.
    pub(in super::super) fn compute(
        &self,
        layout: &Layout,
        module: &Module,
        constants: Constants<'_>,
    ) -> impl Future<Output = Result<Pipeline, EngineError>> + use<> {
        let stage = object(&[("module", module), ("constants", &filled(constants))]);
        let descriptor = object(&[("layout", &layout.pipeline), ("compute", &stage)]);
        let begun = JsFuture::from(self.device.create_compute_pipeline(&descriptor));
        async move { begun.await.map_err(engine_error) }
    }

    /// Starts to compile a drawing shader.
    pub(in super::super) fn render(
        &self,
        layout: &Layout,
        module: &Module,
        constants: Constants<'_>,
    ) -> impl Future<Output = Result<Pipeline, EngineError>> + use<> {
        let target = object(&[("format", &FORMAT.into())]);
        let fragment = object(&[
            ("module", module),
            ("constants", &filled(constants)),
            ("targets", &Array::of1(&target)),
        ]);
        let descriptor = object(&[
            ("layout", &layout.pipeline),
            ("vertex", &object(&[("module", module)])),
            ("fragment", &fragment),
        ]);
        let begun = JsFuture::from(self.device.create_render_pipeline(&descriptor));
        async move { begun.await.map_err(engine_error) }
    }

    pub(in super::super) fn commands(&self) -> Commands {
        Commands(self.device.create_command_encoder())
    }

    pub(in super::super) fn submit(&self, commands: Commands) {
        self.queue.submit(&Array::of1(&commands.0.finish()));
    }

    /// Runs `work` and waits for errors from the GPU.
    pub(in super::super) async fn checked<T>(
        &self,
        work: impl FnOnce() -> Result<T, EngineError>,
    ) -> Result<T, EngineError> {
        self.device.push_error_scope("out-of-memory");
        self.device.push_error_scope("validation");
        let result = work();
        // Error scopes are popped in order now; their results arrive later.
        let words = [self.device.pop_error_scope(), self.device.pop_error_scope()];
        for word in words {
            let error = JsFuture::from(word).await.map_err(engine_error)?;
            if !error.is_null() {
                return Err(engine_error(error));
            }
        }
        result
    }

    /// Submits the commands, then reads the first bytes of a buffer.
    pub(in super::super) async fn read(
        &self,
        commands: Commands,
        buffer: &Buffer,
        bytes: usize,
    ) -> Result<Vec<f32>, EngineError> {
        let landing = self.create(bytes, webgpu::COPY_DST | webgpu::MAP_READ)?;
        commands.0.copy_buffer_to_buffer(buffer, 0, &landing, 0, bytes as u32);
        self.submit(commands);
        JsFuture::from(landing.map_async(webgpu::READ)).await.map_err(engine_error)?;
        let values = Float32Array::new(&landing.get_mapped_range().map_err(engine_error)?).to_vec();
        landing.destroy();
        Ok(values)
    }

    /// Waits until all submitted commands have finished.
    pub(in super::super) async fn finished(&self) -> Result<(), EngineError> {
        JsFuture::from(self.queue.on_submitted_work_done()).await.map(drop).map_err(engine_error)
    }
}

/// Commands that are being recorded.
#[derive(Debug)]
pub(in super::super) struct Commands(Encoder);

impl Commands {
    pub(in super::super) fn compute<'a>(&mut self, steps: impl Iterator<Item = Step<'a>>) {
        let pass = self.0.begin_compute_pass();
        for Step { pipeline, bindings, groups: [x, y] } in steps {
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, bindings);
            pass.dispatch_workgroups(x, y);
        }
        pass.end();
    }

    /// Draws one instance over a whole target.
    pub(in super::super) fn draw(
        &mut self,
        pipeline: &Pipeline,
        bindings: &Bindings,
        view: &View,
        instance: u32,
    ) {
        let attachment = object(&[("view", view), ("loadOp", &"clear".into()), ("storeOp", &"store".into())]);
        let descriptor = object(&[("colorAttachments", &Array::of1(&attachment))]);
        let pass = self.0.begin_render_pass(&descriptor);
        pass.set_pipeline(pipeline);
        pass.set_bind_group(0, bindings);
        pass.draw(3, 1, 0, instance);
        pass.end();
    }
}

/// Context of a canvas.
#[derive(Debug)]
pub(in super::super) struct Canvas(Context);

impl Canvas {
    /// Configures a canvas that has no other context, at its current size.
    pub(in super::super) fn new(host: &Host, canvas: &HtmlCanvasElement) -> Result<Self, EngineError> {
        let context = canvas.get_context("webgpu").map_err(engine_error)?;
        let context: Context =
            context.ok_or_else(|| unusable("a canvas takes no pictures"))?.unchecked_into();
        let configuration = object(&[
            ("device", &host.device),
            ("format", &FORMAT.into()),
            ("alphaMode", &"premultiplied".into()),
        ]);
        context.configure(&configuration).map_err(engine_error)?;
        Ok(Self(context))
    }

    /// Returns the target of the next frame.
    pub(in super::super) fn view(&self) -> Result<View, EngineError> {
        Ok(self.0.get_current_texture().map_err(engine_error)?.create_view())
    }
}

fn object(entries: &[(&str, &JsValue)]) -> Object {
    let object = Object::new();
    for (key, value) in entries {
        // New objects accept any property.
        let _ = Reflect::set(&object, &JsValue::from_str(key), value);
    }
    object
}

fn filled(constants: Constants<'_>) -> Object {
    let values: Vec<JsValue> = constants.iter().map(|&(_, value)| value.into()).collect();
    let entries: Vec<(&str, &JsValue)> =
        constants.iter().zip(&values).map(|(&(name, _), value)| (name, value)).collect();
    object(&entries)
}

fn number(value: usize) -> JsValue {
    JsValue::from_f64(value as f64)
}

fn engine_error(error: JsValue) -> EngineError {
    unusable(sentence(&error))
}

/// Message of an error or of a device loss.
fn sentence(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|message| message.as_string());
    message.or_else(|| error.as_string()).unwrap_or_else(|| "the browser does not say why".into())
}
