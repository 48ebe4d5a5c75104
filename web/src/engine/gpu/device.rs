//! A GPU device, and its loss.

use super::host::{Commands, Host};
use super::shaders::Shaders;
use super::signal::Signal;
use crate::engine::EngineError;

/// A GPU device that all models share.
#[derive(Debug)]
pub struct Device {
    pub(super) host: Host,
    pub(super) shaders: Shaders,
    lost: Signal<String>,
}

impl Device {
    /// Opens the fastest adapter.
    ///
    /// # Errors
    /// Fails if there is no adapter.
    pub async fn open() -> Result<Self, EngineError> {
        let lost = Signal::new();
        // Errors that nobody awaits, such as running out of memory within a frame, count as a loss.
        let host = Host::open(&lost).await?;
        let shaders = Shaders::new(&host);
        Ok(Self { host, shaders, lost })
    }

    /// Name of the adapter.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn name(&self) -> String {
        self.host.name()
    }

    /// Waits until the device is lost and returns the reason; doesn't keep the device alive.
    pub fn lost(&self) -> impl Future<Output = String> + use<> {
        let lost = self.lost.clone();
        async move { lost.receive().await }
    }

    /// Waits until all submitted commands have finished.
    ///
    /// # Errors
    /// Fails if the GPU does.
    pub async fn finished(&self) -> Result<(), EngineError> {
        self.host.finished().await
    }

    pub(super) fn commands(&self) -> Commands {
        self.host.commands()
    }
}
