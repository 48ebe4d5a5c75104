//! A tour of six steps, each of which operates the page's own controls.

use super::{Effect, State, Topic, View};

/// A step of the tour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TourStep {
    /// View of the step.
    pub view: View,
    /// Its heading.
    pub title: &'static str,
    /// Explanation.
    pub text: &'static str,
    /// What moves.
    motion: Motion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Motion {
    Nothing,
    Units,
    Factor,
}

/// All steps.
pub const TOUR: [TourStep; 6] = [
    TourStep {
        view: View::Sliders,
        title: "Two networks, a few numbers",
        text: "A VAE encodes every picture as a few numbers and draws it again from them alone. These sliders are all that each network knows about the picture above.",
        motion: Motion::Nothing,
    },
    TourStep {
        view: View::Rows,
        title: "Entangled on the left",
        text: "One number of each network moves. On the left many things change at once: the plain VAE may spread one factor over several numbers.",
        motion: Motion::Units,
    },
    TourStep {
        view: View::Units,
        title: "What sparsity does",
        text: "The loss of the right network grows with each number that responds to a change. So each factor gets one number.",
        motion: Motion::Nothing,
    },
    TourStep {
        view: View::Pictures,
        title: "Change one factor",
        text: "Now the picture changes, one factor at a time. The bars show which numbers respond: many on the left, few on the right. Try a factor yourself.",
        motion: Motion::Factor,
    },
    TourStep {
        view: View::Check,
        title: "Measure it",
        text: "Scores measure how well the numbers match the factors. One button measures both models again, in your browser.",
        motion: Motion::Nothing,
    },
    TourStep {
        view: View::Rows,
        title: "Your turn",
        text: "Move along a row, choose another data set, draw a picture by hand, or open a model that you trained. “Copy link” shares your settings.",
        motion: Motion::Nothing,
    },
];

/// A visitor's progress in the tour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TourProgress {
    /// The step at which to continue.
    pub step: usize,
    /// Whether the visitor has closed the tour, at its end or earlier, and needs no invitation.
    pub closed: bool,
}

impl TourProgress {
    /// Parses the result of [`TourProgress::text`]; anything else means a new visitor.
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
    pub fn tour_step(&self) -> Option<TourStep> {
        TOUR.get(self.tour?).copied()
    }

    /// Goes to a step of the tour, or ends it.
    pub(super) fn tour(&mut self, step: Option<usize>, effects: &mut Vec<Effect>) {
        self.stop_animation(effects);
        let before = std::mem::replace(&mut self.tour, step.filter(|step| *step < TOUR.len()));
        self.tour_progress = match (self.tour, before) {
            (Some(step), _) => TourProgress { step, ..self.tour_progress },
            // After the end, the tour starts again.
            (None, Some(last)) if last + 1 == TOUR.len() => TourProgress { step: 0, closed: true },
            _ => TourProgress { closed: true, ..self.tour_progress },
        };
        effects.extend([Effect::Remember(self.tour_progress), Effect::Draw(Topic::Tour)]);
        let Some(step) = self.tour_step() else { return };
        self.show(step.view, effects);
        match step.motion {
            Motion::Nothing => {}
            // Without automatic motion, the visitor moves the units.
            Motion::Units if self.still => {}
            Motion::Units => self.play(effects),
            Motion::Factor => {
                self.shows_own = false;
                self.play_factor(0, effects);
            }
        }
    }
}
