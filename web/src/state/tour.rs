//! A tour of six steps, each of which operates the page's own controls.

use super::{Effect, State, Topic, View};

/// A step of the tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// View of the step.
    pub view: View,
    /// Its heading.
    pub title: &'static str,
    /// Explanation.
    pub text: &'static str,
    /// What moves.
    drives: Drives,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drives {
    Nothing,
    Units,
    Factor,
}

/// All steps.
pub const TOUR: [Stop; 6] = [
    Stop {
        view: View::Sliders,
        title: "Two networks, a few numbers",
        text: "A VAE squeezes every picture into a few numbers and draws it again from those alone. These sliders are all that each network knows of the picture above.",
        drives: Drives::Nothing,
    },
    Stop {
        view: View::Rows,
        title: "Tangled on the left",
        text: "One number of each network moves. On the left other things come along: nobody told the VAE to keep them apart, so it spreads each over several numbers.",
        drives: Drives::Units,
    },
    Stop {
        view: View::Units,
        title: "What sparsity does",
        text: "The right network pays for every number that it uses and for every answer to a change. It keeps few, and gives each a job of its own.",
        drives: Drives::Nothing,
    },
    Stop {
        view: View::Pictures,
        title: "Prove it",
        text: "Now the true picture changes, one factor at a time. The bars show which numbers answer: many on the left, few on the right. Try any factor yourself.",
        drives: Drives::Factor,
    },
    Stop {
        view: View::Check,
        title: "Measure it",
        text: "Scores say how well factors and numbers pair up. You need not trust ours: one button measures both models again, in your browser.",
        drives: Drives::Nothing,
    },
    Stop {
        view: View::Rows,
        title: "Your turn",
        text: "Move along a row, choose another data set, draw a picture by hand, or open a model that you trained. Copy link shares all that you set.",
        drives: Drives::Nothing,
    },
];

impl State {
    /// The step that is shown.
    pub fn stop(&self) -> Option<Stop> {
        TOUR.get(self.tour?).copied()
    }

    /// Goes to a step of the tour, or ends it.
    pub(super) fn tour(&mut self, step: Option<usize>, effects: &mut Vec<Effect>) {
        self.settle(effects);
        self.tour = step.filter(|step| *step < TOUR.len());
        effects.push(Effect::Draw(Topic::Tour));
        let Some(stop) = self.stop() else { return };
        self.show(stop.view, effects);
        match stop.drives {
            Drives::Nothing => {}
            // Without automatic motion, the visitor moves the units.
            Drives::Units if self.still => {}
            Drives::Units => self.play(effects),
            Drives::Factor => {
                self.own = false;
                self.sway(0, effects);
            }
        }
    }
}
