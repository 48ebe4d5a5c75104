use super::*;
use crate::hash::Hash;

const VALUES: usize = SIDE * SIDE * 3;

fn drawn(values: [f64; 10]) -> Vec<u8> {
    let mut image = vec![0; VALUES];
    Faces.render(&values, &mut image);
    image
}

/// A feminine face with short dark hair, from the front, with a neutral mouth.
const PLAIN: [f64; 10] = [0.5, 0.2, 0.2, 0.3, 0.0, 0.0, 0.2, 0.0, 0.0, 0.3];

const FRINGE: usize = 0;
const LENGTH: usize = 1;
const SMILE: usize = 4;
const AZIMUTH: usize = 5;
const SKIN: usize = 6;
const GLASSES: usize = 7;
const LIGHT: usize = 8;

fn with(changes: &[(usize, f64)]) -> Vec<u8> {
    let mut values = PLAIN;
    for &(factor, value) in changes {
        values[factor] = value;
    }
    drawn(values)
}

/// Sum over rows, columns and channels.
fn brightness(image: &[u8], rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> u32 {
    let pixels = rows.flat_map(|row| columns.clone().map(move |column| (row * SIDE + column) * 3));
    pixels.map(|pixel| image[pixel..pixel + 3].iter().map(|&value| u32::from(value)).sum::<u32>()).sum()
}

/// Number of values that differ by more than rounding.
fn differences(a: &[u8], b: &[u8]) -> usize {
    a.iter().zip(b).filter(|(a, b)| a.abs_diff(**b) > 2).count()
}

fn mirrored(image: &[u8]) -> Vec<u8> {
    image.chunks(SIDE * 3).flat_map(|line| line.chunks(3).rev().flatten().copied()).collect()
}

#[test]
fn azimuth_and_light_from_the_other_side_mirror_the_face_except_for_hair() {
    for (azimuth, light) in [(0.0, 0.0), (0.4, 0.0), (0.0, 0.8), (0.3, -0.6)] {
        let here = with(&[(AZIMUTH, azimuth), (LIGHT, light)]);
        let there = with(&[(AZIMUTH, -azimuth), (LIGHT, -light)]);
        let differ = differences(&mirrored(&here), &there);
        assert!(differ < VALUES / 10, "{azimuth} {light}: {differ}");
    }
}

#[test]
fn the_lamps_side_is_the_brighter_one() {
    let image = with(&[(LIGHT, -1.0)]);
    assert!(brightness(&image, 30..45, 20..32) > brightness(&image, 30..45, 32..44));
}

#[test]
fn a_laugh_shows_teeth_and_a_sad_mouth_none() {
    let mouth = |smile| brightness(&with(&[(SMILE, smile)]), 44..52, 26..38);
    assert!(mouth(1.0) > mouth(0.0) && mouth(1.0) > mouth(-1.0));
}

#[test]
fn a_mood_moves_eyes_and_brows_with_the_mouth() {
    for mood in [-1.0, 1.0] {
        let (rest, moved) = (drawn(PLAIN), with(&[(SMILE, mood)]));
        let rows = |from: usize, to: usize| from * SIDE * 3..to * SIDE * 3;
        for (part, rows) in [("brows", rows(24, 29)), ("eyes", rows(29, 35)), ("mouth", rows(42, 54))] {
            let changed = differences(&rest[rows.clone()], &moved[rows]);
            assert!(changed > 30, "{part} at {mood}: {changed}");
        }
    }
}

#[test]
fn a_fringe_darkens_the_forehead_and_long_hair_the_sides_of_the_neck() {
    let forehead = |fringe| brightness(&with(&[(FRINGE, fringe)]), 16..24, 26..38);
    assert!(forehead(1.0) < forehead(0.5) && forehead(0.5) < forehead(0.0));
    let sides = |length| brightness(&with(&[(LENGTH, length)]), 48..56, 12..18);
    assert!(sides(1.0) < sides(0.0));
}

#[test]
fn skin_runs_from_pale_to_deep() {
    let cheeks = |tone| brightness(&with(&[(SKIN, tone)]), 34..40, 20..44);
    assert!([0.0, 0.25, 0.5, 0.75].iter().all(|&tone| cheeks(tone) > cheeks(tone + 0.25)));
}

#[test]
fn glasses_change_the_eyes_alone() {
    let [bare, worn] = [0.0, 1.0].map(|glasses| with(&[(GLASSES, glasses)]));
    let rows = bare.chunks(SIDE * 3).zip(worn.chunks(SIDE * 3));
    for (row, (bare, worn)) in rows.enumerate() {
        assert!(bare == worn || (25..40).contains(&row), "{row}");
    }
}

#[test]
fn small_steps_of_every_quantity_are_small_changes() {
    for (place, factor) in FACTORS.iter().enumerate().filter(|(_, factor)| factor.labels.is_empty()) {
        let at = |step: usize| {
            let share = step as f64 / 200.0;
            with(&[(place, factor.low + share * (factor.high - factor.low))])
        };
        for step in 0..200 {
            let (before, after) = (at(step), at(step + 1));
            let change: u32 = before.iter().zip(&after).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
            assert!(change < VALUES as u32 * 2, "{} {step}: {change}", factor.name);
        }
    }
}

#[test]
fn values_beyond_their_range_draw_its_end() {
    for (place, factor) in FACTORS.iter().enumerate() {
        assert_eq!(with(&[(place, factor.high + 9.0)]), with(&[(place, factor.high)]), "{}", factor.name);
        assert_eq!(with(&[(place, f64::NEG_INFINITY)]), with(&[(place, factor.low)]), "{}", factor.name);
        assert_eq!(with(&[(place, f64::NAN)]), with(&[(place, factor.low)]), "{}", factor.name);
    }
}

/// Hashes many images; every platform must reproduce the hash.
#[test]
fn pixels_are_the_same_on_every_platform() {
    let mut image = vec![0; VALUES];
    let mut hash = Hash::default();
    for index in (0..Faces.len()).step_by(1009) {
        Faces.render_index(index, &mut image);
        hash.add(&image);
    }
    assert_eq!(hash.value(), 2_409_758_292_652_009_492);
}
