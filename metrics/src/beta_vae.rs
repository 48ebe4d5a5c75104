//! BetaVAE score (Higgins et al. 2017, "β-VAE"). One factor is held fixed in each of 64 pairs of images;
//! the mean of |z₁ − z₂| over the pairs is a point. A linear classifier predicts the fixed factor from
//! such points. The score is its accuracy on other points, from chance to 1.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::angle::distance;
use crate::learn::{Logistic, Table};
use crate::sampler::{Sampler, draw};
use crate::{ScoreName, TEST, TRAIN};

/// Pairs per point.
const PAIRS: usize = 64;

pub(crate) const BETA_VAE: ScoreName = ScoreName::new("beta_vae", "BetaVAE");

/// Returns the BetaVAE score of the codes from `source`.
///
/// # Errors
/// Returns the errors of `source`.
pub fn beta_vae<S: Sampler>(source: &S, seed: u64) -> Result<f64, S::Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (sizes, latent) = (source.sizes(), source.latent());
    let plain = latent - source.circles();
    let mut points = |count: usize| -> Result<(Table, Vec<usize>), S::Error> {
        let mut points = Vec::with_capacity(count * latent);
        let mut labels = Vec::with_capacity(count);
        for _ in 0..count {
            let held = rng.random_range(0..sizes.len());
            let (left, mut right) = (draw(sizes, PAIRS, &mut rng), draw(sizes, PAIRS, &mut rng));
            for place in (held..left.len()).step_by(sizes.len()) {
                right[place] = left[place];
            }
            points.extend(distances(&source.codes(&left)?, &source.codes(&right)?, latent, plain));
            labels.push(held);
        }
        Ok((Table::new(points, latent), labels))
    };
    let (train, labels) = points(TRAIN)?;
    let classifier = Logistic::fit(&train, &labels);
    let (test, labels) = points(TEST)?;
    Ok(classifier.accuracy(&test, &labels))
}

/// Mean of |a − b| for each unit; units from `plain` on are circular.
fn distances(a: &[f64], b: &[f64], latent: usize, plain: usize) -> Vec<f64> {
    let mut sums = vec![0.0; latent];
    for (a, b) in a.chunks_exact(latent).zip(b.chunks_exact(latent)) {
        for (unit, sum) in sums.iter_mut().enumerate() {
            *sum += distance(a[unit], b[unit], unit >= plain);
        }
    }
    sums.iter().map(|sum| sum / PAIRS as f64).collect()
}
