//! Layers one after another on the GPU, each image in the buffers of its place in the batch.

use wgpu::util::{BufferInitDescriptor, DeviceExt};
use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindingResource, Buffer, BufferBinding, BufferDescriptor,
    BufferUsages, CommandEncoder, ComputePassDescriptor, ComputePipeline,
};

use super::device::Device;
use super::plan::Plan;
use super::shaders::WORKGROUP;
use crate::engine::EngineError;

/// Most bytes of the values between two layers: larger batches run part by part.
const BETWEEN: usize = 32 << 20;
/// Most images in a part.
const PART: usize = 128;
/// Images that parts are multiples of: sixteen rows of one quad keep a part's first byte at a multiple
/// of 256, as WebGPU wants it, and dense layers take rows by fours.
const STEP: usize = 16;

/// An encoder or a decoder.
#[derive(Debug)]
pub(super) struct Chain {
    layers: Vec<Layer>,
    /// Images a part.
    part: usize,
    /// Images that there is room for.
    pub(super) capacity: usize,
    pub(super) input: Buffer,
    pub(super) output: Buffer,
    /// Bytes an image of the output.
    pub(super) output_size: usize,
}

#[derive(Debug)]
struct Layer {
    pipeline: ComputePipeline,
    /// Buffers of each part of the batch; one for all where they are the same.
    bindings: Vec<BindGroup>,
    groups: u32,
    /// Rows that one step of the grid takes.
    rows: usize,
}

impl Chain {
    /// Makes room for `capacity` images, and hands the layers' weights over.
    ///
    /// # Errors
    /// Fails if the layers are larger than every WebGPU device allows.
    pub(super) fn new(device: &Device, plans: &[Plan], capacity: usize) -> Result<Self, EngineError> {
        let (Some(first), Some(last)) = (plans.first(), plans.last()) else {
            return Err(EngineError::Gpu("the model has no layers".into()));
        };
        let widest = plans[1..].iter().map(|plan| plan.input).max().unwrap_or(0);
        let part = capacity.min(PART).min(BETWEEN / widest.max(1)).next_multiple_of(STEP);
        let capacity = capacity.next_multiple_of(part);
        check(device, plans, part, capacity)?;
        let storage = |size: usize, usage| {
            device.device.create_buffer(&BufferDescriptor {
                label: None,
                size: size as u64,
                usage: BufferUsages::STORAGE | usage,
                mapped_at_creation: false,
            })
        };
        let input = storage(capacity * first.input, BufferUsages::COPY_DST);
        let output = storage(capacity * last.output, BufferUsages::COPY_SRC);
        let between = [(); 2].map(|()| storage(part * widest, BufferUsages::empty()));
        let layers = plans.iter().enumerate().map(|(i, plan)| {
            let parts = capacity / part;
            let weights = [&plan.weight, &plan.bias].map(|values| {
                let contents: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
                device.device.create_buffer_init(&BufferInitDescriptor {
                    label: None,
                    contents: &contents,
                    usage: BufferUsages::STORAGE,
                })
            });
            let ends = [i == 0, i + 1 == plans.len()];
            let bind = |index: usize| {
                let place = |end: bool, whole, inner, size: usize| match end {
                    true => span(whole, index * part * size, part * size),
                    false => span(inner, 0, part * size),
                };
                let x = place(ends[0], &input, &between[(i + 1) % 2], plan.input);
                let y = place(ends[1], &output, &between[i % 2], plan.output);
                group(device, [x, weights[0].as_entire_binding(), weights[1].as_entire_binding(), y])
            };
            Layer {
                pipeline: device.shaders.pipeline(&device.device, plan.shader, &plan.constants),
                bindings: (0..if ends.contains(&true) { parts } else { 1 }).map(bind).collect(),
                groups: plan.invocations.div_ceil(WORKGROUP) as u32,
                rows: plan.shader.rows(),
            }
        });
        let layers = layers.collect();
        Ok(Self { layers, part, capacity, input, output, output_size: last.output })
    }

    /// Runs the first `count` images through all layers.
    pub(super) fn record(&self, commands: &mut CommandEncoder, count: usize) {
        let mut pass = commands.begin_compute_pass(&ComputePassDescriptor::default());
        for (index, first) in (0..count.min(self.capacity)).step_by(self.part).enumerate() {
            let images = self.part.min(count - first);
            for layer in &self.layers {
                pass.set_pipeline(&layer.pipeline);
                let bindings = layer.bindings.get(index).or(layer.bindings.first());
                pass.set_bind_group(0, bindings, &[]);
                pass.dispatch_workgroups(layer.groups, images.div_ceil(layer.rows) as u32, 1);
            }
        }
    }
}

/// Refuses what a device with the limits of every WebGPU device can't hold.
fn check(device: &Device, plans: &[Plan], part: usize, capacity: usize) -> Result<(), EngineError> {
    let limits = device.device.limits();
    let bound = limits.max_storage_buffer_binding_size as usize;
    let groups = WORKGROUP * limits.max_compute_workgroups_per_dimension as usize;
    let ends = plans.first().map_or(0, |plan| plan.input).max(plans.last().map_or(0, |plan| plan.output));
    let fits = |plan: &Plan| {
        4 * plan.weight.len() <= bound
            && part * plan.input.max(plan.output) <= bound
            && plan.invocations <= groups
    };
    // The drawing shader sees the whole output at once.
    if capacity * ends > bound || !plans.iter().all(fits) {
        return Err(EngineError::Gpu("the model is larger than WebGPU allows everywhere".into()));
    }
    Ok(())
}

fn span(buffer: &Buffer, offset: usize, size: usize) -> BindingResource<'_> {
    let (offset, size) = (offset as u64, std::num::NonZeroU64::new(size as u64));
    BindingResource::Buffer(BufferBinding { buffer, offset, size })
}

fn group(device: &Device, buffers: [BindingResource; 4]) -> BindGroup {
    let entries =
        buffers.into_iter().zip(0..).map(|(resource, binding)| BindGroupEntry { binding, resource });
    let entries: Vec<_> = entries.collect();
    device.device.create_bind_group(&BindGroupDescriptor {
        label: None,
        layout: &device.shaders.bindings,
        entries: &entries,
    })
}
