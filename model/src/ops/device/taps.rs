//! im2col and its adjoint for kernel 4, stride 2, padding 1, both as gathers.
//!
//! A coarse pixel has 16 taps: the fine pixels under its kernel. [`Taps::spread`] lists them, and
//! [`Taps::collect`] adds up the four taps over each fine pixel. Both read through an index table, so no
//! two threads write to the same place and every run gives the same bits. Taps outside the image have the
//! index `u32::MAX`, which candle reads as 0.

use std::sync::{Mutex, PoisonError};

use candle_core::{Device, Result, Tensor};

/// Index that candle reads as 0.
const OUTSIDE: u32 = u32::MAX;

/// Index tables for coarse images of one size on one device.
#[derive(Clone, Debug)]
pub(super) struct Taps {
    height: usize,
    width: usize,
    /// Fine pixel of each tap, `[h·w·16]`.
    spread: Tensor,
    /// Taps over each fine pixel, `[2h·2w·4]`.
    collect: Tensor,
}

/// Cache of tables: a network needs a few sizes in every step.
static CACHE: Mutex<Vec<Taps>> = Mutex::new(Vec::new());

impl Taps {
    /// Returns the tables for coarse images of `height` × `width` on `device`.
    pub(super) fn of(device: &Device, height: usize, width: usize) -> Result<Self> {
        let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        let fits =
            |t: &&Self| t.height == height && t.width == width && t.spread.device().same_device(device);
        if let Some(taps) = cache.iter().find(fits) {
            return Ok(taps.clone());
        }
        let taps = Self {
            height,
            width,
            spread: Tensor::new(spread(height, width), device)?,
            collect: Tensor::new(collect(height, width), device)?,
        };
        cache.push(taps.clone());
        Ok(taps)
    }

    /// Gathers taps: `[N, 2h, 2w, F]` → `[N·h·w, 16·F]`, zero outside the image.
    pub(super) fn spread(&self, fine: &Tensor) -> Result<Tensor> {
        let (n, _, _, f) = fine.dims4()?;
        let pixels = fine.contiguous()?.reshape((n, 4 * self.height * self.width, f))?;
        pixels.index_select(&self.spread, 1)?.reshape((n * self.height * self.width, 16 * f))
    }

    /// The adjoint of [`Taps::spread`]: `[N·h·w, 16·F]` → `[N, 2h, 2w, F]`.
    pub(super) fn collect(&self, taps: &Tensor) -> Result<Tensor> {
        let (rows, width) = taps.dims2()?;
        let (pixels, f) = (self.height * self.width, width / 16);
        let n = rows / pixels;
        let four = taps.reshape((n, 16 * pixels, f))?.index_select(&self.collect, 1)?;
        // Four times the mean is exactly the sum; candle's sum would use one block per short row.
        let mean = four.reshape((n * 4 * pixels, 1, 4, f))?.avg_pool2d((4, 1))?;
        (mean * 4.0)?.reshape((n, 2 * self.height, 2 * self.width, f))
    }
}

fn spread(height: usize, width: usize) -> Vec<u32> {
    let mut table = Vec::with_capacity(16 * height * width);
    for (y, x) in pixels(height, width) {
        for (row, column) in pixels(4, 4) {
            let r = (2 * y + row).checked_sub(1).filter(|&r| r < 2 * height);
            let c = (2 * x + column).checked_sub(1).filter(|&c| c < 2 * width);
            table.push(r.zip(c).map_or(OUTSIDE, |(r, c)| (r * 2 * width + c) as u32));
        }
    }
    table
}

fn collect(height: usize, width: usize) -> Vec<u32> {
    let mut table = Vec::with_capacity(16 * height * width);
    for (r, c) in pixels(2 * height, 2 * width) {
        for (up, left) in pixels(2, 2) {
            // Of the two coarse neighbours, the later one comes first, with the lower tap.
            let y = r.div_ceil(2).checked_sub(up).filter(|&y| y < height);
            let x = c.div_ceil(2).checked_sub(left).filter(|&x| x < width);
            let tap = y.zip(x).map(|(y, x)| (y * width + x) * 16 + 4 * (r + 1 - 2 * y) + (c + 1 - 2 * x));
            table.push(tap.map_or(OUTSIDE, |tap| tap as u32));
        }
    }
    table
}

fn pixels(height: usize, width: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..height * width).map(move |i| (i / width, i % width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tap_is_collected_where_it_was_spread_from() {
        let (height, width) = (3, 2);
        let (spread, collect) = (spread(height, width), collect(height, width));
        let mut seen = 0;
        for (fine, taps) in collect.chunks_exact(4).enumerate() {
            for &tap in taps.iter().filter(|&&tap| tap != OUTSIDE) {
                assert_eq!(spread[tap as usize] as usize, fine);
                seen += 1;
            }
        }
        assert_eq!(seen, spread.iter().filter(|&&pixel| pixel != OUTSIDE).count());
    }
}
