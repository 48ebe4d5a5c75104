//! Faces with known traits and a smile, drawn with soft shapes and light.
//!
//! A portrait in colour, 64×64: fringe 4 × hair length 4 × hair colour 4 × gender 5 × smile 5 × azimuth 7
//! × skin 4 × glasses 2 × light 3 × background 4 = 1,075,200 images. All factors but the glasses are
//! continuous. Gender combines jaw, neck, brows, lips, lashes and beard. A smile moves mouth, cheeks,
//! eyes and brows together; its lower end is sad.
//!
//! The world stands in for photographs such as CelebA, whose true factors are unknown, so that hair,
//! gender and smile can be measured: Liu, Luo, Wang, Tang, *Deep Learning Face Attributes in the Wild*,
//! ICCV 2015.

mod canvas;
mod features;
mod hair;
mod head;
mod palette;

use crate::trig::sin_cos;
use crate::{Factor, World};
use canvas::{Canvas, Colour};
use palette::Lamp;

/// Side of an image in pixels.
pub const SIDE: usize = 64;

/// The world of faces; the module docs list its factors.
#[derive(Clone, Copy, Debug)]
pub struct Faces;

const FACTORS: [Factor; 10] = [
    Factor::quantity("fringe", 0.0, 1.0, 4),
    Factor::quantity("hair length", 0.0, 1.0, 4),
    Factor::quantity("hair colour", 0.0, 1.0, 4),
    Factor::quantity("gender", 0.0, 1.0, 5),
    Factor::quantity("smile", -1.0, 1.0, 5),
    Factor::quantity("azimuth", -0.55, 0.55, 7),
    Factor::quantity("skin", 0.0, 1.0, 4),
    Factor::category("glasses", &["none", "glasses"]),
    Factor::quantity("light", -1.0, 1.0, 3),
    Factor::quantity("background", 0.0, 1.0, 4),
];

/// The traits of one face.
struct Face {
    /// 0 for a bare forehead to 1 for hair down to the brows.
    fringe: f32,
    /// 0 for cropped to 1 for shoulder length.
    length: f32,
    hair: Colour,
    /// 0 for feminine to 1 for masculine.
    gender: f32,
    /// −1 for sad to 1 for a laugh.
    smile: f32,
    /// Sine and cosine of the azimuth; positive turns to the right.
    turn_sin: f32,
    turn_cos: f32,
    skin: Colour,
    skin_tone: f32,
    lamp: Lamp,
}

impl Face {
    /// Strength of the smile, 0 to 1.
    fn glad(&self) -> f32 {
        self.smile.max(0.0)
    }

    /// Strength of the sadness, 0 to 1.
    fn sad(&self) -> f32 {
        (-self.smile).max(0.0)
    }
}

impl World for Faces {
    fn name(&self) -> &'static str {
        "faces"
    }

    fn image_shape(&self) -> [usize; 3] {
        [SIDE, SIDE, 3]
    }

    fn factors(&self) -> &'static [Factor] {
        &FACTORS
    }

    fn render(&self, values: &[f64], image: &mut [u8]) {
        assert_eq!(values.len(), FACTORS.len(), "faces has ten factors");
        assert_eq!(image.len(), SIDE * SIDE * 3, "a face has 64×64×3 values");
        let mut nearest = [0.0; FACTORS.len()];
        for ((nearest, factor), &value) in nearest.iter_mut().zip(&FACTORS).zip(values) {
            *nearest = factor.nearest(value);
        }
        let (sin, cos) = sin_cos(nearest[5]);
        let [fringe, length, colour, gender, smile, _, tone, glasses, light, warmth] =
            nearest.map(|value| value as f32);
        let face = Face {
            fringe,
            length,
            hair: palette::hair(colour),
            gender,
            smile,
            turn_sin: sin as f32,
            turn_cos: cos as f32,
            skin: palette::skin(tone),
            skin_tone: tone,
            lamp: Lamp::new(light),
        };
        let wall = palette::background(warmth);
        let mut canvas = Canvas::new(|x, y| {
            let far = (x - 0.6 * light) * (x - 0.6 * light) + (y + 0.2) * (y + 0.2);
            wall.map(|value| value * (1.08 - 0.16 * far))
        });
        hair::behind(&mut canvas, &face);
        head::body(&mut canvas, &face);
        head::ears(&mut canvas, &face);
        head::head(&mut canvas, &face);
        head::near_ear(&mut canvas, &face);
        head::beard(&mut canvas, &face);
        features::eyes(&mut canvas, &face);
        features::nose(&mut canvas, &face);
        features::mouth(&mut canvas, &face);
        if glasses > 0.5 {
            features::glasses(&mut canvas, &face);
        }
        hair::before(&mut canvas, &face);
        canvas.bytes(image);
    }
}

#[cfg(test)]
mod tests;
