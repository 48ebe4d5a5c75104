//! What page and worker say to each other, as JSON, beside bytes that are moved, not copied.

use model::card::Score;
use serde::{Deserialize, Serialize};

/// What the page asks. `side` is one of the models that the worker holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Hold the model whose file the bytes are.
    Load {
        /// Where to hold it.
        side: usize,
    },
    /// Draw the pictures of codes.
    Decode {
        /// Model.
        side: usize,
        /// `[N, D]`, flat.
        codes: Vec<f32>,
    },
    /// Encode and decode the image that the bytes are, `[H, W, C]`, 0 to 255.
    Reconstruct {
        /// Model.
        side: usize,
    },
    /// Show a model a random picture of its world, and the picture with each of its factors redrawn.
    Survey {
        /// Model.
        side: usize,
        /// Which picture.
        step: usize,
    },
}

/// What the judge says.
#[derive(Clone, Debug, PartialEq)]
pub enum Judgement {
    /// That share of the scoring is done.
    Share(f32),
    /// The scores, or one sentence why there are none.
    Done(Result<Vec<Score>, String>),
}

/// What the worker answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// It listens; sent once, before any request.
    Ready,
    /// The model is held.
    Loaded,
    /// The bytes are pictures, `[N, H, W, C]`, 0 to 255.
    Decoded,
    /// The bytes are the picture of the code `mean`.
    Reconstructed(Measured),
    /// A step of the survey is done.
    Surveyed(Surveyed),
    /// The request can't be met; one sentence says why.
    Failed(String),
}

/// A step of the survey.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Surveyed {
    /// μ of the picture and of its redrawings, `[1 + F, D]`.
    pub means: Vec<f32>,
    /// The picture's error, in nats.
    pub nll: f32,
    /// Its mean squared error a value.
    pub mse: f32,
}

/// A reconstruction's numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// μ, `[D]`.
    pub mean: Vec<f32>,
    /// σ, `[D]`.
    pub std: Vec<f32>,
    /// Nats.
    pub nll: f32,
    /// Mean squared error a value.
    pub mse: f32,
}
