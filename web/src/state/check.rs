//! The check of the claim: scores both models, one after the other, in a separate worker.

use model::card::Score;

use super::{Effect, State, Topic};
use crate::protocol::CheckMessage;
use crate::worker::SIDES;

/// Results of the check.
#[derive(Clone, Debug, Default)]
pub struct Check {
    /// The running check.
    pub running: Option<Running>,
    /// Results of each side.
    found: [Option<Found>; SIDES],
    /// Start time of the running check (once the clock is known) and its duration, in milliseconds.
    clock: Option<[f64; 2]>,
    /// Number of the last check that was started or stopped, to recognise late answers.
    ticket: u32,
}

/// A running check.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Running {
    /// The side that is being scored.
    pub side: usize,
    /// The visit (choice of model) that it belongs to.
    visit: u32,
    /// Progress on that side, 0 to 1.
    pub share: f32,
    /// Whether it follows the full protocol.
    pub full: bool,
}

#[derive(Clone, Debug)]
struct Found {
    /// The visit (choice of model) that it belongs to.
    visit: u32,
    scores: Result<Vec<Score>, String>,
}

impl Check {
    /// Progress over both sides, 0 to 1.
    pub fn share(&self) -> Option<f32> {
        self.running.map(|running| (running.side as f32 + running.share) / SIDES as f32)
    }

    /// Estimated remaining seconds; `None` while an estimate is not possible.
    pub fn left(&self) -> Option<u32> {
        let (share, [began, now]) = (f64::from(self.share()?), self.clock?);
        (share > 0.02).then(|| ((now - began) * (1.0 - share) / share / 1000.0).ceil() as u32)
    }
}

impl State {
    /// Scores of a side's current model, or why there are none.
    pub fn found(&self, side: usize) -> Option<&Result<Vec<Score>, String>> {
        let current = |found: &&Found| found.visit == self.sides[side].visit;
        self.check.found[side].as_ref().filter(current).map(|found| &found.scores)
    }

    /// Starts a check of both sides, or stops the running one.
    pub(super) fn check(&mut self, full: Option<bool>, effects: &mut Vec<Effect>) {
        self.stop_animation(effects);
        self.check.ticket += 1;
        match full {
            Some(full) => {
                self.check.clock = None;
                self.score_from(0, full, effects);
            }
            None => {
                self.check.running = None;
                effects.extend([Effect::StopCheck, Effect::Draw(Topic::Check)]);
            }
        }
    }

    /// Handles a message of the worker that scores.
    pub(super) fn check_message(&mut self, ticket: u32, message: CheckMessage, effects: &mut Vec<Effect>) {
        let Some(running) = self.check.running.filter(|_| self.check.ticket == ticket) else { return };
        let scores = match message {
            CheckMessage::Share { share, now } => {
                let clock = self.check.clock.get_or_insert([now, now]);
                clock[1] = now;
                self.check.running = Some(Running { share, ..running });
                effects.push(Effect::Draw(Topic::Check));
                return;
            }
            CheckMessage::Done(scores) => scores,
        };
        self.check.found[running.side] = Some(Found { visit: running.visit, scores });
        self.score_from(running.side + 1, running.full, effects);
    }

    /// Scores the next side from `first` that has a model; ends the check after the last.
    fn score_from(&mut self, first: usize, full: bool, effects: &mut Vec<Effect>) {
        let next = (first..SIDES).find_map(|side| Some((side, self.sides[side].model()?.file.clone())));
        self.check.running =
            next.as_ref().map(|&(side, _)| Running { side, visit: self.sides[side].visit, share: 0.0, full });
        self.check.ticket += 1;
        effects.push(match next {
            Some((_, file)) => Effect::StartCheck { ticket: self.check.ticket, file, full },
            None => Effect::StopCheck,
        });
        effects.push(Effect::Draw(Topic::Check));
    }
}
