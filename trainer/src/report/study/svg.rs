//! SVG elements that follow the reader's light or dark theme. `plotters` writes fixed colours and would
//! fix the theme.

/// CSS variables for the colours of methods, text, lines and paper, in light and dark.
pub(super) const STYLE: &str = "\
.plot{--ink:#1b1b1f;--muted:#5f6068;--rule:#d9d9de;--c0:#0072b2;--c1:#c44e00;--c2:#00795a;--c3:#b03a86;\
--c4:#9a6b00;--c5:#2f7fb5;--c6:#7a5195;--c7:#6b6b6b;font:13px system-ui,sans-serif}\
@media (prefers-color-scheme:dark){.plot{--ink:#ececf1;--muted:#a6a7b0;--rule:#3a3b42;--c0:#5ab4f0;\
--c1:#ff9a5a;--c2:#45d1a4;--c3:#f08fca;--c4:#f0c04d;--c5:#8fd0ff;--c6:#c9a0f0;--c7:#b5b5b5}}\
.plot text{fill:var(--ink)}.plot .muted{fill:var(--muted);font-size:12px}.plot .title{font-weight:600}\
.plot line,.plot path{stroke:var(--rule);fill:none}";

/// Escapes text for HTML and SVG elements and attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Other control characters are not allowed in documents.
            c if c.is_control() && c != '\n' && c != '\t' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// An SVG document around `content`; `title` describes it for screen readers.
pub(super) fn picture(width: f32, height: f32, title: &str, content: &str) -> String {
    format!(
        "<svg class=\"plot\" xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"{}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\">{content}</svg>\n",
        escape(title)
    )
}

/// Text at a point, with `anchor` `start`, `middle` or `end`.
pub(super) fn text([x, y]: [f32; 2], anchor: &str, class: &str, words: &str) -> String {
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" class=\"{class}\">{}</text>",
        escape(words)
    )
}

/// A line in the rule's colour.
pub(super) fn rule(from: [f32; 2], to: [f32; 2]) -> String {
    let [[x1, y1], [x2, y2]] = [from, to];
    format!("<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>")
}

/// Number of colours. Of more methods, the later ones have hollow dots and dashed lines.
const COLOURS: usize = 8;

/// A thick line in the colour of a method.
pub(super) fn bar(from: [f32; 2], to: [f32; 2], width: f32, method: usize) -> String {
    let [[x1, y1], [x2, y2]] = [from, to];
    let dashes = if method < COLOURS { "" } else { ";stroke-dasharray:3 2" };
    format!(
        "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" \
         style=\"stroke:var(--c{});stroke-width:{width}{dashes}\"/>",
        method % COLOURS
    )
}

/// A dot in the colour of a method, with a tooltip.
pub(super) fn dot([x, y]: [f32; 2], radius: f32, opacity: f32, method: usize, says: &str) -> String {
    let colour = format!("var(--c{})", method % COLOURS);
    let style = if method < COLOURS {
        format!("fill:{colour};fill-opacity:{opacity}")
    } else {
        format!("fill:transparent;stroke:{colour};stroke-width:2;stroke-opacity:{opacity}")
    };
    format!(
        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius}\" style=\"{style}\"><title>{}</title></circle>",
        escape(says)
    )
}

/// Range of all values with a margin, even for one value or none.
pub(super) fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    if low > high {
        return (0.0, 1.0);
    }
    let room = ((high - low) * 0.06).max(high.abs() * 1e-3).max(1e-4);
    (low - room, high + room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(escape("<a b=\"c\">&'\u{1}"), "&lt;a b=&quot;c&quot;&gt;&amp;&#39;\u{fffd}");
        let words = text([0.0, 0.0], "start", "", "</text><script>");
        assert!(!words.contains("<script>"), "{words}");
    }

    #[test]
    fn methods_beyond_the_colours_look_different() {
        let looks: std::collections::BTreeSet<String> =
            (0..2 * COLOURS).map(|method| dot([0.0; 2], 3.0, 1.0, method, "")).collect();
        assert_eq!(looks.len(), 2 * COLOURS);
        assert_ne!(bar([0.0; 2], [1.0; 2], 1.0, 0), bar([0.0; 2], [1.0; 2], 1.0, COLOURS));
    }

    #[test]
    fn a_range_holds_its_values_and_is_never_empty() {
        assert_eq!(range(std::iter::empty()), (0.0, 1.0));
        let (low, high) = range([5.0, 5.0].into_iter());
        assert!(low < 5.0 && high > 5.0);
        let (low, high) = range([-1.0, 3.0].into_iter());
        assert!(low < -1.0 && high > 3.0 && high < 4.0);
    }
}
