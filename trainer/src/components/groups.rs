//! Groups of components that are correlated.

use kodama::{Method, linkage};
use nalgebra::DMatrix;

use super::Group;

/// Mean correlation at which two groups are no longer joined.
const JOINED: f32 = 0.5;
/// Largest correlation between the means of two groups that are both returned.
const DIFFERENT: f32 = 0.6;

/// Groups `components`, each with a value for every image, by the absolute value of their correlation over the
/// first `kept` images (average linkage). Returns the `count` largest groups, largest first, and their means,
/// with mean 0 and variance 1 over these images and skewed to the right. Groups that resemble a larger one are left
/// out.
pub(super) fn groups(
    mut components: Vec<Vec<f32>>,
    kept: usize,
    count: usize,
) -> (Vec<Group>, Vec<Vec<f32>>) {
    if components.is_empty() {
        return (Vec::new(), Vec::new());
    }
    components.iter_mut().for_each(|values| standardise(values, kept));
    let correlations = correlations(&components, kept);
    let mut members = joined(&correlations);
    members.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    // A component that was found once may be noise.
    members.retain(|members| members.len() > 1);
    let (mut groups, mut means): (Vec<Group>, Vec<Vec<f32>>) = (Vec::new(), Vec::new());
    for members in members {
        if groups.len() == count {
            break;
        }
        let mean = mean(&members, &components, &correlations, kept);
        if means.iter().all(|other| correlation(&mean[..kept], &other[..kept]).abs() <= DIFFERENT) {
            groups.push(group(&members, &correlations));
            means.push(mean);
        }
    }
    (groups, means)
}

/// Describes a group by the correlations of all components.
fn group(members: &[usize], correlations: &DMatrix<f32>) -> Group {
    let pairs = members.iter().flat_map(|&a| members.iter().map(move |&b| (a, b)));
    let agreements = pairs.filter(|(a, b)| a < b).map(|pair| f64::from(correlations[pair].abs()));
    let (sum, count) = agreements.fold((0.0, 0), |(sum, count), agreement| (sum + agreement, count + 1));
    Group { size: members.len(), agreement: sum / f64::from(count.max(1)) }
}

/// Mean of a group's components, each with the sign of its correlation with the first.
fn mean(members: &[usize], components: &[Vec<f32>], correlations: &DMatrix<f32>, kept: usize) -> Vec<f32> {
    let mut mean = vec![0.0; components[0].len()];
    for &member in members {
        let sign = correlations[(members[0], member)].signum();
        mean.iter_mut().zip(&components[member]).for_each(|(sum, value)| *sum += sign * value);
    }
    standardise(&mut mean, kept);
    if mean[..kept].iter().map(|value| value.powi(3)).sum::<f32>() < 0.0 {
        mean.iter_mut().for_each(|value| *value = -*value);
    }
    mean
}

/// Correlation of standardised values.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>() / a.len() as f32
}

/// Scales values to mean 0 and variance 1 over the first `kept`.
fn standardise(values: &mut [f32], kept: usize) {
    let count = kept as f64;
    let mean = values[..kept].iter().map(|&value| f64::from(value)).sum::<f64>() / count;
    let variance = values[..kept].iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / count;
    let scale = 1.0 / variance.sqrt().max(f64::MIN_POSITIVE);
    values.iter_mut().for_each(|value| *value = ((f64::from(*value) - mean) * scale) as f32);
}

/// Correlations between standardised components over their first `kept` values.
fn correlations(components: &[Vec<f32>], kept: usize) -> DMatrix<f32> {
    let columns = components.iter().flat_map(|values| values[..kept].iter().copied());
    let table = DMatrix::from_iterator(kept, components.len(), columns);
    (table.transpose() * &table) / kept as f32
}

/// Members of each group.
fn joined(correlations: &DMatrix<f32>) -> Vec<Vec<usize>> {
    let count = correlations.ncols();
    let pairs = (0..count).flat_map(|row| (row + 1..count).map(move |column| (row, column)));
    let mut distances: Vec<f32> = pairs.map(|place| 1.0 - correlations[place].abs()).collect();
    let mut members: Vec<Option<Vec<usize>>> = (0..count).map(|place| Some(vec![place])).collect();
    for step in linkage(&mut distances, count, Method::Average).steps() {
        if step.dissimilarity > 1.0 - JOINED {
            break;
        }
        let [first, second] = [step.cluster1, step.cluster2].map(|place| members[place].take());
        let mut both: Vec<usize> = first.into_iter().chain(second).flatten().collect();
        both.sort_unstable();
        members.push(Some(both));
    }
    members.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::random::{Purpose, stream};
    use rand::Rng;

    #[test]
    fn components_of_one_source_make_one_group() {
        let rng = &mut stream(5, Purpose::Evaluation, 0);
        let mut noise =
            |count: usize| (0..count).map(|_| rng.random_range(-1.0..1.0f32)).collect::<Vec<f32>>();
        // The first source is skewed to the left.
        let sources: [Vec<f32>; 3] =
            [noise(1200).iter().map(|value| -value.exp()).collect(), noise(1200), noise(1200)];
        let mut blurred = |source: &[f32], scale: f32| -> Vec<f32> {
            source.iter().zip(noise(1200)).map(|(value, noise)| scale * (value + 0.4 * noise)).collect()
        };
        let components = [
            blurred(&sources[1], 1.0),
            blurred(&sources[0], -2.0),
            blurred(&sources[0], 1.0),
            blurred(&sources[2], 1.0),
            blurred(&sources[1], -1.0),
            blurred(&sources[0], 3.0),
        ];
        let (groups, means) = groups(components.into(), 1000, 2);
        assert_eq!(groups.iter().map(|group| group.size).collect::<Vec<_>>(), [3, 2]);
        assert!(groups.iter().all(|group| (0.7..1.0).contains(&group.agreement)), "{groups:?}");
        let mut source = sources[0].clone();
        standardise(&mut source, 1000);
        assert!(correlation(&means[0], &source) < -0.9, "the mean is skewed to the right");
        assert!(correlation(&means[1], &source).abs() < 0.1);
        assert!(super::groups(Vec::new(), 0, 2).0.is_empty());
    }
}
