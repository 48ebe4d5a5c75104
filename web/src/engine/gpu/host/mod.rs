//! What the engine asks of a GPU, twice in the same form: in the browser by bindings of its WebGPU, elsewhere
//! on Vulkan by the `wgpu` crate, so that shaders are tested without a browser. `wgpu` has a WebGPU form as
//! well, but it costs the page 35 kB and compiles no pipeline in the background.

#[cfg(target_arch = "wasm32")]
mod browser;
#[cfg(not(target_arch = "wasm32"))]
mod vulkan;
#[cfg(target_arch = "wasm32")]
mod webgpu;

#[cfg(target_arch = "wasm32")]
pub(super) use browser::{Bindings, Buffer, Canvas, Commands, Host, Layout, Module, Pipeline, View};
#[cfg(all(test, not(target_arch = "wasm32")))]
pub(super) use vulkan::FORMAT;
#[cfg(not(target_arch = "wasm32"))]
pub(super) use vulkan::{Bindings, Buffer, Canvas, Commands, Host, Layout, Module, Pipeline, View};

use crate::engine::EngineError;

/// Who sees a pipeline's buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Compute,
    Fragment,
}

/// A part of a buffer, in bytes; its place is a multiple of 256.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span<'a> {
    pub(super) buffer: &'a Buffer,
    pub(super) offset: usize,
    pub(super) size: usize,
}

/// One run of a compute shader.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) bindings: &'a Bindings,
    /// Workgroups along both dimensions of the grid.
    pub(super) groups: [u32; 2],
}

/// Numbers that a pipeline fills into its shader.
pub(super) type Constants<'a> = &'a [(&'a str, f64)];

/// The GPU's complaint in one line.
pub(super) fn unusable(error: impl std::fmt::Display) -> EngineError {
    EngineError::Gpu(error.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
}
