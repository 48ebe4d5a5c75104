//! Strip plots of one metric: a dot per seed, a line from minimum to maximum, a bar at the median.

use super::group::{Group, Results};
use super::markdown::listed;
use super::metric::Metric;
use super::svg::{bar, dot, picture, range, rule, text};
use crate::report::axis::{number, ticks};

/// Height of a group's row in pixels.
const ROW: f32 = 26.0;
/// Pixels for the names of groups.
const NAMES: f32 = 210.0;
/// Width of the axis in pixels.
const WIDTH: f32 = 380.0;
const TOP: f32 = 34.0;
const BOTTOM: f32 = 30.0;
const RIGHT: f32 = 24.0;

/// Draws the strip plot of a metric; returns `None` if no run has it.
pub(super) fn strip(results: &Results, metric: &Metric) -> Option<String> {
    let values = || results.groups.iter().flat_map(|group| group.values(metric.name));
    values().next()?;
    let (low, high) = range(values());
    let x = |value: f64| NAMES + WIDTH * ((value - low) / (high - low)) as f32;
    let metrics = [metric];
    let groups: Vec<&Group> = listed(results, &metrics).collect();
    let floor = TOP + ROW * groups.len() as f32;
    let mut content = text([0.0, 16.0], "start", "title", &metric.heading());
    for tick in ticks(low as f32, high as f32, 5) {
        let place = x(f64::from(tick));
        content += &rule([place, TOP - 6.0], [place, floor]);
        content += &text([place, floor + 16.0], "middle", "muted", &number(tick));
    }
    for (row, group) in groups.iter().enumerate() {
        let middle = TOP + ROW * (row as f32 + 0.5);
        content += &text([NAMES - 12.0, middle + 4.0], "end", "", &group.label());
        let Some([least, median, largest]) = group.spread(metric.name) else { continue };
        content += &bar([x(least), middle], [x(largest), middle], 1.5, group.method);
        for run in &group.scored {
            if let Some(&value) = run.scores.get(metric.name).filter(|value| value.is_finite()) {
                let says = format!("{}: {value:.4}", group.member(run));
                content += &dot([x(value), middle], 4.0, 0.55, group.method, &says);
            }
        }
        content += &bar([x(median), middle - 9.0], [x(median), middle + 9.0], 3.0, group.method);
    }
    let title = format!("{} of every run, with each method's median", metric.title);
    Some(picture(NAMES + WIDTH + RIGHT, floor + BOTTOM, &title, &content))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::group::tests::results;
    use crate::report::study::metric::sections;

    #[test]
    fn a_strip_has_a_dot_a_seed_and_a_row_a_group() {
        let results = results(&[&[(9.0, 0.1), (5.0, 0.3), (7.0, f64::NAN)], &[(2.0, 0.6)], &[]]);
        let mig = sections()[0].1.iter().copied().find(|metric| metric.name == "mig");
        let drawn = mig.and_then(|metric| strip(&results, &metric)).unwrap_or_default();
        assert_eq!(drawn.matches("<circle").count(), 3);
        assert!(drawn.contains(">c| (0 of 1 seeds)<"), "{drawn}");
        let sap = sections()[0].1.iter().copied().find(|metric| metric.name == "sap");
        assert!(sap.is_some_and(|metric| strip(&results, &metric).is_none()));
    }
}
