//! What is done with a pixel's sums before they are stored.

use super::Activation;
use super::geometry::Image;

/// Where an image is written.
pub(super) struct Target<'a> {
    pub(super) image: Image,
    /// Pixels of border around it, which are left as they are.
    pub(super) border: usize,
    pub(super) values: &'a mut [f32],
}

/// What follows a sum.
#[derive(Clone, Copy)]
pub(super) enum Finish<'a> {
    /// Nothing.
    Plain,
    /// A bias for each channel, then the activation.
    Bias(&'a [f32], Activation),
    /// The derivative of the ReLU that gave this output, an image with a border.
    Mask(&'a [f32]),
}

impl Finish<'_> {
    /// Stores a pixel's `sums`, of the channels from `first` on; those beyond the last channel are dropped.
    #[inline(always)]
    pub(super) fn store(self, sums: &[f32], first: usize, target: &mut Target, y: usize, x: usize) {
        let channels = target.image.channels;
        let count = sums.len().min(channels - first);
        let at = target.image.at(target.border, y, x) + first;
        let out = &mut target.values[at..at + count];
        match self {
            Self::Plain => out.copy_from_slice(&sums[..count]),
            Self::Bias(bias, activation) => {
                let floor = if activation == Activation::Relu { 0.0 } else { f32::NEG_INFINITY };
                for ((out, sum), bias) in out.iter_mut().zip(sums).zip(&bias[first..first + count]) {
                    let value = sum + bias;
                    // A comparison, since wasm has no instruction for `max`.
                    *out = if value > floor { value } else { floor };
                }
            }
            Self::Mask(output) => {
                let at = target.image.at(1, y, x) + first;
                for ((out, sum), output) in out.iter_mut().zip(sums).zip(&output[at..at + count]) {
                    *out = if *output > 0.0 { *sum } else { 0.0 };
                }
            }
        }
    }
}
