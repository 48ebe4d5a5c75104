//! FactorVAE score (Kim & Mnih 2018, "Disentangling by Factorising"). One factor is held fixed in a
//! batch. The unit whose variance shrinks most, argmin over units of Var(z in the batch) / Var(z), votes
//! for that factor. The score is the accuracy of the majority vote, fitted on one set of votes and scored
//! on another, from chance to 1.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::angle::variance;
use crate::sampler::{Sampler, draw};
use crate::{ScoreName, TEST, TRAIN};

/// Images per batch.
const BATCH: usize = 64;
/// Images from which the variance of each unit is estimated.
const VARIANCE_SAMPLES: usize = 10_000;
/// Units with a smaller standard deviation have no vote (as in disentanglement_lib's configuration).
const PRUNE: f64 = 0.05;

pub(crate) const FACTOR_VAE: ScoreName = ScoreName::new("factor_vae", "FactorVAE");

/// Returns the FactorVAE score of the codes from `source`, or 0 if no unit varies.
///
/// # Errors
/// Returns the errors of `source`.
pub fn factor_vae<S: Sampler>(source: &S, seed: u64) -> Result<f64, S::Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let (sizes, latent) = (source.sizes(), source.latent());
    let plain = latent - source.circles();
    let variances = variances(&source.codes(&draw(sizes, VARIANCE_SAMPLES, &mut rng))?, latent, plain);
    let active: Vec<usize> = (0..latent).filter(|&unit| variances[unit].sqrt() >= PRUNE).collect();
    if active.is_empty() {
        return Ok(0.0);
    }
    let mut votes = |count: usize| -> Result<Vec<Vec<u32>>, S::Error> {
        let mut votes = vec![vec![0; sizes.len()]; latent];
        for _ in 0..count {
            let held = rng.random_range(0..sizes.len());
            let mut classes = draw(sizes, BATCH, &mut rng);
            let class = classes[held];
            classes.iter_mut().skip(held).step_by(sizes.len()).for_each(|other| *other = class);
            let local = self::variances(&source.codes(&classes)?, latent, plain);
            let shrunk = |&unit: &usize| local[unit] / variances[unit];
            if let Some(&unit) = active.iter().min_by(|a, b| shrunk(a).total_cmp(&shrunk(b))) {
                votes[unit][held] += 1;
            }
        }
        Ok(votes)
    };
    let (train, test) = (votes(TRAIN)?, votes(TEST)?);
    let right = train.iter().zip(&test).map(|(train, test)| test[majority(train)]).sum::<u32>();
    Ok(f64::from(right) / TEST as f64)
}

/// The factor with the most votes; the first of equals.
fn majority(votes: &[u32]) -> usize {
    (0..votes.len()).rev().max_by_key(|&factor| votes[factor]).unwrap_or(0)
}

/// Sample variance of each unit over codes `[N, latent]`; units from `plain` on are circular.
fn variances(codes: &[f64], latent: usize, plain: usize) -> Vec<f64> {
    let column = |unit: usize| codes.iter().skip(unit).step_by(latent).copied();
    (0..latent).map(|unit| variance(column(unit), unit >= plain)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variances_and_majorities_match_hand_computed_ones() {
        assert_eq!(variances(&[1.0, 5.0, 3.0, 5.0, 5.0, 5.0], 2, 2), [4.0, 0.0]);
        assert_eq!((majority(&[2, 5, 5]), majority(&[0, 0])), (1, 0));
    }
}
