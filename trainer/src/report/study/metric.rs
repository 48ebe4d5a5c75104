//! The metrics of a report, in order.

/// Which values of a metric are better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Better {
    High,
    Low,
    /// Neither: the metric only describes.
    Neither,
}

/// A metric with its title.
#[derive(Clone, Copy, Debug)]
pub(super) struct Metric {
    /// Name in model cards.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) better: Better,
}

impl Metric {
    /// Title, with the better direction.
    pub(super) fn heading(&self) -> String {
        match self.better {
            Better::High => format!("{} ↑", self.title),
            Better::Low => format!("{} ↓", self.title),
            Better::Neither => self.title.to_owned(),
        }
    }
}

const fn metric(name: &'static str, title: &'static str, better: Better) -> Metric {
    Metric { name, title, better }
}

/// Returns the metrics by topic. Those of disentanglement come from the crate [`metrics`].
pub(super) fn sections() -> [(&'static str, Vec<Metric>); 3] {
    let disentanglement = metrics::reported().map(|score| metric(score.name, score.title, Better::High));
    [
        ("Disentanglement", disentanglement.collect()),
        ("Reconstruction and generated images", GENERATED.into()),
        ("Sparsity", SPARSITY.into()),
    ]
}

const GENERATED: [Metric; 7] = [
    metric("nll", "NLL, nats", Better::Low),
    metric("mse", "MSE", Better::Low),
    metric("ssim", "SSIM", Better::High),
    metric("elbo", "ELBO, nats", Better::High),
    metric("mmd2", "MMD²", Better::Low),
    metric("precision", "precision", Better::High),
    metric("recall", "recall", Better::High),
];

const SPARSITY: [Metric; 5] = [
    metric("kl", "KL, nats", Better::Neither),
    metric("active_units", "active units", Better::Neither),
    metric("hoyer_code", "Hoyer, code", Better::Neither),
    metric("hoyer_activations", "Hoyer, activations", Better::Neither),
    metric("zero_weights", "zero weights", Better::Neither),
];

/// Metrics that are plotted against reconstruction.
pub(super) const AGAINST: [&str; 4] = ["factor_vae", "mig", "dci_disentanglement", "sap"];

/// The reconstruction metric for these plots.
pub(super) const RECONSTRUCTION: &str = "nll";
