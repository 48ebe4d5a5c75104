//! The scores that take long, with their options and their progress.

use indicatif::{ProgressBar, ProgressStyle};
use model::card::Score;
use trainer::data::Dataset;
use trainer::measure::{Protocol, Watch, score};
use trainer::trained::Trained;

/// Options of scoring.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Scoring {
    /// Most images that the metrics which choose their images choose from; a larger world is thinned,
    /// as each score's protocol says.
    #[arg(long, value_name = "IMAGES", default_value_t = Protocol::default().grid,
          value_parser = clap::value_parser!(u64).range(64..=1 << 24))]
    grid: u64,
    /// Codes drawn for the other metrics, two thirds to fit on; the default is the reference's number.
    #[arg(long, value_name = "CODES", default_value_t = Protocol::default().codes as u32,
          value_parser = clap::value_parser!(u32).range(300..=1_000_000))]
    codes: u32,
    /// Images drawn, and images generated, that are compared in pixels.
    #[arg(long, value_name = "IMAGES", default_value_t = Protocol::default().samples as u32,
          value_parser = clap::value_parser!(u32).range(8..=20_000))]
    generate: u32,
}

impl Scoring {
    /// The options as they are written on the command line.
    pub(crate) fn options(self) -> Vec<String> {
        vec![
            format!("--grid={}", self.grid),
            format!("--codes={}", self.codes),
            format!("--generate={}", self.generate),
        ]
    }

    /// Scores a model; `name` is shown while it takes.
    pub(crate) fn score(
        self,
        model: &Trained,
        name: &str,
        dataset: &dyn Dataset,
        seed: u64,
    ) -> anyhow::Result<Vec<Score>> {
        let protocol =
            Protocol { grid: self.grid, codes: self.codes as usize, samples: self.generate as usize, seed };
        let bar = Bar(ProgressBar::new(0));
        if bar.0.is_hidden() {
            tracing::info!("scoring {name}");
        } else if let Ok(style) =
            ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} images encoded · {per_sec} · {eta} left")
        {
            bar.0.set_style(style);
            bar.0.set_message(name.to_owned());
        }
        let scores = score(&model.vae, dataset, &protocol, &bar);
        bar.0.finish_and_clear();
        Ok(scores?)
    }
}

/// Progress of encoding, which takes most of the time.
struct Bar(ProgressBar);

impl Watch for Bar {
    fn started(&self, images: u64) {
        self.0.set_length(images);
    }

    fn encoded(&self, images: u64) {
        self.0.inc(images);
    }
}
