//! The shaders, a file each, and their pipelines.

use wgpu::{
    BindGroupLayout, BindGroupLayoutDescriptor, BindGroupLayoutEntry, BindingType, BufferBindingType,
    ComputePipeline, ComputePipelineDescriptor, Device, PipelineCompilationOptions, PipelineLayoutDescriptor,
    ShaderModule, ShaderModuleDescriptor, ShaderSource, ShaderStages,
};

/// A compute shader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shader {
    /// Dense layer.
    Dense,
    /// Convolution.
    Conv,
    /// Transposed convolution.
    Deconv,
    /// Transposed convolution to an image's channels.
    Image,
}

/// Draws pictures to a canvas.
pub(super) const DRAW: &str = include_str!("shaders/draw.wgsl");

/// Invocations in a workgroup of every compute shader.
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

    /// How many rows of the batch one step of the grid's second dimension takes.
    pub(super) fn rows(self) -> usize {
        if self == Self::Dense { 4 } else { 1 }
    }
}

/// The compute shaders' modules and the bindings that they share: input, weight, bias, output.
#[derive(Debug)]
pub(super) struct Shaders {
    modules: [ShaderModule; Shader::ALL.len()],
    pub(super) bindings: BindGroupLayout,
}

impl Shaders {
    pub(super) fn new(device: &Device) -> Self {
        let buffer = |binding, read_only| BindGroupLayoutEntry {
            binding,
            visibility: ShaderStages::COMPUTE,
            ty: BindingType::Buffer {
                ty: BufferBindingType::Storage { read_only },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        };
        let entries = [buffer(0, true), buffer(1, true), buffer(2, true), buffer(3, false)];
        let bindings = BindGroupLayoutDescriptor { label: None, entries: &entries };
        Self {
            modules: Shader::ALL.map(|shader| module(device, shader.source())),
            bindings: device.create_bind_group_layout(&bindings),
        }
    }

    /// The shader with its constants filled in.
    pub(super) fn pipeline(
        &self,
        device: &Device,
        shader: Shader,
        constants: &[(&str, f64)],
    ) -> ComputePipeline {
        let layout = device.create_pipeline_layout(&PipelineLayoutDescriptor {
            label: None,
            bind_group_layouts: &[Some(&self.bindings)],
            immediate_size: 0,
        });
        device.create_compute_pipeline(&ComputePipelineDescriptor {
            label: None,
            layout: Some(&layout),
            module: &self.modules[shader as usize],
            entry_point: None,
            compilation_options: PipelineCompilationOptions { constants, ..Default::default() },
            cache: None,
        })
    }
}

/// A module of a shader's text.
pub(super) fn module(device: &Device, source: &str) -> ShaderModule {
    device.create_shader_module(ShaderModuleDescriptor {
        label: None,
        source: ShaderSource::Wgsl(source.into()),
    })
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
