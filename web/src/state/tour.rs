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
        text: "A VAE encodes every picture as a few numbers and draws it again from them alone. These sliders are all that each network knows about the picture above.",
        drives: Drives::Nothing,
    },
    Stop {
        view: View::Rows,
        title: "Entangled on the left",
        text: "One number of each network moves. On the left many things change at once: the plain VAE may spread one factor over several numbers.",
        drives: Drives::Units,
    },
    Stop {
        view: View::Units,
        title: "What sparsity does",
        text: "The loss of the right network grows with each number that responds to a change. So each factor gets one number.",
        drives: Drives::Nothing,
    },
    Stop {
        view: View::Pictures,
        title: "Change one factor",
        text: "Now the picture changes, one factor at a time. The bars show which numbers respond: many on the left, few on the right. Try a factor yourself.",
        drives: Drives::Factor,
    },
    Stop {
        view: View::Check,
        title: "Measure it",
        text: "Scores measure how well the numbers match the factors. One button measures both models again, in your browser.",
        drives: Drives::Nothing,
    },
    Stop {
        view: View::Rows,
        title: "Your turn",
        text: "Move along a row, choose another data set, draw a picture by hand, or open a model that you trained. “Copy link” shares your settings.",
        drives: Drives::Nothing,
    },
];

/// A visitor's progress in the tour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Toured {
    /// The step at which to continue.
    pub step: usize,
    /// Whether the visitor has closed the tour, at its end or earlier, and needs no invitation.
    pub closed: bool,
}

impl Toured {
    /// Parses the result of [`Toured::text`]; anything else means a new visitor.
    pub fn parse(text: &str) -> Self {
        let (step, closed) = text.strip_suffix('!').map_or((text, false), |step| (step, true));
        match step.parse() {
            Ok(step) if step < TOUR.len() => Self { step, closed },
            _ => Self::default(),
        }
    }

    /// Encodes the progress in a few characters.
    pub fn text(self) -> String {
        format!("{}{}", self.step, if self.closed { "!" } else { "" })
    }
}

impl State {
    /// The current step.
    pub fn stop(&self) -> Option<Stop> {
        TOUR.get(self.tour?).copied()
    }

    /// Goes to a step of the tour, or ends it.
    pub(super) fn tour(&mut self, step: Option<usize>, effects: &mut Vec<Effect>) {
        self.settle(effects);
        let before = std::mem::replace(&mut self.tour, step.filter(|step| *step < TOUR.len()));
        self.toured = match (self.tour, before) {
            (Some(step), _) => Toured { step, ..self.toured },
            // After the end, the tour starts again.
            (None, Some(last)) if last + 1 == TOUR.len() => Toured { step: 0, closed: true },
            _ => Toured { closed: true, ..self.toured },
        };
        effects.extend([Effect::Remember(self.toured), Effect::Draw(Topic::Tour)]);
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
