//! Scores a model, with the options that commands share.

use model::card::Score;
use trainer::data::Dataset;
use trainer::measure::{Protocol, score};
use trainer::trained::Trained;

use super::encoding::Encoding;

/// Options of the metrics of codes.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Codes {
    /// Largest grid for the metrics that choose their images. If the world has more images, a part of its grid is
    /// used, and the protocol of the score says so.
    #[arg(long, value_name = "IMAGES", default_value_t = Protocol::default().grid,
          value_parser = clap::value_parser!(u64).range(64..=1 << 24))]
    grid: u64,
    /// Number of codes for the other metrics, two thirds of them for fitting. The default is disentanglement_lib's.
    #[arg(long, value_name = "CODES", default_value_t = Protocol::default().codes as u32,
          value_parser = clap::value_parser!(u32).range(300..=1_000_000))]
    codes: u32,
}

impl Codes {
    /// The protocol with these options.
    pub(crate) fn protocol(self, seed: u64) -> Protocol {
        Protocol { grid: self.grid, codes: self.codes as usize, seed, ..Protocol::default() }
    }
}

/// Options of scoring.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Scoring {
    #[command(flatten)]
    codes: Codes,
    /// Number of real images, and of generated images, to compare in pixels.
    #[arg(long, value_name = "IMAGES", default_value_t = Protocol::default().samples as u32,
          value_parser = clap::value_parser!(u32).range(8..=20_000))]
    generate: u32,
}

impl Scoring {
    /// The options for the command line of another process.
    pub(crate) fn options(self) -> Vec<String> {
        vec![
            format!("--grid={}", self.codes.grid),
            format!("--codes={}", self.codes.codes),
            format!("--generate={}", self.generate),
        ]
    }

    /// Scores a model. `name` is shown with the progress.
    pub(crate) fn score(
        self,
        model: &Trained,
        name: &str,
        dataset: &dyn Dataset,
        seed: u64,
    ) -> anyhow::Result<Vec<Score>> {
        let protocol = Protocol { samples: self.generate as usize, ..self.codes.protocol(seed) };
        let bar = Encoding::new("scoring", name);
        let scores = score(&model.vae, dataset, &protocol, &bar);
        drop(bar);
        Ok(scores?)
    }
}
