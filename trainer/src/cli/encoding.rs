//! Shows the progress of encoding many images.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressStyle};
use trainer::measure::Watch;

/// Progress bar on a terminal, or a log line elsewhere. The bar disappears when this is dropped.
pub(crate) struct Encoding {
    bar: ProgressBar,
    stop: Option<Arc<AtomicBool>>,
}

/// Creates a progress bar of `length` steps on a terminal. Elsewhere it logs the activity `what` and stays hidden.
pub(super) fn bar(length: u64, what: &str, template: &str) -> ProgressBar {
    let bar = ProgressBar::new(length);
    if bar.is_hidden() {
        tracing::info!("{what}");
    } else if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

impl Encoding {
    /// Creates the bar for an activity, such as `scoring`, with the model `name`.
    pub(crate) fn new(what: &str, name: &str) -> Self {
        let template = "{msg} {bar:30} {pos}/{len} images encoded · {per_sec} · {eta} left";
        let bar = bar(0, &format!("{what} {name}"), template);
        bar.set_message(name.to_owned());
        Self { bar, stop: None }
    }

    /// Stops encoding when `stop` is set.
    pub(crate) fn until(mut self, stop: &Arc<AtomicBool>) -> Self {
        self.stop = Some(Arc::clone(stop));
        self
    }
}

impl Drop for Encoding {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for Encoding {
    fn started(&self, images: u64) {
        self.bar.set_length(images);
    }

    fn encoded(&self, images: u64) {
        self.bar.inc(images);
    }

    fn stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
}
