//! A study's report: what every method came to, the losing ones as well, as Markdown and as a page that
//! needs nothing besides itself.

mod group;
mod html;
mod markdown;
mod metric;
mod scatter;
mod strips;
mod svg;

pub use group::{Group, Ran, Results};
pub use html::html;
pub use markdown::{Plot, markdown, plots};
