//! What the page has to do: ask, fetch, draw.

use std::rc::Rc;

use super::Path;
use crate::lanes::Post;

/// What the page has to do after an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Fetch a weights file.
    Fetch {
        /// Where.
        side: usize,
        /// The choice that it belongs to.
        visit: u32,
        /// File beside the manifest.
        file: String,
    },
    /// Send a request to the worker.
    Post(Post),
    /// Have the GPU meet a request.
    Compute(Post),
    /// Have the GPU take a model in, with room for so many pictures, and check it.
    Prepare {
        /// Where.
        side: usize,
        /// The choice that it belongs to.
        visit: u32,
        /// The weights file.
        file: Rc<[u8]>,
        /// Pictures.
        room: usize,
    },
    /// Have a worker of its own score a model.
    Judge {
        /// Number of the check.
        ticket: u32,
        /// The weights file.
        file: Rc<[u8]>,
        /// Whether by the full protocol.
        full: bool,
    },
    /// End that worker.
    Dismiss,
    /// Draw a part of the page.
    Draw(Panel),
    /// Show the clock.
    Animate,
}

/// A part of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Panel {
    /// The notice for the whole page.
    Notice,
    /// Which engine runs, and how fast.
    Engine,
    /// The menus of models.
    Menus,
    /// A side from the ground up.
    Side(usize),
    /// A side's progress bar.
    Progress(usize),
    /// A side's live picture and markers.
    Live(usize),
    /// A side's sliders.
    Sliders(usize),
    /// The row of a side's unit.
    Row(usize, usize),
    /// A side's pictures from A to B.
    Path(usize, Path),
    /// How far along from A to B both models are.
    Along,
    /// The world's controls.
    Factors,
    /// The world's picture.
    Original,
    /// A side's reconstruction.
    Reconstruction(usize),
    /// What a side's survey has found.
    Survey(usize),
    /// What the check of the claim has found.
    Verdict,
}
