//! The GPU functions that the engine uses, in two implementations with the same interface: bindings of
//! the browser's WebGPU, and Vulkan through the `wgpu` crate, so that shaders are tested without a
//! browser. `wgpu` also supports WebGPU, but would add 35 kB to the page and compiles no pipelines in the
//! background.

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

/// The stage that uses a pipeline's buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Compute,
    Fragment,
}

/// A range of a buffer, in bytes; its offset is a multiple of 256.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span<'a> {
    pub(super) buffer: &'a Buffer,
    pub(super) offset: usize,
    pub(super) size: usize,
}

/// One dispatch of a compute shader.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) bindings: &'a Bindings,
    /// Workgroups along both dimensions of the grid.
    pub(super) groups: [u32; 2],
}

/// Constants of a shader.
pub(super) type Constants<'a> = &'a [(&'a str, f64)];

/// Converts an error of the GPU to one line.
pub(super) fn unusable(error: impl std::fmt::Display) -> EngineError {
    EngineError::Gpu(error.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
}
