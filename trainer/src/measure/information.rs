//! Mutual information between a unit and a factor, both discrete.

/// Bins that a unit's means are sorted into (Locatello et al. 2019, appendix: 20 equal bins
/// between the smallest and the largest value).
const BINS: usize = 20;

/// The bin, 0 to 19, of every value.
pub(super) fn bins(values: &[f32]) -> Vec<usize> {
    let low = values.iter().copied().fold(f32::INFINITY, f32::min);
    let high = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let width = (high - low).max(f32::MIN_POSITIVE);
    values.iter().map(|&v| (((v - low) / width * BINS as f32) as usize).min(BINS - 1)).collect()
}

/// I(bin; class) / H(class) of a sample, 0 to 1: what share of the factor the unit tells.
/// I(a; b) = Σ p(a, b)·log(p(a, b) / p(a)·p(b)). 0 for a factor of one class.
pub(super) fn share(bins: &[usize], classes: &[usize], count: usize) -> f64 {
    let mut joint = vec![0u32; BINS * count];
    for (&bin, &class) in bins.iter().zip(classes) {
        joint[bin * count + class] += 1;
    }
    let by_bin: Vec<u32> = joint.chunks_exact(count).map(|row| row.iter().sum()).collect();
    let by_class: Vec<u32> = (0..count).map(|class| joint.iter().skip(class).step_by(count).sum()).collect();
    let information = entropy(&by_bin) + entropy(&by_class) - entropy(&joint);
    let whole = entropy(&by_class);
    if whole > 0.0 { (information / whole).clamp(0.0, 1.0) } else { 0.0 }
}

/// −Σ p·log p of counts, in nats.
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
    fn a_unit_that_is_the_factor_tells_all_and_a_constant_nothing() {
        let classes: Vec<usize> = (0..900).map(|i| i % 3).collect();
        let values: Vec<f32> = classes.iter().map(|&class| 10.0 - class as f32).collect();
        assert!((share(&bins(&values), &classes, 3) - 1.0).abs() < 1e-12);
        assert_eq!(share(&bins(&[0.5; 900]), &classes, 3), 0.0);
    }

    #[test]
    fn half_the_factor_is_half_the_information() {
        let classes: Vec<usize> = (0..400).map(|i| i % 4).collect();
        let values: Vec<f32> = classes.iter().map(|&class| (class / 2) as f32).collect();
        assert!((share(&bins(&values), &classes, 4) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn an_independent_unit_tells_nothing() {
        let classes: Vec<usize> = (0..800).map(|i| i % 4).collect();
        let values: Vec<f32> = (0..800).map(|i| (i / 4 % 10) as f32).collect();
        assert!(share(&bins(&values), &classes, 4) < 1e-12);
    }
}
