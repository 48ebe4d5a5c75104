//! What can happen to the page.

use super::{Hand, View};
use crate::manifest::Entry;
use crate::protocol::{Judgement, Reply};

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The address has this fragment: from the start, or entered later.
    Link(String),
    /// The manifest was read, or the sentence says why not.
    Manifest(Result<Vec<Entry>, String>),
    /// The visitor chose a data set: both sides go to its models.
    Set(usize),
    /// The visitor chose a model.
    Choose {
        /// Where.
        side: usize,
        /// Entry of the manifest.
        entry: usize,
    },
    /// The visitor brings a weights file.
    Bring {
        /// Where.
        side: usize,
        /// Its name.
        name: String,
        /// Its bytes, or the sentence that says why they can't be had.
        file: Result<Vec<u8>, String>,
    },
    /// A weights file arrives.
    Progress {
        /// Where.
        side: usize,
        /// The choice that it belongs to.
        visit: u32,
        /// Bytes so far.
        received: u64,
    },
    /// A weights file is here, or the sentence says why not.
    Fetched {
        /// Where.
        side: usize,
        /// The choice that it belongs to.
        visit: u32,
        /// The file's bytes.
        file: Result<Vec<u8>, String>,
    },
    /// The worker says something.
    Answer {
        /// Number of the request.
        ticket: u32,
        /// What it says.
        reply: Reply,
        /// Bytes that came with it.
        bytes: Vec<u8>,
    },
    /// The worker is gone.
    Lost,
    /// The GPU holds a model and agrees with the CPU, or the sentence says why not.
    Prepared {
        /// Where.
        side: usize,
        /// The choice that it belongs to.
        visit: u32,
        /// What came of it.
        outcome: Result<(), String>,
        /// Milliseconds that a picture takes there.
        pace: f64,
    },
    /// The GPU is gone, and why.
    GpuLost(String),
    /// Pictures were decoded in that time, of all that it takes until they can be shown.
    Timed {
        /// Time.
        milliseconds: f64,
        /// Their number.
        pictures: usize,
    },
    /// The visitor wants the other engine.
    Switch,
    /// A slider moved.
    Turn {
        /// Where.
        side: usize,
        /// Unit.
        unit: usize,
        /// Its value.
        value: f32,
    },
    /// A unit, or all of them, goes back to the last picture's code.
    Reset {
        /// Where.
        side: usize,
        /// Unit.
        unit: Option<usize>,
    },
    /// All units get values drawn from the prior.
    Sample {
        /// Where.
        side: usize,
        /// What decides which.
        seed: u64,
    },
    /// The pad is touched, at a place from the left and from the bottom, 0 to 1.
    Pad {
        /// Where.
        side: usize,
        /// The place.
        at: [f32; 2],
    },
    /// Another unit for the pad.
    Axis {
        /// Where.
        side: usize,
        /// 0 across, 1 up.
        axis: usize,
        /// Unit.
        unit: usize,
    },
    /// The present pictures become A (0) or B (1).
    Pin {
        /// Which.
        end: usize,
    },
    /// That share of the way from A to B.
    Along(f32),
    /// The pointer is on a row, at `position` from 0 to 1 of the traversal.
    Scrub {
        /// Where.
        side: usize,
        /// Unit.
        unit: usize,
        /// Position.
        position: f32,
    },
    /// The pointer left the rows.
    Leave {
        /// Where.
        side: usize,
    },
    /// A picture of a row becomes the base.
    Take {
        /// Where.
        side: usize,
        /// Unit.
        unit: usize,
        /// Its place in the row.
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
    Sway {
        /// Factor.
        factor: usize,
    },
    /// The visitor's hand is at the picture.
    Hand(Hand),
    /// The visitor wants the claim checked, fully or not, or the check stopped.
    Check(Option<bool>),
    /// The judge says something.
    Judged {
        /// Number of the check.
        ticket: u32,
        /// What it says.
        judgement: Judgement,
    },
    /// The visitor turns to another view.
    View(View),
    /// What moves by itself pauses, or goes on.
    Play,
    /// The visitor goes to a step of the tour, or leaves it.
    Tour(Option<usize>),
    /// Differences from the original are shown four times as strong, or no longer.
    Amplify,
    /// Both models go back to the last picture's code.
    Home,
    /// The note on engines is read.
    CloseNote,
    /// The samples of both models are drawn anew.
    Samples {
        /// What decides which.
        seed: u64,
    },
    /// A sample becomes its model's code.
    TakeSample {
        /// Where.
        side: usize,
        /// Which.
        index: usize,
    },
    /// Another factor colours the map.
    Colour(usize),
    /// The rows of units that carry nothing were opened or closed.
    Unfold(bool),
    /// The clock of what moves by itself, in milliseconds.
    Tick(f64),
    /// The visitor touched something.
    Touch,
}
