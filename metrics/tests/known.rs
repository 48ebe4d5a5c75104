//! Scores of representations whose answers are known.

mod support;

use metrics::{Grid, Representation, of_grid, of_rows};
use proptest::prelude::*;
use support::{Outcome, noise, representation};

const SIZES: [usize; 3] = [3, 4, 6];

fn centred(classes: &[usize], factor: usize) -> f64 {
    classes[factor] as f64 / (SIZES[factor] - 1) as f64 - 0.5
}

/// A unit a factor, and one that is dead.
fn perfect() -> Result<Representation, metrics::RepresentationError> {
    representation(&SIZES, |_, classes| {
        let [a, b, c] = [0, 1, 2].map(|factor| centred(classes, factor));
        vec![c, -3.0 * a, 0.25, 0.5 * b]
    })
}

/// The perfect code turned, so that every unit tells of several factors.
fn rotated() -> Result<Representation, metrics::RepresentationError> {
    representation(&SIZES, |_, classes| {
        let [a, b, c] = [0, 1, 2].map(|factor| centred(classes, factor));
        vec![a + b + c, a - b, a + b - 2.0 * c]
    })
}

fn random() -> Result<Representation, metrics::RepresentationError> {
    representation(&SIZES, |row, _| (0..4).map(|unit| noise(4 * row + unit)).collect())
}

fn score(scores: &[metrics::Score], metric: &str) -> f64 {
    scores.iter().find(|score| score.metric == metric).map(|score| score.value).expect(metric)
}

#[test]
fn a_perfect_code_scores_one_in_every_metric() -> Outcome {
    for score in of_grid(&Grid::new(perfect()?)?, 3) {
        assert!(score.value > 0.99 && score.value < 1.0 + 1e-9, "{score:?}");
    }
    Ok(())
}

#[test]
fn a_rotated_code_falls() -> Outcome {
    let scores = of_grid(&Grid::new(rotated()?)?, 3);
    for (metric, most) in [
        ("mig", 0.5),
        ("dci_disentanglement", 0.5),
        ("dci_completeness", 0.5),
        ("beta_vae", 0.9),
        ("factor_vae", 0.8),
    ] {
        assert!(score(&scores, metric) < most, "{metric}: {scores:#?}");
    }
    Ok(())
}

#[test]
fn noise_scores_chance() -> Outcome {
    // Every row has its own noise, so that a grid's rows could be learnt by heart: fresh rows only.
    let many: Vec<i64> = (0..15_000).flat_map(|row| [row % 3, row / 3 % 4]).collect();
    let codes = (0..60_000).map(|place| noise(place) as f32).collect();
    let scores = of_rows(&Representation::new(codes, 4, &many, 2)?, 3);
    for (metric, low, high) in [
        ("mig", 0.0, 0.01),
        ("dci_disentanglement", 0.0, 0.1),
        ("dci_completeness", 0.0, 0.1),
        ("dci_informativeness", 0.24, 0.34),
    ] {
        assert!((low..high).contains(&score(&scores, metric)), "{metric}: {scores:#?}");
    }
    let scores = of_grid(&Grid::new(random()?)?, 3);
    for metric in ["beta_vae", "factor_vae"] {
        // Holding a factor of a small grid leaves few rows: a little over chance.
        assert!((0.3..0.75).contains(&score(&scores, metric)), "{metric}: {scores:#?}");
    }
    Ok(())
}

#[test]
fn the_same_seed_gives_the_same_scores() -> Outcome {
    let grid = Grid::new(rotated()?)?;
    assert_eq!(of_grid(&grid, 5), of_grid(&grid, 5));
    assert_ne!(of_grid(&grid, 5), of_grid(&grid, 6));
    assert_eq!(of_rows(grid.rows(), 5), of_rows(grid.rows(), 5));
    Ok(())
}

/// A middling code of rows that all differ.
fn middling(row: usize, classes: &[usize]) -> Vec<f64> {
    let [a, b, c] = [0, 1, 2].map(|factor| centred(classes, factor));
    [a + 0.3 * b, b - 0.2 * c, c + a * b, 0.2]
        .iter()
        .zip(4 * row..)
        .map(|(v, n)| v + 0.4 * noise(n))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn units_may_change_places_and_scales(
        order in Just(vec![0usize, 1, 2, 3]).prop_shuffle(),
        scales in prop::collection::vec(prop_oneof![0.5..4.0, -4.0..-0.5], 4),
    ) {
        let sizes = [3, 4, 6, 8];
        let plain = representation(&sizes, middling).expect("rows");
        let changed = representation(&sizes, |row, classes| {
            let code = middling(row, classes);
            order.iter().map(|&unit| scales[unit] * code[unit]).collect()
        }).expect("rows");
        for (plain, changed) in scores(&plain).iter().zip(&scores(&changed)) {
            prop_assert!((plain.value - changed.value).abs() < 0.02, "{plain:?} {changed:?}");
        }
    }
}

fn scores(rows: &Representation) -> Vec<metrics::Score> {
    let mut scores = of_rows(rows, 3);
    let Ok(sampled) = Grid::new(rows.clone()).map(|grid| metrics::of_images(&grid, 3)).expect("a grid");
    scores.extend(sampled);
    scores
}
