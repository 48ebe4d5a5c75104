//! Messages between page and worker, as bytes; pictures and files are transferred alongside without
//! copies. Numbers are little-endian, and the first byte is the kind of message.

use model::card::Score;

/// Requests of the page. `side` is one of the worker's models.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Load the model from the file in the bytes.
    Load {
        /// Side of the model.
        side: usize,
    },
    /// Decode codes to pictures.
    Decode {
        /// Model.
        side: usize,
        /// `[N, D]`, flat.
        codes: Vec<f32>,
    },
    /// Encode and decode the image in the bytes, `[H, W, C]`, 0 to 255.
    Reconstruct {
        /// Model.
        side: usize,
    },
    /// Encode a random picture of the model's world, and versions with each factor redrawn.
    Survey {
        /// Model.
        side: usize,
        /// Number of the picture.
        step: usize,
    },
    /// Compute the activations of a model's layers for the picture in the bytes (if any) and for the
    /// first code, and decode the other codes.
    Activations {
        /// Model.
        side: usize,
        /// `[N, D]`, flat.
        codes: Vec<f32>,
    },
    /// Compute the largest inputs of the layers of the model in the file.
    LargestInputs {
        /// Model.
        side: usize,
    },
    /// Compute which channels of a model are activated by a random picture of its world.
    Probe {
        /// Model.
        side: usize,
        /// Number of the picture.
        step: usize,
    },
}

/// Messages of the worker that scores a model.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckMessage {
    /// A fraction of the scoring is done.
    Share {
        /// Fraction, 0 to 1.
        share: f32,
        /// Time in milliseconds, by the page's clock.
        now: f64,
    },
    /// The scores, or one sentence on why there are none.
    Done(Result<Vec<Score>, String>),
}

/// Replies of the worker.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The worker is ready; sent once, before any request.
    Ready,
    /// The model is loaded.
    Loaded,
    /// The bytes are pictures, `[N, H, W, C]`, 0 to 255.
    Decoded,
    /// The bytes are the picture decoded from `mean`.
    Reconstructed(Measured),
    /// A step of the survey is done.
    Surveyed(Surveyed),
    /// The request failed; one sentence says why.
    Failed(String),
    /// The bytes are the activations of each layer, followed by pictures.
    Activations,
    /// Largest inputs of each layer, as [`LargestInputs::read`](crate::engine::activations::LargestInputs::read) reads them.
    LargestInputs(Vec<f32>),
    /// The bytes say for each channel of each layer whether it is active.
    Probed,
}

/// A step of the survey.
#[derive(Clone, Debug, PartialEq)]
pub struct Surveyed {
    /// μ of the picture and of its redrawn versions, `[1 + F, D]`.
    pub means: Vec<f32>,
    /// Negative log-likelihood of the picture, in nats.
    pub nll: f32,
    /// Mean squared error per value.
    pub mse: f32,
}

/// Numbers of a reconstruction.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// μ, `[D]`.
    pub mean: Vec<f32>,
    /// σ, `[D]`.
    pub std: Vec<f32>,
    /// Negative log-likelihood, in nats.
    pub nll: f32,
    /// Mean squared error per value.
    pub mse: f32,
}

/// A message that can be serialised.
pub trait Message: Sized {
    /// Serialises the message.
    fn to_bytes(&self) -> Vec<u8>;
    /// Parses a message; returns `None` if the bytes are invalid.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

impl Message for Request {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Load { side } => vec![0, *side as u8],
            Self::Decode { side, codes } => with(vec![1, *side as u8], codes),
            Self::Reconstruct { side } => vec![2, *side as u8],
            Self::Survey { side, step } => stepped(3, *side, *step),
            Self::Activations { side, codes } => with(vec![4, *side as u8], codes),
            Self::LargestInputs { side } => vec![5, *side as u8],
            Self::Probe { side, step } => stepped(6, *side, *step),
        }
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&[kind, side], rest) = bytes.split_first_chunk()?;
        let side = side.into();
        Some(match kind {
            0 => Self::Load { side },
            1 => Self::Decode { side, codes: floats(rest)? },
            2 => Self::Reconstruct { side },
            3 => Self::Survey { side, step: u32::from_le_bytes(rest.try_into().ok()?) as usize },
            4 => Self::Activations { side, codes: floats(rest)? },
            5 => Self::LargestInputs { side },
            6 => Self::Probe { side, step: u32::from_le_bytes(rest.try_into().ok()?) as usize },
            _ => return None,
        })
    }
}

