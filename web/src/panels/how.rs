//! How it works: an article in a separate file, and details from the models' cards.

use model::Card;
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
        spawn_local(async move {
            let text = match JsFuture::from(answer).await.map(JsValue::unchecked_into::<Response>) {
                Ok(response) if response.ok() => text(&response).await,
                _ => None,
            };
            let missing = || format!("<p>{ARTICLE} is missing; publish the page’s folder again.</p>");
            article.set_inner_html(&text.unwrap_or_else(missing));
            if let Err(error) = article.remove_attribute("aria-busy") {
                web_sys::console::error_2(&ARTICLE.into(), &error);
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

async fn text(response: &Response) -> Option<String> {
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}

/// Shows how each model was trained, and all scores of its card.
fn cards(dom: &Dom, state: &State) -> Drawn {
    let cards = state.sides.each_ref().map(|side| side.model().map(|model| &model.card));
    let mut metrics: Vec<&str> = Vec::new();
    for score in cards.into_iter().flatten().flat_map(|card| &card.scores) {
        if !metrics.contains(&score.metric.as_str()) {
            metrics.push(&score.metric);
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
    row("trained with", &|card| Some((card.objective.to_string(), String::new())));
    row("steps", &|card| Some((super::words::grouped(card.training.steps), String::new())));
    if cards.iter().flatten().any(|card| card.origin.is_some()) {
        let here = || "trained with Latentscope".into();
        row("origin", &|card| Some((card.origin.clone().unwrap_or_else(here), String::new())));
    }
    for name in metrics {
        row(metric(name), &|card| {
            let score = card.scores.iter().find(|score| score.metric == name)?;
            Some((brief(score.value), score.protocol.clone()))
        });
    }
    html.push_str("</tbody></table>");
    dom.get::<Element>("cards")?.set_inner_html(&html);
    Ok(())
}
