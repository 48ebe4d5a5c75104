//! Bias, activation or mask that follows a sum, and storing the result.

use pulp::Simd;

use super::Activation;
use super::geometry::Image;

/// Destination of an image.
pub(super) struct Target<'a> {
    pub(super) image: Image,
    /// Pixels of border around the image, which stay unchanged.
    pub(super) border: usize,
    pub(super) values: &'a mut [f32],
}

/// Positions of a tile's pixels in an image.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) start: usize,
    /// Distances from a pixel to the next, and to the fourth after it.
    pub(super) strides: (usize, usize),
}

impl Place {
    #[inline(always)]
    pub(super) fn at(self, m: usize) -> usize {
        self.start + m % 4 * self.strides.0 + m / 4 * self.strides.1
    }
}

/// Operation after a sum.
#[derive(Clone, Copy)]
pub(super) enum Finish<'a> {
    /// None.
    Plain,
    /// Adds a bias per channel (rounded up to whole vectors), then applies the activation.
    Bias(&'a [f32], Activation),
    /// Multiplies by the derivative of the ReLU whose output this is, an image with a border.
    Mask(&'a [f32]),
}

impl Finish<'_> {
    /// Initial sums for V vectors of channels from `first`.
    #[inline(always)]
    pub(super) fn start<S: Simd, const V: usize>(self, simd: S, first: usize) -> [S::f32s; V] {
        let mut sums = [simd.splat_f32s(0.0); V];
        if let Self::Bias(bias, _) = self {
            let (bias, _) = S::as_simd_f32s(&bias[first..first + V * S::F32_LANES]);
            for (sum, bias) in sums.iter_mut().zip(bias) {
                *sum = *bias;
            }
        }
        sums
    }

    /// Stores the `sums` of a tile, which started from [`Finish::start`], for the channels from `first`;
    /// channels beyond the last are dropped. `place` returns the positions of the tile's pixels for a
    /// given border width.
    #[inline(always)]
    pub(super) fn store<S: Simd, const M: usize, const V: usize>(
        self,
        simd: S,
        mut sums: [[S::f32s; V]; M],
        first: usize,
        target: &mut Target,
        place: impl Fn(usize) -> Place,
    ) {
        let zero = simd.splat_f32s(0.0);
        match self {
            Self::Bias(_, Activation::Relu) => {
                for sums in &mut sums {
                    for sum in sums {
                        *sum = simd.select_f32s(simd.less_than_f32s(zero, *sum), *sum, zero);
                    }
                }
            }
            Self::Mask(output) => {
                let place = place(1);
                for (m, sums) in sums.iter_mut().enumerate() {
                    // Images with a border have room behind them to read whole vectors.
                    let output = &output[place.at(m) + first..][..V * S::F32_LANES];
                    let (outputs, _) = S::as_simd_f32s(output);
                    for (sum, output) in sums.iter_mut().zip(outputs) {
                        *sum = simd.select_f32s(simd.less_than_f32s(zero, *output), *sum, zero);
                    }
                }
            }
            Self::Plain | Self::Bias(..) => {}
        }
        let count = (V * S::F32_LANES).min(target.image.channels - first);
        let place = place(target.border);
        if count == V * S::F32_LANES {
            for (m, sums) in sums.iter().enumerate() {
                let out = &mut target.values[place.at(m) + first..][..V * S::F32_LANES];
                // Element by element, because copying slices would be a function call.
                let (out, _) = S::as_mut_simd_f32s(out);
                for (out, sum) in out.iter_mut().zip(sums) {
                    *out = *sum;
                }
            }
        } else {
            for (m, sums) in sums.iter().enumerate() {
                let sums: &[f32] = pulp::bytemuck::cast_slice(sums);
                target.values[place.at(m) + first..][..count].copy_from_slice(&sums[..count]);
            }
        }
    }

    /// Stores a row of all channels whose sums lack only the bias; `bias` has an entry per value.
    #[inline(always)]
    pub(super) fn store_row(self, sums: &[f32], bias: &[f32], target: &mut Target, y: usize) {
        let at = target.image.at(target.border, y, 0);
        let out = &mut target.values[at..at + sums.len()];
        match self {
            Self::Plain => out.copy_from_slice(sums),
            Self::Bias(_, activation) => {
                let floor = if activation == Activation::Relu { 0.0 } else { f32::NEG_INFINITY };
                for ((out, sum), bias) in out.iter_mut().zip(sums).zip(bias) {
                    let value = sum + bias;
                    *out = if value > floor { value } else { floor };
                }
            }
            Self::Mask(output) => {
                let output = &output[target.image.at(1, y, 0)..][..sums.len()];
                for ((out, sum), output) in out.iter_mut().zip(sums).zip(output) {
                    *out = if *output > 0.0 { *sum } else { 0.0 };
                }
            }
        }
    }
}
