//! One layer of a frozen chain, and the tiles of sums that it is made of: some pixels times a panel of
//! channels, which stay in registers over the whole sum.

use super::Activation;
use super::geometry::Geometry;
use super::quad::Quad;

/// Quads of channels and pixels of a tile: 8 registers of sums, few enough that they are never spilled,
/// as many as hide what an addition takes.
pub(super) const WIDE: (usize, usize) = (2, 4);
pub(super) const NARROW: (usize, usize) = (1, 8);

/// A layer on one image.
pub(super) struct Layer<'a> {
    pub(super) g: &'a Geometry,
    /// Panels of a tile's channels, one behind the other.
    pub(super) kernel: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) activation: Activation,
    /// Pixels around the output.
    pub(super) border: usize,
}

impl Layer<'_> {
    /// The outputs of a panel's channels at pixels whose sums begin at `starts` of `input` and run over a
    /// stretch of each of the rows from there on.
    #[inline(always)]
    pub(super) fn tile<const P: usize, const N: usize>(
        &self,
        input: &[f32],
        row: usize,
        starts: [usize; P],
        stretch: usize,
        panel: &[f32],
        bias: [Quad; N],
    ) -> [[Quad; N]; P] {
        let mut sums = [bias; P];
        for (r, panel) in panel.chunks_exact(stretch * 4 * N).enumerate() {
            let pixels = starts.map(|start| &input[start + r * row..][..stretch]);
            let (quads, _) = panel.as_chunks::<4>();
            let (quads, _) = quads.as_chunks::<N>();
            for (k, weights) in (0..stretch).zip(quads) {
                let weights = weights.map(Quad::new);
                for (sums, pixel) in sums.iter_mut().zip(pixels) {
                    for (sum, weights) in sums.iter_mut().zip(weights) {
                        *sum = sum.plus(pixel[k], weights);
                    }
                }
            }
        }
        match self.activation {
            Activation::None => sums,
            Activation::Relu => sums.map(|sums| sums.map(Quad::relu)),
        }
    }
}

/// The values of so many quads.
pub(super) fn quads<const N: usize>(value: impl Fn(usize) -> f32) -> [Quad; N] {
    std::array::from_fn(|i| Quad::new(std::array::from_fn(|lane| value(4 * i + lane))))
}
