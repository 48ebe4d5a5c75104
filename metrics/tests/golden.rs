//! Compares the scores of a mediocre representation with scikit-learn's (golden/reference.py).

mod support;

use metrics::{
    Grid, Representation, beta_vae, dci, explicitness, factor_vae, infomec, irs, mig, modularity, sap,
};
use support::{Outcome, noise, representation};

const SIZES: [usize; 4] = [3, 6, 20, 10];
const UNITS: usize = 6;
/// Tolerance where nothing is random.
const EXACT: f64 = 0.005;
/// Tolerance where units are visited in a different order.
const SHARED: f64 = 0.01;
/// Tolerance where different images are drawn.
const SAMPLED: f64 = 0.02;

fn mixed() -> Result<Representation, metrics::RepresentationError> {
    representation(&SIZES, |row, classes| {
        let f = |factor: usize| classes[factor] as f64 / (SIZES[factor] - 1) as f64;
        let n = |unit: usize| noise(row * UNITS + unit);
        vec![
            2.0 * f(2) + 0.2 * n(0),
            0.7 * f(3) + 0.3 * f(1) + 0.2 * n(1),
            f(3) - 0.5 * f(2) + 0.3 * n(2),
            n(3),
            0.01 * n(4),
            f(0) * f(1) + 0.3 * n(5),
        ]
    })
}

fn split(whole: &Representation) -> (Representation, Representation) {
    let (test, train): (Vec<usize>, Vec<usize>) = (0..whole.rows()).partition(|row| row % 3 == 2);
    (whole.select(&train), whole.select(&test))
}

struct Golden(serde_json::Value);

impl Golden {
    fn read() -> Result<Self, serde_json::Error> {
        serde_json::from_str(include_str!("golden/reference.json")).map(Self)
    }

    fn agrees(&self, metric: &str, value: f64, within: f64) {
        let golden = self.0[metric].as_f64().expect(metric);
        assert!((value - golden).abs() <= within, "{metric}: {value}, golden {golden}");
    }
}

#[test]
fn information_metrics_agree() -> Outcome {
    let (golden, whole) = (Golden::read()?, mixed()?);
    golden.agrees("mig", mig(&whole).ok_or("no MIG")?, 1e-9);
    golden.agrees("modularity", modularity(&whole), 1e-9);
    Ok(())
}

#[test]
fn metrics_of_trees_agree() -> Outcome {
    let golden = Golden::read()?;
    let (train, test) = split(&mixed()?);
    let scores = dci(&train, &test, 0);
    golden.agrees("dci_disentanglement", scores.disentanglement.ok_or("no disentanglement")?, EXACT);
    golden.agrees("dci_completeness", scores.completeness.ok_or("no completeness")?, EXACT);
    golden.agrees("dci_informativeness", scores.informativeness, EXACT);
    Ok(())
}

/// The mixed code with each unit twice, the second time multiplied by `sign`; in reverse order if
/// `reversed`.
fn repeated(sign: f64, reversed: bool) -> Result<Representation, metrics::RepresentationError> {
    let whole = mixed()?;
    let codes = (0..whole.rows()).flat_map(|row| {
        let code = whole.code(row);
        let mut units: Vec<f64> = code.iter().copied().chain(code.iter().map(|v| sign * v)).collect();
        if reversed {
            units.reverse();
        }
        units
    });
    let factors: Vec<i64> =
        (0..whole.rows()).flat_map(|row| whole.classes(row)).map(|&class| class.into()).collect();
    Representation::new(codes.collect(), 2 * UNITS, &factors, SIZES.len())
}

#[test]
fn units_that_tell_the_same_share_the_importance() -> Outcome {
    let golden = Golden::read()?;
    for (name, sign) in [("duplicated", 1.0), ("mirrored", -1.0)] {
        for (reversed, seed) in [(false, 0), (true, 0), (false, 1)] {
            let (train, test) = split(&repeated(sign, reversed)?);
            let scores = dci(&train, &test, seed);
            let disentanglement = scores.disentanglement.ok_or("no disentanglement")?;
            let completeness = scores.completeness.ok_or("no completeness")?;
            golden.agrees(&format!("{name}_disentanglement"), disentanglement, SHARED);
            golden.agrees(&format!("{name}_completeness"), completeness, SHARED);
            golden.agrees(&format!("{name}_informativeness"), scores.informativeness, SHARED);
        }
    }
    Ok(())
}

#[test]
fn metrics_of_linear_classifiers_agree() -> Outcome {
    let golden = Golden::read()?;
    let (train, test) = split(&mixed()?);
    golden.agrees("sap", sap(&train, &test).ok_or("no SAP")?, EXACT);
    golden.agrees("explicitness", explicitness(&train, &test), EXACT);
    Ok(())
}

#[test]
fn infomec_agrees() -> Outcome {
    let golden = Golden::read()?;
    let scores = infomec(&mixed()?);
    golden.agrees("infomec_modularity", scores.modularity, EXACT);
    golden.agrees("infomec_compactness", scores.compactness.ok_or("no compactness")?, EXACT);
    golden.agrees("infomec_explicitness", scores.explicitness, EXACT);
    Ok(())
}

#[test]
fn robustness_agrees() -> Outcome {
    Golden::read()?.agrees("irs", irs(&mixed()?), 1e-6);
    Ok(())
}

#[test]
fn metrics_that_choose_their_images_agree() -> Outcome {
    let (golden, grid) = (Golden::read()?, Grid::new(mixed()?)?);
    golden.agrees("beta_vae", beta_vae(&grid, 1)?, SAMPLED);
    golden.agrees("factor_vae", factor_vae(&grid, 1)?, SAMPLED);
    Ok(())
}
