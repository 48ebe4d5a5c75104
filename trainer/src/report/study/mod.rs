//! Reports of studies: the results of every method, as Markdown and as a self-contained page.

mod compared;
mod group;
mod html;
mod markdown;
mod metric;
mod scatter;
mod strips;
mod svg;

pub use compared::ComparedError;
pub use group::{Group, Results, Role, ScoredRun};
pub use html::html;
pub use markdown::{Plot, markdown, plots};
