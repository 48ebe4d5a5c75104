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

/// Metrics by topic.
pub(super) const SECTIONS: [(&str, &[Metric]); 3] = [
    (
        "Disentanglement",
        &[
            metric("factor_vae", "FactorVAE", Better::High),
            metric("mig", "MIG", Better::High),
            metric("dci_disentanglement", "DCI disentanglement", Better::High),
            metric("sap", "SAP", Better::High),
            metric("beta_vae", "BetaVAE", Better::High),
            metric("dci_completeness", "DCI completeness", Better::High),
            metric("dci_informativeness", "DCI informativeness", Better::High),
            metric("modularity", "modularity", Better::High),
            metric("explicitness", "explicitness", Better::High),
            metric("irs", "IRS", Better::High),
            metric("infomec_modularity", "InfoM", Better::High),
            metric("infomec_compactness", "InfoC", Better::High),
            metric("infomec_explicitness", "InfoE", Better::High),
        ],
    ),
    (
        "Reconstruction and generated images",
        &[
            metric("nll", "NLL, nats", Better::Low),
            metric("mse", "MSE", Better::Low),
            metric("ssim", "SSIM", Better::High),
            metric("elbo", "ELBO, nats", Better::High),
            metric("mmd2", "MMD²", Better::Low),
            metric("precision", "precision", Better::High),
            metric("recall", "recall", Better::High),
        ],
    ),
    (
        "Sparsity",
        &[
            metric("kl", "KL, nats", Better::Neither),
            metric("active_units", "active units", Better::Neither),
            metric("hoyer_code", "Hoyer, code", Better::Neither),
            metric("hoyer_activations", "Hoyer, activations", Better::Neither),
            metric("zero_weights", "zero weights", Better::Neither),
        ],
    ),
];

/// Metrics that are plotted against reconstruction.
pub(super) const AGAINST: [&str; 4] = ["factor_vae", "mig", "dci_disentanglement", "sap"];

/// The reconstruction metric for these plots.
pub(super) const RECONSTRUCTION: &str = "nll";
