//! The training images of a data set: all but the held-out last ones, optionally mirrored at random, and with
//! known factors for the terms that need them.
//!
//! Indices encode all of this: first the images, then their mirror images, then both with every way of
//! retouching.

use model::ImageShape;
use rand::{Rng, RngCore};
use rayon::prelude::*;

use super::retouch::{Retouch, WAYS};
use super::{DataError, Dataset};
use crate::config::{Config, Feature};
use crate::npy::Table;

/// The training images of a data set.
pub struct TrainingImages<'a> {
    all: &'a dyn Dataset,
    /// Number of images that are not held out.
    kept: u64,
    mirror: bool,
    /// Features that are drawn by a known amount.
    retouch: Vec<Feature>,
    /// Known values of the images, a row for each.
    table: Option<Table<f64>>,
}

impl<'a> TrainingImages<'a> {
    /// Creates the training images for `config`, or `None` if they are simply all images. `table` holds the
    /// configuration's `known.values`, with a row for each of `all` images.
    pub fn new(config: &Config, all: &'a dyn Dataset, table: Option<Table<f64>>) -> Option<Self> {
        let (mirror, held) = (config.train.mirror, config.train.hold_out);
        let retouch = config.known.as_ref().map(|known| known.retouch.clone()).unwrap_or_default();
        let kept = all.len().saturating_sub(held).max(1);
        let images = Self { all, kept, mirror, retouch, table };
        (mirror || held > 0 || images.has_known()).then_some(images)
    }

    /// Whether factors are known that the data set doesn't know itself.
    fn has_known(&self) -> bool {
        self.table.is_some() || !self.retouch.is_empty()
    }

    /// Draws the index of an image or its mirror image.
    fn draw(&self, rng: &mut dyn RngCore) -> u64 {
        let image = rng.random_range(0..self.kept);
        if self.mirror && rng.random_bool(0.5) { self.kept + image } else { image }
    }

    /// The image or mirror image of an index, and the way in which it is retouched.
    fn parts(&self, number: u64) -> (u64, Option<u64>) {
        let plain = 2 * self.kept;
        match number.checked_sub(plain) {
            Some(retouched) => (retouched / WAYS, Some(retouched % WAYS)),
            None => (number, None),
        }
    }
}

impl Dataset for TrainingImages<'_> {
    fn name(&self) -> &str {
        self.all.name()
    }

    fn image_shape(&self) -> ImageShape {
        self.all.image_shape()
    }

    fn len(&self) -> u64 {
        self.kept
    }

    fn read(&self, numbers: &[u64], images: &mut [f32]) -> Result<(), DataError> {
        let parts: Vec<(u64, Option<u64>)> = numbers.iter().map(|&number| self.parts(number)).collect();
        let places: Vec<u64> = parts.iter().map(|(image, _)| image % self.kept).collect();
        self.all.read(&places, images)?;
        let ImageShape { width, channels, .. } = self.image_shape();
        images.par_chunks_exact_mut(self.image_shape().len()).zip(&parts).for_each(
            |(image, &(number, way))| {
                if number >= self.kept {
                    mirror(image, width, channels);
                }
                if let Some(way) = way {
                    Retouch::numbered(way).apply(image, width);
                }
            },
        );
        Ok(())
    }

    fn factors(&self) -> Vec<(String, usize)> {
        self.all.factors()
    }

    fn classes(&self, number: u64) -> Vec<usize> {
        self.all.classes(self.parts(number).0 % self.kept)
    }

    fn index(&self, classes: &[usize]) -> Option<u64> {
        // A grid with held-out or mirrored images is no longer a full grid.
        let whole = self.kept == self.all.len() && !self.mirror;
        if whole { self.all.index(classes) } else { None }
    }

    fn sample(&self, count: usize, rng: &mut dyn RngCore) -> Vec<u64> {
        (0..count).map(|_| self.draw(rng)).collect()
    }

    fn known(&self, count: usize, rng: &mut dyn RngCore) -> Vec<u64> {
        if !self.has_known() {
            // Mirror images have other factors than their originals.
            let drawn = (0..count).map(|_| rng.random_range(0..self.kept));
            return if self.all.world().is_some() { drawn.collect() } else { Vec::new() };
        }
        // Half of the images have values from the table.
        let numbered = |number: usize| {
            let image = self.draw(rng);
            let features = self.retouch.len();
            let feature = if self.table.is_none() {
                Some(number % features)
            } else {
                (number.is_multiple_of(2) && features > 0).then(|| number / 2 % features)
            };
            match feature {
                Some(feature) => 2 * self.kept + image * WAYS + Retouch::number(self.retouch[feature], rng),
                None => image,
            }
        };
        (0..count).map(numbered).collect()
    }

    fn values(&self, number: u64) -> Vec<f32> {
        if !self.has_known() {
            return self.all.values(number % self.kept);
        }
        let (image, way) = self.parts(number);
        let drawn = way.map(|way| Retouch::numbered(way).known());
        let of_feature = |feature: &Feature| match drawn {
            Some((drawn, value)) if drawn == *feature => value,
            _ => f32::NAN,
        };
        let mut values: Vec<f32> = self.retouch.iter().map(of_feature).collect();
        if let Some(table) = &self.table {
            let row = table.row((image % self.kept) as usize);
            // Retouching changes what the table says of the image.
            values.extend(row.iter().map(|&value| if drawn.is_some() { f32::NAN } else { value as f32 }));
        }
        values
    }
}

