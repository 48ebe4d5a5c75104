use super::*;
use crate::hash::Hash;
use std::f64::consts::TAU;

/// Grid images with a stride that shares no period with any factor.
fn some_indices() -> impl Iterator<Item = u64> {
    (0..Sprites.len()).step_by(367)
}

/// First row, last row, first column and last column with a pixel that is on.
fn bounds(bitmap: &Bitmap) -> [usize; 4] {
    let mut image = [false; SIDE * SIDE];
    bitmap.paint(false, true, &mut image);
    let on = (0..image.len()).filter(|&pixel| image[pixel]);
    on.fold([SIDE, 0, SIDE, 0], |[top, bottom, left, right], pixel| {
        let (row, column) = (pixel / SIDE, pixel % SIDE);
        [top.min(row), bottom.max(row), left.min(column), right.max(column)]
    })
}

#[test]
fn the_grid_is_the_archives() {
    let counts: Vec<usize> = Sprites.factors().iter().map(|factor| factor.count).collect();
    assert_eq!(counts, [3, 6, 40, 32, 32]);
    assert_eq!(Sprites.len(), 737_280);
    assert_eq!(Sprites.classes(0), [0, 0, 0, 0, 0]);
    assert_eq!(Sprites.classes(1), [0, 0, 0, 0, 1]);
    assert_eq!(Sprites.classes(32), [0, 0, 0, 1, 0]);
    assert_eq!(Sprites.classes(245_760), [1, 0, 0, 0, 0]);
    assert_eq!(Sprites.classes(737_279), [2, 5, 39, 31, 31]);
    let last = |factor: usize| {
        let factor = Sprites.factors()[factor];
        factor.value(factor.count - 1)
    };
    assert_eq!([1, 2, 3, 4].map(last), [1.0, TAU, 1.0, 1.0]);
}

#[test]
fn the_first_image_is_the_smallest_square_at_the_top_left() {
    assert_eq!(bounds(&Sprites.bitmap_at(0)), [11, 20, 11, 20]);
}

#[test]
fn position_x_moves_right_and_position_y_down() {
    assert_eq!(bounds(&Sprites.bitmap_at(31 * 32)), [11, 20, 43, 52]);
    assert_eq!(bounds(&Sprites.bitmap_at(31)), [43, 52, 11, 20]);
}

#[test]
fn squares_have_sides_of_10_to_20_pixels() {
    for scale in 0..6 {
        let side = 10 + 2 * scale as u32;
        let square = Sprites.bitmap_at(Sprites.index(&[0, scale, 0, 0, 0]));
        assert_eq!(square.area(), side * side);
    }
}

#[test]
fn areas_are_the_archives() {
    let area = |classes: [usize; 5]| Sprites.bitmap_at(Sprites.index(&classes)).area();
    assert_eq!(area([1, 0, 0, 0, 0]), 76);
    assert_eq!(area([1, 5, 0, 0, 0]), 288);
    assert_eq!(area([2, 0, 0, 0, 0]), 58);
    assert_eq!(area([2, 5, 0, 0, 0]), 222);
}

#[test]
fn a_whole_turn_is_no_turn() {
    for index in some_indices() {
        let mut classes = Sprites.classes(index);
        let [start, end] = [0, 39].map(|orientation| {
            classes[2] = orientation;
            Sprites.bitmap_at(Sprites.index(&classes))
        });
        assert_eq!(start, end, "{classes:?}");
    }
}

#[test]
fn a_square_repeats_every_quarter_turn_and_an_ellipse_every_half() {
    for step in 0..100 {
        let at = |shape: f64, turns: f64| {
            Sprites.bitmap([shape, 0.9, (f64::from(step) / 71.0 + turns) * TAU, 0.4, 0.3])
        };
        for quarter in 1..4 {
            let turns = f64::from(quarter) / 4.0;
            // Rounding the angle may move a corner by one step, which changes at most one pixel.
            assert!(at(0.0, 0.0).distance(&at(0.0, turns)) <= 1, "{step} {quarter}");
        }
        assert!(at(1.0, 0.0).distance(&at(1.0, 0.5)) <= 1, "{step}");
    }
}

#[test]
fn no_image_touches_the_border() {
    for index in some_indices() {
        let [top, bottom, left, right] = bounds(&Sprites.bitmap_at(index));
        assert!(top.min(left) >= 1 && bottom.max(right) <= 62, "{index}");
    }
}

#[test]
fn values_on_the_grid_draw_the_grids_image() {
    let mut images = [[0; SIDE * SIDE]; 2];
    for index in some_indices() {
        let classes = Sprites.classes(index);
        let factors = Sprites.factors().iter().zip(classes);
        let values: Vec<f64> = factors.map(|(factor, class)| factor.value(class)).collect();
        Sprites.render(&values, &mut images[0]);
        Sprites.render_index(index, &mut images[1]);
        assert_eq!(images[0], images[1], "{index}");
    }
}

#[test]
fn values_between_the_grids_move_the_sprite_little_by_little() {
    for shape in 0..3 {
        let at = |step: i32| {
            let t = f64::from(step) / 500.0;
            Sprites.bitmap([f64::from(shape), 0.5 + t / 2.0, t * TAU, t, 1.0 - t])
        };
        for step in 0..500 {
            assert!(at(step).distance(&at(step + 1)) <= 45, "{shape} {step}");
        }
    }
}

#[test]
fn values_beyond_the_range_draw_without_a_panic() {
    let wild = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -7.0];
    for value in wild {
        for place in 0..5 {
            let mut values = [1.0, 0.7, 0.3, 0.5, 0.5];
            values[place] = value;
            Sprites.bitmap(values);
        }
    }
}

#[test]
#[should_panic(expected = "no image 737280")]
fn an_index_beyond_the_grid_is_refused() {
    Sprites.bitmap_at(737_280);
}

/// Hashes many images; every platform must reproduce the hash.
#[test]
fn pixels_are_the_same_on_every_platform() {
    let mut packed = [0; Bitmap::PACKED];
    let mut hash = Hash::default();
    for index in some_indices() {
        Sprites.bitmap_at(index).pack(&mut packed);
        hash.add(&packed);
    }
    assert_eq!(hash.value(), 5_179_580_669_559_950_890);
}
