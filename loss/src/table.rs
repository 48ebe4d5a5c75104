//! The table of terms. A new term is a file in [`terms`](crate::terms) and a line here.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::list::Loss;
use crate::pairs::Pairs;
use crate::term::Term;
use crate::terms::{
    Activation, Beta, Capacity, Dip, Direction, Elbo, Factor, Gates, Gaussian, Laplace, Mixture, Motion,
    Named, Opening, Rate, Redraw, Relevance, Shrink, SpikeSlab, TotalCorrelation, Transitions,
};

/// Defines a table of the configuration with one term, which its `kind` chooses. Each line is a kind, in kebab
/// case in configurations, and its term.
macro_rules! one_of {
    ($(#[$doc:meta])* $name:ident { $($(#[$what:meta])* $kind:ident: $term:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$what])* $kind($term),)*
        }

        impl $name {
            /// Appends the term to `loss`; `key` is the key of its table.
            #[must_use]
            pub fn add_to(&self, loss: Loss, key: &str) -> Loss {
                let term: Arc<dyn Term> = match self {
                    $(Self::$kind(term) => Arc::new(term.clone()),)*
                };
                loss.with(key, term)
            }
        }
    };
}

/// Defines a table of the configuration with any number of terms. Each line is a key and its term.
macro_rules! any_of {
    ($(#[$doc:meta])* $name:ident { $($(#[$what:meta])* $key:ident: $term:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $(
                $(#[$what])*
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $key: Option<$term>,
            )*
        }

        impl $name {
            /// Appends all terms that are set to `loss`, in order; `key` is the key of the table.
            #[must_use]
            pub fn add_to(&self, mut loss: Loss, key: &str) -> Loss {
                $(
                    if let Some(term) = &self.$key {
                        loss = loss.with(format!("{key}.{}", stringify!($key)), Arc::new(term.clone()));
                    }
                )*
                loss
            }
        }
    };
}

one_of! {
    /// The weight of the KL, `[objective]` in a configuration.
    Objective {
        /// The evidence lower bound.
        Vae: Elbo,
        /// β-VAE.
        Beta: Beta,
        /// Annealed capacity.
        Capacity: Capacity,
        /// FactorVAE.
        Factor: Factor,
        /// β-TCVAE.
        Tc: TotalCorrelation,
        /// DIP-VAE.
        Dip: Dip,
    }
}

one_of! {
    /// The prior p(z) of the codes, `[prior]` in a configuration.
    Prior {
        /// N(0, 1).
        Gaussian: Gaussian,
        /// Laplace(0, b).
        Laplace: Laplace,
        /// Spike and slab.
        SpikeSlab: SpikeSlab,
        /// Mixture of a narrow Gaussian and N(0, 1).
        Mixture: Mixture,
        /// N(0, v) with a learnt v for each unit.
        Relevance: Relevance,
    }
}

impl Default for Prior {
    fn default() -> Self {
        Self::Gaussian(Gaussian {})
    }
}

any_of! {
    /// Sparsity of the encoder and further terms, `[sparsity]` in a configuration; none by default. A code with
    /// a fixed number of active units is part of the network, `model.winners`.
    Sparsity {
        /// L1 on hidden activations.
        activation: Activation,
        /// A low mean activity of every hidden unit.
        rate: Rate,
        /// L1 on weights, with exact zeros.
        weights: Shrink,
        /// L0 on channels and latent units.
        gates: Gates,
        /// Few units for each motion of the image.
        motion: Pairs<Motion>,
        /// A unit for each property of an image that is redrawn.
        redraw: Pairs<Redraw>,
        /// Few units for each factor.
        transitions: Pairs<Transitions>,
        /// A circle that follows the direction of the image.
        direction: Direction,
        /// Units that images with known factors name.
        named: Named,
        /// Latent units that open one after another.
        opening: Opening,
    }
}
