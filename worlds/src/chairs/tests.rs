use super::*;
use crate::hash::Hash;

const PIXELS: usize = SIDE * SIDE;

/// Grid images with a stride that shares no period with any factor.
fn some_indices() -> impl Iterator<Item = u64> {
    (0..Chairs.len()).step_by(1009)
}

fn drawn(values: [f64; 9]) -> Vec<u8> {
    let mut image = vec![0; PIXELS];
    Chairs.render(&values, &mut image);
    image
}

fn dark(image: &[u8]) -> usize {
    image.iter().filter(|&&pixel| pixel < 150).count()
}

/// A dark chair with straight legs and a panel back, from the front.
const PLAIN: [f64; 9] = [0.0, 0.4, 0.0, 0.37, 0.0, 0.46, 0.53, 0.0, 3.0];

fn plain_with(factor: usize, value: f64) -> Vec<u8> {
    let mut values = PLAIN;
    values[factor] = value;
    drawn(values)
}

#[test]
fn a_whole_turn_is_no_turn() {
    assert_eq!(plain_with(0, TAU), plain_with(0, 0.0));
    assert_eq!(plain_with(0, TAU + 1.0), plain_with(0, 1.0));
    assert_ne!(plain_with(0, TAU / 2.0), plain_with(0, 0.0));
}

#[test]
fn the_front_and_the_rear_are_their_own_mirror_but_for_the_lamp() {
    for azimuth in [0.0, TAU / 2.0] {
        let image = plain_with(0, azimuth);
        let halves = image.chunks(SIDE).flat_map(|line| line.iter().zip(line.iter().rev()));
        let apart = halves.filter(|(left, right)| (**left < 128) != (**right < 128)).count();
        assert!(apart < PIXELS / 100, "{azimuth}: {apart} pixels");
    }
}

#[test]
fn no_chair_touches_the_border() {
    let mut image = vec![0; PIXELS];
    for index in some_indices() {
        let mut classes = Chairs.classes(index);
        classes[8] = 3;
        Chairs.render_index(Chairs.index(&classes), &mut image);
        for place in 0..SIDE {
            let border = [place, PIXELS - SIDE + place, place * SIDE, place * SIDE + SIDE - 1];
            assert!(border.iter().all(|&pixel| image[pixel] > 150), "{classes:?}");
        }
    }
}

#[test]
fn more_height_and_more_width_are_more_chair() {
    for factor in [3, 5, 6] {
        let Factor { low, high, .. } = FACTORS[factor];
        assert!(dark(&plain_with(factor, low)) + 30 < dark(&plain_with(factor, high)), "{factor}");
    }
    assert!(dark(&plain_with(7, 0.0)) < dark(&plain_with(7, 1.0)));
}

#[test]
fn materials_run_from_pale_to_dark() {
    let sum = |material: usize| -> u32 {
        plain_with(8, material as f64).iter().map(|&pixel| u32::from(pixel)).sum()
    };
    assert!((0..3).all(|material| sum(material) > sum(material + 1)));
}

#[test]
fn quantities_beyond_their_range_draw_its_end() {
    for (place, factor) in FACTORS.iter().enumerate().skip(1) {
        assert_eq!(plain_with(place, factor.high + 9.0), plain_with(place, factor.high), "{}", factor.name);
        assert_eq!(plain_with(place, f64::NEG_INFINITY), plain_with(place, factor.low), "{}", factor.name);
        assert_eq!(plain_with(place, f64::NAN), plain_with(place, factor.low), "{}", factor.name);
    }
}

/// Hashes many images; every platform must reproduce the hash.
#[test]
fn pixels_are_the_same_on_every_platform() {
    let mut image = vec![0; PIXELS];
    let mut hash = Hash::default();
    for index in some_indices() {
        Chairs.render_index(index, &mut image);
        hash.add(&image);
    }
    assert_eq!(hash.value(), 14_633_052_268_094_284_014);
}