/// Mirrors an image horizontally.
fn mirror(image: &mut [f32], width: usize, channels: usize) {
    for row in image.chunks_exact_mut(width * channels) {
        for left in 0..width / 2 {
            for channel in 0..channels {
                row.swap(left * channels + channel, (width - 1 - left) * channels + channel);
            }
        }
    }
}

/// The last images of a data set.
pub struct HeldOut<'a> {
    all: &'a dyn Dataset,
    name: String,
    count: u64,
}

impl<'a> HeldOut<'a> {
    /// Creates a view of the last `count` images, or of all if there are fewer.
    pub fn new(all: &'a dyn Dataset, count: u64) -> Self {
        let count = count.min(all.len());
        Self { all, name: format!("{} (the last {count})", all.name()), count }
    }

    fn number(&self, number: u64) -> u64 {
        self.all.len() - self.count + number
    }
}

impl Dataset for HeldOut<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn image_shape(&self) -> ImageShape {
        self.all.image_shape()
    }

    fn len(&self) -> u64 {
        self.count
    }

    fn read(&self, numbers: &[u64], images: &mut [f32]) -> Result<(), DataError> {
        let numbers: Vec<u64> = numbers.iter().map(|&number| self.number(number)).collect();
        self.all.read(&numbers, images)
    }

    fn factors(&self) -> Vec<(String, usize)> {
        self.all.factors()
    }

    fn classes(&self, number: u64) -> Vec<usize> {
        self.all.classes(self.number(number))
    }

    fn picture(&self, number: u64) -> Option<&str> {
        self.all.picture(self.number(number))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use model::random::{Purpose, stream};

    use super::*;

    fn config(more: &str) -> Result<Config, crate::config::ConfigError> {
        let text = format!("{more}\nname = 'a'\ndataset = 'faces'\nobjective = {{ kind = 'vae' }}\n");
        Config::parse("a.toml", &text, &["train.hold_out=1075000".into(), "train.mirror=true".into()])
    }

    #[test]
    fn held_out_images_are_the_last_and_are_never_drawn() -> Result<(), Box<dyn std::error::Error>> {
        let all = crate::data::open("faces")?;
        let (config, held) = (config("")?, 1_075_000);
        let training = TrainingImages::new(&config, &*all, None).ok_or("all of it")?;
        let kept = all.len() - held;
        assert_eq!((training.len(), kept), (200, 200));
        let drawn = training.sample(4000, &mut stream(1, Purpose::Batch, 1));
        let seen: BTreeSet<u64> = drawn.iter().copied().collect();
        assert_eq!(seen.len(), 400, "each image, and each mirrored");
        assert!(drawn.iter().all(|number| number % 200 < kept && *number < 400));
        let size = all.image_shape().len();
        let (mut there, mut here) = (vec![0.0; size], vec![0.0; size]);
        HeldOut::new(&*all, held).read(&[0], &mut here)?;
        all.read(&[200], &mut there)?;
        assert_eq!(here, there);
        Ok(())
    }

    #[test]
    fn mirror_images_of_a_world_have_no_known_factors() -> Result<(), Box<dyn std::error::Error>> {
        let all = crate::data::open("faces")?;
        let config = config("")?;
        let training = TrainingImages::new(&config, &*all, None).ok_or("all of it")?;
        let known = training.known(500, &mut stream(1, Purpose::Batch, 1));
        assert!(known.len() == 500 && known.iter().all(|number| *number < 200));
        assert_eq!(training.values(known[0]), all.values(known[0]));
        assert_eq!((training.index(&all.classes(7)), all.index(&all.classes(7))), (None, Some(7)));
        Ok(())
    }

    #[test]
    fn mirror_images_are_mirrored_and_retouched_images_have_known_factors()
    -> Result<(), Box<dyn std::error::Error>> {
        let all = crate::data::open("faces")?;
        let config = config("known.retouch = ['fringe', 'gender', 'smile']\nsparsity = { named = {} }")?;
        let training = TrainingImages::new(&config, &*all, None).ok_or("all of it")?;
        let mut pair = vec![0.0; 2 * all.image_shape().len()];
        training.read(&[7, 207], &mut pair)?;
        let (image, mirrored) = pair.split_at(all.image_shape().len());
        for place in 0..64 * 64 {
            let (row, column) = (place / 64, place % 64);
            let there = row * 64 + 63 - column;
            assert_eq!(image[place * 3..][..3], mirrored[there * 3..][..3]);
        }
        let known = training.known(6, &mut stream(1, Purpose::Batch, 1));
        let mut images = vec![0.0; 6 * image.len()];
        training.read(&known, &mut images)?;
        let plain: Vec<u64> = known.iter().map(|&number| training.parts(number).0).collect();
        let mut before = vec![0.0; images.len()];
        training.read(&plain, &mut before)?;
        for (number, values) in known.iter().map(|&number| training.values(number)).enumerate() {
            let told: Vec<usize> = (0..3).filter(|&factor| values[factor].is_finite()).collect();
            assert_eq!(told, [number % 3]);
            let at = number * image.len()..(number + 1) * image.len();
            assert_ne!(images[at.clone()], before[at]);
        }
        Ok(())
    }

    #[test]
    fn a_table_gives_values_to_images_and_their_mirror_images() -> Result<(), Box<dyn std::error::Error>> {
        let all = crate::data::open("faces")?;
        let config = config("known.retouch = ['smile']\nsparsity = { named = {} }")?;
        let values = (0..2 * all.len()).map(|value| value as f64).collect();
        let training =
            TrainingImages::new(&config, &*all, Some(Table { values, width: 2 })).ok_or("all of it")?;
        let known = training.known(40, &mut stream(1, Purpose::Batch, 1));
        let (mut drawn, mut told) = (0, BTreeSet::new());
        for number in known {
            match training.values(number)[..] {
                [smile, first, second] if smile.is_finite() => {
                    assert!(first.is_nan() && second.is_nan() && number >= 400);
                    drawn += 1;
                }
                [_, first, second] => {
                    assert!(number < 400 && first == (number % 200 * 2) as f32 && second == first + 1.0);
                    told.insert(number >= 200);
                }
                _ => return Err("an image has not three factors".into()),
            }
        }
        assert_eq!((drawn, told.len()), (20, 2));
        Ok(())
    }
}
