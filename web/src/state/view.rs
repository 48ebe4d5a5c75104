//! The views of the stage: each has its own address and shows one idea.

use super::{Effect, State, Topic};

/// A view of the stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// A row of pictures per unit.
    #[default]
    Rows,
    /// A slider per unit.
    Sliders,
    /// The layers of the networks.
    Network,
    /// Codes in the plane of two units.
    Map,
    /// A picture that both models encode.
    Pictures,
    /// Pictures of random codes.
    Samples,
    /// From one picture to another.
    Way,
    /// Histograms of all units.
    Units,
    /// Scores, measured again.
    Check,
    /// How it works.
    How,
}

impl View {
    /// All views in the order of their tabs.
    pub const ALL: &[Self] = &[
        Self::Rows,
        Self::Sliders,
        Self::Network,
        Self::Map,
        Self::Pictures,
        Self::Samples,
        Self::Way,
        Self::Units,
        Self::Check,
        Self::How,
    ];

    /// Index of the view among all tabs.
    pub fn index(self) -> usize {
        self as usize
    }

    /// Name in addresses, and id of its section.
    pub fn id(self) -> &'static str {
        match self {
            Self::Rows => "rows",
            Self::Sliders => "sliders",
            Self::Network => "network",
            Self::Map => "map",
            Self::Pictures => "pictures",
            Self::Samples => "samples",
            Self::Way => "between",
            Self::Units => "histograms",
            Self::Check => "check",
            Self::How => "how",
        }
    }

    /// Returns the view with this name.
    pub fn named(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|view| view.id() == id)
    }

    /// Its heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Rows => "Turn one number. Does one thing change?",
            Self::Sliders => "Set the numbers yourself",
            Self::Network => "Look inside",
            Self::Map => "Where does each picture lie?",
            Self::Pictures => "Show them a picture",
            Self::Samples => "Random samples",
            Self::Way => "From one picture to another",
            Self::Units => "Which numbers do they use?",
            Self::Check => "Check the scores",
            Self::How => "How it works",
        }
    }

    /// What to see and do, in one or two sentences.
    pub fn description(self) -> &'static str {
        match self {
            Self::Rows => {
                "Each row turns one number of a network’s code and holds the others. In a plain VAE many things change at once; in a sparse VAE, one thing."
            }
            Self::Sliders => {
                "One slider for each number, over its values on the training pictures. Double-click to reset it."
            }
            Self::Network => {
                "The output of each layer for this picture and this code. An empty map is zero; a crossed one is always zero. Turn a number, or point at a map."
            }
            Self::Map => {
                "Each dot is a picture, coloured by one true factor. Stripes across an axis: its number encodes that factor. Drag to explore."
            }
            Self::Pictures => {
                "Change one true factor, or draw by hand. Both networks encode the picture and draw it again. Which numbers respond?"
            }
            Self::Samples => {
                "Both networks draw pictures from the same random numbers. Click one to explore around it."
            }
            Self::Way => {
                "From picture A to B all numbers change at once, or one after another. Does each step change one thing?"
            }
            Self::Units => {
                "A number in use has a wide μ and a small σ; an unused one has μ near 0 and σ near 1. Lines: N(0, 1) and, dashed, the model’s own prior."
            }
            Self::Check => {
                "Measure the scores again, in your browser, with the trainer’s code. 1 is the best score."
            }
            Self::How => "How the networks work, what sparsity does, and the papers behind it.",
        }
    }

    /// Whether the view shows how models respond to random pictures.
    fn surveys(self) -> bool {
        matches!(self, Self::Map | Self::Pictures | Self::Way | Self::How)
    }
}

impl State {
    /// Switches to a view.
    pub(super) fn show(&mut self, view: View, effects: &mut Vec<Effect>) {
        if std::mem::replace(&mut self.view, view) == view {
            return;
        }
        self.stop_animation(effects);
        effects.push(Effect::Draw(Topic::View));
        if view.surveys() {
            self.near();
        }
    }
}
