//! Progress of encoding many images.

use indicatif::{ProgressBar, ProgressStyle};
use trainer::measure::Watch;

/// A bar on a terminal, a line elsewhere; gone when it is dropped.
pub(crate) struct Encoding(ProgressBar);

impl Encoding {
    /// Progress of what is done with the model of that name.
    pub(crate) fn new(what: &str, name: &str) -> Self {
        let bar = ProgressBar::new(0);
        if bar.is_hidden() {
            tracing::info!("{what} {name}");
        } else if let Ok(style) =
            ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} images encoded · {per_sec} · {eta} left")
        {
            bar.set_style(style);
            bar.set_message(name.to_owned());
        }
        Self(bar)
    }
}

impl Drop for Encoding {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Watch for Encoding {
    fn started(&self, images: u64) {
        self.0.set_length(images);
    }

    fn encoded(&self, images: u64) {
        self.0.inc(images);
    }
}
