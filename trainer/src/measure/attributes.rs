//! How well single units separate the attributes of pictures, for the model card.

use metrics::Told;
use model::card::{Attribute, Moved, Score};
use model::{Card, Vae};

use super::codes::codes;
use super::{MeasureError, Watch};
use crate::data::{Dataset, Marks};

/// How well a model's units separate attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Attributes {
    /// Names of the attributes.
    pub names: Vec<String>,
    /// Score of each attribute; `None` if all pictures have it or none has.
    pub told: Vec<Option<Told>>,
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
    marks: &Marks,
    watch: &dyn Watch,
) -> Result<Attributes, MeasureError> {
    watch.started(marks.images.len() as u64);
    let codes = codes(vae, dataset, &marks.images, &|images| watch.encoded(images))?.means;
    let ranges: Vec<[f32; 2]> = card.units.iter().map(|unit| unit.range).collect();
    Ok(Attributes {
        told: metrics::attributes(&codes, &ranges, &marks.has, marks.names.len()),
        names: marks.names.clone(),
        pictures: marks.images.len(),
        dataset: dataset.name().to_owned(),
    })
}

impl Attributes {
    /// Returns the card's entries, best separated first; attributes without a score are left out.
    pub fn card(&self) -> Vec<Attribute> {
        let told = self.names.iter().enumerate().zip(&self.told);
        let mut attributes: Vec<Attribute> =
            told.filter_map(|((place, name), told)| Some(self.entry(place, name, told.as_ref()?))).collect();
        attributes.sort_by(|a, b| b.area.total_cmp(&a.area).then_with(|| a.name.cmp(&b.name)));
        attributes
    }

    fn entry(&self, place: usize, name: &str, told: &Told) -> Attribute {
        let others = || (0..self.names.len()).filter(|&other| other != place && self.told[other].is_some());
        let change = |other: usize| told.changes[other].abs();
        let most = others().reduce(|best, other| if change(other) > change(best) { other } else { best });
        let count = others().count().max(1) as f64;
        Attribute {
            name: name.to_owned(),
            share: told.share as f32,
            unit: told.unit,
            area: told.area() as f32,
            falls: told.falls,
            next_area: told.next().map_or(0.5, |(_, area)| area) as f32,
            change: told.changes[place] as f32,
            other: most
                .map(|other| Moved { name: self.names[other].clone(), change: told.changes[other] as f32 }),
            others: (others().map(change).sum::<f64>() / count) as f32,
        }
    }

    /// Returns the mean scores over attributes, with their protocols.
    pub fn scores(&self) -> Vec<Score> {
        let told: Vec<&Told> = self.told.iter().flatten().collect();
        let mean = |value: &dyn Fn(&Told) -> f64| {
            told.iter().map(|told| value(told)).sum::<f64>() / told.len().max(1) as f64
        };
        let on = format!("{} attributes, {} pictures of {}", told.len(), self.pictures, self.dataset);
        let area = "area under the ROC curve of the best unit's mean";
        let gap = |told: &Told| told.area() - told.next().map_or(0.5, |(_, area)| area);
        [
            ("attribute_area", mean(&Told::area), format!("{area}, mean over attributes; {on}")),
            ("attribute_gap", mean(&gap), format!("{area} less the next unit's, mean over attributes; {on}")),
        ]
        .map(|(metric, value, protocol)| Score { metric: metric.to_owned(), value, protocol })
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(unit: usize, areas: &[f64], changes: &[f64]) -> Option<Told> {
        Some(Told { share: 0.25, unit, areas: areas.into(), falls: true, changes: changes.into() })
    }

    #[test]
    fn the_card_names_the_best_unit_the_next_and_what_else_moves() {
        let attributes = Attributes {
            names: ["Hat", "Bald", "All", "Smile"].map(str::to_owned).into(),
            told: vec![
                told(1, &[0.5, 0.7, 0.625], &[-0.75, 0.25, 0.9, -0.5]),
                told(0, &[0.875, 0.5, 0.5], &[0.125, 0.5, 0.9, 0.125]),
                None,
                told(2, &[0.5, 0.5, 0.75], &[0.0, 0.0, 0.0, 0.5]),
            ],
            pictures: 9,
            dataset: "faces".into(),
        };
        let card = attributes.card();
        let names: Vec<&str> = card.iter().map(|told| told.name.as_str()).collect();
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
