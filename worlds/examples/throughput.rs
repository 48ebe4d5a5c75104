//! Prints how many images per second one core draws, for each drawing function.
//!
//! `cargo run --release -p latentscope-worlds --example throughput`

use std::hint::black_box;
use std::time::Instant;

use worlds::sprites::{Bitmap, SIDE, Sprites};
use worlds::{World, all};

/// Images drawn per line of output, spread over the grid as in training.
const IMAGES: u64 = 40_000;

fn report(name: &str, world: &dyn World, mut draw: impl FnMut(u64)) {
    let start = Instant::now();
    for image in 0..IMAGES {
        draw(image * 7919 % world.len());
    }
    let rate = IMAGES as f64 / start.elapsed().as_secs_f64();
    println!("{name:<24} {rate:>12.0} images/s");
}

fn main() {
    for &world in all() {
        let mut image = vec![0; world.image_shape().iter().product()];
        report(world.name(), world, |index| {
            world.render_index(index, black_box(&mut image));
        });
    }
    let mut packed = [0; Bitmap::PACKED];
    report("sprites, packed", &Sprites, |index| {
        Sprites.render_packed(index, black_box(&mut packed));
    });
    let mut batch = [0f32; SIDE * SIDE];
    report("sprites, as f32", &Sprites, |index| {
        let image = black_box(&mut batch);
        Sprites.bitmap_at(index).paint(0.0, 1.0, image);
    });
}
