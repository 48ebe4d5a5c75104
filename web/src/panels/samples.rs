//! Samples: pictures of codes drawn from the prior, with the same random numbers for both models.

use wasm_bindgen::JsValue;
use web_sys::Element;

use super::html::{pair, put};
use super::words::titles;
use super::{Action, Gesture, Panel};
use crate::dom::{Dom, Drawn};
use crate::pictures::{Slot, Want};
use crate::state::{Event, SAMPLES, State, Topic, View};

fn slot(side: usize, index: usize) -> Slot {
    Slot::new("sample", side, index)
}

pub(super) struct Samples;

impl Panel for Samples {
    fn id(&self) -> &'static str {
        "dreams"
    }

    fn view(&self) -> Option<View> {
        Some(View::Samples)
    }

    fn build(&self, _: &Dom, root: &Element) -> Drawn {
        let head = format!(
            r#"<p class="tools centred"><button type="button" id="again" data-act="{}">Draw again</button></p>"#,
            Action::Again {}
        );
        root.set_inner_html(&pair(&head, |html, side| {
            html.push_str(r#"<div class="gallery">"#);
            for index in 0..SAMPLES {
                put!(
                    *html,
                    r#"<button type="button" class="dream" data-act="{}" aria-label="Sample {}: look around it"><canvas class="picture" data-slot="{}" width="64" height="64"></canvas></button>"#,
                    Action::Dream { side, index },
                    index + 1,
                    slot(side, index)
                );
            }
            html.push_str("</div>");
        }));
        Ok(())
    }

    fn draw(&self, dom: &Dom, state: &State, topic: Topic) -> Drawn {
        match topic {
            Topic::Menus => titles(dom, state),
            _ => Ok(()),
        }
    }

    fn want(&self, state: &State, wants: &mut Vec<Want>) {
        for (side, model) in state.models() {
            for index in 0..SAMPLES {
                let codes = model.sample(state.seed, index);
                wants.push(Want { slot: slot(side, index), codes, rank: 1 + index });
            }
        }
    }

    fn act(&self, _: &Dom, _: &State, gesture: &Gesture<'_>) -> Result<Option<Event>, JsValue> {
        Ok(match gesture.action {
            Action::Again {} if gesture.clicks() => {
                Some(Event::Samples { seed: js_sys::Math::random().to_bits() })
            }
            Action::Dream { side, index } if gesture.clicks() => Some(Event::TakeSample { side, index }),
            _ => None,
        })
    }
}
