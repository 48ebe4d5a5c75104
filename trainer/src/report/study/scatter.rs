//! Scatter plots of reconstruction and disentanglement. Small dots are runs, large dots are medians of
//! groups, and the line is the Pareto front of the medians.

use super::group::Results;
use super::metric::{Metric, RECONSTRUCTION};
use super::svg::{dot, picture, range, rule, text};
use crate::report::axis::{number, ticks};

const LEFT: f32 = 56.0;
const TOP: f32 = 34.0;
const SIZE: [f32; 2] = [420.0, 340.0];
/// Pixels for the names of groups.
const NAMES: f32 = 230.0;
const BOTTOM: f32 = 48.0;
/// Minimum distance between two names.
const LINE: f32 = 17.0;

/// Draws a scatter plot of a metric whose high values are better; returns `None` if no run has both
/// values.
pub(super) fn scatter(results: &Results, metric: &Metric) -> Option<String> {
    let runs = || {
        results.groups.iter().flat_map(|group| &group.scored).filter_map(|run| {
            let value = |name: &str| run.scores.get(name).copied().filter(|value| value.is_finite());
            Some([value(RECONSTRUCTION)?, value(metric.name)?])
        })
    };
    runs().next()?;
    let (x_range, y_range) = (range(runs().map(|run| run[0])), range(runs().map(|run| run[1])));
    let share = |value: f64, (low, high): (f64, f64)| ((value - low) / (high - low)) as f32;
    let place = |[nll, value]: [f64; 2]| {
        [LEFT + SIZE[0] * share(nll, x_range), TOP + SIZE[1] * (1.0 - share(value, y_range))]
    };
    let [right, floor] = [LEFT + SIZE[0], TOP + SIZE[1]];
    let mut content = text([0.0, 16.0], "start", "title", &metric.heading());
    for tick in ticks(x_range.0 as f32, x_range.1 as f32, 6) {
        let [x, _] = place([f64::from(tick), y_range.0]);
        content += &rule([x, TOP], [x, floor]);
        content += &text([x, floor + 17.0], "middle", "muted", &number(tick));
    }
    for tick in ticks(y_range.0 as f32, y_range.1 as f32, 5) {
        let [_, y] = place([x_range.0, f64::from(tick)]);
        content += &rule([LEFT, y], [right, y]);
        content += &text([LEFT - 8.0, y + 4.0], "end", "muted", &number(tick));
    }
    content += &text([(LEFT + right) / 2.0, floor + 38.0], "middle", "muted", "reconstruction NLL, nats ↓");
    let medians: Vec<(usize, [f64; 2])> = (0..results.groups.len())
        .filter_map(|group| {
            let median = |name: &str| results.groups[group].spread(name).map(|spread| spread[1]);
            Some((group, [median(RECONSTRUCTION)?, median(metric.name)?]))
        })
        .collect();
    content += &line(&front(&medians.iter().map(|(_, median)| *median).collect::<Vec<_>>()), place);
    for (group, _) in &medians {
        let group = &results.groups[*group];
        for run in &group.scored {
            if let (Some(&nll), Some(&value)) = (run.scores.get(RECONSTRUCTION), run.scores.get(metric.name))
                && nll.is_finite()
                && value.is_finite()
            {
                let says = format!("{}: NLL {nll:.2}, {value:.4}", group.member(run));
                content += &dot(place([nll, value]), 3.0, 0.5, group.method, &says);
            }
        }
    }
    let heights = apart(&medians.iter().map(|(_, median)| place(*median)[1]).collect::<Vec<_>>());
    for ((group, median), height) in medians.iter().zip(heights) {
        let (group, here) = (&results.groups[*group], place(*median));
        content += &rule(here, [right + 10.0, height]);
        let says = format!("{}, median: NLL {:.2}, {:.4}", group.name, median[0], median[1]);
        content += &dot(here, 6.5, 1.0, group.method, &says);
        content += &text([right + 14.0, height + 4.0], "start", "", &group.label());
    }
    let height = (floor + BOTTOM).max(TOP + LINE * medians.len() as f32 + BOTTOM);
    let title = format!("{} against reconstruction, with the Pareto front", metric.title);
    Some(picture(right + NAMES, height, &title, &content))
}

/// Pareto front for a low first and a high second value, from left to right.
fn front(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a[0].total_cmp(&b[0]).then(b[1].total_cmp(&a[1])));
    let mut front: Vec<[f64; 2]> = Vec::new();
    for point in sorted {
        if front.last().is_none_or(|last| point[1] > last[1]) {
            front.push(point);
        }
    }
    front
}

/// Draws the front as steps.
fn line(front: &[[f64; 2]], place: impl Fn([f64; 2]) -> [f32; 2]) -> String {
    let mut path = String::new();
    for (step, point) in front.iter().enumerate() {
        let [x, y] = place(*point);
        path += &if step == 0 { format!("M{x:.1} {y:.1}") } else { format!("H{x:.1}V{y:.1}") };
    }
    format!("<path d=\"{path}\" style=\"stroke:var(--muted);stroke-width:1.5;stroke-dasharray:5 4\"/>")
}

/// Moves heights apart, in order, so that they differ by at least [`LINE`] and stay inside the plot.
fn apart(heights: &[f32]) -> Vec<f32> {
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by(|&a, &b| heights[a].total_cmp(&heights[b]));
    let mut placed = vec![0.0; heights.len()];
    let mut next = TOP;
    // Leaves room at the bottom for the names that follow.
    let floor = TOP + SIZE[1].max(LINE * heights.len() as f32);
    for (rank, &place) in order.iter().enumerate() {
        let latest = floor - LINE * (heights.len() - 1 - rank) as f32;
        placed[place] = heights[place].min(latest).max(next);
        next = placed[place] + LINE;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::group::tests::results;
    use crate::report::study::metric::sections;

    #[test]
    fn the_front_has_the_points_that_no_other_beats_in_both_values() {
        let points = [[5.0, 0.5], [3.0, 0.2], [4.0, 0.1], [6.0, 0.5], [7.0, 0.9], [3.0, 0.1]];
        assert_eq!(front(&points), [[3.0, 0.2], [5.0, 0.5], [7.0, 0.9]]);
        assert!(front(&[]).is_empty());
    }

    #[test]
    fn names_keep_apart() {
        let placed = apart(&[100.0, 101.0, 100.0, 374.0, 373.0]);
        let mut sorted = placed.clone();
        sorted.sort_by(f32::total_cmp);
        assert!(sorted.windows(2).all(|pair| pair[1] - pair[0] >= LINE - 1e-3), "{placed:?}");
        assert!(placed[0] < placed[2] && sorted[4] <= TOP + SIZE[1]);
    }

    #[test]
    fn every_run_and_every_median_is_drawn() {
        let results = results(&[&[(9.0, 0.1), (5.0, 0.3), (7.0, 0.2)], &[(2.0, 0.6)], &[]]);
        let mig = sections()[0].1.iter().copied().find(|metric| metric.name == "mig");
        let drawn = mig.and_then(|metric| scatter(&results, &metric)).unwrap_or_default();
        assert_eq!(drawn.matches("<circle").count(), 4 + 2);
    }
}
