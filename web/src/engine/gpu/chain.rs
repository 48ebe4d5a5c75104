//! A sequence of layers on the GPU. Each image of a batch has its own range in the buffers.

use super::device::Device;
use super::host::{Bindings, Buffer, Commands, Pipeline, Span, Step};
use super::plan::Plan;
use super::shaders::WORKGROUP;
use crate::engine::EngineError;

/// Maximum bytes of the values between two layers; larger batches run in parts.
const BETWEEN: usize = 32 << 20;
/// Maximum number of images in a part.
const PART: usize = 128;
/// Parts are multiples of this many images: sixteen rows of one quad keep each part's offset a multiple
/// of 256 bytes, as WebGPU requires, and dense layers process four rows at a time.
const STEP: usize = 16;
/// Maximum size of a buffer binding in bytes, and maximum number of workgroups per dimension, on every
/// device (WebGPU, 3.6.2: limits).
const BOUND: usize = 128 << 20;
const GROUPS: usize = 65_535;

/// An encoder or a decoder.
#[derive(Debug)]
pub(super) struct Chain {
    layers: Vec<Layer>,
    /// Images per part.
    part: usize,
    /// Number of images that fit into the buffers.
    pub(super) capacity: usize,
    pub(super) input: Buffer,
    pub(super) output: Buffer,
    /// Bytes per image of the output.
    pub(super) output_size: usize,
}

#[derive(Debug)]
struct Layer {
    pipeline: Pipeline,
    /// Buffers for each part of the batch, or for all parts if they are the same.
    bindings: Vec<Bindings>,
    groups: u32,
    /// Rows per step of the grid.
    rows: usize,
}

/// Compiles the pipelines of all layers concurrently.
pub(super) fn compile(
    device: &Device,
    plans: &[Plan],
) -> impl Future<Output = Result<Vec<Pipeline>, EngineError>> + use<> {
    let begun: Vec<_> = plans.iter().map(|plan| device.shaders.pipeline(&device.host, plan)).collect();
    async move {
        let mut pipelines = Vec::with_capacity(begun.len());
        for pipeline in begun {
            pipelines.push(pipeline.await?);
        }
        Ok(pipelines)
    }
}

impl Chain {
    /// Allocates buffers for `capacity` images and uploads the weights of the layers.
    ///
    /// # Errors
    /// Fails if the layers exceed the limits that every WebGPU device has.
    pub(super) fn new(
        device: &Device,
        plans: &[Plan],
        pipelines: Vec<Pipeline>,
        capacity: usize,
    ) -> Result<Self, EngineError> {
        let (Some(first), Some(last)) = (plans.first(), plans.last()) else {
            return Err(EngineError::Gpu("the model has no layers".into()));
        };
        let widest = plans[1..].iter().map(|plan| plan.input).max().unwrap_or(0);
        let part = capacity.min(PART).min(BETWEEN / widest.max(1)).next_multiple_of(STEP);
        let capacity = capacity.next_multiple_of(part);
        check(plans, part, capacity)?;
        let host = &device.host;
        let input = host.buffer(capacity * first.input)?;
        let output = host.buffer(capacity * last.output)?;
        let between = [host.buffer(part * widest)?, host.buffer(part * widest)?];
        let mut layers = Vec::with_capacity(plans.len());
        for (i, (plan, pipeline)) in plans.iter().zip(pipelines).enumerate() {
            let [weight, bias] = [filled(device, &plan.weight)?, filled(device, &plan.bias)?];
            let ends = [i == 0, i + 1 == plans.len()];
            let bind = |index: usize| {
                let place = |end: bool, whole, inner, size: usize| match end {
                    true => Span { buffer: whole, offset: index * part * size, size: part * size },
                    false => Span { buffer: inner, offset: 0, size: part * size },
                };
                let x = place(ends[0], &input, &between[(i + 1) % 2], plan.input);
                let y = place(ends[1], &output, &between[i % 2], plan.output);
                let [weight, bias] = [(&weight, &plan.weight), (&bias, &plan.bias)]
                    .map(|(buffer, values)| Span { buffer, offset: 0, size: 4 * values.len() });
                host.bind(&device.shaders.layout, &[x, weight, bias, y])
            };
            let parts = if ends.contains(&true) { capacity / part } else { 1 };
            layers.push(Layer {
                pipeline,
                bindings: (0..parts).map(bind).collect(),
                groups: plan.invocations.div_ceil(WORKGROUP) as u32,
                rows: plan.shader.rows(),
            });
        }
        Ok(Self { layers, part, capacity, input, output, output_size: last.output })
    }

    /// Runs the first `count` images through all layers.
    pub(super) fn record(&self, commands: &mut Commands, count: usize) {
        let parts = (0..count.min(self.capacity)).step_by(self.part).enumerate();
        commands.compute(parts.flat_map(|(index, first)| {
            let images = self.part.min(count - first);
            self.layers.iter().filter_map(move |layer| {
                let bindings = layer.bindings.get(index).or(layer.bindings.first())?;
                let groups = [layer.groups, images.div_ceil(layer.rows) as u32];
                Some(Step { pipeline: &layer.pipeline, bindings, groups })
            })
        }));
    }
}

/// Checks the limits that every WebGPU device has.
fn check(plans: &[Plan], part: usize, capacity: usize) -> Result<(), EngineError> {
    let ends = plans.first().map_or(0, |plan| plan.input).max(plans.last().map_or(0, |plan| plan.output));
    let fits = |plan: &Plan| {
        4 * plan.weight.len() <= BOUND
            && part * plan.input.max(plan.output) <= BOUND
            && plan.invocations <= WORKGROUP * GROUPS
    };
    // The drawing shader binds the whole output.
    if capacity * ends > BOUND || !plans.iter().all(fits) {
        return Err(EngineError::Gpu("the model is larger than WebGPU allows everywhere".into()));
    }
    Ok(())
}

fn filled(device: &Device, values: &[f32]) -> Result<Buffer, EngineError> {
    let buffer = device.host.buffer(4 * values.len())?;
    device.host.write(&buffer, values);
    Ok(buffer)
}
