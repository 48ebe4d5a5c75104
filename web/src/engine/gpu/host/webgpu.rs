//! Bindings of the part of WebGPU (W3C Candidate Recommendation, 2024) that the engine uses. Objects that
//! are only passed on are plain values.

use js_sys::{Array, Object, Promise};
use wasm_bindgen::prelude::*;

/// Flags of buffer usage, shader stages and mapping.
pub(super) const MAP_READ: u32 = 0x1;
pub(super) const COPY_SRC: u32 = 0x4;
pub(super) const COPY_DST: u32 = 0x8;
pub(super) const STORAGE: u32 = 0x80;
pub(super) const FRAGMENT: u32 = 0x2;
pub(super) const COMPUTE: u32 = 0x4;
pub(super) const READ: u32 = 0x1;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_namespace = navigator, js_name = gpu)]
    pub(super) static GPU: Option<Gpu>;

    #[derive(Clone, Debug)]
    pub(in super::super) type Gpu;
    #[wasm_bindgen(method, js_name = requestAdapter)]
    pub(super) fn request_adapter(this: &Gpu, options: &Object) -> Promise;

    #[derive(Clone, Debug)]
    pub(in super::super) type Adapter;
    #[wasm_bindgen(method, js_name = requestDevice)]
    pub(super) fn request_device(this: &Adapter) -> Promise;

    #[derive(Clone, Debug)]
    pub(in super::super) type Device;
    #[wasm_bindgen(method, getter)]
    pub(super) fn queue(this: &Device) -> Queue;
    #[wasm_bindgen(method, getter)]
    pub(super) fn lost(this: &Device) -> Promise;
    #[wasm_bindgen(method, setter)]
    pub(super) fn set_onuncapturederror(this: &Device, listener: &JsValue);
    #[wasm_bindgen(method, js_name = pushErrorScope)]
    pub(super) fn push_error_scope(this: &Device, filter: &str);
    #[wasm_bindgen(method, js_name = popErrorScope)]
    pub(super) fn pop_error_scope(this: &Device) -> Promise;
    #[wasm_bindgen(method, catch, js_name = createBuffer)]
    pub(super) fn create_buffer(this: &Device, descriptor: &Object) -> Result<Buffer, JsValue>;
    #[wasm_bindgen(method, js_name = createShaderModule)]
    pub(super) fn create_shader_module(this: &Device, descriptor: &Object) -> JsValue;
    #[wasm_bindgen(method, js_name = createBindGroupLayout)]
    pub(super) fn create_bind_group_layout(this: &Device, descriptor: &Object) -> JsValue;
    #[wasm_bindgen(method, js_name = createPipelineLayout)]
    pub(super) fn create_pipeline_layout(this: &Device, descriptor: &Object) -> JsValue;
    #[wasm_bindgen(method, js_name = createBindGroup)]
    pub(super) fn create_bind_group(this: &Device, descriptor: &Object) -> JsValue;
    #[wasm_bindgen(method, js_name = createComputePipelineAsync)]
    pub(super) fn create_compute_pipeline(this: &Device, descriptor: &Object) -> Promise;
    #[wasm_bindgen(method, js_name = createRenderPipelineAsync)]
    pub(super) fn create_render_pipeline(this: &Device, descriptor: &Object) -> Promise;
    #[wasm_bindgen(method, js_name = createCommandEncoder)]
    pub(super) fn create_command_encoder(this: &Device) -> Encoder;

    #[derive(Clone, Debug)]
    pub(in super::super) type Queue;
    #[wasm_bindgen(method, js_name = writeBuffer)]
    pub(super) fn write_buffer(this: &Queue, buffer: &Buffer, offset: u32, values: &[f32]);
    #[wasm_bindgen(method)]
    pub(super) fn submit(this: &Queue, commands: &Array);
    #[wasm_bindgen(method, js_name = onSubmittedWorkDone)]
    pub(super) fn on_submitted_work_done(this: &Queue) -> Promise;

    #[derive(Clone, Debug)]
    pub(in super::super) type Buffer;
    #[wasm_bindgen(method, js_name = mapAsync)]
    pub(super) fn map_async(this: &Buffer, mode: u32) -> Promise;
    #[wasm_bindgen(method, catch, js_name = getMappedRange)]
    pub(super) fn get_mapped_range(this: &Buffer) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    pub(super) fn destroy(this: &Buffer);

    #[derive(Clone, Debug)]
    pub(in super::super) type Encoder;
    #[wasm_bindgen(method, js_name = beginComputePass)]
    pub(super) fn begin_compute_pass(this: &Encoder) -> Pass;
    #[wasm_bindgen(method, js_name = beginRenderPass)]
    pub(super) fn begin_render_pass(this: &Encoder, descriptor: &Object) -> Pass;
    #[wasm_bindgen(method, js_name = copyBufferToBuffer)]
    pub(super) fn copy_buffer_to_buffer(
        this: &Encoder,
        from: &Buffer,
        from_offset: u32,
        to: &Buffer,
        to_offset: u32,
        size: u32,
    );
    #[wasm_bindgen(method)]
    pub(super) fn finish(this: &Encoder) -> JsValue;

    /// A compute pass or a render pass.
    #[derive(Clone, Debug)]
    pub(in super::super) type Pass;
    #[wasm_bindgen(method, js_name = setPipeline)]
    pub(super) fn set_pipeline(this: &Pass, pipeline: &JsValue);
    #[wasm_bindgen(method, js_name = setBindGroup)]
    pub(super) fn set_bind_group(this: &Pass, index: u32, group: &JsValue);
    #[wasm_bindgen(method, js_name = dispatchWorkgroups)]
    pub(super) fn dispatch_workgroups(this: &Pass, x: u32, y: u32);
    #[wasm_bindgen(method)]
    pub(super) fn draw(this: &Pass, vertices: u32, instances: u32, first_vertex: u32, first_instance: u32);
    #[wasm_bindgen(method)]
    pub(super) fn end(this: &Pass);

    /// The `webgpu` context of a canvas.
    #[derive(Clone, Debug)]
    pub(in super::super) type Context;
    #[wasm_bindgen(method, catch)]
    pub(super) fn configure(this: &Context, configuration: &Object) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = getCurrentTexture)]
    pub(super) fn get_current_texture(this: &Context) -> Result<Texture, JsValue>;

    #[derive(Clone, Debug)]
    pub(in super::super) type Texture;
    #[wasm_bindgen(method, js_name = createView)]
    pub(super) fn create_view(this: &Texture) -> JsValue;
}
