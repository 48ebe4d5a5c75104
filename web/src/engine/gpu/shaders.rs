//! The shaders, one file each, and their pipelines.

use super::host::{Host, Layout, Module, Pipeline, Stage};
use super::plan::Plan;
use crate::engine::EngineError;

/// A compute shader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shader {
    /// Dense layer.
    Dense,
    /// Convolution.
    Conv,
    /// Transposed convolution.
    Deconv,
    /// Transposed convolution that outputs an image's channels.
    Image,
}

/// Shader that draws pictures to a canvas.
pub(super) const DRAW: &str = include_str!("shaders/draw.wgsl");

/// Invocations per workgroup, for all compute shaders.
pub(super) const WORKGROUP: usize = 64;

impl Shader {
    const ALL: [Self; 4] = [Self::Dense, Self::Conv, Self::Deconv, Self::Image];

    fn source(self) -> &'static str {
        match self {
            Self::Dense => include_str!("shaders/dense.wgsl"),
            Self::Conv => include_str!("shaders/conv.wgsl"),
            Self::Deconv => include_str!("shaders/deconv.wgsl"),
            Self::Image => include_str!("shaders/image.wgsl"),
        }
    }

    /// Rows of the batch per step of the grid's second dimension.
    pub(super) fn rows(self) -> usize {
        if self == Self::Dense { 4 } else { 1 }
    }
}

/// Modules of the compute shaders, and the layout of their buffers: input, weight, bias, output.
#[derive(Debug)]
pub(super) struct Shaders {
    modules: [Module; Shader::ALL.len()],
    pub(super) layout: Layout,
}

impl Shaders {
    pub(super) fn new(host: &Host) -> Self {
        let modules = Shader::ALL.map(|shader| host.module(shader.source()));
        Self { modules, layout: host.layout(Stage::Compute, 3, 1) }
    }

    /// Starts to compile a layer's shader with its constants.
    pub(super) fn pipeline(
        &self,
        host: &Host,
        plan: &Plan,
    ) -> impl Future<Output = Result<Pipeline, EngineError>> + use<> {
        host.compute(&self.layout, &self.modules[plan.shader as usize], &plan.constants)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use wgpu::naga::front::wgsl::parse_str;
    use wgpu::naga::valid::{Capabilities, ValidationFlags, Validator};

    #[test]
    fn every_shader_is_valid_without_any_optional_feature() {
        for source in Shader::ALL.map(Shader::source).into_iter().chain([DRAW]) {
            let module = parse_str(source).unwrap_or_else(|error| panic!("{}", error.emit_to_string(source)));
            let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
            validator.validate(&module).unwrap_or_else(|error| panic!("{}", error.emit_to_string(source)));
        }
    }
}
