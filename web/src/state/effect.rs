//! Effects: what the page has to request, fetch and draw.

use std::rc::Rc;

use super::TourProgress;
use crate::pictures::Slot;
use crate::queue::QueuedRequest;
use crate::worker::SIDES;

/// An action of the page after an event.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Fetch a weights file.
    Fetch {
        /// Side.
        side: usize,
        /// The visit (choice of model) that it belongs to.
        visit: u32,
        /// File name, next to the manifest.
        file: String,
    },
    /// Send a request to the worker.
    Post(QueuedRequest),
    /// Run a request on the GPU.
    Compute(QueuedRequest),
    /// Load a model on the GPU, with buffers for `room` pictures, and check it.
    Prepare {
        /// Side.
        side: usize,
        /// The visit (choice of model) that it belongs to.
        visit: u32,
        /// The weights file.
        file: Rc<[u8]>,
        /// Number of pictures.
        room: usize,
    },
    /// Score a model in a separate worker.
    StartCheck {
        /// Number of the check.
        ticket: u32,
        /// The weights file.
        file: Rc<[u8]>,
        /// Whether to use the full protocol.
        full: bool,
    },
    /// Stop that worker.
    StopCheck,
    /// Show the pictures of a slot.
    Paint(Slot),
    /// Redraw what depends on a topic.
    Draw(Topic),
    /// Request animation ticks.
    Animate,
    /// Store the visitor's progress in the tour.
    Remember(TourProgress),
}

/// What has changed, for the panels that show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// The notice for the whole page.
    Notice,
    /// The current engine and its speed.
    Engine,
    /// The choice of models, and their titles.
    Menus,
    /// Everything on a side.
    Side(usize),
    /// A side's progress bar.
    Progress(usize),
    /// The live picture of a side.
    Live(usize),
    /// A side's code.
    Code(usize),
    /// The position of both models between A and B.
    Along,
    /// The world's factors.
    Factors,
    /// The picture that both models are shown.
    Original,
    /// A side's reconstruction.
    Reconstruction(usize),
    /// The results of a side's survey.
    Survey(usize),
    /// Activations and largest inputs of a side's layers.
    Activations(usize),
    /// The region on a side's map, and how the map shows pictures.
    Map(usize),
    /// The results of the check of the claim.
    Check,
    /// The current view.
    View,
    /// The current step of the tour.
    Tour,
    /// The samples.
    Samples,
    /// The size or colours of the page.
    Look,
}

impl Topic {
    /// All topics, in the order in which they are first drawn.
    pub fn all() -> impl Iterator<Item = Self> {
        let plain = [Self::Notice, Self::Engine, Self::Menus, Self::View, Self::Tour];
        let late = [Self::Along, Self::Factors, Self::Original, Self::Check, Self::Samples, Self::Look];
        let sides = (0..SIDES).flat_map(|side| {
            [Self::Side(side), Self::Progress(side), Self::Reconstruction(side), Self::Survey(side)]
                .into_iter()
                .chain([Self::Code(side), Self::Live(side)])
        });
        plain.into_iter().chain(sides).chain(late)
    }
}
