//! Separated attribute predictability (Kumar et al. 2018, "Variational Inference of Disentangled
//! Latent Concepts from Unlabeled Observations"): mean over factors of the gap between the two units
//! that tell the factor best, each by the test accuracy of a linear support vector machine on that
//! unit alone. 0 to 1; chance cancels.

use crate::Representation;
use crate::learn::Svm;
use crate::mig::top_two;

/// SAP of a representation: classifiers fitted on `train`, compared on `test`.
pub fn sap(train: &Representation, test: &Representation) -> f64 {
    let factors = train.sizes().len();
    let gap = |factor: usize| {
        let (classes, others) = (train.factor(factor), test.factor(factor));
        let accuracies = (0..train.latent())
            .map(|unit| Svm::fit(&train.unit(unit), &classes).accuracy(&test.unit(unit), &others));
        let (first, second) = top_two(accuracies);
        first - second
    };
    (0..factors).map(gap).sum::<f64>() / factors as f64
}
