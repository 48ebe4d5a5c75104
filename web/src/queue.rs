//! Decides which request the worker runs next.
//!
//! Of each kind one request waits, which a newer one replaces, so that outdated requests are never
//! run. One request runs at a time, in order of kinds, so that the picture under the visitor's finger
//! never waits for a grid.

use crate::pictures::Slot;
use crate::protocol::Request;
use crate::table::Table;

/// A kind of request, most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestKind {
    /// Loading a side's model.
    Load(usize),
    /// Pictures that the visitor is changing.
    Now(Slot),
    /// A side's reconstruction.
    Reconstruct(usize),
    /// Activations of a side's layers.
    Activations(usize),
    /// Other pictures that a panel shows: rank, then slot.
    Soon(usize, Slot),
    /// Largest inputs of a side's layers.
    LargestInputs(usize),
    /// Step, then side: which channels random pictures activate.
    Probe(usize, usize),
    /// Step of the survey, then side, so that both sides' surveys progress together.
    Survey(usize, usize),
}

impl RequestKind {
    /// The kind of request for a panel's pictures.
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
            Self::Load(side)
            | Self::Reconstruct(side)
            | Self::Activations(side)
            | Self::LargestInputs(side) => side,
            Self::Probe(_, side) | Self::Survey(_, side) => side,
            Self::Now(slot) | Self::Soon(_, slot) => slot.side,
        }
    }
}

/// A request for the worker, with its bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct QueuedRequest {
    /// Number of the request.
    pub ticket: u32,
    /// The request.
    pub request: Request,
    /// Bytes to transfer to the worker.
    pub bytes: Vec<u8>,
}

/// Waiting and running requests.
#[derive(Clone, Debug, Default)]
pub struct RequestQueue {
    waiting: Table<RequestKind, (Request, Vec<u8>)>,
    running: Option<(u32, RequestKind)>,
    tickets: u32,
    open: bool,
}

impl RequestQueue {
    /// Marks the worker as ready.
    pub fn open(&mut self) {
        self.open = true;
    }

    /// Adds a request; replaces a waiting one of its kind.
    pub fn ask(&mut self, kind: RequestKind, request: Request, bytes: Vec<u8>) {
        self.waiting.insert(kind, (request, bytes));
    }

    /// Takes the most urgent request, if the worker is free.
    pub fn start_next(&mut self) -> Option<QueuedRequest> {
        if !self.open || self.running.is_some() {
            return None;
        }
        let (kind, (request, bytes)) = self.waiting.pop_first()?;
        self.tickets += 1;
        self.running = Some((self.tickets, kind));
        Some(QueuedRequest { ticket: self.tickets, request, bytes })
    }

    /// Whether a request of a kind waits or runs.
    pub fn has(&self, kind: RequestKind) -> bool {
        self.waiting.get(&kind).is_some() || self.running.is_some_and(|(_, running)| running == kind)
    }

    /// Whether pictures other than those being changed wait or run.
    pub fn has_soon(&self) -> bool {
        let running = self.running.iter().map(|(_, kind)| kind);
        self.waiting.keys().chain(running).any(|kind| matches!(kind, RequestKind::Soon(..)))
    }

    /// Withdraws waiting pictures whose slots fail a test.
    pub fn keep(&mut self, wanted: impl Fn(Slot) -> bool) {
        self.waiting.retain(|kind| kind.slot().is_none_or(&wanted));
    }

    /// Returns the kind of the answered request, or `None` if it was withdrawn.
    pub fn finish(&mut self, ticket: u32) -> Option<RequestKind> {
        let (running, kind) = self.running.take()?;
        (running == ticket).then_some(kind)
    }

    /// Withdraws all requests for a side. A running request finishes, and its answer is ignored.
    pub fn withdraw(&mut self, side: usize) {
        self.waiting.retain(|kind| kind.side() != side);
        if let Some((ticket, kind)) = &mut self.running
            && kind.side() == side
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
    fn the_newest_request_of_a_kind_wins() {
        let mut queue = RequestQueue::default();
        queue.open();
        queue.ask(RequestKind::Now(Slot::live(0)), decode(0, 1.0), Vec::new());
        queue.ask(RequestKind::Now(Slot::live(0)), decode(0, 2.0), Vec::new());
        let request = queue.start_next().expect("one waits");
        assert_eq!(request.request, decode(0, 2.0));
        assert_eq!(queue.finish(request.ticket), Some(RequestKind::Now(Slot::live(0))));
        assert_eq!(queue.start_next(), None);
    }

    #[test]
    fn one_request_runs_at_a_time_and_the_live_picture_goes_first() {
        let mut queue = RequestQueue::default();
        queue.ask(RequestKind::Soon(1, Slot::new("row", 0, 0)), decode(0, 1.0), Vec::new());
        assert_eq!(queue.start_next(), None, "the worker does not listen yet");
        queue.open();
        let row = queue.start_next().expect("one waits");
        queue.ask(RequestKind::Soon(1 + 1, Slot::new("row", 0, 0)), decode(0, 2.0), Vec::new());
        queue.ask(RequestKind::Now(Slot::live(1)), decode(1, 3.0), Vec::new());
        assert_eq!(queue.start_next(), None, "the worker is busy");
        queue.ask(RequestKind::Survey(0, 0), Request::Survey { side: 0, step: 0 }, Vec::new());
        queue.finish(row.ticket);
        let live = queue.start_next().expect("three wait");
        assert_eq!(live.request, decode(1, 3.0));
        queue.finish(live.ticket);
        assert_eq!(
            queue.start_next().map(|request| request.request),
            Some(decode(0, 2.0)),
            "the survey is last"
        );
    }

    #[test]
    fn both_sides_surveys_grow_together() {
        let mut queue = RequestQueue::default();
        queue.open();
        queue.ask(RequestKind::Survey(5, 0), Request::Survey { side: 0, step: 0 }, Vec::new());
        queue.ask(RequestKind::Survey(4, 1), Request::Survey { side: 1, step: 4 }, Vec::new());
        assert_eq!(
            queue.start_next().map(|request| request.request),
            Some(Request::Survey { side: 1, step: 4 })
        );
    }

    #[test]
    fn an_answer_to_a_withdrawn_request_is_ignored() {
        let mut queue = RequestQueue::default();
        queue.open();
        queue.ask(RequestKind::Now(Slot::live(0)), decode(0, 1.0), Vec::new());
        queue.ask(RequestKind::Soon(1, Slot::new("row", 0, 0)), decode(0, 1.0), Vec::new());
        queue.ask(RequestKind::Soon(1, Slot::new("row", 1, 0)), decode(1, 1.0), Vec::new());
        let request = queue.start_next().expect("one waits");
        queue.withdraw(0);
        assert_eq!(queue.finish(request.ticket), None);
        assert_eq!(queue.start_next().map(|request| request.request), Some(decode(1, 1.0)));
    }
}
