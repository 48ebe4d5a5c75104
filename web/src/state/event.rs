//! Events of the page.

use super::{Brush, PictureEdit, SelectedChannel, View};
use crate::manifest::Entry;
use crate::protocol::{CheckMessage, Reply};

/// An event.
#[derive(Clone, Debug)]
pub enum Event {
    /// The address has this fragment, initially or entered later.
    Link(String),
    /// The manifest was read, or the reason why not.
    Manifest(Result<Vec<Entry>, String>),
    /// The visitor chose a data set for both sides.
    Set(usize),
    /// The visitor chose a model.
    Choose {
        /// Side.
        side: usize,
        /// Index in the manifest.
        entry: usize,
    },
    /// The visitor opened a weights file.
    Bring {
        /// Side.
        side: usize,
        /// Name of the file.
        name: String,
        /// Bytes of the file, or the reason why it can't be read.
        file: Result<Vec<u8>, String>,
    },
    /// Part of a weights file arrived.
    Progress {
        /// Side.
        side: usize,
        /// The visit (choice of model) that it belongs to.
        visit: u32,
        /// Bytes so far.
        received: u64,
    },
    /// A weights file arrived, or the reason why not.
    Fetched {
        /// Side.
        side: usize,
        /// The visit (choice of model) that it belongs to.
        visit: u32,
        /// Bytes of the file.
        file: Result<Vec<u8>, String>,
    },
    /// The worker replied.
    Answer {
        /// Number of the request.
        ticket: u32,
        /// The reply.
        reply: Reply,
        /// Bytes of the reply.
        bytes: Vec<u8>,
    },
    /// The worker failed.
    Lost,
    /// The GPU loaded a model and agrees with the CPU, or the reason why not.
    Prepared {
        /// Side.
        side: usize,
        /// The visit (choice of model) that it belongs to.
        visit: u32,
        /// Result of loading.
        outcome: Result<(), String>,
        /// Milliseconds per picture on the GPU.
        pace: f64,
    },
    /// The GPU was lost, for this reason.
    GpuLost(String),
    /// Pictures were decoded; the time includes everything until they can be shown.
    Timed {
        /// Time.
        milliseconds: f64,
        /// Number of pictures.
        pictures: usize,
    },
    /// The visitor switched the engine.
    Switch,
    /// A slider moved.
    Turn {
        /// Side.
        side: usize,
        /// Unit.
        unit: usize,
        /// Its value.
        value: f32,
    },
    /// A unit, or all of them, returns to the last picture's code.
    Reset {
        /// Side.
        side: usize,
        /// Unit; all if `None`.
        unit: Option<usize>,
    },
    /// All units get random values from the prior.
    Sample {
        /// Side.
        side: usize,
        /// Seed.
        seed: u64,
    },
    /// The map was touched, at a position from 0 to 1 from the left and from the bottom.
    Pad {
        /// Side.
        side: usize,
        /// Position.
        at: [f32; 2],
    },
    /// The map shows another unit.
    Axis {
        /// Side.
        side: usize,
        /// 0 for horizontal, 1 for vertical.
        axis: usize,
        /// Unit.
        unit: usize,
    },
    /// The current pictures become A (0) or B (1).
    Pin {
        /// 0 for A, 1 for B.
        end: usize,
    },
    /// The values of another pair of units go from B to A.
    Exchange(usize),
    /// Move to this fraction of the way from A to B.
    Along(f32),
    /// The pointer is on a row, at `position` from 0 to 1 of its traversal.
    Scrub {
        /// Side.
        side: usize,
        /// Unit.
        unit: usize,
        /// Position.
        position: f32,
    },
    /// The pointer left the rows.
    Leave {
        /// Side.
        side: usize,
    },
    /// A picture of a row becomes the base code.
    Take {
        /// Side.
        side: usize,
        /// Unit.
        unit: usize,
        /// Index of the picture in the row.
        column: usize,
    },
    /// A factor's control moved.
    Factor {
        /// Factor.
        factor: usize,
        /// Its value.
        value: f64,
    },
    /// The visitor wants to see a factor move.
    PlayFactor {
        /// Factor.
        factor: usize,
    },
    /// The visitor changed the picture.
    Edit(PictureEdit),
    /// The browser has listed its cameras, and whether there are any.
    Cameras(bool),
    /// Check the claim, fully (true) or quickly (false), or stop the check (`None`).
    Check(Option<bool>),
    /// The worker that scores sent a message.
    CheckMessage {
        /// Number of the check.
        ticket: u32,
        /// The message.
        message: CheckMessage,
    },
    /// The visitor switched to another view.
    View(View),
    /// Pause or resume automatic motion.
    Play,
    /// Go to a step of the tour, or leave it.
    Tour(Option<usize>),
    /// Toggle showing differences from the original four times as strong.
    Amplify,
    /// Both models return to the last picture's code.
    Home,
    /// The note on engines was closed.
    CloseNote,
    /// Draw new samples of both models.
    Samples {
        /// Seed.
        seed: u64,
    },
    /// A sample becomes its model's code.
    TakeSample {
        /// Side.
        side: usize,
        /// Index of the sample.
        index: usize,
    },
    /// A region of a map was selected, or cleared.
    Mark(Option<Brush>),
    /// Toggle whether dragging on a map selects a region or changes units.
    Brushing(bool),
    /// Toggle whether maps show pictures or dots.
    Thumbs(bool),
    /// The visitor selected a channel of a network, or none.
    SelectChannel(Option<SelectedChannel>),
    /// Another factor colours the map.
    Colour(usize),
    /// The rows of inactive units were opened or closed.
    Unfold(bool),
    /// The animation clock, in milliseconds.
    Tick(f64),
    /// The visitor touched something.
    Touch,
}
