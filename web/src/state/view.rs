//! The views of the one stage: each has an address and shows one idea.

use super::{Effect, State, Topic};

/// A view of the stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// A row of pictures a unit.
    #[default]
    Rows,
    /// One slider a unit.
    Sliders,
    /// Codes in the plane of two units.
    Map,
    /// A picture that both models are shown.
    Pictures,
    /// Pictures of random codes.
    Samples,
    /// From one picture to another.
    Way,
    /// Histograms of every unit.
    Units,
    /// The scores, measured anew.
    Check,
    /// How it works.
    How,
}

impl View {
    /// All views in the order of their tabs.
    pub const ALL: [Self; 9] = [
        Self::Rows,
        Self::Sliders,
        Self::Map,
        Self::Pictures,
        Self::Samples,
        Self::Way,
        Self::Units,
        Self::Check,
        Self::How,
    ];

    /// The view's place among all tabs.
    pub fn index(self) -> usize {
        self as usize
    }

    /// Its name in addresses, and the id of its section.
    pub fn id(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Sliders => "sliders",
            Self::Map => "map",
            Self::Pictures => "pictures",
            Self::Samples => "samples",
            Self::Way => "between",
            Self::Units => "histograms",
            Self::Check => "check",
            Self::How => "how",
        }
    }

    /// The view of that name.
    pub fn named(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.id() == id)
    }

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Rows => "Turn one number. Does one thing change?",
            Self::Sliders => "Hold the numbers yourself",
            Self::Map => "Where does each picture lie?",
            Self::Pictures => "Show them a picture",
            Self::Samples => "Let them dream",
            Self::Way => "From one picture to another",
            Self::Units => "Which numbers do they use?",
            Self::Check => "Check the claim",
            Self::How => "How it works",
        }
    }

    /// What there is to see and to do, in one or two sentences.
    pub fn lead(self) -> &'static str {
        match self {
            Self::Rows => {
                "A row turns one number of each network and holds the rest. In a plain VAE much changes at once; with sparsity, one thing."
            }
            Self::Sliders => {
                "One slider a number, over the values that the training pictures gave it. Double-click to bring it back."
            }
            Self::Map => {
                "Every dot is a picture, coloured by one true factor. Stripes along an axis: one number holds that factor. Drag to look around."
            }
            Self::Pictures => {
                "Change one true factor, or draw by hand. Both networks see the picture and give back what they understood. Which numbers answer?"
            }
            Self::Samples => {
                "Random numbers, the same for both networks, and the pictures they make of them. Click one to look around it."
            }
            Self::Way => {
                "Between pictures A and B all numbers change at once, or one after another. Is each step one thing?"
            }
            Self::Units => {
                "A number in use has a wide μ and a small σ; an idle one keeps μ at 0 and σ near 1. Lines: N(0, 1) and, dashed, the model’s own prior."
            }
            Self::Check => {
                "Don’t take the numbers on trust: measure them again, here, with the code that the trainer uses. 1 is the best score."
            }
            Self::How => "What the networks are, what sparsity does, and where it all comes from.",
        }
    }

    /// Whether it shows what models do with random pictures.
    fn surveys(self) -> bool {
        matches!(self, Self::Map | Self::Pictures | Self::Way)
    }
}

impl State {
    /// Turns to a view.
    pub(super) fn show(&mut self, view: View, effects: &mut Vec<Effect>) {
        if std::mem::replace(&mut self.view, view) == view {
            return;
        }
        self.settle(effects);
        effects.push(Effect::Draw(Topic::View));
        if view.surveys() {
            self.near();
        }
    }
}
