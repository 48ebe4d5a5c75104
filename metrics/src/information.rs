//! Mutual information between binned units and factors.

use crate::Representation;

/// Number of bins, of equal width over the sample's range (Locatello et al. 2019, appendix).
pub const BINS: usize = 20;

/// Returns the bin of each value, 0 to 19, with the edges of numpy's `histogram`: a value on an edge
/// belongs to the bin above, the largest value to the last bin.
pub fn bins(values: &[f64]) -> Vec<usize> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let width = (high - low) / BINS as f64;
    if width == 0.0 {
        return vec![0; values.len()];
    }
    let edge = |bin: usize| low + bin as f64 * width;
    let bin = |&value: &f64| {
        let near = (((value - low) / width) as usize).min(BINS - 1);
        // The division may round differently from the edge.
        if near + 1 < BINS && value >= edge(near + 1) {
            near + 1
        } else if value < edge(near) {
            near - 1
        } else {
            near
        }
    };
    values.iter().map(bin).collect()
}

/// Returns I(bin; class) in nats, for classes below `count`:
/// I(a; b) = Σ p(a, b)·log(p(a, b) / p(a)·p(b)).
pub fn mutual(bins: &[usize], classes: &[usize], count: usize) -> f64 {
    let mut joint = vec![0u32; BINS * count];
    for (&bin, &class) in bins.iter().zip(classes) {
        joint[bin * count + class] += 1;
    }
    let by_bin: Vec<u32> = joint.chunks_exact(count).map(|row| row.iter().sum()).collect();
    let by_class: Vec<u32> = (0..count).map(|class| joint.iter().skip(class).step_by(count).sum()).collect();
    (entropy(&by_bin) + entropy(&by_class) - entropy(&joint)).max(0.0)
}

/// Returns H(class) in nats, for classes below `count`.
pub fn whole(classes: &[usize], count: usize) -> f64 {
    let mut counts = vec![0; count];
    for &class in classes {
        counts[class] += 1;
    }
    entropy(&counts)
}

/// Returns I(bin; class) / H(class), 0 to 1: the fraction of the factor's entropy that the unit explains.
/// Returns 0 if all rows have the same class.
pub fn share(bins: &[usize], classes: &[usize], count: usize) -> f64 {
    let whole = whole(classes, count);
    if whole > 0.0 { (mutual(bins, classes, count) / whole).min(1.0) } else { 0.0 }
}

/// I(unit; factor) for each unit and factor, `[D][K]`.
pub(crate) fn matrix(sample: &Representation) -> Vec<Vec<f64>> {
    let factors: Vec<Vec<usize>> = (0..sample.sizes().len()).map(|factor| sample.factor(factor)).collect();
    let row = |unit| {
        let bins = bins(&sample.unit(unit));
        factors.iter().zip(sample.sizes()).map(|(classes, &count)| mutual(&bins, classes, count)).collect()
    };
    (0..sample.latent()).map(row).collect()
}

/// −Σ p·log p in nats, with p from counts.
fn entropy(counts: &[u32]) -> f64 {
    let total: u32 = counts.iter().sum();
    let terms = counts.iter().filter(|&&n| n > 0).map(|&n| {
        let p = f64::from(n) / f64::from(total);
        -p * p.ln()
    });
    terms.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_on_an_edge_belongs_to_the_bin_above() {
        let values: Vec<f64> = (0..=20).map(|v| f64::from(v) * 0.25 - 1.0).collect();
        let expected: Vec<usize> = (0..20).chain([19]).collect();
        assert_eq!(bins(&values), expected);
        assert_eq!(bins(&[3.5; 4]), [0; 4]);
        assert_eq!(bins(&[f32::MIN.into(), 0.0, f32::MAX.into()]), [0, 10, 19]);
    }

    #[test]
    fn a_unit_equal_to_the_factor_has_all_information_and_a_constant_none() {
        let classes: Vec<usize> = (0..900).map(|i| i % 3).collect();
        let values: Vec<f64> = classes.iter().map(|&class| 10.0 - class as f64).collect();
        assert!((share(&bins(&values), &classes, 3) - 1.0).abs() < 1e-12);
        assert!((mutual(&bins(&values), &classes, 3) - 3f64.ln()).abs() < 1e-12);
        assert_eq!(share(&bins(&[0.5; 900]), &classes, 3), 0.0);
    }

    #[test]
    fn half_the_factor_is_half_the_information() {
        let classes: Vec<usize> = (0..400).map(|i| i % 4).collect();
        let values: Vec<f64> = classes.iter().map(|&class| (class / 2) as f64).collect();
        assert!((share(&bins(&values), &classes, 4) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn an_independent_unit_has_no_information() {
        let classes: Vec<usize> = (0..800).map(|i| i % 4).collect();
        let values: Vec<f64> = (0..800).map(|i| f64::from(i / 4 % 10)).collect();
        assert!(share(&bins(&values), &classes, 4) < 1e-12);
    }
}
