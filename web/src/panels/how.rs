//! How it works: an article in a separate file, and details from the models' cards.

use model::Card;
use model::card::DECODER_ALONE;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, Response};

use super::Panel;
use super::html::{Safe, put};
use super::words::{brief, metric};
use crate::dom::{Dom, Drawn};
use crate::state::{State, Topic, View};

/// File of the article, next to the page.
const ARTICLE: &str = "how.html";

/// Ends of the names of scores that are the range of another one.
const ENDS: [&str; 2] = ["_low", "_high"];

pub(super) struct How;

impl Panel for How {
    fn id(&self) -> &'static str {
        "cards"
    }

    fn view(&self) -> Option<View> {
        Some(View::How)
    }

    /// Fetches the article on first view.
    fn build(&self, dom: &Dom, _: &Element) -> Drawn {
        let article: Element = dom.get("article")?;
        let answer = dom.window().fetch_with_str(ARTICLE);
        let dom = dom.clone();
        spawn_local(async move {
            let text = match JsFuture::from(answer).await.map(JsValue::unchecked_into::<Response>) {
                Ok(response) if response.ok() => text(&response).await,
                _ => None,
            };
            let missing = || format!("<p>{ARTICLE} is missing; publish the page’s folder again.</p>");
            article.set_inner_html(&text.unwrap_or_else(missing));
            for result in [article.remove_attribute("aria-busy"), figures(&dom)] {
                if let Err(error) = result {
                    web_sys::console::error_2(&ARTICLE.into(), &error);
                }
            }
        });
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Menus | Topic::Side(_) => cards(dom, state),
            _ => Ok(()),
        }
    }
}

/// Moves the figures to their places in the article, where they have another size.
fn figures(dom: &Dom) -> Drawn {
    for place in dom.all("[data-figure]")? {
        let figure: Element = dom.get(&place.get_attribute("data-figure").unwrap_or_default())?;
        place.replace_with_with_node_1(&figure)?;
    }
    dom.window().dispatch_event(&web_sys::Event::new("resize")?).map(drop)
}

async fn text(response: &Response) -> Option<String> {
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}

/// Shows how each model was trained, and all scores of its card.
fn cards(dom: &Dom, state: &State) -> Drawn {
    let cards = state.sides.each_ref().map(|side| side.model().map(|model| &model.card));
    let mut metrics: Vec<&str> = Vec::new();
    for score in cards.into_iter().flatten().flat_map(|card| &card.scores) {
        let name = score.metric.as_str();
        if !metrics.contains(&name) && ENDS.iter().all(|end| !name.ends_with(end)) {
            metrics.push(name);
        }
    }
    let mut html = String::from("<table><thead><tr><td></td>");
    for side in 0..cards.len() {
        put!(html, r#"<th scope="col" class="side-{side}">{}</th>"#, Safe(&state.title(side)));
    }
    html.push_str("</tr></thead><tbody>");
    let mut row = |title: &str, text: &dyn Fn(&Card) -> Option<(String, String)>| {
        put!(html, r#"<tr><th scope="row">{}</th>"#, Safe(title));
        for card in cards {
            let (text, how) = card.and_then(text).unwrap_or_else(|| ("–".into(), String::new()));
            put!(html, r#"<td title="{}">{}</td>"#, Safe(&how), Safe(&text));
        }
        html.push_str("</tr>");
    };
    row("trained with", &|card| Some((super::words::objective(&card.objective), String::new())));
    row("steps", &|card| {
        let stages = card.training.stages().into_iter().map(super::words::grouped);
        let alone = if card.training.is_decoder_alone() { DECODER_ALONE } else { "" };
        Some((stages.collect::<Vec<_>>().join(" + ") + alone, String::new()))
    });
    if cards.iter().flatten().any(|card| card.origin.is_some()) {
        let here = || "trained with Latentscope".into();
        row("origin", &|card| Some((card.origin.clone().unwrap_or_else(here), String::new())));
    }
    for name in metrics {
        row(metric(name), &|card| {
            let score = |name: &str| card.scores.iter().find(|score| score.metric == name);
            let found = score(name)?;
            let text = match ENDS.map(|end| score(&format!("{name}{end}"))) {
                [Some(low), Some(high)] => {
                    format!("{} ({} to {})", brief(found.value), brief(low.value), brief(high.value))
                }
                _ => brief(found.value),
            };
            Some((text, found.protocol.clone()))
        });
    }
    html.push_str("</tbody></table>");
    dom.get::<Element>("cards")?.set_inner_html(&html);
    Ok(())
}
