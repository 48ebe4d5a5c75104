//! Which terms there are. A new term is a file in [`terms`](crate::terms) and a line here.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::list::Loss;
use crate::pairs::Pairs;
use crate::term::Term;
use crate::terms::{
    Activation, Beta, Capacity, Dip, Elbo, Factor, Gates, Gaussian, Laplace, Mixture, Motion, Named, Opening,
    Rate, Redraw, Relevance, Shrink, SpikeSlab, TotalCorrelation, Transitions,
};

/// A table of the configuration that holds one term, chosen by its `kind`: a line is a kind, in kebab
/// case, and its term.
macro_rules! one_of {
    ($(#[$doc:meta])* $name:ident { $($(#[$what:meta])* $kind:ident: $term:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$what])* $kind($term),)*
        }

        impl $name {
            /// `loss` with the term, whose table has that key.
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

/// A table of the configuration that holds any number of terms: a line is a key and its term.
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
            /// `loss` with every term that is set, in this order; the table has that key.
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
    /// How the KL is weighed, `[objective]` in a configuration.
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
        /// Two Gaussians, one narrow.
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
    /// What is sparse in the encoder, `[sparsity]` in a configuration; nothing by default. Sparsity of the
    /// code itself by its winners belongs to the network: `model.winners`.
    Sparsity {
        /// L1 on hidden activations.
        activation: Activation,
        /// A low mean activity of every hidden unit.
        rate: Rate,
        /// L1 on weights, to exact zeros.
        weights: Shrink,
        /// L0 on channels and latent units.
        gates: Gates,
        /// Few units that answer to a motion of the image.
        motion: Pairs<Motion>,
        /// A unit for each property of an image that is drawn anew.
        redraw: Pairs<Redraw>,
        /// Few units that answer to a change of one factor.
        transitions: Pairs<Transitions>,
        /// Units that are named by images of which something is known.
        named: Named,
        /// Latent units that open one after another.
        opening: Opening,
    }
}
