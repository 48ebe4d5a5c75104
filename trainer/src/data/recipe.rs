//! The data sets that can be prepared; each is one entry of a table.

use super::npz::Array;
use super::picture::{Crop, Target};

/// Format of a data set's files.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// Picture files in a folder or an archive.
    Pictures {
        /// Whether a file belongs to the set, by its name.
        wanted: fn(&str) -> bool,
        /// The images that pictures are converted to.
        target: Target,
        /// Labels in the file names, if any.
        labels: Option<NameLabels>,
    },
    /// An array in an `.npz` file.
    Npz(Array, Grid),
    /// A data set of an HDF5 file.
    Hdf5(&'static str, Grid),
    /// The matrix files of SmallNORB.
    Norb(Target),
}

/// Labels in the names of picture files.
#[derive(Clone, Copy, Debug)]
pub struct NameLabels {
    /// Names of the label columns.
    pub columns: &'static [&'static str],
    /// Returns the labels of a file name, one per column.
    pub parse: fn(&str) -> Option<Vec<String>>,
}

/// Factors of a full grid, with their numbers of classes; the last varies fastest.
pub(super) type Grid = &'static [(&'static str, u64)];

/// How a data set is prepared.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// Name on the command line and in model cards.
    pub name: &'static str,
    /// Description of the PATH argument.
    pub path: &'static str,
    /// Download location, size and licence.
    pub terms: &'static str,
    /// Format of the files.
    pub source: Source,
}

/// Default conversion of pictures that belong to no known set.
pub(super) const ANY_PICTURE: Target = Target { side: 64, grey: false, crop: Crop::Square(1.0) };

/// Any pictures.
pub(super) const FOLDER: Recipe = Recipe {
    name: "folder",
    path: "a folder, tar or zip of PNG, JPEG, WebP, BMP, GIF or TIFF pictures",
    terms: "your own pictures",
    source: Source::Pictures { wanted: |_| true, target: ANY_PICTURE, labels: None },
};

/// All data sets that can be prepared.
pub const RECIPES: [Recipe; 7] = [
    FOLDER,
    Recipe {
        name: "celeba",
        path: "img_align_celeba as a folder, tar or zip",
        terms: "CelebA, aligned and cropped, 1.4 GB, from mmlab.ie.cuhk.edu.hk/projects/CelebA.html; \
                for non-commercial research only, and no picture may be published again",
        source: Source::Pictures {
            wanted: celeba,
            // 148 of 178 pixels, the usual crop.
            target: Target { side: 64, grey: false, crop: Crop::Square(148.0 / 178.0) },
            labels: None,
        },
    },
    Recipe {
        name: "dsprites",
        path: "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz",
        terms: "dSprites, 26 MB, from github.com/google-deepmind/dsprites-dataset; Apache-2.0. \
                The world `sprites` draws the same images without it",
        source: Source::Npz(
            Array { name: "imgs.npy", binary: true },
            &[("colour", 1), ("shape", 3), ("scale", 6), ("orientation", 40), ("posX", 32), ("posY", 32)],
        ),
    },
    Recipe {
        name: "chairs3d",
        path: "rendered_chairs as a folder or tar",
        terms: "3D Chairs, 1,393 chairs in 62 views, 1 GB, from di.ens.fr/willow/research/seeing3Dchairs; \
                for research",
        source: Source::Pictures {
            wanted: chair,
            target: Target { side: 64, grey: true, crop: Crop::Square(0.75) },
            labels: Some(NameLabels { columns: &["elevation", "azimuth"], parse: view }),
        },
    },
    Recipe {
        name: "shapes3d",
        path: "3dshapes.h5",
        terms: "3D Shapes, 267 MB, from github.com/google-deepmind/3d-shapes; Apache-2.0",
        source: Source::Hdf5(
            "images",
            &[
                ("floor hue", 10),
                ("wall hue", 10),
                ("object hue", 10),
                ("scale", 8),
                ("shape", 4),
                ("orientation", 15),
            ],
        ),
    },
    Recipe {
        name: "mpi3d",
        path: "mpi3d_toy.npz, or one of its siblings",
        terms: "MPI3D, 3 to 13 GB, from github.com/rr-learning/disentanglement_dataset; CC BY 4.0",
        source: Source::Npz(
            Array { name: "images.npy", binary: false },
            &[
                ("colour", 6),
                ("shape", 6),
                ("size", 2),
                ("camera", 3),
                ("background", 3),
                ("horizontal axis", 40),
                ("vertical axis", 40),
            ],
        ),
    },
    Recipe {
        name: "smallnorb",
        path: "the folder of the six unpacked files smallnorb-….mat",
        terms: "SmallNORB, 48,600 pairs of pictures, 200 MB, from cs.nyu.edu/~ylclab/data/norb-v1.0-small; \
                for research",
        source: Source::Norb(Target { side: 64, grey: true, crop: Crop::Square(1.0) }),
    },
];

/// Returns the recipe called `name`.
pub fn recipe(name: &str) -> Option<&'static Recipe> {
    RECIPES.iter().find(|recipe| recipe.name == name)
}

/// `…/000001.jpg`.
fn celeba(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    let digits = file.strip_suffix(".jpg").or_else(|| file.strip_suffix(".png"));
    digits.is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `…/renders/image_000_p020_t000_r096.png`.
fn chair(name: &str) -> bool {
    let mut parts = name.rsplit('/');
    let file = parts.next().unwrap_or(name);
    parts.next() == Some("renders") && file.starts_with("image_")
}

/// Elevation and azimuth in degrees, from `image_000_p020_t011_r096.png`.
fn view(name: &str) -> Option<Vec<String>> {
    let file = name.rsplit('/').next()?;
    let degrees = |letter| {
        let part = file.split('_').find_map(|part| part.strip_prefix(letter))?;
        part.parse::<u16>().ok().map(|degrees| degrees.to_string())
    };
    Some(vec![degrees('p')?, degrees('t')?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chairs_view_stands_in_its_name() {
        let labels = view("rendered_chairs/1a6f/renders/image_000_p020_t011_r096.png");
        assert_eq!(labels, Some(vec!["20".into(), "11".into()]));
        assert!(view("renders/image_000_p020.png").is_none() && view("").is_none());
    }

    #[test]
    fn names_of_other_files_are_not_taken() {
        assert!(celeba("img_align_celeba/000001.jpg") && celeba("202599.png"));
        assert!(
            !celeba("img_align_celeba/1.jpg") && !celeba("list_attr_celeba.txt") && !celeba("00000a.jpg")
        );
        assert!(chair("rendered_chairs/1a6f/renders/image_000_p020_t000_r096.png"));
        assert!(!chair("rendered_chairs/1a6f/image_000_p020_t000_r096.png"));
        assert!(!chair("rendered_chairs/1a6f/renders/thumb.png"));
    }

    #[test]
    fn no_data_set_has_a_worlds_name() {
        assert!(RECIPES.iter().all(|recipe| worlds::by_name(recipe.name).is_none()));
        assert_eq!(recipe("celeba").map(|recipe| recipe.name), Some("celeba"));
        assert!(recipe("sprites").is_none());
    }
}
