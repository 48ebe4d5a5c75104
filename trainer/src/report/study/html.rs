//! The report as a self-contained page without scripts, for light and dark themes.

use super::group::Results;
use super::markdown::{Plot, listed, numbers, seeds, shown};
use super::metric::sections;
use super::svg::{STYLE, escape};
use crate::report::counted;

const PAGE: &str = "\
:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1360px;\
padding:0 1.5rem;background:#fff;color:#1b1b1f}h1,h2{line-height:1.2}h2{margin-top:2.5rem}\
.scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}\
th,td{padding:.35rem .7rem;text-align:right;border-bottom:1px solid #d9d9de;white-space:nowrap}\
th:first-child,td:first-child{text-align:left}small{color:#5f6068;display:block}\
.plots{display:flex;flex-wrap:wrap;gap:1.5rem}.plots svg{max-width:100%;height:auto}\
.gaps{border-left:4px solid #c44e00;padding:.4rem 1rem}pre{overflow-x:auto}\
@media (prefers-color-scheme:dark){body{background:#17181c;color:#ececf1}th,td{border-color:#3a3b42}\
small{color:#a6a7b0}}";

/// Returns the report as HTML.
pub fn html(results: &Results, plots: &[Plot]) -> String {
    let study = escape(&results.study);
    let mut text = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Study: {study}</title>\n\
         <style>{PAGE}{STYLE}</style>\n<h1>Study: {study}</h1>\n"
    );
    if let Some(missing) = results.missing() {
        text += &format!("<p class=\"gaps\">{}</p>\n", escape(&missing));
    }
    text += "<p>Medians over seeds; below each its least and largest value. ↑: higher is better, ↓: lower is; \
             the best median of a column is bold. Rows without seeds are other models, or \
             ceilings: scores of perfect codes.</p>\n";
    for (title, metrics) in sections() {
        let shown = shown(results, &metrics);
        if shown.is_empty() {
            continue;
        }
        text += &format!("<h2>{title}</h2>\n<div class=\"scroll\"><table>\n<tr><th>method<th>seeds");
        shown.iter().for_each(|metric| text += &format!("<th>{}", escape(&metric.heading())));
        for group in listed(results, &shown) {
            text += &format!("\n<tr><td>{}<td>{}", escape(&group.name), seeds(group));
            for metric in &shown {
                let Some((median, range, best)) = numbers(results, group, metric) else {
                    text += "<td>–";
                    continue;
                };
                text += &if best { format!("<td><b>{median}</b>") } else { format!("<td>{median}") };
                if let Some(range) = range {
                    text += &format!("<small>{range}</small>");
                }
            }
        }
        text += "\n</table></div>\n";
    }
    for (title, against) in [("Reconstruction against disentanglement", true), ("Every metric", false)] {
        let part: String = plots.iter().filter(|plot| plot.against == against).map(Plot::inline).collect();
        if !part.is_empty() {
            text += &format!("<h2>{title}</h2>\n<div class=\"plots\">\n{part}</div>\n");
        }
    }
    text += "<h2>Runs</h2>\n";
    for run in results.runs() {
        text += &format!(
            "<details><summary>{}: seed {}, {} in {:.0} s on {}</summary><pre>{}</pre></details>\n",
            escape(&run.name),
            run.seed,
            counted(run.steps, "step"),
            run.seconds,
            escape(&run.device),
            escape(&run.config)
        );
    }
    text += "<h2>How it was measured</h2>\n<ul>\n";
    for metric in sections().into_iter().flat_map(|(_, metrics)| metrics) {
        if let Some(protocol) = results.protocols.get(metric.name) {
            text += &format!("<li>{}: {}\n", escape(metric.title), escape(protocol));
        }
    }
    text + "</ul>\n</html>\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::group::tests::results;
    use crate::report::study::plots;

    #[test]
    fn the_page_is_self_contained_and_escapes_text() {
        let results = results(&[&[(9.0, 0.1), (5.0, 0.3), (7.0, 0.2)], &[(2.0, 0.1)]]);
        let page = html(&results, &plots(&results));
        for part in ["<b>0.200</b>", "s &amp; &lt;t&gt;", "a = &#39;&lt;/pre&gt;&#39;", "x &amp; y", "<svg"] {
            assert!(page.contains(part), "no `{part}` in {page}");
        }
        for part in ["<script", "src=", "href=", "url(", "<t>", "<run", "<b>\n"] {
            assert!(!page.contains(part), "`{part}` in {page}");
        }
        assert_eq!(page.matches("<pre>").count(), page.matches("</pre>").count());
    }
}
