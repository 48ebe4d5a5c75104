//! A layer of a frozen chain, and its tiles of sums: some pixels times a panel of channels, which stay in
//! registers over the whole sum.

use super::Activation;
use super::geometry::Geometry;
use super::quad::Quad;

/// Quads of channels, and pixels, per tile: 8 registers of sums, which never spill and hide the latency
/// of additions.
pub(super) const WIDE: (usize, usize) = (2, 4);
pub(super) const NARROW: (usize, usize) = (1, 8);

/// A layer that runs on one image.
pub(super) struct Layer<'a> {
    pub(super) g: &'a Geometry,
    /// Panels of a tile's channels, concatenated.
    pub(super) kernel: &'a [f32],
    pub(super) bias: &'a [f32],
    pub(super) activation: Activation,
    /// Pixels of border around the output.
    pub(super) border: usize,
}

impl Layer<'_> {
    /// Outputs of a panel's channels at pixels whose sums begin at `starts` of `input` and run over a
    /// stretch of each following row.
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

/// `N` quads filled by `value`.
pub(super) fn quads<const N: usize>(value: impl Fn(usize) -> f32) -> [Quad; N] {
    std::array::from_fn(|i| Quad::new(std::array::from_fn(|lane| value(4 * i + lane))))
}
