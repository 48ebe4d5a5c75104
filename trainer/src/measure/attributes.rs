//! How well single units separate the attributes of pictures, for the model card.

use metrics::AttributeScore;
use model::card::{Attribute, Moved, Score};
use model::{Card, Vae};

use super::codes::codes;
use super::{MeasureError, Watch};
use crate::data::{AttributeLabels, Dataset};

/// How well a model's units separate attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Attributes {
    /// Names of the attributes.
    pub names: Vec<String>,
    /// Score of each attribute; `None` if all pictures have it or none has.
    pub results: Vec<Option<AttributeScore>>,
    /// Number of pictures measured.
    pub pictures: usize,
    /// Name of the data set.
    pub dataset: String,
}

/// Measures, on all pictures with known attributes, how well single units separate each attribute, and
/// which other attributes change with these units over the ranges in `card`; see [`metrics::attributes`].
///
/// # Errors
/// Fails if an image can't be read or the network doesn't fit the images.
pub fn attributes(
    vae: &Vae,
    card: &Card,
    dataset: &dyn Dataset,
    labels: &AttributeLabels,
    watch: &dyn Watch,
) -> Result<Attributes, MeasureError> {
    watch.started(labels.images.len() as u64);
    let codes = codes(vae, dataset, &labels.images, &|images| watch.encoded(images))?.means;
    let ranges: Vec<[f32; 2]> = card.units.iter().map(|unit| unit.range).collect();
    Ok(attributes_of_codes(&codes, &ranges, dataset.name(), labels))
}

/// Same as [`attributes`], for `codes` `[N, D]` of the pictures in `labels`, whose units have `ranges`.
pub fn attributes_of_codes(
    codes: &[f32],
    ranges: &[[f32; 2]],
    dataset: &str,
    labels: &AttributeLabels,
) -> Attributes {
    Attributes {
        results: metrics::attributes(codes, ranges, &labels.has, labels.names.len()),
        names: labels.names.clone(),
        pictures: labels.images.len(),
        dataset: dataset.to_owned(),
    }
}

impl Attributes {
    /// Returns the card's entries, best separated first; attributes without a score are left out.
    pub fn card(&self) -> Vec<Attribute> {
        let scores = self.names.iter().enumerate().zip(&self.results);
        let mut attributes: Vec<Attribute> = scores
            .filter_map(|((place, name), score)| Some(self.entry(place, name, score.as_ref()?)))
            .collect();
        attributes.sort_by(|a, b| b.area.total_cmp(&a.area).then_with(|| a.name.cmp(&b.name)));
        attributes
    }

    fn entry(&self, place: usize, name: &str, score: &AttributeScore) -> Attribute {
        let others =
            || (0..self.names.len()).filter(|&other| other != place && self.results[other].is_some());
        let change = |other: usize| score.changes[other].abs();
        let most = others().reduce(|best, other| if change(other) > change(best) { other } else { best });
        let count = others().count().max(1) as f64;
        Attribute {
            name: name.to_owned(),
            share: score.share as f32,
            unit: score.unit,
            area: score.area() as f32,
            falls: score.falls,
            next_area: score.next().map_or(0.5, |(_, area)| area) as f32,
            change: score.changes[place] as f32,
            other: most
                .map(|other| Moved { name: self.names[other].clone(), change: score.changes[other] as f32 }),
            others: (others().map(change).sum::<f64>() / count) as f32,
        }
    }

    /// Returns the mean scores over attributes, with their protocols.
    pub fn scores(&self) -> Vec<Score> {
        let scores: Vec<&AttributeScore> = self.results.iter().flatten().collect();
        let mean = |value: &dyn Fn(&AttributeScore) -> f64| {
            scores.iter().map(|score| value(score)).sum::<f64>() / scores.len().max(1) as f64
        };
        let on = format!("{} attributes, {} pictures of {}", scores.len(), self.pictures, self.dataset);
        let area = "area under the ROC curve of the best unit's mean";
        let gap = |score: &AttributeScore| score.area() - score.next().map_or(0.5, |(_, area)| area);
        [
            ("attribute_area", mean(&AttributeScore::area), format!("{area}, mean over attributes; {on}")),
            ("attribute_gap", mean(&gap), format!("{area} less the next unit's, mean over attributes; {on}")),
        ]
        .map(|(metric, value, protocol)| Score { metric: metric.to_owned(), value, protocol })
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(unit: usize, areas: &[f64], changes: &[f64]) -> Option<AttributeScore> {
        Some(AttributeScore { share: 0.25, unit, areas: areas.into(), falls: true, changes: changes.into() })
    }

    #[test]
    fn the_card_names_the_best_unit_the_next_and_what_else_moves() {
        let attributes = Attributes {
            names: ["Hat", "Bald", "All", "Smile"].map(str::to_owned).into(),
            results: vec![
                score(1, &[0.5, 0.7, 0.625], &[-0.75, 0.25, 0.9, -0.5]),
                score(0, &[0.875, 0.5, 0.5], &[0.125, 0.5, 0.9, 0.125]),
                None,
                score(2, &[0.5, 0.5, 0.75], &[0.0, 0.0, 0.0, 0.5]),
            ],
            pictures: 9,
            dataset: "faces".into(),
        };
        let card = attributes.card();
        let names: Vec<&str> = card.iter().map(|score| score.name.as_str()).collect();
        assert_eq!(names, ["Bald", "Smile", "Hat"], "the surest first, without what nothing tells");
        let hat = &card[2];
        assert_eq!((hat.unit, hat.area, hat.next_area, hat.falls), (1, 0.7, 0.625, true));
        assert_eq!((hat.change, hat.others), (-0.75, 0.375));
        assert_eq!(hat.other, Some(Moved { name: "Smile".into(), change: -0.5 }));
        let [area, gap] = attributes.scores().try_into().expect("two scores");
        assert!((area.value - (0.7 + 0.875 + 0.75) / 3.0).abs() < 1e-12);
        assert!((gap.value - (0.075 + 0.375 + 0.25) / 3.0).abs() < 1e-12);
        assert!(area.protocol.ends_with("mean over attributes; 3 attributes, 9 pictures of faces"));
    }
}
