//! The adapter's device: opening it, reading back from it, and learning of its loss.

use std::sync::Arc;

use wgpu::{
    Adapter, BufferDescriptor, BufferUsages, CommandEncoder, DeviceDescriptor, ErrorFilter, Instance,
    InstanceDescriptor, MapMode, PowerPreference, Queue, RequestAdapterOptions,
};

use super::shaders::Shaders;
use super::signal::Signal;
use crate::engine::EngineError;

/// A GPU that is ready for models; they share it.
#[derive(Debug)]
pub struct Device {
    /// Makes canvases' surfaces.
    #[cfg(target_arch = "wasm32")]
    pub(super) instance: Instance,
    pub(super) adapter: Adapter,
    pub(super) device: wgpu::Device,
    pub(super) queue: Queue,
    pub(super) shaders: Shaders,
    lost: Signal<String>,
}

/// Part of a buffer to read back: its first bytes.
pub(super) struct Part<'a> {
    pub(super) buffer: &'a wgpu::Buffer,
    pub(super) bytes: u64,
}

impl Device {
    /// Opens the fastest adapter with the limits that every WebGPU device has, and no optional feature.
    ///
    /// # Errors
    /// Says why there is none.
    pub async fn open() -> Result<Self, EngineError> {
        let instance = Instance::new(InstanceDescriptor::new_without_display_handle());
        let options = RequestAdapterOptions {
            power_preference: PowerPreference::HighPerformance,
            ..RequestAdapterOptions::default()
        };
        let adapter = instance.request_adapter(&options).await.map_err(unusable)?;
        let (device, queue) = adapter.request_device(&DeviceDescriptor::default()).await.map_err(unusable)?;
        let lost = Signal::new();
        let signal = lost.clone();
        device.set_device_lost_callback(move |_, why| signal.send(why));
        // What no scope awaits, such as too little memory in the middle of a frame, is a loss too.
        let signal = lost.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| signal.send(error.to_string())));
        Ok(Self {
            #[cfg(target_arch = "wasm32")]
            instance,
            adapter,
            shaders: Shaders::new(&device),
            device,
            queue,
            lost,
        })
    }

    /// What the adapter calls itself.
    pub fn name(&self) -> String {
        self.adapter.get_info().name
    }

    /// Waits until the device is lost, and says why; holds nothing of the device.
    pub fn lost(&self) -> impl Future<Output = String> + use<> {
        let lost = self.lost.clone();
        async move { lost.receive().await }
    }

    /// Does `work` and waits for the GPU's word on it.
    pub(super) async fn checked<T>(&self, work: impl FnOnce() -> T) -> Result<T, EngineError> {
        let memory = self.device.push_error_scope(ErrorFilter::OutOfMemory);
        let validity = self.device.push_error_scope(ErrorFilter::Validation);
        let result = work();
        // Scopes are popped in their order at once; their words come later.
        let (validity, memory) = (validity.pop(), memory.pop());
        match validity.await.or(memory.await) {
            Some(error) => Err(unusable(error)),
            None => Ok(result),
        }
    }

    /// Runs the commands, and reads the first bytes of a buffer after them.
    pub(super) async fn read(
        &self,
        mut commands: CommandEncoder,
        Part { buffer, bytes }: Part<'_>,
    ) -> Result<Vec<f32>, EngineError> {
        let landing = self.device.create_buffer(&BufferDescriptor {
            label: None,
            size: bytes,
            usage: BufferUsages::COPY_DST | BufferUsages::MAP_READ,
            mapped_at_creation: false,
        });
        commands.copy_buffer_to_buffer(buffer, 0, &landing, 0, bytes);
        self.queue.submit([commands.finish()]);
        let mapped = Signal::new();
        let signal = mapped.clone();
        landing.map_async(MapMode::Read, .., move |result| signal.send(result));
        self.wait()?;
        mapped.receive().await.map_err(unusable)?;
        let view = landing.get_mapped_range(..).map_err(unusable)?;
        let (values, _) = view.as_chunks();
        let values = values.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        drop(view);
        landing.destroy();
        Ok(values)
    }

    /// Waits until all that was submitted is done.
    pub async fn finished(&self) -> Result<(), EngineError> {
        let done = Signal::new();
        let signal = done.clone();
        self.queue.on_submitted_work_done(move || signal.send(()));
        self.wait()?;
        done.receive().await;
        Ok(())
    }

    /// Lets native callbacks run; a browser runs them by itself.
    fn wait(&self) -> Result<(), EngineError> {
        if cfg!(not(target_arch = "wasm32")) {
            self.device.poll(wgpu::PollType::wait_indefinitely()).map_err(unusable)?;
        }
        Ok(())
    }
}

/// The GPU's complaint in one line.
pub(super) fn unusable(error: impl std::fmt::Display) -> EngineError {
    EngineError::Gpu(error.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
}
