//! The images that a command works on.

use anyhow::Context;
use model::ImageShape;
use trainer::data::{self, Crop, DataError, Dataset, PictureOptions};

use super::data::crop;

/// Options that select images.
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

/// Options that say how picture files become images.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct Pictures {
    /// For picture files: side of the centred square to keep, as a share of the shorter side [default: that of the
    /// model's data set, or the whole side].
    #[arg(long)]
    crop: Option<f64>,
    /// For picture files: keep the whole picture, stretched to a square.
    #[arg(long, conflicts_with = "crop")]
    whole: bool,
}

impl Pictures {
    /// Describes for a card how the options crop the pictures of `name`. Returns `None` if `name` has no picture
    /// files.
    pub(crate) fn describe(self, name: &str) -> anyhow::Result<Option<String>> {
        let crop = crop(self.crop, self.whole)?.filter(|_| data::is_pictures(name).unwrap_or(false));
        Ok(crop.map(|crop| match crop {
            Crop::Whole => "whole pictures, stretched to a square".to_owned(),
            Crop::Square(share) => format!("the pictures' centred square, {share} of the shorter side"),
        }))
    }

    /// Opens `name`. Pictures become images of `shape`, by default as those of the data set `set`.
    pub(crate) fn open(
        self,
        name: &str,
        shape: ImageShape,
        set: Option<&str>,
    ) -> anyhow::Result<Box<dyn Dataset>> {
        let crop = crop(self.crop, self.whole)?;
        let options = PictureOptions { shape: Some(shape), crop, set: set.map(str::to_owned) };
        Ok(data::open_as(name, &options)?)
    }
}

impl Source {
    /// Same as [`Source::open`], but returns `None` if no images were named and `trained_on` is not available.
    pub(crate) fn open_if_available(
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

    /// Opens the named images, or `trained_on` if none were named. Pictures become images of `shape`.
    pub(crate) fn open(&self, trained_on: &str, shape: ImageShape) -> anyhow::Result<Box<dyn Dataset>> {
        match &self.data {
            Some(name) => self.pictures.open(name, shape, Some(trained_on)),
            None => self.pictures.open(trained_on, shape, Some(trained_on)).context(
                "the images that the model was trained on are not available; name others with --data",
            ),
        }
    }
}
