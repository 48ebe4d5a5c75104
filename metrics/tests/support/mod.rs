//! Representations with known answers.

#![allow(dead_code, reason = "no test file needs all of it")]

use metrics::Representation;

pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Classes of each row of a grid; the last factor varies fastest.
pub(crate) fn grid(sizes: &[usize]) -> Vec<Vec<usize>> {
    sizes.iter().fold(vec![Vec::new()], |rows, &size| {
        rows.iter().flat_map(|row| (0..size).map(move |class| [&row[..], &[class]].concat())).collect()
    })
}

/// A grid of codes; `code` maps a row's number and classes to its code.
pub(crate) fn representation(
    sizes: &[usize],
    code: impl Fn(usize, &[usize]) -> Vec<f64>,
) -> Result<Representation, metrics::RepresentationError> {
    let rows = grid(sizes);
    let codes: Vec<Vec<f64>> = rows.iter().enumerate().map(|(row, classes)| code(row, classes)).collect();
    let factors: Vec<i64> = rows.iter().flatten().map(|&class| class as i64).collect();
    let latent = codes[0].len();
    let codes = codes.into_iter().flatten().map(|value| f64::from(value as f32)).collect();
    Representation::new(codes, latent, &factors, sizes.len())
}

/// SplitMix64 of `place` (Steele et al. 2014), scaled to −0.5 to 0.5.
pub(crate) fn noise(place: usize) -> f64 {
    let mut z = (place as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64 - 0.5
}
