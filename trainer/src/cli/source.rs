//! The images that a command works on.

use anyhow::Context;
use model::ImageShape;
use trainer::data::{self, Cut, DataError, Dataset, Making};

use super::data::cut;

/// Which images, and how picture files are made into them.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Source {
    /// Images [default: those that the model was trained on]: a world or data set by name, a file made by `data
    /// prepare`, a folder, tar or zip of pictures, or an .npy file of images (uint8, or float32 from 0 to 1;
    /// [N, H, W] or [N, H, W, C]).
    #[arg(long, visible_alias = "dataset", value_name = "DATA")]
    pub(crate) data: Option<String>,
    #[command(flatten)]
    pub(crate) pictures: Pictures,
}

/// How picture files are made into images.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct Pictures {
    /// For picture files: side of the centred square to keep, as a share of the shorter side [default: that of the
    /// model's data set].
    #[arg(long)]
    crop: Option<f64>,
    /// For picture files: keep the whole picture, stretched to a square.
    #[arg(long, conflicts_with = "crop")]
    whole: bool,
}

impl Pictures {
    /// How the command line has the pictures of `name` cut, in words for a card; none for other images.
    pub(crate) fn cut_of(self, name: &str) -> anyhow::Result<Option<String>> {
        let cut = cut(self.crop, self.whole)?.filter(|_| data::is_pictures(name).unwrap_or(false));
        Ok(cut.map(|cut| match cut {
            Cut::Whole => "whole pictures, stretched to a square".to_owned(),
            Cut::Square(share) => format!("the pictures' centred square, {share} of the shorter side"),
        }))
    }

    /// Opens `name` for images of that shape, which pictures are made into; if it is known, they are of `set`.
    pub(crate) fn open(
        self,
        name: &str,
        shape: ImageShape,
        set: Option<&str>,
    ) -> anyhow::Result<Box<dyn Dataset>> {
        let cut = cut(self.crop, self.whole)?;
        Ok(data::open_as(name, &Making { shape: Some(shape), cut, set: set.map(str::to_owned) })?)
    }
}

impl Source {
    /// As [`Source::open`]; none if no images were named and `trained_on` is not here.
    pub(crate) fn found(
        &self,
        trained_on: &str,
        shape: ImageShape,
    ) -> anyhow::Result<Option<Box<dyn Dataset>>> {
        match self.open(trained_on, shape) {
            Err(error)
                if self.data.is_none() && matches!(error.downcast_ref(), Some(DataError::Unknown { .. })) =>
            {
                Ok(None)
            }
            outcome => outcome.map(Some),
        }
    }

    /// Opens the images, or `trained_on`, for images of that shape.
    pub(crate) fn open(&self, trained_on: &str, shape: ImageShape) -> anyhow::Result<Box<dyn Dataset>> {
        match &self.data {
            Some(name) => self.pictures.open(name, shape, Some(trained_on)),
            None => self.pictures.open(trained_on, shape, Some(trained_on)).context(
                "the images that the model was trained on are not available; name others with --data",
            ),
        }
    }
}
