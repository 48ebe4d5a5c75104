//! Markup of panels as text; all foreign text is wrapped in [`Safe`].

use std::fmt::{self, Write};

/// Text that is escaped for elements and quoted attributes.
pub struct Safe<'a>(pub &'a str);

impl fmt::Display for Safe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// Appends markup to a text.
macro_rules! put {
    ($html:expr, $($text:tt)*) => {{
        // Writing to a string never fails.
        let _ = std::fmt::Write::write_fmt(&mut $html, format_args!($($text)*));
    }};
}
pub(super) use put;

/// Columns for both sides; `column` writes the content of a side.
pub(super) fn columns(mut column: impl FnMut(&mut String, usize)) -> String {
    let mut html = String::new();
    for side in 0..crate::worker::SIDES {
        put!(html, r#"<article class="model side-{side}">"#);
        column(&mut html, side);
        html.push_str("</article>");
    }
    html
}

/// Columns for both sides below `head`; each begins with its model's title.
pub(super) fn pair(head: &str, mut column: impl FnMut(&mut String, usize)) -> String {
    let columns = columns(|html, side| {
        put!(*html, r#"<h2 class="name" data-name="{side}">&nbsp;</h2>"#);
        column(html, side);
    });
    [head, r#"<div class="pair">"#, &columns, "</div>"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_card_says_can_be_no_markup() {
        let text = Safe(r#"<img src=x onerror="a&b">"#).to_string();
        assert_eq!(text, "&lt;img src=x onerror=&quot;a&amp;b&quot;&gt;");
    }
}
