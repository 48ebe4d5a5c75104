use model::ImageShape;

use super::*;

/// Pictures of four bars with two patterns of waves. Two causes make the waves of all bars higher; each bar has noise
/// of its own, and the light of each picture another colour.
struct Bars {
    causes: Vec<[f32; 2]>,
    height: usize,
}

impl Bars {
    fn new(count: usize) -> Self {
        let rng = &mut stream(9, Purpose::Evaluation, 1);
        let causes =
            (0..count).map(|_| [0; 2].map(|_| if rng.random_bool(0.3) { 1.0 } else { -0.4 })).collect();
        Self { causes, height: 32 }
    }
}

impl Dataset for Bars {
    fn name(&self) -> &'static str {
        "bars"
    }

    fn image_shape(&self) -> ImageShape {
        ImageShape { height: self.height, width: 32, channels: 3 }
    }

    fn len(&self) -> u64 {
        self.causes.len() as u64
    }

    fn read(&self, indices: &[u64], images: &mut [f32]) -> Result<(), DataError> {
        for (&index, image) in indices.iter().zip(images.chunks_exact_mut(self.height * 32 * 3)) {
            let rng = &mut stream(index, Purpose::Evaluation, 2);
            let [first, second] = self.causes[index as usize];
            let light: [f32; 3] = [0; 3].map(|_| rng.random_range(0.3..1.0));
            let own: Vec<f32> = (0..8).map(|_| rng.random_range(-0.25..0.25)).collect();
            for (place, value) in image.iter_mut().enumerate() {
                let (y, x) = (place / 96, place / 3 % 32);
                let (bar, column) = (y / 8, x.min(31 - x));
                // The height of each bar's waves depends on a cause and on noise; a third pattern is constant.
                let wave = |height: f32, phase: f32| (0.4 + 0.4 * height) * phase.cos();
                let across = wave(first + own[bar], 0.9 * column as f32);
                let down = wave(second + own[4 + bar], 1.6 * y as f32);
                let constant = 0.5 * ((column * 3 + y * 7) % 5) as f32;
                *value = 0.3 * light[place % 3] * (across + down + constant).exp();
            }
        }
        Ok(())
    }
}

const OPTIONS: Options = Options { count: 6, draws: 24, hold_out: 200, mirror: true, seed: 1 };

#[test]
fn what_moves_all_parts_is_found_and_light_is_not() -> Result<(), ComponentsError> {
    let bars = Bars::new(1400);
    let found = components(&bars, &OPTIONS, &|| {})?;
    let width = found.groups.len();
    assert!(found.groups.windows(2).all(|pair| pair[0].size >= pair[1].size));
    assert_eq!(found.values.len(), 1400 * width);
    for cause in 0..2 {
        // Held-out images are described, too.
        let correlation = |column: usize| {
            let pairs = (1200..1400).map(|row| (found.values[row * width + column], bars.causes[row][cause]));
            let pairs: Vec<(f32, f32)> = pairs.collect();
            let mean = |value: &dyn Fn(&(f32, f32)) -> f32| pairs.iter().map(value).sum::<f32>() / 200.0;
            let (a, b) = (mean(&|pair| pair.0), mean(&|pair| pair.1));
            let both = mean(&|pair| (pair.0 - a) * (pair.1 - b));
            let spread = mean(&|pair| (pair.0 - a).powi(2)) * mean(&|pair| (pair.1 - b).powi(2));
            (both / spread.sqrt()).abs()
        };
        let best = (0..width).map(correlation).fold(0.0, f32::max);
        assert!(best > 0.7, "cause {cause}: {best}");
    }
    assert_eq!(found, components(&bars, &OPTIONS, &|| {})?, "the same seed finds the same");
    Ok(())
}

#[test]
fn images_that_have_no_components_are_refused() {
    let refused = |bars: &Bars| components(bars, &OPTIONS, &|| {}).expect_err("accepted").to_string();
    assert!(refused(&Bars::new(699)).contains("`bars` has 499 images"));
    let sprites = crate::data::open("sprites").expect("a world");
    let many = components(&*sprites, &OPTIONS, &|| {}).expect_err("accepted").to_string();
    assert!(many.contains("`sprites` has 737280 images") && many.contains("at most 200000"), "{many}");
    let small = Bars { height: 8, ..Bars::new(700) };
    assert!(refused(&small).contains("8×32"));
}

#[test]
fn equal_images_have_nothing_in_common() {
    struct Same;
    impl Dataset for Same {
        fn name(&self) -> &'static str {
            "same"
        }
        fn image_shape(&self) -> ImageShape {
            ImageShape { height: 16, width: 16, channels: 1 }
        }
        fn len(&self) -> u64 {
            800
        }
        fn read(&self, _: &[u64], images: &mut [f32]) -> Result<(), DataError> {
            for (place, value) in images.iter_mut().enumerate() {
                *value = (place % 7) as f32 / 7.0;
            }
            // 256 pixels are not a multiple of 7; give each image the same ones.
            let first: Vec<f32> = images[..256].to_vec();
            images.chunks_exact_mut(256).for_each(|image| image.copy_from_slice(&first));
            Ok(())
        }
    }
    let refused = components(&Same, &OPTIONS, &|| {}).expect_err("accepted").to_string();
    assert!(refused.contains("nothing in common"), "{refused}");
}
