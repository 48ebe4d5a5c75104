//! The report as Markdown, with its plots in separate files.

use super::group::{Group, Results, Role};
use super::metric::{AGAINST, Better, Metric, sections};
use super::scatter::scatter;
use super::strips::strip;
use super::svg::STYLE;
use crate::report::thousands;

/// A plot: name, title and SVG.
#[derive(Clone, Debug)]
pub struct Plot {
    /// Name of the plot, usable as a file name.
    pub name: String,
    /// Whether the plot shows a metric against reconstruction.
    pub against: bool,
    /// The SVG without its style.
    svg: String,
}

impl Plot {
    /// Returns the plot as a standalone SVG file.
    pub fn file(&self) -> String {
        self.svg.replacen('>', &format!("><style>{STYLE}</style>"), 1)
    }

    /// Returns the plot for a page that includes the style.
    pub(super) fn inline(&self) -> &str {
        &self.svg
    }
}

/// Draws all plots: disentanglement against reconstruction, then a strip for each metric.
pub fn plots(results: &Results) -> Vec<Plot> {
    let metrics = || sections().into_iter().flat_map(|(_, metrics)| metrics);
    let against = metrics().filter(|metric| AGAINST.contains(&metric.name)).filter_map(|metric| {
        let name = format!("reconstruction-{}", metric.name);
        Some(Plot { name, against: true, svg: scatter(results, &metric)? })
    });
    let strips = metrics().filter_map(|metric| {
        Some(Plot { name: metric.name.to_owned(), against: false, svg: strip(results, &metric)? })
    });
    against.chain(strips).collect()
}

/// Returns the report as Markdown; `folder` is the relative path of the plots.
pub fn markdown(results: &Results, plots: &[Plot], folder: &str) -> String {
    let mut text = format!("# Study: {}\n\n", escape(&results.study));
    if let Some(missing) = results.missing() {
        text += &format!("**{}**\n\n", escape(&missing));
    }
    text += "Medians over seeds, with the least and the largest value. ↑: higher is better, ↓: lower is; \
             the best median of a column is bold. Rows without seeds are other models, or \
             ceilings: scores of perfect codes.\n";
    for (title, metrics) in sections() {
        let shown = shown(results, &metrics);
        if shown.is_empty() {
            continue;
        }
        text += &format!("\n## {title}\n\n| method | seeds |");
        shown.iter().for_each(|metric| text += &format!(" {} |", metric.heading()));
        text += &format!("\n|---|---:|{}\n", "---:|".repeat(shown.len()));
        for group in listed(results, &shown) {
            let cells: String =
                shown.iter().map(|metric| format!(" {} |", cell(results, group, metric))).collect();
            text += &format!("| {} | {} |{cells}\n", escape(&group.name), seeds(group));
        }
    }
    for (title, against) in [("Reconstruction against disentanglement", true), ("Every metric", false)] {
        let mut part = plots.iter().filter(|plot| plot.against == against).peekable();
        if part.peek().is_some() {
            text += &format!("\n## {title}\n\n");
            part.for_each(|plot| text += &format!("![{0}]({folder}/{0}.svg)\n", plot.name));
        }
    }
    text += "\n## Runs\n\n| run | seed | steps | seconds | device | configuration |\n|---|---:|---:|---:|---|---|\n";
    for run in results.runs() {
        text += &format!(
            "| {0} | {1} | {2} | {3:.0} | {4} | [config.toml](<{5}/config.toml>) |\n",
            escape(&run.name),
            run.seed,
            thousands(run.steps),
            run.seconds,
            escape(&run.device),
            run.name.replace(['<', '>', '\\', '\n'], "")
        );
    }
    text += "\n## How it was measured\n\n";
    for metric in sections().into_iter().flat_map(|(_, metrics)| metrics) {
        if let Some(protocol) = results.protocols.get(metric.name) {
            text += &format!("- {}: {}\n", metric.title, escape(protocol));
        }
    }
    text
}

/// Metrics of a section that at least one run has.
pub(super) fn shown<'a>(results: &Results, metrics: &'a [Metric]) -> Vec<&'a Metric> {
    let known = |metric: &&Metric| results.groups.iter().any(|group| group.spread(metric.name).is_some());
    metrics.iter().filter(known).collect()
}

/// Groups with a row in a table of the metrics `shown`: all but perfect codes that have none of them.
pub(super) fn listed<'a>(results: &'a Results, shown: &'a [&Metric]) -> impl Iterator<Item = &'a Group> {
    let has_any = |group: &Group| shown.iter().any(|metric| group.spread(metric.name).is_some());
    results.groups.iter().filter(move |group| group.role != Role::Ceiling || has_any(group))
}

/// How many seeds of a group are scored.
pub(super) fn seeds(group: &Group) -> String {
    match group.missing.len() {
        _ if group.role != Role::Method => "–".to_owned(),
        0 => group.scored.len().to_string(),
        missing => format!("{} of {}", group.scored.len(), group.scored.len() + missing),
    }
}

/// Median of a metric as text, its range if the group has seeds, and whether the median is the best.
pub(super) fn numbers(
    results: &Results,
    group: &Group,
    metric: &Metric,
) -> Option<(String, Option<String>, bool)> {
    let [least, median, largest] = group.spread(metric.name)?;
    let digits = if least.abs().max(largest.abs()) >= 10.0 { 1 } else { 3 };
    let best = group.role != Role::Ceiling
        && metric.better != Better::Neither
        && results.best(metric.name, metric.better) == Some(median);
    let range = (group.role == Role::Method).then(|| format!("{least:.digits$} – {largest:.digits$}"));
    Some((format!("{median:.digits$}"), range, best))
}

fn cell(results: &Results, group: &Group, metric: &Metric) -> String {
    let Some((median, range, best)) = numbers(results, group, metric) else { return "–".to_owned() };
    let median = if best { format!("**{median}**") } else { median };
    match range {
        Some(range) => format!("{median} ({range})"),
        None => median,
    }
}

/// Escapes text for Markdown and HTML.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '\n' | '\r' => escaped.push(' '),
            c if "\\`*_[]|>#".contains(c) => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::group::tests::results;

    #[test]
    fn every_group_has_its_median_and_the_best_is_bold() {
        let results = results(&[&[(9.0, 0.1), (5.0, 0.3), (7.0, 0.2)], &[(2.0, 0.1)], &[]]);
        let text = markdown(&results, &plots(&results), "plots");
        for part in [
            "# Study: s &amp; &lt;t\\>",
            "2 of 6 runs are missing",
            "| a\\| | 3 | **0.200** (0.100 – 0.300) |",
            "| b\\| | 1 of 2 | 0.100 (0.100 – 0.100) |",
            "| c\\| | 0 of 1 | – |",
            "](plots/reconstruction-mig.svg)",
            "20 bins \\| &lt;b\\>",
        ] {
            assert!(text.contains(part), "no `{part}` in {text}");
        }
        assert!(!text.contains("SAP"), "a metric that no run has");
    }
}
