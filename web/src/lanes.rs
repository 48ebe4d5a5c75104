//! Decides which request the worker runs next.
//!
//! Each lane holds one waiting request, which a newer one replaces, so that outdated requests are never
//! run. One request runs at a time, in order of lanes, so that the picture under the visitor's finger
//! never waits for a grid.

use crate::pictures::Slot;
use crate::protocol::Request;
use crate::table::Table;

/// A kind of request, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Loading a side's model.
    Load(usize),
    /// Pictures that the visitor is changing.
    Now(Slot),
    /// A side's reconstruction.
    Reconstruct(usize),
    /// Activations of a side's layers.
    Inside(usize),
    /// Other pictures that a panel shows: rank, then slot.
    Soon(usize, Slot),
    /// Largest inputs of a side's layers.
    Wires(usize),
    /// Step, then side: which channels random pictures activate.
    Probe(usize, usize),
    /// Step of the survey, then side, so that both sides' surveys progress together.
    Survey(usize, usize),
}

impl Lane {
    /// The lane for a panel's pictures.
    pub fn of(slot: Slot, rank: usize) -> Self {
        if rank == 0 { Self::Now(slot) } else { Self::Soon(rank, slot) }
    }

    /// Slot of its pictures.
    pub fn slot(self) -> Option<Slot> {
        match self {
            Self::Now(slot) | Self::Soon(_, slot) => Some(slot),
            _ => None,
        }
    }

    /// Its side.
    pub fn side(self) -> usize {
        match self {
            Self::Load(side) | Self::Reconstruct(side) | Self::Inside(side) | Self::Wires(side) => side,
            Self::Probe(_, side) | Self::Survey(_, side) => side,
            Self::Now(slot) | Self::Soon(_, slot) => slot.side,
        }
    }
}

/// A request for the worker, with its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Post {
    /// Number of the request.
    pub ticket: u32,
    /// The request.
    pub request: Request,
    /// Bytes to transfer to the worker.
    pub bytes: Vec<u8>,
}

/// All lanes.
#[derive(Clone, Debug, Default)]
pub struct Lanes {
    waiting: Table<Lane, (Request, Vec<u8>)>,
    running: Option<(u32, Lane)>,
    tickets: u32,
    open: bool,
}

impl Lanes {
    /// Marks the worker as ready.
    pub fn open(&mut self) {
        self.open = true;
    }

    /// Puts a request into its lane; replaces one that waits there.
    pub fn ask(&mut self, lane: Lane, request: Request, bytes: Vec<u8>) {
        self.waiting.insert(lane, (request, bytes));
    }

    /// Takes the most urgent request, if the worker is free.
    pub fn start_next(&mut self) -> Option<Post> {
        if !self.open || self.running.is_some() {
            return None;
        }
        let (lane, (request, bytes)) = self.waiting.pop_first()?;
        self.tickets += 1;
        self.running = Some((self.tickets, lane));
        Some(Post { ticket: self.tickets, request, bytes })
    }

    /// Whether a request waits or runs in a lane.
    pub fn has(&self, lane: Lane) -> bool {
        self.waiting.get(&lane).is_some() || self.running.is_some_and(|(_, running)| running == lane)
    }

    /// Whether pictures other than those being changed wait or run.
    pub fn has_soon(&self) -> bool {
        let running = self.running.iter().map(|(_, lane)| lane);
        self.waiting.keys().chain(running).any(|lane| matches!(lane, Lane::Soon(..)))
    }

    /// Withdraws waiting pictures whose slots fail a test.
    pub fn keep(&mut self, wanted: impl Fn(Slot) -> bool) {
        self.waiting.retain(|lane| lane.slot().is_none_or(&wanted));
    }

    /// Returns the lane of the answered request, or `None` if it was withdrawn.
    pub fn finish(&mut self, ticket: u32) -> Option<Lane> {
        let (running, lane) = self.running.take()?;
        (running == ticket).then_some(lane)
    }

    /// Withdraws all requests for a side. A running request finishes, and its answer is ignored.
    pub fn withdraw(&mut self, side: usize) {
        self.waiting.retain(|lane| lane.side() != side);
        if let Some((ticket, lane)) = &mut self.running
            && lane.side() == side
        {
            *ticket = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(side: usize, value: f32) -> Request {
        Request::Decode { side, codes: vec![value] }
    }

    #[test]
    fn the_newest_request_of_a_lane_wins() {
        let mut lanes = Lanes::default();
        lanes.open();
        lanes.ask(Lane::Now(Slot::live(0)), decode(0, 1.0), Vec::new());
        lanes.ask(Lane::Now(Slot::live(0)), decode(0, 2.0), Vec::new());
        let post = lanes.start_next().expect("one waits");
        assert_eq!(post.request, decode(0, 2.0));
        assert_eq!(lanes.finish(post.ticket), Some(Lane::Now(Slot::live(0))));
        assert_eq!(lanes.start_next(), None);
    }

    #[test]
    fn one_request_runs_at_a_time_and_the_live_picture_goes_first() {
        let mut lanes = Lanes::default();
        lanes.ask(Lane::Soon(1, Slot::new("row", 0, 0)), decode(0, 1.0), Vec::new());
        assert_eq!(lanes.start_next(), None, "the worker does not listen yet");
        lanes.open();
        let row = lanes.start_next().expect("one waits");
        lanes.ask(Lane::Soon(1 + 1, Slot::new("row", 0, 0)), decode(0, 2.0), Vec::new());
        lanes.ask(Lane::Now(Slot::live(1)), decode(1, 3.0), Vec::new());
        assert_eq!(lanes.start_next(), None, "the worker is busy");
        lanes.ask(Lane::Survey(0, 0), Request::Survey { side: 0, step: 0 }, Vec::new());
        lanes.finish(row.ticket);
        let live = lanes.start_next().expect("three wait");
        assert_eq!(live.request, decode(1, 3.0));
        lanes.finish(live.ticket);
        assert_eq!(lanes.start_next().map(|post| post.request), Some(decode(0, 2.0)), "the survey is last");
    }

    #[test]
    fn both_sides_surveys_grow_together() {
        let mut lanes = Lanes::default();
        lanes.open();
        lanes.ask(Lane::Survey(5, 0), Request::Survey { side: 0, step: 0 }, Vec::new());
        lanes.ask(Lane::Survey(4, 1), Request::Survey { side: 1, step: 4 }, Vec::new());
        assert_eq!(lanes.start_next().map(|post| post.request), Some(Request::Survey { side: 1, step: 4 }));
    }

    #[test]
    fn an_answer_to_a_withdrawn_request_is_ignored() {
        let mut lanes = Lanes::default();
        lanes.open();
        lanes.ask(Lane::Now(Slot::live(0)), decode(0, 1.0), Vec::new());
        lanes.ask(Lane::Soon(1, Slot::new("row", 0, 0)), decode(0, 1.0), Vec::new());
        lanes.ask(Lane::Soon(1, Slot::new("row", 1, 0)), decode(1, 1.0), Vec::new());
        let post = lanes.start_next().expect("one waits");
        lanes.withdraw(0);
        assert_eq!(lanes.finish(post.ticket), None);
        assert_eq!(lanes.start_next().map(|post| post.request), Some(decode(1, 1.0)));
    }
}
