//! What page and worker say to each other, as bytes, beside pictures and files that are moved, not copied.
//! Numbers are little-endian; what is said begins with a byte that tells its kind.

use model::card::Score;

/// What the page asks. `side` is one of the models that the worker holds.
#[derive(Clone, Debug, PartialEq)]
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
    /// A share of the scoring is done.
    Share {
        /// 0 to 1.
        share: f32,
        /// The page's clock, in milliseconds.
        now: f64,
    },
    /// The scores, or one sentence why there are none.
    Done(Result<Vec<Score>, String>),
}

/// What the worker answers.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, PartialEq)]
pub struct Surveyed {
    /// μ of the picture and of its redrawings, `[1 + F, D]`.
    pub means: Vec<f32>,
    /// The picture's error, in nats.
    pub nll: f32,
    /// Its mean squared error a value.
    pub mse: f32,
}

/// A reconstruction's numbers.
#[derive(Clone, Debug, PartialEq)]
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

/// What can be sent from one end to the other.
pub trait Message: Sized {
    /// Its bytes.
    fn to_bytes(&self) -> Vec<u8>;
    /// What bytes say; none if they make no sense.
    fn from_bytes(bytes: &[u8]) -> Option<Self>;
}

impl Message for Request {
    fn to_bytes(&self) -> Vec<u8> {
        match self {
            Self::Load { side } => vec![0, *side as u8],
            Self::Decode { side, codes } => with(vec![1, *side as u8], codes),
            Self::Reconstruct { side } => vec![2, *side as u8],
            Self::Survey { side, step } => [&[3, *side as u8][..], &(*step as u32).to_le_bytes()].concat(),
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
            _ => return None,
        })
    }
}

/// Bytes with numbers behind them.
fn with(mut bytes: Vec<u8>, numbers: &[f32]) -> Vec<u8> {
    bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    bytes
}

/// The numbers that bytes are.
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
        ] {
            assert_eq!(Reply::from_bytes(&reply.to_bytes()), Some(reply));
        }
        for bytes in [&[][..], &[1], &[9, 0], &[1, 0, 7], &[3, 0, 0, 0, 0]] {
            assert_eq!(Request::from_bytes(bytes), None, "{bytes:?}");
        }
        assert_eq!(Reply::from_bytes(&[4, 0, 0, 0, 0]), None);
    }
}