impl Message for Reply {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Ready => vec![0],
            Self::Loaded => vec![1],
            Self::Decoded => vec![2],
            Self::Reconstructed(Measured { mean, std, nll, mse }) => {
                with(with(with(vec![3], &[*nll, *mse]), mean), std)
            }
            Self::Surveyed(Surveyed { means, nll, mse }) => with(with(vec![4], &[*nll, *mse]), means),
            Self::Failed(sentence) => [&[5], sentence.as_bytes()].concat(),
            Self::Activations => vec![6],
            Self::LargestInputs(numbers) => with(vec![7], numbers),
            Self::Probed => vec![8],
        }
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (&kind, rest) = bytes.split_first()?;
        let numbers = || {
            let numbers = floats(rest)?;
            let (&[nll, mse], rest) = numbers.split_first_chunk()?;
            Some((nll, mse, rest.to_vec()))
        };
        Some(match kind {
            0 => Self::Ready,
            1 => Self::Loaded,
            2 => Self::Decoded,
            3 => {
                let (nll, mse, mut mean) = numbers()?;
                let std = mean.split_off(mean.len().div_ceil(2));
                (mean.len() == std.len()).then_some(Self::Reconstructed(Measured { mean, std, nll, mse }))?
            }
            4 => {
                let (nll, mse, means) = numbers()?;
                Self::Surveyed(Surveyed { means, nll, mse })
            }
            5 => Self::Failed(String::from_utf8(rest.to_vec()).ok()?),
            6 => Self::Activations,
            7 => Self::LargestInputs(floats(rest)?),
            8 => Self::Probed,
            _ => return None,
        })
    }
}

/// Serialises a request for a step.
fn stepped(kind: u8, side: usize, step: usize) -> Vec<u8> {
    [&[kind, side as u8][..], &(step as u32).to_le_bytes()].concat()
}

/// Appends numbers to bytes.
fn with(mut bytes: Vec<u8>, numbers: &[f32]) -> Vec<u8> {
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    bytes
}

/// Converts bytes to numbers.
fn floats(bytes: &[u8]) -> Option<Vec<f32>> {
    let (numbers, rest) = bytes.as_chunks();
    rest.is_empty().then(|| numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_understood() {
        for request in [
            Request::Load { side: 1 },
            Request::Decode { side: 0, codes: vec![0.5, -2.0] },
            Request::Reconstruct { side: 1 },
            Request::Survey { side: 1, step: 255 },
            Request::Activations { side: 1, codes: vec![1.5] },
            Request::LargestInputs { side: 1 },
            Request::Probe { side: 0, step: 31 },
        ] {
            assert_eq!(Request::from_bytes(&request.to_bytes()), Some(request));
        }
        for reply in [
            Reply::Ready,
            Reply::Loaded,
            Reply::Decoded,
            Reply::Reconstructed(Measured { mean: vec![1.0, 2.0], std: vec![3.0, 4.0], nll: 5.0, mse: 6.0 }),
            Reply::Surveyed(Surveyed { means: vec![0.5; 8], nll: 1.0, mse: 0.1 }),
            Reply::Failed("why".into()),
            Reply::Activations,
            Reply::LargestInputs(vec![0.25, 3.0]),
            Reply::Probed,
        ] {
            assert_eq!(Reply::from_bytes(&reply.to_bytes()), Some(reply));
        }
        for bytes in [&[][..], &[1], &[9, 0], &[1, 0, 7], &[3, 0, 0, 0, 0]] {
            assert_eq!(Request::from_bytes(bytes), None, "{bytes:?}");
        }
        assert_eq!(Reply::from_bytes(&[4, 0, 0, 0, 0]), None);
    }
}
