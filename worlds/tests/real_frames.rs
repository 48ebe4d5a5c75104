//! Compares the sprites with real frames of dSprites; see `dsprites/README.md`.

use worlds::World;
use worlds::sprites::{Bitmap, Sprites};

const FRAMES: &[u8] = include_bytes!("dsprites/frames.bin");
const CLASSES: &str = include_str!("dsprites/classes.csv");

fn real_frames() -> impl Iterator<Item = (Vec<usize>, Bitmap)> {
    let classes = CLASSES.lines().skip(1).map(|line| {
        let classes = line.split(',').map(str::parse);
        classes.collect::<Result<Vec<usize>, _>>().expect("classes")
    });
    let (frames, rest) = FRAMES.as_chunks::<{ Bitmap::PACKED }>();
    assert!(rest.is_empty());
    classes.zip(frames.iter().map(Bitmap::unpack))
}

#[test]
fn every_real_frame_is_drawn_exactly() {
    let mut count = 0;
    for (classes, real) in real_frames() {
        let drawn = Sprites.bitmap_at(Sprites.index(&classes));
        assert_eq!(drawn.distance(&real), 0, "pixels differ at {classes:?}");
        count += 1;
    }
    assert_eq!(count, 160);
}

/// Checks that the test above is strict: the frames distinguish neighbouring grid values.
#[test]
fn no_neighbour_on_the_grid_is_as_good() {
    for (classes, real) in real_frames() {
        for (place, factor) in Sprites.factors().iter().enumerate() {
            for class in [classes[place].wrapping_sub(1), classes[place] + 1] {
                if class >= factor.count {
                    continue;
                }
                let mut neighbour = classes.clone();
                neighbour[place] = class;
                let drawn = Sprites.bitmap_at(Sprites.index(&neighbour));
                assert!(drawn.distance(&real) >= 8, "{classes:?} {neighbour:?}");
            }
        }
    }
}
