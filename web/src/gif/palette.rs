//! Colours of an animation. Grey pictures keep all their values. Coloured ones are rounded to 5 bits per
//! channel, and their colours are quantised by median cut (Heckbert 1982).

use model::order;

/// Maximum number of colours in a palette.
const MOST: usize = 256;
/// Number of colours with 5 bits per channel.
const COARSE: usize = 1 << 15;

type Colour = [u8; 3];

/// 256 colours, and the index of each colour in the palette.
#[derive(Clone, Debug)]
pub struct Palette {
    colours: [Colour; MOST],
    /// Index of each coarse colour; `None` if the index is the brightness.
    indices: Option<Vec<u8>>,
}

impl Palette {
    /// A palette of all greys.
    pub fn grey() -> Self {
        Self { colours: std::array::from_fn(|v| [v as u8; 3]), indices: None }
    }

    /// Creates a palette for RGBA pictures, ignoring opacity. Colours that don't occur may have any
    /// index.
    pub fn of(pictures: &[&[u8]]) -> Self {
        let pixels = || pictures.iter().flat_map(|rgba| rgba.chunks_exact(4));
        if pixels().all(|p| p[0] == p[1] && p[1] == p[2]) {
            return Self::grey();
        }
        let (mut counts, mut sums) = (vec![0; COARSE], vec![[0; 3]; COARSE]);
        for pixel in pixels() {
            let bin = coarse(pixel);
            counts[bin] += 1;
            sums[bin].iter_mut().zip(pixel).for_each(|(sum, &value)| *sum += u64::from(value));
        }
        let mut parts = vec![(0..COARSE).filter(|&bin| counts[bin] > 0).collect::<Vec<usize>>()];
        while parts.len() < MOST {
            // Divides the part with the largest error over all its pixels first.
            let error = |part: &[usize]| sum(part, &counts) * widest(part).1;
            let Some(at) = (0..parts.len()).max_by_key(|&i| error(&parts[i])) else { break };
            if error(&parts[at]) == 0 {
                break;
            }
            let part = parts.swap_remove(at);
            parts.extend(divide(part, &counts));
        }
        let (mut colours, mut indices) = ([[0; 3]; MOST], vec![0; COARSE]);
        for (index, part) in parts.iter().enumerate() {
            let total = sum(part, &counts).max(1);
            colours[index] = [0, 1, 2].map(|channel| {
                ((part.iter().map(|&bin| sums[bin][channel]).sum::<u64>() + total / 2) / total) as u8
            });
            part.iter().for_each(|&bin| indices[bin] = index as u8);
        }
        Self { colours, indices: Some(indices) }
    }

    /// The colours.
    pub fn colours(&self) -> &[Colour; MOST] {
        &self.colours
    }

    /// Palette index of an RGBA pixel.
    pub fn index(&self, pixel: &[u8]) -> u8 {
        self.indices.as_ref().map_or(pixel[0], |indices| indices[coarse(pixel)])
    }
}

/// A colour with 5 bits per channel.
fn coarse(pixel: &[u8]) -> usize {
    pixel[..3].iter().fold(0, |bin, &v| bin << 5 | usize::from(v >> 3))
}

/// A channel of a coarse colour, 0 to 31.
fn level(bin: usize, channel: usize) -> u64 {
    (bin >> (10 - 5 * channel) & 31) as u64
}

fn sum(part: &[usize], counts: &[u64]) -> u64 {
    part.iter().map(|&bin| counts[bin]).sum()
}

/// The channel in which the colours of a part differ most, and by how much.
fn widest(part: &[usize]) -> (usize, u64) {
    let width = |channel| {
        let levels = || part.iter().map(|&bin| level(bin, channel));
        levels().max().unwrap_or(0) - levels().min().unwrap_or(0)
    };
    [0, 1, 2].map(|channel| (channel, width(channel))).into_iter().max_by_key(|pair| pair.1).unwrap_or((0, 0))
}

/// Divides a part into two non-empty parts with about the same number of pixels.
fn divide(mut part: Vec<usize>, counts: &[u64]) -> [Vec<usize>; 2] {
    let channel = widest(&part).0;
    let keys = part.iter().map(|&bin| level(bin, channel));
    part = order::ascending(keys).map(|at| part[at]).collect();
    let half = sum(&part, counts) / 2;
    let mut before = 0;
    let median = part.iter().take_while(|&&bin| {
        before += counts[bin];
        before <= half
    });
    let at = median.count().clamp(1, part.len() - 1);
    let rest = part.split_off(at);
    [part, rest]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn farthest(rgba: &[u8]) -> u8 {
        let palette = Palette::of(&[rgba]);
        let apart = |pixel: &[u8]| {
            let colour = palette.colours()[usize::from(palette.index(pixel))];
            colour.iter().zip(pixel).map(|(a, &b)| a.abs_diff(b)).max()
        };
        rgba.chunks_exact(4).filter_map(apart).max().expect("pixels")
    }

    #[test]
    fn greys_are_kept_and_few_colours_nearly() {
        let grey: Vec<u8> = (0..=255).flat_map(|v| [v, v, v, 255]).collect();
        assert_eq!(farthest(&grey), 0);
        let few: Vec<u8> = (0..200_u8).flat_map(|i| [i, 255 - i, i.wrapping_mul(7) | 7, 255]).collect();
        assert!(farthest(&few) <= 8, "{}", farthest(&few));
        assert_eq!(farthest(&[255, 130, 0, 255, 3, 0, 0, 255]), 0);
        let both = Palette::of(&[&[255, 0, 0, 255], &[9, 9, 9, 255]]);
        let [red, grey] = [[255, 0, 0, 255], [9, 9, 9, 255]].map(|pixel| both.index(&pixel));
        assert_eq!([red, grey].map(|index| both.colours()[usize::from(index)]), [[255, 0, 0], [9, 9, 9]]);
    }

    #[test]
    fn a_colour_wheel_has_no_colour_far_from_its_own() {
        let wheel: Vec<u8> = (0..64 * 64 * 16)
            .flat_map(|i| [(i % 64 * 4) as u8, (i / 64 % 64 * 4) as u8, (i / 4096 * 16) as u8, 255])
            .collect();
        assert!(farthest(&wheel) < 40, "{}", farthest(&wheel));
    }
}
