//! A GPU that is ready for models, and its loss.

use super::host::{Commands, Host};
use super::shaders::Shaders;
use super::signal::Signal;
use crate::engine::EngineError;

/// A GPU that is ready for models; they share it.
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
    /// Says why there is none.
    pub async fn open() -> Result<Self, EngineError> {
        let lost = Signal::new();
        // What nobody awaits, such as too little memory in the middle of a frame, is a loss too.
        let host = Host::open(&lost).await?;
        let shaders = Shaders::new(&host);
        Ok(Self { host, shaders, lost })
    }

    /// What the adapter calls itself.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn name(&self) -> String {
        self.host.name()
    }

    /// Waits until the device is lost, and says why; holds nothing of the device.
    pub fn lost(&self) -> impl Future<Output = String> + use<> {
        let lost = self.lost.clone();
        async move { lost.receive().await }
    }

    /// Waits until all that was submitted is done.
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
