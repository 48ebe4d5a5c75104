//! What the page has to do: ask, fetch, draw.

use std::rc::Rc;

use super::Toured;
use crate::lanes::Post;
use crate::pictures::Slot;
use crate::worker::SIDES;

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
    /// Show the pictures of a place.
    Paint(Slot),
    /// Draw what shows this.
    Draw(Topic),
    /// Show the clock.
    Animate,
    /// Keep how far the visitor has come with the tour.
    Remember(Toured),
}

/// What has changed, for the panels that show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// The notice for the whole page.
    Notice,
    /// Which engine runs, and how fast.
    Engine,
    /// The choice of models, and what they are called.
    Menus,
    /// A side from the ground up.
    Side(usize),
    /// A side's progress bar.
    Progress(usize),
    /// What a side looks at for the moment.
    Live(usize),
    /// A side's code.
    Code(usize),
    /// How far along from A to B both models are.
    Along,
    /// The world's factors.
    Factors,
    /// The picture that both models are shown.
    Original,
    /// A side's reconstruction.
    Reconstruction(usize),
    /// What a side's survey has found.
    Survey(usize),
    /// What the check of the claim has found.
    Verdict,
    /// Which view is shown.
    View,
    /// The step of the tour.
    Tour,
    /// The draws of the samples.
    Samples,
    /// The size or the colours of the page.
    Look,
}

impl Topic {
    /// All that a panel can show, in the order in which it is drawn for the first time.
    pub fn all() -> impl Iterator<Item = Self> {
        let plain = [Self::Notice, Self::Engine, Self::Menus, Self::View, Self::Tour];
        let late = [Self::Along, Self::Factors, Self::Original, Self::Verdict, Self::Samples, Self::Look];
        let sides = (0..SIDES).flat_map(|side| {
            [Self::Side(side), Self::Progress(side), Self::Reconstruction(side), Self::Survey(side)]
                .into_iter()
                .chain([Self::Code(side), Self::Live(side)])
        });
        plain.into_iter().chain(sides).chain(late)
    }
}
